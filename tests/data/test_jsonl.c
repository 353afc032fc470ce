/* JSON Lines: keys of each task, other keys of every kind, every violation with its line and column. */
#include "record_help.h"

#define JSONL(...) OPTIONS("reader", "jsonl", ##__VA_ARGS__)

static void two_keys_make_a_record_and_others_may_hold_anything(void **state)
{
    (void)state;
    rondo_data *data = data_of(JSONL(), "classify",
                               "\xef\xbb\xbf{\"label\":\"pos\",\"text\":\"a\\u00e9\",\"id\":[1,{\"x\":null}]}\r\n \t\r\n"
                               "{\"text\":\"\",\"label\":-3}\r\n{\"label\":true,\"text\":\"b\"}");
    uint64_t line;
    assert_int_equal(rd_data_count(data), 3);
    assert_string_equal(stored(data, RD_X), "a\xc3\xa9" "b");
    expect_label(data, 0, "pos");
    expect_label(data, 1, "-3");
    expect_label(data, 2, "true");
    assert_int_equal(rows_in(data, 1, &line), 0); /* an empty sequence is one too */
    assert_int_equal(line, 3);
    rondo_data_free(data);
}

static void each_task_has_keys_of_its_own_and_they_can_be_named(void **state)
{
    (void)state;
    rondo_data *data = data_of(JSONL(), "seq2seq", "{\"source\":\"ab\",\"target\":\"c\"}\n");
    assert_int_equal(data->corpus->rows, 2);
    assert_int_equal(data->corpus->part_rows[RD_Y], 1);
    rondo_data_free(data);
    data = data_of(JSONL(), "conditional", "{\"condition\":\"Greek\",\"text\":\"Adamou\"}\n");
    expect_label(data, 0, "Greek");
    rondo_data_free(data);
    data = data_of(JSONL("label-column", "stars", "text-column", "review"), "classify", "{\"stars\":5,\"review\":\"ok\"}\n");
    expect_label(data, 0, "5");
    assert_string_equal(stored(data, RD_X), "ok");
    rondo_data_free(data);
}

static void bad_lines_are_told_with_line_and_column(void **state)
{
    (void)state;
    static const bad_case cases[] = {
        {"{\"label\":\"a\",\"text\":\"b\"}\n{\"label\":x}\n", "in:2:10: the line is not JSON: "},
        {"{\"label\":\"a\"\n", "in:1:12: the line is not JSON: "},
        {"[1]\n", "in:1:1: expected an object"},
        {"{\"text\":\"b\"}\n", "in:1:1: the object has no key \"label\""},
        {"{\"label\":\"b\"}\n", "in:1:1: the object has no key \"text\""},
        {"{\"label\":1.5,\"text\":\"b\"}\n", "in:1:1: expected a text under \"label\""},
        {"{\"label\":\"\",\"text\":\"b\"}\n", "in:1:1: expected a label under \"label\""},
        {"{\"label\":\"a\",\"text\":7}\n", "in:1:1: expected a text under \"text\""},
        {"{\"label\":\"a\",\"label\":\"b\",\"text\":\"\"}\n", "in:1:20: the line is not JSON: \"duplicate object key"},
        {"{\"label\":\"a\",\"text\":\"\\ud800\"}\n", "in:1:28: the line is not JSON: "},
        {"{\"label\":\"a\",\"text\":\"\\u0000\"}\n", "in:1:28: the line is not JSON: "},
        {"{\"label\":\"a\",\"text\":\"b\"} x\n", "in:1:26: the line is not JSON: "},
        {"{\"label\":\"a\",\"text\":\"b\xff\"}\n", "in:1:23: byte 0xff is not UTF-8"},
        {"", "in: the file is empty (at least 1 record is needed)"},
        {"\n", "in: there is nothing to learn from in it"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refused(JSONL(), "classify", cases[i].text, RONDO_BAD_DATA, cases[i].message);
}

static void sixty_four_levels_are_read_and_one_more_is_not(void **state)
{
    (void)state;
    char text[256], deep[80];
    memset(deep, '[', sizeof deep);
    snprintf(text, sizeof text, "{\"label\":\"]\",\"text\":\"b\",\"d\":%.63s1%.*s}\n", deep, 63,
             "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
    rondo_data *data = data_of(JSONL(), "classify", text);
    rondo_data_free(data);
    snprintf(text, sizeof text, "{\"label\":\"]\",\"text\":\"b\",\"d\":%.64s1}\n", deep);
    refused(JSONL(), "classify", text, RONDO_BAD_DATA, "in:1:92: more than 64 arrays and objects in one another");
}

static void bad_lines_are_left_out_as_far_as_allowed(void **state)
{
    (void)state;
    static const char text[] = "{\"label\":\"a\",\"text\":\"x\"}\n{\n{\"label\":\"b\",\"text\":\"y\"}\n";
    rondo_data *data = data_of(JSONL("skip-bad", "1"), "classify", text);
    assert_string_equal(stored(data, RD_X), "xy");
    assert_int_equal(data->corpus->skipped, 1);
    rondo_data_free(data);
    data = bare_of(JSONL("skip-bad", "1"), "classify", "{\"text\":\"x\"}\n{\n");
    assert_int_equal(rd_data_count(data), 2);
    expect_label(data, 0, "-");
    rondo_data_free(data);
    data = bare_of(JSONL(), "seq2seq", "{\"source\":\"x\"}\n");
    assert_int_equal(data->corpus->part_rows[RD_Y], 0);
    rondo_data_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_keys_make_a_record_and_others_may_hold_anything),
        cmocka_unit_test(each_task_has_keys_of_its_own_and_they_can_be_named),
        cmocka_unit_test(bad_lines_are_told_with_line_and_column),
        cmocka_unit_test(sixty_four_levels_are_read_and_one_more_is_not),
        cmocka_unit_test(bad_lines_are_left_out_as_far_as_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
