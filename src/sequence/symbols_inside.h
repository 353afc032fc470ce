/* What the files of the vocabulary share: symbols in one block of bytes, found through an open-addressed
 * table. */
#ifndef RD_SYMBOLS_INSIDE_H
#define RD_SYMBOLS_INSIDE_H

#include "sequence/bpe.h"
#include "sequence/symbols.h"

#define RD_SYMBOL_BYTES 65536u      /* longest symbol */
#define RD_SYMBOL_COUNT 2147483646u /* most symbols: 2^31 - 2 */

typedef struct rd_symbol {
    size_t at; /* first byte in `bytes` */
    uint32_t size;
    uint64_t count;
} rd_symbol;

struct rd_symbols {
    rd_symbols_rules rules;
    unsigned shares; /* atomic */
    int settled;
    char *bytes; /* the texts of all symbols, one after the other */
    size_t bytes_size, bytes_room;
    rd_symbol *symbol; /* [symbols] */
    size_t symbols, symbols_room;
    int32_t *slot; /* [slots] index of a symbol or -1; slots is a power of two */
    size_t slots;
    int32_t quick[256]; /* index of each symbol of one byte, or -1 */
    rd_bpe *bpe;        /* owned: the merges of pieces of words; NULL for other kinds */
};

/* 1 for the literal "<unk>". */
int rd_symbols_is_unknown(const char *text, size_t size);
/* Appends a text that is not in the table; the first two do not enter it. */
rondo_status rd_symbols_append(rd_symbols *symbols, const char *text, size_t size, uint64_t count,
                               rondo_error *error);
/* The next symbol of a line from *at on: its offset and its size, or 0 at the end of the line. */
size_t rd_symbols_next(const rd_symbols *symbols, const char *line, size_t size, size_t *at, size_t *start);
/* Drops all symbols but the first two. */
void rd_symbols_empty(rd_symbols *symbols);

#endif
