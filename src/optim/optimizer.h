/* An optimiser: flat slots beside the flat parameters, and one loop over all of them. */
#ifndef RD_OPTIMIZER_H
#define RD_OPTIMIZER_H

#include "equations/optimizers.h"
#include "kernels/row_list.h"
#include "options/options.h"

struct rondo_optimizer {
    rondo_device *device; /* lent */
    rd_optimizer_id kind;
    size_t n;
    rd_real *slot[2];    /* [n] each, owned; zero before the first update */
    uint64_t updates;    /* made so far; k of the bias correction is one more */
    rd_update_args args; /* the constants; arrays and rate are filled in at each update */
    double beta1, beta2;
    const rd_row_set *rows; /* lent; NULL: every update visits all */
    rd_update_step *past;   /* owned, [RD_PAST_UPDATES]: what rows that were left out have missed */
    uint64_t settled;       /* the update up to which every row has had all */
};

enum { RD_PAST_UPDATES = 1024 };

/* One update with gradients multiplied by `scale` (the clip's factor) first. The arrays have n numbers. */
void rd_optimizer_update(rondo_optimizer *optimizer, double rate, double scale, rd_real *params,
                         const rd_real *grads);

/* From now on an update visits, of these tables, the marked rows only; the others make up for it later, with the bits of
 * an optimizer that follows nothing. `rows` is lent for the optimizer's life. */
rondo_status rd_optimizer_follow(rondo_optimizer *optimizer, const rd_row_set *rows, rondo_error *error);
/* Makes up for what the marked rows have missed: before they are read and updated again. */
void rd_optimizer_catch_up(rondo_optimizer *optimizer, rd_real *params);
/* The same for all rows: before anybody else reads parameters or slots. */
void rd_optimizer_settle(rondo_optimizer *optimizer, rd_real *params);

/* What a checkpoint keeps: the slots, [n] each, and how many updates were made. */
int rd_optimizer_slots(const rondo_optimizer *optimizer);
/* The same of the optimizer that the options name; 0 when there is none. */
int rd_optimizer_slots_of(const rondo_options *options);
rd_real *rd_optimizer_slot(const rondo_optimizer *optimizer, int k);
uint64_t rd_optimizer_updates(const rondo_optimizer *optimizer);
/* After the slots were written: nobody owes anything. */
void rd_optimizer_set_updates(rondo_optimizer *optimizer, uint64_t updates);

#endif
