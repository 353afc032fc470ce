/* Bits in words of 64, so that rows come in ascending order and a list of many rows that are not marked costs
 * little. */
#include "kernels/row_list.h"

#include "base/size.h"

#include <string.h>

enum { BITS = 64 };

size_t rd_row_words(size_t rows)
{
    return rd_ceil_div(rows, BITS);
}

void rd_row_mark(const rd_row_list *list, size_t row)
{
    list->mark[row / BITS] |= (uint64_t)1 << row % BITS;
}

size_t rd_row_next(const rd_row_list *list, size_t row)
{
    if (row >= list->rows) return list->rows;
    uint64_t word = list->mark[row / BITS] >> row % BITS;
    if (word) return row + (size_t)__builtin_ctzll(word);
    for (size_t at = row / BITS + 1; at < rd_row_words(list->rows); at++)
        if (list->mark[at]) return at * BITS + (size_t)__builtin_ctzll(list->mark[at]);
    return list->rows;
}

void rd_rows_unmark(const rd_row_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        memset(set->list[i].mark, 0, rd_row_words(set->list[i].rows) * sizeof *set->list[i].mark);
}

static int give(rd_range *range, size_t from, size_t to, size_t end)
{
    range->from = from;
    range->to = rd_size_min(to, end);
    return from < end;
}

int rd_rows_next(const rd_row_set *set, size_t end, rd_range *range)
{
    size_t at = range->to;
    for (size_t i = 0; set && i < set->count; i++) {
        const rd_row_list *list = &set->list[i];
        const size_t after = list->at + list->rows * list->columns;
        if (at < list->at) return give(range, at, list->at, end);
        if (at >= after) continue;
        const size_t row = rd_row_next(list, (at - list->at) / list->columns),
                     first = list->at + row * list->columns;
        if (row < list->rows) return give(range, rd_size_max(at, first), first + list->columns, end);
        at = after;
    }
    return give(range, at, end, end);
}
