/* The characters of all words lie one after the other in one store, and a second says where each word begins:
 * the words of a sentence are neighbours, so a sentence is two reads. */
#include "data/characters.h"

#include "base/memory.h"
#include "base/size.h"

#include <string.h>

enum { STORE_LIMIT = 256 << 20, MOST_OF_A_WORD = 64 /* characters that are kept of a longer word */ };

int rd_characters_wanted(const rondo_options *options, const rd_symbols *known, const rd_symbols *known_words)
{
    return known || (!known_words && rd_option_integer(options, RD_OPT_chars) > 0);
}

rondo_status rd_characters_begin(rd_opening *opening, rondo_error *error)
{
    rd_corpus *corpus = opening->corpus;
    const rd_symbols *words = corpus->symbols[RD_X];
    if (corpus->form != RD_DATA_TAGS && corpus->form != RD_DATA_CLASSES)
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "--chars: task %s does not read the characters of words (tag and classify do)",
                       corpus->task);
    if (!words || rd_symbols_rules_of(words)->kind != RD_TOKENS_WORD) {
        rd_fail(error, RONDO_BAD_ARGUMENT, "--chars: the input is not words");
        rd_hint(error, words ? "--tokens word" : "leave --chars out");
        return RONDO_BAD_ARGUMENT;
    }
    RD_TRY(rd_store_new(sizeof(int32_t), STORE_LIMIT, &corpus->index[RD_CHARS], error));
    return rd_store_new(sizeof(uint64_t), STORE_LIMIT, &corpus->words, error);
}

/* ---- into the corpus ---- */

static int is_gap(char c)
{
    return c == ' ' || c == '\t';
}

static rondo_status store_word(rd_opening *opening, const char *word, size_t size, rondo_error *error)
{
    rd_corpus *corpus = opening->corpus;
    rd_indices *indices = &opening->indices;
    const rd_indices kept = {.count = indices->count, .unknown = indices->unknown};
    size_t bad;
    indices->count = indices->unknown = 0;
    rondo_status status = rd_symbols_encode(corpus->symbols[RD_CHARS], word, size, indices, &bad, error);
    const size_t count = rd_size_min(indices->count, MOST_OF_A_WORD);
    if (status == RONDO_OK) status = rd_store_add(corpus->words, &corpus->part_rows[RD_CHARS], 1, error);
    if (status == RONDO_OK && count)
        status = rd_store_add(corpus->index[RD_CHARS], indices->index, count, error);
    corpus->part_rows[RD_CHARS] += count;
    corpus->unknown[RD_CHARS] += indices->unknown;
    indices->count = kept.count;
    indices->unknown = kept.unknown;
    return status;
}

rondo_status rd_opening_characters(rd_opening *opening, const char *text, size_t size, uint64_t rows,
                                   rondo_error *error)
{
    rd_symbols *symbols = opening->corpus->symbols[RD_CHARS];
    const rd_symbols_rules *rules = symbols ? rd_symbols_rules_of(symbols) : NULL;
    uint64_t words = 0;
    if (!symbols || (opening->counting && opening->closed[RD_CHARS])) return RONDO_OK;
    RD_TRY(rd_normalize(&opening->normal, rules, text, size, &text, &size, error));
    for (size_t at = 0, from; words < rows; words++) {
        while (at < size && is_gap(text[at]))
            at++;
        for (from = at; at < size && !is_gap(text[at]);)
            at++;
        if (at == from) break;
        RD_TRY(opening->counting ? rd_symbols_count(symbols, text + from, at - from, error)
                                 : store_word(opening, text + from, at - from, error));
    }
    if (words < rows && !opening->counting)
        return rd_fail(error, RONDO_BUG, "a text of %llu symbols has %llu words", (unsigned long long)rows,
                       (unsigned long long)words);
    return RONDO_OK;
}

/* ---- into a batch ---- */

static rondo_status make_room(rd_characters *c, const rondo_pack *x, rondo_error *error)
{
    RD_TRY(rd_grow(&c->length, &c->length_room, x->rows + 1, sizeof *c->length, "words of a batch", error));
    RD_TRY(
        rd_grow(&c->symbols, &c->symbols_room, x->rows + 1, sizeof *c->symbols, "words of a batch", error));
    RD_TRY(rd_grow(&c->begin, &c->begin_room, x->rows + 1, sizeof *c->begin, "words of a batch", error));
    return rd_grow(&c->first, &c->first_room, x->steps + 1, sizeof *c->first, "words of a batch", error);
}

/* Where each of `words` words from row `row` of the corpus begins, and where the last one ends. */
static rondo_status read_begins(rd_characters *c, const rd_corpus *corpus, uint64_t row, size_t words,
                                rondo_error *error)
{
    const rd_store *store = corpus->words;
    const int last = row + words == rd_store_count(store);
    c->first[words] = corpus->part_rows[RD_CHARS];
    return rd_store_read(store, row, words + !last, c->first, error);
}

/* The words of the sequence at place p of x; their characters go behind `used` others. */
static rondo_status take_sequence(rd_characters *c, const rd_corpus *corpus, const rondo_pack *x, size_t p,
                                  uint64_t row, size_t *used, rondo_error *error)
{
    const size_t words = x->length[x->order[p]];
    if (words == 0) return RONDO_OK;
    RD_TRY(read_begins(c, corpus, row, words, error));
    const size_t count = (size_t)(c->first[words] - c->first[0]);
    RD_TRY(
        rd_grow(&c->index, &c->index_room, *used + count, sizeof *c->index, "characters of a batch", error));
    if (count) RD_TRY(rd_store_read(corpus->index[RD_CHARS], c->first[0], count, c->index + *used, error));
    for (size_t t = 0; t < words; t++) {
        c->begin[x->offset[t] + p] = *used + (size_t)(c->first[t] - c->first[0]);
        c->length[x->offset[t] + p] = (size_t)(c->first[t + 1] - c->first[t]);
    }
    *used += count;
    return RONDO_OK;
}

rondo_status rd_characters_put(rd_characters *c, const rd_corpus *corpus, const uint64_t *first,
                               rondo_batch *batch, rondo_error *error)
{
    const rondo_pack *x = rondo_batch_pack(batch, "x");
    size_t used = 0;
    if (!corpus->symbols[RD_CHARS]) return RONDO_OK;
    RD_TRY(make_room(c, x, error));
    for (size_t p = 0; p < x->sequences; p++)
        RD_TRY(take_sequence(c, corpus, x, p, first[x->order[p]], &used, error));
    for (size_t r = 0; r < x->rows; r++)
        c->symbols[r] = c->index + c->begin[r];
    const rondo_sequences put = {.count = x->rows, .length = c->length, .symbols = c->symbols};
    return rondo_batch_put(batch, "chars", &put, error);
}

void rd_characters_free(rd_characters *c)
{
    rd_free(c->index);
    rd_free(c->first);
    rd_free(c->length);
    rd_free(c->symbols);
    rd_free(c->begin);
    *c = (rd_characters){.index = NULL};
}

rondo_status rd_characters_lengths(const rd_corpus *corpus, uint64_t *most, double *mean, rondo_error *error)
{
    const rd_store *store = corpus->words;
    const uint64_t words = rd_store_count(store);
    *most = 0;
    *mean = words ? (double)corpus->part_rows[RD_CHARS] / (double)words : 0;
    for (uint64_t w = 0; w < words; w++) {
        uint64_t pair[2] = {0, corpus->part_rows[RD_CHARS]};
        RD_TRY(rd_store_read(store, w, w + 1 < words ? 2 : 1, pair, error));
        *most = pair[1] - pair[0] > *most ? pair[1] - pair[0] : *most;
    }
    return RONDO_OK;
}
