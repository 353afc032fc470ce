/* Folders and archives as data: which files they stand for, in which order, and what is refused by name. */
#include "record_help.h"

#include "formats/archive.h"

#include <sys/stat.h>

static rondo_status open_one(rondo_options *options, const char *path, rondo_data **data, rondo_error *error)
{
    *data = NULL;
    const rondo_status status = open_files(options, "classify", &path, 1, data, error);
    rondo_options_free(options);
    return status;
}

static void expect_refused(rondo_options *options, const char *path, rondo_status wanted, const char *why)
{
    rondo_data *data;
    rondo_error error = {0};
    const rondo_status status = open_one(options, path, &data, &error);
    if (status != wanted || !strstr(error.message, why)) fail_msg("status %d, %s", (int)status, error.message);
}

static void a_folder_is_its_files_in_the_order_of_their_names(void **state)
{
    (void)state;
    char folder[64], inside[96];
    rondo_data *data;
    rondo_error error = {0};
    strcpy(folder, fresh_folder());
    (void)write_file(folder, "b.tsv", "y\tB\n", 4);
    (void)write_file(folder, "a.tsv", "x\tA\nz\tC", 7);
    (void)write_file(folder, ".c.tsv", "not a record", 12);
    (void)write_file(folder, "README", "not a record", 12);
    (void)write_file(folder, "notes.pdf", "not a record", 12);
    snprintf(inside, sizeof inside, "%s/d.tsv", folder);
    assert_int_equal(mkdir(inside, 0700), 0);
    if (open_one(DEFAULTS, folder, &data, &error) != RONDO_OK) fail_msg("%s", error.message);
    assert_int_equal(rd_data_count(data), 3);
    expect_label(data, 0, "x");
    expect_label(data, 1, "z");
    expect_label(data, 2, "y");
    assert_string_equal(stored(data, RD_X), "ACB");
    snprintf(inside, sizeof inside, "%s/b.tsv", folder);
    assert_string_equal(rd_data_name(data, 1), inside);
    rondo_data_free(data);
    (void)write_file(folder, "e.jsonl", "{}", 2);
    expect_refused(DEFAULTS, folder, RONDO_BAD_ARGUMENT, "files for --reader tsv and for --reader jsonl (\"e.jsonl\") are in it");
    expect_refused(OPTIONS("reader", "fasta"), folder, RONDO_BAD_DATA, ": no file in it has a suffix that --task classify reads");
    expect_refused(OPTIONS("reader", "npy"), folder, RONDO_BAD_DATA, ": no file in it");
    expect_refused(OPTIONS("reader", "text"), folder, RONDO_BAD_ARGUMENT, "--reader text is for --task lm, not for --task classify");
    assert_int_equal(open_one(OPTIONS("reader", "tsv"), folder, &data, NULL), RONDO_OK);
    rondo_data_free(data);
    (void)write_file(folder, "x.npy", "", 0);
    expect_refused(OPTIONS("reader", "npy"), folder, RONDO_BAD_ARGUMENT, "takes files in pairs");
    snprintf(inside, sizeof inside, "%s/d.tsv", folder);
    expect_refused(DEFAULTS, inside, RONDO_BAD_DATA, "d.tsv: no file in it has a suffix");
    assert_int_equal(rmdir(inside), 0);
    remove_folder(folder);
}

#if RONDO_WITH_ZIP
static void an_archive_is_its_entries(void **state)
{
    (void)state;
    char folder[64], path[96], entry[128];
    rondo_data *data;
    rondo_error error = {0};
    size_t size;
    archive a = archive_begin();
    archive_add(&a, "train/b.tsv", "x\tA\n", 4, ZIP_CM_DEFLATE);
    archive_add(&a, "train/a.tsv", "y\tB\n", 4, ZIP_CM_STORE);
    archive_add(&a, "test/c.tsv", "y\tC\n", 4, ZIP_CM_STORE);
    archive_add(&a, "test/._c.tsv", "\0\0", 2, ZIP_CM_STORE);
    archive_add(&a, "README", "none", 4, ZIP_CM_STORE);
    unsigned char *bytes = archive_end(&a, &size);
    strcpy(folder, fresh_folder());
    strcpy(path, write_file(folder, "a.zip", (const char *)bytes, size));
    if (open_one(DEFAULTS, path, &data, &error) != RONDO_OK) fail_msg("%s", error.message);
    assert_string_equal(stored(data, RD_X), "ABC");
    expect_label(data, 0, "x");
    snprintf(entry, sizeof entry, "%s:train/a.tsv", path);
    assert_string_equal(rd_data_name(data, 1), entry);
    rondo_data_free(data);
    assert_int_equal(open_one(DEFAULTS, entry, &data, NULL), RONDO_OK);
    assert_string_equal(stored(data, RD_X), "B");
    rondo_data_free(data);
    snprintf(entry, sizeof entry, "%s:test/", path);
    assert_int_equal(open_one(DEFAULTS, entry, &data, NULL), RONDO_OK);
    assert_string_equal(stored(data, RD_X), "C");
    rondo_data_free(data);
    snprintf(entry, sizeof entry, "%s:none/", path);
    expect_refused(DEFAULTS, entry, RONDO_BAD_DATA, "a.zip:none/: no file in it has a suffix");
    snprintf(entry, sizeof entry, "%s:test/x.tsv", path);
    expect_refused(DEFAULTS, entry, RONDO_BAD_DATA, "a.zip: there is no entry \"test/x.tsv\"");
    (void)write_file(folder, "a.zip", (const char *)bytes, size - 10);
    expect_refused(DEFAULTS, path, RONDO_BAD_DATA, "a.zip: ");
    free(bytes);
    remove_folder(folder);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_is_its_files_in_the_order_of_their_names),
#if RONDO_WITH_ZIP
        cmocka_unit_test(an_archive_is_its_entries),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
