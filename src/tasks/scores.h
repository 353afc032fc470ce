/* What an evaluation keeps beyond its sums, so that tables, reports and pictures can be made of it at the end. */
#ifndef RD_SCORES_H
#define RD_SCORES_H

#include "base/real.h"
#include "data/dataset.h"
#include "tasks/tasks.h"
#include "sequence/batch.h"
#include "tasks/metrics_bleu.h"
#include "tasks/metrics_class.h"
#include "tasks/metrics_edit.h"
#include "tasks/metrics_entity.h"
#include "tasks/metrics_frames.h"

/* Which of it is filled follows from the targets: labels, one a record or a row, or keys. */
struct rondo_scores {
    size_t classes;          /* of labels; 0: the targets are none */
    rd_text names;           /* owned; the labels one after the other, each ended by 0 */
    const char **name;       /* [classes + 1 + unseen tags] owned; into names; [classes]: labels not in training */
    rd_confusion confusion;  /* of labels */
    int chunks;              /* 1: the labels are chunk tags, a sequence of them a record */
    rd_entities entities;    /* of chunk tags */
    rd_frame_counts keys;    /* of targets that are 0 or 1 */
    uint64_t left_out;       /* targets that ctc could not place on their steps: they are in no loss */
    int texts;               /* 1: targets were written by the model and compared */
    rd_bleu bleu;
    rd_edits words, characters;
};

/* Makes ready for the targets of these data. */
rondo_status rd_scores_new(const rondo_data *data, rondo_scores **scores, rondo_error *error);

/* Counts a guess for every target; guess: [rows] as packed as the targets are. */
void rd_scores_labels(rondo_scores *scores, const rd_part *target, const int32_t *guess);
/* The same of one record, whose `length` labels lie one after the other. */
void rd_scores_record(rondo_scores *scores, const int32_t *truth, const int32_t *guess, size_t length);
/* Lets the task answer each record of pairs and compares what it writes first with the target as it stood. */
rondo_status rd_scores_texts(rondo_scores *scores, rondo_model *model, const rondo_data *data, const rondo_options *options,
                             const rd_task_info *task, rondo_error *error);
/* Adds what the texts give: "bleu" (in percent), "wer", "cer", "exact" (share of targets met to the letter). */
void rd_scores_text_metrics(const rondo_scores *scores, rondo_metrics *metrics);

/* One text for the task: conlleval's for chunk tags, a line a class for other labels, sacreBLEU's line and the edits for
 * texts; nothing for the rest. */
void rd_scores_report(const rondo_scores *scores, rd_text *out);

#endif
