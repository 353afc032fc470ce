/* Vocabulary: text to symbols and back. Index 0 is the unknown symbol, 1 the end (of a line, also the start). A
 * vocabulary of labels has neither: its indices are classes 0 … K-1, and a label it does not know is -1. */
#ifndef RD_SYMBOLS_H
#define RD_SYMBOLS_H

#include "base/file.h"
#include "base/text.h"

enum { RD_SYMBOL_UNKNOWN = 0, RD_SYMBOL_END = 1, RD_SYMBOL_FIRST = 2 };

typedef enum rd_token_kind {
    RD_TOKENS_CHAR = 0, RD_TOKENS_BYTE = 1, RD_TOKENS_WORD = 2,
    RD_TOKENS_LABEL = 3, /* a whole text, blanks and all, is one symbol */
    RD_TOKENS_BPE = 4    /* pieces of words, bpe.h */
} rd_token_kind;

typedef struct rd_symbols rd_symbols; /* counted: shared by data, model and trainer */

typedef struct rd_symbols_rules {
    rd_token_kind kind;
    int lowercase;      /* Unicode, by utf8proc when built with it (else an error unless ASCII only) */
    int nfc;
    uint64_t min_freq;  /* rarer symbols become unknown */
    size_t max_vocab;   /* 0: all; else the commonest so many, ties to the first seen */
    size_t merges;      /* most merges that RD_TOKENS_BPE learns */
} rd_symbols_rules;

/* ---- building: count everything once, then settle */
rondo_status rd_symbols_new(const rd_symbols_rules *rules, rd_symbols **symbols, rondo_error *error);
/* Counts the symbols of one line (without its end). */
rondo_status rd_symbols_count(rd_symbols *symbols, const char *line, size_t size, rondo_error *error);
/* Gives indices: by falling frequency for words, by code point for characters and bytes (so that a model file does
 * not depend on the order of the text), as rd_bpe_learn says for pieces of words. After that the vocabulary is closed. */
rondo_status rd_symbols_settle(rd_symbols *symbols, rondo_error *error);
rd_symbols *rd_symbols_share(rd_symbols *symbols);
void rd_symbols_free(rd_symbols *symbols); /* drops one share */

/* ---- use */
size_t rd_symbols_size(const rd_symbols *symbols); /* unknown and end included */
size_t rd_symbols_first(const rd_symbols *symbols); /* index of the first real symbol: 2, and 0 of labels */
const rd_symbols_rules *rd_symbols_rules_of(const rd_symbols *symbols);
/* The text of symbol i; "<unk>" for 0 and "</s>" for 1 (never equal to a real one by index). */
const char *rd_symbols_text(const rd_symbols *symbols, size_t i, size_t *size);
/* Index of a text, or -1; the literal "<unk>" of a word vocabulary is 0. */
int32_t rd_symbols_find(const rd_symbols *symbols, const char *text, size_t size);
uint64_t rd_symbols_frequency(const rd_symbols *symbols, size_t i); /* 0 when loaded */
/* Appends the indices of one line (without its end) to a growing array; *unknown counts added up. The line must
 * be valid UTF-8 unless bytes: *bad is set to the offset of the first bad byte, else to `size`. */
typedef struct rd_indices {
    int32_t *index; /* owned, rd_free */
    size_t count, room, unknown;
    size_t *start;  /* NULL, or [count] byte offset of each symbol when `keep_places` */
    int keep_places;
    size_t start_room;
} rd_indices;
rondo_status rd_symbols_encode(const rd_symbols *symbols, const char *line, size_t size, rd_indices *out,
                               size_t *bad, rondo_error *error);
void rd_indices_free(rd_indices *indices);
/* Text between symbols when decoding: " " for words, "" else. */
const char *rd_symbols_joint(const rd_symbols *symbols);
/* 1 when symbols are words or pieces of words: a line is what lies between its blanks, and its end is a symbol. */
int rd_symbols_of_words(const rd_symbols *symbols);
/* What symbol i adds to the text of a line: its joint (`first` 1: it begins the line, so none) and its own text, of a
 * piece that begins a word the blank before it. */
void rd_symbols_decode(const rd_symbols *symbols, size_t i, int first, rd_text *text);

/* ---- as text, for the model file: a header of "name = value" lines, an empty line, then one symbol a line with
 * \n \r \t \\ and \xHH escapes. Reading checks everything (duplicates, bad escapes, too many) and says the line. */
rondo_status rd_symbols_write(const rd_symbols *symbols, rd_text *text, rondo_error *error);
rondo_status rd_symbols_read(const char *text, size_t size, const char *origin, rd_symbols **symbols,
                             rondo_error *error);
uint64_t rd_symbols_hash(const rd_symbols *symbols);
/* NULL when equal, else a sentence naming the first difference in `text`. */
const char *rd_symbols_difference(const rd_symbols *a, const rd_symbols *b, rd_text *text);

#endif
