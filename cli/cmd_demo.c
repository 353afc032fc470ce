/* rondo demo: a network learns names in seconds; no arguments, no files, no network. */
#include "cli.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES = 200, SHOWN = 12 };

typedef struct demo {
    invocation *call;
    rondo_options *options; /* owned */
    buffer names, unseen;   /* the lines to learn from, those to check with */
    size_t count;           /* lines of both */
    buffer model_path, run, svg_path;
    rondo_device *device;
    rondo_data *train, *valid;
    rondo_model *model;
    rondo_trainer *trainer;
    training watch;
    rondo_error error;
} demo;

static int settle(demo *d)
{
    static const struct {
        const char *name, *value, *fast;
    } choices[] = {
        {"task", "lm", "lm"},        {"lines", "on", "on"},      {"cell", "lstm", "lstm"},
        {"hidden-size", "96", "48"}, {"embed-size", "24", "24"}, {"epochs", "18", "8"},
        {"batch-size", "32", "32"},  {"lr", "0.005", "0.008"},   {"dropout-output", "0.2", "0"},
        {"patience", "0", "0"},
    };
    int fast = flag_of(d->call->options, "fast");
    const char *asked = text_of(d->call->options, "out"), *out = asked[0] ? asked : "demo";
    if (rondo_options_copy(d->call->options, &d->options, &d->error) != RONDO_OK)
        return report_error(&d->error);
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++)
        option_put(d->options, choices[i].name, fast ? choices[i].fast : choices[i].value);
    buffer_format(&d->model_path, "%s/names.safetensors", out);
    buffer_format(&d->run, "%s/names.run", out);
    buffer_format(&d->svg_path, "%s/names.loss.svg", out);
    if (d->model_path.failed || d->run.failed || d->svg_path.failed)
        return report_fail(RONDO_LIMIT, NULL, "no memory for a path");
    int status = settle_seed(d->options);
    if (status == RONDO_OK) status = folder_make(out);
    if (status == RONDO_OK) status = run_folder_check(d->run.text, 1);
    return status == RONDO_OK ? run_folder_claim(d->run.text, 1) : status;
}

/* The built-in list; each tenth name is kept back to check with. */
static rondo_status make_names(demo *d)
{
    rondo_options *all = NULL;
    buffer names = {0};
    rondo_status status = rondo_options_new(&all, &d->error);
    if (status == RONDO_OK) status = rondo_data_synth("names", all, buffer_sink, &names, &d->error);
    size_t count = 0;
    for (size_t at = 0; status == RONDO_OK && at < names.size; count++) {
        const char *end = memchr(names.text + at, '\n', names.size - at);
        size_t n = end ? (size_t)(end - names.text) - at + 1 : names.size - at;
        buffer_add(count % 10 == 9 ? &d->unseen : &d->names, names.text + at, n);
        at += n;
    }
    rondo_options_free(all);
    buffer_free(&names);
    d->count = count;
    return status;
}

static int prepare(demo *d)
{
    int status = device_open(d->options, &d->device);
    if (status != RONDO_OK) return status;
    if (make_names(d) != RONDO_OK ||
        rondo_data_open_memory(d->options, NULL, "names", d->names.text, d->names.size, &d->train,
                               &d->error) != RONDO_OK ||
        rondo_model_for(d->device, d->options, d->train, &d->model, &d->error) != RONDO_OK ||
        rondo_data_open_memory(d->options, d->model, "names", d->unseen.text, d->unseen.size, &d->valid,
                               &d->error) != RONDO_OK ||
        rondo_trainer_new(d->model, d->train, d->valid, d->options, &d->trainer, &d->error) != RONDO_OK)
        return report_error(&d->error);
    report_say("data    %s built-in names, 9 of 10 to learn from, the others to check with",
               with_commas((double)d->count).text);
    report_say("model   %s, %s units, seed %s; it learns which letter comes next",
               text_of(d->options, "cell"), text_of(d->options, "hidden-size"), text_of(d->options, "seed"));
    return RONDO_OK;
}

static int train(demo *d, const baselines *beside)
{
    signals_hold(1);
    int status = run_folder_write(d->run.text, d->call, d->options);
    if (status != RONDO_OK) return status;
    training_begin(&d->watch, d->options, d->run.text);
    d->watch.bar.baseline = isfinite(beside->best) ? beside->best : 0;
    if (isfinite(beside->best))
        snprintf(d->watch.bar.beside, sizeof d->watch.bar.beside, "%.40s %.2f", beside->best_name,
                 beside->best);
    double began = now();
    rondo_status ended = rondo_train(d->trainer, d->run.text, training_event, &d->watch, &d->error);
    progress_erase(&d->watch.bar);
    signals_hold(0);
    if (ended == RONDO_NO && signals_stop()) return 128 + signals_stop();
    if (ended != RONDO_OK) return report_error(&d->error);
    report_say("score   %.3f nats a letter on names it has not seen, after %.1f s; %s", d->watch.best_loss,
               now() - began, beside->text);
    return run_folder_finish(d->run.text, d->watch.reason);
}

/* ---- samples */

/* Whether the training list has this line (without its end). */
static int known(const buffer *names, const char *line, size_t size)
{
    for (size_t at = 0; at < names->size;) {
        const char *end = memchr(names->text + at, '\n', names->size - at);
        size_t n = end ? (size_t)(end - names->text) - at : names->size - at;
        if (n == size && memcmp(names->text + at, line, n) == 0) return 1;
        at += n + 1;
    }
    return 0;
}

static int sample(demo *d)
{
    size_t share = 0, count = 0, shown_names = 0, most = count_of(d->call->options, "count");
    int all = rondo_options_is_set(d->call->options, "count");
    most = all ? most : SHOWN;
    rondo_sampling sampling = {.temperature = number_of(d->options, "temperature"),
                               .top_p = 1,
                               .length = 40,
                               .seed = count_of(d->options, "seed")};
    for (; sampling.number < (most > SAMPLES ? most : SAMPLES); sampling.number++) {
        buffer name = {0};
        buffer_put(&name, "");
        if (rondo_generate(d->model, "", 0, &sampling, buffer_sink, &name, NULL, &d->error) != RONDO_OK) {
            buffer_free(&name);
            return report_error(&d->error);
        }
        int seen = known(&d->names, name.text, name.size);
        count++;
        share += seen != 0;
        if (shown_names < most && name.size > 0 && (all || !seen)) {
            output_format("%s\n", name.text);
            shown_names++;
        }
        buffer_free(&name);
    }
    output_flush();
    report_say("above   %s; of %zu samples %.1f %% stand in the list it learned from",
               all ? "samples as they came" : "samples that are not in the list", count,
               100.0 * (double)share / (double)count);
    return RONDO_OK;
}

static int draw(demo *d)
{
    const char *run = d->run.text;
    buffer picture = {0};
    int status = RONDO_OK;
    if (rondo_plot(&run, 1, d->options, "svg", buffer_sink, &picture, &d->error) != RONDO_OK)
        status = report_error(&d->error);
    else
        status = file_save(d->svg_path.text, picture.text, picture.size, 1);
    buffer_free(&picture);
    return status;
}

static void what_next(const demo *d)
{
    const char *model = d->model_path.text;
    report_say("saved   %s and %s", model, d->svg_path.text);
    report_say("try     rondo generate -m %s -p Tyr -n 10\n"
               "        rondo inspect %s --what equations\n"
               "        rondo plot %s\n"
               "        rondo train --max-time 60s -o play.safetensors YOUR.txt",
               model, model, d->run.text);
}

static int show_off(demo *d)
{
    baselines beside;
    training_baselines(d->train, d->valid, d->options, &beside);
    int status = train(d, &beside);
    if (status == RONDO_OK && rondo_model_save(d->model, d->model_path.text, 1, &d->error) != RONDO_OK)
        status = report_error(&d->error);
    if (status == RONDO_OK) status = sample(d);
    if (status == RONDO_OK) status = draw(d);
    if (status == RONDO_OK) what_next(d);
    return status;
}

int run_demo(invocation *call)
{
    demo d = {.call = call};
    int status = settle(&d);
    if (status == RONDO_OK) status = prepare(&d);
    if (status == RONDO_OK) status = show_off(&d);
    rondo_trainer_free(d.trainer);
    rondo_model_free(d.model);
    rondo_data_free(d.train);
    rondo_data_free(d.valid);
    rondo_device_close(d.device);
    rondo_options_free(d.options);
    buffer_free(&d.names);
    buffer_free(&d.unseen);
    buffer_free(&d.model_path);
    buffer_free(&d.run);
    buffer_free(&d.svg_path);
    return status;
}
