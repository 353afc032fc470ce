/* Time belongs to this file. The input product of all steps was one product; the recurrent ones are a product
 * a step and a run of gates; the cell does the rest. */
#include "layers/recurrent_walk.h"

#include "base/clock.h"
#include "base/size.h"

#include <string.h>

enum {
    UNITS_A_SHARE = 64,             /* least units of a thread, and what they are a multiple of */
    LEAST_WORK_A_STEP = 96 * 4 * 96 /* multiply-adds of a step that are worth meeting after it */
};
static const double UNEVEN = 1.12; /* what meeting after each step costs at most */

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

/* The longest range over what each thread should have: 1 where all end together. */
static double unevenness_of(const rd_walk *walk, size_t threads)
{
    const rondo_pack *pack = walk->pack;
    size_t most = 0;
    for (size_t i = 0; i < walk->ranges.count; i++) {
        size_t rows = 0;
        for (size_t p = walk->ranges.first[i]; p < walk->ranges.first[i + 1]; p++)
            rows += pack->length[pack->order[p]];
        most = rd_size_max(most, rows);
    }
    return (double)(most * threads) / (double)rd_size_max(1, pack->rows);
}

/* Units are shared out where blocks of places cannot be dealt evenly, and a step is long enough to wait for
 * the others at its end. What happens to whole rows (a projection, masks, norms) keeps to places. */
static size_t shares_of(const rd_walk *walk)
{
    const rd_recurrent *own = walk->own;
    const size_t threads = (size_t)rondo_device_threads(walk->call->device);
    const size_t work = walk->pack->sequences * own->gates * own->run[0].width;
    if (!walk->tiled || !walk->direct || own->dropout > 0 || threads == 1) return 0;
    if (work < LEAST_WORK_A_STEP || unevenness_of(walk, threads) < UNEVEN) return 0;
    return rd_size_min(threads, rd_size_max(1, own->hidden / UNITS_A_SHARE));
}

rd_walk rd_walk_of(const rd_layer *layer, const rd_call *call)
{
    const rd_recurrent *own = layer->own;
    const rondo_pack *pack = call->packs[layer->in[0].part];
    const rd_kernels *kernels = &call->device->kernels;
    const rd_limits_of_call limits = {
        .rows = pack->rows, .steps = pack->steps, .sequences = pack->sequences, .mode = call->mode};
    rd_walk walk = {.layer = layer,
                    .own = own,
                    .call = call,
                    .pack = pack,
                    .kernels = kernels,
                    .packed = call->packed,
                    .panels = rd_recurrent_panels_of(own, kernels),
                    .frame = rd_recurrent_frame_at(own, kernels, &limits, call->memory, call->work),
                    .bias_h = rd_param_or_null(layer, call->params, own->bias_h),
                    .peephole = rd_param_or_null(layer, call->params, own->peephole),
                    .gain_h = rd_param_or_null(layer, call->params, own->gain_h),
                    .gain_c = rd_param_or_null(layer, call->params, own->gain_c),
                    .shift_c = rd_param_or_null(layer, call->params, own->shift_c),
                    .start = {.layer = layer,
                              .call = call,
                              .start = own->start,
                              .scale = own->start_scale,
                              .first_state = rd_param_or_null(layer, call->params, own->first_state),
                              .node = own->start == RD_START_NODE ? call->in[own->start_input] : NULL},
                    .train = call->mode == RONDO_TRAIN,
                    .tiled = rd_recurrent_is_tiled(own, kernels),
                    .direct = !own->projected && !own->before && own->zoneout[0] == 0 && own->zoneout[1] == 0,
                    .ranges = rd_ranges_of(pack, rondo_device_threads(call->device))};
    walk.shares = shares_of(&walk);
    return walk;
}

rd_walk_step rd_walk_step_of(const rd_walk *walk, size_t t, size_t first, size_t end)
{
    const size_t alive = rd_size_min(walk->pack->count[t], end), row = walk->pack->offset[t] + first;
    return (rd_walk_step){.t = t,
                          .place = first,
                          .rows = alive > first ? alive - first : 0,
                          .row = row,
                          .kept = walk->train ? row : first,
                          .end_unit = walk->own->hidden};
}

rd_cell_step rd_walk_cell_step(const rd_walk *walk, const rd_walk_step *step)
{
    const rd_recurrent_frame *f = &walk->frame;
    const rd_recurrent *own = walk->own;
    const size_t at = step->place, c = f->c_stride, h = f->h_stride, gates = f->gates_stride;
    rd_cell_step cell = {.rows = step->rows,
                         .hidden = own->hidden,
                         .first_unit = step->unit,
                         .end_unit = step->end_unit,
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
    *stride = from == RD_FROM_H ? f->h_stride : f->c_stride;
    if (from == RD_FROM_EMIT) return f->emit + step->kept * *stride;
    if (from == RD_FROM_H && f->operand != f->prev[0]) return f->operand + step->kept * *stride;
    return step->from[from == RD_FROM_C];
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

/* Products and equation of a phase, tile by tile. */
static void phase_tiles(const rd_walk *walk, const rd_walk_step *step, const rd_cell_step *cell, size_t phase)
{
    const rd_recurrent *own = walk->own;
    const rd_recurrent_frame *f = &walk->frame;
    rd_cell_tile tile = {.step = *cell,
                         .gates = (size_t)own->info->gates,
                         .ah = own->info->phases > 1 ? f->ah + step->place * f->gates_stride : NULL,
                         .ah_stride = f->gates_stride,
                         .equation = walk->kernels->cell_forward[own->cell][phase]};
    for (size_t i = 0; i < own->runs; i++) {
        if (own->run[i].phase != phase) continue;
        const size_t q = tile.products++;
        tile.units = rd_recurrent_units(own, walk->kernels, i);
        tile.product[q].gate = own->run[i].gate;
        tile.product[q].gates = own->run[i].gates;
        tile.product[q].depth = own->run[i].width;
        tile.product[q].a = operand_of(walk, step, own->run[i].from, &tile.product[q].a_stride);
        tile.product[q].panels = walk->packed + walk->panels.run[i];
        tile.product[q].bias = walk->packed + walk->panels.bias[i];
    }
    walk->kernels->cell_tile(&tile);
}

/* The equation's arrays for these rows, which all write their states to step->to. */
static rd_cell_step forward_step(const rd_walk *walk, const rd_walk_step *step)
{
    rd_cell_step cell = rd_walk_cell_step(walk, step);
    const rd_value *out = walk->call->out;
    if (walk->own->projected) {
        cell.next[1] = step->to[1];
        cell.prev[1] = step->from[1];
        return cell;
    }
    for (size_t k = 0; k < rd_walk_states(walk); k++) {
        cell.prev[k] = step->from[k];
        cell.next[k] = step->to[k];
    }
    if (walk->direct) {
        cell.copy = out->data + step->row * out->stride;
        cell.copy_stride = out->stride;
    }
    return cell;
}

static rd_walk_step later_rows(const rd_walk *walk, const rd_walk_step *step, size_t skipped)
{
    rd_walk_step s = *step;
    const size_t stride[] = {walk->frame.h_stride, walk->frame.c_stride};
    s.place += skipped;
    s.row += skipped;
    s.kept += skipped;
    s.rows -= skipped;
    for (size_t k = 0; k < rd_walk_states(walk); k++) {
        s.from[k] += skipped * stride[k];
        s.to[k] += skipped * stride[k];
    }
    return s;
}

/* The states of these rows end here: they go where `finish` looks for them. */
static void ends_here(const rd_walk *walk, rd_walk_step *step)
{
    const size_t stride[] = {walk->frame.h_stride, walk->frame.c_stride};
    for (size_t k = 0; k < rd_walk_states(walk); k++)
        step->to[k] = walk->frame.state[k] + step->place * stride[k];
}

/* Rows that the next step goes on with, then rows that end. */
static void phase_forward(const rd_walk *walk, const rd_walk_step *step, size_t going, size_t phase)
{
    const rd_recurrent *own = walk->own;
    for (size_t i = 0; i < own->runs; i++) {
        if (own->run[i].phase != phase) continue;
        if (own->run[i].from == RD_FROM_EMIT && walk->train && own->dropout > 0)
            rd_walk_drop(walk, step, RD_MASK_EMIT, own->hidden,
                         walk->frame.emit + step->kept * walk->frame.c_stride, walk->frame.c_stride);
        if (!walk->tiled) product_forward(walk, step, i);
    }
    if (own->info->phase[phase].normalise) normalise_cell(walk, step);
    rd_walk_step part[2] = {*step, *step};
    part[0].rows = going;
    part[1] = later_rows(walk, step, going);
    if (walk->direct && walk->train) ends_here(walk, &part[1]);
    for (size_t k = 0; k < 2; k++) {
        if (part[k].rows == 0) continue;
        const rd_cell_step cell = forward_step(walk, &part[k]);
        if (walk->tiled)
            phase_tiles(walk, &part[k], &cell, phase);
        else
            walk->kernels->cell_forward[own->cell][phase](&cell);
    }
}

/* Units of state k that are at work: all of h with a projection. */
static void copy_states(const rd_walk *walk, const rd_walk_step *step, size_t first, size_t rows,
                        rd_real *const *from, rd_real *const *to)
{
    const size_t stride[] = {walk->frame.h_stride, walk->frame.c_stride};
    for (size_t k = 0; k < rd_walk_states(walk); k++) {
        const size_t width = walk->shares ? step->end_unit - step->unit : walk->own->state[k];
        const size_t at = first * stride[k] + step->unit;
        rd_copy_rows(rows, width, from[k] + at, stride[k], to[k] + at, stride[k]);
    }
}

/* States of rows that were not at work in the step before; all of them when steps do not hand over directly.
 */
static void join(const rd_walk *walk, const rd_walk_step *step, size_t first)
{
    const rd_recurrent_frame *f = &walk->frame;
    rd_real *const state[] = {f->state[0] + step->place * f->h_stride,
                              f->state[1] ? f->state[1] + step->place * f->c_stride : NULL};
    if (first < step->rows && step->from[0] != state[0])
        copy_states(walk, step, first, step->rows - first, state, step->from);
    if (f->operand == f->prev[0]) return;
    rd_real *operand = f->operand + step->kept * f->h_stride;
    rd_copy_rows(step->rows, walk->own->state[0], step->from[0], f->h_stride, operand, f->h_stride);
    rd_walk_drop(walk, step, RD_MASK_H, walk->own->state[0], operand, f->h_stride);
}

/* What is not part of the equation: projection, zoneout, and the output where it is not the new h. */
static void after_equations(const rd_walk *walk, const rd_walk_step *step)
{
    const rd_recurrent *own = walk->own;
    const rd_recurrent_frame *f = &walk->frame;
    const rd_value *out = walk->call->out;
    if (own->projected)
        walk->kernels->product(&(rd_product_args){.rows = step->rows,
                                                  .columns = own->state[0],
                                                  .depth = own->hidden,
                                                  .a = f->middle + step->kept * f->c_stride,
                                                  .a_stride = f->c_stride,
                                                  .panels = walk->packed + walk->panels.proj,
                                                  .c = step->to[0],
                                                  .c_stride = f->h_stride});
    for (size_t k = 0; k < rd_walk_states(walk); k++)
        if (own->zoneout[k] > 0) rd_walk_zone(walk, step, k);
    rd_copy_rows(step->rows, own->state[0], own->before ? step->from[0] : step->to[0], f->h_stride,
                 out->data + step->row * out->stride, out->stride);
}

static void meet(const rd_walk *walk)
{
    if (walk->shares) rd_pool_barrier(walk->call->device->pool);
}

/* stay: rows that the step before was at work on; going: rows that the next one will be. */
static void step_forward(const rd_walk *walk, const rd_walk_step *step, size_t stay, size_t going)
{
    join(walk, step, walk->direct ? stay : 0);
    if (stay < step->rows) meet(walk);
    if (walk->hook) walk->hook->before(walk, step);
    for (size_t p = 0; p < (size_t)walk->own->info->phases; p++) {
        phase_forward(walk, step, going, p);
        meet(walk);
    }
    if (!walk->direct) after_equations(walk, step);
    if (walk->hook) walk->hook->after(walk, step);
    rd_real *state[RD_MAX_STATES] = {NULL};
    rd_walk_step last = *step;
    ends_here(walk, &last);
    memcpy(state, last.to, sizeof state);
    if (walk->direct && !walk->train && step->to[0] != state[0])
        copy_states(walk, step, going, step->rows - going, step->to, state);
}

/* ---- one range of places, some units, through all steps ---- */

size_t rd_walk_share_width(const rd_walk *walk, const rd_walk_share *share, size_t k)
{
    return walk->shares ? share->end_unit - share->unit : walk->own->state[k];
}

static void begin(const rd_walk *walk, const rd_walk_share *s)
{
    const rd_recurrent_frame *f = &walk->frame;
    for (size_t p = s->first; p < s->end; p++) {
        const size_t i = walk->pack->order[p];
        rd_start_load(&walk->start, i, s->unit, rd_walk_share_width(walk, s, 0),
                      f->state[0] + p * f->h_stride + s->unit);
        if (f->state[1])
            rd_start_load(&walk->start, i, walk->own->state[0] + s->unit, rd_walk_share_width(walk, s, 1),
                          f->state[1] + p * f->c_stride + s->unit);
    }
}

static void finish(const rd_walk *walk, const rd_walk_share *s)
{
    const rd_recurrent_frame *f = &walk->frame;
    for (size_t p = s->first; p < s->end; p++) {
        const size_t i = walk->pack->order[p];
        rd_start_store(walk->call, i, s->unit, rd_walk_share_width(walk, s, 0),
                       f->state[0] + p * f->h_stride + s->unit);
        if (f->state[1])
            rd_start_store(walk->call, i, walk->own->state[0] + s->unit, rd_walk_share_width(walk, s, 1),
                           f->state[1] + p * f->c_stride + s->unit);
    }
}

/* Where the states of visited step s lie. In training, where they are kept; in use, two places by turns. */
static void set_states(const rd_walk *walk, rd_walk_step *step, size_t s, const rd_walk_step *next)
{
    const rd_recurrent_frame *f = &walk->frame;
    const size_t stride[] = {f->h_stride, f->c_stride};
    for (size_t k = 0; k < rd_walk_states(walk); k++) {
        rd_real *state = f->state[k] + step->place * stride[k], *prev = f->prev[k] + step->kept * stride[k];
        const int turned = walk->direct && !walk->train && s % 2 == 1;
        step->from[k] = turned ? state : prev;
        step->to[k] = turned ? prev : state;
        if (walk->direct && walk->train && next->rows > 0) step->to[k] = f->prev[k] + next->kept * stride[k];
    }
}

int rd_walk_leaves(const rd_walk *walk, const rd_walk_share *share, size_t s)
{
    rd_brake *brake = walk->call->device->brake;
    if (walk->shares) return rd_brake_leaves(brake, share->thread, s);
    return s % RD_BRAKE_ROUNDS == 0 && rd_brake_pulled(brake, share->thread);
}

static void walk_share(const rd_walk *walk, const rd_walk_share *own)
{
    const size_t steps = walk->pack->steps;
    const uint64_t mode = rd_float_mode_flush();
    size_t stay = 0;
    begin(walk, own);
    for (size_t s = 0; s < steps && !rd_walk_leaves(walk, own, s); s++) {
        const size_t t = walk->own->reverse ? steps - 1 - s : s, t_next = walk->own->reverse ? t - 1 : t + 1;
        rd_walk_step step = rd_walk_step_of(walk, t, own->first, own->end), next = {.rows = 0};
        if (s + 1 < steps) next = rd_walk_step_of(walk, t_next, own->first, own->end);
        step.unit = own->unit;
        step.end_unit = own->end_unit;
        set_states(walk, &step, s, &next);
        if (step.rows > 0) step_forward(walk, &step, stay, rd_size_min(step.rows, next.rows));
        stay = rd_size_min(step.rows, next.rows);
    }
    finish(walk, own);
    rd_float_mode_restore(mode);
}

static void run_places(void *context, size_t chunk, size_t thread)
{
    const rd_walk *walk = context;
    walk->walk_share(walk, &(rd_walk_share){.thread = thread,
                                            .first = walk->ranges.first[chunk],
                                            .end = walk->ranges.first[chunk + 1],
                                            .end_unit = walk->own->hidden});
}

/* Whole panels, of either direction. */
static size_t first_unit(const rd_walk *walk, size_t share)
{
    const size_t groups = rd_ceil_div(walk->own->hidden, UNITS_A_SHARE);
    return rd_size_min(walk->own->hidden, groups * share / walk->shares * UNITS_A_SHARE);
}

static void run_units(void *context, size_t chunk, size_t thread)
{
    const rd_walk *walk = context;
    walk->walk_share(walk, &(rd_walk_share){.thread = thread,
                                            .end = walk->pack->sequences,
                                            .unit = first_unit(walk, chunk),
                                            .end_unit = first_unit(walk, chunk + 1)});
}

void rd_walk_run(rd_walk *walk, void (*share)(const rd_walk *walk, const rd_walk_share *share))
{
    rd_pool *pool = walk->call->device->pool;
    walk->walk_share = share;
    if (walk->shares && rd_pool_try(pool, run_units, walk, walk->shares)) return;
    walk->shares = 0;
    rd_pool_run(pool, run_places, walk, walk->ranges.count);
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
        rd_walk_run(walk, walk_share);
    if (walk->call->trace) trace(walk);
}
