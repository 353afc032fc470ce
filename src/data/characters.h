/* Characters inside words: part "chars" of a batch, one sequence for each row of x. The corpus keeps the characters of
 * every word, as it stood in the text, before any change of case. */
#ifndef RD_CHARACTERS_H
#define RD_CHARACTERS_H

#include "data/readers.h"
#include "sequence/batch.h"

/* 1 when the options ask for characters inside words, or the model that is `known` reads them. */
int rd_characters_wanted(const rondo_options *options, const rd_symbols *known, const rd_symbols *known_words);
/* Makes the stores for them in the corpus; refuses a task without them, and symbols of x that are no words. */
rondo_status rd_characters_begin(rd_opening *opening, rondo_error *error);
/* Counts the characters of the words of a text, or stores those of the first `rows` of its words; without effect
 * where nobody wants them. */
rondo_status rd_opening_characters(rd_opening *opening, const char *text, size_t size, uint64_t rows, rondo_error *error);

/* What makes the part of a batch; all zero at first, freed with rd_characters_free. */
typedef struct rd_characters {
    int32_t *index;         /* owned; of all words of the batch */
    uint64_t *first;        /* owned; where the words of one sequence begin in the corpus */
    size_t *length;         /* owned; [rows] */
    const int32_t **symbols; /* owned; [rows] */
    size_t *begin;          /* owned; [rows] in `index` */
    size_t index_room, first_room, length_room, symbols_room, begin_room;
} rd_characters;
/* Puts part "chars" for the rows of part "x" that are there; sequence i of it begins at row first[i] of the corpus. */
rondo_status rd_characters_put(rd_characters *characters, const rd_corpus *corpus, const uint64_t *first, rondo_batch *batch,
                               rondo_error *error);
void rd_characters_free(rd_characters *characters);
/* The longest word and the mean length of words, in characters. */
rondo_status rd_characters_lengths(const rd_corpus *corpus, uint64_t *most, double *mean, rondo_error *error);

#endif
