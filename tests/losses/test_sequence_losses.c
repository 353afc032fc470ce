/* Losses over whole sequences inside a model: threads, reports, what is refused, files. */
#include "../model/model_help.h"

#include "base/file.h"
#include "base/memory.h"

#include <stdlib.h>
#include <unistd.h>

enum { MANY = 60 };

static const char ctc_text[] = "h = rnn(x, size=7)\nout = dense(h, size=6)\nloss = ctc(out, y)\n";
static const char crf_text[] = "h = rnn(x, size=7)\nout = dense(h, size=5)\nloss = crf(out, y)\n";

/* Targets of one symbol for each `every` steps of x. */
static void put_shorter(bench *b, const size_t *length, size_t count, size_t every)
{
    static int32_t symbols[MANY][MANY];
    const int32_t *of[MANY];
    size_t shorter[MANY];
    for (size_t i = 0; i < count; i++) {
        shorter[i] = (length[i] + every - 1) / every;
        for (size_t t = 0; t < MANY; t++)
            symbols[i][t] = (int32_t)((i * 5 + t * 3 + t * t) % BENCH_CLASSES);
        of[i] = symbols[i];
    }
    works(b,
          rondo_batch_put(b->batch, "y", &(rondo_sequences){.count = count, .length = shorter, .symbols = of},
                          &b->error));
}

static void shake(bench *b)
{
    for (size_t i = 0; i < b->model->numbers; i++)
        b->model->params[i] += bench_number(9, 1, i) / 2;
    rondo_model_changed(b->model);
}

static void bench_many(bench *b, const char *text, int threads)
{
    size_t length[MANY], name[MANY];
    for (size_t i = 0; i < MANY; i++) {
        length[i] = (i * 37 + 11) % 50;
        name[i] = i;
    }
    bench_open(b, threads, "");
    bench_model(b, text);
    shake(b);
    bench_fill_as(b, length, name, MANY);
    if (strstr(text, "ctc")) put_shorter(b, length, MANY, 3);
}

static void any_number_of_threads_gives_the_same_bits(void **state)
{
    (void)state;
    const char *const texts[] = {ctc_text, crf_text};
    const int threads[] = {2, 3, 8};
    for (size_t n = 0; n < 2; n++) {
        bench one, many;
        bench_many(&one, texts[n], 1);
        rondo_loss_report alone = bench_learn(&one);
        assert_true(alone.sum > 0 && alone.count > MANY);
        for (size_t i = 0; i < 3; i++) {
            bench_many(&many, texts[n], threads[i]);
            rondo_loss_report report = bench_learn(&many);
            assert_memory_equal(&report, &alone, sizeof report);
            assert_memory_equal(many.model->grads, one.model->grads,
                                one.model->numbers * sizeof *one.model->grads);
            bench_close(&many);
        }
        bench_close(&one);
    }
}

static void a_step_after_the_first_allocates_nothing(void **state)
{
    (void)state;
    const char *const texts[] = {ctc_text, crf_text};
    for (size_t n = 0; n < 2; n++) {
        bench b;
        bench_many(&b, texts[n], 2);
        (void)bench_learn(&b);
        rd_memory_trap(1);
        (void)bench_learn(&b);
        rd_memory_trap(0);
        bench_close(&b);
    }
}

/* Sequences 1 and 3 have more symbols than steps. */
static void put_too_long(bench *b)
{
    const int32_t symbols[] = {0, 1, 1, 2, 3};
    const int32_t *const of[] = {symbols, symbols, symbols, symbols + 1};
    const size_t length[] = {2, 4, 0, 3};
    works(b, rondo_batch_put(b->batch, "y", &(rondo_sequences){.count = 4, .length = length, .symbols = of},
                             &b->error));
}

static void infeasible_targets_are_left_out_and_named(void **state)
{
    (void)state;
    bench b;
    bench_open(&b, 1, "");
    bench_model(&b, ctc_text);
    bench_fill(&b);
    put_too_long(&b);
    rondo_loss_report report = bench_learn(&b);
    assert_int_equal(report.infeasible, 2);
    assert_int_equal(report.first_infeasible, 1);
    assert_true(rd_model_infeasible(b.model, 0) == 1 && rd_model_infeasible(b.model, 2) == 3);
    assert_true(rd_model_infeasible(b.model, 4) == SIZE_MAX);
    assert_true(report.count == 3 && report.divisor == 3); /* two symbols, and an empty target */
    assert_true(isfinite(report.sum) && report.sum > 0);
    bench_close(&b);
}

static void infeasible_targets_are_an_error_when_asked_for(void **state)
{
    (void)state;
    bench b;
    bench_open(&b, 1, "ctc-infeasible = error\n");
    bench_model(&b, ctc_text);
    bench_fill(&b);
    put_too_long(&b);
    works(&b, rondo_model_forward(b.model, NULL, b.batch, RONDO_TRAIN, NULL, &b.error));
    assert_int_equal(rondo_model_loss(b.model, b.batch, NULL, &b.error), RONDO_BAD_DATA);
    assert_non_null(strstr(b.error.message, "sequence 1 of part \"y\" has 4 symbols"));
    assert_non_null(strstr(b.error.message, "the 4 steps"));
    bench_close(&b);
}

static void a_batch_of_nothing_but_infeasible_targets_has_loss_and_gradient_zero(void **state)
{
    (void)state;
    bench b;
    const size_t none[] = {0, 0, 0, 0}, one[] = {1, 1, 1, 1};
    const int32_t symbol = 2, *const of[] = {&symbol, &symbol, &symbol, &symbol};
    const rd_real *const empty[] = {NULL, NULL, NULL, NULL};
    bench_open(&b, 1, "");
    bench_model(&b, ctc_text);
    bench_fill(&b);
    works(&b, rondo_batch_put(b.batch, "x",
                              &(rondo_sequences){.count = 4, .length = none, .width = 3, .values = empty},
                              &b.error));
    works(&b, rondo_batch_put(b.batch, "y", &(rondo_sequences){.count = 4, .length = one, .symbols = of},
                              &b.error));
    rondo_loss_report report = bench_learn(&b);
    assert_true(report.infeasible == 4 && report.sum == 0 && report.count == 0 && report.divisor == 0);
    for (size_t i = 0; i < b.model->numbers; i++)
        assert_true(b.model->grads[i] == 0);
    bench_close(&b);
}

/* token: 3 + 6 + 0 targets and the empty one; with crf no step of an empty sequence counts. */
static void the_four_reductions_divide_by_what_they_say(void **state)
{
    (void)state;
    const char *const options[] = {"loss-reduce = token\n", "loss-reduce = sequence\n",
                                   "loss-reduce = time\n", "loss-reduce = sum\n"};
    const double of_ctc[] = {5, 4, 4, 1}, of_crf[] = {9, 3, 3, 1};
    for (size_t n = 0; n < 8; n++) {
        bench b;
        bench_open(&b, 1, options[n % 4]);
        bench_model(&b, n / 4 ? crf_text : ctc_text);
        bench_fill(&b);
        if (n / 4 == 0) put_shorter(&b, bench_length, 4, 3);
        rondo_loss_report report = bench_learn(&b);
        assert_true(report.divisor == (n / 4 ? of_crf : of_ctc)[n % 4]);
        assert_true(report.count == (n / 4 ? 9 : 5));
        if (n % 4 != 1)
            assert_true(fabs(rd_model_objective(b.model) - report.sum / report.divisor) < 1e-5 * report.sum);
        bench_close(&b);
    }
}

static void refused(const char *text, const char *message)
{
    bench b;
    bench_open(&b, 1, "");
    assert_int_equal(bench_try(&b, text), RONDO_BAD_ARGUMENT);
    if (!strstr(b.error.message, message)) fail_msg("%s", b.error.message);
    bench_close(&b);
}

static void lines_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    refused("out = dense(x, size=5)\nloss = ctc(out, y)\n",
            "ctc needs 6 outputs for part \"y\", \"out\" has 5");
    refused("out = dense(x, size=6)\nloss = crf(out, y)\n", "crf needs 5 outputs");
    refused("out = dense(mean(x), size=5)\nloss = crf(out, c)\n", "crf needs an output for each step");
    refused("out = dense(x, size=2)\nloss = crf(out, v)\n", "crf cannot compare with numbers");
    refused("out = dense(x, size=5)\nloss = crf(out, y, smooth=0.1)\n", "has no setting \"smooth\"");
    refused("out = dense(x, size=2)\nloss = gaussian(out, v)\n", "gaussian needs 4 outputs");
    refused("out = dense(x, size=4)\nloss = quantile(out, v, quantiles=\"0.5,0.2\")\n", "ascending");
    refused("out = dense(x, size=4)\nloss = quantile(out, v, quantiles=\"0,1\")\n", "between 0 and 1");
    refused("out = dense(x, size=4)\nloss = quantile(out, v, quantiles=\"0.5,\")\n", "found \"0.5,\"");
    refused("out = dense(x, size=4)\nloss = quantile(out, v)\n", "quantile needs 6 outputs");
    refused("out = dense(x, size=5)\nloss = crf(out, y, quantiles=0.5)\n", "has no setting \"quantiles\"");
}

static void batches_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    bench b;
    bench_open(&b, 1, "");
    bench_model(&b, crf_text);
    bench_fill(&b);
    put_shorter(&b, bench_length, 4, 2);
    works(&b, rondo_model_forward(b.model, NULL, b.batch, RONDO_USE, NULL, &b.error));
    assert_int_equal(rondo_model_loss(b.model, b.batch, NULL, &b.error), RONDO_BAD_ARGUMENT);
    assert_non_null(strstr(b.error.message, "a target for each step"));
    bench_model(&b, ctc_text);
    works(&b, rondo_model_forward(b.model, NULL, b.batch, RONDO_USE, NULL, &b.error));
    put_too_long(&b); /* longer than the targets that forward saw */
    assert_int_equal(rondo_model_loss(b.model, b.batch, NULL, &b.error), RONDO_BAD_ARGUMENT);
    assert_non_null(strstr(b.error.message, "before rondo_model_forward"));
    bench_close(&b);
}

static void gradients_zeroed_after_the_loss_are_refused(void **state)
{
    (void)state;
    bench b;
    bench_open(&b, 1, "");
    bench_model(&b, crf_text);
    bench_fill(&b);
    works(&b, rondo_model_forward(b.model, NULL, b.batch, RONDO_TRAIN, NULL, &b.error));
    works(&b, rondo_model_loss(b.model, b.batch, NULL, &b.error));
    rondo_model_zero_grad(b.model);
    assert_int_equal(rondo_model_backward(b.model, b.batch, &b.error), RONDO_BAD_ARGUMENT);
    bench_close(&b);
}

static void parameters_of_a_crf_have_names_and_begin_as_zero(void **state)
{
    (void)state;
    bench b;
    rd_crf crf;
    rondo_view view;
    const char *const names[] = {"loss.start", "loss.end", "loss.transitions"};
    bench_open(&b, 1, "init = normal\npreset = pytorch\n");
    bench_model(&b, ctc_text);
    assert_false(rd_model_crf(b.model, &crf));
    bench_model(&b, crf_text);
    assert_true(rd_model_crf(b.model, &crf));
    assert_int_equal(crf.classes, 5);
    const rd_real *const found[] = {crf.start, crf.end, crf.transitions};
    for (size_t k = 0; k < 3; k++) {
        size_t i = 0;
        do
            must(rondo_model_param(b.model, i++, &view, NULL));
        while (!strstr(view.name, names[k]));
        assert_string_equal(view.name, names[k]);
        assert_int_equal(view.rank, k < 2 ? 1 : 2);
        assert_true(view.shape[0] == 5 && (k < 2 || view.shape[1] == 5));
        assert_ptr_equal(view.data, found[k]);
        for (size_t n = 0; n < (k < 2 ? 5u : 25u); n++)
            assert_true(found[k][n] == 0);
    }
    bench_close(&b);
}

static void a_saved_crf_is_the_same_when_loaded(void **state)
{
    (void)state;
    bench b;
    rondo_model *copy;
    char path[] = "/tmp/rondo-crf-XXXXXX";
    const int file = mkstemp(path);
    assert_true(file >= 0);
    (void)close(file);
    bench_open(&b, 1, "");
    bench_model(&b, crf_text);
    shake(&b);
    works(&b, rondo_model_save(b.model, path, 1, &b.error));
    works(&b, rondo_model_load(b.device, path, &copy, &b.error));
    assert_int_equal(copy->numbers, b.model->numbers);
    assert_memory_equal(copy->params, b.model->params, copy->numbers * sizeof *copy->params);
    works(&b, rondo_quantize(copy, "int8", &b.error));
    rd_crf before, after;
    assert_true(rd_model_crf(b.model, &before) && rd_model_crf(copy, &after));
    assert_memory_equal(before.transitions, after.transitions, 25 * sizeof *before.transitions);
    (void)unlink(path);
    rondo_model_free(copy);
    bench_close(&b);
}

/* In bounded memory: with all of alpha the ctc lattice alone would take 66 MB. */
static void a_sequence_of_100000_steps_is_learned(void **state)
{
    (void)state;
    enum { LONG = 100000, SYMBOLS = 40 };
    static rondo_real x[LONG * BENCH_NUMBERS];
    static int32_t y[LONG];
    const rondo_real *const values = x;
    const int32_t *const symbols = y;
    const size_t length = LONG, few = SYMBOLS;
    for (size_t i = 0; i < (size_t)LONG * BENCH_NUMBERS; i++)
        x[i] = bench_number(1, i % 97, i);
    for (size_t i = 0; i < LONG; i++)
        y[i] = (int32_t)(i * i % BENCH_CLASSES);
    for (int n = 0; n < 2; n++) {
        bench b;
        bench_open(&b, 2, "");
        bench_model(&b, n ? "out = dense(x, size=5)\nloss = crf(out, y)\n"
                          : "out = dense(x, size=6)\nloss = ctc(out, y)\n");
        shake(&b);
        works(&b,
              rondo_batch_put(b.batch, "x",
                              &(rondo_sequences){
                                  .count = 1, .length = &length, .width = BENCH_NUMBERS, .values = &values},
                              &b.error));
        works(&b, rondo_batch_put(
                      b.batch, "y",
                      &(rondo_sequences){.count = 1, .length = n ? &length : &few, .symbols = &symbols},
                      &b.error));
        rondo_loss_report report = bench_learn(&b);
        assert_true(isfinite(report.sum) && report.sum > LONG / 10 && report.infeasible == 0);
        assert_true(report.count == (n ? LONG : SYMBOLS));
        for (size_t i = 0; i < b.model->numbers; i++)
            assert_true(isfinite((double)b.model->grads[i]));
        assert_true(b.model->train.bytes < (size_t)40 << 20);
        bench_close(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
        cmocka_unit_test(a_step_after_the_first_allocates_nothing),
        cmocka_unit_test(infeasible_targets_are_left_out_and_named),
        cmocka_unit_test(infeasible_targets_are_an_error_when_asked_for),
        cmocka_unit_test(a_batch_of_nothing_but_infeasible_targets_has_loss_and_gradient_zero),
        cmocka_unit_test(the_four_reductions_divide_by_what_they_say),
        cmocka_unit_test(lines_that_do_not_fit_are_refused),
        cmocka_unit_test(batches_that_do_not_fit_are_refused),
        cmocka_unit_test(gradients_zeroed_after_the_loss_are_refused),
        cmocka_unit_test(parameters_of_a_crf_have_names_and_begin_as_zero),
        cmocka_unit_test(a_sequence_of_100000_steps_is_learned),
        cmocka_unit_test(a_saved_crf_is_the_same_when_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
