/* CTC against the sum over every path, and, where there are too many, against the plain recursion in long
 * double. */
#include "sequence_help.h"

enum { WIDTH = 4, LONGEST = 6 };

/* Chance of each class at each step of sequence i. */
static void chances(const bench *b, size_t i, long double (*p)[WIDTH])
{
    for (size_t t = 0; t < b->steps[i]; t++) {
        const rd_real *z = b->output + row_at(b, i, t) * b->stride;
        long double sum = 0;
        for (size_t k = 0; k < WIDTH; k++)
            sum += p[t][k] = expl((long double)z[k]);
        for (size_t k = 0; k < WIDTH; k++)
            p[t][k] /= sum;
    }
}

/* 1 when the path, equal neighbours merged and blanks dropped, is the target. */
static int gives(const size_t *path, size_t steps, const int32_t *target, size_t length)
{
    size_t found = 0;
    for (size_t t = 0; t < steps; t++) {
        if (path[t] == 0 || (t > 0 && path[t] == path[t - 1])) continue;
        if (found == length || path[t] != (size_t)target[found] + 1) return 0;
        found++;
    }
    return found == length;
}

/* The sum over all paths that give the target, and the share of it that has each class at each step. */
static long double enumerate(const bench *b, size_t i, long double (*share)[WIDTH])
{
    long double p[LONGEST][WIDTH], total = 0;
    size_t paths = 1, path[LONGEST];
    chances(b, i, p);
    memset(share, 0, LONGEST * sizeof *share);
    for (size_t t = 0; t < b->steps[i]; t++)
        paths *= WIDTH;
    for (size_t n = 0; n < paths; n++) {
        long double chance = 1;
        for (size_t t = 0, rest = n; t < b->steps[i]; t++, rest /= WIDTH) {
            path[t] = rest % WIDTH;
            chance *= p[t][path[t]];
        }
        if (!gives(path, b->steps[i], b->target[i], b->target_steps[i])) continue;
        total += chance;
        for (size_t t = 0; t < b->steps[i]; t++)
            share[t][path[t]] += chance;
    }
    return total;
}

static void check_sequence(const bench *b, size_t i)
{
    long double share[LONGEST][WIDTH], p[LONGEST][WIDTH];
    const long double total = enumerate(b, i, share);
    double weight = 0;
    for (size_t t = 0; t < b->target_steps[i]; t++)
        weight += (double)b->weigh[i][t] / (double)b->target_steps[i];
    if (!b->weighted || b->target_steps[i] == 0) weight = 1;
    assert_int_equal(b->infeasible[i], total == 0);
    near(b->count[i], total > 0 ? weight * fmax(1, (double)b->target_steps[i]) : 0, 1e-12, "count", i);
    near(b->loss[i], total > 0 ? weight * -(double)logl(total) : 0, 1e-12, "loss", i);
    chances(b, i, p);
    for (size_t t = 0; t < b->steps[i]; t++)
        for (size_t k = 0; k < WIDTH; k++) {
            const double slope = total > 0 ? (double)(p[t][k] - share[t][k] / total) : 0;
            near((double)b->gradient[row_at(b, i, t) * b->stride + k], weight * (double)b->scale[i] * slope,
                 1e-12, "gradient", t * WIDTH + k);
        }
}

static const struct {
    int32_t symbols[LONGEST + 1];
    size_t length;
} targets[] = {{{0}, 0},
               {{0}, 1},
               {{2}, 1},
               {{0, 1}, 2},
               {{1, 1}, 2},
               {{0, 0, 0}, 3},
               {{0, 1, 0}, 3},
               {{2, 2, 1}, 3},
               {{0, 1, 2, 0}, 4},
               {{1, 1, 2, 2}, 4},
               {{0, 1, 0, 1, 0, 1}, 6},
               {{0, 0, 1, 2, 0, 1, 2}, 7}};

static void every_target_and_length_agrees_with_the_sum_over_all_paths(void **state)
{
    (void)state;
    const double sizes[] = {1, 30};
    for (size_t n = 0; n < 4; n++)
        for (size_t steps = 0; steps <= LONGEST; steps++) {
            bench *b = calloc(1, sizeof *b);
            b->weighted = n / 2 > 0;
            for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++)
                add_sequence(b, i % 2 ? steps : LONGEST - steps, targets[i].symbols, targets[i].length);
            for (size_t i = 0; i < b->sequences; i++)
                for (size_t t = 0; t < b->target_steps[i]; t++)
                    b->weigh[i][t] = 0.5 + 0.25 * (double)((i + t) % 5);
            bench_open(b, &rd_loss_ctc, 1, WIDTH, sizes[n % 2]);
            bench_run(b);
            for (size_t i = 0; i < b->sequences; i++)
                check_sequence(b, i);
            bench_close(b);
            free(b);
        }
}

static void a_target_with_an_ignored_symbol_is_left_out(void **state)
{
    (void)state;
    bench *b = calloc(1, sizeof *b);
    add_sequence(b, 5, (const int32_t[]){0, -1, 1}, 3);
    add_sequence(b, 4, (const int32_t[]){1, 2}, 2);
    bench_open(b, &rd_loss_ctc, 2, WIDTH, 1);
    bench_run(b);
    assert_true(b->count[0] == 0 && b->loss[0] == 0 && !b->infeasible[0]);
    for (size_t t = 0; t < 5; t++)
        for (size_t k = 0; k < WIDTH; k++)
            assert_true(b->gradient[row_at(b, 0, t) * b->stride + k] == 0);
    check_sequence(b, 1);
    bench_close(b);
    free(b);
}

/* ---- many blocks of steps ---- */

enum { STEPS = 333, LENGTH = 40 };

/* -log of the probability by the recursion over states, with nothing but products and sums: long double goes
 * down to 1e-4932. */
static long double plain(const bench *b, size_t i)
{
    static long double p[MOST_STEPS][WIDTH];
    long double a[2 * LENGTH + 1] = {0};
    const size_t states = 2 * b->target_steps[i] + 1;
    chances(b, i, p);
    a[0] = p[0][0];
    a[1] = p[0][b->target[i][0] + 1];
    for (size_t t = 1; t < b->steps[i]; t++)
        for (size_t s = states; s-- > 0;) {
            const int symbol = s % 2,
                      free = symbol && s > 1 && b->target[i][s / 2] != b->target[i][s / 2 - 1];
            a[s] += (s > 0 ? a[s - 1] : 0) + (free ? a[s - 2] : 0);
            a[s] *= p[t][symbol ? b->target[i][s / 2] + 1 : 0];
        }
    return -logl(a[states - 1] + a[states - 2]);
}

static void blocks_that_are_walked_again_give_the_same_gradient(void **state)
{
    (void)state;
    bench *b = calloc(1, sizeof *b);
    int32_t target[LENGTH];
    for (size_t t = 0; t < LENGTH; t++)
        target[t] = (int32_t)(t * t % 3);
    add_sequence(b, 200, target, 7);
    add_sequence(b, STEPS, target, LENGTH);
    add_sequence(b, 128, target, LENGTH - 1);
    bench_open(b, &rd_loss_ctc, 1, WIDTH, 2);
    bench_run(b);
    for (size_t i = 0; i < 3; i++) {
        near(b->loss[i], (double)plain(b, i), 1e-12, "loss", i);
        for (size_t t = 0; t < b->steps[i]; t += 3) {
            const size_t n = row_at(b, i, t) * b->stride + t % WIDTH;
            const rd_real kept = b->output[n];
            b->output[n] = kept + 1e-4;
            const long double above = plain(b, i);
            b->output[n] = kept - 1e-4;
            const long double lower = plain(b, i);
            b->output[n] = kept;
            near((double)b->gradient[n], (double)(b->scale[i] * (above - lower) / 2e-4L), 1e-7, "gradient",
                 t);
        }
    }
    bench_close(b);
    free(b);
}

/* Blanks so sure that products of chances would be 0 in any number. */
static void chances_below_all_numbers_stay_finite(void **state)
{
    (void)state;
    bench *b = calloc(1, sizeof *b);
    int32_t target[LENGTH];
    for (size_t t = 0; t < LENGTH; t++)
        target[t] = (int32_t)(t % 3);
    add_sequence(b, 100, target, LENGTH);
    bench_open(b, &rd_loss_ctc, 1, WIDTH, 1);
    for (size_t t = 0; t < 100; t++)
        b->output[t * b->stride] = 1000;
    bench_run(b);
    assert_true(b->loss[0] > LENGTH * 998.0 && b->loss[0] < LENGTH * 1002.0);
    double sum = 0;
    for (size_t t = 0; t < 100; t++)
        for (size_t k = 0; k < WIDTH; k++) {
            assert_true(isfinite((double)b->gradient[t * b->stride + k]));
            sum += k > 0 ? (double)b->gradient[t * b->stride + k] : 0;
        }
    near(sum, -LENGTH, 1e-9, "symbols expected", 0);
    bench_close(b);
    free(b);
}

static void memory_that_cannot_be_counted_is_refused_and_a_long_one_is_small(void **state)
{
    (void)state;
    size_t bytes;
    rd_sequence_limits limits = {
        .steps = 100000, .sequences = 1, .target_steps = 1000, .width = 30, .threads = 2};
    assert_true(rd_loss_ctc.memory(&limits, &bytes));
    assert_true(bytes < (size_t)64 << 20);
    limits.steps = limits.target_steps = SIZE_MAX / 4;
    assert_false(rd_loss_ctc.memory(&limits, &bytes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_target_and_length_agrees_with_the_sum_over_all_paths),
        cmocka_unit_test(a_target_with_an_ignored_symbol_is_left_out),
        cmocka_unit_test(blocks_that_are_walked_again_give_the_same_gradient),
        cmocka_unit_test(chances_below_all_numbers_stay_finite),
        cmocka_unit_test(memory_that_cannot_be_counted_is_refused_and_a_long_one_is_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
