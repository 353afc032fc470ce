/* Columns of a CSV file by name. */
#ifndef RD_CSV_COLUMNS_H
#define RD_CSV_COLUMNS_H

#include "data/csv.h"
#include "data/dataset.h"

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

#endif
