/* Sums run in sixteen interleaved parts, so that the compiler may use registers without reordering anything.
 */
#include "layers/norm.h"

#include <math.h>

enum { PARTS = 16 };

#ifdef RD_REAL64
static rd_real root(rd_real x)
{
    return sqrt(x);
}
#else
static rd_real root(rd_real x)
{
    return sqrtf(x);
}
#endif

static rd_real total(const rd_real part[PARTS])
{
    rd_real sum = 0;
    for (size_t j = 0; j < PARTS; j++)
        sum += part[j];
    return sum;
}

static rd_real mean_of(size_t n, const rd_real *x)
{
    rd_real part[PARTS] = {0};
    size_t i = 0;
    for (; i + PARTS <= n; i += PARTS)
        for (size_t j = 0; j < PARTS; j++)
            part[j] += x[i + j];
    for (; i < n; i++)
        part[i % PARTS] += x[i];
    return total(part) / (rd_real)n;
}

static rd_real variance_of(size_t n, const rd_real *x, rd_real mean)
{
    rd_real part[PARTS] = {0};
    size_t i = 0;
    for (; i + PARTS <= n; i += PARTS)
        for (size_t j = 0; j < PARTS; j++)
            part[j] += (x[i + j] - mean) * (x[i + j] - mean);
    for (; i < n; i++)
        part[i % PARTS] += (x[i] - mean) * (x[i] - mean);
    return total(part) / (rd_real)n;
}

void rd_norm_forward(const rd_norm_args *a)
{
    for (size_t r = 0; r < a->rows; r++) {
        const rd_real *x = a->x + r * a->x_stride;
        rd_real *y = a->y + r * a->y_stride, *hat = a->hat ? a->hat + r * a->hat_stride : NULL;
        const rd_real mean = mean_of(a->width, x);
        const rd_real scale = 1 / root(variance_of(a->width, x, mean) + RD_C(1e-5));
        for (size_t j = 0; j < a->width; j++) {
            const rd_real normal = (x[j] - mean) * scale;
            if (hat) hat[j] = normal;
            y[j] = a->gain[j] * normal + (a->shift ? a->shift[j] : 0);
        }
        if (hat) a->scale[r] = scale;
    }
}

void rd_norm_again(const rd_norm_args *a)
{
    for (size_t r = 0; r < a->rows; r++)
        for (size_t j = 0; j < a->width; j++)
            a->y[r * a->y_stride + j] =
                a->gain[j] * a->hat[r * a->hat_stride + j] + (a->shift ? a->shift[j] : 0);
}

/* d_x = scale (v − mean v − x̂ mean(v ∘ x̂)),  v = d_y ∘ gain */
static void row_back(size_t n, const rd_real *gain, const rd_real *hat, rd_real scale, rd_real *d)
{
    rd_real plain[PARTS] = {0}, along[PARTS] = {0};
    size_t i = 0;
    for (size_t j = 0; j < n; j++)
        d[j] *= gain[j];
    for (; i + PARTS <= n; i += PARTS)
        for (size_t j = 0; j < PARTS; j++) {
            plain[j] += d[i + j];
            along[j] += d[i + j] * hat[i + j];
        }
    for (; i < n; i++) {
        plain[i % PARTS] += d[i];
        along[i % PARTS] += d[i] * hat[i];
    }
    const rd_real mean = total(plain) / (rd_real)n, slope = total(along) / (rd_real)n;
    for (size_t j = 0; j < n; j++)
        d[j] = scale * (d[j] - mean - hat[j] * slope);
}

void rd_norm_backward(const rd_norm_args *a)
{
    for (size_t r = 0; r < a->rows; r++) {
        const rd_real *hat = a->hat + r * a->hat_stride;
        rd_real *d = a->d + r * a->d_stride;
        for (size_t j = 0; a->d_gain && j < a->width; j++)
            a->d_gain[j] += d[j] * hat[j];
        for (size_t j = 0; a->d_shift && j < a->width; j++)
            a->d_shift[j] += d[j];
        row_back(a->width, a->gain, hat, a->scale[r], d);
    }
}
