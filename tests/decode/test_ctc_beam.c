/* Greedy and prefix beam search against all alignments there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "decode/ctc_beam.h"
#include "decode/ctc_greedy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 4, STEPS = 6, MOST = 4096, STRIDE = 5 };

#define must(call) assert_int_equal((call), RONDO_OK)

static double draw(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(*seed >> 11) / 4503599627370496.0 - 1;
}

/* ---- all there are ---- */

typedef struct result {
    int32_t symbols[STEPS];
    size_t length;
    double chance, rank;
} result;

typedef struct results {
    result item[MOST];
    size_t count;
} results;

static size_t collapse(const size_t *path, size_t steps, int32_t *symbols)
{
    size_t found = 0;
    for (size_t t = 0; t < steps; t++)
        if (path[t] != 0 && (t == 0 || path[t] != path[t - 1])) symbols[found++] = (int32_t)path[t] - 1;
    return found;
}

static void add_chance(results *all, const int32_t *symbols, size_t length, double chance)
{
    size_t i = 0;
    while (i < all->count && (all->item[i].length != length ||
                              memcmp(all->item[i].symbols, symbols, length * sizeof *symbols) != 0))
        i++;
    if (i == all->count) {
        all->count++;
        all->item[i] = (result){.length = length};
        memcpy(all->item[i].symbols, symbols, length * sizeof *symbols);
    }
    all->item[i].chance += chance;
}

static int order(const void *a, const void *b)
{
    const double x = ((const result *)a)->rank, y = ((const result *)b)->rank;
    return x > y ? -1 : x < y;
}

/* Every symbol sequence that some path gives, with the sum over its paths. */
static void enumerate(const rd_outputs *out, const rd_ctc_language *l, results *all)
{
    size_t paths = 1, path[STEPS];
    double p[STEPS][WIDTH];
    all->count = 0;
    for (size_t t = 0; t < out->steps; t++) {
        double sum = 0;
        for (size_t k = 0; k < WIDTH; k++)
            sum += exp((double)rd_output_at(out, t)[k]);
        for (size_t k = 0; k < WIDTH; k++)
            p[t][k] = exp((double)rd_output_at(out, t)[k]) / sum;
        paths *= WIDTH;
    }
    for (size_t n = 0; n < paths; n++) {
        double chance = 1;
        int32_t symbols[STEPS];
        for (size_t t = 0, rest = n; t < out->steps; t++, rest /= WIDTH) {
            path[t] = rest % WIDTH;
            chance *= p[t][path[t]];
        }
        add_chance(all, symbols, collapse(path, out->steps, symbols), chance);
    }
    for (size_t i = 0; i < all->count; i++) {
        result *r = &all->item[i];
        size_t state = l ? l->start : 0;
        r->rank = log(r->chance);
        for (size_t t = 0; l && t < r->length; t++) {
            r->rank += l->weight * l->score(l->user, state, r->symbols[t]) + l->bonus;
            state = (size_t)r->symbols[t] + 1;
        }
        if (l && l->end >= 0) r->rank += l->weight * l->score(l->user, state, l->end);
    }
    qsort(all->item, all->count, sizeof *all->item, order);
}

/* ---- a language model of pairs: the state is the symbol before, and one more ---- */

typedef struct pairs {
    double log_prob[WIDTH][WIDTH];
    long held;      /* states given out and not released */
    size_t fail_at; /* 0: never */
    size_t asked;
} pairs;

static double pair_score(void *user, size_t state, int32_t symbol)
{
    return ((const pairs *)user)->log_prob[state % WIDTH][symbol];
}

static rondo_status pair_next(void *user, size_t state, int32_t symbol, size_t *after, rondo_error *error)
{
    pairs *p = user;
    (void)state;
    if (++p->asked == p->fail_at) return rd_fail(error, RONDO_LIMIT, "no more states");
    p->held++;
    *after = (size_t)symbol + 1;
    return RONDO_OK;
}

static void pair_release(void *user, size_t state)
{
    (void)state;
    ((pairs *)user)->held--;
}

static rd_ctc_language language_of(pairs *p, uint64_t *seed)
{
    *p = (pairs){.held = 0};
    for (size_t i = 0; i < WIDTH; i++)
        for (size_t k = 0; k < WIDTH; k++)
            p->log_prob[i][k] = 2 * draw(seed) - 2;
    return (rd_ctc_language){.user = p,
                             .score = pair_score,
                             .next = pair_next,
                             .release = pair_release,
                             .weight = 0.8,
                             .bonus = 0.3,
                             .end = WIDTH - 1};
}

/* ---- tests ---- */

static rd_outputs outputs_of(rd_real *rows, size_t steps, uint64_t seed, double size)
{
    for (size_t i = 0; i < STEPS * STRIDE; i++)
        rows[i] = (rd_real)(size * draw(&seed));
    return (rd_outputs){.rows = rows, .stride = STRIDE, .steps = steps};
}

static void a_beam_that_holds_everything_finds_what_all_paths_give(void **state)
{
    (void)state;
    static results all;
    static rd_ctc_found found[MOST];
    rd_real rows[STEPS * STRIDE];
    for (uint64_t seed = 1; seed < 9; seed++)
        for (size_t steps = 0; steps <= STEPS; steps++)
            for (int fused = 0; fused < 2; fused++) {
                pairs p;
                uint64_t own = seed;
                const rd_ctc_language language = language_of(&p, &own);
                const rd_outputs out = outputs_of(rows, steps, seed, 2);
                rd_ctc_beam *beam;
                rondo_error error;
                size_t count;
                enumerate(&out, fused ? &language : NULL, &all);
                must(rd_ctc_beam_new(STEPS, WIDTH, MOST, &beam, &error));
                must(rd_ctc_beam_run(beam, &out, fused ? &language : NULL, MOST, found, &count, &error));
                assert_int_equal(count, all.count);
                for (size_t i = 0; i < count; i++) {
                    assert_true(fabs(found[i].rank - all.item[i].rank) < 1e-10);
                    assert_true(fabs(found[i].log_prob - log(all.item[i].chance)) < 1e-10);
                    assert_int_equal(found[i].length, all.item[i].length);
                    assert_memory_equal(found[i].symbols, all.item[i].symbols,
                                        found[i].length * sizeof *found[i].symbols);
                }
                assert_true(p.held == 0 && (!fused || steps == 0 || p.asked > 0));
                rd_ctc_beam_free(beam);
            }
}

/* Prefixes are dropped and come back: what is found is never more than there is, the lists are falling and
 * without equals, the best of a wider beam is at least as good, and states of the language model are given
 * back. */
static void a_narrow_beam_finds_part_of_it(void **state)
{
    (void)state;
    static results all;
    rd_real rows[STEPS * STRIDE];
    size_t exact = 0;
    for (uint64_t seed = 1; seed < 60; seed++)
        for (size_t width = 1; width < 30; width += 4) {
            pairs p;
            uint64_t own = seed;
            rd_ctc_language language = language_of(&p, &own);
            const rd_outputs out = outputs_of(rows, STEPS, seed, 1.5);
            rd_ctc_found found[30];
            rd_ctc_beam *beam;
            rondo_error error;
            size_t count;
            enumerate(&out, &language, &all);
            must(rd_ctc_beam_new(STEPS, WIDTH, width, &beam, &error));
            must(rd_ctc_beam_run(beam, &out, &language, 30, found, &count, &error));
            assert_int_equal(count, width);
            for (size_t i = 0; i < count; i++) {
                size_t k = 0;
                while (k < all.count && (all.item[k].length != found[i].length ||
                                         memcmp(all.item[k].symbols, found[i].symbols,
                                                found[i].length * sizeof *found[i].symbols) != 0))
                    k++;
                assert_true(k < all.count);
                assert_true(found[i].log_prob <= log(all.item[k].chance) + 1e-10);
                assert_true(fabs((found[i].rank - found[i].log_prob) -
                                 (all.item[k].rank - log(all.item[k].chance))) < 1e-10);
                assert_true(i == 0 || found[i].rank <= found[i - 1].rank);
                for (size_t j = 0; j < i; j++)
                    assert_true(found[j].length != found[i].length ||
                                memcmp(found[j].symbols, found[i].symbols,
                                       found[i].length * sizeof *found[i].symbols) != 0);
            }
            exact += width > 20 && fabs(found[0].rank - all.item[0].rank) < 0.05;
            assert_true(p.held == 0);
            rd_ctc_beam_free(beam);
        }
    assert_true(exact > 100); /* of 118 */
}

static void a_language_model_that_fails_ends_the_search(void **state)
{
    (void)state;
    rd_real rows[STEPS * STRIDE];
    size_t asked = 1;
    for (size_t at = 1; at <= asked; at++) {
        pairs p;
        uint64_t own = 4;
        rd_ctc_language language = language_of(&p, &own);
        const rd_outputs out = outputs_of(rows, STEPS, 4, 2);
        rd_ctc_found found[5];
        rd_ctc_beam *beam;
        rondo_error error;
        size_t count;
        p.fail_at = at;
        must(rd_ctc_beam_new(STEPS, WIDTH, 5, &beam, &error));
        assert_int_equal(rd_ctc_beam_run(beam, &out, &language, 5, found, &count, &error), RONDO_LIMIT);
        assert_true(count == 0 && p.held == 0);
        p.fail_at = 0;
        p.asked = 0;
        must(rd_ctc_beam_run(beam, &out, &language, 5, found, &count, &error));
        assert_true(count == 5 && p.held == 0);
        asked = p.asked;
        rd_ctc_beam_free(beam);
    }
    assert_true(asked > 10);
}

static void ties_go_to_the_earlier_and_the_lower(void **state)
{
    (void)state;
    rd_real rows[2 * WIDTH] = {0};
    const rd_outputs out = {.rows = rows, .stride = WIDTH, .steps = 2};
    rd_ctc_found found[3];
    rd_ctc_beam *beam;
    rondo_error error;
    size_t count;
    int32_t symbols[2];
    must(rd_ctc_beam_new(2, WIDTH, 3, &beam, &error));
    must(rd_ctc_beam_run(beam, &out, NULL, 3, found, &count, &error));
    assert_int_equal(count, 3); /* one symbol: three paths of sixteen each */
    assert_true(found[0].length == 1 && found[0].symbols[0] == 0);
    assert_true(found[1].length == 1 && found[1].symbols[0] == 1);
    assert_int_equal(rd_ctc_greedy(&out, WIDTH, symbols, NULL), 0); /* the blank is the lowest */
    rd_ctc_beam_free(beam);
    rd_ctc_beam_free(NULL);
}

static void greedy_is_the_likeliest_path_collapsed(void **state)
{
    (void)state;
    rd_real rows[STEPS * STRIDE];
    for (uint64_t seed = 1; seed < 50; seed++) {
        const rd_outputs out = outputs_of(rows, STEPS, seed, 3);
        size_t path[STEPS];
        int32_t symbols[STEPS], expected[STEPS];
        double score, sum = 0;
        for (size_t t = 0; t < STEPS; t++) {
            double total = 0;
            path[t] = 0;
            for (size_t k = 0; k < WIDTH; k++) {
                total += exp((double)rows[t * STRIDE + k]);
                if (rows[t * STRIDE + k] > rows[t * STRIDE + path[t]]) path[t] = k;
            }
            sum += (double)rows[t * STRIDE + path[t]] - log(total);
        }
        const size_t length = collapse(path, STEPS, expected);
        assert_int_equal(rd_ctc_greedy(&out, WIDTH, symbols, &score), length);
        assert_memory_equal(symbols, expected, length * sizeof *symbols);
        assert_true(fabs(score - sum) < 1e-12);
    }
}

static void more_than_memory_holds_is_a_limit(void **state)
{
    (void)state;
    rd_ctc_beam *beam;
    rondo_error error;
    assert_int_equal(rd_ctc_beam_new(SIZE_MAX / 2, 30, 100, &beam, &error), RONDO_LIMIT);
    assert_int_equal(rd_ctc_beam_new((size_t)1 << 45, 30, 100, &beam, &error), RONDO_LIMIT);
    assert_null(beam);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_beam_that_holds_everything_finds_what_all_paths_give),
        cmocka_unit_test(a_narrow_beam_finds_part_of_it),
        cmocka_unit_test(a_language_model_that_fails_ends_the_search),
        cmocka_unit_test(ties_go_to_the_earlier_and_the_lower),
        cmocka_unit_test(greedy_is_the_likeliest_path_collapsed),
        cmocka_unit_test(more_than_memory_holds_is_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
