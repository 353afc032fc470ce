/* A network inside a larger one: gradients enter at its output and leave at its input. */
#include "model_help.h"

static const char text[] = "h = lstm(x, size=3)\nout = dense(h, size=2)\n";

/* The caller computes the squared error himself; the gradients are those of the loss inside the model. */
static void a_gradient_from_outside_does_what_the_loss_inside_does(void **state)
{
    (void)state;
    bench inside, outside;
    rondo_view output, grad;
    rondo_real kept[256], by_input[BENCH_ROWS * BENCH_NUMBERS], d[BENCH_ROWS * 2];
    bench_open(&inside, 1, "loss-reduce = sum\n");
    bench_model(&inside, "h = lstm(x, size=3)\nout = dense(h, size=2)\nloss = squared(out, v)\n");
    bench_fill(&inside);
    works(&inside, rondo_model_input_grad(inside.model, "x", NULL, &inside.error));
    (void)bench_learn(&inside);
    size_t n = rondo_model_grads(inside.model).shape[0];
    memcpy(kept, rondo_model_grads(inside.model).data, n * sizeof *kept);
    works(&inside, rondo_model_input_grad(inside.model, "x", &grad, &inside.error));
    assert_true(grad.shape[0] == BENCH_ROWS && grad.shape[1] == BENCH_NUMBERS);
    memcpy(by_input, grad.data, sizeof by_input);

    bench_open(&outside, 1, "");
    bench_model(&outside, text);
    bench_fill(&outside);
    works(&outside, rondo_model_input_grad(outside.model, "x", &grad, &outside.error));
    assert_null(grad.data);
    works(&outside,
          rondo_model_forward(outside.model, NULL, outside.batch, RONDO_TRAIN, &output, &outside.error));
    const rd_part *v = rd_batch_part(outside.batch, "v");
    for (size_t r = 0; r < BENCH_ROWS; r++)
        for (size_t k = 0; k < 2; k++)
            d[2 * r + k] = ((const rondo_real *)output.data)[r * output.stride + k] - v->values[2 * r + k];
    rondo_view d_output = {.data = d, .type = RONDO_REAL, .rank = 2, .shape = {BENCH_ROWS, 2}, .stride = 2};
    works(&outside, rondo_model_backward_from(outside.model, outside.batch, d_output, &outside.error));
    assert_memory_equal(rondo_model_grads(outside.model).data, kept, n * sizeof *kept);
    works(&outside, rondo_model_input_grad(outside.model, "x", &grad, &outside.error));
    assert_memory_equal(grad.data, by_input, sizeof by_input);
    bench_close(&inside);
    bench_close(&outside);
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    bench b;
    rondo_real d[BENCH_ROWS * 2] = {0};
    rondo_view d_output = {.data = d, .type = RONDO_REAL, .rank = 2, .shape = {BENCH_ROWS, 2}, .stride = 2};
    bench_open(&b, 1, "");
    bench_model(&b, text);
    bench_fill(&b);
    assert_int_equal(rondo_model_input_grad(b.model, "z", NULL, &b.error), RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_model_input_grad(b.model, "s", NULL, &b.error), RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_model_input_grad(NULL, "x", NULL, &b.error), RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_model_backward_from(b.model, b.batch, d_output, &b.error), RONDO_BAD_ARGUMENT);
    works(&b, rondo_model_forward(b.model, NULL, b.batch, RONDO_TRAIN, NULL, &b.error));
    rondo_view wrong[] = {d_output, d_output, d_output, d_output};
    wrong[0].shape[0] = 1;
    wrong[1].shape[1] = 3;
    wrong[2].stride = 1;
    wrong[3].data = NULL;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(rondo_model_backward_from(b.model, b.batch, wrong[i], &b.error), RONDO_BAD_ARGUMENT);
    works(&b, rondo_model_backward_from(b.model, b.batch, d_output, &b.error));
    bench_model(&b, "h = lstm(x, size=3)\nout = dense(h, size=5)\nloss = softmax(out, y)\n");
    works(&b, rondo_model_forward(b.model, NULL, b.batch, RONDO_TRAIN, NULL, &b.error));
    works(&b, rondo_model_loss(b.model, b.batch, NULL, &b.error));
    d_output.shape[1] = d_output.stride = 5;
    assert_int_equal(rondo_model_backward_from(b.model, b.batch, d_output, &b.error), RONDO_BAD_ARGUMENT);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gradient_from_outside_does_what_the_loss_inside_does),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
