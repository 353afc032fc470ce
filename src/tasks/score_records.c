/* Log-probability of what stands beside something else: sequences given a condition, targets given a source. Records are read
 * as for evaluation, run batch by batch in the order of the files, and told as they stood. */
#include "tasks/answers.h"
#include "tasks/score.h"

#include "base/memory.h"
#include "data/loader.h"
#include "kernels/kernels.h"

#include <math.h>

typedef struct scoring {
    rondo_model *model;
    const rondo_data *data;
    const rd_symbols *symbols; /* of y */
    rondo_batch *batch;        /* owned, as all below */
    rd_text raw, words;        /* of the record at hand; words: its tokens, each ended by 0 */
    double *loss;              /* [rows of y] */
    double *logprob;           /* [tokens] */
    const char **token;        /* [tokens] */
    size_t *place;             /* [tokens] where each begins in words */
    size_t loss_room, logprob_room, token_room, place_room;
    rondo_on_scored on_record;
    void *user;
} scoring;

int rd_scores_records(const rondo_model *model)
{
    return rd_equal(model->task, "conditional") || rd_equal(model->task, "seq2seq");
}

static rondo_status run_batch(scoring *s, rondo_error *error)
{
    rondo_view output;
    RD_TRY(rondo_model_forward(s->model, NULL, s->batch, RONDO_USE, &output, error));
    const rd_part *y = rd_batch_part(s->batch, "y");
    const size_t rows = y->packed.pack.rows;
    RD_TRY(rd_grow(&s->loss, &s->loss_room, rows, sizeof *s->loss, "scores", error));
    rd_device_softmax(s->model->device, &(rd_softmax_args){.rows = rows, .classes = output.shape[1], .logits = output.data,
                                                           .stride = output.stride, .target = y->symbols, .loss = s->loss});
    return RONDO_OK;
}

/* Fills logprob and token of sequence i of the batch. */
static rondo_status take_tokens(scoring *s, size_t i, rondo_scored *scored, rondo_error *error)
{
    const rd_part *y = rd_batch_part(s->batch, "y");
    const rondo_pack *pack = &y->packed.pack;
    const size_t n = pack->length[i], at = rd_pack_place(pack, i);
    RD_TRY(rd_grow(&s->logprob, &s->logprob_room, n, sizeof *s->logprob, "scores", error));
    RD_TRY(rd_grow(&s->token, &s->token_room, n, sizeof *s->token, "scores", error));
    RD_TRY(rd_grow(&s->place, &s->place_room, n, sizeof *s->place, "scores", error));
    rd_text_clear(&s->words);
    for (size_t t = 0; t < n; t++) {
        size_t size;
        const size_t row = pack->offset[t] + at, symbol = (size_t)y->symbols[row];
        const char *text = rd_symbols_text(s->symbols, symbol, &size);
        s->logprob[t] = -s->loss[row];
        scored->logprob += s->logprob[t];
        scored->unknown += symbol == RD_SYMBOL_UNKNOWN;
        s->place[t] = s->words.size;
        rd_text_add(&s->words, text, size);
        rd_text_add(&s->words, "", 1);
    }
    RD_TRY(rd_text_done(&s->words, error));
    for (size_t t = 0; t < n; t++)
        s->token[t] = s->words.text + s->place[t];
    scored->tokens = n;
    return RONDO_OK;
}

/* An empty sequence has the probability of its end. */
static rondo_status tell_record(scoring *s, uint64_t k, size_t i, rondo_error *error)
{
    int bad = 0;
    rd_text_clear(&s->raw);
    RD_TRY(rd_data_raw(s->data, k, &s->raw, &bad, error));
    rondo_scored scored = {.text = s->raw.text ? s->raw.text : "", .size = s->raw.size};
    if (bad) {
        rd_record_place place = {0};
        RD_TRY(rd_data_record(s->data, k, &place, error));
        rd_text_clear(&s->raw);
        rd_text_format(&s->raw, "%s:%llu: this record cannot be read", place.name, (unsigned long long)place.line);
        RD_TRY(rd_text_done(&s->raw, error));
        scored = (rondo_scored){.text = s->raw.text, .size = s->raw.size, .logprob = (double)NAN};
    } else {
        RD_TRY(take_tokens(s, i, &scored, error));
        scored.per_token = s->logprob;
        scored.token = s->token;
        if (!isfinite(scored.logprob)) return rd_answer_no_number(s->data, k, "probability", error);
    }
    if (s->on_record(s->user, &scored)) return rd_fail(error, RONDO_SYSTEM, "the result could not be written");
    return RONDO_OK;
}

static rondo_status run(scoring *s, rondo_loader *loader, rondo_error *error)
{
    RD_TRY(rondo_batch_new(&s->batch, error));
    for (uint64_t first = 0;; first += s->batch->sequences) {
        int end;
        rondo_status status = rondo_loader_next(loader, s->batch, &end, error);
        if (status == RONDO_NO) return RONDO_OK;
        RD_TRY(status);
        RD_TRY(run_batch(s, error));
        for (size_t i = 0; i < s->batch->sequences; i++)
            RD_TRY(tell_record(s, first + i, i, error));
    }
}

static void clear(scoring *s)
{
    rondo_batch_free(s->batch);
    rd_text_free(&s->raw);
    rd_text_free(&s->words);
    rd_free(s->loss);
    rd_free(s->logprob);
    rd_free(s->token);
    rd_free(s->place);
}

rondo_status rd_score_records(rondo_model *model, const rondo_options *options, const char *path, rondo_on_scored on_record,
                              void *user, rondo_error *error)
{
    rondo_data *data = NULL;
    rondo_loader *loader = NULL;
    RD_TRY(rd_open_for_scores(options, model, path, &data, error));
    scoring s = {.model = model, .data = data, .symbols = rd_model_symbols(model, "y"), .on_record = on_record, .user = user};
    rondo_status status = RONDO_OK;
    if (rd_data_count(data) > 0) {
        status = rondo_loader_new(data, options, 0, &loader, error);
        if (status == RONDO_OK) status = run(&s, loader, error);
    }
    clear(&s);
    rondo_loader_free(loader);
    rondo_data_free(data);
    return status;
}
