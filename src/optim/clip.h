/* Clipping of gradients, after their sum and before the update. */
#ifndef RD_CLIP_H
#define RD_CLIP_H

#include "base/real.h"
#include "kernels/row_list.h"

/* The norm of n gradients and the factor that brings it down to `limit` (1 when it is not above, or limit is
 * 0), to be folded into the update instead of a walk of its own. A norm that is not finite gives
 * RONDO_NUMBERS. Rows that `rows` does not mark are 0 and left out; NULL: all are read. */
rondo_status rd_clip_factor(const rondo_device *device, size_t n, const rd_row_set *rows,
                            const rd_real *grads, double limit, double *norm, double *factor,
                            rondo_error *error);

#endif
