/* First values of parameters, and the public gradient check of the float core. */
#include "../layers/layer_help.h"

static double mean_square(const rondo_view *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += pow((double)((const rd_real *)v->data)[i], 2) / (double)n;
    return sum;
}

static void recurrent_blocks_are_orthogonal_each_on_its_own(void **state)
{
    (void)state;
    bench b;
    enum { H = 37 };
    bench_open(&b, 2, "");
    bench_model(&b, "h = lstm(x, size=37)\np = lstm(x, size=37, proj=9)\n");
    const rd_real *u = param_of(&b, "h.weight_hh_l0").data, *tall = param_of(&b, "p.weight_hh_l0").data;
    for (size_t gate = 0; gate < 4; gate++)
        for (size_t r = 0; r < H; r++)
            for (size_t s = 0; s < H; s++) {
                double dot = 0;
                for (size_t k = 0; k < H; k++)
                    dot += (double)u[(gate * H + r) * H + k] * (double)u[(gate * H + s) * H + k];
                assert_true(fabs(dot - (r == s)) < 1e-5);
            }
    for (size_t r = 0; r < 9; r++)
        for (size_t s = 0; s < 9; s++) {
            double dot = 0;
            for (size_t k = 0; k < H; k++)
                dot += (double)tall[k * 9 + r] * (double)tall[k * 9 + s];
            assert_true(fabs(dot - (r == s)) < 1e-5);
        }
    bench_close(&b);
}

static void the_forget_gate_gets_its_bias_once_and_all_others_zero(void **state)
{
    (void)state;
    bench b;
    bench_open(&b, 1, "forget-bias = 1.5\n");
    bench_model(&b, "h = lstm(x, size=6)\nout = dense(h, size=5)\n");
    const rd_real *bias_ih = param_of(&b, "h.bias_ih_l0").data, *bias_hh = param_of(&b, "h.bias_hh_l0").data;
    const rd_real *bias = param_of(&b, "out.bias").data;
    for (size_t i = 0; i < 24; i++) {
        assert_true(bias_ih[i] == (i / 6 == 1 ? RD_C(1.5) : 0));
        assert_true(bias_hh[i] == 0);
    }
    assert_true(bias[3] == 0);
    bench_close(&b);
}

static void inputs_and_embeddings_have_the_variance_that_is_asked_for(void **state)
{
    (void)state;
    bench b;
    rondo_size sizes[] = {{"s", 500, 1}, {"x", 400, 0}};
    bench_open(&b, 1, "");
    works(&b, rondo_model_new(b.device, b.options, "e = embedding(s, size=64)\nh = gru(x, size=100)\n", sizes,
                              2, &b.model, &b.error));
    rondo_view e = param_of(&b, "e.weight"), w = param_of(&b, "h.weight_ih_l0");
    assert_true(fabs(mean_square(&e, 500 * 64) * 64 - 1) < 0.03);
    assert_true(fabs(mean_square(&w, 300 * 400) * (400 + 100) / 2 - 1) < 0.03); /* glorot, fans of one gate */
    works(&b, rondo_options_set(b.options, "init", "normal", &b.error));
    rondo_model_free(b.model);
    works(&b, rondo_model_new(b.device, b.options, "h = gru(x, size=100)\n", sizes, 2, &b.model, &b.error));
    w = param_of(&b, "h.weight_ih_l0");
    assert_true(fabs(mean_square(&w, 300 * 400) * (400 + 100) / 2 - 1) < 0.03);
    bench_close(&b);
}

static void the_pytorch_preset_is_uniform_everywhere(void **state)
{
    (void)state;
    bench b;
    bench_open(&b, 1, "preset = pytorch\n");
    bench_model(&b, "h = lstm(x, size=100)\nout = dense(h, size=5)\n");
    const rd_real *p = b.model->params;
    double most = 0, sum = 0;
    for (size_t i = 0; i < b.model->numbers; i++) {
        most = fmax(most, fabs((double)p[i]));
        sum += pow((double)p[i], 2) / (double)b.model->numbers;
    }
    assert_true(most <= 0.1 && most > 0.0999);
    assert_true(fabs(sum * 300 - 1) < 0.03);
    bench_close(&b);
}

static void identity_puts_its_scale_on_the_diagonal(void **state)
{
    (void)state;
    bench b;
    bench_open(&b, 1, "init-recurrent = identity\nidentity-scale = 0.5\n");
    bench_model(&b, "h = rnn(x, size=6, nonlinearity=relu)\n");
    const rd_real *u = param_of(&b, "h.weight_hh_l0").data;
    for (size_t i = 0; i < 36; i++)
        assert_true(u[i] == (i % 7 == 0 ? RD_C(0.5) : 0));
    bench_close(&b);
}

static void first_values_depend_on_seed_and_name_but_not_on_the_rest_of_the_list(void **state)
{
    (void)state;
    bench a, b;
    bench_open(&a, 1, "seed = 7\n");
    bench_open(&b, 3, "seed = 7\n");
    bench_model(&a, "h = lstm(x, size=20)\n");
    bench_model(&b, "k = embedding(s, size=3)\nh = lstm(x, size=20)\n");
    rondo_view wa = param_of(&a, "h.weight_hh_l0"), wb = param_of(&b, "h.weight_hh_l0");
    assert_memory_equal(wa.data, wb.data, 1600 * sizeof(rd_real));
    works(&a, rd_model_init(a.model, 8, &a.error));
    assert_memory_not_equal(wa.data, wb.data, 1600 * sizeof(rd_real));
    bench_close(&a);
    bench_close(&b);
}

static void gradients_of_the_users_model_are_checked_in_double(void **state)
{
    (void)state;
    bench b;
    rondo_gradcheck_result worst;
    bench_open(&b, 2, "loss-reduce = sequence\nsmooth = 0.1\n");
    bench_model(
        &b, "e = embedding(s, size=4)\nd = dropout(e, p=0.3)\nh = lstm(d, size=5, peephole=1)\nout = "
            "dense(h, size=5)\n"
            "loss = softmax(out, y)\ng = gru(x, size=4)\no2 = dense(last(g), size=2)\nl2 = squared(o2, m)\n");
    bench_fill(&b);
    rd_real kept = b.model->params[0];
    works(&b, rondo_gradcheck(b.model, b.batch, 10, &worst, &b.error));
    assert_true(worst.worst >= 0 && worst.worst <= 1e-6);
    size_t checked = 0;
    rondo_view view;
    for (size_t i = 0; rondo_model_param(b.model, i, &view, NULL) == RONDO_OK; i++) {
        size_t n = view.shape[0] * (view.rank == 2 ? view.shape[1] : 1);
        checked += n < 10 ? n : 10;
    }
    assert_int_equal(worst.checked, checked);
    assert_true(strlen(worst.param) > 4);
    assert_true(kept == b.model->params[0]);
    b.batch->part[0].symbols[2] = 100;
    assert_int_equal(rondo_gradcheck(b.model, b.batch, 10, &worst, &b.error), RONDO_BAD_ARGUMENT);
    assert_non_null(strstr(b.error.message, "the symbol 100"));
    assert_int_equal(rondo_gradcheck(NULL, b.batch, 10, &worst, &b.error), RONDO_BAD_ARGUMENT);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recurrent_blocks_are_orthogonal_each_on_its_own),
        cmocka_unit_test(the_forget_gate_gets_its_bias_once_and_all_others_zero),
        cmocka_unit_test(inputs_and_embeddings_have_the_variance_that_is_asked_for),
        cmocka_unit_test(the_pytorch_preset_is_uniform_everywhere),
        cmocka_unit_test(identity_puts_its_scale_on_the_diagonal),
        cmocka_unit_test(first_values_depend_on_seed_and_name_but_not_on_the_rest_of_the_list),
        cmocka_unit_test(gradients_of_the_users_model_are_checked_in_double),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
