/* exp, log, tanh and the logistic function, branch-free and the same polynomial for every instruction set:
 * exp, log and tanh within 2 units in the last place, the logistic function within 2.5 (over all floats 1.01,
 * 0.83, 1.99 and 2.42 were found); 0, infinities and tanh's odd symmetry exact, NaN stays NaN, results below
 * 2^-126 may be 0. In the double core they are libm's, lane by lane.
 * - exp: x = n ln 2 + r with |r| <= ln 2 / 2; e^x = 2^n (1 + r + r^2 P(r))
 * - tanh: t = e^{2|x|} - 1 = 2^n (r + r^2 P(r)) + (2^n - 1); tanh |x| = t / (t + 2)
 * - log: x = 2^k (1 + f) with sqrt(1/2) <= 1 + f < sqrt 2; log(1 + f) = f - f^2/2 + f^3 Q(f)
 * P and Q are Chebyshev fits of ours (relative error of the result below 2^-28). */
#ifndef RD_ACTIVATION_H
#define RD_ACTIVATION_H

#include "equations/lane.h"

#ifdef RD_REAL64

#if RD_LANE_BYTES == 0
RD_INLINE rd_lane rd_exp(rd_lane x)
{
    return exp(x);
}
RD_INLINE rd_lane rd_log(rd_lane x)
{
    return log(x);
}
RD_INLINE rd_lane rd_tanh(rd_lane x)
{
    return tanh(x);
}
RD_INLINE rd_lane rd_sigmoid(rd_lane x)
{
    return 1 / (1 + exp(-x));
}
#else
/* Functions of their own: inlined calls of libm, lane by lane, would make every cell several times longer. */
#define RD_LANE_BY_LANE(name, expression)                                                                    \
    static __attribute__((noinline, unused)) rd_lane name(rd_lane lanes)                                     \
    {                                                                                                        \
        rd_lane result = lanes;                                                                              \
        for (int i = 0; i < RD_LANES; i++) {                                                                 \
            const rd_real x = lanes[i];                                                                      \
            result[i] = expression;                                                                          \
        }                                                                                                    \
        return result;                                                                                       \
    }
RD_LANE_BY_LANE(rd_exp, exp(x))
RD_LANE_BY_LANE(rd_log, log(x))
RD_LANE_BY_LANE(rd_tanh, tanh(x))
RD_LANE_BY_LANE(rd_sigmoid, 1 / (1 + exp(-x)))
#undef RD_LANE_BY_LANE
#endif

#else /* float */

/* Adding it to |x| < 2^22 leaves x, rounded to the nearest integer, in the lowest bits. */
#define RD_ROUNDING_MAGIC RD_C(12582912.0)

typedef struct rd_reduced {
    rd_lane r;   /* |r| <= ln 2 / 2 */
    rd_lane em1; /* e^r - 1 */
    rd_bits n;   /* x = n ln 2 + r, as an integer (two's complement) */
    rd_lane n_lane;
} rd_reduced;

RD_INLINE rd_reduced rd_exp_reduce(rd_lane x)
{
    const rd_lane magic = rd_splat(RD_ROUNDING_MAGIC);
    const rd_lane shifted = rd_fma(x, rd_splat(RD_C(1.44269504088896341)), magic);
    rd_reduced e;
    e.n_lane = shifted - magic;
    e.n = rd_to_bits(shifted) - rd_to_bits(magic);
    /* ln 2 in two parts, the first short enough for an exact product with n */
    e.r = rd_fma(e.n_lane, rd_splat(-RD_C(0.693359375)), x);
    e.r = rd_fma(e.n_lane, rd_splat(RD_C(2.12194440054690583e-4)), e.r);
    /* by pairs, not one after the other: the time of an activation is the length of its chain */
    const rd_lane square = e.r * e.r;
    const rd_lane low = rd_fma(e.r, rd_splat(RD_C(0.1666666668)), rd_splat(RD_C(0.5)));
    const rd_lane middle = rd_fma(e.r, rd_splat(RD_C(8.333310694e-3)), rd_splat(RD_C(4.166646284e-2)));
    const rd_lane high = rd_fma(e.r, rd_splat(RD_C(1.989124731e-4)), rd_splat(RD_C(1.393388096e-3)));
    const rd_lane p = rd_fma(rd_fma(high, square, middle), square, low);
    e.em1 = rd_fma(p, square, e.r);
    return e;
}

/* x 2^n for |n| <= 153. */
RD_INLINE rd_lane rd_scale_by_power(rd_lane x, rd_reduced e)
{
#if RD_LANE_BYTES == 64
    return _mm512_scalef_ps(x, e.n_lane);
#else
    /* Two factors, since 2^n itself may be no normal number; 512 keeps the halving away from negative
     * integers. */
    const rd_bits half = (e.n + 512) >> 1, rest = e.n + 512 - half;
    return x * rd_from_bits((half - 129) << 23) * rd_from_bits((rest - 129) << 23);
#endif
}

/* a / b for b in [1, 2^100]; a division of 16 lanes costs as much as all the rest of a tanh. */
RD_INLINE rd_lane rd_ratio(rd_lane a, rd_lane b)
{
#if RD_LANE_BYTES == 64
    const rd_lane inverse = _mm512_rcp14_ps(b), ratio = a * inverse;
    return rd_fma(inverse, rd_fma(-b, ratio, a), ratio);
#else
    return a / b;
#endif
}

RD_INLINE rd_lane rd_exp(rd_lane x)
{
    const rd_lane bounded = rd_max(rd_splat(-106), rd_min(rd_splat(89), x));
    const rd_reduced e = rd_exp_reduce(bounded);
    return rd_scale_by_power(e.em1 + 1, e);
}

RD_INLINE rd_lane rd_tanh(rd_lane x)
{
    const rd_lane size = rd_min(rd_splat(20), rd_abs(x));
    const rd_reduced e = rd_exp_reduce(size + size);
    const rd_lane power = rd_from_bits((e.n + 127) << 23);
    const rd_lane t = rd_fma(power, e.em1, power - 1);
    const rd_lane below = t + 2, gained = (below - 2) - t; /* by rounding t + 2: matters while t is small */
    const rd_lane ratio = rd_ratio(t, below);
    const rd_lane inverse = rd_max(rd_splat(0), rd_fma(t, rd_splat(RD_C(-0.25)), rd_splat(RD_C(0.5))));
    return rd_copysign(rd_fma(ratio * gained, inverse, ratio), x);
}

/* From e^{-|x|}, which cannot overflow; 1 / (1 + e) for x >= 0, e / (1 + e) below. */
RD_INLINE rd_lane rd_sigmoid(rd_lane x)
{
    const rd_lane size = rd_max(rd_splat(-106), -rd_abs(x));
    const rd_reduced r = rd_exp_reduce(size);
    const rd_lane e = rd_scale_by_power(r.em1 + 1, r);
    return rd_ratio(rd_select(x < 0, e, rd_splat(1)), e + 1);
}

RD_INLINE rd_lane rd_log(rd_lane x)
{
    const rd_lane smallest = rd_splat(RD_C(1.17549435082228751e-38)), infinity = rd_splat(INFINITY);
    const rd_lane normal = rd_select(x < smallest, x * RD_C(16777216.0), x);
    const rd_bits half_root = rd_to_bits(rd_splat(RD_C(0.70710678118654752)));
    /* exponent and mantissa, cut at sqrt(1/2): k counts from -126, hence unsigned after adding 0x3f800000 */
    const rd_bits shifted = rd_to_bits(normal) - half_root + 0x3f800000u;
    const rd_lane mantissa = rd_from_bits((shifted & 0x007fffffu) + half_root);
    const rd_lane magic = rd_splat(8388608);
    const rd_lane power = rd_from_bits((shifted >> 23) | rd_to_bits(magic)) - magic - 127;
    const rd_lane k = power - rd_keep(x < smallest, rd_splat(24));
    const rd_lane f = mantissa - 1, square = f * f;
    rd_lane q = rd_splat(RD_C(6.971611471e-2));
    q = rd_fma(q, f, rd_splat(RD_C(-0.1147973385)));
    q = rd_fma(q, f, rd_splat(RD_C(0.1168541992)));
    q = rd_fma(q, f, rd_splat(RD_C(-0.1242568733)));
    q = rd_fma(q, f, rd_splat(RD_C(0.1424905765)));
    q = rd_fma(q, f, rd_splat(RD_C(-0.1666780232)));
    q = rd_fma(q, f, rd_splat(RD_C(0.2000071575)));
    q = rd_fma(q, f, rd_splat(RD_C(-0.2499999696)));
    q = rd_fma(q, f, rd_splat(RD_C(0.3333333118)));
    rd_lane low = rd_fma(k, rd_splat(RD_C(-2.12194440054690583e-4)), q * square * f);
    low = rd_fma(square, rd_splat(RD_C(-0.5)), low);
    rd_lane y = rd_fma(k, rd_splat(RD_C(0.693359375)), f + low);
    y = rd_select(x < infinity, y, x);            /* infinity and NaN are their own logarithms */
    y = rd_select(x > 0, y, rd_splat(-INFINITY)); /* 0 */
    y = rd_select(x < 0, rd_splat(NAN), y);
    return rd_select(x == x, y, x); /* NOLINT(misc-redundant-expression): not so for NaN */
}

#endif

#endif
