/* Runs one list of layers and shows the value of any of them. */
#ifndef LAYER_HELP_H
#define LAYER_HELP_H

#include "../model/model_help.h"

static inline const rd_value *value_of(const bench *b, const rd_frame *frame, const char *name)
{
    for (size_t i = 0; i < b->model->layers; i++)
        if (!strcmp(b->model->layer[i].name, name)) return &frame->value[b->model->parts + i];
    fail_msg("no layer %s", name);
    return NULL;
}

static inline const rd_value *run_layer(bench *b, rondo_mode mode, const char *name)
{
    rondo_view output;
    b->model->keeps = 1; /* tests look at any value, after everything has run */
    works(b, rondo_model_forward(b->model, NULL, b->batch, mode, &output, &b->error));
    return value_of(b, mode == RONDO_TRAIN ? &b->model->train : &b->model->use, name);
}

/* Row of the caller's sequence i at step t. */
static inline size_t row_at(const bench *b, const char *part, size_t i, size_t t)
{
    const rondo_pack *pack = rondo_batch_pack(b->batch, part);
    size_t place = 0;
    while (pack->order[place] != i)
        place++;
    return pack->offset[t] + place;
}

/* The parameter of that full name. */
static inline rondo_view param_of(const bench *b, const char *name)
{
    rondo_view view;
    for (size_t i = 0; rondo_model_param(b->model, i, &view, NULL) == RONDO_OK; i++)
        if (!strcmp(view.name, name)) return view;
    fail_msg("no parameter %s", name);
    return view;
}

/* The list must be refused with a message that holds `piece`. */
static inline void refuses(bench *b, const char *text, const char *piece)
{
    rondo_status status = bench_try(b, text);
    if (status != RONDO_BAD_ARGUMENT || !strstr(b->error.message, piece))
        fprintf(stderr, "status %d, \"%s\" lacks \"%s\"\n", status, b->error.message, piece);
    assert_int_equal(status, RONDO_BAD_ARGUMENT);
    assert_non_null(strstr(b->error.message, piece));
}

#endif
