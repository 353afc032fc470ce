/* y = act(W x + b). Symbols are never multiplied: their columns of W are gathered from a transposed copy, and
 * the gradient goes back by scatter. With tied=NODE the matrix is the table of an embedding. */
#include "layers/dense.h"

#include "base/size.h"
#include "layers/kinds.h"
#include "layers/step.h"

#include <string.h>

enum { WEIGHT, ROWS_A_CHUNK = 128, COLUMNS_A_CHUNK = 32 };
static const rd_dense *own(const rd_layer *layer)
{
    return layer->own;
}
static size_t inputs_of(const rd_layer *layer)
{
    return layer->in[0].width;
}
static size_t outputs_of(const rd_layer *layer)
{
    return layer->out.width;
}

/* ---- building -------------------------------------------------------------------------------------------
 */

static rondo_status check_tied(const rd_layer *layer, size_t size, rondo_error *error)
{
    const rd_param *table = &layer->tied->param[0];
    if (layer->tied->params == 0 || table->rows != size || table->columns != inputs_of(layer))
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "model text:%zu: \"%s\" is %zu x %zu and cannot be tied to \"%s\", which is %zu x %zu",
                       layer->line, layer->name, size, inputs_of(layer), layer->tied->name, table->rows,
                       table->columns);
    return RONDO_OK;
}

static rondo_status dense_build(rd_layer *layer, rd_node *node, rondo_error *error)
{
    rd_dense *d;
    size_t size, fallback = layer->tied && layer->tied->params > 0 ? layer->tied->param[0].rows : 0;
    RD_TRY(rd_alloc(1, sizeof *d, "a dense layer", &d, error));
    layer->own = d;
    RD_TRY(rd_setting_size(node, "size", fallback, 1, 100000000, &size, error));
    RD_TRY(rd_setting_choice(node, "act", "none|tanh|relu|sigmoid", RD_ACT_NONE, &d->act, error));
    RD_TRY(rd_setting_flag(node, "bias", 1, &d->bias, error));
    if (layer->tied) RD_TRY(check_tied(layer, size, error));
    size_t weight = rd_layer_param(layer, "weight", size, inputs_of(layer), RD_INIT_INPUT, 1);
    layer->param[weight].shared = layer->tied != NULL;
    if (d->bias) (void)rd_layer_param(layer, "bias", size, 0, RD_INIT_BIAS, 1);
    layer->out = layer->in[0];
    layer->out.width = size;
    layer->out.symbols = 0;
    layer->out.final = 0;
    layer->streams = 1;
    layer->forgets_output = d->act == RD_ACT_NONE;
    return RONDO_OK;
}

static void dense_release(rd_layer *layer)
{
    rd_free(layer->own);
}

int rd_dense_is_head(const rd_layer *layer)
{
    return layer->ops == &rd_layer_dense && own(layer)->act == RD_ACT_NONE && !layer->in[0].symbols;
}

/* ---- packed weights: panels, and transposed panels for the way back; or, for symbols, W transposed -------
 */

static size_t dense_packed_numbers(const rd_layer *layer, const rd_kernels *kernels)
{
    size_t in = inputs_of(layer), out = outputs_of(layer);
    if (layer->in[0].symbols) return in * out;
    return rd_panel_numbers(kernels, out, in) + rd_panel_numbers(kernels, in, out);
}

static void dense_pack(const rd_layer *layer, const rondo_device *device, const rd_real *params,
                       rd_real *packed)
{
    size_t in = inputs_of(layer), out = outputs_of(layer);
    const rd_real *w = params + layer->param[WEIGHT].offset;
    if (layer->in[0].symbols) {
        for (size_t k = 0; k < in; k++)
            for (size_t j = 0; j < out; j++)
                packed[k * out + j] = w[j * in + k];
        return;
    }
    rd_real *back = packed + rd_panel_numbers(&device->kernels, out, in);
    rd_device_pack(
        device,
        &(rd_pack_args){
            .columns = out, .depth = in, .w = w, .column_stride = in, .depth_stride = 1, .panels = packed});
    rd_device_pack(
        device,
        &(rd_pack_args){
            .columns = in, .depth = out, .w = w, .column_stride = 1, .depth_stride = in, .panels = back});
}

/* ---- symbols: gather and scatter ------------------------------------------------------------------------
 */

typedef struct block {
    const rd_layer *layer;
    const rd_call *call;
    size_t first, rows, stride;
    rd_real *out;
    const rd_real *d_out;
} block;

static void gather(void *context, size_t chunk, size_t thread)
{
    const block *b = context;
    size_t width = outputs_of(b->layer), end = rd_size_min(b->rows, (chunk + 1) * ROWS_A_CHUNK);
    const rd_real *bias = own(b->layer)->bias ? rd_param_value(b->layer, b->call, WEIGHT + 1) : NULL;
    (void)thread;
    for (size_t r = chunk * ROWS_A_CHUNK; r < end; r++) {
        const rd_real *column = b->call->packed + (size_t)b->call->in[0]->symbols[b->first + r] * width;
        rd_real *out = b->out + r * b->stride;
        for (size_t j = 0; j < width; j++)
            out[j] = bias ? column[j] + bias[j] : column[j];
    }
}

static void scatter(void *context, size_t chunk, size_t thread)
{
    const block *b = context;
    size_t in = inputs_of(b->layer), from = chunk * COLUMNS_A_CHUNK;
    size_t to = rd_size_min(outputs_of(b->layer), from + COLUMNS_A_CHUNK);
    rd_real *d_w = rd_param_grad(b->layer, b->call, WEIGHT);
    (void)thread;
    for (size_t r = 0; r < b->rows; r++) {
        size_t k = (size_t)b->call->in[0]->symbols[b->first + r];
        for (size_t j = from; j < to; j++)
            d_w[j * in + k] += b->d_out[r * b->stride + j];
    }
}

/* ---- blocks of rows -------------------------------------------------------------------------------------
 */

void rd_dense_rows_forward(const rd_layer *layer, const rd_call *call, size_t first, size_t rows,
                           rd_real *out, size_t stride)
{
    const rd_value *x = call->in[0];
    if (layer->in[0].symbols) {
        block b = {.layer = layer, .call = call, .first = first, .rows = rows, .stride = stride, .out = out};
        rd_pool_run(call->device->pool, gather, &b, rd_ceil_div(rows, ROWS_A_CHUNK));
        return;
    }
    rd_device_product(
        call->device,
        &(rd_product_args){.rows = rows,
                           .columns = outputs_of(layer),
                           .depth = inputs_of(layer),
                           .a = x->data + first * x->stride,
                           .a_stride = x->stride,
                           .panels = call->packed,
                           .bias = own(layer)->bias ? rd_param_value(layer, call, WEIGHT + 1) : NULL,
                           .c = out,
                           .c_stride = stride});
}

void rd_dense_rows_backward(const rd_layer *layer, const rd_call *call, size_t first, size_t rows,
                            const rd_real *d_out, size_t stride)
{
    const rd_value *x = call->in[0];
    size_t in = inputs_of(layer), out = outputs_of(layer);
    rd_real *d_bias = own(layer)->bias ? rd_param_grad(layer, call, WEIGHT + 1) : NULL;
    if (layer->in[0].symbols) {
        if (d_bias) rd_device_column_sums(call->device, rows, out, d_out, stride, d_bias);
        block b = {
            .layer = layer, .call = call, .first = first, .rows = rows, .stride = stride, .d_out = d_out};
        rd_pool_run(call->device->pool, scatter, &b, rd_ceil_div(out, COLUMNS_A_CHUNK));
        return;
    }
    rd_device_outer(call->device, &(rd_outer_args){.rows = rows,
                                                   .a_columns = out,
                                                   .b_columns = in,
                                                   .a = d_out,
                                                   .a_stride = stride,
                                                   .b = x->data + first * x->stride,
                                                   .b_stride = x->stride,
                                                   .c = rd_param_grad(layer, call, WEIGHT),
                                                   .c_stride = in,
                                                   .sums = d_bias});
    if (x->grad)
        rd_device_product(
            call->device,
            &(rd_product_args){.rows = rows,
                               .columns = in,
                               .depth = out,
                               .a = d_out,
                               .a_stride = stride,
                               .panels = call->packed + rd_panel_numbers(&call->device->kernels, out, in),
                               .c = x->grad + first * x->stride,
                               .c_stride = x->stride,
                               .add = 1});
}

/* ---- the whole layer: one block and the activation ------------------------------------------------------
 */

static void relu(size_t n, const rd_real *x, rd_real *y)
{
    for (size_t j = 0; j < n; j++)
        y[j] = x[j] > 0 || x[j] != x[j] ? x[j] : 0;
}

void rd_dense_activate(const rd_layer *layer, const rd_kernels *kernels, size_t n, rd_real *y)
{
    const rd_map_fn map[] = {NULL, kernels->map_tanh, relu, kernels->map_sigmoid};
    if (own(layer)->act != RD_ACT_NONE) map[own(layer)->act](n, y, y);
}

static void activate(void *context, size_t chunk, size_t thread)
{
    const block *b = context;
    size_t end = rd_size_min(b->rows, (chunk + 1) * ROWS_A_CHUNK);
    (void)thread;
    for (size_t r = chunk * ROWS_A_CHUNK; r < end; r++)
        rd_dense_activate(b->layer, &b->call->device->kernels, outputs_of(b->layer), b->out + r * b->stride);
}

/* d_pre = d_y act'(pre), in place of d_y, from the saved y. */
static void deactivate(void *context, size_t chunk, size_t thread)
{
    const block *b = context;
    const rd_value *out = b->call->out;
    size_t end = rd_size_min(b->rows, (chunk + 1) * ROWS_A_CHUNK), act = own(b->layer)->act;
    (void)thread;
    for (size_t r = chunk * ROWS_A_CHUNK; r < end; r++) {
        const rd_real *y = out->data + r * out->stride;
        rd_real *d = out->grad + r * out->stride;
        for (size_t j = 0; j < outputs_of(b->layer); j++)
            d[j] *= act == RD_ACT_TANH      ? 1 - y[j] * y[j]
                    : act == RD_ACT_SIGMOID ? y[j] * (1 - y[j])
                                         : (rd_real)(y[j] > 0);
    }
}

static void dense_forward(const rd_layer *layer, const rd_call *call)
{
    const rd_value *out = call->out;
    size_t rows = rd_shape_rows(&layer->out, call);
    block b = {.layer = layer, .call = call, .rows = rows, .stride = out->stride, .out = out->data};
    rd_dense_rows_forward(layer, call, 0, rows, out->data, out->stride);
    if (own(layer)->act != RD_ACT_NONE)
        rd_pool_run(call->device->pool, activate, &b, rd_ceil_div(rows, ROWS_A_CHUNK));
}

static void dense_backward(const rd_layer *layer, const rd_call *call)
{
    const rd_value *out = call->out;
    size_t rows = rd_shape_rows(&layer->out, call);
    block b = {.layer = layer, .call = call, .rows = rows};
    if (own(layer)->act != RD_ACT_NONE)
        rd_pool_run(call->device->pool, deactivate, &b, rd_ceil_div(rows, ROWS_A_CHUNK));
    rd_dense_rows_backward(layer, call, 0, rows, out->grad, out->stride);
}

const rd_layer_ops rd_layer_dense = {.kind = "dense",
                                     .help =
                                         "W x + b for each row, with none, tanh, relu or sigmoid after it",
                                     .min_inputs = 1,
                                     .max_inputs = 1,
                                     .build = dense_build,
                                     .packed_numbers = dense_packed_numbers,
                                     .pack = dense_pack,
                                     .forward = dense_forward,
                                     .backward = dense_backward,
                                     .release = dense_release,
                                     .step = &rd_dense_step};
