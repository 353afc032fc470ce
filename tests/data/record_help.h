/* Records with labels: what the tests of their readers ask of data that were opened. */
#ifndef RD_TEST_RECORD_HELP_H
#define RD_TEST_RECORD_HELP_H

#include "data_help.h"

/* A number of x. */
__attribute__((unused)) static float number(const rondo_data *data, uint64_t row, size_t column)
{
    float values[1024];
    assert_true(data->corpus->width[RD_X] <= 1024);
    assert_int_equal(rd_store_read(data->corpus->values[RD_X], row, 1, values, NULL), RONDO_OK);
    return values[column];
}

/* The label or condition of a record: "-" for none. */
__attribute__((unused)) static void expect_label(const rondo_data *data, uint64_t record, const char *wanted)
{
    const int part = data->corpus->symbols[RD_C] ? RD_C : RD_Y;
    int32_t index = -1;
    size_t size = 1;
    assert_int_equal(rd_store_read(data->corpus->index[part], record, 1, &index, NULL), RONDO_OK);
    const char *text = index < 0 ? "-" : rd_symbols_text(data->corpus->symbols[part], (size_t)index, &size);
    assert_int_equal(size, strlen(wanted));
    assert_memory_equal(text, wanted, size);
}

/* Rows of x in a record, and its line. */
__attribute__((unused)) static uint64_t rows_in(const rondo_data *data, uint64_t k, uint64_t *line)
{
    rd_record_place place;
    assert_int_equal(rd_data_record(data, k, &place, NULL), RONDO_OK);
    *line = place.line;
    return place.rows;
}

__attribute__((unused)) static void expect_line(const rondo_data *data, uint64_t k, uint64_t wanted)
{
    uint64_t line;
    (void)rows_in(data, k, &line);
    assert_int_equal(line, wanted);
}

/* Opens bytes for answers; frees the options. */
__attribute__((unused)) static rondo_data *bare_of(rondo_options *options, const char *task, const char *text)
{
    rondo_data *data = NULL;
    rondo_error error = {0};
    if (rd_data_open_memory(options, task, (rd_known){.bare = 1}, "in", text, strlen(text), &data, &error) != RONDO_OK)
        fail_msg("%s", error.message);
    rondo_options_free(options);
    return data;
}

typedef struct bad_case { /* what is refused as bad data, and how the message begins */
    const char *text, *message;
} bad_case;

/* Opens files; the options are kept. */
__attribute__((unused)) static rondo_status open_files(const rondo_options *options, const char *task, const char *const *paths,
                                                       size_t count, rondo_data **data, rondo_error *error)
{
    *data = NULL;
    return rd_data_open(options, task, (rd_known){0}, paths, count, data, error);
}

#if RONDO_WITH_ZLIB
#include <zlib.h>

/* A gzip file in a folder; the path is valid until the next call. */
__attribute__((unused)) static const char *write_gzip(const char *folder, const char *name, const char *bytes, size_t size)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    gzFile file = gzopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, bytes, (unsigned)size), (int)size);
    assert_int_equal(gzclose(file), Z_OK);
    return path;
}
#endif

#endif
