/* Scales, ticks and thinning. */
#include "draw/chart.h"

#include "base/memory.h"

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static void check_label(int64_t mantissa, int exponent, const char *expected)
{
    char label[24];
    rd_tick_label(mantissa, exponent, label);
    assert_string_equal(label, expected);
}

static void tick_labels_are_written_as_people_write_them(void **state)
{
    (void)state;
    check_label(0, 5, "0");
    check_label(5, 0, "5");
    check_label(15, -1, "1.5");
    check_label(-25, -2, "-0.25");
    check_label(2, -3, "0.002");
    check_label(1, -4, "0.0001");
    check_label(5, -7, "5e-7");
    check_label(125, -9, "1.25e-7");
    check_label(1000, 0, "1000");
    check_label(2, 4, "20k");
    check_label(15, 5, "1.5M");
    check_label(1, 20, "1e20");
    check_label(INT64_MIN + 1, 0, "-9.2233720e18");
}

static void short_labels_keep_three_digits(void **state)
{
    static const struct {
        double value;
        const char *label;
    } rows[] = {{1.65512, "1.66"}, {0.00210449, "0.0021"}, {12345, "12.3k"}, {-0.5, "-0.5"}, {0, "0"},
                {999.6, "1000"},   {3e-9, "3e-9"},         {1e12, "1T"},     {99.95, "100"}};
    char label[24];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        rd_short_label(rows[i].value, label);
        assert_string_equal(label, rows[i].label);
    }
    rd_short_label((double)NAN, label);
    assert_string_equal(label, "not finite");
}

static void linear_ticks_are_round_ascending_and_inside(void **state)
{
    (void)state;
    rd_tick ticks[16];
    rd_scale scale = rd_scale_over(1.38, 3.27, 0);
    size_t count = rd_scale_ticks(&scale, 1, 5, ticks);
    assert_int_equal(count, 4);
    assert_string_equal(ticks[0].label, "1.5");
    assert_string_equal(ticks[3].label, "3");
    for (size_t want = 2; want <= 16; want++) {
        count = rd_scale_ticks(&scale, 1, want, ticks);
        assert_true(count >= 1 && count <= want);
        for (size_t i = 0; i < count; i++)
            assert_true(ticks[i].at >= 0 && ticks[i].at <= 1 && (i == 0 || ticks[i].at > ticks[i - 1].at));
    }
}

static void a_second_unit_has_round_ticks_of_its_own(void **state)
{
    (void)state;
    rd_tick ticks[16];
    rd_scale scale = rd_scale_over(0, 2, 0); /* nats; 2.885 bits */
    size_t count = rd_scale_ticks(&scale, 1.4426950408889634, 4, ticks);
    assert_int_equal(count, 3);
    assert_string_equal(ticks[2].label, "2");
    assert_true(fabs(ticks[2].at - 0.6931471805599453) < 1e-12);
}

static void log_ticks_are_decades_or_one_two_five(void **state)
{
    (void)state;
    rd_tick ticks[16];
    rd_scale wide = rd_scale_over(1e-8, 1, 1), narrow = rd_scale_over(0.3, 8, 1),
             tight = rd_scale_over(2.1, 2.4, 1);
    assert_int_equal(rd_scale_ticks(&wide, 1, 5, ticks), 5);
    assert_string_equal(ticks[0].label, "1e-8");
    assert_string_equal(ticks[4].label, "1");
    assert_int_equal(rd_scale_ticks(&narrow, 1, 6, ticks), 4);
    assert_string_equal(ticks[0].label, "0.5");
    assert_string_equal(ticks[3].label, "5");
    assert_true(rd_scale_ticks(&tight, 1, 5, ticks) >= 2);
}

static void equal_bounds_are_widened_around_the_value(void **state)
{
    (void)state;
    static const double values[] = {0, 5, -3, 1e-300, 1e299, 7e-12};
    for (size_t i = 0; i < 6; i++) {
        rd_scale scale = rd_scale_over(values[i], values[i], 0);
        rd_tick ticks[16];
        assert_true(scale.low < values[i] && values[i] < scale.high);
        assert_true(fabs(rd_scale_at(&scale, values[i]) - 0.5) < 1e-6);
        assert_true(rd_scale_ticks(&scale, 1, 5, ticks) >= 1);
    }
}

static void what_cannot_be_drawn_has_no_place(void **state)
{
    (void)state;
    rd_scale linear = rd_scale_over(0, 1, 0), log = rd_scale_over(0.1, 1, 1);
    assert_true(isnan(rd_scale_at(&linear, (double)NAN)));
    assert_true(isnan(rd_scale_at(&linear, (double)INFINITY)));
    assert_true(isnan(rd_scale_at(&log, 0)));
    assert_true(isnan(rd_scale_at(&log, -1)));
}

static void a_chart_of_nothing_has_no_scale(void **state)
{
    (void)state;
    double x[] = {1, 2}, y[] = {(double)NAN, (double)INFINITY};
    rd_series series = {.name = "s", .x = x, .y = y, .count = 2};
    rd_chart chart = {.series = &series, .count = 1};
    rd_scale a, b;
    assert_int_equal(rd_chart_scales(&chart, &a, &b), 0);
    y[0] = 3;
    assert_int_equal(rd_chart_scales(&chart, &a, &b), 1);
}

static void a_long_series_is_thinned_to_means_and_keeps_its_bounds(void **state)
{
    (void)state;
    enum { POINTS = 10000 };
    static double x[POINTS], y[POINTS];
    for (size_t i = 0; i < POINTS; i++) {
        x[i] = (double)i;
        y[i] = i % 2 ? 3 : 1;
    }
    rd_series series = {.name = "s", .x = x, .y = y, .count = POINTS};
    rd_scale sx = rd_scale_over(0, POINTS - 1, 0), sy = rd_scale_over(0, 4, 0);
    rd_dot *dots;
    size_t count;
    assert_int_equal(rd_series_place(&series, &sx, &sy, 100, &dots, &count, NULL), RONDO_OK);
    assert_int_equal(count, 100);
    for (size_t i = 0; i < count; i++) {
        assert_true(fabs(dots[i].y - 0.5) < 0.01);
        assert_true(fabs(dots[i].low - 0.25) < 1e-12 && fabs(dots[i].high - 0.75) < 1e-12);
    }
    rd_free(dots);
}

static void a_gap_breaks_a_thinned_line_only_where_a_column_holds_nothing_else(void **state)
{
    (void)state;
    enum { POINTS = 1000 };
    static double x[POINTS], y[POINTS];
    for (size_t i = 0; i < POINTS; i++) {
        x[i] = (double)i;
        y[i] = i == 5 || (i >= 500 && i < 600) ? (double)NAN : 1;
    }
    rd_series series = {.name = "s", .x = x, .y = y, .count = POINTS};
    rd_scale sx = rd_scale_over(0, POINTS - 1, 0), sy = rd_scale_over(0, 2, 0);
    rd_dot *dots;
    size_t count, gaps = 0;
    assert_int_equal(rd_series_place(&series, &sx, &sy, 100, &dots, &count, NULL), RONDO_OK);
    for (size_t i = 0; i < count; i++)
        gaps += isnan(dots[i].y) ? 1u : 0u;
    assert_in_range(gaps, 9, 10);
    assert_true(dots[0].y > 0);
    rd_free(dots);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tick_labels_are_written_as_people_write_them),
        cmocka_unit_test(short_labels_keep_three_digits),
        cmocka_unit_test(linear_ticks_are_round_ascending_and_inside),
        cmocka_unit_test(a_second_unit_has_round_ticks_of_its_own),
        cmocka_unit_test(log_ticks_are_decades_or_one_two_five),
        cmocka_unit_test(equal_bounds_are_widened_around_the_value),
        cmocka_unit_test(what_cannot_be_drawn_has_no_place),
        cmocka_unit_test(a_chart_of_nothing_has_no_scale),
        cmocka_unit_test(a_long_series_is_thinned_to_means_and_keeps_its_bounds),
        cmocka_unit_test(a_gap_breaks_a_thinned_line_only_where_a_column_holds_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
