/* Reading in pieces and lines, plain and packed, from files and memory. */
#include "base/file.h"
#include "base/memory.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fresh_folder.h"

#if RONDO_WITH_ZLIB
#include <zlib.h>
#endif

static rd_reader *from_memory(const void *bytes, size_t size)
{
    rd_reader *reader;
    assert_int_equal(rd_reader_memory("m.txt", bytes, size, &reader, NULL), RONDO_OK);
    return reader;
}

/* All lines joined by | into a text of malloc; NULL when reading failed with *status. */
static char *all_lines(rd_reader *reader, rondo_status *status, rondo_error *error)
{
    char *joined = calloc(1 << 20, 1);
    size_t at = 0, size;
    const char *line;
    int more;
    assert_non_null(joined);
    while ((*status = rd_reader_line(reader, &line, &size, &more, error)) == RONDO_OK && more) {
        assert_int_equal(line[size], 0);
        memcpy(joined + at, line, size);
        at += size;
        joined[at++] = '|';
    }
    if (*status == RONDO_OK) return joined;
    free(joined);
    return NULL;
}

static void lines_end_with_any_of_the_three_ends(void **state)
{
    (void)state;
    static const char *const table[][2] = {
        {"", ""},
        {"a", "a|"},
        {"a\n", "a|"},
        {"\n", "|"},
        {"\r", "|"},
        {"\r\n", "|"},
        {"a\r\nb", "a|b|"},
        {"a\rb\r", "a|b|"},
        {"a\n\rb", "a||b|"},
        {"a\r\r\nb", "a||b|"},
        {"\n\n\n", "|||"},
        {"a\r\n\r\nb\n", "a||b|"},
        {"\r\n\n", "||"},
        {"a\n\nb", "a||b|"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        rondo_status status;
        rd_reader *reader = from_memory(table[i][0], strlen(table[i][0]));
        char *joined = all_lines(reader, &status, NULL);
        assert_string_equal(joined, table[i][1]);
        size_t lines = 0;
        for (const char *at = joined; *at; at++)
            lines += *at == '|';
        assert_int_equal(rd_reader_number(reader), lines);
        assert_int_equal(rd_reader_offset(reader), strlen(table[i][0]));
        free(joined);
        rd_reader_close(reader);
    }
}

static void lines_across_the_borders_of_buffers_stay_whole(void **state)
{
    (void)state;
    enum { MOST = 70000 };
    static const char *const ends[] = {"\n", "\r\n", "\r"};
    char *text = malloc(3 * MOST);
    assert_non_null(text);
    for (size_t size = (1 << 16) - 3; size < (1 << 16) + 4; size++)
        for (size_t e = 0; e < 3; e++) {
            const size_t length = strlen(ends[e]);
            memset(text, 'x', size);
            memcpy(text + size, ends[e], length);
            memcpy(text + size + length, "next", 4);
            rd_reader *reader = from_memory(text, size + length + 4);
            const char *line;
            size_t got;
            int more;
            assert_int_equal(rd_reader_line(reader, &line, &got, &more, NULL), RONDO_OK);
            assert_int_equal(got, size);
            assert_int_equal(rd_reader_line(reader, &line, &got, &more, NULL), RONDO_OK);
            assert_string_equal(line, "next");
            assert_int_equal(rd_reader_line(reader, &line, &got, &more, NULL), RONDO_OK);
            assert_false(more);
            rd_reader_close(reader);
        }
    free(text);
}

static void a_line_may_hold_nul_bytes(void **state)
{
    (void)state;
    rd_reader *reader = from_memory("a\0b\nc", 5);
    const char *line;
    size_t size;
    int more;
    assert_int_equal(rd_reader_line(reader, &line, &size, &more, NULL), RONDO_OK);
    assert_int_equal(size, 3);
    assert_memory_equal(line, "a\0b", 4);
    rd_reader_close(reader);
}

static void a_line_over_the_limit_is_named(void **state)
{
    (void)state;
    for (size_t limit = 9; limit <= 11; limit++) {
        rd_reader *reader = from_memory("one\n0123456789\n", 15);
        rondo_status status;
        rondo_error error = {0};
        rd_reader_set_max_line(reader, limit);
        char *joined = all_lines(reader, &status, &error);
        assert_int_equal(status, limit < 10 ? RONDO_LIMIT : RONDO_OK);
        if (limit < 10) assert_string_equal(error.message, "m.txt:2: the line is longer than 9 bytes");
        free(joined);
        rd_reader_close(reader);
    }
    static char endless[3 << 20];
    memset(endless, 'x', sizeof endless);
    rd_reader *reader = from_memory(endless, sizeof endless);
    rondo_status status;
    rd_reader_set_max_line(reader, 100000);
    assert_null(all_lines(reader, &status, NULL));
    assert_int_equal(status, RONDO_LIMIT);
    rd_reader_close(reader);
}

static void pieces_go_on_where_lines_stopped(void **state)
{
    (void)state;
    rd_reader *reader = from_memory("a\r\nbcd", 6);
    const char *line;
    char bytes[8];
    size_t size;
    int more;
    assert_int_equal(rd_reader_line(reader, &line, &size, &more, NULL), RONDO_OK);
    assert_int_equal(rd_reader_read(reader, bytes, 2, &size, NULL), RONDO_OK);
    assert_int_equal(size, 2);
    assert_memory_equal(bytes, "bc", 2);
    assert_int_equal(rd_reader_read(reader, bytes, 8, &size, NULL), RONDO_OK);
    assert_int_equal(size, 1);
    assert_int_equal(rd_reader_offset(reader), 6);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(rd_reader_read(reader, bytes, 8, &size, NULL), RONDO_OK);
        assert_int_equal(size, 0);
    }
    rd_reader_close(reader);
}

static void what_cannot_be_opened_says_why(void **state)
{
    (void)state;
    rd_reader *reader;
    rondo_error error;
    char want[600];
    const char *path = in_folder("missing");
    (void)snprintf(want, sizeof want, "%s: cannot be opened: No such file or directory", path);
    assert_int_equal(rd_reader_open(path, &reader, &error), RONDO_SYSTEM);
    assert_string_equal(error.message, want);
    assert_int_equal(rd_reader_open(folder, &reader, &error), RONDO_SYSTEM);
    assert_non_null(strstr(error.message, "is a folder"));
    assert_int_equal(rd_reader_open("no\nsuch", &reader, &error), RONDO_SYSTEM);
    assert_memory_equal(error.message, "\"no\\nsuch\": ", 12);
    assert_int_equal(rd_reader_open(NULL, &reader, &error), RONDO_BAD_ARGUMENT);
    assert_null(reader);
}

static void a_file_is_read_as_its_bytes_are(void **state)
{
    (void)state;
    const char *path = in_folder("text");
    rd_reader *reader;
    rondo_status status;
    write_file(path, "eins\nzwei\n", 10);
    assert_int_equal(rd_reader_open(path, &reader, NULL), RONDO_OK);
    assert_string_equal(rd_reader_name(reader), path);
    char *joined = all_lines(reader, &status, NULL);
    assert_string_equal(joined, "eins|zwei|");
    free(joined);
    rd_reader_close(reader);
    rd_reader_close(NULL);
}

static void standard_input_is_a_file_named_dash(void **state)
{
    (void)state;
    const char *path = in_folder("input");
    rd_reader *reader;
    rondo_status status;
    write_file(path, "from a pipe\n", 12);
    const int kept = dup(STDIN_FILENO), file = open(path, O_RDONLY);
    assert_int_equal(dup2(file, STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(rd_reader_open("-", &reader, NULL), RONDO_OK);
    char *joined = all_lines(reader, &status, NULL);
    rd_reader_close(reader);
    assert_int_not_equal(fcntl(STDIN_FILENO, F_GETFD), -1); /* not ours to close */
    if (kept >= 0) (void)dup2(kept, STDIN_FILENO), (void)close(kept);
    (void)close(file);
    assert_string_equal(joined, "from a pipe|");
    free(joined);
}

static void a_whole_file_has_a_limit(void **state)
{
    (void)state;
    const char *path = in_folder("whole");
    char *bytes;
    size_t size;
    rondo_error error;
    const uint64_t live = rd_memory_live();
    write_file(path, "0123456789", 10);
    for (size_t limit = 9; limit <= 11; limit++) {
        const rondo_status status = rd_file_read(path, limit, &bytes, &size, &error);
        assert_int_equal(status, limit < 10 ? RONDO_LIMIT : RONDO_OK);
        if (status != RONDO_OK) continue;
        assert_int_equal(size, 10);
        assert_string_equal(bytes, "0123456789");
        rd_free(bytes);
    }
    assert_int_equal(rd_file_read("/dev/zero", 100000, &bytes, &size, &error), RONDO_LIMIT);
    assert_int_equal(rd_file_read(folder, 100, &bytes, &size, &error), RONDO_SYSTEM);
    assert_int_equal(rd_file_read(in_folder("none"), 100, &bytes, &size, &error), RONDO_SYSTEM);
    assert_null(bytes);
    write_file(path, "", 0);
    assert_int_equal(rd_file_read(path, 0, &bytes, &size, &error), RONDO_OK);
    assert_int_equal(size, 0);
    rd_free(bytes);
    assert_int_equal(rd_file_read("/proc/self/status", 1 << 20, &bytes, &size, &error), RONDO_OK);
    assert_true(size > 100); /* a file that says it is empty */
    rd_free(bytes);
    assert_int_equal(rd_memory_live(), live);
}

#if RONDO_WITH_ZLIB

/* A gzip member of `text` at `out`; gives its size. */
static size_t pack(const char *text, size_t size, unsigned char *out, size_t room)
{
    z_stream stream = {0};
    char *input = malloc(size + 1);
    assert_non_null(input);
    memcpy(input, text, size);
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (unsigned char *)input;
    stream.avail_in = (unsigned)size;
    stream.next_out = out;
    stream.avail_out = (unsigned)room;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    const size_t made = room - stream.avail_out;
    (void)deflateEnd(&stream);
    free(input);
    return made;
}

static void gzip_members_that_follow_each_other_are_one_text(void **state)
{
    (void)state;
    unsigned char packed[1000];
    rondo_status status;
    size_t size = pack("one\ntw", 6, packed, sizeof packed);
    size += pack("", 0, packed + size, sizeof packed - size);
    size += pack("o\nthree", 7, packed + size, sizeof packed - size);
    memset(packed + size, 0, 100); /* as tapes leave them */
    rd_reader *reader = from_memory(packed, size + 100);
    char *joined = all_lines(reader, &status, NULL);
    assert_string_equal(joined, "one|two|three|");
    assert_int_equal(rd_reader_offset(reader), 13);
    free(joined);
    rd_reader_close(reader);
    const char *path = in_folder("packed.gz");
    write_file(path, packed, size);
    assert_int_equal(rd_reader_open(path, &reader, NULL), RONDO_OK);
    joined = all_lines(reader, &status, NULL);
    assert_string_equal(joined, "one|two|three|");
    free(joined);
    rd_reader_close(reader);
}

static void every_cut_of_a_gzip_file_is_bad_data_with_a_byte(void **state)
{
    (void)state;
    unsigned char packed[1000];
    const uint64_t live = rd_memory_live();
    const size_t size = pack("some text, some text\nand more\n", 30, packed, sizeof packed);
    for (size_t cut = 2; cut < size; cut++) {
        unsigned char *exact = malloc(cut);
        rondo_status status;
        rondo_error error;
        char want[64];
        assert_non_null(exact);
        memcpy(exact, packed, cut);
        rd_reader *reader = from_memory(exact, cut);
        assert_null(all_lines(reader, &status, &error));
        assert_int_equal(status, RONDO_BAD_DATA);
        (void)snprintf(want, sizeof want, "m.txt: byte %zu: the gzip", cut);
        assert_memory_equal(error.message, want, strlen(want));
        rd_reader_close(reader);
        free(exact);
    }
    assert_int_equal(rd_memory_live(), live);
}

static void damaged_gzip_bytes_are_never_taken_for_text(void **state)
{
    (void)state;
    unsigned char packed[1000];
    const size_t size = pack("some text, some text\nand more\n", 30, packed, sizeof packed);
    for (size_t at = 10; at < size; at++) /* the header's time, flags and system may be anything */
        for (int bit = 0; bit < 8; bit++) {
            rondo_status status;
            packed[at] ^= (unsigned char)(1 << bit);
            rd_reader *reader = from_memory(packed, size);
            assert_null(all_lines(reader, &status, NULL));
            assert_int_equal(status, RONDO_BAD_DATA);
            rd_reader_close(reader);
            packed[at] ^= (unsigned char)(1 << bit);
        }
    memcpy(packed + size, "junk", 4);
    rondo_status status;
    rondo_error error;
    rd_reader *reader = from_memory(packed, size + 4);
    assert_null(all_lines(reader, &status, &error));
    assert_int_equal(status, RONDO_BAD_DATA);
    assert_non_null(strstr(error.message, "bytes after the end of the gzip data"));
    rd_reader_close(reader);
}

#endif

static void memory_that_fails_anywhere_is_a_limit_without_leaks(void **state)
{
    (void)state;
    static char text[200000];
    memset(text, 'y', sizeof text);
    const char *path = in_folder("large");
    write_file(path, text, sizeof text);
    const uint64_t live = rd_memory_live();
    rondo_status status = RONDO_LIMIT;
    for (uint64_t n = 1; status != RONDO_OK; n++) {
        rd_reader *reader;
        assert_true(n < 100);
        rd_memory_fail_at(n, 1);
        status = rd_reader_open(path, &reader, NULL);
        if (status == RONDO_OK) {
            free(all_lines(reader, &status, NULL));
            rd_reader_close(reader);
        }
        rd_memory_fail_at(0, 0);
        assert_true(status == RONDO_OK || status == RONDO_LIMIT);
        assert_int_equal(rd_memory_live(), live);
    }
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_end_with_any_of_the_three_ends),
        cmocka_unit_test(lines_across_the_borders_of_buffers_stay_whole),
        cmocka_unit_test(a_line_may_hold_nul_bytes),
        cmocka_unit_test(a_line_over_the_limit_is_named),
        cmocka_unit_test(pieces_go_on_where_lines_stopped),
        IN_FOLDER(what_cannot_be_opened_says_why),
        IN_FOLDER(a_file_is_read_as_its_bytes_are),
        IN_FOLDER(standard_input_is_a_file_named_dash),
        IN_FOLDER(a_whole_file_has_a_limit),
#if RONDO_WITH_ZLIB
        IN_FOLDER(gzip_members_that_follow_each_other_are_one_text),
        cmocka_unit_test(every_cut_of_a_gzip_file_is_bad_data_with_a_byte),
        cmocka_unit_test(damaged_gzip_bytes_are_never_taken_for_text),
#endif
        IN_FOLDER(memory_that_fails_anywhere_is_a_limit_without_leaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
