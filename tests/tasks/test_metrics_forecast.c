/* Errors of forecasts: against scikit-learn and NumPy, and on columns that have gaps or never move. */
#include "golden_lines.h"

#include "data/baseline_series.h"
#include "tasks/metrics_forecast.h"

#include <math.h>

static int near(double a, double b)
{
    return fabs(a - b) <= 1e-10 * fmax(1, fabs(b));
}

static void every_error_is_as_scikit_learn_and_numpy_have_it(void **state)
{
    (void)state;
    enum { COLUMNS = 2, LEVELS = 3, PAST = 30 };
    rd_forecast_errors e = {0};
    rd_real past[PAST * COLUMNS];
    size_t rows = 0;
    golden_lines lines = golden_open("forecast");
    while (golden_next(&lines)) {
        if (golden_is(&lines, "levels")) {
            double levels[LEVELS] = {golden_number(&lines, 1), golden_number(&lines, 2),
                                     golden_number(&lines, 3)};
            assert_int_equal(rd_forecast_new(&e, COLUMNS, levels, LEVELS, NULL), RONDO_OK);
        } else if (golden_is(&lines, "row")) {
            rd_real row[COLUMNS * (1 + LEVELS)];
            for (size_t i = 0; i < COLUMNS * (1 + LEVELS); i++)
                row[i] = (rd_real)golden_number(&lines, 1 + i);
            rd_forecast_add(&e, row, row + COLUMNS);
        } else if (golden_is(&lines, "past")) {
            past[rows * COLUMNS] = (rd_real)golden_number(&lines, 1);
            past[rows++ * COLUMNS + 1] = (rd_real)golden_number(&lines, 2);
        } else {
            assert_true(golden_is(&lines, "score") && rows == PAST);
            double scale[COLUMNS];
            for (size_t k = 0; k < COLUMNS; k++)
                scale[k] = rd_seasonal_error((rd_series_view){past + k, PAST, COLUMNS}, 12);
            const double got[] = {rd_forecast_mae(&e),         rd_forecast_mse(&e),     rd_forecast_rmse(&e),
                                  rd_forecast_mase(&e, scale), rd_forecast_pinball(&e), rd_forecast_rse(&e),
                                  rd_forecast_corr(&e)};
            for (size_t i = 0; i < sizeof got / sizeof *got; i++)
                assert_true(near(got[i], golden_number(&lines, 1 + i)));
        }
    }
    assert_int_equal(e.numbers, 48);
    rd_forecast_free(&e);
    golden_close(&lines);
}

static void without_quantiles_the_forecast_is_the_value(void **state)
{
    (void)state;
    rd_forecast_errors e;
    assert_int_equal(rd_forecast_new(&e, 2, NULL, 0, NULL), RONDO_OK);
    rd_forecast_add(&e, (rd_real[]){1, 10}, (rd_real[]){2, 10});
    rd_forecast_add(&e, (rd_real[]){3, (rd_real)NAN}, (rd_real[]){0, 7});
    assert_int_equal(e.numbers, 3);
    assert_true(near(rd_forecast_mae(&e), 4.0 / 3));
    assert_true(near(rd_forecast_mse(&e), 10.0 / 3));
    assert_true(isnan(rd_forecast_pinball(&e)));
    /* column 0: mean error 2 over 4; column 1: 0 over 2 */
    assert_true(near(rd_forecast_mase(&e, (double[]){4, 2}), 0.25));
    assert_true(near(rd_forecast_mase(&e, (double[]){4, 0}), 0.5));
    assert_true(isnan(rd_forecast_mase(&e, (double[]){0, (double)NAN})));
    rd_forecast_free(&e);
}

static void the_forecast_is_the_level_nearest_to_the_median(void **state)
{
    (void)state;
    rd_forecast_errors e;
    assert_int_equal(rd_forecast_new(&e, 1, (double[]){0.1, 0.45, 0.9}, 3, NULL), RONDO_OK);
    rd_forecast_add(&e, (rd_real[]){5}, (rd_real[]){1, 3, 9});
    assert_true(near(rd_forecast_mae(&e), 2));
    /* 0.1 * 4, 0.45 * 2, 0.1 * 4 */
    assert_true(near(rd_forecast_pinball(&e), (0.4 + 0.9 + 0.4) / 3));
    rd_forecast_free(&e);
}

static void what_never_moves_has_no_correlation(void **state)
{
    (void)state;
    rd_forecast_errors e;
    assert_int_equal(rd_forecast_new(&e, 3, NULL, 0, NULL), RONDO_OK);
    for (int i = 0; i < 4; i++) {
        rd_real y = (rd_real)(i * i);
        rd_forecast_add(&e, (rd_real[]){y, y, 7}, (rd_real[]){2 * y, 3, y});
    }
    assert_true(near(rd_forecast_corr(&e), 0.5)); /* 1 and 0; the third column is left out */
    rd_forecast_free(&e);
    assert_int_equal(rd_forecast_new(&e, 1, NULL, 0, NULL), RONDO_OK);
    assert_true(isnan(rd_forecast_corr(&e)) && isnan(rd_forecast_rse(&e)) && isnan(rd_forecast_mae(&e)));
    rd_forecast_free(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_is_as_scikit_learn_and_numpy_have_it),
        cmocka_unit_test(without_quantiles_the_forecast_is_the_value),
        cmocka_unit_test(the_forecast_is_the_level_nearest_to_the_median),
        cmocka_unit_test(what_never_moves_has_no_correlation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
