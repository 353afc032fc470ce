/* Lines out of blocks. Each byte is searched once for a line feed and once for a carriage return, however
 * long the line and whichever of the two the file uses. */
#include "data/input.h"

#include "base/memory.h"
#include "base/size.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

enum { BLOCK = 65536, KEPT_IN_MEMORY = 32 << 20 };

/* ---- sources */

static rondo_status keep_all(rd_reader *reader, rd_store *store, rondo_error *error)
{
    char block[4096];
    for (;;) {
        size_t got = 0;
        RD_TRY(rd_reader_read(reader, block, sizeof block, &got, error));
        if (got == 0) return RONDO_OK;
        RD_TRY(rd_store_add(store, block, got, error));
    }
}

/* What can be read only once: data are walked twice. */
static int is_pipe(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && (S_ISFIFO(about.st_mode) || S_ISSOCK(about.st_mode));
}

size_t rd_source_file(const char *path)
{
    const char *colon = strrchr(path, ':');
    rd_text file = {0};
    if (!colon || colon == path || rd_file_exists(path)) return strlen(path);
    rd_text_add(&file, path, (size_t)(colon - path));
    const int there = !file.failed && rd_file_exists(file.text) && !rd_is_folder(file.text);
    rd_text_free(&file);
    return there ? (size_t)(colon - path) : strlen(path);
}

int rd_source_is_archive(const char *path, size_t size)
{
    return size > 4 && (memcmp(path + size - 4, ".zip", 4) == 0 || memcmp(path + size - 4, ".ZIP", 4) == 0);
}

/* Keeps the path without its member. */
static rondo_status cut_member(const char *path, size_t length, rd_source *source, rondo_error *error)
{
    RD_TRY(rd_alloc(length + 1, 1, "the name of a file", &source->file, error));
    memcpy(source->file, path, length);
    source->name = source->path = source->file;
    source->member = path + length + 1;
    return RONDO_OK;
}

rondo_status rd_source_path(const char *path, rd_source *source, rondo_error *error)
{
    *source = (rd_source){.name = path, .path = path, .member = ""};
    const size_t length = rd_source_file(path);
    if (path[length]) return cut_member(path, length, source, error);
    const int standard = strcmp(path, "-") == 0;
    if (!standard && !is_pipe(path)) return RONDO_OK;
    rd_reader *reader = NULL;
    RD_TRY(rd_reader_open(path, &reader, error));
    *source = (rd_source){.name = standard ? "standard input" : path, .member = ""};
    rondo_status status = rd_store_new(1, KEPT_IN_MEMORY, &source->kept, error);
    if (status == RONDO_OK) status = keep_all(reader, source->kept, error);
    rd_reader_close(reader);
    if (status != RONDO_OK) rd_source_close(source);
    return status;
}

void rd_source_memory(const char *name, const char *bytes, size_t size, rd_source *source)
{
    *source = (rd_source){.name = name, .bytes = bytes, .size = size, .member = ""};
}

void rd_source_close(rd_source *source)
{
    rd_store_free(source->kept);
    rd_free(source->file);
    rd_free(source->unpacked);
    source->kept = NULL;
    source->unpacked = NULL;
    source->file = NULL;
}

/* ---- blocks */

rondo_status rd_input_open(const rd_source *source, size_t max_line, rd_sha256 *hash, rd_input *input,
                           rondo_error *error)
{
    *input = (rd_input){.source = source, .hash = hash, .max_line = max_line, .ending = ""};
    if (source->kept) return RONDO_OK;
    if (source->path) return rd_reader_open(source->path, &input->reader, error);
    return rd_reader_memory(source->name, source->bytes, source->size, &input->reader, error);
}

void rd_input_close(rd_input *input)
{
    rd_reader_close(input->reader);
    rd_free(input->buffer);
    *input = (rd_input){.ending = ""};
}

static rondo_status read_some(rd_input *input, char *to, size_t size, size_t *got, rondo_error *error)
{
    if (input->reader) return rd_reader_read(input->reader, to, size, got, error);
    uint64_t left = rd_store_count(input->source->kept) - input->kept_at;
    *got = left < size ? (size_t)left : size;
    RD_TRY(rd_store_read(input->source->kept, input->kept_at, *got, to, error));
    input->kept_at += *got;
    return RONDO_OK;
}

static void skip_mark(rd_input *input)
{
    static const char mark[] = "\xef\xbb\xbf";
    if (input->seen == 0 && !input->keep_bom && input->to >= 3 && memcmp(input->buffer, mark, 3) == 0) {
        input->from = 3;
        input->seen = 3;
    }
}

/* Reads more behind the bytes that wait; the marks move with them. */
static rondo_status fill(rd_input *input, rondo_error *error)
{
    size_t waiting = input->to - input->from, needed;
    int first = input->seen == 0 && waiting == 0;
    if (input->from > 0) {
        memmove(input->buffer, input->buffer + input->from, waiting);
        input->lf = input->lf > input->from ? input->lf - input->from : 0;
        input->cr = input->cr > input->from ? input->cr - input->from : 0;
        input->from = 0;
        input->to = waiting;
    }
    if (!rd_add(waiting, BLOCK, &needed))
        return rd_fail(error, RONDO_LIMIT, "%s: a line is too long", input->source->name);
    RD_TRY(rd_grow(&input->buffer, &input->room, needed, 1, "a line", error));
    do {
        size_t got = 0;
        RD_TRY(read_some(input, input->buffer + input->to, input->room - input->to, &got, error));
        if (input->hash && got) rd_sha256_add(input->hash, input->buffer + input->to, got);
        input->to += got;
        input->finished = got == 0;
    } while (first && input->to < 3 && !input->finished);
    if (first) skip_mark(input);
    return RONDO_OK;
}

rondo_status rd_input_block(rd_input *input, const char **bytes, size_t *size, rondo_error *error)
{
    while (input->from == input->to && !input->finished)
        RD_TRY(fill(input, error));
    *bytes = input->buffer + input->from;
    *size = input->to - input->from;
    input->offset = input->seen;
    input->seen += *size;
    input->from = input->to;
    return RONDO_OK;
}

uint64_t rd_input_bytes(const rd_input *input)
{
    return input->seen + (input->to - input->from);
}

/* ---- lines */

static void find(const rd_input *input, int byte, size_t *mark)
{
    if (*mark < input->from) *mark = input->from;
    if (*mark >= input->to) return;
    const char *at = memchr(input->buffer + *mark, byte, input->to - *mark);
    *mark = at ? (size_t)(at - input->buffer) : input->to;
}

static void give(rd_input *input, size_t end, const char *ending, const char **line, size_t *size)
{
    size_t taken = end - input->from + strlen(ending);
    *line = input->buffer + input->from;
    *size = end - input->from;
    input->ending = ending;
    input->offset = input->seen;
    input->seen += taken;
    input->from += taken;
    input->number++;
}

rondo_status rd_input_line(rd_input *input, const char **line, size_t *size, int *more, rondo_error *error)
{
    *more = 1;
    for (;;) {
        find(input, '\n', &input->lf);
        find(input, '\r', &input->cr);
        size_t end = rd_size_min(input->lf, input->cr);
        int cut = end < input->to && input->cr == end && end + 1 == input->to && !input->finished;
        if (rd_size_min(end, input->to) - input->from > input->max_line)
            return rd_fail(error, RONDO_LIMIT, "%s:%zu: the line is longer than %zu bytes (see --max-line)",
                           input->source->name, input->number + 1, input->max_line);
        if (end < input->to && !cut) {
            const char *ending = input->lf == end                                ? "\n"
                                 : input->lf == end + 1 && input->lf < input->to ? "\r\n"
                                                                                 : "\r";
            give(input, end, ending, line, size);
            return RONDO_OK;
        }
        if (input->finished) {
            *more = input->from < input->to;
            give(input, input->to, "", line, size);
            input->number -= !*more;
            return RONDO_OK;
        }
        RD_TRY(fill(input, error));
    }
}

rondo_status rd_input_whole(rd_input *input, size_t limit, rd_text *text, rondo_error *error)
{
    for (;;) {
        const char *bytes = NULL;
        size_t size = 0;
        RD_TRY(rd_input_block(input, &bytes, &size, error));
        if (size == 0) return rd_text_done(text, error);
        if (size > limit - text->size)
            return rd_fail(error, RONDO_LIMIT, "%s: more than %zu bytes", input->source->name, limit);
        rd_text_add(text, bytes, size);
    }
}
