/* Loss and metrics of a model on data: batches in order, states carried where the text is one stream. */
#include "tasks/forecast.h"
#include "tasks/labeller.h"
#include "tasks/scores.h"
#include "tasks/tasks.h"

#include "data/loader.h"
#include "losses/loss.h"

typedef struct evaluation {
    rondo_loader *loader;
    rondo_batch *batch;
    rondo_state *state;
    const rd_task_info *task;
    rd_labeller labeller;
    rd_tally tally;
} evaluation;

static rondo_status one_batch(evaluation *e, rondo_model *model, int *more, rondo_error *error)
{
    rondo_loss_report report;
    rondo_view output = {0};
    int end;
    rondo_status status = rondo_loader_next(e->loader, e->batch, &end, error);
    *more = status == RONDO_OK;
    if (status != RONDO_OK)
        return status == RONDO_NO ? RONDO_OK : status;
    RD_TRY(rondo_model_forward(model, e->state, e->batch, RONDO_USE, e->task->add ? &output : NULL, error));
    if (e->task->add)
        e->task->add(&e->tally, &output, rd_batch_part(e->batch, "y"));
    if (e->tally.status != RONDO_OK)
        return rd_fail(error, e->tally.status, "no memory for the answers to a batch");
    RD_TRY(rondo_model_loss(model, e->batch, &report, error));
    e->tally.loss += report.sum;
    e->tally.count += report.count;
    e->tally.scores->left_out += report.infeasible;
    return RONDO_OK;
}

static rondo_status prepare(evaluation *e, rondo_model *model, const rondo_data *data, const rondo_options *options, rondo_error *error)
{
    e->task = rd_task_find(model->task);
    if (!e->task)
        return rd_fail(error, RONDO_BAD_MODEL, "the model has no task; it cannot be evaluated on files");
    if (model->losses == 0)
        return rd_fail(error, RONDO_BAD_MODEL, "the model has no loss; it cannot be evaluated");
    e->tally.model = model;
    e->tally.labeller = &e->labeller;
    RD_TRY(rd_scores_new(data, &e->tally.scores, error));
    if (rd_data_form_of(data) == RD_DATA_WINDOWS)
        RD_TRY(rd_forecast_watch_new(model, data, options, &e->tally.forecast, error));
    RD_TRY(rondo_loader_new(data, options, 0, &e->loader, error));
    RD_TRY(rondo_batch_new(&e->batch, error));
    e->tally.batch = e->batch;
    if (rd_loader_carries(e->loader))
        RD_TRY(rondo_state_new(model, rd_loader_sequences(e->loader), &e->state, error));
    return RONDO_OK;
}

static rondo_status run(evaluation *e, rondo_model *model, rd_poll poll, void *user, rondo_error *error)
{
    int more = 1;
    while (more) {
        RD_TRY(one_batch(e, model, &more, error));
        if (poll && poll(user))
            return rd_fail(error, RONDO_NO, "stopped while evaluating");
    }
    return RONDO_OK;
}

static void put_metrics(const evaluation *e, const rondo_model *model, rondo_metrics *metrics)
{
    *metrics = (rondo_metrics){.loss = rd_tally_loss(&e->tally), .rows = e->tally.count};
    e->task->metrics(&e->tally, model, metrics);
}

static void clear(evaluation *e)
{
    rondo_scores_free(e->tally.scores);
    rd_forecast_watch_free(e->tally.forecast);
    rd_labeller_free(&e->labeller);
    rondo_loader_free(e->loader);
    rondo_batch_free(e->batch);
    rondo_state_free(e->state);
}

rondo_status rd_evaluate_scores(rondo_model *model, const rondo_data *data, const rondo_options *options, rd_poll poll,
                                void *user, rondo_metrics *metrics, rondo_scores **scores, rondo_error *error)
{
    evaluation e = {.task = NULL};
    *scores = NULL;
    rondo_status status = prepare(&e, model, data, options, error);
    if (status == RONDO_OK) status = run(&e, model, poll, user, error);
    if (status == RONDO_OK) {
        put_metrics(&e, model, metrics);
        *scores = e.tally.scores;
        e.tally.scores = NULL;
    }
    clear(&e);
    return status;
}

rondo_status rd_evaluate_names(rondo_model *model, const rondo_data *data, const rondo_options *options, rondo_metrics *metrics,
                               rondo_error *error)
{
    evaluation e = {.task = NULL};
    const rondo_status status = prepare(&e, model, data, options, error);
    if (status == RONDO_OK) put_metrics(&e, model, metrics);
    clear(&e);
    return status;
}

rondo_status rd_evaluate(rondo_model *model, const rondo_data *data, const rondo_options *options, rd_poll poll, void *user,
                         rondo_metrics *metrics, rondo_error *error)
{
    rondo_scores *scores;
    RD_TRY(rd_evaluate_scores(model, data, options, poll, user, metrics, &scores, error));
    rondo_scores_free(scores);
    return RONDO_OK;
}

static const char *missing(const rondo_model *model, const rondo_data *data, const rondo_options *options,
                           const rondo_metrics *metrics)
{
    return !model ? "model" : !data ? "data" : !options ? "options" : !metrics ? "metrics" : NULL;
}

/* What users ask for: also what the model writes, where it writes. */
static rondo_status whole(rondo_model *model, const rondo_data *data, const rondo_options *options, rondo_metrics *metrics,
                          rondo_scores **scores, rondo_error *error)
{
    RD_TRY(rd_evaluate_scores(model, data, options, NULL, NULL, metrics, scores, error));
    const rd_task_info *task = rd_task_find(model->task);
    if (rd_data_form_of(data) != RD_DATA_PAIRS || !task->answer)
        return RONDO_OK;
    rondo_status status = rd_scores_texts(*scores, model, data, options, task, error);
    if (status == RONDO_OK) {
        rd_scores_text_metrics(*scores, metrics);
    } else {
        rondo_scores_free(*scores);
        *scores = NULL;
    }
    return status;
}

rondo_status rondo_evaluate(rondo_model *model, const rondo_data *data, const rondo_options *options, rondo_metrics *metrics,
                            rondo_error *error)
{
    const char *none = missing(model, data, options, metrics);
    rondo_scores *scores = NULL;
    if (none)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_evaluate: %s is missing", none);
    rondo_status status = whole(model, data, options, metrics, &scores, error);
    rondo_scores_free(scores);
    return status;
}

rondo_status rondo_scores_new(rondo_model *model, const rondo_data *data, const rondo_options *options, rondo_metrics *metrics,
                              rondo_scores **scores, rondo_error *error)
{
    const char *none = missing(model, data, options, metrics);
    if (none || !scores)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_scores_new: %s is missing", none ? none : "scores");
    return whole(model, data, options, metrics, scores, error);
}
