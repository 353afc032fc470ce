/* Symbols to vectors by lookup. The gradient of a row of the table is the sum over the rows that read it, in
 * their order, so threads share out columns and never rows. */
#include "layers/kinds.h"
#include "layers/step.h"

#include "base/size.h"

#include <string.h>

enum { TABLE, ROWS_A_CHUNK = 256, COLUMNS_A_CHUNK = 32 };

static rondo_status embedding_build(rd_layer *layer, rd_node *node, rondo_error *error)
{
    size_t size;
    int freeze;
    if (!layer->in[0].symbols)
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "model text:%zu: embedding \"%s\" reads symbols, \"%s\" has numbers", layer->line,
                       layer->name, node->input[0]);
    RD_TRY(rd_setting_size(node, "size", 0, 1, 1000000, &size, error));
    RD_TRY(rd_setting_flag(node, "freeze", 0, &freeze, error));
    (void)rd_layer_param(layer, "weight", layer->in[0].width, size, RD_INIT_EMBEDDING, 1);
    layer->param[TABLE].frozen = freeze;
    layer->out = layer->in[0];
    layer->out.width = size;
    layer->out.symbols = 0;
    layer->streams = layer->forgets_inputs = layer->forgets_output = 1;
    return RONDO_OK;
}

typedef struct lookup {
    const rd_layer *layer;
    const rd_call *call;
    size_t rows, width;
} lookup;

static void look_up(void *context, size_t chunk, size_t thread)
{
    const lookup *l = context;
    const rd_value *out = l->call->out;
    const rd_real *table = rd_param_value(l->layer, l->call, TABLE);
    size_t end = rd_size_min(l->rows, (chunk + 1) * ROWS_A_CHUNK);
    (void)thread;
    for (size_t r = chunk * ROWS_A_CHUNK; r < end; r++)
        memcpy(out->data + r * out->stride, table + (size_t)l->call->in[0]->symbols[r] * l->width,
               l->width * sizeof *table);
}

static void add_up(void *context, size_t chunk, size_t thread)
{
    const lookup *l = context;
    const rd_value *out = l->call->out;
    rd_real *d_table = rd_param_grad(l->layer, l->call, TABLE);
    size_t from = chunk * COLUMNS_A_CHUNK, to = rd_size_min(l->width, from + COLUMNS_A_CHUNK);
    (void)thread;
    for (size_t r = 0; r < l->rows; r++) {
        const rd_real *d_out = out->grad + r * out->stride;
        rd_real *row = d_table + (size_t)l->call->in[0]->symbols[r] * l->width;
        for (size_t j = from; j < to; j++)
            row[j] += d_out[j];
    }
}

static lookup lookup_of(const rd_layer *layer, const rd_call *call)
{
    return (lookup){
        .layer = layer, .call = call, .rows = rd_shape_rows(&layer->out, call), .width = layer->out.width};
}

static void embedding_forward(const rd_layer *layer, const rd_call *call)
{
    lookup l = lookup_of(layer, call);
    rd_pool_run(call->device->pool, look_up, &l, rd_ceil_div(l.rows, ROWS_A_CHUNK));
}

static void embedding_backward(const rd_layer *layer, const rd_call *call)
{
    lookup l = lookup_of(layer, call);
    rd_pool_run(call->device->pool, add_up, &l, rd_ceil_div(l.width, COLUMNS_A_CHUNK));
}

/* A step reads the row of the table where it is. */
static void step_begin(const rd_step_call *call)
{
    const rd_layer *layer = call->layer;
    const rd_real *table = call->params + layer->param[TABLE].offset;
    const rd_real *row = table + (size_t)call->in->symbols[0] * layer->out.width;
    memcpy(&call->out->data, &row, sizeof row); /* nobody writes into a value in use */
}

static const rd_step_ops embedding_step = {.begin = step_begin};

const rd_layer_ops rd_layer_embedding = {.kind = "embedding",
                                         .help = "a vector for each symbol, by lookup",
                                         .min_inputs = 1,
                                         .max_inputs = 1,
                                         .build = embedding_build,
                                         .forward = embedding_forward,
                                         .backward = embedding_backward,
                                         .step = &embedding_step};
