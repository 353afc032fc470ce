/* FASTA: where the label stands, letters over several lines, every kind of bad line with its place. */
#include "record_help.h"

#define FASTA(...) OPTIONS("reader", "fasta", ##__VA_ARGS__)

static void the_label_is_the_last_word_and_lines_are_joined(void **state)
{
    (void)state;
    uint64_t line;
    rondo_data *data = data_of(FASTA(), "classify", "; made by hand\n>ATRINS-DONOR-521 EI\nCCA\nGN \n\n  t*\n>IE\n>sp|P1|N\n-A.");
    assert_int_equal(rd_data_count(data), 3);
    assert_string_equal(stored(data, RD_X), "CCAGNt*-A.");
    expect_label(data, 0, "EI");
    expect_label(data, 1, "IE");
    expect_label(data, 2, "N");
    assert_int_equal(rows_in(data, 0, &line), 7);
    assert_int_equal(line, 2);
    assert_int_equal(rows_in(data, 1, &line), 0); /* an empty sequence is one too */
    rondo_data_free(data);
}

static void the_label_is_the_word_that_is_asked_for(void **state)
{
    (void)state;
    static const char text[] = ">a|b c\tlast\nX\n";
    static const char *const words[] = {"1", "a", "2", "b", "3", "c", "-1", "last", "-4", "a"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i += 2) {
        rondo_data *data = data_of(FASTA("label-column", words[i]), "classify", text);
        expect_label(data, 0, words[i + 1]);
        rondo_data_free(data);
    }
    refused(FASTA("label-column", "5"), "classify", text, RONDO_BAD_DATA, "in:1:12: expected a label after the '>'");
    refused(FASTA("label-column", "-5"), "classify", text, RONDO_BAD_DATA, "in:1:12: expected a label after the '>'");
    refused(FASTA("label-column", "class"), "classify", text, RONDO_BAD_ARGUMENT, "--label-column \"class\": a FASTA file has words");
    refused(FASTA("label-column", "0"), "classify", text, RONDO_BAD_ARGUMENT, "--label-column \"0\"");
}

static void line_ends_and_a_mark_change_nothing(void **state)
{
    (void)state;
    rondo_data *data = data_of(FASTA(), "classify", "\xef\xbb\xbf>a\r\nAC\r\nGT\r\n>b\r\nN\r\n");
    assert_string_equal(stored(data, RD_X), "ACGTN");
    expect_line(data, 1, 4);
    rondo_data_free(data);
    data = data_of(FASTA(), "classify", ">a\rAC\rGT\r>b\rN");
    assert_string_equal(stored(data, RD_X), "ACGTN");
    rondo_data_free(data);
}

static void bad_lines_are_told_with_line_and_column(void **state)
{
    (void)state;
    static const bad_case cases[] = {
        {"ACGT\n", "in:1:1: expected a line that begins with '>'"},
        {">a\nAC9T\n", "in:2:3: expected letters, '*', '-' or '.'"},
        {">\nAC\n", "in:1:2: expected a label after the '>'"},
        {"> | \nAC\n", "in:1:5: expected a label after the '>'"},
        {">a\xff\nAC\n", "in:1:3: byte 0xff is not UTF-8"},
        {">a\nA\xff\n", "in:2:2: expected letters"},
        {"", "in: the file is empty (at least 1 record is needed)"},
        {" \n", "in: there is nothing to learn from in it"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refused(FASTA(), "classify", cases[i].text, RONDO_BAD_DATA, cases[i].message);
}

static void a_bad_line_spoils_its_sequence_only(void **state)
{
    (void)state;
    static const char text[] = ">a\nAC\n>b\nA1\n2\nC\n>a\nG\n";
    rondo_data *data = data_of(FASTA("skip-bad", "1"), "classify", text);
    assert_string_equal(stored(data, RD_X), "ACG");
    assert_int_equal(data->corpus->skipped, 1);
    expect_line(data, 1, 7);
    rondo_data_free(data);
    data = bare_of(FASTA("skip-bad", "1"), "classify", ">a\nAC\n>\n1\n>\nG\n");
    assert_int_equal(rd_data_count(data), 3);
    expect_label(data, 2, "-");
    rondo_data_free(data);
}

static void a_sequence_over_the_limit_is_refused_and_a_long_one_is_cut_when_asked(void **state)
{
    (void)state;
    rondo_data *data = data_of(FASTA("max-line", "6"), "classify", ">a\nACG\nTAC\n");
    assert_int_equal(data->corpus->rows, 6);
    rondo_data_free(data);
    refused(FASTA("max-line", "6"), "classify", ">a\nACG\nTACG\n", RONDO_LIMIT, "in:1: the sequence is longer than 6 bytes");
    data = data_of(FASTA("max-length", "4"), "classify", ">a\nACG\nTAC\n");
    assert_int_equal(data->corpus->rows, 4);
    assert_int_equal(data->corpus->cut, 1);
    rondo_data_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_label_is_the_last_word_and_lines_are_joined),
        cmocka_unit_test(the_label_is_the_word_that_is_asked_for),
        cmocka_unit_test(line_ends_and_a_mark_change_nothing),
        cmocka_unit_test(bad_lines_are_told_with_line_and_column),
        cmocka_unit_test(a_bad_line_spoils_its_sequence_only),
        cmocka_unit_test(a_sequence_over_the_limit_is_refused_and_a_long_one_is_cut_when_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
