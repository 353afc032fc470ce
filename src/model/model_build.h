/* Nodes to layers and losses. */
#ifndef RD_MODEL_BUILD_H
#define RD_MODEL_BUILD_H

#include "model/frame.h"

/* Fills layers, losses, states and offsets of a model whose device, options and parts are set; the model is
 * freed with rondo_model_free whether or not this worked. */
rondo_status rd_model_build(rondo_model *model, rd_node *nodes, size_t count, rondo_error *error);

/* The settings of a loss: those that its line gives, the others from the options. */
rondo_status rd_loss_settings_of(const rondo_options *options, const rd_loss_info *info, rd_node *node,
                                 rd_loss_settings *settings, rondo_error *error);

#endif
