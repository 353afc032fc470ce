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

static int from_last(const rondo_options *options)
{
    return rd_option_is(options, RD_OPT_difference, "last");
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
    const rd_corpus *corpus = data->corpus;
    const size_t targets = corpus->width[RD_Y];
    size_t outputs;
    rondo_size x = size[0];
    RD_TRY(rd_model_outputs(options, loss, size[1].width, &outputs, error));
    const int scaled = rd_scaling_wanted(options, "forecast");
    if (!scaled && !from_last(options)) return rd_model_text_from(options, &x, outputs, loss, 1, text, error);
    rd_text_put(text, "scaled = scale(x");
    if (from_last(options)) rd_text_format(text, ", relative=%zu", corpus->series->values);
    rd_text_put(text, ")\n");
    x.part = "scaled";
    RD_TRY(rd_model_text_from(options, &x, outputs, loss, 1, text, error));
    RD_TRY(rd_text_done(text, error));
    drop_last_line(text);
    rd_text_format(text, "forecast = unscale(out%s, targets=%zu, each=%zu", from_last(options) ? ", x" : "", targets,
                   outputs / size[1].width);
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
                                 .levels = loss->info->quantiles ? &loss->settings : NULL};
    for (size_t q = 1; shape->levels && q < shape->each; q++)
        if (fabs(shape->levels->quantile[q] - 0.5) < fabs(shape->levels->quantile[shape->point] - 0.5)) shape->point = q;
    return RONDO_OK;
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
    rd_column_stats *x, *y; /* [width of x], [width of y] */
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

/* Relative columns are measured by how much they change in half a window. */
static rondo_status fit_scale(const fit *f, const rd_layer *layer, rondo_error *error)
{
    const size_t relative = ((const rd_scale_layer *)layer->own)->relative;
    rd_real *shift = vector_of(f, layer, RD_SCALE_SHIFT), *factor = vector_of(f, layer, RD_SCALE_FACTOR);
    if (relative) {
        const rd_series_set *set = f->data->corpus->series;
        RD_TRY(rd_scaling_change(f->data, RD_X, set ? rd_size_max(set->window / 2, 1) : 1, f->change, error));
    }
    for (size_t j = 0; j < layer->out.width; j++) {
        shift[j] = j < relative ? 0 : (rd_real)shift_of(f, &f->x[j]);
        factor[j] = (rd_real)(1 / (j < relative ? f->change[j] : spread_of(f, &f->x[j])));
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

static rondo_status fit_unscale(const fit *f, const rd_layer *layer, rondo_error *error)
{
    const rd_unscale_layer *u = layer->own;
    const size_t steps = layer->out.width / (u->targets * u->each);
    rd_real *deviation = vector_of(f, layer, RD_UNSCALE_DEVIATION), *naive = vector_of(f, layer, RD_UNSCALE_NAIVE);
    if (u->targets != f->data->corpus->width[RD_Y])
        return rd_fail(error, RONDO_BAD_ARGUMENT, "model text:%zu: unscale \"%s\" has %zu targets, the data have %zu",
                       layer->line, layer->name, u->targets, f->data->corpus->width[RD_Y]);
    for (size_t step = 0; step < steps; step++) {
        if (layer->inputs == 2) RD_TRY(rd_scaling_change(f->data, RD_Y, step + 1, f->change, error));
        fit_step(f, layer, step, layer->inputs == 2);
    }
    RD_TRY(rd_scaling_naive(f->data, rd_forecast_season(f->model->options, f->data), f->change, error));
    for (size_t k = 0; k < u->targets; k++) {
        deviation[k] = (rd_real)rd_column_deviation(&f->y[k]);
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

/* Files that are forecast later are read by the same names, at the same frequency. */
static rondo_status note_columns(rondo_model *model, const rondo_data *data, rondo_error *error)
{
    const rd_corpus *corpus = data->corpus;
    char step[32];
    RD_TRY(set_list(model, "target", &corpus->columns[RD_Y], corpus->columns[RD_Y].count, error));
    RD_TRY(set_list(model, "inputs", &corpus->columns[RD_X], corpus->series->values, error));
    if (!corpus->series->timed) return RONDO_OK;
    rd_step_write(corpus->series->step, step);
    RD_TRY(rondo_options_set(model->options, "time", corpus->series->time_column, error));
    return rondo_options_set(model->options, "frequency", step, error);
}

static rondo_status fit_layers(fit *f, rondo_error *error)
{
    const rd_corpus *corpus = f->data->corpus;
    RD_TRY(rd_scaling_columns(f->data, RD_X, f->x, error));
    if (corpus->values[RD_Y]) RD_TRY(rd_scaling_columns(f->data, RD_Y, f->y, error));
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
    if (corpus->series) RD_TRY(note_columns(model, train, error));
    if (model->learning == model->numbers || !corpus->values[RD_X]) return RONDO_OK;
    rondo_status status = rd_alloc(width, sizeof *f.x, "statistics", &f.x, error);
    if (status == RONDO_OK) status = rd_alloc(width, sizeof *f.y, "statistics", &f.y, error);
    if (status == RONDO_OK) status = rd_alloc(width, sizeof *f.change, "statistics", &f.change, error);
    if (status == RONDO_OK) status = fit_layers(&f, error);
    rondo_model_changed(model);
    rd_free(f.x);
    rd_free(f.y);
    rd_free(f.change);
    return status;
}
