/* Work for the whole team: cut by shapes only, so that the bits do not depend on how many threads there are.
 * Outputs are divided, never sums, except where chunks of fixed length are added in their order. Subnormals
 * are flushed while the caller works here, as they always are in the other threads, and its mode is restored.
 */
#include "base/clock.h"
#include "base/size.h"
#include "kernels/blas.h"

#include <string.h>

enum {
    SMALL_PRODUCT = 1 << 18, /* multiply-adds that are not worth waking anybody */
    CUTS = 16,               /* chunks of a large product: a multiple of most numbers of threads */
    LEAST_ROWS = 24,         /* of a chunk, so that tiles are full */
    MOST_CHUNKS = 64,        /* of a flat array */
    LEAST_NUMBERS = 1 << 14, /* of such a chunk */
    OUTER_COLUMNS = 96,      /* least of a chunk of an outer product, on either side */
    OUTER_MULTIPLE = 48,     /* of columns of A that are packed together */
    SUM_COLUMNS = 256        /* of a chunk of column sums: the sums stay in L1 */
};

/* Runs the chunks with subnormals flushed; a single one without the team. */
static void run(const rondo_device *device, rd_task task, void *context, size_t chunks)
{
    const uint64_t mode = rd_float_mode_flush();
    if (chunks == 1)
        task(context, 0, 0);
    else
        rd_pool_run(device->pool, task, context, chunks);
    rd_float_mode_restore(mode);
}

/* A length cut into chunks of `each`, the last one shorter. */
typedef struct cut {
    size_t length, each, chunks;
} cut;

static cut cut_length(size_t length, size_t chunks, size_t least, size_t multiple)
{
    const size_t wanted = rd_size_max(rd_ceil_div(length, chunks), least);
    const size_t each = rd_ceil_div(wanted, multiple) * multiple;
    return (cut){length, each, rd_ceil_div(length, each)};
}

static size_t cut_count(cut c, size_t chunk)
{
    return rd_size_min(c.each, c.length - chunk * c.each);
}

/* ---- products: the longer side of the output is cut */

typedef struct product_work {
    const rondo_device *device;
    const rd_product_args *args;
    cut rows, columns; /* one of them has a single chunk */
} product_work;

static void product_chunk(void *context, size_t chunk, size_t thread)
{
    (void)thread;
    const product_work *w = context;
    rd_product_args part = *w->args;
    const size_t by_row = chunk / w->columns.chunks, by_column = chunk % w->columns.chunks;
    const size_t row = by_row * w->rows.each, column = by_column * w->columns.each;
    part.rows = cut_count(w->rows, by_row);
    part.columns = cut_count(w->columns, by_column);
    part.a += row * part.a_stride;
    part.panels += column * part.depth;
    part.bias = part.bias ? part.bias + column : NULL;
    part.c += row * part.c_stride + column;
    if (!rd_blas_product(&w->device->kernels, &part)) w->device->kernels.product(&part);
}

static int is_small(size_t rows, size_t columns, size_t depth)
{
    size_t outputs, work;
    return rd_mul(rows, columns, &outputs) && rd_mul(outputs, depth, &work) && work < SMALL_PRODUCT;
}

void rd_device_product(const rondo_device *device, const rd_product_args *args)
{
    if (args->rows == 0 || args->columns == 0) return;
    const size_t panel = device->kernels.panel;
    const cut whole_rows = {args->rows, args->rows, 1}, whole_columns = {args->columns, args->columns, 1};
    product_work w = {device, args, whole_rows, whole_columns};
    if (!is_small(args->rows, args->columns, args->depth)) {
        if (args->rows > args->columns)
            w.rows = cut_length(args->rows, CUTS, LEAST_ROWS, 1);
        else
            w.columns = cut_length(args->columns, CUTS, panel, panel);
    }
    run(device, product_chunk, &w, w.rows.chunks * w.columns.chunks);
}

typedef struct outer_work {
    const rondo_device *device;
    const rd_outer_args *args;
    cut a, b;
} outer_work;

static void outer_chunk(void *context, size_t chunk, size_t thread)
{
    const outer_work *w = context;
    rd_outer_args part = *w->args;
    const size_t by_a = chunk / w->b.chunks, by_b = chunk % w->b.chunks;
    part.a_columns = cut_count(w->a, by_a);
    part.b_columns = cut_count(w->b, by_b);
    part.a += by_a * w->a.each;
    part.b += by_b * w->b.each;
    part.c += by_a * w->a.each * part.c_stride + by_b * w->b.each;
    part.sums = part.sums && by_b == 0 ? part.sums + by_a * w->a.each : NULL;
    if (!rd_blas_outer(&part))
        w->device->kernels.outer(&part, w->device->scratch + thread * RD_OUTER_SCRATCH);
}

void rd_device_outer(const rondo_device *device, const rd_outer_args *args)
{
    if (args->a_columns == 0 || args->b_columns == 0 || args->rows == 0) return;
    const size_t panel = device->kernels.panel;
    const cut whole_a = {args->a_columns, args->a_columns, 1},
              whole_b = {args->b_columns, args->b_columns, 1};
    const size_t cuts = rd_blas_cuts((size_t)rd_pool_threads(device->pool));
    outer_work w = {device, args, whole_a, whole_b};
    if (!is_small(args->rows, args->a_columns, args->b_columns)) { /* a chunk packs all that it reads of B */
        w.a = cut_length(args->a_columns, cuts, OUTER_COLUMNS, OUTER_MULTIPLE);
        w.b = cut_length(args->b_columns, rd_ceil_div(cuts, w.a.chunks), 2 * OUTER_COLUMNS, panel);
    }
    /* always by the pool: it knows which thread this is, and so whose scratch to use */
    rd_pool_run(device->pool, outer_chunk, &w, w.a.chunks * w.b.chunks);
}

typedef struct pack_work {
    const rondo_device *device;
    const rd_pack_args *args;
    cut columns;
} pack_work;

static void pack_chunk(void *context, size_t chunk, size_t thread)
{
    (void)thread;
    const pack_work *w = context;
    rd_pack_args part = *w->args;
    const size_t column = chunk * w->columns.each;
    part.columns = cut_count(w->columns, chunk);
    part.w += column * part.column_stride;
    part.panels += column * part.depth;
    w->device->kernels.panel_pack(&part);
}

void rd_device_pack(const rondo_device *device, const rd_pack_args *args)
{
    if (args->columns == 0 || args->depth == 0) return;
    const size_t panel = device->kernels.panel;
    pack_work w = {device, args, {args->columns, args->columns, 1}};
    if (!is_small(args->columns, args->depth, 8)) w.columns = cut_length(args->columns, CUTS, panel, panel);
    run(device, pack_chunk, &w, w.columns.chunks);
}

typedef struct gate_work {
    const rondo_device *device;
    const rd_gate_pack_args *args;
    cut panels;
} gate_work;

static void gate_chunk(void *context, size_t chunk, size_t thread)
{
    (void)thread;
    const gate_work *w = context;
    rd_gate_pack_args part = *w->args;
    part.first_panel = chunk * w->panels.each;
    part.end_panel = part.first_panel + cut_count(w->panels, chunk);
    w->device->kernels.gate_pack(&part);
}

void rd_device_gate_pack(const rondo_device *device, const rd_gate_pack_args *args)
{
    const size_t panels = rd_ceil_div(args->hidden, args->units);
    gate_work w = {device, args, {panels, panels, 1}};
    if (!is_small(args->hidden * args->gates, args->depth, 8)) w.panels = cut_length(panels, CUTS, 1, 1);
    run(device, gate_chunk, &w, w.panels.chunks);
}

/* ---- rows */

typedef struct sums_work {
    const rondo_device *device;
    size_t rows, stride;
    const rd_real *a;
    rd_real *out;
    cut columns;
} sums_work;

static void sums_chunk(void *context, size_t chunk, size_t thread)
{
    (void)thread;
    const sums_work *w = context;
    const size_t column = chunk * w->columns.each;
    for (size_t row = 0; row < w->rows; row++)
        w->device->kernels.axpy(cut_count(w->columns, chunk), 1, w->a + row * w->stride + column,
                                w->out + column);
}

void rd_device_column_sums(const rondo_device *device, size_t rows, size_t columns, const rd_real *a,
                           size_t stride, rd_real *out)
{
    if (rows == 0 || columns == 0) return;
    sums_work w = {device, rows, stride, a, out, {columns, columns, 1}};
    if (!is_small(rows, columns, 8)) w.columns = cut_length(columns, columns, SUM_COLUMNS, SUM_COLUMNS);
    run(device, sums_chunk, &w, w.columns.chunks);
}

typedef struct softmax_work {
    const rondo_device *device;
    const rd_softmax_args *args;
    cut rows;
} softmax_work;

static void softmax_chunk(void *context, size_t chunk, size_t thread)
{
    (void)thread;
    const softmax_work *w = context;
    rd_softmax_args part = *w->args;
    const size_t row = chunk * w->rows.each;
    part.rows = cut_count(w->rows, chunk);
    part.logits += row * part.stride;
    part.target += row;
    part.weight = part.weight ? part.weight + row : NULL;
    part.scale = part.scale ? part.scale + row : NULL;
    part.loss += row;
    w->device->kernels.softmax(&part);
}

void rd_device_softmax(const rondo_device *device, const rd_softmax_args *args)
{
    if (args->rows == 0) return;
    const size_t least = rd_ceil_div(LEAST_NUMBERS, rd_size_max(args->classes, 1));
    softmax_work w = {device, args, cut_length(args->rows, MOST_CHUNKS, least, 1)};
    run(device, softmax_chunk, &w, w.rows.chunks);
}

/* ---- flat arrays */

typedef struct flat_work {
    const rondo_device *device;
    cut numbers;
    const rd_row_set *rows; /* NULL: all numbers */
    const rd_real *x;
    rd_real *y;
    rd_real value;
    double *sum; /* [chunks] */
    int optimizer;
    const rd_update_args *update;
} flat_work;

static cut cut_flat(size_t n)
{
    return cut_length(n, MOST_CHUNKS, LEAST_NUMBERS, 64);
}

/* The next run of numbers of a chunk; begin with to = the chunk's first number. */
static int next_of(const flat_work *w, size_t chunk, rd_range *range)
{
    return rd_rows_next(w->rows, chunk * w->numbers.each + cut_count(w->numbers, chunk), range);
}

static void zero_chunk(void *context, size_t chunk, size_t thread)
{
    (void)thread;
    const flat_work *w = context;
    for (rd_range r = {.to = chunk * w->numbers.each}; next_of(w, chunk, &r);)
        memset(w->y + r.from, 0, (r.to - r.from) * sizeof *w->y);
}

void rd_device_zero(const rondo_device *device, size_t n, const rd_row_set *rows, rd_real *x)
{
    flat_work w = {.device = device, .numbers = cut_flat(n), .rows = rows, .y = x};
    run(device, zero_chunk, &w, w.numbers.chunks);
}

enum { MOST_LANES = 16 };

static void sum_squares_chunk(void *context, size_t chunk, size_t thread)
{
    (void)thread;
    const flat_work *w = context;
    const size_t first = chunk * w->numbers.each;
    double lane[MOST_LANES] = {0}, total = 0;
    for (rd_range r = {.to = first}; next_of(w, chunk, &r);)
        w->device->kernels.add_squares(w->x + first, r.from - first, r.to - first, lane);
    for (size_t i = 0; i < w->device->kernels.lanes; i++)
        total += lane[i];
    w->sum[chunk] = total;
}

double rd_device_sum_squares(const rondo_device *device, size_t n, const rd_row_set *rows, const rd_real *x)
{
    double sum[MOST_CHUNKS] = {0}, total = 0;
    flat_work w = {.device = device, .numbers = cut_flat(n), .rows = rows, .x = x, .sum = sum};
    run(device, sum_squares_chunk, &w, w.numbers.chunks);
    for (size_t i = 0; i < w.numbers.chunks; i++)
        total += sum[i];
    return total;
}

static void scale_chunk(void *context, size_t chunk, size_t thread)
{
    (void)thread;
    const flat_work *w = context;
    w->device->kernels.scale(cut_count(w->numbers, chunk), w->value, w->y + chunk * w->numbers.each);
}

void rd_device_scale(const rondo_device *device, size_t n, rd_real a, rd_real *x)
{
    flat_work w = {.device = device, .numbers = cut_flat(n), .y = x, .value = a};
    run(device, scale_chunk, &w, w.numbers.chunks);
}

static void clamp_chunk(void *context, size_t chunk, size_t thread)
{
    (void)thread;
    const flat_work *w = context;
    for (rd_range r = {.to = chunk * w->numbers.each}; next_of(w, chunk, &r);)
        w->device->kernels.clamp(r.to - r.from, w->value, w->y + r.from);
}

void rd_device_clamp(const rondo_device *device, size_t n, const rd_row_set *rows, rd_real limit, rd_real *x)
{
    flat_work w = {.device = device, .numbers = cut_flat(n), .rows = rows, .y = x, .value = limit};
    run(device, clamp_chunk, &w, w.numbers.chunks);
}

/* The same update on numbers `from` … `to` - 1 of the flat arrays. */
static rd_update_args part_of_update(const rd_update_args *args, int optimizer, size_t from, size_t to)
{
    rd_update_args part = *args;
    part.n = to - from;
    part.w += from;
    part.g = part.g ? part.g + from : NULL;
    for (int k = 0; k < rd_optimizers[optimizer].slots; k++)
        part.slot[k] += from;
    return part;
}

static void update_chunk(void *context, size_t chunk, size_t thread)
{
    (void)thread;
    const flat_work *w = context;
    for (rd_range r = {.to = chunk * w->numbers.each}; next_of(w, chunk, &r);) {
        const rd_update_args part = part_of_update(w->update, w->optimizer, r.from, r.to);
        w->device->kernels.update[w->optimizer](&part);
    }
}

void rd_device_update(const rondo_device *device, int optimizer, const rd_row_set *rows,
                      const rd_update_args *args)
{
    flat_work w = {
        .device = device, .numbers = cut_flat(args->n), .rows = rows, .optimizer = optimizer, .update = args};
    run(device, update_chunk, &w, w.numbers.chunks);
}

/* ---- rows that owe updates */

enum { ROWS_A_WORD = 64 };

typedef struct replay_work {
    const rondo_device *device;
    const rd_row_list *list;
    const rd_replay *replay;
} replay_work;

/* Steps lie in a ring: at most two runs of neighbours. */
static void replay_row(const replay_work *w, size_t row)
{
    const rd_replay *r = w->replay;
    const size_t from = w->list->at + row * w->list->columns;
    const rd_update_args part = part_of_update(r->args, r->optimizer, from, from + w->list->columns);
    for (uint64_t k = w->list->had[row] + 1; k <= r->updates;) {
        const size_t at = (size_t)(k % r->history);
        const size_t steps = rd_size_min((size_t)(r->updates - k) + 1, r->history - at);
        w->device->kernels.replay[r->optimizer](&part, r->past + at, steps);
        k += steps;
    }
    w->list->had[row] = r->updates;
}

static void replay_chunk(void *context, size_t chunk, size_t thread)
{
    (void)thread;
    const replay_work *w = context;
    const size_t end = rd_size_min(w->list->rows, (chunk + 1) * ROWS_A_WORD);
    size_t row = chunk * ROWS_A_WORD;
    if (w->replay->marked) row = rd_row_next(w->list, row);
    while (row < end) {
        if (w->list->had[row] < w->replay->updates) replay_row(w, row);
        row = w->replay->marked ? rd_row_next(w->list, row + 1) : row + 1;
    }
}

void rd_device_replay(const rondo_device *device, const rd_row_list *list, const rd_replay *replay)
{
    replay_work w = {device, list, replay};
    run(device, replay_chunk, &w, rd_ceil_div(list->rows, ROWS_A_WORD));
}
