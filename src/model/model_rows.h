/* Embeddings that read the batch itself: their gradients are lists of rows. */
#ifndef RD_MODEL_ROWS_H
#define RD_MODEL_ROWS_H

#include "model/model.h"

rondo_status rd_rows_make(rondo_model *model, rondo_error *error);
void rd_rows_free(rondo_model *model);

#endif
