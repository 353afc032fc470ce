/* Making a vocabulary: count every symbol once, then keep the commonest and give them their numbers. The
 * numbers never depend on the order of a hash table. */
#include "sequence/symbols_inside.h"

#include "base/memory.h"
#include "base/size.h"

#include <stdlib.h>
#include <string.h>

rondo_status rd_symbols_count(rd_symbols *symbols, const char *line, size_t size, rondo_error *error)
{
    if (symbols->settled) return rd_fail(error, RONDO_BAD_ARGUMENT, "the vocabulary is closed");
    size_t good =
        symbols->rules.kind == RD_TOKENS_BYTE ? size : rd_utf8_check((const unsigned char *)line, size);
    if (good < size) return rd_fail(error, RONDO_BAD_DATA, "byte %zu of the line is not UTF-8", good + 1);
    size_t at = 0, start = 0, length;
    while ((length = rd_symbols_next(symbols, line, size, &at, &start)) > 0) {
        int32_t index = rd_symbols_find(symbols, line + start, length);
        if (symbols->bpe && rd_symbols_is_unknown(line + start, length)) index = RD_SYMBOL_UNKNOWN;
        if (index >= 0)
            symbols->symbol[index].count++;
        else
            RD_TRY(rd_symbols_append(symbols, line + start, length, 1, error));
    }
    return RONDO_OK;
}

typedef struct ranked { /* a symbol on its way to its number */
    const char *text;
    uint32_t size;
    uint64_t count;
    size_t seen; /* its place in the order of first appearance */
} ranked;

static int commoner_first(const void *a, const void *b)
{
    const ranked *left = a, *right = b;
    if (left->count != right->count) return left->count > right->count ? -1 : 1;
    return left->seen < right->seen ? -1 : left->seen > right->seen;
}

/* The order of bytes is the order of code points in UTF-8. */
static int smaller_first(const void *a, const void *b)
{
    const ranked *left = a, *right = b;
    int order = memcmp(left->text, right->text, rd_size_min(left->size, right->size));
    return order ? order : (left->size > right->size) - (left->size < right->size);
}

/* Fills `rank` with the symbols that stay, in their final order; the others add to *dropped. */
static size_t choose(const rd_symbols *symbols, ranked *rank, uint64_t *dropped)
{
    size_t kept = 0;
    uint64_t all = 0, stays = 0;
    for (size_t i = rd_symbols_first(symbols); i < symbols->symbols; i++) {
        const rd_symbol *symbol = &symbols->symbol[i];
        all += symbol->count;
        if (symbol->count >= symbols->rules.min_freq)
            rank[kept++] = (ranked){symbols->bytes + symbol->at, symbol->size, symbol->count, i};
    }
    qsort(rank, kept, sizeof *rank, commoner_first);
    if (symbols->rules.max_vocab) kept = rd_size_min(kept, symbols->rules.max_vocab);
    for (size_t i = 0; i < kept; i++)
        stays += rank[i].count;
    if (symbols->rules.kind != RD_TOKENS_WORD) qsort(rank, kept, sizeof *rank, smaller_first);
    *dropped = all - stays;
    return kept;
}

/* A new vocabulary of the symbols that the rules keep. */
static rondo_status keep_commonest(const rd_symbols *symbols, rd_symbols **fresh, rondo_error *error)
{
    ranked *rank = NULL;
    uint64_t dropped = 0;
    RD_TRY(rd_alloc(symbols->symbols, sizeof *rank, "sorting a vocabulary", &rank, error));
    size_t kept = choose(symbols, rank, &dropped);
    rondo_status status = rd_symbols_new(&symbols->rules, fresh, error);
    for (size_t i = 0; i < kept && status == RONDO_OK; i++)
        status = rd_symbols_append(*fresh, rank[i].text, rank[i].size, rank[i].count, error);
    rd_free(rank);
    if (status != RONDO_OK) {
        rd_symbols_free(*fresh);
        return status;
    }
    if (rd_symbols_first(*fresh) > RD_SYMBOL_UNKNOWN)
        (*fresh)->symbol[RD_SYMBOL_UNKNOWN].count = symbols->symbol[RD_SYMBOL_UNKNOWN].count + dropped;
    return RONDO_OK;
}

rondo_status rd_symbols_settle(rd_symbols *symbols, rondo_error *error)
{
    rd_symbols *fresh = NULL;
    if (symbols->rules.kind == RD_TOKENS_BPE)
        RD_TRY(rd_bpe_learn(symbols, symbols->rules.merges, &fresh, error));
    else
        RD_TRY(keep_commonest(symbols, &fresh, error));
    fresh->settled = 1;
    rd_symbols old = *symbols;
    *symbols = *fresh;
    symbols->shares = old.shares;
    old.shares = 1;
    *fresh = old;
    rd_symbols_free(fresh);
    return RONDO_OK;
}
