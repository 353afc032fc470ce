/* Each class of damage is answered with a status and a byte, never with a crash or a reading. */
#include "formats/safetensors_bytes.h"

#include "base/hash.h"

#define LOOK(text)               (text), sizeof(text) - 1
#define T(dtype, shape, offsets) "{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

static void the_length_of_the_header_is_checked_before_anything_else(void **state)
{
    (void)state;
    expect_bytes("", 0, RONDO_BAD_MODEL, "byte 0: the file is empty");
    expect_bytes("\x02\0\0", 3, RONDO_BAD_MODEL,
                 "byte 3: this is no safetensors file: it ends inside the length");
    expect_bytes("\0\0\0\0\0\0\0\0", 8, RONDO_BAD_MODEL, "the header is empty");
    expect_bytes("\x01\0\0\0\0\0\0\0{", 9, RONDO_BAD_MODEL, "the header is empty");
    expect_bytes("\x03\0\0\0\0\0\0\0{}", 10, RONDO_BAD_MODEL, "should have 3 bytes, 2 follow");
    expect_bytes("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10, RONDO_BAD_MODEL, "18446744073709551615 bytes");
    expect_bytes("\xf8\xff\xff\xff\xff\xff\xff\xff{}", 10, RONDO_BAD_MODEL, "18446744073709551608 bytes");
    expect_bytes("\x02\0\0\0\0\0\0\x80{}", 10, RONDO_BAD_MODEL, "should have 9223372036854775810 bytes");
    expect_bytes("\x02\0\0\0\0\0\0\0[]", 10, RONDO_BAD_MODEL, "byte 8");
    expect_bytes("\x03\0\0\0\0\0\0\0 {}", 11, RONDO_BAD_MODEL, "does not begin with");
    expect_bytes("\x02\0\0\0\0\0\0\0{}", 10, RONDO_OK, "");
}

static void a_header_over_the_limit_is_refused_and_one_at_it_is_not(void **state)
{
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        const size_t header = (size_t)RD_SAFETENSORS_HEADER + more;
        char *text = malloc(header);
        assert_non_null(text);
        memset(text, ' ', header);
        memcpy(text, "{}", 2);
        file_bytes file = file_with(text, header, 0);
        free(text);
        expect_bytes(file.at, file.size, more ? RONDO_LIMIT : RONDO_OK, "at most 100000000");
        free(file.at);
    }
}

static void a_file_that_is_something_else_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *content;
        size_t size;
        const char *looks;
    } files[] = {
        {LOOK("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"), "a Git LFS pointer"},
        {LOOK("PK\x03\x04\x14\0\0\0\0\0\0\0data.pkl"), "a ZIP file"},
        {LOOK("\x80\x02}q\0X\x01\0\0\0aq\x01.\0\0"), "a Python pickle"},
        {LOOK("\x80\x04\x95\x0f\0\0\0\0\0\0\0}."), "a Python pickle"},
        {LOOK("<!DOCTYPE html><html></html>"), "a web page"},
        {LOOK("\n\n <html><body>404</body>"), "a web page"},
        {LOOK("\x89HDF\r\n\x1a\n\0\0\0\0"), "an HDF5 file"},
        {LOOK("\x93NUMPY\x01\0v\0{'descr'"), "a NumPy array"},
        {LOOK("\x1f\x8b\x08\0\0\0\0\0\0\x03"), "a gzip file"},
        {LOOK("{\"a\": [1, 2, 3]}"), "JSON text"},
        {LOOK("<html>"), "a web page"},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        expect_bytes(files[i].content, files[i].size, RONDO_BAD_MODEL, files[i].looks);
    rondo_error error = {0};
    try_bytes(files[0].content, files[0].size, &error);
    assert_non_null(strstr(error.hint, "git lfs pull"));
}

static void a_sound_file_that_begins_like_something_else_is_read(void **state)
{
    (void)state;
    char header[0x280];
    memset(header, ' ', sizeof header);
    memcpy(header, "{}", 2);
    file_bytes file = file_with(header, sizeof header, 0); /* the length begins 80 02, as a pickle does */
    expect_bytes(file.at, file.size, RONDO_OK, "");
    free(file.at);
}

static void text_that_is_not_one_object_is_refused_with_its_byte(void **state)
{
    (void)state;
    expect_header("{} {}", 0, RONDO_BAD_MODEL, "byte 11: the header goes on after its object");
    expect_header("{}\n", 0, RONDO_BAD_MODEL, "byte 10: the header goes on after its object (\"\\n\")");
    expect_header("{}   ", 0, RONDO_OK, "");
    expect_header("{\"a\":", 0, RONDO_BAD_MODEL, "the header ends inside its object");
    expect_header("{\"a", 0, RONDO_BAD_MODEL, "the header ends inside its object");
    expect_header("{\"a\\", 0, RONDO_BAD_MODEL, "the header ends inside its object");
    expect_header("{a}", 0, RONDO_BAD_MODEL, "the header is not JSON");
    expect_header("{\"a\":1,}", 0, RONDO_BAD_MODEL, "the header is not JSON");
    expect_header("{\"a\":[}", 0, RONDO_BAD_MODEL, "the header ends inside");
    expect_header("{\"a\":[}]", 0, RONDO_BAD_MODEL, "the header is not JSON");
    expect_header("{'a':1}", 0, RONDO_BAD_MODEL, "the header is not JSON");
    expect_header("{\"a\":NaN}", 0, RONDO_BAD_MODEL, "the header is not JSON");
    expect_header("{\"a\":01}", 0, RONDO_BAD_MODEL, "the header is not JSON");
    expect_header("{/**/}", 0, RONDO_BAD_MODEL, "the header is not JSON");
    expect_header("{\"__metadata__\":{\"a\":\"\xc0\xaf\"}}", 0, RONDO_BAD_MODEL, "the header is not JSON");
    expect_header("{\"__metadata__\":{\"a\":\"\\ud800\"}}", 0, RONDO_BAD_MODEL, "the header is not JSON");
    expect_header("{\"__metadata__\":{\"a\\u0000\":\"\"}}", 0, RONDO_BAD_MODEL, "the header is not JSON");
    const file_bytes nul = file_with("{\"a\0\":1}", 8, 0);
    expect_bytes(nul.at, nul.size, RONDO_BAD_MODEL, "the header is not JSON");
    free(nul.at);
}

static void deep_nesting_is_refused_before_it_is_parsed(void **state)
{
    (void)state;
    char header[400];
    for (size_t depth = 63; depth <= 66; depth++) { /* of lists, inside one object */
        snprintf(header, sizeof header, "{\"a\":%.*s%.*s}", (int)depth,
                 "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", (int)depth,
                 "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
        expect_header(header, 0, RONDO_BAD_MODEL, depth < 64 ? "is not an object" : "nests deeper than 64");
    }
    const size_t many = 1000000;
    char *text = malloc(many + 5);
    assert_non_null(text);
    memcpy(text, "{\"a\":", 5);
    memset(text + 5, '[', many);
    const file_bytes file = file_with(text, many + 5, 0);
    expect_bytes(file.at, file.size, RONDO_BAD_MODEL, "byte 76: the header nests deeper than 64");
    free(file.at);
    free(text);
}

static void a_name_given_twice_is_refused_also_when_spelt_differently(void **state)
{
    (void)state;
    expect_header("{\"a\":" T("U8", "[]", "[0,1]") ",\"a\":" T("U8", "[]", "[1,2]") "}", 2, RONDO_BAD_MODEL,
                  "duplicate");
    expect_header("{\"a\":" T("U8", "[]", "[0,1]") ",\"\\u0061\":" T("U8", "[]", "[1,2]") "}", 2,
                  RONDO_BAD_MODEL, "duplicate");
    expect_header("{\"__metadata__\":{},\"__metadata__\":{}}", 0, RONDO_BAD_MODEL, "duplicate");
    expect_header("{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}", 0, RONDO_BAD_MODEL, "duplicate");
    expect_header("{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1]}}", 1,
                  RONDO_BAD_MODEL, "duplicate");
}

static void an_entry_has_exactly_its_three_members(void **state)
{
    (void)state;
    expect_header("{\"a\":1}", 0, RONDO_BAD_MODEL, "byte 9: tensor \"a\": its entry is not an object");
    expect_header("{\"a\":null}", 0, RONDO_BAD_MODEL, "is not an object");
    expect_header("{\"a\":{}}", 0, RONDO_BAD_MODEL, "\"dtype\" is missing");
    expect_header("{\"a\":{\"dtype\":\"U8\",\"data_offsets\":[0,1]}}", 1, RONDO_BAD_MODEL,
                  "\"shape\" is missing");
    expect_header("{\"a\":{\"dtype\":\"U8\",\"shape\":[]}}", 1, RONDO_BAD_MODEL,
                  "\"data_offsets\" is missing");
    expect_header("{\"a\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1],\"x\":0}}", 1,
                  RONDO_BAD_MODEL, "its entry has 4 members");
    expect_header("{\"a\":{\"dtype\":8,\"shape\":[],\"data_offsets\":[0,1]}}", 1, RONDO_BAD_MODEL,
                  "is not a text");
    expect_header("{\"a\":" T("U8", "1", "[0,1]") "}", 1, RONDO_BAD_MODEL, "\"shape\" is not a list");
    expect_header("{\"a\":" T("U8", "[]", "0") "}", 1, RONDO_BAD_MODEL, "is not two whole numbers");
    expect_header("{\"a\":" T("U8", "[]", "[0]") "}", 1, RONDO_BAD_MODEL, "is not two whole numbers");
    expect_header("{\"a\":" T("U8", "[]", "[0,1,1]") "}", 1, RONDO_BAD_MODEL, "is not two whole numbers");
    expect_header("{\"__metadata__\":[]}", 0, RONDO_BAD_MODEL, "\"__metadata__\" is not an object");
    expect_header("{\"__metadata__\":{\"a\":1}}", 0, RONDO_BAD_MODEL, "the metadata \"a\" is not a text");
    expect_header("{\"__metadata__\":{\"a\":{\"b\":\"\"}}}", 0, RONDO_BAD_MODEL,
                  "the metadata \"a\" is not a text");
    expect_header("{\"a\":" T("U8", "[]", "[0,1]") "}", 1, RONDO_OK, "");
}

static void an_unknown_type_is_refused_by_name(void **state)
{
    (void)state;
    expect_header("{\"a\":" T("F4", "[2]", "[0,1]") "}", 1, RONDO_BAD_MODEL,
                  "the type \"F4\" is not supported");
    expect_header("{\"a\":" T("f32", "[]", "[0,4]") "}", 4, RONDO_BAD_MODEL,
                  "the type \"f32\" is not supported");
    expect_header("{\"a\":" T("", "[]", "[0,4]") "}", 4, RONDO_BAD_MODEL, "the type \"\" is not supported");
    expect_header("{\"a\":" T("F32\\u0000", "[]", "[0,4]") "}", 4, RONDO_BAD_MODEL, "is not supported");
}

static void shapes_and_offsets_are_whole_numbers_that_fit_the_file(void **state)
{
    (void)state;
    static const struct {
        const char *shape, *offsets, *part;
    } rows[] = {
        {"[-2]", "[0,8]", "axis 0 of \"shape\" is not a whole number"},
        {"[2.0]", "[0,8]", "axis 0 of \"shape\" is not a whole number"},
        {"[2e0]", "[0,8]", "axis 0 of \"shape\" is not a whole number"},
        {"[2,\"1\"]", "[0,8]", "axis 1 of \"shape\" is not a whole number"},
        {"[null]", "[0,8]", "axis 0 of \"shape\" is not a whole number"},
        {"[18446744073709551618]", "[0,8]", "the header is not JSON"},
        {"[9223372036854775807]", "[0,8]", "does not fill the 8 bytes"},
        {"[4611686018427387906]", "[0,8]", "does not fill the 8 bytes"},   /* x 4 wraps to 8 */
        {"[4294967296,4294967296]", "[0,8]", "does not fill the 8 bytes"}, /* wraps to 0 */
        {"[4294967296,4294967296]", "[0,0]", "does not fill the 0 bytes"},
        {"[3]", "[0,8]", "F32 of shape [3] does not fill the 8 bytes"},
        {"[1]", "[0,8]", "does not fill the 8 bytes"},
        {"[]", "[0,8]", "does not fill the 8 bytes"},
        {"[0]", "[0,8]", "does not fill the 8 bytes"},
        {"[2]", "[-8,0]", "is not two whole numbers"},
        {"[2]", "[0,8.0]", "is not two whole numbers"},
        {"[2]", "[0,\"8\"]", "is not two whole numbers"},
        {"[2]", "[8,0]", "ends at 0, before it begins at 8"},
        {"[2]", "[0,18446744073709551624]", "the header is not JSON"},
        {"[2]", "[9223372036854775800,9223372036854775807]", "the file has 8: it is cut or damaged"},
        {"[2]", "[1,9]", "ends at byte 9 of the data, the file has 8"},
    };
    char header[200];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(header, sizeof header, "{\"a\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":%s}}",
                 rows[i].shape, rows[i].offsets);
        expect_header(header, 8, RONDO_BAD_MODEL, rows[i].part);
    }
}

static void the_ranges_fill_the_data_without_gap_overlap_or_tail(void **state)
{
    (void)state;
    const char *sound = "{\"b\":" T("U8", "[2]", "[2,4]") ",\"a\":" T("U8", "[2]", "[0,2]") "}";
    expect_header(sound, 4, RONDO_OK, "");
    expect_header(sound, 5, RONDO_BAD_MODEL, "1 bytes follow the last tensor");
    expect_header(sound, 3, RONDO_BAD_MODEL, "it is cut or damaged");
    expect_header("{\"a\":" T("U8", "[2]", "[0,2]") ",\"b\":" T("U8", "[1]", "[3,4]") "}", 4, RONDO_BAD_MODEL,
                  "tensor \"b\" begins at byte 3 of the data, the one before ends at 2: there is a gap");
    expect_header("{\"a\":" T("U8", "[2]", "[0,2]") ",\"b\":" T("U8", "[3]", "[1,4]") "}", 4, RONDO_BAD_MODEL,
                  "they overlap");
    expect_header("{\"a\":" T("U8", "[4]", "[0,4]") ",\"b\":" T("U8", "[4]", "[0,4]") "}", 4, RONDO_BAD_MODEL,
                  "they overlap");
    expect_header("{\"a\":" T("U8", "[3]", "[1,4]") "}", 4, RONDO_BAD_MODEL, "there is a gap");
    expect_header("{\"a\":" T("U8", "[4]", "[0,4]") ",\"b\":" T("U8", "[0]", "[2,2]") "}", 4, RONDO_BAD_MODEL,
                  "they overlap");
    expect_header("{}", 1, RONDO_BAD_MODEL, "1 bytes follow the last tensor");
}

static void rank_name_and_number_of_tensors_have_limits(void **state)
{
    (void)state;
    expect_header("{\"a\":" T("U8", "[1,1,1,1,1,1,1]", "[0,1]") "}", 1, RONDO_OK, "");
    expect_header("{\"a\":" T("U8", "[1,1,1,1,1,1,1,1]", "[0,1]") "}", 1, RONDO_OK, "");
    expect_header("{\"a\":" T("U8", "[1,1,1,1,1,1,1,1,1]", "[0,1]") "}", 1, RONDO_LIMIT,
                  "has 9 axes (at most 8)");
    char name[1026], header[1200];
    for (size_t length = 1023; length <= 1025; length++) {
        memset(name, 'n', length);
        name[length] = 0;
        snprintf(header, sizeof header, "{\"%s\":%s}", name, T("U8", "[]", "[0,1]"));
        expect_header(header, 1, length <= 1024 ? RONDO_OK : RONDO_LIMIT, "has 1025 bytes (at most 1024)");
    }
    for (unsigned count = RD_BUNDLE_TENSORS - 1; count <= RD_BUNDLE_TENSORS + 2; count++) {
        char *text = malloc((size_t)count * 64 + 8);
        assert_non_null(text);
        size_t at = (size_t)sprintf(text, "{");
        for (unsigned i = 0; i < count; i++) /* backwards, the order that costs most */
            at += (size_t)sprintf(text + at, "%s\"%u\":%s", i ? "," : "", count - i, T("U8", "[0]", "[0,0]"));
        sprintf(text + at, "}");
        expect_header(text, 0, count <= RD_BUNDLE_TENSORS ? RONDO_OK : RONDO_LIMIT,
                      "more than 100000 tensors");
        free(text);
    }
}

static void a_header_of_millions_of_values_is_refused_before_it_is_parsed(void **state)
{
    (void)state;
    const size_t pairs = RD_SAFETENSORS_VALUES;
    char *text = malloc(2 * pairs + 16);
    assert_non_null(text);
    size_t at = (size_t)sprintf(text, "{\"a\":[1");
    for (size_t i = 0; i < pairs; i++) {
        text[at++] = ',';
        text[at++] = '1';
    }
    memcpy(text + at, "]}", 3);
    expect_header(text, 0, RONDO_LIMIT, "more than 2000000 values");
    free(text);
}

static void odd_names_are_shown_quoted(void **state)
{
    (void)state;
    rondo_error error = {0};
    const file_bytes file = file_with("{\"\\u001b[31m\\nrondo: ok\":1}", 27, 0);
    assert_int_equal(try_bytes(file.at, file.size, &error), RONDO_BAD_MODEL);
    assert_null(strchr(error.message, '\n'));
    assert_null(strchr(error.message, '\x1b'));
    free(file.at);
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    const file_bytes file = guarded_file();
    expect_bytes(file.at, file.size, RONDO_OK, "");
    for (size_t size = 0; size < file.size; size++)
        expect_bytes(file.at, size, RONDO_BAD_MODEL, "byte");
    rd_free(file.at);
}

static void every_flipped_bit_of_a_guarded_file_is_seen(void **state)
{
    (void)state;
    const file_bytes file = guarded_file();
    for (size_t bit = 0; bit < 8 * file.size; bit++) {
        file.at[bit / 8] ^= (unsigned char)(1u << bit % 8);
        expect_bytes(file.at, file.size, RONDO_BAD_MODEL, "byte");
        file.at[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    expect_bytes(file.at, file.size, RONDO_OK, "");
    rd_free(file.at);
}

static void damaged_data_are_named_with_their_tensor_and_byte(void **state)
{
    (void)state;
    const file_bytes file = guarded_file();
    char part[64];
    file.at[file.size - 1] ^= 0x10; /* the last of u's three bytes */
    snprintf(part, sizeof part, "byte %zu: tensor \"u\" is damaged", file.size - 3);
    expect_bytes(file.at, file.size, RONDO_BAD_MODEL, part);
    file.at[file.size - 1] ^= 0x10;
    file.at[file.size - 4] ^= 0x10; /* the last of w */
    expect_bytes(file.at, file.size, RONDO_BAD_MODEL, "tensor \"w\\\\\\n\" is damaged");
    memset(file.at + file.size - 27, 0, 27); /* a zero tail */
    expect_bytes(file.at, file.size, RONDO_BAD_MODEL, "is damaged");
    rd_free(file.at);
}

static void one_checksum_without_the_other_is_refused(void **state)
{
    (void)state;
    expect_header("{\"__metadata__\":{\"rondo.crc\":\"\"}}", 0, RONDO_BAD_MODEL, "has only one of");
    expect_header("{\"__metadata__\":{\"rondo.header_crc\":\"00000000\"}}", 0, RONDO_BAD_MODEL, "is damaged");
    expect_header("{\"__metadata__\":{\"rondo.header_crc\":\"0\"}}", 0, RONDO_BAD_MODEL,
                  "does not have eight digits");
    expect_header("{\"__metadata__\":{\"rondo.header_crc\":\"\"}}", 0, RONDO_BAD_MODEL,
                  "does not have eight digits");
    expect_header("{\"__metadata__\":{\"rondo.header_crc\":0}}", 0, RONDO_BAD_MODEL, "is not a text");
    expect_header("{\"__metadata__\":{\"rondo.crc\":\"\",\"rondo.header\\u005fcrc\":\"00000000\"}}", 0,
                  RONDO_BAD_MODEL, "spelt with escapes");
    expect_header("{\"\\u005f_metadata__\":{\"rondo.header_crc\":\"00000000\"}}", 0, RONDO_BAD_MODEL,
                  "has only one of");
}

/* Makes the header's own checksum true again after a change. */
static void guard_again(file_bytes file)
{
    static const char key[] = "\"rondo.header_crc\":\"";
    unsigned char *digits = memmem(file.at, file.size, key, sizeof key - 1);
    uint64_t header = 0;
    char text[9];
    assert_non_null(digits);
    digits += sizeof key - 1;
    for (unsigned i = 0; i < 8; i++)
        header |= (uint64_t)file.at[i] << (8 * i);
    memset(digits, '0', 8);
    snprintf(text, sizeof text, "%08x", rd_crc32c(0, file.at, 8 + (size_t)header));
    memcpy(digits, text, 8);
}

/* Changes `from` to `to`, which is as long, where it stands first. */
static void change(file_bytes file, const char *from, const char *to)
{
    unsigned char *at = memmem(file.at, file.size, from, strlen(from));
    assert_non_null(at);
    memcpy(at, to, strlen(from));
}

static void checksums_that_are_true_must_also_be_about_the_tensors_there_are(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *part;
    } rows[] = {
        {"\"u\":{", "\"v\":{", "does not list the tensors: \"v\" missing"}, /* a tensor renamed */
        {" u\\n", " v\\n", "does not list the tensors: \"u\" missing"},     /* a line renamed */
        {" u\\n", " u  ", "does not list the tensors: \"u\" missing"},      /* a line that never ends */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        file_bytes file = guarded_file();
        guard_again(file);
        expect_bytes(file.at, file.size, RONDO_OK, "");
        change(file, rows[i].from, rows[i].to);
        expect_bytes(file.at, file.size, RONDO_BAD_MODEL, "the header is damaged");
        guard_again(file);
        expect_bytes(file.at, file.size, RONDO_BAD_MODEL, rows[i].part);
        rd_free(file.at);
    }
    static const char more[] =
        "{\"__metadata__\":{\"rondo.crc\":\"00000000 a\\n\",\"rondo.header_crc\":\"00000000\"}}";
    file_bytes file = file_with(more, sizeof more - 1, 0);
    guard_again(file);
    expect_bytes(file.at, file.size, RONDO_BAD_MODEL, "lists more than the tensors of the file");
    free(file.at);
}

int main(void)
{
    const int skipped = without_json();
    if (skipped) return skipped > 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_length_of_the_header_is_checked_before_anything_else),
        cmocka_unit_test(a_header_over_the_limit_is_refused_and_one_at_it_is_not),
        cmocka_unit_test(a_file_that_is_something_else_is_named),
        cmocka_unit_test(a_sound_file_that_begins_like_something_else_is_read),
        cmocka_unit_test(text_that_is_not_one_object_is_refused_with_its_byte),
        cmocka_unit_test(deep_nesting_is_refused_before_it_is_parsed),
        cmocka_unit_test(a_name_given_twice_is_refused_also_when_spelt_differently),
        cmocka_unit_test(an_entry_has_exactly_its_three_members),
        cmocka_unit_test(an_unknown_type_is_refused_by_name),
        cmocka_unit_test(shapes_and_offsets_are_whole_numbers_that_fit_the_file),
        cmocka_unit_test(the_ranges_fill_the_data_without_gap_overlap_or_tail),
        cmocka_unit_test(rank_name_and_number_of_tensors_have_limits),
        cmocka_unit_test(a_header_of_millions_of_values_is_refused_before_it_is_parsed),
        cmocka_unit_test(odd_names_are_shown_quoted),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(every_flipped_bit_of_a_guarded_file_is_seen),
        cmocka_unit_test(damaged_data_are_named_with_their_tensor_and_byte),
        cmocka_unit_test(one_checksum_without_the_other_is_refused),
        cmocka_unit_test(checksums_that_are_true_must_also_be_about_the_tensors_there_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
