/* Flags to node lists; every list that comes out must build and run. */
#include "../layers/layer_help.h"

static const struct {
    const char *options;
    int pooled;
    const char *text;
} rows[] = {
    {"", 0,
     "embed = embedding(x, size=64)\nh1 = lstm(embed, size=128, as=rnn.l0)\nout = dense(h1, size=5)\nloss = "
     "softmax(out, y)\n"},
    {"cell = gru\ngru-reset = before\nhidden-size = 8\nembed-size = 0\nnum-layers = 2\ndropout = 0.25\n", 0,
     "h1 = gru(x, size=8, reset=before, as=rnn.l0)\ndrop1 = dropout(h1, p=0.25)\n"
     "h2 = gru(drop1, size=8, reset=before, as=rnn.l1)\nout = dense(h2, size=5)\nloss = softmax(out, y)\n"},
    {"cell = lstm,gru\nhidden-size = 8\nembed-size = 4\npeephole = on\n", 0,
     "embed = embedding(x, size=4)\nh1 = lstm(embed, size=8, peephole=1)\nh2 = gru(h1, size=8)\nout = "
     "dense(h2, size=5)\n"
     "loss = softmax(out, y)\n"},
    {"bidirectional = on\nhidden-size = 8\nembed-size = 4\n", 1,
     "embed = embedding(x, size=4)\nf1 = lstm(embed, size=8, as=rnn.l0)\nb1 = lstm(embed, size=8, reverse=1, "
     "as=rnn.l0)\n"
     "h1 = concat(f1, b1)\np1 = concat(last(f1), last(b1))\nout = dense(p1, size=5)\nloss = softmax(out, "
     "y)\n"},
    {"skip = residual\nnum-layers = 2\nhidden-size = 8\nembed-size = 4\n", 1,
     "embed = embedding(x, size=4)\nh1 = lstm(embed, size=8)\nh2 = lstm(h1, size=8)\nr2 = add(h2, h1)\np1 = "
     "last(h1)\n"
     "p2 = add(p1, last(h2))\nout = dense(p2, size=5)\nloss = softmax(out, y)\n"},
    {"skip = dense\nnum-layers = 2\nhidden-size = 8\nembed-size = 4\nbidirectional = on\nmerge = sum\n", 0,
     "embed = embedding(x, size=4)\nf1 = lstm(embed, size=8)\nb1 = lstm(embed, size=8, reverse=1)\nh1 = "
     "add(f1, b1)\n"
     "f2 = lstm(h1, size=8)\nb2 = lstm(h1, size=8, reverse=1)\nh2 = add(f2, b2)\nall = concat(h1, h2)\n"
     "out = dense(all, size=5)\nloss = softmax(out, y)\n"},
    {"cell = jordan\nhidden-size = 8\nembed-size = 4\nfeedback = target\njordan-output = pre\n", 0,
     "embed = embedding(x, size=4)\nout = jordan(embed, y, size=8, outputs=5, f=softmax, output=pre, "
     "feedback=target)\n"
     "loss = softmax(out, y)\n"},
    {"hidden-size = 8\nembed-size = 4\nhead-layers = 2\nhead-size = 6\npool = mean\ndropout-input = "
     "0.1\ndropout-output = 0.2\n"
     "variational = on\ninput-noise = 0.5\ndropout-recurrent = 0.3\n",
     1,
     "embed = embedding(x, size=4)\nnoisy = noise(embed, scale=0.5)\ndrop_in = dropout(noisy, p=0.1, "
     "variational=1)\n"
     "h1 = lstm(drop_in, size=8, dropout_h=0.3, variational=1, as=rnn.l0)\npooled = mean(h1)\n"
     "drop_out = dropout(pooled, p=0.2, variational=1)\nhead1 = dense(drop_out, size=6, act=tanh)\n"
     "head2 = dense(head1, size=6, act=tanh)\nout = dense(head2, size=5)\nloss = softmax(out, y)\n"},
    {"cell = rnn\nnonlinearity = relu\nhidden-size = 8\nembed-size = 4\ninit-state = random\nstate-index = "
     "before\nbias = two\n"
     "layer-norm = on\nclip-preact = 3.5\nclip-delta = 2\nzoneout-h = 0.1\nweight-drop = 0.2\nweight-noise = "
     "0.3\n",
     0,
     "embed = embedding(x, size=4)\nh1 = rnn(embed, size=8, nonlinearity=relu, norm=1, clip_preact=3.5, "
     "bias=two, index=before, "
     "start=random, start_scale=0.2, zoneout_h=0.1, weight_drop=0.2, weight_noise=0.3, clip_delta=2, "
     "as=rnn.l0)\n"
     "out = dense(h1, size=5)\nloss = softmax(out, y)\n"},
    {"freeze-embed = on\nhidden-size = 8\nembed-size = 4\n", 0,
     "embed = embedding(x, size=4, freeze=1)\nh1 = lstm(embed, size=8, as=rnn.l0)\nout = dense(h1, size=5)\n"
     "loss = softmax(out, y)\n"},
    {"cell = minlstm\nhidden-size = 8\nembed-size = 4\nmin-positive = on\n", 0,
     "embed = embedding(x, size=4)\nh1 = minlstm(embed, size=8, min_positive=1)\nout = dense(h1, "
     "size=5)\nloss = softmax(out, y)\n"},
    {"cell = mingru\nhidden-size = 8\nembed-size = 4\npreset = pytorch\nstate-index = before\n", 0,
     "embed = embedding(x, size=4)\nh1 = mingru(embed, size=8, index=before)\nout = dense(h1, size=5)\nloss "
     "= softmax(out, y)\n"},
    {"cell = jordan\nhidden-size = 8\nembed-size = 4\ninit-state = random\n", 1,
     "embed = embedding(x, size=4)\nz = jordan(embed, size=8, outputs=5, f=softmax, start=random, "
     "start_scale=0.2)\n"
     "out = last(z)\nloss = softmax(out, y)\n"},
    {"cell = lstm\nproj-size = 3\nlstm-output = linear\nlstm-candidate = cell\ncoupled = on\nclip-cell = "
     "9\nzoneout-c = 0.5\n"
     "hidden-size = 8\nembed-size = 4\n",
     0,
     "embed = embedding(x, size=4)\nh1 = lstm(embed, size=8, output=linear, candidate=cell, coupled=1, "
     "proj=3, clip_cell=9, "
     "zoneout_c=0.5, as=rnn.l0)\nout = dense(h1, size=5)\nloss = softmax(out, y)\n"},
    {"cell = gru-simple\nhidden-size = 8\nembed-size = 4\npreset = course\n", 0,
     "embed = embedding(x, size=4)\nh1 = gru_simple(embed, size=8, bias=one, as=rnn.l0)\nout = dense(h1, "
     "size=5)\nloss = softmax(out, y)\n"},
};

static rondo_status write_text(bench *b, const rondo_size *x, const char *loss, int pooled, rd_text *text)
{
    memset(text, 0, sizeof *text);
    return rd_model_text_from(b->options, x, 5, loss, pooled, text, &b->error);
}

static void every_flag_is_written_and_every_list_builds_and_learns(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bench b;
        rd_text text;
        rondo_size sizes[] = {{"x", 7, 1}, {"y", 5, 1}};
        rondo_loss_report report;
        bench_open(&b, 1, rows[i].options);
        if (strstr(rows[i].options, "random"))
            works(&b, rondo_options_set(b.options, "init-state-scale", "0.2", &b.error));
        works(&b, write_text(&b, &sizes[0], "softmax", rows[i].pooled, &text));
        if (strcmp(text.text, rows[i].text) != 0)
            fprintf(stderr, "%s\ngives\n%s\nnot\n%s", rows[i].options, text.text, rows[i].text);
        assert_string_equal(text.text, rows[i].text);
        works(&b, rondo_model_new(b.device, b.options, text.text, sizes, 2, &b.model, &b.error));
        rd_text_free(&text);
        const size_t length[] = {3, 1, 2}, ones[] = {1, 1, 1};
        const int32_t sym[] = {1, 2, 3}, *const of[] = {sym, sym, sym};
        works(&b, rondo_batch_put(b.batch, "x",
                                  &(rondo_sequences){.count = 3, .length = length, .symbols = of}, &b.error));
        works(&b, rondo_batch_put(
                      b.batch, "y",
                      &(rondo_sequences){.count = 3, .length = rows[i].pooled ? ones : length, .symbols = of},
                      &b.error));
        report = bench_learn(&b);
        assert_true(isfinite(report.sum) && report.count == (rows[i].pooled ? 3 : 6));
        bench_close(&b);
    }
}

static void a_tied_network_gets_a_projection_only_when_the_widths_differ(void **state)
{
    (void)state;
    bench b;
    rd_text text;
    rondo_size x = {"x", 5, 1};
    bench_open(&b, 1, "tied = on\nhidden-size = 8\nembed-size = 8\n");
    works(&b, write_text(&b, &x, "softmax", 0, &text));
    assert_non_null(strstr(text.text, "out = dense(h1, tied=embed)\n"));
    rd_text_free(&text);
    works(&b, rondo_options_set(b.options, "embed-size", "6", &b.error));
    works(&b, write_text(&b, &x, "softmax", 0, &text));
    assert_non_null(strstr(text.text, "proj = dense(h1, size=6, bias=0)\nout = dense(proj, tied=embed)\n"));
    rd_text_free(&text);
    bench_close(&b);
}

static void characters_of_words_stand_beside_their_embedding(void **state)
{
    (void)state;
    bench b;
    rd_text text;
    rondo_size x = {"x", 7, 1}, numbers = {"x", 3, 0};
    const rondo_size sizes[] = {{"x", 7, 1}, {"y", 5, 1}, {"chars", 9, 1}};
    bench_open(&b, 1, "chars = 3\nchar-embed-size = 2\nhidden-size = 8\nembed-size = 4\n");
    works(&b, write_text(&b, &x, "softmax", 0, &text));
    assert_string_equal(text.text,
                        "embed = embedding(x, size=4)\nchar_embed = embedding(chars, size=2)\n"
                        "char_f = lstm(char_embed, size=3)\nchar_b = lstm(char_embed, size=3, reverse=1)\n"
                        "word = concat(embed, last(char_f), last(char_b))\n"
                        "h1 = lstm(word, size=8, as=rnn.l0)\nout = dense(h1, size=5)\n"
                        "loss = softmax(out, y)\n");
    works(&b, rondo_model_new(b.device, b.options, text.text, sizes, 3, &b.model, &b.error));
    rd_text_free(&text);
    assert_int_equal(write_text(&b, &numbers, "squared", 0, &text), RONDO_BAD_ARGUMENT);
    assert_non_null(strstr(b.error.message, "--chars stands beside an embedding of words"));
    rd_text_free(&text);
    works(&b, rondo_options_set(b.options, "embed-size", "0", &b.error));
    assert_int_equal(write_text(&b, &x, "softmax", 0, &text), RONDO_BAD_ARGUMENT);
    rd_text_free(&text);
    bench_close(&b);
}

static void numbers_need_no_embedding(void **state)
{
    (void)state;
    bench b;
    rd_text text;
    rondo_size x = {"x", 3, 0};
    bench_open(&b, 1, "hidden-size = 8\n");
    works(&b, write_text(&b, &x, "squared", 1, &text));
    assert_string_equal(
        text.text,
        "h1 = lstm(x, size=8, as=rnn.l0)\np1 = last(h1)\nout = dense(p1, size=5)\nloss = squared(out, y)\n");
    rd_text_free(&text);
    bench_close(&b);
}

static const struct {
    const char *options, *loss, *piece;
} bad[] = {
    {"cell = gru\npeephole = on\n", "softmax", "--peephole: --cell gru has nothing like it"},
    {"cell = lstm,gru\nnum-layers = 3\n", "softmax", "--cell names 2 cells for 3 layers"},
    {"cell = jordan\nnum-layers = 2\n", "softmax", "--cell jordan has one layer"},
    {"cell = jordan\n", "squared", "--loss squared has neither"},
    {"embed-size = 0\ndropout-input = 0.5\n", "softmax", "--dropout-input needs numbers or an embedding"},
    {"tied = on\n", "softmax", "--tied needs an embedding of as many symbols as there are outputs"},
    {"cell = lstm,gru\nproj-size = 3\nskip = residual\n", "softmax",
     "--skip residual needs layers of equal width"},
};

static void flags_that_contradict_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        bench b;
        rd_text text;
        rondo_size x = {"x", 7, 1};
        bench_open(&b, 1, bad[i].options);
        assert_int_equal(write_text(&b, &x, bad[i].loss, 0, &text), RONDO_BAD_ARGUMENT);
        if (!strstr(b.error.message, bad[i].piece)) fprintf(stderr, "%s\n", b.error.message);
        assert_non_null(strstr(b.error.message, bad[i].piece));
        rd_text_free(&text);
        bench_close(&b);
    }
}

static void without_a_text_the_options_describe_the_model(void **state)
{
    (void)state;
    bench b;
    rondo_size sizes[] = {{"x", 3, 0}, {"y", 2, 0}};
    bench_open(&b, 1, "hidden-size = 4\n");
    works(&b, rondo_model_new(b.device, b.options, NULL, sizes, 2, &b.model, &b.error));
    assert_string_equal(rondo_model_text(b.model),
                        "h1 = lstm(x, size=4, as=rnn.l0)\nout = dense(h1, size=2)\nloss = squared(out, y)\n");
    assert_string_equal(rondo_options_get(rondo_model_options(b.model), "hidden-size"), "4");
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_flag_is_written_and_every_list_builds_and_learns),
        cmocka_unit_test(a_tied_network_gets_a_projection_only_when_the_widths_differ),
        cmocka_unit_test(characters_of_words_stand_beside_their_embedding),
        cmocka_unit_test(numbers_need_no_embedding),
        cmocka_unit_test(flags_that_contradict_are_refused),
        cmocka_unit_test(without_a_text_the_options_describe_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
