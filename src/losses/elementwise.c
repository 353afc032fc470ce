/* Losses that are sums over independent outputs: binary cross-entropy and squared error. Rows are dealt in
 * chunks of fixed length, each row is summed in double in its order. */
#include "base/numeric.h"
#include "base/size.h"
#include "losses/kinds_of_loss.h"

#include <math.h>

enum { ROWS_A_CHUNK = 64 };

/* Loss of one output z against its target y, and the gradient by z. */
typedef double (*element)(double z, double y, double *gradient);

static double binary(double z, double y, double *gradient)
{
    double e = rd_exp64(-fabs(z));
    *gradient = (z >= 0 ? 1 : e) / (1 + e) - y;
    return (z > 0 ? z : 0) - z * y + rd_log64(1 + e);
}

static double squared(double z, double y, double *gradient)
{
    *gradient = z - y;
    return (z - y) * (z - y) / 2;
}

typedef struct work {
    const rd_loss_call *call;
    double smooth;       /* of binary targets: mixed with 1/2 */
    const rd_real *unit; /* [width] of squared errors, or NULL: 1 */
} work;

static double target_of(const rd_loss_call *call, size_t row, size_t k)
{
    if (!call->symbols) return (double)call->values[row * call->value_width + k];
    return (size_t)call->symbols[row] == k;
}

static inline __attribute__((always_inline)) void run_row(const work *w, element one, size_t row)
{
    const rd_loss_call *call = w->call;
    rd_real *z = call->output + row * call->stride;
    int ignored = call->symbols && call->symbols[row] < 0;
    double weight = call->weight ? (double)call->weight[row] : 1,
           scale = call->scale ? (double)call->scale[row] : 1;
    double sum = 0, gradient;
    for (size_t k = 0; k < call->width; k++) {
        double y = ignored ? 0 : target_of(call, row, k);
        const double unit = w->unit ? (double)w->unit[k] : 1;
        int absent = ignored || isnan(y);
        if (!absent) sum += one((double)z[k] / unit, (y + w->smooth * (0.5 - y)) / unit, &gradient);
        if (call->gradient) z[k] = absent ? 0 : (rd_real)(gradient / unit * weight * scale);
    }
    call->loss[row] = weight * sum;
}

/* The element is a constant at each call, so that it is no call at all. */
static inline __attribute__((always_inline)) void run_chunk(const work *w, element one, size_t chunk)
{
    size_t end = rd_size_min(w->call->rows, (chunk + 1) * ROWS_A_CHUNK);
    for (size_t r = chunk * ROWS_A_CHUNK; r < end; r++)
        run_row(w, one, r);
}

static void binary_rows(void *context, size_t chunk, size_t thread)
{
    (void)thread;
    run_chunk(context, binary, chunk);
}

static void squared_rows(void *context, size_t chunk, size_t thread)
{
    (void)thread;
    run_chunk(context, squared, chunk);
}

void rd_loss_binary(const rd_loss_call *call)
{
    work w = {.call = call, .smooth = call->settings->smooth};
    rd_pool_run(call->device->pool, binary_rows, &w, rd_ceil_div(call->rows, ROWS_A_CHUNK));
}

void rd_loss_squared(const rd_loss_call *call)
{
    work w = {.call = call, .unit = call->unit};
    rd_pool_run(call->device->pool, squared_rows, &w, rd_ceil_div(call->rows, ROWS_A_CHUNK));
}
