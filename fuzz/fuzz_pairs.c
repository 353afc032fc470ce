/* The readers of a pair a line, and of lines to be answered, on any bytes; the first byte chooses. */
#include "records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const tasks[] = {"classify", "seq2seq", "conditional", "classify"};
    static const char *const tokens[] = {"char", "byte", "word", "char"};
    if (size == 0) return 0;
    rondo_options *options = record_options(data[0] & 16 && (data[0] & 3) != 2 ? "plain" : "tsv", data[0]);
    must_set(options, "tokens", tokens[data[0] >> 2 & 3]);
    fuzz_records(options, tasks[data[0] & 3], "in", data + 1, size - 1);
    return 0;
}
