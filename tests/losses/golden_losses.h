/* Losses and their gradients against numbers from PyTorch and NumPy (scripts/golden_losses.py). Included by
 * two tests, one for each core. */
#ifndef GOLDEN_LOSSES_H
#define GOLDEN_LOSSES_H

#include "sequence_help.h"

#include "formats/safetensors.h"

static double golden_limit;
static rd_bundle *golden;

static int load(void **state)
{
    rondo_error error;
    (void)state;
    if (rd_safetensors_read(RD_SOURCE_DIR "/tests/losses/golden/losses.safetensors", &golden, NULL, &error) ==
        RONDO_OK)
        return 0;
    print_error("%s\n", error.message);
    return 1;
}

static int unload(void **state)
{
    (void)state;
    rd_bundle_free(golden);
    return 0;
}

static const rd_tensor *need(const char *loss, const char *name)
{
    char full[64];
    (void)snprintf(full, sizeof full, "%s.%s", loss, name);
    const rd_tensor *tensor = rd_bundle_find(golden, full);
    if (!tensor) fail_msg("tensor %s is missing", full);
    return tensor;
}

static double number(const rd_tensor *tensor, size_t i)
{
    return ((const double *)tensor->data)[i];
}

static size_t whole(const rd_tensor *tensor, size_t i)
{
    return (size_t)((const int32_t *)tensor->data)[i];
}

static void agree(const rd_real *ours, const rd_tensor *theirs, size_t first, size_t count, const char *what)
{
    for (size_t k = 0; k < count; k++)
        near((double)ours[k], number(theirs, first + k), golden_limit, what, first + k);
}

static void check_sequences(const char *loss, const rd_sequence_ops *ops)
{
    bench *b = calloc(1, sizeof *b);
    const rd_tensor *steps = need(loss, "steps"), *goal = need(loss, "target_steps"),
                    *targets = need(loss, "targets");
    const rd_tensor *output = need(loss, "output"), *gradient = need(loss, "gradient"),
                    *losses = need(loss, "loss");
    const size_t width = output->shape[1];
    for (size_t i = 0, at = 0; i < steps->shape[0]; at += whole(goal, i++))
        add_sequence(b, whole(steps, i), (const int32_t *)targets->data + at, whole(goal, i));
    bench_open(b, ops, 2, width, 1);
    for (size_t i = 0, row = 0; i < b->sequences; i++) {
        b->scale[i] = 1;
        for (size_t t = 0; t < b->steps[i]; t++, row++)
            for (size_t k = 0; k < width; k++)
                b->output[row_at(b, i, t) * b->stride + k] = (rd_real)number(output, row * width + k);
    }
    for (size_t n = 0; n < b->numbers; n++)
        b->params[n] = (rd_real)number(need(loss, "params"), n);
    bench_run(b);
    for (size_t i = 0, row = 0; i < b->sequences; i++) {
        near(b->loss[i], number(losses, i), golden_limit, "loss", i);
        for (size_t t = 0; t < b->steps[i]; t++, row++)
            agree(b->gradient + row_at(b, i, t) * b->stride, gradient, row * width, width, "gradient");
    }
    if (b->numbers > 0) agree(b->grads, need(loss, "grads"), 0, b->numbers, "gradient of parameters");
    bench_close(b);
    free(b);
}

static void ctc_is_that_of_pytorch(void **state)
{
    (void)state;
    check_sequences("ctc", &rd_loss_ctc);
}

static void crf_is_that_of_all_paths_listed(void **state)
{
    (void)state;
    check_sequences("crf", &rd_loss_crf);
}

static void check_rows(const char *name)
{
    const rd_tensor *output = need(name, "output"), *gradient = need(name, "gradient"),
                    *targets = need(name, "targets");
    const size_t rows = output->shape[0], width = output->shape[1], values = targets->shape[1];
    rd_real *z = calloc(rows * width, sizeof *z), *y = calloc(rows * values, sizeof *y);
    double *loss = calloc(rows, sizeof *loss);
    rd_loss_settings settings;
    rondo_device *device;
    rondo_error error;
    assert_true(rd_quantiles_read("0.1,0.5,0.9", &settings));
    must(rondo_device_open("cpu", 2, &device, &error));
    for (size_t i = 0; i < rows * width; i++)
        z[i] = (rd_real)number(output, i);
    for (size_t i = 0; i < rows * values; i++)
        y[i] = (rd_real)number(targets, i);
    rd_loss_find(name)->run(&(rd_loss_call){.device = device,
                                            .rows = rows,
                                            .width = width,
                                            .output = z,
                                            .stride = width,
                                            .values = y,
                                            .value_width = values,
                                            .settings = &settings,
                                            .gradient = 1,
                                            .loss = loss});
    for (size_t r = 0; r < rows; r++)
        near(loss[r], number(need(name, "loss"), r), golden_limit, "loss", r);
    agree(z, gradient, 0, rows * width, "gradient");
    rondo_device_close(device);
    free(z), free(y), free(loss);
}

static void gaussian_is_that_of_pytorch(void **state)
{
    (void)state;
    check_rows("gaussian");
}

static void quantile_is_the_pinball_loss(void **state)
{
    (void)state;
    check_rows("quantile");
}

static int run_golden_losses(double limit)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ctc_is_that_of_pytorch),
        cmocka_unit_test(crf_is_that_of_all_paths_listed),
        cmocka_unit_test(gaussian_is_that_of_pytorch),
        cmocka_unit_test(quantile_is_the_pinball_loss),
    };
    golden_limit = limit;
    return cmocka_run_group_tests(tests, load, unload);
}

#endif
