/* What the update of one weight (or one vector of weights) sees: the update is update_NAME in
 * equations/NAME.h. */
#ifndef RD_UPDATE_H
#define RD_UPDATE_H

#include "equations/lane.h"
#include "equations/optimizers.h"

#define RD_UPDATE static inline __attribute__((always_inline, unused))

typedef struct rd_weight {
    rd_lane w, slot[2]; /* read and replaced */
    rd_lane g;          /* gradient, with the clip's factor */
} rd_weight;

/* Gradient with weight decay: g + decay w. */
RD_UPDATE rd_lane rd_decayed(const rd_weight *x, const rd_update_args *k)
{
    return x->g + k->decay * x->w;
}

#endif
