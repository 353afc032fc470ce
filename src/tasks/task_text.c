/* Networks that the options describe, for the rows of tasks.def. */
#include "tasks/forecast.h"

#include "losses/loss.h"
#include "model/seq2seq_text.h"

/* The network of the flags with as many outputs as the loss needs; numbers may be scaled on their way in. */
static rondo_status from_flags(const rondo_options *options, const rondo_data *data, const rondo_size *size, const char *loss,
                               int pooled, rd_text *text, rondo_error *error)
{
    size_t outputs;
    rondo_size x = size[0];
    RD_TRY(rd_model_outputs(options, loss, size[1].width, &outputs, error));
    if (!x.symbols && rd_scaling_wanted(options, rd_data_task(data))) {
        rd_text_put(text, "scaled = scale(x)\n");
        x.part = "scaled";
    }
    return rd_model_text_from(options, &x, outputs, loss, pooled, text, error);
}

rondo_status rd_text_of_steps(const rondo_options *options, const rondo_data *data, const rondo_size *size, const char *loss,
                              rd_text *text, rondo_error *error)
{
    return from_flags(options, data, size, loss, 0, text, error);
}

rondo_status rd_text_of_sequences(const rondo_options *options, const rondo_data *data, const rondo_size *size, const char *loss,
                                  rd_text *text, rondo_error *error)
{
    return from_flags(options, data, size, loss, 1, text, error);
}

rondo_status rd_text_of_numbers(const rondo_options *options, const rondo_data *data, const rondo_size *size, const char *loss,
                                rd_text *text, rondo_error *error)
{
    return from_flags(options, data, size, loss, !rd_data_target_per_row(data), text, error);
}

rondo_status rd_text_of_pairs(const rondo_options *options, const rondo_data *data, const rondo_size *size, const char *loss,
                              rd_text *text, rondo_error *error)
{
    (void)data;
    (void)loss;
    return rd_seq2seq_text(options, &size[0], &size[1], text, error);
}

rondo_status rd_text_of_conditions(const rondo_options *options, const rondo_data *data, const rondo_size *size, const char *loss,
                                   rd_text *text, rondo_error *error)
{
    (void)data;
    (void)loss;
    return rd_conditional_text(options, &size[2], &size[0], text, error);
}
