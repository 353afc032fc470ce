/* What a sequence carries from window to window and from step to step. A state has a frame of its own, so
 * that one const model serves many of them in many threads. */
#include "base/clock.h"
#include "model/run.h"
#include "model/stepper.h"

#include <string.h>

/* ---- making, copying, freeing ---------------------------------------------------------------------------
 */

static rondo_status ready_step(rondo_state *state, rondo_error *error)
{
    const rondo_model *model = state->model;
    rd_limits_of_call limits[RD_MAX_PARTS] = {{.rows = 0}};
    size_t *length;
    RD_TRY(rd_alloc(state->sequences, sizeof *length, "a state", &length, error));
    for (size_t i = 0; i < state->sequences; i++)
        length[i] = 1;
    rondo_status status = rd_pack_build(&state->pack, length, state->sequences, error);
    rd_free(length);
    RD_TRY(status);
    for (size_t i = 0; i < model->parts; i++)
        limits[i] = (rd_limits_of_call){.rows = state->sequences, .steps = 1, .sequences = state->sequences};
    state->frame.streams = 1;
    return rd_frame_ready(model, &state->frame, limits, RONDO_USE, error);
}

static rondo_status fill_state(rondo_state *state, rondo_error *error)
{
    size_t width = state->model->state_width;
    RD_TRY(rd_alloc_aligned(state->sequences, (width ? width : 1) * sizeof(rd_real), "a state",
                            &state->numbers, error));
    RD_TRY(rd_alloc(state->sequences, 1, "a state", &state->fresh, error));
    RD_TRY(ready_step(state, error));
    for (size_t i = 0; i < state->sequences; i++)
        rondo_state_reset(state, i);
    return rd_stepper_new(state, error);
}

rondo_status rondo_state_new(const rondo_model *model, size_t sequences, rondo_state **state,
                             rondo_error *error)
{
    rondo_state *s;
    if (!model || !state || sequences == 0)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_state_new: %s",
                       !model   ? "model is missing"
                       : !state ? "state is missing"
                                : "a state is for at least one sequence");
    *state = NULL;
    RD_TRY(rd_alloc(1, sizeof *s, "a state", &s, error));
    s->model = model;
    s->sequences = sequences;
    rondo_status status = fill_state(s, error);
    if (status != RONDO_OK) {
        rondo_state_free(s);
        return status;
    }
    *state = s;
    return RONDO_OK;
}

void rondo_state_free(rondo_state *state)
{
    if (!state) return;
    rd_stepper_free(state->stepper);
    rd_frame_free(&state->frame);
    rd_pack_free(&state->pack);
    rd_free_aligned(state->numbers);
    rd_free(state->fresh);
    rd_free(state);
}

void rondo_state_reset(rondo_state *state, size_t sequence)
{
    if (!state || sequence >= state->sequences) return;
    const rondo_model *model = state->model;
    rd_real *numbers = state->numbers + sequence * model->state_width;
    memset(numbers, 0, model->state_width * sizeof *numbers);
    for (size_t i = 0; i < model->layers; i++)
        if (model->layer[i].ops->start && rd_layer_carries(&model->layer[i]) > 0)
            model->layer[i].ops->start(&model->layer[i], model->params, numbers + model->state_at[i]);
    state->fresh[sequence] = 1;
}

rondo_status rondo_state_copy(rondo_state *to, const rondo_state *from, rondo_error *error)
{
    if (!to || !from || to->model != from->model || to->sequences != from->sequences)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_state_copy: %s",
                       to && from ? "the states differ in model or number of sequences"
                                  : "a state is missing");
    memcpy(to->numbers, from->numbers, to->sequences * to->model->state_width * sizeof *to->numbers);
    memcpy(to->fresh, from->fresh, to->sequences);
    return RONDO_OK;
}

rondo_view rondo_state_view(rondo_state *state)
{
    if (!state) return (rondo_view){.name = "state"};
    size_t width = state->model->state_width;
    return (rondo_view){.data = state->numbers,
                        .type = RONDO_REAL,
                        .rank = 2,
                        .shape = {state->sequences, width},
                        .stride = width,
                        .name = "state"};
}

/* ---- one step of each sequence --------------------------------------------------------------------------
 */

/* The one part that the layers read. */
static rondo_status find_input(const rondo_model *model, size_t *part, rondo_error *error)
{
    *part = SIZE_MAX;
    for (size_t i = 0; i < model->layers; i++) {
        const rd_layer *layer = &model->layer[i];
        if (!layer->streams)
            return rd_fail(error, RONDO_BAD_ARGUMENT,
                           "layer \"%s\" (%s) needs whole sequences and cannot go step by step", layer->name,
                           layer->ops->kind);
        for (size_t k = 0; k < layer->inputs - layer->training_inputs; k++) {
            if (layer->source[k] >= model->parts) continue;
            if (*part != SIZE_MAX && *part != layer->source[k])
                return rd_fail(error, RONDO_BAD_ARGUMENT,
                               "the model reads parts \"%s\" and \"%s\", rondo_step gives one",
                               model->part[*part].name, model->part[layer->source[k]].name);
            *part = layer->source[k];
        }
    }
    return RONDO_OK;
}

static rondo_status bind_symbols(const rondo_state *state, const rondo_view *input, size_t part,
                                 rd_value *value, rondo_error *error)
{
    const int32_t *symbols = input->data;
    size_t width = state->model->part[part].width;
    if (input->type != RONDO_INT32 || input->rank != 1 || input->shape[0] != state->sequences)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_step: the input must be %zu symbols (int32)",
                       state->sequences);
    for (size_t i = 0; i < state->sequences; i++)
        if (symbols[i] < 0 || (size_t)symbols[i] >= width)
            return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_step: the symbol %d, the model knows 0 to %zu",
                           (int)symbols[i], width - 1);
    value->symbols = symbols;
    return RONDO_OK;
}

static rondo_status bind_input(rondo_state *state, const rondo_view *input, rondo_error *error)
{
    const rondo_model *model = state->model;
    size_t part;
    RD_TRY(state->stepper ? RONDO_OK : find_input(model, &part, error));
    if (state->stepper) part = rd_stepper_part(state->stepper);
    rd_value *value = &state->frame.value[part];
    if (!input->data) return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_step: the input is missing");
    if (model->part[part].symbols) return bind_symbols(state, input, part, value, error);
    size_t width = model->part[part].width;
    if (input->type != RONDO_REAL || input->rank != 2 || input->shape[0] != state->sequences ||
        input->shape[1] != width || input->stride < width)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_step: the input must be %zu rows of %zu numbers",
                       state->sequences, width);
    value->data = input->data;
    value->stride = input->stride;
    return RONDO_OK;
}

static rondo_status check_output(const rondo_state *state, const rondo_view *output, rondo_error *error)
{
    size_t width = state->model->layer[rd_run_output(state->model)].out.width;
    if (!output->data || output->type != RONDO_REAL || output->rank != 2 ||
        output->shape[0] != state->sequences || output->shape[1] != width || output->stride < width)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_step: the output must be %zu rows of %zu numbers",
                       state->sequences, width);
    return RONDO_OK;
}

static void step(rondo_state *state, rd_real *output, size_t stride)
{
    const rondo_model *model = state->model;
    const rondo_pack *packs[RD_MAX_PARTS];
    for (size_t i = 0; i < RD_MAX_PARTS; i++)
        packs[i] = &state->pack.pack;
    rd_call base = {.device = model->device,
                    .mode = RONDO_USE,
                    .seed = model->seed,
                    .packs = packs,
                    .sequences = state->sequences,
                    .state_stride = model->state_width,
                    .start = state->numbers,
                    .fresh = state->fresh,
                    .final = state->numbers,
                    .params = model->params};
    if (state->stepper)
        rd_stepper_run(state, &base);
    else
        rd_run_layers(model, &state->frame, &base);
    memset(state->fresh, 0, state->sequences);
    size_t source = rd_run_output(model);
    const rd_value *value = &state->frame.value[model->parts + source];
    for (size_t i = 0; i < state->sequences; i++)
        memcpy(output + i * stride, value->data + i * value->stride,
               model->layer[source].out.width * sizeof *output);
}

rondo_status rondo_step(const rondo_model *model, rondo_state *state, rondo_view input, rondo_view output,
                        rondo_error *error)
{
    if (!model || !state || state->model != model)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_step: %s",
                       !model   ? "model is missing"
                       : !state ? "state is missing"
                                : "the state is of another model");
    if (rd_stepper_is_stale(state)) {
        rd_fail(error, RONDO_BAD_ARGUMENT,
                "rondo_step: the parameters changed and the packed weights are stale");
        rd_hint(error, "make a state, or run rondo_model_forward, after the change");
        return RONDO_BAD_ARGUMENT;
    }
    RD_TRY(bind_input(state, &input, error));
    RD_TRY(check_output(state, &output, error));
    uint64_t float_mode = rd_float_mode_flush();
    step(state, output.data, output.stride);
    rd_float_mode_restore(float_mode);
    return RONDO_OK;
}
