/* What a model is, in words and numbers: each picture of `inspect --what` is a row. */
#ifndef RD_INSPECT_H
#define RD_INSPECT_H

#include "base/text.h"
#include "draw/terminal.h"
#include "formats/bundle.h"
#include "model/model.h"

typedef struct rd_view_of {
    rondo_model *model;
    const rondo_options *options;
    rd_medium medium;
    int json;
} rd_view_of;

/* "[768, 256]"; gives out back. */
const char *rd_param_shape(const rd_param *param, char out[RD_SHAPE_TEXT]);

/* Each appends its lines. */
rondo_status rd_inspect_summary(const rd_view_of *view, rd_text *out, rondo_error *error);
rondo_status rd_inspect_graph(const rd_view_of *view, rd_text *out, rondo_error *error);
rondo_status rd_inspect_equations(const rd_view_of *view, rd_text *out, rondo_error *error);
rondo_status rd_inspect_weights(const rd_view_of *view, rd_text *out, rondo_error *error);
rondo_status rd_inspect_memory(const rd_view_of *view, rd_text *out, rondo_error *error);

#endif
