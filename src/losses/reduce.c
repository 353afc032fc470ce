/* What a batch's sum of losses is divided by (equations.md section 7). Everything here is a function of the
 * targets alone, so it is known before the first gradient. */
#include "losses/loss.h"

/* Weight of the targets of the sequence at a place, its rows in order of time. */
static double weight_at(const rondo_pack *pack, const double *count, size_t place)
{
    double sum = 0;
    for (size_t t = 0; t < pack->length[pack->order[place]]; t++)
        sum += count[pack->offset[t] + place];
    return sum;
}

static double sum_of(size_t rows, const double *count)
{
    double sum = 0;
    for (size_t r = 0; r < rows; r++)
        sum += count[r];
    return sum;
}

static double divisor_of(rd_reduce kind, double weight, double sequences)
{
    const double by_kind[] = {[RD_REDUCE_TOKEN] = weight,
                              [RD_REDUCE_SEQUENCE] = sequences,
                              [RD_REDUCE_TIME] = sequences,
                              [RD_REDUCE_SUM] = 1};
    return by_kind[kind];
}

void rd_reduce_rows(rd_reduce kind, const rondo_pack *pack, const double *count, rd_real *factor,
                    double *divisor)
{
    double sequences = 0;
    for (size_t r = 0; factor && r < pack->rows; r++)
        factor[r] = 1;
    for (size_t p = 0; p < pack->sequences; p++) {
        double weight = weight_at(pack, count, p);
        sequences += weight > 0;
        for (size_t t = 0;
             factor && kind == RD_REDUCE_SEQUENCE && weight > 0 && t < pack->length[pack->order[p]]; t++)
            factor[pack->offset[t] + p] = (rd_real)(1 / weight);
    }
    *divisor = divisor_of(kind, sum_of(pack->rows, count), sequences);
}

void rd_reduce_sequences(rd_reduce kind, size_t sequences, const double *count, rd_real *factor,
                         double *divisor)
{
    double counted = 0;
    for (size_t i = 0; i < sequences; i++) {
        counted += count[i] > 0;
        if (factor) factor[i] = kind == RD_REDUCE_SEQUENCE && count[i] > 0 ? (rd_real)(1 / count[i]) : 1;
    }
    *divisor = divisor_of(kind, sum_of(sequences, count), counted);
}
