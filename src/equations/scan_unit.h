/* What the equation of a scan sees of one unit (or one vector of neighbouring units) at one step:
 * h = α ∘ h' + β ∘ n with α + β = 1, where α, β and n depend on the input only. v are the slots of scans.def.
 */
#ifndef RD_SCAN_UNIT_H
#define RD_SCAN_UNIT_H

#include "equations/activation.h"
#include "equations/scans.h"

#define RD_SCAN_UNIT static inline __attribute__((always_inline, unused))

typedef struct rd_blend {
    rd_lane alpha, beta; /* the shares of h' and of n */
} rd_blend;

/* --min-positive: n = v + 1/2 for v >= 0, else σ(v); and its slope, from n. */
RD_SCAN_UNIT rd_lane rd_positive(rd_lane v)
{
    return rd_select(v < 0, rd_sigmoid(v), v + RD_C(0.5));
}

RD_SCAN_UNIT rd_lane rd_positive_slope(rd_lane n)
{
    return rd_select(n < RD_C(0.5), n * (1 - n), rd_splat(1));
}

#endif
