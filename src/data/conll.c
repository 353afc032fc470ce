/* Tagged text: a token and its tag on each line, the first and the last column unless --columns says otherwise, between
 * tabs or spaces, an empty line between sentences. Lines that begin a comment or a document are passed over, and in CoNLL-U
 * those of words in one token and of empty words. */
#include "data/characters.h"
#include "data/tag_schemes.h"

#include "base/memory.h"
#include "base/size.h"

#include <string.h>

typedef struct conll_state {
    int64_t token, tag;    /* number of their columns, from 1 on or from the end on below 0 */
    int universal;         /* CoNLL-U */
    size_t columns;        /* of the first line with a token, 0: none yet */
    int inside;            /* a sentence has begun */
    int spoilt;            /* it has a bad line and is left out */
    size_t line;           /* where it began */
    size_t tokens;         /* of it */
    rd_indices x, y;
    rd_text words;         /* its tokens as they stand, a blank behind each */
    rd_text tags;          /* its tags as they stand, a blank behind each; one that is missing is empty */
    rd_text shown;         /* one of them as --scheme writes it */
    rd_field *field;       /* [field_room] the tags, in `tags` */
    size_t field_room;
    rd_text raw;           /* lines not yet kept with a record, for answers: '=' or '-', the line and its end; behind '=' also
                              "FROM,SIZE:", where its token stands in it */
} conll_state;
_Static_assert(sizeof(conll_state) <= RD_CONLL_STATE, "the reader's state is larger than its row says");

void rd_conll_clear(void *memory)
{
    conll_state *state = memory;
    rd_indices_free(&state->x);
    rd_indices_free(&state->y);
    rd_text_free(&state->words);
    rd_text_free(&state->tags);
    rd_text_free(&state->shown);
    rd_text_free(&state->raw);
    rd_free(state->field);
    memset(state, 0, sizeof *state);
}

/* ---- columns --------------------------------------------------------------------------------------------- */

typedef struct columns { /* what a line is made of */
    size_t count;
    rd_field first, token, tag; /* the text of a column that is not there is NULL */
} columns;

/* Columns are cut at each tab when there is one, else at runs of blanks. */
static int next_column(rd_field *rest, int tabs, rd_field *column)
{
    if (!tabs) {
        *column = rd_field_word(rest);
        return column->text != NULL;
    }
    if (!rest->text) return 0;
    const char *tab = memchr(rest->text, '\t', rest->size);
    const size_t size = tab ? (size_t)(tab - rest->text) : rest->size;
    *column = (rd_field){rest->text, size};
    *rest = tab ? (rd_field){tab + 1, rest->size - size - 1} : (rd_field){0};
    return 1;
}

static columns cut_columns(const conll_state *state, const char *line, size_t size)
{
    columns cut = {0};
    const int tabs = memchr(line, '\t', size) != NULL;
    rd_field rest = {line, size}, column;
    while (next_column(&rest, tabs, &column))
        cut.count++;
    const int64_t count = (int64_t)cut.count, token = state->token > 0 ? state->token : count + 1 + state->token,
                  tag = state->tag > 0 ? state->tag : count + 1 + state->tag;
    rest = (rd_field){line, size};
    for (int64_t k = 1; next_column(&rest, tabs, &column); k++) {
        cut.first = k == 1 ? column : cut.first;
        cut.token = k == token ? column : cut.token;
        cut.tag = k == tag && k != token ? column : cut.tag;
    }
    return cut;
}

/* --columns W[,T]; without it the first and the last, in CoNLL-U the form and the universal tag. */
static rondo_status choose_columns(const rd_opening *opening, conll_state *state, rondo_error *error)
{
    const char *text = rd_option_text(opening->options, RD_OPT_columns), *comma = strchr(text, ',');
    state->universal = rd_equal(opening->reader->name, "conllu");
    state->token = state->universal ? 2 : 1;
    state->tag = state->universal ? 4 : -1;
    if (!*text) return RONDO_OK;
    const size_t size = comma ? (size_t)(comma - text) : strlen(text);
    if (rd_parse_integer(text, size, &state->token) && state->token != 0 &&
        (!comma || rd_parse_integer(comma + 1, strlen(comma + 1), &state->tag)) && state->tag != 0 && state->tag != state->token)
        return RONDO_OK;
    return rd_fail(error, RONDO_BAD_ARGUMENT, "--columns %s: expected the columns of token and tag, as 1,-1 (1 the first, -1 the last)",
                   rd_quote(text).text);
}

static int is_blank(const char *line, size_t size)
{
    return rd_field_trim((rd_field){line, size}).size == 0;
}

/* A comment begins with '#', before a sentence, and does not have the columns of a token; so a token that is
 * or begins with '#' stays one. In CoNLL-U "3-4" and "3.1" number lines that are no words. */
static int is_passed_over(const rd_opening *opening, const conll_state *state, const char *line, size_t size, const columns *cut)
{
    static const char document[] = "-DOCSTART-";
    if (size >= sizeof document - 1 && memcmp(line, document, sizeof document - 1) == 0) return 1;
    if (state->universal)
        return line[0] == '#' ||
               (cut->first.text && (memchr(cut->first.text, '-', cut->first.size) || memchr(cut->first.text, '.', cut->first.size)));
    size_t expected = state->columns ? state->columns : opening->bare ? 1 : 2;
    return line[0] == '#' && !state->inside && cut->count != expected;
}

/* NULL, or what is wrong with the columns of a line. */
static const char *objection(const conll_state *state, const columns *cut, int bare)
{
    if (!cut->token.text) return "there is no column of tokens (see --columns)";
    if (!cut->tag.text && !bare) return cut->count < 2 ? "a token without a tag" : "there is no column of tags (see --columns)";
    if (state->columns && cut->count != state->columns) return "not as many columns as in the lines before";
    if (cut->token.size == 0 || (cut->tag.text && cut->tag.size == 0)) return "an empty column";
    if (memchr(cut->token.text, ' ', cut->token.size) || (cut->tag.text && memchr(cut->tag.text, ' ', cut->tag.size)))
        return "a space inside a column";
    return NULL;
}

/* ---- sentences ------------------------------------------------------------------------------------------- */

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

/* The tags of the sentence as pieces of `tags`. */
static rondo_status cut_tags(conll_state *state, rondo_error *error)
{
    const char *at = state->tags.text;
    RD_TRY(rd_text_done(&state->tags, error));
    RD_TRY(rd_grow(&state->field, &state->field_room, state->tokens, sizeof *state->field, "a sentence", error));
    for (size_t i = 0; i < state->tokens; i++) {
        const char *end = strchr(at, ' '); /* there is one: each tag has its blank */
        state->field[i] = (rd_field){at, (size_t)(end - at)};
        at = end + 1;
    }
    return RONDO_OK;
}

/* A tag that the vocabulary lacks keeps its text, since phrases are counted by it. */
static rondo_status note_unseen(rd_corpus *corpus, const rd_text *tag, int32_t *index, rondo_error *error)
{
    const rd_symbols_rules rules = {.kind = RD_TOKENS_LABEL, .min_freq = 1};
    if (!corpus->unseen) RD_TRY(rd_symbols_new(&rules, &corpus->unseen, error));
    RD_TRY(rd_symbols_count(corpus->unseen, tag->text, tag->size, error));
    *index = -2 - rd_symbols_find(corpus->unseen, tag->text, tag->size);
    return RONDO_OK;
}

/* Counts or encodes the tags of the sentence, written as --scheme asks; a tag that is missing is -1. */
static rondo_status put_tags(rd_opening *opening, conll_state *state, rondo_error *error)
{
    const rd_scheme scheme = rd_scheme_of(opening->options);
    rd_indices *y = &state->y;
    RD_TRY(cut_tags(state, error));
    if (!opening->counting) rd_scheme_see(state->field, state->tokens, &opening->corpus->schemes);
    for (size_t i = 0; i < state->tokens; i++) {
        rd_text_clear(&state->shown);
        rd_scheme_put(scheme, state->field, state->tokens, i, &state->shown);
        RD_TRY(rd_text_done(&state->shown, error));
        if (state->field[i].size) {
            RD_TRY(one_symbol(opening, RD_Y, state->shown.text, state->shown.size, y, error));
            if (!opening->counting && y->index[y->count - 1] < 0)
                RD_TRY(note_unseen(opening->corpus, &state->shown, &y->index[y->count - 1], error));
            continue;
        }
        RD_TRY(rd_grow(&y->index, &y->room, y->count + 1, sizeof *y->index, "encoded text", error));
        y->index[y->count++] = -1;
    }
    return RONDO_OK;
}

static rondo_status keep_raw(rd_opening *opening, conll_state *state, rondo_error *error)
{
    RD_TRY(rd_text_done(&state->raw, error));
    rondo_status status = rd_opening_raw(opening, state->raw.text, state->raw.size, error);
    rd_text_clear(&state->raw);
    return status;
}

/* `token`: that of the line; NULL: it is passed over. */
static void note_raw(const rd_opening *opening, conll_state *state, const rd_input *input, const rd_field *token, const char *line,
                     size_t size)
{
    if (!opening->bare || opening->counting) return;
    if (token)
        rd_text_format(&state->raw, "=%zu,%zu:", token->text ? (size_t)(token->text - line) : 0, token->size);
    else
        rd_text_put(&state->raw, "-");
    rd_text_add(&state->raw, line, size);
    rd_text_put(&state->raw, input->ending[0] == '\r' && input->ending[1] ? input->ending : "\n");
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
    if (state->inside && !state->spoilt) status = put_tags(opening, state, error);
    if (state->inside && !state->spoilt && !opening->counting && status == RONDO_OK) status = store(opening, state, error);
    if (state->inside && state->spoilt) status = rd_opening_pass_over(opening, state->line, error);
    state->inside = state->spoilt = 0;
    state->tokens = state->x.count = state->x.unknown = state->y.count = state->y.unknown = 0;
    rd_text_clear(&state->words);
    rd_text_clear(&state->tags);
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
    RD_TRY(one_symbol(opening, RD_X, cut->token.text, cut->token.size, &state->x, error));
    RD_TRY(note_word(opening, state, cut->token.text, cut->token.size, error));
    if (cut->tag.size) rd_text_add(&state->tags, cut->tag.text, cut->tag.size);
    rd_text_add(&state->tags, " ", 1);
    state->tokens++;
    if (!opening->counting && state->x.count != state->tokens)
        return rd_fail(error, RONDO_BAD_DATA, "%s:%zu:1: the token is not one symbol", input->source->name, input->number);
    return RONDO_OK;
}

rondo_status rd_conll_read(rd_opening *opening, rd_input *input, rondo_error *error)
{
    conll_state *state = opening->state;
    state->columns = 0;
    RD_TRY(choose_columns(opening, state, error));
    for (;;) {
        const char *line = NULL;
        size_t size = 0;
        int more = 0;
        RD_TRY(rd_input_line(input, &line, &size, &more, error));
        if (!more || is_blank(line, size)) {
            RD_TRY(end_sentence(opening, state, error));
            if (!more) return keep_raw(opening, state, error);
            note_raw(opening, state, input, NULL, line, size);
            continue;
        }
        const columns cut = cut_columns(state, line, size);
        const int passed = is_passed_over(opening, state, line, size, &cut);
        note_raw(opening, state, input, passed ? NULL : &cut.token, line, size);
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
