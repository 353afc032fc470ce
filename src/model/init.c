/* First values of parameters (equations.md section 5). Every tensor has a key of its own, made of its name,
 * so its numbers depend neither on its place in the list nor on what else the model holds. All arithmetic is
 * in double, with our own functions, so the bits are the same everywhere. */
#include "base/hash.h"
#include "base/size.h"
#include "model/model.h"

#include <math.h>
#include <string.h>

/* One gate block of a tensor, or all of it: [rows][columns]. */
typedef struct block {
    rd_key key;
    uint64_t first;       /* counter of its first number */
    size_t rows, columns; /* columns 1 for a vector */
    rd_real *w;
} block;

static void uniform(const block *b, double bound)
{
    for (size_t i = 0; i < b->rows * b->columns; i++)
        b->w[i] = (rd_real)(bound * (2 * rd_random_uniform(b->key, b->first + i) - 1));
}

static void normal(const block *b, double deviation)
{
    for (size_t i = 0; i < b->rows * b->columns; i++)
        b->w[i] = (rd_real)(deviation * rd_random_normal(b->key, b->first + i));
}

static void fill(const block *b, double value)
{
    for (size_t i = 0; i < b->rows * b->columns; i++)
        b->w[i] = (rd_real)value;
}

/* ---- orthogonal: Gram-Schmidt on rows of Gaussian numbers ---------------------------------------------- */

/* 16 bytes, which every machine has: sums run lane by lane in one order everywhere. */
enum { LANES = 2, UNITS = 4, ROWS = 2, PANEL = 16, LINE = 64 / sizeof(double) };
typedef double lanes __attribute__((vector_size(LANES * sizeof(double))));

/* Rows are padded with zeros to `stride`, and the count of rows with rows of zeros to whole panels. */
typedef struct basis {
    const block *b;
    double *rows; /* [padded][stride] */
    size_t count, length, padded, stride, panel;
} basis;

static double total(lanes sum)
{
    return sum[0] + sum[1];
}

static double dot(const double *a, const double *b, size_t stride)
{
    lanes sum = {0};
    for (size_t i = 0; i < stride; i += LANES)
        sum += *(const lanes *)(const void *)(a + i) * *(const lanes *)(const void *)(b + i);
    return total(sum);
}

/* Takes the directions of UNITS rows of the basis out of ROWS others. */
static void take_out_tile(const double *unit, double *row, size_t stride)
{
    lanes sum[ROWS][UNITS] = {{{0}}};
    for (size_t i = 0; i < stride; i += LANES) {
#pragma GCC unroll 2
        for (size_t r = 0; r < ROWS; r++) {
#pragma GCC unroll 4
            for (size_t u = 0; u < UNITS; u++)
                sum[r][u] += *(const lanes *)(const void *)(row + r * stride + i) *
                             *(const lanes *)(const void *)(unit + u * stride + i);
        }
    }
    for (size_t r = 0; r < ROWS; r++)
        for (size_t u = 0; u < UNITS; u++)
            sum[r][u] = (lanes){0} + total(sum[r][u]);
    for (size_t i = 0; i < stride; i += LANES) {
#pragma GCC unroll 2
        for (size_t r = 0; r < ROWS; r++) {
            lanes *at = (lanes *)(void *)(row + r * stride + i), left = *at;
#pragma GCC unroll 4
            for (size_t u = 0; u < UNITS; u++)
                left -= sum[r][u] * *(const lanes *)(const void *)(unit + u * stride + i);
            *at = left;
        }
    }
}

/* Takes the directions of rows unit..end_unit out of rows row..end_row. */
static void take_out(const basis *q, size_t unit, size_t end_unit, size_t row, size_t end_row)
{
    for (; unit < end_unit; unit += UNITS)
        for (size_t r = row; r < end_row; r += ROWS)
            take_out_tile(q->rows + unit * q->stride, q->rows + r * q->stride, q->stride);
}

/* UNITS rows, one after the other. */
static void make_units(double *rows, size_t stride)
{
    for (size_t r = 0; r < UNITS; r++) {
        double *row = rows + r * stride;
        for (size_t k = 0; k < r; k++) {
            const double along = dot(rows + k * stride, row, stride);
            for (size_t i = 0; i < stride; i++)
                row[i] -= along * rows[k * stride + i];
        }
        const double norm = sqrt(dot(row, row, stride));
        for (size_t i = 0; i < stride; i++)
            row[i] /= norm > 0 ? norm : 1;
    }
}

static void draw_rows(void *context, size_t chunk, size_t thread)
{
    const basis *q = context;
    const size_t first = chunk * PANEL;
    (void)thread;
    memset(q->rows + first * q->stride, 0, PANEL * q->stride * sizeof *q->rows);
    for (size_t r = first; r < rd_size_min(q->count, first + PANEL); r++)
        rd_random_normals(q->b->key, q->b->first + r * q->length, q->length, q->rows + r * q->stride);
}

static void take_panel_out(void *context, size_t chunk, size_t thread)
{
    const basis *q = context;
    const size_t row = q->panel + (chunk + 1) * PANEL;
    (void)thread;
    take_out(q, q->panel, q->panel + PANEL, row, row + PANEL);
}

/* Panels of rows: within a panel a few after the other, then out of all later rows while the panel is in the
 * cache. */
static void make_orthonormal(rd_pool *pool, basis *q)
{
    for (q->panel = 0; q->panel < q->padded; q->panel += PANEL) {
        const size_t end = q->panel + PANEL;
        for (size_t unit = q->panel; unit < end; unit += UNITS) {
            make_units(q->rows + unit * q->stride, q->stride);
            take_out(q, unit, unit + UNITS, unit + UNITS, end);
        }
        rd_pool_run(pool, take_panel_out, q, (q->padded - end) / PANEL);
    }
}

/* Orthonormal rows, or columns when there are more rows than columns. */
static rondo_status orthogonal(const rondo_device *device, const block *b, rondo_error *error)
{
    const int tall = b->rows > b->columns;
    const size_t count = tall ? b->columns : b->rows, length = tall ? b->rows : b->columns;
    basis q = {.b = b,
               .count = count,
               .length = length,
               .padded = rd_ceil_div(count, PANEL) * PANEL,
               .stride =
                   (rd_ceil_div(length, LINE) | 1) * LINE}; /* odd lines: rows of several sets of a cache */
    size_t numbers;
    if (!rd_mul(q.padded, q.stride, &numbers))
        return rd_fail(error, RONDO_LIMIT, "a recurrent matrix of %zu x %zu is too large", b->rows,
                       b->columns);
    RD_TRY(rd_alloc_aligned(numbers, sizeof *q.rows, "an orthogonal matrix", &q.rows, error));
    rd_pool_run(device->pool, draw_rows, &q, q.padded / PANEL);
    make_orthonormal(device->pool, &q);
    for (size_t r = 0; r < b->rows; r++)
        for (size_t c = 0; c < b->columns; c++)
            b->w[r * b->columns + c] = (rd_real)(tall ? q.rows[c * q.stride + r] : q.rows[r * q.stride + c]);
    rd_free_aligned(q.rows);
    return RONDO_OK;
}

static void identity(const block *b, double scale)
{
    for (size_t r = 0; r < b->rows; r++)
        for (size_t c = 0; c < b->columns; c++)
            b->w[r * b->columns + c] = r == c ? (rd_real)scale : 0;
}

/* ---- what a tensor asks for -----------------------------------------------------------------------------
 */

/* 1/√H of a recurrent layer, 1/√inputs of any other: the bound of --init uniform and of --preset pytorch. */
static double bound_of(const rd_layer *layer)
{
    const rd_param *weight = &layer->param[0];
    size_t n = layer->state_width > 0 ? weight->rows / weight->blocks : weight->columns;
    return 1 / sqrt(n > 0 ? (double)n : 1);
}

/* What a filler sees beside its block. */
typedef struct filling {
    const rondo_model *model;
    const rd_layer *layer;
    const rd_param *param;
    size_t gate; /* which block of the tensor */
} filling;

static int is_pytorch(const filling *f)
{
    return rd_option_is(f->model->options, RD_OPT_preset, "pytorch");
}

static rondo_status fill_zero(const filling *f, const block *b, rondo_error *error)
{
    (void)f, (void)error;
    fill(b, 0);
    return RONDO_OK;
}

static rondo_status fill_one(const filling *f, const block *b, rondo_error *error)
{
    (void)f, (void)error;
    fill(b, 1);
    return RONDO_OK;
}

static rondo_status fill_input(const filling *f, const block *b, rondo_error *error)
{
    double fans = (double)b->rows + (double)b->columns;
    (void)error;
    if (rd_option_is(f->model->options, RD_OPT_init, "uniform"))
        uniform(b, bound_of(f->layer));
    else if (rd_option_is(f->model->options, RD_OPT_init, "normal"))
        normal(b, sqrt(2 / fans));
    else
        uniform(b, sqrt(6 / fans));
    return RONDO_OK;
}

static rondo_status fill_recurrent(const filling *f, const block *b, rondo_error *error)
{
    const rondo_options *options = f->model->options;
    if (rd_option_is(options, RD_OPT_init_recurrent, "orthogonal"))
        return orthogonal(f->model->device, b, error);
    if (!rd_option_is(options, RD_OPT_init_recurrent, "identity")) return fill_input(f, b, error);
    identity(b, rd_option_number(options, RD_OPT_identity_scale));
    return RONDO_OK;
}

static rondo_status fill_bias(const filling *f, const block *b, rondo_error *error)
{
    (void)error;
    if (is_pytorch(f))
        uniform(b, bound_of(f->layer));
    else
        fill(b, 0);
    return RONDO_OK;
}

static rondo_status fill_forget(const filling *f, const block *b, rondo_error *error)
{
    RD_TRY(fill_bias(f, b, error));
    for (size_t i = 0; (int)f->gate == f->param->forget_gate && i < b->rows; i++)
        b->w[i] += (rd_real)rd_option_number(f->model->options, RD_OPT_forget_bias);
    return RONDO_OK;
}

static rondo_status fill_embedding(const filling *f, const block *b, rondo_error *error)
{
    (void)error;
    if (is_pytorch(f))
        uniform(b, bound_of(f->layer));
    else
        normal(b, 1 / sqrt((double)b->columns));
    return RONDO_OK;
}

static rondo_status (*const fillers[])(const filling *f, const block *b, rondo_error *error) = {
    [RD_INIT_ZERO] = fill_zero, [RD_INIT_INPUT] = fill_input,   [RD_INIT_RECURRENT] = fill_recurrent,
    [RD_INIT_BIAS] = fill_bias, [RD_INIT_FORGET] = fill_forget, [RD_INIT_EMBEDDING] = fill_embedding,
    [RD_INIT_ONE] = fill_one};

rondo_status rd_model_init(rondo_model *model, uint64_t seed, rondo_error *error)
{
    const rd_layer *layer;
    const rd_param *param;
    const char *name;
    for (size_t i = 0; (name = rd_model_param_name(model, i, &layer, &param)) != NULL; i++) {
        rd_key key = rd_key_of(seed, RD_STREAM_INIT, rd_fnv1a(name, strlen(name)), 0);
        size_t blocks = param->blocks > 0 ? param->blocks : 1,
               columns = param->columns > 0 ? param->columns : 1;
        size_t rows = param->rows / blocks, size = rows * columns;
        for (size_t gate = 0; gate < blocks; gate++) {
            block b = {.key = key,
                       .first = gate * size,
                       .rows = rows,
                       .columns = columns,
                       .w = model->params + param->offset + gate * size};
            filling f = {.model = model, .layer = layer, .param = param, .gate = gate};
            RD_TRY(fillers[param->init](&f, &b, error));
        }
    }
    rondo_model_changed(model);
    return RONDO_OK;
}
