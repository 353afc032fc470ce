/* One step of one sequence: the layers' stages in a row, run by the team or by the caller alone. */
#ifndef RD_STEPPER_H
#define RD_STEPPER_H

#include "model/frame.h"

struct rd_stepper;

/* Makes the panels that the state's steps read, when they are stale, and for one sequence of a model that
 * streams state->stepper. Several threads may make states of one const model at a time. */
rondo_status rd_stepper_new(rondo_state *state, rondo_error *error);
void rd_stepper_free(struct rd_stepper *stepper);
/* 1 when the parameters changed after the panels were made. */
int rd_stepper_is_stale(const rondo_state *state);
size_t rd_stepper_part(const struct rd_stepper *stepper); /* the part that the layers read */
/* The part's value is bound; `base` is for layers that know no single step. */
void rd_stepper_run(rondo_state *state, const rd_call *base);

#endif
