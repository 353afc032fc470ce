/* The folder of a run, beside the model: checkpoints and logs are the library's, the file `options` is the
 * program's. It holds the command line as a comment and what was set as "name = value" lines, data files in
 * `files`; paths are relative to the folder, so that both can be moved together, and --resume RUN needs
 * nothing else. The file `finished` says that the run came to its end. */
#include "cli.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void run_folder_name(const char *output, buffer *name)
{
    size_t size = strlen(output);
    const char suffix[] = ".safetensors";
    if (size > sizeof suffix - 1 && strcmp(output + size - (sizeof suffix - 1), suffix) == 0)
        size -= sizeof suffix - 1;
    buffer_add(name, output, size);
    buffer_put(name, ".run");
}

static int no_memory(void)
{
    return report_fail(RONDO_LIMIT, NULL, "no memory for a path");
}

/* ---- lists of paths */

void list_join(buffer *to, const char *item)
{
    if (to->size) buffer_put(to, ",");
    for (; *item; item++) {
        if (*item == ',' || *item == '\\') buffer_put(to, "\\");
        buffer_add(to, item, 1);
    }
}

int list_split(const char *list, char ***items, size_t *count)
{
    size_t most = 1;
    for (const char *at = list; *at; at++)
        most += *at == ',';
    *count = 0;
    *items = calloc(most, sizeof **items);
    if (!*items) return no_memory();
    for (const char *at = list; *at; at += *at == ',') {
        buffer item = {0};
        buffer_put(&item, "");
        for (; *at && *at != ','; at++) {
            at += *at == '\\' && at[1];
            buffer_add(&item, at, 1);
        }
        if (!item.text || item.failed) {
            buffer_free(&item);
            return no_memory();
        }
        (*items)[(*count)++] = item.text;
    }
    return RONDO_OK;
}

void list_free(char **items, size_t count)
{
    for (size_t i = 0; items && i < count; i++)
        free(items[i]);
    free(items);
}

/* ---- paths relative to the folder */

/* The absolute path, also of a file that does not exist yet (its folder must). */
static int absolute(const char *path, char out[PATH_MAX])
{
    if (realpath(path, out)) return 1;
    char folder[PATH_MAX], real[PATH_MAX];
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path + 1) : 1, slash ? path : ".");
    if (strlen(path) >= sizeof folder || !realpath(folder, real)) return 0;
    return snprintf(out, PATH_MAX, "%s/%s", strcmp(real, "/") ? real : "", name) < PATH_MAX;
}

/* How `path` is called from inside `folder`; a path that cannot be found stays as it is. */
static void relative_to(const char *folder, const char *path, buffer *to)
{
    char from[PATH_MAX], file[PATH_MAX];
    if (!path[0] || !strcmp(path, "-") || !absolute(folder, from) || !absolute(path, file)) {
        buffer_put(to, path);
        return;
    }
    size_t common = 0;
    for (size_t i = 0;; i++) {
        int ends = (from[i] == '/' || !from[i]) && (file[i] == '/' || !file[i]);
        if (ends) common = i;
        if (from[i] != file[i] || !from[i]) break;
    }
    for (const char *at = from + common; *at; at++)
        if (*at == '/') buffer_put(to, "../");
    buffer_put(to, file[common] == '/' ? file + common + 1 : file + common);
}

/* The reverse: what is relative is relative to the folder. Below where we are it is told from here, else
 * absolutely. */
static void from_folder(const char *folder, const char *path, buffer *to)
{
    char here[PATH_MAX], file[PATH_MAX];
    buffer joined = {0};
    if (path[0] && path[0] != '/' && strcmp(path, "-") != 0) buffer_format(&joined, "%s/", folder);
    buffer_put(&joined, path);
    const char *name = joined.text ? joined.text : path;
    if (joined.text && strcmp(name, path) != 0 && absolute(name, file) && getcwd(here, sizeof here)) {
        size_t size = strlen(here);
        name = strncmp(file, here, size) == 0 && file[size] == '/' ? file + size + 1 : file;
    }
    buffer_put(to, name);
    to->failed |= joined.failed;
    buffer_free(&joined);
}

typedef void (*path_change)(const char *folder, const char *path, buffer *to);

/* Applies a change to every option that is a path, and to the items of lists of paths. */
static int change_paths(rondo_options *options, const char *folder, path_change change)
{
    rondo_option_info info;
    int status = RONDO_OK;
    for (size_t i = 0; status == RONDO_OK && rondo_option(i, &info) == RONDO_OK; i++) {
        int files = has_word("files valid", info.name);
        if (!rondo_options_is_set(options, info.name) || (strcmp(info.type, "file") != 0 && !files)) continue;
        buffer text = {0};
        buffer_put(&text, "");
        char **items = NULL;
        size_t count = 0;
        if (files) {
            status = list_split(text_of(options, info.name), &items, &count);
            for (size_t k = 0; k < count; k++) {
                buffer item = {0};
                change(folder, items[k], &item);
                list_join(&text, item.text ? item.text : "");
                text.failed |= item.failed;
                buffer_free(&item);
            }
            list_free(items, count);
        } else {
            change(folder, text_of(options, info.name), &text);
        }
        if (text.failed)
            status = no_memory();
        else if (status == RONDO_OK)
            option_put(options, info.name, text.text);
        buffer_free(&text);
    }
    return status;
}

/* ---- the folder */

static void inside(const char *run, const char *name, buffer *path)
{
    buffer_format(path, "%s/%s", run, name);
}

static int holds(const char *run, const char *name)
{
    buffer path = {0};
    inside(run, name, &path);
    int found = path.text && file_exists(path.text);
    buffer_free(&path);
    return found;
}

/* Whether a file of a run folder is one that a run writes. */
static int ours(const char *name)
{
    static const char *const ends[] = {".safetensors", ".jsonl", ".damaged"};
    static const char *const whole[] = {"options", "finished", "space"}; /* the lock goes with the one who holds it */
    size_t size = strlen(name);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (size > strlen(ends[i]) && strcmp(name + size - strlen(ends[i]), ends[i]) == 0) return 1;
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
        if (strcmp(name, whole[i]) == 0) return 1;
    return strncmp(name, "events.out.tfevents", 19) == 0 || strstr(name, ".tmp.") != NULL;
}

static int empty_folder(const char *run)
{
    DIR *folder;
    do {
        folder = opendir(run);
    } while (!folder && errno == EINTR);
    if (!folder) return report_fail(RONDO_SYSTEM, NULL, "%s: %s", show(run).text, strerror(errno));
    int status = RONDO_OK;
    for (struct dirent *entry; status == RONDO_OK && (entry = readdir(folder)) != NULL;) {
        buffer path = {0};
        inside(run, entry->d_name, &path);
        if (ours(entry->d_name) && path.text && unlink(path.text) != 0)
            status = report_fail(RONDO_SYSTEM, NULL, "%s: %s", show(path.text).text, strerror(errno));
        buffer_free(&path);
    }
    closedir(folder);
    return status;
}

/* The living process that the lock names, or 0. */
static long holder(const char *run)
{
    buffer path = {0}, text = {0};
    inside(run, "lock", &path);
    long process = 0;
    if (path.text && file_exists(path.text) && file_load(path.text, 4096, &text) == RONDO_OK)
        process = strtol(text.text, NULL, 10);
    buffer_free(&path);
    buffer_free(&text);
    return process > 0 && (kill((pid_t)process, 0) == 0 || errno == EPERM) ? process : 0;
}

int run_folder_alone(const char *run)
{
    long process = holder(run);
    if (!process) return RONDO_OK;
    return report_fail(RONDO_SYSTEM, NULL, "%s: process %ld is training there", show(run).text, process);
}

int run_folder_check(const char *run, int force)
{
    char hint[PATH_MAX + 128];
    int status = run_folder_alone(run);
    if (status != RONDO_OK) return status;
    if (!holds(run, "options") || force) return RONDO_OK;
    snprintf(hint, sizeof hint, "rondo train --resume %.4000s goes on with it, -f begins anew", run);
    return report_fail(RONDO_BAD_ARGUMENT, hint, "%s: holds %s run", show(run).text,
                       holds(run, "finished") ? "a finished" : "an unfinished");
}

int run_folder_claim(const char *run, int force)
{
    int status = folder_make(run);
    return status == RONDO_OK && force ? empty_folder(run) : status;
}

/* The command lines of the run so far, then this one. */
static void put_command_lines(const char *path, const invocation *call, buffer *to)
{
    buffer before = {0};
    if (file_exists(path) && file_load(path, 1 << 20, &before) == RONDO_OK)
        for (const char *line = before.text; *line == '#';) {
            size_t n = strcspn(line, "\n");
            n += line[n] == '\n';
            buffer_add(to, line, n);
            line += n;
        }
    buffer_free(&before);
    buffer_put(to, "# rondo");
    for (int i = 1; i < call->argc; i++) {
        buffer_put(to, " ");
        for (const char *at = call->argv[i]; *at; at++)
            buffer_add(to, (unsigned char)*at < 0x20 ? "?" : at, 1);
    }
    buffer_put(to, "\n");
}

/* Options that belong to one call and not to the run. */
static int of_the_call(const char *name)
{
    rondo_option_info info;
    return has_word("resume force config", name) ||
           (option_find(name, &info) && (!strcmp(info.group, "Output") || !strcmp(info.group, "Pictures")));
}

static void put_lines(const char *lines, buffer *to)
{
    while (*lines) {
        char name[64];
        size_t n = strcspn(lines, "\n");
        n += lines[n] == '\n';
        snprintf(name, sizeof name, "%.*s", (int)strcspn(lines, " "), lines);
        if (!of_the_call(name)) buffer_add(to, lines, n);
        lines += n;
    }
}

int run_folder_write(const char *run, const invocation *call, const rondo_options *options)
{
    rondo_options *kept = NULL;
    rondo_error error = {0};
    buffer text = {0}, path = {0};
    if (rondo_options_copy(options, &kept, &error) != RONDO_OK) return report_error(&error);
    inside(run, "options", &path);
    int status = path.failed ? no_memory() : change_paths(kept, run, relative_to);
    const char *lines = status == RONDO_OK ? rondo_options_text(kept, 1, &error) : "";
    if (!lines) status = report_error(&error);
    if (status == RONDO_OK && lines) {
        put_command_lines(path.text, call, &text);
        put_lines(lines, &text);
        status = text.failed ? no_memory() : file_save(path.text, text.text, text.size, 1);
    }
    rondo_options_free(kept);
    buffer_free(&text);
    buffer_free(&path);
    return status;
}

int run_folder_read(const char *run, const invocation *call, rondo_options *options)
{
    buffer text = {0}, path = {0};
    rondo_error error = {0};
    inside(run, "options", &path);
    if (path.text && !file_exists(path.text)) {
        buffer_free(&path);
        return report_fail(RONDO_SYSTEM, "it is the folder MODEL.run beside the model of a run",
                           "%s: no run is kept there", show(run).text);
    }
    int status = path.text ? file_load(path.text, 1 << 20, &text) : no_memory();
    if (status == RONDO_OK &&
        rondo_options_parse(options, text.text, text.size, path.text, &error) != RONDO_OK)
        status = report_error(&error);
    if (status == RONDO_OK) status = change_paths(options, run, from_folder);
    const char *given = status == RONDO_OK ? rondo_options_text(call->given, 1, &error) : "";
    if (!given ||
        (status == RONDO_OK &&
         rondo_options_parse(options, given, strlen(given), "command line", &error) != RONDO_OK))
        status = report_error(&error);
    buffer_free(&text);
    buffer_free(&path);
    return status;
}

int run_folder_finish(const char *run, const char *reason)
{
    buffer path = {0}, text = {0};
    inside(run, "finished", &path);
    buffer_format(&text, "%s\n", reason);
    int status = path.failed || text.failed ? no_memory() : file_save(path.text, text.text, text.size, 1);
    buffer_free(&path);
    buffer_free(&text);
    return status;
}
