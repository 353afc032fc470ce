/* Columns of a CSV file by name: found, missed with the nearest name, listed by options; their numbers; groups of rows. */
#include "data/csv_columns.h"

#include "base/hash.h"
#include "base/memory.h"
#include "base/size.h"

#include <math.h>
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

rondo_status rd_csv_judge_header(const rd_csv *header, const rd_input *input, rondo_error *error)
{
    size_t numbers = 0;
    for (size_t i = 0; i < header->fields; i++) {
        double value;
        size_t size;
        const char *text = rd_csv_text(header, i, &size);
        numbers += (size_t)(rd_csv_number(text, size, &value) != 0);
        if (size == 0 && header->fields > 1)
            return rd_fail(error, RONDO_BAD_DATA, "%s:%zu:%zu: a column without a name", input->source->name,
                           header->field[i].line, header->field[i].column);
        if (rd_csv_column(header, text, size) < i)
            return rd_fail(error, RONDO_BAD_DATA, "%s:%zu:%zu: the column %s is there twice",
                           input->source->name, header->field[i].line, header->field[i].column,
                           rd_quote_n(text, size).text);
    }
    if (numbers == header->fields)
        return rd_fail(error, RONDO_BAD_DATA,
                       "%s:%zu:1: the first row holds numbers only (names of columns expected)",
                       input->source->name, header->line);
    return RONDO_OK;
}

rondo_status rd_csv_find(const rd_columns *columns, const rd_csv *csv, const rd_input *input,
                                 size_t **number, size_t *room, rondo_error *error)
{
    RD_TRY(rd_grow(number, room, columns->count, sizeof **number, "columns", error));
    for (size_t i = 0; i < columns->count; i++) {
        size_t size = strlen(columns->name[i]);
        (*number)[i] = rd_csv_column(csv, columns->name[i], size);
        if ((*number)[i] == SIZE_MAX) return rd_csv_no_column(csv, input, columns->name[i], size, error);
    }
    return RONDO_OK;
}

int rd_csv_sound(rd_opening *opening, const rd_csv *csv, size_t columns, const rd_input *input)
{
    if (csv->broken)
        rd_bad_place(&opening->bad, "%s:%zu:%zu: %s", input->source->name, csv->broken_line, csv->broken_column, csv->broken);
    else if (csv->fields != columns)
        rd_bad_place(&opening->bad, "%s:%zu:1: expected %zu columns, found %zu", input->source->name, csv->line, columns, csv->fields);
    else
        return 1;
    return 0;
}

int rd_csv_value(rd_opening *opening, const rd_csv *csv, const rd_input *input, size_t column, const char *name, float *to)
{
    size_t size;
    double value;
    const char *text = rd_csv_text(csv, column, &size);
    const rd_csv_field *field = &csv->field[column];
    if (!rd_csv_number(text, size, &value)) {
        static const char comma[] = "a number is written with a decimal point, as 1.5";
        if (opening->bad.count == 0 && memchr(text, ',', size))
            memcpy(opening->bad.hint, comma, sizeof comma);
        rd_bad_place(&opening->bad, "%s:%zu:%zu: expected a number in column %s, found %s",
                     input->source->name, field->line, field->column, rd_quote(name).text,
                     rd_quote_n(text, size).text);
        return 0;
    }
    *to = (float)value;
    if (isfinite(*to)) return 1;
    rd_bad_place(&opening->bad, "%s:%zu:%zu: the number %s in column %s is too large", input->source->name,
                 field->line, field->column, rd_quote_n(text, size).text, rd_quote(name).text);
    return 0;
}

/* ---- groups */

static int enter_hash(uint64_t *slot, size_t slots, uint64_t hash)
{
    size_t i = (size_t)(hash & (slots - 1));
    while (slot[i] && slot[i] != hash)
        i = (i + 1) & (slots - 1);
    int fresh = slot[i] == 0;
    slot[i] = hash;
    return fresh;
}

static rondo_status make_room(rd_groups *groups, rondo_error *error)
{
    const size_t slots = groups->slots ? groups->slots * 2 : 64;
    uint64_t *wider = NULL;
    if (groups->count * 2 < groups->slots) return RONDO_OK;
    RD_TRY(rd_alloc(slots, sizeof *wider, "names of groups", &wider, error));
    for (size_t i = 0; i < groups->slots; i++)
        if (groups->seen[i]) enter_hash(wider, slots, groups->seen[i]);
    rd_free(groups->seen);
    groups->seen = wider;
    groups->slots = slots;
    return RONDO_OK;
}

rondo_status rd_groups_begin(rd_groups *groups, const rd_csv *csv, const rd_input *input, size_t column, rondo_error *error)
{
    size_t size;
    const char *name = rd_csv_text(csv, column, &size);
    RD_TRY(make_room(groups, error));
    if (!enter_hash(groups->seen, groups->slots, rd_fnv1a(name, size) | 1))
        return rd_fail(error, RONDO_BAD_DATA, "%s:%zu:%zu: the group %s was there before (its rows must stand together)",
                       input->source->name, csv->line, csv->field[column].column, rd_quote_n(name, size).text);
    groups->count++;
    return RONDO_OK;
}

void rd_groups_free(rd_groups *groups)
{
    rd_free(groups->seen);
    *groups = (rd_groups){0};
}
