/* Masks of dropout and zoneout, many blocks of the generator at a time, and what is done with them; the
 * running maximum of pooling. */
#ifndef RD_CPU_MASKS_H
#define RD_CPU_MASKS_H

#include "kernels/cpu/cpu_lanes.h"
#include "kernels/kernels.h"

#if RD_LANE_BYTES == 0 || defined(RD_REAL64)

static void mask(rd_key key, uint64_t first, size_t n, rd_real p, rd_real *out)
{
    rd_random_fill_mask(key, first, n, p, out);
}

#else

enum { MASK_RUN = 2 * RD_LANES }; /* numbers of RD_WORDS blocks */

/* The four words of RD_WORDS blocks, in the lower half of each lane; Philox as in base/rng.c. */
typedef struct philox_blocks {
    rd_words a, b, c, d;
} philox_blocks;

RD_INLINE philox_blocks philox(const rd_mask_rule *rule, rd_words block)
{
    const rd_words zero = {0}, by_left = zero + RD_PHILOX_LEFT, by_right = zero + RD_PHILOX_RIGHT;
    uint32_t key_0 = (uint32_t)rule->words, key_1 = (uint32_t)(rule->words >> 32);
    philox_blocks x = {block, block >> 32, zero + (uint32_t)rule->use, zero + (rule->use >> 32)};
#pragma GCC unroll 10
    for (int round = 0; round < RD_PHILOX_ROUNDS; round++) {
        const rd_words left = rd_multiply_low(x.a, by_left), right = rd_multiply_low(x.c, by_right);
        x.a = (right >> 32) ^ x.b ^ (zero + key_0);
        x.c = (left >> 32) ^ x.d ^ (zero + key_1);
        x.b = right;
        x.d = left;
        key_0 += RD_PHILOX_GROW_0;
        key_1 += RD_PHILOX_GROW_1;
    }
    return x;
}

/* The mask of RD_WORDS blocks from `block` on. Lanes 0, 2, 4 … hold the first half of the blocks, since pairs
 * of lanes are put side by side at the end. */
RD_INLINE void mask_run(const rd_mask_rule *rule, uint64_t block, rd_real *out)
{
    const rd_words low = (rd_words){0} + UINT32_MAX;
    rd_words place = {0};
    for (unsigned i = 0; i < RD_WORDS; i++)
        place[i] = i / 2 + (i % 2) * (RD_WORDS / 2);
    const philox_blocks x = philox(rule, place + block);
    const rd_words ab = (x.a & low) | x.b << 32, cd = (x.c & low) | x.d << 32;
    const rd_bits dropped = (rd_bits){0} + (uint32_t)rule->dropped;
    const rd_lane kept = rd_splat(rule->kept);
    store(out, rd_keep((rd_bits)rd_pairs_even(ab, cd) >= dropped, kept));
    store(out + RD_LANES, rd_keep((rd_bits)rd_pairs_odd(ab, cd) >= dropped, kept));
}

static void mask(rd_key key, uint64_t first, size_t n, rd_real p, rd_real *out)
{
    const rd_mask_rule rule = rd_mask_rule_of(key, p);
    const size_t head = rd_size_min(n, (size_t)(-first % 4));
    if (rule.dropped > UINT32_MAX) { /* p = 1 */
        rd_random_fill_mask(key, first, n, p, out);
        return;
    }
    rd_random_fill_mask(key, first, head, p, out);
    size_t i = head;
    for (; i + MASK_RUN <= n; i += MASK_RUN)
        mask_run(&rule, (first + i) / 4, out + i);
    if (i == n) return;
    rd_real rest[MASK_RUN];
    mask_run(&rule, (first + i) / 4, rest);
    memcpy(out + i, rest, (n - i) * sizeof *out);
}

#endif

static void multiply(size_t n, const rd_real *a, rd_real *x)
{
    for (size_t i = 0; i < n; i += RD_LANES)
        store_left(x + i, n - i, load_left(x + i, n - i) * load_left(a + i, n - i));
}

static void zone(size_t n, const rd_real *held, const rd_real *old, rd_real *x)
{
    for (size_t i = 0; i < n; i += RD_LANES) {
        const size_t left = n - i;
        store_left(
            x + i, left,
            rd_select(load_left(held + i, left) == 0, load_left(old + i, left), load_left(x + i, left)));
    }
}

static void zone_back(size_t n, const rd_real *held, rd_real *d_old, rd_real *d)
{
    for (size_t i = 0; i < n; i += RD_LANES) {
        const size_t left = n - i;
        const rd_mask holds = load_left(held + i, left) == 0;
        const rd_lane d_x = load_left(d + i, left);
        store_left(d_old + i, left, load_left(d_old + i, left) + rd_keep(holds, d_x));
        store_left(d + i, left, rd_drop(holds, d_x));
    }
}

static void zone_share(size_t n, rd_real p, const rd_real *old, rd_real *x)
{
    const rd_real rest = 1 - p;
    for (size_t i = 0; i < n; i += RD_LANES)
        store_left(x + i, n - i,
                   rd_fma(rd_splat(p), load_left(old + i, n - i), rest * load_left(x + i, n - i)));
}

static void maximum(size_t n, const rd_real *x, rd_real mark, rd_real *best, rd_real *winner)
{
    for (size_t i = 0; i < n; i += RD_LANES) {
        const size_t left = n - i;
        const rd_lane here = load_left(x + i, left), so_far = load_left(best + i, left);
        /* NOLINTNEXTLINE(misc-redundant-expression): not so for NaN */
        const rd_mask wins = (here > so_far) | (here != here);
        store_left(best + i, left, rd_select(wins, here, so_far));
        store_left(winner + i, left, rd_select(wins, rd_splat(mark), load_left(winner + i, left)));
    }
}

static void fill_masks(rd_kernels *kernels)
{
    kernels->mask = mask;
    kernels->multiply = multiply;
    kernels->zone = zone;
    kernels->zone_back = zone_back;
    kernels->zone_share = zone_share;
    kernels->maximum = maximum;
}

#endif
