/* Rows of time series as they stood in the files, gathered until the last file was read: what the pieces of the reader of
 * series share. */
#ifndef RD_SERIES_GATHERED_H
#define RD_SERIES_GATHERED_H

#include "data/csv_columns.h"
#include "data/readers.h"
#include "data/series.h"

typedef enum rd_missing { RD_MISSING_ERROR = 0, RD_MISSING_SKIP, RD_MISSING_ZERO, RD_MISSING_PREV } rd_missing;

typedef struct rd_stamp { /* of a row */
    int64_t time;
    size_t line;
} rd_stamp;

typedef struct rd_gathered { /* the rows of one series as they stood in the files */
    char *name;    /* owned */
    float *value;  /* [rows][values] owned; NaN: left out */
    rd_stamp *at;  /* [rows] owned */
    size_t rows, history, value_room, at_room;
    const char *file; /* of the last row */
} rd_gathered;

typedef struct rd_series_state {
    rd_csv csv;
    size_t columns;  /* of the file at hand */
    size_t *column;  /* [values] numbers of the columns that are read */
    size_t column_room, time, group; /* SIZE_MAX: none */
    float *row;      /* [values] */
    size_t row_room;
    rd_gathered *series;
    size_t count, room, last; /* last: that of the row before */
    size_t *slot;    /* open table of series by the hash of their names, 1 + number */
    size_t slots;
    size_t logs;     /* of the values the first so many must have logarithms */
    int history;     /* 1: in the files of --history */
    rd_missing missing;
} rd_series_state;

static inline rd_series_set *rd_series_set_of(const rd_opening *opening)
{
    return opening->corpus->series;
}

/* Which columns are time, targets and inputs, from the header of the first file and its first row of data (or NULL): they
 * are the corpus's from then on (series_columns.c). */
rondo_status rd_series_choose_columns(rd_opening *opening, const rd_csv *header, const rd_csv *first, const rd_input *input,
                                      rondo_error *error);
/* Finds these columns in the header of the file at hand. */
rondo_status rd_series_bind_columns(rd_opening *opening, rd_series_state *state, const rd_csv *header, const rd_input *input,
                                    rondo_error *error);

#endif
