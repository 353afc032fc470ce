/* Tables of sequences: a row has a label and a text among its columns, blanks around them do not count. Without names
 * of columns there is no header: the label stands first and the text last. */
#include "data/csv.h"
#include "data/fields.h"

#include "base/size.h"

#include <string.h>

typedef struct table_state {
    rd_csv csv;
    size_t columns;     /* of the rows of the file at hand, 0: none yet */
    size_t label, text; /* column numbers from 0; label SIZE_MAX: a table of texts, for answers */
    size_t by;          /* the column --by, else 0 */
    int named;          /* 1: a column is chosen by name, so that the first row is a header */
} table_state;
_Static_assert(sizeof(table_state) <= RD_RECORD_STATE, "the reader's state is larger than its row says");

void rd_table_clear(void *memory)
{
    table_state *state = memory;
    rd_csv_free(&state->csv);
    memset(state, 0, sizeof *state);
}

/* ---- columns --------------------------------------------------------------------------------------------- */

/* 1 when the option names a column by a number, from 1 on or from the end on below 0. */
static int is_number(const char *text, int64_t *number)
{
    return rd_parse_integer(text, strlen(text), number);
}

static rd_field field_at(const rd_csv *csv, size_t i)
{
    rd_field field = {0};
    field.text = rd_csv_text(csv, i, &field.size);
    return rd_field_trim(field);
}

static rondo_status by_number(const rd_csv *csv, const rd_input *input, rd_option_id id, int64_t number, size_t *column,
                              rondo_error *error)
{
    const int64_t count = (int64_t)csv->fields;
    const char *what = id == RD_OPT_label_column ? "the label" : id == RD_OPT_by ? "--by" : "the text";
    if (number == 0 || number > count || number < -count)
        return rd_fail(error, number ? RONDO_BAD_DATA : RONDO_BAD_ARGUMENT,
                       "%s:%zu: there is no column %lld for %s (%zu columns, the first is 1, the last is -1)",
                       input->source->name, csv->line, (long long)number, what, csv->fields);
    *column = (size_t)(number > 0 ? number - 1 : count + number);
    return RONDO_OK;
}

/* The column that an option chooses, in a header or by its number. */
static rondo_status choose(const rd_opening *opening, const rd_csv *csv, const rd_input *input, rd_option_id id, int64_t number,
                           size_t *column, rondo_error *error)
{
    const char *name = rd_option_text(opening->options, id);
    if (!*name || is_number(name, &number)) return by_number(csv, input, id, number, column, error);
    for (*column = 0; *column < csv->fields; ++*column) {
        const rd_field field = field_at(csv, *column);
        if (field.size == strlen(name) && memcmp(field.text, name, field.size) == 0) return RONDO_OK;
    }
    return rd_fail(error, RONDO_BAD_DATA, "%s:%zu: there is no column %s", input->source->name, csv->line, rd_quote(name).text);
}

static rondo_status choose_all(const rd_opening *opening, table_state *state, const rd_input *input, rondo_error *error)
{
    const rd_csv *csv = &state->csv;
    state->columns = csv->fields;
    RD_TRY(choose(opening, csv, input, RD_OPT_by, 1, &state->by, error));
    RD_TRY(choose(opening, csv, input, RD_OPT_text_column, -1, &state->text, error));
    if (opening->bare && csv->fields == 1) {
        state->label = SIZE_MAX;
        return RONDO_OK;
    }
    RD_TRY(choose(opening, csv, input, RD_OPT_label_column, 1, &state->label, error));
    if (state->label != state->text) return RONDO_OK;
    return rd_fail(error, RONDO_BAD_DATA, "%s:%zu: column %zu of %zu is both label and text", input->source->name, csv->line,
                   state->text + 1, csv->fields);
}

/* ---- rows ------------------------------------------------------------------------------------------------ */

/* 1 when column i is text that symbols can be made of. */
static int accepts(rd_opening *opening, const rd_input *input, int part, const rd_csv *csv, size_t i, rd_field field)
{
    size_t size;
    const size_t skipped = (size_t)(field.text - rd_csv_text(csv, i, &size));
    return rd_field_accepts(opening, input, part, field, csv->field[i].line, csv->field[i].column + skipped);
}

/* 0 when the row is bad, which is noted. */
static int judge(rd_opening *opening, const table_state *state, const rd_input *input, rd_field label)
{
    const rd_csv *csv = &state->csv;
    const char *name = input->source->name;
    if (csv->broken)
        rd_bad_place(&opening->bad, "%s:%zu:%zu: %s", name, csv->broken_line, csv->broken_column, csv->broken);
    else if (csv->fields != state->columns)
        rd_bad_place(&opening->bad, "%s:%zu:1: %zu columns, expected %zu as in the rows before", name, csv->line, csv->fields,
                     state->columns);
    else if (state->label != SIZE_MAX && label.size == 0 && !opening->bare)
        rd_bad_place(&opening->bad, "%s:%zu:%zu: an empty label", name, csv->field[state->label].line,
                     csv->field[state->label].column);
    else
        return 1;
    return 0;
}

static rondo_status one_row(rd_opening *opening, const table_state *state, const rd_input *input, rondo_error *error)
{
    const rd_csv *csv = &state->csv;
    const int whole = csv->fields == state->columns;
    const rd_field label = whole && state->label != SIZE_MAX ? field_at(csv, state->label) : (rd_field){0};
    const rd_field text = whole ? field_at(csv, state->text) : (rd_field){0};
    const int label_part = rd_pair_first(opening->corpus->form);
    if (!judge(opening, state, input, label) ||
        (label.size && !accepts(opening, input, label_part, csv, state->label, label)) ||
        !accepts(opening, input, RD_X, csv, state->text, text))
        return rd_opening_pass_over(opening, csv->line, error);
    RD_TRY(rd_pair_put(opening, csv->line, label.size ? label : (rd_field){0}, text, error));
    const rd_field by = field_at(csv, state->by);
    return rd_opening_group(opening, by.text, by.size, error);
}

rondo_status rd_table_read(rd_opening *opening, rd_input *input, rondo_error *error)
{
    table_state *state = opening->state;
    int64_t number;
    const char *label = rd_option_text(opening->options, RD_OPT_label_column);
    const char *text = rd_option_text(opening->options, RD_OPT_text_column), *by = rd_option_text(opening->options, RD_OPT_by), *name;
    state->columns = 0;
    state->csv.separator = rd_field_sign(opening->options, 0, &name);
    state->named = (*label && !is_number(label, &number)) || (*text && !is_number(text, &number)) ||
                   (*by && !is_number(by, &number));
    for (;;) {
        int more = 0;
        RD_TRY(rd_csv_row(&state->csv, input, &more, error));
        if (!more) return RONDO_OK;
        const int first = state->columns == 0;
        if (first) RD_TRY(choose_all(opening, state, input, error));
        if (!first || !state->named) RD_TRY(one_row(opening, state, input, error));
    }
}
