/* What every layer that walks through time shares: how its arrays lie in a frame, and which places a thread
 * walks. */
#ifndef RD_WALK_PLAN_H
#define RD_WALK_PLAN_H

#include "base/size.h"
#include "layers/layer.h"

enum { RD_PLACES_A_BLOCK = 8, RD_MAX_RANGES = 64 };

/* Lays arrays one after the other from `base`; NULL only adds up their bytes. */
typedef struct rd_frame_plan {
    unsigned char *base;
    rd_plan plan;
} rd_frame_plan;

/* [rows][stride] numbers on a 64-byte boundary, or NULL when not wanted. */
static inline rd_real *rd_frame_take(rd_frame_plan *frame, int wanted, size_t rows, size_t stride)
{
    const size_t at = frame->plan.size;
    if (!wanted) return NULL;
    rd_plan_add(&frame->plan, rows, stride * sizeof(rd_real));
    return frame->base ? (rd_real *)(void *)(frame->base + at) : NULL;
}

/* The stride that lets each row of `width` numbers begin on a 64-byte boundary, and not all rows in the same few sets
 * of a cache, as strides of 4096 bytes would. */
static inline size_t rd_row_stride(size_t width)
{
    const size_t line = RD_ALIGN / sizeof(rd_real), lines = rd_ceil_div(width, line);
    return (lines + (lines > 0 && lines % (4096 / RD_ALIGN) == 0)) * line;
}

/* Bytes of a plan as a layer's `memory` reports them. */
rondo_status rd_frame_plan_bytes(const rd_layer *layer, const rd_limits_of_call *limits, const rd_plan *plan,
                                 size_t *bytes, rondo_error *error);

/* Places of range i: first[i] to first[i + 1]. Ranges are whole blocks of RD_PLACES_A_BLOCK places with about
 * the same number of rows each, at most one a thread. */
typedef struct rd_ranges {
    size_t first[RD_MAX_RANGES + 1], count;
} rd_ranges;
rd_ranges rd_ranges_of(const rondo_pack *pack, int threads);

/* Panels of a matrix [columns][depth] and of its transpose; NULL for those that are not wanted. */
void rd_pack_both(const rondo_device *device, size_t columns, size_t depth, const rd_real *w, rd_real *panels,
                  rd_real *back);

#endif
