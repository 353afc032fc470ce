/* Pairs of word and tag are collected as they come and sorted; runs of equal pairs are the counts. */
#include "data/baseline_tags.h"

#include "base/memory.h"

#include <stdlib.h>

static uint64_t pair_of(int32_t word, int32_t tag)
{
    return (uint64_t)(uint32_t)word << 32 | (uint32_t)tag;
}

static uint32_t word_of(uint64_t pair)
{
    return (uint32_t)(pair >> 32);
}

static int32_t tag_of(uint64_t pair)
{
    return (int32_t)(pair & UINT32_MAX);
}

rondo_status rd_tagger_add(rd_tagger *tagger, const int32_t *words, const int32_t *tags, size_t count,
                           rondo_error *error)
{
    RD_TRY(rd_grow(&tagger->pair, &tagger->room, tagger->pairs + count, sizeof *tagger->pair,
                   "the tags of every word", error));
    for (size_t i = 0; i < count; i++)
        if (words[i] >= 0 && tags[i] >= 0) tagger->pair[tagger->pairs++] = pair_of(words[i], tags[i]);
    return RONDO_OK;
}

static int ascending(const void *a, const void *b)
{
    const uint64_t p = *(const uint64_t *)a, q = *(const uint64_t *)b;
    return (p > q) - (p < q);
}

/* The most frequent tag over all words; counted before the pairs are thinned. */
static rondo_status find_usual(rd_tagger *tagger, rondo_error *error)
{
    uint64_t *counts;
    int32_t most = -1;
    for (size_t i = 0; i < tagger->pairs; i++)
        if (tag_of(tagger->pair[i]) > most) most = tag_of(tagger->pair[i]);
    RD_TRY(rd_alloc((size_t)(most + 1), sizeof *counts, "the counts of tags", &counts, error));
    for (size_t i = 0; i < tagger->pairs; i++)
        counts[tag_of(tagger->pair[i])]++;
    tagger->usual = rd_majority(counts, (size_t)(most + 1));
    rd_free(counts);
    return RONDO_OK;
}

rondo_status rd_tagger_fit(rd_tagger *tagger, rondo_error *error)
{
    size_t kept = 0, best = 0;
    RD_TRY(find_usual(tagger, error));
    if (tagger->pairs > 0) qsort(tagger->pair, tagger->pairs, sizeof *tagger->pair, ascending);
    for (size_t i = 0, end; i < tagger->pairs; i = end) {
        uint64_t pair = tagger->pair[i];
        for (end = i + 1; end < tagger->pairs && tagger->pair[end] == pair;)
            end++;
        int first = kept == 0 || word_of(tagger->pair[kept - 1]) != word_of(pair);
        if (!first && end - i <= best) continue;
        kept += (size_t)first;
        tagger->pair[kept - 1] = pair;
        best = end - i;
    }
    tagger->pairs = kept;
    return RONDO_OK;
}

int32_t rd_tagger_guess(const rd_tagger *tagger, int32_t word)
{
    size_t low = 0, high = tagger->pairs;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (word_of(tagger->pair[middle]) < (uint32_t)word)
            low = middle + 1;
        else
            high = middle;
    }
    int found = word >= 0 && low < tagger->pairs && word_of(tagger->pair[low]) == (uint32_t)word;
    return found ? tag_of(tagger->pair[low]) : tagger->usual;
}

void rd_tagger_free(rd_tagger *tagger)
{
    rd_free(tagger->pair);
    *tagger = (rd_tagger){0};
}

int32_t rd_majority(const uint64_t *counts, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (counts[i] > counts[best]) best = i;
    return count > 0 && counts[best] > 0 ? (int32_t)best : -1;
}
