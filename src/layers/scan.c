/* Layers without a recurrent product: mingru and minlstm. The gates of all rows come from one product; what
 * is left of time is h = α ∘ h' + (1 − α) ∘ n for each unit alone, so threads share out units and every unit
 * is walked in the order of time. */
#include "layers/input_rows.h"
#include "layers/kinds.h"
#include "layers/recurrent_settings.h"
#include "layers/walk_plan.h"

#include "base/clock.h"
#include "base/text.h"

#include <string.h>

enum { ROWS_A_CHUNK = 32, UNITS_A_CHUNK = 64 };

typedef struct scan_kind scan_kind;

typedef struct scan {
    const scan_kind *kind;
    size_t hidden, input;
    int symbols, reverse, before, positive;
    rd_start start;
    double start_scale;
    size_t weight, bias, first_state; /* parameters */
} scan;

/* Arrays of one frame. Saved gates of a row: `slots` arrays of H numbers; the last of them is α or gives it.
 */
typedef struct scan_frame {
    rd_real *gates; /* [rows][gates_stride] W x + b, then saved gates, then their gradient */
    rd_real *prev;  /* [rows][stride] h' of each row; NULL in use */
    rd_real *state; /* [places][stride] running h, then running gradient */
    size_t gates_stride, stride;
    rd_plan plan;
} scan_frame;

typedef struct scan_walk {
    const rd_layer *layer;
    const scan *own;
    const rd_call *call;
    const rondo_pack *pack;
    scan_frame frame;
    rd_start_state start;
    rd_real *d_first; /* [H] gradient of the learned state, or NULL */
} scan_walk;

struct scan_kind {
    const char *name;
    size_t gates, slots;
    size_t candidate, keep; /* slots of n and of what α is made of: α = base + sign * kept */
    rd_real base, sign;
    void (*activate)(const rd_kernels *kernels, size_t hidden, rd_real *g);
    /* n units' gate gradients from d_α, in place of the gates; slot k stands at g + k * hidden. */
    void (*gates_backward)(size_t n, size_t hidden, const rd_real *d_alpha, rd_real *g);
};

/* ---- the two kinds ---- */

/* u = σ(a_u), α = 1 − u */
static void mingru_activate(const rd_kernels *kernels, size_t hidden, rd_real *g)
{
    kernels->map_sigmoid(hidden, g, g);
}

static void mingru_back(size_t n, size_t hidden, const rd_real *d_alpha, rd_real *g)
{
    (void)hidden;
    for (size_t j = 0; j < n; j++)
        g[j] = -d_alpha[j] * g[j] * (1 - g[j]);
}

/* y = softplus(−a) = max(−a, 0) + log(1 + exp(−|a|)) */
static void softplus_of_minus(const rd_kernels *kernels, size_t n, const rd_real *a, rd_real *y)
{
    for (size_t j = 0; j < n; j++)
        y[j] = a[j] < 0 ? a[j] : -a[j];
    kernels->map_exp(n, y, y);
    for (size_t j = 0; j < n; j++)
        y[j] += 1;
    kernels->map_log(n, y, y);
    for (size_t j = 0; j < n; j++)
        y[j] += a[j] < 0 ? -a[j] : 0;
}

/* f = σ(a_f), i = σ(a_i), α = f/(f + i) = σ(softplus(−a_i) − softplus(−a_f)): no 0/0 when both gates close */
static void minlstm_activate(const rd_kernels *kernels, size_t hidden, rd_real *g)
{
    rd_real *f = g, *i = g + hidden, *share = g + 3 * hidden;
    rd_real part[UNITS_A_CHUNK];
    for (size_t from = 0; from < hidden; from += UNITS_A_CHUNK) {
        const size_t n = rd_size_min(hidden - from, UNITS_A_CHUNK);
        softplus_of_minus(kernels, n, i + from, share + from);
        softplus_of_minus(kernels, n, f + from, part);
        kernels->axpy(n, -1, part, share + from);
    }
    kernels->map_sigmoid(hidden, share, share);
    kernels->map_sigmoid(2 * hidden, g, g);
}

/* α = σ(v): d_a_f = d_v (1 − f), d_a_i = −d_v (1 − i) */
static void minlstm_back(size_t n, size_t hidden, const rd_real *d_alpha, rd_real *g)
{
    rd_real *f = g, *i = g + hidden;
    const rd_real *share = g + 3 * hidden;
    for (size_t j = 0; j < n; j++) {
        const rd_real d_v = d_alpha[j] * share[j] * (1 - share[j]);
        f[j] = d_v * (1 - f[j]);
        i[j] = -d_v * (1 - i[j]);
    }
}

static const scan_kind kinds[] = {
    {"mingru", 2, 2, 1, 0, 1, -1, mingru_activate, mingru_back},
    {"minlstm", 3, 4, 2, 3, 0, 1, minlstm_activate, minlstm_back},
};

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
    rd_frame_plan p = {.base = base};
    scan_frame f = {.gates_stride = rd_row_stride(own->kind->slots * own->hidden),
                    .stride = rd_row_stride(own->hidden)};
    f.gates = rd_frame_take(&p, 1, limits->rows, f.gates_stride);
    f.prev = rd_frame_take(&p, limits->mode == RONDO_TRAIN, limits->rows, f.stride);
    f.state = rd_frame_take(&p, 1, limits->sequences, f.stride);
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
    return (scan_walk){.layer = layer,
                       .own = own,
                       .call = call,
                       .pack = pack,
                       .frame = frame_at(own, &limits, call->memory),
                       .start = {.layer = layer,
                                 .call = call,
                                 .start = own->start,
                                 .scale = own->start_scale,
                                 .first_state = rd_param_or_null(layer, call->params, own->first_state)}};
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

/* ---- forward ---- */

/* --min-positive: n = v + 1/2 for v >= 0, else σ(v). */
static void make_positive(const rd_kernels *kernels, size_t hidden, rd_real *n)
{
    rd_real part[UNITS_A_CHUNK];
    for (size_t from = 0; from < hidden; from += UNITS_A_CHUNK) {
        const size_t count = rd_size_min(hidden - from, UNITS_A_CHUNK);
        kernels->map_sigmoid(count, n + from, part);
        for (size_t j = 0; j < count; j++)
            n[from + j] = n[from + j] < 0 ? part[j] : n[from + j] + RD_C(0.5);
    }
}

static void activate_rows(void *context, size_t chunk, size_t thread)
{
    const scan_walk *w = context;
    const rd_kernels *kernels = &w->call->device->kernels;
    const size_t hidden = w->own->hidden, end = rd_size_min(w->pack->rows, (chunk + 1) * ROWS_A_CHUNK);
    const uint64_t mode = rd_float_mode_flush();
    (void)thread;
    for (size_t r = chunk * ROWS_A_CHUNK; r < end; r++) {
        rd_real *g = w->frame.gates + r * w->frame.gates_stride;
        if (w->own->positive) make_positive(kernels, hidden, g + w->own->kind->candidate * hidden);
        w->own->kind->activate(kernels, hidden, g);
    }
    rd_float_mode_restore(mode);
}

/* One row of some units: h' kept and, or, given out; h = α ∘ h' + (1 − α) ∘ n. */
static void row_forward(const scan_walk *w, size_t row, size_t place, size_t from, size_t to)
{
    const scan_kind *kind = w->own->kind;
    const size_t hidden = w->own->hidden;
    const rd_real *g = w->frame.gates + row * w->frame.gates_stride;
    const rd_real *n = g + kind->candidate * hidden, *kept = g + kind->keep * hidden;
    const rd_value *value = w->call->out;
    rd_real *h = w->frame.state + place * w->frame.stride, *out = value->data + row * value->stride;
    rd_real *prev = w->frame.prev ? w->frame.prev + row * w->frame.stride : NULL;
    const rd_real base = kind->base, sign = kind->sign;
    const size_t bytes = (to - from) * sizeof *h;
    if (prev) memcpy(prev + from, h + from, bytes);
    if (w->own->before) memcpy(out + from, h + from, bytes);
    for (size_t j = from; j < to; j++) {
        const rd_real alpha = base + sign * kept[j];
        h[j] = alpha * h[j] + (1 - alpha) * n[j];
    }
    if (!w->own->before) memcpy(out + from, h + from, bytes);
}

static void scan_units(void *context, size_t chunk, size_t thread)
{
    const scan_walk *w = context;
    const rondo_pack *pack = w->pack;
    const size_t from = chunk * UNITS_A_CHUNK, to = rd_size_min(w->own->hidden, from + UNITS_A_CHUNK);
    const uint64_t mode = rd_float_mode_flush();
    (void)thread;
    for (size_t p = 0; p < pack->sequences; p++)
        rd_start_load(&w->start, pack->order[p], from, to - from,
                      w->frame.state + p * w->frame.stride + from);
    for (size_t s = 0; s < pack->steps; s++) {
        const size_t t = w->own->reverse ? pack->steps - 1 - s : s;
        for (size_t p = 0; p < pack->count[t]; p++)
            row_forward(w, pack->offset[t] + p, p, from, to);
    }
    for (size_t p = 0; p < pack->sequences; p++)
        rd_start_store(w->call, pack->order[p], from, to - from, w->frame.state + p * w->frame.stride + from);
    rd_float_mode_restore(mode);
}

static void scan_forward(const rd_layer *layer, const rd_call *call)
{
    scan_walk w = walk_of(layer, call);
    const rd_input_rows input = input_of(&w);
    rd_input_forward(&input);
    rd_pool_run(call->device->pool, activate_rows, &w, rd_ceil_div(w.pack->rows, ROWS_A_CHUNK));
    rd_pool_run(call->device->pool, scan_units, &w, rd_ceil_div(w.own->hidden, UNITS_A_CHUNK));
    for (size_t t = 0; call->trace && t < w.pack->steps; t++)
        call->trace(call->trace_user, layer, t, w.pack->count[t],
                    w.frame.gates + w.pack->offset[t] * w.frame.gates_stride, w.frame.gates_stride);
}

/* ---- backward ---- */

/* d_α = d_h ∘ (h' − n), d_n = d_h ∘ (1 − α), d_h' = α ∘ d_h */
static void row_backward(const scan_walk *w, size_t row, size_t place, size_t from, size_t to)
{
    const scan_kind *kind = w->own->kind;
    const size_t hidden = w->own->hidden;
    const rd_value *out = w->call->out;
    const rd_real *given = out->grad ? out->grad + row * out->stride : NULL;
    const rd_real *prev = w->frame.prev + row * w->frame.stride;
    rd_real *g = w->frame.gates + row * w->frame.gates_stride, *n = g + kind->candidate * hidden;
    rd_real *d_state = w->frame.state + place * w->frame.stride, d_alpha[UNITS_A_CHUNK];
    const int before = w->own->before, positive = w->own->positive;
    for (size_t j = from; j < to; j++) {
        const rd_real d_out = given ? given[j] : 0,
                      alpha = kind->base + kind->sign * g[kind->keep * hidden + j];
        const rd_real d_h = before ? d_state[j] : d_state[j] + d_out;
        const rd_real slope = positive && n[j] < RD_C(0.5) ? n[j] * (1 - n[j]) : 1;
        d_alpha[j - from] = d_h * (prev[j] - n[j]);
        n[j] = d_h * (1 - alpha) * slope;
        d_state[j] = alpha * d_h + (before ? d_out : 0);
    }
    kind->gates_backward(to - from, hidden, d_alpha, g + from);
}

static void scan_units_back(void *context, size_t chunk, size_t thread)
{
    const scan_walk *w = context;
    const rondo_pack *pack = w->pack;
    const size_t from = chunk * UNITS_A_CHUNK, to = rd_size_min(w->own->hidden, from + UNITS_A_CHUNK);
    const uint64_t mode = rd_float_mode_flush();
    (void)thread;
    for (size_t p = 0; p < pack->sequences; p++)
        rd_start_load_grad(w->call, pack->order[p], from, to - from,
                           w->frame.state + p * w->frame.stride + from);
    for (size_t s = 0; s < pack->steps; s++) {
        const size_t t = w->own->reverse ? s : pack->steps - 1 - s;
        for (size_t p = 0; p < pack->count[t]; p++)
            row_backward(w, pack->offset[t] + p, p, from, to);
    }
    for (size_t p = 0; p < pack->sequences; p++)
        rd_start_store_grad(w->call, pack->order[p], from, to - from,
                            w->frame.state + p * w->frame.stride + from,
                            w->d_first ? w->d_first + from : NULL);
    rd_float_mode_restore(mode);
}

static void scan_backward(const rd_layer *layer, const rd_call *call)
{
    scan_walk w = walk_of(layer, call);
    if (w.own->first_state != RD_NO_PARAM) w.d_first = rd_param_grad(layer, call, w.own->first_state);
    rd_pool_run(call->device->pool, scan_units_back, &w, rd_ceil_div(w.own->hidden, UNITS_A_CHUNK));
    rd_input_rows input = input_of(&w);
    input.d_weight = rd_param_grad(layer, call, w.own->weight);
    if (w.own->bias != RD_NO_PARAM)
        rd_device_column_sums(call->device, input.rows, input.outputs, input.a, input.stride,
                              rd_param_grad(layer, call, w.own->bias));
    rd_input_backward(&input);
}

static void scan_release(rd_layer *layer)
{
    rd_free(layer->own);
    layer->own = NULL;
}

#define SCAN(name, sentence)                                                                                 \
    {                                                                                                        \
        .kind = name, .help = sentence, .min_inputs = 1, .max_inputs = 1, .build = scan_build,               \
        .packed_numbers = scan_packed_numbers, .pack = scan_pack, .memory = scan_memory,                     \
        .forward = scan_forward, .backward = scan_backward, .start = scan_start, .release = scan_release     \
    }

const rd_layer_ops rd_layer_mingru =
    SCAN("mingru", "GRU whose gates read the input only, parallel over time");
const rd_layer_ops rd_layer_minlstm =
    SCAN("minlstm", "LSTM whose gates read the input only, parallel over time");
