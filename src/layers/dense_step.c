/* One step of one sequence of a dense layer: one product, group by group, and what follows it. */
#include "layers/dense.h"
#include "layers/step.h"

enum { WEIGHT };

typedef struct group {
    rd_step_group units;
    rd_stream_args product;
    const rd_real *columns; /* of symbols: [symbols][vectors][lanes] */
} group;

typedef struct memory {
    rd_step_cut cut;
    group *group[RD_STEP_TEAM];
    size_t groups[RD_STEP_TEAM];
    unsigned char *narrow[RD_STEP_TEAM]; /* int8: the operand */
} memory;

static rd_step_cut cut_of(const rd_layer *layer, const rd_step_shape *shape)
{
    const size_t out = layer->out.width;
    return rd_step_cut_of(shape, out, 1, layer->in[0].symbols ? out : out * layer->in[0].width);
}

static size_t vectors_of(const rd_step_shape *shape, rd_step_group g)
{
    const size_t lanes = shape->kernels->stream.lanes;
    return (g.units + lanes - 1) / lanes;
}

/* ---- panels ---- */

typedef struct group_panels {
    rd_step_panel weight;
    rd_real *start; /* the bias */
} group_panels;

static group_panels panels_at(rd_step_plan *plan, const rd_layer *layer, const rd_step_shape *shape,
                              rd_step_group g)
{
    const size_t vectors = vectors_of(shape, g);
    group_panels p;
    p.weight = rd_step_panel_at(plan, shape, layer->in[0].symbols, vectors, layer->in[0].width);
    p.start = rd_step_take(plan, vectors * shape->kernels->stream.lanes, sizeof(rd_real));
    return p;
}

static size_t all_panels(const rd_layer *layer, const rd_step_shape *shape, const rd_real *params,
                         unsigned char *panels)
{
    const rd_step_cut cut = cut_of(layer, shape);
    const rd_dense *own = layer->own;
    rd_step_plan plan = {.base = panels};
    for (size_t i = 0; i < cut.pieces; i++)
        for (size_t k = 0; k < rd_step_groups(&cut, i); k++) {
            const rd_step_group g = rd_step_group_at(&cut, i, k);
            const group_panels p = panels_at(&plan, layer, shape, g);
            if (!params) continue;
            rd_step_pack(&p.weight, shape, layer->in[0].symbols, params + layer->param[WEIGHT].offset,
                         layer->out.width, 1, g);
            rd_step_spread(shape, own->bias ? params + layer->param[WEIGHT + 1].offset : NULL,
                           layer->out.width, 1, g, p.start, 0);
        }
    return plan.size;
}

static size_t step_panel_bytes(const rd_layer *layer, const rd_step_shape *shape)
{
    return all_panels(layer, shape, NULL, NULL);
}

static void step_pack(const rd_layer *layer, const rd_step_shape *shape, const rd_real *params,
                      unsigned char *panels)
{
    (void)all_panels(layer, shape, params, panels);
}

/* ---- the memory of a state ---- */

static void lay_group(const rd_step_call *call, const memory *m, size_t i, size_t k, const group_panels *p)
{
    const rd_step_group units = rd_step_group_at(&m->cut, i, k);
    group *g = &m->group[i][k];
    *g = (group){.units = units, .columns = p->weight.panel};
    g->product =
        (rd_stream_args){.a = call->out->data + units.first, /* whole lines: the last vector has room */
                         .start = p->start,
                         .parts = call->layer->in[0].symbols ? 0 : 1,
                         .part = {rd_step_part(&p->weight, NULL, m->narrow[i])}};
    g->product.vectors = rd_step_places(&call->shape, units.units, 0, 1, g->product.at);
}

static size_t lay(const rd_layer *layer, const rd_step_shape *shape, const rd_step_call *call)
{
    rd_step_plan plan = {.base = call ? call->memory : NULL}, panels = {.base = call ? call->panels : NULL};
    memory *m = rd_step_take(&plan, 1, sizeof *m), made = {.cut = cut_of(layer, shape)};
    for (size_t i = 0; i < made.cut.pieces; i++) {
        made.groups[i] = rd_step_groups(&made.cut, i);
        made.group[i] = rd_step_take(&plan, made.groups[i], sizeof(group));
        if (shape->weights == RD_WEIGHTS_INT8 && !layer->in[0].symbols)
            made.narrow[i] = rd_step_take(&plan, shape->kernels->stream.narrow_bytes(layer->in[0].width), 1);
        for (size_t k = 0; k < made.groups[i]; k++) {
            const group_panels p = panels_at(&panels, layer, shape, rd_step_group_at(&made.cut, i, k));
            if (call) lay_group(call, &made, i, k, &p);
        }
    }
    if (call) *m = made;
    return plan.size;
}

static size_t step_memory_bytes(const rd_layer *layer, const rd_step_shape *shape)
{
    return lay(layer, shape, NULL);
}

static void step_ready(const rd_step_call *call)
{
    (void)lay(call->layer, &call->shape, call);
}

/* ---- the stage ---- */

static size_t step_stages(const rd_layer *layer)
{
    (void)layer;
    return 1;
}

static size_t step_pieces(const rd_layer *layer, const rd_step_shape *shape, size_t stage)
{
    (void)stage;
    return cut_of(layer, shape).pieces;
}

static void step_run(const rd_step_call *call, size_t stage, size_t piece, int odd)
{
    const memory *m = (const memory *)(const void *)call->memory;
    const rd_kernels *kernels = call->shape.kernels;
    const int symbols = call->layer->in[0].symbols;
    const size_t groups = m->groups[piece];
    rd_real scale = 0;
    (void)stage;
    if (m->narrow[piece])
        scale = kernels->stream.narrow(call->layer->in[0].width, call->in->data, m->narrow[piece]);
    for (size_t i = 0; i < groups; i++) {
        group *g = &m->group[piece][odd ? groups - 1 - i : i];
        if (symbols)
            g->product.row =
                g->columns + (size_t)call->in->symbols[0] * g->product.vectors * kernels->stream.lanes;
        g->product.part[0].x = call->in->data;
        g->product.part[0].narrow_scale = scale;
        kernels->stream.product[call->shape.weights](&g->product);
        rd_dense_activate(call->layer, kernels, g->units.units, g->product.a);
    }
}

const rd_step_ops rd_dense_step = {.panel_bytes = step_panel_bytes,
                                   .pack = step_pack,
                                   .memory_bytes = step_memory_bytes,
                                   .ready = step_ready,
                                   .stages = step_stages,
                                   .pieces = step_pieces,
                                   .run = step_run};
