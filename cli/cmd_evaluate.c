/* rondo evaluate: metrics of a model on data, one a line, and a status for scripts. */
#include "cli.h"

#include <math.h>
#include <string.h>

static const rondo_metric *find(const rondo_metrics *metrics, const char *name)
{
    for (size_t i = 0; i < metrics->count; i++)
        if (strcmp(metrics->metric[i].name, name) == 0) return &metrics->metric[i];
    return NULL;
}

/* Whether every name asked for is one of the model's metrics. */
static int check_names(const rondo_metrics *metrics, char *const *names, size_t count)
{
    buffer known = {0};
    int status = RONDO_OK;
    for (size_t i = 0; i < metrics->count; i++)
        buffer_format(&known, "%s%s", i ? ", " : "", metrics->metric[i].name);
    for (size_t i = 0; i < count && status == RONDO_OK; i++)
        if (!find(metrics, names[i]))
            status = report_fail(RONDO_BAD_ARGUMENT, NULL, "--metric: expected one of %s, found %s",
                                 known.text ? known.text : "", show(names[i]).text);
    buffer_free(&known);
    return status;
}

static int wanted(const char *name, char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0) return 1;
    return count == 0;
}

static void print(const rondo_metrics *metrics, char *const *names, size_t count, int json)
{
    json_line line;
    json_begin(&line);
    for (size_t i = 0; i < metrics->count; i++) {
        const rondo_metric *m = &metrics->metric[i];
        if (!wanted(m->name, names, count)) continue;
        if (json)
            json_number(&line, m->name, m->value);
        else
            output_format("%s\t%.6g\n", m->name, m->value);
    }
    json_number(&line, "rows", metrics->rows);
    if (json)
        json_end(&line);
    else
        buffer_free(&line.text);
}

/* 1 (RONDO_NO) when the first metric asked for is on the wrong side. A value that is no number is always
 * wrong. */
static int gate(const rondo_options *options, const rondo_metrics *metrics, const char *name)
{
    const char *under = text_of(options, "fail-under"), *over = text_of(options, "fail-over");
    const rondo_metric *m = find(metrics, name);
    if (!m || (!under[0] && !over[0])) return RONDO_OK;
    double limit = number_of(options, under[0] ? "fail-under" : "fail-over");
    int sound = under[0] ? m->value >= limit : m->value <= limit;
    if (!sound)
        report_say("%s %.6g is %s %s", m->name, m->value, under[0] ? "under" : "over",
                   under[0] ? under : over);
    return sound ? RONDO_OK : RONDO_NO;
}

static int tell(const session *s, const rondo_metrics *metrics)
{
    char **names = NULL;
    size_t count = 0;
    int status = list_split(text_of(s->options, "metric"), &names, &count);
    if (status == RONDO_OK) status = check_names(metrics, names, count);
    if (status == RONDO_OK) {
        print(metrics, names, count, flag_of(s->options, "json"));
        status = gate(s->options, metrics, count ? names[0] : metrics->count ? metrics->metric[0].name : "");
    }
    list_free(names, count);
    return status;
}

int run_evaluate(invocation *call)
{
    static const char *const standard_input[] = {"-"};
    session s = {0};
    rondo_data *data = NULL;
    rondo_error error = {0};
    rondo_metrics metrics = {0};
    const char *path = model_path(call);
    int status = path[0] ? session_open(&s, call, path) : RONDO_BAD_ARGUMENT;
    if (status == RONDO_OK && (rondo_data_open(s.options, s.model, call->files ? call->file : standard_input,
                                               call->files ? call->files : 1, &data, &error) != RONDO_OK ||
                               rondo_evaluate(s.model, data, s.options, &metrics, &error) != RONDO_OK))
        status = report_error(&error);
    if (status == RONDO_OK) status = tell(&s, &metrics);
    rondo_data_free(data);
    session_close(&s);
    return status;
}
