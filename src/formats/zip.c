/* libzip finds entries and inflates them; what it is told by the file is checked here before it is believed.
 */
#include "formats/zip.h"

#include "base/memory.h"
#include "base/size.h"

#if RONDO_WITH_ZIP

#include <stdlib.h>
#include <string.h>
#include <zip.h>

typedef struct entry {
    const char *name; /* libzip's */
    size_t i;
} entry;

struct rd_zip {
    zip_t *archive;
    const char *origin; /* lent */
    entry *entries;     /* owned, [count], in the order of the archive */
    entry *sorted;      /* owned, [count], by name */
    size_t count, bytes;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const entry *)a)->name, ((const entry *)b)->name);
}

static rondo_status damaged(const rd_zip *zip, zip_error_t *fault, rondo_error *error)
{
    const int memory = zip_error_code_zip(fault) == ZIP_ER_MEMORY;
    (void)rd_fail(error, memory ? RONDO_LIMIT : RONDO_BAD_DATA, "%s: not a sound ZIP archive: %s",
                  zip->origin, zip_error_strerror(fault));
    zip_error_fini(fault);
    return memory ? RONDO_LIMIT : RONDO_BAD_DATA;
}

static rondo_status open_archive(rd_zip *zip, const void *bytes, rondo_error *error)
{
    zip_error_t fault;
    zip_error_init(&fault);
    zip_source_t *source = zip_source_buffer_create(bytes, zip->bytes, 0, &fault);
    if (!source) return damaged(zip, &fault, error);
    zip->archive = zip_open_from_source(source, ZIP_RDONLY, &fault);
    if (!zip->archive) {
        zip_source_free(source);
        return damaged(zip, &fault, error);
    }
    zip_error_fini(&fault);
    const zip_int64_t count = zip_get_num_entries(zip->archive, 0);
    if (count > RD_ZIP_ENTRIES)
        return rd_fail(error, RONDO_LIMIT, "%s: %lld entries in the archive (at most %u)", zip->origin,
                       (long long)count, RD_ZIP_ENTRIES);
    zip->count = count > 0 ? (size_t)count : 0;
    return RONDO_OK;
}

static rondo_status list_entries(rd_zip *zip, rondo_error *error)
{
    RD_TRY(rd_alloc(zip->count, sizeof(entry), "the entries of an archive", &zip->entries, error));
    RD_TRY(rd_alloc(zip->count, sizeof(entry), "the entries of an archive", &zip->sorted, error));
    for (size_t i = 0; i < zip->count; i++) {
        const char *name = zip_get_name(zip->archive, i, 0);
        if (!name) return rd_fail(error, RONDO_BAD_DATA, "%s: entry %zu has no name", zip->origin, i);
        if (strlen(name) > RD_ZIP_NAME)
            return rd_fail(error, RONDO_LIMIT, "%s: the name of entry %zu has %zu bytes (at most %u)",
                           zip->origin, i, strlen(name), RD_ZIP_NAME);
        zip->entries[i] = zip->sorted[i] = (entry){name, i};
    }
    qsort(zip->sorted, zip->count, sizeof(entry), by_name);
    for (size_t i = 1; i < zip->count; i++)
        if (strcmp(zip->sorted[i].name, zip->sorted[i - 1].name) == 0)
            return rd_fail(error, RONDO_BAD_DATA, "%s: entry %s is there twice", zip->origin,
                           rd_quote(zip->sorted[i].name).text);
    return RONDO_OK;
}

rondo_status rd_zip_open(const void *bytes, size_t size, const char *origin, rd_zip **zip, rondo_error *error)
{
    rd_zip *fresh;
    if (size == 0) return rd_fail(error, RONDO_BAD_DATA, "%s: not a ZIP archive: the file is empty", origin);
    RD_TRY(rd_alloc(1, sizeof *fresh, "an archive", &fresh, error));
    fresh->origin = origin;
    fresh->bytes = size;
    rondo_status status = open_archive(fresh, bytes, error);
    if (status == RONDO_OK) status = list_entries(fresh, error);
    if (status != RONDO_OK) {
        rd_zip_close(fresh);
        return status;
    }
    *zip = fresh;
    return RONDO_OK;
}

size_t rd_zip_entries(const rd_zip *zip)
{
    return zip->count;
}

const char *rd_zip_name(const rd_zip *zip, size_t i)
{
    return i < zip->count ? zip->entries[i].name : NULL;
}

int rd_zip_find(const rd_zip *zip, const char *name, size_t *i)
{
    const entry key = {name, 0};
    const entry *found = bsearch(&key, zip->sorted, zip->count, sizeof key, by_name);
    if (found) *i = found->i;
    return found != NULL;
}

static rondo_status bad_entry(const rd_zip *zip, size_t i, rondo_error *error, const char *what)
{
    return rd_fail(error, RONDO_BAD_DATA, "%s: entry %s %s", zip->origin, rd_quote(rd_zip_name(zip, i)).text,
                   what);
}

/* What the archive says of entry i, once it can be believed. */
static rondo_status measure(const rd_zip *zip, size_t i, size_t limit, size_t *size, rondo_error *error)
{
    const zip_uint64_t needed =
        ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
    zip_stat_t facts;
    zip_stat_init(&facts);
    if (zip_stat_index(zip->archive, i, 0, &facts) != 0 || (facts.valid & needed) != needed)
        return bad_entry(zip, i, error, "does not say how large it is");
    if (facts.encryption_method != ZIP_EM_NONE) return bad_entry(zip, i, error, "is encrypted");
    if (facts.comp_method != ZIP_CM_STORE && facts.comp_method != ZIP_CM_DEFLATE)
        return bad_entry(zip, i, error, "is neither stored nor deflated (pack it with: zip -Z deflate)");
    if (facts.comp_size > zip->bytes) return bad_entry(zip, i, error, "is larger than the archive");
    if (facts.size > limit || !rd_cast(facts.size, size))
        return rd_fail(error, RONDO_LIMIT, "%s: entry %s unpacks to %llu bytes (at most %zu)", zip->origin,
                       rd_quote(facts.name).text, (unsigned long long)facts.size, limit);
    if (facts.size > RD_ZIP_SMALL && facts.size / RD_ZIP_RATIO > facts.comp_size)
        return rd_fail(error, RONDO_LIMIT,
                       "%s: entry %s unpacks %llu bytes to %llu (at most %u times as many)", zip->origin,
                       rd_quote(facts.name).text, (unsigned long long)facts.comp_size,
                       (unsigned long long)facts.size, RD_ZIP_RATIO);
    return RONDO_OK;
}

/* Reads exactly `size` bytes, then the end, where libzip compares the CRC. */
static rondo_status unpack(const rd_zip *zip, size_t i, zip_file_t *file, char *bytes, size_t size,
                           rondo_error *error)
{
    size_t got = 0;
    zip_int64_t part = 1;
    while (got < size && part > 0) {
        part = zip_fread(file, bytes + got, size - got);
        got += part > 0 ? (size_t)part : 0;
    }
    char more;
    if (part > 0 || size == 0) part = zip_fread(file, &more, 1);
    if (part < 0)
        return rd_fail(error, RONDO_BAD_DATA, "%s: entry %s is damaged: %s", zip->origin,
                       rd_quote(rd_zip_name(zip, i)).text, zip_file_strerror(file));
    if (got < size || part > 0)
        return rd_fail(error, RONDO_BAD_DATA, "%s: entry %s unpacks to %s than the %zu bytes it should have",
                       zip->origin, rd_quote(rd_zip_name(zip, i)).text, part > 0 ? "more" : "fewer", size);
    return RONDO_OK;
}

rondo_status rd_zip_read(rd_zip *zip, size_t i, size_t limit, char **bytes, size_t *size, rondo_error *error)
{
    size_t expected = 0, room;
    char *block;
    RD_TRY(measure(zip, i, limit, &expected, error));
    if (!rd_add(expected, 1, &room)) return bad_entry(zip, i, error, "is too large");
    RD_TRY(rd_alloc(room, 1, "an entry of an archive", &block, error));
    zip_file_t *file = zip_fopen_index(zip->archive, i, 0);
    rondo_status status = RONDO_OK;
    if (!file)
        status = rd_fail(error, RONDO_BAD_DATA, "%s: entry %s cannot be opened: %s", zip->origin,
                         rd_quote(rd_zip_name(zip, i)).text, zip_strerror(zip->archive));
    if (file) status = unpack(zip, i, file, block, expected, error);
    if (file) (void)zip_fclose(file);
    if (status != RONDO_OK) {
        rd_free(block);
        return status;
    }
    *bytes = block;
    *size = expected;
    return RONDO_OK;
}

void rd_zip_close(rd_zip *zip)
{
    if (!zip) return;
    if (zip->archive) zip_discard(zip->archive);
    rd_free(zip->entries);
    rd_free(zip->sorted);
    rd_free(zip);
}

#else

rondo_status rd_zip_open(const void *bytes, size_t size, const char *origin, rd_zip **zip, rondo_error *error)
{
    (void)bytes, (void)size;
    *zip = NULL;
    (void)rd_fail(error, RONDO_SYSTEM, "%s: a ZIP archive, and this build has no libzip", origin);
    rd_hint(error, "unpack it first, or build with libzip (Debian: libzip-dev)");
    return RONDO_SYSTEM;
}

size_t rd_zip_entries(const rd_zip *zip)
{
    (void)zip;
    return 0;
}

const char *rd_zip_name(const rd_zip *zip, size_t i)
{
    (void)zip, (void)i;
    return NULL;
}

int rd_zip_find(const rd_zip *zip, const char *name, size_t *i)
{
    (void)zip, (void)name, (void)i;
    return 0;
}

rondo_status rd_zip_read(rd_zip *zip, size_t i, size_t limit, char **bytes, size_t *size, rondo_error *error)
{
    (void)zip, (void)i, (void)limit, (void)bytes, (void)size;
    return rd_fail(error, RONDO_BUG, "an archive in a build without libzip");
}

void rd_zip_close(rd_zip *zip)
{
    (void)zip;
}

#endif
