/* Products of one row with panels of f32, bf16 or int8 (kernels/stream.h). The number of vectors is a
 * constant of each loop, so that the accumulators live in registers; eight of them hide the time of a
 * multiply-add. */
#ifndef RD_CPU_PANELS_H
#define RD_CPU_PANELS_H

#include "kernels/cpu/cpu_product.h"

#include <math.h>

/* All counts of vectors: a function for each, and the table of them. */
#define STREAM_ENTRIES(name, flags)                                                                          \
    flags static void name##_1(const rd_stream_args *s)                                                      \
    {                                                                                                        \
        name##_run(s, 1);                                                                                    \
    }                                                                                                        \
    flags static void name##_2(const rd_stream_args *s)                                                      \
    {                                                                                                        \
        name##_run(s, 2);                                                                                    \
    }                                                                                                        \
    flags static void name##_3(const rd_stream_args *s)                                                      \
    {                                                                                                        \
        name##_run(s, 3);                                                                                    \
    }                                                                                                        \
    flags static void name##_4(const rd_stream_args *s)                                                      \
    {                                                                                                        \
        name##_run(s, 4);                                                                                    \
    }                                                                                                        \
    flags static void name##_5(const rd_stream_args *s)                                                      \
    {                                                                                                        \
        name##_run(s, 5);                                                                                    \
    }                                                                                                        \
    flags static void name##_6(const rd_stream_args *s)                                                      \
    {                                                                                                        \
        name##_run(s, 6);                                                                                    \
    }                                                                                                        \
    flags static void name##_7(const rd_stream_args *s)                                                      \
    {                                                                                                        \
        name##_run(s, 7);                                                                                    \
    }                                                                                                        \
    flags static void name##_8(const rd_stream_args *s)                                                      \
    {                                                                                                        \
        name##_run(s, 8);                                                                                    \
    }                                                                                                        \
    static void name(const rd_stream_args *s)                                                                \
    {                                                                                                        \
        static void (*const of[])(const rd_stream_args *) = {                                                \
            NULL, name##_1, name##_2, name##_3, name##_4, name##_5, name##_6, name##_7, name##_8};           \
        of[s->vectors](s);                                                                                   \
    }

RD_INLINE void stream_begin(const rd_stream_args *s, const int vectors, wide c[RD_STREAM_VECTORS])
{
#pragma GCC unroll 8
    for (int i = 0; i < vectors; i++) {
        c[i] = load_wide(s->start ? s->start + i * WIDE : s->a + s->at[i]);
        if (s->row) c[i] += load_wide(s->row + i * WIDE);
    }
}

RD_INLINE void stream_end(const rd_stream_args *s, const int vectors, wide c[RD_STREAM_VECTORS])
{
#pragma GCC unroll 8
    for (int i = 0; i < vectors; i++)
        memcpy(s->a + s->at[i], &c[i], sizeof c[i]);
}

RD_INLINE void stream_f32_run(const rd_stream_args *s, const int vectors)
{
    wide c[RD_STREAM_VECTORS];
    stream_begin(s, vectors, c);
    for (size_t p = 0; p < s->parts; p++) {
        const rd_real *panel = s->part[p].panel, *x = s->part[p].x;
        const size_t depth = s->part[p].depth;
        for (size_t k = 0; k < depth; k++, panel += (size_t)vectors * WIDE) {
            const wide of_k = wide_splat(x[k]);
#pragma GCC unroll 8
            for (int i = 0; i < vectors; i++)
                c[i] = wide_fma(of_k, load_wide(panel + i * WIDE), c[i]);
        }
    }
    stream_end(s, vectors, c);
}
STREAM_ENTRIES(stream_f32, )

/* ---- packing */

/* Row of W that lane `lane` of vector `i` shows, or NULL past the last unit. */
static const rd_real *stream_row(const rd_stream_pack_args *p, size_t blocks, size_t i, size_t lane)
{
    const size_t unit = i % blocks * WIDE + lane;
    return unit < p->units ? p->w + (i / blocks * p->hidden + p->first + unit) * p->depth : NULL;
}

static void stream_pack_f32(const rd_stream_pack_args *p)
{
    const size_t blocks = rd_ceil_div(p->units, WIDE), vectors = p->gates * blocks;
    rd_real *panel = p->panel;
    for (size_t i = 0; i < vectors; i++)
        for (size_t lane = 0; lane < WIDE; lane++) {
            const rd_real *row = stream_row(p, blocks, i, lane);
            for (size_t k = 0; k < p->depth; k++)
                panel[(k * vectors + i) * WIDE + lane] = row ? row[k] : 0;
        }
}

static size_t whole_lines(size_t bytes)
{
    return rd_ceil_div(bytes, 64) * 64;
}

#endif
