/* Log-mel energies and cepstra of sound. A window of 25 ms moves by 10 ms:
 *
 *   frames    1 + (samples - window) / hop, rounded down; a file shorter than the window has one, ended by
 * zeros emphasis  y[i] = x[i] - 0.97 x[i-1] over the whole file, y[0] = x[0] window    Hann, w[i] = 0.5 - 0.5
 * cos(2 pi i / (window - 1)); then zeros up to a power of two, N power     p[k] = |DFT(y w)[k]|^2, k = 0 …
 * N/2 mels      triangles with corners at equal distances on mel(f) = 1127 ln(1 + f/700) from 0 to rate/2;
 * filter m weighs bin k by its height, 0 to 1, at the mel of k rate/N logmel    ln max(sum, 1e-10) mfcc c[q]
 * = s sum_m logmel[m] cos(pi q (m + 1/2) / M), s = sqrt(1/M) for q = 0, else sqrt(2/M); M = 40 39        13
 * of these, then their differences d[t] = sum_n n (c[t+n] - c[t-n]) / (2 sum_n n^2), n = 1, 2, and the
 *             differences of these; frames before the first and after the last are like those
 *
 * (Davis and Mermelstein 1980; Young et al., The HTK Book, chapter 5.) */
#ifndef RD_FEATURES_H
#define RD_FEATURES_H

#include "base/status.h"

#include <stddef.h>

typedef struct rd_features_rule {
    int cepstra;  /* 1: mfcc, 0: logmel */
    size_t width; /* numbers a frame */
} rd_features_rule;
/* Reads "logmel:N" (1 to 256 mels) or "mfcc:N" (1 to 26 coefficients, or 39: 13 with two differences);
 * "logmel" alone is 40, "mfcc" 13. Anything else is RONDO_BAD_ARGUMENT. */
rondo_status rd_features_read(const char *text, rd_features_rule *rule, rondo_error *error);

typedef struct rd_features rd_features;
/* Tables for one rate, in samples a second. So many mels that one of them has no bin of its own are
 * RONDO_BAD_ARGUMENT. A build without kissfft gives RONDO_SYSTEM. */
rondo_status rd_features_new(rd_features_rule rule, unsigned rate, rd_features **features,
                             rondo_error *error);
size_t rd_features_frames(const rd_features *features, size_t samples); /* 0 for none */
/* out [frames][width]; samples must be within 1e30. The transform is in float, all else in double. */
rondo_status rd_features_make(rd_features *features, const float *sample, size_t samples, float *out,
                              rondo_error *error);
void rd_features_free(rd_features *features); /* NULL allowed */

#endif
