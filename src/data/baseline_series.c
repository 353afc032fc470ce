/* Looking back, and nothing else. */
#include "data/baseline_series.h"

#include <math.h>

static rd_real at(rd_series_view series, size_t i)
{
    return series.y[i * series.stride];
}

rd_real rd_naive_last(rd_series_view past)
{
    for (size_t i = past.count; i > 0; i--)
        if (!isnan(at(past, i - 1))) return at(past, i - 1);
    return (rd_real)NAN;
}

rd_real rd_naive_seasonal(rd_series_view past, size_t season, size_t ahead)
{
    /* `back` steps before the end stands the latest row at the same place of the season */
    size_t back = season - (ahead - 1) % season;
    for (; back <= past.count; back += season)
        if (!isnan(at(past, past.count - back))) return at(past, past.count - back);
    return rd_naive_last(past);
}

double rd_seasonal_error(rd_series_view series, size_t season)
{
    double sum = 0, pairs = 0;
    for (size_t i = season; i < series.count; i++) {
        double difference = fabs((double)at(series, i) - (double)at(series, i - season));
        if (isnan(difference)) continue;
        sum += difference;
        pairs++;
    }
    return pairs > 0 ? sum / pairs : (double)NAN;
}

double rd_series_mean(rd_series_view series)
{
    double sum = 0, count = 0;
    for (size_t i = 0; i < series.count; i++) {
        if (isnan(at(series, i))) continue;
        sum += (double)at(series, i);
        count++;
    }
    return count > 0 ? sum / count : (double)NAN;
}

size_t rd_season_by_step(double seconds)
{
    static const double day = 86400;
    static const struct {
        double least, most; /* days of a step */
        size_t season;
    } rows[] = {{0.99, 1.01, 7}, {6.9, 7.1, 52}, {27.9, 31.1, 12}, {89.9, 92.1, 4}};
    double days = seconds / day;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (days >= rows[i].least && days <= rows[i].most) return rows[i].season;
    if (seconds >= 1 && days <= 0.5) return (size_t)floor(day / seconds + 0.5);
    return 1;
}
