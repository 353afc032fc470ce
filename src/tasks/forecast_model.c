/* The network of a forecast and the statistics that it carries. The text of the flags is written between two lines: the
 * input scaled, the output brought back to the units of the data. */
#include "tasks/forecast.h"

#include "base/memory.h"
#include "base/size.h"
#include "data/baseline_series.h"
#include "data/scaling.h"
#include "data/series.h"

#include <math.h>
#include <string.h>

int rd_scaling_wanted(const rondo_options *options, const char *task)
{
    if (!rd_option_is(options, RD_OPT_scale, "auto")) return !rd_option_is(options, RD_OPT_scale, "none");
    return rd_equal(task, "forecast") || rd_equal(task, "classify");
}

/* What the two lines around the network do beside bringing numbers to order one. */
typedef struct around {
    int relative;           /* 1: a window and its future are distances */
    size_t season;          /* from the values so many rows before; 0: from the last row */
    size_t logs, relatives; /* numbers of a row of x that are logarithms (the targets), and that are distances */
} around;

/* A season must be known, and a window longer than one: of the first season of its rows nothing is left. */
static rondo_status settle_season(const rondo_options *options, const rondo_data *data, around *a, rondo_error *error)
{
    const rd_series_set *set = data->corpus->series;
    a->season = rd_forecast_season(options, data);
    if (a->season == 1 && rd_option_integer(options, RD_OPT_season) == 0) {
        rd_fail(error, RONDO_BAD_ARGUMENT, "--difference season: the season of %s is not known", rd_data_name(data, 0));
        rd_hint(error, "--season says how many rows it has%s", set->timed ? "" : ", --time which column holds the times");
        return RONDO_BAD_ARGUMENT;
    }
    if (set->window > a->season) return RONDO_OK;
    return rd_fail(error, RONDO_BAD_ARGUMENT,
                   "--difference season: windows of %zu rows (--seq-len) are not longer than a season, which has %zu",
                   set->window, a->season);
}

static rondo_status settle_around(const rondo_options *options, const rondo_data *data, const char *loss, around *a,
                                  rondo_error *error)
{
    const rd_corpus *corpus = data->corpus;
    *a = (around){.relative = !rd_option_is(options, RD_OPT_difference, "none")};
    if (a->relative) a->relatives = corpus->series->values;
    if (rd_option_is(options, RD_OPT_difference, "season")) RD_TRY(settle_season(options, data, a, error));
    if (!rd_option_is(options, RD_OPT_transform, "log")) return RONDO_OK;
    a->logs = corpus->width[RD_Y];
    if (rd_equal(loss, "gaussian"))
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "--transform log: --loss gaussian gives means and variances of the values themselves");
    return RONDO_OK;
}

static void put_settings(rd_text *text, const around *a, int into)
{
    if (into && a->relative) rd_text_format(text, ", relative=%zu", a->relatives);
    if (a->season) rd_text_format(text, ", season=%zu", a->season);
    if (a->logs) rd_text_format(text, ", log=%zu", into ? a->logs : 1);
}

/* The text ends with the line of the loss, which is to read another value. */
static void drop_last_line(rd_text *text)
{
    size_t size = text->size;
    while (size > 0 && text->text[size - 1] == '\n')
        size--;
    while (size > 0 && text->text[size - 1] != '\n')
        size--;
    text->size = size;
    if (text->text) text->text[size] = 0;
}

rondo_status rd_text_of_series(const rondo_options *options, const rondo_data *data, const rondo_size *size, const char *loss,
                               rd_text *text, rondo_error *error)
{
    const size_t targets = data->corpus->width[RD_Y];
    size_t outputs;
    around a;
    rondo_size x = size[0];
    RD_TRY(rd_model_outputs(options, loss, size[1].width, &outputs, error));
    RD_TRY(settle_around(options, data, loss, &a, error));
    if (!rd_scaling_wanted(options, "forecast") && !a.relative && !a.logs)
        return rd_model_text_from(options, &x, outputs, loss, 1, text, error);
    rd_text_put(text, "scaled = scale(x");
    put_settings(text, &a, 1);
    rd_text_put(text, ")\n");
    x.part = "scaled";
    RD_TRY(rd_model_text_from(options, &x, outputs, loss, 1, text, error));
    RD_TRY(rd_text_done(text, error));
    drop_last_line(text);
    rd_text_format(text, "forecast = unscale(out%s, targets=%zu, each=%zu", a.relative ? ", x" : "", targets,
                   outputs / size[1].width);
    put_settings(text, &a, 0);
    if (rd_equal(loss, "gaussian")) rd_text_put(text, ", means=1");
    rd_text_format(text, ")\nloss = %s(forecast, y)\n", loss);
    return rd_text_done(text, error);
}

/* ---- what a model's outputs are ----------------------------------------------------------------------------- */

const rd_layer *rd_forecast_unscale(const rondo_model *model)
{
    for (size_t i = 0; i < model->layers; i++)
        if (rd_layer_is_unscale(&model->layer[i])) return &model->layer[i];
    return NULL;
}

size_t rd_forecast_point(const rondo_model *model, size_t each)
{
    const rd_loss_settings *levels = &model->loss[0].settings;
    size_t point = 0;
    for (size_t q = 1; model->loss[0].info->quantiles && q < each; q++)
        if (fabs(levels->quantile[q] - 0.5) < fabs(levels->quantile[point] - 0.5)) point = q;
    return point;
}

rondo_status rd_forecast_shape_of(const rondo_model *model, size_t targets, rd_forecast_shape *shape, rondo_error *error)
{
    const rd_loss_node *loss = &model->loss[0];
    const size_t outputs = model->losses ? model->layer[loss->source].out.width : 0;
    const size_t row = model->losses ? model->part[loss->target].width : 0;
    if (row == 0 || targets == 0 || row % targets || outputs % row || !model->layer[loss->source].out.per_sequence)
        return rd_fail(error, RONDO_BAD_MODEL, "the model's outputs are no forecasts of %zu targets", targets);
    *shape = (rd_forecast_shape){.horizon = row / targets,
                                 .targets = targets,
                                 .each = outputs / row,
                                 .gaussian = rd_equal(loss->info->name, "gaussian"),
                                 .levels = loss->info->quantiles ? &loss->settings : NULL,
                                 .point = rd_forecast_point(model, outputs / row)};
    return RONDO_OK;
}

void rd_forecast_in_order(const rd_forecast_shape *shape, const rd_real *output, rd_real *row)
{
    memcpy(row, output, shape->targets * shape->each * sizeof *row);
    for (size_t k = 0; shape->levels && k < shape->targets; k++) {
        rd_real *q = row + k * shape->each;
        for (size_t i = 1; i < shape->each; i++)
            for (size_t j = i; j > 0 && q[j] < q[j - 1]; j--) {
                const rd_real lower = q[j];
                q[j] = q[j - 1];
                q[j - 1] = lower;
            }
    }
}

size_t rd_forecast_season(const rondo_options *options, const rondo_data *data)
{
    const rd_series_set *set = data->corpus->series;
    const int64_t asked = rd_option_integer(options, RD_OPT_season);
    if (asked > 0) return (size_t)asked;
    return set->timed ? rd_size_max(rd_season_by_step(rd_step_seconds(set->step)), 1) : 1;
}

/* ---- statistics --------------------------------------------------------------------------------------------- */

typedef struct fit {
    rondo_model *model;
    const rondo_data *data;
    rd_column_stats *x, *y; /* [width of x], [width of y]: as the layer at hand reads and tells them */
    rd_column_stats *raw;   /* [width of y] */
    double *change;         /* [the wider of the two] */
    int minmax;
} fit;

static rd_real *vector_of(const fit *f, const rd_layer *layer, size_t param)
{
    return f->model->params + layer->param[param].offset;
}

static double shift_of(const fit *f, const rd_column_stats *stats)
{
    return f->minmax ? stats->least : stats->mean;
}

static double spread_of(const fit *f, const rd_column_stats *stats)
{
    return f->minmax ? rd_column_range(stats) : rd_column_deviation(stats);
}

/* Relative columns are measured by how much they change in a season; from the last row on, in half a window. */
static rondo_status fit_scale(const fit *f, const rd_layer *layer, rondo_error *error)
{
    const rd_scale_layer *s = layer->own;
    const rd_series_set *set = f->data->corpus->series;
    const rd_scaled_part part = {RD_X, s->logs};
    rd_real *shift = vector_of(f, layer, RD_SCALE_SHIFT), *factor = vector_of(f, layer, RD_SCALE_FACTOR);
    RD_TRY(rd_scaling_columns(f->data, part, f->x, error));
    if (s->relative) {
        const size_t lag = s->season ? s->season : set ? rd_size_max(set->window / 2, 1) : 1;
        RD_TRY(rd_scaling_change(f->data, part, lag, f->change, error));
    }
    for (size_t j = 0; j < layer->out.width; j++) {
        shift[j] = j < s->relative ? 0 : (rd_real)shift_of(f, &f->x[j]);
        factor[j] = (rd_real)(1 / (j < s->relative ? f->change[j] : spread_of(f, &f->x[j])));
    }
    return RONDO_OK;
}

/* Outputs of one step of the horizon; shift and spread are those of its targets. */
static void fit_step(const fit *f, const rd_layer *layer, size_t step, int relative)
{
    const rd_unscale_layer *u = layer->own;
    rd_real *shift = vector_of(f, layer, RD_SCALE_SHIFT), *factor = vector_of(f, layer, RD_SCALE_FACTOR);
    for (size_t k = 0; k < u->targets; k++)
        for (size_t e = 0; e < u->each; e++) {
            const size_t j = (step * u->targets + k) * u->each + e;
            const double spread = relative ? f->change[k] : spread_of(f, &f->y[k]);
            shift[j] = e >= u->means ? (rd_real)(2 * log(spread)) : relative ? 0 : (rd_real)shift_of(f, &f->y[k]);
            factor[j] = e >= u->means ? 1 : (rd_real)spread;
        }
}

/* The units in which a loss measures outputs of one step: those that they would have without logarithms. */
static rondo_status fit_unit(const fit *f, const rd_layer *layer, size_t step, int relative, rondo_error *error)
{
    const rd_unscale_layer *u = layer->own;
    const size_t each = u->targets * u->each;
    rd_real *unit = vector_of(f, layer, RD_UNSCALE_UNIT) + step * each;
    if (relative)
        RD_TRY(rd_scaling_change(f->data, (rd_scaled_part){RD_Y, 0}, rd_unscale_lag(u->season, step), f->change, error));
    for (size_t j = 0; j < each; j++)
        unit[j] = (rd_real)(relative ? f->change[j / u->each] : rd_column_deviation(&f->raw[j / u->each]));
    return RONDO_OK;
}

static rondo_status fit_steps(const fit *f, const rd_layer *layer, rondo_error *error)
{
    const rd_unscale_layer *u = layer->own;
    const rd_scaled_part part = {RD_Y, u->log ? u->targets : 0};
    const size_t steps = layer->out.width / (u->targets * u->each);
    const int relative = layer->inputs == 2;
    RD_TRY(rd_scaling_columns(f->data, part, f->y, error));
    for (size_t step = 0; step < steps; step++) {
        if (relative) RD_TRY(rd_scaling_change(f->data, part, rd_unscale_lag(u->season, step), f->change, error));
        fit_step(f, layer, step, relative);
        if (u->log) RD_TRY(fit_unit(f, layer, step, relative, error));
    }
    return RONDO_OK;
}

static rondo_status fit_unscale(const fit *f, const rd_layer *layer, rondo_error *error)
{
    const rd_unscale_layer *u = layer->own;
    rd_real *deviation = vector_of(f, layer, RD_UNSCALE_DEVIATION), *naive = vector_of(f, layer, RD_UNSCALE_NAIVE);
    if (u->targets != f->data->corpus->width[RD_Y])
        return rd_fail(error, RONDO_BAD_ARGUMENT, "model text:%zu: unscale \"%s\" has %zu targets, the data have %zu",
                       layer->line, layer->name, u->targets, f->data->corpus->width[RD_Y]);
    RD_TRY(rd_scaling_columns(f->data, (rd_scaled_part){RD_Y, 0}, f->raw, error));
    RD_TRY(fit_steps(f, layer, error));
    RD_TRY(rd_scaling_naive(f->data, rd_forecast_season(f->model->options, f->data), f->change, error));
    for (size_t k = 0; k < u->targets; k++) {
        deviation[k] = (rd_real)rd_column_deviation(&f->raw[k]);
        naive[k] = (rd_real)f->change[k];
    }
    return RONDO_OK;
}

static rondo_status set_list(rondo_model *model, const char *name, const rd_columns *columns, size_t count, rondo_error *error)
{
    rd_text list = {0};
    for (size_t i = 0; i < count; i++)
        rd_text_format(&list, "%s%s", i ? "," : "", columns->name[i]);
    rondo_status status = rd_text_done(&list, error);
    for (size_t i = 0; i < count && status == RONDO_OK; i++)
        if (strchr(columns->name[i], ',')) status = RONDO_NO; /* cannot stand in a list: columns are found by number again */
    if (status == RONDO_OK) status = rondo_options_set(model->options, name, list.text ? list.text : "", error);
    rd_text_free(&list);
    return status == RONDO_NO ? RONDO_OK : status;
}

/* Files that are answered later are read by the same names, series at the same frequency. */
static rondo_status note_columns(rondo_model *model, const rondo_data *data, rondo_error *error)
{
    const rd_corpus *corpus = data->corpus;
    char step[32];
    RD_TRY(set_list(model, "target", &corpus->columns[RD_Y], corpus->columns[RD_Y].count, error));
    RD_TRY(set_list(model, "inputs", &corpus->columns[RD_X], corpus->series ? corpus->series->values : corpus->columns[RD_X].count, error));
    if (!corpus->series || !corpus->series->timed) return RONDO_OK;
    rd_step_write(corpus->series->step, step);
    RD_TRY(rondo_options_set(model->options, "time", corpus->series->time_column, error));
    return rondo_options_set(model->options, "frequency", step, error);
}

static rondo_status fit_layers(fit *f, rondo_error *error)
{
    const rd_corpus *corpus = f->data->corpus;
    for (size_t i = 0; i < f->model->layers; i++) {
        const rd_layer *layer = &f->model->layer[i];
        const int reads_x = layer->source[0] < f->model->parts && rd_equal(f->model->part[layer->source[0]].name, "x");
        if (rd_layer_is_scale(layer) && reads_x) RD_TRY(fit_scale(f, layer, error));
        if (rd_layer_is_unscale(layer) && corpus->series) RD_TRY(fit_unscale(f, layer, error));
    }
    return RONDO_OK;
}

rondo_status rd_scaling_fit(rondo_model *model, const rondo_data *train, rondo_error *error)
{
    const rd_corpus *corpus = train->corpus;
    const size_t width = rd_size_max(corpus->width[RD_X], corpus->width[RD_Y]);
    fit f = {.model = model, .data = train, .minmax = rd_option_is(model->options, RD_OPT_scale, "minmax")};
    const int labelled = corpus->form == RD_DATA_CLASSES && corpus->columns[RD_X].count > 0;
    if (corpus->series || labelled) RD_TRY(note_columns(model, train, error));
    if (model->learning == model->numbers || !corpus->values[RD_X]) return RONDO_OK;
    rondo_status status = rd_alloc(width, sizeof *f.x, "statistics", &f.x, error);
    if (status == RONDO_OK) status = rd_alloc(width, sizeof *f.y, "statistics", &f.y, error);
    if (status == RONDO_OK) status = rd_alloc(width, sizeof *f.raw, "statistics", &f.raw, error);
    if (status == RONDO_OK) status = rd_alloc(width, sizeof *f.change, "statistics", &f.change, error);
    if (status == RONDO_OK) status = fit_layers(&f, error);
    rondo_model_changed(model);
    rd_free(f.x);
    rd_free(f.y);
    rd_free(f.raw);
    rd_free(f.change);
    return status;
}
