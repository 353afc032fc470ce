/* Numbers of a tensor of any numeric type, as floats. */
#ifndef RD_TENSOR_NUMBERS_H
#define RD_TENSOR_NUMBERS_H

#include "formats/bundle.h"

/* 1 when rd_tensor_numbers reads the type: the bool, the integers, floats of 16 (both kinds), 32 and 64 bits.
 */
int rd_tensor_is_numeric(const rd_tensor *tensor);
/* out[i] is element first + i, rounded to float; a bool is 0 or 1. The elements must be there. */
void rd_tensor_numbers(const rd_tensor *tensor, size_t first, size_t count, float *out);

/* IEEE 754 half precision; exact. */
float rd_half_value(uint16_t half);

#endif
