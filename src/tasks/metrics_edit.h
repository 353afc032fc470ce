/* How many symbols must be changed to make one sequence of another: character, word and symbol error rates.
 */
#ifndef RD_METRICS_EDIT_H
#define RD_METRICS_EDIT_H

#include "base/text.h"

#include <stddef.h>
#include <stdint.h>

typedef enum rd_edit_unit {
    RD_EDIT_CHARACTERS = 0, /* code points; a byte that is no UTF-8 is one of its own */
    RD_EDIT_WORDS = 1       /* pieces between white space (ASCII) */
} rd_edit_unit;

/* Sums over a corpus of pairs (truth, guess), and room to compare them in. Start with zeros. Of the ways of
 * least cost (substitution, insertion and deletion cost 1; Levenshtein) the one with the most substitutions
 * is counted. */
typedef struct rd_edits {
    uint64_t substituted, inserted, deleted; /* inserted: in the guess and not in the truth */
    uint64_t units;                          /* of all truths */
    uint64_t pairs, same;                    /* same: pairs without an edit */
    uint64_t *unit[2];                       /* truth and guess as numbers, owned */
    size_t room[2], count[2];
    struct rd_edit_cell *cell; /* one row of the table, owned */
    size_t cells;
} rd_edits;

/* Status RONDO_LIMIT when the two are so long (and unlike) that comparing would take more than 2^34 steps. */
rondo_status rd_edits_add_text(rd_edits *edits, rd_edit_unit unit, const char *truth, size_t truth_size,
                               const char *guess, size_t guess_size, rondo_error *error);
rondo_status rd_edits_add_symbols(rd_edits *edits, const int32_t *truth, size_t truths, const int32_t *guess,
                                  size_t guesses, rondo_error *error);
/* (substituted + inserted + deleted) / units; above 1 when much is inserted. Truths without units: 0 when
 * nothing was inserted, else infinity. */
double rd_edits_rate(const rd_edits *edits);
void rd_edits_free(rd_edits *edits);

#endif
