/* What a layer makes of its input before time begins: W x + b for all rows at once. Numbers take one product;
 * symbols gather columns of W from a transposed copy and their gradient goes back by scatter. */
#ifndef RD_INPUT_ROWS_H
#define RD_INPUT_ROWS_H

#include "layers/layer.h"

typedef struct rd_input_rows {
    const rondo_device *device;
    const rd_value *in;
    size_t rows, inputs, outputs;
    int symbols;
    const rd_real *packed; /* made by rd_input_pack */
    const rd_real *bias;   /* [outputs] or NULL */
    rd_real *a;            /* [rows][stride] forward: W x + b; backward: its gradient */
    size_t stride;
    rd_real *d_weight; /* [outputs][inputs] added to in backward */
    rd_real *d_bias;       /* [outputs] or NULL */
} rd_input_rows;

/* Numbers of the packed region for a matrix [outputs][inputs]. */
size_t rd_input_numbers(const rd_kernels *kernels, int symbols, size_t outputs, size_t inputs);
void rd_input_pack(const rondo_device *device, int symbols, size_t outputs, size_t inputs,
                   const rd_real *weight, rd_real *packed);
void rd_input_forward(const rd_input_rows *args);
/* d_weight += d_aᵀ x, in->grad += d_a W, and beside numbers d_bias += the sums of d_a; beside symbols the bias is the
 * caller's. */
void rd_input_backward(const rd_input_rows *args);

#endif
