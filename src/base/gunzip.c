/* gzip, RFC 1952: members follow each other and unpack to one text. */
#include "base/gunzip.h"
#include "base/memory.h"
#include "base/size.h"

#if RONDO_WITH_ZLIB

#include <limits.h>
#include <string.h>
#include <zlib.h>

struct rd_gunzip {
    z_stream stream;
    int inside; /* a member */
    int ended;
};

static void *take_memory(void *user, unsigned count, unsigned size)
{
    void *block;
    (void)user;
    return rd_alloc(count, size, "gzip", &block, NULL) == RONDO_OK ? block : NULL;
}

static void give_memory(void *user, void *block)
{
    (void)user;
    rd_free(block);
}

rondo_status rd_gunzip_new(const rd_raw *raw, rd_gunzip **gunzip, rondo_error *error)
{
    rd_gunzip *fresh;
    RD_TRY(rd_alloc(1, sizeof *fresh, "gzip", &fresh, error));
    fresh->stream.zalloc = take_memory;
    fresh->stream.zfree = give_memory;
    if (inflateInit2(&fresh->stream, 15 + 16) != Z_OK) { /* the largest window, gzip headers only */
        rd_free(fresh);
        return rd_fail(error, RONDO_LIMIT, "%s: no memory for gzip", raw->name);
    }
    *gunzip = fresh;
    return RONDO_OK;
}

static uint64_t byte_of(const rd_raw *raw)
{
    return raw->before - raw->left;
}

/* Between members: another one, zeros that some tapes leave, or the end. */
static rondo_status next_member(rd_gunzip *gunzip, rd_raw *raw, rondo_error *error)
{
    static const unsigned char magic[] = {0x1F, 0x8B};
    RD_TRY(rd_raw_fill(raw, 2, error));
    if (raw->left >= 2 && memcmp(raw->at, magic, 2) == 0) {
        gunzip->inside = 1;
        return inflateReset(&gunzip->stream) == Z_OK ? RONDO_OK
                                                     : rd_fail(error, RONDO_BUG, "%s: gzip reset", raw->name);
    }
    while (raw->left > 0) {
        if (*raw->at != 0)
            return rd_fail(error, RONDO_BAD_DATA, "%s: byte %llu: bytes after the end of the gzip data",
                           raw->name, (unsigned long long)byte_of(raw));
        rd_raw_take(raw, 1);
        RD_TRY(rd_raw_fill(raw, 1, error));
    }
    gunzip->ended = 1;
    return RONDO_OK;
}

static rondo_status stream_failed(const rd_gunzip *gunzip, const rd_raw *raw, int result, rondo_error *error)
{
    if (result == Z_MEM_ERROR) return rd_fail(error, RONDO_LIMIT, "%s: no memory for gzip", raw->name);
    return rd_fail(error, RONDO_BAD_DATA, "%s: byte %llu: damaged gzip data (%s)", raw->name,
                   (unsigned long long)byte_of(raw),
                   gunzip->stream.msg ? gunzip->stream.msg : "no reason given");
}

rondo_status rd_gunzip_read(rd_gunzip *gunzip, rd_raw *raw, unsigned char *bytes, size_t size, size_t *got,
                            rondo_error *error)
{
    z_stream *stream = &gunzip->stream;
    *got = 0;
    while (*got == 0 && size > 0) {
        if (!gunzip->inside) RD_TRY(next_member(gunzip, raw, error));
        if (gunzip->ended) return RONDO_OK;
        RD_TRY(rd_raw_fill(raw, 1, error));
        if (raw->left == 0)
            return rd_fail(error, RONDO_BAD_DATA, "%s: byte %llu: the gzip data end too early", raw->name,
                           (unsigned long long)byte_of(raw));
        const unsigned room = (unsigned)rd_size_min(size, UINT_MAX),
                       offered = (unsigned)rd_size_min(raw->left, UINT_MAX);
        unsigned char *input;
        memcpy(&input, &raw->at, sizeof input); /* zlib reads it only, though its type does not say so */
        stream->next_in = input;
        stream->avail_in = offered;
        stream->next_out = bytes;
        stream->avail_out = room;
        const int result = inflate(stream, Z_NO_FLUSH);
        rd_raw_take(raw, offered - stream->avail_in);
        *got = room - stream->avail_out;
        if (result == Z_STREAM_END)
            gunzip->inside = 0;
        else if (result != Z_OK)
            return stream_failed(gunzip, raw, result, error);
    }
    return RONDO_OK;
}

void rd_gunzip_free(rd_gunzip *gunzip)
{
    if (!gunzip) return;
    (void)inflateEnd(&gunzip->stream);
    rd_free(gunzip);
}

#else

rondo_status rd_gunzip_new(const rd_raw *raw, rd_gunzip **gunzip, rondo_error *error)
{
    *gunzip = NULL;
    (void)rd_fail(error, RONDO_BAD_DATA, "%s: gzip data, and this build has no zlib", raw->name);
    rd_hint(error, "unpack it first: gunzip -k FILE");
    return RONDO_BAD_DATA;
}

rondo_status rd_gunzip_read(rd_gunzip *gunzip, rd_raw *raw, unsigned char *bytes, size_t size, size_t *got,
                            rondo_error *error)
{
    (void)gunzip, (void)bytes, (void)size;
    *got = 0;
    return rd_fail(error, RONDO_BUG, "%s: gzip without zlib", raw->name);
}

void rd_gunzip_free(rd_gunzip *gunzip)
{
    (void)gunzip;
}

#endif
