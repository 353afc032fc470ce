/* A model given as text, random parameters and sequences, and its outputs sequence by sequence. */
#ifndef RECURRENT_BENCH_H
#define RECURRENT_BENCH_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/model.h"

enum { INPUT = 3, MOST = 32, MOST_STEPS = 16, MOST_WIDTH = 136 };

typedef struct rig {
    rondo_device *device;
    rondo_options *options;
    rondo_model *model;
    rondo_state *state;
    rondo_batch *batch;
    size_t width, sequences, length[MOST];
    rd_real x[MOST][MOST_STEPS][INPUT], out[MOST][MOST_STEPS][MOST_WIDTH];
    rondo_error error;
} rig;

#define MUST(r, call)                                                                                        \
    do {                                                                                                     \
        if ((call) != RONDO_OK) fail_msg("%s", (r)->error.message);                                          \
    } while (0)

/* Numbers in [-1, 1), the same on every machine. */
static double draw(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(*seed >> 11) / 4503599627370496.0 - 1;
}

/* The value `h` of `nodes` has `width` numbers; y, which nobody looks at, has as many. plain: products and
 * equations apart. */
static rig *rig_open_as(const char *nodes, size_t width, int threads, int plain)
{
    rig *r = calloc(1, sizeof *r);
    char text[2048];
    uint64_t seed = 5;
    const rondo_size sizes[] = {{.part = "x", .width = INPUT}, {.part = "y", .width = width}};
    (void)snprintf(text, sizeof text, "%s\nloss = squared(h, y)\n", nodes);
    r->width = width;
    MUST(r, rondo_device_open("cpu", threads, &r->device, &r->error));
    if (plain) r->device->kernels.cell_tile = NULL;
    MUST(r, rondo_options_new(&r->options, &r->error));
    MUST(r, rondo_options_set(r->options, "loss-reduce", "sum", &r->error));
    MUST(r, rondo_model_new(r->device, r->options, text, sizes, 2, &r->model, &r->error));
    MUST(r, rondo_batch_new(&r->batch, &r->error));
    for (size_t i = 0; i < r->model->numbers; i++)
        r->model->params[i] = (rd_real)(0.6 * draw(&seed));
    for (size_t i = 0; i < MOST; i++)
        for (size_t t = 0; t < MOST_STEPS; t++)
            for (size_t j = 0; j < INPUT; j++)
                r->x[i][t][j] = (rd_real)draw(&seed);
    rondo_model_changed(r->model);
    return r;
}

static inline rig *rig_open(const char *nodes, size_t width, int threads)
{
    return rig_open_as(nodes, width, threads, 0);
}

static void rig_close(rig *r)
{
    rondo_batch_free(r->batch);
    rondo_state_free(r->state);
    rondo_model_free(r->model);
    rondo_options_free(r->options);
    rondo_device_close(r->device);
    free(r);
}

static void rig_carry(rig *r, size_t sequences)
{
    rondo_state_free(r->state);
    r->state = NULL;
    MUST(r, rondo_state_new(r->model, sequences, &r->state, &r->error));
}

/* Sequence i of the batch is steps `from`… of sequence first + i of the rig. */
static void rig_put(rig *r, size_t first, size_t sequences, const size_t *length, size_t from)
{
    static const rd_real targets[MOST_STEPS * MOST_WIDTH];
    const rd_real *x[MOST], *y[MOST];
    r->sequences = sequences;
    for (size_t i = 0; i < sequences; i++) {
        r->length[i] = length[i];
        x[i] = r->x[first + i][from];
        y[i] = targets;
    }
    rondo_sequences parts = {.count = sequences, .length = length, .width = INPUT, .values = x};
    MUST(r, rondo_batch_put(r->batch, "x", &parts, &r->error));
    parts.width = r->width, parts.values = y;
    MUST(r, rondo_batch_put(r->batch, "y", &parts, &r->error));
    r->batch->first_sequence = 100 + first;
}

/* Runs the batch that was put; out[i] then holds the rows of its sequence i. */
static void rig_run(rig *r, rondo_mode mode)
{
    rondo_view view;
    const rondo_pack *pack = rondo_batch_pack(r->batch, "x");
    MUST(r, rondo_model_forward(r->model, r->state, r->batch, mode, &view, &r->error));
    const rd_real *rows = view.data;
    for (size_t t = 0; t < pack->steps; t++)
        for (size_t p = 0; p < pack->count[t]; p++)
            memcpy(r->out[pack->order[p]][t], rows + (pack->offset[t] + p) * view.stride,
                   r->width * sizeof *rows);
}

static inline void rig_gradients(rig *r)
{
    rondo_model_zero_grad(r->model);
    MUST(r, rondo_model_loss(r->model, r->batch, NULL, &r->error));
    MUST(r, rondo_model_backward(r->model, r->batch, &r->error));
}

static inline rd_real *rig_param(rig *r, const char *name)
{
    const rd_param *param;
    const char *found;
    for (size_t i = 0; (found = rd_model_param_name(r->model, i, NULL, &param)) != NULL; i++)
        if (!strcmp(found, name)) return r->model->params + param->offset;
    fail_msg("there is no parameter %s", name);
    return NULL;
}

#endif
