/* The norm is a sum in double over chunks of fixed length, so it does not depend on the number of threads. */
#include "optim/clip.h"

#include "base/status.h"
#include "kernels/kernels.h"

#include <math.h>

rondo_status rd_clip_factor(const rondo_device *device, size_t n, const rd_row_set *rows,
                            const rd_real *grads, double limit, double *norm, double *factor,
                            rondo_error *error)
{
    *norm = sqrt(rd_device_sum_squares(device, n, rows, grads));
    *factor = 1;
    if (!isfinite(*norm))
        return rd_fail(error, RONDO_NUMBERS, "the norm of the gradients is %s",
                       isnan(*norm) ? "not a number" : "infinite");
    if (limit > 0 && *norm > limit) *factor = limit / *norm;
    return RONDO_OK;
}

rondo_status rondo_clip(rondo_device *device, rondo_view grads, rondo_clip_kind kind, double limit,
                        double *norm, rondo_error *error)
{
    double had, factor;
    if (!device || !grads.data || grads.type != RONDO_REAL || grads.rank != 1)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_clip: %s",
                       device ? "grads are not real numbers in a row" : "device is missing");
    if (!isfinite(limit) || limit <= 0 || (kind != RONDO_CLIP_NORM && kind != RONDO_CLIP_VALUE))
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "rondo_clip: the limit %g must be above 0, the kind norm or value", limit);
    RD_TRY(rd_clip_factor(device, grads.shape[0], NULL, grads.data, limit, &had, &factor, error));
    if (norm) *norm = had;
    if (kind == RONDO_CLIP_VALUE)
        rd_device_clamp(device, grads.shape[0], NULL, (rd_real)limit, grads.data);
    else if (factor < 1)
        rd_device_scale(device, grads.shape[0], (rd_real)factor, grads.data);
    return RONDO_OK;
}
