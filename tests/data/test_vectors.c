/* Word vectors from text files: every way they are written, whose vector a word gets, and where a file is
 * wrong. */
#include "data_help.h"

#include "data/vectors.h"

#include <math.h>
#if RONDO_WITH_ZLIB
#include <zlib.h>
#endif

enum { WIDTH = 3 };

static char path[128];

static void put_file(const char *text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static int open_folder(void **state)
{
    (void)state;
    (void)snprintf(path, sizeof path, "%s/vectors.txt", fresh_folder());
    return 0;
}

static int close_folder(void **state)
{
    (void)state;
    *strrchr(path, '/') = 0;
    remove_folder(path);
    return 0;
}

static rd_symbols *words_of(const char *line)
{
    const rd_symbols_rules rules = {.kind = RD_TOKENS_WORD, .min_freq = 1};
    rd_symbols *symbols = NULL;
    assert_int_equal(rd_symbols_new(&rules, &symbols, NULL), RONDO_OK);
    assert_int_equal(rd_symbols_count(symbols, line, strlen(line), NULL), RONDO_OK);
    assert_int_equal(rd_symbols_settle(symbols, NULL), RONDO_OK);
    return symbols;
}

/* The first number of each symbol's row, 9 where the file said nothing. */
static rondo_coverage read_into(const char *line, float first[16])
{
    float table[16 * WIDTH];
    rondo_coverage coverage;
    rondo_error error = {0};
    rd_symbols *symbols = words_of(line);
    for (size_t i = 0; i < 16 * WIDTH; i++)
        table[i] = 9;
    if (rd_vectors_read(path, symbols, WIDTH, table, &coverage, &error) != RONDO_OK)
        fail_msg("%s", error.message);
    for (size_t i = 0; i < 16; i++) {
        first[i] = table[i * WIDTH];
        if (fabsf(first[i] - 9) > 0) assert_float_equal(table[i * WIDTH + 2], first[i] + 2, 1e-6);
    }
    rd_symbols_free(symbols);
    return coverage;
}

/* Symbols of "a B c D": 2, 3, 4, 5. */
static void words_take_their_own_vector_or_that_of_their_lower_case(void **state)
{
    (void)state;
    float first[16];
    put_file("b 1 2 3\nx q q q\na 2e0 3 4.0 \nd 5 6 7\nD -1 0 1\na 7 8 9\n");
    rondo_coverage coverage = read_into("a B c D", first);
    const float expected[] = {9, 9, 2, 1, 9, -1};
    for (size_t i = 0; i < 6; i++)
        assert_float_equal(first[i], expected[i], 0);
    assert_int_equal(coverage.vectors, 6);
    assert_int_equal(coverage.words, 4);
    assert_int_equal(coverage.exact, 2);
    assert_int_equal(coverage.folded, 1);
}

static void a_header_and_words_with_blanks_are_known(void **state)
{
    (void)state;
    float first[16];
    size_t width = 0;
    put_file("4 3\n. . . 4 5 6\na 1 2 3\n<unk> 6 7 8\n\n12 2 3 4\n");
    assert_int_equal(rd_vectors_width(path, &width, NULL), RONDO_OK);
    assert_int_equal(width, WIDTH);
    rondo_coverage coverage = read_into("a 12", first);
    assert_float_equal(first[0], 6, 0); /* the unknown symbol */
    assert_float_equal(first[2], 1, 0);
    assert_float_equal(first[3], 2, 0);
    assert_int_equal(coverage.vectors, 4);
    assert_int_equal(coverage.exact, 2);
}

static void a_packed_file_reads_as_a_plain_one(void **state)
{
    (void)state;
#if RONDO_WITH_ZLIB
    float first[16];
    gzFile file = gzopen(path, "wb");
    assert_non_null(file);
    assert_true(gzputs(file, "a 1 2 3\nb 3 4 5\n") > 0);
    assert_int_equal(gzclose(file), Z_OK);
    (void)read_into("b a", first);
    assert_float_equal(first[2], 3, 0);
    assert_float_equal(first[3], 1, 0);
#else
    skip();
#endif
}

static void a_bad_file_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"", ": there are no vectors in it"},
        {"5 3\n", ": there are no vectors in it"},
        {"a 1 2\n", ":1:1: vectors of 2 numbers, --embed-size is 3"},
        {"5 2\na 1 2\n", ":1:1: vectors of 2 numbers"},
        {"a\n", ":1:1: expected a word and its vector"},
        {"b 1 2 3\na 1 2\n", ":2:1: expected a word and 3 numbers"},
        {"b 1 2 3\na 1 x 3\n", ":2:5: expected a number, found \"x\""},
        {"3 3\na 1 2 3\nb 1 2 3\n", ":1:1: the header says 3 vectors, the file has 2"},
        {"1 3\na 1 2 3\nb 1 2 3\n", ":1:1: the header says 1 vectors, the file has 2"},
        {"2 3\na 1 2 3 4\nb 1 2 3 4\n", ":1:1: the header says vectors of 3 numbers, all lines have more"},
        {"2 3\na 1 2\nb 1 2\n", ":2:1: expected a word and 3 numbers"},
        {"a 1 2 nan\n", ":1:7: expected a number, found \"nan\""},
        {"a 1 2 1e99\n", ":1:7: expected a number"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        float table[4 * WIDTH];
        rondo_coverage coverage;
        rondo_error error = {0};
        rd_symbols *symbols = words_of("a");
        put_file(bad[i].text);
        const rondo_status status = rd_vectors_read(path, symbols, WIDTH, table, &coverage, &error);
        assert_int_equal(status, RONDO_BAD_DATA);
        if (!strstr(error.message, bad[i].says)) fail_msg("%zu: %s", i, error.message);
        rd_symbols_free(symbols);
    }
    size_t width;
    put_file("");
    assert_int_equal(rd_vectors_width(path, &width, NULL), RONDO_BAD_DATA);
    assert_int_equal(rd_vectors_width("/nowhere/vectors", &width, NULL), RONDO_SYSTEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(words_take_their_own_vector_or_that_of_their_lower_case, open_folder,
                                        close_folder),
        cmocka_unit_test_setup_teardown(a_header_and_words_with_blanks_are_known, open_folder, close_folder),
        cmocka_unit_test_setup_teardown(a_packed_file_reads_as_a_plain_one, open_folder, close_folder),
        cmocka_unit_test_setup_teardown(a_bad_file_is_refused_with_its_place, open_folder, close_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
