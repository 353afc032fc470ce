/* The parts of a run that its files share. */
#ifndef RD_RUN_H
#define RD_RUN_H

#include "model/frame.h"

/* Runs every layer of the frame forward; the parts' values are bound already. */
void rd_run_layers(const rondo_model *model, rd_frame *frame, const rd_call *base);
/* The same for those layers i with group[i] == which; the others' values are as they were left. The frame stays. */
void rd_run_group(const rondo_model *model, rd_frame *frame, const rd_call *base, const unsigned char *group, int which);
/* Runs layer i of a training frame forward once more, into frame->repeat[i], for its backward. */
void rd_run_again(const rondo_model *model, const rd_frame *frame, const rd_call *base, size_t i);
/* The layer whose value is the model's output. */
size_t rd_run_output(const rondo_model *model);
/* Finds part i of the model in the batch and checks its kind, its width and its symbols, the lowest allowed
 * given. */
rondo_status rd_run_part(const rondo_model *model, const rondo_batch *batch, size_t i, int32_t lowest,
                         const rd_part **part, rondo_error *error);
/* Whether a backward walk may follow now: forward in TRAIN mode and the losses of this batch were run. */
rondo_status rd_model_may_go_back(const rondo_model *model, const rondo_batch *batch, rondo_error *error);
/* rd_model_backward, after d_output (NULL, or [rows][width] and checked) was added to the output's gradient. */
rondo_status rd_model_backward_from(rondo_model *model, const rondo_batch *batch, const rondo_view *d_output,
                                    const rd_real *d_final, rd_real *d_start, rondo_error *error);

#endif
