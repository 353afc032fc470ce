/* Lengths to rows and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sequence/batch.h"

#include <string.h>

static void the_worked_example_of_the_design_comes_out(void **state)
{
    (void)state;
    const size_t length[] = {2, 4, 0, 3}, order[] = {1, 3, 0, 2}, count[] = {3, 3, 2, 1},
                 offset[] = {0, 3, 6, 8, 9};
    rd_pack_store store = {.block = NULL};
    assert_int_equal(rd_pack_build(&store, length, 4, NULL), RONDO_OK);
    const rondo_pack *p = &store.pack;
    assert_int_equal(p->sequences, 4);
    assert_int_equal(p->steps, 4);
    assert_int_equal(p->rows, 9);
    assert_memory_equal(p->length, length, sizeof length);
    assert_memory_equal(p->order, order, sizeof order);
    assert_memory_equal(p->count, count, sizeof count);
    assert_memory_equal(p->offset, offset, sizeof offset);
    assert_int_equal(rd_pack_last_row(p, 0), 8);
    assert_int_equal(rd_pack_last_row(p, 2), 5);
    assert_true(rd_pack_last_row(p, 3) == SIZE_MAX);
    rd_pack_free(&store);
}

static void equal_lengths_keep_the_callers_order(void **state)
{
    (void)state;
    const size_t length[] = {3, 5, 3, 5, 3}, order[] = {1, 3, 0, 2, 4};
    rd_pack_store store = {.block = NULL};
    assert_int_equal(rd_pack_build(&store, length, 5, NULL), RONDO_OK);
    assert_memory_equal(store.pack.order, order, sizeof order);
    rd_pack_free(&store);
}

static void only_empty_sequences_make_a_pack_without_rows(void **state)
{
    (void)state;
    const size_t length[] = {0, 0};
    rd_pack_store store = {.block = NULL};
    assert_int_equal(rd_pack_build(&store, length, 2, NULL), RONDO_OK);
    assert_int_equal(store.pack.rows, 0);
    assert_int_equal(store.pack.steps, 0);
    assert_int_equal(store.pack.offset[0], 0);
    assert_int_equal(store.pack.order[1], 1);
    rd_pack_free(&store);
}

static void rebuilding_a_smaller_pack_allocates_nothing(void **state)
{
    (void)state;
    const size_t large[] = {9, 8, 7, 6}, small[] = {1, 5, 2};
    rd_pack_store store = {.block = NULL};
    assert_int_equal(rd_pack_build(&store, large, 4, NULL), RONDO_OK);
    rd_memory_trap(1);
    assert_int_equal(rd_pack_build(&store, small, 3, NULL), RONDO_OK);
    rd_memory_trap(0);
    assert_int_equal(store.pack.order[0], 1);
    rd_pack_free(&store);
}

static void lengths_that_overflow_are_a_limit(void **state)
{
    (void)state;
    const size_t length[] = {SIZE_MAX, 2}, long_one[] = {SIZE_MAX / 2};
    rd_pack_store store = {.block = NULL};
    rondo_error error;
    assert_int_equal(rd_pack_build(&store, length, 2, &error), RONDO_LIMIT);
    assert_int_equal(rd_pack_build(&store, long_one, 1, &error), RONDO_LIMIT);
    rd_pack_free(&store);
}

static void unpack_undoes_the_packing_of_any_lengths(void **state)
{
    (void)state;
    enum { N = 6, W = 2, STRIDE = 3 };
    const size_t length[N] = {3, 0, 1, 4, 4, 2};
    rondo_real in[N][8], out[N][8], rows[14 * STRIDE];
    rondo_real *of[N];
    rd_pack_store store = {.block = NULL};
    assert_int_equal(rd_pack_build(&store, length, N, NULL), RONDO_OK);
    const rondo_pack *p = &store.pack;
    for (size_t i = 0; i < N; i++) {
        of[i] = out[i];
        for (size_t k = 0; k < 8; k++)
            in[i][k] = (rondo_real)(100 * i + k);
    }
    for (size_t t = 0; t < p->steps; t++)
        for (size_t place = 0; place < p->count[t]; place++)
            for (size_t j = 0; j < W; j++)
                rows[(p->offset[t] + place) * STRIDE + j] = in[p->order[place]][t * W + j];
    assert_int_equal(rondo_unpack(p, rows, STRIDE, W, of, NULL), RONDO_OK);
    for (size_t i = 0; i < N; i++)
        assert_memory_equal(in[i], out[i], length[i] * W * sizeof **in);
    assert_int_equal(rondo_unpack(p, rows, 1, W, of, NULL), RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_unpack(NULL, rows, 1, 1, of, NULL), RONDO_BAD_ARGUMENT);
    rd_pack_free(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worked_example_of_the_design_comes_out),
        cmocka_unit_test(equal_lengths_keep_the_callers_order),
        cmocka_unit_test(only_empty_sequences_make_a_pack_without_rows),
        cmocka_unit_test(rebuilding_a_smaller_pack_allocates_nothing),
        cmocka_unit_test(lengths_that_overflow_are_a_limit),
        cmocka_unit_test(unpack_undoes_the_packing_of_any_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
