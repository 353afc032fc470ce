/* Errors of forecasts, in the units of the data. Rows are added as they come; nothing is kept but sums. */
#ifndef RD_METRICS_FORECAST_H
#define RD_METRICS_FORECAST_H

#include "base/real.h"
#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

typedef struct rd_forecast_column {
    uint64_t count;
    double mean_y, mean_p, sum_yy, sum_pp, sum_yp; /* means so far; squares and products around them */
    double squared, absolute;                      /* errors of the median */
} rd_forecast_column;

typedef struct rd_forecast_errors {
    size_t columns, quantiles;
    rd_forecast_column *column; /* [columns] owned */
    double *level;              /* [quantiles] owned, each inside (0, 1), ascending */
    size_t median;              /* the quantile whose value is the forecast: the level nearest to 1/2 */
    double pinball;             /* summed over numbers and quantiles */
    uint64_t numbers;
} rd_forecast_errors;

/* quantiles may be 0: then a forecast is one value. */
rondo_status rd_forecast_new(rd_forecast_errors *errors, size_t columns, const double *levels,
                             size_t quantiles, rondo_error *error);
void rd_forecast_free(rd_forecast_errors *errors);
/* truth: [columns], NaN where nothing was measured: passed over. forecast: [columns][quantiles], or
 * [columns]. */
void rd_forecast_add(rd_forecast_errors *errors, const rd_real *truth, const rd_real *forecast);

double rd_forecast_mae(const rd_forecast_errors *errors);
double rd_forecast_mse(const rd_forecast_errors *errors);
double rd_forecast_rmse(const rd_forecast_errors *errors);
/* Mean absolute scaled error (Hyndman and Koehler 2006): of each column the mean absolute error over that of
 * the seasonal naive forecast inside the training data (scale[column], rd_seasonal_error of
 * data/baseline_series.h), the mean over columns. Columns with scale 0 or NaN are left out; NaN when none is
 * left. */
double rd_forecast_mase(const rd_forecast_errors *errors, const double *scale);
/* The mean over numbers and quantiles of max(q (y - p), (q - 1)(y - p)); NaN without quantiles. */
double rd_forecast_pinball(const rd_forecast_errors *errors);
/* As in LSTNet (Lai et al. 2018): the root of the sum of squared errors over that of the squared distances
 * from the mean of all numbers of all columns. NaN when that is 0. */
double rd_forecast_rse(const rd_forecast_errors *errors);
/* As in LSTNet: the mean over columns of the correlation of truth and forecast. Columns whose truth is
 * constant are left out; a constant forecast correlates with nothing, 0. NaN when no column is left. */
double rd_forecast_corr(const rd_forecast_errors *errors);

#endif
