/* rondo score: the log-probability of each line, one record for each record, and the sums on standard error.
 */
#include "cli.h"

#include <math.h>
#include <string.h>

typedef struct scoring {
    double per_nat;  /* what a nat is in the base asked for */
    const char *per; /* "line", "token", "total" */
    int json, kenlm;
    double logprob, known; /* natural, of all lines; of tokens, those in the vocabulary */
    uint64_t lines, tokens, unknown;
} scoring;

static void put_tokens(const scoring *s, const rondo_scored *line, json_line *json)
{
    buffer list = {0};
    buffer_put(&list, "[");
    for (size_t i = 0; i < line->tokens; i++) {
        buffer_put(&list, i ? ",[" : "[");
        json_quote(&list, line->token[i], strlen(line->token[i]));
        if (isfinite(line->per_token[i]))
            buffer_format(&list, ",%.9g]", line->per_token[i] * s->per_nat);
        else
            buffer_put(&list, ",null]");
        json->nonfinite |= !isfinite(line->per_token[i]);
    }
    buffer_put(&list, "]");
    json_raw(json, "per_token", list.text ? list.text : "[]");
    buffer_free(&list);
}

static void put_json(const scoring *s, const rondo_scored *line)
{
    json_line json;
    json_begin(&json);
    json_text(&json, "text", line->text, line->size);
    json_number(&json, "logprob", line->logprob * s->per_nat);
    json_count(&json, "tokens", line->tokens);
    json_count(&json, "oov", line->unknown);
    if (strcmp(s->per, "token") == 0) put_tokens(s, line, &json);
    json_end(&json);
}

/* Control characters of a token would break the columns. */
static void put_token(const char *token)
{
    for (; *token; token++)
        if ((unsigned char)*token < 0x20)
            output_format("\\x%02x", (unsigned char)*token);
        else
            output_sink(NULL, token, 1);
}

static void put_line(const scoring *s, const rondo_scored *line)
{
    if (s->kenlm) {
        output_format("Total: %.6g OOV: %zu\n", line->logprob * s->per_nat, line->unknown);
        return;
    }
    if (strcmp(s->per, "token") == 0) {
        for (size_t i = 0; i < line->tokens; i++) {
            output_format("%.6g\t", line->per_token[i] * s->per_nat);
            put_token(line->token[i]);
            output_text("\n");
        }
        output_text("\n");
        return;
    }
    output_format("%.6g\t%zu\t%zu\t", line->logprob * s->per_nat, line->tokens, line->unknown);
    output_sink(NULL, line->text, line->size);
    output_text("\n");
}

/* An empty result keeps the place of a line that was left out. */
static int pass_over(const scoring *s, const rondo_scored *line)
{
    report_note("%s; left out", line->text);
    if (strcmp(s->per, "total") == 0) return 0;
    if (s->json) {
        json_line json;
        json_begin(&json);
        json_raw(&json, "text", "null");
        json_number(&json, "logprob", line->logprob);
        json_count(&json, "tokens", 0);
        json_end(&json);
    } else {
        output_text("\n");
    }
    return output_broken();
}

static int take(void *user, const rondo_scored *line)
{
    scoring *s = user;
    s->lines++;
    if (line->tokens == 0) return pass_over(s, line);
    s->tokens += line->tokens;
    s->unknown += line->unknown;
    s->logprob += line->logprob;
    if (strcmp(s->per, "total") == 0) return 0;
    if (s->json)
        put_json(s, line);
    else
        put_line(s, line);
    return output_broken();
}

static void summary(const scoring *s, int characters)
{
    double each = s->tokens ? -s->logprob / (double)s->tokens : 0;
    if (strcmp(s->per, "total") == 0 && s->json) {
        json_line json;
        json_begin(&json);
        json_count(&json, "lines", s->lines);
        json_number(&json, "logprob", s->logprob * s->per_nat);
        json_count(&json, "tokens", s->tokens);
        json_count(&json, "oov", s->unknown);
        json_number(&json, "perplexity", exp(each));
        json_end(&json);
    } else if (strcmp(s->per, "total") == 0) {
        output_format("%.9g\t%llu\t%llu\n", s->logprob * s->per_nat, (unsigned long long)s->tokens,
                      (unsigned long long)s->unknown);
    }
    buffer bits = {0};
    if (characters) buffer_format(&bits, "  bits/char %.4g", each / 0.693147180559945309);
    report_say("lines %llu  tokens %llu (end symbols counted)  unknown %llu%s  perplexity %.4g",
               (unsigned long long)s->lines, (unsigned long long)s->tokens, (unsigned long long)s->unknown,
               bits.text ? bits.text : "", exp(each));
    buffer_free(&bits);
}

static int settle(scoring *s, const rondo_options *options)
{
    static const struct {
        const char *base;
        double per_nat;
    } bases[] = {{"e", 1}, {"2", 1.44269504088896341}, {"10", 0.434294481903251828}};
    const char *format = text_of(options, "format");
    s->kenlm = strcmp(format, "kenlm") == 0;
    if (!s->kenlm && strcmp(format, "text") != 0)
        return report_fail(RONDO_BAD_ARGUMENT, NULL, "--format: rondo score writes text or kenlm, found %s",
                           show(format).text);
    s->per = text_of(options, "per");
    s->json = flag_of(options, "json");
    const char *base = s->kenlm ? "10" : text_of(options, "base");
    for (size_t i = 0; i < sizeof bases / sizeof bases[0]; i++)
        if (strcmp(bases[i].base, base) == 0) s->per_nat = bases[i].per_nat;
    if (s->kenlm && rondo_options_is_set(options, "base") && strcmp(text_of(options, "base"), "10") != 0)
        return report_fail(RONDO_BAD_ARGUMENT, NULL, "--format kenlm is in base 10, --base says %s",
                           text_of(options, "base"));
    return RONDO_OK;
}

int run_score(invocation *call)
{
    session s = {0};
    scoring sums = {.per_nat = 1};
    rondo_error error = {0};
    int status = settle(&sums, call->options);
    const char *path = status == RONDO_OK ? model_path(call) : "";
    if (status == RONDO_OK) status = path[0] ? session_open(&s, call, path) : RONDO_BAD_ARGUMENT;
    if (status == RONDO_OK) status = options_fit_task(call, rondo_model_task(s.model));
    if (status == RONDO_OK &&
        rondo_score(s.model, s.options, call->files ? call->file[0] : "-", take, &sums, &error) != RONDO_OK)
        status = report_error(&error);
    if (status == RONDO_OK) summary(&sums, option_is(s.options, "tokens", "char"));
    session_close(&s);
    return status;
}
