/* Rows of a CSV file by RFC 4180: quoted fields, doubled quotes, line ends inside quotes. */
#ifndef RD_CSV_H
#define RD_CSV_H

#include "base/text.h"
#include "data/input.h"

enum { RD_CSV_COLUMNS = 100000 };

typedef struct rd_csv_field {
    size_t at, size;     /* in the row's text, quotes undone */
    size_t line, column; /* 1-based, of its first byte in the file */
} rd_csv_field;

typedef struct rd_csv {
    char separator;
    rd_text text;
    rd_csv_field *field; /* [fields] */
    size_t fields, room;
    size_t line;        /* of the row's first byte */
    const char *broken; /* NULL, or what is wrong with the row, at broken_line and broken_column */
    size_t broken_line, broken_column;
} rd_csv;
/* The next row that is not empty; *more is 0 at the end. A row whose quoting is bad is given with `broken`
 * set; a quote that is never closed is RONDO_BAD_DATA at its opening, too many columns RONDO_LIMIT. */
rondo_status rd_csv_row(rd_csv *csv, rd_input *input, int *more, rondo_error *error);
/* The text of field i; not ended by 0. */
const char *rd_csv_text(const rd_csv *csv, size_t i, size_t *size);
/* The separator a header line uses: comma, semicolon or tab, whichever is commonest outside quotes. */
char rd_csv_separator(const char *line, size_t size);
void rd_csv_free(rd_csv *csv);

#endif
