/* Statistics of numeric columns over the rows that a view of the data covers: what scaling needs to know of the
 * training part, and of nothing else. Sums run in double in the order of the rows. */
#ifndef RD_SCALING_H
#define RD_SCALING_H

#include "data/dataset.h"

typedef struct rd_column_stats {
    uint64_t count;         /* numbers that are there */
    double mean, squares;   /* so far; squares of distances from the mean */
    double least, most;
} rd_column_stats;

double rd_column_deviation(const rd_column_stats *stats); /* of the population; 1 for a constant column */
double rd_column_range(const rd_column_stats *stats);     /* 1 for a constant column */

/* The columns of a part (RD_X or RD_Y of numbers); the first so many are looked at as logarithms. */
typedef struct rd_scaled_part {
    int part;
    size_t logs;
} rd_scaled_part;
/* Of each column; stats: [width]. */
rondo_status rd_scaling_columns(const rondo_data *data, rd_scaled_part part, rd_column_stats *stats, rondo_error *error);
/* Root mean square of what a value differs from that `lag` rows before, over the covered rows of every series; 1 where
 * there is none. change: [width of the part]. */
rondo_status rd_scaling_change(const rondo_data *data, rd_scaled_part part, size_t lag, double *change, rondo_error *error);
/* The mean of |y(t) − y(t − season)|, 0 where there is none; naive: [width of y]. */
rondo_status rd_scaling_naive(const rondo_data *data, size_t season, double *naive, rondo_error *error);

#endif
