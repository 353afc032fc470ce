/* The reader of FASTA files on any bytes; the first byte chooses the word that is the label. */
#include "records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const words[] = {"", "1", "-2", "2"};
    if (size == 0) return 0;
    rondo_options *options = record_options("fasta", data[0]);
    must_set(options, "label-column", words[data[0] & 3]);
    must_set(options, "max-line", data[0] & 4 ? "20" : "1M");
    fuzz_records(options, data[0] & 8 ? "conditional" : "classify", "in", data + 1, size - 1);
    return 0;
}
