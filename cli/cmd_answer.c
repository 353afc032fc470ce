/* rondo classify, tag, translate, transcribe: an answer for each record, in order. */
#include "cli.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct answering {
    const char *task;
    int json, probs;
    size_t top;  /* labels told of each record */
    size_t best; /* hypotheses asked for */
    double threshold; /* answers less likely are left out; 0: none are */
    uint64_t records, bad;
} answering;

/* ---- classify: `label TAB probability`, for each of the --top labels ---------------------------------------- */

static void put_probs(json_line *line, const rondo_answer *answer)
{
    buffer probs = {0};
    buffer_put(&probs, "{");
    for (size_t k = 0; k < answer->count; k++) {
        buffer_put(&probs, k ? "," : "");
        json_quote(&probs, answer->text[k], strlen(answer->text[k]));
        buffer_format(&probs, ":%.9g", answer->prob[k]);
    }
    buffer_put(&probs, "}");
    json_raw(line, "probs", probs.text ? probs.text : "{}");
    buffer_free(&probs);
}

static void put_labels(const answering *a, const rondo_answer *answer)
{
    const int sure = answer->count > 0 && answer->prob[0] >= a->threshold;
    if (a->json) {
        json_line line;
        json_begin(&line);
        if (sure)
            json_word(&line, "label", answer->text[0]);
        else
            json_raw(&line, "label", "null");
        if (answer->count) json_number(&line, "p", answer->prob[0]);
        put_probs(&line, answer);
        json_end(&line);
        return;
    }
    const size_t told = a->probs ? answer->count : answer->count < a->top ? answer->count : a->top;
    for (size_t k = 0; k < told && answer->prob[k] >= a->threshold; k++)
        output_format("%s%s\t%.6g", k ? "\t" : "", answer->text[k], answer->prob[k]);
    output_text("\n");
}

/* ---- tag: the lines of the record, with one more column ----------------------------------------------------- */

/* A line of `raw` is '-' and the line as it stood or, of a token, "=FROM,SIZE:" and the line, in which the token stands there. */
typedef struct raw_line {
    const char *line; /* as it stood, without its end */
    size_t size, from, token; /* bytes of the line; where its token begins, bytes of that */
    int is_token, carriage;   /* carriage: it ended in CR LF */
} raw_line;

/* Cuts the next line off *at. */
static raw_line next_line(const char **at, const char *end)
{
    const char *stop = memchr(*at, '\n', (size_t)(end - *at)), *last = stop ? stop : end;
    raw_line l = {.is_token = **at == '=', .line = *at + 1};
    if (l.is_token) {
        char *number;
        l.from = strtoul(l.line, &number, 10);
        l.token = strtoul(number + 1, &number, 10);
        l.line = number + 1;
    }
    l.size = (size_t)(last - l.line);
    l.carriage = l.size > 0 && l.line[l.size - 1] == '\r';
    l.size -= (size_t)l.carriage;
    *at = last + (stop != NULL);
    return l;
}

static void put_tags_json(const answering *a, const rondo_answer *answer)
{
    json_line line;
    buffer tokens = {0}, tags = {0};
    size_t k = 0;
    for (const char *at = answer->raw, *end = at + answer->raw_size; at < end;) {
        const raw_line l = next_line(&at, end);
        if (!l.is_token || k >= answer->count) continue;
        buffer_put(&tokens, k ? "," : "[");
        json_quote(&tokens, l.line + l.from, l.token);
        buffer_put(&tags, k ? "," : "[");
        json_quote(&tags, answer->text[k], strlen(answer->text[k]));
        k++;
    }
    json_begin(&line);
    if (a->best > 1) json_number(&line, "record", (double)answer->record);
    buffer_put(&tokens, k ? "]" : "[]");
    buffer_put(&tags, k ? "]" : "[]");
    json_raw(&line, "tokens", tokens.text ? tokens.text : "[]");
    json_raw(&line, "tags", tags.text ? tags.text : "[]");
    if (a->best > 1) json_number(&line, "score", answer->score);
    json_end(&line);
    buffer_free(&tokens);
    buffer_free(&tags);
}

/* With --n-best each path is a block under its record and score, and one empty line ends it. */
static void put_tags(const answering *a, const rondo_answer *answer)
{
    size_t k = 0;
    if (a->json) {
        put_tags_json(a, answer);
        return;
    }
    if (a->best > 1) output_format("# %llu %.6g\n", (unsigned long long)answer->record, answer->score);
    for (const char *at = answer->raw, *end = at + answer->raw_size; at < end;) {
        const raw_line l = next_line(&at, end);
        if (a->best > 1 && l.size == 0) continue;
        output_sink(NULL, l.line, l.size);
        if (l.is_token && k < answer->count) {
            output_text(memchr(l.line, '\t', l.size) ? "\t" : " ");
            output_text(answer->text[k++]);
        }
        output_text(l.carriage ? "\r\n" : "\n");
    }
    if (a->best > 1) output_text("\n");
}

/* ---- translate: a hypothesis a line, or with --n-best the number of the record, the hypothesis and its score ----- */

/* "0-0 1-2" as [[0,0],[1,2]]. */
static void put_alignment(json_line *line, const char *pairs)
{
    buffer list = {0};
    buffer_put(&list, "[");
    for (const char *at = pairs; *at;) {
        const size_t size = strcspn(at, " "), dash = strcspn(at, "-");
        buffer_format(&list, "%s[%.*s,%.*s]", at > pairs ? "," : "", (int)dash, at, (int)(size - dash - 1), at + dash + 1);
        at += size + (at[size] == ' ');
    }
    buffer_put(&list, "]");
    json_raw(line, "alignment", list.text ? list.text : "[]");
    buffer_free(&list);
}

static void put_hypothesis(const answering *a, const rondo_answer *answer, size_t k)
{
    if (a->json) {
        json_line line;
        const int sound = strcmp(a->task, "transcribe") == 0;
        json_begin(&line);
        if (a->best > 1) json_number(&line, "record", (double)answer->record);
        if (sound) json_text(&line, "file", answer->raw, answer->raw_size);
        json_word(&line, sound ? "text" : "hyp", answer->text[k]);
        json_number(&line, "score", answer->prob[k]);
        if (answer->note) put_alignment(&line, answer->note[k]);
        json_end(&line);
        return;
    }
    if (a->best > 1) output_format("%llu\t", (unsigned long long)answer->record);
    output_text(answer->text[k]);
    if (a->best > 1) output_format("\t%.6g", answer->prob[k]);
    if (answer->note) output_format("\t%s", answer->note[k]);
    output_text("\n");
}

static void put_hypotheses(const answering *a, const rondo_answer *answer)
{
    for (size_t k = 0; k < answer->count; k++)
        put_hypothesis(a, answer, k);
}

/* ---- a record ------------------------------------------------------------------------------------------------ */

static int take(void *user, const rondo_answer *answer)
{
    answering *a = user;
    a->records += answer->rank == 0;
    a->bad += answer->bad != 0;
    if (answer->bad)
        output_text(a->json ? "{\"schema\":1,\"bad\":true}\n" : "\n");
    else if (strcmp(a->task, "tag") == 0)
        put_tags(a, answer);
    else if (has_word("seq2seq transcribe", a->task))
        put_hypotheses(a, answer);
    else
        put_labels(a, answer);
    return output_broken();
}

static int check_task(const session *s, const invocation *call)
{
    const char *task = rondo_model_task(s->model), *verb = call->command->name;
    const char *needed = strcmp(verb, "translate") == 0 ? "seq2seq" : verb;
    if (strcmp(task, needed) == 0) return RONDO_OK;
    return report_fail(RONDO_BAD_MODEL, NULL, "%s: a model of task %s; rondo %s needs one of task %s",
                       text_of(call->options, "model"), task[0] ? task : "(none)", verb, needed);
}

int run_answer(invocation *call)
{
    static const char *const standard_input[] = {"-"};
    session s = {0};
    rondo_error error = {0};
    const char *path = model_path(call);
    int status = path[0] ? session_open(&s, call, path) : RONDO_BAD_ARGUMENT;
    if (status == RONDO_OK) status = check_task(&s, call);
    if (status == RONDO_OK) status = options_fit_task(call, rondo_model_task(s.model));
    if (status == RONDO_OK) {
        answering a = {.task = rondo_model_task(s.model), .json = flag_of(s.options, "json"), .probs = flag_of(s.options, "prob"),
                       .top = (size_t)count_of(s.options, "top"), .threshold = number_of(s.options, "threshold"), .best = (size_t)count_of(s.options, "n-best")};
        if (rondo_predict(s.model, s.options, call->files ? call->file : standard_input, call->files ? (size_t)call->files : 1,
                          take, &a, &error) != RONDO_OK)
            status = report_error(&error);
        if (status == RONDO_OK && a.bad)
            report_note("%llu of %llu records could not be read; their answers are empty", (unsigned long long)a.bad,
                        (unsigned long long)a.records);
    }
    session_close(&s);
    return status;
}
