/* Columns of a CSV file by name: found, missed with the nearest name, listed by options. */
#include "data/csv_columns.h"

#include "base/memory.h"
#include "base/size.h"

#include <string.h>

rondo_status rd_columns_add(rd_columns *columns, const char *name, size_t size, rondo_error *error)
{
    char *copy = NULL;
    RD_TRY(rd_grow(&columns->name, &columns->room, columns->count + 1, sizeof *columns->name,
                   "names of columns", error));
    RD_TRY(rd_alloc(size + 1, 1, "the name of a column", &copy, error));
    memcpy(copy, name, size);
    columns->name[columns->count++] = copy;
    return RONDO_OK;
}

/* The number of the column of that name in the header at hand, SIZE_MAX when there is none. */
size_t rd_csv_column(const rd_csv *csv, const char *name, size_t size)
{
    for (size_t i = 0; i < csv->fields; i++) {
        size_t length;
        const char *text = rd_csv_text(csv, i, &length);
        if (length == size && memcmp(text, name, size) == 0) return i;
    }
    return SIZE_MAX;
}

rondo_status rd_csv_no_column(const rd_csv *csv, const rd_input *input, const char *name, size_t size,
                              rondo_error *error)
{
    size_t best = SIZE_MAX, nearest = 0;
    char wanted[64] = "", known[64];
    memcpy(wanted, name, rd_size_min(size, sizeof wanted - 1));
    for (size_t i = 0; i < csv->fields; i++) {
        size_t length;
        const char *text = rd_csv_text(csv, i, &length);
        memset(known, 0, sizeof known);
        memcpy(known, text, rd_size_min(length, sizeof known - 1));
        size_t distance = rd_edit_distance(wanted, known);
        nearest = distance < best ? i : nearest;
        best = rd_size_min(distance, best);
    }
    rd_fail(error, RONDO_BAD_DATA, "%s:%zu: there is no column %s", input->source->name, csv->line,
            rd_quote_n(name, size).text);
    size_t length;
    const char *text = rd_csv_text(csv, nearest, &length);
    rd_hint(error, "the nearest of %zu columns is %s", csv->fields, rd_quote_n(text, length).text);
    return RONDO_BAD_DATA;
}

/* Adds the names of a list "a,b" that the options give to `columns`. */
rondo_status rd_csv_listed(const rd_csv *csv, const rd_input *input, const char *list,
                                   rd_columns *columns, rondo_error *error)
{
    while (*list) {
        list += strspn(list, " ");
        size_t size = strcspn(list, ",");
        if (rd_csv_column(csv, list, size) == SIZE_MAX) return rd_csv_no_column(csv, input, list, size, error);
        RD_TRY(rd_columns_add(columns, list, size, error));
        list += size + (list[size] == ',');
    }
    return RONDO_OK;
}

int rd_columns_hold(const rd_columns *columns, const char *name, size_t size)
{
    for (size_t i = 0; i < columns->count; i++)
        if (strlen(columns->name[i]) == size && memcmp(columns->name[i], name, size) == 0) return 1;
    return 0;
}

int rd_csv_same(const char *text, const char *other, size_t size)
{
    return strlen(text) == size && memcmp(text, other, size) == 0;
}

int rd_csv_number(const char *text, size_t size, double *value)
{
    while (size && *text == ' ')
        text++, size--;
    while (size && text[size - 1] == ' ')
        size--;
    return rd_parse_number(text, size, value);
}

rondo_status rd_csv_check(const rd_csv *csv, const rd_input *input, rondo_error *error)
{
    if (!csv->broken) return RONDO_OK;
    return rd_fail(error, RONDO_BAD_DATA, "%s:%zu:%zu: %s", input->source->name, csv->broken_line,
                   csv->broken_column, csv->broken);
}
