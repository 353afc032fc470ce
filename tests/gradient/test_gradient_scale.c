/* Gradients through layers whose parameters are frozen, and losses that measure in their units, in double. */
#include "../model/model_help.h"

#define LIMIT 1e-6

/* Frozen numbers that are no identity. */
static void freeze(bench *b)
{
    for (size_t i = b->model->learning; i < b->model->numbers; i++)
        b->model->params[i] = (rd_real)(0.4 + 0.3 * (double)((i * 7) % 5));
    rondo_model_changed(b->model);
}

static const char *const texts[] = {
    "h = dense(x, size=5, act=tanh)\ns1 = scale(h)\nout = dense(last(s1), size=2)\nloss = squared(out, m)\n",
    "h = dense(x, size=5, act=tanh)\ns1 = scale(h, relative=3)\ng = gru(s1, size=4)\nout = dense(last(g), size=2)\n"
    "loss = squared(out, m)\n",
    "h = lstm(scale(x, relative=2), size=4)\nz = dense(last(h), size=2)\nout = unscale(z, targets=2)\n"
    "loss = squared(out, m)\n",
    "h = lstm(scale(x), size=4)\nz = dense(last(h), size=2)\nout = unscale(z, x, targets=1)\nloss = squared(out, m)\n",
    "d = dense(x, size=4, act=tanh)\nz = dense(last(d), size=6)\nout = unscale(z, d, targets=2, each=3)\n"
    "loss = quantile(out, m, quantiles=\"0.1,0.5,0.9\")\n",
    "d = dense(x, size=4, act=tanh)\nz = dense(last(d), size=4)\nout = unscale(z, d, targets=2, each=2, means=1)\n"
    "loss = gaussian(out, m)\n",
    "h = dense(x, size=5, act=tanh)\ns1 = scale(h, relative=3, season=2)\ng = gru(s1, size=4)\n"
    "out = dense(last(g), size=2)\nloss = squared(out, m)\n",
    "h = dense(x, size=5, act=sigmoid)\ns1 = scale(h, relative=3, season=1, log=2)\ng = gru(s1, size=4)\n"
    "out = dense(last(g), size=2)\nloss = squared(out, m)\n",
    "h = dense(x, size=5, act=sigmoid)\ns1 = scale(h, log=5)\nz = dense(last(s1), size=2)\nout = unscale(z, log=1)\n"
    "loss = squared(out, m)\n",
    "d = dense(x, size=4, act=tanh)\nz = dense(last(d), size=2)\nout = unscale(z, d, targets=1, season=2)\n"
    "loss = squared(out, m)\n",
    "d = dense(x, size=4, act=sigmoid)\nz = dense(last(d), size=6)\nout = unscale(z, d, targets=1, each=3, season=2, log=1)\n"
    "loss = quantile(out, m, quantiles=\"0.1,0.5,0.9\")\n",
};

static void gradients_pass_through_frozen_layers_and_stop_at_their_parameters(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        bench b;
        rondo_gradcheck_result worst;
        bench_open(&b, 1, "seed = 3\n");
        bench_model(&b, texts[i]);
        bench_fill(&b);
        freeze(&b);
        works(&b, rondo_gradcheck(b.model, b.batch, 0, &worst, &b.error));
        if (!(worst.worst <= LIMIT))
            fail_msg("%s: %s analytic %.9g numeric %.9g", texts[i], worst.param, worst.analytic, worst.numeric);
        assert_true(worst.checked == b.model->learning);
        assert_true(b.model->learning < b.model->numbers);
        for (size_t k = b.model->learning; k < b.model->numbers; k++)
            assert_true(b.model->grads == NULL || b.model->grads[k] == 0);
        bench_close(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_pass_through_frozen_layers_and_stop_at_their_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
