/* Joins of values that belong to the same rows: concat side by side, add elementwise; and expand, which gives
 * every row of a part what belongs to its sequence. */
#include "layers/kinds.h"

#include "base/size.h"
#include "base/text.h"

#include <string.h>

enum { ROWS_A_CHUNK = 64 };

/* ---- concat and add -------------------------------------------------------------------------------------
 */

static const char *rows_of(const rd_shape *shape)
{
    return shape->per_sequence ? "a row a sequence" : "a row a step";
}

static rondo_status check_alike(const rd_layer *layer, const rd_node *node, rondo_error *error)
{
    for (size_t i = 0; i < layer->inputs; i++) {
        const rd_shape *a = &layer->in[0], *b = &layer->in[i];
        if (b->symbols)
            return rd_fail(error, RONDO_BAD_ARGUMENT,
                           "model text:%zu: %s \"%s\" joins numbers, \"%s\" has symbols", layer->line,
                           node->kind, layer->name, node->input[i]);
        if (a->per_sequence != b->per_sequence)
            return rd_fail(error, RONDO_BAD_ARGUMENT,
                           "model text:%zu: %s \"%s\": \"%s\" has %s, \"%s\" has %s", layer->line, node->kind,
                           layer->name, node->input[0], rows_of(a), node->input[i], rows_of(b));
        if (!a->per_sequence && a->part != b->part)
            return rd_fail(error, RONDO_BAD_ARGUMENT,
                           "model text:%zu: %s \"%s\": \"%s\" and \"%s\" follow different parts", layer->line,
                           node->kind, layer->name, node->input[0], node->input[i]);
    }
    return RONDO_OK;
}

static rondo_status join_build(rd_layer *layer, rd_node *node, rondo_error *error)
{
    int adds = layer->ops == &rd_layer_add;
    RD_TRY(check_alike(layer, node, error));
    layer->out = layer->in[0];
    layer->out.final = 0;
    layer->streams = layer->forgets_inputs = layer->forgets_output = 1;
    for (size_t i = 1; i < layer->inputs; i++) {
        if (adds && layer->in[i].width != layer->in[0].width)
            return rd_fail(error, RONDO_BAD_ARGUMENT,
                           "model text:%zu: add \"%s\": \"%s\" has width %zu, \"%s\" has %zu", layer->line,
                           layer->name, node->input[0], layer->in[0].width, node->input[i],
                           layer->in[i].width);
        if (!adds) layer->out.width += layer->in[i].width;
    }
    return RONDO_OK;
}

/* Rows are independent of each other: threads share them out in chunks. */
typedef struct join {
    const rd_layer *layer;
    const rd_call *call;
    size_t rows;
} join;

static void each_chunk(const rd_layer *layer, const rd_call *call, rd_task task)
{
    join j = {.layer = layer, .call = call, .rows = rd_shape_rows(&layer->out, call)};
    rd_pool_run(call->device->pool, task, &j, rd_ceil_div(j.rows, ROWS_A_CHUNK));
}

static void concat_rows(void *context, size_t chunk, size_t thread)
{
    const join *j = context;
    const rd_value *out = j->call->out;
    const size_t end = rd_size_min(j->rows, (chunk + 1) * ROWS_A_CHUNK);
    (void)thread;
    for (size_t r = chunk * ROWS_A_CHUNK; r < end; r++) {
        rd_real *to = out->data + r * out->stride;
        for (size_t i = 0; i < j->layer->inputs; to += j->layer->in[i].width, i++) {
            const rd_value *in = j->call->in[i];
            memcpy(to, in->data + r * in->stride, j->layer->in[i].width * sizeof *to);
        }
    }
}

static void add_rows(void *context, size_t chunk, size_t thread)
{
    const join *j = context;
    const rd_value *out = j->call->out, *first = j->call->in[0];
    const size_t end = rd_size_min(j->rows, (chunk + 1) * ROWS_A_CHUNK), width = j->layer->out.width;
    (void)thread;
    for (size_t r = chunk * ROWS_A_CHUNK; r < end; r++) {
        rd_real *to = out->data + r * out->stride;
        memcpy(to, first->data + r * first->stride, width * sizeof *to);
        for (size_t i = 1; i < j->layer->inputs; i++)
            j->call->device->kernels.axpy(width, 1, j->call->in[i]->data + r * j->call->in[i]->stride, to);
    }
}

/* Both: to each input the gradient of what it became; `apart` says that inputs lie side by side. */
static void pass_rows(const join *j, size_t chunk, size_t apart)
{
    const rd_value *out = j->call->out;
    const size_t end = rd_size_min(j->rows, (chunk + 1) * ROWS_A_CHUNK);
    for (size_t r = chunk * ROWS_A_CHUNK; r < end; r++) {
        const rd_real *from = out->grad + r * out->stride;
        for (size_t i = 0; i < j->layer->inputs; from += apart * j->layer->in[i].width, i++) {
            const rd_value *in = j->call->in[i];
            if (in->grad)
                j->call->device->kernels.axpy(j->layer->in[i].width, 1, from, in->grad + r * in->stride);
        }
    }
}

static void concat_rows_back(void *context, size_t chunk, size_t thread)
{
    (void)thread;
    pass_rows(context, chunk, 1);
}

static void add_rows_back(void *context, size_t chunk, size_t thread)
{
    (void)thread;
    pass_rows(context, chunk, 0);
}

static void concat_forward(const rd_layer *layer, const rd_call *call)
{
    each_chunk(layer, call, concat_rows);
}

static void concat_backward(const rd_layer *layer, const rd_call *call)
{
    each_chunk(layer, call, concat_rows_back);
}

static void add_forward(const rd_layer *layer, const rd_call *call)
{
    each_chunk(layer, call, add_rows);
}

static void add_backward(const rd_layer *layer, const rd_call *call)
{
    each_chunk(layer, call, add_rows_back);
}

const rd_layer_ops rd_layer_concat = {.kind = "concat",
                                      .help = "its inputs side by side",
                                      .min_inputs = 1,
                                      .max_inputs = RD_MAX_INPUTS,
                                      .build = join_build,
                                      .forward = concat_forward,
                                      .backward = concat_backward};

const rd_layer_ops rd_layer_add = {.kind = "add",
                                   .help = "the sum of its inputs, of equal widths",
                                   .min_inputs = 1,
                                   .max_inputs = RD_MAX_INPUTS,
                                   .build = join_build,
                                   .forward = add_forward,
                                   .backward = add_backward};

/* ---- expand(v, like=x): each row of part x gets the value of its sequence -------------------------------
 */

static rondo_status expand_build(rd_layer *layer, rd_node *node, rondo_error *error)
{
    if (!layer->in[0].per_sequence || layer->in[0].symbols || layer->in[1].per_sequence ||
        layer->in[1].inside)
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "model text:%zu: expand \"%s\" needs a value with a row a sequence, and like=NAME "
                       "with a row a step of the batch's sequences",
                       layer->line, layer->name);
    (void)node;
    layer->out = layer->in[0];
    layer->out.final = 0;
    layer->out.per_sequence = 0;
    layer->out.part = layer->in[1].part;
    layer->streams = layer->forgets_inputs = layer->forgets_output = 1;
    return RONDO_OK;
}

static void expand_forward(const rd_layer *layer, const rd_call *call)
{
    const rondo_pack *pack = call->packs[layer->out.part];
    for (size_t t = 0; t < pack->steps; t++)
        for (size_t p = 0; p < pack->count[t]; p++)
            memcpy(call->out->data + (pack->offset[t] + p) * call->out->stride,
                   call->in[0]->data + rd_call_given(call, pack->order[p]) * call->in[0]->stride,
                   layer->out.width * sizeof *call->out->data);
}

static void expand_backward(const rd_layer *layer, const rd_call *call)
{
    const rondo_pack *pack = call->packs[layer->out.part];
    for (size_t t = 0; call->in[0]->grad && t < pack->steps; t++)
        for (size_t p = 0; p < pack->count[t]; p++)
            call->device->kernels.axpy(layer->out.width, 1,
                                       call->out->grad + (pack->offset[t] + p) * call->out->stride,
                                       call->in[0]->grad + pack->order[p] * call->in[0]->stride);
}

const rd_layer_ops rd_layer_expand = {.kind = "expand",
                                      .help =
                                          "the value of a sequence for every row of it, expand(v, like=x)",
                                      .min_inputs = 2,
                                      .max_inputs = 2,
                                      .build = expand_build,
                                      .forward = expand_forward,
                                      .backward = expand_backward};
