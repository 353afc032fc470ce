/* Every optimiser against its formula, by hand and in double; several updates, so that the slots are seen to
 * work. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "optim/optimizer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { N = 19, UPDATES = 5 };

typedef struct hand { /* one weight, updated by the formulas of equations.md section 5 */
    double w, a, b;
} hand;

static double gradient(size_t i, int k)
{
    return sin((double)(3 * i + 1) * (k + 1)) * (i % 3 ? 1 : 0.01);
}

static void sgd(hand *h, double g, double rate, int k)
{
    (void)k, h->w -= rate * g;
}
static void momentum(hand *h, double g, double rate, int k)
{
    (void)k;
    h->a = 0.9 * h->a + g;
    h->w -= rate * h->a;
}
static void nesterov(hand *h, double g, double rate, int k)
{
    (void)k;
    h->a = 0.9 * h->a + g;
    h->w -= rate * (g + 0.9 * h->a);
}
static void rmsprop(hand *h, double g, double rate, int k)
{
    (void)k;
    h->a = 0.99 * h->a + 0.01 * g * g;
    h->w -= rate * g / (sqrt(h->a) + 1e-8);
}
static void adagrad(hand *h, double g, double rate, int k)
{
    (void)k;
    h->a += g * g;
    h->w -= rate * g / (sqrt(h->a) + 1e-8);
}
static void adam(hand *h, double g, double rate, int k)
{
    h->a = 0.9 * h->a + 0.1 * g;
    h->b = 0.999 * h->b + 0.001 * g * g;
    double m = h->a / (1 - pow(0.9, k)), v = h->b / (1 - pow(0.999, k));
    h->w -= rate * m / (sqrt(v) + 1e-8);
}

static const struct {
    const char *options;
    void (*update)(hand *h, double g, double rate, int k);
    int decoupled;
} rows[] = {{"optimizer = sgd\n", sgd, 0},
            {"optimizer = momentum\n", momentum, 0},
            {"optimizer = momentum\nnesterov = on\n", nesterov, 0},
            {"optimizer = rmsprop\n", rmsprop, 0},
            {"optimizer = adagrad\n", adagrad, 0},
            {"optimizer = adam\n", adam, 0},
            {"optimizer = adamw\n", adam, 1}};

static rondo_view flat(double *data)
{
    return (rondo_view){.data = data, .type = RONDO_REAL, .rank = 1, .shape = {N}, .stride = 1};
}

static rondo_optimizer *open_optimizer(rondo_device *device, const char *text)
{
    rondo_options *options;
    rondo_optimizer *optimizer;
    assert_int_equal(rondo_options_new(&options, NULL), RONDO_OK);
    assert_int_equal(rondo_options_parse(options, text, strlen(text), "test", NULL), RONDO_OK);
    assert_int_equal(rondo_optimizer_new(device, options, N, &optimizer, NULL), RONDO_OK);
    rondo_options_free(options);
    return optimizer;
}

static void every_optimiser_follows_its_formula_with_and_without_decay(void **state)
{
    (void)state;
    rondo_device *device;
    assert_int_equal(rondo_device_open("cpu", 2, &device, NULL), RONDO_OK);
    for (size_t row = 0; row < 2 * sizeof rows / sizeof rows[0]; row++) {
        double decay = row % 2 ? 0.1 : 0, w[N], g[N];
        char text[120];
        hand by_hand[N];
        (void)snprintf(text, sizeof text, "%sweight-decay = %g\n", rows[row / 2].options, decay);
        rondo_optimizer *o = open_optimizer(device, text);
        for (size_t i = 0; i < N; i++)
            by_hand[i] = (hand){.w = w[i] = cos((double)i)};
        for (int k = 1; k <= UPDATES; k++) {
            double rate = 0.1 / k;
            for (size_t i = 0; i < N; i++) {
                hand *h = &by_hand[i];
                g[i] = gradient(i, k);
                if (rows[row / 2].decoupled) h->w -= rate * decay * h->w;
                rows[row / 2].update(h, g[i] + (rows[row / 2].decoupled ? 0 : decay * h->w), rate, k);
            }
            assert_int_equal(rondo_optimizer_step(o, rate, flat(w), flat(g), NULL), RONDO_OK);
            for (size_t i = 0; i < N; i++)
                assert_true(fabs(w[i] - by_hand[i].w) < 1e-12);
        }
        assert_int_equal(rd_optimizer_updates(o), UPDATES);
        rondo_optimizer_free(o);
    }
    rondo_device_close(device);
}

static void slots_and_count_are_all_that_a_resumed_run_needs(void **state)
{
    (void)state;
    rondo_device *device;
    double w[2][N], g[N];
    assert_int_equal(rondo_device_open("cpu", 1, &device, NULL), RONDO_OK);
    rondo_optimizer *o = open_optimizer(device, "optimizer = adam\n"),
                    *resumed = open_optimizer(device, "optimizer = adam\n");
    for (size_t i = 0; i < N; i++)
        w[0][i] = (double)i;
    for (int k = 1; k <= 7; k++) {
        for (size_t i = 0; i < N; i++)
            g[i] = gradient(i, k);
        if (k == 4) {
            memcpy(w[1], w[0], sizeof w[0]);
            assert_int_equal(rd_optimizer_slots(o), 2);
            for (int s = 0; s < 2; s++)
                memcpy(rd_optimizer_slot(resumed, s), rd_optimizer_slot(o, s), N * sizeof(double));
            rd_optimizer_set_updates(resumed, rd_optimizer_updates(o));
        }
        rd_optimizer_update(o, 0.01, 0.5, w[0], g);
        if (k >= 4) rd_optimizer_update(resumed, 0.01, 0.5, w[1], g);
    }
    assert_memory_equal(w[0], w[1], sizeof w[0]);
    rondo_optimizer_free(o);
    rondo_optimizer_free(resumed);
    rondo_device_close(device);
}

static void the_clip_factor_multiplies_the_gradient_before_decay(void **state)
{
    (void)state;
    rondo_device *device;
    double w[N], g[N];
    assert_int_equal(rondo_device_open("cpu", 1, &device, NULL), RONDO_OK);
    rondo_optimizer *o = open_optimizer(device, "optimizer = sgd\nweight-decay = 0.1\n");
    for (size_t i = 0; i < N; i++)
        w[i] = g[i] = (double)i;
    rd_optimizer_update(o, 1, 0.5, w, g);
    for (size_t i = 0; i < N; i++)
        assert_true(fabs(w[i] - ((double)i - (0.5 * (double)i + 0.1 * (double)i))) < 1e-12);
    rondo_optimizer_free(o);
    rondo_device_close(device);
}

static void arrays_of_another_size_and_bad_rates_are_refused(void **state)
{
    (void)state;
    rondo_device *device;
    double w[N] = {0};
    rondo_error error;
    assert_int_equal(rondo_device_open("cpu", 1, &device, NULL), RONDO_OK);
    rondo_optimizer *o = open_optimizer(device, "");
    rondo_optimizer *kept = o;
    rondo_view small = flat(w);
    small.shape[0] = N - 1;
    assert_int_equal(rondo_optimizer_step(o, 0.1, flat(w), small, &error), RONDO_BAD_ARGUMENT);
    assert_non_null(strstr(error.message, "grads are not 19 real numbers"));
    assert_int_equal(rondo_optimizer_step(o, (double)NAN, flat(w), flat(w), &error), RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_optimizer_step(o, -1, flat(w), flat(w), &error), RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_optimizer_step(NULL, 1, flat(w), flat(w), &error), RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_optimizer_new(device, NULL, N, &o, &error), RONDO_BAD_ARGUMENT);
    rondo_optimizer_free(NULL);
    rondo_optimizer_free(kept);
    rondo_device_close(device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_optimiser_follows_its_formula_with_and_without_decay),
        cmocka_unit_test(slots_and_count_are_all_that_a_resumed_run_needs),
        cmocka_unit_test(the_clip_factor_multiplies_the_gradient_before_decay),
        cmocka_unit_test(arrays_of_another_size_and_bad_rates_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
