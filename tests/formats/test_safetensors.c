/* What is written is what the reference writes, and what is read is what stands in the file. The golden files
 * are made by scripts/golden_safetensors.py. */
#include "formats/safetensors_bytes.h"
#include "formats/safetensors_header.h"

#include <unistd.h>

#define GOLDEN RD_SOURCE_DIR "/tests/formats/golden/"

/* clang-format off */
static const rd_tensor table[] = { /* the same as in scripts/golden_safetensors.py */
    {.name = "weight",   .dtype = RD_DTYPE_F32,  .rank = 2, .shape = {3, 2}},
    {.name = "bias",     .dtype = RD_DTYPE_F32,  .rank = 1, .shape = {3}},
    {.name = "scalar",   .dtype = RD_DTYPE_F32,  .rank = 0},
    {.name = "none",     .dtype = RD_DTYPE_F32,  .rank = 3, .shape = {2, 0, 5}},
    {.name = "double",   .dtype = RD_DTYPE_F64,  .rank = 1, .shape = {2}},
    {.name = "half",     .dtype = RD_DTYPE_F16,  .rank = 1, .shape = {3}},
    {.name = "brain",    .dtype = RD_DTYPE_BF16, .rank = 2, .shape = {1, 3}},
    {.name = "long",     .dtype = RD_DTYPE_I64,  .rank = 1, .shape = {1}},
    {.name = "unsigned", .dtype = RD_DTYPE_U64,  .rank = 1, .shape = {1}},
    {.name = "pair",     .dtype = RD_DTYPE_C64,  .rank = 1, .shape = {1}},
    {.name = "symbols",  .dtype = RD_DTYPE_I32,  .rank = 1, .shape = {2}},
    {.name = "counts",   .dtype = RD_DTYPE_U32,  .rank = 1, .shape = {1}},
    {.name = "short",    .dtype = RD_DTYPE_I16,  .rank = 1, .shape = {1}},
    {.name = "ushort",   .dtype = RD_DTYPE_U16,  .rank = 1, .shape = {1}},
    {.name = "tiny",     .dtype = RD_DTYPE_I8,   .rank = 1, .shape = {3}},
    {.name = "bytes",    .dtype = RD_DTYPE_U8,   .rank = 1, .shape = {5}},
    {.name = "flags",    .dtype = RD_DTYPE_BOOL, .rank = 1, .shape = {2}},
    {.name = "e4m3",     .dtype = RD_DTYPE_F8_E4M3, .rank = 1, .shape = {1}},
    {.name = "e5m2",     .dtype = RD_DTYPE_F8_E5M2, .rank = 1, .shape = {1}},
    {.name = "e8m0",     .dtype = RD_DTYPE_F8_E8M0, .rank = 1, .shape = {1}},
    {.name = "e4m3z",    .dtype = RD_DTYPE_F8_E4M3FNUZ, .rank = 1, .shape = {1}},
    {.name = "e5m2z",    .dtype = RD_DTYPE_F8_E5M2FNUZ, .rank = 1, .shape = {1}},
    {.name = "",         .dtype = RD_DTYPE_U8,   .rank = 1, .shape = {1}},
    {.name = "a \"quoted\"\\name\n\t\x01\x7f/é→😀", .dtype = RD_DTYPE_U8, .rank = 1, .shape = {1}},
};
/* clang-format on */
#define TABLE (sizeof table / sizeof table[0])

static rd_bundle *new_bundle(void)
{
    rd_bundle *bundle;
    assert_int_equal(rd_bundle_new(&bundle, NULL), RONDO_OK);
    return bundle;
}

static void set(rd_bundle *bundle, const char *name, const char *value)
{
    assert_int_equal(rd_bundle_set(bundle, name, value, strlen(value), NULL), RONDO_OK);
}

/* Adds rows of the table, the last first; byte i of tensor k is i * 37 + k * 11. */
static rd_bundle *golden_bundle(size_t rows)
{
    rd_bundle *bundle = new_bundle();
    for (size_t k = rows; k-- > 0;) {
        size_t bytes;
        void *data;
        assert_true(rd_tensor_bytes(&table[k], &bytes));
        assert_int_equal(rd_bundle_make(bundle, &table[k], &data, NULL), RONDO_OK);
        for (size_t i = 0; i < bytes; i++)
            ((unsigned char *)data)[i] =
                (unsigned char)((i * 37 + k * 11) % (table[k].dtype == RD_DTYPE_BOOL ? 2 : 256));
    }
    return bundle;
}

static void expect_same(const rd_bundle *a, const rd_bundle *b)
{
    assert_int_equal(rd_bundle_tensors(a), rd_bundle_tensors(b));
    for (size_t i = 0; i < rd_bundle_tensors(a); i++) {
        const rd_tensor *x = rd_bundle_at(a, i), *y = rd_bundle_at(b, i);
        assert_string_equal(x->name, y->name);
        assert_int_equal(x->dtype, y->dtype);
        assert_int_equal(x->rank, y->rank);
        assert_memory_equal(x->shape, y->shape, sizeof x->shape);
        assert_int_equal(x->bytes, y->bytes);
        if (x->bytes) assert_memory_equal(x->data, y->data, x->bytes);
    }
    assert_int_equal(rd_bundle_texts(a), rd_bundle_texts(b));
    const char *name, *value, *other;
    size_t size, other_size;
    for (size_t i = 0; rd_bundle_text(a, i, &name, &value, &size); i++) {
        other = rd_bundle_get(b, name, &other_size);
        assert_non_null(other);
        assert_int_equal(size, other_size);
        assert_memory_equal(value, other, size);
    }
}

static void expect_written_as(const rd_bundle *bundle, const char *path)
{
    char *golden, *packed;
    size_t golden_size, size;
    uint64_t measured;
    assert_int_equal(rd_file_read(path, 1 << 20, &golden, &golden_size, NULL), RONDO_OK);
    assert_int_equal(rd_safetensors_pack(bundle, 0, &packed, &size, NULL), RONDO_OK);
    assert_int_equal(size, golden_size);
    assert_memory_equal(packed, golden, size);
    assert_int_equal(rd_safetensors_measure(bundle, 0, &measured, NULL), RONDO_OK);
    assert_int_equal(measured, size);
    rd_free(packed);
    rd_free(golden);
}

static void the_same_tensors_give_the_same_bytes_as_the_reference(void **state)
{
    (void)state;
    rd_bundle *all = golden_bundle(TABLE), *two = golden_bundle(2), *none = new_bundle();
    set(all, "format", "pt");
    expect_written_as(all, GOLDEN "reference.safetensors");
    expect_written_as(two, GOLDEN "bare.safetensors");
    expect_written_as(none, GOLDEN "empty.safetensors");
    rd_bundle_free(all);
    rd_bundle_free(two);
    rd_bundle_free(none);
}

static void the_reference_s_file_is_read_as_it_was_meant(void **state)
{
    (void)state;
    rd_bundle *wanted = golden_bundle(TABLE), *read;
    int checked = 7;
    set(wanted, "format", "pt");
    assert_int_equal(rd_safetensors_read(GOLDEN "reference.safetensors", &read, &checked, NULL), RONDO_OK);
    assert_int_equal(checked, 0);
    expect_same(wanted, read);
    const rd_tensor *weight = rd_bundle_find(read, "weight");
    assert_int_equal((uintptr_t)weight->data % 4, 0);
    assert_true(weight->at > 8);
    rd_bundle_free(read);
    rd_bundle_free(wanted);
}

static void a_guarded_file_comes_back_whole_and_its_guards_stay_outside(void **state)
{
    (void)state;
    rd_bundle *bundle = golden_bundle(TABLE), *read;
    char *packed;
    size_t size;
    uint64_t measured;
    int checked = 0;
    set(bundle, "rondo.options", "cell = lstm\n# \"two\" lines\twith \\ and é😀\n");
    assert_int_equal(rd_bundle_set(bundle, "with nul", "a\0b", 3, NULL), RONDO_OK);
    assert_int_equal(rd_safetensors_measure(bundle, 1, &measured, NULL), RONDO_OK);
    assert_int_equal(rd_safetensors_pack(bundle, 1, &packed, &size, NULL), RONDO_OK);
    assert_int_equal(measured, size);
    assert_int_equal(rd_safetensors_parse(packed, size, "x", &read, &checked, NULL), RONDO_OK);
    assert_int_equal(checked, 1);
    assert_null(rd_bundle_get(read, RD_SAFETENSORS_CRC, NULL));
    assert_null(rd_bundle_get(read, RD_SAFETENSORS_HEADER_CRC, NULL));
    expect_same(bundle, read);
    rd_bundle_free(read);
    rd_free(packed);
    rd_bundle_free(bundle);
}

static void guards_of_an_older_file_are_never_copied(void **state)
{
    (void)state;
    rd_bundle *bundle = golden_bundle(3), *read;
    char *packed;
    size_t size;
    set(bundle, RD_SAFETENSORS_CRC, "00000000 weight\n");
    set(bundle, RD_SAFETENSORS_HEADER_CRC, "12345678");
    for (int checks = 0; checks < 2; checks++) {
        int checked;
        assert_int_equal(rd_safetensors_pack(bundle, checks, &packed, &size, NULL), RONDO_OK);
        assert_int_equal(rd_safetensors_parse(packed, size, "x", &read, &checked, NULL), RONDO_OK);
        assert_int_equal(checked, checks);
        assert_int_equal(rd_bundle_texts(read), 0);
        rd_bundle_free(read);
        rd_free(packed);
    }
    rd_bundle_free(bundle);
}

/* The file was put together by the script's own CRC-32C, not by ours. */
static void the_checksums_are_those_that_are_documented(void **state)
{
    (void)state;
    rd_bundle *read;
    int checked = 0;
    size_t size;
    assert_int_equal(
        rd_safetensors_read(RD_SOURCE_DIR "/fuzz/corpus/safetensors/sound_crc", &read, &checked, NULL),
        RONDO_OK);
    assert_int_equal(checked, 1);
    assert_string_equal(rd_bundle_get(read, "rondo.options", &size), "cell = lstm\nseed = 1\n");
    assert_int_equal(size, 21);
    assert_int_equal(rd_bundle_find(read, "a\\")->bytes, 3);
    rd_bundle_free(read);
}

static void numbers_that_stand_askew_in_a_file_are_copied_to_their_boundary(void **state)
{
    (void)state;
    static const char header[] = "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
                                 "\"b\":{\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[1,9]}}";
    file_bytes file = file_with(header, sizeof header - 1, 9);
    rd_bundle *read;
    double value;
    memcpy(file.at + file.size - 8, "\0\0\0\0\0\0\x04\x40", 8); /* 2.5, least byte first */
    assert_int_equal(rd_safetensors_parse(file.at, file.size, "x", &read, NULL, NULL), RONDO_OK);
    const rd_tensor *b = rd_bundle_find(read, "b");
    assert_int_equal((uintptr_t)b->data % sizeof(double), 0);
    memcpy(&value, b->data, sizeof value);
    assert_true(value == 2.5);
    rd_bundle_free(read);
    free(file.at);
}

static void bytes_are_turned_round_by_unit_also_in_place(void **state)
{
    (void)state;
    unsigned char out[8];
    rd_turn_bytes(out, "01234567", 8, 4);
    assert_memory_equal(out, "32107654", 8);
    rd_turn_bytes(out, out, 8, 4);
    assert_memory_equal(out, "01234567", 8);
    rd_turn_bytes(out, out, 8, 8);
    assert_memory_equal(out, "76543210", 8);
    rd_turn_bytes(out, out, 8, 2);
    assert_memory_equal(out, "67452301", 8);
    rd_turn_bytes(out, out, 8, 1);
    assert_memory_equal(out, "67452301", 8);
}

static void a_file_that_was_saved_is_read_again(void **state)
{
    (void)state;
    char folder[] = "/tmp/test_safetensors_XXXXXX", path[64];
    rd_bundle *bundle = golden_bundle(TABLE), *read;
    rd_save *save;
    int checked = 0;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/m.safetensors", folder);
    assert_int_equal(rd_save_open(path, &save, NULL), RONDO_OK);
    assert_int_equal(rd_safetensors_write(bundle, 1, save, NULL), RONDO_OK);
    assert_int_equal(rd_save_commit(save, 0, NULL), RONDO_OK);
    assert_int_equal(rd_safetensors_read(path, &read, &checked, NULL), RONDO_OK);
    assert_int_equal(checked, 1);
    expect_same(bundle, read);
    rd_bundle_free(read);
    rd_bundle_free(bundle);
    unlink(path);
    rmdir(folder);
}

static void a_missing_file_and_a_folder_are_the_systems_refusals(void **state)
{
    (void)state;
    rd_bundle *read = NULL;
    rondo_error error = {0};
    assert_int_equal(rd_safetensors_read(GOLDEN "absent", &read, NULL, &error), RONDO_SYSTEM);
    assert_non_null(strstr(error.message, "absent"));
    assert_int_equal(rd_safetensors_read(GOLDEN, &read, NULL, &error), RONDO_SYSTEM);
    assert_null(read);
}

static void a_device_without_end_is_not_read_for_ever(void **state)
{
    (void)state;
    rd_bundle *read = NULL;
    rondo_error error = {0};
    if (access("/dev/zero", R_OK) != 0) skip();
    assert_int_equal(rd_safetensors_read("/dev/zero", &read, NULL, &error), RONDO_LIMIT);
    assert_null(read);
}

static void the_name_of_a_file_cannot_forge_a_line(void **state)
{
    (void)state;
    char folder[] = "/tmp/test_safetensors_XXXXXX", path[64];
    rd_bundle *read = NULL;
    rondo_error error = {0};
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a\nrondo: \x1b[31mfine", folder);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(rd_safetensors_read(path, &read, NULL, &error), RONDO_BAD_MODEL);
    assert_non_null(strstr(error.message, "the file is empty"));
    assert_null(strpbrk(error.message, "\n\x1b"));
    unlink(path);
    rmdir(folder);
}

static void a_tensor_cannot_take_the_place_of_the_metadata(void **state)
{
    (void)state;
    rd_bundle *bundle = new_bundle();
    char *packed;
    size_t size;
    const rd_tensor tensor = {
        .name = "__metadata__", .dtype = RD_DTYPE_U8, .rank = 1, .shape = {1}, .data = "x"};
    assert_int_equal(rd_bundle_add(bundle, &tensor, NULL), RONDO_OK);
    assert_int_equal(rd_safetensors_pack(bundle, 0, &packed, &size, NULL), RONDO_BAD_ARGUMENT);
    assert_int_equal(rd_safetensors_pack(NULL, 0, &packed, &size, NULL), RONDO_BAD_ARGUMENT);
    rd_bundle_free(bundle);
}

static void a_header_that_no_reader_would_take_is_not_written(void **state)
{
    (void)state;
    rd_bundle *bundle = new_bundle();
    uint64_t measured;
    char *text = malloc(RD_SAFETENSORS_HEADER);
    assert_non_null(text);
    memset(text, 'a', RD_SAFETENSORS_HEADER);
    const size_t frame = strlen("{\"__metadata__\":{\"k\":\"\"}}");
    assert_int_equal(rd_bundle_set(bundle, "k", text, RD_SAFETENSORS_HEADER - frame, NULL), RONDO_OK);
    assert_int_equal(rd_safetensors_measure(bundle, 0, &measured, NULL), RONDO_OK);
    assert_int_equal(measured, 8 + (uint64_t)RD_SAFETENSORS_HEADER);
    assert_int_equal(rd_bundle_set(bundle, "k", text, RD_SAFETENSORS_HEADER - frame + 1, NULL), RONDO_OK);
    assert_int_equal(rd_safetensors_measure(bundle, 0, &measured, NULL), RONDO_LIMIT);
    free(text);
    rd_bundle_free(bundle);
}

static void each_allocation_that_fails_gives_a_limit_and_leaks_nothing(void **state)
{
    (void)state;
    const uint64_t live = rd_memory_live();
    unsigned failures = 0;
    for (uint64_t n = 1; n < 1000; n++) {
        rd_bundle *read = NULL;
        char *packed = NULL;
        size_t size;
        rd_memory_fail_at(n, 0);
        rondo_status status = rd_safetensors_read(GOLDEN "reference.safetensors", &read, NULL, NULL);
        if (status == RONDO_OK) status = rd_safetensors_pack(read, 1, &packed, &size, NULL);
        rd_memory_fail_at(0, 0);
        if (status == RONDO_OK) rd_free(packed);
        rd_bundle_free(read);
        assert_int_equal(rd_memory_live(), live);
        if (status == RONDO_OK) break;
        assert_int_equal(status, RONDO_LIMIT);
        failures++;
    }
    assert_in_range(failures, TABLE, 900);
}

int main(void)
{
    const int skipped = without_json();
    if (skipped) return skipped > 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_tensors_give_the_same_bytes_as_the_reference),
        cmocka_unit_test(the_reference_s_file_is_read_as_it_was_meant),
        cmocka_unit_test(a_guarded_file_comes_back_whole_and_its_guards_stay_outside),
        cmocka_unit_test(guards_of_an_older_file_are_never_copied),
        cmocka_unit_test(the_checksums_are_those_that_are_documented),
        cmocka_unit_test(numbers_that_stand_askew_in_a_file_are_copied_to_their_boundary),
        cmocka_unit_test(bytes_are_turned_round_by_unit_also_in_place),
        cmocka_unit_test(a_file_that_was_saved_is_read_again),
        cmocka_unit_test(a_missing_file_and_a_folder_are_the_systems_refusals),
        cmocka_unit_test(a_device_without_end_is_not_read_for_ever),
        cmocka_unit_test(the_name_of_a_file_cannot_forge_a_line),
        cmocka_unit_test(a_tensor_cannot_take_the_place_of_the_metadata),
        cmocka_unit_test(a_header_that_no_reader_would_take_is_not_written),
        cmocka_unit_test(each_allocation_that_fails_gives_a_limit_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
