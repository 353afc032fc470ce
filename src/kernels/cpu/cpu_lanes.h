/* Between memory and registers: loads and stores of a vector of neighbouring numbers at any address, whole or
 * in part. A part never reads or writes past the numbers it covers; lanes that are not covered read as 0. */
#ifndef RD_CPU_LANES_H
#define RD_CPU_LANES_H

#include "base/size.h"
#include "equations/lane.h"

#if RD_LANE_BYTES == 64

#ifdef RD_REAL64
typedef __mmask8 part;
#else
typedef __mmask16 part;
#endif

/* The part that covers the first `left` lanes. */
RD_INLINE part part_of(size_t left)
{
    if (left >= RD_LANES) return (part)-1;
    return (part)((1u << left) - 1);
}
RD_INLINE rd_lane load_part(const rd_real *p, part covered)
{
    return RD_X86(maskz_loadu)(covered, p);
}
RD_INLINE rd_lane load_part_or(const rd_real *p, part covered, rd_lane rest)
{
    return RD_X86(mask_loadu)(rest, covered, p);
}
RD_INLINE void store_part(rd_real *p, part covered, rd_lane x)
{
    RD_X86(mask_storeu)(p, covered, x);
}

#elif RD_LANE_BYTES == 32

typedef __m256i part;

RD_INLINE part part_of(size_t left)
{
#ifdef RD_REAL64
    const rd_mask place = {0, 1, 2, 3};
#else
    const rd_mask place = {0, 1, 2, 3, 4, 5, 6, 7};
#endif
    const rd_mask_scalar count = left >= RD_LANES ? RD_LANES : (rd_mask_scalar)left;
    return (__m256i)(place < count);
}

RD_INLINE rd_lane load_part(const rd_real *p, part covered)
{
    return RD_X86(maskload)(p, covered);
}
RD_INLINE rd_lane load_part_or(const rd_real *p, part covered, rd_lane rest)
{
    return rd_select((rd_mask)covered, load_part(p, covered), rest);
}
RD_INLINE void store_part(rd_real *p, part covered, rd_lane x)
{
    RD_X86(maskstore)(p, covered, x);
}

#elif RD_LANE_BYTES == 16

typedef size_t part; /* how many lanes: such registers have no masks */

RD_INLINE part part_of(size_t left)
{
    return left;
}
RD_INLINE rd_lane load_part_or(const rd_real *p, part covered, rd_lane rest)
{
    memcpy(&rest, p, rd_size_min(covered, RD_LANES) * sizeof *p);
    return rest;
}
RD_INLINE rd_lane load_part(const rd_real *p, part covered)
{
    return load_part_or(p, covered, rd_splat(0));
}
RD_INLINE void store_part(rd_real *p, part covered, rd_lane x)
{
    memcpy(p, &x, rd_size_min(covered, RD_LANES) * sizeof *p);
}

#else

typedef int part;

RD_INLINE part part_of(size_t left)
{
    return left > 0;
}
RD_INLINE rd_lane load_part(const rd_real *p, part covered)
{
    return covered ? *p : 0;
}
RD_INLINE rd_lane load_part_or(const rd_real *p, part covered, rd_lane rest)
{
    return covered ? *p : rest;
}
RD_INLINE void store_part(rd_real *p, part covered, rd_lane x)
{
    if (covered) *p = x;
}

#endif

RD_INLINE rd_lane load(const rd_real *p)
{
    rd_lane x;
    memcpy(&x, p, sizeof x);
    return x;
}

RD_INLINE void store(rd_real *p, rd_lane x)
{
    memcpy(p, &x, sizeof x);
}

/* With `left` numbers from p on: a whole vector moves without a mask, which some processors store slowly. */
RD_INLINE rd_lane load_left(const rd_real *p, size_t left)
{
    return left >= RD_LANES ? load(p) : load_part(p, part_of(left));
}
RD_INLINE void store_left(rd_real *p, size_t left, rd_lane x)
{
    if (left >= RD_LANES)
        store(p, x);
    else
        store_part(p, part_of(left), x);
}

/* Sums in double, one for each lane, added up in the order of the lanes. */
#if RD_LANE_BYTES == 0
typedef double sums;
RD_INLINE sums sums_add(sums s, rd_lane x)
{
    return s + (double)x;
}
RD_INLINE sums sums_add_square(sums s, rd_lane x)
{
    return s + (double)x * (double)x;
}
RD_INLINE double sums_total(sums s)
{
    return s;
}
#elif defined(RD_REAL64)
typedef rd_lane sums;
RD_INLINE sums sums_add(sums s, rd_lane x)
{
    return s + x;
}
RD_INLINE sums sums_add_square(sums s, rd_lane x)
{
    return s + x * x;
}
RD_INLINE double sums_total(sums s)
{
    double total = 0;
    for (int i = 0; i < RD_LANES; i++)
        total += s[i];
    return total;
}
#else
#if RD_LANE_BYTES == 64
typedef __m512d doubles;
RD_INLINE doubles lower(rd_lane x)
{
    return _mm512_cvtps_pd(_mm512_castps512_ps256(x));
}
RD_INLINE doubles upper(rd_lane x)
{
    return _mm512_cvtps_pd(_mm512_extractf32x8_ps(x, 1));
}
#elif RD_LANE_BYTES == 32
typedef __m256d doubles;
RD_INLINE doubles lower(rd_lane x)
{
    return _mm256_cvtps_pd(_mm256_castps256_ps128(x));
}
RD_INLINE doubles upper(rd_lane x)
{
    return _mm256_cvtps_pd(_mm256_extractf128_ps(x, 1));
}
#else
typedef double doubles __attribute__((vector_size(16)));
RD_INLINE doubles lower(rd_lane x)
{
    return (doubles){(double)x[0], (double)x[1]};
}
RD_INLINE doubles upper(rd_lane x)
{
    return (doubles){(double)x[2], (double)x[3]};
}
#endif
typedef struct sums {
    doubles low, high;
} sums;
RD_INLINE sums sums_add(sums s, rd_lane x)
{
    return (sums){s.low + lower(x), s.high + upper(x)};
}
RD_INLINE sums sums_add_square(sums s, rd_lane x)
{
    const doubles low = lower(x), high = upper(x);
    return (sums){s.low + low * low, s.high + high * high};
}
RD_INLINE double sums_total(sums s)
{
    double total = 0;
    for (int i = 0; i < RD_LANES / 2; i++)
        total += s.low[i];
    for (int i = 0; i < RD_LANES / 2; i++)
        total += s.high[i];
    return total;
}
#endif

RD_INLINE sums no_sums(void)
{
    sums zero;
    memset(&zero, 0, sizeof zero);
    return zero;
}

RD_INLINE sums sums_load(const double lane[RD_LANES])
{
    sums s;
    memcpy(&s, lane, sizeof s);
    return s;
}
RD_INLINE void sums_store(double lane[RD_LANES], sums s)
{
    memcpy(lane, &s, sizeof s);
}

/* A part, or nothing at all (0) when there is no array. */
RD_INLINE rd_lane load_or_zero(const rd_real *p, size_t at, part covered)
{
    return p ? load_part(p + at, covered) : rd_splat(0);
}

RD_INLINE void add_part(rd_real *p, part covered, rd_lane x)
{
    store_part(p, covered, load_part(p, covered) + x);
}

#endif
