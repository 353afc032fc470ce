/* The clock of a frame. A value lives from its forward to its last reader; a gradient from the first reader's
 * backward, which finds it zero, to its layer's own; what a layer keeps, from its forward to its backward. */
#include "model/liveness.h"

#include "base/size.h"
#include "model/frame.h"
#include "model/run.h"

#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define RD_GUARDS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RD_GUARDS 1
#endif
#endif

/* ---- the clock ---- */

/* A fused head runs forward and backward at the tick of the losses. */
size_t rd_tick_forward(const rondo_model *model, const rd_frame *frame, size_t layer)
{
    return rd_frame_fuses(model, frame, layer) ? rd_tick_loss(model) : layer;
}
size_t rd_tick_loss(const rondo_model *model)
{
    return model->layers;
}
size_t rd_tick_backward(const rondo_model *model, const rd_frame *frame, size_t layer)
{
    return rd_frame_fuses(model, frame, layer) ? rd_tick_loss(model) : 2 * model->layers - layer;
}
size_t rd_tick_end(const rondo_model *model)
{
    return 2 * model->layers + 1;
}

/* ---- lives ---- */

static int reads(const rd_frame *frame, const rd_layer *layer, size_t input)
{
    return frame->mode == RONDO_TRAIN || input < layer->inputs - layer->training_inputs;
}

/* A gradient is wanted where parameters, carried states or inputs with gradients lie behind it. */
static int wants_grad(const rondo_model *model, const rd_frame *frame, size_t i)
{
    const rd_layer *layer = &model->layer[i];
    int wants = layer->state_width > 0;
    for (size_t k = 0; k < layer->params; k++)
        wants |= !layer->param[k].frozen;
    for (size_t k = 0; k < layer->inputs; k++)
        wants |= frame->life[layer->source[k]].wants;
    return wants;
}

/* Input k of layer i is read until its forward, or its backward, and its gradient is added to. */
static void settle_input(const rondo_model *model, rd_frame *frame, size_t i, size_t k)
{
    const rd_layer *layer = &model->layer[i];
    const rd_life *own = &frame->life[model->parts + i];
    rd_life *life = &frame->life[layer->source[k]];
    const size_t back = rd_tick_backward(model, frame, i);
    const int rows = !(layer->reads_final && layer->in[k].final);
    life->read = 1;
    if (rows) life->data_last = rd_size_max(life->data_last, rd_tick_forward(model, frame, i));
    if (layer->in_place && frame->mode == RONDO_USE)
        life->data_last = rd_size_max(life->data_last, own->data_last);
    if (!own->back || !rows) return;
    if (!layer->forgets_inputs) life->data_last = rd_size_max(life->data_last, back);
    if (life->wants) life->grad_first = rd_size_min(life->grad_first, back);
}

static void source_of_loss(const rondo_model *model, rd_frame *frame, size_t i)
{
    rd_life *life = &frame->life[model->parts + i];
    life->read = 1;
    life->data_last = rd_size_max(life->data_last, rd_tick_loss(model));
    if (!rd_frame_fuses(model, frame, i)) life->grad_first = rd_tick_loss(model);
}

/* Readers stand behind what they read, so a walk from the last layer to the first knows all of them. */
static void settle_layer(const rondo_model *model, rd_frame *frame, size_t i)
{
    const rd_layer *layer = &model->layer[i];
    rd_life *own = &frame->life[model->parts + i];
    const size_t back = rd_tick_backward(model, frame, i);
    if (!own->wants) own->grad_first = RD_NEVER;
    own->back = frame->mode == RONDO_TRAIN && own->wants &&
                (own->grad_first != RD_NEVER || layer->state_width > 0 || rd_frame_fuses(model, frame, i));
    if (!own->read) own->data_last = rd_tick_end(model);
    if (own->back && !layer->forgets_output) own->data_last = rd_size_max(own->data_last, back);
    for (size_t k = 0; k < layer->inputs; k++)
        if (reads(frame, layer, k)) settle_input(model, frame, i, k);
}

void rd_lives_of(const rondo_model *model, rd_frame *frame)
{
    const size_t output = rd_run_output(model), end = rd_tick_end(model);
    for (size_t i = 0; i < model->parts + model->layers; i++)
        frame->life[i] = (rd_life){.grad_first = RD_NEVER};
    for (size_t i = 0; i < model->parts; i++)
        frame->life[i].wants = frame->mode == RONDO_TRAIN && model->input_grads && !model->part[i].symbols;
    for (size_t i = 0; i < model->layers; i++) {
        frame->life[model->parts + i].data_last = i;
        frame->life[model->parts + i].wants = wants_grad(model, frame, i);
    }
    for (size_t i = 0; i < model->losses && !frame->streams; i++)
        source_of_loss(model, frame, model->loss[i].source);
    if (frame->mode == RONDO_TRAIN && model->losses == 0) /* its gradient comes from outside */
        source_of_loss(model, frame, output);
    frame->life[model->parts + output].data_last = end;
    for (size_t i = model->layers; i-- > 0;)
        settle_layer(model, frame, i);
}

/* ---- what a life asks for while a batch runs ---- */

void rd_lives_clear(const rondo_model *model, const rd_frame *frame, const rd_call *base, size_t tick)
{
    for (size_t i = 0; i < model->parts + model->layers; i++) {
        const rd_value *value = &frame->value[i];
        if (!value->grad || frame->life[i].grad_first != tick) continue;
        size_t rows = i >= model->parts ? rd_shape_rows(&model->layer[i - model->parts].out, base)
                      : base->packs[i]  ? base->packs[i]->rows
                                        : 0;
        memset(value->grad, 0, rows * value->stride * sizeof *value->grad);
    }
}

#ifdef RD_GUARDS
#include <sanitizer/asan_interface.h>

void rd_lives_guard(const rd_frame *frame, size_t tick)
{
    unsigned char *base = frame->arena.base;
    ASAN_POISON_MEMORY_REGION(base, frame->arena.size);
    for (size_t i = 0; i < frame->pieces; i++) {
        const rd_piece *piece = &frame->piece[i];
        if (tick < piece->first || tick > piece->last) continue;
        ASAN_UNPOISON_MEMORY_REGION(base + piece->at, piece->bytes);
        if (tick == piece->first && piece->kind != RD_PIECE_STATE)
            memset(base + piece->at, 0xff, piece->bytes);
    }
}

void rd_lives_unguard(const rd_frame *frame)
{
    if (frame->arena.base) ASAN_UNPOISON_MEMORY_REGION(frame->arena.base, frame->arena.size);
}
#else
void rd_lives_guard(const rd_frame *frame, size_t tick)
{
    (void)frame;
    (void)tick;
}

void rd_lives_unguard(const rd_frame *frame)
{
    (void)frame;
}
#endif
