/* Analytic gradients of layers and losses against central differences, in double. The cells have files of
 * their own. */
#include "gradcheck_help.h"

#include "layers/kinds.h"

static void check(const char *options, const char *text)
{
    check_gradients(options, text, bench_model, bench_fill);
}

static const char *const texts[] = {
    "e = embedding(s, size=4)\nout = dense(e, size=5)\nloss = softmax(out, y)\n",
    "h = dense(s, size=4, act=tanh)\nout = dense(h, size=5)\nloss = softmax(out, y)\n",
    "h = dense(x, size=6, act=sigmoid)\nout = dense(h, size=5, bias=0)\nloss = softmax(out, y, smooth=0.1)\n",
    "h = dense(x, size=6, act=relu)\ng = dense(h, size=5, act=tanh)\nloss = softmax(g, y)\n",
    "h = dense(x, size=6, act=tanh)\nout = dense(h, size=2)\nloss = squared(out, v)\n",
    "h = dense(x, size=6, act=tanh)\nout = dense(h, size=5)\nloss = binary(out, y)\n",
    "h = dense(x, size=6, act=tanh)\nout = dense(mean(h), size=2)\nloss = binary(out, m)\n",
    "h = dense(x, size=6, act=tanh)\nout = dense(max(h), size=5)\nloss = softmax(out, c)\n",
    "f = gru(x, size=4)\nb = gru(x, size=4, reverse=1)\nout = dense(middle(concat(f, b)), size=5)\nloss = softmax(out, c)\n",
    "h = dense(x, size=6, act=tanh)\nout = dense(last(h), size=2)\nloss = squared(out, m)\n",
    "h = rnn(x, size=4)\nout = dense(last(h), size=5)\nloss = softmax(out, c)\n",
    "f = lstm(x, size=4)\nb = lstm(x, size=4, reverse=1)\nout = dense(concat(last(f), last(b)), "
    "size=5)\nloss = softmax(out, c)\n",
    "e = embedding(s, size=4)\nh = lstm(e, size=5)\nout = dense(h, size=5)\nloss = softmax(out, y)\n",
    "a = dense(x, size=4, act=tanh)\nb = dense(x, size=4)\nc1 = concat(a, add(a, b), b)\nout = dense(c1, "
    "size=5)\nloss = softmax(out, y)\n",
    "a = dense(x, size=4, act=tanh)\ng = expand(mean(a), like=x)\nout = dense(add(a, g), size=5)\nloss = "
    "softmax(out, y)\n",
    "h = dense(x, size=6, act=tanh)\nd = dropout(h, p=0.4)\nout = dense(d, size=5)\nloss = softmax(out, y)\n",
    "h = dense(x, size=6, act=tanh)\nd = dropout(noise(h, scale=0.3), p=0.4, variational=1)\nout = dense(d, "
    "size=5)\nloss = softmax(out, y)\n",
    "h = dense(x, size=6, act=tanh)\nout = dense(dropout(last(h), p=0.3), size=5)\nloss = softmax(out, c)\n",
    /* the same output read twice, several losses with weights */
    "h = dense(x, size=6, act=tanh)\nout = dense(h, size=5)\nl1 = softmax(out, y, weight=0.3)\nl2 = "
    "binary(out, y, weight=2)\n"
    "o2 = dense(h, size=2)\nl3 = squared(o2, v, weight=0.7)\no3 = dense(mean(h), size=5)\nl4 = softmax(o3, "
    "c)\n",
};

static void every_layer_and_loss_agrees_with_central_differences(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        check("seed = 3\n", texts[i]);
}

static void every_reduction_agrees_with_central_differences(void **state)
{
    (void)state;
    const char *const reductions[] = {"token", "sequence", "time", "sum"};
    for (size_t i = 0; i < 4; i++) {
        char options[64];
        (void)snprintf(options, sizeof options, "loss-reduce = %s\n", reductions[i]);
        check(options, texts[0]);
        check(options, texts[4]);
        check(options, texts[7]);
    }
}

static void a_tied_matrix_collects_both_gradients(void **state)
{
    (void)state;
    bench b;
    rondo_gradcheck_result worst;
    bench_open(&b, 1, "");
    rondo_size sizes[] = {{"s", 7, 1}, {"y", 7, 1}};
    works(
        &b,
        rondo_model_new(
            b.device, b.options,
            "e = embedding(s, size=4)\nh = rnn(e, size=4)\nout = dense(h, tied=e)\nloss = softmax(out, y)\n",
            sizes, 2, &b.model, &b.error));
    bench_fill(&b);
    works(&b, rondo_gradcheck(b.model, b.batch, 0, &worst, &b.error));
    assert_true(worst.worst <= LIMIT);
    worst_of_all = fmax(worst_of_all, worst.worst);
    bench_close(&b);
}

/* Ignored targets, weights of rows, and absent numbers. */
static void rows_without_a_target_and_weights_are_differentiated(void **state)
{
    (void)state;
    bench b;
    rondo_gradcheck_result worst;
    bench_open(&b, 1, "loss-reduce = sequence\n");
    bench_model(
        &b,
        "h = dense(x, size=6, act=tanh)\nout = dense(h, size=5)\nl = softmax(out, y)\no2 = dense(h, size=2)\n"
        "l2 = squared(o2, v)\n");
    bench_fill(&b);
    const rd_real w0[] = {2, RD_C(0.5)}, w1[] = {1, 0, 3, 1}, w3[] = {1, 1, RD_C(0.25)};
    const rd_real *const weight[] = {w0, w1, NULL, w3};
    works(&b, rd_batch_weigh(b.batch, "y", weight, &b.error));
    rd_part *y = &b.batch->part[2], *v = &b.batch->part[4];
    assert_string_equal(y->name, "y");
    assert_string_equal(v->name, "v");
    y->symbols[1] = -1;
    v->values[3] = (rd_real)NAN;
    v->values[6] = v->values[7] = (rd_real)NAN;
    works(&b, rondo_gradcheck(b.model, b.batch, 0, &worst, &b.error));
    assert_true(worst.worst <= LIMIT);
    worst_of_all = fmax(worst_of_all, worst.worst);
    bench_close(&b);
}

/* The gradient by the input itself, and by final and initial states, through rd_model_backward. */
static void gradients_of_inputs_and_states_agree(void **state)
{
    (void)state;
    bench b;
    bench_open(&b, 1, "");
    bench_model(&b, "h = lstm(x, size=3)\nout = dense(h, size=2)\nloss = squared(out, v)\n");
    bench_fill(&b);
    b.model->input_grads = 1;
    (void)bench_learn(&b);
    double analytic[BENCH_ROWS * BENCH_NUMBERS];
    memcpy(analytic, b.model->train.value[1].grad, sizeof analytic);
    rd_real *x = b.batch->part[1].values;
    for (size_t i = 0; i < BENCH_ROWS * BENCH_NUMBERS; i++) {
        double kept = (double)x[i], value[2];
        for (int k = 0; k < 2; k++) {
            x[i] = kept + (k ? -1e-5 : 1e-5);
            works(&b, rondo_model_forward(b.model, NULL, b.batch, RONDO_TRAIN, NULL, &b.error));
            works(&b, rondo_model_loss(b.model, b.batch, NULL, &b.error));
            value[k] = rd_model_objective(b.model);
        }
        x[i] = kept;
        double numeric = (value[0] - value[1]) / 2e-5;
        assert_true(fabs(numeric - analytic[i]) <= LIMIT * fmax(fabs(numeric), 1e-3));
    }
    bench_close(&b);
}

static void wrong_backward(const rd_layer *layer, const rd_call *call)
{
    rd_layer_dense.backward(layer, call);
    rd_param_grad(layer, call, 0)[5] *= RD_C(1.00001);
}

static void a_gradient_that_is_wrong_in_the_fifth_digit_is_found(void **state)
{
    (void)state;
    bench b;
    rondo_gradcheck_result worst;
    rd_layer_ops wrong = rd_layer_dense;
    wrong.backward = wrong_backward;
    bench_open(&b, 1, "");
    bench_model(&b, "h = dense(x, size=6, act=tanh)\nout = dense(h, size=5)\nloss = softmax(out, y)\n");
    bench_fill(&b);
    b.model->layer[0].ops = &wrong;
    works(&b, rondo_gradcheck(b.model, b.batch, 0, &worst, &b.error));
    assert_true(worst.worst > LIMIT);
    assert_string_equal(worst.param, "h.weight[5]");
    bench_close(&b);
}

static void the_fused_head_gives_what_an_unfused_one_gives(void **state)
{
    (void)state;
    bench fused, plain;
    const char *text =
        "h = dense(x, size=6, act=tanh)\nout = dense(h, size=5)\nloss = softmax(out, y, smooth=0.2)\n";
    bench_open(&fused, 1, "");
    bench_open(&plain, 1, "");
    bench_model(&fused, text);
    bench_model(&plain, text);
    bench_fill(&fused);
    bench_fill(&plain);
    assert_int_equal(plain.model->loss[0].fused, 1);
    plain.model->loss[0].fused = 0;
    rondo_loss_report a = bench_learn(&fused), b = bench_learn(&plain);
    assert_true(a.sum == b.sum && a.count == 9 && a.divisor == 9);
    for (size_t i = 0; i < fused.model->numbers; i++)
        assert_true(fabs(fused.model->grads[i] - plain.model->grads[i]) < 1e-15);
    bench_close(&fused);
    bench_close(&plain);
}

static void tell_the_worst(void **state)
{
    (void)state;
    print_message("worst relative error of layers and losses: %.3g\n", worst_of_all);
    assert_true(worst_of_all > 0 && worst_of_all <= LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layer_and_loss_agrees_with_central_differences),
        cmocka_unit_test(every_reduction_agrees_with_central_differences),
        cmocka_unit_test(a_tied_matrix_collects_both_gradients),
        cmocka_unit_test(rows_without_a_target_and_weights_are_differentiated),
        cmocka_unit_test(gradients_of_inputs_and_states_agree),
        cmocka_unit_test(a_gradient_that_is_wrong_in_the_fifth_digit_is_found),
        cmocka_unit_test(the_fused_head_gives_what_an_unfused_one_gives),
        cmocka_unit_test(tell_the_worst),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
