/* Beam search with an encoder and decoder (equations.md section 11). The encoder runs once; each step of the decoder runs
 * the live hypotheses of all sequences of the batch as rows, and sequences that are done leave.
 * At each step the 2B likeliest continuations of a sequence's hypotheses are ranked by log p; of the first B those that
 * end are finished, and the first B that do not end live on. A sequence is done with B finished ones, or at its length;
 * what lives then counts after those that ended. Finished ones are ranked by Σ log p / L^A, L their symbols with the
 * end. Ties go to the earlier: hypothesis, then symbol. B = 1 is the greedy answer. */
#ifndef RD_BEAM_H
#define RD_BEAM_H

#include "model/incremental.h"

typedef struct rd_beam_settings {
    size_t beam, best;    /* B; hypotheses told of a sequence, at most B */
    double penalty;       /* A */
    size_t max_length;    /* symbols of a hypothesis at most, without the end; 0: as the ratio says */
    double max_ratio;     /* and at most so many for each step of x, plus 10; 0: no such limit (max_length is one then) */
    int32_t excluded;     /* a symbol that is never given, or -1 */
    int keep_weights;     /* 1: hypotheses have their attention */
} rd_beam_settings;

typedef struct rd_hypothesis {
    const int32_t *symbols; /* [count] without the end */
    size_t count;
    int ended;              /* 0: cut at its length */
    double logprob, score;  /* Σ log p, the end's included; the same over L^A */
    const size_t *aligned;  /* [count] the position of x with the most attention; NULL: the model has none */
    const rd_real *weights; /* [count][positions], or NULL */
    size_t positions;
} rd_hypothesis;

typedef struct rd_beam rd_beam;
/* Keeps the model; the settings are copied. Symbol RD_SYMBOL_END begins and ends. */
rondo_status rd_beam_new(const rondo_model *model, const rd_beam_settings *settings, rd_beam **beam,
                         rondo_error *error);
void rd_beam_free(rd_beam *beam);
/* Part "x" of the batch is answered. A model that gives no numbers is RONDO_NUMBERS. */
rondo_status rd_beam_search(rd_beam *beam, const rondo_batch *batch, rondo_error *error);
/* Hypotheses of sequence i of the last search, best first, and the k-th of them, until the next search. */
size_t rd_beam_found(const rd_beam *beam, size_t sequence);
const rd_hypothesis *rd_beam_best(const rd_beam *beam, size_t sequence, size_t k);

#endif
