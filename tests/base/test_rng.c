/* The generator: published vectors, fair numbers, and the same bits however the work is cut. */
#include "base/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = 200000 };

static void philox_gives_the_published_vectors(void **state)
{
    (void)state;
    static const struct {
        uint64_t seed, c0, c1;
        uint32_t want[4];
    } vectors[] = {
        {0, 0, 0, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {UINT64_MAX, UINT64_MAX, UINT64_MAX, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {0x299f31d0a4093822,
         0x85a308d3243f6a88,
         0x0370734413198a2e,
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < 3; i++) {
        uint32_t out[4];
        rd_philox((rd_key){.seed = vectors[i].seed}, vectors[i].c0, vectors[i].c1, out);
        assert_memory_equal(out, vectors[i].want, sizeof out);
    }
}

static void streams_differ_in_every_part_of_their_name(void **state)
{
    (void)state;
    const rd_key keys[] = {
        rd_key_of(1, RD_STREAM_INIT, 0, 0),    rd_key_of(2, RD_STREAM_INIT, 0, 0),
        rd_key_of(1, RD_STREAM_NOISE, 0, 0),   rd_key_of(1, RD_STREAM_INIT, 1, 0),
        rd_key_of(1, RD_STREAM_INIT, 0, 1),    rd_key_of(1, RD_STREAM_INIT, 1, 1),
        rd_key_of(1, RD_STREAM_DROPOUT, 0, 0), rd_key_of(0, RD_STREAM_INIT, 0, 0),
    };
    for (size_t i = 0; i < 8; i++)
        for (size_t k = 0; k < i; k++)
            assert_int_not_equal(rd_random_u64(keys[i], 0), rd_random_u64(keys[k], 0));
}

static void uniform_numbers_fill_the_unit_interval_evenly(void **state)
{
    (void)state;
    const rd_key key = rd_key_of(7, RD_STREAM_SAMPLE, 0, 0);
    double sum = 0, squares = 0, least = 1, most = 0;
    for (uint64_t i = 0; i < MANY; i++) {
        const double u = rd_random_uniform(key, i);
        sum += u;
        squares += u * u;
        least = fmin(least, u);
        most = fmax(most, u);
    }
    assert_true(least >= 0 && least < 1e-4 && most < 1 && most > 1 - 1e-4);
    assert_true(fabs(sum / MANY - 0.5) < 0.004);
    assert_true(fabs(squares / MANY - 1.0 / 3) < 0.004);
}

static void normal_numbers_have_the_moments_of_a_normal(void **state)
{
    (void)state;
    const rd_key key = rd_key_of(7, RD_STREAM_NOISE, 3, 0);
    double moment[5] = {0}, neighbours = 0, last = 0;
    for (uint64_t i = 0; i < MANY; i++) {
        const double x = rd_random_normal(key, i);
        assert_true(isfinite(x) && fabs(x) < 9);
        for (int p = 1; p <= 4; p++)
            moment[p] += pow(x, p) / MANY;
        neighbours += x * last / MANY;
        last = x;
    }
    assert_true(fabs(moment[1]) < 0.012);
    assert_true(fabs(moment[2] - 1) < 0.02);
    assert_true(fabs(moment[3]) < 0.04);
    assert_true(fabs(moment[4] - 3) < 0.12);
    assert_true(fabs(neighbours) < 0.012);
}

static void numbers_below_n_are_fair_and_inside(void **state)
{
    (void)state;
    const rd_key key = rd_key_of(9, RD_STREAM_SYNTH, 0, 0);
    int count[7] = {0};
    for (uint64_t i = 0; i < 70000; i++)
        count[rd_random_below(key, i, 7)]++;
    for (int i = 0; i < 7; i++)
        assert_in_range(count[i], 9600, 10400);
    assert_int_equal(rd_random_below(key, 0, 0), 0);
    assert_int_equal(rd_random_below(key, 0, 1), 0);
    const uint64_t large = (UINT64_C(1) << 63) + 1; /* half of all draws must be drawn again */
    int upper = 0;
    for (uint64_t i = 0; i < 10000; i++) {
        const uint64_t x = rd_random_below(key, i, large);
        assert_true(x < large);
        upper += x > large / 2;
    }
    assert_in_range(upper, 4800, 5200);
}

typedef void (*fill)(rd_key key, uint64_t first, size_t n, rd_real scale, rd_real *out);

static void fills_give_the_same_bits_however_they_are_cut(void **state)
{
    (void)state;
    static const fill fills[] = {rd_random_fill_normal, rd_random_fill_uniform, rd_random_fill_mask};
    const rd_key key = rd_key_of(5, RD_STREAM_INIT, 0, 0);
    rd_real whole[257], parts[257];
    for (size_t f = 0; f < 3; f++)
        for (size_t step = 1; step < 10; step++) {
            fills[f](key, 1000, 257, (rd_real)0.5, whole);
            for (size_t at = 0; at < 257; at += step)
                fills[f](key, 1000 + at, at + step > 257 ? 257 - at : step, (rd_real)0.5, parts + at);
            assert_memory_equal(whole, parts, sizeof whole);
        }
    rd_random_fill_normal(key, 3, 9, (rd_real)1, whole);
    double normals[9];
    rd_random_normals(key, 3, 9, normals);
    for (size_t i = 0; i < 9; i++)
        assert_true(normals[i] == rd_random_normal(key, 3 + i) && whole[i] == (rd_real)normals[i]);
}

static void a_uniform_fill_stays_inside_its_scale_and_reaches_both_ends(void **state)
{
    (void)state;
    static rd_real x[MANY];
    const rd_real scale = (rd_real)0.1;
    double sum = 0;
    rd_random_fill_uniform(rd_key_of(2, RD_STREAM_INIT, 0, 0), 0, MANY, scale, x);
    rd_real least = 1, most = -1;
    for (size_t i = 0; i < MANY; i++) {
        assert_true(x[i] >= -scale && x[i] < scale);
        least = x[i] < least ? x[i] : least;
        most = x[i] > most ? x[i] : most;
        sum += (double)x[i];
    }
    assert_true((double)least < -0.0999 && (double)most > 0.0999 && fabs(sum / MANY) < 0.001);
}

static void a_mask_keeps_its_share_and_the_mean(void **state)
{
    (void)state;
    static rd_real x[MANY];
    const rd_key key = rd_key_of(2, RD_STREAM_DROPOUT, 4, 1);
    rd_random_fill_mask(key, 0, MANY, (rd_real)0.3, x);
    double sum = 0;
    for (size_t i = 0; i < MANY; i++) {
        assert_true(x[i] == 0 || x[i] == 1 / (1 - (rd_real)0.3));
        sum += (double)x[i];
    }
    assert_true(fabs(sum / MANY - 1) < 0.008);
    rd_random_fill_mask(key, 0, 1000, 0, x);
    for (size_t i = 0; i < 1000; i++)
        assert_true(x[i] == 1);
    rd_random_fill_mask(key, 0, 1000, 1, x);
    for (size_t i = 0; i < 1000; i++)
        assert_true(x[i] == 0);
}

static void a_permutation_uses_every_place_once(void **state)
{
    (void)state;
    static unsigned char used[5000];
    for (uint64_t n = 1; n < 5000; n = n < 70 ? n + 1 : n * 2 + 1) {
        memset(used, 0, sizeof used);
        for (uint64_t i = 0; i < n; i++) {
            const uint64_t place = rd_permute(rd_key_of(3, RD_STREAM_SHUFFLE, n, 0), i, n);
            assert_true(place < n);
            assert_int_equal(used[place]++, 0);
        }
    }
    const uint64_t large = UINT64_MAX - 5;
    assert_true(rd_permute(rd_key_of(3, RD_STREAM_SHUFFLE, 0, 0), large - 1, large) < large);
}

static void every_order_of_three_comes_about_equally_often(void **state)
{
    (void)state;
    int count[27] = {0};
    for (uint64_t epoch = 0; epoch < 6000; epoch++) {
        const rd_key key = rd_key_of(11, RD_STREAM_SHUFFLE, epoch, 0);
        count[9 * rd_permute(key, 0, 3) + 3 * rd_permute(key, 1, 3) + rd_permute(key, 2, 3)]++;
    }
    static const int orders[] = {5, 7, 11, 15, 19, 21};
    for (size_t i = 0; i < 6; i++)
        assert_in_range(count[orders[i]], 850, 1150);
}

static void each_item_may_come_to_each_place(void **state)
{
    (void)state;
    static int count[16][16];
    for (uint64_t epoch = 0; epoch < 4000; epoch++)
        for (uint64_t i = 0; i < 16; i++)
            count[i][rd_permute(rd_key_of(12, RD_STREAM_SHUFFLE, epoch, 0), i, 16)]++;
    for (size_t i = 0; i < 16; i++)
        for (size_t k = 0; k < 16; k++)
            assert_in_range(count[i][k], 170, 330);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_the_published_vectors),
        cmocka_unit_test(streams_differ_in_every_part_of_their_name),
        cmocka_unit_test(uniform_numbers_fill_the_unit_interval_evenly),
        cmocka_unit_test(normal_numbers_have_the_moments_of_a_normal),
        cmocka_unit_test(numbers_below_n_are_fair_and_inside),
        cmocka_unit_test(fills_give_the_same_bits_however_they_are_cut),
        cmocka_unit_test(a_uniform_fill_stays_inside_its_scale_and_reaches_both_ends),
        cmocka_unit_test(a_mask_keeps_its_share_and_the_mean),
        cmocka_unit_test(a_permutation_uses_every_place_once),
        cmocka_unit_test(every_order_of_three_comes_about_equally_often),
        cmocka_unit_test(each_item_may_come_to_each_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
