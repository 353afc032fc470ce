#include "tasks/answers.h"

#include "base/memory.h"
#include "base/numeric.h"
#include "base/size.h"
#include "data/tag_schemes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- one answer ------------------------------------------------------------------------------------------ */

rondo_status rd_answer_begin(rd_answering *a, size_t i, int *bad, rondo_error *error)
{
    rd_text_clear(&a->raw);
    rd_text_clear(&a->words);
    a->count = a->notes = a->rank = 0;
    a->score = 0;
    RD_TRY(rd_data_raw(a->data, a->first + i, &a->raw, bad, error));
    if (!*bad) return RONDO_OK;
    const rondo_answer empty = {.record = a->first + i, .bad = 1};
    if (a->on_answer(a->user, &empty)) return rd_fail(error, RONDO_SYSTEM, "the answer could not be written");
    return RONDO_OK;
}

rondo_status rd_answer_add(rd_answering *a, const char *text, size_t size, double prob, rondo_error *error)
{
    const size_t n = a->count + 1;
    RD_TRY(rd_grow(&a->prob, &a->prob_room, n, sizeof *a->prob, "an answer", error));
    RD_TRY(rd_grow(&a->place, &a->place_room, n, sizeof *a->place, "an answer", error));
    a->prob[a->count] = prob;
    a->place[a->count] = a->words.size;
    a->count = n;
    rd_text_add(&a->words, text, size);
    rd_text_add(&a->words, "", 1);
    return rd_text_done(&a->words, error);
}

rondo_status rd_answer_tell(rd_answering *a, size_t i, rondo_error *error)
{
    RD_TRY(rd_grow(&a->text, &a->text_room, a->count + 1, sizeof *a->text, "an answer", error));
    for (size_t k = 0; k < a->count; k++)
        a->text[k] = a->words.text + a->place[k];
    const rondo_answer answer = {.record = a->first + i,
                                 .raw = a->raw.text ? a->raw.text : "",
                                 .raw_size = a->raw.size,
                                 .count = a->count - a->notes,
                                 .text = a->text,
                                 .prob = a->prob,
                                 .note = a->notes ? a->text + (a->count - a->notes) : NULL,
                                 .rank = a->rank,
                                 .score = a->score};
    if (a->on_answer(a->user, &answer)) return rd_fail(error, RONDO_SYSTEM, "the answer could not be written");
    return RONDO_OK;
}

/* ---- labels ---------------------------------------------------------------------------------------------- */

typedef struct ranked {
    double prob;
    size_t label;
} ranked;

static int likelier_first(const void *a, const void *b)
{
    const ranked *left = a, *right = b;
    if (left->prob < right->prob || left->prob > right->prob) return left->prob > right->prob ? -1 : 1;
    return (left->label > right->label) - (left->label < right->label);
}

/* 1 when all are numbers. */
static int softmax(const rd_real *z, size_t classes, ranked *out)
{
    double most = (double)z[rd_likeliest(z, classes)], sum = 0;
    for (size_t k = 0; k < classes; k++)
        sum += exp((double)z[k] - most);
    for (size_t k = 0; k < classes; k++)
        out[k] = (ranked){exp((double)z[k] - most) / sum, k};
    return isfinite(sum);
}

/* Probabilities of a row of logits, in double; 1 when all are numbers. Of loss binary each class is a yes or no of its own. */
static int probabilities(const rondo_model *model, const rd_real *z, size_t classes, ranked *out)
{
    if (model->losses == 0 || !rd_equal(model->loss[0].info->name, "binary")) return softmax(z, classes, out);
    double sum = 0;
    for (size_t k = 0; k < classes; k++) {
        out[k] = (ranked){1 / (1 + exp(-(double)z[k])), k};
        sum += out[k].prob;
    }
    return isfinite(sum);
}

rondo_status rd_answer_no_number(const rondo_data *data, uint64_t k, const char *what, rondo_error *error)
{
    rd_record_place place = {0};
    RD_TRY(rd_data_record(data, k, &place, error));
    return rd_fail(error, RONDO_NUMBERS, "%s:%llu: the model gives a %s that is not a number", place.name,
                   (unsigned long long)place.line, what);
}

static rondo_status add_ranked(rd_answering *a, const rd_symbols *labels, const ranked *rank, size_t count, rondo_error *error)
{
    for (size_t k = 0; k < count; k++) {
        size_t size;
        const char *text = rd_symbols_text(labels, rank[k].label, &size);
        RD_TRY(rd_answer_add(a, text, size, rank[k].prob, error));
    }
    return RONDO_OK;
}

/* Room for one row of ranks; kept in a->own. */
static rondo_status rank_room(rd_answering *a, size_t classes, rondo_error *error)
{
    a->release = rd_free;
    return a->own ? RONDO_OK : rd_alloc(classes, sizeof(ranked), "an answer", &a->own, error);
}

rondo_status rd_answer_labels(rd_answering *a, rondo_error *error)
{
    rondo_view output;
    RD_TRY(rondo_model_forward(a->model, NULL, a->batch, RONDO_USE, &output, error));
    const size_t classes = output.shape[1];
    RD_TRY(rank_room(a, classes, error));
    ranked *rank = a->own;
    for (size_t i = 0; i < output.shape[0]; i++) {
        int bad;
        RD_TRY(rd_answer_begin(a, i, &bad, error));
        if (bad) continue;
        if (!probabilities(a->model, (const rd_real *)output.data + i * output.stride, classes, rank)) return rd_answer_no_number(a->data, a->first + i, "probability", error);
        qsort(rank, classes, sizeof *rank, likelier_first);
        RD_TRY(add_ranked(a, rd_model_symbols(a->model, "y"), rank, classes, error));
        RD_TRY(rd_answer_tell(a, i, error));
    }
    return RONDO_OK;
}

rondo_status rd_answer_tags(rd_answering *a, rondo_error *error)
{
    rondo_view output;
    if (rd_option_integer(a->options, RD_OPT_n_best) > 1) return rd_answer_paths(a, error);
    RD_TRY(rondo_model_forward(a->model, NULL, a->batch, RONDO_USE, &output, error));
    const rondo_pack *pack = rondo_batch_pack(a->batch, "x");
    const size_t classes = output.shape[1];
    RD_TRY(rank_room(a, classes, error));
    RD_TRY(rd_labeller_run(&a->labeller, a->model, &output, pack, error));
    ranked *rank = a->own;
    for (size_t i = 0; i < pack->sequences; i++) {
        int bad;
        const size_t place = rd_pack_place(pack, i);
        RD_TRY(rd_answer_begin(a, i, &bad, error));
        for (size_t t = 0; !bad && t < pack->length[i]; t++) {
            const size_t row = pack->offset[t] + place;
            if (!probabilities(a->model, (const rd_real *)output.data + row * output.stride, classes, rank)) return rd_answer_no_number(a->data, a->first + i, "probability", error);
            ranked *best = &rank[a->labeller.label[row]];
            if (a->labeller.by_path) best->prob = (double)NAN;
            RD_TRY(add_ranked(a, rd_model_symbols(a->model, "y"), best, 1, error));
        }
        if (!bad) RD_TRY(rd_answer_tell_tags(a, i, error));
    }
    return RONDO_OK;
}

/* Writes the tags of the answer at hand anew. */
static rondo_status rewrite(rd_answering *a, rd_scheme scheme, rd_field *tag, rondo_error *error)
{
    rd_text fresh = {0};
    for (size_t k = 0; k < a->count; k++)
        tag[k] = (rd_field){a->words.text + a->place[k], strlen(a->words.text + a->place[k])};
    for (size_t k = 0; k < a->count; k++) {
        a->place[k] = fresh.size;
        rd_scheme_put(scheme, tag, a->count, k, &fresh);
        rd_text_add(&fresh, "", 1);
    }
    const rondo_status status = rd_text_done(&fresh, error);
    rd_text_free(&a->words);
    a->words = fresh;
    return status;
}

rondo_status rd_answer_tell_tags(rd_answering *a, size_t i, rondo_error *error)
{
    const rd_scheme asked = rd_scheme_of(a->options);
    rd_field *tag = NULL;
    if (asked != RD_SCHEME_RAW && asked != rd_scheme_of(a->model->options) && a->count > 0) {
        RD_TRY(rd_alloc(a->count, sizeof *tag, "tags", &tag, error));
        const rondo_status status = rewrite(a, asked, tag, error);
        rd_free(tag);
        RD_TRY(status);
    }
    return rd_answer_tell(a, i, error);
}

/* ---- all records ----------------------------------------------------------------------------------------- */

static void clear(rd_answering *a, rondo_loader *loader)
{
    if (a->release) a->release(a->own);
    rd_labeller_free(&a->labeller);
    rondo_batch_free(a->batch);
    rondo_loader_free(loader);
    rd_text_free(&a->raw);
    rd_text_free(&a->words);
    rd_free(a->prob);
    rd_free(a->text);
    rd_free(a->place);
}

static rondo_status answer_all(rd_answering *a, const rd_task_info *task, rondo_loader **loader, rondo_error *error)
{
    RD_TRY(rondo_batch_new(&a->batch, error));
    if (rd_data_count(a->data) == 0) return RONDO_OK;
    RD_TRY(rondo_loader_new(a->data, a->options, 0, loader, error));
    for (;;) {
        int end;
        rondo_status status = rondo_loader_next(*loader, a->batch, &end, error);
        if (status == RONDO_NO) return RONDO_OK;
        RD_TRY(status);
        RD_TRY(task->answer(a, error));
        a->first += a->batch->sequences;
    }
}

rondo_status rd_answer_records(rondo_model *model, const rondo_data *data, const rondo_options *options,
                               const rd_task_info *task, rondo_on_answer on_answer, void *user, rondo_error *error)
{
    rondo_loader *loader = NULL;
    rd_answering a = {.model = model, .data = data, .options = options, .on_answer = on_answer, .user = user};
    rondo_status status = answer_all(&a, task, &loader, error);
    clear(&a, loader);
    return status;
}

void rondo_model_language(rondo_model *model, const rondo_model *language)
{
    if (model) model->language = language;
}

rondo_status rondo_predict(rondo_model *model, const rondo_options *options, const char *const *paths, size_t count,
                           rondo_on_answer on_answer, void *user, rondo_error *error)
{
    if (!model || !options || !paths || !count || !on_answer)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_predict: %s is missing",
                       !model ? "model" : !options ? "options" : !on_answer ? "on_answer" : "a path");
    const rd_task_info *task = rd_task_find(model->task);
    if (!task || !task->answer)
        return rd_fail(error, RONDO_BAD_MODEL, "a model of task \"%s\" gives no answers to records", model->task);
    rondo_data *data = NULL;
    if (task->answer == rd_answer_tags) RD_TRY(rd_paths_check(model, options, error));
    RD_TRY(rd_open_for_answers(options, model, paths, count, &data, error));
    rondo_status status = rd_answer_records(model, data, options, task, on_answer, user, error);
    rondo_data_free(data);
    return status;
}
