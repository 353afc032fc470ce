/* Networks that the options describe, for the rows of tasks.def. */
#include "tasks/tasks.h"

#include "losses/loss.h"

/* Outputs that the loss needs for the targets. */
static size_t outputs_for(const char *loss, size_t targets)
{
    const rd_loss_info *info = rd_loss_find(loss);
    return info ? info->width(targets) : targets;
}

rondo_status rd_text_of_steps(const rondo_options *options, const rondo_data *data, const rondo_size *size, const char *loss,
                              rd_text *text, rondo_error *error)
{
    (void)data;
    return rd_model_text_from(options, &size[0], outputs_for(loss, size[1].width), loss, 0, text, error);
}

rondo_status rd_text_of_sequences(const rondo_options *options, const rondo_data *data, const rondo_size *size, const char *loss,
                                  rd_text *text, rondo_error *error)
{
    (void)data;
    return rd_model_text_from(options, &size[0], outputs_for(loss, size[1].width), loss, 1, text, error);
}

rondo_status rd_text_of_numbers(const rondo_options *options, const rondo_data *data, const rondo_size *size, const char *loss,
                                rd_text *text, rondo_error *error)
{
    return rd_model_text_from(options, &size[0], outputs_for(loss, size[1].width), loss, !rd_data_target_per_row(data), text, error);
}
