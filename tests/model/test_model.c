/* Building models from text, and the contract of forward, loss, backward. */
#include "../layers/layer_help.h"

static const char lm_text[] =
    "e = embedding(s, size=4)\nh = lstm(e, size=6)\nout = dense(h, size=5)\nloss = softmax(out, y)\n";

static void the_main_model_trains_until_it_knows_the_batch(void **state)
{
    (void)state;
    bench b;
    rondo_optimizer *optimizer;
    double first = 0, last = 0;
    bench_open(&b, 2, "lr = 0.02\n");
    bench_model(
        &b,
        "e = embedding(s, size=16)\nh = lstm(e, size=24)\nout = dense(h, size=5)\nloss = softmax(out, y)\n");
    bench_fill(&b);
    works(&b, rondo_optimizer_new(b.device, b.options, b.model->numbers, &optimizer, &b.error));
    for (int i = 0; i < 150; i++) {
        rondo_loss_report r = bench_learn(&b);
        works(&b, rondo_optimizer_step(optimizer, 0.02, rondo_model_params(b.model),
                                       rondo_model_grads(b.model), &b.error));
        rondo_model_changed(b.model);
        last = r.sum / r.count;
        first = i ? first : last;
    }
    assert_true(first > 1.3 && last < 0.05);
    rondo_optimizer_free(optimizer);
    bench_close(&b);
}

static void tensors_have_names_shapes_and_places_in_the_flat_array(void **state)
{
    (void)state;
    bench b;
    rondo_view value, grad;
    size_t n = 0, i;
    bench_open(&b, 1, "");
    bench_model(&b, lm_text);
    rondo_view flat = rondo_model_params(b.model), grads = rondo_model_grads(b.model);
    for (i = 0; rondo_model_param(b.model, i, &value, &grad) == RONDO_OK; i++) {
        assert_ptr_equal(value.data, (rd_real *)flat.data + n);
        assert_ptr_equal(grad.data, (rd_real *)grads.data + n);
        n += value.shape[0] * (value.rank == 2 ? value.shape[1] : 1);
    }
    assert_int_equal(i, 7);
    assert_int_equal(n, flat.shape[0]);
    works(&b, rondo_model_param(b.model, 0, &value, NULL));
    assert_string_equal(value.name, "e.weight");
    works(&b, rondo_model_param(b.model, 1, &value, NULL));
    assert_string_equal(value.name, "h.weight_ih_l0");
    assert_true(value.shape[0] == 24 && value.shape[1] == 4);
    assert_string_equal(rondo_model_text(b.model), lm_text);
    assert_string_equal(rondo_model_task(b.model), "");
    bench_close(&b);
}

static void in_training_the_output_of_a_fused_head_does_not_exist(void **state)
{
    (void)state;
    bench b;
    rondo_view output;
    rondo_loss_report with, without;
    bench_open(&b, 1, "");
    bench_model(&b, lm_text);
    bench_fill(&b);
    works(&b, rondo_model_forward(b.model, NULL, b.batch, RONDO_TRAIN, &output, &b.error));
    assert_null(output.data);
    works(&b, rondo_model_loss(b.model, b.batch, &without, &b.error));
    works(&b, rondo_model_forward(b.model, NULL, b.batch, RONDO_USE, &output, &b.error));
    assert_non_null(output.data);
    assert_true(output.shape[0] == BENCH_ROWS && output.shape[1] == 5);
    works(&b, rondo_model_loss(b.model, b.batch, &with, &b.error));
    assert_true(fabs(with.sum - without.sum) < 1e-6);
    works(&b, rondo_model_forward(b.model, NULL, b.batch, RONDO_USE, NULL, &b.error));
    works(&b, rondo_model_loss(b.model, b.batch, &with, &b.error));
    assert_true(with.sum == without.sum);
    bench_close(&b);
}

static void calls_in_the_wrong_order_are_refused(void **state)
{
    (void)state;
    bench b;
    rondo_error *e = &b.error;
    bench_open(&b, 1, "");
    bench_model(&b, lm_text);
    bench_fill(&b);
    assert_int_equal(rondo_model_loss(b.model, b.batch, NULL, e), RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_model_backward(b.model, b.batch, e), RONDO_BAD_ARGUMENT);
    works(&b, rondo_model_forward(b.model, NULL, b.batch, RONDO_USE, NULL, e));
    works(&b, rondo_model_loss(b.model, b.batch, NULL, e));
    assert_int_equal(rondo_model_backward(b.model, b.batch, e), RONDO_BAD_ARGUMENT); /* not in training */
    works(&b, rondo_model_forward(b.model, NULL, b.batch, RONDO_TRAIN, NULL, e));
    works(&b, rondo_model_loss(b.model, b.batch, NULL, e));
    rondo_model_zero_grad(b.model); /* too late: the fused head has added to them */
    assert_int_equal(rondo_model_backward(b.model, b.batch, e), RONDO_BAD_ARGUMENT);
    assert_non_null(strstr(b.error.message, "set to zero after rondo_model_loss"));
    (void)bench_learn(&b);
    assert_int_equal(rondo_model_backward(b.model, b.batch, e), RONDO_BAD_ARGUMENT); /* twice */
    bench_close(&b);
}

static void gradients_are_added_and_the_loss_can_be_asked_twice(void **state)
{
    (void)state;
    bench b;
    rondo_loss_report report;
    bench_open(&b, 1, "");
    bench_model(&b, lm_text);
    bench_fill(&b);
    (void)bench_learn(&b);
    rd_real once = b.model->grads[40];
    works(&b, rondo_model_forward(b.model, NULL, b.batch, RONDO_TRAIN, NULL, &b.error));
    works(&b, rondo_model_loss(b.model, b.batch, &report, &b.error));
    works(&b, rondo_model_loss(b.model, b.batch, &report, &b.error));
    works(&b, rondo_model_backward(b.model, b.batch, &b.error));
    assert_true(fabs((double)(b.model->grads[40] - 2 * once)) < 1e-7);
    bench_close(&b);
}

static void a_batch_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    bench b;
    const rd_real two[] = {1, 2, 3, 4};
    const rd_real *const values[] = {two, two, NULL, two};
    const size_t length[] = {2, 2, 0, 1};
    rondo_sequences numbers = {.count = 4, .length = length, .width = 2, .values = values};
    bench_open(&b, 1, "");
    bench_model(&b, "h = dense(x, size=3)\ng = embedding(s, size=2)\nk = dense(g, size=2)\n");
    assert_int_equal(rondo_model_forward(b.model, NULL, b.batch, RONDO_USE, NULL, &b.error),
                     RONDO_BAD_ARGUMENT);
    assert_non_null(strstr(b.error.message, "no part \"s\""));
    bench_fill(&b);
    b.batch->part[0].symbols[3] = 7;
    assert_int_equal(rondo_model_forward(b.model, NULL, b.batch, RONDO_USE, NULL, &b.error),
                     RONDO_BAD_ARGUMENT);
    assert_non_null(
        strstr(b.error.message, "part \"s\" of the batch has the symbol 7, the model knows 0 to 6"));
    b.batch->part[0].symbols[3] = -1;
    assert_int_equal(rondo_model_forward(b.model, NULL, b.batch, RONDO_USE, NULL, &b.error),
                     RONDO_BAD_ARGUMENT);
    bench_fill(&b);
    works(&b, rondo_batch_put(b.batch, "x", &numbers, &b.error));
    assert_int_equal(rondo_model_forward(b.model, NULL, b.batch, RONDO_USE, NULL, &b.error),
                     RONDO_BAD_ARGUMENT);
    assert_non_null(strstr(b.error.message, "has 2 numbers a step, the model reads 3"));
    works(&b, rondo_batch_put(b.batch, "s", &numbers, &b.error));
    assert_int_equal(rondo_model_forward(b.model, NULL, b.batch, RONDO_USE, NULL, &b.error),
                     RONDO_BAD_ARGUMENT);
    assert_non_null(strstr(b.error.message, "has numbers, the model reads symbols"));
    bench_close(&b);
}

static void a_batch_of_empty_sequences_has_loss_zero(void **state)
{
    (void)state;
    bench b;
    const size_t empty[] = {0, 0}, name[] = {0, 1};
    bench_open(&b, 1, "");
    bench_model(&b, lm_text);
    bench_fill_as(&b, empty, name, 2);
    rondo_loss_report report = bench_learn(&b);
    assert_true(report.sum == 0 && report.count == 0);
    bench_close(&b);
}

/* After the largest batch, and after reserve, forward, loss and backward allocate nothing. */
static void a_step_within_what_is_reserved_allocates_nothing(void **state)
{
    (void)state;
    bench b;
    rondo_loss_report report;
    const size_t less[] = {1, 3, 2, 3}, name[] = {0, 1, 2, 3};
    bench_open(&b, 2, "");
    bench_model(&b, "e = embedding(s, size=4)\nd = dropout(e, p=0.2)\nf = lstm(d, size=6)\nr = gru(d, "
                    "size=6, reverse=1)\n"
                    "h = concat(f, r)\nout = dense(h, size=5)\nloss = softmax(out, y)\no2 = dense(max(h), "
                    "size=5)\nl2 = binary(o2, c)\n");
    works(&b, rondo_model_reserve(b.model, "s", BENCH_ROWS, 4, 4, &b.error));
    bench_fill(&b);
    for (int i = 0; i < 3; i++) {
        if (i == 1) bench_fill_as(&b, less, name, 4);
        rd_memory_trap(1);
        (void)bench_learn(&b);
        rd_memory_trap(0);
    }
    works(&b, rondo_model_forward(b.model, NULL, b.batch, RONDO_USE, NULL, &b.error));
    bench_fill(&b);
    rd_memory_trap(1);
    works(&b, rondo_model_forward(b.model, NULL, b.batch, RONDO_USE, NULL, &b.error));
    works(&b, rondo_model_loss(b.model, b.batch, &report, &b.error));
    rd_memory_trap(0);
    bench_close(&b);
}

static void the_plan_of_memory_is_what_the_frame_then_takes(void **state)
{
    (void)state;
    bench b;
    size_t bytes;
    bench_open(&b, 1, "");
    bench_model(&b, lm_text);
    rd_limits_of_call limits[RD_MAX_PARTS] = {{.rows = 90, .steps = 10, .sequences = 9, .mode = RONDO_TRAIN}};
    works(&b, rd_model_memory(b.model, limits, &bytes, &b.error));
    works(&b, rondo_model_reserve(b.model, "s", 90, 10, 9, &b.error));
    assert_int_equal(bytes, b.model->train.bytes);
    assert_int_equal(rondo_model_reserve(b.model, "s", 5, 10, 9, &b.error), RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_model_reserve(b.model, "zz", 5, 1, 5, &b.error), RONDO_BAD_ARGUMENT);
    bench_close(&b);
}

static void the_same_bits_for_any_number_of_threads(void **state)
{
    (void)state;
    const int threads[] = {1, 2, 3, 8};
    size_t length[30], name[30];
    rd_real *first = NULL;
    for (size_t i = 0; i < 30; i++) {
        length[i] = (i * 7) % 23;
        name[i] = i;
    }
    for (size_t i = 0; i < 4; i++) {
        bench b;
        bench_open(&b, threads[i], "");
        bench_model(&b, "e = embedding(s, size=33)\nd = dropout(e, p=0.3)\nh = lstm(d, size=40, "
                        "peephole=1)\ng = gru(h, size=24, norm=1)\n"
                        "k = dense(g, size=70, act=tanh)\nout = dense(k, size=5)\nloss = softmax(out, y)\n");
        bench_fill_as(&b, length, name, 30);
        (void)bench_learn(&b);
        if (first)
            assert_memory_equal(first, b.model->grads, b.model->numbers * sizeof *first);
        else
            must(rd_alloc(b.model->numbers, sizeof *first, "a test", &first, NULL));
        if (i == 0) memcpy(first, b.model->grads, b.model->numbers * sizeof *first);
        bench_close(&b);
    }
    rd_free(first);
}

static void an_allocation_that_fails_is_told_and_nothing_leaks(void **state)
{
    (void)state;
    uint64_t live = rd_memory_live();
    size_t failures = 0;
    for (uint64_t n = 1; n < 400; n++) {
        bench b;
        bench_open(&b, 1, "");
        rd_memory_fail_at(n, 0);
        rondo_status status = bench_try(&b, lm_text);
        if (status == RONDO_OK) {
            rd_memory_fail_at(0, 0);
            bench_fill(&b);
            rd_memory_fail_at(n, 0);
            status = rondo_model_forward(b.model, NULL, b.batch, RONDO_TRAIN, NULL, &b.error);
        }
        rd_memory_fail_at(0, 0);
        assert_true(status == RONDO_OK || status == RONDO_LIMIT);
        failures += status == RONDO_LIMIT;
        bench_close(&b);
        assert_int_equal(rd_memory_live(), live);
        if (status == RONDO_OK) break;
    }
    assert_true(failures > 15);
}

static void missing_arguments_are_refused_and_null_is_freed(void **state)
{
    (void)state;
    bench b;
    rondo_model *model;
    bench_open(&b, 1, "");
    assert_int_equal(rondo_model_new(NULL, b.options, lm_text, bench_sizes, 2, &model, &b.error),
                     RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_model_new(b.device, b.options, lm_text, bench_sizes, 0, &model, &b.error),
                     RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_model_new(b.device, b.options, lm_text, bench_sizes, 99, &model, &b.error),
                     RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_model_new(b.device, b.options, NULL, bench_sizes, 1, &model, &b.error),
                     RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_model_forward(NULL, NULL, b.batch, RONDO_USE, NULL, NULL), RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_model_param(NULL, 0, NULL, NULL), RONDO_NO);
    assert_null(rondo_model_params(NULL).data);
    assert_null(rondo_model_grads(NULL).data);
    rondo_model_zero_grad(NULL);
    rondo_model_changed(NULL);
    rondo_model_free(NULL);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_main_model_trains_until_it_knows_the_batch),
        cmocka_unit_test(tensors_have_names_shapes_and_places_in_the_flat_array),
        cmocka_unit_test(in_training_the_output_of_a_fused_head_does_not_exist),
        cmocka_unit_test(calls_in_the_wrong_order_are_refused),
        cmocka_unit_test(gradients_are_added_and_the_loss_can_be_asked_twice),
        cmocka_unit_test(a_batch_that_does_not_fit_is_refused),
        cmocka_unit_test(a_batch_of_empty_sequences_has_loss_zero),
        cmocka_unit_test(a_step_within_what_is_reserved_allocates_nothing),
        cmocka_unit_test(the_plan_of_memory_is_what_the_frame_then_takes),
        cmocka_unit_test(the_same_bits_for_any_number_of_threads),
        cmocka_unit_test(an_allocation_that_fails_is_told_and_nothing_leaks),
        cmocka_unit_test(missing_arguments_are_refused_and_null_is_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
