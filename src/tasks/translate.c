/* The answers of encoders and decoders: for each source the hypotheses of a beam search, as text. */
#include "tasks/answers.h"

#include "decode/beam.h"

#include <string.h>

typedef struct translating {
    rd_beam *beam;
    const rd_symbols *symbols; /* of the target */
    rd_text line;              /* owned; a hypothesis as text, or its alignment */
} translating;

static void forget(void *own)
{
    translating *t = own;
    rd_beam_free(t->beam);
    rd_text_free(&t->line);
    rd_free(t);
}

static rondo_status prepare(rd_answering *a, rondo_error *error)
{
    translating *t;
    if (a->own) return RONDO_OK;
    RD_TRY(rd_alloc(1, sizeof *t, "a translation", &t, error));
    a->own = t;
    a->release = forget;
    t->symbols = rd_model_symbols(a->model, "y");
    if (!t->symbols) return rd_fail(error, RONDO_BAD_MODEL, "the model holds no vocabulary of its answers");
    const rd_beam_settings set = {.beam = (size_t)rd_option_integer(a->options, RD_OPT_beam_size),
                                  .best = (size_t)rd_option_integer(a->options, RD_OPT_n_best),
                                  .penalty = rd_option_number(a->options, RD_OPT_length_penalty),
                                  .max_ratio = rd_option_number(a->options, RD_OPT_max_ratio),
                                  .excluded = RD_SYMBOL_UNKNOWN};
    return rd_beam_new(a->model, &set, &t->beam, error);
}

static rondo_status add_text(rd_answering *a, const rd_hypothesis *h, rondo_error *error)
{
    translating *t = a->own;
    rd_text_clear(&t->line);
    for (size_t k = 0; k < h->count; k++)
        rd_symbols_decode(t->symbols, (size_t)h->symbols[k], k == 0, &t->line);
    RD_TRY(rd_text_done(&t->line, error));
    return rd_answer_add(a, t->line.text ? t->line.text : "", t->line.size, h->score, error);
}

/* "source-target" for each symbol, by the target's position. */
static rondo_status add_alignment(rd_answering *a, const rd_hypothesis *h, rondo_error *error)
{
    translating *t = a->own;
    rd_text_clear(&t->line);
    for (size_t k = 0; h->aligned && h->positions > 0 && k < h->count; k++)
        rd_text_format(&t->line, "%s%zu-%zu", k ? " " : "", h->aligned[k], k);
    RD_TRY(rd_text_done(&t->line, error));
    a->notes++;
    return rd_answer_add(a, t->line.text ? t->line.text : "", t->line.size, 0, error);
}

rondo_status rd_answer_pairs(rd_answering *a, rondo_error *error)
{
    RD_TRY(prepare(a, error));
    const translating *t = a->own;
    const int aligns = rd_option_flag(a->options, RD_OPT_alignment);
    RD_TRY(rd_beam_search(t->beam, a->batch, error));
    for (size_t i = 0; i < a->batch->sequences; i++) {
        int bad;
        const size_t found = rd_beam_found(t->beam, i);
        RD_TRY(rd_answer_begin(a, i, &bad, error));
        if (bad) continue;
        for (size_t k = 0; k < found; k++)
            RD_TRY(add_text(a, rd_beam_best(t->beam, i, k), error));
        for (size_t k = 0; aligns && k < found; k++)
            RD_TRY(add_alignment(a, rd_beam_best(t->beam, i, k), error));
        RD_TRY(rd_answer_tell(a, i, error));
    }
    return RONDO_OK;
}
