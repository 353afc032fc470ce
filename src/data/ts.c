/* .ts files of the UEA and UCR archives: comments, headers that begin with '@', and after @data a sequence a line:
 * dimensions between ':', in each its values over time between ',', the label last. A dimension is a column of x. */
#include "data/fields.h"

#include "base/memory.h"
#include "base/size.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct ts_state {
    size_t width;          /* numbers a step, the same in all files; 0: not known yet */
    size_t length;         /* steps of each sequence, 0: any */
    int begun, labelled;   /* @data was seen; lines end in a label */
    int equal;             /* @equalLength true */
    char missing;          /* the first letter of --na: error, zero, prev */
    rd_text classes;       /* what stands after @classLabel true */
    float *step;           /* [steps][width] of the sequence at hand */
    size_t room;
} ts_state;
_Static_assert(sizeof(ts_state) <= RD_RECORD_STATE, "the reader's state is larger than its row says");

void rd_ts_clear(void *memory)
{
    ts_state *state = memory;
    rd_text_free(&state->classes);
    rd_free(state->step);
    memset(state, 0, sizeof *state);
}

/* ---- the header ------------------------------------------------------------------------------------------ */

typedef enum header_kind { PASSED, NOT_TRUE, UNIVARIATE, DIMENSIONS, EQUAL, LENGTH, CLASSES, DATA } header_kind;

static const struct header_row {
    const char *name;
    header_kind kind;
} headers[] = {
    {"problemname", PASSED}, {"missing", PASSED},       {"timestamps", NOT_TRUE}, {"targetlabel", NOT_TRUE},
    {"univariate", UNIVARIATE}, {"dimensions", DIMENSIONS}, {"dimension", DIMENSIONS}, {"equallength", EQUAL},
    {"serieslength", LENGTH}, {"classlabel", CLASSES},  {"data", DATA},
};

static rondo_status bad_header(const rd_input *input, rd_field value, const char *line, const char *expected, rondo_error *error)
{
    const size_t column = value.text ? (size_t)(value.text - line) + 1 : 1;
    return rd_fail(error, RONDO_BAD_DATA, "%s:%zu:%zu: expected %s, found %s", input->source->name, input->number, column,
                   expected, rd_quote_n(value.text ? value.text : "", value.size).text);
}

static rondo_status read_count(const rd_input *input, rd_field value, const char *line, size_t *count, rondo_error *error)
{
    int64_t n = 0;
    if (!value.text || !rd_parse_integer(value.text, value.size, &n) || n < 1 || !rd_cast((uint64_t)n, count))
        return bad_header(input, value, line, "a whole number, at least 1", error);
    return RONDO_OK;
}

static rondo_status read_flag(const rd_input *input, rd_field value, const char *line, int *flag, rondo_error *error)
{
    *flag = rd_field_is(value, "true");
    return *flag || rd_field_is(value, "false") ? RONDO_OK : bad_header(input, value, line, "true or false", error);
}

static rondo_status set_width(ts_state *state, const rd_input *input, size_t width, rondo_error *error)
{
    if (state->width && state->width != width)
        return rd_fail(error, RONDO_BAD_DATA, "%s:%zu:1: %zu dimensions, %zu before", input->source->name, input->number,
                       width, state->width);
    state->width = width;
    return RONDO_OK;
}

/* Obeys one header; `value` is its first word, `rest` what follows. */
static rondo_status obey(ts_state *state, const rd_input *input, const struct header_row *row, rd_field value, rd_field rest,
                         const char *line, rondo_error *error)
{
    int flag = 0;
    size_t count = 0;
    switch (row->kind) {
    case PASSED:
    case DATA:
        break;
    case DIMENSIONS:
        RD_TRY(read_count(input, value, line, &count, error));
        return set_width(state, input, count, error);
    case LENGTH:
        return read_count(input, value, line, &state->length, error);
    case EQUAL:
        return read_flag(input, value, line, &state->equal, error);
    case UNIVARIATE:
        RD_TRY(read_flag(input, value, line, &flag, error));
        return flag ? set_width(state, input, 1, error) : RONDO_OK;
    case NOT_TRUE:
        RD_TRY(read_flag(input, value, line, &flag, error));
        return flag ? bad_header(input, value, line, "false (time stamps and numbers as targets are not read)", error) : RONDO_OK;
    case CLASSES:
        RD_TRY(read_flag(input, value, line, &state->labelled, error));
        rd_text_add(&state->classes, rest.text, rest.size);
        return rd_text_done(&state->classes, error);
    }
    return RONDO_OK;
}

static rondo_status header_line(const rd_opening *opening, ts_state *state, const rd_input *input, const char *line, size_t size,
                                rondo_error *error)
{
    rd_field rest = {line + 1, size - 1};
    const rd_field name = rd_field_word(&rest), value = rd_field_word(&rest);
    const size_t rows = sizeof headers / sizeof *headers;
    size_t i = 0;
    while (i < rows && !rd_field_is(name, headers[i].name))
        i++;
    if (i == rows) return bad_header(input, name, line, "a header of .ts files after the @", error);
    RD_TRY(obey(state, input, &headers[i], value, rest, line, error));
    if (headers[i].kind != DATA) return RONDO_OK;
    state->begun = 1;
    if (!state->labelled && !opening->bare)
        return rd_fail(error, RONDO_BAD_DATA, "%s:%zu:1: there are no labels to learn (@classLabel true is missing)",
                       input->source->name, input->number);
    return RONDO_OK;
}

/* ---- a sequence ------------------------------------------------------------------------------------------ */

typedef struct place { /* in the line at hand */
    rd_opening *opening;
    const rd_input *input;
    const char *line;
} place;

/* Notes a bad place in the line; gives 0. */
static int bad(const place *at, const char *where, const char *what, rd_field found)
{
    rd_bad_place(&at->opening->bad, "%s:%zu:%zu: %s%s%s", at->input->source->name, at->input->number,
                 (size_t)(where - at->line) + 1, what, found.text ? ", found " : "",
                 found.text ? rd_quote_n(found.text, found.size).text : "");
    return 0;
}

/* What stands before the next `mark` in *rest, which goes on behind it; *found is 0 when there is no more mark. */
static rd_field cut(rd_field *rest, char mark, int *found)
{
    const char *at = memchr(rest->text, mark, rest->size);
    const size_t size = at ? (size_t)(at - rest->text) : rest->size;
    const rd_field field = {rest->text, size};
    *found = at != NULL;
    *rest = at ? (rd_field){at + 1, rest->size - size - 1} : (rd_field){rest->text + size, 0};
    return field;
}

static size_t count_of(rd_field field, char mark)
{
    size_t count = 0;
    for (size_t i = 0; i < field.size; i++)
        count += field.text[i] == mark;
    return count;
}

/* Values of a dimension; one of blanks has none. */
static size_t values_in(rd_field dimension)
{
    return rd_field_trim(dimension).size ? count_of(dimension, ',') + 1 : 0;
}

static int is_missing(rd_field value)
{
    return (value.size == 1 && *value.text == '?') || rd_field_is(value, "nan");
}

/* What --na puts in the place of a missing value at `to`, which has `before` values of its dimension before it; 0 when nothing. */
static int fill(const place *at, const ts_state *state, const char *where, size_t before, float *to)
{
    if (state->missing == 'e') return bad(at, where, "a missing value (--na zero or prev takes 0, or the value before)", (rd_field){0});
    if (state->missing == 'p' && before == 0) return bad(at, where, "a missing value without one before it", (rd_field){0});
    *to = state->missing == 'p' ? to[-(ptrdiff_t)state->width] : 0;
    return 1;
}

/* The values of dimension d into its column of the steps; 0 when one of them is bad. */
static int read_dimension(const place *at, ts_state *state, size_t d, rd_field dimension, size_t steps)
{
    for (size_t t = 0; t < steps; t++) {
        int more;
        double number = 0;
        const char *where = dimension.text;
        const rd_field value = rd_field_trim(cut(&dimension, ',', &more));
        if (is_missing(value)) {
            if (!fill(at, state, where, t, state->step + t * state->width + d)) return 0;
            continue;
        }
        if (!rd_parse_number(value.text, value.size, &number)) return bad(at, where, "expected a number", value);
        state->step[t * state->width + d] = (float)number;
        if (!isfinite((float)number)) return bad(at, where, "the number is too large", value);
    }
    return 1;
}

/* All dimensions, of equal length; 0 when something is bad. */
static rondo_status read_steps(const place *at, ts_state *state, rd_field *rest, size_t *steps, int *good, rondo_error *error)
{
    int more;
    size_t numbers;
    for (size_t d = 0; d < state->width && *good; d++) {
        const char *where = rest->text;
        const rd_field dimension = cut(rest, ':', &more);
        const size_t values = values_in(dimension);
        if (d == 0) {
            *steps = values;
            if (!rd_mul(values, state->width, &numbers)) return rd_fail(error, RONDO_LIMIT, "a sequence has too many numbers");
            RD_TRY(rd_grow(&state->step, &state->room, numbers, sizeof *state->step, "a sequence", error));
        }
        char what[128];
        snprintf(what, sizeof what, "dimension %zu has %zu values, the first has %zu", d + 1, values, *steps);
        *good = values == *steps ? read_dimension(at, state, d, dimension, values) : bad(at, where, what, (rd_field){0});
    }
    return RONDO_OK;
}

/* 1 when the header lists the label or lists none. */
static int is_listed(const ts_state *state, rd_field label)
{
    rd_field rest = {state->classes.text, state->classes.size}, word = {0};
    if (!state->classes.size || !rd_field_trim(rest).size) return 1;
    while ((word = rd_field_word(&rest)).text)
        if (word.size == label.size && memcmp(word.text, label.text, label.size) == 0) return 1;
    return 0;
}

static int judge_label(const place *at, const ts_state *state, rd_field label)
{
    if (label.size == 0 && at->opening->bare) return 1;
    if (label.size == 0) return bad(at, label.text, "expected a label after the last ':'", (rd_field){0});
    return is_listed(state, label) || bad(at, label.text, "expected a label that @classLabel lists", label);
}

/* 1 when the line has the dimensions and the label it should have. */
static int judge_fields(const place *at, ts_state *state, size_t size)
{
    const rd_field line = {at->line, size};
    const size_t fields = count_of(line, ':') + 1, labels = state->labelled != 0;
    char what[128];
    if (state->width == 0) state->width = fields > labels ? fields - labels : 0;
    if (state->width && fields == state->width + labels) return 1;
    snprintf(what, sizeof what, "expected %zu dimensions%s, found %zu fields between ':'", rd_size_max(state->width, 1),
             labels ? " and a label" : "", fields);
    return bad(at, at->line, what, (rd_field){0});
}

static rondo_status sequence_line(rd_opening *opening, ts_state *state, const rd_input *input, const char *line, size_t size,
                                  rondo_error *error)
{
    const place at = {opening, input, line};
    size_t steps = 0;
    rd_field rest = {line, size};
    int good = rd_opening_accepts(opening, input, line, size) && judge_fields(&at, state, size);
    if (!opening->counting && state->width) RD_TRY(rd_corpus_numbers(opening->corpus, RD_X, rd_opening_width(opening, RD_X, state->width), error));
    if (good) RD_TRY(read_steps(&at, state, &rest, &steps, &good, error));
    const rd_field label = rd_field_trim(rest);
    if (good && state->equal && state->length && steps != state->length)
        good = bad(&at, line, "the length is not that of @seriesLength", (rd_field){0});
    if (good && state->labelled) good = judge_label(&at, state, label);
    if (!good) return rd_opening_pass_over(opening, input->number, error);
    RD_TRY(rd_opening_record(opening, input->number, error));
    RD_TRY(rd_opening_numbers(opening, RD_X, state->step, steps, state->width, error));
    return rd_opening_label(opening, RD_Y, state->labelled && label.size ? label.text : NULL, label.size, error);
}

static rondo_status one_line(rd_opening *opening, ts_state *state, const rd_input *input, const char *line, size_t size,
                             rondo_error *error)
{
    if (size == 0 || *line == '#' || rd_field_trim((rd_field){line, size}).size == 0) return RONDO_OK;
    if (state->begun) return sequence_line(opening, state, input, line, size, error);
    if (*line == '@') return header_line(opening, state, input, line, size, error);
    return rd_fail(error, RONDO_BAD_DATA, "%s:%zu:1: expected a header, @data is missing", input->source->name, input->number);
}

rondo_status rd_ts_read(rd_opening *opening, rd_input *input, rondo_error *error)
{
    ts_state *state = opening->state;
    state->missing = rd_option_text(opening->options, RD_OPT_na)[0];
    if (state->missing == 's')
        return rd_fail(error, RONDO_BAD_ARGUMENT, "%s: --na skip leaves out targets of time series; in .ts files --na is error, zero or prev",
                       input->source->name);
    state->begun = state->labelled = state->equal = 0;
    state->length = 0;
    rd_text_clear(&state->classes);
    for (;;) {
        const char *line = NULL;
        size_t size = 0;
        int more = 0;
        RD_TRY(rd_input_line(input, &line, &size, &more, error));
        if (!more) break;
        RD_TRY(one_line(opening, state, input, line, size, error));
    }
    if (state->begun || input->number == 0) return RONDO_OK;
    return rd_fail(error, RONDO_BAD_DATA, "%s:%zu:1: the file ends before @data", input->source->name, input->number);
}
