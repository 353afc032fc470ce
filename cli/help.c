/* Help, made of the tables of commands and options. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HELP_COLUMN = 30, HELP_WIDTH = 100 };

/* ---- pieces */

/* What stands for the value: N, X, FILE, a|b|c. */
static const char *placeholder(const rondo_option_info *info)
{
    static const struct {
        const char *type, *word;
    } words[] = {{"integer", "N"},  {"number", "X"},  {"text", "TEXT"}, {"file", "FILE"},
                 {"duration", "T"}, {"size", "SIZE"}, {"list", "A,B"},  {"choice", ""}};
    if (strcmp(info->type, "choice") == 0 || (strcmp(info->type, "list") == 0 && info->range[0]))
        return info->range;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i].type, info->type) == 0) return words[i].word;
    return "";
}

void option_heading(const rondo_option_info *info, buffer *to)
{
    if (info->short_name[0]) buffer_format(to, "-%s, ", info->short_name);
    buffer_format(to, "--%s", info->name);
    if (placeholder(info)[0]) buffer_format(to, " %s", placeholder(info));
}

/* Words of text, wrapped, the first line beginning at column `at`. */
static void wrapped(const char *text, size_t at, size_t indent, buffer *to)
{
    for (int first = 1; *text; first = 0) {
        size_t n = strcspn(text, " ");
        if (!first && at + 1 + n > HELP_WIDTH) {
            buffer_format(to, "\n%*s", (int)indent, "");
            at = indent;
        } else if (!first) {
            buffer_put(to, " ");
            at++;
        }
        buffer_add(to, text, n);
        at += n;
        text += n;
        text += strspn(text, " ");
    }
    buffer_put(to, "\n");
}

const char *option_group(const command *verb, size_t i)
{
    rondo_option_info info, before;
    for (size_t k = 0; rondo_option(k, &info) == RONDO_OK; k++) {
        int seen = !option_applies(&info, verb);
        for (size_t j = 0; j < k && !seen; j++)
            seen = rondo_option(j, &before) == RONDO_OK && option_applies(&before, verb) &&
                   strcmp(before.group, info.group) == 0;
        if (!seen && i-- == 0) return info.group;
    }
    return NULL;
}

/* ---- one command */

static void usage_lines(const command *verb, buffer *to)
{
    const char *lead = "usage:";
    size_t indent = strlen("usage: rondo ") + strlen(verb->name) + 1;
    for (const char *line = verb->usage; *line; lead = "      ") {
        size_t n = strcspn(line, "\n");
        buffer text = {0};
        buffer_add(&text, line, n);
        buffer_format(to, "%s rondo %s ", lead, verb->name);
        wrapped(text.text ? text.text : "", indent, indent, to);
        buffer_free(&text);
        line += n + (line[n] == '\n');
    }
    buffer_format(to, "%s\n", verb->help);
}

static void example_lines(const command *verb, buffer *to)
{
    buffer_put(to, "\nexamples:\n");
    for (const char *line = verb->examples; *line;) {
        size_t n = strcspn(line, "\n");
        buffer_format(to, "  %.*s\n", (int)n, line);
        line += n + (line[n] == '\n');
    }
}

/* Choices that are too many for a line go on in the next, behind a bar. */
static void long_heading(const char *text, buffer *to)
{
    enum { ROOM = 90 };
    const char *indent = "  ";
    while (strlen(text) > ROOM) {
        size_t size = ROOM;
        while (size && text[size - 1] != '|')
            size--;
        if (size == 0) break;
        buffer_format(to, "%s%.*s\n", indent, (int)size, text);
        indent = "          ";
        text += size;
    }
    buffer_format(to, "%s%s\n%*s", indent, text, HELP_COLUMN, "");
}

static void full_line(const rondo_option_info *info, buffer *to)
{
    buffer heading = {0}, help = {0};
    option_heading(info, &heading);
    buffer_put(&help, info->help);
    if (info->fallback[0] && strcmp(info->fallback, "off") != 0)
        buffer_format(&help, " [%s]", info->fallback);
    if (!heading.text || !help.text) return;
    if (heading.size + 4 > HELP_COLUMN)
        long_heading(heading.text, to);
    else
        buffer_format(to, "  %-*s", HELP_COLUMN - 2, heading.text);
    wrapped(help.text, HELP_COLUMN, HELP_COLUMN, to);
    buffer_free(&heading);
    buffer_free(&help);
}

/* Whether a default says something: not "off", nor a 0 that the full help explains. */
static int tells(const char *fallback)
{
    return fallback[0] && strcmp(fallback, "off") != 0 && strcmp(fallback, "0") != 0 &&
           strcmp(fallback, "0s") != 0;
}

/* Choices that do not fit end in "...". */
static void shorten(buffer *heading)
{
    if (heading->size <= HELP_COLUMN - 3) return;
    size_t at = HELP_COLUMN - 6;
    while (at > 0 && heading->text[at] != '|')
        at--;
    heading->text[heading->size = at ? at + 1 : HELP_COLUMN - 6] = 0;
    buffer_put(heading, "...");
}

/* One line: help up to its first pause, the default in brackets. */
static void short_line(const rondo_option_info *info, buffer *to)
{
    buffer heading = {0};
    option_heading(info, &heading);
    int size = (int)strcspn(info->help, ";(:,");
    while (size && info->help[size - 1] == ' ')
        size--;
    if (info->help[0] == '-') size = (int)strlen(info->help);
    if (heading.text) {
        shorten(&heading);
        buffer_format(to, "  %-*s %.*s", HELP_COLUMN - 3, heading.text, size, info->help);
    }
    if (tells(info->fallback)) buffer_format(to, " [%s]", info->fallback);
    buffer_put(to, "\n");
    buffer_free(&heading);
}

static void short_options(const command *verb, buffer *to)
{
    rondo_option_info info;
    buffer_put(to, "\n");
    for (size_t i = 0; rondo_option(i, &info) == RONDO_OK; i++)
        if (info.common && option_applies(&info, verb)) short_line(&info, to);
}

static void all_options(const command *verb, buffer *to)
{
    const char *group;
    rondo_option_info info;
    for (size_t i = 0; (group = option_group(verb, i)) != NULL; i++) {
        buffer_format(to, "\n%s\n", group);
        for (size_t k = 0; rondo_option(k, &info) == RONDO_OK; k++)
            if (option_applies(&info, verb) && strcmp(info.group, group) == 0) full_line(&info, to);
    }
    buffer_put(to, "\nEvery switch has a twin, --no-NAME. Whole numbers may be written 20k or 3M.\n");
}

int help_command(const command *verb, int full)
{
    buffer text = {0};
    usage_lines(verb, &text);
    if (full)
        all_options(verb, &text);
    else
        short_options(verb, &text);
    example_lines(verb, &text);
    if (text.text) output_sink(NULL, text.text, text.size);
    int failed = text.failed;
    buffer_free(&text);
    return failed ? report_fail(RONDO_LIMIT, NULL, "no memory for the help text") : RONDO_OK;
}

/* ---- the program */

static const char *const group_names[] = {"Learn", "Use", "Look", "Check"};

/* Twelve lines. */
void help_overview(int descriptor)
{
    buffer text = {0};
    buffer_put(&text, "rondo: recurrent networks in C; train one, use it, look inside\n"
                      "usage: rondo <command> [options] [file...]\n\n");
    for (size_t g = 0; g < 4; g++) {
        buffer_format(&text, "  %-6s", group_names[g]);
        for (size_t i = 0; i < command_count; i++)
            if (strcmp(commands[i].group, group_names[g]) == 0)
                buffer_format(&text, "  %s", commands[i].name);
        buffer_put(&text, "\n");
    }
    buffer_put(&text,
               "\nfirst steps:  rondo demo\n"
               "              rondo train --max-time 60s -o play.safetensors input.txt\n"
               "              rondo generate -m play.safetensors\n"
               "rondo COMMAND -h  common options    --help  all of them    rondo help  everything else\n");
    if (descriptor == STDOUT_FILENO && text.text)
        output_sink(NULL, text.text, text.size);
    else if (text.text)
        fwrite(text.text, 1, text.size, stderr);
    buffer_free(&text);
}

void help_version(void)
{
    output_format("rondo %s\ncommand line %d, C interface %d, model file %d\n", rondo_version(),
                  RONDO_CLI_VERSION, RONDO_API_VERSION, RONDO_MODEL_VERSION);
}

static void help_everything(void)
{
    output_text("rondo <command> [options] [file...]\n");
    for (size_t g = 0; g < 4; g++) {
        output_format("\n%s\n", group_names[g]);
        for (size_t i = 0; i < command_count; i++)
            if (strcmp(commands[i].group, group_names[g]) == 0)
                output_format("  %-12s %s\n", commands[i].name, commands[i].help);
    }
    output_text("\nTopics\n");
    for (size_t i = 0; topic_name(i); i++)
        output_format("  %-12s %s\n", topic_name(i), topic_help(i));
    output_text("\nrondo COMMAND -h shows the common options, --help all of them, rondo help TOPIC a topic.\n"
                "Results go to standard output, everything else to standard error; - is a standard stream.\n"
                "Options also come from RONDO_NAME in the environment and from --config FILE.\n");
}

int help_topic(const char *name)
{
    for (size_t i = 0; topic_name(i); i++)
        if (strcmp(topic_name(i), name) == 0) {
            output_text(topic_text(i));
            return 1;
        }
    return 0;
}

int run_help(invocation *call)
{
    const char *name = call->files ? call->file[0] : NULL;
    const command *about = name ? command_find(name) : NULL;
    if (flag_of(call->options, "man") && (!name || about)) {
        man_page(about);
        return RONDO_OK;
    }
    if (!name) {
        help_everything();
        return RONDO_OK;
    }
    if (about) return help_command(about, 1);
    if (help_topic(name)) return RONDO_OK;
    const command *guess = command_guess(name);
    char hint[96];
    snprintf(hint, sizeof hint,
             guess ? "did you mean rondo help %s?" : "rondo help lists commands and topics",
             guess ? guess->name : "");
    return report_fail(RONDO_BAD_ARGUMENT, hint, "%s is neither a command nor a topic", show(name).text);
}
