/* Text: what becomes of lines, line ends and marks, and what is refused with its place. */
#include "data_help.h"

static void a_stream_of_characters_has_its_newlines_as_symbols(void **state)
{
    (void)state;
    rondo_data *data = data_of(DEFAULTS, "lm", "ab\nc\n\nd");
    assert_string_equal(stored(data, RD_X), "ab\nc\n\nd");
    assert_int_equal(rd_data_count(data), 7);
    assert_int_equal(rd_data_targets(data), 7);
    assert_int_equal(rd_data_width(data, "x"), 7);
    assert_int_equal(rd_data_width(data, "y"), 7);
    rondo_data_free(data);
}

static void all_three_line_ends_are_one_newline_and_a_mark_at_the_front_is_no_text(void **state)
{
    (void)state;
    rondo_data *data = data_of(DEFAULTS, "lm",
                               "\xef\xbb\xbf"
                               "a\r\nb\rc\nd\r");
    assert_string_equal(stored(data, RD_X), "a\nb\nc\nd\n");
    rondo_data_free(data);
}

static void a_stream_of_bytes_is_the_file_byte_for_byte(void **state)
{
    (void)state;
    static const char bytes[] = "\xef\xbb\xbf"
                                "a\r\nb\rc\xff\n";
    rondo_data *data = data_of(OPTIONS("tokens", "byte"), "lm", bytes);
    assert_int_equal(rd_data_count(data), sizeof bytes - 1);
    assert_string_equal(stored(data, RD_X), bytes);
    rondo_data_free(data);
}

static void a_stream_of_words_has_the_end_symbol_at_each_line_end(void **state)
{
    (void)state;
    rondo_data *data = data_of(OPTIONS("tokens", "word"), "lm", "the cat\n\n the <unk>\tdog");
    assert_string_equal(stored(data, RD_X), "the cat E E the U dog E ");
    assert_int_equal(rd_data_unknown(data, "x"), 1);
    rondo_data_free(data);
}

static void lines_are_records_and_an_empty_line_is_one_too(void **state)
{
    (void)state;
    rondo_data *data = data_of(OPTIONS("lines", "on"), "lm", "ab\n\ncde");
    static const uint64_t rows[] = {2, 0, 3};
    assert_int_equal(rd_data_count(data), 3);
    assert_int_equal(rd_data_targets(data), 8);
    for (uint64_t k = 0; k < 3; k++) {
        rd_record_place place;
        assert_int_equal(rd_data_record(data, k, &place, NULL), RONDO_OK);
        assert_int_equal(place.rows, rows[k]);
        assert_int_equal(place.line, k + 1);
        assert_string_equal(place.name, "in");
    }
    rondo_data_free(data);
}

static void long_lines_are_cut_when_asked_and_counted(void **state)
{
    (void)state;
    rondo_data *data = data_of(OPTIONS("lines", "on", "max-length", "2"), "lm", "abc\nde\nfghi\n");
    assert_string_equal(stored(data, RD_X), "abdefg");
    assert_int_equal(data->corpus->cut, 2);
    rondo_data_free(data);
}

static void small_letters_and_composed_ones_come_from_large_and_decomposed_ones(void **state)
{
    (void)state;
    rondo_data *data = data_of(OPTIONS("lowercase", "on", "tokens", "byte"), "lm", "AZ\xc3\x84");
    assert_string_equal(stored(data, RD_X), "az\xc3\x84");
    rondo_data_free(data);
    refused(OPTIONS("normalize", "nfc", "tokens", "byte"), "lm", "a", RONDO_BAD_ARGUMENT,
            "--normalize nfc needs");
#if RONDO_WITH_UNICODE
    data = data_of(OPTIONS("lowercase", "on"), "lm", "AbC \xc3\x84\n");
    assert_string_equal(stored(data, RD_X), "abc \xc3\xa4\n");
    rondo_data_free(data);
    data = data_of(OPTIONS("normalize", "nfc"), "lm", "a\xcc\x88\n");
    assert_string_equal(stored(data, RD_X), "\xc3\xa4\n");
    rondo_data_free(data);
#else
    data = data_of(OPTIONS("lowercase", "on"), "lm", "AbC\n");
    assert_string_equal(stored(data, RD_X), "abc\n");
    rondo_data_free(data);
    refused(OPTIONS("lowercase", "on"), "lm", "\xc3\x84", RONDO_BAD_ARGUMENT, "this build has no utf8proc");
#endif
}

static void a_bad_byte_is_named_with_line_column_and_byte(void **state)
{
    (void)state;
    rondo_error error = refused(DEFAULTS, "lm", "good\nna\xefve\n", RONDO_BAD_DATA,
                                "in:2:3: byte 0xef is not UTF-8 (byte 8 of the file)");
    assert_non_null(strstr(error.hint, "Latin-1"));
    static const char wide[] = "\xff\xfe"
                               "a\0b\0\n\0";
    error = refused_bytes(DEFAULTS, "lm", wide, sizeof wide - 1, RONDO_BAD_DATA, "in:1:1: byte 0xff");
    assert_non_null(strstr(error.hint, "UTF-16"));
    refused_bytes(DEFAULTS, "lm", "a\0b", 3, RONDO_BAD_DATA, "in:1:2: a NUL byte");
    refused(DEFAULTS, "lm", "a\xc0\xaf", RONDO_BAD_DATA, "in:1:2: byte 0xc0");
    refused(DEFAULTS, "lm", "a\xed\xa0\x80", RONDO_BAD_DATA, "in:1:2: byte 0xed");
    refused(DEFAULTS, "lm", "ab\xe2\x82", RONDO_BAD_DATA, "in:1:3: byte 0xe2");
}

static void ten_bad_places_are_told_and_all_are_counted(void **state)
{
    (void)state;
    char text[128] = "";
    for (int i = 0; i < 25; i++)
        strcat(text, "\xff\n");
    rondo_error error = refused(DEFAULTS, "lm", text, RONDO_BAD_DATA, "in:1:1:");
    assert_non_null(strstr(error.message, "in:10:1:"));
    assert_null(strstr(error.message, "in:11:1:"));
    assert_non_null(strstr(error.message, "and 15 more, 25 bad places in all"));
}

static void bad_lines_are_left_out_up_to_the_number_allowed(void **state)
{
    (void)state;
    static const char text[] = "a\n\xff\nb\n\xfe\nc\n";
    rondo_data *data = data_of(OPTIONS("lines", "on", "skip-bad", "2"), "lm", text);
    assert_string_equal(stored(data, RD_X), "abc");
    assert_int_equal(data->corpus->skipped, 2);
    assert_non_null(strstr(data->corpus->skipped_places.text, "in:4:1:"));
    rd_record_place place;
    assert_int_equal(rd_data_record(data, 2, &place, NULL), RONDO_OK);
    assert_int_equal(place.line, 5);
    rondo_data_free(data);
    refused(OPTIONS("lines", "on", "skip-bad", "1"), "lm", text, RONDO_BAD_DATA, "in:2:1:");
}

static void empty_input_says_what_is_needed(void **state)
{
    (void)state;
    refused(DEFAULTS, "lm", "", RONDO_BAD_DATA, "in: the file is empty (at least 1 symbol is needed)");
    refused(OPTIONS("lines", "on"), "lm", "", RONDO_BAD_DATA,
            "in: the file is empty (at least 1 line is needed)");
    refused(DEFAULTS, "lm", "\xef\xbb\xbf", RONDO_BAD_DATA, "in: there is nothing to learn from in it");
}

static void a_line_of_the_limit_passes_and_one_byte_more_does_not(void **state)
{
    (void)state;
    rondo_data *data = data_of(OPTIONS("max-line", "10"), "lm", "ab\n0123456789\n");
    rondo_data_free(data);
    refused(OPTIONS("max-line", "10"), "lm", "ab\n01234567890\n", RONDO_LIMIT,
            "in:2: the line is longer than 10 bytes");
    refused(OPTIONS("max-line", "10"), "lm", "01234567890", RONDO_LIMIT, "in:1: ");
}

static void a_line_of_a_megabyte_is_cut_at_symbols_only(void **state)
{
    (void)state;
    enum { SYMBOLS = 400000 };
    char *text = test_malloc(3 * SYMBOLS + 1);
    for (size_t i = 0; i < SYMBOLS; i++)
        memcpy(text + 3 * i, "\xe2\x82\xac", 3);
    text[3 * SYMBOLS] = 0;
    rondo_data *data = data_of(DEFAULTS, "lm", text);
    assert_int_equal(rd_data_count(data), SYMBOLS);
    assert_int_equal(rd_data_width(data, "x"), 3);
    rondo_data_free(data);
    for (size_t i = 0; i < SYMBOLS; i++)
        memcpy(text + 3 * i, "ab ", 3);
    data = data_of(OPTIONS("tokens", "word"), "lm", text);
    assert_int_equal(rd_data_count(data), SYMBOLS + 1);
    assert_int_equal(rd_data_width(data, "x"), 3);
    rondo_data_free(data);
    test_free(text);
}

static void a_known_vocabulary_is_used_and_what_it_lacks_is_unknown(void **state)
{
    (void)state;
    rondo_data *first = data_of(DEFAULTS, "lm", "abc"), *second = NULL;
    rd_known known = {.part[RD_X] = rd_data_symbols(first, "x")};
    rondo_options *options = OPTIONS("tokens", "word");
    assert_int_equal(rd_data_open_memory(options, "lm", known, "in", "cad!", 4, &second, NULL), RONDO_OK);
    assert_string_equal(stored(second, RD_X), "caUU");
    assert_int_equal(rd_data_unknown(second, "x"), 2);
    assert_ptr_equal(rd_data_symbols(second, "x"), known.part[RD_X]);
    rondo_options_free(options);
    rondo_data_free(first);
    rondo_data_free(second);
}

static void two_files_are_one_stream_with_a_newline_between(void **state)
{
    (void)state;
    const char *folder = fresh_folder();
    char one[600], other[600];
    strcpy(one, write_file(folder, "one.txt", "ab", 2));
    strcpy(other, write_file(folder, "other.txt", "cd\n", 3));
    rondo_options *options = DEFAULTS;
    rondo_data *data = NULL;
    const char *const paths[] = {one, other, one};
    assert_int_equal(rd_data_open(options, "lm", (rd_known){0}, paths, 3, &data, NULL), RONDO_OK);
    assert_string_equal(stored(data, RD_X), "ab\ncd\nab");
    assert_string_equal(rd_data_name(data, 1), other);
    assert_null(rd_data_name(data, 3));
    rd_record_place place;
    assert_int_equal(rd_data_stream_line(data, 4, &place, NULL), RONDO_OK);
    assert_string_equal(place.name, other);
    assert_int_equal(place.line, 1);
    rondo_data_free(data);
    rondo_options_free(options);
    remove_folder(folder);
}

static void missing_files_folders_and_wrong_readers_are_told_apart(void **state)
{
    (void)state;
    const char *folder = fresh_folder(), *const missing[] = {"/nonexistent/x.txt"};
    const char *const paths[] = {folder};
    rondo_options *options = DEFAULTS;
    rondo_data *data = NULL;
    assert_int_equal(rd_data_open(options, "lm", (rd_known){0}, missing, 1, &data, NULL), RONDO_SYSTEM);
    assert_int_equal(rd_data_open(options, "lm", (rd_known){0}, paths, 1, &data, NULL), RONDO_BAD_DATA); /* there is no text in it */
    assert_int_equal(rd_data_open(options, "lm", (rd_known){0}, paths, 0, &data, NULL), RONDO_BAD_ARGUMENT);
    assert_int_equal(rd_data_open(options, "dance", (rd_known){0}, paths, 1, &data, NULL),
                     RONDO_BAD_ARGUMENT);
    assert_null(data);
    rondo_options_free(options);
    refused(OPTIONS("reader", "csv"), "lm", "a", RONDO_BAD_ARGUMENT, "--reader csv is for --task regress");
    remove_folder(folder);
}

static void the_hash_is_the_sha_256_of_the_bytes(void **state)
{
    (void)state;
    rondo_data *data = data_of(DEFAULTS, "lm", "abc");
    assert_string_equal(rd_data_hash(data),
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    rondo_data_free(data);
}

static void a_vocabulary_file_fixes_the_symbols_and_their_order(void **state)
{
    (void)state;
    const char *folder = fresh_folder();
    const char *path = write_file(folder, "vocab", "dog\nthe\n", 8);
    rondo_data *data = data_of(OPTIONS("tokens", "word", "vocab", path), "lm", "the cat the dog\n");
    assert_int_equal(rd_data_width(data, "x"), 4);
    assert_string_equal(stored(data, RD_X), "the U the dog E ");
    rondo_data_free(data);
    path = write_file(folder, "vocab", "dog\ndog\n", 8);
    refused(OPTIONS("tokens", "word", "vocab", path), "lm", "the cat\n", RONDO_BAD_DATA, path);
    remove_folder(folder);
}

static void text_larger_than_memory_is_spilled_and_read_back(void **state)
{
    (void)state;
    enum { SIZE = 9 << 20 }; /* 36 MiB of indices, more than the store keeps in memory */
    char *text = test_malloc(SIZE + 1);
    for (size_t i = 0; i < SIZE; i++)
        text[i] = i % 61 == 60 ? '\n' : (char)('a' + i % 23);
    text[SIZE] = 0;
    rondo_data *data = data_of(DEFAULTS, "lm", text);
    int32_t back[3];
    assert_int_equal(rd_data_count(data), SIZE);
    assert_int_equal(rd_store_read(data->corpus->index[RD_X], SIZE - 3, 3, back, NULL), RONDO_OK);
    for (size_t i = 0; i < 3; i++) {
        size_t size;
        assert_int_equal(rd_symbols_text(rd_data_symbols(data, "x"), (size_t)back[i], &size)[0],
                         text[SIZE - 3 + i]);
    }
    rondo_data_free(data);
    test_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_of_characters_has_its_newlines_as_symbols),
        cmocka_unit_test(all_three_line_ends_are_one_newline_and_a_mark_at_the_front_is_no_text),
        cmocka_unit_test(a_stream_of_bytes_is_the_file_byte_for_byte),
        cmocka_unit_test(a_stream_of_words_has_the_end_symbol_at_each_line_end),
        cmocka_unit_test(lines_are_records_and_an_empty_line_is_one_too),
        cmocka_unit_test(long_lines_are_cut_when_asked_and_counted),
        cmocka_unit_test(small_letters_and_composed_ones_come_from_large_and_decomposed_ones),
        cmocka_unit_test(a_bad_byte_is_named_with_line_column_and_byte),
        cmocka_unit_test(ten_bad_places_are_told_and_all_are_counted),
        cmocka_unit_test(bad_lines_are_left_out_up_to_the_number_allowed),
        cmocka_unit_test(empty_input_says_what_is_needed),
        cmocka_unit_test(a_line_of_the_limit_passes_and_one_byte_more_does_not),
        cmocka_unit_test(a_line_of_a_megabyte_is_cut_at_symbols_only),
        cmocka_unit_test(a_known_vocabulary_is_used_and_what_it_lacks_is_unknown),
        cmocka_unit_test(two_files_are_one_stream_with_a_newline_between),
        cmocka_unit_test(missing_files_folders_and_wrong_readers_are_told_apart),
        cmocka_unit_test(the_hash_is_the_sha_256_of_the_bytes),
        cmocka_unit_test(a_vocabulary_file_fixes_the_symbols_and_their_order),
        cmocka_unit_test(text_larger_than_memory_is_spilled_and_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
