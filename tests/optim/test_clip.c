/* Clipping and schedules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernels/kernels.h"
#include "optim/clip.h"
#include "optim/schedule.h"

#include <math.h>
#include <string.h>

static rondo_device *device;

static int open_device(void **state)
{
    (void)state;
    return rondo_device_open("cpu", 2, &device, NULL) != RONDO_OK;
}

static int close_device(void **state)
{
    (void)state;
    rondo_device_close(device);
    return 0;
}

static rondo_view flat(rd_real *g, size_t n)
{
    return (rondo_view){.data = g, .type = RONDO_REAL, .rank = 1, .shape = {n}, .stride = 1};
}

static void clip_brings_the_norm_down_to_the_limit_and_not_to_one(void **state)
{
    (void)state;
    rd_real g[] = {3, 4};
    double norm;
    assert_int_equal(rondo_clip(device, flat(g, 2), RONDO_CLIP_NORM, 2.5, &norm, NULL), RONDO_OK);
    assert_true(fabs(norm - 5) < 1e-6);
    assert_true(fabs(sqrt((double)(g[0] * g[0] + g[1] * g[1])) - 2.5) < 1e-6);
}

static void below_the_limit_nothing_changes(void **state)
{
    (void)state;
    rd_real g[] = {3, 4};
    const rd_real kept[] = {3, 4};
    assert_int_equal(rondo_clip(device, flat(g, 2), RONDO_CLIP_NORM, 5, NULL, NULL), RONDO_OK);
    assert_memory_equal(g, kept, sizeof g);
}

static void a_norm_that_is_not_finite_is_an_error_and_not_a_scale(void **state)
{
    (void)state;
    const rd_real bad[] = {NAN, INFINITY};
    for (size_t i = 0; i < 2; i++) {
        rd_real g[] = {3, bad[i], 4};
        rondo_error error;
        for (int kind = 0; kind < 2; kind++)
            assert_int_equal(rondo_clip(device, flat(g, 3), (rondo_clip_kind)kind, 1, NULL, &error),
                             RONDO_NUMBERS);
        assert_true(g[0] == 3 && g[2] == 4);
    }
}

static void value_bounds_each_element(void **state)
{
    (void)state;
    rd_real g[] = {3, -4, RD_C(0.5)};
    double norm;
    assert_int_equal(rondo_clip(device, flat(g, 3), RONDO_CLIP_VALUE, 1, &norm, NULL), RONDO_OK);
    assert_true(g[0] == 1 && g[1] == -1 && g[2] == RD_C(0.5));
    assert_true(fabs(norm - sqrt(25.25)) < 1e-6);
}

static void limits_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    rd_real g[] = {1};
    const double limits[] = {0, -1, (double)NAN, (double)INFINITY};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(rondo_clip(device, flat(g, 1), RONDO_CLIP_NORM, limits[i], NULL, NULL),
                         RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_clip(NULL, flat(g, 1), RONDO_CLIP_NORM, 1, NULL, NULL), RONDO_BAD_ARGUMENT);
}

static void the_factor_can_be_folded_into_the_update(void **state)
{
    (void)state;
    const rd_real g[] = {3, 4};
    double norm, factor;
    assert_int_equal(rd_clip_factor(device, 2, NULL, g, 2.5, &norm, &factor, NULL), RONDO_OK);
    assert_true(fabs(factor - 0.5) < 1e-7);
    assert_int_equal(rd_clip_factor(device, 2, NULL, g, 0, &norm, &factor, NULL), RONDO_OK);
    assert_true(factor == 1);
}

/* ---- schedules ---- */

static rd_schedule schedule_of(const char *text, uint64_t total)
{
    rondo_options *options;
    rd_schedule s;
    assert_int_equal(rondo_options_new(&options, NULL), RONDO_OK);
    assert_int_equal(rondo_options_parse(options, text, strlen(text), "test", NULL), RONDO_OK);
    rd_schedule_init(&s, options, 10, total);
    rondo_options_free(options);
    return s;
}

static int near(double a, double b)
{
    return fabs(a - b) < 1e-12;
}

static void const_stays_and_warmup_rises_to_it(void **state)
{
    (void)state;
    rd_schedule s = schedule_of("lr = 0.5\nwarmup = 4\n", 100);
    assert_true(near(rd_schedule_at(&s, 0, 0), 0.125) && near(rd_schedule_at(&s, 3, 0), 0.5));
    assert_true(near(rd_schedule_at(&s, 99, 9), 0.5));
}

static void step_falls_every_n_epochs_from_epoch_m(void **state)
{
    (void)state;
    rd_schedule s =
        schedule_of("lr = 1\nlr-schedule = step\nlr-gamma = 0.5\nlr-from-epoch = 3\nlr-step-epochs = 2\n", 0);
    const double rate[] = {1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.125};
    for (uint64_t epoch = 0; epoch < 8; epoch++)
        assert_true(near(rd_schedule_at(&s, 10 * epoch, epoch), rate[epoch]));
}

static void plateau_quarters_the_rate_when_validation_does_not_improve(void **state)
{
    (void)state;
    rd_schedule s = schedule_of("lr = 1\nlr-schedule = plateau\n", 0), other = schedule_of("lr = 1\n", 0);
    rd_schedule_evaluated(&s, 1);
    assert_true(near(rd_schedule_at(&s, 5, 0), 1));
    rd_schedule_evaluated(&s, 0);
    rd_schedule_evaluated(&s, 0);
    assert_true(near(rd_schedule_at(&s, 5, 0), 0.0625));
    rd_schedule_evaluated(&other, 0);
    assert_true(near(rd_schedule_at(&other, 5, 0), 1));
}

static void cosine_and_linear_fall_to_zero_over_the_budget(void **state)
{
    (void)state;
    rd_schedule c = schedule_of("lr = 2\nlr-schedule = cosine\nwarmup = 10\n", 110);
    rd_schedule l = schedule_of("lr = 2\nlr-schedule = linear\n", 100);
    assert_true(near(rd_schedule_at(&c, 10, 0), 2) && near(rd_schedule_at(&c, 60, 0), 1) &&
                near(rd_schedule_at(&c, 110, 0), 0));
    assert_true(near(rd_schedule_at(&l, 0, 0), 2) && near(rd_schedule_at(&l, 25, 0), 1.5) &&
                near(rd_schedule_at(&l, 200, 0), 0));
    rd_schedule endless = schedule_of("lr = 2\nlr-schedule = linear\n", 0);
    assert_true(near(rd_schedule_at(&endless, 1000, 0), 2));
}

static void the_state_of_a_schedule_is_written_and_read(void **state)
{
    (void)state;
    rd_schedule s = schedule_of("lr = 1\nlr-schedule = plateau\n", 0), back = s;
    rd_text text = {0};
    rd_pair pair;
    size_t at = 0, line = 0;
    for (int i = 0; i < 3; i++)
        rd_schedule_evaluated(&s, 0);
    rd_schedule_write(&s, &text);
    assert_int_equal(rd_text_pair(text.text, text.size, &at, &line, &pair), 1);
    assert_int_equal(rd_schedule_read(&back, &pair), 1);
    assert_true(near(rd_schedule_at(&back, 0, 0), rd_schedule_at(&s, 0, 0)));
    pair.name_size--;
    assert_int_equal(rd_schedule_read(&back, &pair), 0);
    rd_text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clip_brings_the_norm_down_to_the_limit_and_not_to_one),
        cmocka_unit_test(below_the_limit_nothing_changes),
        cmocka_unit_test(a_norm_that_is_not_finite_is_an_error_and_not_a_scale),
        cmocka_unit_test(value_bounds_each_element),
        cmocka_unit_test(limits_that_make_no_sense_are_refused),
        cmocka_unit_test(the_factor_can_be_folded_into_the_update),
        cmocka_unit_test(const_stays_and_warmup_rises_to_it),
        cmocka_unit_test(step_falls_every_n_epochs_from_epoch_m),
        cmocka_unit_test(plateau_quarters_the_rate_when_validation_does_not_improve),
        cmocka_unit_test(cosine_and_linear_fall_to_zero_over_the_budget),
        cmocka_unit_test(the_state_of_a_schedule_is_written_and_read),
    };
    return cmocka_run_group_tests(tests, open_device, close_device);
}
