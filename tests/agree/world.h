/* A world is one block of random numbers from which a test takes its arrays, with gaps between rows and odd
 * addresses. Two worlds with one seed are equal; after two kernels have worked on them they must be equal
 * again. */
#ifndef RD_TEST_WORLD_H
#define RD_TEST_WORLD_H

#include "kernels/kernels.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { WORLD_NUMBERS = 1 << 14 };

typedef struct world {
    rd_real numbers[WORLD_NUMBERS];
    size_t used;
    uint64_t stir;
} world;

static inline rd_real world_random(world *w) /* in [-1.5, 1.5) */
{
    w->stir = w->stir * 6364136223846793005U + 1442695040888963407U;
    return (rd_real)(1.5 * (double)(int64_t)w->stir * ldexp(1, -63));
}

static inline void world_reset(world *w, uint64_t seed)
{
    w->stir = seed * 2 + 1;
    w->used = 1; /* no array begins on a boundary */
    for (size_t i = 0; i < WORLD_NUMBERS; i++)
        w->numbers[i] = world_random(w);
}

/* [rows][width] with a stride of its own; stride NULL: without gaps. */
static inline rd_real *world_rows(world *w, size_t rows, size_t width, size_t *stride)
{
    const size_t step = stride ? width + 3 : width;
    rd_real *at = w->numbers + w->used;
    w->used += rows * step + 5;
    assert_true(w->used <= WORLD_NUMBERS);
    if (stride) *stride = step;
    return at;
}

/* The largest |a - b| / max(1, |b|); infinite when one of them is NaN. */
static inline double largest_difference(size_t n, const rd_real *a, const rd_real *b)
{
    double worst = 0;
    for (size_t i = 0; i < n; i++) {
        const double size = fmax(1, fabs((double)b[i]));
        const double error = fabs((double)a[i] - (double)b[i]) / size;
        worst = error >= 0 ? fmax(worst, error) : (double)INFINITY;
    }
    return worst;
}

/* Over all that was handed out, gaps included. */
static inline double world_difference(const world *a, const world *b)
{
    return largest_difference(a->used, a->numbers, b->numbers);
}

static inline void copy_rows(size_t rows, size_t width, const rd_real *from, size_t from_stride, rd_real *to,
                             size_t to_stride)
{
    for (size_t r = 0; r < rows; r++)
        memcpy(to + r * to_stride, from + r * from_stride, width * sizeof *to);
}

static inline int equal_rows(size_t rows, size_t width, const rd_real *a, size_t a_stride, const rd_real *b,
                             size_t b_stride)
{
    for (size_t r = 0; r < rows; r++)
        if (memcmp(a + r * a_stride, b + r * b_stride, width * sizeof *a) != 0) return 0;
    return 1;
}

/* The inputs of one step and its gradient, copied; the arrays stay where they are. Arrays of inputs are const
 * in the step, so the copies go by way of their world. */
static inline rd_real *writable(const rd_real *p)
{
    rd_real *q;
    memcpy(&q, &p, sizeof q);
    return q;
}

static inline void copy_inputs(rd_cell_step_grad *to, const rd_cell_step_grad *from, const rd_cell_info *info)
{
    const rd_cell_step *f = &from->forward;
    rd_cell_step *t = &to->forward;
    const size_t n = f->hidden, gates = (size_t)info->gates * n;
    copy_rows(f->rows, gates, f->ax, f->ax_stride, writable(t->ax), t->ax_stride);
    copy_rows(f->rows, gates, f->ah, f->ah_stride, writable(t->ah), t->ah_stride);
    copy_rows(f->rows, n, f->normed, f->normed_stride, writable(t->normed), t->normed_stride);
    copy_rows(f->rows, n, from->d_emit, from->d_emit_stride, writable(to->d_emit), to->d_emit_stride);
    copy_rows((size_t)info->params, n, f->param, n, writable(t->param), n);
    copy_rows((size_t)info->params, n, from->d_param, n, to->d_param, n);
    for (int k = 0; k < info->states; k++) {
        copy_rows(f->rows, n, f->prev[k], f->prev_stride[k], writable(t->prev[k]), t->prev_stride[k]);
        copy_rows(f->rows, n, from->d_next[k], from->d_next_stride[k], writable(to->d_next[k]),
                  to->d_next_stride[k]);
        copy_rows(f->rows, n, from->d_prev[k], from->d_prev_stride[k], to->d_prev[k], to->d_prev_stride[k]);
    }
}

/* Whether everything that leaves a step is the same to the bit. */
static inline int same_results(const rd_cell_step_grad *a, const rd_cell_step_grad *b,
                               const rd_cell_info *info)
{
    const rd_cell_step *f = &a->forward, *g = &b->forward;
    const size_t n = f->hidden, gates = (size_t)info->gates * n;
    int same = equal_rows(f->rows, gates, a->d_ax, a->d_ax_stride, b->d_ax, b->d_ax_stride) &&
               equal_rows(f->rows, gates, a->d_ah, a->d_ah_stride, b->d_ah, b->d_ah_stride) &&
               equal_rows((size_t)info->params, n, a->d_param, n, b->d_param, n);
    if (info->emits) same = same && equal_rows(f->rows, n, f->emit, f->emit_stride, g->emit, g->emit_stride);
    if (info->phases == 2 && info->phase[1].normalise)
        same =
            same && equal_rows(f->rows, n, a->d_normed, a->d_normed_stride, b->d_normed, b->d_normed_stride);
    for (int k = 0; k < info->states; k++)
        same = same && equal_rows(f->rows, n, f->next[k], f->next_stride[k], g->next[k], g->next_stride[k]) &&
               equal_rows(f->rows, n, a->d_prev[k], a->d_prev_stride[k], b->d_prev[k], b->d_prev_stride[k]);
    return same;
}

#endif
