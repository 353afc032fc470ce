/* Labelled rows of numbers from CSV files: columns chosen by name, number and content, groups, labels, and bad lines with their
 * places. */
#include "record_help.h"

#define HEAD "who,a,kind,b\n"

static void each_row_is_a_sequence_of_one_without_groups(void **state)
{
    (void)state;
    rondo_data *data = data_of(OPTIONS("reader", "csv", "target", "kind"), "classify", "a,kind,note,b\n1,x,\"n,1\",2\n-3.5,\"y z\",n,4e1\n");
    uint64_t line;
    assert_int_equal(rd_data_count(data), 2);
    assert_int_equal(rd_data_width(data, "x"), 2);
    assert_int_equal(rows_in(data, 1, &line), 1);
    assert_int_equal(line, 3);
    assert_true(number(data, 0, 0) == 1 && number(data, 0, 1) == 2 && number(data, 1, 0) == -3.5F && number(data, 1, 1) == 40);
    expect_label(data, 0, "x");
    expect_label(data, 1, "y z");
    rondo_data_free(data);
}

static void rows_of_a_group_are_one_sequence_with_one_label(void **state)
{
    (void)state;
    rondo_data *data = data_of(OPTIONS("reader", "csv", "group", "who", "label-column", "-2"), "classify",
                               HEAD "p,1,up,2\np,3,,4\n\"q\",5,,6\nq,7,down,8\nq,9,down,10\n");
    uint64_t line;
    assert_int_equal(rd_data_count(data), 2);
    assert_int_equal(rows_in(data, 0, &line), 2);
    assert_int_equal(rows_in(data, 1, &line), 3);
    assert_int_equal(line, 4);
    for (size_t i = 0; i < 10; i++)
        assert_true(number(data, i / 2, i % 2) == (float)(i + 1));
    expect_label(data, 0, "up");
    expect_label(data, 1, "down");
    rondo_data_free(data);
    data = data_of(OPTIONS("reader", "csv", "group", "who", "target", "kind", "deltas", "on", "inputs", "b"), "classify",
                   HEAD "p,1,up,2\np,3,,5\n");
    assert_int_equal(rd_data_width(data, "x"), 2);
    assert_true(number(data, 1, 0) == 5 && number(data, 1, 1) == 3 && number(data, 0, 1) == 0);
    rondo_data_free(data);
}

static void the_last_column_but_the_group_is_the_label(void **state)
{
    (void)state;
    rondo_data *data = data_of(OPTIONS("reader", "csv", "group", "g"), "classify", "a;kind;g\n0.5;x;1\n1.5;x;1\n");
    assert_int_equal(rd_data_count(data), 1);
    assert_int_equal(rd_data_width(data, "x"), 1);
    expect_label(data, 0, "x");
    rondo_data_free(data);
}

static void answers_need_no_label(void **state)
{
    (void)state;
    rondo_data *data = bare_of(OPTIONS("reader", "csv", "target", "kind", "inputs", "a,b"), "classify", "b,other,a\n2,z,1\n");
    assert_int_equal(rd_data_count(data), 1);
    assert_true(number(data, 0, 0) == 1 && number(data, 0, 1) == 2);
    expect_label(data, 0, "-");
    rondo_data_free(data);
    data = bare_of(OPTIONS("reader", "csv", "label-column", "-1", "target", "kind", "inputs", "a,b", "group", "g"), "classify", "g,a,b\n1,2,3\n1,4,5\n");
    assert_int_equal(rd_data_count(data), 1); /* its last column is none of labels */
    assert_int_equal(data->corpus->rows, 2);
    expect_label(data, 0, "-");
    rondo_data_free(data);
    data = bare_of(OPTIONS("reader", "csv", "inputs", "a", "skip-bad", "5"), "classify", "a\n1\nx\n3,4\n5\n");
    assert_int_equal(rd_data_count(data), 4); /* the bad ones keep their places */
    rondo_data_free(data);
    data = bare_of(OPTIONS("reader", "csv", "inputs", "a", "group", "g", "skip-bad", "5"), "classify", "g,a\np,1\np,x\nq,2\nq\nr,3\n");
    uint64_t line;
    assert_int_equal(rd_data_count(data), 3); /* a bad row spoils its group */
    assert_int_equal(rows_in(data, 0, &line) + rows_in(data, 1, &line), 0);
    assert_int_equal(rows_in(data, 2, &line), 1);
    rondo_data_free(data);
}

static void bad_files_are_refused_where_they_stand(void **state)
{
    (void)state;
    static const bad_case cases[] = {
        {"1,2\n3,4\n", "in:1:1: the first row holds numbers only (names of columns expected)"},
        {"a,a,kind\n1,2,x\n", "in:1:3: the column \"a\" is there twice"},
        {"a,b\n1,2\n", "in:1: there is no column \"kind\""},
        {"a,kind\nz,x\n", "in:1: no column is left to be an input (a numeric one is needed beside the label)"},
        {"a,kind\n1,x\n2\n", "in:3:1: expected 2 columns, found 1"},
        {"a,kind\n1,x\nz,x\n", "in:3:1: expected a number in column \"a\", found \"z\""},
        {"a,kind\n1,x\n1e99,x\n", "in:3:1: the number \"1e99\" in column \"a\" is too large"},
        {"a,kind\n1,x\n2,\n", "in:3:1: there is no label"},
        {"a,kind\n1,\xff\n", "in:2:3: "},
        {"a,kind\n1,\"x\n", "in:2:3: "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refused(OPTIONS("reader", "csv", "target", "kind"), "classify", cases[i].text, RONDO_BAD_DATA, cases[i].message);
    refused(OPTIONS("reader", "csv", "target", "kind", "group", "who"), "classify", HEAD "p,1,x,2\np,1,y,2\n", RONDO_BAD_DATA,
            "in:3:5: expected the label of the rows before, \"x\", found \"y\"");
    refused(OPTIONS("reader", "csv", "target", "kind", "group", "who"), "classify", HEAD "p,1,x,2\nq,1,y,2\np,1,x,2\n", RONDO_BAD_DATA,
            "in:4:1: the group \"p\" was there before (its rows must stand together)");
    refused(OPTIONS("reader", "csv", "target", "a,kind"), "classify", HEAD "p,1,x,2\n", RONDO_BAD_ARGUMENT,
            "--target \"a,kind\": a sequence has one label");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_is_a_sequence_of_one_without_groups),
        cmocka_unit_test(rows_of_a_group_are_one_sequence_with_one_label),
        cmocka_unit_test(the_last_column_but_the_group_is_the_label),
        cmocka_unit_test(answers_need_no_label),
        cmocka_unit_test(bad_files_are_refused_where_they_stand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
