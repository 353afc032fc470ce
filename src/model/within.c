/* A network inside a larger one: its output's gradient comes from the caller, the gradient by its input goes
 * back to him. */
#include "model/run.h"

#include <string.h>

rondo_status rondo_model_input_grad(rondo_model *model, const char *part, rondo_view *grad,
                                    rondo_error *error)
{
    if (!model || !part)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_model_input_grad: %s is missing",
                       model ? "part" : "model");
    for (size_t i = 0; i < model->parts; i++) {
        if (strcmp(model->part[i].name, part) != 0) continue;
        if (model->part[i].symbols)
            return rd_fail(error, RONDO_BAD_ARGUMENT,
                           "rondo_model_input_grad: part \"%s\" has symbols, which have no gradient",
                           rd_quote(part).text);
        const rondo_pack *pack = model->train.ready && model->input_grads ? model->run->pack[i] : NULL;
        if (grad)
            *grad = (rondo_view){.data = pack ? model->train.value[i].grad : NULL,
                                 .type = RONDO_REAL,
                                 .rank = 2,
                                 .shape = {pack ? pack->rows : 0, model->part[i].width},
                                 .stride = model->part[i].width,
                                 .name = model->part[i].name};
        model->input_grads = 1;
        return RONDO_OK;
    }
    return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_model_input_grad: the model reads no part \"%s\"",
                   rd_quote(part).text);
}

static rondo_status check_output_grad(const rondo_model *model, const rondo_view *d_output,
                                      rondo_error *error)
{
    const size_t source = rd_run_output(model);
    const rd_layer *layer = &model->layer[source];
    const struct rd_model_run *run = model->run;
    if (rd_frame_fuses(model, run->frame, source))
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "rondo_model_backward_from: the output \"%s\" is fused with its loss", layer->name);
    if (!d_output->data || d_output->type != RONDO_REAL || d_output->rank != 2 ||
        d_output->shape[0] != rd_shape_rows(&layer->out, &run->call) ||
        d_output->shape[1] != layer->out.width || d_output->stride < layer->out.width)
        return rd_fail(
            error, RONDO_BAD_ARGUMENT,
            "rondo_model_backward_from: the gradient must be %zu rows of %zu numbers, as the output is",
            rd_shape_rows(&layer->out, &run->call), layer->out.width);
    return RONDO_OK;
}

rondo_status rondo_model_backward_from(rondo_model *model, const rondo_batch *batch, rondo_view d_output,
                                       rondo_error *error)
{
    if (!model || !batch)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_model_backward_from: %s is missing",
                       model ? "batch" : "model");
    RD_TRY(rd_model_may_go_back(model, batch, error));
    RD_TRY(check_output_grad(model, &d_output, error));
    return rd_model_backward_from(model, batch, &d_output, NULL, NULL, error);
}
