/* Forecasts that need no model: the last value, the value one season ago. NaN is a value that was not
 * measured. */
#ifndef RD_BASELINE_SERIES_H
#define RD_BASELINE_SERIES_H

#include "base/real.h"

#include <stddef.h>

/* One column of a table of rows: value i stands at y[i * stride]. */
typedef struct rd_series_view {
    const rd_real *y;
    size_t count, stride;
} rd_series_view;

/* The last value that was measured; NaN when none was. */
rd_real rd_naive_last(rd_series_view past);
/* What stood at the same place of the latest season (of `season` >= 1 steps) in which it was measured,
 * `ahead` >= 1 steps after the last value: with season 1 the last value. Falls back to rd_naive_last. */
rd_real rd_naive_seasonal(rd_series_view past, size_t season, size_t ahead);

/* Mean |y(t) - y(t - season)| where both are measured: the scale of MASE. NaN when there is no such pair. */
double rd_seasonal_error(rd_series_view series, size_t season);
/* The mean of what is measured; NaN when nothing is. */
double rd_series_mean(rd_series_view series);

/* The usual season of a series with this many seconds between rows: a day for steps of up to half a day
 * (hours: 24), a week for days (7), a year for weeks (52), months (12), quarters (4); 1 for what has none. */
size_t rd_season_by_step(double seconds);

#endif
