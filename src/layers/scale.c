/* Units of the data outside, numbers of order one inside: scale on the way in, unscale on the way out. Their vectors
 * are parameters that no gradient moves, so that they are saved, loaded and exported as any other. */
#include "layers/scale.h"

#include "base/numeric.h"
#include "base/size.h"
#include "layers/kinds.h"

#include <string.h>

enum { LONGEST_SEASON = 1000000 };

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

/* ---- scale: (x − shift) ∘ factor; the first `relative` columns less those of another row instead of the shift ------ */

static rondo_status scale_build(rd_layer *layer, rd_node *node, rondo_error *error)
{
    rd_scale_layer *s;
    const rd_shape *in = &layer->in[0];
    if (in->symbols || in->per_sequence) return refuse(layer, node, "needs numbers with a row a step", error);
    RD_TRY(rd_alloc(1, sizeof *s, "a scaling layer", &s, error));
    layer->own = s;
    RD_TRY(rd_setting_size(node, "relative", 0, 0, in->width, &s->relative, error));
    RD_TRY(rd_setting_size(node, "season", 0, 0, LONGEST_SEASON, &s->season, error));
    RD_TRY(rd_setting_size(node, "log", 0, 0, in->width, &s->logs, error));
    frozen(layer, "shift", in->width, RD_INIT_ZERO);
    frozen(layer, "factor", in->width, RD_INIT_ONE);
    layer->out = *in;
    layer->out.final = 0;
    layer->streams = s->relative == 0;
    layer->forgets_inputs = s->logs == 0;
    layer->forgets_output = 1;
    return RONDO_OK;
}

/* The row that the one at step t is a distance from; itself where the sequence does not reach back so far. */
static size_t origin_of(const rd_scale_layer *s, const rondo_pack *pack, size_t t, size_t p)
{
    if (s->season == 0) return rd_pack_last_row(pack, p);
    return pack->offset[t >= s->season ? t - s->season : t] + p;
}

static rd_real level(const rd_scale_layer *s, const rd_real *row, size_t j)
{
    return j < s->logs ? (rd_real)rd_log64((double)row[j]) : row[j];
}

static void scale_forward(const rd_layer *layer, const rd_call *call)
{
    const rd_value *in = call->in[0], *out = call->out;
    const rondo_pack *pack = call->packs[layer->in[0].part];
    const rd_real *shift = vector(layer, call, RD_SCALE_SHIFT), *factor = vector(layer, call, RD_SCALE_FACTOR);
    const rd_scale_layer *s = layer->own;
    for (size_t t = 0; t < pack->steps; t++)
        for (size_t p = 0; p < pack->count[t]; p++) {
            const rd_real *x = in->data + (pack->offset[t] + p) * in->stride;
            const rd_real *origin = in->data + origin_of(s, pack, t, p) * in->stride;
            rd_real *y = out->data + (pack->offset[t] + p) * out->stride;
            for (size_t j = 0; j < layer->out.width; j++)
                y[j] = (level(s, x, j) - (j < s->relative ? level(s, origin, j) : shift[j])) * factor[j];
        }
}

static void scale_backward(const rd_layer *layer, const rd_call *call)
{
    const rd_value *in = call->in[0], *out = call->out;
    const rondo_pack *pack = call->packs[layer->in[0].part];
    const rd_real *factor = vector(layer, call, RD_SCALE_FACTOR);
    const rd_scale_layer *s = layer->own;
    for (size_t t = 0; in->grad && t < pack->steps; t++)
        for (size_t p = 0; p < pack->count[t]; p++) {
            const size_t row = (pack->offset[t] + p) * in->stride, origin = origin_of(s, pack, t, p) * in->stride;
            const rd_real *d_y = out->grad + (pack->offset[t] + p) * out->stride;
            for (size_t j = 0; j < layer->out.width; j++) {
                const rd_real d = d_y[j] * factor[j];
                in->grad[row + j] += j < s->logs ? d / in->data[row + j] : d;
                if (j < s->relative) in->grad[origin + j] -= j < s->logs ? d / in->data[origin + j] : d;
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

/* ---- unscale: shift + factor ∘ z, and, with a second input, rows of its last season added to the steps of the horizon;
 * as logarithms: those rows times the exponential of it --------------------------------------------------------- */

static rondo_status judge_unscale(const rd_layer *layer, const rd_node *node, rondo_error *error)
{
    const rd_unscale_layer *u = layer->own;
    const rd_shape *in = layer->in;
    if (in->symbols || !in->per_sequence) return refuse(layer, node, "needs numbers with a row a sequence", error);
    if (in->width % (u->targets * u->each) != 0)
        return refuse(layer, node, "needs as many numbers for each step of the horizon", error);
    if (layer->inputs == 2 && (in[1].symbols || in[1].per_sequence || in[1].width < u->targets))
        return refuse(layer, node, "takes the last row of numbers with a row a step, as many as targets or more", error);
    if (u->log && u->means < u->each) return refuse(layer, node, "has no logarithms of variances", error);
    return RONDO_OK;
}

static rondo_status unscale_build(rd_layer *layer, rd_node *node, rondo_error *error)
{
    rd_unscale_layer *u;
    const size_t width = layer->in[0].width;
    RD_TRY(rd_alloc(1, sizeof *u, "a scaling layer", &u, error));
    layer->own = u;
    RD_TRY(rd_setting_size(node, "targets", 1, 1, width, &u->targets, error));
    RD_TRY(rd_setting_size(node, "each", 1, 1, width, &u->each, error));
    RD_TRY(rd_setting_size(node, "means", u->each, 1, u->each, &u->means, error));
    RD_TRY(rd_setting_size(node, "season", 1, 1, LONGEST_SEASON, &u->season, error));
    RD_TRY(rd_setting_flag(node, "log", 0, &u->log, error));
    RD_TRY(judge_unscale(layer, node, error));
    frozen(layer, "shift", width, RD_INIT_ZERO);
    frozen(layer, "factor", width, RD_INIT_ONE);
    frozen(layer, "deviation", u->targets, RD_INIT_ONE);
    frozen(layer, "naive", u->targets, RD_INIT_ONE);
    if (u->log) frozen(layer, "unit", width, RD_INIT_ONE);
    layer->units = 1 + (u->log ? RD_UNSCALE_UNIT : RD_SCALE_FACTOR);
    layer->out = layer->in[0];
    layer->out.final = 0;
    layer->forgets_inputs = layer->forgets_output = !u->log;
    return RONDO_OK;
}

/* Where in the second input the number stands that output j of the sequence at place p goes on from; SIZE_MAX: nowhere. */
static size_t base_of(const rd_layer *layer, const rd_call *call, size_t p, size_t j)
{
    const rd_unscale_layer *u = layer->own;
    if (layer->inputs < 2 || j % u->each >= u->means) return SIZE_MAX;
    const rondo_pack *pack = call->packs[layer->in[1].part];
    const size_t length = pack->length[pack->order[p]], step = j / u->each / u->targets;
    const size_t back = rd_unscale_lag(u->season, step) - step;
    if (back > length) return SIZE_MAX;
    return (pack->offset[length - back] + p) * call->in[1]->stride + j / u->each % u->targets;
}

static const rondo_pack *sequences_of(const rd_layer *layer, const rd_call *call)
{
    return call->packs[layer->inputs == 2 ? layer->in[1].part : layer->out.part];
}

static void unscale_forward(const rd_layer *layer, const rd_call *call)
{
    const rd_value *in = call->in[0], *out = call->out;
    const rondo_pack *pack = sequences_of(layer, call);
    const rd_real *shift = vector(layer, call, RD_SCALE_SHIFT), *factor = vector(layer, call, RD_SCALE_FACTOR);
    const int log = ((const rd_unscale_layer *)layer->own)->log;
    for (size_t p = 0; p < pack->sequences; p++) {
        const rd_real *z = in->data + pack->order[p] * in->stride;
        rd_real *y = out->data + pack->order[p] * out->stride;
        for (size_t j = 0; j < layer->out.width; j++) {
            const size_t at = base_of(layer, call, p, j);
            const rd_real moved = shift[j] + factor[j] * z[j];
            if (log)
                y[j] = (rd_real)rd_exp64((double)moved) * (at != SIZE_MAX ? call->in[1]->data[at] : 1);
            else
                y[j] = moved + (at != SIZE_MAX ? call->in[1]->data[at] : 0);
        }
    }
}

static void unscale_backward(const rd_layer *layer, const rd_call *call)
{
    const rd_value *in = call->in[0], *out = call->out, *base = layer->inputs == 2 ? call->in[1] : NULL;
    const rondo_pack *pack = sequences_of(layer, call);
    const rd_real *factor = vector(layer, call, RD_SCALE_FACTOR);
    const int log = ((const rd_unscale_layer *)layer->own)->log;
    for (size_t p = 0; p < pack->sequences; p++) {
        const size_t i = pack->order[p];
        const rd_real *d_y = out->grad + i * out->stride, *y = out->data + i * out->stride;
        for (size_t j = 0; j < layer->out.width; j++) {
            const size_t at = base_of(layer, call, p, j);
            const rd_real d = log ? d_y[j] * y[j] : d_y[j];
            if (in->grad) in->grad[i * in->stride + j] += factor[j] * d;
            if (at != SIZE_MAX && base->grad) base->grad[at] += log ? d / base->data[at] : d;
        }
    }
}

const rd_layer_ops rd_layer_unscale = {.kind = "unscale",
                                       .help = "outputs in the units of the data again, from the last values on if wanted",
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
