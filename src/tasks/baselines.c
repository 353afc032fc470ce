/* What a model must beat: counts for text and labels, the last frame for music, the mean for numbers. */
#include "tasks/scores.h"
#include "tasks/forecast.h"
#include "tasks/tasks.h"

#include "base/memory.h"
#include "base/numeric.h"
#include "data/baseline.h"
#include "data/baseline_tags.h"

#include <math.h>

/* ---- text */

static rondo_status of_text(const rondo_data *train, const rondo_data *data, rondo_metrics *metrics, rondo_error *error)
{
    static const struct {
        const char *name;
        int order;
    } rows[] = {{"unigram", 0}, {"markov-1", 1}, {"markov-2", 2}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double nats;
        RD_TRY(rd_baseline_lm(train, data, rows[i].order, &nats, error));
        rd_metric_add(metrics, rows[i].name, nats, -1);
    }
    return RONDO_OK;
}

/* ---- labels */

enum { MAJORITY = 0, UNIGRAM = 1, GUESSERS = 2 };

/* Rows of the record at hand: its words (all 0 where labels belong to whole records), labels and guesses. */
typedef struct labels {
    rd_tagger tagger;
    rondo_scores *scores[GUESSERS];
    int32_t *word, *truth, *guess;
    size_t word_room, truth_room, guess_room;
} labels;

static rondo_status read_labels(labels *l, const rondo_data *data, uint64_t k, size_t *count, rondo_error *error)
{
    rd_rows y, x;
    RD_TRY(rd_data_rows(data, k, RD_Y, &y, error));
    *count = (size_t)y.count;
    RD_TRY(rd_grow(&l->word, &l->word_room, *count + 1, sizeof *l->word, "a baseline", error));
    RD_TRY(rd_grow(&l->truth, &l->truth_room, *count + 1, sizeof *l->truth, "a baseline", error));
    RD_TRY(rd_grow(&l->guess, &l->guess_room, *count + 1, sizeof *l->guess, "a baseline", error));
    for (size_t i = 0; i < *count; i++)
        l->word[i] = 0;
    if (*count == 0) return RONDO_OK;
    if (rd_data_form_of(data) == RD_DATA_TAGS) {
        RD_TRY(rd_data_rows(data, k, RD_X, &x, error));
        RD_TRY(rd_store_read(data->corpus->index[RD_X], x.first, *count, l->word, error));
    }
    return rd_store_read(data->corpus->index[RD_Y], y.first, *count, l->truth, error);
}

static rondo_status fit(labels *l, const rondo_data *train, rondo_error *error)
{
    for (uint64_t k = 0; k < rd_data_count(train); k++) {
        size_t count;
        RD_TRY(read_labels(l, train, k, &count, error));
        RD_TRY(rd_tagger_add(&l->tagger, l->word, l->truth, count, error));
    }
    return rd_tagger_fit(&l->tagger, error);
}

static rondo_status judge(labels *l, const rondo_data *data, rondo_error *error)
{
    for (uint64_t k = 0; k < rd_data_count(data); k++) {
        size_t count;
        RD_TRY(read_labels(l, data, k, &count, error));
        for (int who = 0; who < GUESSERS; who++) {
            for (size_t i = 0; i < count; i++)
                l->guess[i] = who == MAJORITY ? l->tagger.usual : rd_tagger_guess(&l->tagger, l->word[i]);
            rd_scores_record(l->scores[who], l->truth, l->guess, count);
        }
    }
    return RONDO_OK;
}

static void tell(const labels *l, int tags, rondo_metrics *metrics)
{
    const rondo_scores *majority = l->scores[MAJORITY], *unigram = l->scores[UNIGRAM];
    rd_metric_add(metrics, "majority: accuracy", rd_confusion_accuracy(&majority->confusion), 1);
    if (!majority->chunks) rd_metric_add(metrics, "majority: macro_f1", rd_confusion_macro_f1(&majority->confusion), 1);
    if (!tags) return;
    rd_metric_add(metrics, "unigram: accuracy", rd_confusion_accuracy(&unigram->confusion), 1);
    if (unigram->chunks)
        rd_metric_add(metrics, "unigram: entity_f1", rd_entity_score_of(&unigram->entities.all).f1 / 100, 1);
    else
        rd_metric_add(metrics, "unigram: macro_f1", rd_confusion_macro_f1(&unigram->confusion), 1);
}

static rondo_status of_labels(const rondo_data *train, const rondo_data *data, rondo_metrics *metrics, rondo_error *error)
{
    labels l = {.word = NULL};
    rondo_status status = fit(&l, train, error);
    for (int who = 0; who < GUESSERS && status == RONDO_OK; who++)
        status = rd_scores_new(data, &l.scores[who], error);
    if (status == RONDO_OK) status = judge(&l, data, error);
    if (status == RONDO_OK) tell(&l, rd_data_form_of(data) == RD_DATA_TAGS, metrics);
    for (int who = 0; who < GUESSERS; who++)
        rondo_scores_free(l.scores[who]);
    rd_tagger_free(&l.tagger);
    rd_free(l.word);
    rd_free(l.truth);
    rd_free(l.guess);
    return status;
}

/* ---- numbers: rows of a part, one after the other */

typedef void (*visit)(void *user, const float *row, const float *before, size_t width);

/* Rows of record k of a part; those of a stream are one record. */
static rondo_status rows_of(const rondo_data *data, uint64_t k, int part, rd_rows *rows, rondo_error *error)
{
    *rows = (rd_rows){data->first, data->count};
    return rd_data_is_stream(data) ? RONDO_OK : rd_data_rows(data, k, part, rows, error);
}

/* Calls for each row of each record with the row before it, NULL for the first. */
static rondo_status walk(const rondo_data *data, int part, visit each, void *user, rondo_error *error)
{
    size_t width = data->corpus->width[part];
    float *row;
    RD_TRY(rd_alloc(2 * width, sizeof *row, "a baseline", &row, error));
    rondo_status status = RONDO_OK;
    uint64_t records = rd_data_is_stream(data) ? 1 : rd_data_count(data);
    for (uint64_t k = 0; k < records && status == RONDO_OK; k++) {
        rd_rows rows;
        status = rows_of(data, k, part, &rows, error);
        for (uint64_t r = 0; status == RONDO_OK && r < rows.count; r++) {
            float *here = row + (r & 1) * width;
            status = rd_store_read(data->corpus->values[part], rows.first + r, 1, here, error);
            if (status == RONDO_OK) each(user, here, r ? row + (~r & 1) * width : NULL, width);
        }
    }
    rd_free(row);
    return status;
}

/* ---- music */

typedef struct keys {
    double *sounds; /* [width] how often each key sounds in training */
    double frames, judged, nats;
    rd_frame_counts last; /* when the frame before is the guess */
} keys;

static void count_keys(void *user, const float *row, const float *before, size_t width)
{
    keys *k = user;
    (void)before;
    k->frames++;
    for (size_t i = 0; i < width; i++)
        k->sounds[i] += row[i] > 0.5f;
}

/* A key sounds with the share it has in training, half a count added to either side (Krichevsky and Trofimov). */
static void judge_keys(void *user, const float *row, const float *before, size_t width)
{
    keys *k = user;
    k->judged++;
    for (size_t i = 0; i < width; i++) {
        double p = (k->sounds[i] + 0.5) / (k->frames + 1);
        int sounds = row[i] > 0.5f, found = before && before[i] > 0.5f;
        k->nats -= rd_log64(sounds ? p : 1 - p);
        k->last.hit += sounds && found;
        k->last.added += !sounds && found;
        k->last.missed += sounds && !found;
    }
}

static rondo_status of_frames(const rondo_data *train, const rondo_data *data, rondo_metrics *metrics, rondo_error *error)
{
    keys k = {0};
    RD_TRY(rd_alloc(rd_data_width(train, "x"), sizeof *k.sounds, "a baseline", &k.sounds, error));
    rondo_status status = walk(train, RD_X, count_keys, &k, error);
    if (status == RONDO_OK) status = walk(data, RD_X, judge_keys, &k, error);
    rd_free(k.sounds);
    if (status != RONDO_OK || k.judged == 0) return status;
    rd_metric_add(metrics, "every key alone: nll", k.nats / k.judged, -1);
    rd_metric_add(metrics, "frame before: frame_accuracy", rd_frames_accuracy(&k.last), 1);
    return RONDO_OK;
}

/* ---- other numbers: the mean of the training data, and the value before */

typedef struct numbers {
    double *sum, *count; /* [width] of the targets in training; one block */
    double mean_squares, mean_rows, last_squares, last_rows;
} numbers;

static void count_numbers(void *user, const float *row, const float *before, size_t width)
{
    numbers *n = user;
    (void)before;
    for (size_t i = 0; i < width; i++) {
        if (isnan(row[i])) continue;
        n->sum[i] += (double)row[i];
        n->count[i]++;
    }
}

static void judge_numbers(void *user, const float *row, const float *before, size_t width)
{
    numbers *n = user;
    for (size_t i = 0; i < width; i++) {
        if (isnan(row[i]) || !(n->count[i] > 0)) continue;
        double y = (double)row[i], mean = n->sum[i] / n->count[i];
        n->mean_squares += (y - mean) * (y - mean);
        n->mean_rows++;
        if (!before || isnan(before[i])) continue;
        n->last_squares += (y - (double)before[i]) * (y - (double)before[i]);
        n->last_rows++;
    }
}

static rondo_status of_numbers(const rondo_data *train, const rondo_data *data, rondo_metrics *metrics, rondo_error *error)
{
    numbers n = {0};
    size_t width = rd_data_width(train, "y");
    RD_TRY(rd_alloc(2 * width, sizeof *n.sum, "a baseline", &n.sum, error));
    n.count = n.sum + width;
    rondo_status status = walk(train, RD_Y, count_numbers, &n, error);
    if (status == RONDO_OK) status = walk(data, RD_Y, judge_numbers, &n, error);
    rd_free(n.sum);
    if (status == RONDO_OK && n.mean_rows > 0)
        rd_metric_add(metrics, "mean: mse", n.mean_squares / n.mean_rows, -1);
    if (status == RONDO_OK && n.last_rows > 0)
        rd_metric_add(metrics, "value before: mse", n.last_squares / n.last_rows, -1);
    return status;
}

/* ---- all */

rondo_status rondo_baselines(const rondo_data *train, const rondo_data *data, const rondo_options *options, rondo_metrics *metrics,
                             rondo_error *error)
{
    static const struct {
        rd_data_form form;
        rondo_status (*measure)(const rondo_data *train, const rondo_data *data, rondo_metrics *metrics, rondo_error *error);
    } rows[] = {{RD_DATA_STREAM, of_text},
                {RD_DATA_LINES, of_text},
                {RD_DATA_CONDITIONS, of_text},
                {RD_DATA_TAGS, of_labels},
                {RD_DATA_CLASSES, of_labels},
                {RD_DATA_FRAMES, of_frames},
                {RD_DATA_NUMBERS, of_numbers},
                {RD_DATA_SERIES, of_numbers}};
    if (!train || !data || !metrics)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_baselines: %s is missing", !train ? "train" : !data ? "data" : "metrics");
    *metrics = (rondo_metrics){.loss = (double)NAN};
    if (rd_data_form_of(train) == RD_DATA_WINDOWS) return rd_forecast_baselines(data, options, metrics, error);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].form == rd_data_form_of(train)) return rows[i].measure(train, data, metrics, error);
    return RONDO_OK;
}
