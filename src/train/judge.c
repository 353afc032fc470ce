#include "train/judge.h"

#include "losses/loss.h"

rondo_status rd_judge_find(const rondo_options *options, const rondo_metrics *metrics, rondo_metric *judge, rondo_error *error)
{
    const char *name = rd_option_text(options, RD_OPT_best_by);
    rd_text known = {0};
    *judge = (rondo_metric){.name = "loss", .value = metrics->loss, .better = -1};
    if (rd_equal(name, "loss")) return RONDO_OK;
    for (size_t i = 0; i < metrics->count; i++) {
        *judge = metrics->metric[i];
        if (rd_equal(judge->name, name)) {
            rd_text_free(&known);
            return RONDO_OK;
        }
        rd_text_format(&known, ", %s", judge->name);
    }
    rd_fail(error, RONDO_BAD_ARGUMENT, "--best-by %s: the evaluation gives loss%s", rd_quote(name).text, known.text ? known.text : "");
    rd_text_free(&known);
    return RONDO_BAD_ARGUMENT;
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
