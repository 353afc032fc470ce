/* A model in a bundle: parameters under PyTorch's names where the function is the same, options, node list, vocabularies,
 * task (interop.md section 7). The same functions serve the model file and the checkpoint. */
#ifndef RD_MODEL_FILE_H
#define RD_MODEL_FILE_H

#include "formats/bundle.h"
#include "model/model.h"

/* Lends the model's parameters (of `params`, normally model->params) and copies its texts into the bundle. */
rondo_status rd_model_to_bundle(const rondo_model *model, const rd_real *params, rd_bundle *bundle, rondo_error *error);
/* Builds a model from the bundle's texts and fills it; refuses missing, superfluous or misshapen tensors by name. */
rondo_status rd_model_from_bundle(rondo_device *device, const rd_bundle *bundle, const char *path, rondo_model **model,
                                  rondo_error *error);
/* Copies tensors named `prefix` + name into the flat array `numbers`, whole or not at all. */
rondo_status rd_bundle_params(const rd_bundle *bundle, const char *path, const rondo_model *model, const char *prefix,
                              rd_real *numbers, rondo_error *error);
/* Writes the bundle to path by the safe save. */
rondo_status rd_bundle_save(const rd_bundle *bundle, const char *path, int replace, rondo_error *error);

#endif
