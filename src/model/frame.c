/* Sizes are asked first and bound after, by the same walk over the list of layers, so that plan and binding
 * cannot differ. */
#include "model/frame.h"

#include "base/size.h"
#include "model/liveness.h"

#include <string.h>

size_t rd_frame_stride(size_t width)
{
    return rd_ceil_div(width, RD_ALIGN / sizeof(rd_real)) * (RD_ALIGN / sizeof(rd_real));
}

/* About a megabyte, but enough rows that reading the head's weights pays. */
static size_t most_block_rows(size_t width)
{
    return rd_size_min(4096, rd_size_max(256, ((size_t)1 << 18) / rd_frame_stride(width)));
}

size_t rd_frame_block_rows(size_t rows, size_t width)
{
    const size_t blocks = rd_size_max(1, rd_ceil_div(rows, most_block_rows(width)));
    return rd_size_max(1, rd_ceil_div(rows, blocks));
}

int rd_frame_fuses(const rondo_model *model, const rd_frame *frame, size_t layer)
{
    for (size_t i = 0; i < model->losses && !frame->streams; i++)
        if (model->loss[i].fused && model->loss[i].source == layer) return 1;
    return 0;
}

/* ---- the walk: with a base it binds, without it plans ----------------------------------------------------
 */

typedef struct taker {
    const rondo_model *model;
    rd_frame *frame;
    unsigned char *base; /* NULL: sizes and lives are noted, else places are handed out */
    size_t pieces;       /* so far */
    rd_plan all;         /* of all pieces side by side */
} taker;

/* `life` gives kind, node and ticks. */
static void *take(taker *t, rd_piece life, size_t count, size_t size)
{
    rd_piece *piece = &t->frame->piece[t->pieces++];
    rd_plan own = {.size = 0};
    if (t->base) return t->base + piece->at;
    rd_plan_add(&own, count, size);
    rd_plan_add(&t->all, own.size, 1);
    t->all.overflow |= own.overflow;
    *piece = life;
    piece->bytes = own.size;
    if (t->model->keeps || t->frame->stays) {
        piece->first = 0;
        piece->last = rd_tick_end(t->model);
    }
    return NULL;
}

static size_t rows_of(const rd_shape *shape, const rd_limits_of_call *limits)
{
    return shape->per_sequence ? limits[shape->part].sequences : limits[shape->part].rows;
}

static void take_value(taker *t, const rd_limits_of_call *limits, size_t i)
{
    const rondo_model *model = t->model;
    rd_frame *frame = t->frame;
    const rd_layer *layer = &model->layer[i];
    const size_t node = model->parts + i, stride = rd_frame_stride(layer->out.width);
    const size_t rows = rows_of(&layer->out, limits);
    const rd_life *life = &frame->life[node];
    rd_value *value = &frame->value[node];
    const rd_piece data = {.kind = RD_PIECE_VALUE, .node = node, .first = i, .last = life->data_last};
    const rd_piece grad = {.kind = RD_PIECE_GRAD,
                           .node = node,
                           .first = life->grad_first,
                           .last = rd_tick_backward(model, frame, i)};
    *value = (rd_value){.stride = stride};
    if (rd_frame_fuses(model, frame, i)) return;
    if (layer->in_place && frame->mode == RONDO_USE)
        *value = frame->value[layer->source[0]];
    else
        value->data = take(t, data, rows, stride * sizeof(rd_real));
    if (frame->mode == RONDO_TRAIN && life->grad_first != RD_NEVER)
        value->grad = take(t, grad, rows, stride * sizeof(rd_real));
}

/* 1 when --saved asks layer i to keep less than its memory till backward, and it can. */
static int can_save(const rondo_model *model, const rd_frame *frame, size_t i)
{
    const rd_layer *layer = &model->layer[i];
    const int can[] = {
        [RD_SAVED_F32] = 0, [RD_SAVED_BF16] = layer->narrows, [RD_SAVED_RECOMPUTE] = layer->repeats};
    return frame->mode == RONDO_TRAIN && can[model->saved] && frame->life[model->parts + i].back;
}

/* All but the last of the layers that can: its backward comes at once, when its memory would be there anyway.
 */
static int saves(const rondo_model *model, const rd_frame *frame, size_t i)
{
    size_t last = model->layers;
    while (last-- > 0)
        if (can_save(model, frame, last)) break;
    return i < last && can_save(model, frame, i);
}

/* Memory that lives in forward, and again in backward, which runs forward once more. `piece` lives from one
 * to the other. */
static void take_repeat(taker *t, const rd_limits_of_call *own, rd_piece piece, size_t i, size_t bytes)
{
    const rd_layer *layer = &t->model->layer[i];
    struct rd_repeat *repeat = &t->frame->repeat[i];
    const size_t back = piece.last;
    repeat->start = take(t, piece, own->sequences, layer->state_width * sizeof(rd_real));
    piece.last = i;
    t->frame->memory[i] = take(t, piece, bytes, 1);
    piece.first = piece.last = back;
    repeat->memory = take(t, piece, bytes, 1);
    repeat->out = take(t, piece, own->rows, rd_frame_stride(layer->out.width) * sizeof(rd_real));
}

/* The same of the layer's work; the rest of its memory and the bf16 copy live from one to the other. */
static void take_narrow(taker *t, const rd_limits_of_call *own, rd_piece piece, size_t i, size_t bytes)
{
    const rd_layer *layer = &t->model->layer[i];
    struct rd_narrow *narrow = &t->frame->narrow[i];
    const size_t back = piece.last;
    size_t work, saved;
    layer->ops->narrow(layer, t->model->device, own, &work, &saved);
    t->frame->memory[i] = take(t, piece, bytes - work, 1);
    narrow->saved = take(t, piece, saved, 1);
    piece.last = i;
    narrow->work = take(t, piece, work, 1);
    piece.first = piece.last = back;
    narrow->back = take(t, piece, work, 1);
}

/* States of words are not carried: each layer has its own, of all rows of the part around. */
static void take_inner(taker *t, const rd_limits_of_call *limits, size_t i)
{
    const rd_layer *layer = &t->model->layer[i];
    const size_t bytes = layer->state_width * sizeof(rd_real), words = limits[layer->in[0].part].sequences;
    const rd_piece kept = {
        .kind = RD_PIECE_STATE, .node = t->model->parts + i, .first = i, .last = rd_tick_end(t->model)};
    rd_piece back = kept;
    back.first = rd_tick_loss(t->model);
    if (!layer->in[0].inside || layer->state_width == 0) return;
    t->frame->inner[i].final = take(t, kept, words, bytes);
    if (t->frame->mode == RONDO_TRAIN) t->frame->inner[i].d_final = take(t, back, words, bytes);
}

static rondo_status take_memory(taker *t, const rd_limits_of_call *limits, size_t i, rondo_error *error)
{
    const rondo_model *model = t->model;
    const rd_layer *layer = &model->layer[i];
    const rd_life *life = &t->frame->life[model->parts + i];
    rd_limits_of_call own = limits[layer->in[0].part];
    size_t bytes = 0;
    own.mode = t->frame->mode;
    if (layer->in[0].per_sequence) {
        own.rows = own.sequences;
        own.steps = 1;
    }
    if (layer->inputs > 1) {
        const rd_limits_of_call *memory = &limits[layer->in[1].part];
        own.memory_rows = memory->rows;
        own.memory_steps = memory->steps;
        own.memory_sequences = memory->sequences;
    }
    if (layer->ops->memory) RD_TRY(layer->ops->memory(layer, model->device, &own, &bytes, error));
    const size_t back = rd_tick_backward(model, t->frame, i);
    const rd_piece piece = {
        .kind = RD_PIECE_LAYER, .node = model->parts + i, .first = i, .last = life->back ? back : i};
    if (!saves(model, t->frame, i))
        t->frame->memory[i] = take(t, piece, bytes, 1);
    else if (model->saved == RD_SAVED_BF16)
        take_narrow(t, &own, piece, i, bytes);
    else
        take_repeat(t, &own, piece, i, bytes);
    return RONDO_OK;
}

static void take_states(taker *t, const rd_limits_of_call *limits)
{
    const rondo_model *model = t->model;
    rd_frame *frame = t->frame;
    const size_t end = rd_tick_end(model);
    const rd_piece kept = {.kind = RD_PIECE_STATE, .last = end};
    rd_piece back = {.kind = RD_PIECE_STATE, .first = rd_tick_loss(model), .last = end};
    size_t sequences = 0;
    for (size_t i = 0; i < model->parts; i++)
        if (!model->part[i].inside) sequences = rd_size_max(sequences, limits[i].sequences);
    frame->fresh = take(t, kept, sequences, 1);
    frame->final = take(t, kept, sequences, model->state_width * sizeof(rd_real));
    if (frame->mode == RONDO_TRAIN)
        frame->d_final = take(t, back, sequences, model->state_width * sizeof(rd_real));
    for (size_t i = 0; i < model->parts; i++) {
        frame->value[i].grad = NULL;
        if (!frame->life[i].wants) continue;
        back.kind = RD_PIECE_GRAD;
        back.node = i;
        frame->value[i].grad = take(t, back, limits[i].rows, model->part[i].width * sizeof(rd_real));
    }
}

/* A loss over sequences keeps which of them were infeasible till the next forward. */
static void take_sequences(taker *t, const rd_limits_of_call *limits, size_t i, rd_piece piece)
{
    const rondo_model *model = t->model;
    const rd_loss_node *loss = &model->loss[i];
    const rd_shape *out = &model->layer[loss->source].out;
    struct rd_loss_rows *rows = &t->frame->rows[i];
    const size_t threads = (size_t)rd_pool_threads(model->device->pool);
    size_t bytes = 0;
    rows->limits = (rd_sequence_limits){.steps = limits[out->part].steps,
                                        .sequences = limits[out->part].sequences,
                                        .target_steps = limits[loss->target].steps,
                                        .width = out->width,
                                        .threads = rd_size_min(threads, limits[out->part].sequences)};
    if (!loss->info->sequence->memory(&rows->limits, &bytes)) t->all.overflow = 1;
    rows->memory = take(t, piece, bytes, 1);
    piece.last = rd_tick_end(model);
    rows->infeasible = take(t, piece, rows->limits.sequences, 1);
}

static void take_losses(taker *t, const rd_limits_of_call *limits)
{
    const rondo_model *model = t->model;
    rd_frame *frame = t->frame;
    const size_t turn = rd_tick_loss(model);
    rd_piece piece = {.kind = RD_PIECE_LOSS, .first = turn, .last = turn};
    size_t widest = 0;
    for (size_t i = 0; i < model->losses && !frame->streams; i++) {
        const rd_shape *out = &model->layer[model->loss[i].source].out;
        const int sequence = model->loss[i].info->sequence != NULL;
        size_t rows = sequence ? limits[out->part].sequences : rows_of(out, limits);
        size_t block = rd_size_min(rows, most_block_rows(out->width)) * rd_frame_stride(out->width);
        piece.node = i;
        frame->rows[i].loss = take(t, piece, rows, sizeof(double));
        frame->rows[i].count = take(t, piece, rows, sizeof(double));
        frame->rows[i].scale = take(t, piece, rows, sizeof(rd_real));
        if (sequence)
            take_sequences(t, limits, i, piece);
        else
            widest = rd_size_max(widest, block);
    }
    frame->block = take(t, piece, widest, sizeof(rd_real));
}

static rondo_status walk(taker *t, const rd_limits_of_call *limits, rondo_error *error)
{
    take_states(t, limits);
    for (size_t i = 0; i < t->model->layers; i++) {
        take_value(t, limits, i);
        take_inner(t, limits, i);
        RD_TRY(take_memory(t, limits, i, error));
    }
    take_losses(t, limits);
    t->frame->pieces = t->pieces;
    if (t->all.overflow)
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

/* Three pieces of states, a gradient a part, eight a layer, five a loss and a block. */
static size_t most_pieces(const rondo_model *model)
{
    return 4 + model->parts + 8 * model->layers + 5 * model->losses;
}

static rondo_status make_tables(const rondo_model *model, rd_frame *frame, rondo_error *error)
{
    const size_t nodes = model->parts + model->layers;
    static const char *const what = "the values of a model";
    if (!frame->value) RD_TRY(rd_alloc(nodes, sizeof *frame->value, what, &frame->value, error));
    if (!frame->memory) RD_TRY(rd_alloc(model->layers, sizeof *frame->memory, what, &frame->memory, error));
    if (!frame->repeat) RD_TRY(rd_alloc(model->layers, sizeof *frame->repeat, what, &frame->repeat, error));
    if (!frame->narrow) RD_TRY(rd_alloc(model->layers, sizeof *frame->narrow, what, &frame->narrow, error));
    if (!frame->inner) RD_TRY(rd_alloc(model->layers, sizeof *frame->inner, what, &frame->inner, error));
    if (!frame->life) RD_TRY(rd_alloc(nodes, sizeof *frame->life, what, &frame->life, error));
    if (!frame->piece) RD_TRY(rd_alloc(most_pieces(model), sizeof *frame->piece, what, &frame->piece, error));
    return RONDO_OK;
}

/* Settles which piece lies where, for these limits; frame->bytes is what the arena must have. */
static rondo_status plan(const rondo_model *model, rd_frame *frame, const rd_limits_of_call *limits,
                         rondo_error *error)
{
    taker t = {.model = model, .frame = frame};
    RD_TRY(make_tables(model, frame, error));
    rd_lives_of(model, frame);
    memset(frame->repeat, 0, model->layers * sizeof *frame->repeat);
    memset(frame->narrow, 0, model->layers * sizeof *frame->narrow);
    RD_TRY(walk(&t, limits, error));
    frame->apart = t.all.size;
    return rd_pieces_place(frame->piece, frame->pieces, &frame->bytes, error);
}

static rondo_status bind(const rondo_model *model, rd_frame *frame, rondo_error *error)
{
    taker t = {.model = model, .frame = frame};
    RD_TRY(plan(model, frame, frame->limit, error));
    rd_lives_unguard(frame);
    RD_TRY(rd_arena_reserve(&frame->arena, frame->bytes,
                            frame->mode == RONDO_TRAIN ? "a training step" : "a forward pass", error));
    t.base = frame->arena.base;
    RD_TRY(walk(&t, frame->limit, error));
    frame->keeps = model->keeps;
    frame->input_grads = model->input_grads;
    frame->saved = model->saved;
    frame->ready = 1;
    return RONDO_OK;
}

/* Limits that could not be had are forgotten: the next call asks for its own, not for these again. */
rondo_status rd_frame_ready(const rondo_model *model, rd_frame *frame, const rd_limits_of_call *limits,
                            rondo_mode mode, rondo_error *error)
{
    rd_limits_of_call held[RD_MAX_PARTS];
    const int alike = frame->keeps == model->keeps && frame->input_grads == model->input_grads &&
                      frame->saved == model->saved;
    if (frame->ready && alike && holds(frame, limits, model->parts)) return RONDO_OK;
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
    rd_lives_unguard(frame);
    rd_arena_free(&frame->arena);
    rd_free(frame->value);
    rd_free(frame->memory);
    rd_free(frame->repeat);
    rd_free(frame->narrow);
    rd_free(frame->inner);
    rd_free(frame->life);
    rd_free(frame->piece);
    rd_free_aligned(frame->logits);
    *frame = (rd_frame){.ready = 0};
}

rondo_status rd_model_foresee(const rondo_model *model, const rd_limits_of_call *limits, rd_frame *frame,
                              rondo_error *error)
{
    *frame = (rd_frame){.mode = limits[0].mode};
    return plan(model, frame, limits, error);
}

rondo_status rd_model_memory(const rondo_model *model, const rd_limits_of_call *limits, size_t *bytes,
                             rondo_error *error)
{
    rd_frame frame;
    rondo_status status = rd_model_foresee(model, limits, &frame, error);
    *bytes = frame.bytes;
    rd_frame_free(&frame);
    return status;
}

/* ---- the call of one layer ------------------------------------------------------------------------------
 */

/* Words are sequences of their own, which begin afresh. */
static void enter_words(const rd_layer *layer, const struct rd_inner *inner, rd_call *call)
{
    call->sequences = call->packs[layer->in[0].part]->sequences;
    call->state_stride = layer->state_width;
    call->fresh = NULL;
    call->final = inner->final;
    call->d_final = inner->d_final;
}

rd_call rd_frame_call(const rondo_model *model, const rd_frame *frame, const rd_call *base, size_t i)
{
    const rd_layer *layer = &model->layer[i];
    const size_t at = model->state_at[i];
    const int carries = rd_layer_carries(layer) > 0;
    rd_call call = *base;
    for (size_t k = 0; k < layer->inputs; k++)
        call.in[k] = &frame->value[layer->source[k]];
    call.out = &frame->value[model->parts + i];
    call.memory = frame->memory[i];
    call.work = frame->narrow[i].work;
    call.narrow = frame->narrow[i].saved;
    call.packed = model->packed + model->packed_at[i];
    call.start = base->start && carries ? base->start + at : NULL;
    call.final = base->final && carries ? base->final + at : NULL;
    call.d_final = base->d_final && carries ? base->d_final + at : NULL;
    call.d_start = base->d_start && carries ? base->d_start + at : NULL;
    if (layer->in[0].inside) enter_words(layer, &frame->inner[i], &call);
    return call;
}
