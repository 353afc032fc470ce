/* Archives made in memory for tests, by libzip. */
#ifndef ARCHIVE_H
#define ARCHIVE_H

#include "base/file.h"
#include "base/memory.h"
#include "formats/zip.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#if RONDO_WITH_ZIP
#include <zip.h>

typedef struct archive {
    zip_t *zip;
    zip_source_t *source;
} archive;

static inline archive archive_begin(void)
{
    zip_error_t fault;
    archive a;
    zip_error_init(&fault);
    a.source = zip_source_buffer_create(NULL, 0, 0, &fault);
    assert_non_null(a.source);
    zip_source_keep(a.source);
    a.zip = zip_open_from_source(a.source, ZIP_TRUNCATE, &fault);
    assert_non_null(a.zip);
    return a;
}

/* The content must stay until archive_end. */
static inline void archive_add(archive *a, const char *name, const void *content, size_t size, int method)
{
    zip_source_t *source = zip_source_buffer(a->zip, content, size, 0);
    assert_non_null(source);
    const zip_int64_t i = zip_file_add(a->zip, name, source, 0);
    assert_true(i >= 0);
    assert_int_equal(zip_set_file_compression(a->zip, (zip_uint64_t)i, method, 0), 0);
}

/* The bytes, freed with free. */
static inline unsigned char *archive_end(archive *a, size_t *size)
{
    zip_stat_t facts;
    assert_int_equal(zip_close(a->zip), 0);
    assert_int_equal(zip_source_stat(a->source, &facts), 0);
    *size = (size_t)facts.size;
    unsigned char *bytes = malloc(*size);
    assert_non_null(bytes);
    assert_int_equal(zip_source_open(a->source), 0);
    assert_int_equal(zip_source_read(a->source, bytes, *size), (zip_int64_t)*size);
    assert_int_equal(zip_source_close(a->source), 0);
    zip_source_free(a->source);
    return bytes;
}
#endif

static inline char *golden_file(const char *name, size_t *size)
{
    char path[512];
    char *bytes = NULL;
    rondo_error error = {0};
    (void)snprintf(path, sizeof path, "%s/tests/formats/golden/%s", RD_SOURCE_DIR, name);
    if (rd_file_read(path, (size_t)1 << 24, &bytes, size, &error) != RONDO_OK) fail_msg("%s", error.message);
    return bytes;
}

#endif
