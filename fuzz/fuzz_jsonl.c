/* The reader of JSON Lines on any bytes; the first byte chooses the task. */
#include "records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const tasks[] = {"classify", "seq2seq", "conditional", "classify"};
    if (size == 0) return 0;
    rondo_options *options = record_options("jsonl", data[0]);
    must_set(options, "label-column", data[0] & 4 ? "id" : "");
    must_set(options, "tokens", data[0] & 8 ? "byte" : "char");
    fuzz_records(options, tasks[data[0] & 3], "in", data + 1, size - 1);
    return 0;
}
