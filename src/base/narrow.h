/* Numbers in fewer bits: bf16 is the upper half of a float, rounded to even; int8 is a whole number from -127
 * to 127 times the scale of its row. A scale has 16 bits or fewer, so that q * scale is exact in f32 and a
 * row that was made of such products gives the same q and the same scale again. */
#ifndef RD_NARROW_H
#define RD_NARROW_H

#include "base/real.h"

#include <math.h>
#include <string.h>

/* NaN stays NaN, a quiet one. */
static inline uint16_t rd_bf16_of(rd_real x)
{
    const float value = (float)x;
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint32_t rounded = bits + 0x7fffu + (bits >> 16 & 1), quiet = bits | 0x400000u;
    return (uint16_t)(((bits & 0x7fffffffu) > 0x7f800000u ? quiet : rounded) >> 16);
}

static inline rd_real rd_bf16_value(uint16_t half)
{
    const uint32_t bits = (uint32_t)half << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return (rd_real)value;
}

static inline void rd_bf16_of_row(size_t n, const rd_real *from, uint16_t *to)
{
    for (size_t i = 0; i < n; i++)
        to[i] = rd_bf16_of(from[i]);
}

static inline void rd_bf16_values(size_t n, const uint16_t *from, rd_real *to)
{
    for (size_t i = 0; i < n; i++)
        to[i] = rd_bf16_value(from[i]);
}

/* The scale of a row: its largest size / 127, rounded up to 16 bits; 0 for a row of zeros. */
static inline rd_real rd_int8_scale(size_t n, const rd_real *row)
{
    float largest = 0;
    uint32_t bits;
    for (size_t i = 0; i < n; i++) {
        const float size = fabsf((float)row[i]);
        largest = size > largest ? size : largest;
    }
    largest /= 127;
    if (largest < 0x1p-100f) return 0; /* so small that the scale would lose bits */
    memcpy(&bits, &largest, sizeof bits);
    bits = (bits + 0xff) & ~0xffu;
    memcpy(&largest, &bits, sizeof largest);
    return (rd_real)largest;
}

static inline int8_t rd_int8_of(rd_real x, rd_real scale)
{
    return scale > 0 ? (int8_t)lrint((double)x / (double)scale) : 0;
}

#endif
