/* Growing strings, UTF-8, and the comparisons of names. */
#include "base/memory.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void a_string_grows_and_stays_ended(void **state)
{
    (void)state;
    const uint64_t live = rd_memory_live();
    rd_text text = {0};
    for (int i = 0; i < 1000; i++)
        rd_text_format(&text, "%d%s", i % 10, i % 100 == 99 ? "\n" : "");
    assert_int_equal(text.size, 1010);
    assert_int_equal(strlen(text.text), 1010);
    rd_text_clear(&text);
    assert_string_equal(text.text, "");
    rd_text_put(&text, "ab");
    rd_text_add(&text, "c\0d", 3);
    assert_int_equal(text.size, 5);
    assert_memory_equal(text.text, "abc\0d", 6);
    assert_int_equal(rd_text_done(&text, NULL), RONDO_OK);
    rd_text_free(&text);
    rd_text_free(&text);
    assert_int_equal(rd_memory_live(), live);
}

static void a_failed_string_stays_failed_and_readable(void **state)
{
    (void)state;
    for (int formatted = 0; formatted < 2; formatted++) {
        rd_text text = {0};
        rondo_error error;
        char wide[200];
        memset(wide, 'x', sizeof wide);
        rd_text_put(&text, "begun");
        rd_memory_fail_at(1, 0);
        if (formatted)
            rd_text_format(&text, "%.200s", wide);
        else
            rd_text_add(&text, wide, sizeof wide);
        rd_memory_fail_at(0, 0);
        rd_text_put(&text, "more");
        rd_text_format(&text, "%d", 5);
        assert_string_equal(text.text, "begun");
        assert_int_equal(rd_text_done(&text, &error), RONDO_LIMIT);
        rd_text_free(&text);
    }
}

static void only_valid_utf8_has_a_length(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size, length;
    } table[] = {
        {"a", 1, 1},
        {"\0", 1, 1},
        {"\x7F", 1, 1},
        {"\xC2\x80", 2, 2},
        {"\xDF\xBF", 2, 2},
        {"\xE0\xA0\x80", 3, 3},
        {"\xED\x9F\xBF", 3, 3},
        {"\xEE\x80\x80", 3, 3},
        {"\xEF\xBF\xBF", 3, 3},
        {"\xF0\x90\x80\x80", 4, 4},
        {"\xF4\x8F\xBF\xBF", 4, 4},
        {"", 0, 0},
        {"\x80", 1, 0},
        {"\xBF", 1, 0},
        {"\xC0\x80", 2, 0},
        {"\xC1\xBF", 2, 0},
        {"\xE0\x9F\xBF", 3, 0},
        {"\xED\xA0\x80", 3, 0},
        {"\xED\xBF\xBF", 3, 0},
        {"\xF0\x8F\xBF\xBF", 4, 0},
        {"\xF4\x90\x80\x80", 4, 0},
        {"\xF5\x80\x80\x80", 4, 0},
        {"\xFE", 1, 0},
        {"\xFF", 1, 0},
        {"\xC2", 1, 0},
        {"\xE2\x82", 2, 0},
        {"\xF0\x9F\x99", 3, 0},
        {"\xC2x", 2, 0},
        {"\xE2\x82x", 3, 0},
        {"\xF0\x9F\x99x", 4, 0},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_int_equal(rd_utf8_length((const unsigned char *)table[i].text, table[i].size),
                         table[i].length);
}

static void every_code_point_encodes_and_reads_back(void **state)
{
    (void)state;
    for (uint32_t code = 0; code <= 0x110010; code++) {
        char out[4];
        const size_t size = rd_utf8_encode(code, out);
        const int valid = code <= 0x10FFFF && !(code >= 0xD800 && code <= 0xDFFF);
        if ((size != 0) != valid || (valid && rd_utf8_length((unsigned char *)out, size) != size)) fail();
    }
}

static void a_check_finds_the_first_bad_byte_wherever_it_stands(void **state)
{
    (void)state;
    unsigned char text[64];
    for (size_t at = 0; at < 60; at++) {
        memset(text, 'a', sizeof text);
        memcpy(text + (at + 20) % 60, "\xC3\xA4", 2);
        assert_int_equal(rd_utf8_check(text, sizeof text), sizeof text);
        text[at] = 0xFF;
        assert_true(rd_utf8_check(text, sizeof text) <= at);
        memset(text, 'a', sizeof text);
        text[at] = 0x80;
        assert_int_equal(rd_utf8_check(text, sizeof text), at);
    }
    assert_int_equal(rd_utf8_check((const unsigned char *)"ab\xE2\x82", 4), 2);
}

static void columns_are_those_of_a_terminal(void **state)
{
    (void)state;
    assert_int_equal(rd_utf8_columns("abc", 3), 3);
    assert_int_equal(rd_utf8_columns("\xC3\xA4", 2), 1);
    assert_int_equal(rd_utf8_columns("a\xCC\x88", 3), 1);
    assert_int_equal(rd_utf8_columns("\xE6\xBC\xA2\xE5\xAD\x97", 6), 4);
    assert_int_equal(rd_utf8_columns("\xF0\x9F\x99\x82", 4), 2);
    assert_int_equal(rd_utf8_columns("\xEF\xBD\xB1", 3), 1); /* a half-width katakana */
    assert_int_equal(rd_utf8_columns("\xFF\xFE", 2), 2);
}

static void names_are_compared_exactly_and_nearly(void **state)
{
    (void)state;
    assert_true(rd_equal("a", "a"));
    assert_false(rd_equal("a", "b") || rd_equal(NULL, "a") || rd_equal("a", NULL) || rd_equal(NULL, NULL));
    assert_int_equal(rd_edit_distance("", ""), 0);
    assert_int_equal(rd_edit_distance("", "abc"), 3);
    assert_int_equal(rd_edit_distance("kitten", "sitting"), 3);
    assert_int_equal(rd_edit_distance("hidden-size", "hiddne-size"), 1);
    assert_int_equal(rd_edit_distance("ca", "abc"), 3);
    char text[400];
    memset(text, 'a', sizeof text);
    text[399] = 0;
    assert_int_equal(rd_edit_distance(text, "a"), 399);
    text[255] = 0;
    assert_int_equal(rd_edit_distance(text, "a"), 254);
}

static void a_glob_matches_stars_and_question_marks(void **state)
{
    (void)state;
    assert_true(rd_glob("*", "") && rd_glob("", "") && rd_glob("a*c", "abbc") && rd_glob("?b*", "abz") &&
                rd_glob("*a*b*", "xaybz"));
    assert_true(rd_glob("*ab", "aab") && rd_glob("lstm*", "lstm") && rd_glob("**", "x") &&
                rd_glob("a?c*?", "abcdd"));
    assert_false(rd_glob("", "a") || rd_glob("?", "") || rd_glob("a*c", "abcd") || rd_glob("abc", "ab") ||
                 rd_glob("*ab", "aba"));
    char text[2001], pattern[101];
    memset(text, 'a', 2000);
    text[2000] = 0;
    for (int i = 0; i < 100; i += 2)
        memcpy(pattern + i, "a*", 2);
    pattern[99] = 'b';
    pattern[100] = 0;
    assert_false(rd_glob(pattern, text)); /* not in exponential time */
}

static void pairs_are_walked_with_their_lines(void **state)
{
    (void)state;
    static const char text[] =
        "# first\n\n a = 1 \r\nname=with = inside\n\tempty =\nnothing here\n= no name\nlast = #x";
    static const struct {
        int result;
        size_t line;
        const char *name, *value;
    } want[] = {{1, 3, "a", "1"},    {1, 4, "name", "with = inside"},
                {1, 5, "empty", ""}, {-1, 6, NULL, NULL},
                {-1, 7, NULL, NULL}, {1, 8, "last", "#x"}};
    size_t at = 0, line = 0;
    rd_pair pair;
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(rd_text_pair(text, sizeof text - 1, &at, &line, &pair), want[i].result);
        assert_int_equal(line, want[i].line);
        if (!want[i].name) continue;
        assert_int_equal(pair.name_size, strlen(want[i].name));
        assert_memory_equal(pair.name, want[i].name, pair.name_size);
        assert_int_equal(pair.value_size, strlen(want[i].value));
        assert_memory_equal(pair.value, want[i].value, pair.value_size);
    }
    assert_int_equal(rd_text_pair(text, sizeof text - 1, &at, &line, &pair), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_string_grows_and_stays_ended),
        cmocka_unit_test(a_failed_string_stays_failed_and_readable),
        cmocka_unit_test(only_valid_utf8_has_a_length),
        cmocka_unit_test(every_code_point_encodes_and_reads_back),
        cmocka_unit_test(a_check_finds_the_first_bad_byte_wherever_it_stands),
        cmocka_unit_test(columns_are_those_of_a_terminal),
        cmocka_unit_test(names_are_compared_exactly_and_nearly),
        cmocka_unit_test(a_glob_matches_stars_and_question_marks),
        cmocka_unit_test(pairs_are_walked_with_their_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
