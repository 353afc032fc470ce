/* What rondo adds to a JSON library: a look at a text before it is parsed, and strings written as others
 * write them. */
#ifndef RD_JSON_H
#define RD_JSON_H

#include "base/text.h"

/* Where things stand in an object's text, found in one pass without recursion. For a text that is not JSON
 * the places mean nothing, and the parser that follows refuses it. */
typedef struct rd_json_scan {
    size_t *keys; /* owned: offsets of the object's own keys (their opening quote), in order */
    size_t count, room;
    size_t end;   /* offset after the closing brace; 0 when it never comes */
    size_t guard; /* offset of the value (after its opening quote) of the key looked for, or 0 */
} rd_json_scan;

typedef struct rd_json_limits {
    size_t depth, keys, values;
    const char *inside,
        *guard; /* look for the member `guard` of the member `inside`, both spelt without escapes */
} rd_json_limits;

typedef enum rd_json_fault {
    RD_JSON_FINE = 0,
    RD_JSON_DEEP = 1, /* deeper than limits->depth */
    RD_JSON_KEYS = 2, /* more keys than limits->keys */
    RD_JSON_LONG = 3, /* more values than limits->values */
    RD_JSON_OPEN = 4, /* the object never ends */
    RD_JSON_MEMORY = 5
} rd_json_fault;
/* Looks through text, which begins with '{'. *at is the offset of the fault. */
rd_json_fault rd_json_look(const char *text, size_t size, const rd_json_limits *limits, rd_json_scan *scan,
                           size_t *at);
void rd_json_scan_free(rd_json_scan *scan);

/* Appends a JSON string with its quotes: escaped are the quote, the backslash and what is below U+0020,
 * nothing else. */
void rd_json_string(rd_text *text, const char *bytes, size_t size);

#endif
