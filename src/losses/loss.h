/* A loss is a row of functions: output of the network and targets in, loss per row and gradient out. */
#ifndef RD_LOSS_H
#define RD_LOSS_H

#include "kernels/kernels.h"
#include "sequence/batch.h"

typedef struct rd_loss_call {
    const rondo_device *device;
    size_t rows, width;
    rd_real *output;
    size_t stride;          /* [rows][width]; replaced by the gradient when `gradient` */
    const int32_t *symbols; /* [rows] targets, −1 ignored; or NULL */
    const rd_real *values;  /* [rows][value_width] targets, NaN ignored; or NULL */
    size_t value_width;
    const rd_real *weight; /* [rows] or NULL */
    const rd_real *scale;  /* [rows] gradient factor (reduction), or NULL: 1 */
    rd_real smooth;
    int gradient;
    double *loss;  /* [rows] out: weighted, unreduced, nats */
    double *count; /* [rows] out: weight of the row, 0 when ignored */
} rd_loss_call;

typedef struct rd_loss_info {
    const char *name, *help;
    int symbols, values;                  /* 1: takes targets that are symbols, that are numbers */
    size_t (*width)(size_t target_width); /* the network's output width for targets of this width (classes) */
    /* Fills call->count from the targets alone. */
    void (*count)(const rd_loss_call *call);
    /* Fills call->loss and, when `gradient`, turns the output into it. */
    void (*run)(const rd_loss_call *call);
    /* What a reported loss is multiplied by (squared: 2/K, plain MSE); NULL: 1. */
    double (*report)(size_t width);
} rd_loss_info;

extern const rd_loss_info rd_losses[]; /* ended by a row with name NULL */
const rd_loss_info *rd_loss_find(const char *name);

typedef enum rd_reduce { RD_REDUCE_TOKEN = 0, RD_REDUCE_SEQUENCE, RD_REDUCE_TIME, RD_REDUCE_SUM } rd_reduce;
/* Row factors and divisor of `--loss-reduce` (equations.md section 7): factor[row] (NULL: not wanted) is what
 * each row's loss and gradient are multiplied by before they are summed, *divisor what the sum is divided by.
 * `count[row]` is the weight of the row (0: ignored). sequence: factor 1 / (weight of the targets of the
 * row's sequence), divisor number of sequences with targets; time: divisor the same number. 0 when there is
 * nothing to divide. */
void rd_reduce_rows(rd_reduce kind, const rondo_pack *pack, const double *count, rd_real *factor,
                    double *divisor);

#endif
