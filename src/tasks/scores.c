/* Filled batch by batch by the tasks, read by reports and pictures. */
#include "tasks/scores.h"

#include "base/memory.h"
#include "options/options.h"
#include "tasks/answers.h"

#include <string.h>

/* ---- labels */

static void add_names(rd_text *names, const rd_symbols *labels)
{
    for (size_t k = 0; labels && k < rd_symbols_size(labels); k++) {
        size_t size;
        const char *text = rd_symbols_text(labels, k, &size);
        rd_text_add(names, text, size);
        rd_text_add(names, "", 1);
    }
}

/* Those of the vocabulary, one for all labels that it lacks, and the tags that it lacks by themselves. */
static rondo_status copy_names(rondo_scores *scores, const rd_symbols *labels, const rd_symbols *unseen, rondo_error *error)
{
    static const char lacking[] = "(not in training)";
    const size_t count = scores->classes + 1 + (unseen ? rd_symbols_size(unseen) : 0);
    size_t at = 0;
    add_names(&scores->names, labels);
    rd_text_add(&scores->names, lacking, sizeof lacking);
    add_names(&scores->names, unseen);
    RD_TRY(rd_text_done(&scores->names, error));
    RD_TRY(rd_alloc(count, sizeof *scores->name, "the names of labels", &scores->name, error));
    for (size_t k = 0; k < count; k++) {
        scores->name[k] = scores->names.text + at;
        at += strlen(scores->names.text + at) + 1;
    }
    return RONDO_OK;
}

/* The place of a target's name in scores->name. A tag that training never saw is wrong, but begins and ends the phrases
 * that it begins and ends. */
static int32_t name_of(const rondo_scores *scores, int32_t target)
{
    return target < -1 ? (int32_t)scores->classes - 1 - target : target;
}

static rondo_status begin_labels(rondo_scores *scores, const rondo_data *data, rondo_error *error)
{
    const rd_symbols *labels = rd_data_symbols(data, "y"), *unseen = data->corpus->unseen;
    const size_t unknown = unseen ? rd_symbols_size(unseen) : 0;
    scores->classes = rd_symbols_size(labels);
    RD_TRY(copy_names(scores, labels, unseen, error));
    RD_TRY(rd_confusion_new(&scores->confusion, scores->classes, error));
    scores->chunks = rd_data_form_of(data) == RD_DATA_TAGS && rd_tags_are_chunks(scores->name, scores->classes);
    if (!scores->chunks) return RONDO_OK;
    return rd_entities_new(&scores->entities, scores->name, scores->classes + 1 + unknown, error);
}

rondo_status rd_scores_new(const rondo_data *data, rondo_scores **scores, rondo_error *error)
{
    rd_data_form form = rd_data_form_of(data);
    int labels = form == RD_DATA_TAGS || form == RD_DATA_CLASSES;
    *scores = NULL;
    RD_TRY(rd_alloc(1, sizeof **scores, "the scores of an evaluation", scores, error));
    rondo_status status = labels ? begin_labels(*scores, data, error) : RONDO_OK;
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
    rd_bleu_free(&scores->bleu);
    rd_edits_free(&scores->words);
    rd_edits_free(&scores->characters);
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
            rd_entities_step(&scores->entities, &walk, name_of(scores, target->symbols[row]), guess[row]);
        }
        rd_entities_end(&scores->entities, &walk);
    }
}

void rd_scores_record(rondo_scores *scores, const int32_t *truth, const int32_t *guess, size_t length)
{
    rd_entity_walk walk = {0};
    for (size_t i = 0; i < length; i++) {
        rd_confusion_add(&scores->confusion, truth[i], guess[i]);
        if (scores->chunks) rd_entities_step(&scores->entities, &walk, name_of(scores, truth[i]), guess[i]);
    }
    if (scores->chunks) rd_entities_end(&scores->entities, &walk);
}

/* ---- texts */

typedef struct comparing {
    rondo_scores *scores;
    rondo_error *error;
    rondo_status status;
} comparing;

static rondo_status compare(rondo_scores *scores, const rondo_answer *answer, rondo_error *error)
{
    const char *wanted = answer->raw, *written = answer->count ? answer->text[0] : "";
    size_t size = answer->raw_size, length = strlen(written);
    RD_TRY(rd_bleu_add(&scores->bleu, written, length, wanted, size, error));
    RD_TRY(rd_edits_add_text(&scores->words, RD_EDIT_WORDS, wanted, size, written, length, error));
    return rd_edits_add_text(&scores->characters, RD_EDIT_CHARACTERS, wanted, size, written, length, error);
}

static int on_answer(void *user, const rondo_answer *answer)
{
    comparing *c = user;
    c->status = compare(c->scores, answer, c->error);
    return c->status != RONDO_OK;
}

rondo_status rd_scores_texts(rondo_scores *scores, rondo_model *model, const rondo_data *data, const rondo_options *options,
                             const rd_task_info *task, rondo_error *error)
{
    rondo_error own = {0};
    comparing c = {scores, &own, RONDO_OK};
    scores->texts = 1;
    scores->bleu.tokens = rd_option_is(options, RD_OPT_bleu_tokens, "none") ? RD_BLEU_NONE : RD_BLEU_13A;
    rondo_status status = rd_answer_records(model, data, options, task, on_answer, &c, error);
    if (c.status == RONDO_OK) return status;
    if (error) *error = own;
    return c.status;
}

void rd_scores_text_metrics(const rondo_scores *scores, rondo_metrics *metrics)
{
    const rd_edits *letters = &scores->characters;
    rd_metric_add(metrics, "bleu", rd_bleu_score_of(&scores->bleu).bleu, 1);
    rd_metric_add(metrics, "wer", rd_edits_rate(&scores->words), -1);
    rd_metric_add(metrics, "cer", rd_edits_rate(letters), -1);
    rd_metric_add(metrics, "exact", letters->pairs ? (double)letters->same / (double)letters->pairs : 0, 1);
}

/* ---- the text */

static void put_edits(const char *name, const rd_edits *edits, rd_text *out)
{
    rd_text_format(out, "%s: %llu substituted, %llu inserted, %llu deleted of %llu\n", name,
                   (unsigned long long)edits->substituted, (unsigned long long)edits->inserted,
                   (unsigned long long)edits->deleted, (unsigned long long)edits->units);
}

static void put_texts(const rondo_scores *scores, rd_text *out)
{
    rd_bleu_line(&scores->bleu, out);
    rd_text_put(out, "\n");
    put_edits("words", &scores->words, out);
    put_edits("characters", &scores->characters, out);
}

void rd_scores_report(const rondo_scores *scores, rd_text *out)
{
    if (scores->chunks)
        rd_entities_report(&scores->entities, out);
    else if (scores->classes > 0)
        rd_confusion_table(&scores->confusion, scores->name, out);
    else if (scores->texts)
        put_texts(scores, out);
}
