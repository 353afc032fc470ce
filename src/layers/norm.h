/* Layer norm of rows: y = gain ∘ x̂ + shift, x̂ = (x − mean) / √(variance + 1e-5), biased variance. Row by row
 * in the calling thread, sums in a fixed order. */
#ifndef RD_NORM_H
#define RD_NORM_H

#include "base/real.h"

typedef struct rd_norm_args {
    size_t rows, width;
    const rd_real *gain, *shift; /* [width]; shift may be NULL */
    const rd_real *x;
    size_t x_stride; /* forward: [rows][width] */
    rd_real *y;
    size_t y_stride; /* forward: [rows][width], may be x */
    rd_real *hat;
    size_t hat_stride; /* [rows][width] x̂, kept for the way back; NULL in use */
    rd_real *scale;    /* [rows] 1/√(variance + 1e-5), kept with hat */
    rd_real *d;
    size_t d_stride;           /* backward: gradient by y, replaced by the gradient by x */
    rd_real *d_gain, *d_shift; /* [width] added to, rows ascending; NULL: not wanted */
} rd_norm_args;

void rd_norm_forward(const rd_norm_args *args);
void rd_norm_backward(const rd_norm_args *args);
/* y = gain ∘ x̂ + shift from what was kept. */
void rd_norm_again(const rd_norm_args *args);

#endif
