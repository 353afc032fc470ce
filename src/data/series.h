/* Time series as data: where each begins and ends, and the windows of them that are samples. A sample is `window` rows
 * of input and the targets of the `horizon` rows that follow; every place of a series where both fit is one, but rows
 * of history are input only. Samples are numbered series by series. */
#ifndef RD_SERIES_H
#define RD_SERIES_H

#include "data/dataset.h"
#include "data/times.h"

typedef struct rd_series {
    char *name;          /* owned; of its group, "" when there are no groups */
    uint64_t first;      /* its first row in the stores */
    uint64_t rows;       /* gaps filled */
    uint64_t history;    /* of these, the first so many are no targets */
    uint64_t before;     /* samples of all series before it */
    int64_t begin, end;  /* times of its first and last row; their numbers when there is no column of times */
} rd_series;

typedef struct rd_series_set {
    rd_series *series;   /* [count], owned */
    size_t count, room;
    size_t window, horizon;
    uint64_t samples;
    int timed;           /* 1: there is a column of times */
    char *time_column;   /* owned, or NULL */
    rd_time_style style;
    rd_step step;
    size_t values;       /* columns of x that come from the file; features of the time stand behind them */
    uint64_t gaps, filled, missing; /* places with rows left out, rows put there, values that were no numbers */
} rd_series_set;

void rd_series_free(rd_series_set *set);
/* Counts the samples of all series once their rows are known. */
void rd_series_settle(rd_series_set *set);
/* First row in the stores of the input of sample `number`; *which is its series. */
uint64_t rd_series_sample(const rd_series_set *set, uint64_t number, size_t *which);
/* Divides the samples of all series by position: the targets of the last `share` of the rows of each series, at least a
 * horizon of them, are for validation; samples with targets on both sides are left out. */
rondo_status rd_series_cut(const rondo_data *data, double share, rd_store *train, rd_store *valid, rondo_error *error);
/* The rows that the samples of a view read or predict: [count] of the set each; first == end where it has none. */
typedef struct rd_covered {
    uint64_t first, end; /* rows of the stores */
} rd_covered;
rondo_status rd_series_covered(const rondo_data *data, rd_covered *covered, rondo_error *error);

#endif
