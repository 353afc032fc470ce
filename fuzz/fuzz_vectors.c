/* Word vectors from any bytes: what is accepted must have filled the words that it says, and no others. */
#include "data/vectors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 2, WORDS = 5 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int fact, const char *what)
{
    if (fact) return;
    fprintf(stderr, "fuzz_vectors: %s\n", what);
    abort();
}

static rd_symbols *vocabulary(void)
{
    static const char words[] = "the The cat Z \xc3\x84";
    const rd_symbols_rules rules = {.kind = RD_TOKENS_WORD, .min_freq = 1};
    rd_symbols *symbols = NULL;
    must(rd_symbols_new(&rules, &symbols, NULL) == RONDO_OK, "no vocabulary");
    must(rd_symbols_count(symbols, words, strlen(words), NULL) == RONDO_OK, "no words");
    must(rd_symbols_settle(symbols, NULL) == RONDO_OK, "not settled");
    return symbols;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rd_reader *reader = NULL;
    rondo_coverage coverage;
    rondo_error error = {0};
    float table[(RD_SYMBOL_FIRST + WORDS) * WIDTH];
    size_t filled = 0;
    rd_symbols *symbols = vocabulary();
    must(rd_symbols_size(symbols) == RD_SYMBOL_FIRST + WORDS, "another vocabulary");
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        table[i] = INFINITY;
    must(rd_reader_memory("in", data, size, &reader, NULL) == RONDO_OK, "no reader");
    rondo_status status = rd_vectors_take(reader, symbols, WIDTH, table, &coverage, &error);
    must(status == RONDO_OK || error.message[0], "refused without a message");
    for (size_t i = RD_SYMBOL_FIRST; i < RD_SYMBOL_FIRST + WORDS; i++)
        filled += isfinite(table[i * WIDTH]) && isfinite(table[i * WIDTH + 1]);
    must(filled == coverage.exact + coverage.folded, "the coverage is wrong");
    must(coverage.words == WORDS && coverage.exact <= coverage.vectors, "the counts are wrong");
    rd_reader_close(reader);
    rd_symbols_free(symbols);
    return 0;
}
