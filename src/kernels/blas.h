/* Long products by a CBLAS, in a build with RONDO_WITH_BLAS; in any other both answer 0 and our own do the
 * work. */
#ifndef RD_BLAS_H
#define RD_BLAS_H

#include "kernels/kernels.h"

#if RONDO_WITH_BLAS && !defined(RD_REAL64)

/* 1: done; 0: too short to be worth it, or too long to be counted there. The bits are the library's affair.
 */
int rd_blas_product(const rd_kernels *kernels, const rd_product_args *args);
int rd_blas_outer(const rd_outer_args *args);
/* Into how many chunks an outer product is cut: bits of the library may depend on it, so threads must not
 * count. */
static inline size_t rd_blas_cuts(size_t threads)
{
    (void)threads;
    return 8;
}

#else

static inline size_t rd_blas_cuts(size_t threads)
{
    return threads;
}

static inline int rd_blas_product(const rd_kernels *kernels, const rd_product_args *args)
{
    (void)kernels, (void)args;
    return 0;
}
static inline int rd_blas_outer(const rd_outer_args *args)
{
    (void)args;
    return 0;
}

#endif

#endif
