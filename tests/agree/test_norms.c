/* Layer norm of rows by its definition, in every table and against generic. */
#include "agree/world.h"

enum { WIDTH = 37 };

static void check_forward(const rd_kernels *kernels)
{
    rd_real x[2][WIDTH], y[2][WIDTH], hat[2][WIDTH], scale[2], gain[WIDTH], shift[WIDTH];
    double mean = 0, square = 0;
    for (size_t j = 0; j < WIDTH; j++) {
        x[0][j] = (rd_real)(j * j % 11) + 100;
        x[1][j] = 7;
        gain[j] = 2;
        shift[j] = (rd_real)j;
    }
    kernels->norm_forward(&(rd_norm_args){.rows = 2,
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
    assert_float_equal(scale[1], RD_C(316.227766), 1e-3); /* 1/sqrt(1e-5) */
}

static void check_again(const rd_kernels *kernels)
{
    rd_real x[WIDTH], y[WIDTH], again[WIDTH], hat[WIDTH], scale[1], gain[WIDTH];
    for (size_t j = 0; j < WIDTH; j++)
        x[j] = (rd_real)(j % 5), gain[j] = (rd_real)j;
    rd_norm_args args = {.rows = 1, .width = WIDTH, .gain = gain, .x = x, .y = y, .hat = hat, .scale = scale};
    kernels->norm_forward(&args);
    args.y = again;
    kernels->norm_again(&args);
    assert_memory_equal(y, again, sizeof y);
    args.hat = NULL, args.y = x; /* in use, in place */
    kernels->norm_forward(&args);
    assert_memory_equal(x, y, sizeof y);
}

static void check_gradient(const rd_kernels *kernels)
{
    rd_real x[WIDTH], hat[WIDTH], scale[1], gain[WIDTH], d[WIDTH], d_gain[WIDTH] = {0}, y[WIDTH];
    double sum = 0, along = 0;
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
    kernels->norm_forward(&args);
    kernels->norm_backward(&args);
    for (size_t j = 0; j < WIDTH; j++) {
        sum += (double)d[j];
        along += (double)d[j] * (double)hat[j];
        assert_float_equal(d_gain[j], (rd_real)(j % 4) * hat[j], 1e-6);
    }
    assert_float_equal(sum, 0, 1e-5);
    assert_float_equal(along, 0, 1e-4);
}

static void in_every_table(void (*check)(const rd_kernels *kernels))
{
    rd_kernels kernels;
    for (size_t set = 0; rd_kernels_name(set); set++) {
        assert_true(rd_kernels_for(rd_kernels_name(set), &kernels));
        check(&kernels);
    }
}

static void a_normalised_row_has_mean_0_and_variance_1_before_gain_and_shift(void **state)
{
    (void)state;
    in_every_table(check_forward);
}

static void what_was_kept_gives_the_same_row_again(void **state)
{
    (void)state;
    in_every_table(check_again);
}

static void the_gradient_of_a_row_is_orthogonal_to_ones_and_to_the_row(void **state)
{
    (void)state;
    in_every_table(check_gradient);
}

static const size_t widths[] = {1, 7, 15, 16, 17, 33, 100}, rows_of[] = {0, 1, 13};

/* `bits`: with a shift, with sums of gain and shift, in use (nothing kept, no way back). */
static void run(const rd_kernels *kernels, world *w, size_t rows, size_t width, int bits)
{
    rd_norm_args a = {.rows = rows, .width = width, .gain = world_rows(w, 1, width, NULL)};
    const rd_real *shift = world_rows(w, 1, width, NULL);
    rd_real *gains = world_rows(w, 1, width, NULL), *shifts = world_rows(w, 1, width, NULL);
    a.shift = bits & 1 ? shift : NULL;
    a.x = world_rows(w, rows, width, &a.x_stride);
    a.y = world_rows(w, rows, width, &a.y_stride);
    a.d = world_rows(w, rows, width, &a.d_stride);
    rd_real *hat = world_rows(w, rows, width, &a.hat_stride), *scale = world_rows(w, 1, rows, NULL);
    (void)world_rows(w, 1, 64, NULL); /* a border, to be found untouched */
    a.hat = bits & 4 ? NULL : hat;
    a.scale = scale;
    kernels->norm_forward(&a);
    if (bits & 4) return;
    a.d_gain = bits & 2 ? gains : NULL;
    a.d_shift = bits & 2 ? shifts : NULL;
    kernels->norm_again(&a);
    for (size_t row = 0; row < rows; row++) /* of 1 or 7 numbers the slope of a row may be large */
        scale[row] = fminf((float)scale[row], 10);
    kernels->norm_backward(&a);
}

static void norms_agree_with_generic(void **state)
{
    (void)state;
    static world mine, theirs;
    rd_kernels generic, kernels;
    assert_true(rd_kernels_for("generic", &generic));
    for (size_t set = 0; rd_kernels_name(set); set++) {
        assert_true(rd_kernels_for(rd_kernels_name(set), &kernels));
        for (size_t k = 0; k < sizeof widths / sizeof *widths * 3 * 8; k++) {
            const size_t width = widths[k / 24], rows = rows_of[k % 3];
            world_reset(&mine, k);
            world_reset(&theirs, k);
            run(&kernels, &mine, rows, width, (int)(k / 3 % 8));
            run(&generic, &theirs, rows, width, (int)(k / 3 % 8));
            const double error = world_difference(&mine, &theirs);
            if (!(error <= 5e-6)) fail_msg("%s, %zu rows of %zu: %g", kernels.isa, rows, width, error);
        }
    }
}

static void nan_fills_its_row_and_no_other(void **state)
{
    (void)state;
    for (size_t set = 0; rd_kernels_name(set); set++) {
        rd_kernels kernels;
        assert_true(rd_kernels_for(rd_kernels_name(set), &kernels));
        rd_real x[2][WIDTH] = {{1, 2, 3}}, y[2][WIDTH], gain[WIDTH] = {1};
        x[1][WIDTH - 1] = (rd_real)NAN;
        kernels.norm_forward(&(rd_norm_args){.rows = 2,
                                             .width = WIDTH,
                                             .gain = gain,
                                             .x = x[0],
                                             .x_stride = WIDTH,
                                             .y = y[0],
                                             .y_stride = WIDTH});
        for (size_t j = 0; j < WIDTH; j++)
            assert_true(y[0][j] == y[0][j] && y[1][j] != y[1][j]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_normalised_row_has_mean_0_and_variance_1_before_gain_and_shift),
        cmocka_unit_test(what_was_kept_gives_the_same_row_again),
        cmocka_unit_test(the_gradient_of_a_row_is_orthogonal_to_ones_and_to_the_row),
        cmocka_unit_test(norms_agree_with_generic),
        cmocka_unit_test(nan_fills_its_row_and_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
