/* Scores of records, for rondo_score. */
#ifndef RD_SCORE_H
#define RD_SCORE_H

#include "tasks/tasks.h"

int rd_scores_records(const rondo_model *model); /* 1: conditional and seq2seq */
/* One result a record of a file ("-" is standard input), in order. */
rondo_status rd_score_records(rondo_model *model, const rondo_options *options, const char *path, rondo_on_scored on_record,
                              void *user, rondo_error *error);

#endif
