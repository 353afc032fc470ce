/* Sampling: temperature, top-k, top-p. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "decode/sample.h"

#include <math.h>

enum { K = 5 };

static size_t draw(const rd_real *z, double temperature, size_t top_k, double top_p, size_t excluded,
                   uint64_t counter)
{
    double work[RD_SAMPLE_WORK(K)];
    rondo_sampling s = {.temperature = temperature, .top_k = top_k, .top_p = top_p};
    return rd_sample(z, K, &s, excluded, rd_key_of(1, RD_STREAM_SAMPLE, 0, 0), counter, work);
}

static void count(const rd_real *z, double temperature, size_t top_k, double top_p, size_t excluded,
                  double share[K])
{
    enum { DRAWS = 20000 };
    for (size_t k = 0; k < K; k++)
        share[k] = 0;
    for (uint64_t n = 0; n < DRAWS; n++)
        share[draw(z, temperature, top_k, top_p, excluded, n)] += 1.0 / DRAWS;
}

static void temperature_zero_is_the_likeliest_and_ties_go_to_the_lower_index(void **state)
{
    (void)state;
    const rd_real z[K] = {1, 3, 2, 3, -1};
    assert_int_equal(draw(z, 0, 0, 1, SIZE_MAX, 7), 1);
    assert_int_equal(draw(z, 0, 0, 1, 1, 7), 3);
}

static void shares_follow_the_softmax_at_the_temperature(void **state)
{
    (void)state;
    const rd_real z[K] = {0, 1, 2, -1, RD_C(0.5)};
    for (double temperature = 0.5; temperature < 3; temperature *= 2) {
        double share[K], sum = 0;
        count(z, temperature, 0, 1, SIZE_MAX, share);
        for (size_t k = 0; k < K; k++)
            sum += exp((double)z[k] / temperature);
        for (size_t k = 0; k < K; k++)
            assert_true(fabs(share[k] - exp((double)z[k] / temperature) / sum) < 0.015);
    }
}

static void top_k_keeps_so_many_and_renormalises(void **state)
{
    (void)state;
    const rd_real z[K] = {0, 1, 2, 1, -1}; /* the two ones tie: the lower index stays */
    double share[K];
    count(z, 1, 2, 1, SIZE_MAX, share);
    assert_true(share[0] <= 0 && share[3] <= 0 && share[4] <= 0);
    assert_true(fabs(share[2] - 1 / (1 + exp(-1))) < 0.015);
}

static void top_p_keeps_the_smallest_set_with_the_mass(void **state)
{
    (void)state;
    const rd_real z[K] = {RD_C(-1.609438), RD_C(-0.693147), RD_C(-1.609438), RD_C(-2.302585),
                          -40}; /* .2 .5 .2 .1 0 */
    double share[K];
    count(z, 1, 0, 0.45, SIZE_MAX, share);
    assert_true(share[1] > 0.999);
    count(z, 1, 0, 0.6, SIZE_MAX, share);
    assert_true(share[2] <= 0 && fabs(share[1] - 5.0 / 7) < 0.015 && fabs(share[0] - 2.0 / 7) < 0.015);
    count(z, 1, 3, 0.99, SIZE_MAX, share); /* first top-k, then top-p of what is left */
    assert_true(share[3] <= 0 && share[2] > 0);
}

static void the_excluded_symbol_is_never_drawn(void **state)
{
    (void)state;
    const rd_real z[K] = {9, 0, 0, 0, 0};
    double share[K];
    count(z, 1, 0, 1, 0, share);
    assert_true(share[0] <= 0 && fabs(share[2] - 0.25) < 0.015);
}

static void the_draw_is_a_function_of_key_and_counter(void **state)
{
    (void)state;
    const rd_real z[K] = {0, 0, 0, 0, 0};
    size_t changes = 0;
    for (uint64_t n = 0; n < 100; n++) {
        assert_int_equal(draw(z, 1, 0, 1, SIZE_MAX, n), draw(z, 1, 0, 1, SIZE_MAX, n));
        changes += draw(z, 1, 0, 1, SIZE_MAX, n) != draw(z, 1, 0, 1, SIZE_MAX, n + 1);
    }
    assert_true(changes > 50);
}

static void logits_that_are_not_numbers_are_impossible(void **state)
{
    (void)state;
    const rd_real z[K] = {NAN, -INFINITY, 1, NAN, NAN}, none[K] = {NAN, NAN, NAN, NAN, NAN};
    assert_int_equal(draw(z, 1, 0, 1, SIZE_MAX, 3), 2);
    assert_int_equal(draw(none, 1, 0, 1, 0, 3), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(temperature_zero_is_the_likeliest_and_ties_go_to_the_lower_index),
        cmocka_unit_test(shares_follow_the_softmax_at_the_temperature),
        cmocka_unit_test(top_k_keeps_so_many_and_renormalises),
        cmocka_unit_test(top_p_keeps_the_smallest_set_with_the_mass),
        cmocka_unit_test(the_excluded_symbol_is_never_drawn),
        cmocka_unit_test(the_draw_is_a_function_of_key_and_counter),
        cmocka_unit_test(logits_that_are_not_numbers_are_impossible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
