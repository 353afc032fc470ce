/* A batch of ragged sequences with outputs that look random, and one call of a loss over sequences on it. */
#ifndef SEQUENCE_HELP_H
#define SEQUENCE_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "losses/kinds_of_loss.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 64, MOST_STEPS = 400 };

typedef struct bench {
    const rd_sequence_ops *ops;
    rondo_device *device;
    size_t sequences, width, stride, steps[MOST], target_steps[MOST];
    int32_t target[MOST][MOST_STEPS]; /* caller's order */
    rd_real weigh[MOST][MOST_STEPS];
    rd_pack_store out, goal;
    rd_real *output, *gradient, *params, *grads, *weight, scale[MOST];
    int32_t *symbols;
    size_t numbers; /* parameters */
    double loss[MOST], count[MOST];
    unsigned char infeasible[MOST];
    unsigned char *memory;
    int weighted;
    rondo_error error;
} bench;

#define must(call) assert_int_equal((call), RONDO_OK)

/* Numbers in [-1, 1), the same on every machine. */
static inline double draw(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(*seed >> 11) / 4503599627370496.0 - 1;
}

static inline void add_sequence(bench *b, size_t steps, const int32_t *target, size_t length)
{
    const size_t i = b->sequences++;
    assert_true(i < MOST && length <= MOST_STEPS);
    b->steps[i] = steps;
    b->target_steps[i] = length;
    memcpy(b->target[i], target, length * sizeof *target);
}

static inline size_t row_at(const bench *b, size_t i, size_t t)
{
    const rondo_pack *pack = &b->out.pack;
    size_t place = 0;
    while (pack->order[place] != i)
        place++;
    return pack->offset[t] + place;
}

static inline void pack_targets(bench *b)
{
    const rondo_pack *pack = &b->goal.pack;
    b->symbols = calloc(pack->rows + 1, sizeof *b->symbols);
    b->weight = calloc(pack->rows + 1, sizeof *b->weight);
    for (size_t t = 0; t < pack->steps; t++)
        for (size_t p = 0; p < pack->count[t]; p++) {
            b->symbols[pack->offset[t] + p] = b->target[pack->order[p]][t];
            b->weight[pack->offset[t] + p] = b->weigh[pack->order[p]][t];
        }
}

/* After the sequences were added. Outputs and parameters lie between -size and size. */
static inline void bench_open(bench *b, const rd_sequence_ops *ops, int threads, size_t width, double size)
{
    uint64_t seed = 12;
    b->ops = ops;
    b->width = width;
    b->stride = width + 3;
    must(rondo_device_open("cpu", threads, &b->device, &b->error));
    must(rd_pack_build(&b->out, b->steps, b->sequences, &b->error));
    must(rd_pack_build(&b->goal, b->target_steps, b->sequences, &b->error));
    pack_targets(b);
    for (size_t k = 0; ops->param[k].name; k++)
        b->numbers += ops->param[k].square ? width * width : width;
    b->output = calloc(b->out.pack.rows * b->stride + 1, sizeof *b->output);
    b->gradient = calloc(b->out.pack.rows * b->stride + 1, sizeof *b->gradient);
    b->params = calloc(b->numbers + 1, sizeof *b->params);
    b->grads = calloc(b->numbers + 1, sizeof *b->grads);
    for (size_t n = 0; n < b->out.pack.rows * b->stride; n++)
        b->output[n] = (rd_real)(size * draw(&seed));
    for (size_t n = 0; n < b->numbers; n++)
        b->params[n] = (rd_real)(size * draw(&seed));
    for (size_t i = 0; i < b->sequences; i++)
        b->scale[i] = (rd_real)(1 + 0.25 * (double)(i % 4));
}

static inline void bench_run(bench *b)
{
    rd_sequence_call call = {.device = b->device,
                             .pack = &b->out.pack,
                             .output = b->output,
                             .width = b->width,
                             .stride = b->stride,
                             .gradient = b->gradient,
                             .target_pack = &b->goal.pack,
                             .symbols = b->symbols,
                             .weight = b->weighted ? b->weight : NULL,
                             .scale = b->scale,
                             .params = b->params,
                             .grads = b->numbers > 0 ? b->grads : NULL,
                             .limits = {.steps = b->out.pack.steps,
                                        .sequences = b->sequences,
                                        .target_steps = b->goal.pack.steps,
                                        .width = b->width,
                                        .threads = (size_t)rd_pool_threads(b->device->pool)},
                             .loss = b->loss,
                             .count = b->count,
                             .infeasible = b->infeasible};
    size_t bytes;
    assert_true(b->ops->memory(&call.limits, &bytes));
    must(rd_alloc_raw(bytes, "a test", &b->memory, &b->error));
    memset(b->memory, 0xff, bytes);
    memset(b->loss, 0xff, sizeof b->loss);
    call.memory = b->memory;
    b->ops->count(&call);
    b->ops->run(&call);
    rd_free_aligned(b->memory);
}

static inline void bench_close(bench *b)
{
    rd_pack_free(&b->out);
    rd_pack_free(&b->goal);
    rondo_device_close(b->device);
    free(b->output), free(b->gradient), free(b->params), free(b->grads), free(b->weight), free(b->symbols);
}

static inline void near(double found, double expected, double limit, const char *what, size_t i)
{
    if (!(fabs(found - expected) <= limit * fmax(1, fabs(expected))))
        fail_msg("%s %zu: %.15g, expected %.15g", what, i, found, expected);
}

#endif
