/* .ts files: sequences of rows of numbers with labels, their headers, and every kind of bad line with its place. */
#include "record_help.h"

#define HEAD "@problemName p\n@dimensions 2\n@classLabel true a b\n@data\n"

static void check_two(const rondo_data *data, uint64_t first_line)
{
    uint64_t line;
    assert_int_equal(rd_data_count(data), 2);
    assert_int_equal(rd_data_width(data, "x"), 2);
    assert_int_equal(rd_data_width(data, "y"), 2);
    assert_int_equal(rows_in(data, 0, &line), 3);
    assert_int_equal(line, first_line);
    assert_int_equal(rows_in(data, 1, &line), 1);
    assert_int_equal(line, first_line + 1);
    assert_true(number(data, 0, 0) == 1 && number(data, 2, 0) == -3 && number(data, 1, 1) == 0.5F);
    assert_true(number(data, 3, 0) == 7 && number(data, 3, 1) == 8);
    expect_label(data, 0, "b");
    expect_label(data, 1, "a");
}

static void dimensions_become_columns_and_values_rows(void **state)
{
    (void)state;
    rondo_data *data = data_of(OPTIONS("reader", "ts"), "classify", HEAD "1,2e0,-3:4, 0.5 ,6:b\n7:8:a\n");
    check_two(data, 5);
    rondo_data_free(data);
}

static void deltas_stand_beside_the_numbers_from_the_second_step_on(void **state)
{
    (void)state;
    rondo_data *data = data_of(OPTIONS("reader", "ts", "deltas", "yes"), "classify", HEAD "1,2e0,-3:4, 0.5 ,6:b\n7:8:a\n");
    static const float row[4][4] = {{1, 4, 0, 0}, {2, 0.5F, 1, -3.5F}, {-3, 6, -5, 5.5F}, {7, 8, 0, 0}};
    assert_int_equal(rd_data_width(data, "x"), 4);
    for (size_t r = 0; r < 4; r++)
        for (size_t i = 0; i < 4; i++)
            assert_true(number(data, r, i) == row[r][i]);
    rondo_data_free(data);
}

static void line_ends_a_mark_comments_of_any_bytes_and_a_missing_last_end_change_nothing(void **state)
{
    (void)state;
    static const char text[] = "\xef\xbb\xbf# na\xefve\r\n\r\n@CLASSLABEL TRUE a b\r\n@Missing false\r\n@data\r\n"
                               "1,2e0,-3:4,0.5,6:b\r\n7:8:a";
    rondo_data *data = data_of(OPTIONS("reader", "ts"), "classify", text);
    check_two(data, 6);
    rondo_data_free(data);
}

static void one_dimension_needs_no_colon_but_that_of_the_label(void **state)
{
    (void)state;
    uint64_t line;
    rondo_data *data = data_of(OPTIONS("reader", "ts"), "classify", "@univariate true\n@classLabel true 1 2\n@data\n1,2:1\n3:2\n:2\n");
    assert_int_equal(rd_data_width(data, "x"), 1);
    assert_int_equal(rows_in(data, 0, &line), 2);
    assert_int_equal(rows_in(data, 2, &line), 0); /* an empty sequence is one too */
    rondo_data_free(data);
}

static void several_files_are_one_set_when_they_are_as_wide(void **state)
{
    (void)state;
    const char *folder = fresh_folder();
    static const char other[] = "@classLabel true b c\n@data\n9:9:c\n", wide[] = "@dimensions 3\n@classLabel true\n@data\n";
    char one[600], two[600], three[600];
    strcpy(one, write_file(folder, "one.ts", HEAD "1:2:a\n", strlen(HEAD "1:2:a\n")));
    strcpy(two, write_file(folder, "two.ts", other, strlen(other)));
    strcpy(three, write_file(folder, "three.ts", wide, strlen(wide)));
    rondo_options *options = DEFAULTS;
    rondo_data *data = NULL;
    rondo_error error = {0};
    const char *const paths[] = {one, two, three};
    assert_int_equal(open_files(options, "classify", paths, 2, &data, &error), RONDO_OK);
    assert_int_equal(rd_data_width(data, "y"), 2);
    expect_label(data, 1, "c");
    rondo_data_free(data);
    assert_int_equal(open_files(options, "classify", paths, 3, &data, &error), RONDO_BAD_DATA);
    assert_non_null(strstr(error.message, "three.ts:1:1: 3 dimensions, 2 before"));
    rondo_options_free(options);
    remove_folder(folder);
}

static void missing_values_are_filled_as_asked(void **state)
{
    (void)state;
    rondo_data *data = data_of(OPTIONS("reader", "ts", "na", "zero"), "classify", HEAD "?,2,NaN:3,?,5:a\n");
    const float zero[] = {0, 3, 2, 0, 0, 5}, previous[] = {1, 3, 1, 3, 1, 5};
    for (size_t i = 0; i < 6; i++)
        assert_true(number(data, i / 2, i % 2) == zero[i]);
    rondo_data_free(data);
    data = data_of(OPTIONS("reader", "ts", "na", "prev"), "classify", HEAD "1,?,?:3,?,5:a\n");
    for (size_t i = 0; i < 6; i++)
        assert_true(number(data, i / 2, i % 2) == previous[i]);
    rondo_data_free(data);
    refused(OPTIONS("reader", "ts", "na", "prev"), "classify", HEAD "1,2:?,4:a\n", RONDO_BAD_DATA,
            "in:5:5: a missing value without one before it");
    refused(OPTIONS("reader", "ts", "na", "skip"), "classify", HEAD "1,2:3,4:a\n", RONDO_BAD_ARGUMENT, "in: --na skip leaves out targets");
}

static void bad_headers_are_refused_where_they_stand(void **state)
{
    (void)state;
    static const bad_case cases[] = {
        {"1:2:a\n", "in:1:1: expected a header, @data is missing"},
        {"# only\n@dimensions 2\n", "in:2:1: the file ends before @data"},
        {"@dimensions two\n", "in:1:13: expected a whole number, at least 1, found \"two\""},
        {"@dimensions 0\n", "in:1:13: expected a whole number, at least 1, found \"0\""},
        {"@dimensions\n", "in:1:1: expected a whole number, at least 1, found \"\""},
        {"@classLabel yes\n", "in:1:13: expected true or false, found \"yes\""},
        {"@timeStamps true\n", "in:1:13: expected false (time stamps"},
        {"@targetLabel true\n", "in:1:14: expected false ("},
        {"@relation x\n", "in:1:2: expected a header of .ts files after the @, found \"relation\""},
        {"@dimensions 2\n@classLabel false\n@data\n", "in:3:1: there are no labels to learn"},
        {"@univariate true\n@dimensions 2\n", "in:2:1: 2 dimensions, 1 before"},
        {"", "in: the file is empty (at least 1 record is needed)"},
        {HEAD, "in: there is nothing to learn from in it (at least 1 record is needed)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refused(OPTIONS("reader", "ts"), "classify", cases[i].text, RONDO_BAD_DATA, cases[i].message);
}

static void bad_sequences_are_told_with_line_and_column(void **state)
{
    (void)state;
    static const bad_case cases[] = {
        {HEAD "1,2:3:a\n", "in:5:5: dimension 2 has 1 values, the first has 2"},
        {HEAD "1,x:3,4:a\n", "in:5:3: expected a number, found \"x\""},
        {HEAD "1,2,:3,4,5:a\n", "in:5:5: expected a number, found \"\""},
        {HEAD "1,?:3,4:a\n", "in:5:3: a missing value"},
        {HEAD "1,2:NaN,4:a\n", "in:5:5: a missing value"},
        {HEAD "1,1e39:3,4:a\n", "in:5:3: the number is too large"},
        {HEAD "1,2:3,4\n", "in:5:1: expected 2 dimensions and a label, found 2 fields"},
        {HEAD "1:2:3:a\n", "in:5:1: expected 2 dimensions and a label, found 4 fields"},
        {HEAD "1:2:\n", "in:5:5: expected a label after the last ':'"},
        {HEAD "1:2:c\n", "in:5:5: expected a label that @classLabel lists, found \"c\""},
        {HEAD "1:2:\xff\n", "in:5:5: byte 0xff is not UTF-8"},
        {"@classLabel true\n@data\na\n", "in:3:1: expected 1 dimensions and a label, found 1 fields"},
        {"@equalLength true\n@seriesLength 3\n" HEAD "1:2:a\n", "in:7:1: the length is not that of @seriesLength"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refused(OPTIONS("reader", "ts"), "classify", cases[i].text, RONDO_BAD_DATA, cases[i].message);
}

static void bad_sequences_are_left_out_as_far_as_allowed(void **state)
{
    (void)state;
    static const char text[] = HEAD "1,2:3:a\n1:2:b\n1:x:a\n3:4:a\n";
    rondo_data *data = data_of(OPTIONS("reader", "ts", "skip-bad", "2"), "classify", text);
    assert_int_equal(rd_data_count(data), 2);
    assert_int_equal(data->corpus->skipped, 2);
    assert_int_equal(data->corpus->rows, 2);
    expect_label(data, 0, "b");
    rondo_data_free(data);
    refused(OPTIONS("reader", "ts", "skip-bad", "1"), "classify", text, RONDO_BAD_DATA, "in:5:5:");
}

static void answers_need_no_labels_and_keep_bad_records_as_empty_ones(void **state)
{
    (void)state;
    static const char text[] = "@dimensions 2\n@classLabel false\n@data\n1:x\n1,2:3,4\n";
    uint64_t line;
    rondo_data *data = bare_of(OPTIONS("reader", "ts", "skip-bad", "1"), "classify", text);
    assert_int_equal(rd_data_count(data), 2);
    assert_int_equal(rows_in(data, 0, &line), 0);
    assert_int_equal(rows_in(data, 1, &line), 2);
    assert_int_equal(rd_store_count(data->corpus->bad), 1);
    rondo_data_free(data);
}

static void a_sequence_of_a_hundred_thousand_steps_is_read_or_cut(void **state)
{
    (void)state;
    enum { STEPS = 100000 };
    char *text = test_malloc(4 * STEPS + 256);
    size_t n = (size_t)sprintf(text, "@univariate true\n@classLabel true\n@data\n0");
    for (size_t i = 1; i < STEPS; i++)
        n += (size_t)sprintf(text + n, ",%zu", i % 10);
    sprintf(text + n, ":a\n");
    rondo_data *data = data_of(OPTIONS("reader", "ts"), "classify", text);
    assert_int_equal(data->corpus->rows, STEPS);
    assert_true(number(data, STEPS - 1, 0) == 9);
    rondo_data_free(data);
    data = data_of(OPTIONS("reader", "ts", "max-length", "50"), "classify", text);
    assert_int_equal(data->corpus->rows, 50);
    assert_int_equal(data->corpus->cut, 1);
    rondo_data_free(data);
    test_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dimensions_become_columns_and_values_rows),
        cmocka_unit_test(deltas_stand_beside_the_numbers_from_the_second_step_on),
        cmocka_unit_test(line_ends_a_mark_comments_of_any_bytes_and_a_missing_last_end_change_nothing),
        cmocka_unit_test(one_dimension_needs_no_colon_but_that_of_the_label),
        cmocka_unit_test(several_files_are_one_set_when_they_are_as_wide),
        cmocka_unit_test(missing_values_are_filled_as_asked),
        cmocka_unit_test(bad_headers_are_refused_where_they_stand),
        cmocka_unit_test(bad_sequences_are_told_with_line_and_column),
        cmocka_unit_test(bad_sequences_are_left_out_as_far_as_allowed),
        cmocka_unit_test(answers_need_no_labels_and_keep_bad_records_as_empty_ones),
        cmocka_unit_test(a_sequence_of_a_hundred_thousand_steps_is_read_or_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
