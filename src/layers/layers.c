/* The registry of layers, and the few lines that every layer shares. */
#include "layers/kinds.h"

#include "base/size.h"
#include "base/text.h"

#include <string.h>

const rd_layer_ops *const rd_layers[] = {
    &rd_layer_rnn,    &rd_layer_gru,     &rd_layer_gru_simple, &rd_layer_lstm,
    &rd_layer_mingru, &rd_layer_minlstm, &rd_layer_jordan,     &rd_layer_embedding,
    &rd_layer_dense,  &rd_layer_dropout, &rd_layer_noise,      &rd_layer_concat,
    &rd_layer_add,    &rd_layer_last,    &rd_layer_mean,       &rd_layer_max,
    &rd_layer_middle, &rd_layer_expand,  &rd_layer_attention,  &rd_layer_decoder,
    &rd_layer_bridge, &rd_layer_scale,   &rd_layer_unscale,    NULL};

size_t rd_layer_param(rd_layer *layer, const char *name, size_t rows, size_t columns, rd_init init,
                      size_t blocks)
{
    rd_assert(layer->params < RD_MAX_LAYER_PARAMS);
    rd_param *param = &layer->param[layer->params];
    *param = (rd_param){.rows = rows, .columns = columns, .init = init, .blocks = blocks, .forget_gate = -1};
    memcpy(param->name, name, rd_size_min(strlen(name), RD_NAME - 1));
    return layer->params++;
}

const rd_real *rd_param_value(const rd_layer *layer, const rd_call *call, size_t param)
{
    return call->params + layer->param[param].offset;
}

rd_real *rd_param_grad(const rd_layer *layer, const rd_call *call, size_t param)
{
    return call->grads ? call->grads + layer->param[param].offset : NULL;
}

size_t rd_layer_carries(const rd_layer *layer)
{
    return layer->in[0].inside ? 0 : layer->state_width;
}

size_t rd_shape_rows(const rd_shape *shape, const rd_call *call)
{
    return shape->per_sequence ? call->sequences : call->packs[shape->part]->rows;
}

rd_key rd_call_key(const rd_layer *layer, const rd_call *call, rd_stream_kind kind, uint64_t sub)
{
    return rd_key_of(call->seed, kind, call->step, (uint64_t)(layer->index + 1) << 48 | sub);
}
