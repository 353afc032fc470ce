/* Walks metrics.jsonl through one block of a megabyte. A run that is being written, or was killed, ends in a
 * cut line; that is no error. */
#include "formats/metrics_line.h"

#include "base/file.h"
#include "base/memory.h"

#include <string.h>

enum { BLOCK = 1 << 20 };

typedef struct walk {
    const char *path;
    rd_on_metrics on_line;
    void *user;
    size_t number;   /* of the line */
    uint64_t offset; /* behind the line */
    int stopped;
} walk;

static rondo_status give_line(walk *w, const char *text, size_t size, int cut, rondo_error *error)
{
    rd_metrics_line line;
    size_t column;
    const char *wrong;
    w->number++;
    w->offset += size + !cut;
    if (size == 0 || (size == 1 && *text == '\r')) return RONDO_OK;
    if (rd_metrics_parse(text, size, &line, &column, &wrong)) {
        w->stopped = w->on_line(w->user, &line, w->offset);
        return RONDO_OK;
    }
    if (cut) return RONDO_OK;
    return rd_fail(error, RONDO_BAD_DATA, "%s:%zu:%zu: %s, found %s", w->path, w->number, column, wrong,
                   rd_quote_n(text + column - 1, size - (column - 1)).text);
}

static rondo_status walk_lines(walk *w, rd_reader *reader, char *block, rondo_error *error)
{
    size_t have = 0, got;
    do {
        if (have == BLOCK)
            return rd_fail(error, RONDO_BAD_DATA, "%s:%zu: the line is longer than 1 MiB", w->path,
                           w->number + 1);
        RD_TRY(rd_reader_read(reader, block + have, BLOCK - have, &got, error));
        size_t searched = have, start = 0;
        have += got;
        for (const char *end;
             !w->stopped && (end = memchr(block + searched, '\n', have - searched)) != NULL;) {
            size_t behind = (size_t)(end - block) + 1;
            RD_TRY(give_line(w, block + start, behind - 1 - start, 0, error));
            start = searched = behind;
        }
        have -= start;
        memmove(block, block + start, have);
    } while (got > 0 && !w->stopped);
    return have > 0 && !w->stopped ? give_line(w, block, have, 1, error) : RONDO_OK;
}

rondo_status rd_metrics_read(const char *path, rd_on_metrics on_line, void *user, rondo_error *error)
{
    walk w = {path, on_line, user, 0, 0, 0};
    rd_reader *reader;
    char *block;
    RD_TRY(rd_reader_open(path, &reader, error));
    rondo_status status = rd_alloc(BLOCK, 1, "reading a log", &block, error);
    if (status == RONDO_OK) {
        status = walk_lines(&w, reader, block, error);
        rd_free(block);
    }
    rd_reader_close(reader);
    return status;
}
