/* Losses whose network gives several outputs for each target: mean and log variance, or quantiles. Rows are
 * dealt in chunks of fixed length, each row is summed in double in its order. */
#include "base/numeric.h"
#include "base/size.h"
#include "base/text.h"
#include "losses/kinds_of_loss.h"

#include <math.h>
#include <string.h>

enum { ROWS_A_CHUNK = 64 };
#define LOG_TWO_PI 1.8378770664093454836

/* Loss of the outputs z of one target y, the first of them number `at` of the row; with call->gradient, z becomes the
 * gradient times `factor`. */
typedef double (*group)(const rd_loss_call *call, size_t at, rd_real *z, double y, double factor);

/* Of any unit: a likelihood in other units differs by a constant. */
static double gaussian(const rd_loss_call *call, size_t at, rd_real *z, double y, double factor)
{
    (void)at;
    const double s = (double)z[1], off = (double)z[0] - y, precision = rd_exp64(-s),
                 square = off * off * precision;
    if (call->gradient) {
        z[0] = (rd_real)(factor * off * precision);
        z[1] = (rd_real)(factor * 0.5 * (1 - square));
    }
    return 0.5 * (s + square + LOG_TWO_PI);
}

static double quantile(const rd_loss_call *call, size_t at, rd_real *z, double y, double factor)
{
    double sum = 0;
    for (size_t i = 0; i < call->settings->quantiles; i++) {
        const double q = call->settings->quantile[i], unit = call->unit ? (double)call->unit[at + i] : 1;
        const double above = (y - (double)z[i]) / unit;
        sum += above > 0 ? q * above : (q - 1) * above;
        if (call->gradient) z[i] = (rd_real)(factor / unit * (above > 0 ? -q : above < 0 ? 1 - q : 0));
    }
    return sum;
}

static inline __attribute__((always_inline)) void run_row(const rd_loss_call *call, group one, size_t row)
{
    const size_t size = call->width / call->value_width;
    const double weight = call->weight ? (double)call->weight[row] : 1,
                 factor = weight * (call->scale ? (double)call->scale[row] : 1);
    double sum = 0;
    for (size_t k = 0; k < call->value_width; k++) {
        rd_real *z = call->output + row * call->stride + k * size;
        const double y = (double)call->values[row * call->value_width + k];
        if (!isnan(y))
            sum += one(call, k * size, z, y, factor);
        else if (call->gradient)
            memset(z, 0, size * sizeof *z);
    }
    call->loss[row] = weight * sum;
}

/* The group is a constant at each call, so that it is no call at all. */
static inline __attribute__((always_inline)) void run_chunk(const rd_loss_call *call, group one, size_t chunk)
{
    const size_t end = rd_size_min(call->rows, (chunk + 1) * ROWS_A_CHUNK);
    for (size_t r = chunk * ROWS_A_CHUNK; r < end; r++)
        run_row(call, one, r);
}

static void gaussian_rows(void *context, size_t chunk, size_t thread)
{
    (void)thread;
    run_chunk(context, gaussian, chunk);
}

static void quantile_rows(void *context, size_t chunk, size_t thread)
{
    (void)thread;
    run_chunk(context, quantile, chunk);
}

void rd_loss_gaussian(const rd_loss_call *call)
{
    rd_loss_call own = *call;
    rd_pool_run(call->device->pool, gaussian_rows, &own, rd_ceil_div(call->rows, ROWS_A_CHUNK));
}

void rd_loss_quantile(const rd_loss_call *call)
{
    rd_loss_call own = *call;
    rd_pool_run(call->device->pool, quantile_rows, &own, rd_ceil_div(call->rows, ROWS_A_CHUNK));
}

size_t rd_loss_gaussian_width(size_t target_width, const rd_loss_settings *settings)
{
    (void)settings;
    return 2 * target_width;
}

size_t rd_loss_quantile_width(size_t target_width, const rd_loss_settings *settings)
{
    return settings->quantiles * target_width;
}

int rd_quantiles_read(const char *text, rd_loss_settings *settings)
{
    double before = 0;
    settings->quantiles = 0;
    for (const char *at = text; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        double q;
        if (settings->quantiles == RD_MAX_QUANTILES || !rd_parse_number(at, strcspn(at, ","), &q) ||
            !(q > before && q < 1))
            return 0;
        settings->quantile[settings->quantiles++] = before = q;
    }
    return 1;
}
