/* The vocabulary: what becomes a symbol, which number it gets, and that nothing damaged is read back. */
#include "sequence/symbols.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static rd_symbols *counted(rd_symbols_rules rules, const char *const *lines)
{
    rd_symbols *symbols = NULL;
    assert_int_equal(rd_symbols_new(&rules, &symbols, NULL), RONDO_OK);
    for (; *lines; lines++)
        assert_int_equal(rd_symbols_count(symbols, *lines, strlen(*lines), NULL), RONDO_OK);
    assert_int_equal(rd_symbols_settle(symbols, NULL), RONDO_OK);
    return symbols;
}

static void assert_symbol(const rd_symbols *symbols, size_t i, const char *expected)
{
    size_t size;
    const char *text = rd_symbols_text(symbols, i, &size);
    assert_int_equal(size, strlen(expected));
    assert_memory_equal(text, expected, size);
}

static void characters_are_numbered_by_code_point(void **state)
{
    (void)state;
    rd_symbols *symbols =
        counted((rd_symbols_rules){.min_freq = 1}, (const char *[]){"b\xc3\xa4 a", "zb", NULL});
    static const char *const expected[] = {"<unk>", "</s>", " ", "a", "b", "z", "\xc3\xa4"};
    assert_int_equal(rd_symbols_size(symbols), 7);
    for (size_t i = 0; i < 7; i++)
        assert_symbol(symbols, i, expected[i]);
    assert_int_equal(rd_symbols_frequency(symbols, 4), 2);
    assert_string_equal(rd_symbols_joint(symbols), "");
    rd_symbols_free(symbols);
}

static void words_are_numbered_by_falling_frequency_and_ties_by_first_sight(void **state)
{
    (void)state;
    rd_symbols *symbols = counted((rd_symbols_rules){.kind = RD_TOKENS_WORD, .min_freq = 1},
                                  (const char *[]){"the  cat\tsat", " the dog sat the ", NULL});
    static const char *const expected[] = {"the", "sat", "cat", "dog"};
    assert_int_equal(rd_symbols_size(symbols), 6);
    for (size_t i = 0; i < 4; i++)
        assert_symbol(symbols, 2 + i, expected[i]);
    assert_string_equal(rd_symbols_joint(symbols), " ");
    rd_symbols_free(symbols);
}

static void only_the_commonest_and_the_frequent_are_kept_and_the_rest_is_unknown(void **state)
{
    (void)state;
    static const char *const text[] = {"a a a b b c c d", NULL};
    rd_symbols *two =
        counted((rd_symbols_rules){.kind = RD_TOKENS_WORD, .min_freq = 1, .max_vocab = 2}, text);
    rd_symbols *often = counted((rd_symbols_rules){.kind = RD_TOKENS_WORD, .min_freq = 3}, text);
    assert_int_equal(rd_symbols_size(two), 4);
    assert_symbol(two, 3, "b");
    assert_int_equal(rd_symbols_frequency(two, RD_SYMBOL_UNKNOWN), 3);
    assert_int_equal(rd_symbols_size(often), 3);
    rd_indices indices = {0};
    size_t bad;
    assert_int_equal(rd_symbols_encode(often, "b a x", 5, &indices, &bad, NULL), RONDO_OK);
    assert_int_equal(indices.count, 3);
    assert_int_equal(indices.unknown, 2);
    assert_int_equal(indices.index[0], RD_SYMBOL_UNKNOWN);
    assert_int_equal(indices.index[1], 2);
    rd_indices_free(&indices);
    rd_symbols_free(two);
    rd_symbols_free(often);
}

static void the_word_unk_in_the_text_is_the_unknown_symbol_and_the_end_is_never_a_word(void **state)
{
    (void)state;
    rd_symbols *symbols = counted((rd_symbols_rules){.kind = RD_TOKENS_WORD, .min_freq = 1},
                                  (const char *[]){"<unk> </s> <unk>", NULL});
    rd_indices indices = {0};
    size_t bad;
    assert_int_equal(rd_symbols_size(symbols), 3);
    assert_int_equal(rd_symbols_frequency(symbols, 0), 2);
    assert_int_equal(rd_symbols_encode(symbols, "</s> <unk>", 10, &indices, &bad, NULL), RONDO_OK);
    assert_int_equal(indices.index[0], 2);
    assert_int_equal(indices.index[1], 0);
    assert_int_equal(indices.unknown, 1);
    rd_indices_free(&indices);
    rd_symbols_free(symbols);
}

static void bytes_take_anything_and_characters_say_where_utf8_breaks(void **state)
{
    (void)state;
    static const char line[] = "a\0\xff"
                               "b";
    rd_symbols *symbols = NULL;
    rd_symbols_rules rules = {.kind = RD_TOKENS_BYTE, .min_freq = 1};
    rd_indices indices = {.keep_places = 1};
    size_t bad;
    assert_int_equal(rd_symbols_new(&rules, &symbols, NULL), RONDO_OK);
    assert_int_equal(rd_symbols_count(symbols, line, 4, NULL), RONDO_OK);
    assert_int_equal(rd_symbols_settle(symbols, NULL), RONDO_OK);
    assert_int_equal(rd_symbols_size(symbols), 6);
    assert_int_equal(rd_symbols_encode(symbols, line, 4, &indices, &bad, NULL), RONDO_OK);
    assert_int_equal(bad, 4);
    assert_int_equal(indices.index[1], 2);
    assert_int_equal(indices.index[2], 5);
    assert_int_equal(indices.start[3], 3);
    rd_symbols_free(symbols);

    rules.kind = RD_TOKENS_CHAR;
    assert_int_equal(rd_symbols_new(&rules, &symbols, NULL), RONDO_OK);
    assert_int_equal(rd_symbols_count(symbols, line, 4, NULL), RONDO_BAD_DATA);
    indices.count = 0;
    assert_int_equal(rd_symbols_encode(symbols, line, 4, &indices, &bad, NULL), RONDO_OK);
    assert_int_equal(bad, 2);
    assert_int_equal(indices.count, 0);
    rd_indices_free(&indices);
    rd_symbols_free(symbols);
}

static void a_closed_vocabulary_counts_nothing_more(void **state)
{
    (void)state;
    rd_symbols *symbols = counted((rd_symbols_rules){.min_freq = 1}, (const char *[]){"ab", NULL});
    assert_int_equal(rd_symbols_count(symbols, "c", 1, NULL), RONDO_BAD_ARGUMENT);
    rd_symbols_free(symbols);
}

static void a_hundred_thousand_words_are_all_found_again(void **state)
{
    (void)state;
    rd_symbols *symbols = NULL;
    rd_symbols_rules rules = {.kind = RD_TOKENS_WORD, .min_freq = 1};
    rd_indices indices = {0};
    char word[32];
    size_t bad;
    assert_int_equal(rd_symbols_new(&rules, &symbols, NULL), RONDO_OK);
    for (int i = 0; i < 100000; i++) {
        int size = snprintf(word, sizeof word, "w%d", i);
        assert_int_equal(rd_symbols_count(symbols, word, (size_t)size, NULL), RONDO_OK);
    }
    assert_int_equal(rd_symbols_settle(symbols, NULL), RONDO_OK);
    assert_int_equal(rd_symbols_size(symbols), 100002);
    for (int i = 0; i < 100000; i += 997) {
        int size = snprintf(word, sizeof word, "w%d", i);
        indices.count = 0;
        assert_int_equal(rd_symbols_encode(symbols, word, (size_t)size, &indices, &bad, NULL), RONDO_OK);
        assert_int_equal(indices.index[0], i + 2);
    }
    rd_indices_free(&indices);
    rd_symbols_free(symbols);
}

static void a_vocabulary_written_and_read_is_equal(void **state)
{
    (void)state;
    static const rd_symbols_rules rules[] = {
        {.kind = RD_TOKENS_CHAR, .min_freq = 1, .nfc = 1},
        {.kind = RD_TOKENS_BYTE, .min_freq = 2, .max_vocab = 100},
        {.kind = RD_TOKENS_WORD, .min_freq = 1, .lowercase = 1},
    };
    for (size_t i = 0; i < 3; i++) {
        rd_symbols *symbols =
            counted(rules[i], (const char *[]){"one \\two \xc3\xa9 \\", "\n\r \x01one \xc3\xa9\x7f", NULL});
        rd_symbols *again = NULL;
        rd_text text = {0}, twice = {0}, difference = {0};
        rondo_error error;
        assert_int_equal(rd_symbols_write(symbols, &text, NULL), RONDO_OK);
        assert_int_equal(rd_utf8_check((const unsigned char *)text.text, text.size), text.size);
        assert_int_equal(rd_symbols_read(text.text, text.size, "model", &again, &error), RONDO_OK);
        assert_int_equal(rd_symbols_write(again, &twice, NULL), RONDO_OK);
        assert_string_equal(text.text, twice.text);
        assert_true(rd_symbols_hash(symbols) == rd_symbols_hash(again));
        assert_null(rd_symbols_difference(symbols, again, &difference));
        assert_int_equal(rd_symbols_rules_of(again)->min_freq, rules[i].min_freq);
        rd_text_free(&text);
        rd_text_free(&twice);
        rd_text_free(&difference);
        rd_symbols_free(symbols);
        rd_symbols_free(again);
    }
}

static void a_damaged_vocabulary_is_refused_with_its_line(void **state)
{
    (void)state;
#define HEAD "tokens = char\nlowercase = no\nnormalize = none\nmin-freq = 1\nmax-vocab = 0\n"
    static const struct {
        const char *text, *place;
    } bad[] = {
        {"", "m:1:"},
        {"tokens = chars\n", "m:1:"},
        {"lowercase = no\n", "m:1:"},
        {HEAD "symbols = 1\nx\n", "m:7:"},
        {HEAD "symbols = -1\n\n", "m:6:"},
        {HEAD "symbols = 99999999999999\n\n", "m:6:"},
        {HEAD "symbols = 2\n\na\n", "m:9:"},
        {HEAD "symbols = 1\n\na\nb\n", "m:9:"},
        {HEAD "symbols = 2\n\na\na\n", "m:9:"},
        {HEAD "symbols = 1\n\nab\n", "m:8:"},
        {HEAD "symbols = 1\n\n\n", "m:8:"},
        {HEAD "symbols = 1\n\n\\q\n", "m:8:"},
        {HEAD "symbols = 1\n\n\\x4\n", "m:8:"},
        {HEAD "symbols = 1\n\n\\xff\n", "m:8:"},
        {HEAD "symbols = 1\n\n\\\n", "m:8:"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        rd_symbols *symbols = NULL;
        rondo_error error;
        assert_int_equal(rd_symbols_read(bad[i].text, strlen(bad[i].text), "m", &symbols, &error),
                         RONDO_BAD_MODEL);
        assert_memory_equal(error.message, bad[i].place, strlen(bad[i].place));
        assert_null(symbols);
    }
}

static void the_first_difference_of_two_vocabularies_is_named(void **state)
{
    (void)state;
    rd_symbols *one = counted((rd_symbols_rules){.min_freq = 1}, (const char *[]){"abc", NULL});
    rd_symbols *other = counted((rd_symbols_rules){.min_freq = 1}, (const char *[]){"abd", NULL});
    rd_symbols *small =
        counted((rd_symbols_rules){.min_freq = 1, .lowercase = 1}, (const char *[]){"abc", NULL});
    rd_symbols *shorter = counted((rd_symbols_rules){.min_freq = 1}, (const char *[]){"ab", NULL});
    rd_text text = {0};
    assert_string_equal(rd_symbols_difference(one, other, &text),
                        "symbol 4 is \"c\" in one and \"d\" in the other");
    assert_non_null(strstr(rd_symbols_difference(one, small, &text), "lowercase"));
    assert_non_null(strstr(rd_symbols_difference(one, shorter, &text), "5 symbols"));
    assert_true(rd_symbols_hash(one) != rd_symbols_hash(other));
    assert_true(rd_symbols_hash(one) != rd_symbols_hash(small));
    rd_text_free(&text);
    rd_symbols_free(one);
    rd_symbols_free(other);
    rd_symbols_free(small);
    rd_symbols_free(shorter);
}

static void a_symbol_of_64_kib_is_taken_and_one_byte_more_is_not(void **state)
{
    (void)state;
    rd_symbols *symbols = NULL;
    rd_symbols_rules rules = {.kind = RD_TOKENS_WORD, .min_freq = 1};
    char *word = test_malloc(65537);
    memset(word, 'x', 65537);
    assert_int_equal(rd_symbols_new(&rules, &symbols, NULL), RONDO_OK);
    assert_int_equal(rd_symbols_count(symbols, word, 65536, NULL), RONDO_OK);
    assert_int_equal(rd_symbols_count(symbols, word, 65537, NULL), RONDO_LIMIT);
    rd_symbols_free(symbols);
    test_free(word);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_are_numbered_by_code_point),
        cmocka_unit_test(words_are_numbered_by_falling_frequency_and_ties_by_first_sight),
        cmocka_unit_test(only_the_commonest_and_the_frequent_are_kept_and_the_rest_is_unknown),
        cmocka_unit_test(the_word_unk_in_the_text_is_the_unknown_symbol_and_the_end_is_never_a_word),
        cmocka_unit_test(bytes_take_anything_and_characters_say_where_utf8_breaks),
        cmocka_unit_test(a_closed_vocabulary_counts_nothing_more),
        cmocka_unit_test(a_hundred_thousand_words_are_all_found_again),
        cmocka_unit_test(a_vocabulary_written_and_read_is_equal),
        cmocka_unit_test(a_damaged_vocabulary_is_refused_with_its_line),
        cmocka_unit_test(the_first_difference_of_two_vocabularies_is_named),
        cmocka_unit_test(a_symbol_of_64_kib_is_taken_and_one_byte_more_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
