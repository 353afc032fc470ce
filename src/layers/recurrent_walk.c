/* Time belongs to this file. The input product of all steps was one product; the recurrent ones are a product
 * a step and a run of gates; the cell does the rest. */
#include "layers/recurrent_walk.h"

#include "base/clock.h"
#include "base/size.h"

#include <string.h>

void rd_copy_rows(size_t rows, size_t width, const rd_real *from, size_t from_stride, rd_real *to,
                  size_t to_stride)
{
    for (size_t r = 0; r < rows; r++)
        memcpy(to + r * to_stride, from + r * from_stride, width * sizeof *to);
}

void rd_add_rows(size_t rows, size_t width, const rd_real *from, size_t from_stride, rd_real *to,
                 size_t to_stride)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t j = 0; j < width; j++)
            to[r * to_stride + j] += from[r * from_stride + j];
}

/* ---- setting up ---- */

rd_walk rd_walk_of(const rd_layer *layer, const rd_call *call)
{
    const rd_recurrent *own = layer->own;
    const rondo_pack *pack = call->packs[layer->in[0].part];
    const rd_kernels *kernels = &call->device->kernels;
    const rd_limits_of_call limits = {
        .rows = pack->rows, .steps = pack->steps, .sequences = pack->sequences, .mode = call->mode};
    return (rd_walk){.layer = layer,
                     .own = own,
                     .call = call,
                     .pack = pack,
                     .kernels = kernels,
                     .packed = call->packed,
                     .panels = rd_recurrent_panels_of(own, kernels),
                     .frame = rd_recurrent_frame_at(own, kernels, &limits, call->memory),
                     .bias_h = rd_param_or_null(layer, call->params, own->bias_h),
                     .peephole = rd_param_or_null(layer, call->params, own->peephole),
                     .gain_h = rd_param_or_null(layer, call->params, own->gain_h),
                     .gain_c = rd_param_or_null(layer, call->params, own->gain_c),
                     .shift_c = rd_param_or_null(layer, call->params, own->shift_c),
                     .start = {.layer = layer,
                               .call = call,
                               .start = own->start,
                               .scale = own->start_scale,
                               .first_state = rd_param_or_null(layer, call->params, own->first_state)},
                     .train = call->mode == RONDO_TRAIN,
                     .ranges = rd_ranges_of(pack, rondo_device_threads(call->device))};
}

rd_walk_step rd_walk_step_of(const rd_walk *walk, size_t t, size_t first, size_t end)
{
    const size_t alive = rd_size_min(walk->pack->count[t], end), row = walk->pack->offset[t] + first;
    return (rd_walk_step){.t = t,
                          .place = first,
                          .rows = alive > first ? alive - first : 0,
                          .row = row,
                          .kept = walk->train ? row : first};
}

rd_cell_step rd_walk_cell_step(const rd_walk *walk, const rd_walk_step *step)
{
    const rd_recurrent_frame *f = &walk->frame;
    const rd_recurrent *own = walk->own;
    const size_t at = step->place, c = f->c_stride, h = f->h_stride, gates = f->gates_stride;
    rd_cell_step cell = {.rows = step->rows,
                         .hidden = own->hidden,
                         .ax = f->gates + step->row * gates,
                         .ax_stride = gates,
                         .ah = f->ah + at * gates,
                         .ah_stride = gates,
                         .prev_stride = {h, c},
                         .next_stride = {h, c},
                         .param = walk->peephole,
                         .saved_stride = gates,
                         .emit_stride = c,
                         .normed_stride = c,
                         .clip_cell = own->clip_cell,
                         .clip_preact = own->clip_preact};
    if (!own->projected) cell.prev[0] = f->prev[0] + step->kept * h;
    cell.next[0] = own->projected ? f->middle + step->kept * c : f->state[0] + at * h;
    if (own->projected) cell.next_stride[0] = c;
    if (own->info->states > 1) {
        cell.prev[1] = f->prev[1] + step->kept * c;
        cell.next[1] = f->state[1] + at * c;
    }
    if (walk->train || walk->call->trace) cell.saved = f->gates + step->row * gates;
    if (f->emit) cell.emit = f->emit + step->kept * c;
    if (f->normed) cell.normed = f->normed + at * c;
    return cell;
}

/* ---- one step ---- */

static const rd_real *operand_of(const rd_walk *walk, const rd_walk_step *step, rd_operand from,
                                 size_t *stride)
{
    const rd_recurrent_frame *f = &walk->frame;
    const rd_real *from_array[] = {
        [RD_FROM_H] = f->operand, [RD_FROM_C] = f->prev[1], [RD_FROM_EMIT] = f->emit};
    *stride = from == RD_FROM_H ? f->h_stride : f->c_stride;
    return from_array[from] + step->kept * *stride;
}

/* ah of the run's gates: U' operand + b, or LN(U' operand) + b. */
static void product_forward(const rd_walk *walk, const rd_walk_step *step, size_t i)
{
    const rd_recurrent_frame *f = &walk->frame;
    const rd_run *run = &walk->own->run[i];
    const size_t first = run->gate * walk->own->hidden, columns = run->gates * walk->own->hidden;
    const rd_real *bias = walk->bias_h ? walk->bias_h + first : NULL;
    rd_real *ah = f->ah + step->place * f->gates_stride + first;
    rd_product_args product = {.rows = step->rows,
                               .columns = columns,
                               .depth = run->width,
                               .panels = walk->packed + walk->panels.run[i],
                               .bias = walk->own->norm ? NULL : bias,
                               .c = ah,
                               .c_stride = f->gates_stride};
    product.a = operand_of(walk, step, run->from, &product.a_stride);
    walk->kernels->product(&product);
    if (!walk->own->norm) return;
    walk->kernels->norm_forward(
        &(rd_norm_args){.rows = step->rows,
                        .width = columns,
                        .gain = walk->gain_h + first,
                        .shift = bias,
                        .x = ah,
                        .x_stride = f->gates_stride,
                        .y = ah,
                        .y_stride = f->gates_stride,
                        .hat = f->h_hat ? f->h_hat + step->row * f->gates_stride + first : NULL,
                        .hat_stride = f->gates_stride,
                        .scale = f->h_scale[i] ? f->h_scale[i] + step->row : NULL});
}

static void normalise_cell(const rd_walk *walk, const rd_walk_step *step)
{
    const rd_recurrent_frame *f = &walk->frame;
    walk->kernels->norm_forward(&(rd_norm_args){.rows = step->rows,
                                                .width = walk->own->hidden,
                                                .gain = walk->gain_c,
                                                .shift = walk->shift_c,
                                                .x = f->emit + step->kept * f->c_stride,
                                                .x_stride = f->c_stride,
                                                .y = f->normed + step->place * f->c_stride,
                                                .y_stride = f->c_stride,
                                                .hat = f->c_hat ? f->c_hat + step->row * f->c_stride : NULL,
                                                .hat_stride = f->c_stride,
                                                .scale = f->c_scale ? f->c_scale + step->row : NULL});
}

static void phase_forward(const rd_walk *walk, const rd_walk_step *step, const rd_cell_step *cell,
                          size_t phase)
{
    const rd_recurrent *own = walk->own;
    for (size_t i = 0; i < own->runs; i++) {
        if (own->run[i].phase != phase) continue;
        if (own->run[i].from == RD_FROM_EMIT && walk->train && own->dropout > 0)
            rd_walk_drop(walk, step, RD_MASK_EMIT, own->hidden,
                         walk->frame.emit + step->kept * walk->frame.c_stride, walk->frame.c_stride);
        product_forward(walk, step, i);
    }
    if (own->info->phase[phase].normalise) normalise_cell(walk, step);
    walk->kernels->cell_forward[own->cell][phase](cell);
}

static void keep_previous(const rd_walk *walk, const rd_walk_step *step)
{
    const rd_recurrent_frame *f = &walk->frame;
    const size_t stride[] = {f->h_stride, f->c_stride};
    for (size_t k = 0; k < (size_t)walk->own->info->states; k++)
        /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): a cell has two states at most */
        rd_copy_rows(step->rows, walk->own->state[k], f->state[k] + step->place * stride[k], stride[k],
                     f->prev[k] + step->kept * stride[k], stride[k]);
    if (f->operand == f->prev[0]) return;
    rd_real *operand = f->operand + step->kept * f->h_stride;
    rd_copy_rows(step->rows, walk->own->state[0], f->prev[0] + step->kept * f->h_stride, f->h_stride, operand,
                 f->h_stride);
    rd_walk_drop(walk, step, RD_MASK_H, walk->own->state[0], operand, f->h_stride);
}

static void step_forward(const rd_walk *walk, const rd_walk_step *step)
{
    const rd_recurrent *own = walk->own;
    const rd_recurrent_frame *f = &walk->frame;
    const rd_value *out = walk->call->out;
    const rd_cell_step cell = rd_walk_cell_step(walk, step);
    keep_previous(walk, step);
    for (size_t p = 0; p < (size_t)own->info->phases; p++)
        phase_forward(walk, step, &cell, p);
    if (own->projected)
        walk->kernels->product(&(rd_product_args){.rows = step->rows,
                                                  .columns = own->state[0],
                                                  .depth = own->hidden,
                                                  .a = f->middle + step->kept * f->c_stride,
                                                  .a_stride = f->c_stride,
                                                  .panels = walk->packed + walk->panels.proj,
                                                  .c = f->state[0] + step->place * f->h_stride,
                                                  .c_stride = f->h_stride});
    for (size_t k = 0; k < (size_t)own->info->states; k++)
        if (own->zoneout[k] > 0) rd_walk_zone(walk, step, k);
    const rd_real *seen =
        own->before ? f->prev[0] + step->kept * f->h_stride : f->state[0] + step->place * f->h_stride;
    rd_copy_rows(step->rows, own->state[0], seen, f->h_stride, out->data + step->row * out->stride,
                 out->stride);
}

/* ---- one range of places through all steps ---- */

static void begin(const rd_walk *walk, size_t first, size_t end)
{
    const rd_recurrent_frame *f = &walk->frame;
    const size_t *width = walk->own->state;
    for (size_t p = first; p < end; p++) {
        const size_t i = walk->pack->order[p];
        rd_start_load(&walk->start, i, 0, width[0], f->state[0] + p * f->h_stride);
        if (f->state[1]) rd_start_load(&walk->start, i, width[0], width[1], f->state[1] + p * f->c_stride);
    }
}

static void finish(const rd_walk *walk, size_t first, size_t end)
{
    const rd_recurrent_frame *f = &walk->frame;
    const size_t *width = walk->own->state;
    for (size_t p = first; p < end; p++) {
        const size_t i = walk->pack->order[p];
        rd_start_store(walk->call, i, 0, width[0], f->state[0] + p * f->h_stride);
        if (f->state[1]) rd_start_store(walk->call, i, width[0], width[1], f->state[1] + p * f->c_stride);
    }
}

static void walk_range(void *context, size_t chunk, size_t thread)
{
    const rd_walk *walk = context;
    const size_t first = walk->ranges.first[chunk], end = walk->ranges.first[chunk + 1],
                 steps = walk->pack->steps;
    const uint64_t mode = rd_float_mode_flush();
    (void)thread;
    begin(walk, first, end);
    for (size_t s = 0; s < steps; s++) {
        const rd_walk_step step = rd_walk_step_of(walk, walk->own->reverse ? steps - 1 - s : s, first, end);
        if (step.rows > 0) step_forward(walk, &step);
    }
    finish(walk, first, end);
    rd_float_mode_restore(mode);
}

static void trace(const rd_walk *walk)
{
    const rd_call *call = walk->call;
    for (size_t t = 0; t < walk->pack->steps; t++)
        call->trace(call->trace_user, walk->layer, t, walk->pack->count[t],
                    walk->frame.gates + walk->pack->offset[t] * walk->frame.gates_stride,
                    walk->frame.gates_stride);
}

void rd_walk_forward(rd_walk *walk)
{
    void (*whole)(const void *) = walk->kernels->walk_forward[walk->own->cell];
    if (whole)
        whole(walk);
    else
        rd_pool_run(walk->call->device->pool, walk_range, walk, walk->ranges.count);
    if (walk->call->trace) trace(walk);
}
