/* Text without locale: numbers, UTF-8, growing strings, name = value lines. */
#ifndef RD_TEXT_H
#define RD_TEXT_H

#include "base/status.h"

/* A string that grows; `text` is always ended by 0. Errors stick in `failed` and are told by rd_text_done. */
typedef struct rd_text {
    char *text; /* owned */
    size_t size, room;
    int failed;
} rd_text;
void rd_text_add(rd_text *text, const char *bytes, size_t size);
void rd_text_put(rd_text *text, const char *string);
void rd_text_format(rd_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
rondo_status rd_text_done(const rd_text *text, rondo_error *error);
void rd_text_clear(rd_text *text); /* keeps the room */
void rd_text_free(rd_text *text);

/* Whole-string numbers, decimal point only, no spaces, no hex, no "nan"/"inf"; 1 on success. Never the locale. */
int rd_parse_number(const char *text, size_t size, double *value);
int rd_parse_integer(const char *text, size_t size, int64_t *value); /* also 20k, 3M (1000s) */
/* The shortest text that reads back equal: %.9g for float, %.17g for double tried from short to long. */
void rd_print_float(float value, char out[32]);
void rd_print_double(double value, char out[40]);

/* Length in bytes (1..4) of the valid UTF-8 symbol at the front of text, or 0 when it is bad or cut.
 * Overlong forms, surrogates and values past U+10FFFF are bad. */
size_t rd_utf8_length(const unsigned char *text, size_t size);
/* Offset of the first bad byte, or `size` when all is well. */
size_t rd_utf8_check(const unsigned char *text, size_t size);
size_t rd_utf8_encode(uint32_t code, char out[4]);
/* Columns a terminal needs (East Asian wide symbols count 2, combining 0). */
size_t rd_utf8_columns(const char *text, size_t size);

int rd_equal(const char *a, const char *b);        /* both not NULL and equal */
size_t rd_edit_distance(const char *a, const char *b); /* Levenshtein, bytes, with transposition */
int rd_glob(const char *pattern, const char *text);    /* * and ? */

/* Walks "name = value" lines with # comments: 1 and the pieces (not ended by 0), 0 at the end, −1 for a line that
 * is none of these; *line is the 1-based number of the line looked at. Start with *at = 0, *line = 0. */
typedef struct rd_pair {
    const char *name, *value;
    size_t name_size, value_size;
} rd_pair;
int rd_text_pair(const char *text, size_t size, size_t *at, size_t *line, rd_pair *pair);

#endif
