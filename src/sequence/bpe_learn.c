/* Learning merges: the text is always in the pieces that the merges so far make of it, and the commonest pair
 * of neighbours is the next merge. Every pair knows how often it stands in the text and in which words; after
 * a merge only the words that hold it are counted anew. A heap keeps the commonest pair on top, equally
 * common ones by where they first stand. */
#include "base/hash.h"
#include "base/memory.h"
#include "base/size.h"
#include "sequence/symbols_inside.h"

#include <stdlib.h>
#include <string.h>

typedef struct rank {
    uint64_t count; /* occurrences, each as often as its word */
    uint64_t first; /* at or before the first of them: number of the word << 32 | place in it */
} rank;

typedef struct pair {
    int32_t left, right;
    rank now, key;  /* key: what the heap goes by; they differ while a merge is under way */
    uint32_t *word; /* owned; words that came to hold it, some of them more than once */
    size_t words, words_room;
    size_t place; /* in the heap */
    int touched;  /* 1: stands in `touched` of the learner */
} pair;

typedef struct stretch { /* what merges work on: a word, or a part of a long one */
    size_t at;           /* of its first symbol */
    uint32_t size;
    uint64_t count;
} stretch;

typedef struct learner {
    rd_symbols *learned;
    int32_t *symbol; /* of all stretches, one after the other */
    size_t symbols, symbols_room;
    stretch *word;
    size_t words, words_room;
    pair *pair;
    size_t pairs, pairs_room;
    int32_t *slot; /* [slots] of a pair, or -1 */
    size_t slots;
    uint32_t *heap; /* [pairs] */
    size_t heap_room;
    uint32_t *touched; /* pairs whose count changed in this merge */
    size_t touches, touched_room;
} learner;

/* ---- pairs ---- */

static size_t home(const learner *l, int32_t left, int32_t right)
{
    const int32_t both[2] = {left, right};
    const uint64_t hash = rd_fnv1a(both, sizeof both);
    return (size_t)((hash ^ (hash >> 32)) & (l->slots - 1));
}

static rondo_status widen(learner *l, rondo_error *error)
{
    size_t slots = l->slots ? l->slots : 1024;
    while (slots / 2 <= l->pairs)
        slots *= 2;
    if (slots == l->slots) return RONDO_OK;
    rd_free(l->slot);
    l->slot = NULL;
    RD_TRY(rd_alloc(slots, sizeof *l->slot, "pairs of symbols", &l->slot, error));
    l->slots = slots;
    memset(l->slot, 0xff, slots * sizeof *l->slot);
    for (size_t p = 0; p < l->pairs; p++) {
        size_t i = home(l, l->pair[p].left, l->pair[p].right);
        while (l->slot[i] >= 0)
            i = (i + 1) & (slots - 1);
        l->slot[i] = (int32_t)p;
    }
    return RONDO_OK;
}

static rondo_status pair_of(learner *l, int32_t left, int32_t right, pair **found, rondo_error *error)
{
    RD_TRY(widen(l, error));
    size_t i = home(l, left, right);
    for (; l->slot[i] >= 0; i = (i + 1) & (l->slots - 1)) {
        *found = &l->pair[l->slot[i]];
        if ((*found)->left == left && (*found)->right == right) return RONDO_OK;
    }
    if (l->pairs >= INT32_MAX) return rd_fail(error, RONDO_LIMIT, "the text has too many pairs of symbols");
    RD_TRY(rd_grow(&l->pair, &l->pairs_room, l->pairs + 1, sizeof *l->pair, "pairs of symbols", error));
    RD_TRY(rd_grow(&l->heap, &l->heap_room, l->pairs + 1, sizeof *l->heap, "pairs of symbols", error));
    *found = &l->pair[l->pairs];
    **found = (pair){
        .left = left, .right = right, .now = {0, UINT64_MAX}, .key = {0, UINT64_MAX}, .place = l->pairs};
    l->heap[l->pairs] = (uint32_t)l->pairs;
    l->slot[i] = (int32_t)l->pairs++;
    return RONDO_OK;
}

/* ---- the heap ---- */

static int before(const learner *l, uint32_t a, uint32_t b)
{
    const rank *left = &l->pair[a].key, *right = &l->pair[b].key;
    if (left->count != right->count) return left->count > right->count;
    return left->first < right->first;
}

static void put(learner *l, size_t place, uint32_t p)
{
    l->heap[place] = p;
    l->pair[p].place = place;
}

static void sink(learner *l, size_t place)
{
    const uint32_t p = l->heap[place];
    for (size_t child; (child = 2 * place + 1) < l->pairs; place = child) {
        if (child + 1 < l->pairs && before(l, l->heap[child + 1], l->heap[child])) child++;
        if (!before(l, l->heap[child], p)) break;
        put(l, place, l->heap[child]);
    }
    put(l, place, p);
}

static void lift(learner *l, size_t place)
{
    const uint32_t p = l->heap[place];
    for (; place > 0 && before(l, p, l->heap[(place - 1) / 2]); place = (place - 1) / 2)
        put(l, place, l->heap[(place - 1) / 2]);
    put(l, place, p);
}

/* ---- counting ---- */

static int is_pair(const int32_t *symbol)
{
    return symbol[0] >= RD_SYMBOL_FIRST && symbol[1] >= RD_SYMBOL_FIRST;
}

static rondo_status touch(learner *l, pair *p, uint64_t word, rondo_error *error)
{
    if ((word << 32) < p->now.first) p->now.first = word << 32;
    if (p->touched) return RONDO_OK;
    p->touched = 1;
    RD_TRY(rd_grow(&l->touched, &l->touched_room, l->touches + 1, sizeof *l->touched, "pairs of symbols",
                   error));
    l->touched[l->touches++] = (uint32_t)(p - l->pair);
    return RONDO_OK;
}

/* Takes the pairs of a word away, as it was before the merge. */
static rondo_status subtract(learner *l, size_t w, rondo_error *error)
{
    const stretch *word = &l->word[w];
    const int32_t *symbol = l->symbol + word->at;
    for (size_t i = 0; i + 1 < word->size; i++) {
        pair *p;
        if (!is_pair(symbol + i)) continue;
        RD_TRY(pair_of(l, symbol[i], symbol[i + 1], &p, error));
        p->now.count -= word->count;
        RD_TRY(touch(l, p, w, error));
    }
    return RONDO_OK;
}

static int holds(const int32_t *symbol, size_t size, int32_t left, int32_t right)
{
    for (size_t i = 0; i + 1 < size; i++)
        if (symbol[i] == left && symbol[i + 1] == right) return 1;
    return 0;
}

/* Adds those that it has now; pairs that it had before (`old` symbols) know the word already. */
static rondo_status add(learner *l, size_t w, const int32_t *old, size_t old_size, rondo_error *error)
{
    const stretch *word = &l->word[w];
    const int32_t *symbol = l->symbol + word->at;
    for (size_t i = 0; i + 1 < word->size; i++) {
        pair *p;
        if (!is_pair(symbol + i)) continue;
        RD_TRY(pair_of(l, symbol[i], symbol[i + 1], &p, error));
        p->now.count += word->count;
        RD_TRY(touch(l, p, w, error));
        if ((p->words > 0 && p->word[p->words - 1] == w) || holds(old, old_size, symbol[i], symbol[i + 1]))
            continue;
        RD_TRY(rd_grow(&p->word, &p->words_room, p->words + 1, sizeof *p->word, "words of pairs", error));
        p->word[p->words++] = (uint32_t)w;
    }
    return RONDO_OK;
}

/* One key after the other, so that there is always one at most out of order. */
static void settle_heap(learner *l)
{
    for (size_t i = 0; i < l->touches; i++) {
        pair *p = &l->pair[l->touched[i]];
        p->touched = 0;
        p->key = p->now;
        lift(l, p->place);
        sink(l, p->place);
    }
    l->touches = 0;
}

/* Where the pair stands in a word, or UINT32_MAX. */
static uint32_t place_in(const learner *l, const pair *p, size_t w)
{
    const int32_t *symbol = l->symbol + l->word[w].at;
    for (uint32_t i = 0; i + 1 < l->word[w].size; i++)
        if (symbol[i] == p->left && symbol[i + 1] == p->right) return i;
    return UINT32_MAX;
}

/* Its first occurrence; words that hold it no more are dropped. */
static uint64_t first_of(const learner *l, pair *p)
{
    uint64_t first = UINT64_MAX;
    size_t kept = 0;
    for (size_t i = 0; i < p->words; i++) {
        const uint32_t w = p->word[i], place = place_in(l, p, w);
        if (place == UINT32_MAX) continue;
        p->word[kept++] = w;
        if (((uint64_t)w << 32 | place) < first) first = (uint64_t)w << 32 | place;
    }
    p->words = kept;
    return first;
}

/* The pair on top, once its place is the true one; NULL when none stands twice. */
static pair *choose(learner *l)
{
    while (l->pairs > 0) {
        pair *p = &l->pair[l->heap[0]];
        if (p->key.count < 2) return NULL;
        p->now.first = first_of(l, p);
        if (p->now.first == p->key.first) return p;
        p->key = p->now;
        sink(l, 0);
    }
    return NULL;
}

/* ---- merging ---- */

/* The symbol that two symbols become: there may be one of this text already. */
static rondo_status whole_of(learner *l, const pair *p, int32_t *whole, rondo_error *error)
{
    rd_text text = {0};
    size_t left, right;
    const char *from = rd_symbols_text(l->learned, (size_t)p->left, &left);
    rd_text_add(&text, from, left);
    from = rd_symbols_text(l->learned, (size_t)p->right, &right);
    rd_text_add(&text, from, right);
    rondo_status status = rd_text_done(&text, error);
    if (status == RONDO_OK) {
        *whole = rd_symbols_find(l->learned, text.text, text.size);
        if (*whole < 0) {
            *whole = (int32_t)rd_symbols_size(l->learned);
            status = rd_symbols_append(l->learned, text.text, text.size, 0, error);
        }
    }
    rd_text_free(&text);
    return status;
}

/* A merge may make room for an earlier one, where two of them make the same symbol. */
static rondo_status merge_in(learner *l, size_t w, rondo_error *error)
{
    stretch *word = &l->word[w];
    int32_t *symbol = l->symbol + word->at, old[RD_BPE_STRETCH + 1];
    rd_piece_of_word piece[RD_BPE_STRETCH + 1];
    const size_t old_size = word->size;
    RD_TRY(subtract(l, w, error));
    for (size_t i = 0; i < old_size; i++)
        piece[i].symbol = old[i] = symbol[i];
    word->size = (uint32_t)rd_bpe_join(l->learned->bpe, piece, old_size);
    for (size_t i = 0; i < word->size; i++)
        symbol[i] = piece[i].symbol;
    return add(l, w, old, old_size, error);
}

/* Pairs move when their number grows. */
static rondo_status merge_pair(learner *l, const pair *chosen, rondo_error *error)
{
    const size_t at = (size_t)(chosen - l->pair);
    rd_merge merge = {.left = chosen->left, .right = chosen->right};
    RD_TRY(whole_of(l, chosen, &merge.whole, error));
    RD_TRY(rd_bpe_add(l->learned->bpe, merge, error));
    const size_t words = l->pair[at].words;
    for (size_t i = 0; i < words; i++) {
        const size_t w = l->pair[at].word[i];
        if (place_in(l, &l->pair[at], w) != UINT32_MAX) RD_TRY(merge_in(l, w, error));
    }
    settle_heap(l);
    return RONDO_OK;
}

/* ---- from words to characters ---- */

/* Every character of the words, with its count, into a vocabulary of characters. */
static rondo_status count_characters(const rd_symbols *words, rd_symbols *characters, rondo_error *error)
{
    for (size_t w = RD_SYMBOL_FIRST; w < words->symbols; w++) {
        const rd_symbol *word = &words->symbol[w];
        const char *text = words->bytes + word->at;
        for (size_t at = 0, size; at < word->size; at += size) {
            size = rd_size_max(1, rd_utf8_length((const unsigned char *)text + at, word->size - at));
            const int32_t known = rd_symbols_find(characters, text + at, size);
            if (known >= 0)
                characters->symbol[known].count += word->count;
            else
                RD_TRY(rd_symbols_append(characters, text + at, size, word->count, error));
        }
    }
    return RONDO_OK;
}

/* The blank comes first; the others as rd_symbols_settle puts characters, rare ones left out. */
static rondo_status begin_vocabulary(const rd_symbols *words, rd_symbols *learned, rondo_error *error)
{
    rd_symbols_rules rules = {.kind = RD_TOKENS_CHAR, .min_freq = words->rules.min_freq};
    rd_symbols *characters;
    RD_TRY(rd_symbols_new(&rules, &characters, error));
    rondo_status status = count_characters(words, characters, error);
    if (status == RONDO_OK) status = rd_symbols_settle(characters, error);
    if (status == RONDO_OK) status = rd_symbols_append(learned, " ", 1, 0, error);
    for (size_t i = RD_SYMBOL_FIRST; status == RONDO_OK && i < characters->symbols; i++) {
        const rd_symbol *symbol = &characters->symbol[i];
        status = rd_symbols_append(learned, characters->bytes + symbol->at, symbol->size, 0, error);
    }
    rd_symbols_free(characters);
    return status;
}

static rondo_status add_symbol(learner *l, int32_t symbol, rondo_error *error)
{
    RD_TRY(rd_grow(&l->symbol, &l->symbols_room, l->symbols + 1, sizeof *l->symbol, "the text in symbols",
                   error));
    l->symbol[l->symbols++] = symbol < 0 ? RD_SYMBOL_UNKNOWN : symbol;
    return RONDO_OK;
}

static rondo_status add_stretch(learner *l, size_t first, uint64_t count, rondo_error *error)
{
    if (l->words >= UINT32_MAX) return rd_fail(error, RONDO_LIMIT, "the text has too many words");
    RD_TRY(rd_grow(&l->word, &l->words_room, l->words + 1, sizeof *l->word, "words", error));
    l->word[l->words++] = (stretch){.at = first, .size = (uint32_t)(l->symbols - first), .count = count};
    return add(l, l->words - 1, NULL, 0, error);
}

static rondo_status spell(learner *l, const char *text, const rd_symbol *word, rondo_error *error)
{
    for (size_t at = 0, size; at < word->size;) {
        const size_t first = l->symbols;
        if (at == 0) RD_TRY(add_symbol(l, rd_symbols_find(l->learned, " ", 1), error));
        for (size_t n = 0; n < RD_BPE_STRETCH && at < word->size; n++, at += size) {
            size = rd_size_max(1, rd_utf8_length((const unsigned char *)text + at, word->size - at));
            RD_TRY(add_symbol(l, rd_symbols_find(l->learned, text + at, size), error));
        }
        RD_TRY(add_stretch(l, first, word->count, error));
    }
    return RONDO_OK;
}

static rondo_status learn(learner *l, const rd_symbols *words, size_t merges, rondo_error *error)
{
    pair *best;
    RD_TRY(begin_vocabulary(words, l->learned, error));
    for (size_t w = RD_SYMBOL_FIRST; w < words->symbols; w++)
        RD_TRY(spell(l, words->bytes + words->symbol[w].at, &words->symbol[w], error));
    settle_heap(l);
    while (rd_bpe_merges(l->learned->bpe) < merges && (best = choose(l)) != NULL)
        RD_TRY(merge_pair(l, best, error));
    for (size_t w = 0; w < l->words; w++)
        for (size_t i = 0; i < l->word[w].size; i++)
            l->learned->symbol[l->symbol[l->word[w].at + i]].count += l->word[w].count;
    l->learned->symbol[RD_SYMBOL_UNKNOWN].count += words->symbol[RD_SYMBOL_UNKNOWN].count;
    return RONDO_OK;
}

static void clear(learner *l)
{
    for (size_t p = 0; p < l->pairs; p++)
        rd_free(l->pair[p].word);
    rd_free(l->symbol);
    rd_free(l->word);
    rd_free(l->pair);
    rd_free(l->slot);
    rd_free(l->heap);
    rd_free(l->touched);
}

rondo_status rd_bpe_learn(const rd_symbols *words, size_t merges, rd_symbols **learned, rondo_error *error)
{
    learner l = {.learned = NULL};
    RD_TRY(rd_symbols_new(&words->rules, &l.learned, error));
    rondo_status status = learn(&l, words, merges, error);
    clear(&l);
    if (status != RONDO_OK) {
        rd_symbols_free(l.learned);
        return status;
    }
    *learned = l.learned;
    return RONDO_OK;
}
