#include "data/sources.h"

#include "base/memory.h"
#include "data/readers.h"
#include "formats/zip.h"

#include <string.h>

#define LONGEST ((size_t)1 << 30) /* bytes of an archive, packed and unpacked */

typedef struct gathering { /* of files of one folder or archive */
    const rondo_options *options;
    const char *task, *path;
    const rd_reader_row *reader; /* that takes what was found so far, or NULL */
    size_t found;
} gathering;

/* 1 when the reader of what was found before, or any for the first, takes a file of this name. */
static rondo_status is_wanted(gathering *g, const char *name, int *wanted, rondo_error *error)
{
    const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;
    const rd_reader_row *reader = *base == '.' || !*base ? NULL : rd_reader_by_suffix(g->options, g->task, name);
    *wanted = reader != NULL;
    if (reader && g->reader && g->reader != reader)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "%s: files for --reader %s and for --reader %s (%s) are in it; name the one that is meant",
                       g->path, g->reader->name, reader->name, rd_quote(name).text);
    if (reader) g->reader = reader;
    return RONDO_OK;
}

static rondo_status grow(rd_sources *sources, rondo_error *error)
{
    return rd_grow(&sources->source, &sources->room, sources->count + 1, sizeof *sources->source, "names of files", error);
}

/* "FOLDER/NAME" or "ARCHIVE:NAME". */
static rondo_status join(const char *path, size_t size, const char *sign, const char *name, char **joined, rondo_error *error)
{
    const size_t length = strlen(name), middle = strlen(sign);
    RD_TRY(rd_alloc(size + middle + length + 1, 1, "the name of a file", joined, error));
    memcpy(*joined, path, size);
    memcpy(*joined + size, sign, middle);
    memcpy(*joined + size + middle, name, length + 1);
    return RONDO_OK;
}

static rondo_status nothing_found(const gathering *g, rondo_error *error)
{
    const char *reader = rd_option_text(g->options, RD_OPT_reader);
    const rd_reader_row *row;
    RD_TRY(rd_reader_choose(g->options, g->task, g->path, 2, 0, &row, error)); /* a task or a reader that is none */
    (void)rd_fail(error, RONDO_BAD_DATA, "%s: no file in it has a suffix that --task %s reads", g->path, g->task);
    if (*reader && !rd_equal(reader, "auto")) rd_hint(error, "--reader %s is asked for", reader);
    return RONDO_BAD_DATA;
}

/* ---- folders */

static rondo_status add_file(gathering *g, rd_sources *sources, const char *name, rondo_error *error)
{
    char *path = NULL;
    int wanted;
    RD_TRY(is_wanted(g, name, &wanted, error));
    if (!wanted) return RONDO_OK;
    const size_t size = strlen(g->path);
    RD_TRY(join(g->path, size, size && g->path[size - 1] == '/' ? "" : "/", name, &path, error));
    const rondo_status status = rd_is_folder(path) ? RONDO_NO : grow(sources, error);
    if (status != RONDO_OK) {
        rd_free(path);
        return status == RONDO_NO ? RONDO_OK : status;
    }
    sources->source[sources->count++] = (rd_source){.name = path, .path = path, .file = path, .member = ""};
    g->found++;
    return RONDO_OK;
}

static rondo_status add_folder(gathering *g, rd_sources *sources, rondo_error *error)
{
    char **names = NULL;
    size_t count = 0;
    RD_TRY(rd_folder_list(g->path, &names, &count, error));
    rondo_status status = RONDO_OK;
    for (size_t i = 0; i < count && status == RONDO_OK; i++)
        status = add_file(g, sources, names[i], error);
    rd_free(names);
    return status;
}

/* ---- archives */

/* An entry, its bytes unpacked; *left: how many may still be. */
static rondo_status add_entry(const gathering *g, rd_zip *zip, size_t i, size_t length, size_t *left, rd_sources *sources, rondo_error *error)
{
    rd_source made = {.member = ""};
    RD_TRY(grow(sources, error));
    RD_TRY(rd_zip_read(zip, i, *left, &made.unpacked, &made.size, error));
    const rondo_status status = join(g->path, length, ":", rd_zip_name(zip, i), &made.file, error);
    if (status != RONDO_OK) {
        rd_free(made.unpacked);
        return status;
    }
    *left -= made.size;
    made.name = made.file;
    made.bytes = made.unpacked;
    sources->source[sources->count++] = made;
    return RONDO_OK;
}

/* Entries that begin with `inner` and a reader takes; or the one of that very name, whatever its suffix. */
static rondo_status add_entries(gathering *g, rd_zip *zip, size_t length, const char *inner, rd_sources *sources, rondo_error *error)
{
    size_t left = LONGEST, one;
    const size_t size = strlen(inner);
    const char *name;
    if (size && inner[size - 1] != '/') {
        if (!rd_zip_find(zip, inner, &one))
            return rd_fail(error, RONDO_BAD_DATA, "%.*s: there is no entry %s", (int)length, g->path, rd_quote(inner).text);
        g->found++;
        return add_entry(g, zip, one, length, &left, sources, error);
    }
    for (size_t i = 0; (name = rd_zip_name(zip, i)) != NULL; i++) {
        int wanted = 0;
        if (strncmp(name, inner, size) == 0) RD_TRY(is_wanted(g, name, &wanted, error));
        if (wanted) RD_TRY(add_entry(g, zip, i, length, &left, sources, error));
        g->found += (size_t)wanted;
    }
    return RONDO_OK;
}

static rondo_status add_archive(gathering *g, size_t length, rd_sources *sources, rondo_error *error)
{
    char *archive = NULL, *bytes = NULL;
    size_t size = 0;
    rd_zip *zip = NULL;
    RD_TRY(join(g->path, length, "", "", &archive, error));
    rondo_status status = rd_file_read(archive, LONGEST, &bytes, &size, error);
    if (status == RONDO_OK) status = rd_zip_open(bytes, size, archive, &zip, error);
    if (status == RONDO_OK) status = add_entries(g, zip, length, g->path[length] ? g->path + length + 1 : "", sources, error);
    rd_zip_close(zip);
    rd_free(bytes);
    rd_free(archive);
    return status;
}

/* ---- any path */

static rondo_status add_path(const rondo_options *options, const char *task, const char *path, rd_sources *sources, rondo_error *error)
{
    gathering g = {.options = options, .task = task, .path = path};
    const size_t length = rd_source_file(path);
    const int folder = rd_is_folder(path), archive = !folder && rd_source_is_archive(path, length);
    if (!folder && !archive) {
        RD_TRY(grow(sources, error));
        RD_TRY(rd_source_path(path, &sources->source[sources->count], error));
        sources->count++;
        return RONDO_OK;
    }
    sources->gathered = 1;
    RD_TRY(folder ? add_folder(&g, sources, error) : add_archive(&g, length, sources, error));
    return g.found ? RONDO_OK : nothing_found(&g, error);
}

rondo_status rd_sources_open(const rondo_options *options, const char *task, const char *const *paths, size_t count,
                             rd_sources *sources, rondo_error *error)
{
    rondo_status status = RONDO_OK;
    *sources = (rd_sources){.count = 0};
    for (size_t i = 0; i < count && status == RONDO_OK; i++)
        status = add_path(options, task, paths[i], sources, error);
    if (status != RONDO_OK) rd_sources_close(sources);
    return status;
}

void rd_sources_close(rd_sources *sources)
{
    for (size_t i = 0; i < sources->count; i++)
        rd_source_close(&sources->source[i]);
    rd_free(sources->source);
    *sources = (rd_sources){.count = 0};
}
