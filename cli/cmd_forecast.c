/* rondo forecast: series that go on, as CSV with the columns of the file. */
#include "cli.h"

#include <string.h>

typedef struct telling {
    int json, headed;
    const char *group; /* name of the column, or "" */
} telling;

/* A field of CSV, quoted when it must be. */
static void put_field(const char *text)
{
    if (!text[strcspn(text, ",\"\r\n")]) {
        output_text(text);
        return;
    }
    output_text("\"");
    for (; *text; text++) {
        const char one[3] = {*text, *text == '"' ? '"' : 0, 0};
        output_text(one);
    }
    output_text("\"");
}

static void put_header(const telling *t, const rondo_forecast_row *row)
{
    if (t->group[0]) {
        put_field(t->group);
        output_text(",");
    }
    put_field(row->time_column ? row->time_column : "step");
    for (size_t i = 0; i < row->columns; i++) {
        output_text(",");
        put_field(row->column[i]);
    }
    output_text("\n");
}

static void put_json(const telling *t, const rondo_forecast_row *row)
{
    json_line line;
    json_begin(&line);
    if (t->group[0]) json_word(&line, t->group, row->series);
    if (row->time_column) json_word(&line, row->time_column, row->time);
    json_count(&line, "step", row->step);
    for (size_t i = 0; i < row->columns; i++)
        json_number(&line, row->column[i], row->value[i]);
    json_end(&line);
}

static void put_csv(telling *t, const rondo_forecast_row *row)
{
    if (!t->headed) put_header(t, row);
    t->headed = 1;
    if (t->group[0]) {
        put_field(row->series);
        output_text(",");
    }
    if (row->time_column)
        put_field(row->time);
    else
        output_format("%zu", row->step);
    for (size_t i = 0; i < row->columns; i++)
        output_format(",%.9g", row->value[i]);
    output_text("\n");
}

static int take(void *user, const rondo_forecast_row *row)
{
    telling *t = user;
    if (t->json)
        put_json(t, row);
    else
        put_csv(t, row);
    return output_broken();
}

int run_forecast(invocation *call)
{
    static const char *const standard_input[] = {"-"};
    session s = {0};
    rondo_error error = {0};
    const char *path = model_path(call);
    int status = path[0] ? session_open(&s, call, path) : RONDO_BAD_ARGUMENT;
    if (status == RONDO_OK) {
        telling t = {.json = flag_of(s.options, "json"), .group = text_of(s.options, "group")};
        if (rondo_forecast(s.model, s.options, call->files ? call->file : standard_input,
                           call->files ? (size_t)call->files : 1, take, &t, &error) != RONDO_OK)
            status = report_error(&error);
    }
    session_close(&s);
    return status;
}
