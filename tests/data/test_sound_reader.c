/* Lists of sound files as data: labels and texts, archives, rates that differ, files that are damaged or not
 * there. */
#include "data_help.h"

#if RONDO_WITH_AUDIO

#include "data/loader.h"
#include "formats/archive.h"
#include "sequence/batch.h"

enum { WAV_ROOM = 44 + 2 * 8000 };

/* A file of `samples` samples of 8 bits, a sawtooth; gives its size. */
static size_t wav(unsigned char bytes[WAV_ROOM], unsigned rate, unsigned samples)
{
    const unsigned char head[] = {'R', 'I', 'F', 'F', 0, 0, 0, 0, 'W', 'A', 'V', 'E', 'f', 'm',
                                  't', ' ', 16,  0,   0, 0, 1, 0, 1,   0,   0,   0,   0,   0,
                                  0,   0,   0,   0,   1, 0, 8, 0, 'd', 'a', 't', 'a'};
    memcpy(bytes, head, sizeof head);
    for (unsigned i = 0; i < 4; i++) {
        bytes[4 + i] = (unsigned char)((36 + samples) >> 8 * i);
        bytes[24 + i] = bytes[28 + i] = (unsigned char)(rate >> 8 * i);
        bytes[40 + i] = (unsigned char)(samples >> 8 * i);
    }
    for (unsigned i = 0; i < samples; i++)
        bytes[44 + i] = (unsigned char)(i * 7);
    return 44 + samples;
}

static void put_wav(const char *folder, const char *name, unsigned rate, unsigned samples)
{
    unsigned char bytes[WAV_ROOM];
    write_file(folder, name, (const char *)bytes, wav(bytes, rate, samples));
}

/* Opens a list that stands in the folder. Frees the options. */
static rondo_status open_list(rondo_options *options, const char *task, const char *folder, const char *list,
                              int bare, rondo_data **data, rondo_error *error)
{
    const char *path = write_file(folder, "a.list", list, strlen(list));
    const rondo_status status = rd_data_open(options, task, (rd_known){.bare = bare}, &path, 1, data, error);
    rondo_options_free(options);
    return status;
}

static void expect_refused(rondo_options *options, const char *folder, const char *list,
                           rondo_status expected, const char *why)
{
    rondo_data *data = NULL;
    rondo_error error = {0};
    const rondo_status status = open_list(options, "classify", folder, list, 0, &data, &error);
    if (status != expected || !strstr(error.message, why))
        fail_msg("status %d, \"%s\" instead of \"%s\"", (int)status, error.message, why);
    assert_null(data);
}

static size_t rows_of_record(const rondo_data *data, uint64_t k)
{
    rd_rows rows;
    assert_int_equal(rd_data_rows(data, k, RD_X, &rows, NULL), RONDO_OK);
    return (size_t)rows.count;
}

static void a_list_gives_features_and_labels(void **state)
{
    (void)state;
    char *folder = fresh_folder();
    rondo_data *data = NULL;
    rondo_error error = {0};
    put_wav(folder, "one.wav", 8000, 1000); /* 1 + (1000 - 200) / 80 frames */
    put_wav(folder, "two words.wav", 8000, 150);
    if (open_list(OPTIONS("features", "mfcc:13"), "classify", folder,
                  "one.wav\tsaw\r\ntwo words.wav\tshort saw\none.wav\tsaw", 0, &data, &error) != RONDO_OK)
        fail_msg("%s", error.message);
    assert_int_equal(rd_data_count(data), 3);
    assert_int_equal(rd_data_width(data, "x"), 13);
    assert_int_equal(rd_data_width(data, "y"), 2);
    assert_int_equal(rows_of_record(data, 0), 11);
    assert_int_equal(rows_of_record(data, 1), 1);
    assert_int_equal(data->corpus->rate, 8000);
    float row[2][13];
    assert_int_equal(rd_store_read(data->corpus->values[RD_X], 0, 1, row[0], NULL), RONDO_OK);
    assert_int_equal(rd_store_read(data->corpus->values[RD_X], 12, 1, row[1], NULL), RONDO_OK);
    assert_memory_equal(row[0], row[1], sizeof row[0]); /* the same file twice */
    rondo_data_free(data);
    remove_folder(folder);
}

static void a_list_gives_texts_to_transcribe(void **state)
{
    (void)state;
    char *folder = fresh_folder();
    rondo_data *data = NULL;
    rondo_error error = {0};
    put_wav(folder, "one.wav", 16000, 2000);
    if (open_list(DEFAULTS, "transcribe", folder, "one.wav\tab ba\none.wav\t\n", 0, &data, &error) !=
        RONDO_OK)
        fail_msg("%s", error.message);
    rd_rows rows;
    assert_int_equal(rd_data_width(data, "x"), 40);
    assert_int_equal(rd_data_rows(data, 0, RD_Y, &rows, NULL), RONDO_OK);
    assert_int_equal(rows.count, 5);
    assert_int_equal(rd_data_rows(data, 1, RD_Y, &rows, NULL), RONDO_OK);
    assert_int_equal(rows.count, 0);
    rondo_data_free(data);
    remove_folder(folder);
}

/* Names of files are bytes; labels are text. */
static void labels_in_names_fit_their_pattern_and_are_text(void **state)
{
    (void)state;
    char folder[64], path[128];
    rondo_data *data = NULL;
    rondo_error error = {0};
    strcpy(folder, fresh_folder());
    put_wav(folder, "yes_1.wav", 8000, 400);
    put_wav(folder, "no_2.wav", 8000, 400);
    const char *const paths[] = {folder};
    rondo_options *options = OPTIONS("label-pattern", "{label}_{n}.wav");
    if (rd_data_open(options, "classify", (rd_known){0}, paths, 1, &data, &error) != RONDO_OK) fail_msg("%s", error.message);
    assert_int_equal(rd_data_count(data), 2);
    assert_int_equal(rd_data_width(data, "y"), 2);
    assert_int_equal(rows_of_record(data, 1), 3);
    rondo_data_free(data);
    data = NULL;
    put_wav(folder, "\xff_3.wav", 8000, 400);
    assert_int_equal(rd_data_open(options, "classify", (rd_known){0}, paths, 1, &data, &error), RONDO_BAD_DATA);
    assert_non_null(strstr(error.message, "the name has a label that is not UTF-8 for --label-pattern"));
    snprintf(path, sizeof path, "%s/\xff_3.wav", folder);
    assert_int_equal(unlink(path), 0);
    rondo_options_free(options);
    if (open_list(OPTIONS("label-pattern", "{label}_{n}.wav"), "classify", folder, "yes_1.wav\nno_2.wav\tmaybe\n", 0, &data, &error) != RONDO_OK)
        fail_msg("%s", error.message);
    assert_int_equal(rd_data_width(data, "y"), 2); /* yes and maybe: what a list says comes first */
    rondo_data_free(data);
    expect_refused(OPTIONS("label-pattern", "{label}_{n}.wav"), folder, "yes_1.wav\nyes.wav\n", RONDO_BAD_DATA,
                   "a.list:2:1: the name \"yes.wav\" does not fit --label-pattern");
    remove_folder(folder);
}

#if RONDO_WITH_ZIP
static void files_may_lie_in_an_archive(void **state)
{
    (void)state;
    char *folder = fresh_folder();
    unsigned char bytes[2][WAV_ROOM];
    size_t size;
    rondo_data *data = NULL;
    rondo_error error = {0};
    archive a = archive_begin();
    archive_add(&a, "in/one.wav", bytes[0], wav(bytes[0], 8000, 1000), ZIP_CM_DEFLATE);
    archive_add(&a, "in/two.wav", bytes[1], wav(bytes[1], 8000, 280), ZIP_CM_STORE);
    unsigned char *packed = archive_end(&a, &size);
    write_file(folder, "sounds.zip", (const char *)packed, size);
    write_file(folder, "b.zip", (const char *)packed, size);
    free(packed);
    if (open_list(DEFAULTS, "classify", folder,
                  "sounds.zip:in/two.wav\ta\nb.zip:in/one.wav\tb\nsounds.zip:in/one.wav\ta\n", 0, &data,
                  &error) != RONDO_OK)
        fail_msg("%s", error.message);
    assert_int_equal(rows_of_record(data, 0), 2);
    assert_int_equal(rows_of_record(data, 1), 11);
    assert_int_equal(rows_of_record(data, 2), 11);
    rondo_data_free(data);
    expect_refused(DEFAULTS, folder, "sounds.zip:in/three.wav\ta\n", RONDO_BAD_DATA, "a.list:1:1: ");
    expect_refused(DEFAULTS, folder, "sounds.zip:in/three.wav\ta\n", RONDO_BAD_DATA,
                   "there is no entry \"in/three.wav\"");
    remove_folder(folder);
}
#endif

static void lines_that_are_not_sound_are_bad_places(void **state)
{
    (void)state;
    char *folder = fresh_folder();
    unsigned char lies[WAV_ROOM];
    rondo_data *data = NULL;
    rondo_error error = {0};
    put_wav(folder, "good.wav", 8000, 400);
    put_wav(folder, "fast.wav", 16000, 400);
    const size_t size = wav(lies, 8000, 400);
    lies[41]++;
    write_file(folder, "lies.wav", (const char *)lies, size);
    expect_refused(DEFAULTS, folder, "good.wav\ta\ngood.wav a\n", RONDO_BAD_DATA,
                   "a.list:2:11: expected a file, a tab and a label, found no tab");
    expect_refused(DEFAULTS, folder, "\ta\n", RONDO_BAD_DATA,
                   "a.list:1:1: expected a file, a tab and a label, found no file");
    expect_refused(DEFAULTS, folder, "good.wav\ta\nlies.wav\tb\n", RONDO_BAD_DATA,
                   "lies.wav: byte 40: the chunk \"data\" has 656 bytes");
    expect_refused(DEFAULTS, folder, "good.wav\ta\nfast.wav\tb\n", RONDO_BAD_DATA,
                   "fast.wav: 16000 samples a second, 8000 are expected");
    expect_refused(OPTIONS("sample-rate", "16000"), folder, "good.wav\ta\n", RONDO_BAD_DATA,
                   "8000 samples a second, 16000 are expected");
    expect_refused(OPTIONS("features", "mel"), folder, "good.wav\ta\n", RONDO_BAD_ARGUMENT,
                   "expected logmel:N");
    expect_refused(DEFAULTS, folder, "none.wav\ta\n", RONDO_SYSTEM, "a.list:1:1: ");
    expect_refused(DEFAULTS, folder, "/dev/zero\ta\n", RONDO_BAD_DATA, "/dev/zero: is no ordinary file");
    expect_refused(DEFAULTS, folder, ".\ta\n", RONDO_BAD_DATA, "is no ordinary file");
    assert_int_equal(open_list(OPTIONS("skip-bad", "3"), "classify", folder, "lies.wav\tb\nnone.wav\tb\ngood.wav\ta\nx\n",
                               0, &data, &error),
                     RONDO_OK);
    assert_int_equal(rd_data_count(data), 1);
    rondo_data_free(data);
    remove_folder(folder);
}

static void answers_need_no_label_and_no_list(void **state)
{
    (void)state;
    char *folder = fresh_folder(), path[600];
    rondo_data *data = NULL;
    rondo_error error = {0};
    put_wav(folder, "one.wav", 8000, 400);
    assert_int_equal(open_list(DEFAULTS, "classify", folder, "one.wav\n\n", 1, &data, &error), RONDO_BAD_DATA);
    assert_non_null(strstr(error.message, "a.list:2:1: expected a file, found no file"));
    assert_int_equal(open_list(DEFAULTS, "classify", folder, "one.wav\none.wav\ta\n", 1, &data, &error),
                     RONDO_OK);
    assert_int_equal(rd_data_count(data), 2);
    rondo_data_free(data);
    (void)snprintf(path, sizeof path, "%s/one.wav", folder);
    const char *paths[] = {path, path};
    rondo_options *options = DEFAULTS;
    data = NULL;
    assert_int_equal(rd_data_open(options, "transcribe", (rd_known){.bare = 1}, paths, 2, &data, &error),
                     RONDO_OK);
    assert_int_equal(rd_data_count(data), 2);
    assert_int_equal(rows_of_record(data, 1), 3);
    rondo_data_free(data);
    data = NULL;
    assert_int_equal(rd_data_open(options, "classify", (rd_known){0}, paths, 1, &data, &error),
                     RONDO_BAD_ARGUMENT);
    assert_non_null(strstr(error.message, "a sound file without a label or a text"));
    rondo_options_free(options);
    remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_in_names_fit_their_pattern_and_are_text),
        cmocka_unit_test(a_list_gives_features_and_labels),
        cmocka_unit_test(a_list_gives_texts_to_transcribe),
#if RONDO_WITH_ZIP
        cmocka_unit_test(files_may_lie_in_an_archive),
#endif
        cmocka_unit_test(lines_that_are_not_sound_are_bad_places),
        cmocka_unit_test(answers_need_no_label_and_no_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void a_build_without_libsndfile_says_so(void **state)
{
    (void)state;
    char *folder = fresh_folder();
    rondo_data *data = NULL;
    rondo_error error = {0};
    rondo_options *options = DEFAULTS;
    write_file(folder, "one.wav", "RIFF\4\0\0\0WAVE", 12);
    const char *path = write_file(folder, "a.list", "one.wav\ta\n", 10);
    assert_int_equal(rd_data_open(options, "classify", (rd_known){0}, &path, 1, &data, &error), RONDO_SYSTEM);
    assert_non_null(strstr(error.message, "libsndfile"));
    rondo_options_free(options);
    remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_build_without_libsndfile_says_so)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
