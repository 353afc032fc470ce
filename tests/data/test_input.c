/* Lines out of blocks: the same lines wherever a block ends. */
#include "data_help.h"

#include "base/rng.h"
#include "data/input.h"

enum { BLOCK = 65536 };

static void assert_line(rd_input *input, const char *expected, size_t size, const char *ending)
{
    const char *line = NULL;
    size_t found = 0;
    int more = 0;
    assert_int_equal(rd_input_line(input, &line, &found, &more, NULL), RONDO_OK);
    assert_true(more);
    assert_int_equal(found, size);
    assert_memory_equal(line, expected, size);
    assert_string_equal(input->ending, ending);
}

static void assert_no_more(rd_input *input)
{
    const char *line = NULL;
    size_t size = 0;
    int more = 1;
    assert_int_equal(rd_input_line(input, &line, &size, &more, NULL), RONDO_OK);
    assert_false(more);
}

static void a_line_end_is_the_same_on_both_sides_of_a_block(void **state)
{
    (void)state;
    static const char *const endings[] = {"\n", "\r\n", "\r"};
    char *text = test_malloc(BLOCK + 64);
    for (size_t e = 0; e < 3; e++)
        for (size_t first = BLOCK - 4; first <= BLOCK + 2; first++) {
            size_t length = strlen(endings[e]);
            rd_source source;
            rd_input input;
            memset(text, 'a', first);
            memcpy(text + first, endings[e], length);
            memcpy(text + first + length, "bc", 2);
            rd_source_memory("in", text, first + length + 2, &source);
            assert_int_equal(rd_input_open(&source, 1 << 20, NULL, &input, NULL), RONDO_OK);
            assert_line(&input, text, first, endings[e]);
            assert_line(&input, "bc", 2, "");
            assert_no_more(&input);
            assert_int_equal(input.number, 2);
            assert_int_equal(rd_input_bytes(&input), first + length + 2);
            rd_input_close(&input);
        }
    test_free(text);
}

/* Random lines against a splitter that looks at one byte after the other. */
static void any_mixture_of_line_ends_is_cut_as_byte_by_byte(void **state)
{
    (void)state;
    enum { SIZE = 300000 };
    char *text = test_malloc(SIZE);
    rd_key key = rd_key_of(7, RD_STREAM_SYNTH, 0, 0);
    for (size_t i = 0; i < SIZE; i++)
        text[i] = "ab\r\nabcdefghijklmnopqrstuvwxyzABCD"[rd_random_below(key, i, 34)];
    rd_source source;
    rd_input input;
    rd_source_memory("in", text, SIZE, &source);
    assert_int_equal(rd_input_open(&source, 1 << 20, NULL, &input, NULL), RONDO_OK);
    for (size_t at = 0, line = 1; at < SIZE; line++) {
        size_t end = at;
        while (end < SIZE && text[end] != '\n' && text[end] != '\r')
            end++;
        const char *ending = end == SIZE                               ? ""
                             : text[end] == '\n'                       ? "\n"
                             : end + 1 < SIZE && text[end + 1] == '\n' ? "\r\n"
                                                                       : "\r";
        assert_line(&input, text + at, end - at, ending);
        assert_int_equal(input.offset, at);
        assert_int_equal(input.number, line);
        at = end + strlen(ending);
    }
    assert_no_more(&input);
    rd_input_close(&input);
    test_free(text);
}

static void a_file_of_one_or_two_bytes_has_no_mark(void **state)
{
    (void)state;
    rd_source source;
    rd_input input;
    rd_source_memory("in", "\xef\xbb", 2, &source);
    assert_int_equal(rd_input_open(&source, 100, NULL, &input, NULL), RONDO_OK);
    assert_line(&input, "\xef\xbb", 2, "");
    assert_no_more(&input);
    assert_no_more(&input);
    rd_input_close(&input);
}

static void standard_input_can_be_walked_twice(void **state)
{
    (void)state;
    rd_source source;
    rd_input input;
    int ends[2], kept = dup(0);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "one\ntwo", 7), 7);
    close(ends[1]);
    assert_int_equal(dup2(ends[0], 0), 0);
    assert_int_equal(rd_source_path("-", &source, NULL), RONDO_OK);
    dup2(kept, 0);
    close(kept);
    close(ends[0]);
    for (int walk = 0; walk < 2; walk++) {
        assert_int_equal(rd_input_open(&source, 100, NULL, &input, NULL), RONDO_OK);
        assert_line(&input, "one", 3, "\n");
        assert_line(&input, "two", 3, "");
        assert_no_more(&input);
        rd_input_close(&input);
    }
    rd_source_close(&source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_end_is_the_same_on_both_sides_of_a_block),
        cmocka_unit_test(any_mixture_of_line_ends_is_cut_as_byte_by_byte),
        cmocka_unit_test(a_file_of_one_or_two_bytes_has_no_mark),
        cmocka_unit_test(standard_input_can_be_walked_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
