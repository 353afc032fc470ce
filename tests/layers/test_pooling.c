/* Pools and joins: shapes, empty sequences, refusals. */
#include "layer_help.h"

static const rd_real *at(const rd_value *v, size_t row)
{
    return v->data + row * v->stride;
}

static void mean_and_max_are_over_the_steps_and_zero_for_an_empty_sequence(void **state)
{
    (void)state;
    bench b;
    bench_open(&b, 1, "");
    bench_model(&b, "h = dense(x, size=3)\na = mean(h)\ntop = max(h)\n");
    bench_fill(&b);
    const rd_value *m = run_layer(&b, RONDO_USE, "top"), *a = value_of(&b, &b.model->use, "a");
    const rd_value *h = value_of(&b, &b.model->use, "h");
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 3; j++) {
            double sum = 0, best = bench_length[i] ? -(double)INFINITY : 0;
            for (size_t t = 0; t < bench_length[i]; t++) {
                double v = (double)at(h, row_at(&b, "x", i, t))[j];
                sum += v / (double)bench_length[i];
                best = fmax(best, v);
            }
            assert_true(fabs((double)at(a, i)[j] - sum) < 1e-6);
            assert_true(fabs((double)at(m, i)[j] - best) < 1e-6);
        }
    bench_close(&b);
}

static void middle_is_the_step_at_half_the_length(void **state)
{
    (void)state;
    bench b;
    bench_open(&b, 1, "");
    bench_model(&b, "h = gru(x, size=3)\ncentre = middle(h)\n");
    bench_fill(&b);
    const rd_value *m = run_layer(&b, RONDO_USE, "centre"), *h = value_of(&b, &b.model->use, "h");
    const rd_real zero[3] = {0};
    for (size_t i = 0; i < 4; i++) {
        const size_t n = bench_length[i];
        assert_memory_equal(at(m, i), n ? at(h, row_at(&b, "x", i, n / 2)) : zero, 3 * sizeof(rd_real));
    }
    bench_close(&b);
}

static void last_of_a_recurrent_layer_is_its_final_state_in_walking_order(void **state)
{
    (void)state;
    bench b;
    bench_open(&b, 1, "");
    bench_model(
        &b, "f = gru(x, size=4, start=learned)\nr = gru(x, size=4, reverse=1)\nlf = last(f)\nlr = last(r)\n");
    rd_real *first = param_of(&b, "f.start_l0").data;
    for (size_t j = 0; j < 4; j++)
        first[j] = (rd_real)(j + 1) / 8;
    bench_fill(&b);
    const rd_value *lr = run_layer(&b, RONDO_USE, "lr"), *lf = value_of(&b, &b.model->use, "lf");
    const rd_value *f = value_of(&b, &b.model->use, "f"), *r = value_of(&b, &b.model->use, "r");
    for (size_t i = 0; i < 4; i++) {
        size_t n = bench_length[i];
        const rd_real zero[4] = {0};
        assert_memory_equal(at(lf, i), n ? at(f, row_at(&b, "x", i, n - 1)) : first, 4 * sizeof(rd_real));
        assert_memory_equal(at(lr, i), n ? at(r, row_at(&b, "x", i, 0)) : zero, 4 * sizeof(rd_real));
    }
    bench_close(&b);
}

static void last_of_another_value_is_its_last_row(void **state)
{
    (void)state;
    bench b;
    bench_open(&b, 1, "");
    bench_model(&b, "h = dense(x, size=4)\nl = last(h)\n");
    bench_fill(&b);
    const rd_value *l = run_layer(&b, RONDO_USE, "l"), *h = value_of(&b, &b.model->use, "h");
    const rd_real zero[4] = {0};
    for (size_t i = 0; i < 4; i++)
        assert_memory_equal(at(l, i), bench_length[i] ? at(h, row_at(&b, "x", i, bench_length[i] - 1)) : zero,
                            4 * sizeof(rd_real));
    bench_close(&b);
}

static void joins_stand_side_by_side_add_and_expand(void **state)
{
    (void)state;
    bench b;
    bench_open(&b, 1, "");
    bench_model(&b,
                "h = dense(x, size=2)\nc1 = concat(h, x)\na = add(h, h, h)\ne = expand(mean(h), like=s)\n");
    bench_fill(&b);
    const rd_value *e = run_layer(&b, RONDO_USE, "e"), *h = value_of(&b, &b.model->use, "h");
    const rd_value *c = value_of(&b, &b.model->use, "c1"), *a = value_of(&b, &b.model->use, "a");
    const rd_value *m = value_of(&b, &b.model->use, "e.1");
    for (size_t i = 0; i < 4; i++)
        for (size_t t = 0; t < bench_length[i]; t++) {
            size_t r = row_at(&b, "x", i, t);
            assert_memory_equal(at(c, r), at(h, r), 2 * sizeof(rd_real));
            assert_memory_equal(at(c, r) + 2, b.batch->part[1].values + r * 3, 3 * sizeof(rd_real));
            assert_true(fabs((double)(at(a, r)[1] - 3 * at(h, r)[1])) < 1e-6);
            assert_memory_equal(at(e, r), at(m, i), 2 * sizeof(rd_real));
        }
    bench_close(&b);
}

static void joins_between_unlike_values_are_refused_with_the_line(void **state)
{
    (void)state;
    bench b;
    bench_open(&b, 1, "");
    refuses(&b, "h = dense(x, size=2)\nc1 = concat(h, mean(h))\n",
            "model text:2: concat \"c1\": \"h\" has a row a step, \"c1.1\" has a row a sequence");
    refuses(&b, "h = dense(x, size=2)\ng = dense(s, size=2)\nc1 = add(h, g)\n",
            "\"h\" and \"g\" follow different parts");
    refuses(&b, "c1 = concat(x, s)\n", "\"s\" has symbols");
    refuses(&b, "h = dense(x, size=2)\nc1 = add(h, x)\n", "\"h\" has width 2, \"x\" has 3");
    refuses(&b, "h = dense(x, size=2)\nc1 = mean(mean(h))\n", "needs numbers with a row a step");
    refuses(&b, "h = dense(x, size=2)\nc1 = expand(h, like=x)\n", "expand \"c1\" needs");
    refuses(&b, "h = dense(x, size=2)\nc1 = lstm(mean(h), size=3)\n", "one a sequence");
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(middle_is_the_step_at_half_the_length),
        cmocka_unit_test(mean_and_max_are_over_the_steps_and_zero_for_an_empty_sequence),
        cmocka_unit_test(last_of_a_recurrent_layer_is_its_final_state_in_walking_order),
        cmocka_unit_test(last_of_another_value_is_its_last_row),
        cmocka_unit_test(joins_stand_side_by_side_add_and_expand),
        cmocka_unit_test(joins_between_unlike_values_are_refused_with_the_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
