/* Loss and metrics of a model on data: batches in order, states carried where the text is one stream. */
#include "tasks/tasks.h"

#include "data/loader.h"
#include "losses/loss.h"

#include <math.h>

typedef struct evaluation {
    rondo_loader *loader;
    rondo_batch *batch;
    rondo_state *state;
    const rd_task_info *task;
    rd_tally tally;
} evaluation;

static rondo_status one_batch(evaluation *e, rondo_model *model, int *more, rondo_error *error)
{
    rondo_loss_report report;
    rondo_view output;
    int end;
    rondo_status status = rondo_loader_next(e->loader, e->batch, &end, error);
    *more = status == RONDO_OK;
    if (status != RONDO_OK)
        return status == RONDO_NO ? RONDO_OK : status;
    RD_TRY(rondo_model_forward(model, e->state, e->batch, RONDO_USE, e->task->add ? &output : NULL, error));
    if (e->task->add)
        e->task->add(&e->tally, &output, rd_batch_part(e->batch, "y"));
    RD_TRY(rondo_model_loss(model, e->batch, &report, error));
    e->tally.loss += report.sum;
    e->tally.count += report.count;
    return RONDO_OK;
}

static rondo_status run(evaluation *e, rondo_model *model, const rondo_data *data, const rondo_options *options, rd_poll poll,
                        void *user, rondo_error *error)
{
    int more = 1;
    RD_TRY(rondo_loader_new(data, options, 0, &e->loader, error));
    RD_TRY(rondo_batch_new(&e->batch, error));
    if (rd_loader_carries(e->loader))
        RD_TRY(rondo_state_new(model, rd_loader_sequences(e->loader), &e->state, error));
    while (more) {
        RD_TRY(one_batch(e, model, &more, error));
        if (poll && poll(user))
            return rd_fail(error, RONDO_NO, "stopped while evaluating");
    }
    return RONDO_OK;
}

rondo_status rd_evaluate(rondo_model *model, const rondo_data *data, const rondo_options *options, rd_poll poll, void *user,
                         rondo_metrics *metrics, rondo_error *error)
{
    evaluation e = {.task = rd_task_find(model->task)};
    if (!e.task)
        return rd_fail(error, RONDO_BAD_MODEL, "the model has no task; it cannot be evaluated on files");
    rondo_status status = run(&e, model, data, options, poll, user, error);
    if (status == RONDO_OK) {
        *metrics = (rondo_metrics){.loss = e.tally.count > 0 ? e.tally.loss / e.tally.count : 0, .rows = e.tally.count};
        e.task->metrics(&e.tally, model, metrics);
    }
    rondo_loader_free(e.loader);
    rondo_batch_free(e.batch);
    rondo_state_free(e.state);
    return status;
}

rondo_status rondo_evaluate(rondo_model *model, const rondo_data *data, const rondo_options *options, rondo_metrics *metrics,
                            rondo_error *error)
{
    if (!model || !data || !options || !metrics)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_evaluate: %s is missing",
                       !model ? "model" : !data ? "data" : !options ? "options" : "metrics");
    return rd_evaluate(model, data, options, NULL, NULL, metrics, error);
}
