/* One loop a type. */
#include "formats/tensor_numbers.h"

#include "base/narrow.h"

#include <math.h>
#include <stdint.h>

float rd_half_value(uint16_t half)
{
    const int exponent = half >> 10 & 31, fraction = half & 1023;
    float size;
    if (exponent == 31)
        size = fraction ? NAN : INFINITY;
    else if (exponent)
        size = ldexpf((float)(1024 + fraction), exponent - 25);
    else
        size = ldexpf((float)fraction, -24);
    return half & 0x8000 ? -size : size;
}

static float from_f16(const uint16_t *at)
{
    return rd_half_value(*at);
}

static float from_bf16(const uint16_t *at)
{
    return (float)rd_bf16_value(*at);
}

static float from_bool(const uint8_t *at)
{
    return *at ? 1.0F : 0.0F;
}

/* clang-format off */
#define PLAIN(name, type) static float name(const type *at) { return (float)*at; }
PLAIN(from_u8, uint8_t)   PLAIN(from_i8, int8_t)   PLAIN(from_i16, int16_t) PLAIN(from_u16, uint16_t)
PLAIN(from_i32, int32_t)  PLAIN(from_u32, uint32_t) PLAIN(from_i64, int64_t) PLAIN(from_u64, uint64_t)
PLAIN(from_f32, float)    PLAIN(from_f64, double)

#define LOOP(name, type, one)                                                                                       \
    static void name(const void *data, size_t first, size_t count, float *out)                                      \
    {                                                                                                               \
        const type *at = (const type *)data + first;                                                                \
        for (size_t i = 0; i < count; i++)                                                                          \
            out[i] = one(at + i);                                                                                   \
    }
LOOP(all_bool, uint8_t, from_bool) LOOP(all_u8, uint8_t, from_u8)    LOOP(all_i8, int8_t, from_i8)
LOOP(all_i16, int16_t, from_i16)   LOOP(all_u16, uint16_t, from_u16) LOOP(all_f16, uint16_t, from_f16)
LOOP(all_bf16, uint16_t, from_bf16) LOOP(all_i32, int32_t, from_i32) LOOP(all_u32, uint32_t, from_u32)
LOOP(all_i64, int64_t, from_i64)   LOOP(all_u64, uint64_t, from_u64) LOOP(all_f32, float, from_f32)
LOOP(all_f64, double, from_f64)
    /* clang-format on */

    typedef void (*reader)(const void *data, size_t first, size_t count, float *out);
static const reader readers[RD_DTYPES] = {
    [RD_DTYPE_BOOL] = all_bool, [RD_DTYPE_U8] = all_u8,   [RD_DTYPE_I8] = all_i8,
    [RD_DTYPE_I16] = all_i16,   [RD_DTYPE_U16] = all_u16, [RD_DTYPE_F16] = all_f16,
    [RD_DTYPE_BF16] = all_bf16, [RD_DTYPE_I32] = all_i32, [RD_DTYPE_U32] = all_u32,
    [RD_DTYPE_F32] = all_f32,   [RD_DTYPE_F64] = all_f64, [RD_DTYPE_I64] = all_i64,
    [RD_DTYPE_U64] = all_u64};

int rd_tensor_is_numeric(const rd_tensor *tensor)
{
    return (size_t)tensor->dtype < RD_DTYPES && readers[tensor->dtype] != NULL;
}

void rd_tensor_numbers(const rd_tensor *tensor, size_t first, size_t count, float *out)
{
    readers[tensor->dtype](tensor->data, first, count, out);
}
