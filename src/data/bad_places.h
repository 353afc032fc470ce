/* Bad places of a file: the first ten are told, all are counted, and some may be allowed. */
#ifndef RD_BAD_PLACES_H
#define RD_BAD_PLACES_H

#include "base/text.h"

typedef struct rd_bad_places {
    uint64_t count, allowed;
    rd_text places; /* one line a place */
    char hint[256]; /* advice that the first bad place gave, or "" */
} rd_bad_places;

/* Notes one bad place: "FILE:LINE:COLUMN: what is wrong". */
void rd_bad_place(rd_bad_places *bad, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* RONDO_OK when no more than the allowed number is bad, else RONDO_BAD_DATA with the places and the count. */
rondo_status rd_bad_places_judge(const rd_bad_places *bad, rondo_error *error);
void rd_bad_places_clear(rd_bad_places *bad); /* forgets places, keeps `allowed` */
void rd_bad_places_free(rd_bad_places *bad);

/* Advice for text that is not UTF-8: what it looks like, judged from one line with a bad byte at `at`. */
const char *rd_bad_encoding_hint(const char *line, size_t size, size_t at);

#endif
