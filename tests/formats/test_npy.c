/* NumPy's arrays, against files that NumPy wrote: all types, orders and versions; and what it would not
 * write. */
#include "formats/archive.h"

#include "formats/npy.h"
#include "formats/safetensors.h"
#include "formats/tensor_numbers.h"

#include <math.h>

#define GOOD "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n"

static rondo_status parse(const void *bytes, size_t size, rd_bundle **bundle, rondo_error *error)
{
    assert_int_equal(rd_bundle_new(bundle, error), RONDO_OK);
    return rd_npy_parse(bytes, size, "a.npy", "a", *bundle, error);
}

/* A version 1 file of that header and 8 bytes of data. */
static rondo_status parse_header(const char *header, rd_bundle **bundle, rondo_error *error)
{
    char *file = malloc(10 + strlen(header) + 8);
    assert_non_null(file);
    memcpy(file, "\x93NUMPY\1\0", 8);
    file[8] = (char)(strlen(header) & 0xFF);
    file[9] = (char)(strlen(header) >> 8);
    memcpy(file + 10, header, strlen(header));
    memcpy(file + 10 + strlen(header), "\0\0\x80\x3f\0\0\0\xc0", 8);
    const rondo_status status = parse(file, 10 + strlen(header) + 8, bundle, error);
    free(file);
    return status;
}

static void expect_header(const char *header, rondo_status expected, const char *why)
{
    rd_bundle *bundle;
    rondo_error error = {0};
    const rondo_status status = parse_header(header, &bundle, &error);
    if (status != expected || !strstr(error.message, why))
        fail_msg("%s: status %d, \"%s\" instead of \"%s\"", header, (int)status, error.message, why);
    rd_bundle_free(bundle);
}

static void the_dictionary_may_be_spelt_in_every_way_of_python(void **state)
{
    (void)state;
    static const char *const spellings[] = {
        GOOD,
        "{'shape': (2,), 'fortran_order': False, 'descr': '<f4'}",
        "{ \"descr\" : \"<f4\" ,\"fortran_order\":True, 'shape': ( 2 , ) }   \n\n",
        "{'descr':'<f4','fortran_order':False,'shape':(2L,)}",
    };
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        rd_bundle *bundle;
        rondo_error error = {0};
        if (parse_header(spellings[i], &bundle, &error) != RONDO_OK) fail_msg("%s", error.message);
        const rd_tensor *a = rd_bundle_find(bundle, "a");
        assert_int_equal(a->rank, 1);
        assert_int_equal(a->shape[0], 2);
        assert_float_equal(((const float *)a->data)[0], 1, 0);
        assert_float_equal(((const float *)a->data)[1], -2, 0);
        rd_bundle_free(bundle);
    }
}

static void a_dictionary_that_is_not_the_one_is_refused_with_its_byte(void **state)
{
    (void)state;
    static const struct {
        const char *header, *why;
    } wrong[] = {
        {"", "a.npy: byte 10: the header is not a dictionary"},
        {"{'descr': '<f4', 'fortran_order': False}", "the key \"shape\" is missing"},
        {"{'descr': '<f4', 'descr': '<f4', 'shape': (2,)}", "byte 27: the key \"descr\" is there twice"},
        {"{'descr': '<f4', 'order': False, 'shape': (2,)}", "byte 27: the key \"order\" is not known"},
        {"{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}", "neither True nor False"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': [2]}", "not a tuple"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2)}", "not a tuple"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}", "not a whole number"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2.0,)}", "not a tuple"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", "not a whole number"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)", "a comma or the end"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x", "something follows"},
        {"{'descr': '<f4' 'fortran_order': False, 'shape': (2,)}", "a comma or the end"},
        {"{'descr' '<f4'}", "a colon is expected"},
        {"{'descr': 4}", "\"descr\" is not a text"},
        {"{'descr': '<f4", "\"descr\" is not a text"},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}", "byte 20: an array of records"},
        {"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
         "byte 20: an array of Python objects (a pickle)"},
        {"{'descr': '<U4', 'fortran_order': False, 'shape': (1,)}", "an array of texts"},
        {"{'descr': '|S4', 'fortran_order': False, 'shape': (2,)}", "an array of byte strings"},
        {"{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", "an array of complex numbers"},
        {"{'descr': '<M8[s]', 'fortran_order': False, 'shape': (1,)}", "an array of dates"},
        {"{'descr': '|V8', 'fortran_order': False, 'shape': (1,)}", "an array of records"},
        {"{'descr': '=f4', 'fortran_order': False, 'shape': (2,)}", "the type \"=f4\" is not known"},
        {"{'descr': '<f16', 'fortran_order': False, 'shape': (2,)}", "the type \"<f16\" is not known"},
        {"{'descr': '', 'fortran_order': False, 'shape': (2,)}", "the type \"\" is not known"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect_header(wrong[i].header, RONDO_BAD_DATA, wrong[i].why);
}

static void the_data_have_exactly_the_length_that_the_shape_asks_for(void **state)
{
    (void)state;
    static const struct {
        const char *shape, *why;
        rondo_status status;
    } shapes[] = {
        {"(2,)", "", RONDO_OK},
        {"(2, 1, 1, 1, 1, 1, 1, 1)", "", RONDO_OK},
        {"(2, 1, 1, 1, 1, 1, 1, 1, 1)", "more than 8 axes", RONDO_LIMIT},
        {"()", "more data, 8 bytes, than an array [] of F32 has", RONDO_BAD_DATA},
        {"(3,)", "fewer data, 8 bytes, than an array [3] of F32 has", RONDO_BAD_DATA},
        {"(1,)", "more data", RONDO_BAD_DATA},
        {"(0, 7)", "more data", RONDO_BAD_DATA},
        {"(4294967296, 4294967296)", "fewer data", RONDO_BAD_DATA},
        {"(4611686018427387906,)", "fewer data", RONDO_BAD_DATA},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        char header[128];
        (void)snprintf(header, sizeof header, "{'descr': '<f4', 'fortran_order': False, 'shape': %s}",
                       shapes[i].shape);
        expect_header(header, shapes[i].status, shapes[i].why);
    }
}

static void every_cut_of_a_file_is_refused(void **state)
{
    (void)state;
    static const char file[] = "\x93NUMPY\1\0\x3a\0" GOOD "abcdefgh";
    rd_bundle *bundle;
    assert_int_equal(parse(file, sizeof file - 1, &bundle, NULL), RONDO_OK);
    rd_bundle_free(bundle);
    for (size_t cut = 0; cut < sizeof file - 1; cut++) {
        rondo_error error = {0};
        char *part = malloc(cut ? cut : 1);
        assert_non_null(part);
        memcpy(part, file, cut);
        assert_int_equal(parse(part, cut, &bundle, &error), RONDO_BAD_DATA);
        assert_non_null(strstr(error.message, "a.npy: byte "));
        assert_int_equal(rd_bundle_tensors(bundle), 0);
        rd_bundle_free(bundle);
        free(part);
    }
}

static void an_unknown_version_is_refused(void **state)
{
    (void)state;
    static const char file[] = "\x93NUMPY\4\0\x3a\0" GOOD "abcdefgh";
    rd_bundle *bundle;
    rondo_error error = {0};
    assert_int_equal(parse(file, sizeof file - 1, &bundle, &error), RONDO_BAD_DATA);
    assert_string_equal(error.message, "a.npy: byte 6: version 4.0 of .npy (1, 2 and 3 are known)");
    rd_bundle_free(bundle);
}

static void half_precision_is_exact(void **state)
{
    (void)state;
    static const struct {
        uint16_t half;
        float value;
    } table[] = {{0x3c00, 1},
                 {0xc000, -2},
                 {0x7bff, 65504},
                 {0x0001, 0x1p-24F},
                 {0x0400, 0x1p-14F},
                 {0x03ff, 1023 * 0x1p-24F},
                 {0x3555, 0.333251953125F},
                 {0x0000, 0}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_true(rd_half_value(table[i].half) == table[i].value);
    assert_true(signbit(rd_half_value(0x8000)));
    assert_true(isinf(rd_half_value(0xfc00)) && rd_half_value(0xfc00) < 0);
    assert_true(isnan(rd_half_value(0x7e00)));
}

static void numbers_of_every_type_become_floats(void **state)
{
    (void)state;
    static const uint8_t u8[] = {0, 255};
    static const int8_t i8[] = {0, -128};
    static const int16_t i16[] = {0, -32768};
    static const uint64_t u64[] = {0, 1ull << 40};
    static const double f64[] = {0, 0.1};
    const struct {
        rd_dtype dtype;
        const void *data;
        float second;
    } table[] = {{RD_DTYPE_U8, u8, 255},       {RD_DTYPE_I8, i8, -128},   {RD_DTYPE_I16, i16, -32768},
                 {RD_DTYPE_U64, u64, 0x1p40F}, {RD_DTYPE_F64, f64, 0.1F}, {RD_DTYPE_BOOL, u8, 1}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const rd_tensor tensor = {.dtype = table[i].dtype, .data = table[i].data};
        float out[2] = {7, 7};
        assert_true(rd_tensor_is_numeric(&tensor));
        rd_tensor_numbers(&tensor, 0, 1, out);
        rd_tensor_numbers(&tensor, 1, 1, out + 1);
        assert_true(out[0] == 0 && out[1] == table[i].second);
    }
    assert_false(rd_tensor_is_numeric(&(rd_tensor){.dtype = RD_DTYPE_C64}));
}

static void what_numpy_cannot_hold_is_refused(void **state)
{
    (void)state;
    static const uint16_t brain[2];
    const rd_tensor tensor = {.dtype = RD_DTYPE_BF16, .rank = 1, .shape = {2}, .data = brain};
    rd_text text = {0};
    rondo_error error = {0};
    assert_int_equal(rd_npy_write(&tensor, &text, &error), RONDO_BAD_ARGUMENT);
    assert_non_null(strstr(error.message, "BF16"));
    rd_text_free(&text);
}

#if RONDO_WITH_ZIP
static rd_bundle *golden_arrays(const char *name)
{
    size_t size;
    char *bytes = golden_file(name, &size);
    rd_bundle *bundle = NULL;
    rondo_error error = {0};
    if (rd_npz_parse(bytes, size, name, 1 << 20, &bundle, &error) != RONDO_OK) fail_msg("%s", error.message);
    rd_free(bytes);
    return bundle;
}

#if RONDO_WITH_JSON
static void assert_same(const rd_tensor *a, const rd_tensor *b)
{
    assert_int_equal(a->dtype, b->dtype);
    assert_int_equal(a->rank, b->rank);
    assert_memory_equal(a->shape, b->shape, a->rank * sizeof a->shape[0]);
    assert_int_equal(a->bytes, b->bytes);
    assert_memory_equal(a->data, b->data, a->bytes);
}

static void whatever_numpy_writes_reads_as_it_was(void **state)
{
    (void)state;
    char path[512];
    rd_bundle *arrays = golden_arrays("arrays.npz"), *values = NULL;
    (void)snprintf(path, sizeof path, "%s/tests/formats/golden/arrays.safetensors", RD_SOURCE_DIR);
    assert_int_equal(rd_safetensors_read(path, &values, NULL, NULL), RONDO_OK);
    assert_int_equal(rd_bundle_tensors(arrays), rd_bundle_tensors(values));
    assert_true(rd_bundle_tensors(arrays) > 100);
    for (size_t i = 0; i < rd_bundle_tensors(values); i++) {
        const rd_tensor *expected = rd_bundle_at(values, i), *found = rd_bundle_find(arrays, expected->name);
        if (!found) fail_msg("%s is not there", expected->name);
        assert_same(found, expected);
    }
    rd_bundle_free(arrays);
    rd_bundle_free(values);
}
#endif

static void what_is_written_has_the_bytes_of_numpy(void **state)
{
    (void)state;
    size_t size, length, entry;
    char *file = golden_file("plain.npz", &size), *bytes;
    rd_zip *zip;
    rd_bundle *arrays = golden_arrays("plain.npz");
    assert_int_equal(rd_zip_open(file, size, "plain.npz", &zip, NULL), RONDO_OK);
    for (size_t i = 0; i < rd_bundle_tensors(arrays); i++) {
        const rd_tensor *tensor = rd_bundle_at(arrays, i);
        char name[64];
        rd_text text = {0};
        (void)snprintf(name, sizeof name, "%s.npy", tensor->name);
        assert_true(rd_zip_find(zip, name, &entry));
        assert_int_equal(rd_zip_read(zip, entry, 1 << 20, &bytes, &length, NULL), RONDO_OK);
        assert_int_equal(rd_npy_write(tensor, &text, NULL), RONDO_OK);
        assert_int_equal(text.size, length);
        assert_memory_equal(text.text, bytes, length);
        rd_text_free(&text);
        rd_free(bytes);
    }
    rd_zip_close(zip);
    rd_bundle_free(arrays);
    rd_free(file);
}

static void packed_archives_hold_the_same_arrays(void **state)
{
    (void)state;
    rd_bundle *packed = golden_arrays("packed.npz"), *plain = golden_arrays("plain.npz");
    assert_int_equal(rd_bundle_tensors(packed), 12);
    for (size_t i = 0; i < rd_bundle_tensors(packed); i++) {
        const rd_tensor *a = rd_bundle_at(packed, i), *b = rd_bundle_find(plain, a->name);
        assert_non_null(b);
        assert_int_equal(a->bytes, b->bytes);
        assert_memory_equal(a->data, b->data, a->bytes);
    }
    rd_bundle_free(packed);
    rd_bundle_free(plain);
}

static void an_archive_of_something_else_is_refused_by_entry(void **state)
{
    (void)state;
    static const char *const names[] = {"a.txt", ".npy", "a.npy"};
    static const char *const why[] = {"entry \"a.txt\" is not a .npy array",
                                      "entry \".npy\" is not a .npy array",
                                      "x.npz: \"a.npy\": byte 0: not a .npy file"};
    for (size_t i = 0; i < 3; i++) {
        archive a = archive_begin();
        archive_add(&a, names[i], "hello, hello", 12, ZIP_CM_STORE);
        size_t size;
        unsigned char *bytes = archive_end(&a, &size);
        rd_bundle *bundle = NULL;
        rondo_error error = {0};
        assert_int_equal(rd_npz_parse(bytes, size, "x.npz", 100, &bundle, &error), RONDO_BAD_DATA);
        assert_non_null(strstr(error.message, why[i]));
        assert_int_equal(rd_npz_parse(bytes, size, "x.npz", 11, &bundle, &error),
                         i == 2 ? RONDO_LIMIT : RONDO_BAD_DATA);
        assert_null(bundle);
        free(bytes);
    }
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_dictionary_may_be_spelt_in_every_way_of_python),
        cmocka_unit_test(a_dictionary_that_is_not_the_one_is_refused_with_its_byte),
        cmocka_unit_test(the_data_have_exactly_the_length_that_the_shape_asks_for),
        cmocka_unit_test(every_cut_of_a_file_is_refused),
        cmocka_unit_test(an_unknown_version_is_refused),
        cmocka_unit_test(half_precision_is_exact),
        cmocka_unit_test(numbers_of_every_type_become_floats),
        cmocka_unit_test(what_numpy_cannot_hold_is_refused),
#if RONDO_WITH_ZIP
#if RONDO_WITH_JSON
        cmocka_unit_test(whatever_numpy_writes_reads_as_it_was),
#endif
        cmocka_unit_test(what_is_written_has_the_bytes_of_numpy),
        cmocka_unit_test(packed_archives_hold_the_same_arrays),
        cmocka_unit_test(an_archive_of_something_else_is_refused_by_entry),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
