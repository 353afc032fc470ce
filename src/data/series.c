/* Arithmetic of windows: which rows a sample has is computed, never stored. */
#include "data/series.h"

#include "base/memory.h"
#include "base/size.h"

#include <inttypes.h>
#include <math.h>

void rd_series_free(rd_series_set *set)
{
    if (!set) return;
    for (size_t i = 0; i < set->count; i++)
        rd_free(set->series[i].name);
    rd_free(set->series);
    rd_free(set->time_column);
    rd_free(set);
}

/* Rows before the input of the first sample: its targets may not be history. */
static uint64_t skipped(const rd_series_set *set, const rd_series *series)
{
    return series->history > set->window ? series->history - set->window : 0;
}

static uint64_t samples_of(const rd_series_set *set, const rd_series *series)
{
    const uint64_t needed = skipped(set, series) + set->window + set->horizon;
    return series->rows >= needed ? series->rows - needed + 1 : 0;
}

void rd_series_settle(rd_series_set *set)
{
    set->samples = 0;
    for (size_t i = 0; i < set->count; i++) {
        set->series[i].before = set->samples;
        set->samples += samples_of(set, &set->series[i]);
    }
}

uint64_t rd_series_sample(const rd_series_set *set, uint64_t number, size_t *which)
{
    size_t low = 0, high = set->count;
    while (high - low > 1) { /* the last series that begins at or before the sample */
        const size_t middle = low + (high - low) / 2;
        if (set->series[middle].before <= number)
            low = middle;
        else
            high = middle;
    }
    while (low > 0 && samples_of(set, &set->series[low]) == 0)
        low--; /* series without samples begin where the next one does */
    *which = low;
    const rd_series *series = &set->series[low];
    return series->first + skipped(set, series) + (number - series->before);
}

/* ---- cutting by position ---------------------------------------------------------------------------------- */

static uint64_t held_rows(const rd_series_set *set, const rd_series *series, double share)
{
    const double rows = floor((double)(series->rows - series->history) * share + 0.5);
    return rows > (double)set->horizon ? (uint64_t)rows : set->horizon;
}

rondo_status rd_series_cut(const rondo_data *data, double share, rd_store *train, rd_store *valid, rondo_error *error)
{
    const rd_series_set *set = data->corpus->series;
    for (uint64_t k = 0; k < data->count; k++) {
        uint64_t number = data->first + k;
        size_t which;
        if (data->pick) RD_TRY(rd_store_read(data->pick, data->first + k, 1, &number, error));
        const uint64_t target = rd_series_sample(set, number, &which) + set->window;
        const rd_series *series = &set->series[which];
        const uint64_t held = held_rows(set, series, share), end = series->first + series->rows;
        const uint64_t cut = held < series->rows ? end - held : series->first;
        if (target >= cut)
            RD_TRY(rd_store_add(valid, &number, 1, error));
        else if (target + set->horizon <= cut)
            RD_TRY(rd_store_add(train, &number, 1, error));
    }
    if (rd_store_count(train) > 0 && rd_store_count(valid) > 0) return RONDO_OK;
    rd_fail(error, RONDO_BAD_DATA,
            "%s: no window is left for %s: %" PRIu64 " rows, windows of %zu rows (--seq-len) and %zu steps (--horizon)",
            rd_data_name(data, 0), rd_store_count(train) ? "validation" : "training", data->corpus->rows, set->window,
            set->horizon);
    rd_hint(error, "a smaller --seq-len, another --val-frac, or --val-frac 0");
    return RONDO_BAD_DATA;
}

rondo_status rd_series_covered(const rondo_data *data, rd_covered *covered, rondo_error *error)
{
    const rd_series_set *set = data->corpus->series;
    for (size_t i = 0; i < set->count; i++)
        covered[i] = (rd_covered){UINT64_MAX, 0};
    for (uint64_t k = 0; k < data->count; k++) {
        uint64_t number = data->first + k;
        size_t which;
        if (data->pick) RD_TRY(rd_store_read(data->pick, data->first + k, 1, &number, error));
        const uint64_t first = rd_series_sample(set, number, &which), end = first + set->window + set->horizon;
        covered[which].first = first < covered[which].first ? first : covered[which].first;
        covered[which].end = end > covered[which].end ? end : covered[which].end;
    }
    for (size_t i = 0; i < set->count; i++)
        if (covered[i].end == 0) covered[i].first = 0;
    return RONDO_OK;
}
