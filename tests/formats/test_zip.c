/* ZIP archives: what libzip and Python write is read; what lies about itself is refused by entry. */
#include "formats/archive.h"

#if RONDO_WITH_ZIP

static rondo_status open_and_read_all(const void *bytes, size_t size, rondo_error *error)
{
    rd_zip *zip = NULL;
    rondo_status status = rd_zip_open(bytes, size, "a.zip", &zip, error);
    if (status != RONDO_OK) return status;
    for (size_t i = 0; i < rd_zip_entries(zip) && status == RONDO_OK; i++) {
        char *content;
        size_t length;
        status = rd_zip_read(zip, i, 1 << 20, &content, &length, error);
        if (status == RONDO_OK) rd_free(content);
    }
    rd_zip_close(zip);
    return status;
}

static void expect_refused(const void *bytes, size_t size, rondo_status status, const char *why)
{
    rondo_error error = {0};
    assert_int_equal(open_and_read_all(bytes, size, &error), status);
    if (!strstr(error.message, why)) fail_msg("\"%s\" does not say \"%s\"", error.message, why);
    assert_non_null(strstr(error.message, "a.zip"));
}

static void entries_are_read_whatever_their_packing(void **state)
{
    (void)state;
    static const char text[] = "la la la la la la la la la la la la la la la la";
    archive a = archive_begin();
    archive_add(&a, "stored.txt", text, sizeof text, ZIP_CM_STORE);
    archive_add(&a, "deep/er/packed.txt", text, sizeof text, ZIP_CM_DEFLATE);
    archive_add(&a, "nothing", text, 0, ZIP_CM_DEFLATE);
    size_t size, i, length;
    unsigned char *bytes = archive_end(&a, &size);
    rd_zip *zip;
    char *content;
    assert_int_equal(rd_zip_open(bytes, size, "a.zip", &zip, NULL), RONDO_OK);
    assert_int_equal(rd_zip_entries(zip), 3);
    assert_string_equal(rd_zip_name(zip, 1), "deep/er/packed.txt");
    assert_null(rd_zip_name(zip, 3));
    assert_false(rd_zip_find(zip, "absent", &i));
    for (size_t k = 0; k < 3; k++) {
        assert_true(rd_zip_find(zip, rd_zip_name(zip, k), &i));
        assert_int_equal(i, k);
        assert_int_equal(rd_zip_read(zip, i, sizeof text, &content, &length, NULL), RONDO_OK);
        assert_int_equal(length, k < 2 ? sizeof text : 0);
        assert_memory_equal(content, text, length);
        assert_int_equal(content[length], 0);
        rd_free(content);
    }
    rondo_error error = {0};
    assert_int_equal(rd_zip_read(zip, 0, sizeof text - 1, &content, &length, &error), RONDO_LIMIT);
    assert_non_null(strstr(error.message, "\"stored.txt\""));
    rd_zip_close(zip);
    free(bytes);
}

/* The sizes and the CRC of the one entry, in both headers, are at known places. */
static void an_entry_that_lies_is_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        int method;
        size_t local, central; /* bytes to change in the two headers; 0: none */
        unsigned char change;
    } lies[] = {
        {ZIP_CM_STORE, 14, 16, 1},       /* the CRC */
        {ZIP_CM_DEFLATE, 14, 16, 1},     /* the CRC */
        {ZIP_CM_DEFLATE, 22, 24, 1},     /* unpacked size */
        {ZIP_CM_DEFLATE, 22, 24, 2},     /* unpacked size */
        {ZIP_CM_DEFLATE, 8, 10, 8 ^ 12}, /* method: bzip2 */
        {ZIP_CM_STORE, 6, 8, 1},         /* encrypted */
    };
    static char text[400];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * i % 23);
    for (size_t k = 0; k < sizeof lies / sizeof *lies; k++) {
        archive a = archive_begin();
        archive_add(&a, "wave", text, sizeof text, lies[k].method);
        size_t size, at = 0;
        unsigned char *bytes = archive_end(&a, &size);
        while (memcmp(bytes + at, "PK\1\2", 4) != 0)
            at++;
        bytes[lies[k].local] ^= lies[k].change;
        bytes[at + lies[k].central] ^= lies[k].change;
        expect_refused(bytes, size, RONDO_BAD_DATA, "\"wave\"");
        free(bytes);
    }
}

static void a_name_that_is_there_twice_is_refused(void **state)
{
    (void)state;
    archive a = archive_begin();
    archive_add(&a, "one", "1", 1, ZIP_CM_STORE);
    archive_add(&a, "two", "2", 1, ZIP_CM_STORE);
    size_t size;
    unsigned char *bytes = archive_end(&a, &size);
    for (size_t i = 0; i + 3 <= size; i++)
        if (memcmp(bytes + i, "two", 3) == 0) memcpy(bytes + i, "one", 3);
    expect_refused(bytes, size, RONDO_BAD_DATA, "entry \"one\" is there twice");
    free(bytes);
}

static void names_and_numbers_of_entries_have_limits(void **state)
{
    (void)state;
    char name[RD_ZIP_NAME + 2];
    for (size_t more = 0; more < 2; more++) {
        size_t size;
        archive a = archive_begin();
        memset(name, 'n', sizeof name);
        name[RD_ZIP_NAME + more] = 0;
        archive_add(&a, name, "1", 1, ZIP_CM_STORE);
        unsigned char *bytes = archive_end(&a, &size);
        rondo_error error = {0};
        assert_int_equal(open_and_read_all(bytes, size, &error), more ? RONDO_LIMIT : RONDO_OK);
        free(bytes);

        a = archive_begin();
        for (unsigned i = 0; i < RD_ZIP_ENTRIES + more; i++) {
            (void)snprintf(name, sizeof name, "%u", i);
            archive_add(&a, name, "", 0, ZIP_CM_STORE);
        }
        bytes = archive_end(&a, &size);
        rd_zip *zip = NULL;
        assert_int_equal(rd_zip_open(bytes, size, "a.zip", &zip, &error), more ? RONDO_LIMIT : RONDO_OK);
        assert_true(!more || strstr(error.message, "100001 entries"));
        rd_zip_close(zip);
        free(bytes);
    }
}

static void a_bomb_is_refused_and_a_large_run_of_zeros_is_not(void **state)
{
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        size_t size, length;
        char *zeros = calloc(RD_ZIP_SMALL + more * RD_ZIP_RATIO, 1), *content;
        assert_non_null(zeros);
        archive a = archive_begin();
        archive_add(&a, "zeros", zeros, RD_ZIP_SMALL + more * RD_ZIP_RATIO, ZIP_CM_DEFLATE);
        unsigned char *bytes = archive_end(&a, &size);
        rd_zip *zip;
        rondo_error error = {0};
        assert_int_equal(rd_zip_open(bytes, size, "a.zip", &zip, NULL), RONDO_OK);
        const rondo_status status = rd_zip_read(zip, 0, SIZE_MAX, &content, &length, &error);
        assert_int_equal(status, more ? RONDO_LIMIT : RONDO_OK);
        if (!more) assert_memory_equal(content, zeros, RD_ZIP_SMALL);
        if (!more) rd_free(content);
        rd_zip_close(zip);
        free(bytes);
        free(zeros);
    }
}

static void every_cut_is_refused(void **state)
{
    (void)state;
    size_t size;
    char *bytes = golden_file("packed.npz", &size);
    rondo_error error = {0};
    assert_int_equal(open_and_read_all(bytes, size, &error), RONDO_OK);
    for (size_t cut = 0; cut < size; cut++) {
        char *part = malloc(cut ? cut : 1);
        assert_non_null(part);
        memcpy(part, bytes, cut);
        expect_refused(part, cut, RONDO_BAD_DATA, "a.zip: ");
        free(part);
    }
    rd_free(bytes);
}

/* Contents have a CRC, names and dates do not: whatever is read under a known name is what was written. */
static void no_flipped_bit_changes_a_content(void **state)
{
    (void)state;
    size_t size;
    unsigned refused = 0;
    char *bytes = golden_file("packed.npz", &size), *changed = malloc(size);
    rd_zip *sound, *zip;
    assert_non_null(changed);
    assert_int_equal(rd_zip_open(bytes, size, "a.zip", &sound, NULL), RONDO_OK);
    for (size_t bit = 0; bit < 8 * size; bit += 3) {
        memcpy(changed, bytes, size);
        changed[bit / 8] = (char)(changed[bit / 8] ^ 1 << bit % 8);
        if (rd_zip_open(changed, size, "a.zip", &zip, NULL) != RONDO_OK) {
            refused++;
            continue;
        }
        for (size_t i = 0; i < rd_zip_entries(sound); i++) {
            size_t there, length, expected;
            char *content, *right;
            if (!rd_zip_find(zip, rd_zip_name(sound, i), &there)) continue;
            if (rd_zip_read(zip, there, 1 << 20, &content, &length, NULL) != RONDO_OK) {
                refused++;
                continue;
            }
            assert_int_equal(rd_zip_read(sound, i, 1 << 20, &right, &expected, NULL), RONDO_OK);
            assert_int_equal(length, expected);
            assert_memory_equal(content, right, length);
            rd_free(content);
            rd_free(right);
        }
        rd_zip_close(zip);
    }
    assert_true(refused > size);
    rd_zip_close(sound);
    rd_free(bytes);
    free(changed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_read_whatever_their_packing),
        cmocka_unit_test(an_entry_that_lies_is_refused_by_name),
        cmocka_unit_test(a_name_that_is_there_twice_is_refused),
        cmocka_unit_test(names_and_numbers_of_entries_have_limits),
        cmocka_unit_test(a_bomb_is_refused_and_a_large_run_of_zeros_is_not),
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(no_flipped_bit_changes_a_content),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void a_build_without_libzip_says_so(void **state)
{
    (void)state;
    rondo_error error = {0};
    rd_zip *zip;
    assert_int_equal(rd_zip_open("PK\5\6", 4, "a.zip", &zip, &error), RONDO_SYSTEM);
    assert_non_null(strstr(error.message, "libzip"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_build_without_libzip_says_so)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
