/* Flags to encoders, decoders and conditions: every combination is a model that learns, contradictions are
 * refused. */
#include "model/model_help.h"

#include "model/incremental.h"
#include "model/seq2seq_text.h"

#include <stdlib.h>

enum { SOURCE = 9, TARGET = 8, COUNT = 5 };

static const rondo_size source_size = {"x", SOURCE, 1}, target_size = {"y", TARGET, 1},
                        class_size = {"c", 3, 1};

static void put(bench *b, const char *part, const size_t *length, size_t symbols, size_t salt)
{
    static int32_t symbol[COUNT][8];
    const int32_t *at[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        at[i] = symbol[i];
        for (size_t t = 0; t < 8; t++)
            symbol[i][t] = (int32_t)((bench_number(salt, i, t) + 1) / 2 * (rondo_real)symbols * RD_C(0.999));
    }
    works(b, rondo_batch_put(b->batch, part,
                             &(rondo_sequences){.count = COUNT, .length = length, .symbols = at}, &b->error));
}

/* One step of training; gives the loss. */
static double learn(bench *b, const char *text, const rondo_size *sizes, size_t parts)
{
    static const size_t x[COUNT] = {3, 0, 5, 2, 1}, y[COUNT] = {2, 4, 3, 0, 1}, one[COUNT] = {1, 1, 1, 1, 1};
    rondo_loss_report report;
    rondo_status status = rondo_model_new(b->device, b->options, text, sizes, parts, &b->model, &b->error);
    if (status != RONDO_OK) fail_msg("%s\n%s", text, b->error.message);
    const int conditional = !strcmp(sizes[0].part, "c");
    if (conditional) put(b, "c", one, 3, 3);
    put(b, "x", conditional ? y : x, conditional ? TARGET : SOURCE, 0);
    put(b, "y", y, TARGET, 1);
    if (!conditional) put(b, "target", y, TARGET, 2);
    works(b, rondo_model_forward(b->model, NULL, b->batch, RONDO_TRAIN, NULL, &b->error));
    works(b, rondo_model_loss(b->model, b->batch, &report, &b->error));
    works(b, rondo_model_backward(b->model, b->batch, &b->error));
    assert_true(report.count == 10);
    return report.sum / report.count;
}

static void learns(const char *options)
{
    const rondo_size sizes[] = {source_size, target_size, {"target", TARGET, 1}};
    bench b;
    rd_text text = {0};
    bench_open(&b, 1, options);
    rondo_status status = rd_seq2seq_text(b.options, &source_size, &target_size, &text, &b.error);
    if (status != RONDO_OK) fail_msg("%s: %s", options, b.error.message);
    const double loss = learn(&b, text.text, sizes, 3);
    if (!(fabs(loss - log(TARGET)) < 1)) fail_msg("%s%s: loss %g", options, text.text, loss);
    double most = 0;
    for (size_t i = 0; i < b.model->numbers; i++)
        most = fmax(most, fabs((double)b.model->grads[i]));
    assert_true(most > 0 && most < 100);
    rd_text_free(&text);
    bench_close(&b);
}

static void every_combination_of_flags_is_a_model_that_learns(void **state)
{
    static const char *const cells[] = {"rnn", "gru", "gru-simple", "lstm"}, *const scores[] = {
                                                                                 "dot", "general", "additive",
                                                                                 "none"};
    char options[512];
    (void)state;
    for (size_t c = 0; c < 4; c++)
        for (size_t s = 0; s < 4; s++)
            for (int k = 0; k < 32; k++) {
                if (s == 3 && (k & 3)) continue;
                (void)snprintf(
                    options, sizeof options,
                    "cell = %s\nattention = %s\ninput-feed = %s\nattention-place = %s\nbridge = %s\nmerge = "
                    "sum\n"
                    "bidirectional = %s\nnum-layers = %d\nhidden-size = 6\nembed-size = 5\ndropout = 0.2\n"
                    "dropout-input = 0.1\n",
                    cells[c], scores[s], k & 1 ? "on" : "off", k & 2 ? "before" : "after",
                    k & 4 ? "copy" : "dense", k & 8 ? "on" : "off", k & 16 ? 2 : 1);
                learns(options);
            }
    learns("cell = lstm\nproj-size = 4\nhidden-size = 6\ninput-feed = on\ntied = on\nembed-size = 5\n");
    learns("cell = gru\ngru-reset = before\ntied = on\nembed-size = 7\nhidden-size = 7\nhead-size = 4\n");
    learns("cell = lstm\npeephole = on\nlayer-norm = on\nhidden-size = 6\nnum-layers = 2\ninit-state = "
           "learned\n");
    learns("cell = gru,lstm\nhidden-size = 6\nembed-size = 0\ninput-feed = on\ndropout-recurrent = "
           "0.2\nvariational = on\n");
}

static void the_encoder_reads_both_ways_unless_told_not_to(void **state)
{
    bench b;
    rd_text text = {0};
    (void)state;
    bench_open(&b, 1, "cell = gru\nhidden-size = 4\nembed-size = 3\ninput-feed = on\n");
    works(&b, rd_seq2seq_text(b.options, &source_size, &target_size, &text, &b.error));
    assert_string_equal(text.text,
                        "embed = embedding(x, size=3)\n"
                        "f1 = gru(embed, size=4, as=rnn.l0)\n"
                        "b1 = gru(embed, size=4, reverse=1, as=rnn.l0)\n"
                        "h1 = concat(f1, b1)\n"
                        "s1 = bridge(f1, b1, mode=dense, size=4)\n"
                        "embed_y = embedding(target, size=3)\n"
                        "d1 = decoder(embed_y, size=4, start=s1, cell=gru, memory=h1, attention=general, "
                        "feed=1, place=after)\n"
                        "out = dense(d1, size=8)\n"
                        "loss = softmax(out, y)\n");
    rd_text_free(&text);
    bench_close(&b);
}

static void refuses_flags(const char *options, const char *piece, int conditional)
{
    bench b;
    rd_text text = {0};
    bench_open(&b, 1, options);
    const rondo_status status =
        conditional ? rd_conditional_text(b.options, &class_size, &target_size, &text, &b.error)
                    : rd_seq2seq_text(b.options, &source_size, &target_size, &text, &b.error);
    if (status != RONDO_BAD_ARGUMENT || !strstr(b.error.message, piece))
        fail_msg("%s: status %d, \"%s\" lacks \"%s\"", options, (int)status, b.error.message, piece);
    rd_text_free(&text);
    bench_close(&b);
}

static void flags_that_contradict_are_refused(void **state)
{
    (void)state;
    refuses_flags("cell = mingru\n", "has no decoder", 0);
    refuses_flags("cell = jordan\n", "has no decoder", 0);
    refuses_flags("attention = none\ninput-feed = on\n", "--input-feed needs an attention", 0);
    refuses_flags("attention = none\nattention-place = before\n",
                  "--attention-place before needs an attention", 0);
    refuses_flags("bridge = copy\n", "--bridge copy: the two directions", 0);
    refuses_flags("layer-norm = on\ninput-feed = on\n", "--layer-norm", 0);
    refuses_flags("skip = dense\n", "--skip", 0);
    refuses_flags("bidirectional = on\n", "--bidirectional", 1);
    refuses_flags("cell = mingru\ncondition-place = state\n", "cannot start from a condition", 1);
    refuses_flags("embed-size = 0\n", "--embed-size 0 has none", 1);
}

/* Step by step, in another order of rows, a model with a condition gives the bits of a forward of whole
 * sequences. */
static void check_steps(bench *b)
{
    const rd_part *x = rd_batch_part(b->batch, "x");
    const rondo_pack *pack = &x->packed.pack;
    const size_t turn[COUNT] = {4, 3, 2, 1, 0};
    rondo_view whole, logits;
    rd_incremental *steps;
    works(b, rondo_model_forward(b->model, NULL, b->batch, RONDO_USE, &whole, &b->error));
    works(b, rd_incremental_new(b->model, "x", &steps, &b->error));
    works(b, rd_incremental_begin(steps, b->batch, COUNT, &b->error));
    for (size_t t = 0; t < pack->steps; t++) {
        int32_t symbol[COUNT] = {0};
        size_t sequence[COUNT], place[COUNT];
        for (size_t r = 0; r < COUNT; r++) {
            sequence[r] = t % 2 ? COUNT - 1 - r : r;
            for (place[r] = 0; pack->order[place[r]] != sequence[r]; place[r]++)
                continue;
            if (place[r] < pack->count[t]) symbol[r] = x->symbols[pack->offset[t] + place[r]];
        }
        works(b, rd_incremental_step(steps,
                                     &(rd_incremental_rows){
                                         .rows = COUNT, .symbol = symbol, .sequence = sequence, .from = turn},
                                     &logits, &b->error));
        for (size_t r = 0; r < COUNT; r++)
            if (place[r] < pack->count[t])
                assert_memory_equal((const rd_real *)logits.data + r * logits.stride,
                                    (const rd_real *)whole.data + (pack->offset[t] + place[r]) * whole.stride,
                                    TARGET * sizeof(rd_real));
    }
    rd_incremental_free(steps);
}

static void a_condition_stands_beside_the_input_or_begins_the_state(void **state)
{
    static const char *const options[] = {
        "cell = gru\nhidden-size = 6\nembed-size = 5\n",
        "cell = mingru\nhidden-size = 6\nembed-size = 5\nnum-layers = 2\n",
        "cell = gru,lstm\nhidden-size = 6\nembed-size = 5\ncondition-place = state\n",
        "cell = lstm\nproj-size = 3\nhidden-size = 6\nembed-size = 0\ncondition-place = state\n",
    };
    const rondo_size sizes[] = {class_size, {"x", TARGET, 1}, target_size};
    (void)state;
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        bench b;
        rd_text text = {0};
        bench_open(&b, 1, options[i]);
        works(&b, rd_conditional_text(b.options, &class_size, &sizes[1], &text, &b.error));
        assert_true(fabs(learn(&b, text.text, sizes, 3) - log(TARGET)) < 1);
        check_steps(&b);
        rd_text_free(&text);
        bench_close(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_combination_of_flags_is_a_model_that_learns),
        cmocka_unit_test(the_encoder_reads_both_ways_unless_told_not_to),
        cmocka_unit_test(flags_that_contradict_are_refused),
        cmocka_unit_test(a_condition_stands_beside_the_input_or_begins_the_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
