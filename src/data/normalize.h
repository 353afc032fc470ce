/* Lower case and Unicode normal form C, as a vocabulary's rules ask. Readers apply it before counting and
 * encoding, and so does whoever encodes text for a model. */
#ifndef RD_NORMALIZE_H
#define RD_NORMALIZE_H

#include "sequence/symbols.h"

/* Working memory and result of normalising, reused from line to line. */
typedef struct rd_normal {
    int32_t *code;
    size_t room;
    rd_text text;
} rd_normal;

/* Checks once that the rules can be followed: without utf8proc lower case reaches only A to Z, and normal
 * form C of text beyond ASCII is refused. Normal form C of bytes is RONDO_BAD_ARGUMENT. */
rondo_status rd_normalize_check(const rd_symbols_rules *rules, rondo_error *error);
/* *out is `line` itself when there is nothing to do, else text that is valid until the next call. The line
 * must be valid UTF-8 unless the symbols are bytes. */
rondo_status rd_normalize(rd_normal *normal, const rd_symbols_rules *rules, const char *line, size_t size,
                          const char **out, size_t *out_size, rondo_error *error);
void rd_normal_free(rd_normal *normal);

#endif
