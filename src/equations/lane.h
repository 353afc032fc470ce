/* The number an equation computes with, and the few operations on it that C has no sign for. RD_LANE_BYTES
 * chooses: 0 is a plain rd_real (the reference), 16 are the registers of NEON and simd128, 32 and 64 those of
 * AVX2 and AVX-512. The only file of the project that names intrinsics for arithmetic; loads and stores stand
 * in kernels/cpu/cpu_lanes.h.
 *
 * A comparison of two lanes gives a mask (a number 0 or 1, or a vector of 0 and -1): rd_select (yes or no),
 * rd_keep (x or 0) and rd_drop (0 or x) take it. */
#ifndef RD_LANE_H
#define RD_LANE_H

#include "base/real.h"

#include <math.h>
#include <string.h>

#ifndef RD_LANE_BYTES
#define RD_LANE_BYTES 0
#endif

#define RD_INLINE static inline __attribute__((always_inline, unused))

#ifdef RD_REAL64
typedef uint64_t rd_bits_scalar;
typedef int64_t rd_mask_scalar;
#else
typedef uint32_t rd_bits_scalar;
typedef int32_t rd_mask_scalar;
#endif

#if RD_LANE_BYTES == 0

typedef rd_real rd_lane;
typedef rd_bits_scalar rd_bits;
typedef int rd_mask;
enum { RD_LANES = 1 };

RD_INLINE rd_lane rd_splat(rd_real x)
{
    return x;
}
RD_INLINE rd_lane rd_fma(rd_lane a, rd_lane b, rd_lane c)
{
    return a * b + c;
}
RD_INLINE rd_lane rd_select(rd_mask which, rd_lane yes, rd_lane no)
{
    return which ? yes : no;
}
RD_INLINE rd_lane rd_keep(rd_mask which, rd_lane x)
{
    return which ? x : 0;
}
RD_INLINE rd_lane rd_drop(rd_mask which, rd_lane x)
{
    return which ? 0 : x;
}
/* Of a and b the smaller, the larger; b when one of them is NaN. */
RD_INLINE rd_lane rd_min(rd_lane a, rd_lane b)
{
    return a < b ? a : b;
}
RD_INLINE rd_lane rd_max(rd_lane a, rd_lane b)
{
    return a > b ? a : b;
}

RD_INLINE rd_bits rd_to_bits(rd_lane x)
{
    rd_bits bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

RD_INLINE rd_lane rd_from_bits(rd_bits bits)
{
    rd_lane x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

#ifdef RD_REAL64
RD_INLINE rd_lane rd_sqrt(rd_lane x)
{
    return sqrt(x);
}
RD_INLINE rd_lane rd_abs(rd_lane x)
{
    return fabs(x);
}
RD_INLINE rd_lane rd_copysign(rd_lane size, rd_lane sign)
{
    return copysign(size, sign);
}
#else
RD_INLINE rd_lane rd_sqrt(rd_lane x)
{
    return sqrtf(x);
}
RD_INLINE rd_lane rd_abs(rd_lane x)
{
    return fabsf(x);
}
RD_INLINE rd_lane rd_copysign(rd_lane size, rd_lane sign)
{
    return copysignf(size, sign);
}
#endif

#else /* vectors */

typedef rd_real rd_lane __attribute__((vector_size(RD_LANE_BYTES)));
typedef rd_bits_scalar rd_bits __attribute__((vector_size(RD_LANE_BYTES)));
typedef rd_mask_scalar rd_mask __attribute__((vector_size(RD_LANE_BYTES)));
typedef uint64_t rd_words
    __attribute__((vector_size(RD_LANE_BYTES))); /* the register as integers of 64 bits */
enum { RD_LANES = RD_LANE_BYTES / (int)sizeof(rd_real), RD_WORDS = RD_LANE_BYTES / 8 };

RD_INLINE rd_bits rd_to_bits(rd_lane x)
{
    return (rd_bits)x;
}
RD_INLINE rd_lane rd_from_bits(rd_bits bits)
{
    return (rd_lane)bits;
}
RD_INLINE rd_lane rd_keep(rd_mask which, rd_lane x)
{
    return (rd_lane)((rd_bits)which & (rd_bits)x);
}
RD_INLINE rd_lane rd_drop(rd_mask which, rd_lane x)
{
    return (rd_lane)(~(rd_bits)which & (rd_bits)x);
}
RD_INLINE rd_lane rd_select(rd_mask which, rd_lane yes, rd_lane no)
{
    return (rd_lane)(((rd_bits)which & (rd_bits)yes) | (~(rd_bits)which & (rd_bits)no));
}

/* What differs: rd_splat, rd_fma, rd_min, rd_max, rd_sqrt; rd_multiply_low, the whole product of the lower
 * halves of two words; rd_pairs_even, a0 b0 a2 b2 …, and rd_pairs_odd, a1 b1 a3 b3 … of words. */
#if RD_LANE_BYTES > 16

#include <immintrin.h>

/* RD_X86(add) is the intrinsic for this width and number, RD_X86_WORDS that of the register seen as integers.
 */
#if RD_LANE_BYTES == 64 && defined(RD_REAL64)
#define RD_X86(operation) _mm512_##operation##_pd
#elif RD_LANE_BYTES == 64
#define RD_X86(operation) _mm512_##operation##_ps
#elif defined(RD_REAL64)
#define RD_X86(operation) _mm256_##operation##_pd
#else
#define RD_X86(operation) _mm256_##operation##_ps
#endif
#if RD_LANE_BYTES == 64
#define RD_X86_WORDS(operation, a, b) (rd_words) _mm512_##operation((__m512i)(a), (__m512i)(b))
#else
#define RD_X86_WORDS(operation, a, b) (rd_words) _mm256_##operation((__m256i)(a), (__m256i)(b))
#endif

RD_INLINE rd_lane rd_splat(rd_real x)
{
    return RD_X86(set1)(x);
}
RD_INLINE rd_lane rd_fma(rd_lane a, rd_lane b, rd_lane c)
{
    return RD_X86(fmadd)(a, b, c);
}
RD_INLINE rd_lane rd_min(rd_lane a, rd_lane b)
{
    return RD_X86(min)(a, b);
}
RD_INLINE rd_lane rd_max(rd_lane a, rd_lane b)
{
    return RD_X86(max)(a, b);
}
RD_INLINE rd_lane rd_sqrt(rd_lane x)
{
    return RD_X86(sqrt)(x);
}
RD_INLINE rd_words rd_multiply_low(rd_words a, rd_words b)
{
    return RD_X86_WORDS(mul_epu32, a, b);
}
RD_INLINE rd_words rd_pairs_even(rd_words a, rd_words b)
{
    return RD_X86_WORDS(unpacklo_epi64, a, b);
}
RD_INLINE rd_words rd_pairs_odd(rd_words a, rd_words b)
{
    return RD_X86_WORDS(unpackhi_epi64, a, b);
}

#else /* 16 bytes */

/* As the x86 instructions do it: b when one of them is NaN. */
RD_INLINE rd_lane rd_min(rd_lane a, rd_lane b)
{
    return rd_select(a < b, a, b);
}
RD_INLINE rd_lane rd_max(rd_lane a, rd_lane b)
{
    return rd_select(a > b, a, b);
}
RD_INLINE rd_words rd_pairs_even(rd_words a, rd_words b)
{
    return (rd_words){a[0], b[0]};
}
RD_INLINE rd_words rd_pairs_odd(rd_words a, rd_words b)
{
    return (rd_words){a[1], b[1]};
}

#if defined(__aarch64__)

#include <arm_neon.h>

#ifdef RD_REAL64
#define RD_NEON(operation) operation##_f64
#define RD_NEON_LANE       float64x2_t
#else
#define RD_NEON(operation) operation##_f32
#define RD_NEON_LANE       float32x4_t
#endif

RD_INLINE rd_lane rd_splat(rd_real x)
{
    return (rd_lane)RD_NEON(vdupq_n)(x);
}
RD_INLINE rd_lane rd_fma(rd_lane a, rd_lane b, rd_lane c)
{
    return (rd_lane)RD_NEON(vfmaq)((RD_NEON_LANE)c, (RD_NEON_LANE)a, (RD_NEON_LANE)b);
}
RD_INLINE rd_lane rd_sqrt(rd_lane x)
{
    return (rd_lane)RD_NEON(vsqrtq)((RD_NEON_LANE)x);
}
RD_INLINE rd_words rd_multiply_low(rd_words a, rd_words b)
{
    return (rd_words)vmull_u32(vmovn_u64((uint64x2_t)a), vmovn_u64((uint64x2_t)b));
}

#else /* simd128, which has no fused multiply-add */

#include <wasm_simd128.h>

#ifdef RD_REAL64
#define RD_WASM(operation) wasm_f64x2_##operation
#else
#define RD_WASM(operation) wasm_f32x4_##operation
#endif

RD_INLINE rd_lane rd_splat(rd_real x)
{
    return (rd_lane)RD_WASM(splat)(x);
}
RD_INLINE rd_lane rd_fma(rd_lane a, rd_lane b, rd_lane c)
{
    return a * b + c;
}
RD_INLINE rd_lane rd_sqrt(rd_lane x)
{
    return (rd_lane)RD_WASM(sqrt)((v128_t)x);
}
RD_INLINE rd_words rd_multiply_low(rd_words a, rd_words b)
{
    return (a & UINT32_MAX) * (b & UINT32_MAX);
}

#endif
#endif

/* Sign bit and the rest. */
RD_INLINE rd_bits rd_sign_bits(rd_lane x)
{
    return (rd_bits)x & (rd_bits)rd_splat(-RD_C(0.0));
}
RD_INLINE rd_lane rd_abs(rd_lane x)
{
    return (rd_lane)((rd_bits)x & ~(rd_bits)rd_splat(-RD_C(0.0)));
}
RD_INLINE rd_lane rd_copysign(rd_lane size, rd_lane sign)
{
    return (rd_lane)((rd_bits)rd_abs(size) | rd_sign_bits(sign));
}

#endif

#endif
