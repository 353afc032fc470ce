/* A walk over the bytes of a row that knows three places: in a bare field, in a quoted one, behind its quote.
 */
#include "data/csv.h"

#include "base/memory.h"

#include <string.h>

enum place { FRONT, BARE, QUOTED, BEHIND };

static rondo_status begin_field(rd_csv *csv, const rd_input *input, size_t column, rondo_error *error)
{
    if (csv->fields >= RD_CSV_COLUMNS)
        return rd_fail(error, RONDO_LIMIT, "%s:%zu: a row has more than %d columns", input->source->name,
                       input->number, RD_CSV_COLUMNS);
    RD_TRY(rd_grow(&csv->field, &csv->room, csv->fields + 1, sizeof *csv->field, "a row", error));
    csv->field[csv->fields++] = (rd_csv_field){.at = csv->text.size, .line = input->number, .column = column};
    return RONDO_OK;
}

static void end_field(rd_csv *csv)
{
    rd_csv_field *field = &csv->field[csv->fields - 1];
    field->size = csv->text.size - field->at;
}

static void break_at(rd_csv *csv, const rd_input *input, size_t column, const char *what)
{
    if (csv->broken) return;
    csv->broken = what;
    csv->broken_line = input->number;
    csv->broken_column = column;
}

/* One byte that is not a separator outside quotes; gives the new place. */
static enum place one_byte(rd_csv *csv, const rd_input *input, enum place place, char c, size_t column)
{
    if (c == '"') {
        if (place == FRONT) return QUOTED;
        if (place == QUOTED) return BEHIND;
        if (place == BARE)
            break_at(csv, input, column, "a quote inside a field that does not begin with one");
    } else if (place == BEHIND) {
        break_at(csv, input, column, "text behind a closing quote");
    }
    rd_text_add(&csv->text, &c, 1);
    if (place == BEHIND) return c == '"' ? QUOTED : BARE;
    return place == FRONT ? BARE : place;
}

/* Walks one line; *place is QUOTED afterwards when the row goes on in the next line. */
static rondo_status one_line(rd_csv *csv, const rd_input *input, const char *line, size_t size,
                             enum place *place, rondo_error *error)
{
    for (size_t i = 0; i < size; i++) {
        if (line[i] == csv->separator && *place != QUOTED) {
            end_field(csv);
            RD_TRY(begin_field(csv, input, i + 2, error));
            *place = FRONT;
        } else {
            *place = one_byte(csv, input, *place, line[i], i + 1);
        }
    }
    return RONDO_OK;
}

static rondo_status first_line(rd_input *input, const char **line, size_t *size, int *more,
                               rondo_error *error)
{
    do
        RD_TRY(rd_input_line(input, line, size, more, error));
    while (*more && *size == 0);
    return RONDO_OK;
}

rondo_status rd_csv_row(rd_csv *csv, rd_input *input, int *more, rondo_error *error)
{
    const char *line = NULL;
    size_t size = 0;
    enum place place = FRONT;
    RD_TRY(first_line(input, &line, &size, more, error));
    if (!*more) return RONDO_OK;
    if (!csv->separator) csv->separator = rd_csv_separator(line, size);
    csv->fields = 0;
    csv->broken = NULL;
    csv->line = input->number;
    rd_text_clear(&csv->text);
    RD_TRY(begin_field(csv, input, 1, error));
    for (;;) {
        RD_TRY(one_line(csv, input, line, size, &place, error));
        const rd_csv_field *open = &csv->field[csv->fields - 1];
        if (place != QUOTED) break;
        if (csv->text.size > input->max_line)
            return rd_fail(error, RONDO_LIMIT,
                           "%s:%zu:%zu: a quoted field is longer than %zu bytes (see --max-line)",
                           input->source->name, open->line, open->column, input->max_line);
        rd_text_add(&csv->text, "\n", 1);
        size_t opened_line = open->line, opened_column = open->column;
        int goes_on = 0;
        RD_TRY(rd_input_line(input, &line, &size, &goes_on, error));
        if (!goes_on)
            return rd_fail(error, RONDO_BAD_DATA, "%s:%zu:%zu: a quote is opened here and never closed",
                           input->source->name, opened_line, opened_column);
    }
    end_field(csv);
    return rd_text_done(&csv->text, error);
}

const char *rd_csv_text(const rd_csv *csv, size_t i, size_t *size)
{
    *size = csv->field[i].size;
    return csv->text.text ? csv->text.text + csv->field[i].at : "";
}

char rd_csv_separator(const char *line, size_t size)
{
    static const char separators[] = ",;\t";
    size_t count[sizeof separators] = {0}, best = 0;
    int quoted = 0;
    for (size_t i = 0; i < size; i++) {
        const char *known = line[i] ? strchr(separators, line[i]) : NULL;
        quoted ^= line[i] == '"';
        if (known && !quoted) count[known - separators]++;
    }
    for (size_t i = 1; i < sizeof separators - 1; i++)
        if (count[i] > count[best]) best = i;
    return separators[best];
}

void rd_csv_free(rd_csv *csv)
{
    rd_text_free(&csv->text);
    rd_free(csv->field);
    *csv = (rd_csv){0};
}
