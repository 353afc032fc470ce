/* Tables of rows among flat parameters (embeddings), of which a step reads few: the list says which rows of
 * the gradient may be other than zero, and whoever walks over gradients skips the rest. A row that is not
 * visited owes its updates with gradient 0; `had` counts those it has had. */
#ifndef RD_ROW_LIST_H
#define RD_ROW_LIST_H

#include "base/real.h"

#include <stddef.h>
#include <stdint.h>

typedef struct rd_row_list {
    size_t at, rows, columns; /* the table's place in the flat arrays */
    uint64_t *mark;           /* [rd_row_words(rows)] a bit a row, owned by the model */
    uint64_t *had;            /* [rows] updates that the row has had; RD_ROW_STILL: it needs none */
} rd_row_list;

#define RD_ROW_STILL UINT64_MAX

/* All tables of a model, in the order of their places. */
typedef struct rd_row_set {
    rd_row_list *list;
    size_t count;
} rd_row_set;

/* A run of neighbouring numbers of the flat arrays. */
typedef struct rd_range {
    size_t from, to;
} rd_range;

size_t rd_row_words(size_t rows);
void rd_row_mark(const rd_row_list *list, size_t row);
/* The first marked row from `row` on; list->rows when there is none. */
size_t rd_row_next(const rd_row_list *list, size_t row);
void rd_rows_unmark(const rd_row_set *set);
/* The next run of numbers from range->to on, below `end`, that are in no table or in a marked row; 0 when
 * there is none. Without a set (NULL) all numbers are one run. */
int rd_rows_next(const rd_row_set *set, size_t end, rd_range *range);

#endif
