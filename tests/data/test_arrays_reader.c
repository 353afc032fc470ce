/* Arrays of NumPy as sequences with labels or targets: lengths, pairs of files, and arrays that do not fit each other. */
#include "record_help.h"

#include "formats/npy.h"

#include <math.h>

#define TENSOR(its_name, type, values, axes, ...) \
    {.name = (its_name), .dtype = (type), .rank = (axes), .shape = {__VA_ARGS__}, .data = (values)}

static const float x[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}; /* [2][3][2] */
static const float infinite[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, (float)INFINITY};
static const float targets[12] = {10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120};
static const int64_t y[3] = {7, -3, 0}, lengths[3] = {2, 3, 1}, beyond[2] = {2, 4}, large[2] = {1, 1 << 24};
static const uint8_t bits[2] = {1, 0};

#define X           TENSOR("x", RD_DTYPE_F32, x, 3, 2, 3, 2)
#define LABELS      TENSOR("y", RD_DTYPE_I64, y, 1, 2)
#define LENGTHS(of) TENSOR("lengths", RD_DTYPE_I64, of, 1, 2)

/* Writes an array as NAME of the folder. */
static void write_npy(const char *folder, const char *name, rd_tensor tensor)
{
    rd_text text = {0};
    assert_int_equal(rd_npy_write(&tensor, &text, NULL), RONDO_OK);
    (void)write_file(folder, name, text.text, text.size);
    rd_text_free(&text);
}

/* Opens x.npy, y.npy of a folder (only the first, for answers, when there is no y). */
static rondo_status open_pair(const char *task, rd_tensor of_x, const rd_tensor *of_y, rondo_data **data, rondo_error *error)
{
    const char *folder = fresh_folder();
    char one[80], other[80];
    const char *const paths[] = {one, other};
    snprintf(one, sizeof one, "%s/x.npy", folder);
    snprintf(other, sizeof other, "%s/y.npy", folder);
    write_npy(folder, "x.npy", of_x);
    if (of_y) write_npy(folder, "y.npy", *of_y);
    rondo_options *options = DEFAULTS;
    *data = NULL;
    const rondo_status status = rd_data_open(options, task, (rd_known){.bare = !of_y}, paths, of_y ? 2 : 1, data, error);
    rondo_options_free(options);
    remove_folder(folder);
    return status;
}

static void expect_rows(const rondo_data *data, int part, const float *wanted, size_t rows, size_t width)
{
    float found[64];
    assert_int_equal(data->corpus->width[part], width);
    assert_int_equal(rd_store_count(data->corpus->values[part]), rows);
    assert_int_equal(rd_store_read(data->corpus->values[part], 0, rows, found, NULL), RONDO_OK);
    for (size_t i = 0; i < rows * width; i++) {
        if (isnan(wanted[i]))
            assert_true(isnan(found[i]));
        else
            assert_float_equal(found[i], wanted[i], 0);
    }
}

static void a_pair_of_files_is_sequences_and_labels(void **state)
{
    (void)state;
    rondo_data *data;
    rondo_error error = {0};
    const rd_tensor labels = LABELS, truths = TENSOR("y", RD_DTYPE_BOOL, bits, 1, 2);
    if (open_pair("classify", (rd_tensor)X, &labels, &data, &error) != RONDO_OK) fail_msg("%s", error.message);
    assert_int_equal(rd_data_count(data), 2);
    expect_rows(data, RD_X, x, 6, 2);
    expect_label(data, 0, "7");
    expect_label(data, 1, "-3");
    expect_line(data, 1, 2);
    rondo_data_free(data);
    if (open_pair("classify", (rd_tensor)TENSOR("x", RD_DTYPE_F32, x, 2, 2, 6), &truths, &data, &error) != RONDO_OK)
        fail_msg("%s", error.message);
    expect_rows(data, RD_X, x, 12, 1);
    expect_label(data, 0, "1");
    expect_label(data, 1, "0");
    rondo_data_free(data);
}

static void answers_need_x_alone(void **state)
{
    (void)state;
    rondo_data *data;
    rondo_error error = {0};
    if (open_pair("classify", (rd_tensor)X, NULL, &data, &error) != RONDO_OK) fail_msg("%s", error.message);
    assert_int_equal(rd_data_count(data), 2);
    expect_rows(data, RD_X, x, 6, 2);
    expect_label(data, 1, "-");
    rondo_data_free(data);
}

/* One row of targets for a sequence stands on its last step, a row for each step on each. */
static void targets_stand_at_the_last_step_or_at_each(void **state)
{
    (void)state;
    rondo_data *data;
    rondo_error error = {0};
    const rd_tensor one = TENSOR("y", RD_DTYPE_F32, targets, 1, 2), two = TENSOR("y", RD_DTYPE_F32, targets, 2, 2, 2),
                    each = TENSOR("y", RD_DTYPE_F32, targets, 3, 2, 3, 1);
    static const float last[] = {NAN, NAN, 10, NAN, NAN, 20},
                       pairs[] = {NAN, NAN, NAN, NAN, 10, 20, NAN, NAN, NAN, NAN, 30, 40};
    if (open_pair("regress", (rd_tensor)X, &one, &data, &error) != RONDO_OK) fail_msg("%s", error.message);
    assert_int_equal(rd_data_target_per_row(data), 0);
    expect_rows(data, RD_Y, last, 6, 1);
    rondo_data_free(data);
    if (open_pair("regress", (rd_tensor)X, &two, &data, &error) != RONDO_OK) fail_msg("%s", error.message);
    expect_rows(data, RD_Y, pairs, 6, 2);
    rondo_data_free(data);
    if (open_pair("regress", (rd_tensor)X, &each, &data, &error) != RONDO_OK) fail_msg("%s", error.message);
    assert_int_equal(rd_data_target_per_row(data), 1);
    expect_rows(data, RD_Y, targets, 6, 1);
    rondo_data_free(data);
}

static void pairs_that_do_not_fit_are_refused_with_the_array(void **state)
{
    (void)state;
    const struct {
        const char *task;
        rd_tensor x, y;
        const char *why;
    } wrong[] = {
        {"classify", TENSOR("x", RD_DTYPE_F32, x, 1, 12), LABELS, "x.npy: array \"x\": expected [sequences, steps, numbers]"},
        {"classify", TENSOR("x", RD_DTYPE_F32, x, 3, 2, 0, 2), LABELS, "none of them 0, found [2, 0, 2]"},
        {"classify", X, TENSOR("y", RD_DTYPE_I64, y, 1, 3), "y.npy: array \"y\": expected [2], a label for each sequence, found [3]"},
        {"classify", X, TENSOR("y", RD_DTYPE_F32, targets, 1, 2), "y.npy: array \"y\": expected whole numbers, found numbers of type F32"},
        {"classify", X, TENSOR("y", RD_DTYPE_I64, large, 1, 2), "y.npy: array \"y\": [1] is no label"},
        {"classify", TENSOR("x", RD_DTYPE_F32, infinite, 3, 2, 3, 2), LABELS, "x.npy: array \"x\": [1, 2, 1] is not a finite number"},
        {"classify", TENSOR("x", RD_DTYPE_F32, infinite, 2, 2, 6), LABELS, "x.npy: array \"x\": [1, 5] is not a finite number"},
        {"regress", X, TENSOR("y", RD_DTYPE_F32, targets, 2, 3, 2), "expected [2], [2, targets] or [2, 3, targets], found [3, 2]"},
        {"regress", X, TENSOR("y", RD_DTYPE_F32, targets, 3, 2, 2, 3), "expected [2], [2, targets] or [2, 3, targets], found [2, 2, 3]"},
        {"regress", X, TENSOR("y", RD_DTYPE_F32, infinite, 3, 2, 3, 2), "y.npy: array \"y\": [1, 2, 1] is not a finite number"},
        {"regress", X, TENSOR("y", RD_DTYPE_F32, infinite + 10, 1, 2), "y.npy: array \"y\": [1] is not a finite number"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        rondo_data *data;
        rondo_error error = {0};
        const rondo_status status = open_pair(wrong[i].task, wrong[i].x, &wrong[i].y, &data, &error);
        if (status != RONDO_BAD_DATA || !strstr(error.message, wrong[i].why))
            fail_msg("%zu: status %d, \"%s\" instead of \"%s\"", i, (int)status, error.message, wrong[i].why);
        assert_null(data);
    }
}

static void a_file_alone_teaches_nothing(void **state)
{
    (void)state;
    rondo_error error = {0};
    rondo_data *data = NULL;
    rondo_options *options = DEFAULTS;
    const char *const paths[] = {"x.npy"};
    assert_int_equal(rd_data_open(options, "classify", (rd_known){0}, paths, 1, &data, &error), RONDO_BAD_ARGUMENT);
    assert_non_null(strstr(error.message, "x.npy: --reader npy takes files in pairs, found 1"));
    rondo_options_free(options);
}

/* Opens bytes as in.npy, for answers. */
static rondo_status open_alone(const char *bytes, rondo_data **data, rondo_error *error)
{
    rondo_options *options = DEFAULTS;
    *data = NULL;
    const rondo_status status =
        rd_data_open_memory(options, "classify", (rd_known){.bare = 1}, "in.npy", bytes, strlen(bytes), data, error);
    rondo_options_free(options);
    return status;
}

static void damaged_files_are_told_with_their_byte(void **state)
{
    (void)state;
    static const char *const bad[] = {"abc", "PK\5\6"};
    rondo_data *data;
    rondo_error error = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(open_alone(bad[i], &data, &error), RONDO_BAD_DATA);
        if (strncmp(error.message, "in.npy: byte 0: ", 16) != 0) fail_msg("%s", error.message);
    }
}

static void answers_to_nothing_are_nothing(void **state)
{
    (void)state;
    rondo_data *data;
    rondo_error error = {0};
    if (open_alone("", &data, &error) != RONDO_OK) fail_msg("%s", error.message);
    assert_int_equal(rd_data_count(data), 0);
    rondo_data_free(data);
}

/* Files that follow each other have rows of the same kind. */
static void files_of_other_widths_are_refused(void **state)
{
    (void)state;
    const char *folder = fresh_folder();
    char name[4][80];
    const char *const paths[] = {name[0], name[1], name[2], name[3]};
    for (int i = 0; i < 4; i++)
        snprintf(name[i], sizeof name[i], "%s/%d.npy", folder, i);
    write_npy(folder, "0.npy", (rd_tensor)X);
    write_npy(folder, "1.npy", (rd_tensor)LABELS);
    write_npy(folder, "2.npy", (rd_tensor)TENSOR("x", RD_DTYPE_F32, x, 3, 2, 2, 3));
    write_npy(folder, "3.npy", (rd_tensor)LABELS);
    rondo_options *options = DEFAULTS;
    rondo_data *data = NULL;
    rondo_error error = {0};
    assert_int_equal(open_files(options, "classify", paths, 4, &data, &error), RONDO_BAD_DATA);
    if (!strstr(error.message, "2.npy: array \"x\": rows of 3 numbers, in the files before rows of 2")) fail_msg("%s", error.message);
    rondo_options_free(options);
    remove_folder(folder);
}

#if RONDO_WITH_ZIP

#include "formats/archive.h"

/* A .npz of some arrays, opened. Frees the options. */
static rondo_status open_archive(rondo_options *options, const char *task, const rd_tensor *arrays, size_t count, rondo_data **data,
                                 rondo_error *error)
{
    archive a = archive_begin();
    rd_text text[4] = {{0}};
    size_t size;
    for (size_t i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "%s.npy", arrays[i].name);
        assert_int_equal(rd_npy_write(&arrays[i], &text[i], NULL), RONDO_OK);
        archive_add(&a, name, text[i].text, text[i].size, ZIP_CM_DEFLATE);
    }
    unsigned char *bytes = archive_end(&a, &size);
    *data = NULL;
    const rondo_status status = rd_data_open_memory(options, task, (rd_known){0}, "in.npz", (const char *)bytes, size, data, error);
    for (size_t i = 0; i < count; i++)
        rd_text_free(&text[i]);
    free(bytes);
    rondo_options_free(options);
    return status;
}

static void an_archive_has_lengths_and_labels(void **state)
{
    (void)state;
    const rd_tensor arrays[] = {X, LABELS, LENGTHS(lengths)};
    rondo_data *data;
    rondo_error error = {0};
    if (open_archive(DEFAULTS, "classify", arrays, 3, &data, &error) != RONDO_OK) fail_msg("%s", error.message);
    static const float rows[] = {1, 2, 3, 4, 7, 8, 9, 10, 11, 12};
    expect_rows(data, RD_X, rows, 5, 2);
    expect_label(data, 0, "7");
    expect_label(data, 1, "-3");
    rondo_data_free(data);
}

/* The target of a sequence stays when --max-length cuts its steps; those of steps are cut with them. */
static void cut_sequences_keep_their_targets(void **state)
{
    (void)state;
    const rd_tensor one[] = {X, TENSOR("y", RD_DTYPE_F32, targets, 1, 2), LENGTHS(lengths)},
                    each[] = {X, TENSOR("y", RD_DTYPE_F32, targets, 3, 2, 3, 1)};
    static const float last[] = {NAN, 10, NAN, 20}, first[] = {10, 20, 40, 50};
    rondo_data *data;
    rondo_error error = {0};
    if (open_archive(OPTIONS("max-length", "2"), "regress", one, 3, &data, &error) != RONDO_OK) fail_msg("%s", error.message);
    expect_rows(data, RD_Y, last, 4, 1);
    assert_int_equal(data->corpus->cut, 1);
    rondo_data_free(data);
    if (open_archive(OPTIONS("max-length", "2"), "regress", each, 2, &data, &error) != RONDO_OK) fail_msg("%s", error.message);
    expect_rows(data, RD_Y, first, 4, 1);
    rondo_data_free(data);
}

static void bad_sequences_are_passed_over_when_allowed(void **state)
{
    (void)state;
    const rd_tensor arrays[] = {X, LABELS, LENGTHS(beyond)};
    rondo_data *data;
    rondo_error error = {0};
    if (open_archive(OPTIONS("skip-bad", "1"), "classify", arrays, 3, &data, &error) != RONDO_OK) fail_msg("%s", error.message);
    assert_int_equal(rd_data_count(data), 1);
    expect_label(data, 0, "7");
    assert_int_equal(data->corpus->skipped, 1);
    rondo_data_free(data);
}

static void archives_that_do_not_fit_are_refused_with_the_array(void **state)
{
    (void)state;
    const struct {
        rd_tensor arrays[3];
        size_t count;
        const char *why;
    } wrong[] = {
        {{LABELS}, 1, "in.npz: array \"x\": it is not there"},
        {{X}, 1, "in.npz: array \"y\": it is not there"},
        {{X, LABELS, TENSOR("lengths", RD_DTYPE_I64, lengths, 1, 3)}, 3, "in.npz: array \"lengths\": expected [2], a number of steps"},
        {{X, LABELS, TENSOR("lengths", RD_DTYPE_F32, x, 1, 2)}, 3, "in.npz: array \"lengths\": expected whole numbers"},
        {{X, LABELS, LENGTHS(beyond)}, 3, "in.npz: array \"lengths\": [1] is not a number of steps (0 to 3), found 4"},
        {{X, LABELS, LENGTHS(y)}, 3, "in.npz: array \"lengths\": [0] is not a number of steps (0 to 3), found 7"},
        {{X, LABELS, TENSOR("z", RD_DTYPE_I64, y, 1, 2)}, 3, "in.npz: array \"z\": expected x, y and lengths only"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        rondo_data *data;
        rondo_error error = {0};
        const rondo_status status = open_archive(DEFAULTS, "classify", wrong[i].arrays, wrong[i].count, &data, &error);
        if (status != RONDO_BAD_DATA || !strstr(error.message, wrong[i].why))
            fail_msg("%zu: status %d, \"%s\" instead of \"%s\"", i, (int)status, error.message, wrong[i].why);
        assert_null(data);
    }
}

#else

static void a_build_without_libzip_says_so(void **state)
{
    (void)state;
    refused_bytes(OPTIONS("reader", "npz"), "classify", "PK\5\6", 4, RONDO_SYSTEM, "in: a ZIP archive");
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pair_of_files_is_sequences_and_labels),
        cmocka_unit_test(answers_need_x_alone),
        cmocka_unit_test(targets_stand_at_the_last_step_or_at_each),
        cmocka_unit_test(pairs_that_do_not_fit_are_refused_with_the_array),
        cmocka_unit_test(a_file_alone_teaches_nothing),
        cmocka_unit_test(damaged_files_are_told_with_their_byte),
        cmocka_unit_test(answers_to_nothing_are_nothing),
        cmocka_unit_test(files_of_other_widths_are_refused),
#if RONDO_WITH_ZIP
        cmocka_unit_test(an_archive_has_lengths_and_labels),
        cmocka_unit_test(cut_sequences_keep_their_targets),
        cmocka_unit_test(bad_sequences_are_passed_over_when_allowed),
        cmocka_unit_test(archives_that_do_not_fit_are_refused_with_the_array),
#else
        cmocka_unit_test(a_build_without_libzip_says_so),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
