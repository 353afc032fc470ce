/* Event files for TensorBoard, read back here by the rules of the format and not by our writer. */
#include "formats/tfevents.h"

#include "base/hash.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static uint64_t little(const unsigned char *bytes, size_t count)
{
    uint64_t value = 0;
    for (size_t i = count; i > 0; i--)
        value = value << 8 | bytes[i - 1];
    return value;
}

/* The message inside a record whose two checksums are right. */
static const unsigned char *open_record(const unsigned char *record, size_t size, size_t *message)
{
    *message = (size_t)little(record, 8);
    assert_int_equal(size, 8 + 4 + *message + 4);
    assert_int_equal(little(record + 8, 4), rd_tfevent_mask(rd_crc32c(0, record, 8)));
    assert_int_equal(little(record + 12 + *message, 4), rd_tfevent_mask(rd_crc32c(0, record + 12, *message)));
    return record + 12;
}

static void the_checksum_is_castagnolis_and_masked(void **state)
{
    (void)state;
    assert_int_equal(rd_crc32c(0, "123456789", 9), 0xe3069283u);
    assert_int_equal(rd_tfevent_mask(0), 0xa282ead8u);
    assert_int_equal(rd_tfevent_mask(0xe3069283u),
                     (((0xe3069283u >> 15) | (0xe3069283u << 17)) + 0xa282ead8u));
}

static void the_first_record_names_the_version(void **state)
{
    (void)state;
    unsigned char record[RD_TFEVENT_ROOM];
    size_t message, size = rd_tfevent_version(1.5, record);
    const unsigned char *m = open_record(record, size, &message);
    static const unsigned char expected[] = {0x09, 0,   0,   0,   0,   0,   0,   0xf8, 0x3f, 0x1a, 13,  'b',
                                             'r',  'a', 'i', 'n', '.', 'E', 'v', 'e',  'n',  't',  ':', '2'};
    assert_int_equal(message, sizeof expected);
    assert_memory_equal(m, expected, sizeof expected);
}

static void scalars_are_values_with_tag_and_float(void **state)
{
    (void)state;
    unsigned char record[RD_TFEVENT_ROOM];
    const rd_scalar scalars[] = {{"loss/train", 1.0F}, {"x", -2.0F}};
    size_t message, size = rd_tfevent_scalars(0, 300, scalars, 2, record);
    const unsigned char *m = open_record(record, size, &message);
    static const unsigned char expected[] = {0x10, 0xac, 0x02, /* step 300 */
                                             0x2a, 29,   0x0a, 17,  0x0a, 10,   'l', 'o', 's',  's',  '/',
                                             't',  'r',  'a',  'i', 'n',  0x15, 0,   0,   0x80, 0x3f, 0x0a,
                                             8,    0x0a, 1,    'x', 0x15, 0,    0,   0,   0xc0};
    assert_int_equal(message, 9 + sizeof expected);
    assert_memory_equal(m + 9, expected, sizeof expected);
}

static void a_restart_is_a_session_start_at_its_step(void **state)
{
    (void)state;
    unsigned char record[RD_TFEVENT_ROOM];
    size_t message, size = rd_tfevent_restart(0, 7, record);
    const unsigned char *m = open_record(record, size, &message);
    static const unsigned char expected[] = {0x10, 7, 0x3a, 2, 0x08, 1};
    assert_int_equal(message, 9 + sizeof expected);
    assert_memory_equal(m + 9, expected, sizeof expected);
}

static void eight_scalars_with_the_longest_tags_fit_and_a_ninth_is_left_out(void **state)
{
    (void)state;
    unsigned char record[RD_TFEVENT_ROOM];
    char tag[100];
    rd_scalar scalars[9];
    memset(tag, 't', sizeof tag - 1);
    tag[sizeof tag - 1] = 0;
    for (size_t i = 0; i < 9; i++)
        scalars[i] = (rd_scalar){tag, 0};
    size_t message, size = rd_tfevent_scalars(0, UINT64_MAX, scalars, 9, record);
    (void)open_record(record, size, &message);
    assert_int_equal(message, 9 + 11 + 3 + 8 * (2 + 2 + 63 + 5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_checksum_is_castagnolis_and_masked),
        cmocka_unit_test(the_first_record_names_the_version),
        cmocka_unit_test(scalars_are_values_with_tag_and_float),
        cmocka_unit_test(a_restart_is_a_session_start_at_its_step),
        cmocka_unit_test(eight_scalars_with_the_longest_tags_fit_and_a_ninth_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
