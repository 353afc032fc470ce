/* Errors of forecasts in the units of the data and of standardised columns, over all steps of the horizon and at its
 * last, beside those of the last value and of the value a season ago. */
#include "tasks/forecast.h"

#include "base/memory.h"
#include "data/baseline_series.h"
#include "data/loader.h"
#include "data/series.h"
#include "tasks/metrics_forecast.h"

#include <math.h>
#include <string.h>

enum { MODEL, MODEL_LAST, NAIVE, NAIVE_LAST, SEASONAL, KINDS };

struct rd_forecast_watch {
    const rondo_model *model; /* NULL: only what needs none */
    rd_forecast_shape shape;
    size_t season;
    double *deviation, *naive; /* [targets] owned; NULL: not known */
    rd_real *value;            /* [targets][each] owned */
    rd_forecast_errors errors[KINDS];
};
typedef rd_forecast_watch watch;

void rd_forecast_watch_free(rd_forecast_watch *w)
{
    if (!w) return;
    for (int i = 0; i < KINDS; i++)
        rd_forecast_free(&w->errors[i]);
    rd_free(w->deviation);
    rd_free(w->naive);
    rd_free(w->value);
    rd_free(w);
}

static rondo_status copy_vector(const watch *w, const rd_layer *layer, size_t param, double **to, rondo_error *error)
{
    RD_TRY(rd_alloc(w->shape.targets, sizeof **to, "statistics", to, error));
    for (size_t k = 0; k < w->shape.targets; k++)
        (*to)[k] = (double)w->model->params[layer->param[param].offset + k];
    return RONDO_OK;
}

static rondo_status set_up(watch *w, const rondo_data *data, const rondo_options *options, rondo_error *error)
{
    const size_t targets = data->corpus->width[RD_Y];
    w->shape = (rd_forecast_shape){.horizon = data->corpus->series->horizon, .targets = targets, .each = 1};
    if (w->model) RD_TRY(rd_forecast_shape_of(w->model, targets, &w->shape, error));
    const rd_layer *unscale = w->model ? rd_forecast_unscale(w->model) : NULL;
    if (unscale) {
        RD_TRY(copy_vector(w, unscale, RD_UNSCALE_DEVIATION, &w->deviation, error));
        RD_TRY(copy_vector(w, unscale, RD_UNSCALE_NAIVE, &w->naive, error));
    }
    const rd_loss_settings *levels = w->shape.levels;
    w->season = rd_forecast_season(options, data);
    RD_TRY(rd_alloc(targets * w->shape.each, sizeof *w->value, "a forecast", &w->value, error));
    for (int i = 0; i < KINDS; i++) {
        const int own = i <= MODEL_LAST && levels;
        RD_TRY(rd_forecast_new(&w->errors[i], targets, own ? levels->quantile : NULL, own ? levels->quantiles : 0, error));
    }
    return RONDO_OK;
}

rondo_status rd_forecast_watch_new(const rondo_model *model, const rondo_data *data, const rondo_options *options,
                                   rd_forecast_watch **made, rondo_error *error)
{
    watch *w;
    *made = NULL;
    RD_TRY(rd_alloc(1, sizeof *w, "the errors of a forecast", &w, error));
    w->model = model;
    rondo_status status = set_up(w, data, options, error);
    if (status == RONDO_OK)
        *made = w;
    else
        rd_forecast_watch_free(w);
    return status;
}

/* The window of a sequence as one column: rows of all steps stand equally far apart, since all windows are as long. */
static rd_series_view column_of(const rd_part *x, size_t place, size_t k)
{
    const rondo_pack *pack = &x->packed.pack;
    return (rd_series_view){
        .y = x->values + place * x->width + k, .count = pack->steps, .stride = pack->sequences * x->width};
}

static void add_both(watch *w, int kind, const rd_real *truth, int last)
{
    rd_forecast_add(&w->errors[kind], truth, w->value);
    if (last) rd_forecast_add(&w->errors[kind + 1], truth, w->value);
}

static void add_baselines(watch *w, const rd_part *x, size_t place, size_t step, const rd_real *truth)
{
    const int last = step + 1 == w->shape.horizon;
    for (size_t k = 0; k < w->shape.targets; k++)
        w->value[k] = rd_naive_last(column_of(x, place, k));
    add_both(w, NAIVE, truth, last);
    if (w->season > x->packed.pack.steps) return; /* the window does not reach back so far */
    for (size_t k = 0; k < w->shape.targets; k++)
        w->value[k] = rd_naive_seasonal(column_of(x, place, k), w->season, step + 1);
    rd_forecast_add(&w->errors[SEASONAL], truth, w->value);
}

/* What the metrics read of an output: all quantiles, or the mean. */
static void take_output(watch *w, const rd_real *output)
{
    const rd_forecast_shape *s = &w->shape;
    if (s->levels)
        rd_forecast_in_order(s, output, w->value);
    else
        for (size_t k = 0; k < s->targets; k++)
            w->value[k] = output[k * s->each + s->point];
}

static void add_batch(watch *w, const rondo_batch *batch, const rondo_view *output)
{
    const rd_part *x = rd_batch_part(batch, "x"), *y = rd_batch_part(batch, "y");
    const rondo_pack *pack = &y->packed.pack;
    const size_t each = w->shape.targets * w->shape.each;
    for (size_t p = 0; p < pack->sequences; p++)
        for (size_t step = 0; step < w->shape.horizon; step++) {
            const rd_real *truth = y->values + p * y->width + step * w->shape.targets;
            if (output) {
                take_output(w, (const rd_real *)output->data + pack->order[p] * output->stride + step * each);
                add_both(w, MODEL, truth, step + 1 == w->shape.horizon);
            }
            add_baselines(w, x, p, step, truth);
        }
}

void rd_forecast_tally(rd_tally *tally, const rondo_view *output, const rd_part *target)
{
    (void)target;
    if (tally->forecast) add_batch(tally->forecast, tally->batch, output);
}

/* ---- numbers ------------------------------------------------------------------------------------------------ */

static double standardised(const watch *w, int kind, int squared)
{
    const rd_forecast_errors *e = &w->errors[kind];
    double sum = 0, count = 0;
    for (size_t k = 0; k < e->columns; k++) {
        const double deviation = w->deviation[k];
        sum += squared ? e->column[k].squared / (deviation * deviation) : e->column[k].absolute / deviation;
        count += (double)e->column[k].count;
    }
    return count > 0 ? sum / count : (double)NAN;
}

static void baseline_metrics(const watch *w, rondo_metrics *metrics)
{
    rd_metric_add(metrics, "mae_last_value", rd_forecast_mae(&w->errors[NAIVE]), -1);
    if (w->errors[SEASONAL].numbers)
        rd_metric_add(metrics, "mae_seasonal_naive", rd_forecast_mae(&w->errors[SEASONAL]), -1);
}

void rd_forecast_metrics(const rd_tally *tally, const rondo_model *model, rondo_metrics *metrics)
{
    (void)model;
    const watch *w = tally->forecast;
    if (!w) return;
    const rd_forecast_errors *own = &w->errors[MODEL];
    rd_metric_add(metrics, "mae", rd_forecast_mae(own), -1);
    rd_metric_add(metrics, "mse", rd_forecast_mse(own), -1);
    rd_metric_add(metrics, "rmse", rd_forecast_rmse(own), -1);
    if (w->naive) rd_metric_add(metrics, "mase", rd_forecast_mase(own, w->naive), -1);
    if (w->shape.levels) rd_metric_add(metrics, "pinball", rd_forecast_pinball(own), -1);
    if (w->shape.gaussian) rd_metric_add(metrics, "nll", rd_tally_loss(tally), -1);
    rd_metric_add(metrics, "rse", rd_forecast_rse(own), -1);
    rd_metric_add(metrics, "corr", rd_forecast_corr(own), 1);
    if (w->deviation) {
        rd_metric_add(metrics, "standardised_mse", standardised(w, MODEL, 1), -1);
        rd_metric_add(metrics, "standardised_mae", standardised(w, MODEL, 0), -1);
    }
    baseline_metrics(w, metrics);
    rd_metric_add(metrics, "rmse_last_value", rd_forecast_rmse(&w->errors[NAIVE]), -1);
    if (w->errors[SEASONAL].numbers)
        rd_metric_add(metrics, "rmse_seasonal_naive", rd_forecast_rmse(&w->errors[SEASONAL]), -1);
    rd_metric_add(metrics, "rse_last_step", rd_forecast_rse(&w->errors[MODEL_LAST]), -1);
    rd_metric_add(metrics, "rse_last_step_last_value", rd_forecast_rse(&w->errors[NAIVE_LAST]), -1);
}

/* ---- without a model ---------------------------------------------------------------------------------------- */

static rondo_status walk(watch *w, rondo_loader *loader, rondo_batch *batch, rondo_error *error)
{
    for (;;) {
        int end;
        rondo_status status = rondo_loader_next(loader, batch, &end, error);
        if (status == RONDO_NO) return RONDO_OK;
        RD_TRY(status);
        add_batch(w, batch, NULL);
    }
}

rondo_status rd_forecast_baselines(const rondo_data *data, const rondo_options *options, rondo_metrics *metrics,
                                   rondo_error *error)
{
    watch *w = NULL;
    rondo_loader *loader = NULL;
    rondo_batch *batch = NULL;
    rondo_status status = rd_forecast_watch_new(NULL, data, options, &w, error);
    if (status == RONDO_OK) status = rondo_loader_new(data, options, 0, &loader, error);
    if (status == RONDO_OK) status = rondo_batch_new(&batch, error);
    if (status == RONDO_OK) status = walk(w, loader, batch, error);
    if (status == RONDO_OK) baseline_metrics(w, metrics);
    rondo_batch_free(batch);
    rondo_loader_free(loader);
    rd_forecast_watch_free(w);
    return status;
}
