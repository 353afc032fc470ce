/* Data and models made to fit each other: sizes and vocabulary travel from one to the other. */
#include "tasks/answers.h"
#include "tasks/forecast.h"
#include "tasks/output_bias.h"

#include "base/memory.h"
#include "data/readers.h"
#include "data/vectors.h"

#include <stdio.h>
#include <string.h>

static rd_known known_of(const rondo_model *model, int bare)
{
    static const char *const names[RD_CORPUS_PARTS] = {[RD_X] = "x", [RD_Y] = "y", [RD_C] = "c", [RD_CHARS] = "chars"};
    rd_known known = {.bare = bare};
    for (size_t i = 0; model && i < model->parts; i++)
        for (int part = RD_X; part < RD_CORPUS_PARTS; part++)
            if (rd_equal(model->part[i].name, names[part]))
                known.part[part] = model->symbols[i];
    return known;
}

static const char *task_of(const rondo_options *options, const rondo_model *model)
{
    return model && *model->task ? model->task : rd_option_text(options, RD_OPT_task);
}

static size_t part_width(const rondo_model *model, const char *part)
{
    for (size_t i = 0; i < model->parts; i++)
        if (rd_equal(model->part[i].name, part))
            return model->part[i].width;
    return 0;
}

/* Numbers must come in as many columns as the model was trained on. */
static rondo_status check_fit(const rondo_model *model, const rondo_data *data, rondo_error *error)
{
    for (int k = 0; model && k < 2; k++) {
        const char *part = k ? "y" : "x";
        if (!rd_data_symbols(data, part) && rd_data_width(data, part) && part_width(model, part) != rd_data_width(data, part))
            return rd_fail(error, RONDO_BAD_DATA, "%s: %zu columns of %s, the model was trained on %zu", rd_data_name(data, 0),
                           rd_data_width(data, part), k ? "targets" : "inputs", part_width(model, part));
    }
    return RONDO_OK;
}

static rondo_status settle(const rondo_model *model, rondo_status status, rondo_data **data, rondo_error *error)
{
    if (status == RONDO_OK)
        status = check_fit(model, *data, error);
    if (status != RONDO_OK) {
        rondo_data_free(*data);
        *data = NULL;
    }
    return status;
}

rondo_status rondo_data_open(const rondo_options *options, const rondo_model *model, const char *const *paths, size_t count,
                             rondo_data **data, rondo_error *error)
{
    if (!options || !paths || !count || !data)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_data_open: %s is missing", !options ? "options" : !data ? "data" : "a path");
    for (size_t i = 0; i < count; i++)
        if (!paths[i]) return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_data_open: path %zu is missing", i + 1);
    *data = NULL;
    return settle(model, rd_data_open(options, task_of(options, model), known_of(model, 0), paths, count, data, error), data, error);
}

/* Standard input has no suffix: numbers on it are read as those that the model was trained on, when --reader says nothing.
 * *own, which the caller frees, is NULL when the options are right as they are. */
static rondo_status read_as_before(const rondo_options *options, const rondo_model *model, const char *path, rondo_options **own,
                                   rondo_error *error)
{
    size_t at = 0, line = 0;
    rd_pair pair;
    char name[32] = "";
    *own = NULL;
    if (!rd_equal(path, "-") || !model->info || model->symbols[0] || !rd_option_is(options, RD_OPT_reader, "auto")) return RONDO_OK;
    while (rd_text_pair(model->info, strlen(model->info), &at, &line, &pair) > 0)
        if (pair.name_size == 6 && !memcmp(pair.name, "reader", 6) && pair.value_size < sizeof name)
            memcpy(name, pair.value, pair.value_size);
    if (!*name) return RONDO_OK;
    RD_TRY(rondo_options_copy(options, own, error));
    return rondo_options_set(*own, "reader", name, error);
}

rondo_status rd_open_for_answers(const rondo_options *options, const rondo_model *model, const char *const *paths, size_t count,
                                 rondo_data **data, rondo_error *error)
{
    rondo_options *own;
    *data = NULL;
    rondo_status status = read_as_before(options, model, count == 1 ? paths[0] : "", &own, error);
    if (status == RONDO_OK) status = rd_data_open(own ? own : options, model->task, known_of(model, 1), paths, count, data, error);
    rondo_options_free(own);
    return settle(model, status, data, error);
}

rondo_status rd_open_for_scores(const rondo_options *options, const rondo_model *model, const char *path, rondo_data **data,
                                rondo_error *error)
{
    rd_known known = known_of(model, 1);
    known.targets = 1;
    *data = NULL;
    return settle(model, rd_data_open(options, model->task, known, &path, 1, data, error), data, error);
}

rondo_status rondo_data_open_memory(const rondo_options *options, const rondo_model *model, const char *name, const char *bytes,
                                    size_t size, rondo_data **data, rondo_error *error)
{
    if (!options || !name || (!bytes && size) || !data)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_data_open_memory: %s is missing",
                       !options ? "options" : !data ? "data" : !name ? "name" : "bytes");
    *data = NULL;
    return settle(model, rd_data_open_memory(options, task_of(options, model), known_of(model, 0), name, bytes, size, data, error),
                  data, error);
}

/* ---- models ------------------------------------------------------------------------------------------------ */

/* What cannot be: a language model that sees its own future. */
static rondo_status check_options(const rondo_options *options, const char *task, rondo_error *error)
{
    if ((rd_equal(task, "lm") || rd_equal(task, "frames")) && rd_option_flag(options, RD_OPT_bidirectional)) {
        rd_fail(error, RONDO_BAD_ARGUMENT, "--bidirectional: a model of what comes next may not read what it is to predict");
        rd_hint(error, "leave it out, or use --task tag");
        return RONDO_BAD_ARGUMENT;
    }
    return RONDO_OK;
}

static rondo_status read_model_text(const rondo_options *options, char **text, rondo_error *error)
{
    size_t size;
    const char *path = rd_option_text(options, RD_OPT_model_text);
    *text = NULL;
    if (!*path)
        return RONDO_OK;
    return rd_file_read(path, 1u << 20, text, &size, error);
}

/* What is wrong in the list of layers is told with the file that it comes from. */
static void name_model_text(const rondo_options *options, rondo_error *error)
{
    static const char begins[] = "model text:";
    const char *path = rd_option_text(options, RD_OPT_model_text);
    if (!*path || !error || strncmp(error->message, begins, sizeof begins - 1) != 0)
        return;
    const rondo_error told = *error;
    (void)rd_fail(error, told.status, "%s:%s", path, told.message + sizeof begins - 1);
    memcpy(error->hint, told.hint, sizeof told.hint);
}

static rondo_status make_text(const rondo_options *options, const rondo_data *data, const rd_task_info *task, const rondo_size *size,
                              const char *loss, rd_text *text, rondo_error *error)
{
    char *given;
    RD_TRY(read_model_text(options, &given, error));
    if (given) {
        rd_text_put(text, given);
        rd_free(given);
        return rd_text_done(text, error);
    }
    return task->text(options, data, size, loss, text, error);
}

static rondo_status attach(rondo_model *model, const rondo_data *data, const char *task, rondo_error *error)
{
    if (strlen(task) >= sizeof model->task)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "task %s is unknown", rd_quote(task).text);
    memcpy(model->task, task, strlen(task) + 1);
    for (size_t i = 0; i < model->parts; i++)
        if (model->part[i].symbols) {
            rd_symbols *symbols = rd_data_symbols(data, model->part[i].name);
            model->symbols[i] = symbols ? rd_symbols_share(symbols) : NULL;
        }
    return RONDO_OK;
}

/* ---- vectors that were there before ----------------------------------------------------------------------- */

rondo_coverage rondo_model_coverage(const rondo_model *model)
{
    return model ? model->coverage : (rondo_coverage){.vectors = 0};
}

/* The options with the width of --embed-file as --embed-size, when nobody said another. */
static rondo_status settle_embed_size(const rondo_options *options, rondo_options **own, rondo_error *error)
{
    const char *path = rd_option_text(options, RD_OPT_embed_file);
    size_t width;
    char text[24];
    RD_TRY(rondo_options_copy(options, own, error));
    if (!*path || rd_option_is_set(options, RD_OPT_embed_size))
        return RONDO_OK;
    RD_TRY(rd_vectors_width(path, &width, error));
    (void)snprintf(text, sizeof text, "%zu", width);
    return rondo_options_set(*own, "embed-size", text, error);
}

/* The embedding that reads part x, or NULL. */
static const rd_layer *embedding_of_x(const rondo_model *model)
{
    for (size_t i = 0; i < model->layers; i++)
        if (rd_equal(model->layer[i].ops->kind, "embedding") && model->layer[i].source[0] < model->parts &&
            rd_equal(model->part[model->layer[i].source[0]].name, "x"))
            return &model->layer[i];
    return NULL;
}

static rondo_status read_vectors(rondo_model *model, const rd_symbols *words, rondo_error *error)
{
    const char *path = rd_option_text(model->options, RD_OPT_embed_file);
    const rd_layer *embedding = embedding_of_x(model);
    if (!*path)
        return RONDO_OK;
    if (!words || rd_symbols_rules_of(words)->kind != RD_TOKENS_WORD)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "--embed-file has vectors of words, the input is not words (--tokens word)");
    if (!embedding)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "--embed-file: no embedding of the model reads part \"x\"");
    RD_TRY(rd_vectors_read(path, words, embedding->out.width, model->params + embedding->param[0].offset, &model->coverage, error));
    rondo_model_changed(model);
    return RONDO_OK;
}

/* Features are those of one rate only, so the model keeps the rate of the sound it was trained on. */
static rondo_status keep_rate(rondo_model *model, const rondo_data *data, rondo_error *error)
{
    char rate[24];
    if (data->corpus->rate == 0) return RONDO_OK;
    (void)snprintf(rate, sizeof rate, "%u", data->corpus->rate);
    return rondo_options_set(model->options, "sample-rate", rate, error);
}

enum { LOSS_SIZE = 16 };

/* Whether the task can learn so; what its outputs mean follows from the loss. */
static int learns_with(const rd_task_info *task, const char *loss)
{
    const size_t size = strlen(loss);
    for (const char *at = task->losses; *at; at += strspn(at, " ")) {
        const size_t length = strcspn(at, " ");
        if (length == size && memcmp(at, loss, size) == 0)
            return 1;
        at += length;
    }
    return 0;
}

static rondo_status choose_loss(const rondo_options *options, const rd_task_info *task, char loss[LOSS_SIZE], rondo_error *error)
{
    const char *asked = rd_option_text(options, RD_OPT_loss);
    const int given = !rd_equal(asked, "auto");
    if (given && !learns_with(task, asked))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "--loss %s: --task %s learns with %s", asked, task->name, task->losses);
    (void)snprintf(loss, LOSS_SIZE, "%.*s", given ? (int)strlen(asked) : (int)strcspn(task->losses, " "), given ? asked : task->losses);
    return RONDO_OK;
}

/* The first loss of a list of layers is the one whose outputs the task reads. */
static rondo_status judge_loss(const rondo_model *model, const rd_task_info *task, rondo_error *error)
{
    if (model->losses == 0)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "model text: there is no loss, --task %s learns with %s", task->name, task->losses);
    if (learns_with(task, model->loss[0].info->name))
        return RONDO_OK;
    return rd_fail(error, RONDO_BAD_ARGUMENT, "model text: the first loss is %s, --task %s learns with %s", model->loss[0].info->name,
                   task->name, task->losses);
}

static rondo_status make_model(rondo_device *device, const rondo_options *options, const rondo_data *data,
                               const rd_task_info *task, rondo_model **model, rondo_error *error)
{
    char loss[LOSS_SIZE];
    rondo_size size[RD_TASK_PARTS + 1];
    size_t parts = 0;
    rd_text text = {0};
    RD_TRY(choose_loss(options, task, loss, error));
    for (; parts < RD_TASK_PARTS && task->part[parts]; parts++)
        size[parts] = (rondo_size){.part = task->part[parts], .width = rd_data_width(data, task->part[parts]),
                                   .symbols = rd_data_symbols(data, task->part[parts]) != NULL};
    if (rd_data_symbols(data, "chars")) /* beside what the task reads */
        size[parts++] = (rondo_size){.part = "chars", .width = rd_data_width(data, "chars"), .symbols = 1};
    rondo_status status = make_text(options, data, task, size, loss, &text, error);
    if (status == RONDO_OK)
        status = rondo_model_new(device, options, text.text, size, parts, model, error);
    if (status == RONDO_OK)
        status = judge_loss(*model, task, error);
    if (status == RONDO_OK)
        status = attach(*model, data, task->name, error);
    if (status == RONDO_OK)
        status = rd_output_bias(*model, data, error);
    if (status == RONDO_OK)
        status = keep_rate(*model, data, error);
    if (status == RONDO_OK)
        status = read_vectors(*model, rd_data_symbols(data, "x"), error);
    if (status != RONDO_OK)
        name_model_text(options, error);
    rd_text_free(&text);
    return status;
}

rondo_status rondo_model_for(rondo_device *device, const rondo_options *options, const rondo_data *data, rondo_model **model,
                             rondo_error *error)
{
    rondo_options *own = NULL;
    if (!device || !options || !data || !model)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_model_for: %s is missing",
                       !device ? "device" : !options ? "options" : !data ? "data" : "model");
    *model = NULL;
    const rd_task_info *task = rd_task_find(rd_data_task(data));
    if (!task)
        return rd_fail(error, RONDO_BUG, "task %s has no row", rd_quote(rd_data_task(data)).text);
    RD_TRY(check_options(options, task->name, error));
    rondo_status status = settle_embed_size(options, &own, error);
    if (status == RONDO_OK)
        status = make_model(device, own, data, task, model, error);
    if (status == RONDO_OK)
        status = rd_scaling_fit(*model, data, error);
    if (status != RONDO_OK) {
        rondo_model_free(*model);
        *model = NULL;
    }
    rondo_options_free(own);
    return status;
}
