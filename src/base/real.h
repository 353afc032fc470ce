/* The number everything computes with: float in the product, double in the hidden core that checks gradients. */
#ifndef RD_REAL_H
#define RD_REAL_H

#include <rondo/rondo.h>

typedef rondo_real rd_real;

#define RD_C(x) ((rd_real)(x)) /* a constant that is not a small integer */

#endif
