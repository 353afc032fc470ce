/* Adam with the decay taken off the weight itself (Loshchilov and Hutter 2019; equations.md section 5). */
#ifndef RD_ADAMW_H
#define RD_ADAMW_H

#include "equations/adam.h"

RD_UPDATE void update_adamw(rd_weight *x, const rd_update_args *k)
{
    const rd_lane step = adam_step(x, x->g, k);
    x->w -= k->rate * k->decay * x->w;
    x->w -= step;
}

#endif
