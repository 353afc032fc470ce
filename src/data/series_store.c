/* After the last file of time series: the step between rows, rows that are missing, and everything into the stores, series by series. */
#include "data/series_gathered.h"

#include "base/memory.h"
#include "base/size.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static rondo_status other_step(const rd_opening *opening, rd_step found, rd_step asked, rondo_error *error)
{
    char here[48], there[48];
    rd_step_name(found, here);
    rd_step_name(asked, there);
    return rd_fail(error, RONDO_BAD_DATA, "%s: rows are %s, those of the model or of --frequency are %s",
                   opening->corpus->file[0].name, here, there);
}

/* The step of the longest series, which must be that of --frequency (a model knows its own). */
static rondo_status find_step(rd_opening *opening, const rd_series_state *state, rondo_error *error)
{
    rd_series_set *set = rd_series_set_of(opening);
    const char *asked = rd_option_text(opening->options, RD_OPT_frequency);
    const rd_gathered *longest = &state->series[0];
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

/* Rows that are missing before row i of a series, `read` rows having been read. In all there may be 100,000, and 10 for each
 * that was read: a step far too short for its rows would fill the disk. */
static rondo_status gap_before(const rd_series_set *set, const rd_gathered *series, size_t i, uint64_t read, int64_t *gap,
                               rondo_error *error)
{
    enum { MOST = 100000, MOST_A_ROW = 10 };
    char step[48], time[40];
    *gap = 0;
    if (!set->timed || i == 0) return RONDO_OK;
    const int64_t steps = rd_steps_between(series->at[i - 1].time, series->at[i].time, set->step);
    *gap = steps - 1;
    if (steps >= 1 && set->filled + (uint64_t)*gap <= MOST + MOST_A_ROW * read) return RONDO_OK;
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
    const size_t values = rd_series_set_of(opening)->values;
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
static void first_values(const rd_gathered *series, size_t values, float *shown)
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

static rondo_status store_series(rd_opening *opening, const rd_series_state *state, size_t which, float *room, rondo_error *error)
{
    rd_series_set *set = rd_series_set_of(opening);
    const rd_gathered *from = &state->series[which];
    rd_series *to = &set->series[which];
    const size_t values = set->values, width = opening->corpus->width[RD_X];
    float *shown = room, *row = room + width, *gap = room + 2 * width;
    to->first = opening->corpus->rows;
    first_values(from, values, shown);
    RD_TRY(rd_opening_record(opening, from->at[0].line, error));
    for (size_t i = 0; i < from->rows; i++) {
        int64_t missing;
        RD_TRY(gap_before(set, from, i, opening->corpus->rows - set->filled, &missing, error));
        for (size_t k = 0; k < values; k++)
            gap[k] = state->missing == RD_MISSING_ZERO ? 0 : state->missing == RD_MISSING_SKIP ? (float)NAN : shown[k];
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

static rondo_status store_all(rd_opening *opening, rd_series_state *state, rondo_error *error)
{
    rd_series_set *set = rd_series_set_of(opening);
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
    rd_series_state *state = opening->state;
    size_t kept = 0;
    for (size_t i = 0; i < state->count; i++) { /* a series whose rows were all bad is none */
        rd_gathered whole = state->series[i];
        state->series[i] = state->series[kept];
        state->series[kept] = whole;
        kept += whole.rows > 0;
    }
    for (size_t i = kept; i < state->count; i++)
        rd_free(state->series[i].name);
    state->count = kept;
    return kept ? store_all(opening, state, error) : RONDO_OK;
}
