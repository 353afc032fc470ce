/* Merges in use. A table finds the merge of a pair; the pieces of words that were cut are remembered, since a
 * text repeats its words. */
#include "sequence/bpe.h"

#include "base/hash.h"
#include "base/memory.h"
#include "base/size.h"
#include "sequence/symbols_inside.h"

#include <string.h>

enum { MOST_REMEMBERED = 1 << 18 }; /* words */

struct rd_remembered {
    rd_symbols *word; /* the words that were cut; NULL before the first */
    size_t *first;    /* [words + 1] of their pieces; owned */
    size_t words_room;
    rd_piece_of_word *piece; /* owned; those of a word that is not remembered stand behind all others */
    size_t pieces, room;
};

struct rd_bpe {
    rd_merge *merge; /* owned */
    size_t merges, room;
    int32_t *slot; /* [slots] merge of a pair or -1; slots is a power of two, at most half of them taken */
    size_t slots;
    struct rd_remembered memory;
    unsigned char taken; /* 1: a thread is at work with `memory` */
};

/* ---- merges ---- */

static size_t home(const rd_bpe *bpe, int32_t left, int32_t right)
{
    const int32_t pair[2] = {left, right};
    const uint64_t hash = rd_fnv1a(pair, sizeof pair);
    return (size_t)((hash ^ (hash >> 32)) & (bpe->slots - 1));
}

/* Number of the merge of a pair, or -1. */
static int32_t find(const rd_bpe *bpe, int32_t left, int32_t right)
{
    if (bpe->slots == 0) return -1;
    for (size_t i = home(bpe, left, right);; i = (i + 1) & (bpe->slots - 1)) {
        const int32_t at = bpe->slot[i];
        if (at < 0 || (bpe->merge[at].left == left && bpe->merge[at].right == right)) return at;
    }
}

static void enter(rd_bpe *bpe, size_t number)
{
    size_t i = home(bpe, bpe->merge[number].left, bpe->merge[number].right);
    while (bpe->slot[i] >= 0)
        i = (i + 1) & (bpe->slots - 1);
    bpe->slot[i] = (int32_t)number;
}

static rondo_status widen(rd_bpe *bpe, rondo_error *error)
{
    size_t slots = bpe->slots ? bpe->slots : 64;
    int32_t *slot;
    while (slots / 2 <= bpe->merges)
        slots *= 2;
    if (slots == bpe->slots) return RONDO_OK;
    RD_TRY(rd_alloc(slots, sizeof *slot, "the table of merges", &slot, error));
    rd_free(bpe->slot);
    bpe->slot = slot;
    bpe->slots = slots;
    for (size_t i = 0; i < slots; i++)
        slot[i] = -1;
    for (size_t i = 0; i < bpe->merges; i++)
        enter(bpe, i);
    return RONDO_OK;
}

rondo_status rd_bpe_new(rd_bpe **bpe, rondo_error *error)
{
    return rd_alloc(1, sizeof **bpe, "merges", bpe, error);
}

static void forget(struct rd_remembered *memory)
{
    rd_symbols_free(memory->word);
    rd_free(memory->first);
    rd_free(memory->piece);
}

void rd_bpe_free(rd_bpe *bpe)
{
    if (!bpe) return;
    rd_free(bpe->merge);
    rd_free(bpe->slot);
    forget(&bpe->memory);
    rd_free(bpe);
}

rondo_status rd_bpe_add(rd_bpe *bpe, rd_merge merge, rondo_error *error)
{
    if (find(bpe, merge.left, merge.right) >= 0)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "symbols %d and %d are merged twice", (int)merge.left,
                       (int)merge.right);
    RD_TRY(widen(bpe, error));
    RD_TRY(rd_grow(&bpe->merge, &bpe->room, bpe->merges + 1, sizeof *bpe->merge, "merges", error));
    bpe->merge[bpe->merges++] = merge;
    enter(bpe, bpe->merges - 1);
    return RONDO_OK;
}

size_t rd_bpe_merges(const rd_bpe *bpe)
{
    return bpe->merges;
}

const rd_merge *rd_bpe_merge(const rd_bpe *bpe, size_t i)
{
    return &bpe->merge[i];
}

/* ---- one word ---- */

/* The earliest merge of two neighbours, or -1. */
static int32_t earliest(const rd_bpe *bpe, const rd_piece_of_word *piece, size_t count)
{
    int32_t best = -1;
    for (size_t i = 0; i + 1 < count; i++) {
        const int32_t merge = find(bpe, piece[i].symbol, piece[i + 1].symbol);
        if (merge >= 0 && (best < 0 || merge < best)) best = merge;
    }
    return best;
}

/* From left to right, wherever the pair stands. */
static size_t join_pair(const rd_merge *merge, rd_piece_of_word *piece, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        piece[kept] = piece[i];
        if (i + 1 < count && piece[i].symbol == merge->left && piece[i + 1].symbol == merge->right) {
            piece[kept].symbol = merge->whole;
            i++;
        }
        kept++;
    }
    return kept;
}

size_t rd_bpe_join(const rd_bpe *bpe, rd_piece_of_word *piece, size_t count)
{
    int32_t merge;
    while ((merge = earliest(bpe, piece, count)) >= 0)
        count = join_pair(&bpe->merge[merge], piece, count);
    return count;
}

/* The blank and the characters from *at on, a stretch of them at most. */
static size_t spell(const rd_symbols *symbols, const char *word, size_t size, size_t *at,
                    rd_piece_of_word piece[RD_BPE_STRETCH + 1])
{
    size_t count = 0;
    if (*at == 0) piece[count++] = (rd_piece_of_word){.symbol = rd_symbols_find(symbols, " ", 1), .place = 0};
    for (size_t n = 0; n < RD_BPE_STRETCH && *at < size; n++) {
        size_t length = rd_size_max(1, rd_utf8_length((const unsigned char *)word + *at, size - *at));
        const int32_t found = rd_symbols_find(symbols, word + *at, length);
        piece[count++] =
            (rd_piece_of_word){.symbol = found < 0 ? RD_SYMBOL_UNKNOWN : found, .place = (uint32_t)*at};
        *at += length;
    }
    return count;
}

/* Appends the pieces of a word behind those that are there. */
static rondo_status cut(const rd_cutter *cutter, const char *word, size_t size, rondo_error *error)
{
    struct rd_remembered *m = cutter->memory;
    rd_piece_of_word piece[RD_BPE_STRETCH + 1];
    for (size_t at = 0; at < size;) {
        size_t count = spell(cutter->symbols, word, size, &at, piece);
        count = rd_bpe_join(cutter->symbols->bpe, piece, count);
        RD_TRY(rd_grow(&m->piece, &m->room, m->pieces + count, sizeof *m->piece, "pieces of words", error));
        memcpy(m->piece + m->pieces, piece, count * sizeof *piece);
        m->pieces += count;
    }
    return RONDO_OK;
}

/* ---- what is remembered ---- */

static rondo_status begin(struct rd_remembered *memory, rondo_error *error)
{
    const rd_symbols_rules rules = {.kind = RD_TOKENS_BYTE};
    if (memory->word) return RONDO_OK;
    RD_TRY(rd_grow(&memory->first, &memory->words_room, RD_SYMBOL_FIRST + 1, sizeof *memory->first,
                   "pieces of words", error));
    memset(memory->first, 0, (RD_SYMBOL_FIRST + 1) * sizeof *memory->first);
    return rd_symbols_new(&rules, &memory->word, error);
}

rondo_status rd_bpe_open(const rd_symbols *symbols, rd_cutter *cutter, rondo_error *error)
{
    rd_bpe *bpe = symbols->bpe;
    *cutter = (rd_cutter){.symbols = symbols, .memory = &bpe->memory};
    if (__atomic_exchange_n(&bpe->taken, 1, __ATOMIC_ACQUIRE)) {
        cutter->own = 1;
        RD_TRY(rd_alloc(1, sizeof *cutter->memory, "pieces of words", &cutter->memory, error));
    }
    rondo_status status = begin(cutter->memory, error);
    if (status != RONDO_OK) rd_bpe_close(cutter);
    return status;
}

void rd_bpe_close(rd_cutter *cutter)
{
    if (cutter->own) {
        forget(cutter->memory);
        rd_free(cutter->memory);
    } else {
        __atomic_store_n(&cutter->symbols->bpe->taken, 0, __ATOMIC_RELEASE);
    }
}

static rondo_status remember(struct rd_remembered *m, const char *word, size_t size, rondo_error *error)
{
    const size_t words = rd_symbols_size(m->word);
    RD_TRY(rd_grow(&m->first, &m->words_room, words + 2, sizeof *m->first, "pieces of words", error));
    RD_TRY(rd_symbols_append(m->word, word, size, 0, error));
    m->first[words + 1] = m->pieces;
    return RONDO_OK;
}

rondo_status rd_bpe_cut(rd_cutter *cutter, const char *word, size_t size, const rd_piece_of_word **piece,
                        size_t *count, rondo_error *error)
{
    struct rd_remembered *m = cutter->memory;
    const int32_t known = rd_symbols_find(m->word, word, size);
    size_t from = m->first[rd_symbols_size(m->word)];
    if (known >= 0) {
        from = m->first[known];
        *count = m->first[known + 1] - from;
    } else {
        m->pieces = from;
        RD_TRY(cut(cutter, word, size, error));
        *count = m->pieces - from;
        if (rd_symbols_size(m->word) < MOST_REMEMBERED && size <= RD_SYMBOL_BYTES)
            RD_TRY(remember(m, word, size, error));
    }
    *piece = m->piece + from;
    return RONDO_OK;
}
