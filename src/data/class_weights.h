/* How much a target of each class counts in the loss of training. */
#ifndef RD_CLASS_WEIGHTS_H
#define RD_CLASS_WEIGHTS_H

#include "base/real.h"
#include "data/dataset.h"
#include "options/options.h"

/* What --class-weights says, [classes of y], freed by the caller with rd_free; NULL when it says nothing.
 * `balanced`: n / (K n_k), with n targets, K classes that occur and n_k targets of class k; a class that does not occur
 * weighs 0. A file: `label TAB weight` lines, classes it does not name weigh 1. Targets must be labels. */
rondo_status rd_class_weights(const rondo_data *data, const rondo_options *options, rd_real **weight, rondo_error *error);

#endif
