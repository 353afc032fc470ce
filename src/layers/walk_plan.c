/* Blocks of places are fixed by the pack, so what is summed block by block does not depend on the threads. */
#include "layers/walk_plan.h"

rondo_status rd_frame_plan_bytes(const rd_layer *layer, const rd_limits_of_call *limits, const rd_plan *plan,
                                 size_t *bytes, rondo_error *error)
{
    if (plan->overflow)
        return rd_fail(error, RONDO_LIMIT, "layer \"%s\" needs more memory for %zu rows than can be counted",
                       layer->name, limits->rows);
    *bytes = plan->size;
    return RONDO_OK;
}

rd_ranges rd_ranges_of(const rondo_pack *pack, int threads)
{
    const size_t blocks = rd_ceil_div(pack->sequences, RD_PLACES_A_BLOCK);
    const size_t wanted = rd_size_min(rd_size_min((size_t)threads, blocks), RD_MAX_RANGES);
    rd_ranges ranges = {.count = 0};
    size_t rows = 0;
    for (size_t b = 0; b < blocks; b++) {
        const size_t first = b * RD_PLACES_A_BLOCK,
                     end = rd_size_min(first + RD_PLACES_A_BLOCK, pack->sequences);
        size_t own = 0;
        for (size_t p = first; p < end; p++)
            own += pack->length[pack->order[p]];
        /* a new range begins with the block that holds more of the next share than of this one */
        if (ranges.count == 0 ||
            (ranges.count < wanted && rows + own / 2 >= pack->rows / wanted * ranges.count))
            ranges.first[ranges.count++] = first;
        rows += own;
    }
    ranges.first[ranges.count] = pack->sequences;
    return ranges;
}

void rd_pack_both(const rondo_device *device, size_t columns, size_t depth, const rd_real *w, rd_real *panels,
                  rd_real *back)
{
    if (panels)
        rd_device_pack(device, &(rd_pack_args){.columns = columns,
                                               .depth = depth,
                                               .w = w,
                                               .column_stride = depth,
                                               .depth_stride = 1,
                                               .panels = panels});
    if (back)
        rd_device_pack(device, &(rd_pack_args){.columns = depth,
                                               .depth = columns,
                                               .w = w,
                                               .column_stride = 1,
                                               .depth_stride = depth,
                                               .panels = back});
}
