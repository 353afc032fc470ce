/* Series that go on: the last window of each is read, what comes after it is told step by step. Beyond what the model
 * gives at once its own forecast is read as if it had been measured; inputs that are no targets keep their last value. */
#include "tasks/forecast.h"

#include "base/memory.h"
#include "base/size.h"
#include "base/text.h"
#include "data/series.h"
#include "tasks/answers.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct going_on {
    rondo_model *model;
    const rondo_data *data;
    const rd_series_set *set;
    rd_forecast_shape shape;
    rd_loss_settings asked; /* the quantiles to tell */
    size_t width;           /* of a row of x */
    float *window;          /* [window][width] owned */
    rd_real *row;           /* [targets][each] owned: the step at hand, quantiles in order */
    double *value;          /* [columns told] owned */
    char **column;          /* [columns told] owned, and each name */
    size_t columns;
    rondo_batch *batch;     /* owned */
    rondo_on_forecast on_row;
    void *user;
} going_on;

/* ---- what is told ------------------------------------------------------------------------------------------- */

static size_t told_each(const going_on *g)
{
    return g->asked.quantiles ? g->asked.quantiles : 1;
}

/* "load", or "load.q10", "load.q2.5" for quantiles. */
static rondo_status name_columns(going_on *g, rondo_error *error)
{
    const rd_columns *targets = &g->data->corpus->columns[RD_Y];
    const size_t count = targets->count * told_each(g);
    RD_TRY(rd_alloc(count, sizeof *g->column, "names of columns", &g->column, error));
    RD_TRY(rd_alloc(count, sizeof *g->value, "a forecast", &g->value, error));
    for (; g->columns < count; g->columns++) {
        const size_t k = g->columns / told_each(g), q = g->columns % told_each(g), room = strlen(targets->name[k]) + 32;
        RD_TRY(rd_alloc(room, 1, "the name of a column", &g->column[g->columns], error));
        if (g->asked.quantiles)
            (void)snprintf(g->column[g->columns], room, "%s.q%.6g", targets->name[k], 100 * g->asked.quantile[q]);
        else
            (void)snprintf(g->column[g->columns], room, "%s", targets->name[k]);
    }
    return RONDO_OK;
}

/* Which quantiles: those of the model unless others were asked for, which it must have; a likelihood has any. */
static rondo_status settle_quantiles(going_on *g, const rondo_options *options, rondo_error *error)
{
    const char *text = rd_option_text(options, RD_OPT_quantiles);
    const rd_loss_settings *own = g->shape.levels;
    const int other = !rd_equal(text, rd_option_text(g->model->options, RD_OPT_quantiles));
    if (!own && !g->shape.gaussian && !other) return RONDO_OK;
    if (own && !other) {
        g->asked = *own;
        return RONDO_OK;
    }
    if (!own && !g->shape.gaussian)
        return rd_fail(error, RONDO_BAD_MODEL, "the model has no quantiles (train with --loss quantile or gaussian)");
    if (!rd_quantiles_read(text, &g->asked))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "--quantiles: expected ascending numbers between 0 and 1, found %s",
                       rd_quote(text).text);
    for (size_t i = 0; own && i < g->asked.quantiles; i++) {
        size_t k = 0;
        while (k < own->quantiles && fabs(own->quantile[k] - g->asked.quantile[i]) > 1e-9)
            k++;
        if (k == own->quantiles)
            return rd_fail(error, RONDO_BAD_ARGUMENT, "--quantiles: the model was not trained for %g",
                           g->asked.quantile[i]);
    }
    return RONDO_OK;
}

/* The quantile of the standard normal distribution, by bisection of erfc: no table to trust. */
static double normal_quantile(double q)
{
    double low = -40, high = 40;
    for (int i = 0; i < 100; i++) {
        const double middle = (low + high) / 2;
        if (0.5 * erfc(-middle / sqrt(2)) < q)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

static double told(const going_on *g, const rd_real *output, size_t q)
{
    const rd_loss_settings *own = g->shape.levels;
    size_t k = 0;
    if (!g->asked.quantiles) return (double)output[g->shape.point];
    if (!own) return (double)output[0] + exp((double)output[1] / 2) * normal_quantile(g->asked.quantile[q]);
    while (k + 1 < own->quantiles && fabs(own->quantile[k] - g->asked.quantile[q]) > 1e-9)
        k++;
    return (double)output[k];
}

/* ---- one series --------------------------------------------------------------------------------------------- */

static rondo_status tell_step(going_on *g, const rd_series *series, size_t step, const rd_real *output, rondo_error *error)
{
    char time[40] = "";
    const size_t each = told_each(g);
    if (g->set->timed) rd_time_write(rd_step_after(series->end, g->set->step, (int64_t)step), &g->set->style, time);
    for (size_t c = 0; c < g->columns; c++) {
        g->value[c] = told(g, output + c / each * g->shape.each, c % each);
        if (!isfinite(g->value[c]))
            return rd_fail(error, RONDO_NUMBERS, "step %zu of the series%s%s: the forecast is not a number", step,
                           *series->name ? " " : "", *series->name ? rd_quote(series->name).text : "");
    }
    const rondo_forecast_row row = {.series = series->name,
                                    .time_column = g->set->time_column,
                                    .time = time,
                                    .step = step,
                                    .columns = g->columns,
                                    .column = (const char *const *)g->column,
                                    .value = g->value};
    if (g->on_row(g->user, &row)) return rd_fail(error, RONDO_SYSTEM, "the forecast could not be written");
    return RONDO_OK;
}

/* The window moves on by a row that was forecast. */
static void feed_back(going_on *g, const rd_series *series, size_t step, const rd_real *output)
{
    const size_t rows = g->set->window;
    float *last = g->window + (rows - 1) * g->width;
    memmove(g->window, g->window + g->width, (rows - 1) * g->width * sizeof *g->window);
    for (size_t k = 0; k < g->shape.targets; k++)
        last[k] = (float)output[k * g->shape.each + g->shape.point];
    if (g->width > g->set->values)
        rd_time_features(rd_step_after(series->end, g->set->step, (int64_t)step), last + g->set->values);
}

static rondo_status run_window(going_on *g, rondo_view *output, rondo_error *error)
{
    const rd_real *values[] = {g->window};
    const size_t length[] = {g->set->window};
    const rondo_sequences x = {.count = 1, .length = length, .width = g->width, .values = values};
    RD_TRY(rondo_batch_put(g->batch, "x", &x, error));
    RD_TRY(rondo_batch_reset(g->batch, 0, error));
    return rondo_model_forward(g->model, NULL, g->batch, RONDO_USE, output, error);
}

/* Before anything is told: every series has a window. */
static rondo_status judge_lengths(const going_on *g, rondo_error *error)
{
    for (size_t i = 0; i < g->set->count; i++) {
        const rd_series *series = &g->set->series[i];
        if (series->rows < g->set->window)
            return rd_fail(error, RONDO_BAD_DATA, "%s: the series%s%s has %" PRIu64 " rows, the model reads windows of %zu",
                           rd_data_name(g->data, 0), *series->name ? " " : "", *series->name ? rd_quote(series->name).text : "",
                           series->rows, g->set->window);
    }
    return RONDO_OK;
}

static rondo_status one_series(going_on *g, const rd_series *series, size_t steps, rondo_error *error)
{
    const size_t window = g->set->window, row = g->shape.targets * g->shape.each;
    RD_TRY(rd_store_read(g->data->corpus->values[RD_X], series->first + series->rows - window, window, g->window, error));
    for (size_t done = 0; done < steps;) {
        rondo_view output;
        RD_TRY(run_window(g, &output, error));
        for (size_t h = 0; h < g->shape.horizon && done < steps; h++) {
            rd_forecast_in_order(&g->shape, (const rd_real *)output.data + h * row, g->row);
            RD_TRY(tell_step(g, series, ++done, g->row, error));
            feed_back(g, series, done, g->row);
        }
    }
    return RONDO_OK;
}

/* ---- all ---------------------------------------------------------------------------------------------------- */

static rondo_status go_on(going_on *g, const rondo_options *options, rondo_error *error)
{
    const rd_corpus *corpus = g->data->corpus;
    const size_t steps = (size_t)rd_option_integer(options, RD_OPT_horizon);
    g->set = corpus->series;
    if (!g->set || g->set->count == 0)
        return rd_fail(error, RONDO_BAD_DATA, "%s: there is no row to go on from", rd_data_name(g->data, 0));
    g->width = corpus->width[RD_X];
    RD_TRY(rd_forecast_shape_of(g->model, corpus->width[RD_Y], &g->shape, error));
    RD_TRY(settle_quantiles(g, options, error));
    RD_TRY(name_columns(g, error));
    RD_TRY(rd_alloc(g->set->window * g->width, sizeof *g->window, "a window", &g->window, error));
    RD_TRY(rd_alloc(g->shape.targets * g->shape.each, sizeof *g->row, "a forecast", &g->row, error));
    RD_TRY(rondo_batch_new(&g->batch, error));
    RD_TRY(judge_lengths(g, error));
    for (size_t i = 0; i < g->set->count; i++)
        RD_TRY(one_series(g, &g->set->series[i], steps, error));
    return RONDO_OK;
}

/* The file is read for the model's horizon, whatever number of steps is asked for. */
static rondo_status open_series(const rondo_model *model, const rondo_options *options, const char *const *paths,
                                size_t count, rondo_data **data, rondo_error *error)
{
    rondo_options *own = NULL;
    char horizon[32];
    (void)snprintf(horizon, sizeof horizon, "%lld", (long long)rd_option_integer(model->options, RD_OPT_horizon));
    RD_TRY(rondo_options_copy(options, &own, error));
    rondo_status status = rondo_options_set(own, "horizon", horizon, error);
    if (status == RONDO_OK) status = rd_open_for_answers(own, model, paths, count, data, error);
    rondo_options_free(own);
    return status;
}

rondo_status rondo_forecast(rondo_model *model, const rondo_options *options, const char *const *paths, size_t count,
                            rondo_on_forecast on_row, void *user, rondo_error *error)
{
    rondo_data *data = NULL;
    if (!model || !options || !paths || !count || !on_row)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_forecast: %s is missing",
                       !model ? "model" : !options ? "options" : !on_row ? "on_row" : "a path");
    if (!rd_equal(model->task, "forecast"))
        return rd_fail(error, RONDO_BAD_MODEL, "a model of task \"%s\" does not forecast", model->task);
    RD_TRY(open_series(model, options, paths, count, &data, error));
    going_on g = {.model = model, .data = data, .on_row = on_row, .user = user};
    rondo_status status = go_on(&g, options, error);
    for (size_t c = 0; c < g.columns; c++)
        rd_free(g.column[c]);
    rd_free(g.column);
    rd_free(g.value);
    rd_free(g.row);
    rd_free(g.window);
    rondo_batch_free(g.batch);
    rondo_data_free(data);
    return status;
}
