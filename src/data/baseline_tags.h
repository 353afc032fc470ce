/* What labels alone say: the class that is most frequent, and for every word the tag it had most often. */
#ifndef RD_BASELINE_TAGS_H
#define RD_BASELINE_TAGS_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

/* The unigram tagger. Add training data, fit once, then ask. Start with zeros. A classifier is the same with
 * one word. */
typedef struct rd_tagger {
    uint64_t
        *pair; /* owned; before the fit word and tag of every place, after it of every word once, sorted */
    size_t pairs, room;
    int32_t usual; /* the most frequent tag of all; -1 when none was added */
} rd_tagger;

/* Places without a label (a tag below 0) are passed over, and words below 0. */
rondo_status rd_tagger_add(rd_tagger *tagger, const int32_t *words, const int32_t *tags, size_t count,
                           rondo_error *error);
rondo_status rd_tagger_fit(rd_tagger *tagger, rondo_error *error);
/* The tag that the word had most often (ties: the lowest), the usual one for words that training does not
 * have. */
int32_t rd_tagger_guess(const rd_tagger *tagger, int32_t word);
void rd_tagger_free(rd_tagger *tagger);

/* The index of the largest count, the lowest of equals; -1 when all are 0. */
int32_t rd_majority(const uint64_t *counts, size_t count);

#endif
