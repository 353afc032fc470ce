/* The loop over rows and units around the equation of each cell and phase: load, compute, store. Counts are
 * constants of the row of cells.def, so what an equation does not read is not loaded. Rows that differ only
 * in the order of their gates share one loop, which is told where each gate stands. */
#ifndef RD_CPU_CELLS_H
#define RD_CPU_CELLS_H

#include "equations/gru_after.h"
#include "equations/gru_before.h"
#include "equations/gru_simple.h"
#include "equations/lstm.h"
#include "equations/rnn.h"
#include "kernels/cpu/cpu_lanes.h"
#include "kernels/kernels.h"

/* Everything one unit can own, in registers. */
typedef struct cell_values {
    rd_lane ax[RD_MAX_GATES], ah[RD_MAX_GATES], prev[RD_MAX_STATES], param[RD_MAX_PARAMS], normed[1];
    rd_lane saved[RD_MAX_SAVED], emit[1], next[RD_MAX_STATES];
} cell_values;

typedef struct cell_grads {
    rd_lane d_next[RD_MAX_STATES], d_emit[1], d_ax[RD_MAX_GATES], d_ah[RD_MAX_GATES];
    rd_lane d_prev[RD_MAX_STATES], d_param[RD_MAX_PARAMS], d_normed[1];
} cell_grads;

/* Constants of a row of cells.def and of one of its phases. */
typedef struct cell_counts {
    int gates, states, saved, emits, params, split, normalise, saves, nexts, owns, adds;
} cell_counts;

/* Where the loop stands: row, first unit of the vector, how much of it there is; and from where in a row each
 * gate and saved value begins. */
typedef struct cell_place {
    size_t row, unit;
    part covered;
    const size_t *gate; /* [RD_MAX_SAVED] */
    const size_t *ah;   /* [RD_MAX_GATES] the same in ah, less the first unit at work */
} cell_place;

RD_INLINE rd_unit unit_of(cell_values *v, const rd_limits *limits)
{
    return (rd_unit){.ax = v->ax,
                     .ah = v->ah,
                     .prev = v->prev,
                     .param = v->param,
                     .normed = v->normed,
                     .limits = limits,
                     .saved = v->saved,
                     .emit = v->emit,
                     .next = v->next};
}

RD_INLINE rd_unit_grad grad_of(cell_grads *d)
{
    return (rd_unit_grad){.d_next = d->d_next,
                          .d_emit = d->d_emit,
                          .d_ax = d->d_ax,
                          .d_ah = d->d_ah,
                          .d_prev = d->d_prev,
                          .d_param = d->d_param,
                          .d_normed = d->d_normed};
}

/* What both directions read: previous states, peepholes, the normalised vector. */
RD_INLINE void load_common(cell_values *v, const rd_cell_step *s, cell_place at, cell_counts n)
{
    for (int k = 0; k < n.states; k++)
        v->prev[k] = load_or_zero(s->prev[k], at.row * s->prev_stride[k] + at.unit, at.covered);
    for (int k = 0; k < n.params; k++)
        v->param[k] = load_part(s->param + (size_t)k * s->hidden + at.unit, at.covered);
    if (n.normalise) v->normed[0] = load_part(s->normed + at.row * s->normed_stride + at.unit, at.covered);
}

RD_INLINE void load_forward(cell_values *v, const rd_cell_step *s, cell_place at, cell_counts n)
{
    load_common(v, s, at, n);
    for (int k = 0; k < n.gates; k++) {
        v->ax[k] = load_part(s->ax + at.row * s->ax_stride + at.gate[k] + at.unit, at.covered);
        v->ah[k] = load_part(s->ah + at.row * s->ah_stride + at.ah[k] + at.unit, at.covered);
    }
    if (n.normalise)
        for (int k = 0; k < n.states; k++)
            v->next[k] = load_or_zero(s->next[k], at.row * s->next_stride[k] + at.unit, at.covered);
}

RD_INLINE void store_forward(const cell_values *v, const rd_cell_step *s, cell_place at, cell_counts n)
{
    for (int k = 0; k < n.states; k++)
        if (n.nexts >> k & 1)
            store_part(s->next[k] + at.row * s->next_stride[k] + at.unit, at.covered, v->next[k]);
    if (n.nexts & 1 && s->copy) store_part(s->copy + at.row * s->copy_stride + at.unit, at.covered, v->next[0]);
    if (n.emits) store_part(s->emit + at.row * s->emit_stride + at.unit, at.covered, v->emit[0]);
    if (!s->saved) return;
    rd_real *saved = s->saved + at.row * s->saved_stride + at.unit;
    for (int k = 0; k < n.saved; k++)
        if (n.saves >> k & 1) store_part(saved + at.gate[k], at.covered, v->saved[k]);
}

RD_INLINE void load_backward(cell_values *v, cell_grads *d, const rd_cell_step_grad *s, cell_place at,
                             cell_counts n)
{
    const rd_cell_step *f = &s->forward;
    load_common(v, f, at, n);
    for (int k = 0; k < n.saved; k++)
        v->saved[k] = load_part(f->saved + at.row * f->saved_stride + at.gate[k] + at.unit, at.covered);
    for (int k = 0; k < n.states; k++) {
        d->d_next[k] = load_or_zero(s->d_next[k], at.row * s->d_next_stride[k] + at.unit, at.covered);
        d->d_prev[k] = rd_splat(0);
    }
    for (int k = 0; k < n.params; k++)
        d->d_param[k] = rd_splat(0);
    for (int k = 0; k < n.gates; k++)
        d->d_ax[k] = load_part(s->d_ax + at.row * s->d_ax_stride + at.gate[k] + at.unit, at.covered);
    if (n.emits) d->d_emit[0] = load_part(s->d_emit + at.row * s->d_emit_stride + at.unit, at.covered);
}

RD_INLINE void store_backward(const cell_grads *d, const rd_cell_step_grad *s, cell_place at, cell_counts n)
{
    const size_t hidden = s->forward.hidden;
    for (int k = 0; k < n.gates; k++)
        if (n.owns >> k & 1)
            store_part(s->d_ax + at.row * s->d_ax_stride + at.gate[k] + at.unit, at.covered, d->d_ax[k]);
    if (n.split || s->d_ah != s->d_ax)
        for (int k = 0; k < n.gates; k++)
            if (n.owns >> k & 1)
                store_part(s->d_ah + at.row * s->d_ah_stride + at.gate[k] + at.unit, at.covered, d->d_ah[k]);
    for (int k = 0; k < n.states; k++)
        if (n.adds >> k & 1 && s->d_prev[k])
            add_part(s->d_prev[k] + at.row * s->d_prev_stride[k] + at.unit, at.covered, d->d_prev[k]);
    if (n.normalise)
        store_part(s->d_normed + at.row * s->d_normed_stride + at.unit, at.covered, d->d_normed[0]);
    if (!n.normalise && s->d_param)
        for (int k = 0; k < n.params; k++)
            add_part(s->d_param + (size_t)k * hidden + at.unit, at.covered, d->d_param[k]);
}

/* Places of gates and saved values in memory, for each in the order of the equation. */
typedef struct cell_order {
    unsigned char place[RD_MAX_SAVED];
} cell_order;

static const cell_order as_listed = {{0, 1, 2, 3, 4, 5}};
/* The LSTM loops know i f g o (coupled: i g o); where the candidate reads the cell, g stands last in memory.
 */
static const cell_order g_last_of_4 = {{0, 1, 3, 2, 4, 5}}, g_last_of_3 = {{0, 2, 1, 3, 4, 5}};

#define CELL_LOOPS(loops, equations, phase, counts)                                                          \
    static void loops##_##phase##_forward(const rd_cell_step *step, cell_order order)                        \
    {                                                                                                        \
        const rd_limits limits = rd_limits_of(step->clip_cell, step->clip_preact);                           \
        const size_t end = step->end_unit ? step->end_unit : step->hidden;                                   \
        size_t gate[RD_MAX_SAVED], ah[RD_MAX_SAVED];                                                         \
        for (int k = 0; k < RD_MAX_SAVED; k++) {                                                             \
            gate[k] = order.place[k] * step->hidden;                                                         \
            ah[k] = order.place[k] * (step->ah_gate ? step->ah_gate : step->hidden) - step->first_unit;      \
        }                                                                                                    \
        for (size_t row = 0; row < step->rows; row++)                                                        \
            for (size_t unit = step->first_unit; unit < end; unit += RD_LANES) {                             \
                const cell_place at = {row, unit, part_of(end - unit), gate, ah};                            \
                cell_values v;                                                                               \
                load_forward(&v, step, at, (cell_counts)counts);                                             \
                equations##_##phase##_forward(unit_of(&v, &limits));                                         \
                store_forward(&v, step, at, (cell_counts)counts);                                            \
            }                                                                                                \
    }                                                                                                        \
    static void loops##_##phase##_backward(const rd_cell_step_grad *step, cell_order order)                  \
    {                                                                                                        \
        const rd_limits limits = rd_limits_of(step->forward.clip_cell, step->forward.clip_preact);           \
        const rd_cell_step *f = &step->forward;                                                              \
        const size_t end = f->end_unit ? f->end_unit : f->hidden;                                            \
        size_t gate[RD_MAX_SAVED];                                                                           \
        for (int k = 0; k < RD_MAX_SAVED; k++)                                                               \
            gate[k] = order.place[k] * f->hidden;                                                            \
        for (size_t row = 0; row < f->rows; row++)                                                           \
            for (size_t unit = f->first_unit; unit < end; unit += RD_LANES) {                                \
                const cell_place at = {row, unit, part_of(end - unit), gate, NULL};                          \
                cell_values v;                                                                               \
                cell_grads d;                                                                                \
                load_backward(&v, &d, step, at, (cell_counts)counts);                                        \
                equations##_##phase##_backward(unit_of(&v, &limits), grad_of(&d));                           \
                store_backward(&d, step, at, (cell_counts)counts);                                           \
            }                                                                                                \
    }

/* The entries of a row, by way of the loops it uses. */
#define CELL_ENTRIES(id, phase, loops, order)                                                                \
    static void id##_##phase##_forward_rows(const rd_cell_step *step)                                        \
    {                                                                                                        \
        loops##_##phase##_forward(step, order);                                                              \
    }                                                                                                        \
    static void id##_##phase##_backward_rows(const rd_cell_step_grad *step)                                  \
    {                                                                                                        \
        loops##_##phase##_backward(step, order);                                                             \
    }

/* clang-format off */
#define PHASE_COUNTS(first, second, products, normalise, saves, nexts, owns, adds) normalise, saves, nexts, owns, adds
#define COUNTS(gates, states, saved, emits, params, split, phase) \
    {gates, states, saved, emits, params, split, PHASE_COUNTS phase}

/* Cells other than LSTM: a loop each. */
#define RD_LSTM(...)
#define RD_CELL_1(id, name, letters, gates, states, saved, emits, params, split, one, two, phases, help) \
    CELL_LOOPS(id##_loop, id, 1, COUNTS(gates, states, saved, 0, params, split, one)) \
    CELL_ENTRIES(id, 1, id##_loop, as_listed)
#define RD_CELL_2(id, name, letters, gates, states, saved, emits, params, split, one, two, phases, help) \
    CELL_LOOPS(id##_loop, id, 1, COUNTS(gates, states, saved, emits, params, split, one)) \
    CELL_LOOPS(id##_loop, id, 2, COUNTS(gates, states, saved, 0, params, split, two)) \
    CELL_ENTRIES(id, 1, id##_loop, as_listed) CELL_ENTRIES(id, 2, id##_loop, as_listed)
#include "equations/cells.def"

/* LSTM: loops for each of linear, peephole, coupled; up to c they are the same for linear and tanh. */
#define LSTM_LOOPS_1(id, linear, peephole, coupled) /* candidate 1: the loops of candidate 0 */
#define LSTM_LOOPS_0(id, linear, peephole, coupled) \
    CELL_LOOPS(lstm_loop_##linear##peephole##coupled, id, 1, \
               COUNTS(4 - coupled, 2, 4 - coupled, 0, peephole * (3 - coupled), 0, \
                      (0, 0, 0, 0, (1 << (4 - coupled)) - 1, 3, (1 << (4 - coupled)) - 1, 2))) \
    LSTM_NORM_LOOPS_##linear(id##_norm, peephole, coupled) \
    CELL_LOOPS(lstm_norm_loop_##linear##peephole##coupled, id##_norm, 2, \
               COUNTS(4 - coupled, 2, 4 - coupled, 0, peephole * (3 - coupled), 0, \
                      (0, 0, 0, 1, 1 << (3 - coupled), 1, 1 << (3 - coupled), 0)))
#define LSTM_NORM_LOOPS_1(id, peephole, coupled) /* linear: the loops of tanh */
#define LSTM_NORM_LOOPS_0(id, peephole, coupled) \
    CELL_LOOPS(lstm_norm_loop_0##peephole##coupled, id, 1, \
               COUNTS(4 - coupled, 2, 4 - coupled, 1, peephole * (3 - coupled), 0, \
                      (0, 0, 0, 0, (1 << (3 - coupled)) - 1, 2, (1 << (3 - coupled)) - 1, 2)))
#define RD_CELL(...)
#define LSTM_ORDER(candidate, coupled) ((candidate) ? (coupled) ? g_last_of_3 : g_last_of_4 : as_listed)
#define RD_LSTM(id, name, linear, candidate, peephole, coupled, help) \
    LSTM_LOOPS_##candidate(id, linear, peephole, coupled) \
    CELL_ENTRIES(id, 1, lstm_loop_##linear##peephole##coupled, LSTM_ORDER(candidate, coupled)) \
    CELL_ENTRIES(id##_norm, 1, lstm_norm_loop_0##peephole##coupled, LSTM_ORDER(candidate, coupled)) \
    CELL_ENTRIES(id##_norm, 2, lstm_norm_loop_##linear##peephole##coupled, LSTM_ORDER(candidate, coupled))
#include "equations/cells.def"
/* clang-format on */

static void fill_cells(rd_kernels *kernels)
{
#define FILL_PHASE(id, phase)                                                                                \
    kernels->cell_forward[RD_CELL_##id][(phase)-1] = id##_##phase##_forward_rows;                            \
    kernels->cell_backward[RD_CELL_##id][(phase)-1] = id##_##phase##_backward_rows;
#define RD_CELL_1(id, ...) FILL_PHASE(id, 1)
#define RD_CELL_2(id, ...) FILL_PHASE(id, 1) FILL_PHASE(id, 2)
#include "equations/cells.def"
#undef FILL_PHASE
}

#endif
