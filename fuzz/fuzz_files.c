/* The reader that takes labels from the names of files: the name stands before the first line end, the text after it. */
#include "records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char name[256];
    if (size == 0) return 0;
    const uint8_t *end = memchr(data + 1, '\n', size - 1);
    const size_t length = end ? (size_t)(end - data) - 1 : size - 1;
    if (length >= sizeof name || memchr(data + 1, 0, length)) return 0;
    memcpy(name, data + 1, length);
    name[length] = 0;
    const size_t from = end ? length + 2 : size;
    fuzz_records(record_options("files", data[0]), data[0] & 1 ? "conditional" : "classify", name, data + from, size - from);
    return 0;
}
