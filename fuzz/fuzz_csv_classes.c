/* The reader of labelled rows of numbers on any bytes; the first byte chooses columns, groups and deltas. */
#include "records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const labels[] = {"", "kind", "1", "-2"}, *const inputs[] = {"", "a", "a,b", ""};
    if (size == 0) return 0;
    rondo_options *options = record_options("csv", data[0]);
    must_set(options, "label-column", labels[data[0] & 3]);
    must_set(options, "inputs", inputs[data[0] >> 2 & 3]);
    must_set(options, "group", data[0] & 16 ? "g" : "");
    must_set(options, "deltas", data[0] & 32 ? "on" : "off");
    must_set(options, "target", data[0] & 64 ? "kind" : "");
    fuzz_records(options, "classify", "in", data + 1, size - 1);
    return 0;
}
