/* Allocation: zeroed, aligned, counted, refused in words. */
#include "base/arena.h"
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void blocks_are_zeroed_aligned_and_counted(void **state)
{
    (void)state;
    const uint64_t live = rd_memory_live(), count = rd_memory_count();
    unsigned char *plain, *small, *large;
    assert_int_equal(rd_alloc(1000, 3, "a test", &plain, NULL), RONDO_OK);
    assert_int_equal(rd_alloc_aligned(7, 1, "a test", &small, NULL), RONDO_OK);
    assert_int_equal(rd_alloc_aligned(9, 1 << 20, "a test", &large, NULL), RONDO_OK);
    assert_int_equal((uintptr_t)small % 64, 0);
    assert_int_equal((uintptr_t)large % 64, 0);
    for (size_t i = 0; i < 3000; i++)
        assert_int_equal(plain[i], 0);
    for (size_t i = 0; i < 9u << 20; i += 4093)
        assert_int_equal(large[i], 0);
    assert_int_equal(rd_memory_live(), live + 3);
    assert_int_equal(rd_memory_count(), count + 3);
    rd_free(plain);
    rd_free_aligned(small);
    rd_free_aligned(large);
    rd_free(NULL);
    rd_free_aligned(NULL);
    assert_int_equal(rd_memory_live(), live);
}

static void nothing_is_a_block_too_and_too_much_is_a_limit(void **state)
{
    (void)state;
    rondo_error error;
    void *block = NULL;
    assert_int_equal(rd_alloc(0, 8, "a test", &block, NULL), RONDO_OK);
    assert_non_null(block);
    rd_free(block);
    block = &error;
    assert_int_equal(rd_alloc(SIZE_MAX / 2, 3, "the moon", &block, &error), RONDO_LIMIT);
    assert_non_null(strstr(error.message, "no memory for the moon"));
    assert_int_equal(rd_alloc(SIZE_MAX - 8, 1, "the moon", &block, &error), RONDO_LIMIT);
    assert_string_equal(error.message, "no memory for the moon (18446744073709551607 bytes)");
    assert_int_equal(rd_alloc_aligned(SIZE_MAX - 8, 1, "the moon", &block, &error), RONDO_LIMIT);
    assert_ptr_equal(block, &error);
}

static void growing_keeps_what_is_there_and_doubles(void **state)
{
    (void)state;
    int *block = NULL;
    size_t room = 0, times = 0, last = 0;
    const uint64_t live = rd_memory_live();
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(rd_grow(&block, &room, (size_t)i + 1, sizeof *block, "a test", NULL), RONDO_OK);
        assert_true(room > (size_t)i);
        times += room != last;
        last = room;
        block[i] = i;
    }
    assert_true(times < 16);
    for (int i = 0; i < 10000; i++)
        assert_int_equal(block[i], i);
    int *const kept = block;
    assert_int_equal(rd_grow(&block, &room, SIZE_MAX / 2, sizeof *block, "a test", NULL), RONDO_LIMIT);
    assert_ptr_equal(block, kept);
    assert_int_equal(room, last);
    assert_int_equal(rd_memory_live(), live + 1);
    rd_free(block);
}

static void the_chosen_allocation_fails_once_or_for_ever(void **state)
{
    (void)state;
    void *block;
    for (int forever = 0; forever < 2; forever++) {
        const uint64_t live = rd_memory_live();
        rd_memory_fail_at(2, forever);
        assert_int_equal(rd_alloc(1, 1, "a test", &block, NULL), RONDO_OK);
        rd_free(block);
        assert_int_equal(rd_alloc(1, 1, "a test", &block, NULL), RONDO_LIMIT);
        const rondo_status third = rd_alloc(1, 1, "a test", &block, NULL);
        assert_int_equal(third, forever ? RONDO_LIMIT : RONDO_OK);
        if (third == RONDO_OK) rd_free(block);
        rd_memory_fail_at(0, 0);
        assert_int_equal(rd_alloc(1, 1, "a test", &block, NULL), RONDO_OK);
        rd_free(block);
        assert_int_equal(rd_memory_live(), live);
    }
}

static void a_trap_makes_an_allocation_a_bug(void **state)
{
    (void)state;
    rondo_error error;
    void *block = NULL;
    size_t room = 0;
    rd_memory_trap(1);
    rd_memory_trap(1);
    rd_memory_trap(0);
    assert_int_equal(rd_alloc(1, 1, "a test", &block, &error), RONDO_BUG);
    assert_non_null(strstr(error.message, "allocation inside a step"));
    assert_int_equal(rd_alloc_aligned(1, 1, "a test", &block, NULL), RONDO_BUG);
    assert_int_equal(rd_grow(&block, &room, 1, 1, "a test", NULL), RONDO_BUG);
    rd_memory_trap(0);
    assert_int_equal(rd_grow(&block, &room, 1, 1, "a test", NULL), RONDO_OK);
    rd_free(block);
}

static void an_arena_has_room_for_what_the_plan_added_up(void **state)
{
    (void)state;
    static const size_t counts[] = {1, 0, 17, 64, 1000};
    rd_plan plan = {0};
    rd_arena arena = {0};
    for (size_t i = 0; i < 5; i++)
        rd_plan_add(&plan, counts[i], 4);
    assert_int_equal(plan.size, 64 + 0 + 128 + 256 + 4032);
    assert_int_equal(rd_arena_reserve(&arena, plan.size, "a test", NULL), RONDO_OK);
    assert_int_equal((uintptr_t)arena.base % 64, 0);
    memset(arena.base, 255, plan.size);
    const unsigned char *base = arena.base;
    assert_int_equal(rd_arena_reserve(&arena, 100, "a test", NULL), RONDO_OK);
    assert_ptr_equal(arena.base, base);
    rd_arena_free(&arena);
    rd_arena_free(&arena);
    assert_null(arena.base);
}

static void a_plan_remembers_an_overflow(void **state)
{
    (void)state;
    rd_plan plan = {0};
    rd_plan_add(&plan, SIZE_MAX / 2, 3);
    assert_true(plan.overflow);
    rd_plan_add(&plan, 1, 1);
    assert_true(plan.overflow);
    plan = (rd_plan){0};
    rd_plan_add(&plan, SIZE_MAX - 64, 1);
    assert_false(plan.overflow);
    rd_plan_add(&plan, 65, 1);
    assert_true(plan.overflow);
    rd_arena arena = {0};
    assert_int_equal(rd_arena_reserve(&arena, SIZE_MAX, "a test", NULL), RONDO_LIMIT);
    rd_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_zeroed_aligned_and_counted),
        cmocka_unit_test(nothing_is_a_block_too_and_too_much_is_a_limit),
        cmocka_unit_test(growing_keeps_what_is_there_and_doubles),
        cmocka_unit_test(the_chosen_allocation_fails_once_or_for_ever),
        cmocka_unit_test(a_trap_makes_an_allocation_a_bug),
        cmocka_unit_test(an_arena_has_room_for_what_the_plan_added_up),
        cmocka_unit_test(a_plan_remembers_an_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
