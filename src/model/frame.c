/* Sizes are asked first and bound after, by the same walk over the list of layers, so that plan and binding
 * cannot differ. */
#include "model/frame.h"

#include "base/size.h"

#include <string.h>

size_t rd_frame_stride(size_t width)
{
    return rd_ceil_div(width, RD_ALIGN / sizeof(rd_real)) * (RD_ALIGN / sizeof(rd_real));
}

/* About a megabyte, but enough rows that reading the head's weights pays. */
size_t rd_frame_block_rows(size_t width)
{
    return rd_size_min(4096, rd_size_max(256, ((size_t)1 << 18) / rd_frame_stride(width)));
}

int rd_frame_fuses(const rondo_model *model, const rd_frame *frame, size_t layer)
{
    for (size_t i = 0; i < model->losses && !frame->streams; i++)
        if (model->loss[i].fused && model->loss[i].source == layer) return 1;
    return 0;
}

/* ---- the walk: with an arena it binds, without it plans -------------------------------------------------
 */

typedef struct taker {
    rd_plan plan;
    rd_arena *arena;
} taker;

static void *take(taker *t, size_t count, size_t size)
{
    rd_plan_add(&t->plan, count, size);
    return t->arena ? rd_arena_take(t->arena, count, size) : NULL;
}

static size_t rows_of(const rd_shape *shape, const rd_limits_of_call *limits)
{
    return shape->per_sequence ? limits[shape->part].sequences : limits[shape->part].rows;
}

static void take_value(const rondo_model *model, rd_frame *frame, const rd_limits_of_call *limits, size_t i,
                       taker *t)
{
    const rd_layer *layer = &model->layer[i];
    rd_value *value = &frame->value[model->parts + i];
    size_t stride = rd_frame_stride(layer->out.width), rows = rows_of(&layer->out, limits);
    *value = (rd_value){.stride = stride};
    if (rd_frame_fuses(model, frame, i)) return;
    if (layer->in_place && frame->mode == RONDO_USE)
        *value = frame->value[layer->source[0]];
    else
        value->data = take(t, rows, stride * sizeof(rd_real));
    if (frame->mode == RONDO_TRAIN) value->grad = take(t, rows, stride * sizeof(rd_real));
}

static rondo_status take_memory(const rondo_model *model, rd_frame *frame, const rd_limits_of_call *limits,
                                size_t i, taker *t, rondo_error *error)
{
    const rd_layer *layer = &model->layer[i];
    rd_limits_of_call own = limits[layer->in[0].part];
    size_t bytes = 0;
    own.mode = frame->mode;
    if (layer->in[0].per_sequence) {
        own.rows = own.sequences;
        own.steps = 1;
    }
    if (layer->ops->memory) RD_TRY(layer->ops->memory(layer, model->device, &own, &bytes, error));
    frame->memory[i] = take(t, bytes, 1);
    return RONDO_OK;
}

static void take_states(const rondo_model *model, rd_frame *frame, const rd_limits_of_call *limits, taker *t)
{
    size_t sequences = 0;
    for (size_t i = 0; i < model->parts; i++)
        sequences = rd_size_max(sequences, limits[i].sequences);
    frame->fresh = take(t, sequences, 1);
    frame->final = take(t, sequences, model->state_width * sizeof(rd_real));
    if (frame->mode == RONDO_TRAIN) frame->d_final = take(t, sequences, model->state_width * sizeof(rd_real));
    for (size_t i = 0; i < model->parts; i++)
        if (model->input_grads && frame->mode == RONDO_TRAIN && !model->part[i].symbols)
            frame->value[i].grad = take(t, limits[i].rows, model->part[i].width * sizeof(rd_real));
}

static void take_losses(const rondo_model *model, rd_frame *frame, const rd_limits_of_call *limits, taker *t)
{
    size_t widest = 0;
    for (size_t i = 0; i < model->losses && !frame->streams; i++) {
        const rd_shape *out = &model->layer[model->loss[i].source].out;
        size_t rows = rows_of(out, limits);
        size_t block = rd_size_min(rows, rd_frame_block_rows(out->width)) * rd_frame_stride(out->width);
        frame->rows[i].loss = take(t, rows, sizeof(double));
        frame->rows[i].count = take(t, rows, sizeof(double));
        frame->rows[i].scale = take(t, rows, sizeof(rd_real));
        widest = rd_size_max(widest, block);
    }
    frame->block = take(t, widest, sizeof(rd_real));
}

static rondo_status walk(const rondo_model *model, rd_frame *frame, const rd_limits_of_call *limits, taker *t,
                         rondo_error *error)
{
    take_states(model, frame, limits, t);
    for (size_t i = 0; i < model->layers; i++) {
        take_value(model, frame, limits, i, t);
        RD_TRY(take_memory(model, frame, limits, i, t, error));
    }
    take_losses(model, frame, limits, t);
    if (t->plan.overflow)
        return rd_fail(error, RONDO_LIMIT, "the memory for %zu rows is more than can be counted",
                       limits[0].rows);
    return RONDO_OK;
}

/* ---- making and growing ---------------------------------------------------------------------------------
 */

static int holds(const rd_frame *frame, const rd_limits_of_call *limits, size_t parts)
{
    for (size_t i = 0; i < parts; i++)
        if (limits[i].rows > frame->limit[i].rows || limits[i].steps > frame->limit[i].steps ||
            limits[i].sequences > frame->limit[i].sequences)
            return 0;
    return 1;
}

static rondo_status make_tables(const rondo_model *model, rd_frame *frame, rondo_error *error)
{
    if (!frame->value)
        RD_TRY(rd_alloc(model->parts + model->layers, sizeof *frame->value, "the values of a model",
                        &frame->value, error));
    if (!frame->memory)
        RD_TRY(
            rd_alloc(model->layers, sizeof *frame->memory, "the values of a model", &frame->memory, error));
    return RONDO_OK;
}

static rondo_status bind(const rondo_model *model, rd_frame *frame, rondo_error *error)
{
    taker planned = {.arena = NULL}, bound = {.arena = &frame->arena};
    RD_TRY(walk(model, frame, frame->limit, &planned, error));
    RD_TRY(rd_arena_reserve(&frame->arena, planned.plan.size,
                            frame->mode == RONDO_TRAIN ? "a training step" : "a forward pass", error));
    RD_TRY(walk(model, frame, frame->limit, &bound, error));
    frame->bytes = planned.plan.size;
    frame->ready = 1;
    return RONDO_OK;
}

/* Limits that could not be had are forgotten: the next call asks for its own, not for these again. */
rondo_status rd_frame_ready(const rondo_model *model, rd_frame *frame, const rd_limits_of_call *limits,
                            rondo_mode mode, rondo_error *error)
{
    rd_limits_of_call held[RD_MAX_PARTS];
    int wants_inputs = model->input_grads && mode == RONDO_TRAIN;
    int has_inputs = frame->value && wants_inputs;
    for (size_t i = 0; has_inputs && i < model->parts; i++)
        has_inputs = model->part[i].symbols || frame->value[i].grad;
    if (frame->ready && holds(frame, limits, model->parts) && (has_inputs || !wants_inputs)) return RONDO_OK;
    RD_TRY(make_tables(model, frame, error));
    frame->ready = 0;
    frame->mode = mode;
    memcpy(held, frame->limit, sizeof held);
    for (size_t i = 0; i < model->parts; i++)
        frame->limit[i] =
            (rd_limits_of_call){.rows = rd_size_max(limits[i].rows, frame->limit[i].rows),
                                .steps = rd_size_max(limits[i].steps, frame->limit[i].steps),
                                .sequences = rd_size_max(limits[i].sequences, frame->limit[i].sequences),
                                .mode = mode};
    rondo_status status = bind(model, frame, error);
    if (status != RONDO_OK) memcpy(frame->limit, held, sizeof held);
    return status;
}

void rd_frame_free(rd_frame *frame)
{
    rd_arena_free(&frame->arena);
    rd_free(frame->value);
    rd_free(frame->memory);
    rd_free_aligned(frame->logits);
    *frame = (rd_frame){.ready = 0};
}

rondo_status rd_model_memory(const rondo_model *model, const rd_limits_of_call *limits, size_t *bytes,
                             rondo_error *error)
{
    rd_frame frame = {.mode = limits[0].mode};
    taker planned = {.arena = NULL};
    rondo_status status = make_tables(model, &frame, error);
    if (status == RONDO_OK) status = walk(model, &frame, limits, &planned, error);
    *bytes = planned.plan.size;
    rd_frame_free(&frame);
    return status;
}

/* ---- the call of one layer ------------------------------------------------------------------------------
 */

rd_call rd_frame_call(const rondo_model *model, const rd_frame *frame, const rd_call *base, size_t i)
{
    const rd_layer *layer = &model->layer[i];
    size_t at = model->state_at[i];
    rd_call call = *base;
    for (size_t k = 0; k < layer->inputs; k++)
        call.in[k] = &frame->value[layer->source[k]];
    call.out = &frame->value[model->parts + i];
    call.memory = frame->memory[i];
    call.packed = model->packed + model->packed_at[i];
    call.start = base->start && layer->state_width ? base->start + at : NULL;
    call.final = base->final && layer->state_width ? base->final + at : NULL;
    call.d_final = base->d_final && layer->state_width ? base->d_final + at : NULL;
    call.d_start = base->d_start && layer->state_width ? base->d_start + at : NULL;
    return call;
}
