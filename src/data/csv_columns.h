/* Columns of a CSV file by name, numbers in them, and groups of rows. */
#ifndef RD_CSV_COLUMNS_H
#define RD_CSV_COLUMNS_H

#include "data/csv.h"
#include "data/readers.h"

rondo_status rd_columns_add(rd_columns *columns, const char *name, size_t size, rondo_error *error);
int rd_columns_hold(const rd_columns *columns, const char *name, size_t size);
/* The number of the column of that name in the header at hand, SIZE_MAX when there is none. */
size_t rd_csv_column(const rd_csv *csv, const char *name, size_t size);
/* Fails: there is no such column; the hint names the nearest. */
rondo_status rd_csv_no_column(const rd_csv *csv, const rd_input *input, const char *name, size_t size,
                              rondo_error *error);
/* Adds the names of a list "a,b" that the options give to `columns`. */
rondo_status rd_csv_listed(const rd_csv *csv, const rd_input *input, const char *list, rd_columns *columns,
                           rondo_error *error);
int rd_csv_same(const char *text, const char *other, size_t size); /* 1 when other[size] is text */
int rd_csv_number(const char *text, size_t size, double *value);   /* spaces around it are passed over */
/* A row whose quoting is bad ends the reading. */
rondo_status rd_csv_check(const rd_csv *csv, const rd_input *input, rondo_error *error);
/* A header whose columns all have names, each its own, not all of them numbers. */
rondo_status rd_csv_judge_header(const rd_csv *header, const rd_input *input, rondo_error *error);
/* The numbers of the columns in the header at hand, into *number, which grows. */
rondo_status rd_csv_find(const rd_columns *columns, const rd_csv *header, const rd_input *input, size_t **number, size_t *room,
                         rondo_error *error);
/* 1 when the row at hand has so many columns and its quoting is good; else notes the bad place and gives 0. */
int rd_csv_sound(rd_opening *opening, const rd_csv *csv, size_t columns, const rd_input *input);
/* The finite number in a column of the row at hand; 0 when it is none, which is noted as a bad place. */
int rd_csv_value(rd_opening *opening, const rd_csv *csv, const rd_input *input, size_t column, const char *name, float *to);

typedef struct rd_groups { /* the names of groups that were there */
    uint64_t *seen;        /* owned, open table of their hashes, 0: free */
    size_t count, slots;
} rd_groups;
/* The group that the row at hand names in its column begins: BAD_DATA when it was there before. */
rondo_status rd_groups_begin(rd_groups *groups, const rd_csv *csv, const rd_input *input, size_t column, rondo_error *error);
void rd_groups_free(rd_groups *groups);

#endif
