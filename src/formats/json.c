/* One pass over JSON text with a counter for depth and nothing else, so that a hostile text costs its own
 * length. */
#include "formats/json.h"

#include "base/memory.h"
#include "base/size.h"

#include <string.h>

typedef struct look {
    const char *text;
    size_t size, at;
    const rd_json_limits *limits;
    rd_json_scan *scan;
    size_t depth, values;
    char before; /* the last character outside strings that is no space; '"' after a string */
    int inside;  /* 1 in the member limits->inside, from its key to the next key of the object */
    int guarded; /* 1 after the key limits->guard */
} look;

/* 1 when the string at look->at (its opening quote) reads exactly `word`. */
static int spells(const look *l, const char *word)
{
    const size_t size = word ? strlen(word) : 0;
    return word && l->size - l->at >= size + 2 && memcmp(l->text + l->at + 1, word, size) == 0 &&
           l->text[l->at + 1 + size] == '"';
}

/* What a string means by where it stands. */
static rd_json_fault meet_string(look *l)
{
    const int key = l->before == '{' || l->before == ',';
    if (l->depth == 1 && key) {
        if (l->scan->count >= l->limits->keys) return RD_JSON_KEYS;
        if (rd_grow(&l->scan->keys, &l->scan->room, l->scan->count + 1, sizeof(size_t),
                    "the keys of a header", NULL) != RONDO_OK)
            return RD_JSON_MEMORY;
        l->scan->keys[l->scan->count++] = l->at;
        l->inside = spells(l, l->limits->inside);
    } else if (l->depth == 2 && l->inside) {
        if (key)
            l->guarded = spells(l, l->limits->guard);
        else if (l->guarded && l->before == ':')
            l->scan->guard = l->at + 1;
    }
    return RD_JSON_FINE;
}

/* Leaves look->at on the closing quote, or at the end of the text. */
static void pass_string(look *l)
{
    for (l->at++; l->at < l->size && l->text[l->at] != '"'; l->at++)
        if (l->text[l->at] == '\\') l->at++;
}

static rd_json_fault meet(look *l)
{
    const char c = l->text[l->at];
    if (c == '"') {
        const rd_json_fault fault = meet_string(l);
        if (fault) return fault;
        pass_string(l);
    } else if (c == '{' || c == '[') {
        if (++l->depth > l->limits->depth) return RD_JSON_DEEP;
        l->values++;
    } else if (c == '}' || c == ']') {
        l->depth--;
    } else if (c == ',') {
        l->values++;
    }
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r') l->before = c;
    return l->values > l->limits->values ? RD_JSON_LONG : RD_JSON_FINE;
}

rd_json_fault rd_json_look(const char *text, size_t size, const rd_json_limits *limits, rd_json_scan *scan,
                           size_t *at)
{
    look l = {.text = text, .size = size, .limits = limits, .scan = scan};
    rd_json_fault fault = RD_JSON_OPEN;
    *scan = (rd_json_scan){0};
    for (; l.at < size; l.at++) {
        const rd_json_fault met = meet(&l);
        if (met) {
            fault = met;
            break;
        }
        if (l.depth == 0) {
            scan->end = l.at + 1;
            fault = RD_JSON_FINE;
            break;
        }
    }
    *at = rd_size_min(l.at, size);
    return fault;
}

void rd_json_scan_free(rd_json_scan *scan)
{
    rd_free(scan->keys);
    *scan = (rd_json_scan){0};
}

static const char *escape_of(unsigned char c)
{
    static const char *const escapes[0x20] = {
        ['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f", ['\r'] = "\\r"};
    if (c == '"') return "\\\"";
    if (c == '\\') return "\\\\";
    return c < 0x20 ? escapes[c] : NULL;
}

void rd_json_string(rd_text *text, const char *bytes, size_t size)
{
    size_t first = 0;
    rd_text_add(text, "\"", 1);
    for (size_t i = 0; i < size; i++) {
        const unsigned char c = (unsigned char)bytes[i];
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        const char *escape = escape_of(c);
        rd_text_add(text, bytes + first, i - first);
        if (escape)
            rd_text_put(text, escape);
        else
            rd_text_format(text, "\\u%04x", c);
        first = i + 1;
    }
    rd_text_add(text, bytes + first, size - first);
    rd_text_add(text, "\"", 1);
}
