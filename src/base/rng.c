/* Philox 4x32-10: J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random numbers: as easy as 1, 2, 3",
 * 2011. The second half of the counter says what a block is for, so that no two kinds of numbers share one.
 */
#include "base/rng.h"
#include "base/numeric.h"

#include <math.h>

__extension__ typedef unsigned __int128 wide;

enum block_use { USE_INTEGER = 0, USE_BELOW = 1, USE_NORMAL = 2, USE_UNIFORM = 3, USE_MASK = 4 };

static const double TWO_PI = 6.283185307179586476925, HALF_PI = 1.570796326794896619231;

/* A bijection of 64 bits in which every bit of the input moves every bit of the output; 0 stays 0. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

rd_key rd_key_of(uint64_t seed, rd_stream_kind kind, uint64_t index, uint64_t sub)
{
    const uint64_t golden = 0x9E3779B97F4A7C15u;
    uint64_t stream = mix((uint64_t)kind * golden);
    stream = mix(stream + index + golden);
    stream = mix(stream + sub + golden);
    return (rd_key){.seed = seed, .stream = stream};
}

static uint64_t key_words(rd_key key)
{
    return key.seed ^ mix(key.stream);
}

void rd_philox(rd_key key, uint64_t c0, uint64_t c1, uint32_t out[4])
{
    const uint64_t folded = key_words(key);
    uint32_t k0 = (uint32_t)folded, k1 = (uint32_t)(folded >> 32);
    uint32_t a = (uint32_t)c0, b = (uint32_t)(c0 >> 32), c = (uint32_t)c1, d = (uint32_t)(c1 >> 32);
    for (int round = 0; round < RD_PHILOX_ROUNDS; round++) {
        const uint64_t left = (uint64_t)RD_PHILOX_LEFT * a, right = (uint64_t)RD_PHILOX_RIGHT * c;
        a = (uint32_t)(right >> 32) ^ b ^ k0;
        c = (uint32_t)(left >> 32) ^ d ^ k1;
        b = (uint32_t)right;
        d = (uint32_t)left;
        k0 += RD_PHILOX_GROW_0;
        k1 += RD_PHILOX_GROW_1;
    }
    out[0] = a;
    out[1] = b;
    out[2] = c;
    out[3] = d;
}

/* Two numbers of 64 bits from one block. */
static void two_integers(rd_key key, uint64_t counter, uint64_t use, uint64_t out[2])
{
    uint32_t word[4];
    rd_philox(key, counter, use, word);
    out[0] = (uint64_t)word[1] << 32 | word[0];
    out[1] = (uint64_t)word[3] << 32 | word[2];
}

/* [0, 1) in steps of 2^-53. */
static double unit(uint64_t bits)
{
    return (double)(bits >> 11) * 0x1p-53;
}

uint64_t rd_random_u64(rd_key key, uint64_t counter)
{
    uint64_t bits[2];
    two_integers(key, counter, USE_INTEGER, bits);
    return bits[0];
}

double rd_random_uniform(rd_key key, uint64_t counter)
{
    return unit(rd_random_u64(key, counter));
}

/* The upper half of bits * n; the few products that would favour some numbers are drawn again (Lemire 2019).
 */
uint64_t rd_random_below(rd_key key, uint64_t counter, uint64_t n)
{
    if (n < 2) return 0;
    const uint64_t unfair = (0 - n) % n;
    for (uint64_t attempt = 0;; attempt++) {
        uint64_t bits[2];
        two_integers(key, counter, attempt << 8 | USE_BELOW, bits);
        for (int i = 0; i < 2; i++) {
            const wide product = (wide)bits[i] * n;
            if ((uint64_t)product >= unfair) return (uint64_t)(product >> 64);
        }
    }
}

/* Box and Muller: two normal numbers at a right angle from one block, radius sqrt(-2 ln u), u in (0, 1]. */
static void normal_polar(rd_key key, uint64_t pair, double *radius, double *angle)
{
    uint64_t bits[2];
    two_integers(key, pair, USE_NORMAL, bits);
    *radius = sqrt(-2 * rd_log64(1 - unit(bits[0])));
    *angle = TWO_PI * unit(bits[1]);
}

static double normal_half(double radius, double angle, uint64_t half)
{
    return radius * rd_cos64(half ? angle - HALF_PI : angle);
}

double rd_random_normal(rd_key key, uint64_t counter)
{
    double radius, angle;
    normal_polar(key, counter / 2, &radius, &angle);
    return normal_half(radius, angle, counter % 2);
}

/* Number `counter` of a run of numbers that began with `first`; `at` is kept between them. */
static double next_normal(rd_key key, uint64_t counter, uint64_t first, double at[2])
{
    if (counter == first || counter % 2 == 0) normal_polar(key, counter / 2, &at[0], &at[1]);
    return normal_half(at[0], at[1], counter % 2);
}

void rd_random_normals(rd_key key, uint64_t first, size_t n, double *out)
{
    double at[2] = {0};
    for (size_t i = 0; i < n; i++)
        out[i] = next_normal(key, first + i, first, at);
}

void rd_random_fill_normal(rd_key key, uint64_t first, size_t n, rd_real scale, rd_real *out)
{
    double at[2] = {0};
    for (size_t i = 0; i < n; i++)
        out[i] = (rd_real)((double)scale * next_normal(key, first + i, first, at));
}

/* 24 bits, so that 2u - 1 and its product with `scale` stay below `scale` in float too. */
void rd_random_fill_uniform(rd_key key, uint64_t first, size_t n, rd_real scale, rd_real *out)
{
    uint32_t word[4] = {0};
    for (size_t i = 0; i < n; i++) {
        const uint64_t counter = first + i;
        if (i == 0 || counter % 4 == 0) rd_philox(key, counter / 4, USE_UNIFORM, word);
        out[i] = scale * ((rd_real)(word[counter % 4] >> 8) * RD_C(0x1p-23) - 1);
    }
}

rd_mask_rule rd_mask_rule_of(rd_key key, rd_real p)
{
    return (rd_mask_rule){.words = key_words(key),
                          .use = USE_MASK,
                          .dropped = p <= 0 ? 0 : p >= 1 ? UINT64_MAX : (uint64_t)((double)p * 0x1p32),
                          .kept = p <= 0 || p >= 1 ? 1 : 1 / (1 - p)};
}

void rd_random_fill_mask(rd_key key, uint64_t first, size_t n, rd_real p, rd_real *out)
{
    const rd_mask_rule rule = rd_mask_rule_of(key, p);
    uint32_t word[4] = {0};
    for (size_t i = 0; i < n; i++) {
        const uint64_t counter = first + i;
        if (i == 0 || counter % 4 == 0) rd_philox(key, counter / 4, rule.use, word);
        out[i] = word[counter % 4] >= rule.dropped ? rule.kept : 0;
    }
}

/* Eight rounds of a balanced Feistel network on 2 * half bits, the smallest even number of bits that holds n;
 * places past the end are sent on until they fall inside, less than four times on average. */
uint64_t rd_permute(rd_key key, uint64_t i, uint64_t n)
{
    if (n < 2) return 0;
    unsigned half = 1;
    while (half < 32 && (n - 1) >> (2 * half) != 0)
        half++;
    const uint64_t mask = (UINT64_C(1) << half) - 1;
    const uint64_t base = mix(key.seed + 0x9E3779B97F4A7C15u) ^ mix(key.stream + 0xD1B54A32D192ED03u);
    do {
        uint64_t left = i >> half, right = i & mask;
        for (uint64_t round = 1; round <= 8; round++) {
            const uint64_t next =
                left ^ (mix(base + round * 0x9E3779B97F4A7C15u + mix(right + round)) >> 17 & mask);
            left = right;
            right = next;
        }
        i = left << half | right;
    } while (i >= n);
    return i;
}
