/* BLEU of a corpus (Papineni et al. 2002) with one reference a sentence, computed as sacreBLEU (Post 2018)
 * does with its defaults: clipped counts of 1- to 4-grams summed over the corpus, case kept, exponential
 * smoothing of orders without a match, brevity penalty of the summed lengths. */
#ifndef RD_METRICS_BLEU_H
#define RD_METRICS_BLEU_H

#include "base/text.h"

#include <stddef.h>
#include <stdint.h>

enum { RD_BLEU_ORDER = 4 };

typedef enum rd_bleu_tokens {
    RD_BLEU_13A =
        0, /* as mteval-v13a.pl: entities undone, punctuation parted from words, numbers kept whole */
    RD_BLEU_NONE = 1 /* split at white space only: the text is tokenised already */
} rd_bleu_tokens;

typedef struct rd_bleu { /* start with zeros, but tokens */
    rd_bleu_tokens tokens;
    uint64_t match[RD_BLEU_ORDER],
        total[RD_BLEU_ORDER];                  /* n-grams of the hypotheses: also in the reference; all */
    uint64_t hypothesis, reference, sentences; /* words; pairs */
    struct rd_bleu_work *work;                 /* room to count in, owned; NULL until the first pair */
} rd_bleu;

/* One sentence and its reference (lines without their ends). */
rondo_status rd_bleu_add(rd_bleu *bleu, const char *hypothesis, size_t hypothesis_size, const char *reference,
                         size_t reference_size, rondo_error *error);
void rd_bleu_free(rd_bleu *bleu);

typedef struct rd_bleu_score {
    double bleu, precision[RD_BLEU_ORDER]; /* in percent; precisions after smoothing */
    double brevity, ratio;                 /* the penalty; words of hypotheses over words of references */
} rd_bleu_score;
rd_bleu_score rd_bleu_score_of(const rd_bleu *bleu);
/* Appends sacreBLEU's line without its end, with ourselves as the version:
 * "BLEU|nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:rondo-0.1.0 = 33.1 64.2/… (BP = … ref_len = …)".
 */
void rd_bleu_line(const rd_bleu *bleu, rd_text *out);

/* Appends the words of a line parted by single spaces, as the tokenisation has them. */
void rd_bleu_tokenize(rd_bleu_tokens tokens, const char *line, size_t size, rd_text *out);

#endif
