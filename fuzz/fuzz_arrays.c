/* The reader of NumPy's arrays on any bytes: as an archive, as x alone for answers, and as a pair of files in a folder of
 * their own, the second of which begins behind the last "|". The first byte says which, and for which task. */
#include "records.h"

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
    judge_opening(status, opened, &error);
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
    const size_t x = bar ? (size_t)(bar - bytes) : 0;
    if (bar)
        fuzz_two_files(options, task, (const fuzz_file[]){{"x.npy", bytes, x}, {"y.npy", bar + 1, size - 2 - x}}, 2, check_records);
    else
        fuzz_alone(options, bytes, size - 1);
    rondo_options_free(options);
    return 0;
}
