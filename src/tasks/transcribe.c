/* The answers of CTC networks: for each sequence its symbols as text, by the likeliest path (--beam-size 1) or by prefix
 * beam search, with a language model when one was lent. */
#include "tasks/answers.h"

#include "base/memory.h"
#include "base/size.h"
#include "decode/ctc_greedy.h"
#include "tasks/language.h"

#include <string.h>

typedef struct transcribing {
    const rd_symbols *symbols; /* of the answers */
    rd_language *language;     /* owned, or NULL */
    rd_ctc_language asked;     /* of `language` */
    rd_ctc_beam *beam;         /* owned; for `steps`, made anew for longer sequences */
    size_t steps, width, best;
    rd_ctc_found *found;       /* [best] */
    int32_t *path;             /* [steps] of the greedy search */
    size_t path_room;
    rd_text line;              /* owned */
} transcribing;

static void forget(void *own)
{
    transcribing *t = own;
    rd_language_free(t->language);
    rd_ctc_beam_free(t->beam);
    rd_free(t->found);
    rd_free(t->path);
    rd_text_free(&t->line);
    rd_free(t);
}

static rondo_status prepare(rd_answering *a, rondo_error *error)
{
    transcribing *t;
    if (a->own) return RONDO_OK;
    RD_TRY(rd_alloc(1, sizeof *t, "a transcription", &t, error));
    a->own = t;
    a->release = forget;
    t->symbols = rd_model_symbols(a->model, "y");
    if (!t->symbols) return rd_fail(error, RONDO_BAD_MODEL, "the model holds no vocabulary of its answers");
    t->best = (size_t)rd_option_integer(a->options, RD_OPT_n_best);
    RD_TRY(rd_alloc(t->best, sizeof *t->found, "a transcription", &t->found, error));
    if (!a->model->language) return RONDO_OK;
    RD_TRY(rd_language_new(a->model->language, t->symbols, &t->language, error));
    t->asked = rd_language_for_search(t->language, rd_option_number(a->options, RD_OPT_lm_weight),
                                      rd_option_number(a->options, RD_OPT_lm_bonus));
    return RONDO_OK;
}

/* No target holds the end symbol; a network that learned little may still write one, which is no text. */
static rondo_status add_text(rd_answering *a, const int32_t *symbols, size_t count, double score, rondo_error *error)
{
    transcribing *t = a->own;
    rd_text_clear(&t->line);
    for (size_t k = 0; k < count; k++)
        if (symbols[k] != RD_SYMBOL_END) rd_symbols_decode(t->symbols, (size_t)symbols[k], t->line.size == 0, &t->line);
    RD_TRY(rd_text_done(&t->line, error));
    return rd_answer_add(a, t->line.text ? t->line.text : "", t->line.size, score, error);
}

static rondo_status add_likeliest(rd_answering *a, const rd_outputs *outputs, rondo_error *error)
{
    transcribing *t = a->own;
    double score;
    RD_TRY(rd_grow(&t->path, &t->path_room, outputs->steps + 1, sizeof *t->path, "a transcription", error));
    const size_t count = rd_ctc_greedy(outputs, t->width, t->path, &score);
    return add_text(a, t->path, count, score, error);
}

static rondo_status add_found(rd_answering *a, const rd_outputs *outputs, rondo_error *error)
{
    transcribing *t = a->own;
    size_t count;
    if (!t->beam || outputs->steps > t->steps) {
        const size_t steps = rd_size_max(outputs->steps, 2 * t->steps);
        rd_ctc_beam_free(t->beam);
        t->beam = NULL;
        RD_TRY(rd_ctc_beam_new(steps, t->width, (size_t)rd_option_integer(a->options, RD_OPT_beam_size), &t->beam, error));
        t->steps = steps;
    }
    RD_TRY(rd_ctc_beam_run(t->beam, outputs, t->language ? &t->asked : NULL, t->best, t->found, &count, error));
    for (size_t k = 0; k < count; k++)
        RD_TRY(add_text(a, t->found[k].symbols, t->found[k].length, t->found[k].rank, error));
    return RONDO_OK;
}

static rondo_status one_sequence(rd_answering *a, const rd_outputs *outputs, rondo_error *error)
{
    const int greedy = rd_option_integer(a->options, RD_OPT_beam_size) == 1 && !((transcribing *)a->own)->language;
    if (greedy) return add_likeliest(a, outputs, error);
    return add_found(a, outputs, error);
}

rondo_status rd_answer_transcripts(rd_answering *a, rondo_error *error)
{
    rondo_view output;
    RD_TRY(prepare(a, error));
    RD_TRY(rondo_model_forward(a->model, NULL, a->batch, RONDO_USE, &output, error));
    ((transcribing *)a->own)->width = output.shape[1];
    const rondo_pack *pack = rondo_batch_pack(a->batch, "x");
    for (size_t i = 0; i < pack->sequences; i++) {
        int bad;
        const size_t place = rd_pack_place(pack, i);
        RD_TRY(rd_answer_begin(a, i, &bad, error));
        if (bad) continue;
        const rd_outputs outputs = {.rows = output.data, .stride = output.stride, .steps = pack->length[i],
                                    .offset = pack->offset, .place = place};
        RD_TRY(one_sequence(a, &outputs, error));
        RD_TRY(rd_answer_tell(a, i, error));
    }
    return RONDO_OK;
}
