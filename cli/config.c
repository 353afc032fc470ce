/* Options from the environment and from files, and as the commands read them. */
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* ---- reading */

const char *text_of(const rondo_options *options, const char *name)
{
    const char *text = rondo_options_get(options, name);
    return text ? text : "";
}

int option_is(const rondo_options *options, const char *name, const char *choice)
{
    return strcmp(text_of(options, name), choice) == 0;
}

int flag_of(const rondo_options *options, const char *name)
{
    return option_is(options, name, "on");
}

/* The library keeps one spelling of each value, which strtod and strtoull read to the end; "60s" is seconds.
 */
double number_of(const rondo_options *options, const char *name)
{
    return strtod(text_of(options, name), NULL);
}

uint64_t count_of(const rondo_options *options, const char *name)
{
    return strtoull(text_of(options, name), NULL, 10);
}

void option_put(rondo_options *options, const char *name, const char *value)
{
    rondo_error error = {0};
    if (rondo_options_set(options, name, value, &error) != RONDO_OK)
        report_note("--%s %s: %s", name, value, error.message);
}

/* ---- sources */

static void environment_name(const char *option, char *out, size_t size)
{
    size_t at = (size_t)snprintf(out, size, "RONDO_%s", option);
    for (size_t i = 0; i < at && i < size; i++)
        out[i] = (char)(out[i] == '-' ? '_' : out[i] >= 'a' && out[i] <= 'z' ? out[i] - 'a' + 'A' : out[i]);
}

int config_environment(invocation *call)
{
    rondo_option_info info;
    for (size_t i = 0; rondo_option(i, &info) == RONDO_OK; i++) {
        char name[80];
        environment_name(info.name, name, sizeof name);
        const char *value = getenv(name);
        if (!value || strcmp(info.group, "General") == 0 || !option_applies(&info, call->command)) continue;
        rondo_error error = {0};
        if (rondo_options_set(call->options, info.name, value, &error) != RONDO_OK) {
            size_t n = strlen(info.name);
            const char *rest = strncmp(error.message, info.name, n) ? error.message : error.message + n;
            return report_fail((int)error.status, error.hint, "environment: %s%s%s", name,
                               rest == error.message ? ": " : "", rest);
        }
    }
    return RONDO_OK;
}

/* A file may serve several commands: what this one does not take is checked and left out. */
static int take_over(rondo_options *options, const rondo_options *from, const command *verb)
{
    rondo_option_info info;
    rondo_error error = {0};
    for (size_t i = 0; rondo_option(i, &info) == RONDO_OK; i++)
        if (rondo_options_is_set(from, info.name) && option_applies(&info, verb) &&
            rondo_options_set(options, info.name, text_of(from, info.name), &error) != RONDO_OK)
            return report_error(&error);
    return RONDO_OK;
}

int config_file(rondo_options *options, const char *path, const command *verb)
{
    buffer text = {0};
    rondo_options *all = NULL;
    rondo_error error = {0};
    int status = file_load(path, 1 << 20, &text);
    if (status == RONDO_OK && (rondo_options_new(&all, &error) != RONDO_OK ||
                               rondo_options_parse(all, text.text, text.size, path, &error) != RONDO_OK))
        status = report_error(&error);
    if (status == RONDO_OK) status = take_over(options, all, verb);
    rondo_options_free(all);
    buffer_free(&text);
    return status;
}

int config_dump(const invocation *call)
{
    rondo_error error = {0};
    const char *text = rondo_options_text(call->options, 0, &error);
    if (!text) return report_error(&error);
    output_format("# rondo %s\n", call->command->name);
    for (const char *line = text; *line;) {
        size_t size = strcspn(line, "\n");
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(line, " "), line);
        rondo_option_info info;
        if (option_find(name, &info) && option_applies(&info, call->command) &&
            strcmp(info.group, "General") != 0) {
            output_sink(NULL, line, size);
            output_text("\n");
        }
        line += size + (line[size] == '\n');
    }
    return RONDO_OK;
}

/* ---- what only the program can settle */

int settle_seed(rondo_options *options)
{
    if (count_of(options, "seed") != 0) return RONDO_OK;
    uint64_t seed = 0;
    while (seed == 0) {
        if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
            return report_fail(RONDO_SYSTEM, NULL, "the system gives no random number: %s", strerror(errno));
        seed >>= 12; /* short enough to be typed again, and exact as a double */
    }
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)seed);
    option_put(options, "seed", text);
    fprintf(stderr, "seed %s\n", text);
    return RONDO_OK;
}

int options_over_model(const rondo_model *model, const invocation *call, rondo_options **both)
{
    rondo_error error = {0};
    rondo_options *layers[] = {call->options, call->given};
    if (rondo_options_copy(rondo_model_options(model), both, &error) != RONDO_OK) return report_error(&error);
    for (size_t i = 0; i < 2; i++) {
        const char *text = rondo_options_text(layers[i], 1, &error);
        if (!text || rondo_options_parse(*both, text, strlen(text), "command line", &error) != RONDO_OK)
            return report_error(&error);
    }
    return RONDO_OK;
}

/* "--beam-size is for --task seq2seq or transcribe, not for --task lm" */
static int refuse_for_task(const rondo_option_info *info, const char *task)
{
    buffer tasks = {0};
    for (const char *at = info->tasks; *at; at += strspn(at, " ")) {
        const size_t size = strcspn(at, " ");
        buffer_put(&tasks, !tasks.size ? "" : at[size] ? ", " : " or ");
        buffer_add(&tasks, at, size);
        at += size;
    }
    const int status = report_fail(RONDO_BAD_ARGUMENT, NULL, "--%s is for --task %s, not for --task %s", info->name,
                                   tasks.text ? tasks.text : "", task);
    buffer_free(&tasks);
    return status;
}

int options_fit_task(const invocation *call, const char *task)
{
    rondo_option_info info;
    for (size_t i = 0; task[0] && rondo_option(i, &info) == RONDO_OK; i++) {
        const int given = rondo_options_is_set(call->given, info.name) && !option_is(call->given, info.name, "off");
        if (given && info.tasks[0] && !has_word(info.tasks, task)) return refuse_for_task(&info, task);
    }
    return RONDO_OK;
}

void settle_pictures(rondo_options *options)
{
    char width[16];
    option_put(options, "color", color_on(STDOUT_FILENO) ? "always" : "never");
    if (count_of(options, "width") == 0) {
        snprintf(width, sizeof width, "%d", terminal_width(STDOUT_FILENO));
        option_put(options, "width", width);
    }
}
