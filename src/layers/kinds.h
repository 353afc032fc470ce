/* The rows of the registry, one for each kind of layer; layers.c lists them. */
#ifndef RD_KINDS_H
#define RD_KINDS_H

#include "layers/layer.h"

extern const rd_layer_ops rd_layer_embedding, rd_layer_dense, rd_layer_dropout, rd_layer_noise,
    rd_layer_concat, rd_layer_add, rd_layer_last, rd_layer_mean, rd_layer_max, rd_layer_middle, rd_layer_expand, rd_layer_scale,
    rd_layer_unscale;
extern const rd_layer_ops rd_layer_rnn, rd_layer_gru, rd_layer_gru_simple, rd_layer_lstm;
extern const rd_layer_ops rd_layer_attention, rd_layer_decoder, rd_layer_bridge;
extern const rd_layer_ops rd_layer_mingru, rd_layer_minlstm, rd_layer_jordan;

#endif
