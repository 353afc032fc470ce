/* The reader of .ts files on any bytes. */
#include "records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    fuzz_records(record_options("ts", data[0]), "classify", "in", data + 1, size - 1);
    return 0;
}
