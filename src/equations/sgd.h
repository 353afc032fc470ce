/* w -= rate g (equations.md section 5). */
#ifndef RD_SGD_H
#define RD_SGD_H

#include "equations/update.h"

RD_UPDATE void update_sgd(rd_weight *x, const rd_update_args *k)
{
    x->w -= k->rate * rd_decayed(x, k);
}

#endif
