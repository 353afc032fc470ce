/* v = mu v + g; w -= rate v, with Nesterov's look ahead w -= rate (g + mu v) (equations.md section 5). */
#ifndef RD_MOMENTUM_H
#define RD_MOMENTUM_H

#include "equations/update.h"

RD_UPDATE void update_momentum(rd_weight *x, const rd_update_args *k)
{
    const rd_lane g = rd_decayed(x, k);
    const rd_lane v = k->momentum * x->slot[0] + g;
    x->slot[0] = v;
    x->w -= k->rate * (k->nesterov ? g + k->momentum * v : v);
}

#endif
