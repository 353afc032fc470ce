/* Log-probability of each line: Σ log p(symbol | before), end symbol included. Lines are read in groups, run side by side
 * as packed rows, in windows of limited length, so a line of any size needs bounded memory; results come in order. */
#include "tasks/score.h"

#include "base/memory.h"
#include "base/size.h"
#include "data/normalize.h"
#include "data/open.h"

#include <math.h>
#include <string.h>

enum { GROUP = 32, WINDOW = 256 };

typedef struct line {
    char *text;            /* owned, as it stood in the input */
    size_t size, room;
    rd_indices symbols;    /* encoded, without the end */
    double *logprob;       /* [symbols + 1] */
    size_t logprob_room;
    int bad;               /* passed over by --skip-bad; `text` says why */
} line;

typedef struct scoring {
    rondo_model *model;
    rd_symbols *symbols;
    const char *path;
    rd_reader *reader;
    rd_normal normal;
    line line[GROUP];
    size_t lines;
    uint64_t may_skip;     /* bad lines still allowed by --skip-bad */
    rondo_batch *batch;
    rondo_state *state;
    int32_t *x, *y;        /* [GROUP][WINDOW] */
    double *loss;          /* [GROUP * WINDOW] */
    size_t loss_room;
    const char **token;    /* of the line being told */
    char *token_text;
    size_t token_room, token_text_room;
} scoring;

/* ---- reading a group --------------------------------------------------------------------------------------- */

static rondo_status bad_byte(const scoring *s, const char *text, size_t at, rondo_error *error)
{
    rd_fail(error, RONDO_BAD_DATA, "%s:%zu:%zu: byte 0x%02x is not UTF-8", rd_reader_name(s->reader),
            rd_reader_number(s->reader), at + 1, (unsigned)(unsigned char)text[at]);
    rd_hint(error, "convert the file to UTF-8, or train with --tokens byte");
    return RONDO_BAD_DATA;
}

static rondo_status keep_text(line *to, const char *text, size_t size, rondo_error *error)
{
    RD_TRY(rd_grow(&to->text, &to->room, size + 1, 1, "a line", error));
    memcpy(to->text, text, size);
    to->text[size] = 0;
    to->size = size;
    return RONDO_OK;
}

/* A line that cannot be read keeps its place among the results while --skip-bad allows it. */
static rondo_status pass_over(scoring *s, line *to, rondo_error *error)
{
    if (s->may_skip == 0)
        return RONDO_BAD_DATA;
    s->may_skip--;
    to->bad = 1;
    RD_TRY(keep_text(to, error->message, strlen(error->message), error));
    return rd_grow(&to->logprob, &to->logprob_room, 1, sizeof(double), "a line's scores", error);
}

static rondo_status take_line(scoring *s, line *to, const char *text, size_t size, rondo_error *error)
{
    size_t bad;
    to->bad = 0;
    to->symbols.count = 0;
    to->symbols.unknown = 0;
    RD_TRY(keep_text(to, text, size, error));
    const char *shown = to->text;
    size_t shown_size = size;
    if (rd_symbols_rules_of(s->symbols)->kind != RD_TOKENS_BYTE) {
        bad = rd_utf8_check((const unsigned char *)text, size);
        if (bad < size) {
            (void)bad_byte(s, text, bad, error);
            return pass_over(s, to, error);
        }
    }
    RD_TRY(rd_normalize(&s->normal, rd_symbols_rules_of(s->symbols), text, size, &shown, &shown_size, error));
    RD_TRY(rd_symbols_encode(s->symbols, shown, shown_size, &to->symbols, &bad, error));
    return rd_grow(&to->logprob, &to->logprob_room, to->symbols.count + 1, sizeof(double), "a line's scores", error);
}

static rondo_status read_group(scoring *s, rondo_error *error)
{
    const char *text;
    size_t size;
    int more = 1;
    s->lines = 0;
    while (s->lines < GROUP) {
        RD_TRY(rd_reader_line(s->reader, &text, &size, &more, error));
        if (!more)
            break;
        RD_TRY(take_line(s, &s->line[s->lines], text, size, error));
        s->lines++;
    }
    return RONDO_OK;
}

/* ---- running a group --------------------------------------------------------------------------------------- */

/* Fills window w of line k: x is the end symbol and the line, y the line and the end symbol. */
static size_t fill(const scoring *s, size_t k, size_t begin)
{
    const rd_indices *symbols = &s->line[k].symbols;
    size_t whole = symbols->count + 1, n = begin < whole ? rd_size_min(WINDOW, whole - begin) : 0;
    for (size_t t = 0; t < n; t++) {
        size_t at = begin + t;
        s->x[k * WINDOW + t] = at == 0 ? RD_SYMBOL_END : symbols->index[at - 1];
        s->y[k * WINDOW + t] = at == symbols->count ? RD_SYMBOL_END : symbols->index[at];
    }
    return n;
}

static rondo_status put_window(scoring *s, size_t begin, size_t *longest, rondo_error *error)
{
    size_t length[GROUP];
    const int32_t *x[GROUP], *y[GROUP];
    *longest = 0;
    for (size_t k = 0; k < GROUP; k++) {
        length[k] = k < s->lines ? fill(s, k, begin) : 0;
        x[k] = s->x + k * WINDOW;
        y[k] = s->y + k * WINDOW;
        *longest = rd_size_max(*longest, length[k]);
    }
    RD_TRY(rondo_batch_put(s->batch, "x", &(rondo_sequences){.count = GROUP, .length = length, .symbols = x}, error));
    RD_TRY(rondo_batch_put(s->batch, "y", &(rondo_sequences){.count = GROUP, .length = length, .symbols = y}, error));
    for (size_t k = 0; begin == 0 && k < GROUP; k++)
        RD_TRY(rondo_batch_reset(s->batch, k, error));
    return RONDO_OK;
}

static rondo_status score_window(scoring *s, size_t begin, rondo_error *error)
{
    rondo_view output;
    RD_TRY(rondo_model_forward(s->model, s->state, s->batch, RONDO_USE, &output, error));
    const rd_part *y = rd_batch_part(s->batch, "y");
    const rondo_pack *pack = &y->packed.pack;
    RD_TRY(rd_grow(&s->loss, &s->loss_room, pack->rows, sizeof *s->loss, "scores", error));
    rd_device_softmax(s->model->device, &(rd_softmax_args){.rows = pack->rows, .classes = output.shape[1], .logits = output.data,
                                                           .stride = output.stride, .target = y->symbols, .loss = s->loss});
    for (size_t t = 0; t < pack->steps; t++)
        for (size_t p = 0; p < pack->count[t]; p++)
            s->line[pack->order[p]].logprob[begin + t] = -s->loss[pack->offset[t] + p];
    return RONDO_OK;
}

/* ---- telling ----------------------------------------------------------------------------------------------- */

/* The line's tokens as texts ended by 0; the last is the end symbol. */
static rondo_status name_tokens(scoring *s, const line *l, rondo_error *error)
{
    size_t n = l->symbols.count + 1, bytes = 0, size;
    for (size_t i = 0; i < l->symbols.count; i++) {
        (void)rd_symbols_text(s->symbols, (size_t)l->symbols.index[i], &size);
        bytes += size + 1;
    }
    (void)rd_symbols_text(s->symbols, RD_SYMBOL_END, &size);
    RD_TRY(rd_grow(&s->token_text, &s->token_text_room, bytes + size + 1, 1, "token texts", error));
    RD_TRY(rd_grow(&s->token, &s->token_room, n, sizeof *s->token, "tokens", error));
    char *at = s->token_text;
    for (size_t i = 0; i < n; i++) {
        size_t symbol = i < l->symbols.count ? (size_t)l->symbols.index[i] : RD_SYMBOL_END;
        const char *text = rd_symbols_text(s->symbols, symbol, &size);
        memcpy(at, text, size);
        at[size] = 0;
        s->token[i] = at;
        at += size + 1;
    }
    return RONDO_OK;
}

static rondo_status put_scored(const rondo_scored *scored, rondo_on_scored on_line, void *user, rondo_error *error)
{
    if (on_line(user, scored))
        return rd_fail(error, RONDO_SYSTEM, "the result could not be written");
    return RONDO_OK;
}

static rondo_status tell_line(scoring *s, const line *l, rondo_on_scored on_line, void *user, rondo_error *error)
{
    double total = 0;
    if (l->bad)
        return put_scored(&(rondo_scored){.text = l->text, .size = l->size, .logprob = (double)NAN}, on_line, user, error);
    RD_TRY(name_tokens(s, l, error));
    for (size_t i = 0; i <= l->symbols.count; i++)
        total += l->logprob[i];
    if (!isfinite(total))
        return rd_fail(error, RONDO_NUMBERS, "%s: the model gives a probability that is not a number", s->path);
    rondo_scored scored = {.text = l->text, .size = l->size, .logprob = total, .tokens = l->symbols.count + 1,
                           .unknown = l->symbols.unknown, .per_token = l->logprob, .token = s->token};
    return put_scored(&scored, on_line, user, error);
}

/* ---- all of it --------------------------------------------------------------------------------------------- */

static rondo_status prepare(scoring *s, const rondo_options *options, rondo_error *error)
{
    s->symbols = rd_model_symbols(s->model, "x");
    if (!s->symbols || !rd_equal(s->model->task, "lm"))
        return rd_fail(error, RONDO_BAD_MODEL, "a model of task \"%s\" gives no probabilities of lines (expected lm, conditional or seq2seq)",
                       s->model->task);
    RD_TRY(rd_reader_open(s->path, &s->reader, error));
    int64_t most = rd_option_integer(options, RD_OPT_max_line);
    s->may_skip = (uint64_t)rd_option_integer(options, RD_OPT_skip_bad);
    if (most > 0)
        rd_reader_set_max_line(s->reader, (size_t)most);
    RD_TRY(rondo_batch_new(&s->batch, error));
    RD_TRY(rondo_state_new(s->model, GROUP, &s->state, error));
    RD_TRY(rd_alloc((size_t)GROUP * WINDOW, sizeof *s->x, "a window", &s->x, error));
    return rd_alloc((size_t)GROUP * WINDOW, sizeof *s->y, "a window", &s->y, error);
}

static rondo_status run(scoring *s, rondo_on_scored on_line, void *user, rondo_error *error)
{
    do {
        size_t longest = 1;
        RD_TRY(read_group(s, error));
        for (size_t begin = 0; longest > 0 && s->lines > 0; begin += WINDOW) {
            RD_TRY(put_window(s, begin, &longest, error));
            if (longest > 0)
                RD_TRY(score_window(s, begin, error));
        }
        for (size_t k = 0; k < s->lines; k++)
            RD_TRY(tell_line(s, &s->line[k], on_line, user, error));
    } while (s->lines == GROUP);
    return RONDO_OK;
}

static void clear(scoring *s)
{
    for (size_t k = 0; k < GROUP; k++) {
        rd_free(s->line[k].text);
        rd_free(s->line[k].logprob);
        rd_indices_free(&s->line[k].symbols);
    }
    rd_normal_free(&s->normal);
    rd_reader_close(s->reader);
    rondo_batch_free(s->batch);
    rondo_state_free(s->state);
    rd_free(s->x);
    rd_free(s->y);
    rd_free(s->loss);
    rd_free(s->token);
    rd_free(s->token_text);
    rd_free(s);
}

rondo_status rondo_score(rondo_model *model, const rondo_options *options, const char *path, rondo_on_scored on_line, void *user,
                         rondo_error *error)
{
    scoring *s;
    if (!model || !options || !path || !on_line)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_score: %s is missing",
                       !model ? "model" : !options ? "options" : !path ? "path" : "on_line");
    if (rd_scores_records(model)) return rd_score_records(model, options, path, on_line, user, error);
    RD_TRY(rd_alloc(1, sizeof *s, "scoring", &s, error));
    s->model = model;
    s->path = path;
    rondo_error own; /* a line that is passed over is told by its message */
    if (!error)
        error = &own;
    rondo_status status = prepare(s, options, error);
    if (status == RONDO_OK)
        status = run(s, on_line, user, error);
    clear(s);
    return status;
}
