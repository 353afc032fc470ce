/* The readers of tables and of tagged text on any bytes; the first byte chooses. What is accepted is made
 * into batches, in which every input is finite. */
#include "harness.h"

static rondo_options *choose(uint8_t bits)
{
    rondo_options *options = NULL;
    must(rondo_options_new(&options, NULL) == RONDO_OK, "no options");
    must(rondo_options_set(options, "group", bits & 2 ? "g" : "", NULL) == RONDO_OK, "group");
    must(rondo_options_set(options, "skip-bad", bits & 4 ? "2" : "0", NULL) == RONDO_OK, "skip-bad");
    must(rondo_options_set(options, "max-length", bits & 8 ? "2" : "0", NULL) == RONDO_OK, "max-length");
    must(rondo_options_set(options, "reader", bits & 32 ? "csv" : "auto", NULL) == RONDO_OK, "reader");
    must(rondo_options_set(options, "inputs", bits & 16 ? "a,b" : "", NULL) == RONDO_OK, "inputs");
    must(rondo_options_set(options, "batch-size", "3", NULL) == RONDO_OK, "batch-size");
    return options;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    rondo_options *options = choose(data[0]);
    rondo_data *opened = NULL;
    rondo_error error = {0};
    const char *task = data[0] & 32 ? "classify" : data[0] & 1 ? "tag" : "regress";
    rondo_status status = rd_data_open_memory(options, task, (rd_known){.bare = (data[0] & 33) == 33}, "in",
                                              (const char *)data + 1, size - 1, &opened, &error);
    judge_opening(status, opened, &error);
    if (opened) {
        uint64_t rows, sequences;
        walk_batches(opened, options, &rows, &sequences);
        must(rows == opened->corpus->rows, "rows are lost");
        must(rondo_data_describe(opened, NULL, size & 1, ignore, NULL, &error) == RONDO_OK, "not described");
    }
    rondo_data_free(opened);
    rondo_options_free(options);
    return 0;
}
