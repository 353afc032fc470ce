/* As much of cmocka's interface as the tests of the core use, for processors on whose side no cmocka is installed
 * (scripts/cross_check.sh). The first assertion that fails ends the program. */
#ifndef RD_CROSS_CMOCKA_H
#define RD_CROSS_CMOCKA_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct CMUnitTest {
    const char *name;
    void (*run)(void **state);
};

#define cmocka_unit_test(function)                                                                           \
    {                                                                                                        \
        #function, function                                                                                  \
    }
#define cmocka_run_group_tests(tests, setup, teardown) cross_run(tests, sizeof(tests) / sizeof(tests)[0])
#define print_message                                  printf
#define fail_msg(...)                                                                                        \
    do {                                                                                                     \
        (void)printf("%s:%d: ", __FILE__, __LINE__);                                                         \
        (void)printf(__VA_ARGS__);                                                                           \
        (void)printf("\n");                                                                                  \
        exit(1);                                                                                             \
    } while (0)
#define assert_true(what)                                                                                    \
    do {                                                                                                     \
        if (!(what)) fail_msg("%s does not hold", #what);                                                    \
    } while (0)
#define assert_false(what)                  assert_true(!(what))
#define assert_null(p)                      assert_true((p) == NULL)
#define assert_non_null(p)                  assert_true((p) != NULL)
#define assert_ptr_equal(a, b)              assert_true((const void *)(a) == (const void *)(b))
#define assert_int_equal(a, b)              assert_true((long long)(a) == (long long)(b))
#define assert_int_not_equal(a, b)          assert_true((long long)(a) != (long long)(b))
#define assert_in_range(a, low, high)       assert_true((a) >= (low) && (a) <= (high))
#define assert_float_equal(a, b, limit)     assert_true(fabs((double)(a) - (double)(b)) <= (double)(limit))
#define assert_string_equal(a, b)           assert_true(strcmp(a, b) == 0)
#define assert_memory_equal(a, b, bytes)    assert_true(memcmp(a, b, bytes) == 0)
#define assert_memory_not_equal(a, b, size) assert_true(memcmp(a, b, size) != 0)

static inline int cross_run(const struct CMUnitTest *tests, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        void *state = NULL;
        (void)printf("  %s\n", tests[i].name);
        (void)fflush(stdout);
        tests[i].run(&state);
    }
    return 0;
}

#endif
