/* The walk over the list: forward from first to last, the losses at the turn, backward from last to first. */
#include "model/run.h"
#include "base/clock.h"
#include "base/size.h"
#include "model/liveness.h"
#include "model/narrow.h"

#include <string.h>

/* ---- checking a batch at the door -----------------------------------------------------------------------
 */

/* The rows of a part around another are read with that one. */
static int is_read(const rondo_model *model, size_t part, rondo_mode mode)
{
    for (size_t i = 0; i < model->parts; i++)
        if (model->part[i].inside == part + 1 && is_read(model, i, mode)) return 1;
    for (size_t i = 0; i < model->layers; i++) {
        const rd_layer *layer = &model->layer[i];
        size_t inputs = layer->inputs - (mode == RONDO_USE ? layer->training_inputs : 0);
        for (size_t k = 0; k < inputs; k++)
            if (layer->source[k] == part) return 1;
    }
    return 0;
}

static rondo_status check_symbols(const char *name, const int32_t *symbols, size_t rows, size_t width,
                                  int32_t lowest, rondo_error *error)
{
    for (size_t r = 0; r < rows; r++)
        if (symbols[r] < lowest || (symbols[r] >= 0 && (size_t)symbols[r] >= width))
            return rd_fail(error, RONDO_BAD_ARGUMENT,
                           "part \"%s\" of the batch has the symbol %d, the model knows 0 to %zu", name,
                           (int)symbols[r], width - 1);
    return RONDO_OK;
}

rondo_status rd_run_part(const rondo_model *model, const rondo_batch *batch, size_t i, int32_t lowest,
                         const rd_part **part, rondo_error *error)
{
    const char *name = model->part[i].name;
    *part = rd_batch_part(batch, name);
    if (!*part) return rd_fail(error, RONDO_BAD_ARGUMENT, "the batch has no part \"%s\"", name);
    if (((*part)->width == 0) != model->part[i].symbols)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "part \"%s\" of the batch has %s, the model reads %s", name,
                       (*part)->width ? "numbers" : "symbols",
                       model->part[i].symbols ? "symbols" : "numbers");
    if ((*part)->width && (*part)->width != model->part[i].width)
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "part \"%s\" of the batch has %zu numbers a step, the model reads %zu", name,
                       (*part)->width, model->part[i].width);
    if (!(*part)->width)
        RD_TRY(check_symbols(name, (*part)->symbols, (*part)->packed.pack.rows, model->part[i].width, lowest,
                             error));
    return RONDO_OK;
}

/* ---- forward --------------------------------------------------------------------------------------------
 */

typedef struct inputs {
    const rd_part *part[RD_MAX_PARTS]; /* NULL: no layer reads it */
    rd_limits_of_call limit[RD_MAX_PARTS];
} inputs;

/* The memory of a loss over sequences depends on the lengths of its targets. */
static void read_targets(const rondo_model *model, const rondo_batch *batch, inputs *in)
{
    for (size_t i = 0; i < model->losses; i++) {
        const size_t target = model->loss[i].target;
        const rd_part *part = rd_batch_part(batch, model->part[target].name);
        if (!model->loss[i].info->sequence || !part) continue;
        const rondo_pack *pack = &part->packed.pack;
        in->limit[target] =
            (rd_limits_of_call){.rows = pack->rows, .steps = pack->steps, .sequences = pack->sequences};
    }
}

static rondo_status read_inputs(const rondo_model *model, const rondo_state *state, const rondo_batch *batch,
                                rondo_mode mode, inputs *in, rondo_error *error)
{
    memset(in, 0, sizeof *in);
    if (state && (state->model != model || state->sequences != batch->sequences))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "the state is %s",
                       state->model != model ? "of another model"
                                             : "for another number of sequences than the batch has");
    for (size_t i = 0; i < model->parts; i++) {
        if (!is_read(model, i, mode)) continue;
        int32_t lowest =
            is_read(model, i, RONDO_USE) ? 0 : INT32_MIN; /* targets that are fed back may be ignored ones */
        RD_TRY(rd_run_part(model, batch, i, lowest, &in->part[i], error));
        const rondo_pack *pack = &in->part[i]->packed.pack;
        in->limit[i] =
            (rd_limits_of_call){.rows = pack->rows, .steps = pack->steps, .sequences = pack->sequences};
    }
    read_targets(model, batch, in);
    return RONDO_OK;
}

static void bind_inputs(const rondo_model *model, rd_frame *frame, const inputs *in, struct rd_model_run *run)
{
    for (size_t i = 0; i < model->parts; i++) {
        rd_value *value = &frame->value[i];
        run->pack[i] = in->part[i] ? &in->part[i]->packed.pack : NULL;
        value->data = in->part[i] ? in->part[i]->values : NULL;
        value->symbols = in->part[i] && !in->part[i]->width ? in->part[i]->symbols : NULL;
        value->stride = model->part[i].width;
    }
}

/* Layers that are the identity in use show their input; the parts may have moved since the frame was bound.
 */
static void bind_values(const rondo_model *model, rd_frame *frame, const rd_call *base)
{
    for (size_t i = 0; i < model->layers; i++) {
        const rd_layer *layer = &model->layer[i];
        rd_value *value = &frame->value[model->parts + i];
        if (layer->in_place && frame->mode == RONDO_USE) *value = frame->value[layer->source[0]];
        if (layer->in[0].inside && layer->state_width > 0) {
            value->final = frame->inner[i].final;
            value->final_stride = layer->state_width;
            value->d_final = frame->inner[i].d_final;
        } else if (layer->state_width > 0) {
            value->final = base->final + model->state_at[i];
            value->final_stride = base->state_stride;
            value->d_final = frame->d_final ? frame->d_final + model->state_at[i] : NULL;
        }
    }
}

static rd_call base_call(const rondo_model *model, const rd_frame *frame, const rondo_state *state,
                         const rondo_batch *batch, const struct rd_model_run *run)
{
    return (rd_call){.device = model->device,
                     .mode = frame->mode,
                     .seed = model->seed,
                     .step = model->step,
                     .first_sequence = batch->first_sequence,
                     .packs = run->pack,
                     .sequences = batch->sequences,
                     .state_stride = model->state_width,
                     .start = state ? state->numbers : NULL,
                     .fresh = state ? frame->fresh : NULL,
                     .final = state ? state->numbers : frame->final,
                     .params = model->params,
                     .grads = frame->mode == RONDO_TRAIN ? model->grads : NULL};
}

static int skips(const rondo_model *model, const rd_frame *frame, size_t layer)
{
    if (frame->mode == RONDO_USE && model->layer[layer].in_place) return 1;
    return rd_frame_fuses(model, frame, layer) && !frame->value[model->parts + layer].data;
}

/* What forward starts from may be replaced by what it ends with. */
static void keep_start(const rondo_model *model, const rd_frame *frame, const rd_call *base, size_t i)
{
    const size_t width = model->layer[i].state_width;
    rd_real *to = rd_layer_carries(&model->layer[i]) ? frame->repeat[i].start : NULL;
    for (size_t p = 0; to && base->start && p < base->sequences; p++)
        memcpy(to + p * width, base->start + p * base->state_stride + model->state_at[i], width * sizeof *to);
}

void rd_run_again(const rondo_model *model, const rd_frame *frame, const rd_call *base, size_t i)
{
    const struct rd_repeat *repeat = &frame->repeat[i];
    rd_call call = rd_frame_call(model, frame, base, i);
    rd_value out = *call.out;
    out.data = repeat->out;
    call.out = &out;
    call.memory = repeat->memory;
    call.final = NULL;
    call.d_final = call.d_start = NULL;
    if (call.start) {
        call.start = repeat->start;
        call.state_stride = model->layer[i].state_width;
    }
    model->layer[i].ops->forward(&model->layer[i], &call);
}

void rd_run_layers(const rondo_model *model, rd_frame *frame, const rd_call *base)
{
    bind_values(model, frame, base);
    for (size_t i = 0; i < model->layers && !rd_brake_pulled(model->device->brake, 0); i++) {
        if (skips(model, frame, i)) continue;
        rd_lives_guard(frame, i);
        rd_call call = rd_frame_call(model, frame, base, i);
        keep_start(model, frame, base, i);
        model->layer[i].ops->forward(&model->layer[i], &call);
    }
}

void rd_run_group(const rondo_model *model, rd_frame *frame, const rd_call *base, const unsigned char *group, int which)
{
    bind_values(model, frame, base);
    for (size_t i = 0; i < model->layers; i++) {
        if (group[i] != which || skips(model, frame, i)) continue;
        const rd_call call = rd_frame_call(model, frame, base, i);
        model->layer[i].ops->forward(&model->layer[i], &call);
    }
}

/* The last value before the loss. */
size_t rd_run_output(const rondo_model *model)
{
    return model->losses ? model->loss[0].source : model->layers - 1;
}

/* In use a fused head gives its logits only to who asks for them. */
static rondo_status ready_logits(const rondo_model *model, rd_frame *frame, const rd_call *base, int wanted,
                                 rondo_error *error)
{
    size_t source = rd_run_output(model), numbers;
    rd_value *value = &frame->value[model->parts + source];
    if (!rd_frame_fuses(model, frame, source)) return RONDO_OK;
    value->data = NULL;
    if (!wanted || frame->mode == RONDO_TRAIN) return RONDO_OK;
    if (!rd_mul(rd_shape_rows(&model->layer[source].out, base), value->stride, &numbers))
        return rd_fail(error, RONDO_LIMIT, "the output of \"%s\" is too large", model->layer[source].name);
    if (numbers > frame->logits_room) {
        rd_free_aligned(frame->logits);
        frame->logits_room = 0;
        frame->logits = NULL;
        RD_TRY(
            rd_alloc_aligned(numbers, sizeof(rd_real), "the output of the network", &frame->logits, error));
        frame->logits_room = numbers;
    }
    value->data = frame->logits;
    return RONDO_OK;
}

static void show_output(const rondo_model *model, const rd_frame *frame, const rd_call *base,
                        rondo_view *output)
{
    size_t source = rd_run_output(model);
    const rd_layer *layer = &model->layer[source];
    const rd_value *value = &frame->value[model->parts + source];
    *output = (rondo_view){.data = value->data,
                           .type = RONDO_REAL,
                           .rank = 2,
                           .shape = {rd_shape_rows(&layer->out, base), layer->out.width},
                           .stride = value->stride,
                           .name = layer->name};
}

static rondo_status forward(rondo_model *model, rondo_state *state, const rondo_batch *batch, rondo_mode mode,
                            rondo_view *output, rondo_error *error)
{
    rd_frame *frame = mode == RONDO_TRAIN ? &model->train : &model->use;
    struct rd_model_run *run = model->run;
    inputs in;
    RD_TRY(read_inputs(model, state, batch, mode, &in, error));
    run->phase = RD_PHASE_NONE;
    RD_TRY(rd_frame_ready(model, frame, in.limit, mode, error));
    if (mode == RONDO_TRAIN) {
        RD_TRY(rd_model_ready_grads(model, error));
        rd_model_mark_rows(model, batch);
    }
    rd_model_pack(model);
    bind_inputs(model, frame, &in, run);
    for (size_t i = 0; state && i < batch->sequences; i++)
        frame->fresh[i] = state->fresh[i] | batch->fresh[i];
    run->frame = frame;
    run->batch = batch;
    run->call = base_call(model, frame, state, batch, run);
    RD_TRY(ready_logits(model, frame, &run->call, output != NULL, error));
    rd_run_layers(model, frame, &run->call);
    if (state) memset(state->fresh, 0, state->sequences);
    if (output) show_output(model, frame, &run->call, output);
    run->phase = RD_PHASE_FORWARD;
    return RONDO_OK;
}

rondo_status rondo_model_forward(rondo_model *model, rondo_state *state, const rondo_batch *batch,
                                 rondo_mode mode, rondo_view *output, rondo_error *error)
{
    if (!model || !batch)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_model_forward: %s is missing",
                       model ? "batch" : "model");
    if (mode != RONDO_USE && mode != RONDO_TRAIN)
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "rondo_model_forward: the mode must be RONDO_USE or RONDO_TRAIN");
    if (mode == RONDO_TRAIN) RD_TRY(rd_model_can_learn(model, "rondo_model_forward", error));
    uint64_t float_mode = rd_float_mode_flush();
    rondo_status status = forward(model, state, batch, mode, output, error);
    rd_float_mode_restore(float_mode);
    return status;
}
