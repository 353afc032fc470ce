/* A label a file: which part of a name it is, several files as one set, a gzip file, names that are no labels. */
#include "record_help.h"

static const char *keep(char *room, const char *path)
{
    strcpy(room, path);
    return room;
}

static void names_are_labels_and_lines_are_texts(void **state)
{
    (void)state;
    const char *folder = fresh_folder();
    char room[5][600];
    const char *const paths[] = {keep(room[0], write_file(folder, "English.txt", "Ab\r\n\r\nCd", 8)),
                                 keep(room[1], write_file(folder, "Old Norse", "\xef\xbb\xbf" "Ef\n", 6)),
                                 keep(room[2], write_file(folder, "rt-polarity.pos", "G\n", 2)),
                                 keep(room[3], write_file(folder, ".hidden", "H\n", 2)),
                                 keep(room[4], write_file(folder, "v1.2.LINES", "I\n", 2))};
    rondo_options *options = OPTIONS("reader", "files");
    rondo_data *data = NULL;
    static const char *const wanted[] = {"English", "English", "English", "Old Norse", "pos", ".hidden", "v1.2"};
    for (int conditions = 0; conditions < 2; conditions++) {
        assert_int_equal(open_files(options, conditions ? "conditional" : "classify", paths, 5, &data, NULL), RONDO_OK);
        assert_int_equal(rd_data_count(data), 7);
        for (size_t k = 0; k < 7; k++)
            expect_label(data, k, wanted[k]);
        assert_string_equal(stored(data, RD_X), "AbCdEfGHI");
        expect_line(data, 3, 1);
        rondo_data_free(data);
    }
    rondo_options_free(options);
    remove_folder(folder);
}

#if RONDO_WITH_ZLIB
static void a_gzip_file_is_named_without_its_suffix(void **state)
{
    (void)state;
    const char *folder = fresh_folder();
    const char *const paths[] = {write_gzip(folder, "Greek.txt.gz", "Ab\n", 3)};
    rondo_options *options = OPTIONS("reader", "files");
    rondo_data *data = NULL;
    assert_int_equal(open_files(options, "classify", paths, 1, &data, NULL), RONDO_OK);
    expect_label(data, 0, "Greek");
    rondo_data_free(data);
    rondo_options_free(options);
    remove_folder(folder);
}
#endif

static void bad_text_and_bad_names_are_refused(void **state)
{
    (void)state;
    const char *folder = fresh_folder();
    const char *const paths[] = {write_file(folder, "n\xff.txt", "A\n", 2)};
    rondo_options *options = OPTIONS("reader", "files");
    rondo_data *data = NULL;
    rondo_error error = {0};
    assert_int_equal(open_files(options, "classify", paths, 1, &data, &error), RONDO_BAD_DATA);
    assert_non_null(strstr(error.message, "the name of the file is no label"));
    rondo_options_free(options);
    remove_folder(folder);
    refused(OPTIONS("reader", "files"), "classify", "a\nb\xff\n", RONDO_BAD_DATA, "in:2:2: byte 0xff is not UTF-8");
    refused(OPTIONS("reader", "files"), "classify", "", RONDO_BAD_DATA, "in: the file is empty (at least 1 record is needed)");
    data = data_of(OPTIONS("reader", "files", "skip-bad", "1"), "classify", "a\nb\xff\nc\n");
    assert_string_equal(stored(data, RD_X), "ac");
    rondo_data_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_labels_and_lines_are_texts),
#if RONDO_WITH_ZLIB
        cmocka_unit_test(a_gzip_file_is_named_without_its_suffix),
#endif
        cmocka_unit_test(bad_text_and_bad_names_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
