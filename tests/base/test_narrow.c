/* bf16: the upper half of a float, rounded to the nearest, of two as near to the even one. */
#include "base/narrow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void every_bf16_number_comes_back_as_it_was(void **state)
{
    (void)state;
    for (uint32_t half = 0; half <= 0xffff; half++)
        if (!isnan(float_of(half << 16))) assert_int_equal(rd_bf16_of(rd_bf16_value((uint16_t)half)), half);
}

static void what_lies_between_two_goes_to_the_nearer_and_from_the_middle_to_the_even_one(void **state)
{
    (void)state;
    for (uint32_t half = 0; half < 0x7f80; half++) /* to infinity */
        for (uint32_t sign = 0; sign <= 0x8000; sign += 0x8000) {
            const uint32_t low = sign | half, bits = low << 16;
            assert_int_equal(rd_bf16_of(float_of(bits | 0x7fff)), low);
            assert_int_equal(rd_bf16_of(float_of(bits | 0x8000)), low + (low & 1));
            assert_int_equal(rd_bf16_of(float_of(bits | 0x8001)), low + 1);
        }
}

static void nan_stays_nan_and_infinity_infinity(void **state)
{
    static const uint32_t nans[] = {0x7f800001, 0x7f80ffff, 0x7fc00000, 0x7fffffff, 0xff800001, 0xffffffff};
    (void)state;
    for (size_t i = 0; i < sizeof nans / sizeof *nans; i++)
        assert_true(isnan(rd_bf16_value(rd_bf16_of(float_of(nans[i])))));
    assert_int_equal(rd_bf16_of(float_of(0x7f800000)), 0x7f80);
    assert_int_equal(rd_bf16_of(float_of(0xff800000)), 0xff80);
}

static void a_row_is_its_numbers(void **state)
{
    enum { NUMBERS = 37 };
    rd_real row[NUMBERS], back[NUMBERS];
    uint16_t half[NUMBERS];
    (void)state;
    for (size_t i = 0; i < NUMBERS; i++)
        row[i] = (rd_real)i / 7 - 2;
    rd_bf16_of_row(NUMBERS, row, half);
    rd_bf16_values(NUMBERS, half, back);
    for (size_t i = 0; i < NUMBERS; i++)
        assert_true(half[i] == rd_bf16_of(row[i]) && back[i] == rd_bf16_value(half[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_bf16_number_comes_back_as_it_was),
        cmocka_unit_test(what_lies_between_two_goes_to_the_nearer_and_from_the_middle_to_the_even_one),
        cmocka_unit_test(nan_stays_nan_and_infinity_infinity),
        cmocka_unit_test(a_row_is_its_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
