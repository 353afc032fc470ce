/* bridge(f, b, mode=copy|dense): the final states of recurrent layers as the state that another one starts
 * from. All h stand first, then all that follows h (c of an LSTM), as an LSTM of that width has its state.
 * dense: tanh(W s + b). */
#include "layers/kinds.h"

#include "base/size.h"
#include "layers/walk_plan.h"

#include <string.h>

typedef struct bridge {
    size_t dense, sum;
    size_t joined; /* numbers of the states together */
    size_t weight, bias;
} bridge;

static const bridge *own_of(const rd_layer *layer)
{
    return layer->own;
}

/* ---- building ---- */

static rondo_status check_inputs(const rd_layer *layer, const rd_node *node, const bridge *own,
                                 rondo_error *error)
{
    for (size_t k = 0; k < layer->inputs; k++) {
        const rd_shape *in = &layer->in[k], *first = &layer->in[0];
        if (!in->final)
            return rd_fail(error, RONDO_BAD_ARGUMENT,
                           "model text:%zu: bridge \"%s\" reads recurrent layers, \"%s\" has no final state",
                           layer->line, layer->name, node->input[k]);
        if (in->part != first->part)
            return rd_fail(error, RONDO_BAD_ARGUMENT,
                           "model text:%zu: bridge \"%s\": \"%s\" and \"%s\" follow different parts",
                           layer->line, layer->name, node->input[0], node->input[k]);
        if (own->sum && (in->width != first->width || in->state != first->state))
            return rd_fail(
                error, RONDO_BAD_ARGUMENT,
                "model text:%zu: bridge \"%s\": merge=sum needs equal states, \"%s\" has %zu numbers, "
                "\"%s\" %zu",
                layer->line, layer->name, node->input[0], first->state, node->input[k], in->state);
    }
    return RONDO_OK;
}

static rondo_status bridge_build(rd_layer *layer, rd_node *node, rondo_error *error)
{
    bridge *own;
    RD_TRY(rd_alloc(1, sizeof *own, "a bridge", &own, error));
    layer->own = own;
    RD_TRY(rd_setting_choice(node, "mode", "copy|dense", 0, &own->dense, error));
    RD_TRY(rd_setting_choice(node, "merge", "concat|sum", 0, &own->sum, error));
    RD_TRY(check_inputs(layer, node, own, error));
    for (size_t k = 0; k < (own->sum ? 1 : layer->inputs); k++)
        own->joined += layer->in[k].state;
    layer->out = layer->in[0];
    layer->out.final = 0;
    layer->out.per_sequence = 1;
    layer->out.width = own->joined;
    layer->forgets_inputs = layer->reads_final = 1;
    layer->forgets_output = !own->dense;
    if (!own->dense) return RONDO_OK;
    RD_TRY(rd_setting_size(node, "size", own->joined, 1, 1000000, &layer->out.width, error));
    own->weight = rd_layer_param(layer, "weight", layer->out.width, own->joined, RD_INIT_INPUT, 1);
    own->bias = rd_layer_param(layer, "bias", layer->out.width, 0, RD_INIT_BIAS, 1);
    return RONDO_OK;
}

static void bridge_release(rd_layer *layer)
{
    rd_free(layer->own);
}

static size_t bridge_packed_numbers(const rd_layer *layer, const rd_kernels *kernels)
{
    const size_t in = own_of(layer)->joined, out = layer->out.width;
    if (!own_of(layer)->dense) return 0;
    return rd_panel_numbers(kernels, out, in) + rd_panel_numbers(kernels, in, out);
}

static void bridge_pack(const rd_layer *layer, const rondo_device *device, const rd_real *params,
                        rd_real *packed)
{
    const bridge *own = own_of(layer);
    if (own->dense)
        rd_pack_both(device, layer->out.width, own->joined, params + layer->param[own->weight].offset, packed,
                     packed + rd_panel_numbers(&device->kernels, layer->out.width, own->joined));
}

/* dense: the joined states, and their gradient. */
static rondo_status bridge_memory(const rd_layer *layer, const rondo_device *device,
                                  const rd_limits_of_call *limits, size_t *bytes, rondo_error *error)
{
    rd_plan plan = {.size = 0};
    (void)device;
    if (own_of(layer)->dense) {
        rd_plan_add(&plan, limits->sequences, rd_row_stride(own_of(layer)->joined) * sizeof(rd_real));
        rd_plan_add(&plan, limits->sequences, rd_row_stride(own_of(layer)->joined) * sizeof(rd_real));
    }
    return rd_frame_plan_bytes(layer, limits, &plan, bytes, error);
}

/* ---- states side by side, or added ---- */

/* The joined row of a sequence from the states, or (back) to the gradients by them. */
static void join(const rd_layer *layer, const rd_call *call, size_t sequence, rd_real *row, int back)
{
    const rd_kernels *kernels = &call->device->kernels;
    size_t at = 0;
    for (size_t piece = 0; piece < 2; piece++)
        for (size_t k = 0; k < layer->inputs; k++) {
            const rd_shape *shape = &layer->in[k];
            const size_t from = piece ? shape->width : 0,
                         n = piece ? shape->state - shape->width : shape->width;
            const size_t state = sequence * call->in[k]->final_stride + from;
            if (own_of(layer)->sum) at = from;
            if (back)
                kernels->axpy(n, 1, row + at, call->in[k]->d_final + state);
            else
                kernels->axpy(n, 1, call->in[k]->final + state, row + at);
            at += n;
        }
}

static void join_all(const rd_layer *layer, const rd_call *call, rd_real *rows, size_t stride)
{
    for (size_t i = 0; i < call->sequences; i++) {
        memset(rows + i * stride, 0, own_of(layer)->joined * sizeof *rows);
        join(layer, call, i, rows + i * stride, 0);
    }
}

static void bridge_forward(const rd_layer *layer, const rd_call *call)
{
    const bridge *own = own_of(layer);
    const rd_value *out = call->out;
    const size_t stride = rd_row_stride(own->joined);
    if (!own->dense) {
        join_all(layer, call, out->data, out->stride);
        return;
    }
    rd_real *joined = (rd_real *)(void *)call->memory;
    join_all(layer, call, joined, stride);
    rd_device_product(call->device, &(rd_product_args){.rows = call->sequences,
                                                       .columns = layer->out.width,
                                                       .depth = own->joined,
                                                       .a = joined,
                                                       .a_stride = stride,
                                                       .panels = call->packed,
                                                       .bias = rd_param_value(layer, call, own->bias),
                                                       .c = out->data,
                                                       .c_stride = out->stride});
    for (size_t i = 0; i < call->sequences; i++)
        call->device->kernels.map_tanh(layer->out.width, out->data + i * out->stride,
                                       out->data + i * out->stride);
}

/* Through tanh and W: the gradient by the joined states. */
static rd_real *dense_back(const rd_layer *layer, const rd_call *call, size_t stride)
{
    const bridge *own = own_of(layer);
    const rd_value *out = call->out;
    const size_t width = layer->out.width;
    rd_real *joined = (rd_real *)(void *)call->memory, *d_joined = joined + call->sequences * stride;
    for (size_t i = 0; i < call->sequences; i++)
        for (size_t j = 0; j < width; j++) {
            const rd_real y = out->data[i * out->stride + j];
            out->grad[i * out->stride + j] *= 1 - y * y;
        }
    rd_device_outer(call->device, &(rd_outer_args){.rows = call->sequences,
                                                   .a_columns = width,
                                                   .b_columns = own->joined,
                                                   .a = out->grad,
                                                   .a_stride = out->stride,
                                                   .b = joined,
                                                   .b_stride = stride,
                                                   .c = rd_param_grad(layer, call, own->weight),
                                                   .c_stride = own->joined,
                                                   .sums = rd_param_grad(layer, call, own->bias)});
    rd_device_product(call->device,
                      &(rd_product_args){.rows = call->sequences,
                                         .columns = own->joined,
                                         .depth = width,
                                         .a = out->grad,
                                         .a_stride = out->stride,
                                         .panels = call->packed + rd_panel_numbers(&call->device->kernels,
                                                                                   width, own->joined),
                                         .c = d_joined,
                                         .c_stride = stride});
    return d_joined;
}

static void bridge_backward(const rd_layer *layer, const rd_call *call)
{
    const size_t stride = own_of(layer)->dense ? rd_row_stride(own_of(layer)->joined) : call->out->stride;
    rd_real *d = own_of(layer)->dense ? dense_back(layer, call, stride) : call->out->grad;
    for (size_t i = 0; i < call->sequences; i++)
        join(layer, call, i, d + i * stride, 1);
}

const rd_layer_ops rd_layer_bridge = {.kind = "bridge",
                                      .help =
                                          "the final states of recurrent layers, for start=NAME of another",
                                      .min_inputs = 1,
                                      .max_inputs = RD_MAX_INPUTS,
                                      .build = bridge_build,
                                      .packed_numbers = bridge_packed_numbers,
                                      .pack = bridge_pack,
                                      .memory = bridge_memory,
                                      .forward = bridge_forward,
                                      .backward = bridge_backward,
                                      .release = bridge_release};
