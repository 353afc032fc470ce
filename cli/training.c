/* What training tells while it runs, to people and as JSON, and the answers that signals give it. */
#include "cli.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void training_begin(training *t, const rondo_options *options, const char *run)
{
    *t = (training){.options = options, .run = run, .best_loss = (double)NAN};
    t->json = flag_of(options, "json");
    progress_begin(&t->bar, options);
}

/* ---- events as JSON: the names are those of metrics.jsonl */

static void json_step(json_line *line, const rondo_event *event)
{
    const rondo_step_report *step = event->step;
    json_count(line, "epoch", step->epoch);
    json_number(line, "loss", step->loss);
    json_number(line, "rows", step->rows);
    json_number(line, "grad_norm", step->grad_norm);
    json_number(line, "rate", step->rate);
    json_number(line, "seconds", step->seconds);
}

static void json_eval(json_line *line, const rondo_event *event)
{
    json_number(line, "train_loss", event->train_loss);
    json_number(line, "valid_loss", event->valid_loss);
    json_number(line, "best_loss", event->best_loss);
    json_count(line, "best_step", event->best_step);
    json_raw(line, "improved", event->improved ? "true" : "false");
    json_number(line, "seconds_trained", event->seconds_trained);
    json_number(line, "tokens_per_second", event->tokens_per_second);
    json_number(line, "input_wait", event->input_wait);
    for (size_t i = 0; event->metrics && i < event->metrics->count; i++)
        json_number(line, event->metrics->metric[i].name, event->metrics->metric[i].value);
}

static void json_start(json_line *line, const rondo_event *event)
{
    json_count(line, "total_steps", event->total_steps);
    json_count(line, "memory", event->memory);
}

static void json_last(json_line *line, const rondo_event *event)
{
    json_number(line, "train_loss", event->train_loss);
    if (isfinite(event->best_loss)) {
        json_number(line, "best_loss", event->best_loss);
        json_count(line, "best_step", event->best_step);
    }
    json_number(line, "seconds_trained", event->seconds_trained);
}

static void put_json(const training *t, const rondo_event *event)
{
    static const struct {
        rondo_event_kind kind;
        const char *name;
        void (*fill)(json_line *line, const rondo_event *event);
    } kinds[] = {
        {RONDO_EVENT_START, "start", json_start}, {RONDO_EVENT_STEP, "step", json_step},
        {RONDO_EVENT_EVAL, "eval", json_eval},    {RONDO_EVENT_CHECKPOINT, "checkpoint", NULL},
        {RONDO_EVENT_WARNING, "warning", NULL},   {RONDO_EVENT_END, "end", json_last},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i].kind != event->kind) continue;
        json_line line;
        json_begin(&line);
        json_word(&line, "event", kinds[i].name);
        json_count(&line, "step", t->step);
        if (kinds[i].fill && (event->step || event->kind != RONDO_EVENT_STEP)) kinds[i].fill(&line, event);
        if (event->text) json_word(&line, "text", event->text);
        json_end(&line);
        output_flush();
    }
}

/* ---- the callback */

static void on_start(training *t, const rondo_event *event)
{
    if (event->memory) report_say("needs %s", byte_size((double)event->memory).text);
    if (t->step) report_say("goes on after step %llu", (unsigned long long)t->step);
}

static void on_checkpoint(training *t, const rondo_event *event)
{
    t->saved = 1;
    t->saved_step = t->step;
    if (report_verbose()) {
        progress_erase(&t->bar);
        report_say("saved %s, step %llu", event->text ? event->text : "", (unsigned long long)t->step);
    }
}

static void on_warning(training *t, const rondo_event *event)
{
    progress_erase(&t->bar);
    report_note("%s", event->text ? event->text : "");
}

static void on_end(training *t, const rondo_event *event)
{
    snprintf(t->reason, sizeof t->reason, "%s", event->text ? event->text : "");
    t->best_headline = event->headline;
    progress_erase(&t->bar);
}

static void on_eval(training *t, const rondo_event *event)
{
    t->best_loss = event->best_loss;
    t->best_step = event->best_step;
    progress_eval(&t->bar, event);
}

static void on_step(training *t, const rondo_event *event)
{
    progress_step(&t->bar, event);
}

int training_event(void *user, const rondo_event *event)
{
    static void (*const on[])(training *, const rondo_event *) = {
        [RONDO_EVENT_START] = on_start,     [RONDO_EVENT_STEP] = on_step,
        [RONDO_EVENT_EVAL] = on_eval,       [RONDO_EVENT_CHECKPOINT] = on_checkpoint,
        [RONDO_EVENT_WARNING] = on_warning, [RONDO_EVENT_END] = on_end,
    };
    training *t = user;
    if (event->step) t->step = event->step->step;
    if ((size_t)event->kind < sizeof on / sizeof on[0]) on[event->kind](t, event);
    if (t->json) put_json(t, event);
    if (signals_stop() || (t->json && output_broken())) return 1;
    return signals_save() ? 2 : 0;
}

/* ---- beside the score */

void training_baselines(const rondo_data *train, const rondo_data *valid, const rondo_options *options,
                        baselines *out)
{
    rondo_metrics metrics = {0};
    rondo_error error = {0};
    *out = (baselines){.best = (double)NAN};
    if (rondo_baselines(train, valid, options, &metrics, &error) != RONDO_OK) {
        if (report_verbose()) report_note("no baselines: %s", error.message);
        return;
    }
    for (size_t i = 0; i < metrics.count; i++) {
        const rondo_metric *m = &metrics.metric[i];
        size_t used = strlen(out->text);
        snprintf(out->text + used, sizeof out->text - used, "%s%s %.4g", i ? ", " : "", m->name, m->value);
        if (m->better < 0 && !(m->value >= out->best)) {
            out->best = m->value;
            snprintf(out->best_name, sizeof out->best_name, "%s", m->name);
        }
    }
}
