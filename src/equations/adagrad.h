/* s += g^2; w -= rate g / (sqrt s + eps) (equations.md section 5). */
#ifndef RD_ADAGRAD_H
#define RD_ADAGRAD_H

#include "equations/update.h"

RD_UPDATE void update_adagrad(rd_weight *x, const rd_update_args *k)
{
    const rd_lane g = rd_decayed(x, k);
    const rd_lane s = x->slot[0] + g * g;
    x->slot[0] = s;
    x->w -= k->rate * g / (rd_sqrt(s) + k->epsilon);
}

#endif
