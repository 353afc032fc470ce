/* idx files: images as sequences of rows or pixels, where labels come from, headers that lie. */
#include "record_help.h"

/* Two images of 2 x 3 pixels and their labels. */
static const char images[] = "\0\0\x08\x03\0\0\0\2\0\0\0\2\0\0\0\3\0\63\146\231\314\377\1\2\3\4\5\6";
static const char labels[] = "\0\0\x08\x01\0\0\0\2\7\0";
enum { IMAGES = sizeof images - 1, LABELS = sizeof labels - 1, IMAGE_HEAD = 16 };

typedef struct set { /* the two files in a folder */
    char images[600], labels[600];
} set;

static void write_set(const char *folder, set *made)
{
    strcpy(made->images, write_file(folder, "t-images-idx3-ubyte", images, IMAGES));
    strcpy(made->labels, write_file(folder, "t-labels-idx1-ubyte", labels, LABELS));
}

static rondo_data *opened(rondo_options *options, const char *const *paths, size_t count)
{
    rondo_data *data = NULL;
    rondo_error error = {0};
    if (open_files(options, "classify", paths, count, &data, &error) != RONDO_OK) fail_msg("%s", error.message);
    rondo_options_free(options);
    return data;
}

static void refused_files(const char *const *paths, size_t count, rondo_status status, const char *message)
{
    rondo_options *options = OPTIONS("reader", "idx");
    rondo_data *data = NULL;
    rondo_error error = {0};
    assert_int_equal(open_files(options, "classify", paths, count, &data, &error), status);
    if (!strstr(error.message, message)) fail_msg("expected \"%s\", found \"%s\"", message, error.message);
    rondo_options_free(options);
}

static void rows_are_steps_and_labels_are_found_beside(void **state)
{
    (void)state;
    const char *folder = fresh_folder();
    set made;
    uint64_t line;
    write_set(folder, &made);
    rondo_data *data = opened(DEFAULTS, (const char *const[]){made.images}, 1);
    assert_int_equal(rd_data_count(data), 2);
    assert_int_equal(rd_data_width(data, "x"), 3);
    assert_int_equal(rows_in(data, 1, &line), 2);
    assert_true(number(data, 0, 1) == 51 / 255.0F && number(data, 1, 2) == 1 && number(data, 0, 0) == 0);
    assert_true(number(data, 3, 0) == 4 / 255.0F);
    expect_label(data, 0, "7");
    expect_label(data, 1, "0");
    rondo_data_free(data);
    remove_folder(folder);
}

static void pixels_are_steps_when_asked_and_change_places_alike(void **state)
{
    (void)state;
    const char *folder = fresh_folder();
    set made;
    write_set(folder, &made);
    rondo_data *plain = opened(OPTIONS("scan", "pixel"), (const char *const[]){made.images}, 1);
    rondo_data *moved = opened(OPTIONS("scan", "pixel", "permute", "3"), (const char *const[]){made.images}, 1);
    rondo_data *rows = opened(OPTIONS("permute", "3"), (const char *const[]){made.images}, 1);
    assert_int_equal(rd_data_width(plain, "x"), 1);
    assert_int_equal(plain->corpus->rows, 12);
    int differing = 0, used[6] = {0};
    for (uint64_t i = 0; i < 6; i++) {
        uint64_t from = 0;
        while (number(plain, from, 0) != number(moved, i, 0))
            assert_true(++from < 6);
        assert_true(number(plain, 6 + from, 0) == number(moved, 6 + i, 0)); /* the same way in the second image */
        assert_true(number(rows, i / 3, i % 3) == number(moved, i, 0));
        differing += from != i;
        assert_int_equal(used[from]++, 0);
    }
    assert_true(differing > 0);
    rondo_data_free(plain);
    rondo_data_free(moved);
    rondo_data_free(rows);
    remove_folder(folder);
}

static void labels_given_after_the_images_win(void **state)
{
    (void)state;
    const char *folder = fresh_folder();
    set made;
    write_set(folder, &made);
    char other[600];
    strcpy(other, write_file(folder, "other", "\0\0\x08\x01\0\0\0\2\1\2", 10));
    rondo_data *data = opened(OPTIONS("reader", "idx"), (const char *const[]){made.images, other, made.images}, 3);
    assert_int_equal(rd_data_count(data), 4);
    expect_label(data, 0, "1");
    expect_label(data, 1, "2");
    expect_label(data, 2, "7");
    rd_record_place place;
    assert_int_equal(rd_data_record(data, 3, &place, NULL), RONDO_OK);
    assert_string_equal(place.name, made.images);
    assert_int_equal(place.line, 2);
    rondo_data_free(data);
    remove_folder(folder);
}

static void the_hash_covers_labels_found_beside(void **state)
{
    (void)state;
    const char *folder = fresh_folder();
    set made;
    write_set(folder, &made);
    rondo_data *data = opened(DEFAULTS, (const char *const[]){made.images}, 1);
    write_file(folder, "t-labels-idx1-ubyte", "\0\0\x08\x01\0\0\0\2\7\1", LABELS);
    rondo_data *other = opened(DEFAULTS, (const char *const[]){made.images}, 1);
    assert_string_not_equal(rd_data_hash(data), rd_data_hash(other));
    rondo_data_free(data);
    rondo_data_free(other);
    remove_folder(folder);
}

static void sizes_that_lie_are_told_with_their_byte(void **state)
{
    (void)state;
    const char *folder = fresh_folder();
    set made;
    write_set(folder, &made);
    const char *const one[] = {made.images}, *const labels_only[] = {made.labels};
    for (size_t cut = 1; cut < IMAGES; cut++) { /* every truncation */
        char message[64];
        snprintf(message, sizeof message, cut < 4 ? "byte 0: this is no idx file" : "byte %zu: the file ends in %s", cut,
                 cut < IMAGE_HEAD ? "size" : "image");
        write_file(folder, "t-images-idx3-ubyte", images, cut);
        refused_files(one, 1, RONDO_BAD_DATA, message);
    }
    write_file(folder, "t-images-idx3-ubyte", images, IMAGES + 1);
    refused_files(one, 1, RONDO_BAD_DATA, "byte 28: the file goes on after 2 images");
    write_file(folder, "t-images-idx3-ubyte", images, IMAGES);
    write_file(folder, "t-labels-idx1-ubyte", labels, LABELS - 1);
    refused_files(one, 1, RONDO_BAD_DATA, "byte 9: the file ends in label 2 of 2");
    write_file(folder, "t-labels-idx1-ubyte", labels, LABELS + 1);
    refused_files(one, 1, RONDO_BAD_DATA, "byte 10: the file goes on after 2 labels");
    write_file(folder, "t-labels-idx1-ubyte", "\0\0\x08\x01\0\0\0\3\7\0\1", 11);
    refused_files(one, 1, RONDO_BAD_DATA, "byte 4: 3 labels for 2 images of ");
    refused_files(labels_only, 1, RONDO_BAD_DATA, "byte 3: labels without images before them");
    write_file(folder, "t-labels-idx1-ubyte", images, IMAGES);
    refused_files(one, 1, RONDO_BAD_DATA, "t-labels-idx1-ubyte: byte 3: 3 dimensions (expected 1, labels)");
    remove_folder(folder);
}

static void other_headers_are_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        char bytes[17];
        rondo_status status;
        const char *message;
    } cases[] = {
        {"P5 2 2 255", RONDO_BAD_DATA, "in: byte 0: this is no idx file (expected 00 00 08 03 or 00 00 08 01)"},
        {"\0\0\x0d\x03", RONDO_BAD_DATA, "in: byte 2: numbers of type 0x0d are not read (expected 0x08, bytes)"},
        {"\0\0\x08\x04", RONDO_BAD_DATA, "in: byte 3: 4 dimensions (expected 3 for images, 1 for labels)"},
        {"\0\0\x08\x03\0\0\0\1\0\0\0\0\0\0\0\3", RONDO_BAD_DATA, "in: byte 8: images of 0 x 3 pixels"},
        {"\0\0\x08\x03\0\0\0\1\xff\xff\xff\xff\xff\xff\xff\xff", RONDO_LIMIT, "in: byte 8: images of 4294967295 x 4294967295"},
        {"\0\0\x08\x03\0\0\0\0\0\0\0\2\0\0\0\2", RONDO_BAD_DATA, "in: there are no labels to learn (give the file of labels after it)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refused_bytes(OPTIONS("reader", "idx"), "classify", cases[i].bytes, 16, cases[i].status, cases[i].message);
    refused(OPTIONS("reader", "idx"), "classify", "", RONDO_BAD_DATA, "in: the file is empty (at least 1 record is needed)");
}

static void answers_need_no_labels(void **state)
{
    (void)state;
    rondo_options *options = OPTIONS("reader", "idx");
    rondo_data *data = NULL;
    assert_int_equal(rd_data_open_memory(options, "classify", (rd_known){.bare = 1}, "in", images, IMAGES, &data, NULL), RONDO_OK);
    assert_int_equal(rd_data_count(data), 2);
    expect_label(data, 1, "-");
    rondo_data_free(data);
    rondo_options_free(options);
}

#if RONDO_WITH_ZLIB
static void gzip_files_are_found_beside_each_other(void **state)
{
    (void)state;
    const char *folder = fresh_folder();
    char path[600];
    strcpy(path, write_gzip(folder, "t-images-idx3-ubyte.gz", images, IMAGES));
    write_gzip(folder, "t-labels-idx1-ubyte.gz", labels, LABELS);
    rondo_data *data = opened(DEFAULTS, (const char *const[]){path}, 1);
    expect_label(data, 0, "7");
    rondo_data_free(data);
    remove_folder(folder);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_steps_and_labels_are_found_beside),
        cmocka_unit_test(pixels_are_steps_when_asked_and_change_places_alike),
        cmocka_unit_test(labels_given_after_the_images_win),
        cmocka_unit_test(the_hash_covers_labels_found_beside),
        cmocka_unit_test(sizes_that_lie_are_told_with_their_byte),
        cmocka_unit_test(other_headers_are_refused_by_name),
        cmocka_unit_test(answers_need_no_labels),
#if RONDO_WITH_ZLIB
        cmocka_unit_test(gzip_files_are_found_beside_each_other),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
