/* Masks made in registers have the bits of the generator's own, wherever they begin and end; what is done
 * with masks agrees with generic. */
#include "agree/world.h"

static const size_t lengths[] = {0, 1, 3, 4, 7, 17, 31, 32, 33, 64, 100, 257};

enum { LENGTHS = sizeof lengths / sizeof *lengths };

static void masks_have_the_bits_of_the_generator(void **state)
{
    (void)state;
    static const rd_real shares[] = {0, RD_C(1e-9), RD_C(0.1), RD_C(0.5), RD_C(0.999999), 1};
    /* whole blocks and not, and where the counter of blocks leaves 32 bits */
    static const uint64_t firsts[] = {
        0, 1, 6, 4096, ((uint64_t)1 << 34) - 16, ((uint64_t)1 << 34) - 5, (uint64_t)-4 << 20};
    static rd_real mine[300], theirs[300];
    for (size_t set = 0; rd_kernels_name(set); set++) {
        rd_kernels kernels;
        assert_true(rd_kernels_for(rd_kernels_name(set), &kernels));
        for (size_t k = 0; k < LENGTHS * 6 * 7; k++) {
            const rd_key key = rd_key_of(k, RD_STREAM_DROPOUT, 3, k * k);
            const size_t n = lengths[k % LENGTHS];
            const rd_real p = shares[k / LENGTHS % 6];
            const uint64_t first = firsts[k / LENGTHS / 6];
            for (size_t i = 0; i < 300; i++)
                mine[i] = theirs[i] = 7;
            kernels.mask(key, first, n, p, mine + 1);
            rd_random_fill_mask(key, first, n, p, theirs + 1);
            if (memcmp(mine, theirs, sizeof mine) != 0)
                fail_msg("%s: %zu from %llu on, p = %g", kernels.isa, n, (unsigned long long)first,
                         (double)p);
        }
    }
}

static void mask_loops(const rd_kernels *kernels, world *w, size_t n)
{
    rd_real *mask = world_rows(w, 1, n, NULL), *a = world_rows(w, 1, n, NULL), *b = world_rows(w, 1, n, NULL);
    rd_real *c = world_rows(w, 1, n, NULL), *d = world_rows(w, 1, n, NULL), *e = world_rows(w, 1, n, NULL);
    for (size_t i = 0; i < n; i += 3)
        mask[i] = 0;
    kernels->zone(n, mask, a, b);
    kernels->zone_back(n, mask, c, d);
    kernels->zone_share(n, RD_C(0.3), a, e);
    kernels->multiply(n, mask, a);
    kernels->maximum(n, a, 7, b, c);
    kernels->maximum(n, d, 9, b, c);
    (void)world_rows(w, 1, 64, NULL); /* a border, to be found untouched */
}

static void what_is_done_with_masks_agrees_with_generic(void **state)
{
    (void)state;
    static world mine, theirs;
    rd_kernels generic, kernels;
    assert_true(rd_kernels_for("generic", &generic));
    for (size_t set = 0; rd_kernels_name(set); set++) {
        assert_true(rd_kernels_for(rd_kernels_name(set), &kernels));
        for (size_t i = 0; i < LENGTHS; i++) {
            world_reset(&mine, i);
            world_reset(&theirs, i);
            mask_loops(&kernels, &mine, lengths[i]);
            mask_loops(&generic, &theirs, lengths[i]);
            assert_true(world_difference(&mine, &theirs) <= 1e-6);
        }
    }
}

static void a_held_unit_takes_the_old_state_even_if_the_new_one_is_nan(void **state)
{
    (void)state;
    for (size_t set = 0; rd_kernels_name(set); set++) {
        rd_kernels kernels;
        assert_true(rd_kernels_for(rd_kernels_name(set), &kernels));
        const rd_real nan = (rd_real)NAN, mask[4] = {0, 2, 0, 2}, old[4] = {1, nan, nan, 4};
        rd_real x[4] = {nan, 6, 7, nan}, d_old[4] = {1, 1, 1, 1}, d[4] = {nan, nan, 3, 4};
        kernels.zone(4, mask, old, x);
        assert_true(x[0] == 1 && x[1] == 6 && x[2] != x[2] && x[3] != x[3]);
        kernels.zone_back(4, mask, d_old, d);
        assert_true(d_old[0] != d_old[0] && d_old[1] == 1 && d_old[2] == 4 && d_old[3] == 1);
        assert_true(d[0] == 0 && d[1] != d[1] && d[2] == 0 && d[3] == 4);
    }
}

static void the_maximum_takes_the_first_of_equals_and_nan_wins(void **state)
{
    (void)state;
    for (size_t set = 0; rd_kernels_name(set); set++) {
        rd_kernels kernels;
        assert_true(rd_kernels_for(rd_kernels_name(set), &kernels));
        const rd_real nan = (rd_real)NAN, x[5] = {1, 2, nan, 5, (rd_real)INFINITY};
        rd_real best[5] = {1, 1, 3, nan, 8}, winner[5] = {0};
        kernels.maximum(5, x, 4, best, winner);
        assert_true(best[0] == 1 && best[1] == 2 && best[2] != best[2] && best[3] != best[3] &&
                    best[4] > 1e30f);
        assert_true(winner[0] == 0 && winner[1] == 4 && winner[2] == 4 && winner[3] == 0 && winner[4] == 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(masks_have_the_bits_of_the_generator),
        cmocka_unit_test(what_is_done_with_masks_agrees_with_generic),
        cmocka_unit_test(a_held_unit_takes_the_old_state_even_if_the_new_one_is_nan),
        cmocka_unit_test(the_maximum_takes_the_first_of_equals_and_nan_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
