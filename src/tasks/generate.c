/* Sampling from a language model: the prompt is read step by step, then each drawn symbol becomes the next input. */
#include "tasks/tasks.h"

#include "base/memory.h"
#include "base/numeric.h"
#include "data/normalize.h"
#include "decode/sample.h"
#include "model/incremental.h"

#include <string.h>

typedef struct generation {
    rondo_model *model;
    const rondo_sampling *sampling;
    rd_symbols *symbols;
    rondo_state *state;        /* of a language model */
    rd_incremental *steps;     /* of a model with a condition, after it has read that; else NULL */
    rondo_batch *given;        /* the condition */
    rd_real *logits;
    double *work;              /* for the sampler */
    size_t classes;
    rondo_sink sink;
    void *user;
    int begun;                 /* something was written: words need a blank before them */
    rd_text text;              /* of one symbol */
    rondo_generated done;
} generation;

/* One step of a model with a condition, which goes on from the step before. */
static rondo_status step_beside(generation *g, int32_t symbol, rondo_error *error)
{
    static const size_t first = 0;
    rondo_view logits;
    const rd_incremental_rows row = {.rows = 1, .symbol = &symbol, .sequence = &first, .from = &first};
    RD_TRY(rd_incremental_step(g->steps, &row, &logits, error));
    memcpy(g->logits, logits.data, g->classes * sizeof *g->logits);
    return RONDO_OK;
}

static rondo_status step(generation *g, int32_t symbol, rondo_error *error)
{
    if (g->steps)
        return step_beside(g, symbol, error);
    rondo_view input = {.data = &symbol, .type = RONDO_INT32, .rank = 1, .shape = {1}, .stride = 1};
    rondo_view output = {.data = g->logits, .type = RONDO_REAL, .rank = 2, .shape = {1, g->classes}, .stride = g->classes};
    return rondo_step(g->model, g->state, input, output, error);
}

static rondo_status put(const generation *g, const char *bytes, size_t size, rondo_error *error)
{
    if (size && g->sink && g->sink(g->user, bytes, size))
        return rd_fail(error, RONDO_SYSTEM, "the text could not be written");
    return RONDO_OK;
}

/* A word model writes a blank between words, and a line end where the end symbol stands in its stream. */
static rondo_status put_symbol(generation *g, int32_t symbol, rondo_error *error)
{
    if (symbol == RD_SYMBOL_END) {
        g->begun = 0;
        return put(g, "\n", 1, error);
    }
    rd_text_clear(&g->text);
    rd_symbols_decode(g->symbols, (size_t)symbol, !g->begun, &g->text);
    RD_TRY(rd_text_done(&g->text, error));
    g->begun = 1;
    return put(g, g->text.text, g->text.size, error);
}

/* ---- the prompt -------------------------------------------------------------------------------------------- */

/* Splits at line ends, which are symbols of their own: '\n' for characters and bytes, the end symbol for words. */
static rondo_status read_prompt(generation *g, const char *prompt, size_t size, rd_indices *symbols, rondo_error *error)
{
    int words = rd_symbols_of_words(g->symbols);
    const char *at = prompt, *end = prompt + size;
    size_t bad;
    while (at < end) {
        const char *stop = words ? memchr(at, '\n', (size_t)(end - at)) : NULL;
        size_t length = (size_t)((stop ? stop : end) - at);
        RD_TRY(rd_symbols_encode(g->symbols, at, length, symbols, &bad, error));
        if (bad < length)
            return rd_fail(error, RONDO_BAD_DATA, "prompt: byte %zu is not UTF-8", (size_t)(at - prompt) + bad);
        if (stop) {
            RD_TRY(rd_grow(&symbols->index, &symbols->room, symbols->count + 1, sizeof *symbols->index, "the prompt", error));
            symbols->index[symbols->count++] = RD_SYMBOL_END;
        }
        at += length + (stop != NULL);
    }
    return RONDO_OK;
}

static rondo_status follow_prompt(generation *g, const char *prompt, size_t size, rondo_error *error)
{
    rd_indices symbols = {0};
    rd_normal normal = {0};
    const char *text = prompt;
    size_t text_size = size;
    rondo_status status = RONDO_OK;
    if (rd_symbols_rules_of(g->symbols)->kind != RD_TOKENS_BYTE && rd_utf8_check((const unsigned char *)prompt, size) < size)
        status = rd_fail(error, RONDO_BAD_DATA, "prompt: byte %zu is not UTF-8",
                         rd_utf8_check((const unsigned char *)prompt, size));
    if (status == RONDO_OK)
        status = rd_normalize(&normal, rd_symbols_rules_of(g->symbols), prompt, size, &text, &text_size, error);
    if (status == RONDO_OK)
        status = read_prompt(g, text, text_size, &symbols, error);
    if (status == RONDO_OK)
        status = step(g, RD_SYMBOL_END, error);
    for (size_t i = 0; status == RONDO_OK && i < symbols.count; i++)
        status = step(g, symbols.index[i], error);
    if (status == RONDO_OK)
        status = put(g, prompt, size, error);
    g->begun = size > 0 && prompt[size - 1] != '\n';
    rd_indices_free(&symbols);
    rd_normal_free(&normal);
    return status;
}

/* ---- drawing ----------------------------------------------------------------------------------------------- */

static double log_probability(const generation *g, size_t symbol)
{
    double most = (double)g->logits[0], sum = 0;
    for (size_t k = 1; k < g->classes; k++)
        most = (double)g->logits[k] > most ? (double)g->logits[k] : most;
    for (size_t k = 0; k < g->classes; k++)
        sum += rd_exp64((double)g->logits[k] - most);
    return (double)g->logits[symbol] - most - rd_log64(sum);
}

static rondo_status draw(generation *g, int lines, rondo_error *error)
{
    rd_key key = rd_key_of(g->sampling->seed, RD_STREAM_SAMPLE, g->sampling->number, 0);
    for (size_t n = 0; n < g->sampling->length; n++) {
        size_t symbol = rd_sample(g->logits, g->classes, g->sampling, RD_SYMBOL_UNKNOWN, key, n, g->work);
        g->done.logprob += log_probability(g, symbol);
        g->done.tokens++;
        if (symbol == RD_SYMBOL_END && lines) {
            g->done.ended = 1;
            return RONDO_OK;
        }
        RD_TRY(put_symbol(g, (int32_t)symbol, error));
        if (n + 1 < g->sampling->length)
            RD_TRY(step(g, (int32_t)symbol, error));
    }
    return RONDO_OK;
}

/* The conditions that the model knows, as a hint. */
static rondo_status name_conditions(const rondo_model *model, rondo_error *error)
{
    enum { SHOWN = 20 };
    const rd_symbols *known = rd_model_symbols(model, "c");
    rd_text text = {0};
    for (size_t k = 0; known && k < rd_symbols_size(known) && k < SHOWN; k++) {
        size_t size;
        const char *name = rd_symbols_text(known, k, &size);
        rd_text_format(&text, "%s%s", k ? ", " : "", rd_quote_n(name, size).text);
    }
    rd_hint(error, "it knows %s%s", text.text ? text.text : "none", known && rd_symbols_size(known) > SHOWN ? ", …" : "");
    rd_text_free(&text);
    return RONDO_BAD_ARGUMENT;
}

static rondo_status need_condition(const rondo_model *model, rondo_error *error)
{
    rd_fail(error, RONDO_BAD_ARGUMENT, "the model makes sequences for a condition, and none is given (--condition VALUE)");
    return name_conditions(model, error);
}

/* Reads the condition; steps go on from it. */
static rondo_status begin_beside(generation *g, rondo_error *error)
{
    static const size_t one = 1;
    const rondo_sampling *s = g->sampling;
    const rd_symbols *known = rd_model_symbols(g->model, "c");
    const int32_t symbol = known ? rd_symbols_find(known, s->condition, s->condition_size) : -1;
    if (symbol < 0) {
        rd_fail(error, RONDO_BAD_ARGUMENT, "the model does not know the condition %s", rd_quote_n(s->condition, s->condition_size).text);
        return name_conditions(g->model, error);
    }
    const int32_t *const rows = &symbol;
    RD_TRY(rondo_batch_new(&g->given, error));
    RD_TRY(rondo_batch_put(g->given, "c", &(rondo_sequences){.count = 1, .length = &one, .symbols = &rows}, error));
    RD_TRY(rd_incremental_new(g->model, "x", &g->steps, error));
    return rd_incremental_begin(g->steps, g->given, 1, error);
}

static rondo_status check(const rondo_model *model, const rondo_sampling *s, rondo_error *error)
{
    const int conditional = rd_equal(model->task, "conditional");
    if (conditional && !s->condition)
        return need_condition(model, error);
    if (!conditional && s->condition)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "--condition: a model of task \"%s\" has none", model->task);
    if (!conditional && !rd_equal(model->task, "lm"))
        return rd_fail(error, RONDO_BAD_MODEL, "a model of task \"%s\" generates no text (expected a model of task lm)", model->task);
    if (!(s->temperature >= 0) || s->temperature > 1e6)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "temperature %g (expected a number from 0)", s->temperature);
    if (!(s->top_p > 0) || s->top_p > 1)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "top-p %g (expected a number above 0, at most 1)", s->top_p);
    return RONDO_OK;
}

static rondo_status prepare(generation *g, rondo_error *error)
{
    g->symbols = rd_model_symbols(g->model, "x");
    if (!g->symbols)
        return rd_fail(error, RONDO_BAD_MODEL, "the model holds no vocabulary");
    g->classes = rd_symbols_size(g->symbols);
    if (g->sampling->condition)
        RD_TRY(begin_beside(g, error));
    else
        RD_TRY(rondo_state_new(g->model, 1, &g->state, error));
    RD_TRY(rd_alloc(g->classes, sizeof *g->logits, "logits", &g->logits, error));
    return rd_alloc(RD_SAMPLE_WORK(g->classes), sizeof *g->work, "sampling", &g->work, error);
}

rondo_status rondo_generate(rondo_model *model, const char *prompt, size_t prompt_size, const rondo_sampling *sampling,
                            rondo_sink sink, void *user, rondo_generated *generated, rondo_error *error)
{
    if (!model || !sampling || (prompt_size && !prompt))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_generate: %s is missing", !model ? "model" : !sampling ? "sampling" : "prompt");
    generation g = {.model = model, .sampling = sampling, .sink = sink, .user = user};
    RD_TRY(check(model, sampling, error));
    rondo_status status = prepare(&g, error);
    if (status == RONDO_OK)
        status = follow_prompt(&g, prompt ? prompt : "", prompt_size, error);
    if (status == RONDO_OK)
        status = draw(&g, g.steps || rd_option_flag(model->options, RD_OPT_lines), error);
    if (generated)
        *generated = g.done;
    rondo_state_free(g.state);
    rd_incremental_free(g.steps);
    rondo_batch_free(g.given);
    rd_free(g.logits);
    rd_text_free(&g.text);
    rd_free(g.work);
    return status;
}
