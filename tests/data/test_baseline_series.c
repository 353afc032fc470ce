/* Naive forecasts, also of series with gaps and of short ones. */
#include "data/baseline_series.h"

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#define GAP ((rd_real)NAN)

static rd_series_view view(const rd_real *y, size_t count)
{
    return (rd_series_view){y, count, 1};
}

static void the_last_value_is_the_last_that_was_measured(void **state)
{
    (void)state;
    static const rd_real y[] = {1, 2, 3, GAP};
    assert_true(rd_naive_last(view(y, 3)) == 3);
    assert_true(rd_naive_last(view(y, 4)) == 3);
    assert_true(isnan(rd_naive_last(view(y + 3, 1))));
    assert_true(isnan(rd_naive_last(view(y, 0))));
}

static void the_season_is_continued(void **state)
{
    (void)state;
    static const rd_real y[] = {9, 10, 11, 12, 20, 21, 22}; /* season 3: the last one is 20, 21, 22 */
    for (size_t ahead = 1; ahead <= 9; ahead++)
        assert_true(rd_naive_seasonal(view(y, 7), 3, ahead) == (rd_real)(20 + (ahead - 1) % 3));
    assert_true(rd_naive_seasonal(view(y, 7), 1, 5) == 22);
}

static void a_gap_is_filled_from_the_season_before_and_else_by_the_last_value(void **state)
{
    (void)state;
    static const rd_real y[] = {GAP, 5, 6, GAP, GAP, 8};
    assert_true(rd_naive_seasonal(view(y, 6), 3, 1) == 8); /* neither season has it */
    assert_true(rd_naive_seasonal(view(y, 6), 3, 2) == 5);
    assert_true(rd_naive_seasonal(view(y, 6), 3, 3) == 8);
    assert_true(rd_naive_seasonal(view(y + 1, 2), 12, 1) == 6); /* shorter than a season */
}

static void the_seasonal_error_is_the_mean_change_over_a_season(void **state)
{
    (void)state;
    static const rd_real table[] = {1, 0, 2, 0, 4, 0, GAP, 0, 7, 0}; /* column 0 of two */
    rd_series_view column = {table, 5, 2};
    assert_true(fabs(rd_seasonal_error(column, 1) - 1.5) < 1e-12); /* 1, 2 */
    assert_true(fabs(rd_seasonal_error(column, 2) - 3) < 1e-12);   /* 3, 3 */
    assert_true(isnan(rd_seasonal_error(column, 5)));
    assert_true(fabs(rd_series_mean(column) - 3.5) < 1e-12);
    assert_true(isnan(rd_series_mean((rd_series_view){table + 6, 1, 1})));
}

static void seasons_follow_from_the_step(void **state)
{
    (void)state;
    static const struct {
        double seconds;
        size_t season;
    } rows[] = {{3600, 24},
                {900, 96},
                {43200, 2},
                {86400, 7},
                {7 * 86400, 52},
                {30.4 * 86400, 12},
                {28 * 86400.0, 12},
                {31 * 86400.0, 12},
                {91.3 * 86400.0, 4},
                {365 * 86400.0, 1},
                {0, 1},
                {2 * 86400, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(rd_season_by_step(rows[i].seconds), rows[i].season);
    assert_int_equal(rd_season_by_step((double)NAN), 1);
    assert_int_equal(rd_season_by_step(-5), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_value_is_the_last_that_was_measured),
        cmocka_unit_test(the_season_is_continued),
        cmocka_unit_test(a_gap_is_filled_from_the_season_before_and_else_by_the_last_value),
        cmocka_unit_test(the_seasonal_error_is_the_mean_change_over_a_season),
        cmocka_unit_test(seasons_follow_from_the_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
