/* Every row of the table of losses against central differences, in double: parameters before the loss and its
 * own. */
#include "../model/model_help.h"

#define LIMIT 1e-6

static const size_t short_length[BENCH_SEQUENCES] = {1, 2, 0, 2};

/* The targets of part "y", or shorter ones; sequence 1 has two equal neighbours. */
static void put_short(bench *b)
{
    const int32_t symbols[] = {3, 3, 1},
                  other[] = {0, 4}, *const of[] = {other, symbols, symbols, symbols + 1};
    works(b,
          rondo_batch_put(b->batch, "y",
                          &(rondo_sequences){.count = 4, .length = short_length, .symbols = of}, &b->error));
}

static void weigh(bench *b)
{
    static const rd_real w[] = {2, RD_C(0.5), RD_C(1.5), 1};
    const rd_real *const weight[] = {w, w + 1, w, w};
    works(b, rd_batch_weigh(b->batch, "y", weight, &b->error));
    works(b, rd_batch_weigh(b->batch, "v", weight, &b->error));
}

static void check(const rd_loss_info *info, const char *options, int holes)
{
    bench b;
    char text[256];
    rondo_gradcheck_result worst;
    size_t outputs;
    const int own = info->sequence && info->sequence->own_lengths;
    bench_open(&b, 1, options);
    works(&b, rd_model_outputs(b.options, info->name, info->symbols ? BENCH_CLASSES : 2, &outputs, &b.error));
    (void)snprintf(text, sizeof text, "h = rnn(x, size=4)\nout = dense(h, size=%zu)\nloss = %s(out, %s)\n",
                   outputs, info->name, info->symbols ? "y" : "v");
    bench_model(&b, text);
    for (size_t i = 0; i < b.model->numbers; i++) /* a loss's own begin as 0 */
        b.model->params[i] += bench_number(9, 1, i) / 2;
    bench_fill(&b);
    if (own) put_short(&b);
    if (holes) {
        weigh(&b);
        b.batch->part[2].symbols[1] = -1;
        b.batch->part[4].values[3] = (rd_real)NAN;
        b.batch->part[4].values[6] = b.batch->part[4].values[7] = (rd_real)NAN;
    }
    works(&b, rondo_gradcheck(b.model, b.batch, 0, &worst, &b.error));
    if (!(worst.worst <= LIMIT))
        fprintf(stderr, "%s%s: %s analytic %.9g numeric %.9g error %.3g\n", options, text, worst.param,
                worst.analytic, worst.numeric, worst.worst);
    assert_true(worst.worst <= LIMIT);
    assert_true(worst.checked == b.model->numbers);
    bench_close(&b);
}

static void every_loss_agrees_with_central_differences(void **state)
{
    (void)state;
    const char *const options[] = {"loss-reduce = token\n", "loss-reduce = sequence\n",
                                   "loss-reduce = time\n", "loss-reduce = sum\nsmooth = 0.2\n",
                                   "quantiles = 0.25,0.75\n"};
    for (const rd_loss_info *info = rd_losses; info->name; info++)
        for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
            for (int holes = 0; holes < 2; holes++)
                check(info, options[i], holes);
}

/* Two losses with parameters of their own, one on top of the other's output, and a part that nothing learns
 * behind. */
static void several_losses_over_sequences_share_an_output(void **state)
{
    (void)state;
    bench b;
    rondo_gradcheck_result worst;
    bench_open(&b, 1, "");
    bench_model(
        &b, "h = rnn(x, size=4)\nout = dense(h, size=5)\na = crf(out, y, weight=0.7)\nl = softmax(out, y)\n"
            "top = dense(concat(h, out), size=5)\nb = crf(top, y, weight=2)\n");
    for (size_t i = 0; i < b.model->numbers; i++)
        b.model->params[i] += bench_number(9, 1, i) / 2;
    bench_fill(&b);
    works(&b, rondo_gradcheck(b.model, b.batch, 0, &worst, &b.error));
    assert_true(worst.worst <= LIMIT);
    assert_true(worst.checked == b.model->numbers);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_loss_agrees_with_central_differences),
        cmocka_unit_test(several_losses_over_sequences_share_an_output),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
