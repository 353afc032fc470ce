/* Units of the data outside, numbers of order one inside. */
#include "layer_help.h"

#include "layers/scale.h"

static const rd_real *at(const rd_value *v, size_t row)
{
    return v->data + row * v->stride;
}

static void set(const bench *b, const char *name, const rd_real *from, size_t n)
{
    memcpy(param_of(b, name).data, from, n * sizeof *from);
    rondo_model_changed(b->model);
}

static void scale_takes_the_shift_away_and_multiplies_by_the_factor(void **state)
{
    (void)state;
    bench b;
    const rd_real shift[] = {1, -2, 0.5f}, factor[] = {2, 0.25f, 3};
    bench_open(&b, 1, "");
    bench_model(&b, "s1 = scale(x)\n");
    bench_fill(&b);
    set(&b, "s1.shift", shift, 3);
    set(&b, "s1.factor", factor, 3);
    const rd_value *s = run_layer(&b, RONDO_USE, "s1");
    const rd_part *x = rd_batch_part(b.batch, "x");
    for (size_t r = 0; r < x->packed.pack.rows; r++)
        for (size_t j = 0; j < 3; j++)
            assert_true(at(s, r)[j] == (x->values[r * 3 + j] - shift[j]) * factor[j]);
    bench_close(&b);
}

static void relative_columns_are_taken_from_the_last_row_of_their_sequence(void **state)
{
    (void)state;
    bench b;
    const rd_real shift[] = {1, -2, 0.5f};
    bench_open(&b, 1, "");
    bench_model(&b, "s1 = scale(x, relative=2)\n");
    bench_fill(&b);
    set(&b, "s1.shift", shift, 3);
    const rd_value *s = run_layer(&b, RONDO_USE, "s1");
    const rd_part *x = rd_batch_part(b.batch, "x");
    for (size_t i = 0; i < 4; i++)
        for (size_t t = 0; t < bench_length[i]; t++) {
            const size_t row = row_at(&b, "x", i, t), last = row_at(&b, "x", i, bench_length[i] - 1);
            for (size_t j = 0; j < 3; j++)
                assert_true(at(s, row)[j] == x->values[row * 3 + j] - (j < 2 ? x->values[last * 3 + j] : shift[j]));
        }
    bench_close(&b);
}

/* Of five rows, in seasons of two, the first two have nothing before them. */
static void seasonal_columns_are_taken_from_the_row_a_season_before(void **state)
{
    (void)state;
    bench b;
    const rd_real shift[] = {1, -2, 0.5f}, factor[] = {2, 0.25f, 3};
    bench_open(&b, 1, "");
    bench_model(&b, "s1 = scale(x, relative=2, season=2)\n");
    bench_fill(&b);
    set(&b, "s1.shift", shift, 3);
    set(&b, "s1.factor", factor, 3);
    const rd_value *s = run_layer(&b, RONDO_USE, "s1");
    const rd_part *x = rd_batch_part(b.batch, "x");
    for (size_t i = 0; i < 4; i++)
        for (size_t t = 0; t < bench_length[i]; t++) {
            const size_t row = row_at(&b, "x", i, t);
            for (size_t j = 0; j < 3; j++) {
                const rd_real from = j == 2 ? shift[2] : x->values[(t < 2 ? row : row_at(&b, "x", i, t - 2)) * 3 + j];
                assert_true(at(s, row)[j] == (x->values[row * 3 + j] - from) * factor[j]);
                assert_true(j == 2 || t >= 2 || at(s, row)[j] == 0);
            }
        }
    bench_close(&b);
}

/* Numbers above 0. */
static void make_positive(bench *b)
{
    const rd_part *x = rd_batch_part(b->batch, "x");
    for (size_t i = 0; i < x->packed.pack.rows * 3; i++)
        x->values[i] = (rd_real)(0.5 + fabs((double)x->values[i]));
}

static void logarithms_are_taken_before_distances(void **state)
{
    (void)state;
    bench b;
    bench_open(&b, 1, "");
    bench_model(&b, "s1 = scale(x, relative=2, log=1)\n");
    bench_fill(&b);
    make_positive(&b);
    const rd_value *s = run_layer(&b, RONDO_USE, "s1");
    const rd_part *x = rd_batch_part(b.batch, "x");
    for (size_t i = 0; i < 4; i++)
        for (size_t t = 0; t < bench_length[i]; t++) {
            const rd_real *now = x->values + row_at(&b, "x", i, t) * 3,
                          *last = x->values + row_at(&b, "x", i, bench_length[i] - 1) * 3;
            const rd_real *told = at(s, row_at(&b, "x", i, t));
            assert_true(fabs((double)told[0] - log((double)now[0] / (double)last[0])) < 1e-6);
            assert_true(told[1] == now[1] - last[1] && told[2] == now[2]);
        }
    bench_close(&b);
}

static void unscale_goes_on_from_the_last_value_of_each_target(void **state)
{
    (void)state;
    bench b;
    const rd_real shift[] = {1, 2, 3, 4}, factor[] = {2, 4, 8, 16};
    bench_open(&b, 1, "");
    bench_model(&b, "z = dense(last(x), size=4)\nout = unscale(z, x, targets=2)\n");
    bench_fill(&b);
    set(&b, "out.shift", shift, 4);
    set(&b, "out.factor", factor, 4);
    const rd_value *out = run_layer(&b, RONDO_USE, "out"), *z = value_of(&b, &b.model->use, "z");
    const rd_part *x = rd_batch_part(b.batch, "x");
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 4; j++) {
            const double base =
                bench_length[i] ? (double)x->values[row_at(&b, "x", i, bench_length[i] - 1) * 3 + j % 2] : 0;
            const double expected = (double)shift[j] + (double)factor[j] * (double)at(z, i)[j] + base;
            assert_true(fabs((double)at(out, i)[j] - expected) < 1e-5);
        }
    bench_close(&b);
}

/* Steps 1, 2, 3 of the horizon in seasons of two go on from the rows 2, 1 and 2 before the end. */
static void check_season(const char *text, int log)
{
    static const size_t back[] = {2, 1, 2};
    bench b;
    bench_open(&b, 1, "");
    bench_model(&b, text);
    bench_fill(&b);
    make_positive(&b);
    const rd_value *out = run_layer(&b, RONDO_USE, "out"), *z = value_of(&b, &b.model->use, "z");
    const rd_part *x = rd_batch_part(b.batch, "x");
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 6; j++) {
            const int there = bench_length[i] >= back[j / 2];
            const double base = there ? (double)x->values[row_at(&b, "x", i, bench_length[i] - back[j / 2]) * 3 + j % 2] : log,
                         moved = (double)at(z, i)[j], expected = log ? exp(moved) * base : moved + base;
            assert_true(fabs((double)at(out, i)[j] - expected) < 1e-5 * (1 + fabs(expected)));
        }
    bench_close(&b);
}

static void unscale_goes_on_from_the_last_season_place_by_place(void **state)
{
    (void)state;
    check_season("z = dense(last(x), size=6)\nout = unscale(z, x, targets=2, season=2)\n", 0);
    check_season("z = dense(last(x), size=6)\nout = unscale(z, x, targets=2, season=2, log=1)\n", 1);
}

/* An output of 0 is the value of a season ago, to the bit: log and exp meet nowhere. */
static void nothing_new_is_the_seasonal_naive_forecast(void **state)
{
    (void)state;
    bench b;
    bench_open(&b, 1, "");
    bench_model(&b, "z = dense(last(x), size=1)\nout = unscale(z, x, targets=1, season=1, log=1)\n");
    bench_fill(&b);
    make_positive(&b);
    memset(param_of(&b, "z.weight").data, 0, 3 * sizeof(rd_real));
    rondo_model_changed(b.model);
    const rd_value *out = run_layer(&b, RONDO_USE, "out");
    const rd_part *x = rd_batch_part(b.batch, "x");
    for (size_t i = 0; i < 4; i++)
        if (bench_length[i]) assert_true(at(out, i)[0] == x->values[row_at(&b, "x", i, bench_length[i] - 1) * 3]);
    bench_close(&b);
}

static void log_variances_are_not_moved_by_the_last_value(void **state)
{
    (void)state;
    bench b;
    bench_open(&b, 1, "");
    bench_model(&b, "z = dense(last(x), size=4)\nout = unscale(z, x, targets=2, each=2, means=1)\n");
    bench_fill(&b);
    const rd_value *out = run_layer(&b, RONDO_USE, "out"), *z = value_of(&b, &b.model->use, "z");
    for (size_t i = 0; i < 4; i++)
        assert_true(at(out, i)[1] == at(z, i)[1] && at(out, i)[3] == at(z, i)[3]);
    assert_true(at(out, 0)[0] != at(z, 0)[0]);
    bench_close(&b);
}

static void what_is_frozen_stands_behind_what_learns(void **state)
{
    (void)state;
    bench b;
    const rd_real factor[] = {2, 3, 4};
    bench_open(&b, 1, "");
    bench_model(&b, "s1 = scale(x)\nout = dense(s1, size=5)\nloss = softmax(out, y)\n");
    set(&b, "s1.factor", factor, 3);
    assert_int_equal(b.model->numbers - b.model->learning, 6);
    for (size_t i = 0; i < b.model->layers; i++)
        for (size_t k = 0; k < b.model->layer[i].params; k++) {
            const rd_param *param = &b.model->layer[i].param[k];
            assert_int_equal(param->frozen, param->offset >= b.model->learning);
        }
    bench_close(&b);
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *piece;
    } rows[] = {
        {"h = scale(s)\n", "needs numbers with a row a step"},
        {"h = scale(x, relative=4)\n", "relative"},
        {"h = scale(x, log=4)\n", "log"},
        {"z = dense(last(x), size=4)\nh = unscale(z, x, each=2, means=1, log=1)\n", "no logarithms of variances"},
        {"z = dense(last(x), size=4)\nh = unscale(z, x, season=0)\n", "season"},
        {"h = unscale(x)\n", "needs numbers with a row a sequence"},
        {"z = dense(last(x), size=4)\nh = unscale(z, targets=3)\n", "for each step of the horizon"},
        {"z = dense(last(x), size=4)\nh = unscale(z, x, targets=4)\n", "as many as targets or more"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bench b;
        bench_open(&b, 1, "");
        refuses(&b, rows[i].text, rows[i].piece);
        bench_close(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scale_takes_the_shift_away_and_multiplies_by_the_factor),
        cmocka_unit_test(relative_columns_are_taken_from_the_last_row_of_their_sequence),
        cmocka_unit_test(seasonal_columns_are_taken_from_the_row_a_season_before),
        cmocka_unit_test(logarithms_are_taken_before_distances),
        cmocka_unit_test(unscale_goes_on_from_the_last_value_of_each_target),
        cmocka_unit_test(unscale_goes_on_from_the_last_season_place_by_place),
        cmocka_unit_test(nothing_new_is_the_seasonal_naive_forecast),
        cmocka_unit_test(log_variances_are_not_moved_by_the_last_value),
        cmocka_unit_test(what_is_frozen_stands_behind_what_learns),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
