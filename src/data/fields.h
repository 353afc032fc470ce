/* Pieces of a line, and records that are a pair of texts: what the readers of text share. */
#ifndef RD_FIELDS_H
#define RD_FIELDS_H

#include "data/readers.h"

typedef struct rd_field {
    const char *text; /* lent, not ended by 0; NULL: not there */
    size_t size;
} rd_field;

/* 1 for a blank or a tab. */
int rd_is_gap(char c);
/* Without blanks and tabs at its two ends. */
rd_field rd_field_trim(rd_field field);
/* 1 when the field is this word; small and large letters of ASCII are the same. */
int rd_field_is(rd_field field, const char *word);
/* Cuts the next word off the front of *rest; its text is NULL when there is none. */
rd_field rd_field_word(rd_field *rest);
/* The sign between fields that --sep asks for, `usual` when it leaves that open, and what it is called. */
char rd_field_sign(const rondo_options *options, char usual, const char **name);

/* What the column --by of a line holds, its columns parted by `sign`, 1 the first and -1 the last; NULL when the line does not
 * have so many, which is noted as a bad place. Without --by it is empty. */
rondo_status rd_field_by(rd_opening *opening, const rd_input *input, rd_field line, char sign, rd_field *value, rondo_error *error);
/* The number that --by is, where columns have no names. */
rondo_status rd_field_by_number(const rd_opening *opening, const rd_input *input, int64_t *number, rondo_error *error);

/* What the form of the corpus calls the two fields of a record: label and text, condition and sequence, source and target. */
void rd_pair_names(rd_data_form form, const char **first, const char **second);
/* Stores a record of two fields: `first` is the label, the condition, or the source. A label or target may be missing. */
rondo_status rd_pair_put(rd_opening *opening, uint64_t line, rd_field first, rd_field second, rondo_error *error);
/* 1 when a text is UTF-8 without NUL, or the symbols of the part are bytes; else notes the bad place, the text's first byte
 * being at line:column, and gives 0. */
int rd_field_accepts(rd_opening *opening, const rd_input *input, int part, rd_field field, size_t line, size_t column);
/* The part that the first field of a record goes to: labels and conditions have their own, sources are x. */
int rd_pair_first(rd_data_form form);

#endif
