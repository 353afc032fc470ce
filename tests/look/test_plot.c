/* From logs to pictures. */
#include "look/curves.h"

#include "base/file.h"
#include "base/memory.h"
#include "formats/metrics_line.h"
#include "options/options.h"

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

static char top[64], run_a[96], run_b[96], log_a[128], log_b[128];

/* Writes a log of `steps` steps with an evaluation every `every`; the lowest is at two thirds. */
static void write_log(const char *path, uint64_t steps, uint64_t every, uint64_t nan_at)
{
    rd_text out = {0};
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    for (uint64_t s = 1; s <= steps; s++) {
        double x = (double)s / (double)steps;
        rd_metrics_line line = {.event = RD_METRICS_STEP,
                                .step = s,
                                .loss = s == nan_at ? (double)NAN : 1 + 2 / (1 + 9 * x),
                                .rows = 64,
                                .grad_norm = 5 / (1 + 50 * x),
                                .rate = 0.002 * (1 - x),
                                .seconds = 0.01};
        rd_metrics_write(&line, &out);
        if (s % every == 0) {
            line = (rd_metrics_line){.event = RD_METRICS_EVAL,
                                     .step = s,
                                     .train_loss = 1.5,
                                     .valid_loss = 1.5 + 4 * (x - 0.6667) * (x - 0.6667)};
            rd_metrics_write(&line, &out);
        }
        if (out.size > 60000 || s == steps) {
            assert_int_equal(fwrite(out.text, 1, out.size, file), out.size);
            rd_text_clear(&out);
        }
    }
    rd_text_free(&out);
    assert_int_equal(fclose(file), 0);
}

typedef struct output {
    rd_text text;
    int refuse;
} output;

static int take(void *user, const char *bytes, size_t size)
{
    output *o = user;
    rd_text_add(&o->text, bytes, size);
    return o->refuse;
}

static rondo_status plot(const char *const *runs, size_t count, const char *medium, const char *option,
                         output *out, rondo_error *error)
{
    rondo_options *options;
    assert_int_equal(rondo_options_new(&options, error), RONDO_OK);
    if (option) assert_int_equal(rondo_options_set(options, option, "on", error), RONDO_OK);
    rondo_status status = rondo_plot(runs, count, options, medium, take, out, error);
    rondo_options_free(options);
    return status;
}

static void a_run_folder_and_its_log_give_the_same_picture(void **state)
{
    (void)state;
    rondo_error error;
    output folder = {0}, file = {0};
    write_log(log_a, 300, 50, 0);
    assert_int_equal(plot((const char *const[]){run_a}, 1, "text", NULL, &folder, &error), RONDO_OK);
    assert_int_equal(plot((const char *const[]){log_a}, 1, "text", NULL, &file, &error), RONDO_OK);
    assert_string_equal(folder.text.text, file.text.text);
    assert_non_null(strstr(folder.text.text, "loss [nats]"));
    assert_non_null(strstr(folder.text.text, "best 1.5 at step 200"));
    assert_non_null(strstr(folder.text.text, "bits"));
    assert_non_null(strstr(folder.text.text, "gradient norm"));
    assert_non_null(strstr(folder.text.text, "learning rate"));
    assert_null(strchr(folder.text.text, '\x1b'));
    rd_text_free(&folder.text);
    rd_text_free(&file.text);
}

static void several_runs_share_a_frame_and_have_letters(void **state)
{
    (void)state;
    rondo_error error;
    output out = {0};
    write_log(log_a, 300, 50, 0);
    write_log(log_b, 120, 40, 0);
    assert_int_equal(plot((const char *const[]){run_a, run_b}, 2, "text", "ascii", &out, &error), RONDO_OK);
    assert_non_null(strstr(out.text.text, "play valid"));
    assert_non_null(strstr(out.text.text, "gru train"));
    assert_non_null(strstr(out.text.text, "best B 1.5 at step 80"));
    for (size_t i = 0; i < out.text.size; i++)
        assert_true((unsigned char)out.text.text[i] < 0x80);
    rd_text_free(&out.text);
}

static void a_picture_is_svg_when_asked_and_equal_each_time(void **state)
{
    (void)state;
    rondo_error error;
    output one = {0}, two = {0};
    write_log(log_a, 300, 50, 0);
    assert_int_equal(plot((const char *const[]){run_a}, 1, "svg", NULL, &one, &error), RONDO_OK);
    assert_int_equal(plot((const char *const[]){run_a}, 1, "svg", NULL, &two, &error), RONDO_OK);
    assert_string_equal(one.text.text, two.text.text);
    assert_memory_equal(one.text.text, "<svg ", 5);
    assert_non_null(strstr(one.text.text, "best validation loss 1.5 nats at step 200"));
    rd_text_free(&one.text);
    rd_text_free(&two.text);
}

static void losses_that_are_not_numbers_are_counted_below_the_picture(void **state)
{
    (void)state;
    rondo_error error;
    output out = {0};
    write_log(log_a, 300, 50, 100);
    assert_int_equal(plot((const char *const[]){run_a}, 1, "text", NULL, &out, &error), RONDO_OK);
    assert_non_null(strstr(out.text.text, "play: losses that were not finite: 1"));
    rd_text_free(&out.text);
}

static void a_million_points_are_a_fixed_number_with_the_right_mean_and_bounds(void **state)
{
    (void)state;
    static rd_curve curve;
    double sum = 0, weight = 0;
    for (size_t i = 0; i < 1000000; i++)
        rd_curve_add(&curve, (double)i, i % 2 ? 3 : 1);
    assert_in_range(curve.count, RD_CURVE_ROOM / 2 - 1, RD_CURVE_ROOM);
    for (size_t i = 0; i < curve.count; i++) {
        sum += curve.y[i] * (double)curve.members[i];
        weight += (double)curve.members[i];
        assert_true(i == 0 || curve.x[i] > curve.x[i - 1]);
        assert_true(fabs(curve.low[i] - 1) < 1e-12 && fabs(curve.high[i] - 3) < 1e-12);
    }
    assert_true(fabs(weight - 1e6) < 0.5 && fabs(sum / weight - 2) < 1e-9);
}

static void a_short_curve_keeps_every_point(void **state)
{
    (void)state;
    static rd_curve curve;
    for (size_t i = 0; i < RD_CURVE_ROOM; i++)
        rd_curve_add(&curve, (double)i, i == 7 ? (double)NAN : (double)i * 0.5);
    assert_int_equal(curve.count, RD_CURVE_ROOM);
    assert_true(isnan(curve.y[7]) && curve.y[9] >= 4.5 && curve.y[9] <= 4.5);
    rd_curve_add(&curve, RD_CURVE_ROOM, 1);
    assert_int_equal(curve.count, RD_CURVE_ROOM / 2 + 1);
    assert_true(curve.y[3] >= 3 && curve.y[3] <= 3); /* the one of 6 and 7 that is a number */
}

static void a_log_without_steps_and_a_missing_run_are_told(void **state)
{
    (void)state;
    rondo_error error;
    output out = {0};
    FILE *file = fopen(log_a, "wb");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(plot((const char *const[]){run_a}, 1, "text", NULL, &out, &error), RONDO_BAD_DATA);
    assert_non_null(strstr(error.message, "no steps"));
    assert_int_equal(plot((const char *const[]){"/tmp/rondo-no-such-run"}, 1, "text", NULL, &out, &error),
                     RONDO_SYSTEM);
    assert_non_null(strstr(error.message, "/tmp/rondo-no-such-run"));
    rd_text_free(&out.text);
}

static void wrong_calls_are_told(void **state)
{
    (void)state;
    rondo_error error;
    output out = {.refuse = 1};
    write_log(log_a, 30, 10, 0);
    assert_int_equal(plot((const char *const[]){run_a}, 0, "text", NULL, &out, &error), RONDO_BAD_ARGUMENT);
    assert_int_equal(plot((const char *const[]){run_a}, 1, "png", NULL, &out, &error), RONDO_BAD_ARGUMENT);
    assert_int_equal(plot((const char *const[]){NULL}, 1, "text", NULL, &out, &error), RONDO_BAD_ARGUMENT);
    assert_int_equal(plot((const char *const[]){run_a}, 1, "text", NULL, &out, &error), RONDO_SYSTEM);
    rd_text_free(&out.text);
    assert_int_equal(rondo_plot(NULL, 1, NULL, NULL, NULL, NULL, NULL), RONDO_BAD_ARGUMENT);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    rondo_error error;
    rondo_options *options;
    const char *const runs[] = {run_a};
    write_log(log_a, 300, 50, 0);
    assert_int_equal(rondo_options_new(&options, &error), RONDO_OK);
    for (int medium = 0; medium < 2; medium++) {
        rondo_status status = RONDO_LIMIT;
        uint64_t live = rd_memory_live();
        for (uint64_t n = 1; n < 500 && status == RONDO_LIMIT; n++) {
            output out = {0};
            rd_memory_fail_at(n, 1);
            status = rondo_plot(runs, 1, options, medium ? "svg" : "text", take, &out, &error);
            rd_memory_fail_at(0, 0);
            rd_text_free(&out.text);
            assert_int_equal(rd_memory_live(), live);
        }
        assert_int_equal(status, RONDO_OK);
    }
    rondo_options_free(options);
}

static int make_folders(void **state)
{
    (void)state;
    (void)snprintf(top, sizeof top, "/tmp/rondo-plot-XXXXXX");
    if (!mkdtemp(top)) return -1;
    (void)snprintf(run_a, sizeof run_a, "%s/play.run", top);
    (void)snprintf(run_b, sizeof run_b, "%s/gru.run", top);
    (void)snprintf(log_a, sizeof log_a, "%s/metrics.jsonl", run_a);
    (void)snprintf(log_b, sizeof log_b, "%s/metrics.jsonl", run_b);
    return mkdir(run_a, 0700) | mkdir(run_b, 0700);
}

static int remove_folders(void **state)
{
    (void)state;
    (void)unlink(log_a);
    (void)unlink(log_b);
    return rmdir(run_a) | rmdir(run_b) | rmdir(top);
}

#define IN_FOLDERS(test) cmocka_unit_test_setup_teardown(test, make_folders, remove_folders)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDERS(a_run_folder_and_its_log_give_the_same_picture),
        IN_FOLDERS(several_runs_share_a_frame_and_have_letters),
        IN_FOLDERS(a_picture_is_svg_when_asked_and_equal_each_time),
        IN_FOLDERS(losses_that_are_not_numbers_are_counted_below_the_picture),
        cmocka_unit_test(a_million_points_are_a_fixed_number_with_the_right_mean_and_bounds),
        cmocka_unit_test(a_short_curve_keeps_every_point),
        IN_FOLDERS(a_log_without_steps_and_a_missing_run_are_told),
        IN_FOLDERS(wrong_calls_are_told),
        IN_FOLDERS(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
