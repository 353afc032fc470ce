/* A batch: named parts over the same sequences, filled again and again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sequence/batch.h"

#include <string.h>

static const size_t lengths[] = {2, 4, 0, 3};
static const int32_t s0[] = {1, 2}, s1[] = {3, 4, 5, 6}, s3[] = {7, 8, 9};
static const int32_t *const symbols[] = {s0, s1, NULL, s3};

static rondo_batch *open_batch(void)
{
    rondo_batch *batch;
    assert_int_equal(rondo_batch_new(&batch, NULL), RONDO_OK);
    assert_int_equal(rondo_batch_put(batch, "x",
                                     &(rondo_sequences){.count = 4, .length = lengths, .symbols = symbols},
                                     NULL),
                     RONDO_OK);
    return batch;
}

static void rows_are_time_major_and_longest_first(void **state)
{
    (void)state;
    const int32_t packed[] = {3, 7, 1, 4, 8, 2, 5, 9, 6};
    rondo_batch *batch = open_batch();
    assert_memory_equal(rd_batch_part(batch, "x")->symbols, packed, sizeof packed);
    assert_int_equal(rondo_batch_pack(batch, "x")->rows, 9);
    assert_null(rondo_batch_pack(batch, "z"));
    assert_null(rondo_batch_pack(NULL, "x"));
    rondo_batch_free(batch);
}

static void values_are_copied_row_by_row(void **state)
{
    (void)state;
    const rondo_real a[] = {1, 2, 3, 4}, b[] = {5, 6};
    const rondo_real *const values[] = {b, a};
    const size_t length[] = {1, 2};
    const rondo_real packed[] = {1, 2, 5, 6, 3, 4};
    rondo_batch *batch;
    assert_int_equal(rondo_batch_new(&batch, NULL), RONDO_OK);
    rondo_sequences s = {.count = 2, .length = length, .width = 2, .values = values};
    assert_int_equal(rondo_batch_put(batch, "x", &s, NULL), RONDO_OK);
    assert_memory_equal(rd_batch_part(batch, "x")->values, packed, sizeof packed);
    rondo_batch_free(batch);
}

static void parts_have_the_same_number_of_sequences(void **state)
{
    (void)state;
    rondo_error error;
    rondo_batch *batch = open_batch();
    rondo_sequences three = {.count = 3, .length = lengths, .symbols = symbols};
    assert_int_equal(rondo_batch_put(batch, "y", &three, &error), RONDO_BAD_ARGUMENT);
    assert_non_null(strstr(error.message, "\"y\" of a batch has 3 sequences, part \"x\" has 4"));
    rondo_batch_free(batch);
}

static void a_part_left_from_another_batch_is_not_there(void **state)
{
    (void)state;
    rondo_batch *batch = open_batch();
    rondo_sequences four = {.count = 4, .length = lengths, .symbols = symbols};
    rondo_sequences two = {.count = 2, .length = lengths, .symbols = symbols};
    assert_int_equal(rondo_batch_put(batch, "y", &four, NULL), RONDO_OK);
    assert_int_equal(rondo_batch_put(batch, "x", &two, NULL), RONDO_OK);
    assert_null(rondo_batch_pack(batch, "y"));
    rondo_batch_free(batch);
}

static void characters_have_a_sequence_a_row_of_x(void **state)
{
    (void)state;
    rondo_error error;
    const size_t nine[] = {1, 0, 2, 1, 1, 1, 1, 1, 1}, two[] = {1, 1};
    const int32_t *const chars[] = {s1, NULL, s1, s1, s1, s1, s1, s1, s1};
    rondo_sequences words = {.count = 9, .length = nine, .symbols = chars};
    rondo_batch *batch = open_batch(), *bare;
    assert_int_equal(rondo_batch_put(batch, "chars", &words, NULL), RONDO_OK);
    assert_int_equal(rondo_batch_pack(batch, "chars")->sequences, 9);
    assert_int_equal(batch->sequences, 4); /* those of the batch are as they were */
    words.count = 4;
    assert_int_equal(rondo_batch_put(batch, "chars", &words, &error), RONDO_BAD_ARGUMENT);
    assert_non_null(strstr(error.message, "\"chars\" of a batch has 4 sequences, part \"x\" has 9 rows"));
    assert_int_equal(
        rondo_batch_put(batch, "x", &(rondo_sequences){.count = 2, .length = two, .symbols = symbols}, NULL),
        RONDO_OK);
    assert_null(rondo_batch_pack(batch, "chars")); /* left over from other rows */
    assert_int_equal(rondo_batch_new(&bare, NULL), RONDO_OK);
    assert_int_equal(rondo_batch_put(bare, "chars", &words, &error), RONDO_BAD_ARGUMENT);
    assert_non_null(strstr(error.message, "must come first"));
    rondo_batch_free(bare);
    rondo_batch_free(batch);
}

static void marks_are_cleared_by_the_next_x(void **state)
{
    (void)state;
    rondo_batch *batch = open_batch();
    assert_int_equal(rondo_batch_reset(batch, 3, NULL), RONDO_OK);
    assert_int_equal(batch->fresh[3], 1);
    assert_int_equal(rondo_batch_reset(batch, 4, NULL), RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_batch_put(batch, "x",
                                     &(rondo_sequences){.count = 4, .length = lengths, .symbols = symbols},
                                     NULL),
                     RONDO_OK);
    assert_int_equal(batch->fresh[3], 0);
    rondo_batch_free(batch);
}

static void filling_a_batch_again_allocates_nothing(void **state)
{
    (void)state;
    rondo_batch *batch = open_batch();
    rondo_sequences less = {.count = 2, .length = lengths, .symbols = symbols};
    rd_memory_trap(1);
    assert_int_equal(rondo_batch_put(batch, "x", &less, NULL), RONDO_OK);
    rd_memory_trap(0);
    rondo_batch_free(batch);
}

static void wrong_use_is_refused_with_a_sentence(void **state)
{
    (void)state;
    rondo_error error;
    const rondo_real *const none[] = {NULL};
    const size_t one[] = {1};
    const rondo_sequences bad[] = {
        {.count = 0, .length = lengths, .symbols = symbols},
        {.count = 1, .length = NULL, .symbols = symbols},
        {.count = 1, .length = one},
        {.count = 1, .length = one, .width = 0, .values = none},
        {.count = 1, .length = one, .width = 1, .values = none},
        {.count = 1, .length = one, .width = 1, .values = none, .symbols = symbols},
    };
    rondo_batch *batch = open_batch();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        error.message[0] = 0;
        assert_int_equal(rondo_batch_put(batch, "x", &bad[i], &error), RONDO_BAD_ARGUMENT);
        assert_true(strlen(error.message) > 10);
    }
    assert_int_equal(rondo_batch_put(batch, "",
                                     &(rondo_sequences){.count = 4, .length = lengths, .symbols = symbols},
                                     NULL),
                     RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_batch_put(NULL, "x", &bad[0], &error), RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_batch_pack(batch, "x")->rows, 9); /* the part is as it was */
    rondo_batch_free(batch);
    rondo_batch_free(NULL);
}

static void weights_follow_their_rows(void **state)
{
    (void)state;
    const rd_real w0[] = {1, 2}, w1[] = {3, 4, 5, 6}, w3[] = {7, 8, 9},
                  packed[] = {3, 7, 1, 4, 8, 2, 5, 9, 6};
    const rd_real *const weight[] = {w0, w1, NULL, w3};
    rondo_batch *batch = open_batch();
    assert_int_equal(rd_batch_weigh(batch, "x", weight, NULL), RONDO_OK);
    assert_memory_equal(rd_batch_part(batch, "x")->weight, packed, sizeof packed);
    assert_int_equal(rd_batch_weigh(batch, "y", weight, NULL), RONDO_BAD_ARGUMENT);
    rondo_batch_free(batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_time_major_and_longest_first),
        cmocka_unit_test(values_are_copied_row_by_row),
        cmocka_unit_test(parts_have_the_same_number_of_sequences),
        cmocka_unit_test(a_part_left_from_another_batch_is_not_there),
        cmocka_unit_test(characters_have_a_sequence_a_row_of_x),
        cmocka_unit_test(marks_are_cleared_by_the_next_x),
        cmocka_unit_test(filling_a_batch_again_allocates_nothing),
        cmocka_unit_test(wrong_use_is_refused_with_a_sentence),
        cmocka_unit_test(weights_follow_their_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
