/* The data check: what it counts is what is there, as text and as JSON. */
#include "data_help.h"

static const char *described(const rondo_data *data, const rondo_data *valid, int json)
{
    static collected text;
    text.size = 0;
    assert_int_equal(rondo_data_describe(data, valid, json, collect, &text, NULL), RONDO_OK);
    return text.text;
}

static void assert_says(const char *text, const char *expected)
{
    if (!strstr(text, expected)) fail_msg("\"%s\" does not stand in \"%s\"", expected, text);
}

static void a_stream_is_described_by_its_symbols(void **state)
{
    (void)state;
    rondo_data *data = data_of(OPTIONS("min-freq", "2"), "lm", "aab\n");
    const char *text = described(data, NULL, 0);
    assert_says(text, "file       \"in\": 4 bytes, 1 lines, read as text\n");
    assert_says(text, "targets    4\n");
    assert_says(text, "vocabulary 3 symbols");
    assert_says(text, "unknown    2 of 4 symbols (50 %)\n");
    assert_says(described(data, NULL, 1), "\"steps\":4,\"targets\":4,\"vocabulary\":3,\"unknown\":2");
    rondo_data_free(data);
}

static void lengths_and_duplicates_of_lines_are_counted(void **state)
{
    (void)state;
    rondo_data *data = data_of(OPTIONS("lines", "on"), "lm", "a\nbb\nbb\nbb\ncccc\n");
    rondo_data *valid = data_of(OPTIONS("lines", "on"), "lm", "a\nbb\ncccc\n");
    const char *text = described(data, valid, 0);
    assert_says(text, "records    5\n");
    assert_says(text, "lengths    min 1, median 2, p99 2, max 4\n");
    assert_says(text, "duplicates 2 records equal an earlier one\n");
    assert_says(text, "shared     3 of 3 validation records stand in training too\n");
    text = described(data, valid, 1);
    assert_says(text,
                "\"lengths\":{\"min\":1,\"median\":2,\"p99\":2,\"max\":4},\"duplicates\":2,\"shared\":3");
    rondo_data_free(data);
    rondo_data_free(valid);
}

static void records_of_both_parts_of_a_cut_are_seen(void **state)
{
    (void)state;
    rondo_options *options = OPTIONS("val-frac", "0.5");
    rondo_data *data = data_of(OPTIONS("lines", "on"), "lm", "x\nx\nx\nx\n"), *train, *valid;
    assert_int_equal(rondo_data_cut(data, options, &train, &valid, NULL), RONDO_OK);
    assert_says(described(train, valid, 0), "shared     2 of 2");
    rondo_options_free(options);
    rondo_data_free(data);
    rondo_data_free(train);
    rondo_data_free(valid);
}

static void constant_and_unread_columns_are_named(void **state)
{
    (void)state;
    rondo_data *data = data_of(OPTIONS("group", "g"), "regress", "g,day,k,v,y\n1,mon,7,1,2\n2,tue,7,2,3\n");
    const char *text = described(data, NULL, 0);
    assert_says(text, "inputs     \"k\", \"v\"\n");
    assert_says(text, "targets of \"y\"\n");
    assert_says(text, "not read   \"day\"\n");
    assert_says(text, "constant   \"k\" is always 7\n");
    assert_says(described(data, NULL, 1),
                "\"inputs\":[\"k\",\"v\"],\"target_columns\":[\"y\"],\"unused\":[\"day\"]");
    rondo_data_free(data);
}

static void a_series_is_described_by_its_steps(void **state)
{
    (void)state;
    rondo_data *data = data_of(DEFAULTS, "regress", "k,v,y\n7,1,2\n7,2,3\n");
    const char *text = described(data, NULL, 0);
    assert_says(text, "targets    2\n");
    assert_says(text, "constant   \"k\" is always 7\n");
    assert_null(strstr(text, "records"));
    assert_says(described(data, NULL, 1), "\"steps\":2,\"targets\":2,\"inputs\":[\"k\",\"v\"]");
    rondo_data_free(data);
}

static void labels_are_counted_and_the_commonest_stands_first(void **state)
{
    (void)state;
    rondo_data *data = data_of(DEFAULTS, "tag", "a N\nb V\nc N\nd \"D\n");
    assert_says(described(data, NULL, 0), "labels     \"N\" 2, ");
    assert_says(described(data, NULL, 1), "\"labels\":{\"\\\"D\":1,\"N\":2,\"V\":1}");
    rondo_data_free(data);
}

static void skipped_and_cut_records_are_told(void **state)
{
    (void)state;
    rondo_data *data =
        data_of(OPTIONS("lines", "on", "skip-bad", "3", "max-length", "2"), "lm", "abc\n\xff\nd\n");
    const char *text = described(data, NULL, 0);
    assert_says(text, "cut        1 records to --max-length\n");
    assert_says(text, "skipped    1 bad places\nin:2:1: byte 0xff");
    assert_says(described(data, NULL, 1), "\"cut\":1,\"skipped\":1}\n");
    rondo_data_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_is_described_by_its_symbols),
        cmocka_unit_test(lengths_and_duplicates_of_lines_are_counted),
        cmocka_unit_test(records_of_both_parts_of_a_cut_are_seen),
        cmocka_unit_test(constant_and_unread_columns_are_named),
        cmocka_unit_test(a_series_is_described_by_its_steps),
        cmocka_unit_test(labels_are_counted_and_the_commonest_stands_first),
        cmocka_unit_test(skipped_and_cut_records_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
