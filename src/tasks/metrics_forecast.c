/* Sums of errors, and second moments around running means (Welford 1962; for products Bennett et al. 2009),
 * so that a series far from zero loses no digits. */
#include "tasks/metrics_forecast.h"

#include "base/memory.h"
#include "base/size.h"

#include <math.h>
#include <string.h>

rondo_status rd_forecast_new(rd_forecast_errors *errors, size_t columns, const double *levels,
                             size_t quantiles, rondo_error *error)
{
    static const char *const purpose = "the errors of forecasts";
    *errors = (rd_forecast_errors){.columns = columns, .quantiles = quantiles};
    rondo_status status = rd_alloc(columns, sizeof *errors->column, purpose, &errors->column, error);
    if (status == RONDO_OK)
        status = rd_alloc(quantiles, sizeof *errors->level, purpose, &errors->level, error);
    if (status != RONDO_OK) {
        rd_forecast_free(errors);
        return status;
    }
    for (size_t q = 0; q < quantiles; q++) {
        errors->level[q] = levels[q];
        if (fabs(levels[q] - 0.5) < fabs(levels[errors->median] - 0.5)) errors->median = q;
    }
    return RONDO_OK;
}

void rd_forecast_free(rd_forecast_errors *errors)
{
    rd_free(errors->column);
    rd_free(errors->level);
    *errors = (rd_forecast_errors){0};
}

static void add_moments(rd_forecast_column *c, double y, double p)
{
    double n = (double)++c->count, from_y = y - c->mean_y, from_p = p - c->mean_p;
    c->mean_y += from_y / n;
    c->mean_p += from_p / n;
    c->sum_yy += from_y * (y - c->mean_y);
    c->sum_pp += from_p * (p - c->mean_p);
    c->sum_yp += from_y * (p - c->mean_p);
}

void rd_forecast_add(rd_forecast_errors *errors, const rd_real *truth, const rd_real *forecast)
{
    size_t each = rd_size_max(errors->quantiles, 1);
    for (size_t k = 0; k < errors->columns; k++) {
        double y = (double)truth[k], p = (double)forecast[k * each + errors->median];
        if (isnan(y)) continue;
        errors->column[k].squared += (y - p) * (y - p);
        errors->column[k].absolute += fabs(y - p);
        add_moments(&errors->column[k], y, p);
        errors->numbers++;
        for (size_t q = 0; q < errors->quantiles; q++) {
            double miss = y - (double)forecast[k * each + q], level = errors->level[q];
            errors->pinball += fmax(level * miss, (level - 1) * miss);
        }
    }
}

/* ---- what the sums say */

static double mean(double sum, double count)
{
    return count > 0 ? sum / count : (double)NAN;
}

static double squared_errors(const rd_forecast_errors *errors)
{
    double sum = 0;
    for (size_t k = 0; k < errors->columns; k++)
        sum += errors->column[k].squared;
    return sum;
}

double rd_forecast_mae(const rd_forecast_errors *errors)
{
    double sum = 0;
    for (size_t k = 0; k < errors->columns; k++)
        sum += errors->column[k].absolute;
    return mean(sum, (double)errors->numbers);
}

double rd_forecast_mse(const rd_forecast_errors *errors)
{
    return mean(squared_errors(errors), (double)errors->numbers);
}

double rd_forecast_rmse(const rd_forecast_errors *errors)
{
    return sqrt(rd_forecast_mse(errors));
}

double rd_forecast_mase(const rd_forecast_errors *errors, const double *scale)
{
    double sum = 0, count = 0;
    for (size_t k = 0; k < errors->columns; k++) {
        const rd_forecast_column *c = &errors->column[k];
        if (c->count == 0 || !(scale[k] > 0)) continue;
        sum += c->absolute / (double)c->count / scale[k];
        count++;
    }
    return mean(sum, count);
}

double rd_forecast_pinball(const rd_forecast_errors *errors)
{
    return mean(errors->pinball, (double)errors->numbers * (double)errors->quantiles);
}

double rd_forecast_rse(const rd_forecast_errors *errors)
{
    double center = 0, around = 0;
    for (size_t k = 0; k < errors->columns; k++)
        center += errors->column[k].mean_y * (double)errors->column[k].count;
    center = mean(center, (double)errors->numbers);
    for (size_t k = 0; k < errors->columns; k++) {
        const rd_forecast_column *c = &errors->column[k];
        double away = c->mean_y - center;
        if (c->count > 0) around += c->sum_yy + (double)c->count * away * away;
    }
    return around > 0 ? sqrt(squared_errors(errors) / around) : (double)NAN;
}

double rd_forecast_corr(const rd_forecast_errors *errors)
{
    double sum = 0, count = 0;
    for (size_t k = 0; k < errors->columns; k++) {
        const rd_forecast_column *c = &errors->column[k];
        if (!(c->sum_yy > 0)) continue;
        sum += c->sum_pp > 0 ? c->sum_yp / (sqrt(c->sum_yy) * sqrt(c->sum_pp)) : 0;
        count++;
    }
    return mean(sum, count);
}
