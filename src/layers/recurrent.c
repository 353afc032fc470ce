/* The recurrent layers: before the walk one product makes W x + b of all rows, after the walk back three make
 * the gradients of U, W and x of all rows. */
#include "layers/input_rows.h"
#include "layers/kinds.h"
#include "layers/recurrent_walk.h"
#include "layers/step.h"

#include "base/clock.h"
#include "base/narrow.h"
#include "base/size.h"

#include <string.h>

enum { ROWS_A_CHUNK = 64, COLUMNS_A_CHUNK = 64 };

static const rd_recurrent *own_of(const rd_layer *layer)
{
    return layer->own;
}

/* ---- panels and memory ---- */

static size_t recurrent_packed_numbers(const rd_layer *layer, const rd_kernels *kernels)
{
    return rd_recurrent_panels_of(own_of(layer), kernels).numbers;
}

static void recurrent_pack(const rd_layer *layer, const rondo_device *device, const rd_real *params,
                           rd_real *packed)
{
    const rd_recurrent_weights weights = rd_recurrent_weights_of(layer, params);
    rd_recurrent_pack(own_of(layer), device, &weights, packed);
}

static rondo_status recurrent_memory(const rd_layer *layer, const rondo_device *device,
                                     const rd_limits_of_call *limits, size_t *bytes, rondo_error *error)
{
    const rd_recurrent_frame frame =
        rd_recurrent_frame_at(own_of(layer), &device->kernels, limits, NULL, NULL);
    return rd_frame_plan_bytes(layer, limits, &frame.plan, bytes, error);
}

static size_t narrow_stride(const rd_recurrent *own)
{
    const size_t line = RD_ALIGN / sizeof(uint16_t);
    return rd_ceil_div((size_t)own->info->saved * own->hidden, line) * line;
}

static void recurrent_narrow(const rd_layer *layer, const rondo_device *device,
                             const rd_limits_of_call *limits, size_t *work, size_t *narrow)
{
    const rd_recurrent *own = own_of(layer);
    rd_plan copy = {.size = 0};
    rd_plan_add(&copy, limits->rows, narrow_stride(own) * sizeof(uint16_t));
    *work = rd_recurrent_frame_at(own, &device->kernels, limits, NULL, NULL).work.size;
    *narrow = copy.size;
}

static void recurrent_start(const rd_layer *layer, const rd_real *params, rd_real *state)
{
    const rd_real *learned = rd_param_or_null(layer, params, own_of(layer)->first_state);
    if (learned)
        memcpy(state, learned, layer->state_width * sizeof *state);
    else
        memset(state, 0, layer->state_width * sizeof *state);
}

/* ---- layer norm of the input product ---- */

/* Rows of one chunk of LN(W x), forward or back. */
typedef struct norm_rows {
    const rd_walk *walk;
    const rd_real *gain, *shift;
    rd_real *d_gain; /* [gates] added to */
    int back;
} norm_rows;

static void norm_chunk(void *context, size_t chunk, size_t thread)
{
    const norm_rows *n = context;
    const rd_recurrent_frame *f = &n->walk->frame;
    const size_t first = chunk * ROWS_A_CHUNK, rows = rd_size_min(n->walk->pack->rows - first, ROWS_A_CHUNK);
    rd_real *a = f->gates + first * f->gates_stride;
    const rd_norm_args args = {.rows = rows,
                               .width = n->walk->own->gates,
                               .gain = n->gain,
                               .shift = n->shift,
                               .x = a,
                               .x_stride = f->gates_stride,
                               .y = a,
                               .y_stride = f->gates_stride,
                               .hat = f->x_hat ? f->x_hat + first * f->gates_stride : NULL,
                               .hat_stride = f->gates_stride,
                               .scale = f->x_scale ? f->x_scale + first : NULL,
                               .d = a,
                               .d_stride = f->gates_stride};
    const uint64_t mode = rd_float_mode_flush();
    (void)thread;
    (n->back ? n->walk->kernels->norm_backward : n->walk->kernels->norm_forward)(&args);
    rd_float_mode_restore(mode);
}

/* d_gain of some columns, rows ascending. */
static void gain_chunk(void *context, size_t chunk, size_t thread)
{
    const norm_rows *n = context;
    const rd_recurrent_frame *f = &n->walk->frame;
    const size_t from = chunk * COLUMNS_A_CHUNK,
                 to = rd_size_min(n->walk->own->gates, from + COLUMNS_A_CHUNK);
    const uint64_t mode = rd_float_mode_flush();
    (void)thread;
    for (size_t r = 0; r < n->walk->pack->rows; r++) {
        const size_t at = r * f->gates_stride + from;
        n->walk->kernels->multiply_add(to - from, f->gates + at, f->x_hat + at, n->d_gain + from,
                                       n->d_gain + from);
    }
    rd_float_mode_restore(mode);
}

/* ---- saved gates in bf16 ---- */

typedef struct narrow_rows {
    const rd_walk *walk;
    int back; /* 1: from bf16 */
} narrow_rows;

static void narrow_chunk(void *context, size_t chunk, size_t thread)
{
    const narrow_rows *n = context;
    const rd_recurrent *own = n->walk->own;
    const rd_recurrent_frame *f = &n->walk->frame;
    const size_t first = chunk * ROWS_A_CHUNK, end = rd_size_min(n->walk->pack->rows, first + ROWS_A_CHUNK);
    const size_t width = (size_t)own->info->saved * own->hidden;
    (void)thread;
    for (size_t r = first; r < end; r++) {
        uint16_t *narrow = n->walk->call->narrow + r * narrow_stride(own);
        rd_real *saved = f->gates + r * f->gates_stride;
        if (n->back)
            rd_bf16_values(width, narrow, saved);
        else
            rd_bf16_of_row(width, saved, narrow);
    }
}

static void narrow_gates(const rd_walk *walk, int back)
{
    narrow_rows n = {.walk = walk, .back = back};
    if (!walk->call->narrow) return;
    rd_pool_run(walk->call->device->pool, narrow_chunk, &n, rd_ceil_div(walk->pack->rows, ROWS_A_CHUNK));
}

/* ---- forward ---- */

static rd_input_rows input_of(const rd_walk *walk)
{
    const rd_recurrent *own = walk->own;
    return (rd_input_rows){.device = walk->call->device,
                           .in = walk->call->in[0],
                           .rows = walk->pack->rows,
                           .inputs = own->input,
                           .outputs = own->gates,
                           .symbols = own->symbols,
                           .packed = walk->packed + walk->panels.x,
                           .a = walk->frame.gates,
                           .stride = walk->frame.gates_stride};
}

void rd_recurrent_run_forward(rd_walk *walk)
{
    const rd_real *bias = rd_param_or_null(walk->layer, walk->call->params, walk->own->bias_x);
    if (walk->train && rd_recurrent_copies_weights(walk->own)) rd_walk_copy_weights(walk, 1);
    rd_input_rows input = input_of(walk);
    input.bias = walk->own->norm ? NULL : bias;
    rd_input_forward(&input);
    if (walk->own->norm) {
        norm_rows n = {.walk = walk,
                       .gain = rd_param_or_null(walk->layer, walk->call->params, walk->own->gain_x),
                       .shift = bias};
        rd_pool_run(walk->call->device->pool, norm_chunk, &n, rd_ceil_div(walk->pack->rows, ROWS_A_CHUNK));
    }
    rd_walk_forward(walk);
    narrow_gates(walk, 0);
}

static void recurrent_forward(const rd_layer *layer, const rd_call *call)
{
    rd_walk walk = rd_walk_of(layer, call);
    rd_recurrent_run_forward(&walk);
}

/* ---- backward: gradients of parameters over all rows ---- */

static rd_real *grad_of(const rd_walk *walk, size_t param)
{
    return param == RD_NO_PARAM ? NULL : rd_param_grad(walk->layer, walk->call, param);
}

/* Biases that no product of the same rows sums up on its way: those before a layer norm, and b_x beside
 * symbols. With layer norm the bias of the recurrent part came from the walk. */
static void bias_grads(const rd_walk *walk)
{
    const rd_recurrent_frame *f = &walk->frame;
    rd_real *bias = grad_of(walk, walk->own->bias_x);
    if (bias && (walk->own->norm || walk->own->symbols))
        rd_device_column_sums(walk->call->device, walk->pack->rows, walk->own->gates, f->gates,
                              f->gates_stride, bias);
}

static void input_norm_grads(const rd_walk *walk)
{
    norm_rows n = {.walk = walk,
                   .gain = rd_param_or_null(walk->layer, walk->call->params, walk->own->gain_x),
                   .d_gain = grad_of(walk, walk->own->gain_x),
                   .back = 1};
    rd_pool_run(walk->call->device->pool, gain_chunk, &n, rd_ceil_div(walk->own->gates, COLUMNS_A_CHUNK));
    rd_pool_run(walk->call->device->pool, norm_chunk, &n, rd_ceil_div(walk->pack->rows, ROWS_A_CHUNK));
}

/* dU of each run: d_ah of its gates times its operand, into `h` and `c`. */
static void recurrent_grads(const rd_walk *walk, rd_real *h, rd_real *c)
{
    const rd_recurrent_frame *f = &walk->frame;
    const rd_recurrent *own = walk->own;
    const rd_real *const operand[] = {
        [RD_FROM_H] = f->operand, [RD_FROM_C] = f->prev[1], [RD_FROM_EMIT] = f->emit};
    rd_real *bias = own->norm ? NULL : grad_of(walk, own->bias_h);
    for (size_t i = 0; i < own->runs; i++) {
        const rd_run *run = &own->run[i];
        rd_device_outer(walk->call->device,
                        &(rd_outer_args){.rows = walk->pack->rows,
                                         .a_columns = run->gates * own->hidden,
                                         .b_columns = run->width,
                                         .a = f->d_ah + run->gate * own->hidden,
                                         .a_stride = f->gates_stride,
                                         .b = operand[run->from],
                                         .b_stride = run->from == RD_FROM_H ? f->h_stride : f->c_stride,
                                         .c = (run->from == RD_FROM_C ? c : h) + run->row * run->width,
                                         .c_stride = run->width,
                                         .sums = bias ? bias + run->gate * own->hidden : NULL});
    }
}

/* With dropped weights dU is made apart, in the place of the copies, masked, and then added. */
static void dropped_grads(const rd_walk *walk)
{
    const rd_recurrent *own = walk->own;
    const rd_recurrent_frame *f = &walk->frame;
    rd_real *const d_h = grad_of(walk, own->weight_h), *const d_c = grad_of(walk, own->weight_c);
    const rd_param *param = walk->layer->param;
    const size_t h = param[own->weight_h].rows * param[own->weight_h].columns;
    const size_t c = d_c ? param[own->weight_c].rows * param[own->weight_c].columns : 0;
    memset(f->weight_copy, 0, (h + c) * sizeof(rd_real));
    recurrent_grads(walk, f->weight_copy, f->weight_copy + h);
    walk->kernels->multiply_add(h, f->weight_copy, f->weight_mask, d_h, d_h);
    if (d_c) walk->kernels->multiply_add(c, f->weight_copy + h, f->weight_mask + h, d_c, d_c);
}

static void projection_grads(const rd_walk *walk)
{
    const rd_recurrent_frame *f = &walk->frame;
    rd_device_outer(walk->call->device, &(rd_outer_args){.rows = walk->pack->rows,
                                                         .a_columns = walk->own->state[0],
                                                         .b_columns = walk->own->hidden,
                                                         .a = f->d_out,
                                                         .a_stride = f->h_stride,
                                                         .b = f->middle,
                                                         .b_stride = f->c_stride,
                                                         .c = grad_of(walk, walk->own->weight_r),
                                                         .c_stride = walk->own->hidden});
}

/* What the walk summed, block after block. */
static void add_partials(const rd_walk *walk)
{
    const rd_partials *p = &walk->frame.partials;
    const rd_recurrent *own = walk->own;
    const struct piece {
        size_t at, param;
    } pieces[] = {{p->param, own->peephole}, {p->gain_h, own->gain_h},   {p->bias_h, own->bias_h},
                  {p->gain_c, own->gain_c},  {p->shift_c, own->shift_c}, {p->start, own->first_state}};
    const size_t blocks = rd_ceil_div(walk->pack->sequences, RD_PLACES_A_BLOCK);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        if (pieces[i].at == SIZE_MAX) continue;
        const rd_param *param = &walk->layer->param[pieces[i].param];
        for (size_t b = 0; b < blocks; b++)
            walk->kernels->axpy(param->rows * (param->columns ? param->columns : 1), 1,
                                p->data + b * p->stride + pieces[i].at, grad_of(walk, pieces[i].param));
    }
}

void rd_recurrent_run_backward(rd_walk *walk)
{
    if (rd_recurrent_copies_weights(walk->own)) rd_walk_copy_weights(walk, 0);
    narrow_gates(walk, 1);
    rd_walk_backward(walk);
    const uint64_t mode = rd_float_mode_flush();
    add_partials(walk);
    bias_grads(walk);
    if (walk->own->weight_drop > 0)
        dropped_grads(walk);
    else
        recurrent_grads(walk, grad_of(walk, walk->own->weight_h), grad_of(walk, walk->own->weight_c));
    if (walk->own->projected) projection_grads(walk);
    if (walk->own->norm) input_norm_grads(walk);
    rd_input_rows input = input_of(walk);
    input.d_weight = grad_of(walk, walk->own->weight_x);
    input.d_bias = walk->own->norm ? NULL : grad_of(walk, walk->own->bias_x);
    rd_input_backward(&input);
    rd_float_mode_restore(mode);
}

static void recurrent_backward(const rd_layer *layer, const rd_call *call)
{
    rd_walk walk = rd_walk_of(layer, call);
    rd_recurrent_run_backward(&walk);
}

#define RECURRENT(name, sentence)                                                                            \
    {                                                                                                        \
        .kind = name, .help = sentence, .min_inputs = 1, .max_inputs = 2, .build = rd_recurrent_build,       \
        .packed_numbers = recurrent_packed_numbers, .pack = recurrent_pack, .memory = recurrent_memory,      \
        .narrow = recurrent_narrow, .forward = recurrent_forward, .backward = recurrent_backward,            \
        .start = recurrent_start, .release = rd_recurrent_release, .step = &rd_recurrent_step                \
    }

const rd_layer_ops rd_layer_rnn = RECURRENT("rnn", "Elman network: h = g(W x + U h' + b), g tanh or relu");
const rd_layer_ops rd_layer_gru = RECURRENT("gru", "GRU, the reset gate after the product or before it");
const rd_layer_ops rd_layer_gru_simple = RECURRENT("gru_simple", "GRU with one gate");
const rd_layer_ops rd_layer_lstm =
    RECURRENT("lstm", "LSTM, with peepholes, coupled gates, a projection, layer norm and other forms");
