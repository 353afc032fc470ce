/* Products of one row with narrow panels. bf16: two k of an output in one word, multiplied as f32. int8: sums
 * of products in 32-bit integers, exact, so that every instruction set gives the same ones; with VNNI four k
 * a word and the operand from 0 to 255 (128 is zero), else two k a pair of bytes and the operand signed. */
#ifndef RD_CPU_NARROW_H
#define RD_CPU_NARROW_H

#include "base/narrow.h"
#include "kernels/cpu/cpu_panels.h"

#ifndef RD_REAL64

typedef uint32_t wide_words __attribute__((vector_size(sizeof(wide))));
typedef int32_t wide_sums __attribute__((vector_size(sizeof(wide))));

/* ---- bf16 */

RD_INLINE void stream_bf16_part(const rd_stream_part *with, const int vectors, wide c[RD_STREAM_VECTORS])
{
    const uint32_t *panel = with->panel;
    const rd_real *x = with->x;
    for (size_t k = 0; k < with->depth; k += 2, panel += (size_t)vectors * WIDE) {
        const wide first = wide_splat(x[k]), second = wide_splat(k + 1 < with->depth ? x[k + 1] : 0);
#pragma GCC unroll 8
        for (int i = 0; i < vectors; i++) {
            wide_words both;
            memcpy(&both, panel + i * WIDE, sizeof both);
            c[i] = wide_fma(first, (wide)(both << 16), c[i]);
            c[i] = wide_fma(second, (wide)(both & 0xffff0000u), c[i]);
        }
    }
}

RD_INLINE void stream_bf16_run(const rd_stream_args *s, const int vectors)
{
    wide c[RD_STREAM_VECTORS];
    stream_begin(s, vectors, c);
    for (size_t p = 0; p < s->parts; p++)
        stream_bf16_part(&s->part[p], vectors, c);
    stream_end(s, vectors, c);
}
STREAM_ENTRIES(stream_bf16, )

static void stream_pack_bf16(const rd_stream_pack_args *p)
{
    const size_t blocks = rd_ceil_div(p->units, WIDE), vectors = p->gates * blocks;
    uint32_t *panel = p->panel;
    for (size_t i = 0; i < vectors; i++)
        for (size_t lane = 0; lane < WIDE; lane++) {
            const rd_real *row = stream_row(p, blocks, i, lane);
            for (size_t k = 0; k < p->depth; k += 2) {
                const uint32_t low = row ? rd_bf16_of(row[k]) : 0;
                const uint32_t high = row && k + 1 < p->depth ? rd_bf16_of(row[k + 1]) : 0;
                panel[(k / 2 * vectors + i) * WIDE + lane] = low | high << 16;
            }
        }
}

/* ---- int8 */

/* What the sums of a part add to the accumulators. */
RD_INLINE void stream_int8_add(const rd_stream_part *with, const int vectors,
                               wide_sums sum[RD_STREAM_VECTORS], wide c[RD_STREAM_VECTORS])
{
    const wide by = wide_splat(with->narrow_scale);
#pragma GCC unroll 8
    for (int i = 0; i < vectors; i++) {
        wide_sums offset;
        memcpy(&offset, with->offset + i * WIDE, sizeof offset);
        c[i] += __builtin_convertvector(sum[i] - offset, wide) * (by * load_wide(with->scale + i * WIDE));
    }
}

RD_INLINE wide_sums sums_splat(int32_t x)
{
    return x - (wide_sums){0};
}

/* Two products of each lane: bytes of W, and two operands of 16 bits in a word. */
RD_INLINE wide_sums pair_sums(const int8_t *panel, uint32_t both, wide_sums sum)
{
#if RD_LANE_BYTES == 64
    __m256i bytes;
    memcpy(&bytes, panel, sizeof bytes);
    return sum + (wide_sums)_mm512_madd_epi16(_mm512_cvtepi8_epi16(bytes), _mm512_set1_epi32((int)both));
#elif RD_LANE_BYTES == 32
    __m128i bytes;
    memcpy(&bytes, panel, sizeof bytes);
    return sum + (wide_sums)_mm256_madd_epi16(_mm256_cvtepi8_epi16(bytes), _mm256_set1_epi32((int)both));
#else
    const int32_t first = (int16_t)(both & 0xffff), second = (int16_t)(both >> 16);
    for (int lane = 0; lane < WIDE; lane++)
        sum[lane] += first * panel[2 * lane] + second * panel[2 * lane + 1];
    return sum;
#endif
}

RD_INLINE void stream_pairs_run(const rd_stream_args *s, const int vectors)
{
    wide c[RD_STREAM_VECTORS];
    stream_begin(s, vectors, c);
    for (size_t p = 0; p < s->parts; p++) {
        const int8_t *panel = s->part[p].panel;
        const unsigned char *x = s->part[p].narrow;
        wide_sums sum[RD_STREAM_VECTORS];
        for (int i = 0; i < vectors; i++)
            sum[i] = sums_splat(0);
        for (size_t k = 0; k < s->part[p].depth; k += 2, x += 4, panel += (size_t)vectors * 2 * WIDE) {
            uint32_t both;
            memcpy(&both, x, sizeof both);
#pragma GCC unroll 8
            for (int i = 0; i < vectors; i++)
                sum[i] = pair_sums(panel + i * 2 * WIDE, both, sum[i]);
        }
        stream_int8_add(&s->part[p], vectors, sum, c);
    }
    stream_end(s, vectors, c);
}
STREAM_ENTRIES(stream_pairs, )

/* `together` k side by side; offset is what an operand that counts from `zero` adds too much. */
static void pack_bytes(const rd_stream_pack_args *p, size_t together, int32_t zero)
{
    const size_t blocks = rd_ceil_div(p->units, WIDE), vectors = p->gates * blocks;
    int8_t *panel = p->panel;
    for (size_t i = 0; i < vectors; i++)
        for (size_t lane = 0; lane < WIDE; lane++) {
            const rd_real *row = stream_row(p, blocks, i, lane);
            const rd_real scale = row ? rd_int8_scale(p->depth, row) : 0;
            int32_t sum = 0;
            for (size_t k = 0; k < rd_ceil_div(p->depth, together) * together; k++) {
                const int8_t q = row && k < p->depth ? rd_int8_of(row[k], scale) : 0;
                panel[((k / together * vectors + i) * WIDE + lane) * together + k % together] = q;
                sum += q;
            }
            p->scale[i * WIDE + lane] = scale;
            p->offset[i * WIDE + lane] = zero * sum;
        }
}

static void stream_pack_pairs(const rd_stream_pack_args *p)
{
    pack_bytes(p, 2, 0);
}

/* The size of the largest operand; NaN and infinity are larger than all others and stay what they are. */
static rd_real largest_size(size_t n, const rd_real *x)
{
    wide_words top = {0};
    uint32_t most = 0;
    for (size_t i = 0; i < n; i += WIDE) {
        const wide_words size = (wide_words)load_some(x + i, n - i) & 0x7fffffffu;
        top = (wide_words)(((wide_words)(size > top) & size) | (~(wide_words)(size > top) & top));
    }
    for (int lane = 0; lane < WIDE; lane++)
        most = most > top[lane] ? most : top[lane];
    rd_real largest;
    memcpy(&largest, &most, sizeof largest);
    return largest;
}

/* Whole numbers from -127 to 127, as the lowest bits of x / scale + 1.5 * 2^23. */
RD_INLINE wide_words whole_numbers(const rd_real *x, size_t left, wide inverse)
{
    const wide magic = wide_splat(RD_C(12582912.0));
    return (wide_words)(load_some(x, left) * inverse + magic) - (wide_words)magic;
}

static rd_real narrow_pairs(size_t depth, const rd_real *x, unsigned char *narrow)
{
    const rd_real largest = largest_size(depth, x);
    const wide inverse = wide_splat(largest > 0 ? 127 / largest : 0);
    typedef int16_t halves __attribute__((vector_size(WIDE * 2)));
    for (size_t k = 0; k < depth; k += WIDE) {
        const halves q = __builtin_convertvector((wide_sums)whole_numbers(x + k, depth - k, inverse), halves);
        memcpy(narrow + 2 * k, &q, sizeof q);
    }
    return largest / 127;
}

static size_t stream_narrow_bytes(size_t depth)
{
    return whole_lines(2 * (depth + WIDE));
}

static size_t stream_panel_bytes(rd_weights weights, size_t vectors, size_t depth)
{
    const size_t each[RD_WEIGHT_KINDS] = {sizeof(rd_real), sizeof(uint16_t), sizeof(int8_t)};
    const size_t together[RD_WEIGHT_KINDS] = {1, 2, 4};
    const size_t whole = rd_ceil_div(depth, together[weights]) * together[weights];
    return whole_lines(vectors * whole * WIDE * each[weights]);
}

#if RD_LANE_BYTES == 64

#define VNNI __attribute__((target("avx512vnni")))

/* Four products of each lane: bytes of W, signed, and of the operand, from 0 on. */
VNNI RD_INLINE void stream_fours_run(const rd_stream_args *s, const int vectors)
{
    wide c[RD_STREAM_VECTORS];
    stream_begin(s, vectors, c);
    for (size_t p = 0; p < s->parts; p++) {
        const int8_t *panel = s->part[p].panel;
        const unsigned char *x = s->part[p].narrow;
        __m512i sum[RD_STREAM_VECTORS];
        for (int i = 0; i < vectors; i++)
            sum[i] = _mm512_setzero_si512();
        for (size_t k = 0; k < s->part[p].depth; k += 4, x += 4, panel += (size_t)vectors * 64) {
            int32_t four;
            memcpy(&four, x, sizeof four);
            const __m512i of_k = _mm512_set1_epi32(four);
#pragma GCC unroll 8
            for (int i = 0; i < vectors; i++)
                sum[i] = _mm512_dpbusd_epi32(sum[i], of_k, _mm512_loadu_si512(panel + i * 64));
        }
        stream_int8_add(&s->part[p], vectors, (wide_sums *)sum, c);
    }
    stream_end(s, vectors, c);
}
STREAM_ENTRIES(stream_fours, VNNI)

static void stream_pack_fours(const rd_stream_pack_args *p)
{
    pack_bytes(p, 4, 128);
}

static rd_real narrow_fours(size_t depth, const rd_real *x, unsigned char *narrow)
{
    const rd_real largest = largest_size(depth, x);
    const wide inverse = wide_splat(largest > 0 ? 127 / largest : 0);
    for (size_t k = 0; k < depth; k += WIDE) {
        const __m128i q = _mm512_cvtepi32_epi8((__m512i)(whole_numbers(x + k, depth - k, inverse) + 128));
        memcpy(narrow + k, &q, sizeof q);
    }
    return largest / 127;
}

static int has_fours(void)
{
    return __builtin_cpu_supports("avx512vnni");
}

#endif

#endif

#endif
