/* Checked arithmetic on sizes. Numbers from outside go through these and nothing else. */
#ifndef RD_SIZE_H
#define RD_SIZE_H

#include <stddef.h>
#include <stdint.h>

/* Each stores the result and gives 1, or gives 0 on overflow and leaves *result untouched. */
static inline int rd_mul(size_t a, size_t b, size_t *result)
{
    size_t product;
    if (__builtin_mul_overflow(a, b, &product))
        return 0;
    *result = product;
    return 1;
}

static inline int rd_add(size_t a, size_t b, size_t *result)
{
    size_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return 0;
    *result = sum;
    return 1;
}

static inline int rd_cast(uint64_t a, size_t *result)
{
    if (a > SIZE_MAX)
        return 0;
    *result = (size_t)a;
    return 1;
}

static inline size_t rd_size_min(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t rd_size_max(size_t a, size_t b) { return a > b ? a : b; }
static inline size_t rd_ceil_div(size_t a, size_t b) { return a / b + (a % b != 0); }

#endif
