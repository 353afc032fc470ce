/* s = a s + (1 - a) g^2; w -= rate g / (sqrt s + eps) (equations.md section 5). */
#ifndef RD_RMSPROP_H
#define RD_RMSPROP_H

#include "equations/update.h"

RD_UPDATE void update_rmsprop(rd_weight *x, const rd_update_args *k)
{
    const rd_lane g = rd_decayed(x, k);
    const rd_lane s = k->alpha * x->slot[0] + (1 - k->alpha) * (g * g);
    x->slot[0] = s;
    x->w -= k->rate * g / (rd_sqrt(s) + k->epsilon);
}

#endif
