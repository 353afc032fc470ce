/* Filled batch by batch by the tasks, read by reports and pictures. */
#include "tasks/scores.h"

#include "base/memory.h"

#include <string.h>

/* ---- labels */

static rondo_status copy_names(rondo_scores *scores, const rd_symbols *labels, rondo_error *error)
{
    size_t at = 0;
    for (size_t k = 0; k < scores->classes; k++) {
        size_t size;
        const char *text = rd_symbols_text(labels, k, &size);
        rd_text_add(&scores->names, text, size);
        rd_text_add(&scores->names, "", 1);
    }
    RD_TRY(rd_text_done(&scores->names, error));
    RD_TRY(rd_alloc(scores->classes + 1, sizeof *scores->name, "the names of labels", &scores->name, error));
    for (size_t k = 0; k < scores->classes; k++) {
        scores->name[k] = scores->names.text + at;
        at += strlen(scores->names.text + at) + 1;
    }
    scores->name[scores->classes] = "(not in training)";
    return RONDO_OK;
}

static rondo_status begin_labels(rondo_scores *scores, const rd_symbols *labels, rd_data_form form,
                                 rondo_error *error)
{
    scores->classes = rd_symbols_size(labels);
    RD_TRY(copy_names(scores, labels, error));
    RD_TRY(rd_confusion_new(&scores->confusion, scores->classes, error));
    scores->chunks = form == RD_DATA_TAGS && rd_tags_are_chunks(scores->name, scores->classes);
    return scores->chunks ? rd_entities_new(&scores->entities, scores->name, scores->classes, error) : RONDO_OK;
}

rondo_status rd_scores_new(const rondo_data *data, rondo_scores **scores, rondo_error *error)
{
    rd_data_form form = rd_data_form_of(data);
    int labels = form == RD_DATA_TAGS || form == RD_DATA_CLASSES;
    *scores = NULL;
    RD_TRY(rd_alloc(1, sizeof **scores, "the scores of an evaluation", scores, error));
    rondo_status status = labels ? begin_labels(*scores, rd_data_symbols(data, "y"), form, error) : RONDO_OK;
    if (status != RONDO_OK) {
        rondo_scores_free(*scores);
        *scores = NULL;
    }
    return status;
}

void rondo_scores_free(rondo_scores *scores)
{
    if (!scores) return;
    rd_confusion_free(&scores->confusion);
    rd_entities_free(&scores->entities);
    rd_text_free(&scores->names);
    rd_free(scores->name);
    rd_free(scores);
}

void rd_scores_labels(rondo_scores *scores, const rd_part *target, const int32_t *guess)
{
    const rondo_pack *pack = &target->packed.pack;
    for (size_t row = 0; row < pack->rows; row++)
        rd_confusion_add(&scores->confusion, target->symbols[row], guess[row]);
    for (size_t place = 0; scores->chunks && place < pack->sequences; place++) {
        rd_entity_walk walk = {0};
        for (size_t t = 0; t < pack->length[pack->order[place]]; t++) {
            size_t row = pack->offset[t] + place;
            rd_entities_step(&scores->entities, &walk, target->symbols[row], guess[row]);
        }
        rd_entities_end(&scores->entities, &walk);
    }
}

void rd_scores_record(rondo_scores *scores, const int32_t *truth, const int32_t *guess, size_t length)
{
    for (size_t i = 0; i < length; i++)
        rd_confusion_add(&scores->confusion, truth[i], guess[i]);
    if (scores->chunks) rd_entities_add(&scores->entities, truth, guess, length);
}

/* ---- the text */

void rd_scores_report(const rondo_scores *scores, rd_text *out)
{
    if (scores->chunks)
        rd_entities_report(&scores->entities, out);
    else if (scores->classes > 0)
        rd_confusion_table(&scores->confusion, scores->name, out);
}
