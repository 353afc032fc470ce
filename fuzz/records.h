/* What the harnesses of readers of records share: bytes are opened, and what is accepted must hang together: rows of each
 * part, indices inside their vocabularies, finite numbers, batches that hold every row, and twice the same. */
#ifndef RD_FUZZ_RECORDS_H
#define RD_FUZZ_RECORDS_H

#include "harness.h"

static void check_rows(const rondo_data *data, uint64_t k, uint64_t *rows)
{
    const rd_corpus *corpus = data->corpus;
    for (int part = RD_X; part < RD_CORPUS_PARTS; part++) {
        rd_rows own;
        if (rd_part_rows(corpus->form, part) == RD_ROWS_NONE) continue;
        must(rd_data_rows(data, k, part, &own, NULL) == RONDO_OK, "a record cannot be read");
        must(own.first == rows[part], "records overlap");
        rows[part] += own.count;
        for (uint64_t i = 0; corpus->index[part] && i < own.count; i++) {
            int32_t index = -2;
            must(rd_store_read(corpus->index[part], own.first + i, 1, &index, NULL) == RONDO_OK, "an index cannot be read");
            must(index >= -1 && (index < 0 || (size_t)index < rd_symbols_size(corpus->symbols[part])), "an index outside");
        }
    }
}

static void check_records(const rondo_data *data, const rondo_options *options)
{
    uint64_t rows[RD_CORPUS_PARTS] = {0}, walked, sequences;
    for (uint64_t k = 0; k < rd_data_count(data); k++) {
        rd_text raw = {0};
        int bad;
        check_rows(data, k, rows);
        must(rd_data_raw(data, k, &raw, &bad, NULL) == RONDO_OK, "a raw record cannot be read");
        rd_text_free(&raw);
    }
    must(rows[RD_X] == data->corpus->rows, "records do not cover the rows");
    walk_batches(data, options, &walked, &sequences);
    must(walked >= data->corpus->rows, "rows are lost");
    must(rondo_data_describe(data, NULL, 0, ignore, NULL, NULL) == RONDO_OK, "not described");
}

/* Opens the bytes, checks what was accepted, and opens them again for answers with the vocabularies of the first reading. Frees
 * the options. */
static void fuzz_records(rondo_options *options, const char *task, const char *name, const uint8_t *bytes, size_t size)
{
    rondo_data *first = NULL, *second = NULL;
    rondo_error error = {0};
    const char *text = (const char *)bytes;
    rondo_status status = rd_data_open_memory(options, task, (rd_known){0}, name, text, size, &first, &error);
    judge_opening(status, first, &error);
    rd_known known = {.bare = 1};
    for (int part = RD_X; first && part < RD_CORPUS_PARTS; part++)
        known.part[part] = first->corpus->symbols[part];
    if (first) check_records(first, options);
    status = rd_data_open_memory(options, task, known, name, text, size, &second, &error);
    must(!first || status == RONDO_OK, "not read again for answers");
    if (second) check_records(second, options);
    must(!first || rd_data_count(second) >= rd_data_count(first), "the second reading has fewer records");
    rondo_data_free(first);
    rondo_data_free(second);
    rondo_options_free(options);
}

#endif
