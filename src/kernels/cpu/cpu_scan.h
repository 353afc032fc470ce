/* The scans: gates, equation and recurrence of one step in one pass over its rows, some units of all. What is
 * kept takes the place of W x + b, and on the way back the gradient takes the place of what was kept. */
#ifndef RD_CPU_SCAN_H
#define RD_CPU_SCAN_H

#include "equations/mingru.h"
#include "equations/minlstm.h"
#include "kernels/cpu/cpu_lanes.h"
#include "kernels/kernels.h"

/* Constants of a row of scans.def. */
typedef struct scan_row {
    int gates, slots, candidate;
    void (*activate)(rd_lane *v);
    rd_blend (*blend)(const rd_lane *v);
    void (*backward)(rd_lane *v, rd_lane d_alpha);
} scan_row;

RD_INLINE void scan_forward_lane(const rd_scan_step *s, const scan_row n, int positive, size_t row,
                                 size_t unit, size_t left)
{
    rd_real *gates = s->gates + row * s->gates_stride + unit,
            *state = s->state + row * s->state_stride + unit;
    rd_lane v[RD_MAX_SCAN_SLOTS];
    for (int k = 0; k < n.gates; k++)
        v[k] = load_left(gates + (size_t)k * s->hidden, left);
    if (positive) v[n.candidate] = rd_positive(v[n.candidate]);
    n.activate(v);
    for (int k = 0; k < n.slots && s->keep; k++)
        store_left(gates + (size_t)k * s->hidden, left, v[k]);
    const rd_blend blend = n.blend(v);
    const rd_lane old = load_left(state, left);
    const rd_lane h = rd_fma(blend.alpha, old, blend.beta * v[n.candidate]);
    store_left(state, left, h);
    store_left(s->out + row * s->out_stride + unit, left, s->before ? old : h);
}

RD_INLINE void scan_forward_rows(const rd_scan_step *s, const scan_row n, int positive)
{
    for (size_t row = 0; row < s->rows; row++) {
        size_t unit = 0;
        for (; unit + RD_LANES <= s->units; unit += RD_LANES)
            scan_forward_lane(s, n, positive, row, unit, RD_LANES);
        if (unit < s->units) scan_forward_lane(s, n, positive, row, unit, s->units - unit);
    }
}

/* d_α = d_h ∘ (h' − n), d_n = β ∘ d_h, d_h' = α ∘ d_h */
RD_INLINE void scan_backward_lane(const rd_scan_step_grad *s, const scan_row n, int positive, size_t row,
                                  size_t unit, size_t left)
{
    rd_real *gates = s->gates + row * s->gates_stride + unit,
            *state = s->d_state + row * s->d_state_stride + unit;
    rd_lane v[RD_MAX_SCAN_SLOTS];
    for (int k = 0; k < n.slots; k++)
        v[k] = load_left(gates + (size_t)k * s->hidden, left);
    const rd_lane prev = load_left(s->prev + row * s->prev_stride + unit, left);
    /* cppcheck-suppress uninitvar; every slot was loaded above */
    const rd_lane d_state = load_left(state, left), candidate = v[n.candidate];
    const rd_lane d_out = s->d_out ? load_left(s->d_out + row * s->d_out_stride + unit, left) : rd_splat(0);
    const rd_lane d_h = s->before ? d_state : d_state + d_out;
    const rd_blend blend = n.blend(v);
    n.backward(v, d_h * (prev - candidate));
    v[n.candidate] = d_h * blend.beta;
    if (positive) v[n.candidate] = v[n.candidate] * rd_positive_slope(candidate);
    store_left(state, left, s->before ? rd_fma(blend.alpha, d_h, d_out) : blend.alpha * d_h);
    for (int k = 0; k < n.gates; k++) {
        rd_real *sum = s->d_bias + (size_t)k * s->hidden + unit;
        store_left(gates + (size_t)k * s->hidden, left, v[k]);
        store_left(sum, left, load_left(sum, left) + v[k]);
    }
}

RD_INLINE void scan_backward_rows(const rd_scan_step_grad *s, const scan_row n, int positive)
{
    for (size_t row = 0; row < s->rows; row++) {
        size_t unit = 0;
        for (; unit + RD_LANES <= s->units; unit += RD_LANES)
            scan_backward_lane(s, n, positive, row, unit, RD_LANES);
        if (unit < s->units) scan_backward_lane(s, n, positive, row, unit, s->units - unit);
    }
}

#define RD_SCAN(id, name, gates, slots, candidate, help)                                                     \
    static void id##_forward(const rd_scan_step *step)                                                       \
    {                                                                                                        \
        const scan_row row = {gates, slots, candidate, id##_activate, id##_blend, id##_backward};            \
        if (step->positive)                                                                                  \
            scan_forward_rows(step, row, 1);                                                                 \
        else                                                                                                 \
            scan_forward_rows(step, row, 0);                                                                 \
    }                                                                                                        \
    static void id##_back(const rd_scan_step_grad *step)                                                     \
    {                                                                                                        \
        const scan_row row = {gates, slots, candidate, id##_activate, id##_blend, id##_backward};            \
        if (step->positive)                                                                                  \
            scan_backward_rows(step, row, 1);                                                                \
        else                                                                                                 \
            scan_backward_rows(step, row, 0);                                                                \
    }
#include "equations/scans.def"

static void fill_scans(rd_kernels *kernels)
{
#define RD_SCAN(id, ...)                                                                                     \
    kernels->scan_forward[RD_SCAN_##id] = id##_forward;                                                      \
    kernels->scan_backward[RD_SCAN_##id] = id##_back;
#include "equations/scans.def"
}

#endif
