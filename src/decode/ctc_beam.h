/* Prefix beam search for CTC (equations.md section 11), in log space, with a language model beside the
 * network. */
#ifndef RD_CTC_BEAM_H
#define RD_CTC_BEAM_H

#include "base/status.h"
#include "decode/outputs.h"

#include <stdint.h>

/* A language model: a prefix of symbols has a state, a handle that is the caller's affair. A prefix y adds
 * weight * Σ log p(symbol | before) + bonus * symbols to its rank; at the end, unless `end` is −1, weight *
 * log p(end). */
typedef struct rd_ctc_language {
    void *user;
    size_t start;                                              /* state of the empty prefix; never released */
    double (*score)(void *user, size_t state, int32_t symbol); /* log p(symbol | state); asked for often */
    /* The state after one symbol more; asked for once a prefix that stays in the beam. */
    rondo_status (*next)(void *user, size_t state, int32_t symbol, size_t *after, rondo_error *error);
    void (*release)(void *user, size_t state); /* no prefix needs it any more; NULL: nobody wants to know */
    double weight, bonus;
    int32_t end;
} rd_ctc_language;

typedef struct rd_ctc_found {
    const int32_t *symbols; /* [length] until the next run */
    size_t length;
    double rank;     /* log p + what the language model adds */
    double log_prob; /* of these symbols, over the alignments that the beam held */
} rd_ctc_found;

typedef struct rd_ctc_beam rd_ctc_beam;
/* For sequences of up to `steps` steps and `width` classes (0 the blank, k + 1 symbol k), keeping the `beam`
 * best prefixes after each step. RONDO_LIMIT when that is more than memory holds. */
rondo_status rd_ctc_beam_new(size_t steps, size_t width, size_t beam, rd_ctc_beam **made, rondo_error *error);
void rd_ctc_beam_free(rd_ctc_beam *beam); /* NULL allowed */
/* Up to `best` results, falling, at ties the earlier; *count of them. language may be NULL; only its `next`
 * can fail. found: [best]. */
rondo_status rd_ctc_beam_run(rd_ctc_beam *beam, const rd_outputs *outputs, const rd_ctc_language *language,
                             size_t best, rd_ctc_found *found, size_t *count, rondo_error *error);

#endif
