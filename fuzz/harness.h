/* What the harnesses of readers share: a fact that must hold, options, batches that are walked, files in a folder of their own. */
#ifndef RD_FUZZ_HARNESS_H
#define RD_FUZZ_HARNESS_H

#include "data/loader.h"
#include "data/open.h"
#include "sequence/batch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void must(int fact, const char *what)
{
    if (fact) return;
    fprintf(stderr, "fuzz: %s\n", what);
    abort();
}

static inline void must_set(rondo_options *options, const char *name, const char *value)
{
    must(rondo_options_set(options, name, value, NULL) == RONDO_OK, name);
}

static inline int ignore(void *user, const char *bytes, size_t size)
{
    (void)user, (void)bytes, (void)size;
    return 0;
}

/* The bits of the first byte that every harness reads alike; the lower ones are its own. */
static inline rondo_options *record_options(const char *reader, uint8_t bits)
{
    rondo_options *options = NULL;
    must(rondo_options_new(&options, NULL) == RONDO_OK, "no options");
    must_set(options, "reader", reader);
    must_set(options, "batch-size", "3");
    must_set(options, "skip-bad", bits & 128 ? "2" : "0");
    must_set(options, "max-length", bits & 64 ? "3" : "0");
    return options;
}

/* All batches: every input is finite. Gives their rows of x and their sequences. */
static inline void walk_batches(const rondo_data *data, const rondo_options *options, uint64_t *rows, uint64_t *sequences)
{
    rondo_loader *loader = NULL;
    rondo_batch *batch = NULL;
    rondo_status status = RONDO_OK;
    *rows = *sequences = 0;
    if (rd_data_count(data) == 0) return;
    must(rondo_loader_new(data, options, 0, &loader, NULL) == RONDO_OK, "no loader");
    must(rondo_batch_new(&batch, NULL) == RONDO_OK, "no batch");
    while ((status = rondo_loader_next(loader, batch, NULL, NULL)) == RONDO_OK) {
        const rd_part *x = rd_batch_part(batch, "x");
        *rows += x->packed.pack.rows;
        *sequences += batch->sequences;
        for (size_t i = 0; x->values && i < x->packed.pack.rows * x->width; i++)
            must(isfinite(x->values[i]), "an input is not finite");
    }
    must(status == RONDO_NO, "the loader failed");
    rondo_batch_free(batch);
    rondo_loader_free(loader);
}

/* An opening gives data or a message, never both or neither. */
static inline void judge_opening(rondo_status status, const rondo_data *data, const rondo_error *error)
{
    must((status == RONDO_OK) == (data != NULL), "status and result differ");
    must(status == RONDO_OK || error->message[0], "refused without a message");
}

typedef struct fuzz_file {
    const char *name; /* in the folder */
    const uint8_t *bytes;
    size_t size;
} fuzz_file;

/* Opens the first `given` of two files that stand in a fresh folder; `check` gets what was accepted. */
static inline void fuzz_two_files(const rondo_options *options, const char *task, const fuzz_file file[2], size_t given,
                                  void (*check)(const rondo_data *, const rondo_options *))
{
    char folder[] = "/tmp/rondo_fuzz_XXXXXX", path[2][96];
    must(mkdtemp(folder) != NULL, "no folder");
    for (int i = 0; i < 2; i++) {
        snprintf(path[i], sizeof path[i], "%s/%s", folder, file[i].name);
        FILE *to = fopen(path[i], "wb");
        must(to && fwrite(file[i].bytes, 1, file[i].size, to) == file[i].size && fclose(to) == 0, "a file cannot be written");
    }
    rondo_data *opened = NULL;
    rondo_error error = {0};
    const char *const paths[] = {path[0], path[1]};
    const rondo_status status = rd_data_open(options, task, (rd_known){0}, paths, given, &opened, &error);
    judge_opening(status, opened, &error);
    if (opened) check(opened, options);
    rondo_data_free(opened);
    unlink(path[0]);
    unlink(path[1]);
    rmdir(folder);
}

#endif
