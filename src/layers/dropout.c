/* Inverted dropout between layers. The number that drops a unit is a function of seed, step, layer, sequence,
 * time and unit, so masks depend neither on threads nor on how sequences are packed. In use the layer is the
 * identity. */
#include "layers/kinds.h"

#include "base/size.h"

#include <string.h>

enum { ROWS_A_CHUNK = 32, PIECE = 256 };

typedef struct dropout {
    rd_real p;
    int variational; /* 1: one mask for all steps of a sequence */
} dropout;

static rondo_status dropout_build(rd_layer *layer, rd_node *node, rondo_error *error)
{
    dropout *d;
    double p;
    RD_TRY(rd_alloc(1, sizeof *d, "a dropout layer", &d, error));
    layer->own = d;
    RD_TRY(rd_setting_number(node, "p", 0.5, 0, 1, &p, error));
    RD_TRY(rd_setting_flag(node, "variational", 0, &d->variational, error));
    if (layer->in[0].symbols)
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "model text:%zu: dropout \"%s\" reads numbers, \"%s\" has symbols", layer->line,
                       layer->name, node->input[0]);
    d->p = (rd_real)p;
    layer->out = layer->in[0];
    layer->out.final = 0;
    layer->streams = layer->in_place = layer->forgets_inputs = layer->forgets_output = 1;
    return RONDO_OK;
}

static void dropout_release(rd_layer *layer)
{
    rd_free(layer->own);
}

typedef struct work {
    const rd_layer *layer;
    const rd_call *call;
    size_t rows;
} work;

/* Where a packed row stands: its sequence (caller's order) and step. Rows are asked for in rising order. */
static size_t sequence_of(const work *w, size_t row, size_t *step)
{
    if (w->layer->out.per_sequence) {
        *step = 0;
        return row;
    }
    const rondo_pack *pack = w->call->packs[w->layer->out.part];
    while (row >= pack->offset[*step + 1])
        ++*step;
    return pack->order[row - pack->offset[*step]];
}

/* What is done with the mask of a piece of a row. */
typedef void (*use_fn)(const rd_kernels *kernels, size_t n, const rd_real *mask, const rd_real *from,
                       rd_real *to);

static void keep(const rd_kernels *kernels, size_t n, const rd_real *mask, const rd_real *x, rd_real *y)
{
    memcpy(y, x, n * sizeof *y);
    kernels->multiply(n, mask, y);
}

static void pass(const rd_kernels *kernels, size_t n, const rd_real *mask, const rd_real *d_y, rd_real *d_x)
{
    kernels->multiply_add(n, mask, d_y, d_x, d_x);
}

/* Backward makes the masks anew: that costs less than to store and to read them. */
static void each_piece(const work *w, size_t chunk, use_fn use, const rd_real *from, size_t from_stride,
                       rd_real *to, size_t to_stride)
{
    const dropout *d = w->layer->own;
    const rd_kernels *kernels = &w->call->device->kernels;
    size_t step = 0, width = w->layer->out.width, end = rd_size_min(w->rows, (chunk + 1) * ROWS_A_CHUNK);
    uint64_t places = (uint64_t)(width + 3) / 4 * 4; /* whole blocks of the generator for each step */
    rd_real mask[PIECE];
    for (size_t r = chunk * ROWS_A_CHUNK; r < end; r++) {
        uint64_t sequence = w->call->first_sequence + sequence_of(w, r, &step);
        rd_key key = rd_call_key(w->layer, w->call, RD_STREAM_DROPOUT, sequence);
        for (size_t j = 0; j < width; j += PIECE) {
            size_t n = rd_size_min(PIECE, width - j);
            kernels->mask(key, (d->variational ? 0 : step * places) + j, n, d->p, mask);
            use(kernels, n, mask, from + r * from_stride + j, to + r * to_stride + j);
        }
    }
}

static void drop(void *context, size_t chunk, size_t thread)
{
    const work *w = context;
    const rd_value *in = w->call->in[0], *out = w->call->out;
    (void)thread;
    each_piece(w, chunk, keep, in->data, in->stride, out->data, out->stride);
}

static void pass_back(void *context, size_t chunk, size_t thread)
{
    const work *w = context;
    const rd_value *in = w->call->in[0], *out = w->call->out;
    (void)thread;
    each_piece(w, chunk, pass, out->grad, out->stride, in->grad, in->stride);
}

static void dropout_forward(const rd_layer *layer, const rd_call *call)
{
    work w = {.layer = layer, .call = call, .rows = rd_shape_rows(&layer->out, call)};
    rd_pool_run(call->device->pool, drop, &w, rd_ceil_div(w.rows, ROWS_A_CHUNK));
}

static void dropout_backward(const rd_layer *layer, const rd_call *call)
{
    work w = {.layer = layer, .call = call, .rows = rd_shape_rows(&layer->out, call)};
    if (call->in[0]->grad) rd_pool_run(call->device->pool, pass_back, &w, rd_ceil_div(w.rows, ROWS_A_CHUNK));
}

const rd_layer_ops rd_layer_dropout = {.kind = "dropout",
                                       .help =
                                           "drops numbers in training, p the share, and scales up the rest",
                                       .min_inputs = 1,
                                       .max_inputs = 1,
                                       .build = dropout_build,
                                       .forward = dropout_forward,
                                       .backward = dropout_backward,
                                       .release = dropout_release};

/* ---- Gaussian noise on a value, in training -------------------------------------------------------------
 */

static rondo_status noise_build(rd_layer *layer, rd_node *node, rondo_error *error)
{
    double *scale;
    RD_TRY(rd_alloc(1, sizeof *scale, "a noise layer", &scale, error));
    layer->own = scale;
    RD_TRY(rd_setting_number(node, "scale", 0.1, 0, 1e6, scale, error));
    if (layer->in[0].symbols)
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "model text:%zu: noise \"%s\" reads numbers, \"%s\" has symbols", layer->line,
                       layer->name, node->input[0]);
    layer->out = layer->in[0];
    layer->out.final = 0;
    layer->streams = layer->in_place = layer->forgets_inputs = layer->forgets_output = 1;
    return RONDO_OK;
}

static void disturb(void *context, size_t chunk, size_t thread)
{
    const work *w = context;
    const rd_value *in = w->call->in[0], *out = w->call->out;
    size_t step = 0, width = w->layer->out.width, end = rd_size_min(w->rows, (chunk + 1) * ROWS_A_CHUNK);
    (void)thread;
    for (size_t r = chunk * ROWS_A_CHUNK; r < end; r++) {
        uint64_t sequence = w->call->first_sequence + sequence_of(w, r, &step);
        rd_key key = rd_call_key(w->layer, w->call, RD_STREAM_NOISE, sequence);
        rd_real *to = out->data + r * out->stride;
        rd_random_fill_normal(key, step * (uint64_t)width, width, (rd_real) * (const double *)w->layer->own,
                              to);
        w->call->device->kernels.axpy(width, 1, in->data + r * in->stride, to);
    }
}

static void noise_forward(const rd_layer *layer, const rd_call *call)
{
    work w = {.layer = layer, .call = call, .rows = rd_shape_rows(&layer->out, call)};
    rd_pool_run(call->device->pool, disturb, &w, rd_ceil_div(w.rows, ROWS_A_CHUNK));
}

static void noise_backward(const rd_layer *layer, const rd_call *call)
{
    size_t rows = rd_shape_rows(&layer->out, call);
    const rd_value *in = call->in[0], *out = call->out;
    for (size_t r = 0; in->grad && r < rows; r++)
        call->device->kernels.axpy(layer->out.width, 1, out->grad + r * out->stride,
                                   in->grad + r * in->stride);
}

const rd_layer_ops rd_layer_noise = {.kind = "noise",
                                     .help = "adds Gaussian noise in training, scale its standard deviation",
                                     .min_inputs = 1,
                                     .max_inputs = 1,
                                     .build = noise_build,
                                     .forward = noise_forward,
                                     .backward = noise_backward,
                                     .release = dropout_release};
