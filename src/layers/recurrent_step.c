/* One step of one sequence of a recurrent layer. A group of units multiplies [x, h'] with its panel, all
 * gates in registers, and its equation follows at once on what the product has left in L1: the same entries
 * of the table as in the walk. Where the equation keeps W x and U h' apart (a reset gate after the product,
 * layer norm) they are two products. With layer norm all products of a stage are done before its equations,
 * which are one piece. */
#include "layers/recurrent_settings.h"
#include "layers/step.h"

#include "base/size.h"

#include <string.h>

enum { MAX_PRODUCTS = 1 + RD_MAX_RUNS, MAX_STAGES = 2 * RD_MAX_PHASES + 1 };

typedef enum stage_kind { PRODUCTS, EQUATIONS, PROJECTION } stage_kind;

typedef struct stage {
    stage_kind kind;
    size_t phase;
} stage;

/* Panels of a group, shared by all states. */
typedef struct group_panels {
    rd_step_panel x, run[RD_MAX_RUNS];
    rd_real *start_x;            /* biases of W x; with those of U h' when the sums are one */
    rd_real *start[RD_MAX_RUNS]; /* biases of each run's own sum */
    rd_real *peephole;           /* [params][units] */
} group_panels;

/* A group in the memory of a state. */
typedef struct group {
    rd_step_group units;
    rd_stream_args product[MAX_PRODUCTS]; /* of x (and h' when that is one sum); of the runs */
    size_t phase[MAX_PRODUCTS], products;
    rd_cell_step cell[RD_MAX_PHASES];
    rd_real *ax, *ah;       /* [gates][units] */
    const rd_real *columns; /* of symbols: [symbols][vectors][lanes] */
} group;

typedef struct share {
    group *group;
    size_t groups;
    unsigned char *narrow[3]; /* int8: x; h' or what was emitted; c' */
} share;                      /* a piece of the units */

typedef struct projection {
    rd_step_cut cut;
    rd_stream_args *product; /* [groups] */
    rd_step_group *group;    /* [groups] */
    unsigned char *narrow[RD_STEP_TEAM];
    size_t first[RD_STEP_TEAM + 1];
} projection;

typedef struct memory {
    stage stage[MAX_STAGES];
    rd_step_cut cut;
    share piece[RD_STEP_TEAM];
    projection projection;
    rd_real *zero;             /* ah of a joint sum */
    rd_real *h, *c;            /* the new states; h is the output itself when nothing is between */
    rd_real *middle, *emit;    /* [H] */
    rd_real *ax, *ah, *normed; /* layer norm: [gates][H], [gates][H], [H] */
} memory;

static const rd_recurrent *own_of(const rd_layer *layer)
{
    return layer->own;
}

/* Whether W x and U h' are two sums. */
static int is_apart(const rd_recurrent *own)
{
    return own->norm || own->info->split;
}

static int reads_cell(const rd_recurrent *own)
{
    return own->runs > 1 && own->run[1].from == RD_FROM_C;
}

static size_t most_gates(const rd_recurrent *own)
{
    return (size_t)own->info->gates;
}

static rd_step_cut cut_of(const rd_recurrent *own, const rd_step_shape *shape)
{
    const size_t depth = (own->symbols ? 0 : own->input) + own->state[0];
    return rd_step_cut_of(shape, own->hidden, most_gates(own), own->gates * depth);
}

static rd_step_cut projection_cut(const rd_recurrent *own, const rd_step_shape *shape)
{
    return rd_step_cut_of(shape, own->state[0], 1, own->state[0] * own->hidden);
}

static size_t room_of(const rd_step_shape *shape, rd_step_group g)
{
    const size_t lanes = shape->kernels->stream.lanes;
    return rd_ceil_div(g.units, lanes) * lanes;
}

/* For each phase with products one; with layer norm another for its equations; the projection. */
static size_t list_stages(const rd_recurrent *own, stage list[MAX_STAGES])
{
    size_t n = 0;
    for (size_t p = 0; p < (size_t)own->info->phases; p++) {
        if (own->info->phase[p].products > 0 || p == 0) list[n++] = (stage){PRODUCTS, p};
        if (own->norm && own->info->phase[p].products > 0) list[n++] = (stage){EQUATIONS, p};
    }
    if (own->projected) list[n++] = (stage){PROJECTION, 0};
    return n;
}

/* ---- panels ---- */

static group_panels panels_at(rd_step_plan *plan, const rd_recurrent *own, const rd_step_shape *shape,
                              rd_step_group g)
{
    const size_t blocks = room_of(shape, g) / shape->kernels->stream.lanes, gates = most_gates(own);
    const size_t room = room_of(shape, g);
    group_panels p = {0};
    p.x = rd_step_panel_at(plan, shape, own->symbols, gates * blocks, own->input);
    p.start_x = rd_step_take(plan, gates * room, sizeof(rd_real));
    for (size_t i = 0; i < own->runs; i++) {
        p.run[i] = rd_step_panel_at(plan, shape, 0, own->run[i].gates * blocks, own->run[i].width);
        p.start[i] = rd_step_take(plan, own->run[i].gates * room, sizeof(rd_real));
    }
    p.peephole = rd_step_take(plan, (size_t)own->info->params * g.units, sizeof(rd_real));
    return p;
}

static rd_step_panel projection_panel(rd_step_plan *plan, const rd_recurrent *own, const rd_step_shape *shape,
                                      rd_step_group g)
{
    return rd_step_panel_at(plan, shape, 0, room_of(shape, g) / shape->kernels->stream.lanes, own->hidden);
}

static void pack_group(const rd_layer *layer, const rd_step_shape *shape, const rd_real *params,
                       const group_panels *p, rd_step_group g)
{
    const rd_recurrent *own = own_of(layer);
    const rd_real *bias_x = own->norm ? NULL : rd_param_or_null(layer, params, own->bias_x);
    const rd_real *bias_h = own->norm ? NULL : rd_param_or_null(layer, params, own->bias_h);
    const rd_real *peephole = rd_param_or_null(layer, params, own->peephole);
    rd_step_pack(&p->x, shape, own->symbols, rd_param_or_null(layer, params, own->weight_x), own->hidden,
                 most_gates(own), g);
    rd_step_spread(shape, bias_x, own->hidden, most_gates(own), g, p->start_x, 0);
    if (!is_apart(own)) rd_step_spread(shape, bias_h, own->hidden, most_gates(own), g, p->start_x, 1);
    for (size_t i = 0; i < own->runs; i++) {
        const rd_run *run = &own->run[i];
        rd_step_pack(&p->run[i], shape, 0,
                     rd_param_or_null(layer, params, run->param) + run->row * run->width, own->hidden,
                     run->gates, g);
        rd_step_spread(shape, bias_h ? bias_h + run->gate * own->hidden : NULL, own->hidden, run->gates, g,
                       p->start[i], 0);
    }
    for (size_t k = 0; peephole && k < (size_t)own->info->params; k++)
        memcpy(p->peephole + k * g.units, peephole + k * own->hidden + g.first, g.units * sizeof *peephole);
}

/* Lays out all panels; with parameters it fills them. Gives their bytes. */
static size_t all_panels(const rd_layer *layer, const rd_step_shape *shape, const rd_real *params,
                         unsigned char *panels)
{
    const rd_recurrent *own = own_of(layer);
    const rd_step_cut cut = cut_of(own, shape);
    rd_step_plan plan = {.base = panels};
    for (size_t i = 0; i < cut.pieces; i++)
        for (size_t k = 0; k < rd_step_groups(&cut, i); k++) {
            const rd_step_group g = rd_step_group_at(&cut, i, k);
            const group_panels p = panels_at(&plan, own, shape, g);
            if (params) pack_group(layer, shape, params, &p, g);
        }
    if (!own->projected) return plan.size;
    const rd_step_cut out = projection_cut(own, shape);
    for (size_t i = 0; i < out.pieces; i++)
        for (size_t k = 0; k < rd_step_groups(&out, i); k++) {
            const rd_step_group g = rd_step_group_at(&out, i, k);
            const rd_step_panel p = projection_panel(&plan, own, shape, g);
            if (params)
                rd_step_pack(&p, shape, 0, rd_param_or_null(layer, params, own->weight_r), own->state[0], 1,
                             g);
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

typedef struct laying {
    const rd_step_call *call; /* NULL: only the bytes are wanted */
    const rd_recurrent *own;
    rd_step_shape shape;
    rd_step_plan plan, panels;
    memory *m;
} laying;

/* The operand of a run and which of the narrow copies it has. */
static const rd_real *operand_of(const laying *l, rd_operand from, size_t *narrow)
{
    *narrow = from == RD_FROM_C ? 2 : 1;
    if (from == RD_FROM_EMIT) return l->m->emit;
    return l->call->state + (from == RD_FROM_C ? l->own->state[0] : 0);
}

static rd_stream_args *next_product(group *g, size_t phase, rd_real *a)
{
    g->phase[g->products] = phase;
    g->product[g->products].a = a;
    return &g->product[g->products++];
}

static void lay_products(const laying *l, const share *piece, group *g, const group_panels *p)
{
    const rd_recurrent *own = l->own;
    rd_stream_args *x = next_product(g, 0, g->ax);
    x->vectors = rd_step_places(&l->shape, g->units.units, 0, most_gates(own), x->at);
    x->start = p->start_x;
    if (!own->symbols) x->part[x->parts++] = rd_step_part(&p->x, NULL, piece->narrow[0]);
    for (size_t i = 0; i < own->runs; i++) {
        const rd_run *run = &own->run[i];
        size_t narrow;
        const rd_real *operand = operand_of(l, run->from, &narrow);
        const rd_stream_part part = rd_step_part(&p->run[i], operand, piece->narrow[narrow]);
        if (!is_apart(own) && run->gates == most_gates(own)) {
            x->part[x->parts++] = part;
            continue;
        }
        rd_stream_args *product = next_product(g, run->phase, is_apart(own) ? g->ah : g->ax);
        product->vectors = rd_step_places(&l->shape, g->units.units, run->gate, run->gates, product->at);
        product->start = is_apart(own) ? p->start[i] : NULL;
        product->part[product->parts++] = part;
    }
}

/* The equation of a group; with layer norm that of all units. */
static rd_cell_step cell_of(const laying *l, rd_step_group g, const rd_real *ax, const rd_real *ah,
                            const rd_real *param)
{
    const rd_recurrent *own = l->own;
    const memory *m = l->m;
    rd_cell_step cell = {.rows = 1,
                         .hidden = g.units,
                         .ax = ax,
                         .ah = ah,
                         .param = param,
                         .clip_cell = own->clip_cell,
                         .clip_preact = own->clip_preact,
                         .emit = m->emit ? m->emit + g.first : NULL,
                         .normed = m->normed};
    cell.prev[0] = own->projected ? NULL : l->call->state + g.first;
    cell.next[0] = (own->projected ? m->middle : m->h) + g.first;
    if (own->info->states > 1) {
        cell.prev[1] = l->call->state + own->state[0] + g.first;
        cell.next[1] = m->c + g.first;
    }
    return cell;
}

static void lay_group(laying *l, share *piece, size_t i, rd_step_group units)
{
    const rd_recurrent *own = l->own;
    const size_t lanes = l->shape.kernels->stream.lanes, gates = most_gates(own);
    rd_real *ax = rd_step_take(&l->plan, gates * units.units + lanes, sizeof(rd_real));
    rd_real *ah =
        is_apart(own) ? rd_step_take(&l->plan, gates * units.units + lanes, sizeof(rd_real)) : l->m->zero;
    const group_panels p = panels_at(&l->panels, own, &l->shape, units);
    if (!l->call) return;
    group *g = &piece->group[i];
    *g = (group){.units = units, .ax = ax, .ah = ah, .columns = p.x.panel};
    lay_products(l, piece, g, &p);
    for (int phase = 0; phase < own->info->phases; phase++)
        g->cell[phase] = cell_of(l, units, g->ax, g->ah, p.peephole);
}

static void lay_piece(laying *l, size_t i)
{
    const rd_recurrent *own = l->own;
    const size_t depth[] = {own->symbols ? 0 : own->input, rd_size_max(own->state[0], own->hidden),
                            own->hidden};
    const int narrow = l->shape.weights == RD_WEIGHTS_INT8;
    const size_t groups = rd_step_groups(&l->m->cut, i);
    share made = {.groups = groups, .group = rd_step_take(&l->plan, groups, sizeof(group))};
    for (size_t k = 0; narrow && k < 3; k++)
        made.narrow[k] = rd_step_take(&l->plan, l->shape.kernels->stream.narrow_bytes(depth[k]), 1);
    for (size_t k = 0; k < groups; k++)
        lay_group(l, &made, k, rd_step_group_at(&l->m->cut, i, k));
    l->m->piece[i] = made;
}

static void lay_projection(laying *l)
{
    const rd_recurrent *own = l->own;
    projection *to = &l->m->projection;
    to->cut = projection_cut(own, &l->shape);
    for (size_t i = 0; i < to->cut.pieces; i++)
        to->first[i + 1] = to->first[i] + rd_step_groups(&to->cut, i);
    const size_t groups = to->first[to->cut.pieces];
    to->product = rd_step_take(&l->plan, groups, sizeof *to->product);
    to->group = rd_step_take(&l->plan, groups, sizeof *to->group);
    for (size_t i = 0; i < to->cut.pieces; i++) {
        if (l->shape.weights == RD_WEIGHTS_INT8)
            to->narrow[i] = rd_step_take(&l->plan, l->shape.kernels->stream.narrow_bytes(own->hidden), 1);
        for (size_t k = to->first[i]; k < to->first[i + 1]; k++) {
            const rd_step_group g = rd_step_group_at(&to->cut, i, k - to->first[i]);
            const rd_step_panel p = projection_panel(&l->panels, own, &l->shape, g);
            if (!l->call) continue;
            to->group[k] = g;
            to->product[k] =
                (rd_stream_args){.a = l->m->h + g.first, /* whole lines: the last vector has room */
                                 .parts = 1,
                                 .part = {rd_step_part(&p, l->m->middle, to->narrow[i])}};
            to->product[k].vectors = rd_step_places(&l->shape, g.units, 0, 1, to->product[k].at);
            to->product[k].start = l->m->zero;
        }
    }
}

static void lay(laying *l, memory *m)
{
    const rd_recurrent *own = l->own;
    const size_t H = own->hidden, lanes = l->shape.kernels->stream.lanes, norm = own->norm ? own->gates : 0;
    *m = (memory){.cut = cut_of(own, &l->shape)};
    (void)list_stages(own, m->stage);
    l->m = m;
    m->zero = rd_step_take(&l->plan, (RD_STREAM_VECTORS + 1) * lanes, sizeof(rd_real));
    m->h = rd_step_take(&l->plan, own->state[0], sizeof(rd_real));
    m->c = rd_step_take(&l->plan, own->state[1], sizeof(rd_real));
    m->middle = rd_step_take(&l->plan, own->projected ? H : 0, sizeof(rd_real));
    m->emit = rd_step_take(&l->plan, own->info->emits > 0 ? H : 0, sizeof(rd_real));
    m->ax = rd_step_take(&l->plan, norm, sizeof(rd_real));
    m->ah = rd_step_take(&l->plan, norm, sizeof(rd_real));
    m->normed = rd_step_take(&l->plan, norm, sizeof(rd_real));
    if (!own->info->emits) m->emit = NULL;
    if (!norm) m->normed = NULL;
    if (l->call) {
        if (!own->before) m->h = l->call->out->data;
        if (own->info->states > 1 && !reads_cell(own) && !(own->zoneout[1] > 0))
            m->c = l->call->state + own->state[0]; /* read and written by its own group only */
    }
    for (size_t i = 0; i < m->cut.pieces; i++)
        lay_piece(l, i);
    if (own->projected) lay_projection(l);
}

static size_t step_memory_bytes(const rd_layer *layer, const rd_step_shape *shape)
{
    memory unused;
    laying l = {.own = own_of(layer), .shape = *shape};
    (void)rd_step_take(&l.plan, 1, sizeof unused);
    lay(&l, &unused);
    return l.plan.size;
}

static void step_ready(const rd_step_call *call)
{
    laying l = {.call = call,
                .own = own_of(call->layer),
                .shape = call->shape,
                .plan = {.base = call->memory},
                .panels = {.base = call->panels}};
    memory *m = rd_step_take(&l.plan, 1, sizeof *m);
    lay(&l, m);
}

/* ---- stages ---- */

static size_t step_stages(const rd_layer *layer)
{
    stage list[MAX_STAGES];
    return list_stages(own_of(layer), list);
}

static size_t step_pieces(const rd_layer *layer, const rd_step_shape *shape, size_t i)
{
    stage list[MAX_STAGES];
    const rd_recurrent *own = own_of(layer);
    (void)list_stages(own, list);
    if (list[i].kind == EQUATIONS) return 1;
    return list[i].kind == PROJECTION ? projection_cut(own, shape).pieces : cut_of(own, shape).pieces;
}

/* z ∘ old + (1 − z) ∘ new with z the mean of zoneout's mask. */
static void zone(rd_real z, size_t n, const rd_real *old, rd_real *new_state)
{
    for (size_t j = 0; z > 0 && j < n; j++)
        new_state[j] = z * old[j] + (1 - z) * new_state[j];
}

/* What follows the last equation of some units. With a projection h is not made yet. */
static void settle_units(const rd_step_call *call, const memory *m, rd_step_group g)
{
    const rd_recurrent *own = own_of(call->layer);
    const rd_real *h_old = call->state + g.first;
    if (own->info->states > 1)
        zone(own->zoneout[1], g.units, call->state + own->state[0] + g.first, m->c + g.first);
    if (own->projected) return;
    zone(own->zoneout[0], g.units, h_old, m->h + g.first);
    if (own->before) memcpy(call->out->data + g.first, h_old, g.units * sizeof *h_old);
}

/* Makes the narrow copies of the operands that this phase reads, once for all groups of the piece. */
static void narrow_operands(const rd_step_call *call, const share *p, size_t phase)
{
    if (p->groups == 0) return;
    for (size_t i = 0; i < p->group[0].products; i++)
        for (size_t k = 0; p->group[0].phase[i] == phase && k < p->group[0].product[i].parts; k++) {
            const rd_stream_part *part = &p->group[0].product[i].part[k];
            const rd_real scale = call->shape.kernels->stream.narrow(part->depth, part->x, part->narrow);
            for (size_t g = 0; g < p->groups; g++)
                p->group[g].product[i].part[k].narrow_scale = scale;
        }
}

/* Where x is at this step. */
static void bind_input(const rd_step_call *call, const share *p)
{
    const rd_recurrent *own = own_of(call->layer);
    for (size_t i = 0; i < p->groups; i++) {
        rd_stream_args *x = &p->group[i].product[0];
        if (own->symbols)
            x->row = p->group[i].columns +
                     (size_t)call->in->symbols[0] * x->vectors * call->shape.kernels->stream.lanes;
        else
            x->part[0].x = call->in->data;
    }
}

static void run_group(const rd_step_call *call, const memory *m, const group *g, size_t phase)
{
    const rd_recurrent *own = own_of(call->layer);
    for (size_t i = 0; i < g->products; i++)
        if (g->phase[i] == phase) call->shape.kernels->stream.product[call->shape.weights](&g->product[i]);
    if (own->norm) return;
    call->shape.kernels->cell_forward[own->cell][phase](&g->cell[phase]);
    if (phase + 1 == (size_t)own->info->phases) settle_units(call, m, g->units);
}

static void run_products(const rd_step_call *call, const memory *m, size_t phase, const share *p, int odd)
{
    if (phase == 0) bind_input(call, p);
    if (call->shape.weights == RD_WEIGHTS_INT8) narrow_operands(call, p, phase);
    for (size_t i = 0; i < p->groups; i++)
        run_group(call, m, &p->group[odd ? p->groups - 1 - i : i], phase);
}

/* ---- layer norm ---- */

/* What the groups made, gate by gate. */
static void collect(const memory *m, const rd_recurrent *own, int from_h, rd_real *flat)
{
    for (size_t i = 0; i < m->cut.pieces; i++)
        for (size_t k = 0; k < m->piece[i].groups; k++) {
            const group *g = &m->piece[i].group[k];
            for (size_t gate = 0; gate < (size_t)own->info->gates; gate++)
                memcpy(flat + gate * own->hidden + g->units.first,
                       (from_h ? g->ah : g->ax) + gate * g->units.units, g->units.units * sizeof *flat);
        }
}

static void normalise(const rd_step_call *call, size_t gain, const rd_real *shift, size_t first, size_t width,
                      const rd_real *x, rd_real *y)
{
    call->shape.kernels->norm_forward(
        &(rd_norm_args){.rows = 1,
                        .width = width,
                        .gain = rd_param_or_null(call->layer, call->params, gain) + first,
                        .shift = shift ? shift + first : NULL,
                        .x = x,
                        .y = y});
}

static void run_equations(const rd_step_call *call, memory *m, size_t phase)
{
    const rd_recurrent *own = own_of(call->layer);
    const size_t H = own->hidden;
    const laying l = {.call = call, .own = own, .m = m};
    const rd_real *bias_h = rd_param_or_null(call->layer, call->params, own->bias_h);
    const rd_cell_step cell = cell_of(&l, (rd_step_group){0, H}, m->ax, m->ah,
                                      rd_param_or_null(call->layer, call->params, own->peephole));
    if (phase == 0) {
        collect(m, own, 0, m->ax);
        normalise(call, own->gain_x, rd_param_or_null(call->layer, call->params, own->bias_x), 0, own->gates,
                  m->ax, m->ax);
    }
    collect(m, own, 1, m->ah);
    for (size_t i = 0; i < own->runs; i++) {
        const size_t first = own->run[i].gate * H;
        if (own->run[i].phase <= phase)
            normalise(call, own->gain_h, bias_h, first, own->run[i].gates * H, m->ah + first, m->ah + first);
    }
    for (size_t p = phase; p < (size_t)own->info->phases; p++) {
        if (p > phase && own->info->phase[p].products > 0) return;
        if (own->info->phase[p].normalise)
            normalise(call, own->gain_c, rd_param_or_null(call->layer, call->params, own->shift_c), 0, H,
                      m->emit, m->normed);
        call->shape.kernels->cell_forward[own->cell][p](&cell);
    }
    settle_units(call, m, (rd_step_group){0, H});
}

/* ---- the projection ---- */

static void run_projection(const rd_step_call *call, const memory *m, size_t piece, int odd)
{
    const rd_recurrent *own = own_of(call->layer);
    const projection *to = &m->projection;
    const size_t groups = to->first[piece + 1] - to->first[piece];
    rd_real scale = 0;
    if (call->shape.weights == RD_WEIGHTS_INT8)
        scale = call->shape.kernels->stream.narrow(own->hidden, m->middle, to->narrow[piece]);
    for (size_t i = 0; i < groups; i++) {
        const size_t k = to->first[piece] + (odd ? groups - 1 - i : i);
        const rd_step_group g = to->group[k];
        rd_stream_args *product = &to->product[k];
        product->part[0].narrow_scale = scale;
        call->shape.kernels->stream.product[call->shape.weights](product);
        zone(own->zoneout[0], g.units, call->state + g.first, m->h + g.first);
        if (own->before) memcpy(call->out->data + g.first, call->state + g.first, g.units * sizeof *m->h);
    }
}

/* ---- a stage ---- */

static void step_run(const rd_step_call *call, size_t i, size_t piece, int odd)
{
    memory *m = (memory *)(void *)call->memory;
    const stage *s = &m->stage[i];
    if (s->kind == PRODUCTS)
        run_products(call, m, s->phase, &m->piece[piece], odd);
    else if (s->kind == EQUATIONS)
        run_equations(call, m, s->phase);
    else
        run_projection(call, m, piece, odd);
}

static void step_finish(const rd_step_call *call)
{
    const rd_recurrent *own = own_of(call->layer);
    const memory *m = (const memory *)(const void *)call->memory;
    memcpy(call->state, m->h, own->state[0] * sizeof *m->h);
    if (own->info->states > 1 && m->c != call->state + own->state[0])
        memcpy(call->state + own->state[0], m->c, own->state[1] * sizeof *m->c);
}

const rd_step_ops rd_recurrent_step = {.panel_bytes = step_panel_bytes,
                                       .pack = step_pack,
                                       .memory_bytes = step_memory_bytes,
                                       .ready = step_ready,
                                       .stages = step_stages,
                                       .pieces = step_pieces,
                                       .run = step_run,
                                       .finish = step_finish};
