/* The readers of tables and of tagged text on any bytes; the first byte chooses. What is accepted is made
 * into batches, in which every input is finite. */
#include "data/loader.h"
#include "data/open.h"
#include "sequence/batch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int fact, const char *what)
{
    if (fact) return;
    fprintf(stderr, "fuzz_csv: %s\n", what);
    abort();
}

static rondo_options *choose(uint8_t bits)
{
    rondo_options *options = NULL;
    must(rondo_options_new(&options, NULL) == RONDO_OK, "no options");
    must(rondo_options_set(options, "group", bits & 2 ? "g" : "", NULL) == RONDO_OK, "group");
    must(rondo_options_set(options, "skip-bad", bits & 4 ? "2" : "0", NULL) == RONDO_OK, "skip-bad");
    must(rondo_options_set(options, "max-length", bits & 8 ? "2" : "0", NULL) == RONDO_OK, "max-length");
    must(rondo_options_set(options, "inputs", bits & 16 ? "a,b" : "", NULL) == RONDO_OK, "inputs");
    must(rondo_options_set(options, "batch-size", "3", NULL) == RONDO_OK, "batch-size");
    return options;
}

static void check_batches(const rondo_data *data, const rondo_options *options)
{
    rondo_loader *loader = NULL;
    rondo_batch *batch = NULL;
    rondo_status status = RONDO_OK;
    must(rondo_loader_new(data, options, 0, &loader, NULL) == RONDO_OK, "no loader");
    must(rondo_batch_new(&batch, NULL) == RONDO_OK, "no batch");
    uint64_t rows = 0;
    while ((status = rondo_loader_next(loader, batch, NULL, NULL)) == RONDO_OK) {
        const rd_part *x = rd_batch_part(batch, "x");
        rows += x->packed.pack.rows;
        for (size_t i = 0; i < x->packed.pack.rows * x->width; i++)
            must(isfinite(x->values[i]), "an input is not finite");
    }
    must(status == RONDO_NO, "the loader failed");
    must(rows == data->corpus->rows, "rows are lost");
    rondo_batch_free(batch);
    rondo_loader_free(loader);
}

static int ignore(void *user, const char *bytes, size_t size)
{
    (void)user, (void)bytes, (void)size;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    rondo_options *options = choose(data[0]);
    rondo_data *opened = NULL;
    rondo_error error = {0};
    rondo_status status = rd_data_open_memory(options, data[0] & 1 ? "tag" : "regress", (rd_known){0}, "in",
                                              (const char *)data + 1, size - 1, &opened, &error);
    must((status == RONDO_OK) == (opened != NULL), "status and result differ");
    must(status == RONDO_OK || error.message[0], "refused without a message");
    if (opened) {
        check_batches(opened, options);
        must(rondo_data_describe(opened, NULL, size & 1, ignore, NULL, &error) == RONDO_OK, "not described");
    }
    rondo_data_free(opened);
    rondo_options_free(options);
    return 0;
}
