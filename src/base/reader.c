/* A file in pieces or in lines. Lines end with \n, \r\n or a lone \r; a \r at the border of two pieces is
 * remembered, so that a \n after it is not a line of its own, and nothing has to be read ahead. */
#include "base/file_inside.h"
#include "base/gunzip.h"
#include "base/memory.h"
#include "base/size.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RAW_SIZE = 1 << 16, LINE_ROOM = 1 << 16, MAX_LINE = 64 << 20 };

struct rd_reader {
    rd_quoted name;
    rd_raw raw;
    rd_gunzip *gunzip; /* owned; NULL for plain bytes */
    char *buffer;      /* owned; [room + 1], unpacked bytes not yet given are at [start, end) */
    size_t room, start, end;
    size_t looked; /* bytes after start that hold no end of a line */
    size_t max_line, number;
    uint64_t offset;
    int after_return; /* the last line ended in \r: a \n next belongs to it */
    int ended;
};

/* ---- raw bytes */

rondo_status rd_raw_fill(rd_raw *raw, size_t want, rondo_error *error)
{
    while (raw->left < want && !raw->ended) {
        if (raw->descriptor < 0) {
            raw->ended = 1;
            break;
        }
        if (raw->left > 0) memmove(raw->buffer, raw->at, raw->left);
        raw->at = raw->buffer;
        const ssize_t got = read(raw->descriptor, raw->buffer + raw->left, RAW_SIZE - raw->left);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return rd_fail_system(error, raw->name, "be read", errno);
        raw->ended = got == 0;
        raw->left += (size_t)got;
        raw->before += (uint64_t)got;
    }
    return RONDO_OK;
}

void rd_raw_take(rd_raw *raw, size_t size)
{
    raw->at += size;
    raw->left -= size;
}

/* ---- life */

/* Looks at the first two bytes; frees the reader when that fails. */
static rondo_status begin(rd_reader *fresh, rd_reader **reader, rondo_error *error)
{
    fresh->raw.name = fresh->name.text;
    fresh->max_line = MAX_LINE;
    rondo_status status = rd_raw_fill(&fresh->raw, 2, error);
    if (status == RONDO_OK && fresh->raw.left >= 2 && fresh->raw.at[0] == 0x1F && fresh->raw.at[1] == 0x8B)
        status = rd_gunzip_new(&fresh->raw, &fresh->gunzip, error);
    if (status != RONDO_OK) {
        rd_reader_close(fresh);
        return status;
    }
    *reader = fresh;
    return RONDO_OK;
}

static rondo_status open_input(const char *path, int *descriptor, rondo_error *error)
{
    struct stat about;
    *descriptor = strcmp(path, "-") == 0 ? STDIN_FILENO : rd_open_file(path, O_RDONLY, 0);
    if (*descriptor < 0) return rd_fail_system(error, path, "be opened", errno);
    if (fstat(*descriptor, &about) == 0 && S_ISDIR(about.st_mode)) {
        if (*descriptor != STDIN_FILENO) (void)close(*descriptor);
        return rd_fail(error, RONDO_SYSTEM, "%s: is a folder (expected a file)", rd_path_shown(path).text);
    }
    return RONDO_OK;
}

rondo_status rd_reader_open(const char *path, rd_reader **reader, rondo_error *error)
{
    rd_reader *fresh;
    int descriptor = -1;
    *reader = NULL;
    if (!path) return rd_fail(error, RONDO_BAD_ARGUMENT, "the path of a file is missing");
    RD_TRY(open_input(path, &descriptor, error));
    rondo_status status = rd_alloc(1, sizeof *fresh, "a file reader", &fresh, error);
    if (status == RONDO_OK) {
        fresh->raw.descriptor = descriptor;
        fresh->name = rd_path_shown(strcmp(path, "-") == 0 ? "standard input" : path);
        status = rd_alloc(RAW_SIZE, 1, "a file reader", &fresh->raw.buffer, error);
        if (status == RONDO_OK) return begin(fresh, reader, error);
        rd_reader_close(fresh);
    } else if (descriptor != STDIN_FILENO) {
        (void)close(descriptor); /* nothing was written */
    }
    return status;
}

rondo_status rd_reader_memory(const char *name, const void *bytes, size_t size, rd_reader **reader,
                              rondo_error *error)
{
    rd_reader *fresh;
    *reader = NULL;
    RD_TRY(rd_alloc(1, sizeof *fresh, "a reader", &fresh, error));
    fresh->name = rd_path_shown(name);
    fresh->raw = (rd_raw){.descriptor = -1, .at = bytes, .left = size, .before = size};
    return begin(fresh, reader, error);
}

void rd_reader_close(rd_reader *reader)
{
    if (!reader) return;
    if (reader->raw.descriptor > STDIN_FILENO) (void)close(reader->raw.descriptor); /* nothing was written */
    rd_gunzip_free(reader->gunzip);
    rd_free(reader->raw.buffer);
    rd_free(reader->buffer);
    rd_free(reader);
}

size_t rd_reader_number(const rd_reader *reader)
{
    return reader->number;
}
uint64_t rd_reader_offset(const rd_reader *reader)
{
    return reader->offset;
}
const char *rd_reader_name(const rd_reader *reader)
{
    return reader->name.text;
}
void rd_reader_set_max_line(rd_reader *reader, size_t bytes)
{
    reader->max_line = bytes;
}

/* ---- pieces */

/* Unpacked bytes straight from the source. */
static rondo_status next_bytes(rd_reader *reader, unsigned char *bytes, size_t size, size_t *got,
                               rondo_error *error)
{
    if (reader->gunzip) return rd_gunzip_read(reader->gunzip, &reader->raw, bytes, size, got, error);
    RD_TRY(rd_raw_fill(&reader->raw, 1, error));
    *got = rd_size_min(size, reader->raw.left);
    if (*got > 0) memcpy(bytes, reader->raw.at, *got);
    rd_raw_take(&reader->raw, *got);
    return RONDO_OK;
}

static void take(rd_reader *reader, size_t size)
{
    reader->start += size;
    reader->offset += size;
}

/* Gets more bytes behind `end`; the buffer grows when a line fills it, up to the longest line. */
static rondo_status fill(rd_reader *reader, rondo_error *error)
{
    size_t got = 0;
    if (reader->start > 0) {
        memmove(reader->buffer, reader->buffer + reader->start, reader->end - reader->start);
        reader->end -= reader->start;
        reader->start = 0;
    }
    if (!reader->buffer || reader->end == reader->room) {
        size_t room = reader->buffer ? reader->room + 1 : 0;
        RD_TRY(rd_grow(&reader->buffer, &room, rd_size_max(room + 1, LINE_ROOM), 1, "a line", error));
        reader->room = room - 1;
    }
    RD_TRY(next_bytes(reader, (unsigned char *)reader->buffer + reader->end, reader->room - reader->end, &got,
                      error));
    reader->ended = got == 0;
    reader->end += got;
    return RONDO_OK;
}

/* Drops a \n that belongs to the line before. */
static rondo_status finish_return(rd_reader *reader, rondo_error *error)
{
    if (!reader->after_return) return RONDO_OK;
    if (reader->start == reader->end && !reader->ended) RD_TRY(fill(reader, error));
    if (reader->start < reader->end && reader->buffer[reader->start] == '\n') take(reader, 1);
    reader->after_return = 0;
    return RONDO_OK;
}

rondo_status rd_reader_read(rd_reader *reader, void *bytes, size_t size, size_t *got, rondo_error *error)
{
    *got = 0;
    RD_TRY(finish_return(reader, error));
    reader->looked = 0;
    if (reader->start == reader->end) {
        if (size == 0 || reader->ended) return RONDO_OK;
        RD_TRY(next_bytes(reader, bytes, size, got, error));
        reader->ended = *got == 0;
        reader->offset += *got;
        return RONDO_OK;
    }
    *got = rd_size_min(size, reader->end - reader->start);
    memcpy(bytes, reader->buffer + reader->start, *got);
    take(reader, *got);
    return RONDO_OK;
}

/* ---- lines */

/* The first \n or \r in what was not looked at yet, or NULL. */
static const char *find_end(rd_reader *reader)
{
    if (!reader->buffer) return NULL;
    const char *from = reader->buffer + reader->start + reader->looked;
    const size_t size = reader->end - reader->start - reader->looked;
    const char *newline = memchr(from, '\n', size);
    const char *lone = memchr(from, '\r', newline ? (size_t)(newline - from) : size);
    reader->looked += size;
    return lone ? lone : newline;
}

static rondo_status give_line(rd_reader *reader, size_t length, int with_end, const char **line, size_t *size)
{
    char *start = reader->buffer + reader->start;
    reader->after_return = with_end && start[length] == '\r';
    start[length] = 0;
    *line = start;
    *size = length;
    reader->number++;
    reader->looked = 0;
    take(reader, length + (with_end != 0));
    return RONDO_OK;
}

rondo_status rd_reader_line(rd_reader *reader, const char **line, size_t *size, int *more, rondo_error *error)
{
    *more = 0;
    *line = "";
    *size = 0;
    RD_TRY(finish_return(reader, error));
    for (;;) {
        const char *end = find_end(reader);
        const size_t length =
            end ? (size_t)(end - (reader->buffer + reader->start)) : reader->end - reader->start;
        if (length > reader->max_line) {
            (void)rd_fail(error, RONDO_LIMIT, "%s:%zu: the line is longer than %zu bytes", reader->name.text,
                          reader->number + 1, reader->max_line);
            rd_hint(error, "--max-line raises the limit");
            return RONDO_LIMIT;
        }
        *more = end || (reader->ended && length > 0);
        if (*more) return give_line(reader, length, end != NULL, line, size);
        if (reader->ended) return RONDO_OK;
        RD_TRY(fill(reader, error));
    }
}
