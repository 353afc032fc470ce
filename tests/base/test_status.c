/* Messages: their place, their length, and nothing in them that could deceive a terminal. */
#include "base/status.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void a_message_is_written_and_the_old_hint_goes(void **state)
{
    (void)state;
    rondo_error error = {0};
    assert_int_equal(rd_fail(&error, RONDO_BAD_DATA, "a.csv:%d: no", 3), RONDO_BAD_DATA);
    rd_hint(&error, "look at line %d", 3);
    assert_string_equal(error.hint, "look at line 3");
    assert_int_equal(rd_fail(&error, RONDO_LIMIT, "%s: again", error.message), RONDO_LIMIT);
    assert_string_equal(error.message, "a.csv:3: no: again");
    assert_string_equal(error.hint, "");
    assert_int_equal(error.status, RONDO_LIMIT);
    assert_int_equal(rd_fail(NULL, RONDO_BUG, "nobody listens"), RONDO_BUG);
    rd_hint(NULL, "nobody listens");
}

static void a_long_message_is_cut_between_symbols(void **state)
{
    (void)state;
    static const char *const symbols[] = {"x", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x99\x82"};
    for (size_t s = 0; s < 4; s++)
        for (size_t before = 0; before < 4; before++) {
            char text[3000];
            rondo_error error;
            memset(text, 'a', before);
            for (size_t i = before; i + 4 < sizeof text; i += strlen(symbols[s]))
                memcpy(text + i, symbols[s], strlen(symbols[s]) + 1);
            text[sizeof text - 1] = 0;
            (void)rd_fail(&error, RONDO_BUG, "%s", text);
            const size_t size = strlen(error.message);
            assert_true(size >= sizeof error.message - 4 && size < sizeof error.message);
            assert_int_equal(rd_utf8_check((const unsigned char *)error.message, size), size);
            assert_memory_equal(error.message, text, size);
        }
}

static void quoting_hides_controls_bad_bytes_and_turned_text(void **state)
{
    (void)state;
    assert_string_equal(rd_quote("plain \xC3\xA4").text, "\"plain \xC3\xA4\"");
    assert_string_equal(rd_quote("a\nb\tc\x1b[0m\r").text, "\"a\\nb\\tc\\x1b[0m\\r\"");
    assert_string_equal(rd_quote("say \"x\\y\"").text, "\"say \\\"x\\\\y\\\"\"");
    assert_string_equal(rd_quote_n("a\0b\xFF", 4).text, "\"a\\x00b\\xff\"");
    assert_string_equal(rd_quote("\xE2\x80\xAE"
                                 "evil")
                            .text,
                        "\"\\u202eevil\"");
    assert_string_equal(rd_quote("\xC2\x9B"
                                 "31m")
                            .text,
                        "\"\\u009b31m\"");
    assert_string_equal(rd_quote(NULL).text, "\"\"");
}

static void quoting_cuts_after_eighty_symbols_with_an_ellipsis(void **state)
{
    (void)state;
    char text[2000], want[2100];
    memset(text, 'a', 80);
    text[80] = 0;
    (void)snprintf(want, sizeof want, "\"%s\"", text);
    assert_string_equal(rd_quote(text).text, want);
    (void)snprintf(want, sizeof want, "\"%s\xE2\x80\xA6\"", text);
    text[80] = 'b';
    text[81] = 0;
    assert_string_equal(rd_quote(text).text, want);
    for (size_t i = 0; i + 2 < sizeof text; i += 2)
        memcpy(text + i, "\xC2\x85", 2); /* the longest way a symbol is shown */
    assert_int_equal(strlen(rd_quote_n(text, 1998).text), 80 * 6 + 2 + 3);
}

static void every_status_has_a_text_of_its_own(void **state)
{
    (void)state;
    static const rondo_status all[] = {RONDO_OK,        RONDO_NO,     RONDO_BAD_ARGUMENT, RONDO_BAD_DATA,
                                       RONDO_BAD_MODEL, RONDO_SYSTEM, RONDO_LIMIT,        RONDO_NUMBERS,
                                       RONDO_LOST_PEER, RONDO_BUG};
    for (size_t i = 0; i < 10; i++)
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(rondo_status_text(all[i]), rondo_status_text(all[k]));
    assert_string_equal(rondo_status_text(RONDO_BAD_DATA), "bad data");
    assert_non_null(rondo_status_text((rondo_status)42));
    assert_memory_equal(rondo_version(), RONDO_VERSION " (features ", sizeof RONDO_VERSION + 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_written_and_the_old_hint_goes),
        cmocka_unit_test(a_long_message_is_cut_between_symbols),
        cmocka_unit_test(quoting_hides_controls_bad_bytes_and_turned_text),
        cmocka_unit_test(quoting_cuts_after_eighty_symbols_with_an_ellipsis),
        cmocka_unit_test(every_status_has_a_text_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
