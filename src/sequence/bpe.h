/* Subwords by byte pair encoding over characters (Sennrich, Haddow, Birch 2016). A word is a blank and its
 * characters; merges join neighbours, in the order in which they were learned. The blank marks where a word
 * begins and can stand nowhere else, since words are what lies between blanks: so the pieces of a line, side
 * by side and without the first blank, are the line. */
#ifndef RD_BPE_H
#define RD_BPE_H

#include "base/status.h"

/* Words of more characters are cut into stretches of so many, which are merged apart. */
enum { RD_BPE_STRETCH = 256 };

typedef struct rd_merge {
    int32_t left, right, whole; /* symbols */
} rd_merge;

/* A piece of a word: a symbol, and the byte of the word where it begins. */
typedef struct rd_piece_of_word {
    int32_t symbol;
    uint32_t place;
} rd_piece_of_word;

typedef struct rd_bpe rd_bpe;
typedef struct rd_symbols rd_symbols;

rondo_status rd_bpe_new(rd_bpe **bpe, rondo_error *error);
void rd_bpe_free(rd_bpe *bpe); /* NULL allowed */
/* The next merge. A pair that has one already is RONDO_BAD_ARGUMENT. */
rondo_status rd_bpe_add(rd_bpe *bpe, rd_merge merge, rondo_error *error);
size_t rd_bpe_merges(const rd_bpe *bpe);
const rd_merge *rd_bpe_merge(const rd_bpe *bpe, size_t i);
/* Joins neighbours, the earliest merge first, until none is left that can be joined; gives how many pieces
 * stay. */
size_t rd_bpe_join(const rd_bpe *bpe, rd_piece_of_word *piece, size_t count);

/* The pieces of one word (no blanks, valid UTF-8) of this vocabulary, valid until rd_bpe_close; *count of
 * them. What was cut before is remembered. Between open and close the memory is the caller's alone: whom
 * another thread forestalls gets one of its own. */
typedef struct rd_cutter {
    const rd_symbols *symbols;
    struct rd_remembered *memory;
    int own; /* 1: freed by close */
} rd_cutter;
rondo_status rd_bpe_open(const rd_symbols *symbols, rd_cutter *cutter, rondo_error *error);
rondo_status rd_bpe_cut(rd_cutter *cutter, const char *word, size_t size, const rd_piece_of_word **piece,
                        size_t *count, rondo_error *error);
void rd_bpe_close(rd_cutter *cutter);

/* Makes the vocabulary of words that were counted one of their pieces: characters by code point, then what
 * `merges` merges made, or as many as there are pairs that occur twice. The commonest pair is merged, of
 * equally common ones the first in the text. */
rondo_status rd_bpe_learn(const rd_symbols *words, size_t merges, rd_symbols **learned, rondo_error *error);

#endif
