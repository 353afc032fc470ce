/* The reader of tables of sequences on any bytes; the first byte chooses columns and symbols. */
#include "records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const columns[] = {"", "1", "-2", "a"}, *const tokens[] = {"char", "byte", "word", "char"};
    if (size == 0) return 0;
    rondo_options *options = record_options("table", data[0]);
    must_set(options, "label-column", columns[data[0] & 3]);
    must_set(options, "text-column", columns[data[0] >> 2 & 3]);
    must_set(options, "tokens", tokens[data[0] >> 4 & 3]);
    fuzz_records(options, data[0] & 1 ? "conditional" : "classify", "in", data + 1, size - 1);
    return 0;
}
