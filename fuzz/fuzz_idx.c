/* The reader of idx files on any bytes: for answers, without labels, and as a pair of files in a folder of their own, the
 * second of which begins behind the first "|". */
#include "records.h"

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
        const fuzz_file files[] = {{"images-idx3", data + 1, images}, {"labels-idx1", bar + 1, size - images - 2}};
        fuzz_two_files(options, "classify", files, 1, check_records);
        rondo_options_free(options);
        return 0;
    }
    fuzz_records(options, "classify", "in", data + 1, size - 1);
    return 0;
}
