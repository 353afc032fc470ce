/* The chain of a conditional random field against the sum over every path. */
#include "sequence_help.h"

enum { K = 4, LONGEST = 6, NUMBERS = 2 * K + K * K };

/* What the sums over paths give for one sequence. */
typedef struct sums {
    long double total;
    long double share[LONGEST][K], start[K], end[K], pair[K][K];
} sums;

static long double score(const bench *b, size_t i, const size_t *path)
{
    const size_t steps = b->steps[i];
    long double sum = (long double)b->params[path[0]] + (long double)b->params[K + path[steps - 1]];
    for (size_t t = 0; t < steps; t++) {
        sum += (long double)b->output[row_at(b, i, t) * b->stride + path[t]];
        if (t > 0) sum += (long double)b->params[2 * K + path[t - 1] * K + path[t]];
    }
    return sum;
}

static int fits(const bench *b, size_t i, const size_t *path)
{
    for (size_t t = 0; t < b->steps[i]; t++)
        if (b->target[i][t] >= 0 && (size_t)b->target[i][t] != path[t]) return 0;
    return 1;
}

static void add_path(const bench *b, size_t i, const size_t *path, long double chance, sums *s)
{
    s->total += chance;
    s->start[path[0]] += chance;
    s->end[path[b->steps[i] - 1]] += chance;
    for (size_t t = 0; t < b->steps[i]; t++) {
        s->share[t][path[t]] += chance;
        if (t > 0) s->pair[path[t - 1]][path[t]] += chance;
    }
}

/* Over all paths, or those through the targets, relative to the best of them: *top is its score. */
static void enumerate(const bench *b, size_t i, int fixed, long double *top, sums *s)
{
    size_t paths = 1, path[LONGEST];
    for (size_t t = 0; t < b->steps[i]; t++)
        paths *= K;
    memset(s, 0, sizeof *s);
    *top = -HUGE_VALL;
    for (int sum = 0; sum < 2; sum++)
        for (size_t n = 0; n < paths; n++) {
            for (size_t t = 0, rest = n; t < b->steps[i]; t++, rest /= K)
                path[t] = rest % K;
            if (fixed && !fits(b, i, path)) continue;
            const long double found = score(b, i, path);
            if (sum)
                add_path(b, i, path, expl(found - *top), s);
            else
                *top = fmaxl(*top, found);
        }
}

/* Checks the sequence, and adds to the expected gradients of the parameters. */
static void check_sequence(const bench *b, size_t i, double limit, double *grads)
{
    sums all, own;
    long double top[2];
    double weight = 0, known = 0;
    for (size_t t = 0; t < b->steps[i]; t++) {
        weight += (double)b->weigh[i][t] / (double)b->steps[i];
        known += b->target[i][t] >= 0;
    }
    if (!b->weighted) weight = 1;
    near(b->count[i], known * weight, 1e-12, "count", i);
    if (known < 1) {
        assert_true(b->loss[i] == 0);
        return;
    }
    enumerate(b, i, 0, &top[0], &all);
    enumerate(b, i, 1, &top[1], &own);
    near(b->loss[i], weight * (double)(top[0] + logl(all.total) - top[1] - logl(own.total)), limit, "loss",
         i);
    const double by = weight * (double)b->scale[i];
    for (size_t k = 0; k < K; k++) {
        for (size_t t = 0; t < b->steps[i]; t++)
            near((double)b->gradient[row_at(b, i, t) * b->stride + k],
                 by * (double)(all.share[t][k] / all.total - own.share[t][k] / own.total), limit, "gradient",
                 t);
        grads[k] += by * (double)(all.start[k] / all.total - own.start[k] / own.total);
        grads[K + k] += by * (double)(all.end[k] / all.total - own.end[k] / own.total);
        for (size_t j = 0; j < K; j++)
            grads[2 * K + k * K + j] +=
                by * (double)(all.pair[k][j] / all.total - own.pair[k][j] / own.total);
    }
}

static void check(double size, int weighted, int forbid, double limit)
{
    bench *b = calloc(1, sizeof *b);
    double grads[NUMBERS] = {0};
    uint64_t seed = 5;
    b->weighted = weighted;
    for (size_t i = 0; i < 40; i++) { /* more than the chunks there are */
        int32_t target[LONGEST];
        for (size_t t = 0; t < LONGEST; t++) {
            target[t] = (int32_t)((draw(&seed) + 1) / 2 * (K + 1)) - 1; /* one in five is ignored */
            b->weigh[i][t] = 1 + 0.25 * (double)((i + t) % 3);
        }
        if (i == 7) memset(target, 0xff, sizeof target);
        add_sequence(b, i % (LONGEST + 1), target, i % (LONGEST + 1));
    }
    bench_open(b, &rd_loss_crf, 1, K, size);
    for (size_t k = 0; k < K && forbid; k++) /* some pairs of classes as good as impossible */
        b->params[2 * K + k * K + (k + 1) % K] = -1e4;
    bench_run(b);
    for (size_t i = 0; i < b->sequences; i++)
        check_sequence(b, i, limit, grads);
    for (size_t n = 0; n < NUMBERS; n++)
        near((double)b->grads[n], grads[n], limit * 40, "gradient of parameter", n);
    bench_close(b);
    free(b);
}

static void losses_and_gradients_agree_with_the_sum_over_all_paths(void **state)
{
    (void)state;
    check(1, 0, 0, 1e-12);
    check(1, 1, 0, 1e-12);
    check(20, 0, 0, 1e-11);
    check(250, 1, 0, 1e-10);
}

static void transitions_far_apart_lose_nothing(void **state)
{
    (void)state;
    check(1, 0, 1, 1e-11);
    check(400, 0, 0, 1e-10);
}

/* Long chains: the loss is the sum of many steps, and each step's shares add up to 0. */
static void a_long_sequence_keeps_its_balance(void **state)
{
    (void)state;
    bench *b = calloc(1, sizeof *b);
    int32_t target[MOST_STEPS];
    double pairs = 0;
    for (size_t t = 0; t < MOST_STEPS; t++)
        target[t] = (int32_t)(t * 7 % K);
    add_sequence(b, MOST_STEPS, target, MOST_STEPS);
    bench_open(b, &rd_loss_crf, 1, K, 3);
    bench_run(b);
    assert_true(isfinite(b->loss[0]) && b->loss[0] > MOST_STEPS);
    for (size_t t = 0; t < MOST_STEPS; t++) {
        double sum = 0;
        for (size_t k = 0; k < K; k++)
            sum += (double)b->gradient[t * b->stride + k];
        near(sum, 0, 1e-10, "sum of a step", t);
    }
    for (size_t n = 2 * K; n < NUMBERS; n++)
        pairs += (double)b->grads[n];
    near(pairs, 0, 1e-9, "sum of pairs", 0);
    bench_close(b);
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_and_gradients_agree_with_the_sum_over_all_paths),
        cmocka_unit_test(transitions_far_apart_lose_nothing),
        cmocka_unit_test(a_long_sequence_keeps_its_balance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
