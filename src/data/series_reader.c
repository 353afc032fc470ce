/* Time series from CSV files. Rows are gathered series by series, in memory, until the last file was read: only then is
 * the step between them known, and with it where rows are missing. Files continue each other, group by group; those of
 * --history come first and are looked back into, never forecast. */
#include "data/csv_columns.h"
#include "data/readers.h"
#include "data/series.h"

#include "base/hash.h"
#include "base/memory.h"
#include "base/size.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

typedef enum rd_missing { MISSING_ERROR = 0, MISSING_SKIP, MISSING_ZERO, MISSING_PREV } rd_missing;

typedef struct stamp { /* of a row */
    int64_t time;
    size_t line;
} stamp;

typedef struct gathered { /* the rows of one series as they stood in the files */
    char *name;    /* owned */
    float *value;  /* [rows][values] owned; NaN: left out */
    stamp *at;     /* [rows] owned */
    size_t rows, history, value_room, at_room;
    const char *file; /* of the last row */
} gathered;

typedef struct series_state {
    rd_csv csv;
    size_t columns;  /* of the file at hand */
    size_t *column;  /* [values] numbers of the columns that are read */
    size_t column_room, time, group; /* SIZE_MAX: none */
    float *row;      /* [values] */
    size_t row_room;
    gathered *series;
    size_t count, room, last; /* last: that of the row before */
    size_t *slot;    /* open table of series by the hash of their names, 1 + number */
    size_t slots;
    size_t logs;     /* of the values the first so many must have logarithms */
    int history;     /* 1: in the files of --history */
    rd_missing missing;
} series_state;
_Static_assert(sizeof(series_state) <= RD_SERIES_STATE, "the reader's state is larger than its row says");

void rd_series_read_clear(void *memory)
{
    series_state *state = memory;
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

static rd_series_set *set_of(const rd_opening *opening)
{
    return opening->corpus->series;
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

/* ---- columns ---------------------------------------------------------------------------------------------- */

/* The column of times: that of --time, else the first whose first value is a date. */
static rondo_status find_time(rd_opening *opening, const rd_csv *header, const rd_csv *first, const rd_input *input,
                              rondo_error *error)
{
    rd_series_set *set = set_of(opening);
    const char *name = rd_option_text(opening->options, RD_OPT_time);
    size_t size = strlen(name), found = rd_csv_column(header, name, size);
    if (size && found == SIZE_MAX) return rd_csv_no_column(header, input, name, size, error);
    for (size_t i = 0; !size && found == SIZE_MAX && first && i < first->fields && i < header->fields; i++) {
        double value;
        int64_t time;
        rd_time_style style;
        size_t length;
        const char *text = rd_csv_text(first, i, &length);
        if (!rd_csv_number(text, length, &value) && rd_time_read(text, length, &time, &style)) found = i;
    }
    set->timed = found != SIZE_MAX;
    if (!set->timed) return RONDO_OK;
    name = rd_csv_text(header, found, &size);
    RD_TRY(rd_alloc(size + 1, 1, "the name of a column", &set->time_column, error));
    memcpy(set->time_column, name, size);
    return RONDO_OK;
}

/* 1 when column i may be taken without being named: numbers, and neither time nor group. */
static int is_free(const rd_opening *opening, const rd_csv *header, const rd_csv *first, size_t i)
{
    double value;
    size_t size, length;
    const char *name = rd_csv_text(header, i, &size), *time = set_of(opening)->time_column;
    if (!first || i >= first->fields || (time && rd_csv_same(time, name, size))) return 0;
    if (rd_csv_same(rd_option_text(opening->options, RD_OPT_group), name, size)) return 0;
    const char *text = rd_csv_text(first, i, &length);
    return rd_csv_number(text, length, &value);
}

static rondo_status add_free(rd_opening *opening, const rd_csv *header, const rd_csv *first, rd_columns *columns,
                             rondo_error *error)
{
    for (size_t i = 0; i < header->fields; i++) {
        size_t size;
        const char *name = rd_csv_text(header, i, &size);
        if (is_free(opening, header, first, i) && !rd_columns_hold(columns, name, size))
            RD_TRY(rd_columns_add(columns, name, size, error));
    }
    return RONDO_OK;
}

/* The targets first, then the other inputs, then features of the time. */
static rondo_status choose_inputs(rd_opening *opening, const rd_csv *header, const rd_csv *first, const rd_input *input,
                                  rondo_error *error)
{
    rd_columns *x = &opening->corpus->columns[RD_X], listed = {0};
    const rd_columns *y = &opening->corpus->columns[RD_Y];
    const char *inputs = rd_option_text(opening->options, RD_OPT_inputs);
    for (size_t i = 0; i < y->count; i++)
        RD_TRY(rd_columns_add(x, y->name[i], strlen(y->name[i]), error));
    rondo_status status = rd_csv_listed(header, input, inputs, &listed, error);
    for (size_t i = 0; i < listed.count && status == RONDO_OK; i++)
        if (!rd_columns_hold(x, listed.name[i], strlen(listed.name[i])))
            status = rd_columns_add(x, listed.name[i], strlen(listed.name[i]), error);
    for (size_t i = 0; i < listed.count; i++)
        rd_free(listed.name[i]);
    rd_free(listed.name);
    RD_TRY(status);
    if (!*inputs) RD_TRY(add_free(opening, header, first, x, error));
    set_of(opening)->values = x->count;
    for (size_t i = 0; i < RD_TIME_FEATURES && rd_option_flag(opening->options, RD_OPT_time_features); i++)
        RD_TRY(rd_columns_add(x, rd_time_feature_names[i], strlen(rd_time_feature_names[i]), error));
    return RONDO_OK;
}

static rondo_status choose_columns(rd_opening *opening, const rd_csv *header, const rd_csv *first, const rd_input *input,
                                   rondo_error *error)
{
    rd_corpus *corpus = opening->corpus;
    const char *group = rd_option_text(opening->options, RD_OPT_group);
    RD_TRY(find_time(opening, header, first, input, error));
    if (rd_option_flag(opening->options, RD_OPT_time_features) && !set_of(opening)->timed)
        return rd_fail(error, RONDO_BAD_DATA, "%s:%zu: --time-features needs a column of times (--time COLUMN)",
                       input->source->name, header->line);
    RD_TRY(rd_csv_listed(header, input, rd_option_text(opening->options, RD_OPT_target), &corpus->columns[RD_Y], error));
    if (corpus->columns[RD_Y].count == 0) RD_TRY(add_free(opening, header, first, &corpus->columns[RD_Y], error));
    if (corpus->columns[RD_Y].count == 0)
        return rd_fail(error, RONDO_BAD_DATA, "%s:%zu: no column of numbers to forecast (--target COLUMN names one)",
                       input->source->name, header->line);
    RD_TRY(choose_inputs(opening, header, first, input, error));
    for (size_t i = 0; i < header->fields; i++) {
        size_t size;
        const char *name = rd_csv_text(header, i, &size), *time = set_of(opening)->time_column;
        if (!rd_columns_hold(&corpus->columns[RD_X], name, size) && !rd_csv_same(group, name, size) &&
            !(time && rd_csv_same(time, name, size)))
            RD_TRY(rd_columns_add(&corpus->unused, name, size, error));
    }
    RD_TRY(rd_corpus_numbers(corpus, RD_X, corpus->columns[RD_X].count, error));
    return rd_corpus_numbers(corpus, RD_Y, corpus->columns[RD_Y].count, error);
}

static rondo_status bind_columns(rd_opening *opening, series_state *state, const rd_csv *header, const rd_input *input,
                                 rondo_error *error)
{
    const rd_series_set *set = set_of(opening);
    const char *group = rd_option_text(opening->options, RD_OPT_group), *time = set->time_column;
    RD_TRY(rd_grow(&state->column, &state->column_room, set->values, sizeof *state->column, "columns", error));
    RD_TRY(rd_grow(&state->row, &state->row_room, set->values, sizeof *state->row, "a row", error));
    for (size_t i = 0; i < set->values; i++) {
        const char *name = opening->corpus->columns[RD_X].name[i];
        state->column[i] = rd_csv_column(header, name, strlen(name));
        if (state->column[i] == SIZE_MAX) return rd_csv_no_column(header, input, name, strlen(name), error);
    }
    state->time = time ? rd_csv_column(header, time, strlen(time)) : SIZE_MAX;
    state->group = *group ? rd_csv_column(header, group, strlen(group)) : SIZE_MAX;
    if (time && state->time == SIZE_MAX) return rd_csv_no_column(header, input, time, strlen(time), error);
    if (*group && state->group == SIZE_MAX) return rd_csv_no_column(header, input, group, strlen(group), error);
    state->columns = header->fields;
    state->logs = rd_option_is(opening->options, RD_OPT_transform, "log") ? opening->corpus->columns[RD_Y].count : 0;
    return RONDO_OK;
}

/* Settles what the columns are; the first row of data stays in state->csv. */
static rondo_status read_header(rd_opening *opening, series_state *state, rd_input *input, int *more, rondo_error *error)
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
    if (status == RONDO_OK && set_of(opening)->values == 0)
        status = choose_columns(opening, &header, *more ? &state->csv : NULL, input, error);
    if (status == RONDO_OK) status = bind_columns(opening, state, &header, input, error);
    rd_csv_free(&header);
    return status;
}

/* ---- a row ------------------------------------------------------------------------------------------------ */

static int bad_number(rd_opening *opening, const series_state *state, const rd_input *input, size_t i)
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

static int no_logarithm(rd_opening *opening, const series_state *state, const rd_input *input, size_t i)
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
static int read_values(rd_opening *opening, series_state *state, const rd_input *input, const gathered *series)
{
    rd_series_set *set = set_of(opening);
    for (size_t i = 0; i < set->values; i++) {
        size_t size;
        double value;
        const char *text = rd_csv_text(&state->csv, state->column[i], &size);
        if (rd_csv_number(text, size, &value) && isfinite((float)value)) {
            if (i < state->logs && (float)value <= 0) return no_logarithm(opening, state, input, i);
            state->row[i] = (float)value;
            continue;
        }
        if (state->missing == MISSING_ERROR || (state->missing == MISSING_PREV && !series->rows))
            return bad_number(opening, state, input, i);
        set->missing++;
        state->row[i] = state->missing == MISSING_ZERO ? 0 : (float)NAN;
        if (state->missing == MISSING_PREV) state->row[i] = series->value[(series->rows - 1) * set->values + i];
    }
    return 1;
}

/* 1 with the time of the row; 0 when it is none, which was noted. Rows without times are numbered. */
static int read_time(rd_opening *opening, const series_state *state, const rd_input *input, const gathered *series,
                     int64_t *time)
{
    rd_series_set *set = set_of(opening);
    rd_time_style style;
    size_t size;
    *time = (int64_t)series->rows;
    if (state->time == SIZE_MAX) return 1;
    const char *text = rd_csv_text(&state->csv, state->time, &size);
    const rd_csv_field *field = &state->csv.field[state->time];
    const int first = set->style.between == 0;
    if (rd_time_read(text, size, time, &style) && (first || style.form == set->style.form)) {
        style.between = style.between ? style.between : ' ';
        if (first) set->style = style;
        return 1;
    }
    rd_bad_place(&opening->bad, "%s:%zu:%zu: expected a time in column %s, found %s (%s)", input->source->name, field->line,
                 field->column, rd_quote(set->time_column).text, rd_quote_n(text, size).text,
                 first ? "as 2016-07-01 00:00, 1949-01, or seconds since 1970" : "it is written as no time before it");
    return 0;
}

static rondo_status judge_order(const rd_opening *opening, const series_state *state, const rd_input *input,
                                const gathered *series, int64_t time, rondo_error *error)
{
    size_t size;
    if (state->time == SIZE_MAX || series->rows == 0 || time > series->at[series->rows - 1].time) return RONDO_OK;
    const stamp *before = &series->at[series->rows - 1];
    const char *text = rd_csv_text(&state->csv, state->time, &size);
    char last[40];
    rd_time_write(before->time, &set_of(opening)->style, last);
    rd_fail(error, RONDO_BAD_DATA, "%s:%zu:%zu: the time %s %s that of %s:%zu (%s)", input->source->name, state->csv.line,
            state->csv.field[state->time].column, rd_quote_n(text, size).text,
            time == before->time ? "is again" : "comes before", series->file, before->line, last);
    if (state->group == SIZE_MAX) rd_hint(error, "--group COLUMN tells several series in one file apart");
    return RONDO_BAD_DATA;
}

/* ---- series ----------------------------------------------------------------------------------------------- */

static void enter(series_state *state, size_t number)
{
    const char *name = state->series[number].name;
    size_t i = (size_t)rd_fnv1a(name, strlen(name)) & (state->slots - 1);
    while (state->slot[i])
        i = (i + 1) & (state->slots - 1);
    state->slot[i] = number + 1;
}

static rondo_status add_series(series_state *state, const char *name, size_t size, rondo_error *error)
{
    RD_TRY(rd_grow(&state->series, &state->room, state->count + 1, sizeof *state->series, "series", error));
    gathered *made = &state->series[state->count];
    *made = (gathered){.rows = 0};
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
static rondo_status find_series(series_state *state, rondo_error *error)
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

static rondo_status one_row(rd_opening *opening, series_state *state, const rd_input *input, rondo_error *error)
{
    const size_t values = set_of(opening)->values;
    int64_t time;
    if (state->csv.broken || state->csv.fields != state->columns) {
        if (state->csv.broken)
            rd_bad_place(&opening->bad, "%s:%zu:%zu: %s", input->source->name, state->csv.broken_line,
                         state->csv.broken_column, state->csv.broken);
        else
            rd_bad_place(&opening->bad, "%s:%zu:1: expected %zu columns, found %zu", input->source->name, state->csv.line,
                         state->columns, state->csv.fields);
        return RONDO_OK;
    }
    RD_TRY(find_series(state, error));
    gathered *series = &state->series[state->last];
    if (!read_time(opening, state, input, series, &time) || !read_values(opening, state, input, series)) return RONDO_OK;
    RD_TRY(judge_order(opening, state, input, series, time, error));
    RD_TRY(rd_grow(&series->value, &series->value_room, (series->rows + 1) * values, sizeof *series->value, "a series", error));
    RD_TRY(rd_grow(&series->at, &series->at_room, series->rows + 1, sizeof *series->at, "a series", error));
    memcpy(series->value + series->rows * values, state->row, values * sizeof *series->value);
    series->at[series->rows++] = (stamp){time, state->csv.line};
    series->history += (size_t)state->history;
    series->file = input->source->name;
    return RONDO_OK;
}

static rondo_status read_rows(rd_opening *opening, series_state *state, rd_input *input, rondo_error *error)
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

static rondo_status read_history(rd_opening *opening, series_state *state, const char *path, rondo_error *error)
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

static rondo_status begin_set(rd_opening *opening, series_state *state, rondo_error *error)
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
    if (state->missing == MISSING_ZERO && rd_option_is(opening->options, RD_OPT_transform, "log"))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "--na zero does not go with --transform log: 0 has no logarithm");
    return *path ? read_history(opening, state, path, error) : RONDO_OK;
}

rondo_status rd_series_read(rd_opening *opening, rd_input *input, rondo_error *error)
{
    series_state *state = opening->state;
    if (!set_of(opening)) RD_TRY(begin_set(opening, state, error));
    return read_rows(opening, state, input, error);
}

/* ---- after the last file ---------------------------------------------------------------------------------- */

static rondo_status other_step(const rd_opening *opening, rd_step found, rd_step asked, rondo_error *error)
{
    char here[48], there[48];
    rd_step_name(found, here);
    rd_step_name(asked, there);
    return rd_fail(error, RONDO_BAD_DATA, "%s: rows are %s, those of the model or of --frequency are %s",
                   opening->corpus->file[0].name, here, there);
}

/* The step of the longest series, which must be that of --frequency (a model knows its own). */
static rondo_status find_step(rd_opening *opening, const series_state *state, rondo_error *error)
{
    rd_series_set *set = set_of(opening);
    const char *asked = rd_option_text(opening->options, RD_OPT_frequency);
    const gathered *longest = &state->series[0];
    int64_t *time = NULL;
    if (*asked && !rd_step_read(asked, &set->step))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "--frequency: expected a step as 15min, 1h, 1d, 1w, 1mo, 1y, found %s",
                       rd_quote(asked).text);
    if (!set->timed) return RONDO_OK;
    for (size_t i = 1; i < state->count; i++)
        if (state->series[i].rows > longest->rows) longest = &state->series[i];
    RD_TRY(rd_alloc(longest->rows, sizeof *time, "times", &time, error));
    for (size_t i = 0; i < longest->rows; i++)
        time[i] = longest->at[i].time;
    const rd_step found = rd_step_find(time, longest->rows);
    rd_free(time);
    if (!*asked) set->step = found;
    const int same = found.months == set->step.months && found.milliseconds == set->step.milliseconds;
    return longest->rows < 2 || same ? RONDO_OK : other_step(opening, found, set->step, error);
}

/* Rows that are missing before row i of a series. */
static rondo_status gap_before(const rd_series_set *set, const gathered *series, size_t i, int64_t *gap, rondo_error *error)
{
    enum { MOST = 100000 };
    char step[48], time[40];
    *gap = 0;
    if (!set->timed || i == 0) return RONDO_OK;
    const int64_t steps = rd_steps_between(series->at[i - 1].time, series->at[i].time, set->step);
    *gap = steps - 1;
    if (steps >= 1 && *gap <= MOST) return RONDO_OK;
    rd_step_name(set->step, step);
    rd_time_write(series->at[i].time, &set->style, time);
    if (steps < 1)
        rd_fail(error, RONDO_BAD_DATA, "%s:%zu: the time %s does not stand at a step of the series, which is %s",
                series->file, series->at[i].line, time, step);
    else
        rd_fail(error, RONDO_BAD_DATA, "%s:%zu: %lld rows are missing before the time %s of a series that is %s",
                series->file, series->at[i].line, (long long)*gap, time, step);
    rd_hint(error, "--frequency says which step it is; --group tells several series apart");
    return RONDO_BAD_DATA;
}

/* One row into the stores. `shown`: the last value of each column that was there, brought up to date. */
static rondo_status store_row(rd_opening *opening, int64_t time, const float *value, float *shown, float *row,
                              rondo_error *error)
{
    rd_corpus *corpus = opening->corpus;
    const size_t values = set_of(opening)->values;
    for (size_t i = 0; i < values; i++)
        if (!isnan(value[i])) shown[i] = value[i];
    memcpy(row, shown, values * sizeof *row);
    if (corpus->width[RD_X] > values) rd_time_features(time, row + values);
    RD_TRY(rd_store_add(corpus->values[RD_X], row, 1, error));
    memcpy(row, value, corpus->width[RD_Y] * sizeof *row);
    corpus->rows++;
    return rd_store_add(corpus->values[RD_Y], row, 1, error);
}

/* The first value of each column, for rows that stand before it. */
static void first_values(const gathered *series, size_t values, float *shown)
{
    for (size_t i = 0; i < values; i++) {
        shown[i] = 0;
        for (size_t r = 0; r < series->rows; r++)
            if (!isnan(series->value[r * values + i])) {
                shown[i] = series->value[r * values + i];
                break;
            }
    }
}

static rondo_status store_series(rd_opening *opening, const series_state *state, size_t which, float *room, rondo_error *error)
{
    rd_series_set *set = set_of(opening);
    const gathered *from = &state->series[which];
    rd_series *to = &set->series[which];
    const size_t values = set->values, width = opening->corpus->width[RD_X];
    float *shown = room, *row = room + width, *gap = room + 2 * width;
    to->first = opening->corpus->rows;
    first_values(from, values, shown);
    RD_TRY(rd_opening_record(opening, from->at[0].line, error));
    for (size_t i = 0; i < from->rows; i++) {
        int64_t missing;
        RD_TRY(gap_before(set, from, i, &missing, error));
        for (size_t k = 0; k < values; k++)
            gap[k] = state->missing == MISSING_ZERO ? 0 : state->missing == MISSING_SKIP ? (float)NAN : shown[k];
        for (int64_t k = 0; k < missing; k++)
            RD_TRY(store_row(opening, rd_step_after(from->at[i - 1].time, set->step, k + 1), gap, shown, row, error));
        RD_TRY(store_row(opening, from->at[i].time, from->value + i * values, shown, row, error));
        set->gaps += missing > 0;
        set->filled += (uint64_t)missing;
        if (i + 1 == from->history) to->history = opening->corpus->rows - to->first;
    }
    to->rows = opening->corpus->rows - to->first;
    to->begin = from->at[0].time;
    to->end = from->at[from->rows - 1].time;
    return RONDO_OK;
}

static rondo_status store_all(rd_opening *opening, series_state *state, rondo_error *error)
{
    rd_series_set *set = set_of(opening);
    float *room = NULL;
    RD_TRY(find_step(opening, state, error));
    RD_TRY(rd_grow(&set->series, &set->room, state->count, sizeof *set->series, "series", error));
    memset(set->series, 0, state->count * sizeof *set->series);
    RD_TRY(rd_alloc(3 * opening->corpus->width[RD_X], sizeof *room, "a row", &room, error));
    rondo_status status = RONDO_OK;
    for (size_t i = 0; i < state->count && status == RONDO_OK; i++) {
        set->series[i].name = state->series[i].name; /* taken over */
        state->series[i].name = NULL;
        set->count++;
        status = store_series(opening, state, i, room, error);
    }
    rd_free(room);
    rd_series_settle(set);
    return status;
}

rondo_status rd_series_end(rd_opening *opening, rondo_error *error)
{
    series_state *state = opening->state;
    size_t kept = 0;
    for (size_t i = 0; i < state->count; i++) { /* a series whose rows were all bad is none */
        gathered whole = state->series[i];
        state->series[i] = state->series[kept];
        state->series[kept] = whole;
        kept += whole.rows > 0;
    }
    for (size_t i = kept; i < state->count; i++)
        rd_free(state->series[i].name);
    state->count = kept;
    return kept ? store_all(opening, state, error) : RONDO_OK;
}
