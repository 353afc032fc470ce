/* A vocabulary in use: text to indices and back. The texts lie in one block; a table of indices with linear
 * probing finds them, and symbols of one byte, the commonest, are looked up directly. */
#include "sequence/symbols_inside.h"

#include "base/hash.h"
#include "base/memory.h"
#include "base/size.h"

#include <string.h>

static const char unknown_text[] = "<unk>";
static const char end_text[] = "</s>";

size_t rd_symbols_first(const rd_symbols *symbols)
{
    return symbols->rules.kind == RD_TOKENS_LABEL ? 0 : RD_SYMBOL_FIRST;
}

void rd_symbols_empty(rd_symbols *symbols)
{
    symbols->symbols = rd_symbols_first(symbols);
    symbols->bytes_size = symbols->symbols ? sizeof unknown_text - 1 + sizeof end_text - 1 : 0;
    for (size_t i = 0; i < symbols->slots; i++)
        symbols->slot[i] = -1;
    for (size_t i = 0; i < 256; i++)
        symbols->quick[i] = -1;
}

static rondo_status add_fixed(rd_symbols *symbols, rondo_error *error)
{
    if (rd_symbols_first(symbols) == 0) return RONDO_OK;
    RD_TRY(rd_symbols_append(symbols, unknown_text, sizeof unknown_text - 1, 0, error));
    return rd_symbols_append(symbols, end_text, sizeof end_text - 1, 0, error);
}

rondo_status rd_symbols_new(const rd_symbols_rules *rules, rd_symbols **symbols, rondo_error *error)
{
    rd_symbols *made = NULL;
    RD_TRY(rd_alloc(1, sizeof *made, "a vocabulary", &made, error));
    made->rules = *rules;
    made->shares = 1;
    for (size_t i = 0; i < 256; i++)
        made->quick[i] = -1;
    rondo_status status = add_fixed(made, error);
    if (status == RONDO_OK && rules->kind == RD_TOKENS_BPE) status = rd_bpe_new(&made->bpe, error);
    if (status != RONDO_OK) {
        rd_symbols_free(made);
        return status;
    }
    *symbols = made;
    return RONDO_OK;
}

rd_symbols *rd_symbols_share(rd_symbols *symbols)
{
    if (symbols) __atomic_add_fetch(&symbols->shares, 1, __ATOMIC_RELAXED);
    return symbols;
}

void rd_symbols_free(rd_symbols *symbols)
{
    if (!symbols || __atomic_sub_fetch(&symbols->shares, 1, __ATOMIC_ACQ_REL) > 0) return;
    rd_free(symbols->bytes);
    rd_free(symbols->symbol);
    rd_free(symbols->slot);
    rd_bpe_free(symbols->bpe);
    rd_free(symbols);
}

/* ---- the table */

static size_t home(const rd_symbols *symbols, const char *text, size_t size)
{
    uint64_t hash = rd_fnv1a(text, size);
    return (size_t)((hash ^ (hash >> 32)) & (symbols->slots - 1));
}

static int holds(const rd_symbols *symbols, int32_t index, const char *text, size_t size)
{
    const rd_symbol *symbol = &symbols->symbol[index];
    return symbol->size == size && memcmp(symbols->bytes + symbol->at, text, size) == 0;
}

int rd_symbols_is_unknown(const char *text, size_t size)
{
    return size == sizeof unknown_text - 1 && memcmp(text, unknown_text, size) == 0;
}

int32_t rd_symbols_find(const rd_symbols *symbols, const char *text, size_t size)
{
    if (size == 1) return symbols->quick[(unsigned char)text[0]];
    if (symbols->rules.kind == RD_TOKENS_WORD && rd_symbols_is_unknown(text, size)) return RD_SYMBOL_UNKNOWN;
    if (symbols->slots == 0) return -1;
    for (size_t i = home(symbols, text, size);; i = (i + 1) & (symbols->slots - 1)) {
        int32_t index = symbols->slot[i];
        if (index < 0 || holds(symbols, index, text, size)) return index;
    }
}

static void enter(rd_symbols *symbols, int32_t index)
{
    const rd_symbol *symbol = &symbols->symbol[index];
    const char *text = symbols->bytes + symbol->at;
    if (symbol->size == 1) {
        symbols->quick[(unsigned char)text[0]] = index;
        return;
    }
    size_t i = home(symbols, text, symbol->size);
    while (symbols->slot[i] >= 0)
        i = (i + 1) & (symbols->slots - 1);
    symbols->slot[i] = index;
}

/* Keeps the table at most half full. */
static rondo_status widen(rd_symbols *symbols, rondo_error *error)
{
    size_t needed = symbols->slots ? symbols->slots : 64;
    while (needed / 2 <= symbols->symbols)
        if (!rd_mul(needed, 2, &needed)) return rd_fail(error, RONDO_LIMIT, "the vocabulary is too large");
    if (needed == symbols->slots) return RONDO_OK;
    int32_t *slot = NULL;
    RD_TRY(rd_alloc(needed, sizeof *slot, "the table of a vocabulary", &slot, error));
    rd_free(symbols->slot);
    symbols->slot = slot;
    symbols->slots = needed;
    for (size_t i = 0; i < needed; i++)
        slot[i] = -1;
    for (size_t i = rd_symbols_first(symbols); i < symbols->symbols; i++)
        enter(symbols, (int32_t)i);
    return RONDO_OK;
}

rondo_status rd_symbols_append(rd_symbols *symbols, const char *text, size_t size, uint64_t count,
                               rondo_error *error)
{
    size_t needed;
    if (size > RD_SYMBOL_BYTES)
        return rd_fail(error, RONDO_LIMIT, "the symbol %s has %zu bytes, at most %u are taken",
                       rd_quote_n(text, size).text, size, RD_SYMBOL_BYTES);
    if (symbols->symbols >= RD_SYMBOL_COUNT || !rd_add(symbols->bytes_size, size, &needed))
        return rd_fail(error, RONDO_LIMIT, "the vocabulary has more than %u symbols", RD_SYMBOL_COUNT);
    RD_TRY(widen(symbols, error));
    RD_TRY(rd_grow(&symbols->bytes, &symbols->bytes_room, needed, 1, "the texts of a vocabulary", error));
    RD_TRY(rd_grow(&symbols->symbol, &symbols->symbols_room, symbols->symbols + 1, sizeof *symbols->symbol,
                   "a vocabulary", error));
    memcpy(symbols->bytes + symbols->bytes_size, text, size);
    symbols->symbol[symbols->symbols] =
        (rd_symbol){.at = symbols->bytes_size, .size = (uint32_t)size, .count = count};
    symbols->bytes_size = needed;
    if (symbols->symbols++ >= rd_symbols_first(symbols)) enter(symbols, (int32_t)(symbols->symbols - 1));
    return RONDO_OK;
}

/* ---- cutting a line into symbols: one function a kind */

typedef size_t (*next_symbol)(const char *line, size_t size, size_t *at, size_t *start);

static size_t next_char(const char *line, size_t size, size_t *at, size_t *start)
{
    if (*at >= size) return 0;
    *start = *at;
    size_t length = rd_utf8_length((const unsigned char *)line + *at, size - *at);
    length = length ? length : 1;
    *at += length;
    return length;
}

static size_t next_byte(const char *line, size_t size, size_t *at, size_t *start)
{
    (void)line;
    if (*at >= size) return 0;
    *start = (*at)++;
    return 1;
}

static int is_gap(char c)
{
    return c == ' ' || c == '\t';
}

static size_t next_word(const char *line, size_t size, size_t *at, size_t *start)
{
    while (*at < size && is_gap(line[*at]))
        ++*at;
    *start = *at;
    while (*at < size && !is_gap(line[*at]))
        ++*at;
    return *at - *start;
}

static size_t next_whole(const char *line, size_t size, size_t *at, size_t *start)
{
    (void)line;
    *start = *at;
    *at = size;
    return size - *start;
}

static const struct {
    next_symbol next;
    const char *joint;
} kinds[] = {
    [RD_TOKENS_CHAR] = {next_char, ""},
    [RD_TOKENS_BYTE] = {next_byte, ""},
    [RD_TOKENS_WORD] = {next_word, " "},
    [RD_TOKENS_LABEL] = {next_whole, " "},
    [RD_TOKENS_BPE] = {next_word, ""}, /* words are counted; rd_bpe_cut then cuts them */
};

size_t rd_symbols_next(const rd_symbols *symbols, const char *line, size_t size, size_t *at, size_t *start)
{
    return kinds[symbols->rules.kind].next(line, size, at, start);
}

const char *rd_symbols_joint(const rd_symbols *symbols)
{
    return kinds[symbols->rules.kind].joint;
}

int rd_symbols_of_words(const rd_symbols *symbols)
{
    return symbols->rules.kind == RD_TOKENS_WORD || symbols->rules.kind == RD_TOKENS_BPE;
}

void rd_symbols_decode(const rd_symbols *symbols, size_t i, int first, rd_text *text)
{
    size_t size;
    const char *from = rd_symbols_text(symbols, i, &size);
    const size_t skipped = first && symbols->rules.kind == RD_TOKENS_BPE && size > 0 && from[0] == ' ';
    if (!first) rd_text_put(text, rd_symbols_joint(symbols));
    rd_text_add(text, from + skipped, size - skipped);
}

/* ---- use */

size_t rd_symbols_size(const rd_symbols *symbols)
{
    return symbols->symbols;
}

const rd_symbols_rules *rd_symbols_rules_of(const rd_symbols *symbols)
{
    return &symbols->rules;
}

const char *rd_symbols_text(const rd_symbols *symbols, size_t i, size_t *size)
{
    if (i >= symbols->symbols) {
        *size = 0;
        return "";
    }
    *size = symbols->symbol[i].size;
    return symbols->bytes + symbols->symbol[i].at;
}

uint64_t rd_symbols_frequency(const rd_symbols *symbols, size_t i)
{
    return i < symbols->symbols ? symbols->symbol[i].count : 0;
}

static rondo_status append_index(rd_indices *out, int32_t index, size_t place, rondo_error *error)
{
    RD_TRY(rd_grow(&out->index, &out->room, out->count + 1, sizeof *out->index, "encoded text", error));
    if (out->keep_places) {
        RD_TRY(rd_grow(&out->start, &out->start_room, out->count + 1, sizeof *out->start,
                       "places in encoded text", error));
        out->start[out->count] = place;
    }
    out->index[out->count++] = index;
    return RONDO_OK;
}

/* The literal "<unk>" of a text is the blank and the unknown symbol. */
static rondo_status encode_pieces(const rd_symbols *symbols, const char *line, size_t size, rd_cutter *cutter,
                                  rd_indices *out, rondo_error *error)
{
    size_t at = 0, start = 0, length;
    while ((length = next_word(line, size, &at, &start)) > 0) {
        const rd_piece_of_word unknown[] = {{.symbol = symbols->quick[' ']}, {.symbol = RD_SYMBOL_UNKNOWN}};
        const rd_piece_of_word *piece = unknown;
        size_t count = 2;
        if (!rd_symbols_is_unknown(line + start, length))
            RD_TRY(rd_bpe_cut(cutter, line + start, length, &piece, &count, error));
        for (size_t i = 0; i < count; i++) {
            out->unknown += piece[i].symbol == RD_SYMBOL_UNKNOWN;
            RD_TRY(append_index(out, piece[i].symbol, start + piece[i].place, error));
        }
    }
    return RONDO_OK;
}

rondo_status rd_symbols_encode(const rd_symbols *symbols, const char *line, size_t size, rd_indices *out,
                               size_t *bad, rondo_error *error)
{
    *bad = symbols->rules.kind == RD_TOKENS_BYTE ? size : rd_utf8_check((const unsigned char *)line, size);
    if (*bad < size) return RONDO_OK;
    if (symbols->bpe) {
        rd_cutter cutter;
        RD_TRY(rd_bpe_open(symbols, &cutter, error));
        rondo_status status = encode_pieces(symbols, line, size, &cutter, out, error);
        rd_bpe_close(&cutter);
        return status;
    }
    const int32_t unknown = rd_symbols_first(symbols) ? RD_SYMBOL_UNKNOWN : -1;
    size_t at = 0, start = 0, length;
    while ((length = rd_symbols_next(symbols, line, size, &at, &start)) > 0) {
        int32_t index = rd_symbols_find(symbols, line + start, length);
        out->unknown += index <= unknown;
        RD_TRY(append_index(out, index < 0 ? unknown : index, start, error));
    }
    return RONDO_OK;
}

void rd_indices_free(rd_indices *indices)
{
    rd_free(indices->index);
    rd_free(indices->start);
    *indices = (rd_indices){.keep_places = indices->keep_places};
}
