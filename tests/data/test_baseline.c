/* Baselines: the numbers are those of the formula, and probabilities sum to one. */
#include "data_help.h"

#include "data/baseline.h"

#include <math.h>

static rondo_data *with_vocabulary(const rondo_data *of, const char *text, const char *lines)
{
    rondo_options *options = OPTIONS("lines", lines);
    rondo_data *data = NULL;
    rd_known known = {.part[RD_X] = rd_data_symbols(of, "x")};
    assert_int_equal(rd_data_open_memory(options, "lm", known, "in", text, strlen(text), &data, NULL),
                     RONDO_OK);
    rondo_options_free(options);
    return data;
}

static double nats(const rondo_data *train, const rondo_data *data, int order)
{
    double value = 0;
    assert_int_equal(rd_baseline_lm(train, data, order, &value, NULL), RONDO_OK);
    return value;
}

static void the_unigram_is_the_formula(void **state)
{
    (void)state;
    rondo_data *train = data_of(DEFAULTS, "lm", "aab"), *data = with_vocabulary(train, "ab", "off");
    /* 3 symbols seen, 2 kinds, vocabulary of 4: p(a) = (2 + 2/4) / 5, p(b) = (1 + 2/4) / 5 */
    assert_true(fabs(nats(train, data, 0) + (log(0.5) + log(0.3)) / 2) < 1e-12);
    rondo_data_free(train);
    rondo_data_free(data);
}

static void one_symbol_of_context_is_the_formula(void **state)
{
    (void)state;
    rondo_data *train = data_of(DEFAULTS, "lm", "aab"), *data = with_vocabulary(train, "ab", "off");
    /* after the start: a once; after a: a once, b once. p(a|start) = (1 + p(a)) / 2, p(b|a) = (1 + 2 p(b)) /
     * 4 */
    double expected = -(log((1 + 0.5) / 2) + log((1 + 2 * 0.3) / 4)) / 2;
    assert_true(fabs(nats(train, data, 1) - expected) < 1e-12);
    rondo_data_free(train);
    rondo_data_free(data);
}

static void the_probabilities_of_all_symbols_after_a_context_sum_to_one(void **state)
{
    (void)state;
    rondo_data *train = data_of(DEFAULTS, "lm", "abracadabra bracada cab");
    static const char *const prefixes[] = {"ab", "ca", "xd", "rr"};
    static const char *const letters[] = {"a", "b", "r", "c", "d", " ", "?"};
    for (size_t p = 0; p < 4; p++) {
        double sum = 0, before;
        rondo_data *prefix = with_vocabulary(train, prefixes[p], "off");
        before = nats(train, prefix, 2) * (double)rd_data_targets(prefix);
        for (size_t i = 0; i < 7; i++) {
            char text[8];
            sprintf(text, "%s%s", prefixes[p], letters[i]);
            rondo_data *data = with_vocabulary(train, text, "off");
            sum += exp(before - nats(train, data, 2) * 3);
            rondo_data_free(data);
        }
        /* unknown was tried as '?', the end symbol was not: it is as likely, both being unseen */
        rondo_data *other = with_vocabulary(train, "?", "off");
        rondo_data_free(other);
        char text[8];
        sprintf(text, "%s?", prefixes[p]);
        rondo_data *data = with_vocabulary(train, text, "off");
        sum += exp(before - nats(train, data, 2) * 3);
        rondo_data_free(data);
        rondo_data_free(prefix);
        assert_true(fabs(sum - 1) < 1e-12);
    }
    rondo_data_free(train);
}

static void lines_begin_afresh_and_their_end_counts(void **state)
{
    (void)state;
    rondo_data *train = data_of(OPTIONS("lines", "on"), "lm", "ab\nab\nab\nab\n");
    rondo_data *same = with_vocabulary(train, "ab\n", "on"), *two = with_vocabulary(train, "ab\nab\n", "on");
    rondo_data *odd = with_vocabulary(train, "ba\n", "on");
    assert_true(fabs(nats(train, same, 2) - nats(train, two, 2)) < 1e-12);
    assert_true(nats(train, same, 2) < 0.3);
    assert_true(nats(train, odd, 2) > 1);
    assert_true(nats(train, same, 2) < nats(train, same, 0));
    rondo_data_free(train);
    rondo_data_free(same);
    rondo_data_free(two);
    rondo_data_free(odd);
}

static void wrong_orders_and_unlike_data_are_refused(void **state)
{
    (void)state;
    rondo_data *one = data_of(DEFAULTS, "lm", "ab"), *other = data_of(DEFAULTS, "lm", "abc");
    rondo_data *tags = data_of(DEFAULTS, "tag", "a b\n");
    double value;
    assert_int_equal(rd_baseline_lm(one, one, 5, &value, NULL), RONDO_BAD_ARGUMENT);
    assert_int_equal(rd_baseline_lm(one, one, -1, &value, NULL), RONDO_BAD_ARGUMENT);
    assert_int_equal(rd_baseline_lm(one, other, 1, &value, NULL), RONDO_BAD_ARGUMENT);
    assert_int_equal(rd_baseline_lm(one, tags, 1, &value, NULL), RONDO_BAD_ARGUMENT);
    rondo_data_free(one);
    rondo_data_free(other);
    rondo_data_free(tags);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_unigram_is_the_formula),
        cmocka_unit_test(one_symbol_of_context_is_the_formula),
        cmocka_unit_test(the_probabilities_of_all_symbols_after_a_context_sum_to_one),
        cmocka_unit_test(lines_begin_afresh_and_their_end_counts),
        cmocka_unit_test(wrong_orders_and_unlike_data_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
