/* The reader of NumPy's arrays on any bytes: as an archive, as x alone for answers, and as a pair of files in a folder of
 * their own, the second of which begins behind the last "|". The first byte says which, and for which task. */
#include "records.h"

#include <unistd.h>

static void write_bytes(const char *path, const uint8_t *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    must(file && fwrite(bytes, 1, size, file) == size && fclose(file) == 0, "a file cannot be written");
}

static void fuzz_pair(const rondo_options *options, const char *task, const uint8_t *x, size_t size, const uint8_t *y, size_t y_size)
{
    char folder[] = "/tmp/rondo_fuzz_arrays_XXXXXX", one[64], other[64];
    must(mkdtemp(folder) != NULL, "no folder");
    snprintf(one, sizeof one, "%s/x.npy", folder);
    snprintf(other, sizeof other, "%s/y.npy", folder);
    write_bytes(one, x, size);
    write_bytes(other, y, y_size);
    rondo_data *opened = NULL;
    rondo_error error = {0};
    const char *const paths[] = {one, other};
    rondo_status status = rd_data_open(options, task, (rd_known){0}, paths, 2, &opened, &error);
    must((status == RONDO_OK) == (opened != NULL), "status and result differ");
    must(status == RONDO_OK || error.message[0], "refused without a message");
    if (opened) check_records(opened, options);
    rondo_data_free(opened);
    unlink(one);
    unlink(other);
    rmdir(folder);
}

/* The place of the last bar, or NULL. */
static const uint8_t *last_bar(const uint8_t *bytes, size_t size)
{
    while (size > 0)
        if (bytes[--size] == '|') return bytes + size;
    return NULL;
}

/* x alone, which no pair follows, for answers. */
static void fuzz_alone(const rondo_options *options, const uint8_t *bytes, size_t size)
{
    rondo_data *opened = NULL;
    rondo_error error = {0};
    rondo_status status =
        rd_data_open_memory(options, "classify", (rd_known){.bare = 1}, "in", (const char *)bytes, size, &opened, &error);
    must((status == RONDO_OK) == (opened != NULL), "status and result differ");
    must(status == RONDO_OK || error.message[0], "refused without a message");
    if (opened) check_records(opened, options);
    rondo_data_free(opened);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    const char *task = data[0] & 1 ? "regress" : "classify";
    rondo_options *options = record_options(data[0] & 2 ? "npz" : "npy", data[0]);
    must_set(options, "max-line", "1000");
    const uint8_t *bytes = data + 1, *bar = last_bar(bytes, size - 1);
    if (data[0] & 2) {
        fuzz_records(options, task, "in", bytes, size - 1);
        return 0;
    }
    if (bar)
        fuzz_pair(options, task, bytes, (size_t)(bar - bytes), bar + 1, size - 2 - (size_t)(bar - bytes));
    else
        fuzz_alone(options, bytes, size - 1);
    rondo_options_free(options);
    return 0;
}
