/* A bench for tests of models: a device, options, a model from text, and a batch with lengths 2, 4, 0, 3. */
#ifndef MODEL_HELP_H
#define MODEL_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/frame.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BENCH_SEQUENCES = 4, BENCH_ROWS = 9, BENCH_SYMBOLS = 7, BENCH_NUMBERS = 3, BENCH_CLASSES = 5 };
static const size_t bench_length[BENCH_SEQUENCES] = {2, 4, 0, 3};

typedef struct bench {
    rondo_device *device;
    rondo_options *options;
    rondo_model *model;
    rondo_batch *batch;
    rondo_error error;
} bench;

#define must(call) assert_int_equal((call), RONDO_OK)
/* On a failure shows the message before the assertion. */
#define works(b, call)                                                                                       \
    do {                                                                                                     \
        rondo_status works_ = (call);                                                                        \
        if (works_ != RONDO_OK) fprintf(stderr, "%s\n", (b)->error.message);                                 \
        assert_int_equal(works_, RONDO_OK);                                                                  \
    } while (0)

/* options: "name = value" lines. */
static inline void bench_open(bench *b, int threads, const char *options)
{
    memset(b, 0, sizeof *b);
    works(b, rondo_device_open("cpu", threads, &b->device, &b->error));
    works(b, rondo_options_new(&b->options, &b->error));
    works(b, rondo_options_parse(b->options, options, strlen(options), "test", &b->error));
    works(b, rondo_batch_new(&b->batch, &b->error));
}

static inline void bench_close(bench *b)
{
    rondo_batch_free(b->batch);
    rondo_model_free(b->model);
    rondo_options_free(b->options);
    rondo_device_close(b->device);
}

/* Parts: s symbols, x numbers a step, y a class a step, c a class a sequence, v numbers a step, m numbers a
 * sequence. */
static const rondo_size bench_sizes[] = {{"s", BENCH_SYMBOLS, 1},
                                         {"x", BENCH_NUMBERS, 0},
                                         {"y", BENCH_CLASSES, 1},
                                         {"c", BENCH_CLASSES, 1},
                                         {"v", 2, 0},
                                         {"m", 2, 0}};
enum { BENCH_PARTS = sizeof bench_sizes / sizeof bench_sizes[0] };

static inline rondo_status bench_try(bench *b, const char *text)
{
    rondo_model_free(b->model);
    b->model = NULL;
    return rondo_model_new(b->device, b->options, text, bench_sizes, BENCH_PARTS, &b->model, &b->error);
}

static inline void bench_model(bench *b, const char *text)
{
    works(b, bench_try(b, text));
}

/* A number that looks random and is a function of where it stands. */
static inline rondo_real bench_number(size_t part, size_t sequence, size_t at)
{
    uint64_t h = (part + 1) * 1000003u + sequence * 10007u + at * 101u;
    h = (h ^ (h >> 7)) * 0x9e3779b97f4a7c15u;
    return (rondo_real)((double)(h >> 40) / (double)(1 << 24) * 2 - 1);
}

/* Fills every part for `count` sequences of these lengths; sequence i has the numbers of `name[i]`. */
static inline void bench_fill_as(bench *b, const size_t *length, const size_t *name, size_t count)
{
    enum { ROOM = 64 };
    static rondo_real values[ROOM][ROOM * 4];
    static int32_t symbols[ROOM][ROOM];
    const rondo_real *value_of[ROOM];
    const int32_t *symbols_of[ROOM];
    size_t ones[ROOM];
    for (size_t p = 0; p < BENCH_PARTS; p++) {
        int each = p == 3 || p == 5; /* one row a sequence */
        for (size_t i = 0; i < count; i++) {
            ones[i] = 1;
            value_of[i] = values[i];
            symbols_of[i] = symbols[i];
            for (size_t t = 0; t < ROOM; t++)
                symbols[i][t] = (int32_t)((bench_number(p, name[i], t) + 1) / 2 *
                                          (rondo_real)bench_sizes[p].width * RD_C(0.999));
            for (size_t k = 0; k < ROOM * 4; k++)
                values[i][k] = bench_number(p, name[i], k);
        }
        rondo_sequences s = {.count = count, .length = each ? ones : length, .width = bench_sizes[p].width};
        if (bench_sizes[p].symbols)
            s.symbols = symbols_of;
        else
            s.values = value_of;
        works(b, rondo_batch_put(b->batch, bench_sizes[p].part, &s, &b->error));
    }
}

static inline void bench_fill(bench *b)
{
    const size_t name[BENCH_SEQUENCES] = {0, 1, 2, 3};
    bench_fill_as(b, bench_length, name, BENCH_SEQUENCES);
}

static inline rondo_loss_report bench_learn(bench *b)
{
    rondo_loss_report report;
    rondo_model_zero_grad(b->model);
    works(b, rondo_model_forward(b->model, NULL, b->batch, RONDO_TRAIN, NULL, &b->error));
    works(b, rondo_model_loss(b->model, b->batch, &report, &b->error));
    works(b, rondo_model_backward(b->model, b->batch, &b->error));
    return report;
}

#endif
