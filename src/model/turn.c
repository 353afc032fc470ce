/* Where forward ends and backward begins: the losses. An output is turned into its gradient in blocks of
 * rows; the head of a softmax loss is run block by block together with the loss, so that logits for all rows
 * never exist. Losses over sequences run over all of them at once and add to the gradient themselves. */
#include "base/clock.h"
#include "base/size.h"
#include "layers/dense.h"
#include "model/liveness.h"
#include "model/run.h"

#include <string.h>

typedef struct turn {
    const rondo_model *model;
    const rd_loss_node *node;
    rd_frame *frame;
    const rd_layer *source;
    rd_call call; /* of the source, for a fused head */
    const rd_part *target;
    size_t rows;
    int lazy; /* 1: the source is a fused head that has not run */
    double divisor;
    double *loss, *count; /* [rows]; of a loss over sequences, rows are these in the caller's order */
    rd_real *scale;       /* [rows] factor of the row, then weight * factor / divisor */
} turn;

/* ---- targets ------------------------------------------------------------------------------------------- */

static int same_rows(const rondo_pack *a, const rondo_pack *b)
{
    return a->sequences == b->sequences && a->rows == b->rows &&
           memcmp(a->length, b->length, a->sequences * sizeof *a->length) == 0;
}

/* A target a row has the lengths of the output; a target a sequence has length 1 everywhere. Targets with
 * lengths of their own were there when the memory for them was made. */
static rondo_status check_target(const turn *t, const struct rd_model_run *run, rondo_error *error)
{
    const rondo_pack *pack = &t->target->packed.pack;
    const char *name = t->model->part[t->node->target].name;
    const rd_sequence_ops *sequence = t->node->info->sequence;
    if (sequence && sequence->own_lengths) {
        if (pack->steps > t->frame->limit[t->node->target].steps)
            return rd_fail(error, RONDO_BAD_ARGUMENT,
                           "loss \"%s\" needs part \"%s\" in the batch before rondo_model_forward",
                           t->node->name, name);
    } else if (t->source->out.per_sequence) {
        for (size_t i = 0; i < pack->sequences; i++)
            if (pack->length[i] != 1)
                return rd_fail(error, RONDO_BAD_ARGUMENT,
                               "loss \"%s\" needs one target a sequence, sequence %zu of part \"%s\" has %zu",
                               t->node->name, i, name, pack->length[i]);
    } else if (!same_rows(pack, run->pack[t->source->out.part])) {
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "loss \"%s\" needs a target for each step; part \"%s\" has other lengths than \"%s\"",
                       t->node->name, name, t->model->part[t->source->out.part].name);
    }
    if (pack->sequences != run->call.sequences)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "part \"%s\" has %zu sequences, the others have %zu", name,
                       pack->sequences, run->call.sequences);
    return RONDO_OK;
}

static rondo_status open_turn(const rondo_model *model, size_t i, turn *t, rondo_error *error)
{
    const struct rd_model_run *run = model->run;
    const rd_loss_node *node = &model->loss[i];
    *t = (turn){.model = model, .node = node, .frame = run->frame, .source = &model->layer[node->source]};
    RD_TRY(rd_run_part(model, run->batch, node->target, INT32_MIN, &t->target, error));
    RD_TRY(check_target(t, run, error));
    t->call = rd_frame_call(model, run->frame, &run->call, node->source);
    t->rows = node->info->sequence ? run->call.sequences : rd_shape_rows(&t->source->out, &run->call);
    t->lazy = rd_frame_fuses(model, run->frame, node->source) && !t->call.out->data;
    t->loss = run->frame->rows[i].loss;
    t->count = run->frame->rows[i].count;
    t->scale = run->frame->rows[i].scale;
    return RONDO_OK;
}

/* ---- blocks of rows -------------------------------------------------------------------------------------
 */

/* The units of the layer's outputs; NULL: it has none. */
static const rd_real *units_of(const turn *t)
{
    const rd_layer *source = t->source;
    return source->units ? t->model->params + source->param[source->units - 1].offset : NULL;
}

/* Smoothing is a way to learn; what is reported in use is the loss of the targets themselves. */
static const rd_loss_settings *settings_of(const turn *t)
{
    return t->frame->mode == RONDO_TRAIN ? &t->node->settings : &t->node->plain;
}

static rd_loss_call block_call(const turn *t, size_t first, size_t rows)
{
    size_t width = t->target->width;
    return (rd_loss_call){.device = t->model->device,
                          .rows = rows,
                          .width = t->source->out.width,
                          .symbols = width ? NULL : t->target->symbols + first,
                          .values = width ? t->target->values + first * width : NULL,
                          .value_width = width,
                          .weight = t->target->weight ? t->target->weight + first : NULL,
                          .scale = t->scale + first,
                          .unit = units_of(t),
                          .settings = settings_of(t),
                          .gradient = t->frame->mode == RONDO_TRAIN,
                          .loss = t->loss + first,
                          .count = t->count + first};
}

static void run_block(const turn *t, size_t first, size_t rows)
{
    const rd_value *out = t->call.out;
    rd_loss_call call = block_call(t, first, rows);
    call.stride = out->stride;
    call.output = t->frame->block;
    if (t->lazy)
        rd_dense_rows_forward(t->source, &t->call, first, rows, call.output, call.stride);
    else if (call.gradient)
        memcpy(call.output, out->data + first * out->stride, rows * out->stride * sizeof *out->data);
    else
        call.output = out->data + first * out->stride;
    t->node->info->run(&call);
    if (t->lazy && call.gradient)
        rd_dense_rows_backward(t->source, &t->call, first, rows, call.output, call.stride);
    for (size_t r = 0; !t->lazy && call.gradient && r < rows; r++)
        t->model->device->kernels.axpy(call.width, 1, call.output + r * call.stride,
                                       out->grad + (first + r) * out->stride);
}

static void run_blocks(const turn *t)
{
    const size_t step = rd_frame_block_rows(t->rows, t->source->out.width);
    for (size_t first = 0; first < t->rows; first += step)
        run_block(t, first, rd_size_min(step, t->rows - first));
}

/* ---- whole sequences ------------------------------------------------------------------------------------
 */

static rd_sequence_call sequence_call(const turn *t, size_t i)
{
    const rondo_model *model = t->model;
    const struct rd_loss_rows *rows = &t->frame->rows[i];
    const int learns = t->frame->mode == RONDO_TRAIN, own = t->node->params > 0;
    const size_t at = own ? t->node->param[0].offset : 0;
    return (rd_sequence_call){.device = model->device,
                              .pack = model->run->pack[t->source->out.part],
                              .output = t->call.out->data,
                              .width = t->source->out.width,
                              .stride = t->call.out->stride,
                              .gradient = learns ? t->call.out->grad : NULL,
                              .target_pack = &t->target->packed.pack,
                              .symbols = t->target->symbols,
                              .weight = t->target->weight,
                              .scale = t->scale,
                              .params = own ? model->params + at : NULL,
                              .grads = learns && own ? model->grads + at : NULL,
                              .limits = rows->limits,
                              .memory = rows->memory,
                              .loss = t->loss,
                              .count = t->count,
                              .infeasible = rows->infeasible};
}

/* Counts the targets that no output of these lengths can give. */
static rondo_status find_infeasible(const turn *t, size_t i, struct rd_model_run *run, rondo_error *error)
{
    const unsigned char *infeasible = t->frame->rows[i].infeasible;
    const size_t *target = t->target->packed.pack.length, *steps = run->pack[t->source->out.part]->length;
    for (size_t s = 0; s < t->rows; s++) {
        if (!infeasible[s]) continue;
        if (run->report.infeasible++ == 0) run->report.first_infeasible = s;
        if (rd_option_is(t->model->options, RD_OPT_ctc_infeasible, "error"))
            return rd_fail(error, RONDO_BAD_DATA,
                           "loss \"%s\": sequence %zu of part \"%s\" has %zu symbols, which need more than "
                           "the %zu steps of \"%s\" (equal neighbours need one between them)",
                           t->node->name, s, t->model->part[t->node->target].name, target[s], steps[s],
                           t->source->name);
    }
    return RONDO_OK;
}

size_t rd_model_infeasible(const rondo_model *model, size_t from)
{
    const struct rd_model_run *run = model->run;
    for (size_t s = from; run->report.infeasible > 0 && s < run->call.sequences; s++)
        for (size_t i = 0; i < model->losses; i++)
            if (model->loss[i].info->sequence && run->frame->rows[i].infeasible[s]) return s;
    return SIZE_MAX;
}

/* ---- all of them ----------------------------------------------------------------------------------------
 */

static rd_reduce reduction_of(const rondo_options *options)
{
    const char *const names[] = {"token", "sequence", "time", "sum"};
    rd_reduce kind = RD_REDUCE_TOKEN;
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
        if (rd_option_is(options, RD_OPT_loss_reduce, names[k])) kind = (rd_reduce)k;
    return kind;
}

static rondo_status settle_scale(turn *t, size_t i, struct rd_model_run *run, rondo_error *error)
{
    const rd_reduce kind = reduction_of(t->model->options);
    if (t->node->info->sequence) {
        rd_sequence_call all = sequence_call(t, i);
        t->node->info->sequence->count(&all);
        rd_reduce_sequences(kind, t->rows, t->count, t->scale, &t->divisor);
        RD_TRY(find_infeasible(t, i, run, error));
    } else {
        rd_loss_call all = block_call(t, 0, t->rows);
        t->node->info->count(&all);
        rd_reduce_rows(kind, &t->target->packed.pack, t->count, t->scale, &t->divisor);
    }
    double part = t->divisor > 0 ? t->node->weight / t->divisor : 0;
    for (size_t r = 0; r < t->rows; r++)
        t->scale[r] = (rd_real)((double)t->scale[r] * part);
    return RONDO_OK;
}

static void add_report(const turn *t, size_t i, struct rd_model_run *run)
{
    double unit = t->node->info->report ? t->node->info->report(t->source->out.width) : 1, sum = 0, count = 0;
    for (size_t r = 0; r < t->rows; r++) {
        sum += t->loss[r];
        count += t->count[r];
        run->objective += (double)t->scale[r] * t->loss[r];
    }
    run->report.sum += t->node->weight * unit * sum;
    if (i == 0) {
        run->report.count = count;
        run->report.divisor = t->divisor;
    }
}

static rondo_status run_losses(rondo_model *model, rondo_error *error)
{
    struct rd_model_run *run = model->run;
    turn turns[RD_MAX_LOSSES];
    for (size_t i = 0; i < model->losses;
         i++) /* everything is checked before anything is added to a gradient */
        RD_TRY(open_turn(model, i, &turns[i], error));
    run->objective = 0;
    run->report = (rondo_loss_report){.sum = 0};
    run->lost = 0;
    rd_lives_guard(run->frame, rd_tick_loss(model));
    for (size_t i = 0; i < model->losses; i++)
        RD_TRY(settle_scale(&turns[i], i, run, error));
    rd_lives_clear(model, run->frame, &run->call, rd_tick_loss(model));
    for (size_t i = 0; i < model->losses; i++) {
        const rd_sequence_ops *sequence = turns[i].node->info->sequence;
        rd_sequence_call call = sequence ? sequence_call(&turns[i], i) : (rd_sequence_call){.width = 0};
        if (sequence)
            sequence->run(&call);
        else
            run_blocks(&turns[i]);
        add_report(&turns[i], i, run);
    }
    run->phase = RD_PHASE_LOSS;
    return RONDO_OK;
}

rondo_status rondo_model_loss(rondo_model *model, const rondo_batch *batch, rondo_loss_report *report,
                              rondo_error *error)
{
    if (!model || !batch)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_model_loss: %s is missing",
                       model ? "batch" : "model");
    if (model->losses == 0)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_model_loss: the model has no loss");
    if (model->run->phase == RD_PHASE_NONE || model->run->batch != batch)
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "rondo_model_loss comes after rondo_model_forward of the same batch");
    if (model->run->phase == RD_PHASE_FORWARD) {
        uint64_t float_mode = rd_float_mode_flush();
        rondo_status status = run_losses(model, error);
        rd_float_mode_restore(float_mode);
        RD_TRY(status);
    }
    if (report) *report = model->run->report;
    return RONDO_OK;
}

double rd_model_objective(const rondo_model *model)
{
    return model->run->objective;
}

/* ---- backward -------------------------------------------------------------------------------------------
 */

/* d_output, or NULL: the gradient of the output that comes from outside; [rows][width], checked. */
static void add_output_grad(const rondo_model *model, const rondo_view *d_output)
{
    const rd_frame *frame = model->run->frame;
    const rd_value *out = &frame->value[model->parts + rd_run_output(model)];
    if (model->losses == 0) {
        rd_lives_guard(frame, rd_tick_loss(model));
        rd_lives_clear(model, frame, &model->run->call, rd_tick_loss(model));
    }
    for (size_t r = 0; d_output && out->grad && r < d_output->shape[0]; r++)
        model->device->kernels.axpy(d_output->shape[1], 1,
                                    (const rd_real *)d_output->data + r * d_output->stride,
                                    out->grad + r * out->stride);
}

/* Readers of the final states of words add to their gradients. */
static void clear_words(const rondo_model *model, const rd_frame *frame, const rd_call *base)
{
    for (size_t i = 0; i < model->layers; i++) {
        const rd_layer *layer = &model->layer[i];
        if (!frame->inner[i].d_final) continue;
        const size_t numbers = base->packs[layer->in[0].part]->sequences * layer->state_width;
        memset(frame->inner[i].d_final, 0, numbers * sizeof(rd_real));
    }
}

static void backward(rondo_model *model, const rondo_view *d_output, const rd_real *d_final, rd_real *d_start)
{
    struct rd_model_run *run = model->run;
    rd_frame *frame = run->frame;
    rd_call base = run->call;
    add_output_grad(model, d_output);
    const size_t size = base.sequences * model->state_width * sizeof *d_final;
    if (d_final)
        memcpy(frame->d_final, d_final, size);
    else
        memset(frame->d_final, 0, size);
    base.d_final = frame->d_final;
    base.d_start = d_start;
    clear_words(model, frame, &base);
    for (size_t i = model->layers; i-- > 0 && !rd_brake_pulled(model->device->brake, 0);) {
        if (rd_frame_fuses(model, frame, i) || !frame->life[model->parts + i].back) continue;
        const size_t tick = rd_tick_backward(model, frame, i);
        rd_lives_guard(frame, tick);
        rd_lives_clear(model, frame, &base, tick);
        rd_call call = rd_frame_call(model, frame, &base, i);
        if (frame->repeat[i].memory) {
            rd_run_again(model, frame, &base, i);
            call.memory = frame->repeat[i].memory;
        }
        if (frame->narrow[i].back) call.work = frame->narrow[i].back;
        model->layer[i].ops->backward(&model->layer[i], &call);
    }
    rd_lives_guard(frame, rd_tick_end(model));
}

rondo_status rd_model_may_go_back(const rondo_model *model, const rondo_batch *batch, rondo_error *error)
{
    const struct rd_model_run *run = model->run;
    if (run->phase != (model->losses ? RD_PHASE_LOSS : RD_PHASE_FORWARD) || run->batch != batch ||
        run->frame->mode != RONDO_TRAIN)
        return rd_fail(
            error, RONDO_BAD_ARGUMENT,
            "rondo_model_backward comes after a forward in RONDO_TRAIN and the loss of the same batch");
    if (run->lost)
        return rd_fail(
            error, RONDO_BAD_ARGUMENT,
            "the gradients were set to zero after rondo_model_loss, which had added to them; do it before");
    return RONDO_OK;
}

rondo_status rd_model_backward_from(rondo_model *model, const rondo_batch *batch, const rondo_view *d_output,
                                    const rd_real *d_final, rd_real *d_start, rondo_error *error)
{
    RD_TRY(rd_model_may_go_back(model, batch, error));
    uint64_t float_mode = rd_float_mode_flush();
    backward(model, d_output, d_final, d_start);
    rd_float_mode_restore(float_mode);
    model->run->phase = RD_PHASE_NONE;
    return RONDO_OK;
}

rondo_status rd_model_backward(rondo_model *model, const rondo_batch *batch, const rd_real *d_final,
                               rd_real *d_start, rondo_error *error)
{
    return rd_model_backward_from(model, batch, NULL, d_final, d_start, error);
}

rondo_status rondo_model_backward(rondo_model *model, const rondo_batch *batch, rondo_error *error)
{
    if (!model || !batch)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_model_backward: %s is missing",
                       model ? "batch" : "model");
    return rd_model_backward(model, batch, NULL, NULL, error);
}

/* A fused head has added to them already, and so has a loss with parameters. */
static void note_lost(const rondo_model *model)
{
    for (size_t i = 0; i < model->losses && model->run->phase == RD_PHASE_LOSS; i++)
        model->run->lost |=
            (model->loss[i].fused || model->loss[i].params > 0) && model->run->frame->mode == RONDO_TRAIN;
}

void rondo_model_zero_grad(rondo_model *model)
{
    if (!model || !model->grads) return;
    note_lost(model);
    memset(model->grads, 0, model->numbers * sizeof *model->grads);
}

void rd_model_zero_marked(rondo_model *model)
{
    note_lost(model);
    rd_device_zero(model->device, model->numbers, &model->rows, model->grads);
    rd_rows_unmark(&model->rows);
}
