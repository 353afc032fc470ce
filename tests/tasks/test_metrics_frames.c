/* Frame accuracy of piano rolls, counted by hand. */
#include "tasks/metrics_frames.h"

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

static void accuracy_is_hits_over_all_that_sounds_or_is_found(void **state)
{
    (void)state;
    static const rd_real scores[2][4] = {{2, -1, 3, 99}, {-1, 1, -2, 99}}; /* the last column is padding */
    static const rd_real truth[2][3] = {{1, 1, 0}, {0, 1, 0}};
    rd_frame_counts counts = {0};
    rd_frames_add(&counts, scores[0], 4, truth[0], 2, 3);
    assert_int_equal(counts.hit, 2);
    assert_int_equal(counts.added, 1);
    assert_int_equal(counts.missed, 1);
    assert_true(fabs(rd_frames_accuracy(&counts) - 0.5) < 1e-15);
}

static void silence_that_is_found_silent_is_right(void **state)
{
    (void)state;
    static const rd_real scores[] = {-1, 0, (rd_real)NAN}, truth[] = {0, 0, 0};
    rd_frame_counts counts = {0};
    rd_frames_add(&counts, scores, 3, truth, 1, 3);
    assert_true(rd_frames_accuracy(&counts) == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accuracy_is_hits_over_all_that_sounds_or_is_found),
        cmocka_unit_test(silence_that_is_found_silent_is_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
