/* Narrow weights: the matrices of a model as bf16 or int8. The parameters stay f32 and hold exactly the
 * numbers that the narrow ones stand for, so forward, files and the panels of single steps all start from the
 * same values. */
#ifndef RD_NARROW_MODEL_H
#define RD_NARROW_MODEL_H

#include "model/model.h"

extern const char *const rd_weights_names[RD_WEIGHT_KINDS]; /* "f32", "bf16", "int8" */
/* 1 and *weights when there is such a kind, else 0. */
int rd_weights_find(const char *name, rd_weights *weights);
/* 1 for the matrices, which become narrow; biases, gains, peepholes and initial states stay f32. */
int rd_param_is_matrix(const rd_param *param);
/* RONDO_BAD_ARGUMENT names the first layer that cannot have such weights. */
rondo_status rd_model_can_narrow(const rondo_model *model, rd_weights weights, rondo_error *error);
/* "FUNCTION: the weights are int8 …" when the model cannot learn. */
rondo_status rd_model_can_learn(const rondo_model *model, const char *function, rondo_error *error);

#endif
