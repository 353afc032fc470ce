/* The entries of a table for products of one row (kernels/stream.h). */
#ifndef RD_CPU_STREAM_H
#define RD_CPU_STREAM_H

#include "kernels/cpu/cpu_narrow.h"

#ifdef RD_REAL64 /* the double core is for checks: plain weights only */

static size_t stream_panel_bytes(rd_weights weights, size_t vectors, size_t depth)
{
    (void)weights;
    return whole_lines(vectors * depth * WIDE * sizeof(rd_real));
}

static size_t stream_narrow_bytes(size_t depth)
{
    (void)depth;
    return 0;
}

static void fill_stream(rd_kernels *kernels)
{
    kernels->stream = (rd_stream_kernels){.lanes = WIDE,
                                          .panel_bytes = stream_panel_bytes,
                                          .narrow_bytes = stream_narrow_bytes,
                                          .pack = {stream_pack_f32},
                                          .product = {stream_f32}};
}

#else

static void fill_stream(rd_kernels *kernels)
{
    kernels->stream = (rd_stream_kernels){.lanes = WIDE,
                                          .panel_bytes = stream_panel_bytes,
                                          .narrow_bytes = stream_narrow_bytes,
                                          .pack = {stream_pack_f32, stream_pack_bf16, stream_pack_pairs},
                                          .narrow = narrow_pairs,
                                          .product = {stream_f32, stream_bf16, stream_pairs}};
#if RD_LANE_BYTES == 64
    if (!has_fours()) return;
    kernels->stream.pack[RD_WEIGHTS_INT8] = stream_pack_fours;
    kernels->stream.narrow = narrow_fours;
    kernels->stream.product[RD_WEIGHTS_INT8] = stream_fours;
#endif
}

#endif

#endif
