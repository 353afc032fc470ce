/* The reader of idx files on any bytes: for answers, without labels, and as a pair of files in a folder of their own, the
 * second of which begins behind the first "|". */
#include "records.h"

#include <unistd.h>

static void write_bytes(const char *path, const uint8_t *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    must(file && fwrite(bytes, 1, size, file) == size && fclose(file) == 0, "a file cannot be written");
}

static void fuzz_files(const rondo_options *options, const uint8_t *images, size_t size, const uint8_t *labels, size_t label_size)
{
    char folder[] = "/tmp/rondo_fuzz_idx_XXXXXX", one[64], other[64];
    must(mkdtemp(folder) != NULL, "no folder");
    snprintf(one, sizeof one, "%s/images-idx3", folder);
    snprintf(other, sizeof other, "%s/labels-idx1", folder);
    write_bytes(one, images, size);
    write_bytes(other, labels, label_size);
    rondo_data *opened = NULL;
    rondo_error error = {0};
    const char *const paths[] = {one};
    rondo_status status = rd_data_open(options, "classify", (rd_known){0}, paths, 1, &opened, &error);
    must((status == RONDO_OK) == (opened != NULL), "status and result differ");
    must(status == RONDO_OK || error.message[0], "refused without a message");
    if (opened) check_records(opened, options);
    rondo_data_free(opened);
    unlink(one);
    unlink(other);
    rmdir(folder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    rondo_options *options = record_options("idx", data[0]);
    must_set(options, "scan", data[0] & 1 ? "pixel" : "row");
    must_set(options, "permute", data[0] & 2 ? "7" : "0");
    must_set(options, "max-line", "1000");
    const uint8_t *bar = memchr(data + 1, '|', size - 1);
    if (bar) {
        const size_t images = (size_t)(bar - data) - 1;
        fuzz_files(options, data + 1, images, bar + 1, size - images - 2);
        rondo_options_free(options);
        return 0;
    }
    fuzz_records(options, "classify", "in", data + 1, size - 1);
    return 0;
}
