/* What models answer: one record out for each record in, in order. A task's row names the function that runs a batch
 * and tells the answers of its records. */
#ifndef RD_ANSWERS_H
#define RD_ANSWERS_H

#include "data/loader.h"
#include "tasks/labeller.h"
#include "tasks/tasks.h"

typedef struct rd_answering {
    rondo_model *model;           /* lent, as are the next two */
    const rondo_data *data;       /* opened for answers: labels may be missing */
    const rondo_options *options;
    rondo_batch *batch;           /* owned; the batch at hand */
    uint64_t first;               /* number of its first record */
    rondo_on_answer on_answer;
    void *user;
    rd_text raw;                  /* owned; the record at hand as it stood in the input */
    double *prob;                 /* owned; room for the answer at hand */
    const char **text;
    rd_text words;                /* owned; texts of the answer at hand, each ended by 0 */
    size_t *place;                /* owned; where each begins in `words` */
    size_t count;                 /* texts of the answer at hand */
    size_t notes;                 /* the last so many of them are notes to the others */
    size_t rank;                  /* of the answer at hand among those to its record, from 0 */
    double score;                 /* of the answer at hand as a whole, where it has one; else 0 */
    size_t prob_room, text_room, place_room;
    rd_labeller labeller;         /* owned; of tasks that answer with labels */
    void *own;                    /* what the task's function keeps from batch to batch, freed by release */
    void (*release)(void *own);
} rd_answering;

/* Begins the answer to sequence i of the batch: what it looked like is in a->raw; *bad is 1 when --skip-bad let it pass, and
 * then it was told already. */
rondo_status rd_answer_begin(rd_answering *a, size_t i, int *bad, rondo_error *error);
/* Adds a text to the answer, with its probability or score. */
rondo_status rd_answer_add(rd_answering *a, const char *text, size_t size, double prob, rondo_error *error);
rondo_status rd_answer_tell(rd_answering *a, size_t i, rondo_error *error);
/* RONDO_NUMBERS, with the place of record k: the model gives a `what` that is not a number. */
rondo_status rd_answer_no_number(const rondo_data *data, uint64_t k, const char *what, rondo_error *error);
/* The same of tags, which are told as --scheme asks when that is not how the model learned them. */
rondo_status rd_answer_tell_tags(rd_answering *a, size_t i, rondo_error *error);

/* An answer for each record of the data, with the task's function. */
rondo_status rd_answer_records(rondo_model *model, const rondo_data *data, const rondo_options *options,
                               const rd_task_info *task, rondo_on_answer on_answer, void *user, rondo_error *error);

/* Opens files for answers with the vocabularies of the model. */
rondo_status rd_open_for_answers(const rondo_options *options, const rondo_model *model, const char *const *paths, size_t count,
                                 rondo_data **data, rondo_error *error);

/* The same for one file whose records must hold what is scored, too. */
rondo_status rd_open_for_scores(const rondo_options *options, const rondo_model *model, const char *path, rondo_data **data,
                                rondo_error *error);

rondo_status rd_answer_labels(rd_answering *a, rondo_error *error); /* classify: all labels, likeliest first */
rondo_status rd_answer_tags(rd_answering *a, rondo_error *error);   /* tag: one label a step */
rondo_status rd_answer_paths(rd_answering *a, rondo_error *error);  /* tag --n-best: labels of the best paths (paths.c) */
/* RONDO_BAD_ARGUMENT when --n-best asks a model for paths that has none. */
rondo_status rd_paths_check(const rondo_model *model, const rondo_options *options, rondo_error *error);
rondo_status rd_answer_transcripts(rd_answering *a, rondo_error *error); /* transcribe: texts, best first (transcribe.c) */
rondo_status rd_answer_pairs(rd_answering *a, rondo_error *error);  /* seq2seq: hypotheses, best first (translate.c) */

#endif
