/* The answers of `rondo tag --n-best N`: for each record the best paths through its conditional random field, best first,
 * each an answer of its own. */
#include "tasks/answers.h"

#include "base/memory.h"
#include "base/size.h"

#include <math.h>

typedef struct paths {
    const rd_symbols *labels; /* lent */
    rd_crf crf;
    rd_viterbi *viterbi; /* owned; for `steps`, made anew for longer sequences */
    size_t steps, best;
    int32_t *path;       /* [best][steps] owned */
    double *score;       /* [best] owned */
} paths;

static void forget(void *own)
{
    paths *p = own;
    rd_viterbi_free(p->viterbi);
    rd_free(p->path);
    rd_free(p->score);
    rd_free(p);
}

rondo_status rd_paths_check(const rondo_model *model, const rondo_options *options, rondo_error *error)
{
    rd_crf crf;
    if (rd_option_integer(options, RD_OPT_n_best) == 1 || rd_model_crf(model, &crf)) return RONDO_OK;
    return rd_fail(error, RONDO_BAD_ARGUMENT, "--n-best: the model scores no paths of labels (train it with --loss crf)");
}

static rondo_status prepare(rd_answering *a, rondo_error *error)
{
    paths *p;
    if (a->own) return RONDO_OK;
    RD_TRY(rd_paths_check(a->model, a->options, error));
    RD_TRY(rd_alloc(1, sizeof *p, "the best paths", &p, error));
    a->own = p;
    a->release = forget;
    (void)rd_model_crf(a->model, &p->crf);
    p->labels = rd_model_symbols(a->model, "y");
    if (!p->labels) return rd_fail(error, RONDO_BAD_MODEL, "the model holds no vocabulary of its answers");
    p->best = (size_t)rd_option_integer(a->options, RD_OPT_n_best);
    return rd_alloc(p->best, sizeof *p->score, "the best paths", &p->score, error);
}

/* Room for sequences of so many steps. */
static rondo_status room(paths *p, size_t steps, rondo_error *error)
{
    size_t bytes;
    if (p->viterbi && steps <= p->steps) return RONDO_OK;
    rd_viterbi_free(p->viterbi);
    rd_free(p->path);
    p->viterbi = NULL;
    p->path = NULL;
    p->steps = rd_size_max(steps, 1);
    if (!rd_mul(p->steps, sizeof *p->path, &bytes))
        return rd_fail(error, RONDO_LIMIT, "a path of %zu steps is too long", steps);
    RD_TRY(rd_alloc(p->best, bytes, "the best paths", &p->path, error));
    return rd_viterbi_new(p->steps, p->crf.classes, p->best, &p->viterbi, error);
}

/* Tells a path of sequence i as an answer. */
static rondo_status tell(rd_answering *a, size_t i, const int32_t *path, size_t steps, rondo_error *error)
{
    const paths *p = a->own;
    rd_text_clear(&a->words);
    a->count = 0;
    for (size_t t = 0; t < steps; t++) {
        size_t size;
        const char *text = rd_symbols_text(p->labels, (size_t)path[t], &size);
        RD_TRY(rd_answer_add(a, text, size, (double)NAN, error));
    }
    return rd_answer_tell_tags(a, i, error);
}

static rondo_status one_sequence(rd_answering *a, size_t i, const rd_outputs *emissions, rondo_error *error)
{
    paths *p = a->own;
    RD_TRY(room(p, emissions->steps, error));
    const size_t found = rd_viterbi_run(p->viterbi, &p->crf, emissions, p->path, p->score);
    for (size_t r = 0; r < found; r++) {
        a->rank = r;
        a->score = p->score[r];
        if (!isfinite(a->score)) return rd_answer_no_number(a->data, a->first + i, "score", error);
        RD_TRY(tell(a, i, p->path + r * emissions->steps, emissions->steps, error));
    }
    return RONDO_OK;
}

rondo_status rd_answer_paths(rd_answering *a, rondo_error *error)
{
    rondo_view output;
    RD_TRY(prepare(a, error));
    RD_TRY(rondo_model_forward(a->model, NULL, a->batch, RONDO_USE, &output, error));
    const rondo_pack *pack = rondo_batch_pack(a->batch, "x");
    for (size_t i = 0; i < pack->sequences; i++) {
        int bad;
        const size_t place = rd_pack_place(pack, i);
        RD_TRY(rd_answer_begin(a, i, &bad, error));
        if (bad) continue;
        const rd_outputs emissions = {.rows = output.data, .stride = output.stride, .steps = pack->length[i],
                                      .offset = pack->offset, .place = place};
        RD_TRY(one_sequence(a, i, &emissions, error));
    }
    return RONDO_OK;
}
