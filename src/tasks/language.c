#include "tasks/language.h"

#include "base/memory.h"
#include "decode/ctc_greedy.h"

#include <string.h>

typedef struct slot { /* of one prefix */
    rondo_state *state;   /* owned; after its symbols */
    double *log_prob;     /* [classes] of the next symbol, owned */
    int taken;
} slot;

struct rd_language {
    const rondo_model *model; /* lent */
    int32_t *known;           /* [symbols of the search] the symbol of the language model */
    size_t symbols, classes;
    rd_real *logits;          /* [classes] */
    slot *slot;
    size_t slots, room;
};

/* ---- slots ----------------------------------------------------------------------------------------------- */

static rondo_status take_slot(rd_language *l, size_t *number, rondo_error *error)
{
    for (*number = 0; *number < l->slots; ++*number)
        if (!l->slot[*number].taken) break;
    if (*number == l->slots) {
        slot fresh = {.taken = 0};
        RD_TRY(rd_grow(&l->slot, &l->room, l->slots + 1, sizeof *l->slot, "states of a language model", error));
        RD_TRY(rondo_state_new(l->model, 1, &fresh.state, error));
        l->slot[l->slots] = fresh;
        RD_TRY(rd_alloc(l->classes, sizeof(double), "states of a language model", &l->slot[l->slots++].log_prob, error));
    }
    l->slot[*number].taken = 1;
    return RONDO_OK;
}

/* Reads one symbol of the language model into a slot. */
static rondo_status read_symbol(rd_language *l, slot *s, int32_t symbol, rondo_error *error)
{
    rondo_view input = {.data = &symbol, .type = RONDO_INT32, .rank = 1, .shape = {1}, .stride = 1};
    rondo_view output = {.data = l->logits, .type = RONDO_REAL, .rank = 2, .shape = {1, l->classes}, .stride = l->classes};
    RD_TRY(rondo_step(l->model, s->state, input, output, error));
    rd_log_softmax(l->classes, l->logits, s->log_prob);
    return RONDO_OK;
}

/* ---- what the search asks -------------------------------------------------------------------------------- */

static double score(void *user, size_t state, int32_t symbol)
{
    const rd_language *l = user;
    return l->slot[state].log_prob[l->known[symbol]];
}

static rondo_status next(void *user, size_t state, int32_t symbol, size_t *after, rondo_error *error)
{
    rd_language *l = user;
    RD_TRY(take_slot(l, after, error));
    RD_TRY(rondo_state_copy(l->slot[*after].state, l->slot[state].state, error));
    return read_symbol(l, &l->slot[*after], l->known[symbol], error);
}

static void release(void *user, size_t state)
{
    rd_language *l = user;
    l->slot[state].taken = 0;
}

rd_ctc_language rd_language_for_search(rd_language *language, double weight, double bonus)
{
    return (rd_ctc_language){.user = language, .start = 0, .score = score, .next = next, .release = release,
                             .weight = weight, .bonus = bonus, .end = RD_SYMBOL_END};
}

/* ---- making one ------------------------------------------------------------------------------------------ */

static rondo_status know_symbols(rd_language *l, const rd_symbols *symbols, const rd_symbols *own, rondo_error *error)
{
    l->symbols = rd_symbols_size(symbols);
    RD_TRY(rd_alloc(l->symbols, sizeof *l->known, "symbols of a language model", &l->known, error));
    for (size_t k = 0; k < l->symbols; k++) {
        size_t size;
        const char *text = rd_symbols_text(symbols, k, &size);
        const int32_t found = k < RD_SYMBOL_FIRST ? (int32_t)k : rd_symbols_find(own, text, size);
        l->known[k] = found < 0 ? RD_SYMBOL_UNKNOWN : found;
    }
    return RONDO_OK;
}

/* The state of the empty prefix is slot 0: after the end symbol, with which lines begin. */
static rondo_status make(rd_language *l, const rd_symbols *symbols, rondo_error *error)
{
    size_t first;
    const rondo_model *model = l->model;
    const rd_symbols *own = model->parts ? model->symbols[0] : NULL;
    if (!rd_equal(model->task, "lm") || !own || model->losses == 0)
        return rd_fail(error, RONDO_BAD_MODEL, "--lm: a model of task \"%s\" (expected one of task lm)", model->task);
    l->classes = rd_symbols_size(own);
    RD_TRY(know_symbols(l, symbols, own, error));
    RD_TRY(rd_alloc(l->classes, sizeof *l->logits, "a language model", &l->logits, error));
    RD_TRY(take_slot(l, &first, error));
    return read_symbol(l, &l->slot[first], RD_SYMBOL_END, error);
}

rondo_status rd_language_new(const rondo_model *model, const rd_symbols *symbols, rd_language **language, rondo_error *error)
{
    rd_language *made;
    RD_TRY(rd_alloc(1, sizeof *made, "a language model", &made, error));
    made->model = model;
    rondo_status status = make(made, symbols, error);
    if (status == RONDO_OK)
        *language = made;
    else
        rd_language_free(made);
    return status;
}

void rd_language_free(rd_language *language)
{
    if (!language) return;
    for (size_t i = 0; i < language->slots; i++) {
        rondo_state_free(language->slot[i].state);
        rd_free(language->slot[i].log_prob);
    }
    rd_free(language->slot);
    rd_free(language->known);
    rd_free(language->logits);
    rd_free(language);
}
