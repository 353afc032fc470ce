/* Gradients through the characters of words against central differences, in double: ragged, with empty words.
 */
#include "../model/words_help.h"

#define LIMIT 1e-6

static double worst_of_all;

static void check(const char *options, const char *text)
{
    bench b;
    rondo_gradcheck_result worst;
    bench_open(&b, 1, options);
    words_model(&b, text);
    words_fill(&b);
    works(&b, rondo_gradcheck(b.model, b.batch, 0, &worst, &b.error));
    if (!(worst.worst <= LIMIT))
        fprintf(stderr, "%s%s: %s analytic %.9g numeric %.9g error %.3g\n", options, text, worst.param,
                worst.analytic, worst.numeric, worst.worst);
    assert_true(worst.worst <= LIMIT);
    assert_true(worst.checked == b.model->numbers);
    worst_of_all = fmax(worst_of_all, worst.worst);
    bench_close(&b);
}

static const char *const texts[] = {
    WORDS_TEXT("lstm", ""),
    WORDS_TEXT("gru", ", start=learned"),
    WORDS_TEXT("rnn", ", norm=1, dropout_h=0.3"),
    WORDS_TEXT("minlstm", ""),
    /* one-hot characters, two levels, pooled over characters in every way */
    "c1 = gru(chars, size=3)\nc2 = lstm(c1, size=3)\nw = concat(mean(c2), max(c1), last(c2), "
    "last(dropout(c2, "
    "p=0.3)))\n"
    "out = dense(w, size=5)\nloss = softmax(out, y)\n",
    /* a row a sentence above rows a word above rows a character */
    "ce = embedding(chars, size=3)\nw = last(lstm(ce, size=3))\nh = gru(w, size=4)\nout = dense(last(h), "
    "size=5)\nloss = softmax(out, c)\n",
};

static void characters_of_words_agree_with_central_differences(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        check("seed = 3\n", texts[i]);
        check("seed = 3\nsaved = recompute\n", texts[i]);
    }
    print_message("worst relative error of characters in words: %.3g\n", worst_of_all);
    assert_true(worst_of_all > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_of_words_agree_with_central_differences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
