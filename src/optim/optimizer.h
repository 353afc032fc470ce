/* An optimiser: flat slots beside the flat parameters, and one loop over all of them. */
#ifndef RD_OPTIMIZER_H
#define RD_OPTIMIZER_H

#include "equations/optimizers.h"
#include "options/options.h"

struct rondo_optimizer {
    rondo_device *device; /* lent */
    rd_optimizer_id kind;
    size_t n;
    rd_real *slot[2];    /* [n] each, owned; zero before the first update */
    uint64_t updates;    /* made so far; k of the bias correction is one more */
    rd_update_args args; /* the constants; arrays and rate are filled in at each update */
    double beta1, beta2;
};

/* One update with gradients multiplied by `scale` (the clip's factor) first. The arrays have n numbers. */
void rd_optimizer_update(rondo_optimizer *optimizer, double rate, double scale, rd_real *params,
                         const rd_real *grads);

/* What a checkpoint keeps: the slots, [n] each, and how many updates were made. */
int rd_optimizer_slots(const rondo_optimizer *optimizer);
/* The same of the optimizer that the options name; 0 when there is none. */
int rd_optimizer_slots_of(const rondo_options *options);
rd_real *rd_optimizer_slot(const rondo_optimizer *optimizer, int k);
uint64_t rd_optimizer_updates(const rondo_optimizer *optimizer);
void rd_optimizer_set_updates(rondo_optimizer *optimizer, uint64_t updates);

#endif
