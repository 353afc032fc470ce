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

/* What is told: of the model, and, with --baselines, of counting in training data alone. */
typedef struct results {
    const session *s;
    rondo_metrics metrics, beside;
    rondo_scores *scores; /* owned */
} results;

static void print(const rondo_metrics *metrics, char *const *names, size_t count)
{
    for (size_t i = 0; i < metrics->count; i++) {
        const rondo_metric *m = &metrics->metric[i];
        if (wanted(m->name, names, count)) output_format("%s\t%.6g\n", m->name, m->value);
    }
}

static void print_beside(const rondo_metrics *beside)
{
    for (size_t i = 0; i < beside->count; i++)
        output_format("baseline %s\t%.6g\n", beside->metric[i].name, beside->metric[i].value);
}

static void put_beside_json(json_line *line, const rondo_metrics *beside)
{
    buffer object = {0};
    for (size_t i = 0; i < beside->count; i++) {
        const rondo_metric *m = &beside->metric[i];
        buffer_put(&object, i ? "," : "{");
        json_quote(&object, m->name, strlen(m->name));
        if (isfinite(m->value))
            buffer_format(&object, ":%.9g", m->value);
        else
            buffer_put(&object, ":null");
    }
    buffer_put(&object, "}");
    if (beside->count && object.text) json_raw(line, "baselines", object.text);
    buffer_free(&object);
}

static void print_json(const results *r, char *const *names, size_t count)
{
    const rondo_metrics *metrics = &r->metrics;
    json_line line;
    json_begin(&line);
    for (size_t i = 0; i < metrics->count; i++) {
        const rondo_metric *m = &metrics->metric[i];
        if (wanted(m->name, names, count)) json_number(&line, m->name, m->value);
    }
    json_number(&line, "rows", metrics->rows);
    put_beside_json(&line, &r->beside);
    json_end(&line);
}

/* ---- tables and pictures of labels */

static int write_scores(const rondo_scores *scores, const char *what, const rondo_options *options)
{
    rondo_error error = {0};
    return rondo_scores_write(scores, what, options, output_sink, NULL, &error) == RONDO_OK
               ? RONDO_OK
               : report_error(&error);
}

/* To people: what counting the labels of these data alone would reach. */
static int baseline(const session *s, const rondo_scores *scores)
{
    buffer text = {0};
    rondo_error error = {0};
    int status = RONDO_OK;
    if (rondo_scores_write(scores, "baseline", s->options, buffer_sink, &text, &error) != RONDO_OK)
        status = report_error(&error);
    else if (text.size > 0)
        report_say("baseline on the same data: %.*s", (int)text.size - 1, text.text);
    buffer_free(&text);
    return status;
}

/* To people: how BLEU was computed and what was edited ("report"), targets that are in no loss ("notes"). */
static int say(const session *s, const rondo_scores *scores, const char *what)
{
    rondo_error error = {0};
    return rondo_scores_write(scores, what, s->options, say_sink, NULL, &error) == RONDO_OK
               ? RONDO_OK
               : report_error(&error);
}

/* --confusion: a line a class (of chunk tags, that stands above already) and the matrix; with --json its
 * numbers. */
static int confusion(const session *s, const rondo_scores *scores, int told)
{
    if (!flag_of(s->options, "confusion")) return RONDO_OK;
    if (flag_of(s->options, "json")) return write_scores(scores, "confusion.json", s->options);
    settle_pictures(s->options);
    output_text("\n");
    int status = told ? RONDO_OK : write_scores(scores, "report", s->options);
    if (!told) output_text("\n");
    return status == RONDO_OK ? write_scores(scores, "confusion", s->options) : status;
}

static int confusion_svg(const session *s, const rondo_scores *scores)
{
    const char *path = text_of(s->options, "svg");
    buffer picture = {0};
    rondo_error error = {0};
    if (!path[0]) return RONDO_OK;
    int status = RONDO_OK;
    if (rondo_scores_write(scores, "confusion.svg", s->options, buffer_sink, &picture, &error) != RONDO_OK)
        status = report_error(&error);
    else
        status = picture_save(path, &picture, flag_of(s->options, "force"));
    buffer_free(&picture);
    return status;
}

/* Chunk tags are told in conlleval's text, unless single metrics or JSON are asked for. */
static int put_results(const results *r, char *const *names, size_t count)
{
    const session *s = r->s;
    const rondo_metrics *metrics = &r->metrics;
    const rondo_scores *scores = r->scores;
    int json = flag_of(s->options, "json"), told = !json && count == 0 && find(metrics, "entity_f1") != NULL;
    int status = RONDO_OK;
    if (told)
        status = write_scores(scores, "report", s->options);
    else if (json)
        print_json(r, names, count);
    else
        print(metrics, names, count);
    if (!json) print_beside(&r->beside);
    if (status == RONDO_OK && find(metrics, "bleu")) status = say(s, scores, "report");
    if (status == RONDO_OK) status = say(s, scores, "notes");
    if (status == RONDO_OK && !report_quiet()) status = baseline(s, scores);
    if (status == RONDO_OK) status = confusion(s, scores, told);
    return status == RONDO_OK ? confusion_svg(s, scores) : status;
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

static int tell(const results *r)
{
    const rondo_metrics *metrics = &r->metrics;
    char **names = NULL;
    size_t count = 0;
    int status = list_split(text_of(r->s->options, "metric"), &names, &count);
    if (status == RONDO_OK) status = check_names(metrics, names, count);
    if (status == RONDO_OK) status = put_results(r, names, count);
    if (status == RONDO_OK)
        status = gate(r->s->options, metrics, count ? names[0] : metrics->count ? metrics->metric[0].name : "");
    list_free(names, count);
    return status;
}

/* --baselines: the training data, read with the model's vocabularies. */
static int measure_beside(results *r, const rondo_data *data)
{
    char **path = NULL;
    size_t paths = 0;
    rondo_data *train = NULL;
    rondo_error error = {0};
    int status = list_split(text_of(r->s->options, "baselines"), &path, &paths);
    if (status == RONDO_OK && paths &&
        (rondo_data_open(r->s->options, r->s->model, (const char *const *)path, paths, &train, &error) != RONDO_OK ||
         rondo_baselines(train, data, r->s->options, &r->beside, &error) != RONDO_OK))
        status = report_error(&error);
    if (status == RONDO_OK && paths && r->beside.count == 0)
        status = report_fail(RONDO_BAD_ARGUMENT, NULL, "--baselines: there are none for a model of task %s",
                             text_of(r->s->options, "task"));
    rondo_data_free(train);
    list_free(path, paths);
    return status;
}

int run_evaluate(invocation *call)
{
    static const char *const standard_input[] = {"-"};
    session s = {0};
    rondo_data *data = NULL;
    rondo_error error = {0};
    results r = {.s = &s};
    const char *path = model_path(call);
    int status = path[0] ? session_open(&s, call, path) : RONDO_BAD_ARGUMENT;
    if (status == RONDO_OK) status = options_fit_task(call, rondo_model_task(s.model));
    if (status == RONDO_OK &&
        (rondo_data_open(s.options, s.model, call->files ? call->file : standard_input,
                         call->files ? call->files : 1, &data, &error) != RONDO_OK ||
         rondo_scores_new(s.model, data, s.options, &r.metrics, &r.scores, &error) != RONDO_OK))
        status = report_error(&error);
    if (status == RONDO_OK) status = measure_beside(&r, data);
    if (status == RONDO_OK) status = tell(&r);
    rondo_scores_free(r.scores);
    rondo_data_free(data);
    session_close(&s);
    return status;
}
