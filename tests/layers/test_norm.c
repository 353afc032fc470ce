/* Layer norm of rows by its definition. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "layers/norm.h"

enum { WIDTH = 37 };

static void a_normalised_row_has_mean_0_and_variance_1_before_gain_and_shift(void **state)
{
    rd_real x[2][WIDTH], y[2][WIDTH], hat[2][WIDTH], scale[2], gain[WIDTH], shift[WIDTH];
    double mean = 0, square = 0;
    (void)state;
    for (size_t j = 0; j < WIDTH; j++) {
        x[0][j] = (rd_real)(j * j % 11) + 100;
        x[1][j] = 7;
        gain[j] = 2;
        shift[j] = (rd_real)j;
    }
    rd_norm_forward(&(rd_norm_args){.rows = 2,
                                    .width = WIDTH,
                                    .gain = gain,
                                    .shift = shift,
                                    .x = x[0],
                                    .x_stride = WIDTH,
                                    .y = y[0],
                                    .y_stride = WIDTH,
                                    .hat = hat[0],
                                    .hat_stride = WIDTH,
                                    .scale = scale});
    for (size_t j = 0; j < WIDTH; j++) {
        mean += (double)hat[0][j] / WIDTH;
        square += (double)hat[0][j] * (double)hat[0][j] / WIDTH;
        assert_float_equal(y[0][j], 2 * hat[0][j] + (rd_real)j, 1e-5);
        assert_float_equal(y[1][j], (rd_real)j, 1e-6); /* equal numbers have no variance */
    }
    assert_float_equal(mean, 0, 1e-6);
    assert_float_equal(square, 1, 1e-4);
    assert_float_equal(scale[1], RD_C(316.227766), 1e-3);
}

static void what_was_kept_gives_the_same_row_again(void **state)
{
    rd_real x[WIDTH], y[WIDTH], again[WIDTH], hat[WIDTH], scale[1], gain[WIDTH];
    (void)state;
    for (size_t j = 0; j < WIDTH; j++)
        x[j] = (rd_real)(j % 5), gain[j] = (rd_real)j;
    rd_norm_args args = {.rows = 1, .width = WIDTH, .gain = gain, .x = x, .y = y, .hat = hat, .scale = scale};
    rd_norm_forward(&args);
    args.y = again;
    rd_norm_again(&args);
    assert_memory_equal(y, again, sizeof y);
    args.hat = NULL, args.y = x; /* in use, in place */
    rd_norm_forward(&args);
    assert_memory_equal(x, y, sizeof y);
}

static void the_gradient_of_a_row_is_orthogonal_to_ones_and_to_the_row(void **state)
{
    rd_real x[WIDTH], hat[WIDTH], scale[1], gain[WIDTH], d[WIDTH], d_gain[WIDTH] = {0}, y[WIDTH];
    double sum = 0, along = 0;
    (void)state;
    for (size_t j = 0; j < WIDTH; j++)
        x[j] = (rd_real)(j * 3 % 7), gain[j] = 1, d[j] = (rd_real)(j % 4);
    rd_norm_args args = {.rows = 1,
                         .width = WIDTH,
                         .gain = gain,
                         .x = x,
                         .y = y,
                         .hat = hat,
                         .scale = scale,
                         .d = d,
                         .d_gain = d_gain};
    rd_norm_forward(&args);
    rd_norm_backward(&args);
    for (size_t j = 0; j < WIDTH; j++) {
        sum += (double)d[j];
        along += (double)d[j] * (double)hat[j];
        assert_float_equal(d_gain[j], (rd_real)(j % 4) * hat[j], 1e-6);
    }
    assert_float_equal(sum, 0, 1e-5);
    assert_float_equal(along, 0, 1e-4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_normalised_row_has_mean_0_and_variance_1_before_gain_and_shift),
        cmocka_unit_test(what_was_kept_gives_the_same_row_again),
        cmocka_unit_test(the_gradient_of_a_row_is_orthogonal_to_ones_and_to_the_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
