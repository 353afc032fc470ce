/* Hashes against their published values, and both ways of CRC-32C against each other. */
#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void crc32c_gives_the_published_values(void **state)
{
    (void)state;
    unsigned char bytes[32];
    assert_int_equal(rd_crc32c(0, "123456789", 9), 0xe3069283);
    assert_int_equal(rd_crc32c_table(0, "123456789", 9), 0xe3069283);
    memset(bytes, 0, sizeof bytes); /* RFC 3720, B.4 */
    assert_int_equal(rd_crc32c(0, bytes, 32), 0x8a9136aa);
    memset(bytes, 0xff, sizeof bytes);
    assert_int_equal(rd_crc32c(0, bytes, 32), 0x62a8ab43);
    for (unsigned char i = 0; i < 32; i++)
        bytes[i] = i;
    assert_int_equal(rd_crc32c_table(0, bytes, 32), 0x46dd794e);
    assert_int_equal(rd_crc32c(77, NULL, 0), 77);
}

static void crc32c_agrees_with_its_table_at_every_length_cut_and_place(void **state)
{
    (void)state;
    unsigned char bytes[300];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * i * 31 + 7 * i);
    for (size_t from = 0; from < 9; from++)
        for (size_t size = 0; from + size <= sizeof bytes; size++) {
            const uint32_t whole = rd_crc32c_table(0, bytes + from, size);
            assert_int_equal(rd_crc32c(0, bytes + from, size), whole);
            const size_t cut = size / 3;
            assert_int_equal(rd_crc32c(rd_crc32c(0, bytes + from, cut), bytes + from + cut, size - cut),
                             whole);
        }
}

static void fnv1a_gives_the_published_values(void **state)
{
    (void)state;
    assert_true(rd_fnv1a("", 0) == UINT64_C(0xcbf29ce484222325));
    assert_true(rd_fnv1a("a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
    assert_true(rd_fnv1a("foobar", 6) == UINT64_C(0x85944171f73967e8));
}

static void sha256_gives_the_published_values(void **state)
{
    (void)state;
    static const struct {
        const char *text, *hex;
    } vectors[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    for (size_t i = 0; i < 3; i++) {
        rd_sha256 hash;
        char hex[65];
        rd_sha256_init(&hash);
        rd_sha256_add(&hash, vectors[i].text, strlen(vectors[i].text));
        rd_sha256_end(&hash, hex);
        assert_string_equal(hex, vectors[i].hex);
    }
}

static void sha256_does_not_see_how_its_input_is_cut(void **state)
{
    (void)state;
    static char million[1000000];
    char hex[65];
    memset(million, 'a', sizeof million);
    for (size_t step = 1; step < sizeof million; step = step * 3 + 1) {
        rd_sha256 hash;
        rd_sha256_init(&hash);
        for (size_t at = 0; at < sizeof million; at += step)
            rd_sha256_add(&hash, million + at, at + step > sizeof million ? sizeof million - at : step);
        rd_sha256_end(&hash, hex);
        assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc32c_gives_the_published_values),
        cmocka_unit_test(crc32c_agrees_with_its_table_at_every_length_cut_and_place),
        cmocka_unit_test(fnv1a_gives_the_published_values),
        cmocka_unit_test(sha256_gives_the_published_values),
        cmocka_unit_test(sha256_does_not_see_how_its_input_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
