/* What the layers that step share: cutting units into pieces and groups, and the panels of a group. */
#include "layers/step.h"

#include "base/size.h"

#include <string.h>

enum { TEAM_BYTES = 96 << 10 }; /* weights of a layer that are worth a barrier */

/* ---- pieces and groups ---- */

rd_step_cut rd_step_cut_of(const rd_step_shape *shape, size_t units, size_t gates, size_t numbers)
{
    static const size_t bytes[RD_WEIGHT_KINDS] = {4, 2, 1};
    const size_t lanes = shape->kernels->stream.lanes, blocks = rd_ceil_div(units, lanes);
    const int small = numbers < TEAM_BYTES / bytes[shape->weights];
    return (rd_step_cut){.units = units,
                         .lanes = lanes,
                         .blocks = blocks,
                         .pieces = small ? 1 : rd_size_min(shape->team, blocks),
                         .most = RD_STREAM_VECTORS / gates};
}

static size_t first_block(const rd_step_cut *cut, size_t piece)
{
    return cut->blocks * piece / cut->pieces;
}

size_t rd_step_groups(const rd_step_cut *cut, size_t piece)
{
    return rd_ceil_div(first_block(cut, piece + 1) - first_block(cut, piece), cut->most);
}

rd_step_group rd_step_group_at(const rd_step_cut *cut, size_t piece, size_t group)
{
    const size_t from = first_block(cut, piece), blocks = first_block(cut, piece + 1) - from;
    const size_t groups = rd_ceil_div(blocks, cut->most);
    const size_t first = (from + blocks * group / groups) * cut->lanes;
    const size_t end = (from + blocks * (group + 1) / groups) * cut->lanes;
    return (rd_step_group){.first = first, .units = rd_size_min(end, cut->units) - first};
}

/* ---- panels ---- */

void *rd_step_take(rd_step_plan *plan, size_t count, size_t size)
{
    void *at = plan->base ? plan->base + plan->size : NULL;
    plan->size += rd_ceil_div(count * size, RD_ALIGN) * RD_ALIGN;
    return at;
}

static rd_weights weights_of(const rd_step_shape *shape, int symbols)
{
    return symbols ? RD_WEIGHTS_F32 : shape->weights;
}

rd_step_panel rd_step_panel_at(rd_step_plan *plan, const rd_step_shape *shape, int symbols, size_t vectors,
                               size_t depth)
{
    const rd_stream_kernels *stream = &shape->kernels->stream;
    const rd_weights weights = weights_of(shape, symbols);
    rd_step_panel p = {.depth = depth};
    p.panel = rd_step_take(plan, stream->panel_bytes(weights, vectors, depth), 1);
    if (weights != RD_WEIGHTS_INT8) return p;
    p.scale = rd_step_take(plan, vectors * stream->lanes, sizeof *p.scale);
    p.offset = rd_step_take(plan, vectors * stream->lanes, sizeof *p.offset);
    return p;
}

void rd_step_pack(const rd_step_panel *panel, const rd_step_shape *shape, int symbols, const rd_real *w,
                  size_t hidden, size_t gates, rd_step_group group)
{
    shape->kernels->stream.pack[weights_of(shape, symbols)](&(rd_stream_pack_args){.w = w,
                                                                                   .hidden = hidden,
                                                                                   .gates = gates,
                                                                                   .first = group.first,
                                                                                   .units = group.units,
                                                                                   .depth = panel->depth,
                                                                                   .panel = panel->panel,
                                                                                   .scale = panel->scale,
                                                                                   .offset = panel->offset});
}

rd_stream_part rd_step_part(const rd_step_panel *panel, const rd_real *x, unsigned char *narrow)
{
    return (rd_stream_part){.panel = panel->panel,
                            .x = x,
                            .depth = panel->depth,
                            .scale = panel->scale,
                            .offset = panel->offset,
                            .narrow = narrow};
}

size_t rd_step_places(const rd_step_shape *shape, size_t units, size_t first, size_t gates,
                      size_t at[RD_STREAM_VECTORS])
{
    const size_t lanes = shape->kernels->stream.lanes;
    size_t vectors = 0;
    for (size_t gate = first; gate < first + gates; gate++)
        for (size_t unit = 0; unit < units; unit += lanes)
            at[vectors++] = gate * units + unit;
    return vectors;
}

void rd_step_spread(const rd_step_shape *shape, const rd_real *from, size_t hidden, size_t gates,
                    rd_step_group group, rd_real *to, int add)
{
    const size_t lanes = shape->kernels->stream.lanes, room = rd_ceil_div(group.units, lanes) * lanes;
    if (!add) memset(to, 0, gates * room * sizeof *to);
    for (size_t gate = 0; from && gate < gates; gate++)
        for (size_t j = 0; j < group.units; j++)
            to[gate * room + j] += from[gate * hidden + group.first + j];
}
