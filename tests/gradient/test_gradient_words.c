/* Gradients through the characters of words against central differences, in double: ragged, with empty words.
 */
#include "../model/words_help.h"
#include "gradcheck_help.h"

static void check(const char *options, const char *text)
{
    check_gradients(options, text, words_model, words_fill);
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

/* A frozen embedding has no gradient; what stands above it has the one that it has anyway. */
static void a_frozen_embedding_has_no_gradient(void **state)
{
    (void)state;
    static const char *const nodes =
        "e = embedding(x, size=4%s)\nh = lstm(e, size=3)\nout = dense(h, size=5)\n"
        "loss = softmax(out, y)\n";
    bench free_one, frozen;
    rondo_gradcheck_result worst;
    rondo_model *none;
    char text[256];
    bench_open(&free_one, 1, "");
    bench_open(&frozen, 1, "");
    (void)snprintf(text, sizeof text, nodes, "");
    words_model(&free_one, text);
    (void)snprintf(text, sizeof text, nodes, ", freeze=1");
    words_model(&frozen, text);
    words_fill(&free_one);
    words_fill(&frozen);
    (void)bench_learn(&free_one);
    (void)bench_learn(&frozen);
    const size_t table = (size_t)WORDS_SYMBOLS * 4, others = frozen.model->numbers - table;
    double moved = 0;
    assert_int_equal(frozen.model->layer[0].param[0].offset, others); /* behind all that learn */
    for (size_t i = 0; i < table; i++) {
        assert_true(frozen.model->grads[others + i] == 0);
        moved += fabs(free_one.model->grads[i]);
    }
    assert_true(moved > 0);
    assert_memory_equal(frozen.model->grads, free_one.model->grads + table, others * sizeof(rd_real));
    works(&frozen, rondo_gradcheck(frozen.model, frozen.batch, 0, &worst, &frozen.error));
    assert_true(worst.worst <= LIMIT);
    assert_true(worst.checked == others);
    assert_int_equal(rondo_model_new(frozen.device, frozen.options,
                                     "e = embedding(x, size=4, freeze=1)\nout = dense(e, tied=e)\n",
                                     words_sizes, 1, &none, &frozen.error),
                     RONDO_BAD_ARGUMENT);
    assert_non_null(strstr(frozen.error.message, "cannot be tied to the frozen \"e\""));
    bench_close(&free_one);
    bench_close(&frozen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_of_words_agree_with_central_differences),
        cmocka_unit_test(a_frozen_embedding_has_no_gradient),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
