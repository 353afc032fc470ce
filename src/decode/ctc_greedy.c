/* Greedy decoding of CTC. */
#include "decode/ctc_greedy.h"

#include <math.h>

static size_t likeliest(size_t width, const rd_real *z)
{
    size_t best = 0;
    for (size_t k = 1; k < width; k++)
        if (z[k] > z[best]) best = k;
    return best;
}

static double log_total(size_t width, const rd_real *z)
{
    const double top = (double)z[likeliest(width, z)];
    double sum = exp((double)z[0] - top);
    for (size_t k = 1; k < width; k++)
        sum += exp((double)z[k] - top);
    return top + log(sum);
}

void rd_log_softmax(size_t width, const rd_real *z, double *p)
{
    const double total = log_total(width, z);
    for (size_t k = 0; k < width; k++)
        p[k] = (double)z[k] - total;
}

size_t rd_ctc_greedy(const rd_outputs *outputs, size_t width, int32_t *symbols, double *score)
{
    size_t found = 0, before = 0;
    double sum = 0;
    for (size_t t = 0; t < outputs->steps; t++) {
        const rd_real *z = rd_output_at(outputs, t);
        const size_t best = likeliest(width, z);
        if (best != 0 && best != before) symbols[found++] = (int32_t)best - 1;
        before = best;
        if (score) sum += (double)z[best] - log_total(width, z);
    }
    if (score) *score = sum;
    return found;
}
