/* The vocabulary of a model file: any bytes. What is accepted must be written and read back equal. */
#include "sequence/symbols.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int fact, const char *what)
{
    if (fact) return;
    fprintf(stderr, "fuzz_symbols: %s\n", what);
    abort();
}

static void find_all(const rd_symbols *symbols)
{
    rd_indices indices = {0};
    const int pieces = rd_symbols_rules_of(symbols)->kind == RD_TOKENS_BPE; /* which are found in whole words only */
    for (size_t i = RD_SYMBOL_FIRST; i < rd_symbols_size(symbols); i++) {
        size_t length, bad;
        const char *text = rd_symbols_text(symbols, i, &length);
        indices.count = 0;
        must(rd_symbols_encode(symbols, text, length, &indices, &bad, NULL) == RONDO_OK,
             "a symbol is not encoded");
        must(bad == length, "a symbol is not UTF-8");
        must(pieces || (indices.count == 1 && indices.index[0] == (int32_t)i), "a symbol is not found");
        for (size_t k = 0; k < indices.count; k++)
            must(indices.index[k] < (int32_t)rd_symbols_size(symbols), "an index outside the vocabulary");
    }
    rd_indices_free(&indices);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rd_symbols *first = NULL, *second = NULL;
    rondo_error error = {0};
    rondo_status status = rd_symbols_read((const char *)data, size, "in", &first, &error);
    must((status == RONDO_OK) == (first != NULL), "status and result differ");
    must(status == RONDO_OK || error.message[0], "refused without a message");
    if (first) {
        rd_text text = {0}, difference = {0};
        must(rd_symbols_write(first, &text, NULL) == RONDO_OK, "not written");
        must(rd_symbols_read(text.text, text.size, "in", &second, &error) == RONDO_OK, "not read back");
        must(rd_symbols_difference(first, second, &difference) == NULL, "read back differently");
        must(rd_symbols_hash(first) == rd_symbols_hash(second), "the hash changed");
        find_all(first);
        rd_text_free(&text);
        rd_text_free(&difference);
    }
    rd_symbols_free(first);
    rd_symbols_free(second);
    return 0;
}
