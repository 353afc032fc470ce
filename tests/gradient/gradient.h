/* Gradients of a model given as text against central differences, in the double core. The loss is a squared
 * distance on every row (x and every parameter enter) plus <final state, d_final> with random d_final. */
#ifndef GRADIENT_H
#define GRADIENT_H

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

#define STEP  1e-5
#define FLOOR 1e-3
#define LIMIT 1e-6

enum { X_WIDTH = 3, X_SYMBOLS = 7, MOST = 24, MOST_STATE = 200 };

typedef struct gradient_case {
    const char *text;   /* nodes up to the value `h`; the loss line is added */
    size_t width;       /* of h */
    const char *loss;   /* NULL: squared */
    int symbols;        /* x is symbols */
    int target_symbols; /* y is symbols */
    int afresh;         /* no carried state: sequences begin with the layer's own */
    size_t sequences;   /* 0: the four of lengths 2 4 0 3 */
    int two;            /* h and y follow a part "target" of numbers, of lengths 3 0 4 2 or so */
} gradient_case;

typedef struct bench {
    const gradient_case *of;
    char text[2048];
    rondo_device *device;
    rondo_options *options;
    rondo_model *model;
    rondo_state *state;
    rondo_batch *batch;
    size_t sequences, length[MOST], target_length[MOST]; /* of x; of h, y and target */
    rd_real *x, *y, *target; /* caller's order */
    int32_t *x_symbol, *y_symbol;
    size_t rows, target_rows;
    rd_real start[MOST * MOST_STATE], d_final[MOST * MOST_STATE], d_start[MOST * MOST_STATE];
    rd_real final_above[MOST * MOST_STATE], final_below[MOST * MOST_STATE];
    rd_real *above, *below, *d_output; /* [rows][width] */
    rd_real *grads;
    double worst;
    char where[160];
    rondo_error error;
} bench;

#define MUST(b, call)                                                                                        \
    do {                                                                                                     \
        if ((call) != RONDO_OK) fail_msg("%s: %s", (b)->text, (b)->error.message);                           \
    } while (0)

/* Numbers in [-1, 1), the same on every machine. */
static double draw(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(*seed >> 11) / 4503599627370496.0 - 1;
}

static void put(bench *b, const char *part, const size_t *length, size_t width, const rd_real *values,
                const int32_t *symbols)
{
    const rd_real *value_at[MOST];
    const int32_t *symbol_at[MOST];
    size_t row = 0;
    for (size_t i = 0; i < b->sequences; i++) {
        value_at[i] = values + row * width;
        symbol_at[i] = symbols + row;
        row += length[i];
    }
    MUST(b, rondo_batch_put(b->batch, part,
                            &(rondo_sequences){.count = b->sequences,
                                               .length = length,
                                               .width = symbols ? 0 : width,
                                               .values = symbols ? NULL : value_at,
                                               .symbols = symbols ? symbol_at : NULL},
                            &b->error));
}

static void make_data(bench *b, uint64_t *seed)
{
    const size_t usual[] = {2, 4, 0, 3}, other[] = {3, 0, 4, 2};
    b->sequences = b->of->sequences ? b->of->sequences : 4;
    for (size_t i = 0; i < b->sequences; i++) {
        b->length[i] = b->of->sequences ? (i * 5 + 3) % 6 : usual[i];
        b->target_length[i] = !b->of->two ? b->length[i] : b->of->sequences ? (i * 3 + 2) % 5 : other[i];
        b->rows += b->length[i];
        b->target_rows += b->target_length[i];
    }
    b->x = calloc(b->rows * X_WIDTH, sizeof *b->x);
    b->y = calloc(b->target_rows * b->of->width, sizeof *b->y);
    b->target = calloc(b->target_rows * X_WIDTH, sizeof *b->target);
    b->x_symbol = calloc(b->rows, sizeof *b->x_symbol);
    b->y_symbol = calloc(b->target_rows, sizeof *b->y_symbol);
    for (size_t i = 0; i < b->rows * X_WIDTH; i++)
        b->x[i] = draw(seed);
    for (size_t i = 0; i < b->target_rows * b->of->width; i++)
        b->y[i] = draw(seed);
    for (size_t i = 0; i < b->rows; i++)
        b->x_symbol[i] = (int32_t)((draw(seed) + 1) / 2 * X_SYMBOLS);
    for (size_t i = 0; i < b->target_rows; i++)
        b->y_symbol[i] = (int32_t)((draw(seed) + 1) / 2 * (double)b->of->width);
    for (size_t i = 0; i < b->target_rows * X_WIDTH; i++)
        b->target[i] = draw(seed);
}

static void make_model(bench *b, uint64_t *seed)
{
    const rondo_size sizes[] = {
        {.part = "x", .width = b->of->symbols ? X_SYMBOLS : X_WIDTH, .symbols = b->of->symbols},
        {.part = "y", .width = b->of->width, .symbols = b->of->target_symbols},
        {.part = "target", .width = X_WIDTH}};
    (void)snprintf(b->text, sizeof b->text, "%s\nloss = %s(h, y)\n", b->of->text,
                   b->of->loss ? b->of->loss : "squared");
    MUST(b, rondo_device_open("cpu", 1, &b->device, &b->error));
    MUST(b, rondo_options_new(&b->options, &b->error));
    MUST(b, rondo_options_set(b->options, "loss-reduce", "sum", &b->error));
    MUST(b, rondo_model_new(b->device, b->options, b->text, sizes, b->of->two ? 3 : 2, &b->model, &b->error));
    for (size_t i = 0; i < b->model->numbers; i++)
        b->model->params[i] = 0.7 * draw(seed);
    b->model->input_grads = !b->of->symbols;
    b->model->step = 3;
    assert_true(b->model->state_width <= MOST_STATE);
}

static void bench_open(bench *b, const gradient_case *of)
{
    uint64_t seed = 77;
    *b = (bench){.of = of};
    make_data(b, &seed);
    make_model(b, &seed);
    MUST(b, rondo_batch_new(&b->batch, &b->error));
    put(b, "x", b->length, X_WIDTH, b->x, of->symbols ? b->x_symbol : NULL);
    put(b, "y", b->target_length, of->width, b->y, of->target_symbols ? b->y_symbol : NULL);
    if (of->two) put(b, "target", b->target_length, X_WIDTH, b->target, NULL);
    MUST(b, rondo_batch_reset(b->batch, 3, &b->error)); /* one sequence begins afresh beside carried ones */
    b->batch->first_sequence = 5;
    MUST(b, rondo_state_new(b->model, b->sequences, &b->state, &b->error));
    for (size_t i = 0; i < b->sequences * b->model->state_width; i++) {
        b->start[i] = 0.5 * draw(&seed);
        b->d_final[i] = draw(&seed);
    }
}

static void bench_close(bench *b)
{
    rondo_batch_free(b->batch);
    rondo_state_free(b->state);
    rondo_model_free(b->model);
    rondo_options_free(b->options);
    rondo_device_close(b->device);
    free(b->x), free(b->y), free(b->target), free(b->x_symbol), free(b->y_symbol), free(b->grads);
    free(b->above), free(b->below), free(b->d_output);
}

/* Outputs and final states for the present parameters, inputs and initial states. */
static void run_forward(bench *b, rd_real *outputs, rd_real *finals)
{
    const size_t states = b->sequences * b->model->state_width, width = b->of->width;
    rondo_view view;
    memcpy(b->state->numbers, b->start, states * sizeof *b->start);
    memset(b->state->fresh, b->of->afresh, b->sequences);
    rondo_model_changed(b->model);
    MUST(b, rondo_model_forward(b->model, b->state, b->batch, RONDO_TRAIN, &view, &b->error));
    for (size_t r = 0; r < b->target_rows; r++)
        memcpy(outputs + r * width, (rd_real *)view.data + r * view.stride, width * sizeof *outputs);
    memcpy(finals, b->state->numbers, states * sizeof *finals);
}

/* <outputs above - below, d_output> + <finals above - below, d_final>: differences first, so that nothing
 * cancels. */
static double functional(bench *b)
{
    const size_t outputs = b->target_rows * b->of->width, states = b->sequences * b->model->state_width;
    double sum = 0;
    for (size_t i = 0; i < outputs; i++)
        sum += (b->above[i] - b->below[i]) * b->d_output[i];
    for (size_t i = 0; i < states; i++)
        sum += (b->final_above[i] - b->final_below[i]) * b->d_final[i];
    return sum;
}

static void judge(bench *b, double analytic, double numeric, const char *name, size_t i)
{
    const double scale = fmax(fmax(fabs(analytic), fabs(numeric)), FLOOR),
                 off = fabs(analytic - numeric) / scale;
    if (off <= b->worst) return; /* a NaN is the worst of all */
    b->worst = off;
    (void)snprintf(b->where, sizeof b->where, "%s[%zu]: %.9g, by differences %.9g", name, i, analytic,
                   numeric);
}

static double difference(bench *b, rd_real *at, double step)
{
    const rd_real kept = *at;
    *at = kept + step;
    run_forward(b, b->above, b->final_above);
    *at = kept - step;
    run_forward(b, b->below, b->final_below);
    *at = kept;
    return functional(b) / (2 * step);
}

/* Two central differences without their common error of second order: a layer norm of numbers that are nearly
 * equal bends so much that one alone is off by more than the limit. */
static void check_number(bench *b, rd_real *at, double analytic, const char *name, size_t i)
{
    judge(b, analytic, (4 * difference(b, at, STEP) - difference(b, at, 2 * STEP)) / 3, name, i);
}

static void check_params(bench *b)
{
    const rd_param *param;
    const char *name;
    for (size_t p = 0; (name = rd_model_param_name(b->model, p, NULL, &param)) != NULL; p++) {
        const size_t n = param->rows * (param->columns ? param->columns : 1);
        for (size_t i = 0; i < n; i++)
            check_number(b, b->model->params + param->offset + i, b->grads[param->offset + i], name, i);
    }
}

/* One forward and backward: d_output is the gradient of the loss by `h`, the rest what the model makes of it.
 */
static void run_backward(bench *b)
{
    const size_t outputs = b->target_rows * b->of->width, h = b->model->parts + b->model->loss[0].source;
    b->above = calloc(outputs, sizeof *b->above);
    b->below = calloc(outputs, sizeof *b->below);
    b->d_output = calloc(outputs, sizeof *b->d_output);
    run_forward(b, b->above, b->final_above);
    rondo_model_zero_grad(b->model);
    MUST(b, rondo_model_loss(b->model, b->batch, NULL, &b->error));
    const rd_value *value = &b->model->train.value[h];
    for (size_t r = 0; r < b->target_rows; r++)
        memcpy(b->d_output + r * b->of->width, value->grad + r * value->stride,
               b->of->width * sizeof *value->grad);
    MUST(b, rd_model_backward(b->model, b->batch, b->d_final, b->d_start, &b->error));
}

/* All gradients of the case; gives the worst relative error and prints it when it is too large. */
static double gradient_worst(const gradient_case *of)
{
    bench *b = calloc(1, sizeof *b);
    bench_open(b, of);
    run_backward(b);
    const size_t inputs = of->symbols ? 0 : b->rows * X_WIDTH, states = b->sequences * b->model->state_width;
    const size_t targets = of->two && !of->symbols ? b->target_rows * X_WIDTH : 0;
    b->grads = malloc((b->model->numbers + inputs + targets + 1) * sizeof *b->grads);
    memcpy(b->grads, b->model->grads, b->model->numbers * sizeof *b->grads);
    rd_real *d_x = b->grads + b->model->numbers;
    if (inputs) memcpy(d_x, b->model->train.value[0].grad, inputs * sizeof *d_x);
    if (targets) memcpy(d_x + inputs, b->model->train.value[2].grad, targets * sizeof *d_x);
    check_params(b);
    for (size_t i = 0; i < inputs; i++)
        check_number(b, b->batch->part[0].values + i, d_x[i], "x", i);
    for (size_t i = 0; i < targets; i++)
        check_number(b, b->batch->part[2].values + i, d_x[inputs + i], "target", i);
    for (size_t i = 0; i < states; i++)
        check_number(b, b->start + i, b->d_start[i], "start", i);
    if (!(b->worst <= LIMIT)) print_message("%s  %.3g at %s\n", b->text, b->worst, b->where);
    const double worst = b->worst;
    bench_close(b);
    free(b);
    return worst;
}

#endif
