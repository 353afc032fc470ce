/* RIFF: four letters, a little-endian length, the data, a byte of padding when the length is odd. */
#include "data/riff.h"

#include <stdint.h>
#include <string.h>

typedef struct walk {
    const unsigned char *bytes;
    size_t size;
    const char *origin;
    int format, data; /* chunks of the kind that were met */
    rd_riff *riff;
} walk;

static uint32_t little(const unsigned char *at, size_t bytes)
{
    uint32_t value = 0;
    for (size_t i = bytes; i > 0; i--)
        value = value << 8 | at[i - 1];
    return value;
}

static rondo_status bad(const walk *w, size_t at, rondo_error *error, const char *what)
{
    return rd_fail(error, RONDO_BAD_DATA, "%s: byte %zu: %s", w->origin, at, what);
}

int rd_riff_is(const void *bytes, size_t size)
{
    const unsigned char *b = bytes;
    return size >= 12 && memcmp(b, "RIFF", 4) == 0 && memcmp(b + 8, "WAVE", 4) == 0;
}

/* Tag, channels, rate, bytes a second, bytes a block, bits a sample. */
static rondo_status meet_format(walk *w, size_t at, size_t length, rondo_error *error)
{
    const unsigned char *b = w->bytes + at;
    if (w->format++) return bad(w, at - 8, error, "a second fmt chunk");
    if (length < 16) return bad(w, at - 4, error, "the fmt chunk has fewer than 16 bytes");
    if (little(b + 2, 2) == 0) return bad(w, at + 2, error, "0 channels");
    if (little(b + 4, 4) == 0) return bad(w, at + 4, error, "a sample rate of 0");
    if (little(b + 12, 2) == 0) return bad(w, at + 12, error, "blocks of 0 bytes");
    w->riff->block = little(b + 12, 2);
    return RONDO_OK;
}

static rondo_status meet_data(walk *w, size_t at, size_t length, rondo_error *error)
{
    if (!w->format) return bad(w, at - 8, error, "samples before the fmt chunk");
    if (w->data++) return bad(w, at - 8, error, "a second data chunk");
    if (length == 0) return bad(w, at - 4, error, "there are no samples");
    if (length % w->riff->block)
        return rd_fail(error, RONDO_BAD_DATA,
                       "%s: byte %zu: %zu bytes of samples are not whole blocks of %zu", w->origin, at - 4,
                       length, w->riff->block);
    w->riff->data = at;
    w->riff->size = length;
    return RONDO_OK;
}

static rondo_status meet_chunk(walk *w, size_t at, size_t *next, rondo_error *error)
{
    static const struct {
        char name[5];
        rondo_status (*meet)(walk *w, size_t at, size_t length, rondo_error *error);
    } kinds[] = {{"fmt ", meet_format}, {"data", meet_data}};
    if (w->size - at < 8) return bad(w, at, error, "the file ends inside the head of a chunk");
    const size_t length = little(w->bytes + at + 4, 4), left = w->size - at - 8;
    if (length > left)
        return rd_fail(error, RONDO_BAD_DATA,
                       "%s: byte %zu: the chunk %s has %zu bytes, %zu follow: the file is cut", w->origin,
                       at + 4, rd_quote_n((const char *)w->bytes + at, 4).text, length, left);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (memcmp(w->bytes + at, kinds[i].name, 4) == 0) RD_TRY(kinds[i].meet(w, at + 8, length, error));
    *next = at + 8 + length + (length % 2 && length < left);
    return RONDO_OK;
}

rondo_status rd_riff_check(const void *bytes, size_t size, const char *origin, rd_riff *riff,
                           rondo_error *error)
{
    walk w = {.bytes = bytes, .size = size, .origin = origin, .riff = riff};
    *riff = (rd_riff){0};
    if (!rd_riff_is(bytes, size)) return bad(&w, 0, error, "not a WAV file");
    const size_t told = little(w.bytes + 4, 4), there = size - 8;
    if (told != there && told + told % 2 != there)
        return rd_fail(error, RONDO_BAD_DATA,
                       "%s: byte 4: the file says that %zu bytes follow, there are %zu", origin, told, there);
    for (size_t at = 12; at < size;)
        RD_TRY(meet_chunk(&w, at, &at, error));
    if (!w.data) return bad(&w, size, error, w.format ? "there is no data chunk" : "there is no fmt chunk");
    return RONDO_OK;
}
