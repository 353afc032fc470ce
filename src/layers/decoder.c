/* decoder(x, memory=ENC, start=NAME, cell=…, attention=…, feed=0|1, place=after|before): a recurrent layer
 * whose step looks at another sequence. out = tanh(W_c [ctx, h]) with h the new state; the query is h
 * (place=after) or the state before, and ctx is then part of the cell's input (place=before); with feed the
 * cell also reads the out of the step before, 0 at first. The state of a sequence is [out, h] or [out, h, c].
 * The walk is that of every recurrent layer; at each step the hooks below do the rest, on the same places, in
 * the same thread. */
#include "layers/attend.h"
#include "layers/kinds.h"
#include "layers/recurrent_walk.h"

#include "base/clock.h"

#include <string.h>

enum { MEMORY = 1, START = 2 };

typedef struct decoder {
    rd_recurrent cell; /* first: the walk takes `own` for it */
    rd_attend attend;
    int feed;
    size_t before;
    size_t weight_feed, weight_ctx; /* [gates][width of out], [gates][width of a position] */
} decoder;

static const decoder *own_of(const rd_layer *layer)
{
    return layer->own;
}

/* ---- building ---- */

static rondo_status read_settings(rd_layer *layer, rd_node *node, decoder *own, size_t *score,
                                  rondo_error *error)
{
    static const char *const kinds[] = {"gru", "lstm", "rnn", "gru_simple"};
    size_t cell;
    RD_TRY(rd_setting_choice(node, "cell", "gru|lstm|rnn|gru_simple", 0, &cell, error));
    RD_TRY(rd_setting_choice(node, "attention", "dot|general|additive", RD_SCORE_GENERAL, score, error));
    RD_TRY(rd_setting_flag(node, "feed", 0, &own->feed, error));
    RD_TRY(rd_setting_choice(node, "place", "after|before", 0, &own->before, error));
    if (!rd_setting_text(node, "memory"))
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "model text:%zu: decoder \"%s\" needs memory=NAME, what it attends to", node->line,
                       node->name);
    RD_TRY(rd_recurrent_build_as(layer, node, &own->cell, kinds[cell], START, error));
    if (own->cell.reverse || own->cell.norm)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "model text:%zu: decoder \"%s\" has no setting \"%s\"",
                       node->line, node->name, own->cell.reverse ? "reverse" : "norm");
    return RONDO_OK;
}

static rondo_status decoder_build(rd_layer *layer, rd_node *node, rondo_error *error)
{
    decoder *own;
    size_t score;
    RD_TRY(rd_alloc(1, sizeof *own, "a decoder", &own, error));
    layer->own = own;
    RD_TRY(read_settings(layer, node, own, &score, error));
    RD_TRY(rd_attend_build(layer, node, &own->attend, score, own->cell.state[0], MEMORY, error));
    const size_t gates = (size_t)own->cell.info->gates;
    own->weight_feed = own->weight_ctx = RD_NO_PARAM;
    if (own->feed)
        own->weight_feed =
            rd_layer_param(layer, "weight_feed", own->cell.gates, own->attend.out, RD_INIT_INPUT, gates);
    if (own->before)
        own->weight_ctx = rd_layer_param(layer, "weight_context", own->cell.gates, own->attend.memory,
                                         RD_INIT_INPUT, gates);
    layer->state_width += own->attend.out;
    layer->out.width = own->attend.out;
    layer->out.state = layer->state_width;
    layer->forgets_output = layer->repeats = layer->narrows = 0;
    return RONDO_OK;
}

/* ---- panels: of the cell, of the attention, of what else the cell reads ---- */

typedef struct decoder_panels {
    size_t attend, feed, feed_back, ctx, ctx_back, numbers;
} decoder_panels;

static size_t next_panel(decoder_panels *p, const rd_kernels *kernels, size_t columns, size_t depth,
                         size_t *back)
{
    const size_t at = p->numbers;
    *back = at + rd_panel_numbers(kernels, columns, depth);
    p->numbers = *back + rd_panel_numbers(kernels, depth, columns);
    return at;
}

static decoder_panels panels_of(const decoder *own, const rd_kernels *kernels)
{
    const size_t line = RD_ALIGN / sizeof(rd_real);
    decoder_panels p = {.attend =
                            rd_ceil_div(rd_recurrent_panels_of(&own->cell, kernels).numbers, line) * line};
    p.numbers = p.attend + rd_attend_panels_of(&own->attend, kernels).numbers;
    if (own->feed) p.feed = next_panel(&p, kernels, own->cell.gates, own->attend.out, &p.feed_back);
    if (own->before) p.ctx = next_panel(&p, kernels, own->cell.gates, own->attend.memory, &p.ctx_back);
    return p;
}

static size_t decoder_packed_numbers(const rd_layer *layer, const rd_kernels *kernels)
{
    return panels_of(own_of(layer), kernels).numbers;
}

static void decoder_pack(const rd_layer *layer, const rondo_device *device, const rd_real *params,
                         rd_real *packed)
{
    const decoder *own = own_of(layer);
    const decoder_panels p = panels_of(own, &device->kernels);
    const rd_recurrent_weights weights = rd_recurrent_weights_of(layer, params);
    rd_recurrent_pack(&own->cell, device, &weights, packed);
    rd_attend_pack(layer, &own->attend, device, params, packed + p.attend);
    if (own->feed)
        rd_pack_both(device, own->cell.gates, own->attend.out, params + layer->param[own->weight_feed].offset,
                     packed + p.feed, packed + p.feed_back);
    if (own->before)
        rd_pack_both(device, own->cell.gates, own->attend.memory,
                     params + layer->param[own->weight_ctx].offset, packed + p.ctx, packed + p.ctx_back);
}

/* ---- memory ---- */

typedef struct decoder_frame {
    rd_attend_frame attend;
    unsigned char *cell;
    rd_real *h, *d_h; /* [rows][h_stride] what the walk gives, and its gradient */
    rd_real *fed,
        *d_first;   /* [rows], [places][out_stride] out of the step before, and the gradient by the first */
    rd_real *d_out; /* [rows][out_stride] when nobody reads the rows of the output */
    size_t h_stride, out_stride;
} decoder_frame;

/* The attention stands first, so that its keys stay where they are when the target has other rows. */
static decoder_frame frame_at(const decoder *own, const rd_kernels *kernels, const rd_limits_of_call *limits,
                              rd_frame_plan *plan)
{
    const int train = limits->mode == RONDO_TRAIN;
    decoder_frame f = {.h_stride = rd_row_stride(own->cell.state[0]),
                       .out_stride = rd_row_stride(own->attend.out)};
    f.attend = rd_attend_frame_at(&own->attend, limits, plan);
    f.cell = plan->base ? plan->base + plan->plan.size : NULL;
    const rd_plan cell = rd_recurrent_frame_at(&own->cell, kernels, limits, NULL, NULL).plan;
    rd_plan_add(&plan->plan, cell.size, 1);
    plan->plan.overflow |= cell.overflow;
    f.h = rd_frame_take(plan, 1, limits->rows, f.h_stride);
    f.d_h = rd_frame_take(plan, train, limits->rows, f.h_stride);
    f.fed = rd_frame_take(plan, own->feed, limits->rows, f.out_stride);
    f.d_first = rd_frame_take(plan, train && own->feed, limits->sequences, f.out_stride);
    f.d_out = rd_frame_take(plan, train, limits->rows, f.out_stride);
    return f;
}

static rondo_status decoder_memory(const rd_layer *layer, const rondo_device *device,
                                   const rd_limits_of_call *limits, size_t *bytes, rondo_error *error)
{
    rd_frame_plan plan = {.base = NULL};
    (void)frame_at(own_of(layer), &device->kernels, limits, &plan);
    return rd_frame_plan_bytes(layer, limits, &plan.plan, bytes, error);
}

/* ---- one call at work ---- */

typedef struct running {
    const decoder *own;
    const rd_call *call; /* as the model gave it */
    rd_call shown;       /* its out has a gradient in any case */
    rd_call inner;       /* of the cell: its out is h, its state begins after out */
    rd_value out, h;
    decoder_frame frame;
    decoder_panels panels;
    rd_attend_run attend;
    rd_walk walk;
} running;

static void hook_before(const rd_walk *walk, const rd_walk_step *step);
static void hook_after(const rd_walk *walk, const rd_walk_step *step);
static void hook_back_after(const rd_walk *walk, const rd_walk_step *step);
static void hook_back_before(const rd_walk *walk, const rd_walk_step *step);
static const rd_walk_hook hooks = {hook_before, hook_after, hook_back_after, hook_back_before};

static rd_call inner_call(const running *r)
{
    const size_t width = r->own->attend.out;
    rd_call inner = *r->call;
    inner.out = &r->h;
    inner.memory = r->frame.cell;
    if (inner.start) inner.start += width;
    if (inner.final) inner.final += width;
    if (inner.d_final) inner.d_final += width;
    if (inner.d_start) inner.d_start += width;
    return inner;
}

/* Points into itself: not to be copied. */
static void set_up(running *r, const rd_layer *layer, const rd_call *call)
{
    const rd_limits_of_call limits = rd_attend_limits(layer, call, MEMORY);
    rd_frame_plan plan = {.base = call->memory};
    r->own = own_of(layer);
    r->call = call;
    r->frame = frame_at(r->own, &call->device->kernels, &limits, &plan);
    r->panels = panels_of(r->own, &call->device->kernels);
    r->out = *call->out;
    if (call->mode == RONDO_TRAIN && !r->out.grad) {
        r->out.grad = r->frame.d_out;
        r->out.stride = call->out->stride;
    }
    r->shown = *call;
    r->shown.out = &r->out;
    r->h = (rd_value){.data = r->frame.h, .grad = r->frame.d_h, .stride = r->frame.h_stride};
    r->inner = inner_call(r);
    r->attend = rd_attend_run_of(layer, &r->own->attend, &r->shown, call->packed + r->panels.attend,
                                 &r->frame.attend);
    r->walk = rd_walk_of(layer, &r->inner);
    r->walk.shares = 0; /* rows are whole: what a step adds to them takes all units */
    r->walk.hook = &hooks;
    r->walk.hook_context = r;
}

static size_t row_before(const running *r, const rd_walk_step *step)
{
    return r->walk.pack->offset[step->t - 1] + step->place;
}

/* C of this step's rows (+)= A times panels, in this thread. */
static void multiply(const running *r, const rd_walk_step *step, size_t columns, size_t depth,
                     const rd_real *a, size_t a_stride, size_t panels, rd_real *c, size_t c_stride, int add)
{
    r->walk.kernels->product(&(rd_product_args){.rows = step->rows,
                                                .columns = columns,
                                                .depth = depth,
                                                .a = a,
                                                .a_stride = a_stride,
                                                .panels = r->call->packed + panels,
                                                .c = c,
                                                .c_stride = c_stride,
                                                .add = add});
}

static void look(const running *r, const rd_attend_rows *rows)
{
    rd_attend_ask(&r->attend, rows);
    rd_attend_look(&r->attend, rows);
}

static void look_back(const running *r, const rd_attend_rows *rows)
{
    rd_attend_look_back(&r->attend, rows);
    rd_attend_ask_back(&r->attend, rows);
}

/* ---- forward ---- */

/* The out that each row of the step is fed: of its row a step before, or what the state began with. */
static void feed_rows(const running *r, const rd_walk_step *step)
{
    const size_t width = r->own->attend.out, stride = r->frame.out_stride;
    const rd_call *call = r->call;
    rd_real *fed = r->frame.fed + step->row * stride;
    if (step->t > 0) {
        rd_copy_rows(step->rows, width, r->out.data + row_before(r, step) * r->out.stride, r->out.stride, fed,
                     stride);
        return;
    }
    for (size_t k = 0; k < step->rows; k++) {
        const size_t i = r->walk.pack->order[step->place + k];
        if (rd_start_is_fresh(call, i))
            memset(fed + k * stride, 0, width * sizeof *fed);
        else
            memcpy(fed + k * stride, call->start + i * call->state_stride, width * sizeof *fed);
    }
}

static void hook_before(const rd_walk *walk, const rd_walk_step *step)
{
    const running *r = walk->hook_context;
    const decoder *own = r->own;
    const rd_attend_frame *f = &r->frame.attend;
    rd_real *gates = walk->frame.gates + step->row * walk->frame.gates_stride;
    if (own->feed) {
        feed_rows(r, step);
        multiply(r, step, own->cell.gates, own->attend.out, r->frame.fed + step->row * r->frame.out_stride,
                 r->frame.out_stride, r->panels.feed, gates, walk->frame.gates_stride, 1);
    }
    if (!own->before) return;
    look(r, &(rd_attend_rows){.row = step->row,
                              .place = step->place,
                              .rows = step->rows,
                              .x = step->from[0],
                              .stride = walk->frame.h_stride});
    multiply(r, step, own->cell.gates, own->attend.memory, f->ctx + step->row * f->ctx_stride, f->ctx_stride,
             r->panels.ctx, gates, walk->frame.gates_stride, 1);
}

static rd_attend_rows new_rows(const running *r, const rd_walk_step *step)
{
    const size_t stride = r->frame.h_stride;
    return (rd_attend_rows){.row = step->row,
                            .place = step->place,
                            .rows = step->rows,
                            .x = r->frame.h + step->row * stride,
                            .stride = stride,
                            .d_x = r->frame.d_h ? r->frame.d_h + step->row * stride : NULL,
                            .d_stride = stride};
}

static void hook_after(const rd_walk *walk, const rd_walk_step *step)
{
    const running *r = walk->hook_context;
    const rd_attend_rows rows = new_rows(r, step);
    if (!r->own->before) look(r, &rows);
    rd_attend_mix(&r->attend, &rows);
}

/* The part of the state that is out: of the last row, or what it began with. */
static void finish(const running *r)
{
    const rondo_pack *pack = r->walk.pack;
    const rd_call *call = r->call;
    const size_t size = r->own->attend.out * sizeof(rd_real);
    for (size_t p = 0; call->final && p < pack->sequences; p++) {
        const size_t i = pack->order[p], row = rd_pack_last_row(pack, p);
        rd_real *to = call->final + i * call->state_stride;
        if (row != SIZE_MAX)
            memcpy(to, r->out.data + row * r->out.stride, size);
        else if (rd_start_is_fresh(call, i))
            memset(to, 0, size);
        else
            memmove(to, call->start + i * call->state_stride, size);
    }
}

static void decoder_forward(const rd_layer *layer, const rd_call *call)
{
    running r;
    set_up(&r, layer, call);
    rd_attend_open(&r.attend);
    rd_recurrent_run_forward(&r.walk);
    finish(&r);
}

/* ---- backward ---- */

static void hook_back_after(const rd_walk *walk, const rd_walk_step *step)
{
    const running *r = walk->hook_context;
    const rd_attend_rows rows = new_rows(r, step);
    for (size_t k = 0; k < step->rows; k++)
        memset(rows.d_x + k * rows.d_stride, 0, r->own->cell.state[0] * sizeof *rows.d_x);
    rd_attend_mix_back(&r->attend, &rows);
    if (!r->own->before) look_back(r, &rows);
}

/* The gradient by the out that the step was fed. */
static void feed_back(const running *r, const rd_walk_step *step, const rd_real *d_gates, size_t gates_stride)
{
    const size_t width = r->own->attend.out;
    rd_real *to = step->t > 0 ? r->out.grad + row_before(r, step) * r->out.stride
                              : r->frame.d_first + step->place * r->frame.out_stride;
    multiply(r, step, width, r->own->cell.gates, d_gates, gates_stride, r->panels.feed_back, to,
             step->t > 0 ? r->out.stride : r->frame.out_stride, step->t > 0);
}

static void hook_back_before(const rd_walk *walk, const rd_walk_step *step)
{
    const running *r = walk->hook_context;
    const decoder *own = r->own;
    const rd_recurrent_frame *cell = &walk->frame;
    const rd_attend_frame *f = &r->frame.attend;
    const rd_real *d_gates = cell->gates + step->row * cell->gates_stride;
    if (own->feed) feed_back(r, step, d_gates, cell->gates_stride);
    if (!own->before) return;
    multiply(r, step, own->attend.memory, own->cell.gates, d_gates, cell->gates_stride, r->panels.ctx_back,
             f->d_ctx + step->row * f->ctx_stride, f->ctx_stride, 1);
    look_back(r, &(rd_attend_rows){.row = step->row,
                                   .place = step->place,
                                   .rows = step->rows,
                                   .x = cell->prev[0] + step->row * cell->h_stride,
                                   .stride = cell->h_stride,
                                   .d_x = cell->d_prev[0] + step->place * cell->h_stride,
                                   .d_stride = cell->h_stride});
}

/* The gradient by the final out joins that by the last row, or is that by the carried one. */
static void begin_back(const running *r)
{
    const rondo_pack *pack = r->walk.pack;
    const rd_call *call = r->call;
    const size_t width = r->own->attend.out;
    if (!call->out->grad) memset(r->out.grad, 0, pack->rows * r->out.stride * sizeof(rd_real));
    for (size_t p = 0; p < pack->sequences; p++) {
        const size_t i = pack->order[p], row = rd_pack_last_row(pack, p);
        const rd_real *d_final = call->d_final ? call->d_final + i * call->state_stride : NULL;
        rd_real *d_start = call->d_start ? call->d_start + i * call->state_stride : NULL;
        if (d_start) memset(d_start, 0, width * sizeof *d_start);
        if (!d_final) continue;
        if (row != SIZE_MAX)
            r->walk.kernels->axpy(width, 1, d_final, r->out.grad + row * r->out.stride);
        else if (d_start && !rd_start_is_fresh(call, i))
            memcpy(d_start, d_final, width * sizeof *d_start);
    }
}

static void end_back(const running *r)
{
    const rondo_pack *pack = r->walk.pack;
    const rd_call *call = r->call;
    for (size_t p = 0; r->own->feed && call->d_start && p < pack->sequences; p++) {
        const size_t i = pack->order[p];
        if (pack->length[i] > 0 && !rd_start_is_fresh(call, i))
            memcpy(call->d_start + i * call->state_stride, r->frame.d_first + p * r->frame.out_stride,
                   r->own->attend.out * sizeof(rd_real));
    }
}

/* W of what the cell reads beside x += d_gatesᵀ of it. */
static void input_grad(const running *r, size_t param, const rd_real *read, size_t stride)
{
    const rd_recurrent_frame *f = &r->walk.frame;
    const size_t width = r->walk.layer->param[param].columns;
    rd_device_outer(r->call->device, &(rd_outer_args){.rows = r->walk.pack->rows,
                                                      .a_columns = r->own->cell.gates,
                                                      .b_columns = width,
                                                      .a = f->gates,
                                                      .a_stride = f->gates_stride,
                                                      .b = read,
                                                      .b_stride = stride,
                                                      .c = rd_param_grad(r->walk.layer, r->call, param),
                                                      .c_stride = width});
}

static void decoder_backward(const rd_layer *layer, const rd_call *call)
{
    running r;
    set_up(&r, layer, call);
    const rd_attend_frame *f = &r.frame.attend;
    begin_back(&r);
    rd_attend_open_back(&r.attend);
    rd_recurrent_run_backward(&r.walk);
    end_back(&r);
    const uint64_t mode = rd_float_mode_flush();
    if (r.own->feed) input_grad(&r, r.own->weight_feed, r.frame.fed, r.frame.out_stride);
    if (r.own->before) input_grad(&r, r.own->weight_ctx, f->ctx, f->ctx_stride);
    const rd_real *q = r.own->before ? r.walk.frame.prev[0] : r.frame.h;
    rd_attend_close_back(&r.attend, q, r.frame.h_stride, r.frame.h, r.frame.h_stride);
    rd_float_mode_restore(mode);
}

static void decoder_release(rd_layer *layer)
{
    rd_free(layer->own);
}

const rd_layer_ops rd_layer_decoder = {
    .kind = "decoder",
    .help = "a recurrent layer that attends to the positions of memory=NAME at each step",
    .min_inputs = 2,
    .max_inputs = 3,
    .build = decoder_build,
    .packed_numbers = decoder_packed_numbers,
    .pack = decoder_pack,
    .memory = decoder_memory,
    .forward = decoder_forward,
    .backward = decoder_backward,
    .release = decoder_release};

/* ---- what a look saw ---- */

int rd_attends(const rd_layer *layer)
{
    return layer->ops == &rd_layer_decoder || layer->ops == &rd_layer_attention;
}

const rd_real *rd_attention_weights(const rd_layer *layer, const rd_call *call, size_t *stride)
{
    const int decodes = layer->ops == &rd_layer_decoder;
    const rd_limits_of_call limits = rd_attend_limits(layer, call, MEMORY);
    rd_frame_plan plan = {.base = call->memory};
    const rd_attend_frame f =
        rd_attend_frame_at(decodes ? &own_of(layer)->attend : layer->own, &limits, &plan);
    *stride = f.alpha_stride;
    return f.alpha;
}
