/* A network that feeds its own output back: p = W_f y' + W_x x + b, s = tanh p, z = V q + b_y, y = f(z) with
 * q the state s or p itself. The layer's value is z, so the ordinary losses apply; the state it carries is y.
 * In training with feedback=target y' is the true previous output. */
#include "layers/input_rows.h"
#include "layers/kinds.h"
#include "layers/recurrent_settings.h"
#include "layers/walk_plan.h"

#include "base/clock.h"

#include <string.h>

typedef struct jordan {
    size_t input, hidden, outputs;
    int symbols, pre, target, sigmoid;
    rd_start start;
    double start_scale;
    size_t weight_x, weight_f, bias, weight_y, bias_y, first_state; /* parameters */
} jordan;

/* Where each set of panels begins. */
typedef struct jordan_panels {
    size_t x, f, f_back, y, y_back, numbers;
} jordan_panels;

/* "kept" arrays have a row per packed row in training and per place in use. */
typedef struct jordan_frame {
    rd_real *p;               /* [rows] W_x x + b, then p, then (state) s; the gradient by p stands in d_p */
    rd_real *s;               /* [rows] s where q is p, made for the trace alone */
    rd_real *fed;             /* kept: y' */
    rd_real *y;               /* [rows] y, in training */
    rd_real *state, *d_state; /* [places] running y and its gradient */
    rd_real *d_p, *d_z;       /* [rows] */
    rd_real *partial;         /* [blocks] gradient of the learned state */
    size_t h_stride, y_stride;
    rd_plan plan;
} jordan_frame;

typedef struct jordan_walk {
    const rd_layer *layer;
    const jordan *own;
    const rd_call *call;
    const rondo_pack *pack;
    const rd_kernels *kernels;
    jordan_panels at;
    jordan_frame frame;
    rd_start_state start;
    rd_ranges ranges;
    int train, aligned; /* aligned: the targets have the lengths of the input, so rows match */
} jordan_walk;

/* The rows of one step in one range of places. */
typedef struct jordan_step {
    size_t t, place, rows, row, kept;
} jordan_step;

static const jordan *own_of(const rd_layer *layer)
{
    return layer->own;
}

/* ---- building ---- */

static rondo_status check_target(const rd_layer *layer, const jordan *own, const rd_node *node,
                                 rondo_error *error)
{
    if (own->target != (layer->inputs == 2))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "model text:%zu: jordan \"%s\" reads %s with feedback=%s",
                       node->line, node->name, own->target ? "a second input, the targets," : "one input",
                       own->target ? "target" : "output");
    if (!own->target) return RONDO_OK;
    RD_TRY(rd_layer_reads_rows(layer, node, 1, error));
    if (layer->in[1].width != own->outputs)
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "model text:%zu: jordan \"%s\" has %zu outputs, its targets \"%s\" have %zu",
                       node->line, node->name, own->outputs, node->input[1], layer->in[1].width);
    return RONDO_OK;
}

static void declare(rd_layer *layer, jordan *own, const char *suffix)
{
    const size_t H = own->hidden, K = own->outputs;
    own->weight_x = rd_layer_named(layer, "weight_x", suffix, H, own->input, RD_INIT_INPUT, 1);
    own->weight_f = rd_layer_named(layer, "weight_f", suffix, H, K, RD_INIT_INPUT, 1);
    own->bias = rd_layer_named(layer, "bias", suffix, H, 0, RD_INIT_BIAS, 1);
    own->weight_y = rd_layer_named(layer, "weight_y", suffix, K, H, RD_INIT_INPUT, 1);
    own->bias_y = rd_layer_named(layer, "bias_y", suffix, K, 0, RD_INIT_BIAS, 1);
    own->first_state = own->start == RD_START_LEARNED
                           ? rd_layer_named(layer, "start", suffix, K, 0, RD_INIT_ZERO, 1)
                           : RD_NO_PARAM;
}

static rondo_status jordan_build(rd_layer *layer, rd_node *node, rondo_error *error)
{
    static const char *const forms[2][2] = {{"jordan", "jordan_sigmoid"},
                                            {"jordan_pre", "jordan_pre_sigmoid"}};
    jordan *own;
    size_t f, output, feedback;
    char suffix[RD_NAME];
    RD_TRY(rd_layer_reads_rows(layer, node, 0, error));
    RD_TRY(rd_alloc(1, sizeof *own, "a jordan layer", &own, error));
    layer->own = own;
    RD_TRY(rd_setting_size(node, "size", 0, 1, 1000000, &own->hidden, error));
    RD_TRY(rd_setting_size(node, "outputs", 0, 1, 100000000, &own->outputs, error));
    RD_TRY(rd_setting_choice(node, "f", "softmax|sigmoid", 0, &f, error));
    RD_TRY(rd_setting_choice(node, "output", "state|pre", 0, &output, error));
    RD_TRY(rd_setting_choice(node, "feedback", "output|target", 0, &feedback, error));
    RD_TRY(rd_setting_start(node, &own->start, &own->start_scale, error));
    own->sigmoid = f != 0, own->pre = output != 0, own->target = feedback != 0;
    own->input = layer->in[0].width;
    own->symbols = layer->in[0].symbols;
    RD_TRY(check_target(layer, own, node, error));
    RD_TRY(rd_layer_names(layer, node, forms[own->pre][own->sigmoid], 0, suffix, error));
    rd_layer_gives(layer, own->outputs, 0, 0, own->outputs);
    layer->forgets_output = 1;
    layer->training_inputs = own->target ? 1 : 0;
    declare(layer, own, suffix);
    return RONDO_OK;
}

static jordan_panels panels_of(const jordan *own, const rd_kernels *kernels)
{
    const size_t H = own->hidden, K = own->outputs;
    jordan_panels at = {.x = 0};
    at.f = at.x + rd_input_numbers(kernels, own->symbols, H, own->input);
    at.f_back = at.f + rd_panel_numbers(kernels, H, K);
    at.y = at.f_back + rd_panel_numbers(kernels, K, H);
    at.y_back = at.y + rd_panel_numbers(kernels, K, H);
    at.numbers = at.y_back + rd_panel_numbers(kernels, H, K);
    return at;
}

static size_t jordan_packed_numbers(const rd_layer *layer, const rd_kernels *kernels)
{
    return panels_of(own_of(layer), kernels).numbers;
}

static void jordan_pack(const rd_layer *layer, const rondo_device *device, const rd_real *params,
                        rd_real *packed)
{
    const jordan *own = own_of(layer);
    const jordan_panels at = panels_of(own, &device->kernels);
    rd_input_pack(device, own->symbols, own->hidden, own->input,
                  rd_param_or_null(layer, params, own->weight_x), packed + at.x);
    rd_pack_both(device, own->hidden, own->outputs, rd_param_or_null(layer, params, own->weight_f),
                 packed + at.f, packed + at.f_back);
    rd_pack_both(device, own->outputs, own->hidden, rd_param_or_null(layer, params, own->weight_y),
                 packed + at.y, packed + at.y_back);
}

static jordan_frame frame_at(const jordan *own, const rd_limits_of_call *limits, unsigned char *base)
{
    const int train = limits->mode == RONDO_TRAIN;
    const size_t rows = limits->rows, places = limits->sequences;
    rd_frame_plan p = {.base = base};
    jordan_frame f = {.h_stride = rd_row_stride(own->hidden), .y_stride = rd_row_stride(own->outputs)};
    f.p = rd_frame_take(&p, 1, rows, f.h_stride);
    f.s = rd_frame_take(&p, own->pre, rows, f.h_stride);
    f.fed = rd_frame_take(&p, 1, train ? rows : places, f.y_stride);
    f.y = rd_frame_take(&p, train, rows, f.y_stride);
    f.state = rd_frame_take(&p, 1, places, f.y_stride);
    f.d_state = rd_frame_take(&p, train, places, f.y_stride);
    f.d_p = rd_frame_take(&p, train, rows, f.h_stride);
    f.d_z = rd_frame_take(&p, train, rows, f.y_stride);
    f.partial = rd_frame_take(&p, train && own->first_state != RD_NO_PARAM,
                              rd_ceil_div(places, RD_PLACES_A_BLOCK), f.y_stride);
    f.plan = p.plan;
    return f;
}

static rondo_status jordan_memory(const rd_layer *layer, const rondo_device *device,
                                  const rd_limits_of_call *limits, size_t *bytes, rondo_error *error)
{
    const jordan_frame frame = frame_at(own_of(layer), limits, NULL);
    (void)device;
    return rd_frame_plan_bytes(layer, limits, &frame.plan, bytes, error);
}

static int same_lengths(const rondo_pack *a, const rondo_pack *b)
{
    return a->sequences == b->sequences && a->rows == b->rows &&
           memcmp(a->length, b->length, a->sequences * sizeof *a->length) == 0;
}

static jordan_walk walk_of(const rd_layer *layer, const rd_call *call)
{
    const jordan *own = own_of(layer);
    const rondo_pack *pack = call->packs[layer->in[0].part];
    const rd_limits_of_call limits = {
        .rows = pack->rows, .steps = pack->steps, .sequences = pack->sequences, .mode = call->mode};
    return (jordan_walk){.layer = layer,
                         .own = own,
                         .call = call,
                         .pack = pack,
                         .kernels = &call->device->kernels,
                         .at = panels_of(own, &call->device->kernels),
                         .frame = frame_at(own, &limits, call->memory),
                         .start = {.layer = layer,
                                   .call = call,
                                   .start = own->start,
                                   .scale = own->start_scale,
                                   .first_state = rd_param_or_null(layer, call->params, own->first_state)},
                         .ranges = rd_ranges_of(pack, rondo_device_threads(call->device)),
                         .train = call->mode == RONDO_TRAIN,
                         .aligned = own->target && call->packs[layer->in[1].part] &&
                                    same_lengths(pack, call->packs[layer->in[1].part])};
}

static void jordan_start(const rd_layer *layer, const rd_real *params, rd_real *state)
{
    const rd_real *learned = rd_param_or_null(layer, params, own_of(layer)->first_state);
    if (learned)
        memcpy(state, learned, layer->state_width * sizeof *state);
    else
        memset(state, 0, layer->state_width * sizeof *state);
}

static rd_input_rows input_of(const jordan_walk *w)
{
    return (rd_input_rows){.device = w->call->device,
                           .in = w->call->in[0],
                           .rows = w->pack->rows,
                           .inputs = w->own->input,
                           .outputs = w->own->hidden,
                           .symbols = w->own->symbols,
                           .packed = w->call->packed + w->at.x,
                           .bias = rd_param_or_null(w->layer, w->call->params, w->own->bias),
                           .a = w->frame.p,
                           .stride = w->frame.h_stride};
}

static jordan_step step_of(const jordan_walk *w, size_t t, size_t first, size_t end)
{
    const size_t alive = rd_size_min(w->pack->count[t], end), row = w->pack->offset[t] + first;
    return (jordan_step){.t = t,
                         .place = first,
                         .rows = alive > first ? alive - first : 0,
                         .row = row,
                         .kept = w->train ? row : first};
}

/* ---- forward ---- */

static void softmax_row(const rd_kernels *kernels, size_t n, const rd_real *z, rd_real *y)
{
    rd_real most = z[0], sum = 0;
    for (size_t k = 1; k < n; k++)
        most = z[k] > most ? z[k] : most;
    for (size_t k = 0; k < n; k++)
        y[k] = z[k] - most;
    kernels->map_exp(n, y, y);
    for (size_t k = 0; k < n; k++)
        sum += y[k];
    kernels->scale(n, 1 / sum, y);
}

/* The true output of a row, which the next step reads: numbers, or a symbol as a vector with a single 1.
 * Targets of other lengths, which every loss refuses, read as nothing. */
static void true_output(const jordan_walk *w, size_t row, rd_real *y)
{
    const rd_value *target = w->call->in[1];
    const size_t K = w->own->outputs;
    if (w->aligned && target->data) {
        memcpy(y, target->data + row * target->stride, K * sizeof *y);
        return;
    }
    memset(y, 0, K * sizeof *y);
    if (w->aligned && target->symbols[row] >= 0) y[target->symbols[row]] = 1;
}

static void products_forward(const jordan_walk *w, const jordan_step *step)
{
    const jordan *own = w->own;
    const jordan_frame *f = &w->frame;
    const rd_value *out = w->call->out;
    rd_real *p = f->p + step->row * f->h_stride;
    w->kernels->product(&(rd_product_args){.rows = step->rows,
                                           .columns = own->hidden,
                                           .depth = own->outputs,
                                           .a = f->fed + step->kept * f->y_stride,
                                           .a_stride = f->y_stride,
                                           .panels = w->call->packed + w->at.f,
                                           .c = p,
                                           .c_stride = f->h_stride,
                                           .add = 1});
    for (size_t r = 0; r < step->rows; r++) {
        if (!own->pre) w->kernels->map_tanh(own->hidden, p + r * f->h_stride, p + r * f->h_stride);
        if (own->pre && w->call->trace)
            w->kernels->map_tanh(own->hidden, p + r * f->h_stride, f->s + (step->row + r) * f->h_stride);
    }
    w->kernels->product(&(rd_product_args){.rows = step->rows,
                                           .columns = own->outputs,
                                           .depth = own->hidden,
                                           .a = p,
                                           .a_stride = f->h_stride,
                                           .panels = w->call->packed + w->at.y,
                                           .bias = rd_param_or_null(w->layer, w->call->params, own->bias_y),
                                           .c = out->data + step->row * out->stride,
                                           .c_stride = out->stride});
}

static void step_forward(const jordan_walk *w, const jordan_step *step)
{
    const jordan_frame *f = &w->frame;
    const rd_value *out = w->call->out;
    const size_t K = w->own->outputs, bytes = K * sizeof(rd_real);
    for (size_t r = 0; r < step->rows; r++)
        memcpy(f->fed + (step->kept + r) * f->y_stride, f->state + (step->place + r) * f->y_stride, bytes);
    products_forward(w, step);
    for (size_t r = 0; r < step->rows; r++) {
        const rd_real *z = out->data + (step->row + r) * out->stride;
        rd_real *y = f->state + (step->place + r) * f->y_stride;
        if (w->own->sigmoid)
            w->kernels->map_sigmoid(K, z, y);
        else
            softmax_row(w->kernels, K, z, y);
        if (f->y) memcpy(f->y + (step->row + r) * f->y_stride, y, bytes);
        if (w->train && w->own->target) true_output(w, step->row + r, y);
    }
}

static void walk_range(void *context, size_t chunk, size_t thread)
{
    const jordan_walk *w = context;
    const jordan_frame *f = &w->frame;
    const size_t first = w->ranges.first[chunk], end = w->ranges.first[chunk + 1], K = w->own->outputs;
    const uint64_t mode = rd_float_mode_flush();
    (void)thread;
    for (size_t p = first; p < end; p++)
        rd_start_load(&w->start, w->pack->order[p], 0, K, f->state + p * f->y_stride);
    for (size_t t = 0; t < w->pack->steps; t++) {
        const jordan_step step = step_of(w, t, first, end);
        if (step.rows > 0) step_forward(w, &step);
    }
    for (size_t p = first; p < end; p++)
        rd_start_store(w->call, w->pack->order[p], 0, K, f->state + p * f->y_stride);
    rd_float_mode_restore(mode);
}

static void jordan_forward(const rd_layer *layer, const rd_call *call)
{
    jordan_walk w = walk_of(layer, call);
    const rd_input_rows input = input_of(&w);
    rd_input_forward(&input);
    rd_pool_run(call->device->pool, walk_range, &w, w.ranges.count);
    const rd_real *s = w.own->pre ? w.frame.s : w.frame.p;
    for (size_t t = 0; call->trace && t < w.pack->steps; t++)
        call->trace(call->trace_user, layer, t, w.pack->count[t], s + w.pack->offset[t] * w.frame.h_stride,
                    w.frame.h_stride);
}

/* ---- backward ---- */

/* d_z += f'(y) d_y: softmax y ∘ (d_y − Σ y d_y), sigmoid y ∘ (1 − y) ∘ d_y. */
static void output_backward(const jordan_walk *w, const rd_real *y, const rd_real *d_y, rd_real *d_z)
{
    const size_t K = w->own->outputs;
    rd_real mean = 0;
    for (size_t k = 0; !w->own->sigmoid && k < K; k++)
        mean += y[k] * d_y[k];
    for (size_t k = 0; k < K; k++)
        d_z[k] += w->own->sigmoid ? y[k] * (1 - y[k]) * d_y[k] : y[k] * (d_y[k] - mean);
}

/* d_p = Vᵀ d_z, through tanh when V reads the state; d_y' = W_fᵀ d_p. */
static void products_backward(const jordan_walk *w, const jordan_step *step)
{
    const jordan *own = w->own;
    const jordan_frame *f = &w->frame;
    rd_real *d_p = f->d_p + step->row * f->h_stride;
    const rd_real *s = f->p + step->row * f->h_stride;
    w->kernels->product(&(rd_product_args){.rows = step->rows,
                                           .columns = own->hidden,
                                           .depth = own->outputs,
                                           .a = f->d_z + step->row * f->y_stride,
                                           .a_stride = f->y_stride,
                                           .panels = w->call->packed + w->at.y_back,
                                           .c = d_p,
                                           .c_stride = f->h_stride});
    for (size_t r = 0; !own->pre && r < step->rows; r++)
        for (size_t j = 0; j < own->hidden; j++)
            d_p[r * f->h_stride + j] *= 1 - s[r * f->h_stride + j] * s[r * f->h_stride + j];
    w->kernels->product(&(rd_product_args){.rows = step->rows,
                                           .columns = own->outputs,
                                           .depth = own->hidden,
                                           .a = d_p,
                                           .a_stride = f->h_stride,
                                           .panels = w->call->packed + w->at.f_back,
                                           .c = f->d_state + step->place * f->y_stride,
                                           .c_stride = f->y_stride});
}

/* The gradient by y' belongs to the output of the step before, or, with true outputs, to whoever gave them.
 */
static void step_backward(const jordan_walk *w, const jordan_step *step)
{
    const jordan_frame *f = &w->frame;
    const rd_value *out = w->call->out;
    const size_t K = w->own->outputs, bytes = K * sizeof(rd_real);
    for (size_t r = 0; r < step->rows; r++) {
        const size_t row = step->row + r;
        const rd_real *d_y = f->d_state + (step->place + r) * f->y_stride;
        rd_real *d_z = f->d_z + row * f->y_stride;
        const rd_value *target = w->own->target ? w->call->in[1] : NULL;
        if (out->grad)
            memcpy(d_z, out->grad + row * out->stride, bytes);
        else
            memset(d_z, 0, bytes);
        if (!target) output_backward(w, f->y + row * f->y_stride, d_y, d_z);
        for (size_t k = 0; target && target->grad && w->aligned && k < K; k++)
            target->grad[row * target->stride + k] += d_y[k];
    }
    products_backward(w, step);
}

static void walk_range_back(void *context, size_t chunk, size_t thread)
{
    const jordan_walk *w = context;
    const jordan_frame *f = &w->frame;
    const size_t first = w->ranges.first[chunk], end = w->ranges.first[chunk + 1], K = w->own->outputs;
    const uint64_t mode = rd_float_mode_flush();
    (void)thread;
    for (size_t p = first; p < end; p++)
        rd_start_load_grad(w->call, w->pack->order[p], 0, K, f->d_state + p * f->y_stride);
    for (size_t s = 0; s < w->pack->steps; s++) {
        const jordan_step step = step_of(w, w->pack->steps - 1 - s, first, end);
        if (step.rows > 0) step_backward(w, &step);
    }
    for (size_t p = first; p < end; p++) {
        rd_real *d_first = f->partial ? f->partial + p / RD_PLACES_A_BLOCK * f->y_stride : NULL;
        if (d_first && p % RD_PLACES_A_BLOCK == 0) memset(d_first, 0, K * sizeof *d_first);
        rd_start_store_grad(w->call, w->pack->order[p], 0, K, f->d_state + p * f->y_stride, d_first);
    }
    rd_float_mode_restore(mode);
}

static void outer(const jordan_walk *w, const rd_real *a, size_t a_columns, size_t a_stride, const rd_real *b,
                  size_t b_columns, size_t b_stride, size_t param)
{
    rd_device_outer(w->call->device, &(rd_outer_args){.rows = w->pack->rows,
                                                      .a_columns = a_columns,
                                                      .b_columns = b_columns,
                                                      .a = a,
                                                      .a_stride = a_stride,
                                                      .b = b,
                                                      .b_stride = b_stride,
                                                      .c = rd_param_grad(w->layer, w->call, param),
                                                      .c_stride = b_columns});
}

static void jordan_backward(const rd_layer *layer, const rd_call *call)
{
    jordan_walk w = walk_of(layer, call);
    const jordan *own = w.own;
    const jordan_frame *f = &w.frame;
    rd_pool_run(call->device->pool, walk_range_back, &w, w.ranges.count);
    outer(&w, f->d_p, own->hidden, f->h_stride, f->fed, own->outputs, f->y_stride, own->weight_f);
    outer(&w, f->d_z, own->outputs, f->y_stride, f->p, own->hidden, f->h_stride, own->weight_y);
    rd_device_column_sums(call->device, w.pack->rows, own->hidden, f->d_p, f->h_stride,
                          rd_param_grad(layer, call, own->bias));
    rd_device_column_sums(call->device, w.pack->rows, own->outputs, f->d_z, f->y_stride,
                          rd_param_grad(layer, call, own->bias_y));
    for (size_t b = 0; f->partial && b < rd_ceil_div(w.pack->sequences, RD_PLACES_A_BLOCK); b++)
        w.kernels->axpy(own->outputs, 1, f->partial + b * f->y_stride,
                        rd_param_grad(layer, call, own->first_state));
    rd_input_rows input = input_of(&w);
    input.a = f->d_p;
    input.d_weight = rd_param_grad(layer, call, own->weight_x);
    rd_input_backward(&input);
}

static void jordan_release(rd_layer *layer)
{
    rd_free(layer->own);
    layer->own = NULL;
}

const rd_layer_ops rd_layer_jordan = {.kind = "jordan",
                                      .help = "network that feeds its own output back, y = f(V s + b)",
                                      .min_inputs = 1,
                                      .max_inputs = 2,
                                      .build = jordan_build,
                                      .packed_numbers = jordan_packed_numbers,
                                      .pack = jordan_pack,
                                      .memory = jordan_memory,
                                      .forward = jordan_forward,
                                      .backward = jordan_backward,
                                      .start = jordan_start,
                                      .release = jordan_release};
