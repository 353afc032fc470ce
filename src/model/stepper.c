/* A state of one sequence knows all its work beforehand: which stages of which layers, cut into how many
 * pieces, and after which of them the team must wait for each other. The team is taken by one atomic
 * exchange; who finds it taken runs all pieces alone. */
#include "model/stepper.h"

#include "base/size.h"
#include "layers/step.h"
#include "model/run.h"

#include <string.h>

typedef struct stage {
    size_t layer, number, pieces;
    int wait; /* 1: what comes next reads what other threads wrote */
} stage;

struct rd_stepper {
    rd_step_call *call; /* [layers] owned */
    stage *stage;       /* owned */
    size_t stages, team, part;
    unsigned char *memory; /* owned, of all layers */
    const rondo_model *model;
    rd_frame *frame;
    const rd_call *base; /* of the step at work */
    int odd;
};

/* ---- panels ---- */

static rd_step_shape shape_of(const rondo_model *model)
{
    return (rd_step_shape){.kernels = &model->device->kernels,
                           .team = rd_size_min((size_t)rondo_device_threads(model->device), RD_STEP_TEAM),
                           .weights = model->weights};
}

static const rd_step_ops *ops_of(const rondo_model *model, size_t layer)
{
    return model->layer[layer].ops->step;
}

static rondo_status make_panels(const rondo_model *model, rondo_error *error)
{
    struct rd_model_run *run = model->run;
    const rd_step_shape shape = shape_of(model);
    size_t bytes = 0;
    if (run->stream.stamp == model->stamp) return RONDO_OK;
    if (!run->stream.at)
        RD_TRY(rd_alloc(model->layers, sizeof *run->stream.at, "panels of weights", &run->stream.at, error));
    for (size_t i = 0; i < model->layers; i++) {
        const rd_step_ops *ops = ops_of(model, i);
        run->stream.at[i] = bytes;
        if (ops && ops->panel_bytes && !rd_add(bytes, ops->panel_bytes(&model->layer[i], &shape), &bytes))
            return rd_fail(error, RONDO_LIMIT, "the weights are more than can be counted");
    }
    if (run->stream.weights != model->weights) { /* states that point into the old ones are stale */
        rd_free_aligned(run->stream.panels);
        run->stream.panels = NULL;
        run->stream.weights = model->weights;
    }
    if (!run->stream.panels)
        RD_TRY(rd_alloc_aligned(bytes, 1, "panels of weights", &run->stream.panels, error));
    for (size_t i = 0; i < model->layers; i++)
        if (ops_of(model, i) && ops_of(model, i)->pack)
            ops_of(model, i)->pack(&model->layer[i], &shape, model->params,
                                   run->stream.panels + run->stream.at[i]);
    run->stream.stamp = model->stamp;
    return RONDO_OK;
}

/* ---- the list of stages ---- */

/* The part that the layers read; SIZE_MAX when a step cannot run: rondo_step then says why. */
static size_t part_of(const rondo_model *model)
{
    size_t part = SIZE_MAX;
    for (size_t i = 0; i < model->layers; i++) {
        const rd_layer *layer = &model->layer[i];
        if (!layer->streams) return SIZE_MAX;
        for (size_t k = 0; k < layer->inputs - layer->training_inputs; k++) {
            if (layer->source[k] >= model->parts) continue;
            if (part != SIZE_MAX && part != layer->source[k]) return SIZE_MAX;
            part = layer->source[k];
        }
    }
    return part;
}

static size_t stages_of(const rondo_model *model, size_t layer)
{
    const rd_step_ops *ops = ops_of(model, layer);
    if (model->layer[layer].in_place) return 0;
    return !ops ? 1 : ops->stages ? ops->stages(&model->layer[layer]) : 0;
}

static void list_stages(struct rd_stepper *s)
{
    const rd_step_shape shape = shape_of(s->model);
    for (size_t i = 0; i < s->model->layers; i++)
        for (size_t k = 0; k < stages_of(s->model, i); k++) {
            const rd_step_ops *ops = ops_of(s->model, i);
            const size_t pieces = ops ? ops->pieces(&s->model->layer[i], &shape, k) : 1;
            s->stage[s->stages++] = (stage){.layer = i, .number = k, .pieces = pieces};
            s->team = rd_size_max(s->team, pieces);
        }
    for (size_t i = 0; i + 1 < s->stages; i++)
        s->stage[i].wait = s->stage[i].pieces > 1 || s->stage[i + 1].pieces > 1;
}

static size_t memory_of(const rondo_model *model, size_t layer, const rd_step_shape *shape)
{
    const rd_step_ops *ops = ops_of(model, layer);
    return ops && ops->memory_bytes ? ops->memory_bytes(&model->layer[layer], shape) : 0;
}

/* Bytes of the layer's value: of its own, since states move on when all layers are done, and the frame gives
 * one place to several values. */
static size_t row_of(const rondo_model *model, size_t layer)
{
    return ops_of(model, layer) ? rd_frame_stride(model->layer[layer].out.width) * sizeof(rd_real) : 0;
}

static void ready_layers(struct rd_stepper *s, rondo_state *state)
{
    const rondo_model *model = s->model;
    const rd_step_shape shape = shape_of(model);
    size_t at = 0;
    for (size_t i = 0; i < model->layers; i++) {
        const rd_step_ops *ops = ops_of(model, i);
        s->call[i] = (rd_step_call){.layer = &model->layer[i],
                                    .shape = shape,
                                    .params = model->params,
                                    .panels = model->run->stream.panels + model->run->stream.at[i],
                                    .memory = s->memory + at,
                                    .in = &state->frame.value[model->layer[i].source[0]],
                                    .out = &state->frame.value[model->parts + i],
                                    .state = state->numbers + model->state_at[i]};
        at += memory_of(model, i, &shape);
        if (ops) s->call[i].out->data = (rd_real *)(void *)(s->memory + at);
        if (ops && ops->ready) ops->ready(&s->call[i]);
        at += row_of(model, i);
    }
}

static rondo_status fill(struct rd_stepper *s, rondo_state *state, rondo_error *error)
{
    const rd_step_shape shape = shape_of(s->model);
    size_t stages = 0, bytes = 0;
    for (size_t i = 0; i < s->model->layers; i++) {
        stages += stages_of(s->model, i);
        bytes += memory_of(s->model, i, &shape) + row_of(s->model, i);
    }
    RD_TRY(rd_alloc(s->model->layers, sizeof *s->call, "a state", &s->call, error));
    RD_TRY(rd_alloc(stages, sizeof *s->stage, "a state", &s->stage, error));
    RD_TRY(rd_alloc_aligned(bytes, 1, "a state", &s->memory, error));
    list_stages(s);
    ready_layers(s, state);
    return RONDO_OK;
}

static rondo_status make_stepper(rondo_state *state, size_t part, rondo_error *error)
{
    RD_TRY(make_panels(state->model, error));
    RD_TRY(rd_alloc(1, sizeof *state->stepper, "a state", &state->stepper, error));
    *state->stepper =
        (struct rd_stepper){.model = state->model, .frame = &state->frame, .part = part, .team = 1};
    return fill(state->stepper, state, error);
}

/* 1 when a layer runs its forward, whose panels are the model's own. */
static int runs_forward(const rondo_model *model)
{
    for (size_t i = 0; i < model->layers; i++)
        if (!ops_of(model, i) && !model->layer[i].in_place) return 1;
    return 0;
}

rondo_status rd_stepper_new(rondo_state *state, rondo_error *error)
{
    const rondo_model *model = state->model;
    const size_t part = state->sequences == 1 ? part_of(model) : SIZE_MAX;
    rondo_status status = RONDO_OK;
    (void)pthread_mutex_lock(&model->run->stream.making);
    if (part != SIZE_MAX) status = make_stepper(state, part, error);
    if (part == SIZE_MAX || runs_forward(model)) rd_model_pack(model);
    (void)pthread_mutex_unlock(&model->run->stream.making);
    return status;
}

void rd_stepper_free(struct rd_stepper *s)
{
    if (!s) return;
    rd_free(s->call);
    rd_free(s->stage);
    rd_free_aligned(s->memory);
    rd_free(s);
}

int rd_stepper_is_stale(const rondo_state *state)
{
    const rondo_model *model = state->model;
    if (!state->stepper) return !rd_model_is_packed(model);
    return model->run->stream.stamp != model->stamp ||
           state->stepper->call[0].shape.weights != model->weights ||
           (runs_forward(model) && !rd_model_is_packed(model));
}

size_t rd_stepper_part(const struct rd_stepper *s)
{
    return s->part;
}

/* ---- a step ---- */

static void run_piece(const struct rd_stepper *s, const stage *at, size_t piece)
{
    const rd_step_ops *ops = ops_of(s->model, at->layer);
    if (ops) {
        ops->run(&s->call[at->layer], at->number, piece, s->odd);
        return;
    }
    const rd_call call = rd_frame_call(s->model, s->frame, s->base, at->layer);
    s->model->layer[at->layer].ops->forward(&s->model->layer[at->layer], &call);
}

/* The share of one thread. */
static void run_share(void *context, size_t chunk, size_t thread)
{
    const struct rd_stepper *s = context;
    (void)thread;
    for (size_t i = 0; i < s->stages; i++) {
        if (chunk < s->stage[i].pieces) run_piece(s, &s->stage[i], chunk);
        if (s->stage[i].wait) rd_pool_barrier(s->model->device->pool);
    }
}

static void run_alone(const struct rd_stepper *s)
{
    for (size_t i = 0; i < s->stages; i++)
        for (size_t piece = 0; piece < s->stage[i].pieces; piece++)
            run_piece(s, &s->stage[i], piece);
}

/* Values that show another's: layers that are the identity in use, and what a step looks up. A state that
 * begins afresh has the layer's own initial numbers, whatever was written into it. */
static void begin(struct rd_stepper *s, rondo_state *state)
{
    const rondo_model *model = s->model;
    if (state->fresh[0]) rondo_state_reset(state, 0);
    for (size_t i = 0; i < model->layers; i++) {
        const rd_step_ops *ops = ops_of(model, i);
        if (model->layer[i].in_place) s->frame->value[model->parts + i] = *s->call[i].in;
        if (ops && ops->begin) ops->begin(&s->call[i]);
    }
}

void rd_stepper_run(rondo_state *state, const rd_call *base)
{
    struct rd_stepper *s = state->stepper;
    s->base = base;
    begin(s, state);
    if (s->team == 1 || !rd_pool_try(s->model->device->pool, run_share, s, s->team)) run_alone(s);
    for (size_t i = 0; i < s->model->layers; i++) {
        const rd_step_ops *ops = ops_of(s->model, i);
        if (ops && ops->finish) ops->finish(&s->call[i]);
    }
    s->odd = !s->odd;
}
