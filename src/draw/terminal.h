/* Pictures as lines of text: braille dots (two by four in a character), or plain ASCII. No escape codes
 * unless `color` says so, no trailing spaces, one final newline; the same input gives the same bytes. */
#ifndef RD_TERMINAL_H
#define RD_TERMINAL_H

#include "draw/chart.h"

typedef struct rd_medium {
    size_t width, height; /* characters of the whole frame; 0 takes 80 and 20 */
    int ascii, color;
} rd_medium;

/* Appends the chart: title and legend, the frame with labels, the name of the time axis. */
rondo_status rd_terminal_chart(const rd_chart *chart, const rd_medium *medium, rd_text *out,
                               rondo_error *error);

/* Appends one line a value: label, bar, number. */
rondo_status rd_terminal_bars(const rd_bars *bars, const rd_medium *medium, rd_text *out, rondo_error *error);

/* Appends one character a value, ▁ at `low` and █ at `high` ('_' to '#' in ASCII); what is not finite is '?'.
 * With low >= high the bounds are those of the values. No newline. */
void rd_sparkline(const double *values, size_t count, double low, double high, int ascii, rd_text *out);

/* Appends text from outside at most `columns` wide: controls and bad UTF-8 as '?', the rest cut with an
 * ellipsis; with `ascii` also what lies beyond ASCII as '?'. Gives the columns used. */
size_t rd_put_clean(const char *text, size_t columns, int ascii, rd_text *out);

#endif
