/* Rounds the matrices of a model to bf16, or row by row to int8. Rounding twice changes nothing
 * (base/narrow.h). */
#include "model/narrow.h"

#include "base/narrow.h"
#include "base/text.h"

const char *const rd_weights_names[RD_WEIGHT_KINDS] = {"f32", "bf16", "int8"};

int rd_weights_find(const char *name, rd_weights *weights)
{
    for (int i = 0; i < RD_WEIGHT_KINDS; i++)
        if (rd_equal(name, rd_weights_names[i])) {
            *weights = (rd_weights)i;
            return 1;
        }
    return 0;
}

int rd_param_is_matrix(const rd_param *param)
{
    return param->columns > 0 && (param->init == RD_INIT_INPUT || param->init == RD_INIT_RECURRENT ||
                                  param->init == RD_INIT_EMBEDDING);
}

rondo_status rd_model_can_learn(const rondo_model *model, const char *function, rondo_error *error)
{
    if (model->weights == RD_WEIGHTS_F32) return RONDO_OK;
    rd_fail(error, RONDO_BAD_ARGUMENT, "%s: the weights of the model are %s, which cannot be trained",
            function, rd_weights_names[model->weights]);
    rd_hint(error, "train the model that rondo quantize was given");
    return RONDO_BAD_ARGUMENT;
}

/* Vectors stay f32 whatever the matrices are. */
static int has_matrices(const rd_layer *layer)
{
    for (size_t p = 0; p < layer->params; p++)
        if (rd_param_is_matrix(&layer->param[p])) return 1;
    return 0;
}

rondo_status rd_model_can_narrow(const rondo_model *model, rd_weights weights, rondo_error *error)
{
    if (!model->device->kernels.stream.product[weights])
        return rd_fail(error, RONDO_BAD_ARGUMENT, "%s weights are not for the double core",
                       rd_weights_names[weights]);
    for (size_t i = 0; i < model->layers; i++) {
        const rd_layer *layer = &model->layer[i];
        if (has_matrices(layer) && !layer->ops->step)
            return rd_fail(error, RONDO_BAD_ARGUMENT, "layer \"%s\" (%s) cannot have %s weights", layer->name,
                           layer->ops->kind, rd_weights_names[weights]);
        for (size_t p = 0; p < layer->params && weights == RD_WEIGHTS_INT8; p++)
            if (rd_param_is_matrix(&layer->param[p]) && !layer->in[0].symbols &&
                layer->param[p].columns > RD_INT8_DEPTH)
                return rd_fail(
                    error, RONDO_BAD_ARGUMENT,
                    "layer \"%s\" (%s) cannot have int8 weights: \"%s\" has %zu columns (at most %d)",
                    layer->name, layer->ops->kind, layer->param[p].name, layer->param[p].columns,
                    (int)RD_INT8_DEPTH);
    }
    return RONDO_OK;
}

static void round_row(rd_weights weights, size_t n, rd_real *row)
{
    const rd_real scale = rd_int8_scale(n, row);
    for (size_t k = 0; k < n; k++)
        row[k] = weights == RD_WEIGHTS_INT8 ? rd_int8_of(row[k], scale) * scale
                                            : rd_bf16_value(rd_bf16_of(row[k]));
}

static rondo_status check_numbers(const rondo_model *model, rondo_error *error)
{
    const rd_real most = RD_C(3.38e38); /* above it bf16 is infinite */
    for (size_t i = 0; i < model->numbers; i++)
        if (!(model->params[i] <= most && model->params[i] >= -most))
            return rd_fail(error, RONDO_NUMBERS, "the model holds a number that is not finite, or too large");
    return RONDO_OK;
}

rondo_status rondo_quantize(rondo_model *model, const char *weights, rondo_error *error)
{
    rd_weights kind;
    if (!model || !weights)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_quantize: %s is missing",
                       model ? "weights" : "model");
    if (!rd_weights_find(weights, &kind))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "weights: expected f32, bf16 or int8, found %s",
                       rd_quote(weights).text);
    if (model->weights == kind) return RONDO_OK;
    if (model->weights != RD_WEIGHTS_F32)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "the weights of the model are %s and cannot become %s",
                       rd_weights_names[model->weights], weights);
    RD_TRY(rd_model_can_narrow(model, kind, error));
    RD_TRY(check_numbers(model, error));
    for (size_t i = 0; i < model->layers; i++)
        for (size_t p = 0; p < model->layer[i].params; p++) {
            const rd_param *param = &model->layer[i].param[p];
            for (size_t row = 0; !param->shared && rd_param_is_matrix(param) && row < param->rows; row++)
                round_row(kind, param->columns, model->params + param->offset + row * param->columns);
        }
    model->weights = kind;
    rondo_model_changed(model);
    return RONDO_OK;
}

const char *rondo_model_weights(const rondo_model *model)
{
    return model ? rd_weights_names[model->weights] : "";
}
