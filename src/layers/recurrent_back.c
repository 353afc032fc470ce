/* The walk back: steps in the opposite order, phases from last to first, equation before products, with a
 * running gradient of the states. Sums over rows go to one partial per block of places. */
#include "layers/recurrent_walk.h"

#include "base/clock.h"
#include "base/size.h"

#include <string.h>

/* The part of a step that lies in one block of places, with the block's partial sums. */
static rd_walk_step block_of(const rd_walk_step *step, size_t place)
{
    const size_t skipped = place - step->place, left = step->rows - skipped;
    return (rd_walk_step){.t = step->t,
                          .place = place,
                          .rows = rd_size_min(left, RD_PLACES_A_BLOCK),
                          .row = step->row + skipped,
                          .kept = step->kept + skipped,
                          .unit = step->unit,
                          .end_unit = step->end_unit};
}

/* Piece `at` of the partial of the block that holds this place, or NULL. */
static rd_real *partial_of(const rd_walk *walk, size_t place, size_t at)
{
    const rd_partials *p = &walk->frame.partials;
    return at == SIZE_MAX ? NULL : p->data + place / RD_PLACES_A_BLOCK * p->stride + at;
}

/* ---- equations ---- */

static void cell_backward(const rd_walk *walk, const rd_walk_step *step, size_t phase)
{
    const rd_recurrent_frame *f = &walk->frame;
    const rd_recurrent *own = walk->own;
    const size_t at = step->place, c = f->c_stride, h = f->h_stride, gates = f->gates_stride;
    rd_cell_step_grad grad = {
        .forward = rd_walk_cell_step(walk, step),
        .d_next = {own->projected ? f->d_middle + at * c : f->d_state[0] + at * h, NULL},
        .d_next_stride = {own->projected ? c : h, c},
        .d_emit_stride = c,
        .d_ax = f->gates + step->row * gates,
        .d_ax_stride = gates,
        .d_ah = f->d_ah + step->row * gates,
        .d_ah_stride = gates,
        .d_prev = {own->projected ? NULL : f->d_prev[0] + at * h, NULL},
        .d_prev_stride = {h, c},
        .d_param = partial_of(walk, at, f->partials.param),
        .d_normed_stride = c};
    if (own->info->states > 1) {
        grad.d_next[1] = f->d_state[1] + at * c;
        grad.d_prev[1] = f->d_prev[1] + at * c;
    }
    if (f->d_emit) grad.d_emit = f->d_emit + at * c;
    if (f->d_normed) grad.d_normed = f->d_normed + at * c;
    walk->kernels->cell_backward[own->cell][phase](&grad);
}

static void equation_backward(const rd_walk *walk, const rd_walk_step *step, size_t phase)
{
    if (walk->frame.partials.param == SIZE_MAX) {
        cell_backward(walk, step, phase);
        return;
    }
    for (size_t p = step->place; p < step->place + step->rows; p += RD_PLACES_A_BLOCK) {
        const rd_walk_step block = block_of(step, p);
        cell_backward(walk, &block, phase);
    }
}

/* ---- layer norm ---- */

/* `normed` as the forward walk had it, for the equations that read it. */
static void normed_again(const rd_walk *walk, const rd_walk_step *step)
{
    const rd_recurrent_frame *f = &walk->frame;
    walk->kernels->norm_again(&(rd_norm_args){.rows = step->rows,
                                              .width = walk->own->hidden,
                                              .gain = walk->gain_c,
                                              .shift = walk->shift_c,
                                              .y = f->normed + step->place * f->c_stride,
                                              .y_stride = f->c_stride,
                                              .hat = f->c_hat + step->row * f->c_stride,
                                              .hat_stride = f->c_stride});
}

/* d_emit from d_normed. */
static void normalise_backward(const rd_walk *walk, const rd_walk_step *step)
{
    const rd_recurrent_frame *f = &walk->frame;
    for (size_t p = step->place; p < step->place + step->rows; p += RD_PLACES_A_BLOCK) {
        const rd_walk_step block = block_of(step, p);
        walk->kernels->norm_backward(&(rd_norm_args){.rows = block.rows,
                                                     .width = walk->own->hidden,
                                                     .gain = walk->gain_c,
                                                     .hat = f->c_hat + block.row * f->c_stride,
                                                     .hat_stride = f->c_stride,
                                                     .scale = f->c_scale + block.row,
                                                     .d = f->d_normed + p * f->c_stride,
                                                     .d_stride = f->c_stride,
                                                     .d_gain = partial_of(walk, p, f->partials.gain_c),
                                                     .d_shift = partial_of(walk, p, f->partials.shift_c)});
    }
    rd_copy_rows(step->rows, walk->own->hidden, f->d_normed + step->place * f->c_stride, f->c_stride,
                 f->d_emit + step->place * f->c_stride, f->c_stride);
}

/* Through LN(U h'): d_ah of the run becomes the gradient by U h'. */
static void run_norm_backward(const rd_walk *walk, const rd_walk_step *step, size_t i)
{
    const rd_recurrent_frame *f = &walk->frame;
    const rd_run *run = &walk->own->run[i];
    const size_t first = run->gate * walk->own->hidden;
    for (size_t p = step->place; p < step->place + step->rows; p += RD_PLACES_A_BLOCK) {
        const rd_walk_step block = block_of(step, p);
        rd_real *gain = partial_of(walk, p, f->partials.gain_h),
                *bias = partial_of(walk, p, f->partials.bias_h);
        walk->kernels->norm_backward(&(rd_norm_args){.rows = block.rows,
                                                     .width = run->gates * walk->own->hidden,
                                                     .gain = walk->gain_h + first,
                                                     .hat = f->h_hat + block.row * f->gates_stride + first,
                                                     .hat_stride = f->gates_stride,
                                                     .scale = f->h_scale[i] + block.row,
                                                     .d = f->d_ah + block.row * f->gates_stride + first,
                                                     .d_stride = f->gates_stride,
                                                     .d_gain = gain + first,
                                                     .d_shift = bias ? bias + first : NULL});
    }
}

/* ---- products ---- */

/* Of an array `width` wide, the numbers at work, from step->unit on. */
static size_t width_of(const rd_walk *walk, const rd_walk_step *step, size_t width)
{
    return walk->shares ? step->end_unit - step->unit : width;
}

static void product_backward(const rd_walk *walk, const rd_walk_step *step, size_t i)
{
    const rd_recurrent_frame *f = &walk->frame;
    const rd_recurrent *own = walk->own;
    const rd_run *run = &own->run[i];
    const size_t stride = run->from == RD_FROM_H ? f->h_stride : f->c_stride;
    const int masked = own->dropout > 0 && run->from != RD_FROM_C;
    rd_real *const sum_of[] = {
        [RD_FROM_H] = f->d_prev[0], [RD_FROM_C] = f->d_prev[1], [RD_FROM_EMIT] = f->d_emit};
    rd_real *sum = sum_of[run->from] + step->place * stride;
    /* d_emit is the product alone; a masked product that is one of several terms is made apart */
    rd_real *product = masked && run->from == RD_FROM_H ? f->d_operand + step->place * stride : sum;
    const size_t depth = run->gates * own->hidden;
    if (own->norm) run_norm_backward(walk, step, i);
    walk->kernels->product(
        &(rd_product_args){.rows = step->rows,
                           .columns = width_of(walk, step, run->width),
                           .depth = depth,
                           .a = f->d_ah + step->row * f->gates_stride + run->gate * own->hidden,
                           .a_stride = f->gates_stride,
                           .panels = walk->packed + walk->panels.run_back[i] + step->unit * depth,
                           .c = product + step->unit,
                           .c_stride = stride,
                           .add = run->from != RD_FROM_EMIT && product == sum});
    if (masked)
        rd_walk_drop(walk, step, run->from == RD_FROM_H ? RD_MASK_H : RD_MASK_EMIT, run->width, product,
                     stride);
    if (product != sum) rd_add_rows(step->rows, run->width, product, stride, sum, stride);
}

/* d_m = W_hrᵀ d_h; d_h is kept for the gradient of W_hr. */
static void projection_backward(const rd_walk *walk, const rd_walk_step *step)
{
    const rd_recurrent_frame *f = &walk->frame;
    const rd_real *d_h = f->d_state[0] + step->place * f->h_stride;
    rd_copy_rows(step->rows, walk->own->state[0], d_h, f->h_stride, f->d_out + step->row * f->h_stride,
                 f->h_stride);
    walk->kernels->product(&(rd_product_args){.rows = step->rows,
                                              .columns = walk->own->hidden,
                                              .depth = walk->own->state[0],
                                              .a = d_h,
                                              .a_stride = f->h_stride,
                                              .panels = walk->packed + walk->panels.proj_back,
                                              .c = f->d_middle + step->place * f->c_stride,
                                              .c_stride = f->c_stride});
}

/* ---- one step ---- */

/* What reads the layer adds to the running gradient: of the state after the step, or of the one before it. */
static void add_output_grad(const rd_walk *walk, const rd_walk_step *step, rd_real *const d_state)
{
    const rd_value *out = walk->call->out;
    if (!out->grad) return;
    rd_add_rows(step->rows, width_of(walk, step, walk->own->state[0]),
                out->grad + step->row * out->stride + step->unit, out->stride,
                d_state + step->place * walk->frame.h_stride + step->unit, walk->frame.h_stride);
}

/* --clip-delta, zoneout, and d_prev ready to be added to. */
static void open_step(const rd_walk *walk, const rd_walk_step *step)
{
    const rd_recurrent_frame *f = &walk->frame;
    const rd_recurrent *own = walk->own;
    const size_t stride[] = {f->h_stride, f->c_stride};
    for (size_t k = 0; k < rd_walk_states(walk); k++) {
        const size_t width = width_of(walk, step, own->state[k]);
        for (size_t r = 0; r < step->rows; r++) {
            const size_t at = (step->place + r) * stride[k] + step->unit;
            if (own->clip_delta > 0) walk->kernels->clamp(width, own->clip_delta, f->d_state[k] + at);
            memset(f->d_prev[k] + at, 0, width * sizeof(rd_real));
        }
        if (own->zoneout[k] > 0) rd_walk_zone_back(walk, step, k);
    }
}

static void close_step(const rd_walk *walk, const rd_walk_step *step)
{
    const rd_recurrent_frame *f = &walk->frame;
    const size_t stride[] = {f->h_stride, f->c_stride};
    for (size_t k = 0; k < rd_walk_states(walk); k++) {
        const size_t at = step->place * stride[k] + step->unit;
        rd_copy_rows(step->rows, width_of(walk, step, walk->own->state[k]), f->d_prev[k] + at, stride[k],
                     f->d_state[k] + at, stride[k]);
    }
}

static void step_backward(const rd_walk *walk, const rd_walk_step *step)
{
    const rd_recurrent *own = walk->own;
    if (walk->hook) walk->hook->back_after(walk, step);
    if (!own->before) add_output_grad(walk, step, walk->frame.d_state[0]);
    open_step(walk, step);
    if (own->projected) projection_backward(walk, step);
    if (own->gain_c != RD_NO_PARAM) normed_again(walk, step);
    for (size_t p = (size_t)own->info->phases; p-- > 0;) {
        equation_backward(walk, step, p);
        if (own->info->phase[p].normalise) normalise_backward(walk, step);
        if (walk->shares) rd_pool_barrier(walk->call->device->pool);
        for (size_t i = 0; i < own->runs; i++)
            if (own->run[i].phase == p) product_backward(walk, step, i);
    }
    if (walk->hook) walk->hook->back_before(walk, step);
    if (own->before) add_output_grad(walk, step, walk->frame.d_prev[0]);
    close_step(walk, step);
}

/* ---- one range of places, some units ---- */

/* Where the gradient by the first state of sequence i goes when a node gave it. */
static rd_real *start_grad(const rd_walk *walk, size_t i)
{
    const rd_value *node = walk->start.node;
    return node && node->grad ? node->grad + i * node->stride : NULL;
}

static void begin(const rd_walk *walk, const rd_walk_share *s)
{
    const rd_recurrent_frame *f = &walk->frame;
    for (size_t p = s->first; p < s->end; p++) {
        const size_t i = walk->pack->order[p];
        rd_start_load_grad(walk->call, i, s->unit, rd_walk_share_width(walk, s, 0),
                           f->d_state[0] + p * f->h_stride + s->unit);
        if (f->d_state[1])
            rd_start_load_grad(walk->call, i, walk->own->state[0] + s->unit, rd_walk_share_width(walk, s, 1),
                               f->d_state[1] + p * f->c_stride + s->unit);
    }
}

static void finish(const rd_walk *walk, const rd_walk_share *s)
{
    const rd_recurrent_frame *f = &walk->frame;
    for (size_t p = s->first; p < s->end; p++) {
        const size_t i = walk->pack->order[p], h = s->unit, c = walk->own->state[0] + s->unit;
        rd_real *d_first = start_grad(walk, i);
        if (!d_first) d_first = partial_of(walk, p, f->partials.start);
        rd_start_store_grad(walk->call, i, h, rd_walk_share_width(walk, s, 0),
                            f->d_state[0] + p * f->h_stride + h, d_first ? d_first + h : NULL);
        if (f->d_state[1])
            rd_start_store_grad(walk->call, i, c, rd_walk_share_width(walk, s, 1),
                                f->d_state[1] + p * f->c_stride + h, d_first ? d_first + c : NULL);
    }
}

static void walk_share(const rd_walk *walk, const rd_walk_share *own)
{
    const size_t steps = walk->pack->steps;
    const uint64_t mode = rd_float_mode_flush();
    begin(walk, own);
    for (size_t s = 0; s < steps && !rd_walk_leaves(walk, own, s); s++) {
        rd_walk_step step =
            rd_walk_step_of(walk, walk->own->reverse ? s : steps - 1 - s, own->first, own->end);
        step.unit = own->unit;
        step.end_unit = own->end_unit;
        if (step.rows > 0) step_backward(walk, &step);
    }
    finish(walk, own);
    rd_float_mode_restore(mode);
}

void rd_walk_backward(rd_walk *walk)
{
    void (*whole)(const void *) = walk->kernels->walk_backward[walk->own->cell];
    const rd_partials *partials = &walk->frame.partials;
    if (partials->data)
        memset(partials->data, 0,
               rd_ceil_div(walk->pack->sequences, RD_PLACES_A_BLOCK) * partials->stride * sizeof(rd_real));
    if (whole)
        whole(walk);
    else
        rd_walk_run(walk, walk_share);
}
