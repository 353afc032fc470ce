/* Piano rolls as JSON: parts and pieces in every spelling of RFC 8259, and what is none, with its place. */
#include "base/memory.h"
#include "formats/roll_json.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

typedef struct seen { /* pieces, written again, with their lines */
    rd_text text;
} seen;

static rondo_status meet(void *user, const rd_roll *roll, size_t line, rondo_error *error)
{
    seen *s = user;
    rd_text_format(&s->text, "%zu:", line);
    rd_roll_json_write(roll, &s->text);
    rd_text_put(&s->text, "\n");
    return rd_text_done(&s->text, error);
}

static rondo_status read_roll(const char *text, size_t size, const char *part, seen *s, rondo_error *error)
{
    char *exact = malloc(size + (size == 0)); /* so that a sanitizer sees a read past the end */
    assert_non_null(exact);
    memcpy(exact, text, size);
    const rondo_status status = rd_roll_json_read("a.json", exact, size, part, meet, s, error);
    free(exact);
    return status;
}

static void expect_pieces(const char *text, const char *part, const char *expected)
{
    seen s = {0};
    rondo_error error = {0};
    if (read_roll(text, strlen(text), part, &s, &error) != RONDO_OK) fail_msg("%s", error.message);
    assert_string_equal(s.text.text ? s.text.text : "", expected);
    rd_text_free(&s.text);
}

static void expect_refused(const char *text, const char *part, rondo_status expected, const char *message)
{
    seen s = {0};
    rondo_error error = {0};
    const rondo_status status = read_roll(text, strlen(text), part, &s, &error);
    if (status != expected || strncmp(error.message, message, strlen(message)) != 0)
        fail_msg("%s: status %d, \"%s\"", text, (int)status, error.message);
    rd_text_free(&s.text);
}

static void a_part_is_given_piece_by_piece(void **state)
{
    (void)state;
    static const char text[] =
        "{\"test\": [[[60]]],\n \"train\": [[[60, 64], []],\n\t[],\r\n [[-1, 21, -1]]], \"valid\": [ ] }\n";
    expect_pieces(text, "train", "2:[[60, 64], []]\n3:[]\n4:[[21]]\n");
    expect_pieces(text, "", "2:[[60, 64], []]\n3:[]\n4:[[21]]\n");
    expect_pieces(text, "test", "1:[[60]]\n");
    expect_pieces(text, "valid", "");
    expect_pieces("[[[0,127,0]]]", "", "1:[[0, 127]]\n");
    expect_pieces("[]", "", "");
}

static void what_is_written_reads_as_it_was(void **state)
{
    (void)state;
    rd_roll roll = {0};
    rd_text text = {0};
    seen s = {0};
    assert_int_equal(rd_roll_reach(&roll, 9, NULL), RONDO_OK);
    for (unsigned i = 0; i < 9; i++)
        for (unsigned n = 0; n < i; n++)
            rd_chord_add(&roll.frame[i], (i * 41 + n * 17) % 128);
    rd_text_put(&text, "[");
    rd_roll_json_write(&roll, &text);
    const size_t piece = text.size - 1;
    rd_text_put(&text, "]");
    assert_int_equal(read_roll(text.text, text.size, "", &s, NULL), RONDO_OK);
    assert_int_equal(s.text.size, piece + 3);
    assert_memory_equal(s.text.text + 2, text.text + 1, piece);
    rd_text_free(&s.text);
    rd_text_free(&text);
    rd_roll_free(&roll);
}

static void what_is_no_roll_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } wrong[] = {
        {"", "a.json:1:1: expected an object of parts or a list of pieces, found the end of the file"},
        {"3", "a.json:1:1: expected an object of parts or a list of pieces, found \"3\""},
        {"{\"train\": [[[60]]",
         "a.json:1:18: expected a comma or the end of the list of pieces, found the end"},
        {"{\"train\": [[[60]]]", "a.json:1:19: expected a comma or the end of the object"},
        {"{\"train\": [[[60]]]}\n x", "a.json:2:2: expected the end of the file, found \"x\""},
        {"{\"train\": [[[60,]]]}", "a.json:1:17: expected a pitch"},
        {"{\"train\": [[[,60]]]}", "a.json:1:14: expected a pitch"},
        {"{\"train\": [[[60 61]]]}", "a.json:1:17: expected a comma or the end of a step"},
        {"{\"train\": [[60]]}", "a.json:1:13: expected a step, a list of pitches"},
        {"{\"train\": [60]}", "a.json:1:12: expected a piece, a list of steps"},
        {"{\"train\": 60}", "a.json:1:11: expected a list of pieces"},
        {"{\"train\" [[[60]]]}", "a.json:1:10: expected a colon"},
        {"{\"train\": [], \"train\": []}",
         "a.json:1:15: expected \"train\", \"valid\" or \"test\", each once"},
        {"{\"train\": [], \"tempo\": []}",
         "a.json:1:15: expected \"train\", \"valid\" or \"test\", each once"},
        {"{\"tr\\u0061in\": []}", "a.json:1:2: expected \"train\""},
        {"{train: []}", "a.json:1:2: expected \"train\""},
        {"{\"train\": [],}", "a.json:1:14: expected \"train\""},
        {"[[[128]]]", "a.json:1:4: expected a pitch, a whole number from -1 to 127, found \"128]]]\""},
        {"[[[-2]]]", "a.json:1:4: expected a pitch"},
        {"[[[- 1]]]", "a.json:1:4: expected a pitch"},
        {"[[[-01]]]", "a.json:1:4: expected a pitch"},
        {"[[[060]]]", "a.json:1:4: expected a pitch"},
        {"[[[+60]]]", "a.json:1:4: expected a pitch"},
        {"[[[60.0]]]", "a.json:1:4: expected a pitch"},
        {"[[[6e1]]]", "a.json:1:4: expected a pitch"},
        {"[[[99999999999999999999999]]]", "a.json:1:4: expected a pitch"},
        {"[[[null]]]", "a.json:1:4: expected a pitch"},
        {"[[[\"60\"]]]", "a.json:1:4: expected a pitch"},
        {"[[[60}]]", "a.json:1:6: expected a comma or the end of a step"},
        {"[[[[60]]]]", "a.json:1:4: expected a pitch"},
        {"[\n\n [ [60], 7 ]]", "a.json:3:10: expected a step"},
        {"\xEF\xBF", "a.json:1:1: expected an object of parts or a list of pieces, found \"\\xef\\xbf\""},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect_refused(wrong[i].text, "", RONDO_BAD_DATA, wrong[i].message);
    seen s = {0};
    assert_int_equal(read_roll("[[[60\0]]]", 9, "", &s, NULL), RONDO_BAD_DATA);
    assert_int_equal(read_roll("[[[60]]]\0", 9, "", &s, NULL), RONDO_BAD_DATA);
    rd_text_free(&s.text);
}

static void a_part_that_is_not_there_is_a_wrong_use(void **state)
{
    (void)state;
    expect_refused("{\"train\": []}", "test", RONDO_BAD_ARGUMENT, "a.json: there is no part \"test\"");
    expect_refused("{\"test\": []}", "", RONDO_BAD_ARGUMENT, "a.json: there is no part \"train\"");
    expect_refused("[]", "test", RONDO_BAD_ARGUMENT, "a.json: a list of pieces has no part \"test\"");
}

static void a_piece_has_a_limit_of_frames(void **state)
{
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        rd_text text = {0};
        seen s = {0};
        rondo_error error = {0};
        rd_text_put(&text, "[[");
        for (size_t i = 0; i < RD_ROLL_FRAMES + more; i++)
            rd_text_put(&text, i ? ",[]" : "[]");
        rd_text_put(&text, "]]");
        assert_int_equal(read_roll(text.text, text.size, "", &s, &error), more ? RONDO_LIMIT : RONDO_OK);
        rd_text_free(&s.text);
        rd_text_free(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_is_given_piece_by_piece),
        cmocka_unit_test(what_is_written_reads_as_it_was),
        cmocka_unit_test(what_is_no_roll_is_refused_with_its_place),
        cmocka_unit_test(a_part_that_is_not_there_is_a_wrong_use),
        cmocka_unit_test(a_piece_has_a_limit_of_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
