/* Tagged text: which columns are read, schemes of entities, CoNLL-U, what is kept for answers, every kind of bad line. */
#include "record_help.h"

#include "data/tag_schemes.h"

#define CONLL(...) OPTIONS("reader", "conll", ##__VA_ARGS__)

/* The tags of all rows as text, a blank behind each. */
static const char *tags(const rondo_data *data)
{
    static char text[1024];
    size_t n = 0;
    for (uint64_t i = 0; i < data->corpus->rows; i++) {
        int32_t index = -1;
        size_t size = 1;
        assert_int_equal(rd_store_read(data->corpus->index[RD_Y], i, 1, &index, NULL), RONDO_OK);
        const char *tag = index < 0 ? "?" : rd_symbols_text(data->corpus->symbols[RD_Y], (size_t)index, &size);
        assert_true(n + size + 2 < sizeof text);
        memcpy(text + n, tag, size);
        n += size;
        text[n++] = ' ';
    }
    text[n] = 0;
    return text;
}

static void expect(rondo_data *data, const char *words, const char *wanted)
{
    assert_string_equal(stored(data, RD_X), words);
    assert_string_equal(tags(data), wanted);
    rondo_data_free(data);
}

static void the_token_is_first_and_the_tag_last_unless_columns_are_named(void **state)
{
    (void)state;
    expect(data_of(CONLL(), "tag", "a NN X\nb VB Y\n\nc NN X\n"), "a b c ", "X Y X ");
    expect(data_of(CONLL("columns", "1,2"), "tag", "a\tNN\tX\nb\tVB\tY\n"), "a b ", "NN VB ");
    expect(data_of(CONLL("columns", "-1,1"), "tag", "X a\nY b\n"), "a b ", "X Y ");
    expect(data_of(CONLL("columns", "2"), "tag", "1 a X\n2 b Y"), "a b ", "X Y ");
    static const char *const bad[] = {"0,1", "1,1", "x", "1,", "1,0", ",2"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refused(CONLL("columns", bad[i]), "tag", "a X\n", RONDO_BAD_ARGUMENT, "--columns \"");
}

static void documents_comments_and_line_ends_make_no_tokens(void **state)
{
    (void)state;
    expect(data_of(CONLL(), "tag", "\xef\xbb\xbf-DOCSTART- -X- O\r\n\r\n# a comment of words\r\na X\r\n# Y\r\n\r\nb Y"), "a # b ", "X Y Y ");
    expect(data_of(CONLL(), "tag", "a\tX\rb\tY\r\rc\tX\r"), "a b c ", "X Y X ");
}

static void lines_of_universal_dependencies_that_are_no_words_are_passed_over(void **state)
{
    (void)state;
    static const char text[] = "# sent_id = 1\n# text = vamos\n1-2\tvámonos\t_\t_\n1\tvamos\tir\tVERB\n2\tnos\tnosotros\tPRON\n2.1\tx\tx\tX\n\n";
    expect(data_of(OPTIONS("reader", "conllu"), "tag", text), "vamos nos ", "VERB PRON ");
    expect(data_of(OPTIONS("reader", "conllu", "columns", "3,-1"), "tag", text), "ir nosotros ", "VERB PRON ");
}

static void schemes_are_recognised_and_turned_into_each_other(void **state)
{
    (void)state;
    /* two entities beside each other, one of one token, and two types; after Ramshaw and Marcus 1995 */
    static const char iob1[] = "a I-P\nb I-P\nc B-P\nd O\ne I-L\nf I-P\n", iob2[] = "a B-P\nb I-P\nc B-P\nd O\ne B-L\nf B-P\n",
                      bioes[] = "a B-P\nb E-P\nc S-P\nd O\ne S-L\nf S-P\n", bilou[] = "a B-P\nb L-P\nc U-P\nd O\ne U-L\nf U-P\n";
    static const char *const texts[] = {iob1, iob2, bioes, bilou}, *const names[] = {"IOB1", "IOB2", "BIOES", "BILOU"};
    for (size_t i = 0; i < 4; i++) {
        expect(data_of(CONLL("scheme", "bio"), "tag", texts[i]), "a b c d e f ", "B-P I-P B-P O B-L B-P ");
        expect(data_of(CONLL("scheme", "bioes"), "tag", texts[i]), "a b c d e f ", "B-P E-P S-P O S-L S-P ");
        expect(data_of(CONLL("scheme", "bilou"), "tag", texts[i]), "a b c d e f ", "B-P L-P U-P O U-L U-P ");
        rondo_data *data = data_of(CONLL(), "tag", texts[i]);
        assert_string_equal(rd_scheme_name(data->corpus->schemes), names[i]);
        rondo_data_free(data);
    }
    expect(data_of(CONLL(), "tag", iob1), "a b c d e f ", "I-P I-P B-P O I-L I-P ");
    expect(data_of(CONLL("scheme", "bioes"), "tag", "a B-P\n\nb I-P\nc I-P\nd I-P\n"), "a b c d ", "S-P B-P I-P E-P ");
    rondo_data *mixed = data_of(CONLL(), "tag", "a U-P\nb S-P\n");
    assert_string_equal(rd_scheme_name(mixed->corpus->schemes), "BIOES and BILOU");
    rondo_data_free(mixed);
    expect(data_of(CONLL("scheme", "bio"), "tag", "a NN\nb -\nc X-\n"), "a b c ", "NN - X- ");
    rondo_data *plain = data_of(CONLL(), "tag", "a NN\n");
    assert_null(rd_scheme_name(plain->corpus->schemes));
    rondo_data_free(plain);
}

static void bad_lines_are_told_with_their_line(void **state)
{
    (void)state;
    static const bad_case cases[] = {
        {"a X\nb\n", "in:2:1: a token without a tag"},
        {"a X\nb\n\nc\n", "in:2:1: a token without a tag\nin:4:1: a token without a tag"},
        {"a X\nb Y Z\n", "in:2:1: not as many columns as in the lines before"},
        {"a\t\n", "in:1:1: an empty column"},
        {"a b\tX\n", "in:1:1: a space inside a column"},
        {"a X\nb \xff\n", "in:2:3: byte 0xff is not UTF-8"},
        {"", "in: the file is empty (at least 1 token with its tag is needed)"},
        {"\n\n", "in: there is nothing to learn from in it"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refused(CONLL(), "tag", cases[i].text, RONDO_BAD_DATA, cases[i].message);
    refused(CONLL("columns", "1,3"), "tag", "a X\n", RONDO_BAD_DATA, "in:1:1: there is no column of tags (see --columns)");
    refused(CONLL("columns", "3,1"), "tag", "X a\n", RONDO_BAD_DATA, "in:1:1: there is no column of tokens (see --columns)");
}

static void a_bad_line_spoils_its_sentence_only(void **state)
{
    (void)state;
    expect(data_of(CONLL("skip-bad", "1"), "tag", "a X\n\nb Y\nc\nd Y\n\ne X\n"), "a e ", "X X ");
}

/* What a record kept for answers, which is all of the file when the pieces are put together. */
static void expect_raw(const char *text, const char *wanted)
{
    rondo_data *data = bare_of(CONLL(), "tag", text);
    rd_text raw = {0};
    int bad;
    for (uint64_t k = 0; k < rd_data_count(data); k++)
        assert_int_equal(rd_data_raw(data, k, &raw, &bad, NULL), RONDO_OK);
    assert_string_equal(raw.text, wanted);
    rd_text_free(&raw);
    rondo_data_free(data);
}

static void answers_keep_every_line_and_need_no_tags(void **state)
{
    (void)state;
    expect_raw("# the one\na X\nb Y\n\n\n# the two\nc X\n", "-# the one\n=0,1:a X\n=0,1:b Y\n-\n-\n-# the two\n=0,1:c X\n");
    expect_raw("a\r\nb\r\n\r\nc\r\n", "=0,1:a\r\n=0,1:b\r\n-\r\n=0,1:c\r\n");
    rondo_data *data = bare_of(CONLL(), "tag", "a\nb\n");
    assert_string_equal(tags(data), "? ? ");
    rondo_data_free(data);
}

static void a_sentence_of_a_hundred_thousand_tokens_is_read_or_cut(void **state)
{
    (void)state;
    enum { TOKENS = 100000 };
    char *text = test_malloc(4 * TOKENS + 1);
    for (size_t i = 0; i < TOKENS; i++)
        memcpy(text + 4 * i, i % 2 ? "a X\n" : "b Y\n", 4);
    text[4 * TOKENS] = 0;
    rondo_data *data = data_of(CONLL(), "tag", text);
    assert_int_equal(data->corpus->rows, TOKENS);
    assert_int_equal(rd_data_count(data), 1);
    rondo_data_free(data);
    expect(data_of(CONLL("max-length", "3"), "tag", text), "b a b ", "Y X Y ");
    test_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_token_is_first_and_the_tag_last_unless_columns_are_named),
        cmocka_unit_test(documents_comments_and_line_ends_make_no_tokens),
        cmocka_unit_test(lines_of_universal_dependencies_that_are_no_words_are_passed_over),
        cmocka_unit_test(schemes_are_recognised_and_turned_into_each_other),
        cmocka_unit_test(bad_lines_are_told_with_their_line),
        cmocka_unit_test(a_bad_line_spoils_its_sentence_only),
        cmocka_unit_test(answers_keep_every_line_and_need_no_tags),
        cmocka_unit_test(a_sentence_of_a_hundred_thousand_tokens_is_read_or_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
