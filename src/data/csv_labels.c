/* Sequences of numbers with labels from a CSV file: a row is a step, rows that follow each other with the same --group make
 * a sequence, without it each row is one of a single step. Columns are settled by name at the header of the first file. */
#include "data/csv_columns.h"
#include "data/fields.h"
#include "data/readers.h"

#include "base/memory.h"
#include "base/size.h"

#include <math.h>
#include <string.h>

typedef struct labels_state {
    rd_csv csv;
    size_t columns;      /* of the file at hand */
    size_t *input;       /* [columns of x] their numbers */
    size_t label, group; /* column numbers, SIZE_MAX: there is none */
    size_t input_room;
    float *row;          /* [steps][columns of x] of the sequence at hand */
    size_t steps, room;
    size_t line;         /* where it began */
    int inside, spoilt;  /* it has begun; it has a bad row and is left out */
    rd_text value, name; /* of its group, and its label */
    rd_symbols *seen;    /* the groups there were */
} labels_state;
_Static_assert(sizeof(labels_state) <= RD_CSV_STATE, "the reader's state is larger than its row says");

void rd_csv_labels_clear(void *memory)
{
    labels_state *s = memory;
    rd_csv_free(&s->csv);
    rd_free(s->input);
    rd_free(s->row);
    rd_text_free(&s->value);
    rd_text_free(&s->name);
    rd_symbols_free(s->seen);
    memset(s, 0, sizeof *s);
}

/* ---- columns --------------------------------------------------------------------------------------------- */

/* The column that --target names, else the last one that is not the group. For answers there may be none. */
static rondo_status find_label(const rd_opening *opening, labels_state *s, const rd_csv *header, const rd_input *input, rondo_error *error)
{
    const char *target = rd_option_text(opening->options, RD_OPT_target);
    const size_t size = strlen(target);
    s->label = SIZE_MAX;
    if (strchr(target, ','))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "--target %s: the label of --task classify is one column", rd_quote(target).text);
    if (size) s->label = rd_csv_column(header, target, size);
    if (size && s->label == SIZE_MAX && !opening->bare) return rd_csv_no_column(header, input, target, size, error);
    for (size_t i = header->fields; !size && i-- > 0 && s->label == SIZE_MAX;)
        if (i != s->group) s->label = i;
    return RONDO_OK;
}

/* At the first header: the columns of --inputs, else all that hold a number in the first row. */
static rondo_status choose_inputs(rd_opening *opening, const labels_state *s, const rd_csv *header, const rd_input *input,
                                  rondo_error *error)
{
    const char *inputs = rd_option_text(opening->options, RD_OPT_inputs);
    rd_columns *columns = &opening->corpus->columns[RD_X];
    RD_TRY(rd_csv_listed(header, input, inputs, columns, error));
    for (size_t i = 0; i < header->fields; i++) {
        size_t size, length = 0;
        double value;
        const char *name = rd_csv_text(header, i, &size), *text = i < s->csv.fields ? rd_csv_text(&s->csv, i, &length) : "";
        if (i == s->label || i == s->group || rd_columns_hold(columns, name, size)) continue;
        const int read = !*inputs && rd_csv_number(text, length, &value);
        RD_TRY(rd_columns_add(read ? columns : &opening->corpus->unused, name, size, error));
    }
    if (columns->count) return RONDO_OK;
    return rd_fail(error, RONDO_BAD_DATA, "%s:%zu: no column is left to be an input (a numeric one is needed beside the label)",
                   input->source->name, header->line);
}

static rondo_status bind_columns(rd_opening *opening, labels_state *s, const rd_csv *header, const rd_input *input, rondo_error *error)
{
    const rd_columns *columns = &opening->corpus->columns[RD_X];
    const char *group = rd_option_text(opening->options, RD_OPT_group);
    s->columns = header->fields;
    s->group = *group ? rd_csv_column(header, group, strlen(group)) : SIZE_MAX;
    if (*group && s->group == SIZE_MAX) return rd_csv_no_column(header, input, group, strlen(group), error);
    RD_TRY(find_label(opening, s, header, input, error));
    if (columns->count == 0) RD_TRY(choose_inputs(opening, s, header, input, error));
    RD_TRY(rd_grow(&s->input, &s->input_room, columns->count, sizeof *s->input, "columns", error));
    for (size_t i = 0; i < columns->count; i++) {
        const size_t size = strlen(columns->name[i]);
        s->input[i] = rd_csv_column(header, columns->name[i], size);
        if (s->input[i] == SIZE_MAX) return rd_csv_no_column(header, input, columns->name[i], size, error);
    }
    if (s->label != SIZE_MAX && opening->corpus->columns[RD_Y].count == 0) {
        size_t size;
        const char *name = rd_csv_text(header, s->label, &size);
        RD_TRY(rd_columns_add(&opening->corpus->columns[RD_Y], name, size, error));
    }
    return opening->counting ? RONDO_OK
                             : rd_corpus_numbers(opening->corpus, RD_X, rd_opening_width(opening, RD_X, columns->count), error);
}

/* The header, and the first row behind it, which stays in s->csv. */
static rondo_status read_header(rd_opening *opening, labels_state *s, rd_input *input, int *more, rondo_error *error)
{
    rd_csv header = {0};
    rondo_status status = rd_csv_row(&header, input, more, error);
    if (status == RONDO_OK && *more) status = rd_csv_check(&header, input, error);
    s->csv.separator = header.separator;
    if (status == RONDO_OK && *more) status = rd_csv_row(&s->csv, input, more, error);
    if (status == RONDO_OK && *more) status = bind_columns(opening, s, &header, input, error);
    rd_csv_free(&header);
    return status;
}

/* ---- sequences ------------------------------------------------------------------------------------------- */

static rondo_status end_sequence(rd_opening *opening, labels_state *s, const rd_input *input, rondo_error *error)
{
    const size_t width = opening->corpus->columns[RD_X].count;
    if (!s->inside) return RONDO_OK;
    s->inside = 0;
    if (!s->spoilt && s->name.size == 0 && !opening->bare) {
        rd_bad_place(&opening->bad, "%s:%zu:1: there is no label", input->source->name, s->line);
        s->spoilt = 1;
    }
    if (s->spoilt) return rd_opening_pass_over(opening, s->line, error);
    RD_TRY(rd_text_done(&s->name, error));
    RD_TRY(rd_opening_record(opening, s->line, error));
    RD_TRY(rd_opening_numbers(opening, RD_X, s->row, s->steps, width, error));
    return rd_opening_label(opening, RD_Y, s->name.size ? s->name.text : NULL, s->name.size, error);
}

static rondo_status begin_sequence(labels_state *s, const rd_input *input, rd_field value, rondo_error *error)
{
    const rd_symbols_rules rules = {.kind = RD_TOKENS_LABEL, .min_freq = 1};
    if (s->group != SIZE_MAX) {
        if (!s->seen) RD_TRY(rd_symbols_new(&rules, &s->seen, error));
        if (value.size && rd_symbols_find(s->seen, value.text, value.size) >= 0)
            return rd_fail(error, RONDO_BAD_DATA, "%s:%zu:%zu: the group %s was there before (its rows must stand together)",
                           input->source->name, s->csv.line, s->csv.field[s->group].column, rd_quote_n(value.text, value.size).text);
        if (value.size) RD_TRY(rd_symbols_count(s->seen, value.text, value.size, error));
    }
    rd_text_clear(&s->value);
    rd_text_clear(&s->name);
    rd_text_add(&s->value, value.text, value.size);
    s->inside = 1;
    s->spoilt = 0;
    s->steps = 0;
    s->line = s->csv.line;
    return rd_text_done(&s->value, error);
}

static int spoil_at(rd_opening *opening, labels_state *s, const rd_input *input, size_t column, const char *what, const char *name)
{
    size_t size;
    const char *text = rd_csv_text(&s->csv, column, &size);
    const rd_csv_field *field = &s->csv.field[column];
    rd_bad_place(&opening->bad, "%s:%zu:%zu: expected %s %s, found %s", input->source->name, field->line, field->column, what,
                 rd_quote(name).text, rd_quote_n(text, size).text);
    return 0;
}

/* Adds the row's numbers and looks at its label; 0 when something is wrong with it, which was noted. */
static int take_row(rd_opening *opening, labels_state *s, const rd_input *input)
{
    const rd_columns *columns = &opening->corpus->columns[RD_X];
    size_t size = 0;
    for (size_t i = 0; i < columns->count; i++) {
        double value;
        const char *text = rd_csv_text(&s->csv, s->input[i], &size);
        if (!rd_csv_number(text, size, &value) || !isfinite((float)value))
            return spoil_at(opening, s, input, s->input[i], "a number in column", columns->name[i]);
        s->row[s->steps * columns->count + i] = (float)value;
    }
    s->steps++;
    if (s->label == SIZE_MAX) return 1;
    const char *text = rd_csv_text(&s->csv, s->label, &size);
    const rd_field label = rd_field_trim((rd_field){text, size});
    const rd_csv_field *field = &s->csv.field[s->label];
    if (label.size == 0) return 1;
    if (!rd_field_accepts(opening, input, RD_Y, label, field->line, field->column)) return 0;
    if (s->name.size == 0) rd_text_add(&s->name, label.text, label.size);
    if (s->name.size == label.size && memcmp(s->name.text, label.text, label.size) == 0) return 1;
    return spoil_at(opening, s, input, s->label, "the label of the rows before,", s->name.text);
}

static rondo_status one_row(rd_opening *opening, labels_state *s, const rd_input *input, rondo_error *error)
{
    const size_t width = opening->corpus->columns[RD_X].count;
    rd_field value = {"", 0};
    const int sound = !s->csv.broken && s->csv.fields == s->columns;
    if (sound && s->group != SIZE_MAX) value.text = rd_csv_text(&s->csv, s->group, &value.size);
    const int same = s->inside && s->group != SIZE_MAX &&
                     (!sound || (s->value.size == value.size && memcmp(s->value.text, value.text, value.size) == 0));
    if (!same) RD_TRY(end_sequence(opening, s, input, error));
    if (!same) RD_TRY(begin_sequence(s, input, value, error));
    RD_TRY(rd_grow(&s->row, &s->room, (s->steps + 1) * width, sizeof *s->row, "a sequence", error));
    if (s->csv.broken)
        rd_bad_place(&opening->bad, "%s:%zu:%zu: %s", input->source->name, s->csv.broken_line, s->csv.broken_column, s->csv.broken);
    else if (!sound)
        rd_bad_place(&opening->bad, "%s:%zu:1: expected %zu columns, found %zu", input->source->name, s->csv.line, s->columns, s->csv.fields);
    if (!s->spoilt && (!sound || !take_row(opening, s, input))) s->spoilt = 1;
    return RONDO_OK;
}

rondo_status rd_csv_labels_read(rd_opening *opening, rd_input *input, rondo_error *error)
{
    labels_state *s = opening->state;
    int more = 0;
    RD_TRY(read_header(opening, s, input, &more, error));
    while (more) {
        RD_TRY(one_row(opening, s, input, error));
        RD_TRY(rd_csv_row(&s->csv, input, &more, error));
    }
    return end_sequence(opening, s, input, error);
}
