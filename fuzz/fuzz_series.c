/* The reader of time series on any bytes; the first two say the options. What is accepted: windows that lie in one series each,
 * numbers in every input, the same again from a second reading. */
#include "harness.h"

#include "data/series.h"

static rondo_options *choose(uint8_t bits, uint8_t more)
{
    static const char *const fills[] = {"error", "skip", "zero", "prev"}, *const headers[] = {"auto", "yes", "no", "auto"};
    rondo_options *options = record_options("csv", bits);
    must_set(options, "na", fills[bits & 3]);
    must_set(options, "header", headers[bits >> 2 & 3]);
    must_set(options, "group", bits & 16 ? "g" : "");
    must_set(options, "time-features", bits & 32 ? "on" : "off");
    must_set(options, "seq-len", more & 1 ? "3" : "1");
    must_set(options, "horizon", more & 2 ? "2" : "1");
    must_set(options, "time", more & 4 ? "t" : "");
    must_set(options, "target", more & 8 ? "a" : "");
    must_set(options, "inputs", more & 16 ? "a,b" : "");
    must_set(options, "frequency", more & 32 ? "1d" : more & 64 ? "1mo" : "");
    return options;
}

/* The series that holds row `row`. */
static size_t series_of(const rd_series_set *set, uint64_t row)
{
    for (size_t i = 0; i < set->count; i++)
        if (row >= set->series[i].first && row - set->series[i].first < set->series[i].rows) return i;
    must(0, "a row of no series");
    return 0;
}

static void check_windows(const rondo_data *data)
{
    const rd_series_set *set = data->corpus->series;
    uint64_t rows = 0;
    for (size_t i = 0; i < set->count; i++)
        rows += set->series[i].rows;
    must(rows == data->corpus->rows, "series do not cover the rows");
    for (uint64_t k = 0; k < rd_data_count(data); k++) {
        rd_rows x, y;
        must(rd_data_rows(data, k, RD_X, &x, NULL) == RONDO_OK && rd_data_rows(data, k, RD_Y, &y, NULL) == RONDO_OK, "a window cannot be read");
        must(x.count == set->window && y.count == set->horizon && y.first == x.first + x.count, "a window of another shape");
        must(series_of(set, x.first) == series_of(set, y.first + y.count - 1), "a window lies in two series");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) return 0;
    rondo_options *options = choose(data[0], data[1]);
    rondo_data *opened = NULL, *again = NULL;
    rondo_error error = {0};
    const char *text = (const char *)data + 2;
    rondo_status status = rd_data_open_memory(options, "forecast", (rd_known){0}, "in", text, size - 2, &opened, &error);
    judge_opening(status, opened, &error);
    if (opened) {
        check_windows(opened);
        uint64_t rows, windows;
        walk_batches(opened, options, &rows, &windows);
        must(windows == rd_data_count(opened), "windows are lost");
        must(rondo_data_describe(opened, NULL, size & 1, ignore, NULL, &error) == RONDO_OK, "not described");
        must(rd_data_open_memory(options, "forecast", (rd_known){0}, "in", text, size - 2, &again, NULL) == RONDO_OK, "not read again");
        must(rd_data_count(again) == rd_data_count(opened) && again->corpus->rows == opened->corpus->rows, "the second reading differs");
    }
    rondo_data_free(opened);
    rondo_data_free(again);
    rondo_options_free(options);
    return 0;
}
