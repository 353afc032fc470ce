/* What --best-by compares, and options that would be accepted in silence: told before training begins. */
#ifndef RD_JUDGE_H
#define RD_JUDGE_H

#include "tasks/tasks.h"

/* The metric that --best-by names, or the loss; RONDO_BAD_ARGUMENT, with all names, when the evaluation gives none such. */
rondo_status rd_judge_find(const rondo_options *options, const rondo_metrics *metrics, rondo_metric *judge, rondo_error *error);
/* What is shown beside the loss of an evaluation; name NULL: the task has nothing for it. */
rondo_metric rd_judge_headline(const rondo_options *options, const rondo_metrics *metrics);
/* RONDO_BAD_ARGUMENT when --best-by names no metric of the evaluation on these data, or --smooth is given to losses that have
 * no smoothing. */
rondo_status rd_judge_check(rondo_model *model, const rondo_data *data, const rondo_options *options, rondo_error *error);

#endif
