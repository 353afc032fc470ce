/* Dense layers and embeddings against a plain loop. */
#include "layer_help.h"

static const char *const acts[] = {"none", "tanh", "relu", "sigmoid"};

static double activated(size_t act, double v)
{
    return act == 1 ? tanh(v) : act == 2 ? fmax(v, 0) : act == 3 ? 1 / (1 + exp(-v)) : v;
}

static void a_dense_layer_is_a_product_a_bias_and_an_activation(void **state)
{
    (void)state;
    for (size_t act = 0; act < 4; act++) {
        bench b;
        char text[80];
        bench_open(&b, 1, "");
        (void)snprintf(text, sizeof text, "h = dense(x, size=37, act=%s)\n", acts[act]);
        bench_model(&b, text);
        bench_fill(&b);
        rondo_view w = param_of(&b, "h.weight"), bias = param_of(&b, "h.bias");
        for (size_t j = 0; j < 37; j++)
            ((rd_real *)bias.data)[j] = bench_number(9, 9, j);
        const rd_value *h = run_layer(&b, RONDO_USE, "h");
        for (size_t r = 0; r < BENCH_ROWS; r++)
            for (size_t j = 0; j < 37; j++) {
                double sum = (double)((rd_real *)bias.data)[j];
                for (size_t k = 0; k < BENCH_NUMBERS; k++)
                    sum += (double)((rd_real *)w.data)[j * w.stride + k] *
                           (double)b.batch->part[1].values[r * BENCH_NUMBERS + k];
                assert_true(fabs((double)h->data[r * h->stride + j] - activated(act, sum)) < 1e-6);
            }
        bench_close(&b);
    }
}

static void symbols_gather_a_column_and_embeddings_a_row(void **state)
{
    (void)state;
    bench b;
    bench_open(&b, 1, "");
    bench_model(&b, "e = embedding(s, size=5)\nh = dense(s, size=5)\n");
    bench_fill(&b);
    const rd_real *table = param_of(&b, "e.weight").data, *w = param_of(&b, "h.weight").data;
    const rd_value *h = run_layer(&b, RONDO_USE, "h"), *e = value_of(&b, &b.model->use, "e");
    for (size_t r = 0; r < BENCH_ROWS; r++)
        for (size_t j = 0; j < 5; j++) {
            size_t symbol = (size_t)b.batch->part[0].symbols[r];
            assert_true(e->data[r * e->stride + j] == table[symbol * 5 + j]);
            assert_true(h->data[r * h->stride + j] == w[j * BENCH_SYMBOLS + symbol]);
        }
    bench_close(&b);
}

static void a_tied_layer_has_no_tensor_of_its_own_and_no_other_shape(void **state)
{
    (void)state;
    bench b;
    rondo_view view;
    bench_open(&b, 1, "");
    bench_model(&b, "e = embedding(s, size=5)\nout = dense(e, tied=e, bias=0)\n");
    assert_int_equal(rondo_model_param(b.model, 1, &view, NULL), RONDO_NO);
    assert_int_equal(b.model->numbers, BENCH_SYMBOLS * 5);
    refuses(&b, "e = embedding(s, size=5)\nh = dense(e, size=4)\nout = dense(h, tied=e)\n",
            "cannot be tied to \"e\"");
    refuses(&b, "e = embedding(s, size=5)\nout = dense(e, tied=x)\n", "tied");
    bench_close(&b);
}

static void what_cannot_be_is_refused_with_the_line(void **state)
{
    (void)state;
    bench b;
    bench_open(&b, 1, "");
    refuses(&b, "e = embedding(x, size=4)\n", "model text:1: embedding \"e\" reads symbols");
    refuses(&b, "\nh = dense(x)\n", "model text:2: setting \"size\" of \"h\" is missing");
    refuses(&b, "h = dense(x, size=0)\n", "expected an integer from 1 to");
    refuses(&b, "h = dense(x, size=4, act=gelu)\n", "expected none|tanh|relu|sigmoid, found \"gelu\"");
    refuses(&b, "h = dense(x, size=4, siez=3)\n",
            "dense \"h\" has no setting \"siez\" (it has: size act bias");
    assert_string_equal(b.error.hint, "did you mean size?");
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dense_layer_is_a_product_a_bias_and_an_activation),
        cmocka_unit_test(symbols_gather_a_column_and_embeddings_a_row),
        cmocka_unit_test(a_tied_layer_has_no_tensor_of_its_own_and_no_other_shape),
        cmocka_unit_test(what_cannot_be_is_refused_with_the_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
