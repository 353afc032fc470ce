/* A row a sequence out of a row a step: the last state, the one in the middle, the mean, or the maximum of
 * each number. */
#include "layers/kinds.h"

#include "base/size.h"

#include <stdint.h>
#include <string.h>

static rondo_status pool_build(rd_layer *layer, rd_node *node, rondo_error *error)
{
    if (layer->in[0].per_sequence || layer->in[0].symbols)
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "model text:%zu: %s \"%s\" needs numbers with a row a step; \"%s\" has %s",
                       layer->line, node->kind, layer->name, node->input[0],
                       layer->in[0].symbols ? "symbols" : "a row a sequence");
    layer->out = layer->in[0];
    layer->out.final = 0;
    layer->out.per_sequence = !layer->in[0].inside;
    if (layer->in[0].inside) { /* its sequences are the rows of the part around it, in their order */
        layer->out.part = layer->in[0].inside - 1;
        layer->out.inside = 0;
    }
    layer->forgets_inputs = layer->forgets_output = 1;
    layer->reads_final = layer->ops == &rd_layer_last;
    return RONDO_OK;
}

static const rondo_pack *pack_of(const rd_layer *layer, const rd_call *call)
{
    return call->packs[layer->in[0].part];
}
static rd_real *row_of(rd_real *data, const rd_value *value, size_t row)
{
    return data + row * value->stride;
}

/* ---- last: the final state of a recurrent layer (so a reverse one gives its state at the sequence's start,
 * and an empty sequence its initial state); of any other value the last row, 0 for an empty sequence
 * ----------------- */

static void last_forward(const rd_layer *layer, const rd_call *call)
{
    const rondo_pack *pack = pack_of(layer, call);
    const rd_value *in = call->in[0], *out = call->out;
    size_t size = layer->out.width * sizeof *out->data;
    for (size_t p = 0; p < pack->sequences; p++) {
        rd_real *to = row_of(out->data, out, pack->order[p]);
        size_t row = rd_pack_last_row(pack, p);
        if (layer->in[0].final)
            memcpy(to, in->final + pack->order[p] * in->final_stride, size);
        else if (row != SIZE_MAX)
            memcpy(to, row_of(in->data, in, row), size);
        else
            memset(to, 0, size);
    }
}

static void last_backward(const rd_layer *layer, const rd_call *call)
{
    const rondo_pack *pack = pack_of(layer, call);
    const rd_value *in = call->in[0], *out = call->out;
    for (size_t p = 0; p < pack->sequences; p++) {
        size_t row = rd_pack_last_row(pack, p), i = pack->order[p];
        rd_real *to = layer->in[0].final            ? in->d_final + i * in->final_stride
                      : in->grad && row != SIZE_MAX ? row_of(in->grad, in, row)
                                                    : NULL;
        if (to) call->device->kernels.axpy(layer->out.width, 1, row_of(out->grad, out, i), to);
    }
}

const rd_layer_ops rd_layer_last = {.kind = "last",
                                    .help = "the state of a sequence after its last step",
                                    .min_inputs = 1,
                                    .max_inputs = 1,
                                    .build = pool_build,
                                    .forward = last_forward,
                                    .backward = last_backward};

/* ---- middle: the row of step floor(T/2), counted from 0; 0 for an empty sequence. Of both directions it has
 * seen what lies on either side of the place around which a window was cut. */

static size_t middle_row(const rondo_pack *pack, size_t p)
{
    return pack->offset[pack->length[pack->order[p]] / 2] + p;
}

static void middle_forward(const rd_layer *layer, const rd_call *call)
{
    const rondo_pack *pack = pack_of(layer, call);
    const rd_value *in = call->in[0], *out = call->out;
    const size_t size = layer->out.width * sizeof *out->data;
    for (size_t p = 0; p < pack->sequences; p++) {
        rd_real *to = row_of(out->data, out, pack->order[p]);
        if (pack->length[pack->order[p]] > 0)
            memcpy(to, row_of(in->data, in, middle_row(pack, p)), size);
        else
            memset(to, 0, size);
    }
}

static void middle_backward(const rd_layer *layer, const rd_call *call)
{
    const rondo_pack *pack = pack_of(layer, call);
    const rd_value *in = call->in[0], *out = call->out;
    for (size_t p = 0; in->grad && p < pack->sequences; p++)
        if (pack->length[pack->order[p]] > 0)
            call->device->kernels.axpy(layer->out.width, 1, row_of(out->grad, out, pack->order[p]),
                                       row_of(in->grad, in, middle_row(pack, p)));
}

const rd_layer_ops rd_layer_middle = {.kind = "middle",
                                      .help = "the state in the middle of a sequence",
                                      .min_inputs = 1,
                                      .max_inputs = 1,
                                      .build = pool_build,
                                      .forward = middle_forward,
                                      .backward = middle_backward};

/* ---- mean: 0 for an empty sequence ----------------------------------------------------------------------
 */

static void mean_forward(const rd_layer *layer, const rd_call *call)
{
    const rondo_pack *pack = pack_of(layer, call);
    const rd_value *in = call->in[0], *out = call->out;
    for (size_t i = 0; i < pack->sequences; i++)
        memset(row_of(out->data, out, i), 0, layer->out.width * sizeof *out->data);
    for (size_t t = 0; t < pack->steps; t++)
        for (size_t p = 0; p < pack->count[t]; p++)
            call->device->kernels.axpy(layer->out.width, 1, row_of(in->data, in, pack->offset[t] + p),
                                       row_of(out->data, out, pack->order[p]));
    for (size_t i = 0; i < pack->sequences; i++)
        if (pack->length[i] > 0)
            call->device->kernels.scale(layer->out.width, 1 / (rd_real)pack->length[i],
                                        row_of(out->data, out, i));
}

static void mean_backward(const rd_layer *layer, const rd_call *call)
{
    const rondo_pack *pack = pack_of(layer, call);
    const rd_value *in = call->in[0], *out = call->out;
    for (size_t t = 0; in->grad && t < pack->steps; t++)
        for (size_t p = 0; p < pack->count[t]; p++)
            call->device->kernels.axpy(layer->out.width, 1 / (rd_real)pack->length[pack->order[p]],
                                       row_of(out->grad, out, pack->order[p]),
                                       row_of(in->grad, in, pack->offset[t] + p));
}

const rd_layer_ops rd_layer_mean = {.kind = "mean",
                                    .help = "the mean over the steps of a sequence",
                                    .min_inputs = 1,
                                    .max_inputs = 1,
                                    .build = pool_build,
                                    .forward = mean_forward,
                                    .backward = mean_backward};

/* ---- max: ties to the earliest step, 0 for an empty sequence; the row that won is kept for the way back --
 */

static rondo_status max_memory(const rd_layer *layer, const rondo_device *device,
                               const rd_limits_of_call *limits, size_t *bytes, rondo_error *error)
{
    (void)device;
    if (limits->steps <= UINT32_MAX && rd_mul(limits->sequences, layer->out.width, bytes) &&
        rd_mul(*bytes, sizeof(rd_real), bytes))
        return RONDO_OK;
    return rd_fail(error, RONDO_LIMIT, "the winners of \"%s\" for %zu sequences of %zu steps are too many",
                   layer->name, limits->sequences, limits->steps);
}

/* The step that won, as an integer in the place of a number. */
static rd_real mark_of(size_t step)
{
    rd_real mark = 0;
    const uint32_t bits = (uint32_t)step;
    memcpy(&mark, &bits, sizeof bits);
    return mark;
}

static size_t step_of(rd_real mark)
{
    uint32_t bits;
    memcpy(&bits, &mark, sizeof bits);
    return bits;
}

static void max_forward(const rd_layer *layer, const rd_call *call)
{
    const rondo_pack *pack = pack_of(layer, call);
    const rd_value *in = call->in[0], *out = call->out;
    const size_t width = layer->out.width;
    rd_real *winner = (rd_real *)(void *)call->memory; /* [sequences][width] */
    memset(winner, 0, pack->sequences * width * sizeof *winner);
    for (size_t p = 0; p < pack->sequences; p++) {
        rd_real *best = row_of(out->data, out, pack->order[p]);
        if (pack->length[pack->order[p]] > 0)
            memcpy(best, row_of(in->data, in, p), width * sizeof *best); /* step 0 is rows 0 ... */
        else
            memset(best, 0, width * sizeof *best);
    }
    for (size_t t = 1; t < pack->steps; t++)
        for (size_t p = 0; p < pack->count[t]; p++)
            call->device->kernels.maximum(width, row_of(in->data, in, pack->offset[t] + p), mark_of(t),
                                          row_of(out->data, out, pack->order[p]),
                                          winner + pack->order[p] * width);
}

static void max_backward(const rd_layer *layer, const rd_call *call)
{
    const rondo_pack *pack = pack_of(layer, call);
    const rd_value *in = call->in[0], *out = call->out;
    const rd_real *winner = (const rd_real *)(const void *)call->memory;
    const size_t width = layer->out.width;
    for (size_t p = 0; in->grad && p < pack->sequences; p++) {
        const size_t i = pack->order[p];
        for (size_t j = 0; pack->length[i] > 0 && j < width; j++)
            row_of(in->grad, in, pack->offset[step_of(winner[i * width + j])] + p)[j] +=
                row_of(out->grad, out, i)[j];
    }
}

const rd_layer_ops rd_layer_max = {.kind = "max",
                                   .help = "the largest value of each number over the steps of a sequence",
                                   .min_inputs = 1,
                                   .max_inputs = 1,
                                   .build = pool_build,
                                   .memory = max_memory,
                                   .forward = max_forward,
                                   .backward = max_backward};
