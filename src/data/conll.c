/* Tagged text: a token first and its tag last on each line, columns between tabs or spaces, an empty line
 * between sentences. Lines that begin a comment or a document are passed over. */
#include "data/characters.h"

#include "base/memory.h"
#include "base/size.h"

#include <string.h>

typedef struct conll_state {
    size_t columns; /* of the first line with a token, 0: none yet */
    int inside;     /* a sentence has begun */
    int spoilt;     /* it has a bad line and is left out */
    size_t line;    /* where it began */
    rd_indices x, y;
    rd_text words;  /* its tokens as they stand, a blank behind each */
    rd_text raw; /* lines not yet kept with a record, for answers: '=' or '-', the line and its end */
} conll_state;
_Static_assert(sizeof(conll_state) <= RD_CONLL_STATE, "the reader's state is larger than its row says");

void rd_conll_clear(void *memory)
{
    conll_state *state = memory;
    rd_indices_free(&state->x);
    rd_indices_free(&state->y);
    rd_text_free(&state->words);
    rd_text_free(&state->raw);
    memset(state, 0, sizeof *state);
}

typedef struct columns { /* what a line is made of */
    size_t count;
    const char *token, *tag;
    size_t token_size, tag_size;
} columns;

static int is_gap(char c)
{
    return c == ' ' || c == '\t';
}

/* Columns are cut at each tab when there is one, else at runs of spaces. */
static columns cut_columns(const char *line, size_t size)
{
    columns cut = {0};
    const char *end = line + size;
    int tabs = memchr(line, '\t', size) != NULL;
    for (const char *at = line; at <= end;) {
        const char *from = at;
        while (at < end && (tabs ? *at != '\t' : !is_gap(*at)))
            at++;
        if (at > from || tabs) {
            cut.token = cut.count ? cut.token : from;
            cut.token_size = cut.count ? cut.token_size : (size_t)(at - from);
            cut.tag = from;
            cut.tag_size = (size_t)(at - from);
            cut.count++;
        }
        at++;
    }
    return cut;
}

static int is_blank(const char *line, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!is_gap(line[i])) return 0;
    return 1;
}

/* A comment begins with '#', before a sentence, and does not have the columns of a token; so a token that is
 * or begins with '#' stays one. */
static int is_passed_over(const rd_opening *opening, const conll_state *state, const char *line, size_t size, const columns *cut)
{
    static const char document[] = "-DOCSTART-";
    if (size >= sizeof document - 1 && memcmp(line, document, sizeof document - 1) == 0) return 1;
    size_t expected = state->columns ? state->columns : opening->bare ? 1 : 2;
    return line[0] == '#' && !state->inside && cut->count != expected;
}

/* NULL, or what is wrong with the columns of a line. */
static const char *objection(const conll_state *state, const columns *cut, int bare)
{
    if (cut->count < 2 && !bare) return "a token without a tag";
    if (state->columns && cut->count != state->columns) return "not as many columns as in the lines before";
    if (cut->token_size == 0 || cut->tag_size == 0) return "an empty column";
    if (memchr(cut->token, ' ', cut->token_size) || memchr(cut->tag, ' ', cut->tag_size))
        return "a space inside a column";
    return NULL;
}

/* Counts or encodes one column of one line as a symbol of `part`; the encoded one goes to `out`. */
static rondo_status one_symbol(rd_opening *opening, int part, const char *text, size_t size, rd_indices *out,
                               rondo_error *error)
{
    const rd_symbols_rules *rules = rd_symbols_rules_of(opening->corpus->symbols[part]);
    RD_TRY(rd_normalize(&opening->normal, rules, text, size, &text, &size, error));
    rd_indices kept = opening->indices;
    opening->indices = *out;
    rondo_status status = rd_opening_symbols(opening, part, text, size, error);
    *out = opening->indices;
    opening->indices = kept;
    return status;
}

/* For answers the tag may be missing. */
static rondo_status one_tag(rd_opening *opening, const columns *cut, rd_indices *out, rondo_error *error)
{
    if (cut->count > 1) return one_symbol(opening, RD_Y, cut->tag, cut->tag_size, out, error);
    RD_TRY(rd_grow(&out->index, &out->room, out->count + 1, sizeof *out->index, "encoded text", error));
    out->index[out->count++] = -1;
    return RONDO_OK;
}

static rondo_status keep_raw(rd_opening *opening, conll_state *state, rondo_error *error)
{
    RD_TRY(rd_text_done(&state->raw, error));
    rondo_status status = rd_opening_raw(opening, state->raw.text, state->raw.size, error);
    rd_text_clear(&state->raw);
    return status;
}

static void note_raw(const rd_opening *opening, conll_state *state, char mark, const char *line, size_t size)
{
    if (!opening->bare || opening->counting) return;
    rd_text_add(&state->raw, &mark, 1);
    rd_text_add(&state->raw, line, size);
    rd_text_add(&state->raw, "\n", 1);
}

static rondo_status store(rd_opening *opening, conll_state *state, rondo_error *error)
{
    rd_corpus *corpus = opening->corpus;
    size_t kept = state->x.count;
    if (opening->max_length && kept > opening->max_length) {
        kept = (size_t)opening->max_length;
        corpus->cut++;
    }
    RD_TRY(rd_opening_record(opening, state->line, error));
    RD_TRY(rd_store_add(corpus->index[RD_X], state->x.index, kept, error));
    RD_TRY(rd_store_add(corpus->index[RD_Y], state->y.index, kept, error));
    corpus->rows += kept;
    corpus->unknown[RD_X] += state->x.unknown;
    corpus->unknown[RD_Y] += state->y.unknown;
    RD_TRY(rd_text_done(&state->words, error));
    if (kept) RD_TRY(rd_opening_characters(opening, state->words.text, state->words.size, kept, error));
    return keep_raw(opening, state, error);
}

static rondo_status end_sentence(rd_opening *opening, conll_state *state, rondo_error *error)
{
    rondo_status status = RONDO_OK;
    if (state->inside && !state->spoilt && !opening->counting) status = store(opening, state, error);
    if (state->inside && state->spoilt) status = rd_opening_pass_over(opening, state->line, error);
    state->inside = state->spoilt = 0;
    state->x.count = state->x.unknown = state->y.count = state->y.unknown = 0;
    rd_text_clear(&state->words);
    return status;
}

/* A bad line spoils its sentence, which counts once. */
static void spoil(rd_opening *opening, conll_state *state, const rd_input *input, const char *what)
{
    if (what && !state->spoilt)
        rd_bad_place(&opening->bad, "%s:%zu:1: %s", input->source->name, input->number, what);
    state->spoilt = 1;
}

/* Characters are counted at once and stored with their sentence. */
static rondo_status note_word(rd_opening *opening, conll_state *state, const char *token, size_t size, rondo_error *error)
{
    if (opening->counting) return rd_opening_characters(opening, token, size, 1, error);
    rd_text_add(&state->words, token, size);
    rd_text_add(&state->words, " ", 1);
    return RONDO_OK;
}

static rondo_status token_line(rd_opening *opening, conll_state *state, const rd_input *input,
                               const columns *cut, rondo_error *error)
{
    const char *what = objection(state, cut, opening->bare);
    if (what) spoil(opening, state, input, what);
    if (state->spoilt) return RONDO_OK;
    state->columns = cut->count;
    RD_TRY(one_symbol(opening, RD_X, cut->token, cut->token_size, &state->x, error));
    RD_TRY(note_word(opening, state, cut->token, cut->token_size, error));
    RD_TRY(one_tag(opening, cut, &state->y, error));
    if (!opening->counting && state->x.count != state->y.count)
        return rd_fail(error, RONDO_BAD_DATA, "%s:%zu:1: the token or its tag is not one symbol",
                       input->source->name, input->number);
    return RONDO_OK;
}

rondo_status rd_conll_read(rd_opening *opening, rd_input *input, rondo_error *error)
{
    conll_state *state = opening->state;
    state->columns = 0;
    for (;;) {
        const char *line = NULL;
        size_t size = 0;
        int more = 0;
        RD_TRY(rd_input_line(input, &line, &size, &more, error));
        if (!more || is_blank(line, size)) {
            RD_TRY(end_sentence(opening, state, error));
            if (!more) return keep_raw(opening, state, error);
            note_raw(opening, state, '-', line, size);
            continue;
        }
        const columns cut = cut_columns(line, size);
        const int passed = is_passed_over(opening, state, line, size, &cut);
        note_raw(opening, state, passed ? '-' : '=', line, size);
        if (passed) continue;
        state->line = state->inside ? state->line : input->number;
        state->inside = 1;
        if (state->spoilt) continue;
        if (!rd_opening_accepts(opening, input, line, size))
            spoil(opening, state, input, NULL);
        else
            RD_TRY(token_line(opening, state, input, &cut, error));
    }
}
