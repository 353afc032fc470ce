/* Columns of time series: the time, what is forecast, what is read besides, by name or by what stands in them. */
#include "data/series_gathered.h"

#include "base/memory.h"

#include <string.h>

/* The column of times: that of --time, else the first whose first value is a date. */
static rondo_status find_time(rd_opening *opening, const rd_csv *header, const rd_csv *first, const rd_input *input,
                              rondo_error *error)
{
    rd_series_set *set = rd_series_set_of(opening);
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
    const char *name = rd_csv_text(header, i, &size), *time = rd_series_set_of(opening)->time_column;
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
    rd_series_set_of(opening)->values = x->count;
    for (size_t i = 0; i < RD_TIME_FEATURES && rd_option_flag(opening->options, RD_OPT_time_features); i++)
        RD_TRY(rd_columns_add(x, rd_time_feature_names[i], strlen(rd_time_feature_names[i]), error));
    return RONDO_OK;
}

rondo_status rd_series_choose_columns(rd_opening *opening, const rd_csv *header, const rd_csv *first, const rd_input *input,
                                      rondo_error *error)
{
    rd_corpus *corpus = opening->corpus;
    const char *group = rd_option_text(opening->options, RD_OPT_group);
    RD_TRY(find_time(opening, header, first, input, error));
    if (rd_option_flag(opening->options, RD_OPT_time_features) && !rd_series_set_of(opening)->timed)
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
        const char *name = rd_csv_text(header, i, &size), *time = rd_series_set_of(opening)->time_column;
        if (!rd_columns_hold(&corpus->columns[RD_X], name, size) && !rd_csv_same(group, name, size) &&
            !(time && rd_csv_same(time, name, size)))
            RD_TRY(rd_columns_add(&corpus->unused, name, size, error));
    }
    RD_TRY(rd_corpus_numbers(corpus, RD_X, corpus->columns[RD_X].count, error));
    return rd_corpus_numbers(corpus, RD_Y, corpus->columns[RD_Y].count, error);
}

rondo_status rd_series_bind_columns(rd_opening *opening, rd_series_state *state, const rd_csv *header, const rd_input *input,
                                    rondo_error *error)
{
    const rd_series_set *set = rd_series_set_of(opening);
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
