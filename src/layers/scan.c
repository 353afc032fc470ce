/* Layers without a recurrent product: mingru and minlstm. The gates of all rows come from one product; what
 * is left of time is h = α ∘ h' + β ∘ n for each unit of each sequence alone, in one pass over the rows of a
 * step (kernels/cpu/cpu_scan.h). Threads share out units and places, and the bits do not depend on how. */
#include "layers/input_rows.h"
#include "layers/kinds.h"
#include "layers/recurrent_settings.h"
#include "layers/walk_plan.h"

#include "base/clock.h"
#include "base/text.h"

#include <string.h>

enum { LEAST_UNITS = 32, UNITS_A_LINE = 16, SMALL_SCAN = 1 << 12 /* numbers not worth waking anybody */ };

typedef struct scan_kind {
    const char *name;
    size_t gates, slots;
} scan_kind;

static const scan_kind kinds[] = {
#define RD_SCAN(id, name, gates, slots, candidate, help) {name, gates, slots},
#include "equations/scans.def"
};

typedef struct scan {
    const scan_kind *kind;
    rd_scan_id id;
    size_t hidden, input;
    int symbols, reverse, before, positive;
    rd_start start;
    double start_scale;
    size_t weight, bias, first_state; /* parameters */
} scan;

/* Arrays of one frame. Saved gates of a row: `slots` arrays of H numbers. h' of a row is what the step before
 * gave out, or `first`. */
typedef struct scan_frame {
    rd_real *gates; /* [rows][gates_stride] W x + b, then saved gates, then their gradient */
    rd_real
        *first; /* [places][stride] the state each sequence begins with; NULL in use and with index=before */
    rd_real *state;  /* [places][stride] running h, then running gradient */
    rd_real *d_bias; /* [blocks of places][bias_stride] the gradient of W x + b, summed; NULL in use */
    size_t gates_stride, stride, bias_stride;
    rd_plan plan;
} scan_frame;

typedef struct scan_walk {
    const rd_layer *layer;
    const scan *own;
    const rd_call *call;
    const rondo_pack *pack;
    scan_frame frame;
    rd_start_state start;
    rd_ranges ranges;     /* places of a chunk */
    size_t units, pieces; /* units of a chunk; such pieces make H */
} scan_walk;

/* Some units of some places at step t, a part of a chunk. */
typedef struct scan_part {
    size_t t, place, places, unit, units;
} scan_part;

/* ---- building ---- */

static rondo_status read_settings(scan *own, rd_node *node, size_t *biases, rondo_error *error)
{
    size_t before, bias;
    RD_TRY(rd_setting_size(node, "size", 0, 1, 1000000, &own->hidden, error));
    RD_TRY(rd_setting_flag(node, "reverse", 0, &own->reverse, error));
    RD_TRY(rd_setting_choice(node, "index", "after|before", 0, &before, error));
    RD_TRY(rd_setting_flag(node, "min_positive", 0, &own->positive, error));
    RD_TRY(rd_setting_choice(node, "bias", "auto|one|none", 0, &bias, error));
    RD_TRY(rd_setting_start(node, &own->start, &own->start_scale, error));
    own->before = before != 0;
    *biases = bias != 2;
    return RONDO_OK;
}

static rondo_status scan_build(rd_layer *layer, rd_node *node, rondo_error *error)
{
    static const char *const forms[2][2][2] = {
        {{"mingru", "mingru_late"}, {"mingru_positive", "mingru_positive_late"}},
        {{"minlstm", "minlstm_late"}, {"minlstm_positive", "minlstm_positive_late"}}};
    scan *own;
    size_t biases;
    char suffix[RD_NAME];
    RD_TRY(rd_layer_reads_rows(layer, node, 0, error));
    RD_TRY(rd_alloc(1, sizeof *own, "a scan layer", &own, error));
    layer->own = own;
    const size_t kind = rd_equal(node->kind, kinds[0].name) ? 0 : 1;
    own->kind = &kinds[kind];
    own->id = (rd_scan_id)kind;
    RD_TRY(read_settings(own, node, &biases, error));
    RD_TRY(rd_layer_names(layer, node, forms[kind][own->positive][own->before], own->reverse, suffix, error));
    own->input = layer->in[0].width;
    own->symbols = layer->in[0].symbols;
    rd_layer_gives(layer, own->hidden, 1, own->reverse, own->hidden);
    const size_t gates = own->kind->gates;
    own->weight =
        rd_layer_named(layer, "weight_x", suffix, gates * own->hidden, own->input, RD_INIT_INPUT, gates);
    own->bias = biases ? rd_layer_named(layer, "bias", suffix, gates * own->hidden, 0, RD_INIT_BIAS, gates)
                       : RD_NO_PARAM;
    own->first_state = own->start == RD_START_LEARNED
                           ? rd_layer_named(layer, "start", suffix, own->hidden, 0, RD_INIT_ZERO, 1)
                           : RD_NO_PARAM;
    return RONDO_OK;
}

static const scan *own_of(const rd_layer *layer)
{
    return layer->own;
}

static size_t scan_packed_numbers(const rd_layer *layer, const rd_kernels *kernels)
{
    const scan *own = own_of(layer);
    return rd_input_numbers(kernels, own->symbols, own->kind->gates * own->hidden, own->input);
}

static void scan_pack(const rd_layer *layer, const rondo_device *device, const rd_real *params,
                      rd_real *packed)
{
    const scan *own = own_of(layer);
    rd_input_pack(device, own->symbols, own->kind->gates * own->hidden, own->input,
                  rd_param_or_null(layer, params, own->weight), packed);
}

static scan_frame frame_at(const scan *own, const rd_limits_of_call *limits, unsigned char *base)
{
    const int train = limits->mode == RONDO_TRAIN;
    rd_frame_plan p = {.base = base};
    scan_frame f = {.gates_stride = rd_row_stride(own->kind->slots * own->hidden),
                    .stride = rd_row_stride(own->hidden),
                    .bias_stride = rd_row_stride(own->kind->gates * own->hidden)};
    f.gates = rd_frame_take(&p, 1, limits->rows, f.gates_stride);
    f.first = rd_frame_take(&p, train && !own->before, limits->sequences, f.stride);
    f.state = rd_frame_take(&p, 1, limits->sequences, f.stride);
    f.d_bias = rd_frame_take(&p, train, rd_ceil_div(limits->sequences, RD_PLACES_A_BLOCK), f.bias_stride);
    f.plan = p.plan;
    return f;
}

static rondo_status scan_memory(const rd_layer *layer, const rondo_device *device,
                                const rd_limits_of_call *limits, size_t *bytes, rondo_error *error)
{
    const scan_frame frame = frame_at(own_of(layer), limits, NULL);
    (void)device;
    return rd_frame_plan_bytes(layer, limits, &frame.plan, bytes, error);
}

static void scan_start(const rd_layer *layer, const rd_real *params, rd_real *state)
{
    const rd_real *learned = rd_param_or_null(layer, params, own_of(layer)->first_state);
    if (learned)
        memcpy(state, learned, layer->state_width * sizeof *state);
    else
        memset(state, 0, layer->state_width * sizeof *state);
}

static scan_walk walk_of(const rd_layer *layer, const rd_call *call)
{
    const scan *own = own_of(layer);
    const rondo_pack *pack = call->packs[layer->in[0].part];
    const rd_limits_of_call limits = {
        .rows = pack->rows, .steps = pack->steps, .sequences = pack->sequences, .mode = call->mode};
    const size_t threads =
        pack->rows * own->hidden < SMALL_SCAN ? 1 : (size_t)rd_pool_threads(call->device->pool);
    const size_t units =
        rd_size_max(LEAST_UNITS, rd_ceil_div(own->hidden, threads * UNITS_A_LINE) * UNITS_A_LINE);
    const size_t pieces = rd_ceil_div(own->hidden, units);
    return (scan_walk){.layer = layer,
                       .own = own,
                       .call = call,
                       .pack = pack,
                       .frame = frame_at(own, &limits, call->memory),
                       .start = {.layer = layer,
                                 .call = call,
                                 .start = own->start,
                                 .scale = own->start_scale,
                                 .first_state = rd_param_or_null(layer, call->params, own->first_state)},
                       .ranges = rd_ranges_of(pack, (int)(threads / pieces ? threads / pieces : 1)),
                       .units = units,
                       .pieces = pieces};
}

static rd_input_rows input_of(const scan_walk *w)
{
    return (rd_input_rows){.device = w->call->device,
                           .in = w->call->in[0],
                           .rows = w->pack->rows,
                           .inputs = w->own->input,
                           .outputs = w->own->kind->gates * w->own->hidden,
                           .symbols = w->own->symbols,
                           .packed = w->call->packed,
                           .bias = rd_param_or_null(w->layer, w->call->params, w->own->bias),
                           .a = w->frame.gates,
                           .stride = w->frame.gates_stride};
}

/* ---- the walk ---- */

typedef void (*part_fn)(const scan_walk *walk, const scan_part *part);

/* The range of places and the units of a chunk; t counts for nothing. */
static scan_part part_of_chunk(const scan_walk *w, size_t chunk)
{
    const size_t range = chunk / w->pieces, unit = chunk % w->pieces * w->units;
    const size_t place = w->ranges.first[range];
    return (scan_part){.place = place,
                       .places = w->ranges.first[range + 1] - place,
                       .unit = unit,
                       .units = rd_size_min(w->units, w->own->hidden - unit)};
}

/* Calls `visit` for each block of places at each step, in the order of time or against it. */
static void each_step(const scan_walk *w, scan_part chunk, int against, part_fn visit)
{
    const rondo_pack *pack = w->pack;
    const size_t end = chunk.place + chunk.places;
    for (size_t s = 0; s < pack->steps; s++) {
        const size_t t = w->own->reverse != against ? pack->steps - 1 - s : s,
                     live = rd_size_min(end, pack->count[t]);
        for (size_t place = chunk.place; place < live; place += RD_PLACES_A_BLOCK)
            visit(w, &(scan_part){.t = t,
                                  .place = place,
                                  .places = rd_size_min(RD_PLACES_A_BLOCK, live - place),
                                  .unit = chunk.unit,
                                  .units = chunk.units});
    }
}

static size_t row_of(const scan_walk *w, const scan_part *part)
{
    return w->pack->offset[part->t] + part->place;
}

static size_t chunks_of(const scan_walk *w)
{
    return w->ranges.count * w->pieces;
}

/* ---- forward ---- */

static void part_forward(const scan_walk *w, const scan_part *part)
{
    const scan_frame *f = &w->frame;
    const scan *own = w->own;
    const rd_value *out = w->call->out;
    const size_t row = row_of(w, part);
    w->call->device->kernels.scan_forward[own->id](
        &(rd_scan_step){.rows = part->places,
                        .units = part->units,
                        .hidden = own->hidden,
                        .before = own->before,
                        .positive = own->positive,
                        .keep = w->call->mode == RONDO_TRAIN || w->call->trace,
                        .gates = f->gates + row * f->gates_stride + part->unit,
                        .gates_stride = f->gates_stride,
                        .state = f->state + part->place * f->stride + part->unit,
                        .state_stride = f->stride,
                        .out = out->data + row * out->stride + part->unit,
                        .out_stride = out->stride});
}

static void chunk_forward(void *context, size_t chunk, size_t thread)
{
    const scan_walk *w = context;
    const scan_frame *f = &w->frame;
    const scan_part all = part_of_chunk(w, chunk);
    (void)thread;
    for (size_t p = all.place; p < all.place + all.places; p++) {
        const size_t at = p * f->stride + all.unit;
        rd_start_load(&w->start, w->pack->order[p], all.unit, all.units, f->state + at);
        if (f->first) memcpy(f->first + at, f->state + at, all.units * sizeof *f->state);
    }
    each_step(w, all, 0, part_forward);
    for (size_t p = all.place; p < all.place + all.places; p++)
        rd_start_store(w->call, w->pack->order[p], all.unit, all.units, f->state + p * f->stride + all.unit);
}

static void scan_forward(const rd_layer *layer, const rd_call *call)
{
    scan_walk w = walk_of(layer, call);
    const rd_input_rows input = input_of(&w);
    rd_input_forward(&input);
    rd_pool_run(call->device->pool, chunk_forward, &w, chunks_of(&w));
    for (size_t t = 0; call->trace && t < w.pack->steps; t++)
        call->trace(call->trace_user, layer, t, w.pack->count[t],
                    w.frame.gates + w.pack->offset[t] * w.frame.gates_stride, w.frame.gates_stride);
}

/* ---- backward ---- */

/* h' of `places` rows at `prev`. */
static void rows_backward(const scan_walk *w, scan_part part, const rd_real *prev, size_t prev_stride)
{
    const scan_frame *f = &w->frame;
    const scan *own = w->own;
    const rd_value *out = w->call->out;
    const size_t row = row_of(w, &part);
    w->call->device->kernels.scan_backward[own->id](&(rd_scan_step_grad){
        .rows = part.places,
        .units = part.units,
        .hidden = own->hidden,
        .before = own->before,
        .positive = own->positive,
        .gates = f->gates + row * f->gates_stride + part.unit,
        .gates_stride = f->gates_stride,
        .prev = prev + part.unit,
        .prev_stride = prev_stride,
        .d_out = out->grad ? out->grad + row * out->stride + part.unit : NULL,
        .d_out_stride = out->stride,
        .d_state = f->state + part.place * f->stride + part.unit,
        .d_state_stride = f->stride,
        .d_bias = f->d_bias + part.place / RD_PLACES_A_BLOCK * f->bias_stride + part.unit});
}

/* How many of the places had a step before this one in their walk. */
static size_t places_before(const scan_walk *w, const scan_part *part)
{
    const rondo_pack *pack = w->pack;
    if (!w->own->reverse) return part->t > 0 ? part->places : 0;
    if (part->t + 1 == pack->steps || pack->count[part->t + 1] <= part->place) return 0;
    return rd_size_min(part->places, pack->count[part->t + 1] - part->place);
}

/* h' is what the step before gave out; where a sequence begins, its first state. */
static void part_backward(const scan_walk *w, const scan_part *part)
{
    const rd_value *out = w->call->out;
    if (w->own->before) {
        rows_backward(w, *part, out->data + row_of(w, part) * out->stride, out->stride);
        return;
    }
    scan_part later = *part, first = *part, prev = *part;
    later.places = places_before(w, part);
    first.place += later.places;
    first.places -= later.places;
    if (later.places) {
        prev.t += w->own->reverse ? 1 : SIZE_MAX; /* one step back in the walk */
        rows_backward(w, later, out->data + row_of(w, &prev) * out->stride, out->stride);
    }
    if (first.places)
        rows_backward(w, first, w->frame.first + first.place * w->frame.stride, w->frame.stride);
}

static void chunk_backward(void *context, size_t chunk, size_t thread)
{
    const scan_walk *w = context;
    const scan_frame *f = &w->frame;
    const scan_part all = part_of_chunk(w, chunk);
    const size_t gates = w->own->kind->gates, hidden = w->own->hidden;
    (void)thread;
    for (size_t p = all.place; p < all.place + all.places; p++)
        rd_start_load_grad(w->call, w->pack->order[p], all.unit, all.units,
                           f->state + p * f->stride + all.unit);
    for (size_t p = all.place; p < all.place + all.places; p += RD_PLACES_A_BLOCK)
        for (size_t k = 0; k < gates; k++)
            memset(f->d_bias + p / RD_PLACES_A_BLOCK * f->bias_stride + k * hidden + all.unit, 0,
                   all.units * sizeof *f->d_bias);
    each_step(w, all, 1, part_backward);
    for (size_t p = all.place; p < all.place + all.places; p++)
        rd_start_store_grad(w->call, w->pack->order[p], all.unit, all.units,
                            f->state + p * f->stride + all.unit, NULL);
}

/* Sums over sequences: in the order of blocks, in the order of places. */
static void add_sums(const scan_walk *w)
{
    const rd_kernels *kernels = &w->call->device->kernels;
    const scan_frame *f = &w->frame;
    const scan *own = w->own;
    const size_t blocks = rd_ceil_div(w->pack->sequences, RD_PLACES_A_BLOCK);
    for (size_t b = 0; own->bias != RD_NO_PARAM && b < blocks; b++)
        kernels->axpy(own->kind->gates * own->hidden, 1, f->d_bias + b * f->bias_stride,
                      rd_param_grad(w->layer, w->call, own->bias));
    for (size_t p = 0; own->first_state != RD_NO_PARAM && p < w->pack->sequences; p++)
        if (rd_start_is_fresh(w->call, w->pack->order[p]))
            kernels->axpy(own->hidden, 1, f->state + p * f->stride,
                          rd_param_grad(w->layer, w->call, own->first_state));
}

static void scan_backward(const rd_layer *layer, const rd_call *call)
{
    scan_walk w = walk_of(layer, call);
    rd_pool_run(call->device->pool, chunk_backward, &w, chunks_of(&w));
    const uint64_t mode = rd_float_mode_flush();
    add_sums(&w);
    rd_float_mode_restore(mode);
    rd_input_rows input = input_of(&w);
    input.d_weight = rd_param_grad(layer, call, w.own->weight);
    rd_input_backward(&input);
}

static void scan_release(rd_layer *layer)
{
    rd_free(layer->own);
    layer->own = NULL;
}

#define RD_SCAN(id, name, gates, slots, candidate, sentence)                                                 \
    const rd_layer_ops rd_layer_##id = {.kind = name,                                                        \
                                        .help = sentence,                                                    \
                                        .min_inputs = 1,                                                     \
                                        .max_inputs = 1,                                                     \
                                        .build = scan_build,                                                 \
                                        .packed_numbers = scan_packed_numbers,                               \
                                        .pack = scan_pack,                                                   \
                                        .memory = scan_memory,                                               \
                                        .forward = scan_forward,                                             \
                                        .backward = scan_backward,                                           \
                                        .start = scan_start,                                                 \
                                        .release = scan_release};
#include "equations/scans.def"
