/* Words of a pair become numbers, n-grams of numbers are sorted on both sides, and a walk along both lists
 * counts what they share. */
#include "tasks/metrics_bleu.h"

#include "base/memory.h"
#include "base/numeric.h"
#include "base/size.h"

#include <stdlib.h>
#include <string.h>

enum { HYPOTHESIS = 0, REFERENCE = 1, SIDES = 2 };

typedef struct word {
    const char *text;
    size_t size;
    size_t place; /* in the hypothesis, or behind it in the reference */
} word;

typedef struct gram {
    uint32_t id[RD_BLEU_ORDER]; /* 0 behind the n-th */
} gram;

typedef struct rd_bleu_work {
    rd_text line[SIDES]; /* tokenised */
    size_t words[SIDES];
    word *word; /* [words of both] */
    uint32_t *id;
    gram *gram; /* [words of both]: the hypothesis's, then the reference's */
    size_t word_room, id_room, gram_room;
} rd_bleu_work;

/* ---- words to numbers */

static size_t count_words(const rd_text *line)
{
    size_t count = line->size > 0;
    for (size_t i = 0; i < line->size; i++)
        count += line->text[i] == ' ';
    return count;
}

static rondo_status make_room(rd_bleu_work *work, rondo_error *error)
{
    static const char *const purpose = "counting n-grams";
    size_t words = work->words[HYPOTHESIS] + work->words[REFERENCE];
    if (words >= UINT32_MAX)
        return rd_fail(error, RONDO_LIMIT, "%zu words in one sentence are too many", words);
    RD_TRY(rd_grow(&work->word, &work->word_room, words + 1, sizeof *work->word, purpose, error));
    RD_TRY(rd_grow(&work->id, &work->id_room, words + 1, sizeof *work->id, purpose, error));
    return rd_grow(&work->gram, &work->gram_room, words + 1, sizeof *work->gram, purpose, error);
}

static void list_words(const rd_text *line, size_t place, word *words)
{
    for (size_t at = 0; at < line->size;) {
        const char *space = memchr(line->text + at, ' ', line->size - at);
        size_t end = space ? (size_t)(space - line->text) : line->size;
        *words++ = (word){line->text + at, end - at, place++};
        at = end + 1;
    }
}

static int by_text(const void *a, const void *b)
{
    const word *p = a, *q = b;
    int order = memcmp(p->text, q->text, rd_size_min(p->size, q->size));
    return order ? order : (p->size > q->size) - (p->size < q->size);
}

/* Equal words get equal numbers, from 1. */
static void number_words(rd_bleu_work *work)
{
    size_t count = work->words[HYPOTHESIS] + work->words[REFERENCE];
    uint32_t id = 0;
    list_words(&work->line[HYPOTHESIS], 0, work->word);
    list_words(&work->line[REFERENCE], work->words[HYPOTHESIS], work->word + work->words[HYPOTHESIS]);
    if (count > 0) qsort(work->word, count, sizeof *work->word, by_text);
    for (size_t i = 0; i < count; i++) {
        id += i == 0 || by_text(&work->word[i - 1], &work->word[i]) != 0;
        work->id[work->word[i].place] = id;
    }
}

/* ---- n-grams */

static int by_ids(const void *a, const void *b)
{
    const gram *p = a, *q = b;
    for (size_t i = 0; i < RD_BLEU_ORDER; i++)
        if (p->id[i] != q->id[i]) return p->id[i] < q->id[i] ? -1 : 1;
    return 0;
}

/* The n-grams of `words` words, sorted; gives how many there are. */
static size_t list_grams(const uint32_t *id, size_t words, size_t n, gram *grams)
{
    size_t count = words >= n ? words - n + 1 : 0;
    for (size_t i = 0; i < count; i++) {
        grams[i] = (gram){{0}};
        memcpy(grams[i].id, id + i, n * sizeof *id);
    }
    if (count > 1) qsort(grams, count, sizeof *grams, by_ids);
    return count;
}

/* How many n-grams of a can be paired with equal ones of b: min(count in a, count in b), summed. */
static uint64_t shared(const gram *a, size_t as, const gram *b, size_t bs)
{
    uint64_t both = 0;
    for (size_t i = 0, j = 0; i < as && j < bs;) {
        int order = by_ids(&a[i], &b[j]);
        both += order == 0;
        i += order <= 0;
        j += order >= 0;
    }
    return both;
}

static void count_pair(rd_bleu *bleu)
{
    rd_bleu_work *work = bleu->work;
    size_t first = work->words[HYPOTHESIS];
    number_words(work);
    for (size_t n = 1; n <= RD_BLEU_ORDER; n++) {
        size_t hypothesis = list_grams(work->id, first, n, work->gram);
        size_t reference = list_grams(work->id + first, work->words[REFERENCE], n, work->gram + first);
        bleu->match[n - 1] += shared(work->gram, hypothesis, work->gram + first, reference);
        bleu->total[n - 1] += hypothesis;
    }
    bleu->hypothesis += first;
    bleu->reference += work->words[REFERENCE];
    bleu->sentences++;
}

rondo_status rd_bleu_add(rd_bleu *bleu, const char *hypothesis, size_t hypothesis_size, const char *reference,
                         size_t reference_size, rondo_error *error)
{
    if (!bleu->work) RD_TRY(rd_alloc(1, sizeof *bleu->work, "counting n-grams", &bleu->work, error));
    rd_bleu_work *work = bleu->work;
    for (int side = 0; side < SIDES; side++)
        rd_text_clear(&work->line[side]);
    rd_bleu_tokenize(bleu->tokens, hypothesis, hypothesis_size, &work->line[HYPOTHESIS]);
    rd_bleu_tokenize(bleu->tokens, reference, reference_size, &work->line[REFERENCE]);
    for (int side = 0; side < SIDES; side++) {
        RD_TRY(rd_text_done(&work->line[side], error));
        work->words[side] = count_words(&work->line[side]);
    }
    RD_TRY(make_room(work, error));
    count_pair(bleu);
    return RONDO_OK;
}

void rd_bleu_free(rd_bleu *bleu)
{
    if (bleu->work) {
        rd_text_free(&bleu->work->line[HYPOTHESIS]);
        rd_text_free(&bleu->work->line[REFERENCE]);
        rd_free(bleu->work->word);
        rd_free(bleu->work->id);
        rd_free(bleu->work->gram);
        rd_free(bleu->work);
    }
    *bleu = (rd_bleu){.tokens = bleu->tokens};
}

/* ---- the score */

/* An order without a match counts as half a match, a quarter at the next such order, and so on (NIST's
 * smoothing). With no match at all, or no n-gram of some order, the score is 0. */
rd_bleu_score rd_bleu_score_of(const rd_bleu *bleu)
{
    double words = (double)bleu->hypothesis, wanted = (double)bleu->reference, part = 1, logs = 0;
    rd_bleu_score score = {.brevity = 1, .ratio = wanted > 0 ? words / wanted : 0};
    if (words < wanted) score.brevity = words > 0 ? rd_exp64(1 - wanted / words) : 0;
    uint64_t any = 0;
    size_t n = 0;
    for (size_t i = 0; i < RD_BLEU_ORDER; i++)
        any |= bleu->match[i];
    if (!any) return score;
    for (; n < RD_BLEU_ORDER && bleu->total[n] > 0; n++) {
        if (bleu->match[n] == 0) part /= 2;
        double match = bleu->match[n] ? (double)bleu->match[n] : part;
        score.precision[n] = 100 * match / (double)bleu->total[n];
        logs += rd_log64(score.precision[n]);
    }
    if (n == RD_BLEU_ORDER) score.bleu = score.brevity * rd_exp64(logs / RD_BLEU_ORDER);
    return score;
}

void rd_bleu_line(const rd_bleu *bleu, rd_text *out)
{
    static const char *const names[] = {"13a", "none"};
    rd_bleu_score score = rd_bleu_score_of(bleu);
    rd_text_format(out, "BLEU|nrefs:1|case:mixed|eff:no|tok:%s|smooth:exp|version:rondo-%s = %.1f ",
                   names[bleu->tokens], RONDO_VERSION, score.bleu);
    for (size_t n = 0; n < RD_BLEU_ORDER; n++)
        rd_text_format(out, "%s%.1f", n ? "/" : "", score.precision[n]);
    rd_text_format(out, " (BP = %.3f ratio = %.3f hyp_len = %llu ref_len = %llu)", score.brevity, score.ratio,
                   (unsigned long long)bleu->hypothesis, (unsigned long long)bleu->reference);
}
