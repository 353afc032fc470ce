/* A bench for networks that read words twice: as symbols of "x", and as characters of "chars". */
#ifndef WORDS_HELP_H
#define WORDS_HELP_H

#include "model_help.h"

enum { WORDS_SYMBOLS = 7, WORDS_CHARS = 6, WORDS_CLASSES = 5, WORDS_MOST = 16, WORDS_LONGEST = 8 };
static const rondo_size words_sizes[] = {
    {"x", WORDS_SYMBOLS, 1}, {"chars", WORDS_CHARS, 1}, {"y", WORDS_CLASSES, 1}, {"c", WORDS_CLASSES, 1}};
/* Characters of the word of each packed row of the usual batch; some have none. */
static const size_t words_length[BENCH_ROWS] = {3, 0, 1, 2, 5, 1, 0, 2, 4};

#define WORDS_TEXT(cell, settings)                                                                           \
    "e = embedding(x, size=4)\nce = embedding(chars, size=3)\n"                                              \
    "cf = " cell "(ce, size=3" settings ")\ncb = " cell "(ce, size=3, reverse=1" settings ")\n"              \
    "w = concat(e, last(cf), last(cb))\nh = lstm(w, size=4)\nout = dense(h, size=5)\n"                       \
    "loss = softmax(out, y)\n"

static inline void words_model(bench *b, const char *text)
{
    rondo_model_free(b->model);
    b->model = NULL;
    works(b, rondo_model_new(b->device, b->options, text, words_sizes, 4, &b->model, &b->error));
}

static inline int32_t words_symbol(size_t part, size_t sequence, size_t t, size_t width)
{
    return (int32_t)((bench_number(part, sequence, t) + 1) / 2 * (rondo_real)width * RD_C(0.999));
}

/* Puts a part of `count` symbol sequences of these lengths. */
static inline rondo_status words_put(bench *b, size_t part, const size_t *length, size_t count)
{
    static int32_t symbols[WORDS_MOST][WORDS_LONGEST];
    const int32_t *each[WORDS_MOST];
    for (size_t i = 0; i < count; i++) {
        each[i] = symbols[i];
        for (size_t t = 0; t < WORDS_LONGEST; t++)
            symbols[i][t] = words_symbol(part, i, t, words_sizes[part].width);
    }
    return rondo_batch_put(b->batch, words_sizes[part].part,
                           &(rondo_sequences){.count = count, .length = length, .symbols = each}, &b->error);
}

static inline void words_fill(bench *b)
{
    static const size_t ones[BENCH_SEQUENCES] = {1, 1, 1, 1};
    works(b, words_put(b, 0, bench_length, BENCH_SEQUENCES));
    works(b, words_put(b, 1, words_length, BENCH_ROWS));
    works(b, words_put(b, 2, bench_length, BENCH_SEQUENCES));
    works(b, words_put(b, 3, ones, BENCH_SEQUENCES));
}

#endif
