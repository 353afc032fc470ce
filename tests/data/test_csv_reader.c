/* Numbers from CSV files: columns, groups, targets, and every kind of bad row with its place. */
#include "data_help.h"

#include <math.h>

static float number(const rondo_data *data, int part, uint64_t row, size_t column)
{
    float values[16];
    assert_true(data->corpus->width[part] <= 16);
    assert_int_equal(rd_store_read(data->corpus->values[part], row, 1, values, NULL), RONDO_OK);
    return values[column];
}

static void numeric_columns_are_inputs_and_the_last_one_is_the_target(void **state)
{
    (void)state;
    rondo_data *data = data_of(DEFAULTS, "regress", "day,a,b,y\nmon,1,2.5,3\ntue,4,-5e-1,6\n");
    assert_int_equal(rd_data_width(data, "x"), 2);
    assert_int_equal(rd_data_width(data, "y"), 1);
    assert_true(rd_data_is_stream(data));
    assert_int_equal(rd_data_count(data), 2);
    assert_true(rd_data_target_per_row(data));
    assert_true(number(data, RD_X, 1, 1) == -0.5F);
    assert_true(number(data, RD_Y, 0, 0) == 3);
    assert_string_equal(data->corpus->unused.name[0], "day");
    rondo_data_free(data);
}

static void a_group_is_a_sequence_and_a_target_on_its_last_row_is_one_for_the_sequence(void **state)
{
    (void)state;
    rondo_data *data =
        data_of(OPTIONS("group", "g"), "regress", "g,v,target\n1,0.5,\n1,0.25,2\n2,1,\n2,2,\n2,3,6\n");
    assert_int_equal(rd_data_count(data), 2);
    assert_int_equal(rd_data_width(data, "x"), 1);
    assert_false(rd_data_target_per_row(data));
    assert_int_equal(rd_data_targets(data), 2);
    rd_record_place place;
    assert_int_equal(rd_data_record(data, 1, &place, NULL), RONDO_OK);
    assert_int_equal(place.first, 2);
    assert_int_equal(place.rows, 3);
    assert_int_equal(place.line, 4);
    assert_true(number(data, RD_Y, 4, 0) == 6);
    assert_true(isnan(number(data, RD_Y, 3, 0)));
    rondo_data_free(data);
}

static void columns_are_chosen_by_name(void **state)
{
    (void)state;
    rondo_data *data =
        data_of(OPTIONS("inputs", "c,a", "target", "b,d"), "regress", "a,b,c,d,e\n1,2,3,4,5\n");
    assert_true(number(data, RD_X, 0, 0) == 3);
    assert_true(number(data, RD_X, 0, 1) == 1);
    assert_true(number(data, RD_Y, 0, 1) == 4);
    assert_int_equal(data->corpus->unused.count, 1);
    rondo_data_free(data);
    rondo_error error = refused(OPTIONS("target", "lod"), "regress", "a,load\n1,2\n", RONDO_BAD_DATA,
                                "in:1: there is no column \"lod\"");
    assert_non_null(strstr(error.hint, "\"load\""));
    refused(OPTIONS("group", "g"), "regress", "a,b\n1,2\n", RONDO_BAD_DATA, "in:1: there is no column \"g\"");
}

static void quotes_separators_marks_and_line_ends_follow_rfc_4180(void **state)
{
    (void)state;
    rondo_data *data =
        data_of(OPTIONS("group", "the \"g\", here"), "regress",
                "\xef\xbb\xbf\"the \"\"g\"\", here\",a,y\r\n\"x\r\ny\",\"1\", 2 \r\n\r\n\"x\ny\",3,4");
    assert_int_equal(rd_data_count(data), 1);
    assert_int_equal(data->corpus->rows, 2);
    assert_true(number(data, RD_Y, 0, 0) == 2);
    rondo_data_free(data);
    data = data_of(DEFAULTS, "regress", "a;y\n1.5;2\n");
    assert_true(number(data, RD_X, 0, 0) == 1.5F);
    rondo_data_free(data);
    data = data_of(DEFAULTS, "regress", "a\ty\n1.5\t2\n");
    assert_true(number(data, RD_Y, 0, 0) == 2);
    rondo_data_free(data);
}

static void bad_rows_are_named_with_line_and_column(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"a,load\n1,2\n3,n/a\n", "in:3:3: expected a number in column \"load\", found \"n/a\""},
        {"a,y\n1,2\n,3\n", "in:3:1: expected a number in column \"a\", found \"\""},
        {"a,y\n1,2\n1e99,3\n", "in:3:1: the number \"1e99\" in column \"a\" is too large"},
        {"a,y\n1,2\nnan,3\n", "in:3:1: expected a number"},
        {"a,y\n1,2\n1,2,3\n", "in:3:1: expected 2 columns, found 3"},
        {"a,y\n1,2\n1\n", "in:3:1: expected 2 columns, found 1"},
        {"a,y\n1,2\n\"1\"x,2\n", "in:3:4: text behind a closing quote"},
        {"a,y\n1,2\n1\"2,2\n", "in:3:2: a quote inside a field"},
        {"a,y\n1,2\n\"1,2\n3,4\n", "in:3:1: a quote is opened here and never closed"},
        {"a,a\n1,2\n", "in:1:3: the column \"a\" is there twice"},
        {"a,,y\n1,2,3\n", "in:1:3: a column without a name"},
        {"1,2\n3,4\n", "in:1:1: the first row holds numbers only"},
        {"a,y\n", "in: there is nothing to learn from in it (at least 1 row under the header is needed)"},
        {"", "in: the file is empty"},
        {"y\n1\n", "in:1: no column is left to be an input"},
        {"a,y\n1,2\n1,\n1,2\n", "in:3: the target is missing"},
        {"a,y\n1,2\n1,\n", "in:3: the target is missing"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refused(DEFAULTS, "regress", bad[i].text, RONDO_BAD_DATA, bad[i].message);
    rondo_error error =
        refused(DEFAULTS, "regress", "a;y\n1;2\n1,5;3\n", RONDO_BAD_DATA, "in:3:1: expected a number");
    assert_non_null(strstr(error.hint, "decimal point"));
}

static void a_group_that_comes_back_is_refused(void **state)
{
    (void)state;
    refused(OPTIONS("group", "g"), "regress", "g,a,y\n1,1,1\n2,1,1\n1,1,1\n", RONDO_BAD_DATA,
            "in:4:1: the group \"1\" was there before");
}

static void bad_rows_are_left_out_up_to_the_number_allowed(void **state)
{
    (void)state;
    rondo_data *data = data_of(OPTIONS("skip-bad", "2"), "regress", "a,y\n1,2\nx,3\n4,5\n6\n7,8\n");
    assert_int_equal(data->corpus->rows, 3);
    assert_int_equal(data->corpus->skipped, 2);
    rondo_data_free(data);
    refused(OPTIONS("skip-bad", "1"), "regress", "a,y\n1,2\nx,3\n4,5\n6\n7,8\n", RONDO_BAD_DATA, "in:3:1:");
}

static void a_long_group_is_cut_and_keeps_its_target(void **state)
{
    (void)state;
    rondo_data *data = data_of(OPTIONS("group", "g", "max-length", "2"), "regress",
                               "g,a,y\n1,1,\n1,2,\n1,3,\n1,4,9\n2,5,\n2,6,8\n");
    assert_int_equal(data->corpus->rows, 4);
    assert_int_equal(data->corpus->cut, 1);
    assert_true(number(data, RD_Y, 1, 0) == 9);
    assert_true(number(data, RD_Y, 3, 0) == 8);
    rondo_data_free(data);
}

static void more_columns_than_the_limit_are_refused(void **state)
{
    (void)state;
    char *text = test_malloc(100002);
    memset(text, ',', 100000);
    text[100000] = '\n';
    text[100001] = 0;
    refused(DEFAULTS, "regress", text, RONDO_LIMIT, "in:1: a row has more than 100000 columns");
    test_free(text);
}

static void tagged_text_gives_tokens_and_tags(void **state)
{
    (void)state;
    rondo_data *data = data_of(
        DEFAULTS, "tag", "-DOCSTART- -X- O\n\n# a comment of words\nthe x DET\ncat x N\n\n\n#tag y N\r\n");
    assert_string_equal(stored(data, RD_X), "the cat #tag ");
    assert_string_equal(stored(data, RD_Y), "DET N N ");
    assert_int_equal(rd_data_count(data), 2);
    assert_int_equal(rd_data_width(data, "x"), 5);
    assert_int_equal(rd_data_width(data, "y"), 2);
    rondo_data_free(data);
    data = data_of(DEFAULTS, "tag", "a\tB-x\n#\tO\n");
    assert_string_equal(stored(data, RD_X), "a # ");
    rondo_data_free(data);
}

static void bad_tagged_lines_are_named(void **state)
{
    (void)state;
    refused(DEFAULTS, "tag", "a\tO\nb\n", RONDO_BAD_DATA, "in:2:1: a token without a tag");
    refused(DEFAULTS, "tag", "a\tO\nb\t\n", RONDO_BAD_DATA, "in:2:1: an empty column");
    refused(DEFAULTS, "tag", "a\tO\nb\tx\tO\n", RONDO_BAD_DATA, "in:2:1: not as many columns");
    refused(DEFAULTS, "tag", "a b\tO\n", RONDO_BAD_DATA, "in:1:1: a space inside a column");
    refused(DEFAULTS, "tag", "a\tO\n\xff\tO\n", RONDO_BAD_DATA, "in:2:1: byte 0xff is not UTF-8");
    refused(DEFAULTS, "tag", "\n\n", RONDO_BAD_DATA, "in: there is nothing to learn from in it");
    rondo_data *data = data_of(OPTIONS("skip-bad", "1"), "tag", "a O\nb\nc\n\nd N\n");
    assert_string_equal(stored(data, RD_X), "d ");
    rondo_data_free(data);
}

static void an_unseen_token_is_unknown_and_an_unseen_tag_no_class(void **state)
{
    (void)state;
    rondo_data *train = data_of(DEFAULTS, "tag", "a O\nb N\n"), *data = NULL;
    rd_known known = {.part = {rd_data_symbols(train, "x"), rd_data_symbols(train, "y")}};
    rondo_options *options = DEFAULTS;
    assert_int_equal(rd_data_open_memory(options, "tag", known, "in", "a V\nc N\n", 8, &data, NULL),
                     RONDO_OK);
    assert_string_equal(stored(data, RD_Y), "? N ");
    assert_string_equal(stored(data, RD_X), "a U ");
    assert_int_equal(rd_data_unknown(data, "y"), 1);
    rondo_options_free(options);
    rondo_data_free(train);
    rondo_data_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numeric_columns_are_inputs_and_the_last_one_is_the_target),
        cmocka_unit_test(a_group_is_a_sequence_and_a_target_on_its_last_row_is_one_for_the_sequence),
        cmocka_unit_test(columns_are_chosen_by_name),
        cmocka_unit_test(quotes_separators_marks_and_line_ends_follow_rfc_4180),
        cmocka_unit_test(bad_rows_are_named_with_line_and_column),
        cmocka_unit_test(a_group_that_comes_back_is_refused),
        cmocka_unit_test(bad_rows_are_left_out_up_to_the_number_allowed),
        cmocka_unit_test(a_long_group_is_cut_and_keeps_its_target),
        cmocka_unit_test(more_columns_than_the_limit_are_refused),
        cmocka_unit_test(tagged_text_gives_tokens_and_tags),
        cmocka_unit_test(bad_tagged_lines_are_named),
        cmocka_unit_test(an_unseen_token_is_unknown_and_an_unseen_tag_no_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
