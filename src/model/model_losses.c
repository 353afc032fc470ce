/* What a loss node is beside its line: settings, the width it asks for, and its parameters as others see
 * them. */
#include "model/model_build.h"

#include "losses/kinds_of_loss.h"

#include <stdio.h>

static rondo_status read_quantiles(const char *text, const char *where, rd_loss_settings *settings,
                                   rondo_error *error)
{
    if (rd_quantiles_read(text, settings)) return RONDO_OK;
    return rd_fail(error, RONDO_BAD_ARGUMENT,
                   "%s: expected 1 to %d ascending numbers between 0 and 1, with commas, found %s", where,
                   RD_MAX_QUANTILES, rd_quote(text).text);
}

rondo_status rd_loss_settings_of(const rondo_options *options, const rd_loss_info *info, rd_node *node,
                                 rd_loss_settings *settings, rondo_error *error)
{
    *settings = (rd_loss_settings){.smooth = 0};
    if (info->smooths)
        RD_TRY(rd_setting_number(node, "smooth", rd_option_number(options, RD_OPT_smooth), 0, 0.999999,
                                 &settings->smooth, error));
    if (!info->quantiles) return RONDO_OK;
    char where[2 * RD_NAME];
    const char *text = rd_setting_text(node, "quantiles");
    (void)snprintf(where, sizeof where, "model text:%zu: setting \"quantiles\"", node->line);
    return read_quantiles(text ? text : rd_option_text(options, RD_OPT_quantiles),
                          text ? where : "--quantiles", settings, error);
}

rondo_status rd_model_outputs(const rondo_options *options, const char *loss, size_t target_width,
                              size_t *outputs, rondo_error *error)
{
    const rd_loss_info *info = rd_loss_find(loss);
    rd_loss_settings settings = {.smooth = 0};
    if (!info) return rd_fail(error, RONDO_BAD_ARGUMENT, "there is no loss %s", rd_quote(loss).text);
    if (info->quantiles)
        RD_TRY(read_quantiles(rd_option_text(options, RD_OPT_quantiles), "--quantiles", &settings, error));
    *outputs = info->width(target_width, &settings);
    return RONDO_OK;
}

int rd_model_crf(const rondo_model *model, rd_crf *crf)
{
    for (size_t i = 0; i < model->losses; i++) {
        const rd_loss_node *loss = &model->loss[i];
        if (loss->info->sequence != &rd_loss_crf) continue;
        *crf = (rd_crf){.classes = model->layer[loss->source].out.width,
                        .start = model->params + loss->param[0].offset,
                        .end = model->params + loss->param[1].offset,
                        .transitions = model->params + loss->param[2].offset};
        return 1;
    }
    return 0;
}
