/* What a network gave for one sequence: rows of a pack, or one after the other. */
#ifndef RD_OUTPUTS_H
#define RD_OUTPUTS_H

#include "base/real.h"

#include <stddef.h>

typedef struct rd_outputs {
    const rd_real *rows;
    size_t stride, steps;
    const size_t *offset; /* row of step t is offset[t] + place, as in a rondo_pack; NULL: row t */
    size_t place;
} rd_outputs;

static inline const rd_real *rd_output_at(const rd_outputs *outputs, size_t t)
{
    return outputs->rows + (outputs->offset ? outputs->offset[t] + outputs->place : t) * outputs->stride;
}

#endif
