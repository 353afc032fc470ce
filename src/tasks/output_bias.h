/* The bias of a softmax that begins with what targets are like on the whole: then the network has only to learn what
 * moves them, and its first steps do not drive units to their limits for the sake of common symbols. */
#ifndef RD_OUTPUT_BIAS_H
#define RD_OUTPUT_BIAS_H

#include "data/dataset.h"
#include "model/model.h"

/* With --output-bias frequency: bias[k] = log((n_k + 1) / (n + K)) for n targets, n_k of them of class k, K classes, in
 * the layer that feeds a softmax loss on y. Without such a layer nothing changes. */
rondo_status rd_output_bias(rondo_model *model, const rondo_data *data, rondo_error *error);

#endif
