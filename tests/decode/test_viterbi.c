/* The best paths against all paths there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "decode/viterbi.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CLASSES = 4, MOST_STEPS = 6, MOST_PATHS = 4096, STRIDE = 7 };

#define must(call) assert_int_equal((call), RONDO_OK)

typedef struct scored {
    double score;
    int32_t path[MOST_STEPS];
    size_t steps;
} scored;

static double draw(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(*seed >> 11) / 4503599627370496.0 - 1;
}

static double score_of(const rd_crf *crf, const rd_outputs *out, const int32_t *path)
{
    double sum = (double)crf->start[path[0]];
    for (size_t t = 0; t < out->steps; t++) {
        if (t > 0) sum += (double)crf->transitions[(size_t)path[t - 1] * crf->classes + (size_t)path[t]];
        sum += (double)rd_output_at(out, t)[path[t]];
    }
    return sum + (double)crf->end[path[out->steps - 1]];
}

/* Falling; at ties the lower class at the last step that differs. */
static int order(const void *a, const void *b)
{
    const scored *x = a, *y = b;
    if (x->score != y->score) return x->score > y->score ? -1 : 1;
    for (size_t t = x->steps; t-- > 0;)
        if (x->path[t] != y->path[t]) return x->path[t] < y->path[t] ? -1 : 1;
    return 0;
}

static size_t enumerate(const rd_crf *crf, const rd_outputs *out, scored *all)
{
    size_t paths = 1;
    for (size_t t = 0; t < out->steps; t++)
        paths *= crf->classes;
    for (size_t n = 0; n < paths; n++) {
        all[n].steps = out->steps;
        for (size_t t = 0, rest = n; t < out->steps; t++, rest /= crf->classes)
            all[n].path[t] = (int32_t)(rest % crf->classes);
        all[n].score = score_of(crf, out, all[n].path);
    }
    qsort(all, paths, sizeof *all, order);
    return paths;
}

/* whole: scores are small whole numbers, so that many paths tie, and sums have no rounding. */
static void check(size_t classes, size_t steps, size_t best, int whole)
{
    static scored all[MOST_PATHS];
    static int32_t path[MOST_PATHS * MOST_STEPS];
    static double score[MOST_PATHS];
    rd_real rows[2 * MOST_STEPS * STRIDE], numbers[2 * MOST_CLASSES + MOST_CLASSES * MOST_CLASSES];
    size_t offset[MOST_STEPS];
    uint64_t seed = 3 * classes + steps;
    rd_viterbi *viterbi;
    rondo_error error;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        rows[i] = (rd_real)(whole ? floor(2 * draw(&seed)) : draw(&seed));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        numbers[i] = (rd_real)(whole ? floor(2 * draw(&seed)) : draw(&seed));
    for (size_t t = 0; t < steps; t++)
        offset[t] = 2 * t;
    const rd_crf crf = {classes, numbers, numbers + classes, numbers + 2 * classes};
    const rd_outputs out = {.rows = rows, .stride = STRIDE, .steps = steps, .offset = offset, .place = 1};
    const size_t paths = enumerate(&crf, &out, all);
    must(rd_viterbi_new(MOST_STEPS, classes, best, &viterbi, &error));
    const size_t found = rd_viterbi_run(viterbi, &crf, &out, path, score);
    assert_int_equal(found, paths < best ? paths : best);
    for (size_t n = 0; n < found; n++) {
        assert_true(fabs(score[n] - all[n].score) < 1e-12);
        assert_memory_equal(path + n * steps, all[n].path, steps * sizeof *path);
    }
    rd_viterbi_free(viterbi);
}

static void the_best_paths_are_those_of_all_paths_in_their_order(void **state)
{
    (void)state;
    for (size_t classes = 1; classes <= MOST_CLASSES; classes++)
        for (size_t steps = 1; steps <= MOST_STEPS; steps++)
            for (size_t best = 1; best <= 100; best += 9)
                for (int whole = 0; whole < 2; whole++)
                    check(classes, steps, best, whole);
    check(MOST_CLASSES, MOST_STEPS, MOST_PATHS, 0);
}

static void an_empty_sequence_has_one_empty_path(void **state)
{
    (void)state;
    const rd_real numbers[3] = {1, 1, 1};
    const rd_crf crf = {1, numbers, numbers, numbers};
    double score = 7;
    rd_viterbi *viterbi;
    rondo_error error;
    must(rd_viterbi_new(0, 1, 3, &viterbi, &error));
    assert_int_equal(rd_viterbi_run(viterbi, &crf, &(rd_outputs){.steps = 0}, NULL, &score), 1);
    assert_true(score == 0);
    rd_viterbi_free(viterbi);
    rd_viterbi_free(NULL);
}

static void more_than_memory_holds_is_a_limit(void **state)
{
    (void)state;
    rd_viterbi *viterbi;
    rondo_error error;
    assert_int_equal(rd_viterbi_new((size_t)1 << 40, 4096, 1000, &viterbi, &error), RONDO_LIMIT);
    assert_null(viterbi);
    assert_int_equal(rd_viterbi_new(SIZE_MAX / 2, 4096, 1, &viterbi, &error), RONDO_LIMIT);
    assert_int_equal(rd_viterbi_new(10, 4096, SIZE_MAX / 4, &viterbi, &error), RONDO_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_paths_are_those_of_all_paths_in_their_order),
        cmocka_unit_test(an_empty_sequence_has_one_empty_path),
        cmocka_unit_test(more_than_memory_holds_is_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
