/* One bad line among millions is found before training starts; a thousand of them make one message. */
#include "data/bad_places.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SHOWN = 10, MESSAGE = 900 };

void rd_bad_place(rd_bad_places *bad, const char *format, ...)
{
    char place[512];
    if (bad->count++ >= SHOWN) return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(place, sizeof place, format, arguments);
    va_end(arguments);
    if (bad->places.size + strlen(place) > MESSAGE) return;
    rd_text_format(&bad->places, "%s%s", bad->places.size ? "\n" : "", place);
}

static uint64_t lines_in(const rd_text *text)
{
    uint64_t lines = text->size > 0;
    for (size_t i = 0; i < text->size; i++)
        lines += text->text[i] == '\n';
    return lines;
}

rondo_status rd_bad_places_judge(const rd_bad_places *bad, rondo_error *error)
{
    if (bad->count <= bad->allowed) return RONDO_OK;
    RD_TRY(rd_text_done(&bad->places, error));
    uint64_t hidden = bad->count - lines_in(&bad->places);
    if (hidden)
        rd_fail(error, RONDO_BAD_DATA, "%s\nand %" PRIu64 " more, %" PRIu64 " bad places in all",
                bad->places.text, hidden, bad->count);
    else
        rd_fail(error, RONDO_BAD_DATA, "%s", bad->places.text);
    if (bad->hint[0]) rd_hint(error, "%s", bad->hint);
    return RONDO_BAD_DATA;
}

void rd_bad_places_clear(rd_bad_places *bad)
{
    bad->count = 0;
    bad->hint[0] = 0;
    rd_text_clear(&bad->places);
}

void rd_bad_places_free(rd_bad_places *bad)
{
    rd_text_free(&bad->places);
    *bad = (rd_bad_places){0};
}

const char *rd_bad_encoding_hint(const char *line, size_t size, size_t at)
{
    const unsigned char *text = (const unsigned char *)line;
    size_t zeros = 0;
    for (size_t i = 0; i < size; i++)
        zeros += text[i] == 0;
    if (zeros * 4 >= size || (size >= 2 && text[0] + text[1] == 0xff + 0xfe && text[0] >= 0xfe))
        return "it looks like UTF-16: convert it with iconv -f UTF-16 -t UTF-8";
    if (at < size && text[at] >= 0x80)
        return text[at] >= 0xa0
                   ? "it looks like Latin-1: convert it with iconv -f LATIN1 -t UTF-8, or use --tokens byte"
                   : "if it is Windows-1252, convert it with iconv -f CP1252 -t UTF-8, or use --tokens byte";
    return "--tokens byte takes any bytes";
}
