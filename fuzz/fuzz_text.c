/* The text reader and the vocabulary on any bytes. The first byte chooses the options; what is accepted must
 * hang together: every index inside the vocabulary, every record inside the rows, and twice the same. */
#include "base/memory.h"
#include "data/open.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int fact, const char *what)
{
    if (fact) return;
    fprintf(stderr, "fuzz_text: %s\n", what);
    abort();
}

static rondo_options *choose(uint8_t bits)
{
    static const char *const tokens[] = {"char", "byte", "word", "bpe:9"};
    rondo_options *options = NULL;
    must(rondo_options_new(&options, NULL) == RONDO_OK, "no options");
    must(rondo_options_set(options, "tokens", tokens[bits & 3], NULL) == RONDO_OK, "tokens");
    must(rondo_options_set(options, "lines", bits & 4 ? "on" : "off", NULL) == RONDO_OK, "lines");
    must(rondo_options_set(options, "lowercase", bits & 8 ? "on" : "off", NULL) == RONDO_OK, "lowercase");
    must(rondo_options_set(options, "normalize", bits & 16 ? "nfc" : "none", NULL) == RONDO_OK, "normalize");
    must(rondo_options_set(options, "skip-bad", bits & 32 ? "3" : "0", NULL) == RONDO_OK, "skip-bad");
    must(rondo_options_set(options, "max-length", bits & 64 ? "5" : "0", NULL) == RONDO_OK, "max-length");
    must(rondo_options_set(options, "max-vocab", bits & 128 && (bits & 3) != 3 ? "4" : "0", NULL) == RONDO_OK, "max-vocab");
    return options;
}

static void check(const rondo_data *data)
{
    const rd_corpus *corpus = data->corpus;
    uint64_t rows = 0, records = rd_store_count(corpus->records);
    must(rd_store_count(corpus->index[RD_X]) == corpus->rows, "rows and indices differ");
    for (uint64_t i = 0; i < corpus->rows; i++) {
        int32_t index = -1;
        must(rd_store_read(corpus->index[RD_X], i, 1, &index, NULL) == RONDO_OK, "an index cannot be read");
        must(index >= 0 && (size_t)index < rd_data_width(data, "x"), "an index outside the vocabulary");
    }
    for (uint64_t k = 0; corpus->form == RD_DATA_LINES && k < records; k++) {
        rd_record_place place;
        must(rd_data_record(data, k, &place, NULL) == RONDO_OK, "a record cannot be read");
        must(place.first == rows, "records overlap");
        rows += place.rows;
    }
    must(corpus->form == RD_DATA_STREAM || rows == corpus->rows, "records do not cover the rows");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    rondo_options *options = choose(data[0]);
    rondo_data *first = NULL, *second = NULL;
    rondo_error error = {0};
    const char *text = (const char *)data + 1;
    rondo_status status =
        rd_data_open_memory(options, "lm", (rd_known){0}, "in", text, size - 1, &first, &error);
    must((status == RONDO_OK) == (first != NULL), "status and result differ");
    must(status == RONDO_OK || error.message[0], "refused without a message");
    if (first) {
        rd_known known = {.part[RD_X] = rd_data_symbols(first, "x")};
        check(first);
        must(rd_data_open_memory(options, "lm", known, "in", text, size - 1, &second, &error) == RONDO_OK,
             "not read with its own vocabulary");
        must(rd_data_count(second) == rd_data_count(first), "the second reading differs");
        must(rd_data_unknown(second, "x") == rd_data_unknown(first, "x"), "unknown symbols differ");
    }
    rondo_data_free(first);
    rondo_data_free(second);
    rondo_options_free(options);
    return 0;
}
