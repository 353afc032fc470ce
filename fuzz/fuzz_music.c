/* Any bytes as music for the task frames: a roll in JSON when the first byte is even, else MIDI. What is
 * accepted makes batches of zeros and ones, in which a row of x is the row of y before it. */
#include "data/loader.h"
#include "data/open.h"
#include "formats/roll.h"
#include "sequence/batch.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int fact, const char *what)
{
    if (fact) return;
    fprintf(stderr, "fuzz_music: %s\n", what);
    abort();
}

static void check_batches(const rondo_data *data, const rondo_options *options)
{
    rondo_loader *loader = NULL;
    rondo_batch *batch = NULL;
    rondo_status status = RONDO_OK;
    uint64_t rows = 0;
    must(rondo_loader_new(data, options, 0, &loader, NULL) == RONDO_OK, "no loader");
    must(rondo_batch_new(&batch, NULL) == RONDO_OK, "no batch");
    while ((status = rondo_loader_next(loader, batch, NULL, NULL)) == RONDO_OK) {
        const rd_part *x = rd_batch_part(batch, "x"), *y = rd_batch_part(batch, "y");
        const rondo_pack *pack = &y->packed.pack;
        rows += pack->rows;
        must(x->width == RD_KEYS && y->width == RD_KEYS && x->packed.pack.rows == pack->rows, "parts differ");
        for (size_t t = 0; t < pack->steps; t++)
            for (size_t p = 0; p < pack->count[t]; p++)
                for (size_t k = 0; k < RD_KEYS; k++) {
                    const rd_real now = x->values[(pack->offset[t] + p) * RD_KEYS + k];
                    const rd_real before = t ? y->values[(pack->offset[t - 1] + p) * RD_KEYS + k] : 0;
                    must(now == before && (now == 0 || now == 1), "an input is not the frame before");
                }
    }
    must(status == RONDO_NO, "the loader failed");
    must(rows == data->corpus->rows, "rows are lost");
    rondo_batch_free(batch);
    rondo_loader_free(loader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rondo_options *options = NULL;
    rondo_data *opened = NULL;
    rondo_error error = {0};
    if (size == 0) return 0;
    must(rondo_options_new(&options, NULL) == RONDO_OK, "no options");
    must(rondo_options_set(options, "skip-bad", data[0] & 2 ? "2" : "0", NULL) == RONDO_OK, "skip-bad");
    must(rondo_options_set(options, "max-length", data[0] & 4 ? "3" : "2000", NULL) == RONDO_OK,
         "max-length");
    must(rondo_options_set(options, "batch-size", "3", NULL) == RONDO_OK, "batch-size");
    const rondo_status status =
        rd_data_open_memory(options, "frames", (rd_known){0}, data[0] & 1 ? "in.mid" : "in.json",
                            (const char *)data + 1, size - 1, &opened, &error);
    must((status == RONDO_OK) == (opened != NULL), "status and result differ");
    must(status == RONDO_OK || error.message[0], "refused without a message");
    if (opened) check_batches(opened, options);
    rondo_data_free(opened);
    rondo_options_free(options);
    return 0;
}
