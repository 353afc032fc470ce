/* Compares this core with numbers from other systems (scripts/golden.py). Included by two tests, one for each core. */
#ifndef GOLDEN_CHECK_H
#define GOLDEN_CHECK_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "formats/bundle.h"
#include "formats/safetensors.h"
#include "model/model.h"

enum { MOST_SEQUENCES = 16, MOST_FILES = 128 };

typedef struct golden {
    const char *path;
    double output_limit, gradient_limit;
    rd_bundle *bundle;
    rondo_device *device;
    rondo_options *options;
    rondo_model *model;
    rondo_state *state;
    rondo_batch *batch;
    size_t sequences, length[MOST_SEQUENCES], rows;
    rondo_error error;
} golden;

#define MUST(g, call)                                                                                             \
    do {                                                                                                          \
        if ((call) != RONDO_OK)                                                                                   \
            fail_msg("%s: %s", (g)->path, (g)->error.message);                                                    \
    } while (0)

/* The i-th number of a tensor, whichever width it was written in. */
static double number(const rd_tensor *tensor, size_t i)
{
    const float *narrow = tensor->data;
    const double *wide = tensor->data;
    return tensor->dtype == RD_DTYPE_F64 ? wide[i] : (double)narrow[i];
}

static const rd_tensor *need(const golden *g, const char *prefix, const char *name)
{
    char full[512];
    (void)snprintf(full, sizeof full, "%s%s", prefix, name);
    const rd_tensor *tensor = rd_bundle_find(g->bundle, full);
    if (!tensor)
        fail_msg("%s: tensor %s is missing", g->path, full);
    return tensor;
}

static void put_part(golden *g, const char *part, const size_t *length, const rd_tensor *rows)
{
    const rd_real *at[MOST_SEQUENCES];
    size_t width = rows->shape[1], first = 0, count = rows->shape[0];
    rd_real *values = malloc((count * width + 1) * sizeof *values);
    for (size_t i = 0; i < count * width; i++)
        values[i] = (rd_real)number(rows, i);
    for (size_t s = 0; s < g->sequences; s++) {
        at[s] = values + first * width;
        first += length[s];
    }
    MUST(g, rondo_batch_put(g->batch, part, &(rondo_sequences){.count = g->sequences, .length = length, .width = width, .values = at}, &g->error));
    free(values);
}

/* Files of attention have a second part, "source", with lengths of its own; their sequences begin afresh. */
static void put_source(golden *g, const rd_tensor *source)
{
    size_t length[MOST_SEQUENCES];
    if (!source)
        return;
    for (size_t s = 0; s < g->sequences; s++)
        length[s] = (size_t)((const int32_t *)need(g, "", "source_lengths")->data)[s];
    put_part(g, "source", length, source);
    memset(g->state->fresh, 1, g->sequences);
}

static void build(golden *g)
{
    const rd_tensor *x = need(g, "", "x"), *y = need(g, "", "y"), *lengths = need(g, "", "lengths"), *start = need(g, "", "start");
    const rd_tensor *source = rd_bundle_find(g->bundle, "source");
    const rd_layer *layer;
    const rd_param *param;
    const char *name;
    g->sequences = lengths->shape[0];
    assert_true(g->sequences <= MOST_SEQUENCES);
    for (size_t s = 0; s < g->sequences; s++) {
        g->length[s] = (size_t)((const int32_t *)lengths->data)[s];
        g->rows += g->length[s];
    }
    rondo_size sizes[] = {{.part = "x", .width = x->shape[1]}, {.part = "y", .width = y->shape[1]}, {.part = "source", .width = source ? source->shape[1] : 1}};
    MUST(g, rondo_device_open("cpu", 1, &g->device, &g->error));
    MUST(g, rondo_options_new(&g->options, &g->error));
    MUST(g, rondo_options_set(g->options, "loss-reduce", "sum", &g->error));
    MUST(g, rondo_model_new(g->device, g->options, rd_bundle_get(g->bundle, "model", NULL), sizes, source ? 3 : 2, &g->model, &g->error));
    for (size_t i = 0; (name = rd_model_param_name(g->model, i, &layer, &param)) != NULL; i++) {
        const rd_tensor *p = need(g, "p.", name);
        size_t n = param->rows * (param->columns ? param->columns : 1);
        if (p->bytes != n * rd_dtype_of(p->dtype)->size)
            fail_msg("%s: %s has another size", g->path, name);
        for (size_t k = 0; k < n; k++)
            g->model->params[param->offset + k] = (rd_real)number(p, k);
    }
    rondo_model_changed(g->model);
    MUST(g, rondo_state_new(g->model, g->sequences, &g->state, &g->error));
    assert_int_equal(g->model->state_width, start->shape[1]);
    for (size_t i = 0; i < g->sequences * g->model->state_width; i++)
        g->state->numbers[i] = (rd_real)number(start, i);
    memset(g->state->fresh, 0, g->sequences);
    MUST(g, rondo_batch_new(&g->batch, &g->error));
    put_part(g, "x", g->length, x);
    put_part(g, "y", g->length, rd_bundle_find(g->bundle, "target") ? rd_bundle_find(g->bundle, "target") : y);
    put_source(g, source);
}

static void compare(const golden *g, const char *what, const rd_real *ours, const rd_tensor *theirs, double limit)
{
    size_t n = theirs->bytes / rd_dtype_of(theirs->dtype)->size;
    for (size_t i = 0; i < n; i++) {
        double want = number(theirs, i), got = (double)ours[i];
        if (!(fabs(got - want) <= limit * fmax(1, fabs(want))))
            fail_msg("%s: %s[%zu] is %.9g, the reference says %.9g", g->path, what, i, got, want);
    }
}

static void check_outputs(golden *g)
{
    rondo_view output;
    const rd_tensor *y = need(g, "", "y");
    size_t width = y->shape[1], first = 0;
    rd_real *ours = malloc(g->rows * width * sizeof *ours), *at[MOST_SEQUENCES];
    MUST(g, rondo_model_forward(g->model, g->state, g->batch, RONDO_TRAIN, &output, &g->error));
    for (size_t s = 0; s < g->sequences; s++) {
        at[s] = ours + first * width;
        first += g->length[s];
    }
    MUST(g, rondo_unpack(rondo_batch_pack(g->batch, "x"), output.data, output.stride, width, at, &g->error));
    compare(g, "output", ours, y, g->output_limit);
    compare(g, "final state", g->state->numbers, need(g, "", "final"), g->output_limit);
    free(ours);
}

static void check_gradients(golden *g)
{
    const rd_layer *layer;
    const rd_param *param;
    const char *name;
    rondo_loss_report report;
    const rd_tensor *d = need(g, "", "d_final");
    size_t n = g->sequences * g->model->state_width;
    rd_real *d_final = malloc(n * sizeof *d_final), *d_start = malloc(n * sizeof *d_start);
    for (size_t i = 0; i < n; i++)
        d_final[i] = (rd_real)number(d, i);
    MUST(g, rd_model_ready_grads(g->model, &g->error));
    rondo_model_zero_grad(g->model);
    MUST(g, rondo_model_loss(g->model, g->batch, &report, &g->error));
    MUST(g, rd_model_backward(g->model, g->batch, d_final, d_start, &g->error));
    for (size_t i = 0; (name = rd_model_param_name(g->model, i, &layer, &param)) != NULL; i++)
        compare(g, name, g->model->grads + param->offset, need(g, "d.", name), g->gradient_limit);
    compare(g, "d_start", d_start, need(g, "d.", "start"), g->gradient_limit);
    free(d_final);
    free(d_start);
}

static void outputs_states_and_gradients_are_those_of_the_reference(void **state)
{
    golden *g = *state;
    MUST(g, rd_safetensors_read(g->path, &g->bundle, NULL, &g->error));
    build(g);
    check_outputs(g);
    if (rd_bundle_find(g->bundle, "d_final"))
        check_gradients(g);
}

static int tear_down(void **state)
{
    golden *g = *state;
    rondo_state_free(g->state);
    rondo_batch_free(g->batch);
    rondo_model_free(g->model);
    rondo_options_free(g->options);
    rondo_device_close(g->device);
    rd_bundle_free(g->bundle);
    return 0;
}

/* One test a file, named by the file. */
static int run_golden(double output_limit, double gradient_limit)
{
    static golden all[MOST_FILES];
    static struct CMUnitTest tests[MOST_FILES];
    char **names;
    size_t count, found = 0;
    rondo_error error;
    const char *folder = RD_SOURCE_DIR "/tests/golden";
    if (rd_folder_list(folder, &names, &count, &error) != RONDO_OK)
        return 1;
    for (size_t i = 0; i < count && found < MOST_FILES; i++) {
        size_t size = strlen(folder) + strlen(names[i]) + 2;
        char *path;
        if (!strstr(names[i], ".safetensors"))
            continue;
        path = malloc(size);
        (void)snprintf(path, size, "%s/%s", folder, names[i]);
        /* ONNX Runtime computes in float: nothing closer can be asked of the double core. */
        int narrow = !strncmp(names[i], "ort_", 4);
        all[found] = (golden){.path = path, .output_limit = narrow ? 1e-6 : output_limit, .gradient_limit = gradient_limit};
        tests[found] = (struct CMUnitTest){.name = path + strlen(folder) + 1, .initial_state = &all[found], .teardown_func = tear_down,
                                           .test_func = outputs_states_and_gradients_are_those_of_the_reference};
        found++;
    }
    rd_free(names);
    int failed = found ? _cmocka_run_group_tests("golden", tests, found, NULL, NULL) : 1;
    for (size_t i = 0; i < found; i++) {
        char *path;
        memcpy(&path, &all[i].path, sizeof path);
        free(path);
    }
    return failed;
}

#endif
