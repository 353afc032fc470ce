/* Numbers as text: one grammar, one rounding, whatever the locale. */
#include "base/number_text.h"
#include "base/rng.h"
#include "base/text.h"

#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static double parsed(const char *text)
{
    double value = (double)NAN;
    return rd_parse_number(text, strlen(text), &value) ? value : (double)NAN;
}

static void numbers_are_read_as_the_c_locale_reads_them(void **state)
{
    (void)state;
    static const char *const good[] = {"0",
                                       "-0",
                                       "1",
                                       "+1.5",
                                       "-2.25",
                                       ".5",
                                       "5.",
                                       "1e3",
                                       "1E-3",
                                       "1e+3",
                                       "0.1",
                                       "123456789012345678",
                                       "1.7976931348623157e308",
                                       "4.9e-324",
                                       "2.2250738585072014e-308",
                                       "1e-400",
                                       "0.000000000000000000000000000001e30",
                                       "100000000000000000000000000000e-29",
                                       "9007199254740993",
                                       "0.30000000000000004",
                                       "0e999999999999999999999"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(parsed(good[i]) == strtod(good[i], NULL));
    assert_true(signbit(parsed("-0")));
    assert_true(parsed("1e-99999999999999999999999") == 0);
}

static void what_is_not_a_number_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",      "+",      "-",     ".",           "-.",    "e5",  "1e",
                                      "1e+",   "1e5.",   "1.2.3", "1,5",         " 1",    "1 ",  "0x10",
                                      "nan",   "inf",    "-inf",  "infinity",    "1_000", "--1", "+-1",
                                      "1e999", "-1e400", "1f",    "\xEF\xBC\x91"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double value = 42;
        assert_false(rd_parse_number(bad[i], strlen(bad[i]), &value));
        assert_true(value == 42);
    }
    double value;
    assert_false(rd_parse_number("1\0002", 3, &value));
    assert_true(rd_parse_number("12345", 2, &value) && value == 12);
}

static void a_million_digits_round_like_the_exact_number(void **state)
{
    (void)state;
    enum { MANY = 1000000 };
    char *text = malloc(MANY + 8);
    assert_non_null(text);
    memset(text, '0', MANY);
    double value;
    /* 2^53 + 1 is half way and goes to even; anything more, however far behind, goes up */
    memcpy(text, "9007199254740993.", 17);
    assert_true(rd_parse_number(text, MANY, &value) && value == 9007199254740992.0);
    text[MANY - 1] = '1';
    assert_true(rd_parse_number(text, MANY, &value) && value == 9007199254740994.0);
    memset(text, '0', MANY);
    memcpy(text, "0.", 2);
    memcpy(text + MANY - 1, "7e999998", 8);
    assert_true(rd_parse_number(text, MANY + 7, &value) && value == 7);
    memset(text, '0', MANY);
    text[0] = '3';
    assert_false(rd_parse_number(text, MANY, &value));
    memcpy(text + MANY, "e-999999", 8);
    assert_true(rd_parse_number(text, MANY + 8, &value) && value == 3);
    free(text);
}

static void integers_are_whole_checked_and_may_count_thousands(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {{"0", 0},
                {"-5", -5},
                {"+7", 7},
                {"20k", 20000},
                {"3M", 3000000},
                {"-2k", -2000},
                {"9223372036854775807", INT64_MAX},
                {"-9223372036854775808", INT64_MIN},
                {"9223372036854775k", 9223372036854775000},
                {"007", 7}};
    static const char *const bad[] = {"",
                                      "-",
                                      "k",
                                      "1.5",
                                      "1e3",
                                      "20kk",
                                      "20K",
                                      "3m",
                                      "1 ",
                                      " 1",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "9223372036854776k",
                                      "0x1",
                                      "99999999999999999999999"};
    int64_t value;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(rd_parse_integer(good[i].text, strlen(good[i].text), &value));
        assert_true(value == good[i].value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(rd_parse_integer(bad[i], strlen(bad[i]), &value));
}

static void numbers_are_written_short_and_plain(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } table[] = {{0, "0"},
                 {-0.0, "-0"},
                 {1, "1"},
                 {-1.5, "-1.5"},
                 {0.1, "0.1"},
                 {100, "100"},
                 {1e6, "1000000"},
                 {123456.75, "123456.75"},
                 {1e15, "1000000000000000"},
                 {1e16, "1e+16"},
                 {1.5e300, "1.5e+300"},
                 {0.0001, "0.0001"},
                 {0.00001, "1e-05"},
                 {0.00123, "0.00123"},
                 {4.9406564584124654e-324, "5e-324"},
                 {0.30000000000000004, "0.30000000000000004"},
                 {1.7976931348623157e308, "1.7976931348623157e+308"},
                 {9007199254740993.0, "9007199254740992"}};
    char out[40];
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        rd_print_double(table[i].value, out);
        assert_string_equal(out, table[i].text);
    }
    rd_print_double((double)INFINITY, out);
    assert_string_equal(out, "inf");
    rd_print_double(-(double)INFINITY, out);
    assert_string_equal(out, "-inf");
    rd_print_double((double)NAN, out);
    assert_string_equal(out, "nan");
    rd_print_float(0.1f, out);
    assert_string_equal(out, "0.1");
    rd_print_float(16777216.0f, out);
    assert_string_equal(out, "16777216");
    rd_print_float(3.4028235e38f, out);
    assert_string_equal(out, "3.4028235e+38");
}

static void every_number_reads_back_equal(void **state)
{
    (void)state;
    const rd_key key = rd_key_of(1, RD_STREAM_SYNTH, 0, 0);
    for (uint64_t i = 0; i < 20000; i++) {
        const uint64_t bits = rd_random_u64(key, i);
        const uint32_t half = (uint32_t)bits;
        double value, back;
        float single;
        char out[40];
        memcpy(&value, &bits, sizeof value);
        memcpy(&single, &half, sizeof single);
        if (isfinite(value)) {
            rd_print_double(value, out);
            assert_true(strlen(out) < 25);
            assert_true(rd_parse_number(out, strlen(out), &back) && memcmp(&back, &value, sizeof back) == 0);
        }
        if (isfinite(single)) {
            rd_print_float(single, out);
            assert_true(strlen(out) < 17);
            assert_true(rd_parse_number(out, strlen(out), &back));
            const float again = (float)back;
            assert_true(memcmp(&again, &single, sizeof again) == 0);
        }
    }
}

/* A locale with a decimal comma where the system has one; the test says when it could not look. */
static void a_decimal_comma_of_the_program_changes_nothing(void **state)
{
    (void)state;
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "de_DE", "fr_FR.UTF-8", "tr_TR.UTF-8"};
    int found = 0;
    for (size_t i = 0; i < 5 && !found; i++)
        found = setlocale(LC_ALL, names[i]) != NULL;
    if (!found) {
        print_message("skipped: no locale with a decimal comma is installed\n");
        skip();
    }
    char out[40], plain[40];
    rd_text text = {0};
    (void)snprintf(plain, sizeof plain, "%.1f", 1.5);
    rd_print_double(1.5, out);
    rd_text_format(&text, "%.1f", 1.5);
    const double value = parsed("1.5"), comma = parsed("1,5");
    char after[40];
    (void)snprintf(after, sizeof after, "%.1f", 1.5);
    (void)setlocale(LC_ALL, "C");
    assert_string_equal(plain, "1,5");
    assert_string_equal(after, "1,5");
    assert_string_equal(out, "1.5");
    assert_string_equal(text.text, "1.5");
    assert_true(value == 1.5 && isnan(comma));
    rd_text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read_as_the_c_locale_reads_them),
        cmocka_unit_test(what_is_not_a_number_is_refused),
        cmocka_unit_test(a_million_digits_round_like_the_exact_number),
        cmocka_unit_test(integers_are_whole_checked_and_may_count_thousands),
        cmocka_unit_test(numbers_are_written_short_and_plain),
        cmocka_unit_test(every_number_reads_back_equal),
        cmocka_unit_test(a_decimal_comma_of_the_program_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
