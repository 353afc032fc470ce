/* One data file walked line by line or block by block: every byte goes into a hash, line ends of all three
 * kinds are known, and standard input is kept so that it can be walked twice. */
#ifndef RD_INPUT_H
#define RD_INPUT_H

#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"

/* Where bytes come from. A value; rd_source_close drops what standard input was kept in. */
typedef struct rd_source {
    const char *name;  /* lent; stands in messages */
    const char *path;  /* lent; NULL when the bytes are in memory or kept */
    const char *bytes; /* lent */
    size_t size;
    rd_store *kept; /* owned: what standard input held */
    const char *member; /* lent; the part of the file that is asked for, "" when none is named */
    char *file;         /* owned: the path without the member, or the name, or NULL */
    char *unpacked;     /* owned: the bytes of an entry of an archive, or NULL */
} rd_source;
/* "-" is read to its end and kept (past 32 MiB in an unlinked file). "FILE:MEMBER" names a part of a file, unless a file
 * has that very name. */
rondo_status rd_source_path(const char *path, rd_source *source, rondo_error *error);
void rd_source_memory(const char *name, const char *bytes, size_t size, rd_source *source);
void rd_source_close(rd_source *source);
/* Bytes of the path that name the file: those before ":MEMBER", or all. */
size_t rd_source_file(const char *path);
/* 1 when these first bytes of a path end as the name of a ZIP archive does. */
int rd_source_is_archive(const char *path, size_t size);

typedef struct rd_input {
    const rd_source *source; /* lent */
    rd_sha256 *hash;         /* lent; NULL: not hashed */
    size_t max_line;
    int keep_bom; /* 1: a byte order mark at the front is text, else it is skipped */

    size_t number;      /* 1-based number of the line given last */
    uint64_t offset;    /* bytes before that line */
    const char *ending; /* how it ended: "\n", "\r\n", "\r", or "" at the end of the file */

    rd_reader *reader; /* private from here on */
    uint64_t kept_at, seen;
    char *buffer;
    size_t room, from, to; /* bytes not yet given are [from, to) */
    size_t lf, cr;         /* no such byte in [from, mark); one at the mark, or mark == to */
    int finished;
} rd_input;
rondo_status rd_input_open(const rd_source *source, size_t max_line, rd_sha256 *hash, rd_input *input,
                           rondo_error *error);
/* The next line without its end, valid until the next call, not ended by 0 (its own end stands behind it);
 * *more is 0 after the last. Longer than max_line is RONDO_LIMIT with file:line. */
rondo_status rd_input_line(rd_input *input, const char **line, size_t *size, int *more, rondo_error *error);
/* The next bytes, however they are cut; *size is 0 at the end. */
rondo_status rd_input_block(rd_input *input, const char **bytes, size_t *size, rondo_error *error);
/* All that is left of the file, ended by 0, into an empty text; more than `limit` bytes is RONDO_LIMIT. */
rondo_status rd_input_whole(rd_input *input, size_t limit, rd_text *text, rondo_error *error);
/* Bytes taken from the file so far, those waiting in the buffer included. */
uint64_t rd_input_bytes(const rd_input *input);
void rd_input_close(rd_input *input);

#endif
