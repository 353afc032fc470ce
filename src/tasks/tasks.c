/* The tasks as rows, and models made for them. */
#include "tasks/answers.h"
#include "tasks/forecast.h"
#include "tasks/scores.h"

#include "base/memory.h"
#include "base/size.h"

#include <math.h>
#include <string.h>

void rd_metric_add(rondo_metrics *metrics, const char *name, double value, int better)
{
    if (metrics->count < sizeof metrics->metric / sizeof *metrics->metric)
        metrics->metric[metrics->count++] = (rondo_metric){.name = name, .value = value, .better = better};
}

const rondo_metric *rd_metric_find(const rondo_metrics *metrics, const char *name)
{
    for (size_t i = 0; i < metrics->count; i++)
        if (rd_equal(metrics->metric[i].name, name)) return &metrics->metric[i];
    return NULL;
}

double rd_tally_loss(const rd_tally *tally)
{
    return tally->count > 0 ? tally->loss / tally->count : (double)NAN;
}

/* ---- language model: nats, perplexity, bits a character -------------------------------------------------- */

static void lm_metrics(const rd_tally *tally, const rondo_model *model, rondo_metrics *metrics)
{
    double nats = rd_tally_loss(tally);
    static const char *const bits[] = {[RD_TOKENS_CHAR] = "bits_per_char", [RD_TOKENS_BYTE] = "bits_per_char",
                                       [RD_TOKENS_WORD] = "bits_per_word", [RD_TOKENS_LABEL] = "bits_per_label",
                                       [RD_TOKENS_BPE] = "bits_per_piece"};
    const rd_token_kind kind = model && model->symbols[0] ? rd_symbols_rules_of(model->symbols[0])->kind : RD_TOKENS_CHAR;
    rd_metric_add(metrics, "nll", nats, -1);
    rd_metric_add(metrics, "perplexity", exp(nats), -1);
    rd_metric_add(metrics, bits[kind], nats / log(2), -1);
}

/* ---- labels: accuracy, F1 of classes or of phrases; a label that training never had is never right -------- */

static void label_add(rd_tally *tally, const rondo_view *output, const rd_part *target)
{
    tally->status = rd_labeller_run(tally->labeller, tally->model, output, &target->packed.pack, NULL);
    if (tally->status == RONDO_OK)
        rd_scores_labels(tally->scores, target, tally->labeller->label);
}

static void label_metrics(const rd_tally *tally, const rondo_model *model, rondo_metrics *metrics)
{
    (void)model;
    const rondo_scores *scores = tally->scores;
    rd_metric_add(metrics, "nll", rd_tally_loss(tally), -1);
    rd_metric_add(metrics, "accuracy", rd_confusion_accuracy(&scores->confusion), 1);
    if (!scores->chunks) {
        rd_metric_add(metrics, "macro_f1", rd_confusion_macro_f1(&scores->confusion), 1);
        return;
    }
    rd_entity_score score = rd_entity_score_of(&scores->entities.all);
    rd_metric_add(metrics, "entity_precision", score.precision / 100, 1);
    rd_metric_add(metrics, "entity_recall", score.recall / 100, 1);
    rd_metric_add(metrics, "entity_f1", score.f1 / 100, 1);
}

/* ---- frames: nats a frame, and keys that are found ------------------------------------------------------- */

static void frame_add(rd_tally *tally, const rondo_view *output, const rd_part *target)
{
    rd_frames_add(&tally->scores->keys, output->data, output->stride, target->values, output->shape[0], target->width);
}

static void frame_metrics(const rd_tally *tally, const rondo_model *model, rondo_metrics *metrics)
{
    (void)model;
    rd_metric_add(metrics, "nll", rd_tally_loss(tally), -1);
    rd_metric_add(metrics, "frame_accuracy", rd_frames_accuracy(&tally->scores->keys), 1);
}

/* ---- pairs: nats and perplexity a symbol of the target, told the symbols before ------------------------- */

static void seq2seq_metrics(const rd_tally *tally, const rondo_model *model, rondo_metrics *metrics)
{
    const double nats = rd_tally_loss(tally);
    (void)model;
    rd_metric_add(metrics, "nll", nats, -1);
    rd_metric_add(metrics, "perplexity", exp(nats), -1);
}

/* ---- transcripts: nats a symbol; what is written is compared by scores.c --------------------------------- */

static void transcribe_metrics(const rd_tally *tally, const rondo_model *model, rondo_metrics *metrics)
{
    (void)model;
    rd_metric_add(metrics, "nll", rd_tally_loss(tally), -1);
}

/* ---- numbers: plain errors ------------------------------------------------------------------------------ */

static void regress_add(rd_tally *tally, const rondo_view *output, const rd_part *target)
{
    const rd_real *y = output->data;
    const size_t each = rd_size_max(output->shape[1] / target->width, 1), point = rd_forecast_point(tally->model, each);
    for (size_t r = 0; r < output->shape[0]; r++, y += output->stride)
        for (size_t k = 0; k < target->width; k++) {
            double wanted = (double)target->values[r * target->width + k], error = (double)y[k * each + point] - wanted;
            if (isnan(wanted))
                continue;
            tally->squared += error * error;
            tally->absolute += fabs(error);
            tally->numbers += 1;
        }
}

static void regress_metrics(const rd_tally *tally, const rondo_model *model, rondo_metrics *metrics)
{
    double n = tally->numbers > 0 ? tally->numbers : 1;
    rd_metric_add(metrics, "mse", tally->squared / n, -1);
    rd_metric_add(metrics, "mae", tally->absolute / n, -1);
    rd_metric_add(metrics, "rmse", sqrt(tally->squared / n), -1);
    if (model->loss[0].info->quantiles) rd_metric_add(metrics, "pinball", rd_tally_loss(tally), -1);
    if (!model->loss[0].info->unit) rd_metric_add(metrics, "nll", rd_tally_loss(tally), -1);
}

const rd_task_info rd_tasks[] = {
#define LIST(...) {__VA_ARGS__}
#define RD_TASK(task_name, its_parts, its_losses, make_text, add_rows, make_metrics, shown, make_answers, its_help) \
    {.name = task_name, .help = its_help, .part = its_parts, .losses = its_losses, .text = make_text, .add = add_rows, \
     .metrics = make_metrics, .headline = shown, .answer = make_answers},
#include "tasks/tasks.def"
#undef RD_TASK
#undef LIST
    {.name = NULL},
};

const rd_task_info *rd_task_find(const char *name)
{
    for (const rd_task_info *task = rd_tasks; task->name; task++)
        if (rd_equal(task->name, name))
            return task;
    return NULL;
}
