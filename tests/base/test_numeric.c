/* Our exp, log and cos against the long double ones of libm. */
#include "base/numeric.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const double infinity = (double)INFINITY, not_a_number = (double)NAN;

/* Distance in units of the last place of the true value. */
static double ulps(double got, long double want)
{
    int exponent;
    (void)frexpl(want, &exponent);
    const long double unit = ldexpl(1, exponent - DBL_MANT_DIG < -1074 ? -1074 : exponent - DBL_MANT_DIG);
    return (double)(fabsl((long double)got - want) / unit);
}

static void exp_is_within_two_units_of_the_last_place(void **state)
{
    (void)state;
    double worst = 0;
    for (int i = -74500; i <= 70970; i++) {
        const double x = i / 100.0 + 0.00037;
        worst = fmax(worst, ulps(rd_exp64(x), expl((long double)x)));
    }
    for (int i = -10000; i <= 10000; i++)
        worst = fmax(worst, ulps(rd_exp64(i / 9973.0), expl((long double)(i / 9973.0))));
    assert_true(worst < 2);
}

static void exp_ends_in_zero_and_infinity_and_keeps_nan(void **state)
{
    (void)state;
    assert_true(rd_exp64(0) == 1);
    assert_true(rd_exp64(-infinity) == 0 && rd_exp64(-746) == 0);
    assert_true(rd_exp64(infinity) == infinity && rd_exp64(709.79) == infinity);
    assert_true(isfinite(rd_exp64(709.78)));
    assert_true(rd_exp64(-745) > 0 && rd_exp64(-745) < 1e-322);
    assert_true(isnan(rd_exp64(not_a_number)));
}

static void log_is_within_two_units_of_the_last_place(void **state)
{
    (void)state;
    double worst = 0;
    for (double x = 4.9e-324; x < 1e308; x = x * 1.0037 + 4.9e-324)
        worst = fmax(worst, ulps(rd_log64(x), logl((long double)x)));
    for (int i = 1; i < 40000; i++)
        worst = fmax(worst, ulps(rd_log64(i / 19997.0), logl((long double)(i / 19997.0))));
    assert_true(worst < 2);
}

static void log_has_the_right_ends(void **state)
{
    (void)state;
    assert_true(rd_log64(1) == 0);
    assert_true(rd_log64(0) == -infinity && rd_log64(-0.0) == -infinity);
    assert_true(rd_log64(infinity) == infinity);
    assert_true(isnan(rd_log64(-1)) && isnan(rd_log64(-infinity)) && isnan(rd_log64(not_a_number)));
}

static void cos_is_within_its_bound_up_to_a_million(void **state)
{
    (void)state;
    double worst = 0;
    for (double x = -1e6; x <= 1e6; x += 7.123)
        worst = fmax(worst, (double)fabsl((long double)rd_cos64(x) - cosl((long double)x)));
    for (double x = -10; x <= 10; x += 0.000317)
        worst = fmax(worst, (double)fabsl((long double)rd_cos64(x) - cosl((long double)x)));
    assert_true(worst <= 1e-15);
    assert_true(rd_cos64(0) == 1);
    assert_true(isnan(rd_cos64(not_a_number)) && isnan(rd_cos64(infinity)) && isnan(rd_cos64(2e6)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exp_is_within_two_units_of_the_last_place),
        cmocka_unit_test(exp_ends_in_zero_and_infinity_and_keeps_nan),
        cmocka_unit_test(log_is_within_two_units_of_the_last_place),
        cmocka_unit_test(log_has_the_right_ends),
        cmocka_unit_test(cos_is_within_its_bound_up_to_a_million),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
