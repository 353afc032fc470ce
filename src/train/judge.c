#include "train/judge.h"

#include "losses/loss.h"

rondo_status rd_judge_find(const rondo_options *options, const rondo_metrics *metrics, rondo_metric *judge, rondo_error *error)
{
    const char *name = rd_option_text(options, RD_OPT_best_by);
    const rondo_metric *found = rd_metric_find(metrics, name);
    rd_text known = {0};
    *judge = found ? *found : (rondo_metric){.name = "loss", .value = metrics->loss, .better = -1};
    if (found || rd_equal(name, "loss")) return RONDO_OK;
    for (size_t i = 0; i < metrics->count; i++)
        rd_text_format(&known, ", %s", metrics->metric[i].name);
    rd_fail(error, RONDO_BAD_ARGUMENT, "--best-by %s: the evaluation gives loss%s", rd_quote(name).text, known.text ? known.text : "");
    rd_text_free(&known);
    return RONDO_BAD_ARGUMENT;
}

rondo_metric rd_judge_headline(const rondo_options *options, const rondo_metrics *metrics)
{
    const rd_task_info *task = rd_task_find(rd_option_text(options, RD_OPT_task));
    const rondo_metric *found = NULL;
    for (size_t i = 0; task && i < sizeof task->headline / sizeof *task->headline && !found; i++)
        if (task->headline[i]) found = rd_metric_find(metrics, task->headline[i]);
    return found ? *found : (rondo_metric){.name = NULL};
}

static rondo_status check_smooth(const rondo_model *model, const rondo_options *options, rondo_error *error)
{
    const double smooth = rd_option_number(options, RD_OPT_smooth);
    rd_text known = {0};
    if (!(smooth > 0) || model->losses == 0) return RONDO_OK;
    for (size_t i = 0; i < model->losses; i++)
        if (model->loss[i].info->smooths) return RONDO_OK;
    for (const rd_loss_info *info = rd_losses; info->name; info++)
        if (info->smooths) rd_text_format(&known, "%s%s", known.size ? ", " : "", info->name);
    rd_fail(error, RONDO_BAD_ARGUMENT, "--smooth %g: the loss %s has no smoothing (%s)", smooth, model->loss[0].info->name,
            known.text ? known.text : "");
    rd_text_free(&known);
    return RONDO_BAD_ARGUMENT;
}

rondo_status rd_judge_check(rondo_model *model, const rondo_data *data, const rondo_options *options, rondo_error *error)
{
    rondo_metrics metrics;
    rondo_metric judge;
    RD_TRY(check_smooth(model, options, error));
    if (rd_option_is(options, RD_OPT_best_by, "loss")) return RONDO_OK;
    RD_TRY(rd_evaluate_names(model, data, options, &metrics, error));
    return rd_judge_find(options, &metrics, &judge, error);
}
