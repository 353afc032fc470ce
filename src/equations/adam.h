/* Adam: m and v are running means of g and g^2, corrected for their start at 0 (Kingma and Ba 2015;
 * equations.md section 5). */
#ifndef RD_ADAM_H
#define RD_ADAM_H

#include "equations/update.h"

/* What is taken off the weight for gradient g. */
RD_UPDATE rd_lane adam_step(rd_weight *x, rd_lane g, const rd_update_args *k)
{
    const rd_lane m = k->beta1 * x->slot[0] + (1 - k->beta1) * g;
    const rd_lane v = k->beta2 * x->slot[1] + (1 - k->beta2) * (g * g);
    x->slot[0] = m;
    x->slot[1] = v;
    return k->rate * (m * k->correction1) / (rd_sqrt(v * k->correction2) + k->epsilon);
}

RD_UPDATE void update_adam(rd_weight *x, const rd_update_args *k)
{
    x->w -= adam_step(x, rd_decayed(x, k), k);
}

#endif
