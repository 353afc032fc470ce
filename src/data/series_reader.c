/* Time series from CSV files. Rows are gathered series by series, in memory, until the last file was read: only then is
 * the step between them known, and with it where rows are missing. Files continue each other, group by group; those of
 * --history come first and are looked back into, never forecast. */
#include "data/series_gathered.h"

#include "base/hash.h"
#include "base/memory.h"
#include "base/size.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

_Static_assert(sizeof(rd_series_state) <= RD_SERIES_STATE, "the reader's state is larger than its row says");

void rd_series_read_clear(void *memory)
{
    rd_series_state *state = memory;
    rd_csv_free(&state->csv);
    for (size_t i = 0; i < state->count; i++) {
        rd_free(state->series[i].name);
        rd_free(state->series[i].value);
        rd_free(state->series[i].at);
    }
    rd_free(state->series);
    rd_free(state->column);
    rd_free(state->row);
    rd_free(state->slot);
    memset(state, 0, sizeof *state);
}

/* ---- the header ------------------------------------------------------------------------------------------- */

static int is_missing(const char *text, size_t size)
{
    static const char *const words[] = {"", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (rd_csv_same(words[i], text, size)) return 1;
    return 0;
}

/* What can stand in a row of data: a number, a time, or nothing. */
static int is_datum(const char *text, size_t size)
{
    double value;
    int64_t time;
    rd_time_style style;
    return rd_csv_number(text, size, &value) || rd_time_read(text, size, &time, &style) || is_missing(text, size);
}

static int is_header(const rd_opening *opening, const rd_csv *csv)
{
    if (!rd_option_is(opening->options, RD_OPT_header, "auto"))
        return rd_option_is(opening->options, RD_OPT_header, "yes");
    for (size_t i = 0; i < csv->fields; i++) {
        size_t size;
        const char *text = rd_csv_text(csv, i, &size);
        if (!is_datum(text, size)) return 1;
    }
    return 0;
}

/* "c1", "c2" … for a file without names. */
static rondo_status name_columns(const rd_csv *csv, rd_csv *header, rondo_error *error)
{
    header->fields = csv->fields;
    header->line = csv->line;
    RD_TRY(rd_grow(&header->field, &header->room, csv->fields, sizeof *header->field, "a row", error));
    for (size_t i = 0; i < csv->fields; i++) {
        header->field[i] = csv->field[i];
        header->field[i].at = header->text.size;
        rd_text_format(&header->text, "c%zu", i + 1);
        header->field[i].size = header->text.size - header->field[i].at;
    }
    return rd_text_done(&header->text, error);
}

static rondo_status judge_names(const rd_csv *header, const rd_input *input, rondo_error *error)
{
    for (size_t i = 0; i < header->fields; i++) {
        size_t size;
        const char *text = rd_csv_text(header, i, &size);
        if (size == 0 && header->fields > 1)
            return rd_fail(error, RONDO_BAD_DATA, "%s:%zu:%zu: a column without a name", input->source->name,
                           header->field[i].line, header->field[i].column);
        if (rd_csv_column(header, text, size) < i)
            return rd_fail(error, RONDO_BAD_DATA, "%s:%zu:%zu: the column %s is there twice", input->source->name,
                           header->field[i].line, header->field[i].column, rd_quote_n(text, size).text);
    }
    return RONDO_OK;
}

/* Settles what the columns are; the first row of data stays in state->csv. */
static rondo_status read_header(rd_opening *opening, rd_series_state *state, rd_input *input, int *more, rondo_error *error)
{
    rd_csv header = {0};
    rondo_status status = rd_csv_row(&state->csv, input, more, error);
    if (status == RONDO_OK && *more) status = rd_csv_check(&state->csv, input, error);
    if (status != RONDO_OK || !*more) return status;
    if (is_header(opening, &state->csv)) {
        header = state->csv;
        state->csv = (rd_csv){.separator = header.separator};
        status = judge_names(&header, input, error);
        if (status == RONDO_OK) status = rd_csv_row(&state->csv, input, more, error);
    } else {
        status = name_columns(&state->csv, &header, error);
    }
    if (status == RONDO_OK && rd_series_set_of(opening)->values == 0)
        status = rd_series_choose_columns(opening, &header, *more ? &state->csv : NULL, input, error);
    if (status == RONDO_OK) status = rd_series_bind_columns(opening, state, &header, input, error);
    rd_csv_free(&header);
    return status;
}

/* ---- a row ------------------------------------------------------------------------------------------------ */

static int bad_number(rd_opening *opening, const rd_series_state *state, const rd_input *input, size_t i)
{
    static const char comma[] = "a number is written with a decimal point, as 1.5";
    const rd_csv_field *field = &state->csv.field[state->column[i]];
    size_t size;
    const char *text = rd_csv_text(&state->csv, state->column[i], &size);
    if (opening->bad.count == 0 && size && memchr(text, ',', size)) memcpy(opening->bad.hint, comma, sizeof comma);
    rd_bad_place(&opening->bad, "%s:%zu:%zu: expected a number in column %s, found %s (use --na skip|zero|prev)",
                 input->source->name, field->line, field->column, rd_quote(opening->corpus->columns[RD_X].name[i]).text,
                 rd_quote_n(text, size).text);
    return 0;
}

static int no_logarithm(rd_opening *opening, const rd_series_state *state, const rd_input *input, size_t i)
{
    const rd_csv_field *field = &state->csv.field[state->column[i]];
    size_t size;
    const char *text = rd_csv_text(&state->csv, state->column[i], &size);
    rd_bad_place(&opening->bad, "%s:%zu:%zu: expected a number above 0 in column %s (--transform log), found %s",
                 input->source->name, field->line, field->column, rd_quote(opening->corpus->columns[RD_X].name[i]).text,
                 rd_quote_n(text, size).text);
    return 0;
}

/* Fills state->row; 0 when a value is bad, which was noted. */
static int read_values(rd_opening *opening, rd_series_state *state, const rd_input *input, const rd_gathered *series)
{
    rd_series_set *set = rd_series_set_of(opening);
    for (size_t i = 0; i < set->values; i++) {
        size_t size;
        double value;
        const char *text = rd_csv_text(&state->csv, state->column[i], &size);
        if (rd_csv_number(text, size, &value) && isfinite((float)value)) {
            if (i < state->logs && (float)value <= 0) return no_logarithm(opening, state, input, i);
            state->row[i] = (float)value;
            continue;
        }
        if (state->missing == RD_MISSING_ERROR || (state->missing == RD_MISSING_PREV && !series->rows))
            return bad_number(opening, state, input, i);
        set->missing++;
        state->row[i] = state->missing == RD_MISSING_ZERO ? 0 : (float)NAN;
        if (state->missing == RD_MISSING_PREV) state->row[i] = series->value[(series->rows - 1) * set->values + i];
    }
    return 1;
}

/* 1 with the time of the row, on the clock of the first one; 0 when it is none, which was noted. Rows without times are
 * numbered. */
static int read_time(rd_opening *opening, const rd_series_state *state, const rd_input *input, const rd_gathered *series,
                     int64_t *time)
{
    rd_series_set *set = rd_series_set_of(opening);
    rd_time_style style;
    size_t size;
    *time = (int64_t)series->rows;
    if (state->time == SIZE_MAX) return 1;
    const char *text = rd_csv_text(&state->csv, state->time, &size);
    const rd_csv_field *field = &state->csv.field[state->time];
    const int first = set->style.between == 0;
    if (rd_time_read(text, size, time, &style) &&
        (first || (style.form == set->style.form && !*style.zone == !*set->style.zone))) {
        style.between = style.between ? style.between : ' ';
        if (first) set->style = style;
        *time += set->style.east - style.east;
        return 1;
    }
    rd_bad_place(&opening->bad, "%s:%zu:%zu: expected a time in column %s, found %s (%s)", input->source->name, field->line,
                 field->column, rd_quote(set->time_column).text, rd_quote_n(text, size).text,
                 first ? "as 2016-07-01 00:00, 1949-01, or seconds since 1970" : "it is written as no time before it");
    return 0;
}

static rondo_status judge_order(const rd_opening *opening, const rd_series_state *state, const rd_input *input,
                                const rd_gathered *series, int64_t time, rondo_error *error)
{
    size_t size;
    if (state->time == SIZE_MAX || series->rows == 0 || time > series->at[series->rows - 1].time) return RONDO_OK;
    const rd_stamp *before = &series->at[series->rows - 1];
    const char *text = rd_csv_text(&state->csv, state->time, &size);
    char last[40];
    rd_time_write(before->time, &rd_series_set_of(opening)->style, last);
    rd_fail(error, RONDO_BAD_DATA, "%s:%zu:%zu: the time %s %s that of %s:%zu (%s)", input->source->name, state->csv.line,
            state->csv.field[state->time].column, rd_quote_n(text, size).text,
            time == before->time ? "is again" : "comes before", series->file, before->line, last);
    if (state->group == SIZE_MAX) rd_hint(error, "--group COLUMN tells several series in one file apart");
    return RONDO_BAD_DATA;
}

/* ---- series ----------------------------------------------------------------------------------------------- */

static void enter(rd_series_state *state, size_t number)
{
    const char *name = state->series[number].name;
    size_t i = (size_t)rd_fnv1a(name, strlen(name)) & (state->slots - 1);
    while (state->slot[i])
        i = (i + 1) & (state->slots - 1);
    state->slot[i] = number + 1;
}

static rondo_status add_series(rd_series_state *state, const char *name, size_t size, rondo_error *error)
{
    RD_TRY(rd_grow(&state->series, &state->room, state->count + 1, sizeof *state->series, "series", error));
    rd_gathered *made = &state->series[state->count];
    *made = (rd_gathered){.rows = 0};
    RD_TRY(rd_alloc(size + 1, 1, "the name of a series", &made->name, error));
    memcpy(made->name, name, size);
    state->last = state->count++;
    if (state->count * 2 > state->slots) {
        const size_t slots = state->slots ? state->slots * 2 : 64;
        rd_free(state->slot);
        state->slot = NULL;
        state->slots = 0;
        RD_TRY(rd_alloc(slots, sizeof *state->slot, "names of series", &state->slot, error));
        state->slots = slots;
        for (size_t i = 0; i + 1 < state->count; i++)
            enter(state, i);
    }
    enter(state, state->last);
    return RONDO_OK;
}

/* Makes state->last the series of the row at hand. */
static rondo_status find_series(rd_series_state *state, rondo_error *error)
{
    size_t size = 0;
    const char *name = state->group == SIZE_MAX ? "" : rd_csv_text(&state->csv, state->group, &size);
    if (state->count && rd_csv_same(state->series[state->last].name, name, size)) return RONDO_OK;
    for (size_t i = state->slots ? (size_t)rd_fnv1a(name, size) & (state->slots - 1) : 0; state->slots && state->slot[i];
         i = (i + 1) & (state->slots - 1)) {
        state->last = state->slot[i] - 1;
        if (rd_csv_same(state->series[state->last].name, name, size)) return RONDO_OK;
    }
    return add_series(state, name, size, error);
}

static rondo_status one_row(rd_opening *opening, rd_series_state *state, const rd_input *input, rondo_error *error)
{
    const size_t values = rd_series_set_of(opening)->values;
    int64_t time;
    if (!rd_csv_sound(opening, &state->csv, state->columns, input)) return RONDO_OK;
    RD_TRY(find_series(state, error));
    rd_gathered *series = &state->series[state->last];
    if (!read_time(opening, state, input, series, &time) || !read_values(opening, state, input, series)) return RONDO_OK;
    RD_TRY(judge_order(opening, state, input, series, time, error));
    RD_TRY(rd_grow(&series->value, &series->value_room, (series->rows + 1) * values, sizeof *series->value, "a series", error));
    RD_TRY(rd_grow(&series->at, &series->at_room, series->rows + 1, sizeof *series->at, "a series", error));
    memcpy(series->value + series->rows * values, state->row, values * sizeof *series->value);
    series->at[series->rows++] = (rd_stamp){time, state->csv.line};
    series->history += (size_t)state->history;
    series->file = input->source->name;
    return RONDO_OK;
}

static rondo_status read_rows(rd_opening *opening, rd_series_state *state, rd_input *input, rondo_error *error)
{
    int more = 0;
    state->csv.separator = 0;
    RD_TRY(read_header(opening, state, input, &more, error));
    while (more) {
        RD_TRY(one_row(opening, state, input, error));
        RD_TRY(rd_csv_row(&state->csv, input, &more, error));
    }
    return RONDO_OK;
}

static rondo_status read_history(rd_opening *opening, rd_series_state *state, const char *path, rondo_error *error)
{
    rd_source source;
    rd_input input;
    RD_TRY(rd_source_path(path, &source, error));
    rondo_status status = rd_input_open(&source, opening->max_line, NULL, &input, error);
    if (status == RONDO_OK) {
        state->history = 1;
        status = read_rows(opening, state, &input, error);
        state->history = 0;
        rd_input_close(&input);
    }
    rd_source_close(&source);
    for (size_t i = 0; i < state->count; i++)
        state->series[i].file = path; /* the source is gone */
    return status;
}

static rondo_status begin_set(rd_opening *opening, rd_series_state *state, rondo_error *error)
{
    static const char *const words[] = {"error", "skip", "zero", "prev"};
    const char *path = rd_option_text(opening->options, RD_OPT_history);
    rd_series_set *set;
    RD_TRY(rd_alloc(1, sizeof *set, "series", &set, error));
    opening->corpus->series = set;
    set->window = (size_t)rd_option_integer(opening->options, RD_OPT_seq_len);
    set->horizon = (size_t)rd_option_integer(opening->options, RD_OPT_horizon);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (rd_option_is(opening->options, RD_OPT_na, words[i])) state->missing = (rd_missing)i;
    if (state->missing == RD_MISSING_ZERO && rd_option_is(opening->options, RD_OPT_transform, "log"))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "--na zero does not go with --transform log: 0 has no logarithm");
    return *path ? read_history(opening, state, path, error) : RONDO_OK;
}

rondo_status rd_series_read(rd_opening *opening, rd_input *input, rondo_error *error)
{
    rd_series_state *state = opening->state;
    if (!rd_series_set_of(opening)) RD_TRY(begin_set(opening, state, error));
    return read_rows(opening, state, input, error);
}
