/* rondo train: from files to a model, with a run folder from which a stopped run goes on. */
#include "cli.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct job {
    invocation *call;
    rondo_options *options; /* owned; of the run */
    char **path;            /* owned; data files */
    size_t paths;
    buffer run; /* the run folder, empty when nothing is kept */
    int resuming;
    rondo_device *device;
    rondo_model *base, *model; /* base: of --init-from, then the same as model */
    rondo_data *data, *train, *valid;
    rondo_trainer *trainer;
    training watch;
    rondo_error error;
} job;

/* ---- what is asked */

static int settle_options(job *j)
{
    const char *resume = text_of(j->call->given, "resume");
    j->resuming = resume[0] != 0;
    if (rondo_options_copy(j->call->options, &j->options, &j->error) != RONDO_OK)
        return report_error(&j->error);
    if (!j->resuming) return RONDO_OK;
    int status = run_folder_alone(resume);
    if (status != RONDO_OK) return status;
    rondo_options_free(j->options);
    j->options = NULL;
    if (rondo_options_new(&j->options, &j->error) != RONDO_OK) return report_error(&j->error);
    return run_folder_read(resume, j->call, j->options);
}

static int settle_paths(job *j)
{
    invocation *call = j->call;
    buffer list = {0};
    for (size_t i = 0; i < call->files; i++)
        list_join(&list, call->file[i]);
    if (call->files) option_put(j->options, "files", list.text ? list.text : "");
    buffer_free(&list);
    int status = list_split(text_of(j->options, "files"), &j->path, &j->paths);
    if (status == RONDO_OK && j->paths == 0)
        return report_fail(RONDO_BAD_ARGUMENT, "rondo train -o MODEL FILE; - reads standard input",
                           "rondo train: a data file is missing");
    for (size_t i = 0; j->resuming && i < j->paths; i++)
        if (strcmp(j->path[i], "-") == 0)
            return report_fail(RONDO_BAD_ARGUMENT, "name the file after the options",
                               "the data of this run came from standard input");
    return status;
}

/* The model must not replace a file that is there, nor one that is read. */
static int settle_output(job *j)
{
    const char *output = text_of(j->options, "output"), *log = text_of(j->options, "log-dir");
    const char *valid = text_of(j->options, "valid"), *from = text_of(j->options, "init-from");
    int force = flag_of(j->call->options, "force");
    if (j->resuming)
        buffer_put(&j->run, text_of(j->call->given, "resume"));
    else if (log[0])
        buffer_put(&j->run, log);
    else if (output[0])
        run_folder_name(output, &j->run);
    for (size_t i = 0; i < j->paths; i++)
        if (same_file(output, j->path[i]))
            return report_fail(RONDO_BAD_ARGUMENT, NULL, "%s: is read, so it cannot be the output",
                               show(output).text);
    if ((!strchr(valid, ',') && same_file(output, valid)) || (same_file(output, from) && !force))
        return report_fail(RONDO_BAD_ARGUMENT, NULL, "%s: is read, so it cannot be the output",
                           show(output).text);
    if (output[0] && file_exists(output) && !file_is_plain(output))
        return report_fail(RONDO_BAD_ARGUMENT, NULL, "%s: is no ordinary file, so it cannot be the output",
                           show(output).text);
    if (!j->resuming && !force && output[0] && file_exists(output))
        return report_fail(RONDO_BAD_ARGUMENT, "-f replaces it", "%s: is there already", show(output).text);
    if (!output[0])
        report_note("no -o: %s",
                    j->run.size ? "the model stays in the run folder" : "neither model nor run are kept");
    return j->run.size && !j->resuming ? run_folder_check(j->run.text, force) : RONDO_OK;
}

/* Told at the start, not after hours: the folder of the model can be written to. */
static int check_writable(const job *j)
{
    const char *output = text_of(j->options, "output");
    char *folder = strdup(output[0] ? output : ".");
    if (!folder) return report_fail(RONDO_LIMIT, NULL, "no memory for a path");
    char *slash = strrchr(folder, '/');
    if (slash) slash[slash == folder] = 0;
    const char *name = slash ? folder : ".";
    int status = RONDO_OK;
    if (output[0] && access(name, W_OK | X_OK) != 0)
        status = report_fail(RONDO_SYSTEM, NULL, "%s: %s: %s", show(output).text, name, strerror(errno));
    free(folder);
    return status;
}

static int settle(job *j)
{
    int status = settle_options(j);
    if (status == RONDO_OK) status = settle_paths(j);
    if (status == RONDO_OK) status = settle_output(j);
    if (status == RONDO_OK) status = check_writable(j);
    if (status == RONDO_OK) status = settle_seed(j->options);
    if (isatty(STDERR_FILENO) && status == RONDO_OK && !rondo_options_is_set(j->options, "on-full"))
        option_put(j->options, "on-full", "wait");
    return status;
}

/* ---- data and model */

/* Files to validate on go on where the training file ends: windows of a series may look back into it. */
static rondo_status open_valid(job *j)
{
    char **path = NULL;
    size_t count = 0;
    rondo_options *own = NULL;
    rondo_status status = rondo_options_copy(j->options, &own, &j->error);
    if (status == RONDO_OK && option_is(j->options, "task", "forecast") && strcmp(j->path[j->paths - 1], "-") != 0)
        status = rondo_options_set(own, "history", j->path[j->paths - 1], &j->error);
    if (status == RONDO_OK && list_split(text_of(j->options, "valid"), &path, &count) != RONDO_OK) status = RONDO_LIMIT;
    if (status == RONDO_OK)
        status = rondo_data_open(own, j->base ? j->base : j->model, (const char *const *)path, count, &j->valid, &j->error);
    list_free(path, count);
    rondo_options_free(own);
    return status;
}

static rondo_status open_data(job *j)
{
    const char *valid = text_of(j->options, "valid");
    const char *const *paths = (const char *const *)j->path;
    rondo_status status = rondo_data_open(j->options, j->base, paths, j->paths, &j->data, &j->error);
    if (status != RONDO_OK || !valid[0]) {
        int cut = status == RONDO_OK && number_of(j->options, "val-frac") > 0;
        return cut ? rondo_data_cut(j->data, j->options, &j->train, &j->valid, &j->error) : status;
    }
    if (!j->base) /* the vocabulary of the training file is that of the model */
        status = rondo_model_for(j->device, j->options, j->data, &j->model, &j->error);
    return status == RONDO_OK ? open_valid(j) : status;
}

/* What was given is put over the options of the model that it begins with. */
static int load_base(job *j)
{
    const char *from = text_of(j->options, "init-from");
    if (!from[0]) return RONDO_OK;
    rondo_options *both = NULL;
    if (rondo_model_load(j->device, from, &j->base, &j->error) != RONDO_OK) return report_error(&j->error);
    const char *text = rondo_options_text(j->options, 1, &j->error);
    if (!text || rondo_options_copy(rondo_model_options(j->base), &both, &j->error) != RONDO_OK ||
        rondo_options_parse(both, text, strlen(text), "command line", &j->error) != RONDO_OK) {
        rondo_options_free(both);
        return report_error(&j->error);
    }
    rondo_options_free(j->options);
    j->options = both;
    return RONDO_OK;
}

/* vectors.txt: vectors for 912 of 1000 words, 31 of them in lower case */
static void tell_coverage(const job *j)
{
    const rondo_coverage found = rondo_model_coverage(j->model);
    if (found.vectors == 0 || report_quiet()) return;
    fprintf(stderr, "%s: vectors for %zu of %zu words, for %zu of these in lower case only\n",
            show(text_of(j->options, "embed-file")).text, found.exact + found.folded, found.words, found.folded);
}

static int prepare(job *j)
{
    int status = device_open(j->options, &j->device);
    if (status == RONDO_OK) status = load_base(j);
    if (status == RONDO_OK) status = options_fit_task(j->call, text_of(j->options, "task"));
    if (status != RONDO_OK) return status;
    if (open_data(j) != RONDO_OK)
        return report_error(&j->error);
    const rondo_data *train = j->train ? j->train : j->data;
    if (rondo_data_describe(train, j->valid, 0, say_sink, NULL, &j->error) != RONDO_OK)
        return report_error(&j->error);
    if (j->base) j->model = j->base;
    if (!j->model && rondo_model_for(j->device, j->options, train, &j->model, &j->error) != RONDO_OK)
        return report_error(&j->error);
    tell_coverage(j);
    if (rondo_trainer_new(j->model, train, j->valid, j->options, &j->trainer, &j->error) != RONDO_OK)
        return report_error(&j->error);
    return RONDO_OK;
}

/* ---- the run */

static int open_run(job *j)
{
    if (j->run.size && !j->resuming) {
        int status = run_folder_claim(j->run.text, flag_of(j->call->options, "force"));
        if (status == RONDO_OK) status = run_folder_write(j->run.text, j->call, j->options);
        return status;
    }
    if (!j->resuming) return RONDO_OK;
    rondo_status found = rondo_trainer_resume(j->trainer, j->run.text, &j->error);
    if (found == RONDO_NO)
        report_note("%s; the run begins anew", j->error.message);
    else if (found != RONDO_OK)
        return report_error(&j->error);
    return run_folder_write(j->run.text, j->call, j->options);
}

/* As a shell takes it for one word. */
static void put_word(const char *word, buffer *to)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+,:=@%-";
    if (word[0] && !word[strspn(word, plain)]) {
        buffer_put(to, word);
        return;
    }
    buffer_put(to, "'");
    for (; *word; word++)
        buffer_add(to, *word == '\'' ? "'\\''" : word, *word == '\'' ? 4 : 1);
    buffer_put(to, "'");
}

/* "saved: FILE, step N; resume with: COMMAND" */
static void tell_saved(const job *j)
{
    const training *w = &j->watch;
    buffer line = {0};
    if (w->saved || (j->run.size && j->resuming)) {
        buffer_format(&line, "saved: %s, ", j->run.text);
        if (w->saved)
            buffer_format(&line, "step %llu", (unsigned long long)w->saved_step);
        else
            buffer_put(&line, "as before");
        buffer_put(&line, "; resume with: rondo train --resume ");
        put_word(j->run.text, &line);
    } else {
        buffer_format(&line, "nothing was saved (%s)", j->run.size ? "no step was finished" : "no -o");
    }
    fprintf(stderr, "%s\n", line.text ? line.text : "no memory to say what was saved");
    buffer_free(&line);
}

static void tell_end(const job *j)
{
    const training *w = &j->watch;
    const char *output = text_of(j->options, "output");
    buffer line = {0};
    buffer_format(&line, "stopped: %s", w->reason);
    if (isfinite(w->best_loss)) {
        buffer_format(&line, "; best valid %.4g", w->best_loss);
        if (option_is(j->options, "task", "lm") && option_is(j->options, "tokens", "char"))
            buffer_format(&line, " (%.3g bits/char)", w->best_loss / 0.693147180559945309);
        else if (option_is(j->options, "task", "lm"))
            buffer_format(&line, " (perplexity %.4g)", exp(w->best_loss));
        if (w->best_headline.name && isfinite(w->best_headline.value))
            buffer_format(&line, ", %s %.4g", w->best_headline.name, w->best_headline.value);
        buffer_format(&line, " at step %llu", (unsigned long long)w->best_step);
    }
    if (output[0]) buffer_format(&line, "; saved %s", output);
    report_say("%s", line.text ? line.text : "");
    buffer_free(&line);
}

static void tell_baselines(const job *j)
{
    baselines found;
    if (!j->valid || report_quiet() || signals_stop()) return;
    training_baselines(j->train ? j->train : j->data, j->valid, j->options, &found);
    if (found.text[0]) report_say("baselines on the same validation data: %s", found.text);
}

/* With --on-full wait a model that finds no room is tried again each second, until a signal. */
static rondo_status save_or_wait(job *j, const char *output)
{
    int replace = flag_of(j->call->options, "force") || j->resuming;
    const int wait = option_is(j->options, "on-full", "wait");
    for (int told = 0;; told = 1) {
        rondo_status status = rondo_model_save(j->model, output, replace, &j->error);
        if (status != RONDO_SYSTEM || !wait || signals_stop()) return status;
        if (!told) report_note("%s; waiting for room", j->error.message);
        sleep(1);
    }
}

static int save_model(job *j)
{
    const char *output = text_of(j->options, "output");
    if (output[0] && save_or_wait(j, output) != RONDO_OK) {
        int status = report_error(&j->error);
        tell_saved(j);
        return status;
    }
    return j->run.size ? run_folder_finish(j->run.text, j->watch.reason) : RONDO_OK;
}

/* The run came to its end, but its last checkpoint or its log found no room: the model is saved all the same. */
static int save_in_need(job *j)
{
    int status = report_error(&j->error);
    if (j->watch.reason[0] && save_model(j) == RONDO_OK)
        tell_end(j);
    else
        tell_saved(j);
    return status;
}

static int train(job *j)
{
    signals_hold(1);
    int status = open_run(j);
    if (status != RONDO_OK) return status;
    training_begin(&j->watch, j->options, j->run.size ? j->run.text : NULL);
    rondo_status ended = rondo_train(j->trainer, j->watch.run, training_event, &j->watch, &j->error);
    progress_erase(&j->watch.bar);
    if (ended == RONDO_NO) {
        tell_saved(j);
        return signals_stop() ? 128 + signals_stop() : RONDO_SYSTEM;
    }
    if (ended != RONDO_OK) return save_in_need(j);
    status = save_model(j);
    if (status == RONDO_OK) tell_end(j);
    return status != RONDO_OK || !signals_stop() ? status : 128 + signals_stop();
}

static void close_job(job *j)
{
    rondo_trainer_free(j->trainer);
    if (j->model != j->base) rondo_model_free(j->model);
    rondo_model_free(j->base);
    rondo_data_free(j->train);
    rondo_data_free(j->valid);
    rondo_data_free(j->data);
    rondo_device_close(j->device);
    rondo_options_free(j->options);
    list_free(j->path, j->paths);
    buffer_free(&j->run);
}

int run_train(invocation *call)
{
    job j = {.call = call};
    int status = settle(&j);
    if (status == RONDO_OK) status = prepare(&j);
    if (status == RONDO_OK) status = train(&j);
    signals_hold(0);
    if (status == RONDO_OK) tell_baselines(&j);
    close_job(&j);
    return status;
}
