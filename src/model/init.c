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

enum { LANES = 8 };
typedef double lanes __attribute__((vector_size(LANES * sizeof(double)), aligned(8)));

/* Rows are padded with zeros to whole lanes; sums run lane by lane in a fixed order. */
static double dot(const double *a, const double *b, size_t padded)
{
    lanes sum = {0};
    for (size_t i = 0; i < padded; i += LANES)
        sum += *(const lanes *)(const void *)(a + i) * *(const lanes *)(const void *)(b + i);
    double total = 0;
    for (size_t k = 0; k < LANES; k++)
        total += sum[k];
    return total;
}

static void subtract(double *a, double factor, const double *b, size_t padded)
{
    for (size_t i = 0; i < padded; i += LANES)
        *(lanes *)(void *)(a + i) -= factor * *(const lanes *)(const void *)(b + i);
}

typedef struct basis {
    double *rows; /* [count][padded] */
    size_t count, padded, from, to;
} basis;

enum { PANEL = 16, ROWS_A_CHUNK = 16 };

/* Takes the directions of rows from..to out of one row after them. */
static void take_out_of(const basis *q, size_t row)
{
    for (size_t k = q->from; k < q->to; k++) {
        const double *unit = q->rows + k * q->padded;
        subtract(q->rows + row * q->padded, dot(unit, q->rows + row * q->padded, q->padded), unit, q->padded);
    }
}

static void take_out(void *context, size_t chunk, size_t thread)
{
    const basis *q = context;
    size_t from = q->to + chunk * ROWS_A_CHUNK, to = rd_size_min(q->count, from + ROWS_A_CHUNK);
    (void)thread;
    for (size_t r = from; r < to; r++)
        take_out_of(q, r);
}

static void make_unit(double *row, size_t padded)
{
    double norm = sqrt(dot(row, row, padded));
    for (size_t i = 0; i < padded; i++)
        row[i] /= norm > 0 ? norm : 1;
}

/* Panels of rows: within a panel one after the other, then out of all later rows while the panel is in the
 * cache. */
static void make_orthonormal(const rondo_device *device, basis *q)
{
    for (size_t panel = 0; panel < q->count; panel += PANEL) {
        size_t end = rd_size_min(q->count, panel + PANEL);
        q->from = panel;
        for (size_t r = panel; r < end; r++) {
            q->to = r;
            take_out_of(q, r);
            make_unit(q->rows + r * q->padded, q->padded);
        }
        q->to = end;
        rd_pool_run(device->pool, take_out, q, rd_ceil_div(q->count - end, ROWS_A_CHUNK));
    }
}

/* Orthonormal rows, or columns when there are more rows than columns. */
static rondo_status orthogonal(const rondo_device *device, const block *b, rondo_error *error)
{
    int tall = b->rows > b->columns;
    size_t count = tall ? b->columns : b->rows, length = tall ? b->rows : b->columns, numbers;
    basis q = {.count = count, .padded = rd_ceil_div(length, LANES) * LANES};
    if (!rd_mul(q.count, q.padded, &numbers))
        return rd_fail(error, RONDO_LIMIT, "a recurrent matrix of %zu x %zu is too large", b->rows,
                       b->columns);
    RD_TRY(rd_alloc_aligned(numbers, sizeof *q.rows, "an orthogonal matrix", &q.rows, error));
    for (size_t r = 0; r < count; r++)
        for (size_t i = 0; i < length; i++)
            q.rows[r * q.padded + i] = rd_random_normal(b->key, b->first + r * length + i);
    make_orthonormal(device, &q);
    for (size_t r = 0; r < b->rows; r++)
        for (size_t c = 0; c < b->columns; c++)
            b->w[r * b->columns + c] = (rd_real)(tall ? q.rows[c * q.padded + r] : q.rows[r * q.padded + c]);
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
