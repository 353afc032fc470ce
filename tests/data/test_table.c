/* Tables of sequences: where label and text stand, blanks and quotes around them, every kind of bad row with its place. */
#include "record_help.h"

#define TABLE(...) OPTIONS("reader", "table", ##__VA_ARGS__)

static void check_two(const rondo_data *data)
{
    assert_int_equal(rd_data_count(data), 2);
    assert_string_equal(stored(data, RD_X), "CCAGtac");
    expect_label(data, 0, "EI");
    expect_label(data, 1, "+");
    expect_line(data, 1, 2);
}

static void the_label_stands_first_and_the_text_last(void **state)
{
    (void)state;
    rondo_data *data = data_of(TABLE(), "classify", "EI,    ATRINS-DONOR-521,        CCAG\n+,S10,\t\ttac\n");
    check_two(data);
    rondo_data_free(data);
}

static void line_ends_a_mark_and_a_missing_last_end_change_nothing(void **state)
{
    (void)state;
    rondo_data *data = data_of(TABLE(), "classify", "\xef\xbb\xbf" "EI,n,CCAG\r\n+ ,n, tac");
    check_two(data);
    rondo_data_free(data);
    data = data_of(TABLE(), "classify", "EI,n,CCAG\r+,n,tac\r");
    check_two(data);
    rondo_data_free(data);
}

static void columns_are_chosen_by_number_or_by_name(void **state)
{
    (void)state;
    rondo_data *data = data_of(TABLE("label-column", "-1", "text-column", "2"), "classify", "n,CCAG,EI\nn,tac,+\n");
    check_two(data);
    rondo_data_free(data);
    data = data_of(TABLE("label-column", "class", "text-column", "dna"), "classify", "dna;name;class\nCCAG;n;EI\n");
    assert_int_equal(rd_data_count(data), 1);
    assert_string_equal(stored(data, RD_X), "CCAG");
    expect_label(data, 0, "EI");
    expect_line(data, 0, 2);
    rondo_data_free(data);
    refused(TABLE("label-column", "4"), "classify", "a,b,c\n", RONDO_BAD_DATA, "in:1: there is no column 4 for the label (3 columns");
    refused(TABLE("text-column", "-4"), "classify", "a,b,c\n", RONDO_BAD_DATA, "in:1: there is no column -4 for the text");
    refused(TABLE("label-column", "0"), "classify", "a,b,c\n", RONDO_BAD_ARGUMENT, "in:1: there is no column 0");
    refused(TABLE("label-column", "klass"), "classify", "class,b\n", RONDO_BAD_DATA, "in:1: there is no column \"klass\"");
    refused(TABLE("label-column", "2"), "classify", "a,b\n", RONDO_BAD_DATA, "in:1: column 2 of 2 is both label and text");
}

static void quotes_keep_separators_and_line_ends_in_a_text(void **state)
{
    (void)state;
    rondo_data *data = data_of(TABLE(), "classify", "a,\"x,\"\"y\"\n\nb,\"p\nq\"\nc,z\n");
    assert_string_equal(stored(data, RD_X), "x,\"yp\nqz");
    expect_line(data, 1, 3);
    expect_line(data, 2, 5);
    rondo_data_free(data);
}

static void an_empty_text_is_an_empty_sequence(void **state)
{
    (void)state;
    uint64_t line;
    rondo_data *data = data_of(TABLE(), "classify", "a,\nb,xy\n");
    assert_int_equal(rows_in(data, 0, &line), 0);
    assert_int_equal(rows_in(data, 1, &line), 2);
    rondo_data_free(data);
}

static void bad_rows_are_told_with_line_and_column(void **state)
{
    (void)state;
    static const bad_case cases[] = {
        {"a,b\na,b,c\n", "in:2:1: 3 columns, expected 2 as in the rows before"},
        {"a,b\n ,b\n", "in:2:1: an empty label"},
        {"a,x\"y\n", "in:1:4: a quote inside a field that does not begin with one"},
        {"a,\"xy\n", "in:1:3: a quote is opened here and never closed"},
        {"a, x\xff\n", "in:1:5: byte 0xff is not UTF-8"},
        {"\xff" "a,x\n", "in:1:1: byte 0xff is not UTF-8"},
        {"", "in: the file is empty (at least 1 record is needed)"},
        {"\n\n", "in: there is nothing to learn from in it"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refused(TABLE(), "classify", cases[i].text, RONDO_BAD_DATA, cases[i].message);
    static const char zero[] = "a,x\0y\n";
    refused_bytes(TABLE(), "classify", zero, sizeof zero - 1, RONDO_BAD_DATA, "in:1:4: a NUL byte");
    refused(TABLE("tokens", "byte"), "classify", "\xff,x\xff\n", RONDO_BAD_DATA, "in:1:1: byte 0xff is not UTF-8");
}

static void bad_rows_are_left_out_as_far_as_allowed(void **state)
{
    (void)state;
    static const char text[] = "EI,n,CCAG\n,n,x\n+,n,tac\n";
    rondo_data *data = data_of(TABLE("skip-bad", "1"), "classify", text);
    assert_string_equal(stored(data, RD_X), "CCAGtac");
    assert_int_equal(data->corpus->skipped, 1);
    expect_line(data, 1, 3);
    rondo_data_free(data);
}

static void for_answers_a_table_of_one_column_is_texts(void **state)
{
    (void)state;
    rondo_data *data = bare_of(TABLE("skip-bad", "1"), "classify", "xy\nz,z\nz\n");
    assert_int_equal(rd_data_count(data), 3);
    assert_int_equal(rd_store_count(data->corpus->bad), 1);
    expect_label(data, 0, "-");
    assert_string_equal(stored(data, RD_X), "xyz");
    rondo_data_free(data);
}

static void a_condition_and_a_sequence_make_a_record_too(void **state)
{
    (void)state;
    rondo_data *data = data_of(TABLE(), "conditional", "Greek,Adamou\nIrish,Adam\n");
    assert_int_equal(rd_data_form_of(data), RD_DATA_CONDITIONS);
    expect_label(data, 1, "Irish");
    rondo_data_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_label_stands_first_and_the_text_last),
        cmocka_unit_test(line_ends_a_mark_and_a_missing_last_end_change_nothing),
        cmocka_unit_test(columns_are_chosen_by_number_or_by_name),
        cmocka_unit_test(quotes_keep_separators_and_line_ends_in_a_text),
        cmocka_unit_test(an_empty_text_is_an_empty_sequence),
        cmocka_unit_test(bad_rows_are_told_with_line_and_column),
        cmocka_unit_test(bad_rows_are_left_out_as_far_as_allowed),
        cmocka_unit_test(for_answers_a_table_of_one_column_is_texts),
        cmocka_unit_test(a_condition_and_a_sequence_make_a_record_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
