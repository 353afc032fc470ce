/* Units of the data outside, numbers of order one inside: scale on the way in, unscale on the way out. Their vectors
 * are parameters that no gradient moves, so that they are saved, loaded and exported as any other. */
#include "layers/scale.h"

#include "base/size.h"
#include "layers/kinds.h"

#include <string.h>

static rondo_status refuse(const rd_layer *layer, const rd_node *node, const char *why, rondo_error *error)
{
    return rd_fail(error, RONDO_BAD_ARGUMENT, "model text:%zu: %s \"%s\" %s", layer->line, node->kind, layer->name, why);
}

static void frozen(rd_layer *layer, const char *name, size_t rows, rd_init init)
{
    layer->param[rd_layer_param(layer, name, rows, 0, init, 1)].frozen = 1;
}

static void release(rd_layer *layer)
{
    rd_free(layer->own);
}

static const rd_real *vector(const rd_layer *layer, const rd_call *call, size_t param)
{
    return rd_param_value(layer, call, param);
}

/* ---- scale: (x − shift) ∘ factor; the first `relative` columns less their last value instead of the shift --------- */

static rondo_status scale_build(rd_layer *layer, rd_node *node, rondo_error *error)
{
    rd_scale_layer *s;
    const rd_shape *in = &layer->in[0];
    if (in->symbols || in->per_sequence) return refuse(layer, node, "needs numbers with a row a step", error);
    RD_TRY(rd_alloc(1, sizeof *s, "a scaling layer", &s, error));
    layer->own = s;
    RD_TRY(rd_setting_size(node, "relative", 0, 0, in->width, &s->relative, error));
    frozen(layer, "shift", in->width, RD_INIT_ZERO);
    frozen(layer, "factor", in->width, RD_INIT_ONE);
    layer->out = *in;
    layer->out.final = 0;
    layer->streams = s->relative == 0;
    layer->forgets_inputs = layer->forgets_output = 1;
    return RONDO_OK;
}

static void scale_forward(const rd_layer *layer, const rd_call *call)
{
    const rd_value *in = call->in[0], *out = call->out;
    const rondo_pack *pack = call->packs[layer->in[0].part];
    const rd_real *shift = vector(layer, call, RD_SCALE_SHIFT), *factor = vector(layer, call, RD_SCALE_FACTOR);
    const size_t width = layer->out.width, relative = ((const rd_scale_layer *)layer->own)->relative;
    for (size_t t = 0; t < pack->steps; t++)
        for (size_t p = 0; p < pack->count[t]; p++) {
            const rd_real *x = in->data + (pack->offset[t] + p) * in->stride;
            const rd_real *last = in->data + rd_pack_last_row(pack, p) * in->stride;
            rd_real *y = out->data + (pack->offset[t] + p) * out->stride;
            for (size_t j = 0; j < width; j++)
                y[j] = (x[j] - (j < relative ? last[j] : shift[j])) * factor[j];
        }
}

static void scale_backward(const rd_layer *layer, const rd_call *call)
{
    const rd_value *in = call->in[0], *out = call->out;
    const rondo_pack *pack = call->packs[layer->in[0].part];
    const rd_real *factor = vector(layer, call, RD_SCALE_FACTOR);
    const size_t width = layer->out.width, relative = ((const rd_scale_layer *)layer->own)->relative;
    for (size_t t = 0; in->grad && t < pack->steps; t++)
        for (size_t p = 0; p < pack->count[t]; p++) {
            const rd_real *d_y = out->grad + (pack->offset[t] + p) * out->stride;
            rd_real *d_x = in->grad + (pack->offset[t] + p) * in->stride;
            rd_real *d_last = in->grad + rd_pack_last_row(pack, p) * in->stride;
            for (size_t j = 0; j < width; j++) {
                d_x[j] += d_y[j] * factor[j];
                if (j < relative) d_last[j] -= d_y[j] * factor[j];
            }
        }
}

const rd_layer_ops rd_layer_scale = {.kind = "scale",
                                     .help = "numbers less their mean, by their deviation: frozen, of the training data",
                                     .min_inputs = 1,
                                     .max_inputs = 1,
                                     .build = scale_build,
                                     .forward = scale_forward,
                                     .backward = scale_backward,
                                     .release = release};

int rd_layer_is_scale(const rd_layer *layer)
{
    return layer->ops == &rd_layer_scale;
}

/* ---- unscale: shift + factor ∘ z, and, with a second input, its last row added to every step of the horizon ------- */

static rondo_status unscale_build(rd_layer *layer, rd_node *node, rondo_error *error)
{
    rd_unscale_layer *u;
    const rd_shape *in = layer->in;
    RD_TRY(rd_alloc(1, sizeof *u, "a scaling layer", &u, error));
    layer->own = u;
    RD_TRY(rd_setting_size(node, "targets", 1, 1, in->width, &u->targets, error));
    RD_TRY(rd_setting_size(node, "each", 1, 1, in->width, &u->each, error));
    RD_TRY(rd_setting_size(node, "means", u->each, 1, u->each, &u->means, error));
    if (in->symbols || !in->per_sequence) return refuse(layer, node, "needs numbers with a row a sequence", error);
    if (in->width % (u->targets * u->each) != 0)
        return refuse(layer, node, "needs as many numbers for each step of the horizon", error);
    if (layer->inputs == 2 && (in[1].symbols || in[1].per_sequence || in[1].width < u->targets))
        return refuse(layer, node, "takes the last row of numbers with a row a step, as many as targets or more", error);
    frozen(layer, "shift", in->width, RD_INIT_ZERO);
    frozen(layer, "factor", in->width, RD_INIT_ONE);
    frozen(layer, "deviation", u->targets, RD_INIT_ONE);
    frozen(layer, "naive", u->targets, RD_INIT_ONE);
    layer->units = 1 + RD_SCALE_FACTOR;
    layer->out = in[0];
    layer->out.final = 0;
    layer->forgets_inputs = layer->forgets_output = 1;
    return RONDO_OK;
}

/* The number of a row of the second input that output j continues; SIZE_MAX: none. */
static size_t base_of(const rd_layer *layer, size_t j)
{
    const rd_unscale_layer *u = layer->own;
    return layer->inputs == 2 && j % u->each < u->means ? j / u->each % u->targets : SIZE_MAX;
}

static void unscale_forward(const rd_layer *layer, const rd_call *call)
{
    const rd_value *in = call->in[0], *out = call->out, *base = layer->inputs == 2 ? call->in[1] : NULL;
    const rondo_pack *pack = call->packs[layer->inputs == 2 ? layer->in[1].part : layer->out.part];
    const rd_real *shift = vector(layer, call, RD_SCALE_SHIFT), *factor = vector(layer, call, RD_SCALE_FACTOR);
    for (size_t p = 0; p < pack->sequences; p++) {
        const size_t row = rd_pack_last_row(pack, p), i = pack->order[p];
        const rd_real *z = in->data + i * in->stride;
        rd_real *y = out->data + i * out->stride;
        for (size_t j = 0; j < layer->out.width; j++) {
            const size_t k = base_of(layer, j);
            y[j] = shift[j] + factor[j] * z[j];
            if (k != SIZE_MAX && row != SIZE_MAX) y[j] += base->data[row * base->stride + k];
        }
    }
}

static void unscale_backward(const rd_layer *layer, const rd_call *call)
{
    const rd_value *in = call->in[0], *out = call->out, *base = layer->inputs == 2 ? call->in[1] : NULL;
    const rondo_pack *pack = call->packs[layer->inputs == 2 ? layer->in[1].part : layer->out.part];
    const rd_real *factor = vector(layer, call, RD_SCALE_FACTOR);
    for (size_t p = 0; p < pack->sequences; p++) {
        const size_t row = rd_pack_last_row(pack, p), i = pack->order[p];
        const rd_real *d_y = out->grad + i * out->stride;
        for (size_t j = 0; j < layer->out.width; j++) {
            const size_t k = base_of(layer, j);
            if (in->grad) in->grad[i * in->stride + j] += factor[j] * d_y[j];
            if (k != SIZE_MAX && row != SIZE_MAX && base->grad) base->grad[row * base->stride + k] += d_y[j];
        }
    }
}

const rd_layer_ops rd_layer_unscale = {.kind = "unscale",
                                       .help = "outputs in the units of the data again, from the last value on if wanted",
                                       .min_inputs = 1,
                                       .max_inputs = 2,
                                       .build = unscale_build,
                                       .forward = unscale_forward,
                                       .backward = unscale_backward,
                                       .release = release};

int rd_layer_is_unscale(const rd_layer *layer)
{
    return layer->ops == &rd_layer_unscale;
}
