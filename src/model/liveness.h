/* From when to when each value of a node list, its gradient and each layer's own memory is in use. The clock of
 * a frame has a tick for the forward of each layer in order, one for the losses, one for the backward of each
 * layer in reverse, and one after these, when the caller looks at what is left. */
#ifndef RD_LIVENESS_H
#define RD_LIVENESS_H

#include "model/model.h"

#define RD_NEVER SIZE_MAX

size_t rd_tick_forward(const rondo_model *model, const rd_frame *frame, size_t layer);
size_t rd_tick_loss(const rondo_model *model);
size_t rd_tick_backward(const rondo_model *model, const rd_frame *frame, size_t layer);
size_t rd_tick_end(const rondo_model *model);
/* Fills frame->life, [parts + layers], for the frame's mode. */
void rd_lives_of(const rondo_model *model, rd_frame *frame);
/* Sets the gradients to zero that are first added to at this tick; `base` of this forward. */
void rd_lives_clear(const rondo_model *model, const rd_frame *frame, const rd_call *base, size_t tick);
/* In a build with the address sanitizer: nothing but what is in use at this tick may be touched from now on,
 * and what begins at it holds no numbers. */
void rd_lives_guard(const rd_frame *frame, size_t tick);
/* All may be touched again. */
void rd_lives_unguard(const rd_frame *frame);

#endif
