/* A chunk of a long product through a CBLAS. A panel is a matrix [depth][width] by rows, so each takes one
 * call and nothing is packed twice by us. Threads are ours: the library must be told to use one. */
#include "kernels/blas.h"

#ifndef RD_REAL64

#include "base/size.h"

#include <cblas.h>
#include <limits.h>
#include <string.h>

enum { LONG_WORK = 1 << 21 }; /* multiply-adds of a chunk below which a call costs more than it gains */

static int is_long(size_t a, size_t b, size_t c, size_t stride_1, size_t stride_2, size_t stride_3)
{
    size_t outputs, work;
    if (!rd_mul(a, b, &outputs) || !rd_mul(outputs, c, &work) || work < LONG_WORK) return 0;
    const size_t longest = rd_size_max(rd_size_max(a, b), rd_size_max(c, rd_size_max(stride_1, stride_2)));
    return rd_size_max(longest, stride_3) <= INT_MAX;
}

/* What the product is added to: the bias in each row of C, or nothing. Gives beta. */
static float begin(const rd_product_args *p)
{
    for (size_t row = 0; p->bias && row < p->rows; row++) {
        float *c = p->c + row * p->c_stride;
        if (!p->add) memcpy(c, p->bias, p->columns * sizeof *c);
        for (size_t j = 0; p->add && j < p->columns; j++)
            c[j] += p->bias[j];
    }
    return p->add || p->bias ? 1 : 0;
}

int rd_blas_product(const rd_kernels *kernels, const rd_product_args *p)
{
    if (!is_long(p->rows, p->columns, p->depth, p->a_stride, p->c_stride, kernels->panel)) return 0;
    const float beta = begin(p);
    for (size_t column = 0; column < p->columns; column += kernels->panel) {
        const size_t width = rd_size_min(kernels->panel, p->columns - column);
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)p->rows, (int)width, (int)p->depth, 1,
                    p->a, (int)p->a_stride, p->panels + column * p->depth, (int)kernels->panel, beta,
                    p->c + column, (int)p->c_stride);
    }
    return 1;
}

int rd_blas_outer(const rd_outer_args *p)
{
    if (!is_long(p->rows, p->a_columns, p->b_columns, p->a_stride, p->b_stride, p->c_stride)) return 0;
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)p->a_columns, (int)p->b_columns, (int)p->rows,
                1, p->a, (int)p->a_stride, p->b, (int)p->b_stride, 1, p->c, (int)p->c_stride);
    for (size_t row = 0; p->sums && row < p->rows; row++)
        for (size_t j = 0; j < p->a_columns; j++)
            p->sums[j] += p->a[row * p->a_stride + j];
    return 1;
}

#endif
