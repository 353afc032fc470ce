/* Layer norm. Part j of a sum over a row holds the numbers j, j + 16, j + 32 …, so that the sum is the same
 * whatever the width of the registers. */
#ifndef RD_CPU_NORM_H
#define RD_CPU_NORM_H

#include "kernels/cpu/cpu_lanes.h"
#include "kernels/kernels.h"

enum { NORM_PARTS = 16, NORM_LANES = NORM_PARTS / RD_LANES };

typedef struct norm_sum {
    rd_lane lane[NORM_LANES];
} norm_sum;

RD_INLINE norm_sum norm_nothing(void)
{
    norm_sum sum;
    for (int k = 0; k < NORM_LANES; k++)
        sum.lane[k] = rd_splat(0);
    return sum;
}

RD_INLINE rd_real norm_total(const norm_sum *sum)
{
    rd_real parts[NORM_PARTS], total = 0;
    for (int k = 0; k < NORM_LANES; k++)
        store(parts + k * RD_LANES, sum->lane[k]);
    for (int j = 0; j < NORM_PARTS; j++)
        total += parts[j];
    return total;
}

RD_INLINE rd_real norm_mean(const norm_sum *sum, size_t n)
{
    return norm_total(sum) / (rd_real)n;
}

/* Walks i over the vectors of n numbers; `k` is the lane of a sum that vector i adds to. */
#define FOR_SUMMANDS(n)                                                                                      \
    for (size_t at = 0; at < (n); at += NORM_PARTS)                                                          \
        for (size_t i = at, k = 0; k < NORM_LANES && i < (n); k++, i += RD_LANES)

static rd_real dot(size_t n, const rd_real *a, const rd_real *b)
{
    norm_sum sum = norm_nothing();
    FOR_SUMMANDS(n)
    sum.lane[k] = rd_fma(load_left(a + i, n - i), load_left(b + i, n - i), sum.lane[k]);
    return norm_total(&sum);
}

static rd_real row_mean(size_t n, const rd_real *x)
{
    norm_sum sum = norm_nothing();
    FOR_SUMMANDS(n)
    sum.lane[k] += load_left(x + i, n - i);
    return norm_mean(&sum, n);
}

static rd_real row_variance(size_t n, const rd_real *x, rd_real mean)
{
    norm_sum sum = norm_nothing();
    FOR_SUMMANDS(n)
    {
        const rd_lane off = load_part_or(x + i, part_of(n - i), rd_splat(mean)) - mean;
        sum.lane[k] = rd_fma(off, off, sum.lane[k]);
    }
    return norm_mean(&sum, n);
}

/* gain ∘ x̂ + shift of one vector. */
RD_INLINE void norm_store(const rd_norm_args *a, size_t row, size_t i, rd_lane hat)
{
    const size_t left = a->width - i;
    const rd_lane shift = a->shift ? load_left(a->shift + i, left) : rd_splat(0);
    store_left(a->y + row * a->y_stride + i, left, rd_fma(load_left(a->gain + i, left), hat, shift));
}

static void norm_forward(const rd_norm_args *a)
{
    for (size_t row = 0; row < a->rows; row++) {
        const rd_real *x = a->x + row * a->x_stride;
        const rd_real mean = row_mean(a->width, x);
        const double variance = (double)row_variance(a->width, x, mean);
        const rd_real scale = (rd_real)(1 / sqrt(variance + 1e-5));
        for (size_t i = 0; i < a->width; i += RD_LANES) {
            const rd_lane hat = (load_left(x + i, a->width - i) - mean) * scale;
            if (a->hat) store_left(a->hat + row * a->hat_stride + i, a->width - i, hat);
            norm_store(a, row, i, hat);
        }
        if (a->hat) a->scale[row] = scale;
    }
}

static void norm_again(const rd_norm_args *a)
{
    for (size_t row = 0; row < a->rows; row++)
        for (size_t i = 0; i < a->width; i += RD_LANES)
            norm_store(a, row, i, load_left(a->hat + row * a->hat_stride + i, a->width - i));
}

/* d_x = scale (v − mean v − x̂ mean(v ∘ x̂)),  v = d_y ∘ gain */
static void norm_row_backward(const rd_norm_args *a, const rd_real *hat, rd_real scale, rd_real *d)
{
    const size_t n = a->width;
    norm_sum plain = norm_nothing(), along = norm_nothing();
    FOR_SUMMANDS(n)
    {
        const rd_lane v = load_left(d + i, n - i) * load_left(a->gain + i, n - i);
        store_left(d + i, n - i, v);
        plain.lane[k] += v;
        along.lane[k] = rd_fma(v, load_left(hat + i, n - i), along.lane[k]);
    }
    const rd_real mean = norm_mean(&plain, n), slope = norm_mean(&along, n);
    for (size_t i = 0; i < n; i += RD_LANES)
        store_left(d + i, n - i,
                   scale * (load_left(d + i, n - i) - mean - load_left(hat + i, n - i) * slope));
}

static void norm_backward(const rd_norm_args *a)
{
    for (size_t row = 0; row < a->rows; row++) {
        const rd_real *hat = a->hat + row * a->hat_stride;
        rd_real *d = a->d + row * a->d_stride;
        for (size_t i = 0; i < a->width; i += RD_LANES) {
            const size_t left = a->width - i;
            const rd_lane d_y = load_left(d + i, left);
            if (a->d_gain)
                store_left(a->d_gain + i, left,
                           rd_fma(d_y, load_left(hat + i, left), load_left(a->d_gain + i, left)));
            if (a->d_shift) store_left(a->d_shift + i, left, load_left(a->d_shift + i, left) + d_y);
        }
        norm_row_backward(a, hat, a->scale[row], d);
    }
}
#undef FOR_SUMMANDS

static void fill_norms(rd_kernels *kernels)
{
    kernels->dot = dot;
    kernels->norm_forward = norm_forward;
    kernels->norm_backward = norm_backward;
    kernels->norm_again = norm_again;
}

#endif
