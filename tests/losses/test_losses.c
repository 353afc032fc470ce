/* Losses and reductions against the formulas, and what reports say. */
#include "../model/model_help.h"

static rondo_loss_report report_of(bench *b, rondo_view *output)
{
    rondo_loss_report report;
    works(b, rondo_model_forward(b->model, NULL, b->batch, RONDO_USE, output, &b->error));
    works(b, rondo_model_loss(b->model, b->batch, &report, &b->error));
    return report;
}

static const rd_real *row_of(const rondo_view *v, size_t r)
{
    return (const rd_real *)v->data + r * v->stride;
}

static void softmax_is_logsumexp_minus_the_mixed_target(void **state)
{
    (void)state;
    for (int smooth = 0; smooth < 2; smooth++) {
        bench b;
        rondo_view z;
        double sum = 0, eps = smooth ? 0.3 : 0;
        bench_open(&b, 1, smooth ? "smooth = 0.3\n" : "");
        bench_model(&b, "out = dense(x, size=5)\nloss = softmax(out, y)\n");
        bench_fill(&b);
        b.batch->part[2].symbols[4] = -1;
        rondo_loss_report plain = report_of(&b, &z), report;
        double unmixed = 0;
        for (size_t r = 0; r < BENCH_ROWS; r++) {
            double total = 0, mixed = 0;
            int32_t y = b.batch->part[2].symbols[r];
            for (int32_t k = 0; k < 5; k++) {
                total += exp((double)row_of(&z, r)[k]);
                mixed += (double)row_of(&z, r)[k] * (eps / 5 + (k == y ? 1 - eps : 0));
            }
            sum += y < 0 ? 0 : log(total) - mixed;
            unmixed += y < 0 ? 0 : log(total) - (double)row_of(&z, r)[y];
        }
        works(&b, rondo_model_forward(b.model, NULL, b.batch, RONDO_TRAIN, NULL, &b.error));
        works(&b, rondo_model_loss(b.model, b.batch, &report, &b.error));
        assert_true(fabs(report.sum - sum) < 1e-5);
        assert_true(fabs(plain.sum - unmixed) < 1e-5); /* in use the target is never mixed */
        assert_true(report.count == 8 && report.divisor == 8);
        bench_close(&b);
    }
}

static void binary_is_the_stable_cross_entropy_even_for_huge_logits(void **state)
{
    (void)state;
    bench b;
    rondo_view z;
    double sum = 0;
    bench_open(&b, 1, "");
    bench_model(&b, "out = dense(x, size=2)\nloss = binary(out, v)\n");
    bench_fill(&b);
    rd_real *w = rondo_model_params(b.model).data, *v = b.batch->part[4].values;
    for (size_t i = 0; i < b.model->numbers; i++)
        w[i] *= 500;
    rondo_model_changed(b.model);
    for (size_t i = 0; i < BENCH_ROWS * 2; i++)
        v[i] = v[i] > 0;
    rondo_loss_report report = report_of(&b, &z);
    for (size_t r = 0; r < BENCH_ROWS; r++)
        for (size_t k = 0; k < 2; k++) {
            double l = (double)row_of(&z, r)[k];
            sum += fmax(l, 0) - l * (double)v[r * 2 + k] + log1p(exp(-fabs(l)));
        }
    assert_true(isfinite(sum) && sum > 1);
    assert_true(fabs(report.sum - sum) < 1e-5 * sum);
    bench_close(&b);
}

static void squared_reports_the_plain_mean_and_skips_what_is_absent(void **state)
{
    (void)state;
    bench b;
    rondo_view z;
    double sum = 0;
    bench_open(&b, 1, "");
    bench_model(&b, "out = dense(x, size=2)\nloss = squared(out, v)\n");
    bench_fill(&b);
    rd_real *v = b.batch->part[4].values;
    v[2] = v[3] = v[7] = NAN;
    rondo_loss_report report = report_of(&b, &z);
    for (size_t r = 0; r < BENCH_ROWS; r++)
        for (size_t k = 0; k < 2; k++)
            if (!isnan(v[r * 2 + k])) sum += pow((double)row_of(&z, r)[k] - (double)v[r * 2 + k], 2) / 2;
    assert_true(fabs(report.sum - sum) < 1e-5);
    assert_true(report.count == 8);
    bench_close(&b);
}

/* Lengths 2 4 0 3: token divides by 9 rows, time by 3 sequences, sum by nothing; sequence gives each row
 * 1/length. */
static void the_four_reductions_have_the_ratios_of_the_equations(void **state)
{
    (void)state;
    const char *const names[] = {"loss-reduce = sum\n", "loss-reduce = token\n", "loss-reduce = time\n",
                                 "loss-reduce = sequence\n"};
    static const double divisor[] = {1, 9, 3, 3};
    double grad[4][8], objective[4];
    for (size_t i = 0; i < 4; i++) {
        bench b;
        bench_open(&b, 1, names[i]);
        bench_model(&b, "out = dense(x, size=2)\nloss = squared(out, v)\n");
        bench_fill(&b);
        rondo_loss_report report = bench_learn(&b);
        assert_true(report.divisor == divisor[i] && report.count == 9);
        objective[i] = rd_model_objective(b.model);
        for (size_t k = 0; k < 8; k++)
            grad[i][k] = (double)b.model->grads[k];
        bench_close(&b);
    }
    for (size_t i = 1; i < 3; i++) {
        assert_true(fabs(objective[0] / objective[i] - divisor[i]) < 1e-5);
        for (size_t k = 0; k < 8; k++)
            assert_true(fabs(grad[0][k] - divisor[i] * grad[i][k]) < 1e-5);
    }
    assert_true(fabs(objective[3] - objective[2]) > 1e-3);
}

static void sequence_reduction_is_the_mean_over_sequences_of_their_means(void **state)
{
    (void)state;
    bench b;
    rondo_view z;
    double mean = 0;
    bench_open(&b, 1, "loss-reduce = sequence\n");
    bench_model(&b, "out = dense(x, size=2)\nloss = squared(out, v)\n");
    bench_fill(&b);
    (void)report_of(&b, &z);
    const rondo_pack *pack = rondo_batch_pack(b.batch, "x");
    for (size_t t = 0; t < pack->steps; t++)
        for (size_t p = 0; p < pack->count[t]; p++)
            for (size_t k = 0; k < 2; k++) {
                size_t r = pack->offset[t] + p;
                mean += pow((double)row_of(&z, r)[k] - (double)b.batch->part[4].values[r * 2 + k], 2) / 2 /
                        (double)pack->length[pack->order[p]] / 3;
            }
    assert_true(fabs(rd_model_objective(b.model) - mean) < 1e-6);
    bench_close(&b);
}

static void a_batch_without_any_target_has_loss_and_gradient_zero(void **state)
{
    (void)state;
    bench b;
    bench_open(&b, 1, "");
    bench_model(&b, "out = dense(x, size=5)\nloss = softmax(out, y)\n");
    bench_fill(&b);
    for (size_t r = 0; r < BENCH_ROWS; r++)
        b.batch->part[2].symbols[r] = -1;
    rondo_loss_report report = bench_learn(&b);
    assert_true(report.sum == 0 && report.count == 0 && report.divisor == 0);
    for (size_t i = 0; i < b.model->numbers; i++)
        assert_true(b.model->grads[i] == 0);
    bench_close(&b);
}

static void targets_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    bench b;
    const size_t length[] = {2, 4, 0, 2};
    const int32_t numbers[] = {0, 1, 2, 3}, *const of[] = {numbers, numbers, numbers, numbers};
    bench_open(&b, 1, "");
    bench_model(&b,
                "out = dense(x, size=5)\nloss = softmax(out, y)\nl2 = softmax(dense(mean(x), size=5), c)\n");
    bench_fill(&b);
    assert_int_equal(rondo_model_loss(b.model, b.batch, NULL, &b.error), RONDO_BAD_ARGUMENT);
    b.batch->part[2].symbols[0] = 5;
    works(&b, rondo_model_forward(b.model, NULL, b.batch, RONDO_USE, NULL, &b.error));
    assert_int_equal(rondo_model_loss(b.model, b.batch, NULL, &b.error), RONDO_BAD_ARGUMENT);
    assert_non_null(strstr(b.error.message, "the symbol 5, the model knows 0 to 4"));
    works(&b, rondo_batch_put(b.batch, "y", &(rondo_sequences){.count = 4, .length = length, .symbols = of},
                              &b.error));
    assert_int_equal(rondo_model_loss(b.model, b.batch, NULL, &b.error), RONDO_BAD_ARGUMENT);
    assert_non_null(strstr(b.error.message, "a target for each step"));
    bench_fill(&b);
    works(&b, rondo_batch_put(b.batch, "c", &(rondo_sequences){.count = 4, .length = length, .symbols = of},
                              &b.error));
    works(&b, rondo_model_forward(b.model, NULL, b.batch, RONDO_USE, NULL, &b.error));
    assert_int_equal(rondo_model_loss(b.model, b.batch, NULL, &b.error), RONDO_BAD_ARGUMENT);
    assert_non_null(strstr(b.error.message, "one target a sequence"));
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(softmax_is_logsumexp_minus_the_mixed_target),
        cmocka_unit_test(binary_is_the_stable_cross_entropy_even_for_huge_logits),
        cmocka_unit_test(squared_reports_the_plain_mean_and_skips_what_is_absent),
        cmocka_unit_test(the_four_reductions_have_the_ratios_of_the_equations),
        cmocka_unit_test(sequence_reduction_is_the_mean_over_sequences_of_their_means),
        cmocka_unit_test(a_batch_without_any_target_has_loss_and_gradient_zero),
        cmocka_unit_test(targets_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
