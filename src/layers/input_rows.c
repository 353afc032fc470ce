/* Threads share out rows when gathering and columns when scattering, so bits do not depend on them. */
#include "layers/input_rows.h"

#include "base/clock.h"
#include "base/size.h"

#include <string.h>

enum { ROWS_A_CHUNK = 64, COLUMNS_A_CHUNK = 64, TABLE_SYMBOLS = 256, ROWS_AHEAD = 8 };

size_t rd_input_numbers(const rd_kernels *kernels, int symbols, size_t outputs, size_t inputs)
{
    if (symbols) return outputs * inputs;
    return rd_panel_numbers(kernels, outputs, inputs) + rd_panel_numbers(kernels, inputs, outputs);
}

typedef struct transposing {
    size_t outputs, inputs;
    const rd_real *weight;
    rd_real *table; /* [inputs][outputs] */
} transposing;

static void transpose(void *context, size_t chunk, size_t thread)
{
    const transposing *t = context;
    const size_t end = rd_size_min(t->inputs, (chunk + 1) * ROWS_A_CHUNK);
    (void)thread;
    for (size_t j = 0; j < t->outputs; j++)
        for (size_t k = chunk * ROWS_A_CHUNK; k < end; k++)
            t->table[k * t->outputs + j] = t->weight[j * t->inputs + k];
}

void rd_input_pack(const rondo_device *device, int symbols, size_t outputs, size_t inputs,
                   const rd_real *weight, rd_real *packed)
{
    if (symbols) {
        transposing t = {.outputs = outputs, .inputs = inputs, .weight = weight, .table = packed};
        rd_pool_run(device->pool, transpose, &t, rd_ceil_div(inputs, ROWS_A_CHUNK));
        return;
    }
    rd_device_pack(device, &(rd_pack_args){.columns = outputs,
                                           .depth = inputs,
                                           .w = weight,
                                           .column_stride = inputs,
                                           .depth_stride = 1,
                                           .panels = packed});
    rd_device_pack(device,
                   &(rd_pack_args){.columns = inputs,
                                   .depth = outputs,
                                   .w = weight,
                                   .column_stride = 1,
                                   .depth_stride = inputs,
                                   .panels = packed + rd_panel_numbers(&device->kernels, outputs, inputs)});
}

static void gather(void *context, size_t chunk, size_t thread)
{
    const rd_input_rows *g = context;
    const size_t end = rd_size_min(g->rows, (chunk + 1) * ROWS_A_CHUNK);
    const uint64_t mode = rd_float_mode_flush();
    (void)thread;
    for (size_t r = chunk * ROWS_A_CHUNK; r < end; r++) {
        const rd_real *column = g->packed + (size_t)g->in->symbols[r] * g->outputs;
        rd_real *a = g->a + r * g->stride;
        rd_assert(g->in->symbols[r] >= 0 && (size_t)g->in->symbols[r] < g->inputs);
        if (!g->bias)
            memcpy(a, column, g->outputs * sizeof *a);
        else
            for (size_t j = 0; j < g->outputs; j++)
                a[j] = column[j] + g->bias[j];
    }
    rd_float_mode_restore(mode);
}

/* Few symbols: the columns of this chunk are taken out of d_weight, added to where they are neighbours, and
 * put back. */
static void scatter_to_table(const rd_input_rows *g, size_t from, size_t count)
{
    rd_real table[TABLE_SYMBOLS * COLUMNS_A_CHUNK]; /* [inputs][count] */
    for (size_t j = 0; j < count; j++)
        for (size_t k = 0; k < g->inputs; k++)
            table[k * count + j] = g->d_weight[(from + j) * g->inputs + k];
    for (size_t r = 0; r < g->rows; r++) {
        if (r + ROWS_AHEAD < g->rows)
            for (size_t j = 0; j < count; j += 64 / sizeof *g->a)
                __builtin_prefetch(g->a + (r + ROWS_AHEAD) * g->stride + from + j);
        g->device->kernels.axpy(count, 1, g->a + r * g->stride + from,
                                table + (size_t)g->in->symbols[r] * count);
    }
    for (size_t j = 0; j < count; j++)
        for (size_t k = 0; k < g->inputs; k++)
            g->d_weight[(from + j) * g->inputs + k] = table[k * count + j];
}

static void scatter_to_columns(const rd_input_rows *g, size_t from, size_t count)
{
    for (size_t r = 0; r < g->rows; r++) {
        rd_real *column = g->d_weight + from * g->inputs + (size_t)g->in->symbols[r];
        for (size_t j = 0; j < count; j++)
            column[j * g->inputs] += g->a[r * g->stride + from + j];
    }
}

static void scatter(void *context, size_t chunk, size_t thread)
{
    const rd_input_rows *g = context;
    const size_t from = chunk * COLUMNS_A_CHUNK, count = rd_size_min(COLUMNS_A_CHUNK, g->outputs - from);
    const uint64_t mode = rd_float_mode_flush();
    const int few = g->inputs <= TABLE_SYMBOLS && g->inputs < g->rows;
    (void)thread;
    (few ? scatter_to_table : scatter_to_columns)(g, from, count);
    rd_float_mode_restore(mode);
}

void rd_input_forward(const rd_input_rows *args)
{
    rd_input_rows g = *args;
    if (g.symbols) {
        rd_pool_run(g.device->pool, gather, &g, rd_ceil_div(g.rows, ROWS_A_CHUNK));
        return;
    }
    rd_device_product(g.device, &(rd_product_args){.rows = g.rows,
                                                   .columns = g.outputs,
                                                   .depth = g.inputs,
                                                   .a = g.in->data,
                                                   .a_stride = g.in->stride,
                                                   .panels = g.packed,
                                                   .bias = g.bias,
                                                   .c = g.a,
                                                   .c_stride = g.stride});
}

void rd_input_backward(const rd_input_rows *args)
{
    rd_input_rows g = *args;
    if (g.symbols) {
        rd_pool_run(g.device->pool, scatter, &g, rd_ceil_div(g.outputs, COLUMNS_A_CHUNK));
        return;
    }
    rd_device_outer(g.device, &(rd_outer_args){.rows = g.rows,
                                               .a_columns = g.outputs,
                                               .b_columns = g.inputs,
                                               .a = g.a,
                                               .a_stride = g.stride,
                                               .b = g.in->data,
                                               .b_stride = g.in->stride,
                                               .c = g.d_weight,
                                               .c_stride = g.inputs,
                                               .sums = g.d_bias});
    if (!g.in->grad) return;
    const rd_real *back = g.packed + rd_panel_numbers(&g.device->kernels, g.outputs, g.inputs);
    rd_device_product(g.device, &(rd_product_args){.rows = g.rows,
                                                   .columns = g.inputs,
                                                   .depth = g.outputs,
                                                   .a = g.a,
                                                   .a_stride = g.stride,
                                                   .panels = back,
                                                   .c = g.in->grad,
                                                   .c_stride = g.in->stride,
                                                   .add = 1});
}
