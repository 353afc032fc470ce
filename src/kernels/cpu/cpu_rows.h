/* What runs along a row or a flat array: maps, sums, softmax, updates of the optimisers, and the two loops
 * that measure the roofs of the machine. */
#ifndef RD_CPU_ROWS_H
#define RD_CPU_ROWS_H

#include "equations/activation.h"
#include "equations/adagrad.h"
#include "equations/adam.h"
#include "equations/adamw.h"
#include "equations/momentum.h"
#include "equations/rmsprop.h"
#include "equations/sgd.h"
#include "kernels/cpu/cpu_product.h"

/* Walks i over 0, RD_LANES, …: `covered` is what is left of n numbers from i on. */
#define FOR_PARTS(n)                                                                                         \
    for (size_t i = 0; i < (n); i += RD_LANES)                                                               \
        for (part covered = part_of((n)-i), *once = &covered; once; once = NULL)

#define MAP(name)                                                                                            \
    static void map_##name(size_t n, const rd_real *x, rd_real *y)                                           \
    {                                                                                                        \
        FOR_PARTS(n)                                                                                         \
        store_part(y + i, covered, rd_##name(load_part(x + i, covered)));                                    \
    }
MAP(exp)
MAP(log)
MAP(tanh)
MAP(sigmoid)
#undef MAP

static void axpy(size_t n, rd_real a, const rd_real *x, rd_real *y)
{
    FOR_PARTS(n)
    store_part(y + i, covered, rd_fma(rd_splat(a), load_part(x + i, covered), load_part(y + i, covered)));
}

static void scale(size_t n, rd_real a, rd_real *x)
{
    FOR_PARTS(n)
    store_part(x + i, covered, a * load_part(x + i, covered));
}

static void multiply_add(size_t n, const rd_real *a, const rd_real *b, const rd_real *c, rd_real *y)
{
    FOR_PARTS(n)
    store_part(y + i, covered,
               rd_fma(load_part(a + i, covered), load_part(b + i, covered), load_part(c + i, covered)));
}

static void clamp(size_t n, rd_real limit, rd_real *x)
{
    const rd_lane high = rd_splat(limit), low = rd_splat(-limit);
    FOR_PARTS(n)
    store_part(x + i, covered, rd_max(low, rd_min(high, load_part(x + i, covered))));
}

/* Number i goes to lane i modulo the lanes, whatever was left out before it. */
static void add_squares(const rd_real *x, size_t from, size_t to, double lane[RD_LANES])
{
    for (; from % RD_LANES != 0 && from < to; from++)
        lane[from % RD_LANES] += (double)x[from] * (double)x[from];
    sums total = sums_load(lane);
    for (size_t i = from; i < to; i += RD_LANES)
        total = sums_add_square(total, load_part(x + i, part_of(to - i)));
    sums_store(lane, total);
}

static double sum_squares(size_t n, const rd_real *x)
{
    double lane[RD_LANES] = {0}, total = 0;
    add_squares(x, 0, n, lane);
    for (size_t i = 0; i < RD_LANES; i++)
        total += lane[i];
    return total;
}

static rd_real row_max(size_t n, const rd_real *z)
{
    const rd_lane lowest = rd_splat(-(rd_real)INFINITY);
    rd_lane top = lowest;
    FOR_PARTS(n)
    top = rd_max(top, load_part_or(z + i, covered, lowest));
    rd_real lane[RD_LANES], largest = -(rd_real)INFINITY;
    store(lane, top);
    for (int k = 0; k < RD_LANES; k++)
        largest = largest > lane[k] ? largest : lane[k];
    return largest;
}

/* The sum of e^{z - top}; the terms replace z when `keep`. */
static double exp_sum(size_t n, rd_real *z, rd_real top, int keep)
{
    const rd_lane lowest = rd_splat(-(rd_real)INFINITY);
    sums total = no_sums();
    FOR_PARTS(n)
    {
        const rd_lane e = rd_exp(load_part_or(z + i, covered, lowest) - top);
        total = sums_add(total, e);
        if (keep) store_part(z + i, covered, e);
    }
    return sums_total(total);
}

static double row_sum(size_t n, const rd_real *z)
{
    sums total = no_sums();
    FOR_PARTS(n)
    total = sums_add(total, load_part(z + i, covered));
    return sums_total(total);
}

/* One row: loss = weight (logsumexp z - sum q z); z becomes gradient (softmax z - q) when asked for. */
static double softmax_row(const rd_softmax_args *s, size_t row, rd_real *z)
{
    const size_t n = s->classes, y = (size_t)s->target[row];
    const double smooth = (double)s->smooth, even = smooth / (double)n;
    const double weight = s->weight ? (double)s->weight[row] : 1;
    const rd_real top = row_max(n, z);
    double reached = (1 - smooth) * (double)z[y];
    if (smooth > 0) reached += even * row_sum(n, z);
    const double sum = exp_sum(n, z, top, s->gradient);
    if (s->gradient) {
        const double factor = s->scale ? weight * (double)s->scale[row] : weight;
        const rd_lane by = rd_splat((rd_real)(factor / sum)), off = rd_splat((rd_real)(-factor * even));
        FOR_PARTS(n)
        store_part(z + i, covered, rd_fma(load_part(z + i, covered), by, off));
        z[y] -= (rd_real)(factor * (1 - smooth));
    }
    return weight * ((double)top + log(sum) - reached);
}

static void softmax(const rd_softmax_args *s)
{
    for (size_t row = 0; row < s->rows; row++) {
        rd_real *z = s->logits + row * s->stride;
        if (s->target[row] >= 0) {
            s->loss[row] = softmax_row(s, row, z);
            continue;
        }
        s->loss[row] = 0;
        if (s->gradient) memset(z, 0, s->classes * sizeof *z);
    }
}

#define UPDATE(name, slots)                                                                                  \
    static void update_all_##name(const rd_update_args *args)                                                \
    {                                                                                                        \
        FOR_PARTS(args->n)                                                                                   \
        {                                                                                                    \
            rd_weight x = {.w = load_part(args->w + i, covered),                                             \
                           .g = args->grad_scale * load_part(args->g + i, covered)};                         \
            for (int k = 0; k < (slots); k++)                                                                \
                x.slot[k] = load_part(args->slot[k] + i, covered);                                           \
            update_##name(&x, args);                                                                         \
            store_part(args->w + i, covered, x.w);                                                           \
            for (int k = 0; k < (slots); k++)                                                                \
                store_part(args->slot[k] + i, covered, x.slot[k]);                                           \
        }                                                                                                    \
    }                                                                                                        \
    static void replay_##name(const rd_update_args *args, const rd_update_step *step, size_t steps)          \
    {                                                                                                        \
        rd_update_args now = *args;                                                                          \
        FOR_PARTS(args->n)                                                                                   \
        {                                                                                                    \
            rd_weight x = {.w = load_part(args->w + i, covered)};                                            \
            for (int k = 0; k < (slots); k++)                                                                \
                x.slot[k] = load_part(args->slot[k] + i, covered);                                           \
            for (size_t s = 0; s < steps; s++) {                                                             \
                now.rate = step[s].rate;                                                                     \
                now.correction1 = step[s].correction1;                                                       \
                now.correction2 = step[s].correction2;                                                       \
                x.g = rd_splat(0);                                                                           \
                update_##name(&x, &now);                                                                     \
            }                                                                                                \
            store_part(args->w + i, covered, x.w);                                                           \
            for (int k = 0; k < (slots); k++)                                                                \
                store_part(args->slot[k] + i, covered, x.slot[k]);                                           \
        }                                                                                                    \
    }
#define RD_OPTIMIZER(id, name, slots, still, help) UPDATE(id, slots)
#include "equations/optimizers.def"
#undef RD_OPTIMIZER
#undef UPDATE

/* As many independent multiply-adds as a tile of a product has; gives their floating-point operations. The
 * accumulators begin apart, or the compiler would see that they are one. */
static double peak(size_t rounds, rd_real *out)
{
    wide c[TILE_ROWS][TILE_WIDES];
    const wide x = wide_splat(*out), y = wide_splat(1 - *out);
    for (int r = 0; r < TILE_ROWS; r++)
        for (int v = 0; v < TILE_WIDES; v++)
            c[r][v] = wide_splat(*out + (rd_real)(r * TILE_WIDES + v));
    for (size_t n = 0; n < rounds; n++)
#pragma GCC unroll 8
        for (int r = 0; r < TILE_ROWS; r++)
#pragma GCC unroll 8
            for (int v = 0; v < TILE_WIDES; v++)
                c[r][v] = wide_fma(x, y, c[r][v]);
    for (int r = 0; r < TILE_ROWS; r++)
        for (int v = 0; v < TILE_WIDES; v++)
            *out += c[r][v][0];
    return 2.0 * (double)rounds * TILE_ROWS * TILE_WIDES * WIDE;
}

/* Reads n numbers `rounds` times, as fast as it can; what does not fill the last eight vectors is left out.
 */
static rd_real sweep(size_t n, const rd_real *x, size_t rounds)
{
    wide total[8] = {{0}};
    for (size_t round = 0; round < rounds; round++)
        for (size_t i = 0; i + 8 * WIDE <= n; i += 8 * WIDE)
#pragma GCC unroll 8
            for (int v = 0; v < 8; v++)
                total[v] += load_wide(x + i + (size_t)(v * WIDE));
    rd_real sum = 0;
    for (int v = 0; v < 8; v++)
        sum += total[v][0];
    return sum;
}

static void fill_rows(rd_kernels *kernels)
{
    kernels->lanes = RD_LANES;
    kernels->map_exp = map_exp;
    kernels->map_log = map_log;
    kernels->map_tanh = map_tanh;
    kernels->map_sigmoid = map_sigmoid;
    kernels->axpy = axpy;
    kernels->scale = scale;
    kernels->multiply_add = multiply_add;
    kernels->clamp = clamp;
    kernels->sum_squares = sum_squares;
    kernels->add_squares = add_squares;
    kernels->softmax = softmax;
    kernels->peak = peak;
    kernels->sweep = sweep;
#define RD_OPTIMIZER(id, ...)                                                                                \
    kernels->update[RD_OPTIMIZER_##id] = update_all_##id;                                                    \
    kernels->replay[RD_OPTIMIZER_##id] = replay_##id;
#include "equations/optimizers.def"
#undef RD_OPTIMIZER
}

#endif
