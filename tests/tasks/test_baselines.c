/* Baselines of tasks: numbers that can be counted by hand on a few lines. */
#include "../data/data_help.h"

#include <math.h>

static rondo_data *with_labels_of(const rondo_data *of, const char *task, const char *reader,
                                  const char *text)
{
    rondo_options *options = OPTIONS("reader", reader, "tokens", "word");
    rondo_data *data = NULL;
    rondo_error error = {0};
    rd_known known = {.part = {[RD_X] = rd_data_symbols(of, "x"), [RD_Y] = rd_data_symbols(of, "y")}};
    if (rd_data_open_memory(options, task, known, "in", text, strlen(text), &data, &error) != RONDO_OK)
        fail_msg("%s", error.message);
    rondo_options_free(options);
    return data;
}

static double value_of(const rondo_metrics *metrics, const char *name)
{
    for (size_t i = 0; i < metrics->count; i++)
        if (strcmp(metrics->metric[i].name, name) == 0) return metrics->metric[i].value;
    fail_msg("no baseline \"%s\"", name);
    return 0;
}

static int near(double a, double b)
{
    return fabs(a - b) < 1e-12;
}

/* Measures and frees both. */
static rondo_metrics measure(rondo_data *train, rondo_data *data)
{
    rondo_metrics metrics;
    rondo_error error = {0};
    rondo_options *options = DEFAULTS;
    if (rondo_baselines(train, data, options, &metrics, &error) != RONDO_OK) fail_msg("%s", error.message);
    rondo_options_free(options);
    rondo_data_free(train);
    rondo_data_free(data);
    return metrics;
}

static void the_majority_label_is_that_of_training(void **state)
{
    (void)state;
    rondo_data *train = data_of(OPTIONS("reader", "tsv", "tokens", "word"), "classify", "a\tx\na\ty\nb\tx\n");
    rondo_data *data = with_labels_of(train, "classify", "tsv", "b\tx\nb\ty\na\tx\nnew\tx\n");
    rondo_metrics metrics = measure(train, data);
    assert_true(near(value_of(&metrics, "majority: accuracy"), 0.25));
    /* a: 2/5; b and the unseen label: 0 */
    assert_true(near(value_of(&metrics, "majority: macro_f1"), 0.4 / 3));
    assert_int_equal(metrics.count, 2);
}

/* Sequences under conditions are counted as the same lines of a language model are. */
static void conditions_change_no_count(void **state)
{
    (void)state;
    static const char *const names[] = {"unigram", "markov-1", "markov-2"};
    rondo_data *lines = data_of(OPTIONS("lines", "on", "tokens", "char"), "lm", "abab\nabb\n\nba\n");
    rondo_data *pairs = data_of(OPTIONS("reader", "tsv", "tokens", "char"), "conditional", "k\tabab\nl\tabb\nk\t\nl\tba\n");
    rondo_data *again[2];
    assert_int_equal(rd_data_view(lines, &again[0], NULL), RONDO_OK);
    assert_int_equal(rd_data_view(pairs, &again[1], NULL), RONDO_OK);
    const rondo_metrics a = measure(lines, again[0]), b = measure(pairs, again[1]);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_true(value_of(&a, names[i]) > 0 && near(value_of(&a, names[i]), value_of(&b, names[i])));
}

static void the_unigram_tagger_knows_words(void **state)
{
    (void)state;
    rondo_data *train =
        data_of(OPTIONS("reader", "conll"), "tag", "ann B-P\nlee I-P\nis O\nann B-P\nin O\nat O\nof O\n");
    rondo_data *data = with_labels_of(train, "tag", "conll", "ann B-P\nlee I-P\n\nlee B-P\nzoe B-P\nis O\n");
    rondo_metrics metrics = measure(train, data);
    assert_true(near(value_of(&metrics, "majority: accuracy"), 0.2));
    assert_true(near(value_of(&metrics, "unigram: accuracy"), 0.6));
    /* truth: 3 phrases; found: "ann lee", "lee"; right: both, the second written I-P */
    assert_true(near(value_of(&metrics, "unigram: entity_f1"), 0.8));
}

static void numbers_have_the_mean_and_the_value_before(void **state)
{
    (void)state;
    rondo_data *train = data_of(OPTIONS("target", "y", "inputs", "x"), "regress", "x,y\n0,1\n0,3\n");
    rondo_data *data = data_of(OPTIONS("target", "y", "inputs", "x"), "regress", "x,y\n0,2\n0,5\n0,5\n");
    rondo_metrics metrics = measure(train, data);
    assert_true(near(value_of(&metrics, "mean: mse"), (0.0 + 9 + 9) / 3));
    assert_true(near(value_of(&metrics, "value before: mse"), 9.0 / 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_majority_label_is_that_of_training),
        cmocka_unit_test(conditions_change_no_count),
        cmocka_unit_test(the_unigram_tagger_knows_words),
        cmocka_unit_test(numbers_have_the_mean_and_the_value_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
