/* Forecasts of time series: the network for them, its frozen statistics, its metrics, and series that go on. */
#ifndef RD_FORECAST_TASK_H
#define RD_FORECAST_TASK_H

#include "tasks/tasks.h"

/* How the outputs of a model are laid out: [horizon][targets][each]. */
typedef struct rd_forecast_shape {
    size_t horizon, targets, each;
    int gaussian;                   /* 1: each = 2, mean and log variance */
    const rd_loss_settings *levels; /* of a quantile loss; else NULL */
    size_t point;                   /* which of each is the forecast: the median, the mean */
} rd_forecast_shape;
/* Of a model of task forecast with so many targets; RONDO_BAD_MODEL when its outputs are not of this kind. */
rondo_status rd_forecast_shape_of(const rondo_model *model, size_t targets, rd_forecast_shape *shape, rondo_error *error);
/* Which of the `each` outputs for a number is the forecast: the quantile nearest the median, else the first. */
size_t rd_forecast_point(const rondo_model *model, size_t each);
/* One step of the horizon, [targets][each], as it is told: quantiles that cross are put in order, which never takes a forecast
 * further from the truth (Chernozhukov, Fernández-Val and Galichon 2010). */
void rd_forecast_in_order(const rd_forecast_shape *shape, const rd_real *output, rd_real *row);
/* The layer that leads back to the units of the data; NULL: there is none. */
const rd_layer *rd_forecast_unscale(const rondo_model *model);
/* Steps of a season: --season, else by the frequency, else 1. */
size_t rd_forecast_season(const rondo_options *options, const rondo_data *data);

/* Fills the frozen statistics of scaling layers from the rows that `train` covers, and notes in the model's options
 * which columns and which frequency they belong to. */
rondo_status rd_scaling_fit(rondo_model *model, const rondo_data *train, rondo_error *error);
/* 1 when --scale asks for scaled input, for this task. */
int rd_scaling_wanted(const rondo_options *options, const char *task);

/* Gathers errors over an evaluation; model NULL: only those of the baselines. Lends the model. */
typedef struct rd_forecast_watch rd_forecast_watch;
rondo_status rd_forecast_watch_new(const rondo_model *model, const rondo_data *data, const rondo_options *options,
                                   rd_forecast_watch **made, rondo_error *error);
void rd_forecast_watch_free(rd_forecast_watch *watch);
void rd_forecast_tally(rd_tally *tally, const rondo_view *output, const rd_part *target);
void rd_forecast_metrics(const rd_tally *tally, const rondo_model *model, rondo_metrics *metrics);
rondo_status rd_forecast_baselines(const rondo_data *data, const rondo_options *options, rondo_metrics *metrics,
                                   rondo_error *error);

#endif
