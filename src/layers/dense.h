/* A dense layer on a block of rows: the whole layer is one block, and the head of a softmax loss runs in
 * many, so that logits for all rows never exist. */
#ifndef RD_DENSE_H
#define RD_DENSE_H

#include "layers/layer.h"

typedef enum rd_act { RD_ACT_NONE = 0, RD_ACT_TANH, RD_ACT_RELU, RD_ACT_SIGMOID } rd_act;

typedef struct rd_dense { /* `own` of a dense layer; parameter 0 is the weight */
    size_t act;
    int bias; /* 1: parameter 1 is the bias */
} rd_dense;

/* y = act(y) of n outputs of the layer. */
void rd_dense_activate(const rd_layer *layer, const rd_kernels *kernels, size_t n, rd_real *y);
/* 1 when the layer is dense without an activation: its output may be made and unmade in blocks. */
int rd_dense_is_head(const rd_layer *layer);
/* out[rows][stride] = W x + b for the rows of in[0] from `first` on; no activation. */
void rd_dense_rows_forward(const rd_layer *layer, const rd_call *call, size_t first, size_t rows,
                           rd_real *out, size_t stride);
/* Adds what d_out[rows][stride] says about rows `first`… to the gradients of W, b and in[0]. */
void rd_dense_rows_backward(const rd_layer *layer, const rd_call *call, size_t first, size_t rows,
                            const rd_real *d_out, size_t stride);

#endif
