/* A counter-based generator: a number is a function of key and counter, so any number can be had in any order
 * by any thread, and "restore the generator" is two numbers. Philox 4x32-10 (Salmon et al. 2011). */
#ifndef RD_RNG_H
#define RD_RNG_H

#include "base/real.h"

typedef struct rd_key {
    uint64_t seed;   /* of the run */
    uint64_t stream; /* what it is for; see rd_stream */
} rd_key;

/* Streams: keep them apart so that no two uses share numbers. `index` is a step, epoch, layer … */
typedef enum rd_stream_kind {
    RD_STREAM_INIT = 1,
    RD_STREAM_DROPOUT = 2,
    RD_STREAM_SHUFFLE = 3,
    RD_STREAM_SAMPLE = 4,
    RD_STREAM_NOISE = 5,
    RD_STREAM_STATE = 6,
    RD_STREAM_SYNTH = 7,
    RD_STREAM_SPLIT = 8
} rd_stream_kind;
rd_key rd_key_of(uint64_t seed, rd_stream_kind kind, uint64_t index, uint64_t sub);

/* Four 32-bit words of counter (c0, c1). */
void rd_philox(rd_key key, uint64_t c0, uint64_t c1, uint32_t out[4]);

uint64_t rd_random_u64(rd_key key, uint64_t counter);
double rd_random_uniform(rd_key key, uint64_t counter); /* [0, 1), 53 bits */
double rd_random_normal(rd_key key, uint64_t counter);  /* N(0, 1), Box-Muller, our own log and cos */
uint64_t rd_random_below(rd_key key, uint64_t counter, uint64_t n); /* 0..n-1, unbiased */
/* out[i] = rd_random_normal of counter first + i. */
void rd_random_normals(rd_key key, uint64_t first, size_t n, double *out);
/* out[i] = scale * N(0,1) resp. uniform in [-scale, scale), counters first + i; the same bits however cut. */
void rd_random_fill_normal(rd_key key, uint64_t first, size_t n, rd_real scale, rd_real *out);
void rd_random_fill_uniform(rd_key key, uint64_t first, size_t n, rd_real scale, rd_real *out);
/* out[i] = 1/(1-p) with probability 1-p, else 0 (inverted dropout); p = 0 gives 1, p = 1 gives 0. Element i is
 * counter first + i; four come from one block of the generator, so it is cheap. */
void rd_random_fill_mask(rd_key key, uint64_t first, size_t n, rd_real p, rd_real *out);
/* What rd_random_fill_mask does, for whoever makes masks in registers: element i of a mask is `kept` when the word
 * i % 4 of block (i / 4, use) of the generator is at least `dropped`, else 0; `words` are the two words of its key. */
typedef struct rd_mask_rule {
    uint64_t words, use, dropped;
    rd_real kept;
} rd_mask_rule;
rd_mask_rule rd_mask_rule_of(rd_key key, rd_real p);
/* One round of the generator: the upper halves of two products change places; both keys grow after it. */
#define RD_PHILOX_ROUNDS 10
#define RD_PHILOX_LEFT   0xD2511F53u
#define RD_PHILOX_RIGHT  0xCD9E8D57u
#define RD_PHILOX_GROW_0 0x9E3779B9u
#define RD_PHILOX_GROW_1 0xBB67AE85u
/* A permutation of 0..n-1 without memory: the place that item i goes to (Feistel network, cycle walking). */
uint64_t rd_permute(rd_key key, uint64_t i, uint64_t n);

#endif
