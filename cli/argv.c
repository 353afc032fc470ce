/* The command line: long options with = or a space, one-letter ones, --no- twins, files. Everything comes
 * from the table of options; a wrong name is answered with the right one. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct reading {
    invocation *call;
    int argc, at;
    char **argv;
    int only_files; /* after -- */
} reading;

/* ---- the table */

int option_find(const char *name, rondo_option_info *info)
{
    for (size_t i = 0; rondo_option(i, info) == RONDO_OK; i++)
        if (strcmp(info->name, name) == 0) return 1;
    return 0;
}

int option_by_letter(char letter, rondo_option_info *info)
{
    for (size_t i = 0; rondo_option(i, info) == RONDO_OK; i++)
        if (info->short_name[0] == letter && letter) return 1;
    return 0;
}

int option_applies(const rondo_option_info *info, const command *verb)
{
    return has_word(info->commands, verb->name);
}

/* What `name` means in this command: "split:valid=valid-share" renames it after the word split. */
static void renamed(const invocation *call, const char *name, char *out, size_t size)
{
    buffer rule = {0};
    snprintf(out, size, "%s", name);
    buffer_format(&rule, "%s:%s=", call->files ? call->file[0] : "", name);
    for (const char *at = call->command->renames; rule.text && *at; at += strspn(at, " ")) {
        size_t word = strcspn(at, " ");
        if (word > rule.size && memcmp(at, rule.text, rule.size) == 0)
            snprintf(out, size, "%.*s", (int)(word - rule.size), at + rule.size);
        at += word;
    }
    buffer_free(&rule);
}

/* ---- values */

/* Keeps the whole text of an option that takes several values here. */
static int keep_list(invocation *call, const char *name, const char *value)
{
    buffer text = {0};
    buffer_format(&text, "%s=%s", name, value);
    if (text.failed || call->lists == sizeof call->list / sizeof call->list[0]) {
        buffer_free(&text);
        return report_fail(RONDO_LIMIT, NULL, "no room for --%s", name);
    }
    call->list[call->lists++] = text.text;
    return RONDO_OK;
}

/* The option's name stands before the library's message: "--lr: expected …". */
static int set_checked(rondo_options *options, const char *spelt, const char *name, const char *value)
{
    rondo_error error = {0};
    if (rondo_options_set(options, name, value, &error) == RONDO_OK) return RONDO_OK;
    const char *rest =
        strncmp(error.message, name, strlen(name)) ? error.message : error.message + strlen(name);
    return report_fail((int)error.status, error.hint, "%s%s%s", spelt, rest == error.message ? ": " : "",
                       rest);
}

/* Each of several values is checked, all of them are kept, the first one stands in the options. */
static int set_several(invocation *call, const char *spelt, const char *name, const char *value)
{
    int status = keep_list(call, name, value);
    char *copy = strdup(value);
    for (char *at = copy; copy && status == RONDO_OK && at;) {
        char *comma = strchr(at, ',');
        if (comma) *comma = 0;
        status = set_checked(call->given, spelt, name, at);
        at = comma ? comma + 1 : NULL;
    }
    free(copy);
    return status;
}

static int set_option(reading *r, const char *spelt, const rondo_option_info *info, const char *value)
{
    invocation *call = r->call;
    if (has_word(call->command->lists, info->name) && strchr(value, ','))
        return set_several(call, spelt, info->name, value);
    if (strcmp(info->type, "list") == 0 && rondo_options_is_set(call->given, info->name)) {
        buffer joined = {0};
        buffer_format(&joined, "%s,%s", text_of(call->given, info->name), value);
        int status = joined.failed ? report_fail(RONDO_LIMIT, NULL, "no memory for %s", spelt)
                                   : set_checked(call->given, spelt, info->name, joined.text);
        buffer_free(&joined);
        return status;
    }
    return set_checked(call->given, spelt, info->name, value);
}

/* The value of an option that needs one: the next word. */
static int next_value(reading *r, const char *spelt, const char **value)
{
    if (r->at + 1 >= r->argc)
        return report_fail(RONDO_BAD_ARGUMENT, NULL, "%s: expected a value after it", spelt);
    *value = r->argv[++r->at];
    if (strncmp(*value, "--", 2) == 0 && (*value)[2]) {
        char hint[256];
        snprintf(hint, sizeof hint, "if it is meant, write %s=%.100s", spelt, *value);
        return report_fail(RONDO_BAD_ARGUMENT, strncmp(spelt, "--", 2) ? NULL : hint,
                           "%s: expected a value, found %s", spelt, show(*value).text);
    }
    return RONDO_OK;
}

/* ---- words */

static int read_long(reading *r, const char *word)
{
    char spelt[80], name[80];
    const char *equals = strchr(word, '=');
    size_t size = equals ? (size_t)(equals - word) : strlen(word);
    if (size >= sizeof spelt)
        return report_fail(RONDO_BAD_ARGUMENT, NULL, "%s: unknown option", show(word).text);
    snprintf(spelt, sizeof spelt, "%.*s", (int)size, word);
    renamed(r->call, spelt + 2, name, sizeof name);
    rondo_option_info info;
    int no = 0;
    if (!option_find(name, &info) && strncmp(name, "no-", 3) == 0 && option_find(name + 3, &info))
        no = strcmp(info.type, "flag") == 0;
    if (!no && !option_find(name, &info))
        return option_unknown(r->call->command, word, r->at + 1 < r->argc ? r->argv[r->at + 1] : "");
    if (!option_applies(&info, r->call->command)) return option_elsewhere(r->call->command, spelt, &info);
    if (no && equals) return report_fail(RONDO_BAD_ARGUMENT, NULL, "%s: takes no value", spelt);
    const char *value = no ? "off" : equals ? equals + 1 : "on";
    if (!equals && strcmp(info.type, "flag") != 0) {
        int status = next_value(r, spelt, &value);
        if (status != RONDO_OK) return status;
    }
    return set_option(r, spelt, &info, value);
}

/* -x, -x VALUE, and -n5 for whole numbers; nothing else, so that -model is not taken for -m odel. */
static int read_letter(reading *r, const char *word)
{
    rondo_option_info info;
    int known = option_by_letter(word[1], &info) && option_applies(&info, r->call->command);
    int attached = word[2] >= '0' && word[2] <= '9' && known && strcmp(info.type, "integer") == 0;
    if (option_by_letter(word[1], &info) && !known && !word[2])
        return option_elsewhere(r->call->command, word, &info);
    if (!known || (word[2] && !attached))
        return option_unknown(r->call->command, word, r->at + 1 < r->argc ? r->argv[r->at + 1] : "");
    char spelt[3] = {'-', word[1], 0};
    const char *value = attached ? word + 2 : "on";
    if (!attached && strcmp(info.type, "flag") != 0) {
        int status = next_value(r, spelt, &value);
        if (status != RONDO_OK) return status;
    }
    return set_option(r, spelt, &info, value);
}

static int read_word(reading *r)
{
    const char *word = r->argv[r->at];
    if (r->only_files || word[0] != '-' || !word[1]) {
        r->call->file[r->call->files++] = word;
        return RONDO_OK;
    }
    if (strcmp(word, "--") == 0) {
        r->only_files = 1;
        return RONDO_OK;
    }
    return word[1] == '-' ? read_long(r, word) : read_letter(r, word);
}

/* ---- what does not go together */

static int contradictions(const invocation *call)
{
    static const struct {
        const char *a, *b, *why;
    } pairs[] = {
        {"quiet", "verbose", ""},
        {"resume", "init-from", "a resumed run has its parameters"},
        {"prompt", "prompt-file", ""},
        {"fail-under", "fail-over", ""},
        {"valid", "val-frac", "with --valid all other data are trained on"},
        {"model-text", "cell", "the list of layers names its cells"},
        {"model-text", "hidden-size", "the list of layers has its sizes"},
        {"model-text", "num-layers", "the list of layers has its layers"},
        {"model-text", "bidirectional", "the list of layers has its layers"},
        {"vocab", "min-freq", "the vocabulary is given"},
        {"vocab", "max-vocab", "the vocabulary is given"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        const char *a = text_of(call->given, pairs[i].a), *b = text_of(call->given, pairs[i].b);
        int both =
            rondo_options_is_set(call->given, pairs[i].a) && rondo_options_is_set(call->given, pairs[i].b);
        if (both && strcmp(a, "off") != 0 && strcmp(b, "off") != 0)
            return report_fail(RONDO_BAD_ARGUMENT, pairs[i].why, "--%s and --%s contradict each other",
                               pairs[i].a, pairs[i].b);
    }
    return RONDO_OK;
}

static int count_files(const invocation *call)
{
    const command *verb = call->command;
    char hint[96];
    snprintf(hint, sizeof hint, "rondo %s -h shows how", verb->name);
    if (call->files > (size_t)verb->max_files)
        return report_fail(RONDO_BAD_ARGUMENT, hint, "rondo %s: one argument too many: %s", verb->name,
                           show(call->file[verb->max_files]).text);
    if (call->files < (size_t)verb->min_files)
        return report_fail(RONDO_BAD_ARGUMENT, hint, "rondo %s: an argument is missing", verb->name);
    return RONDO_OK;
}

/* ---- all of it */

static int memory_failed(const rondo_error *error)
{
    return report_fail(RONDO_LIMIT, NULL, "%s",
                       error->message[0] ? error->message : "no memory for the command line");
}

/* Environment, then the file of --config, then the command line again over both. */
static int settle(invocation *call)
{
    rondo_options *typed = call->given;
    rondo_error error = {0};
    call->given = NULL;
    int status = rondo_options_new(&call->given, &error) == RONDO_OK ? RONDO_OK : memory_failed(&error);
    if (status == RONDO_OK && text_of(typed, "config")[0])
        status = config_file(call->given, text_of(typed, "config"), call->command);
    const char *text = status == RONDO_OK ? rondo_options_text(typed, 1, &error) : NULL;
    if (text && rondo_options_parse(call->given, text, strlen(text), "command line", &error) != RONDO_OK)
        status = report_error(&error);
    rondo_options_free(typed);
    if (status == RONDO_OK) status = contradictions(call);
    if (status == RONDO_OK) status = config_environment(call);
    text = status == RONDO_OK ? rondo_options_text(call->given, 1, &error) : NULL;
    if (text && rondo_options_parse(call->options, text, strlen(text), "command line", &error) != RONDO_OK)
        status = report_error(&error);
    return status;
}

int invocation_parse(invocation *call, int argc, char **argv)
{
    rondo_error error = {0};
    call->argc = argc;
    call->argv = argv;
    call->file = calloc((size_t)argc + 1, sizeof *call->file);
    if (!call->file || rondo_options_new(&call->options, &error) != RONDO_OK ||
        rondo_options_new(&call->given, &error) != RONDO_OK)
        return memory_failed(&error);
    reading r = {.call = call, .argc = argc, .at = 2, .argv = argv};
    for (; r.at < argc; r.at++) {
        const char *word = argv[r.at];
        if (!r.only_files && has_word("-h --help", word)) { /* asks for nothing else */
            option_put(call->given, "help", "on");
            call->files = strcmp(word, "-h") == 0;
            call->file[0] = word;
            return RONDO_OK;
        }
        int status = read_word(&r);
        if (status != RONDO_OK) return status;
    }
    int status = settle(call);
    if (status != RONDO_OK || flag_of(call->options, "dump-config") || flag_of(call->given, "version"))
        return status;
    return count_files(call);
}

void invocation_free(invocation *call)
{
    for (size_t i = 0; i < call->lists; i++)
        free(call->list[i]);
    free(call->file);
    rondo_options_free(call->options);
    rondo_options_free(call->given);
    *call = (invocation){0};
}

const char *invocation_list(const invocation *call, const char *name)
{
    size_t size = strlen(name);
    for (size_t i = call->lists; i-- > 0;)
        if (strncmp(call->list[i], name, size) == 0 && call->list[i][size] == '=')
            return call->list[i] + size + 1;
    return text_of(call->options, name);
}
