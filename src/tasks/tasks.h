/* What the program can be asked to learn, one row a task: which loss by default, which metrics. */
#ifndef RD_TASKS_H
#define RD_TASKS_H

#include "data/open.h"
#include "model/model.h"

enum { RD_TASK_PARTS = 4 };
struct rd_answering;

/* Sums gathered over an evaluation; metrics are made of them at the end. */
typedef struct rd_tally {
    double loss, count;            /* nats (or the loss's unit) and rows with a target */
    double squared, absolute, numbers; /* errors of numeric targets and how many numbers */
    const rondo_model *model;          /* whose outputs are added */
    struct rondo_scores *scores;       /* what is kept beyond sums (scores.h) */
    const rondo_batch *batch;          /* the batch at hand */
    struct rd_forecast_watch *forecast; /* errors of forecasts (forecast.h); NULL: the data are no series */
    struct rd_labeller *labeller;      /* from outputs to labels (labeller.h) */
    rondo_status status;               /* RONDO_LIMIT when `add` found no room */
} rd_tally;

/* The mean loss of the targets that could be judged; NaN when there were none, which is not a perfect 0. */
double rd_tally_loss(const rd_tally *tally);

typedef struct rd_task_info {
    const char *name, *help;
    const char *part[RD_TASK_PARTS]; /* parts of a batch that its models read, x first, then y */
    const char *losses;            /* what --loss may be, separated by blanks, the default first */
    /* The node list that the options describe for these data; size: [as many as there are parts]. */
    rondo_status (*text)(const rondo_options *options, const rondo_data *data, const rondo_size *size, const char *loss,
                         rd_text *text, rondo_error *error);
    /* Adds what the output of one batch ([rows][width], USE mode) says beyond the loss; NULL: the loss suffices. */
    void (*add)(rd_tally *tally, const rondo_view *output, const rd_part *target);
    void (*metrics)(const rd_tally *tally, const rondo_model *model, rondo_metrics *metrics);
    const char *headline[2]; /* what progress shows of them beside the loss: the first that there is; NULL: none */
    /* Runs the model on the batch that `answering` (answers.h) holds and tells one answer a record; NULL: the task has none. */
    rondo_status (*answer)(struct rd_answering *answering, rondo_error *error);
} rd_task_info;

/* ---- networks from options, for rows of the table (task_text.c) */
rondo_status rd_text_of_steps(const rondo_options *options, const rondo_data *data, const rondo_size *size, const char *loss,
                              rd_text *text, rondo_error *error); /* an output a step */
rondo_status rd_text_of_sequences(const rondo_options *options, const rondo_data *data, const rondo_size *size, const char *loss,
                                  rd_text *text, rondo_error *error); /* one a sequence */
rondo_status rd_text_of_conditions(const rondo_options *options, const rondo_data *data, const rondo_size *size, const char *loss,
                                   rd_text *text, rondo_error *error); /* one a step, beside a condition */
rondo_status rd_text_of_numbers(const rondo_options *options, const rondo_data *data, const rondo_size *size, const char *loss,
                                rd_text *text, rondo_error *error); /* as the data have their targets */

rondo_status rd_text_of_pairs(const rondo_options *options, const rondo_data *data, const rondo_size *size, const char *loss,
                              rd_text *text, rondo_error *error); /* an encoder and a decoder */
rondo_status rd_text_of_series(const rondo_options *options, const rondo_data *data, const rondo_size *size, const char *loss,
                               rd_text *text, rondo_error *error); /* some steps of some targets, from a window (forecast_model.c) */

extern const rd_task_info rd_tasks[]; /* ended by a row with name NULL */
const rd_task_info *rd_task_find(const char *name);

/* Evaluation with a hand on the brake: poll (may be NULL) is called between batches; a return other than 0 stops with
 * RONDO_NO. The model's training frame and states are not touched. */
typedef int (*rd_poll)(void *user);
rondo_status rd_evaluate(rondo_model *model, const rondo_data *data, const rondo_options *options, rd_poll poll,
                         void *user, rondo_metrics *metrics, rondo_error *error);

/* The metrics that an evaluation on these data gives, before any was made: their values say nothing. */
rondo_status rd_evaluate_names(rondo_model *model, const rondo_data *data, const rondo_options *options, rondo_metrics *metrics,
                               rondo_error *error);

/* The same, and *scores, freed by rondo_scores_free; left NULL when it fails. */
rondo_status rd_evaluate_scores(rondo_model *model, const rondo_data *data, const rondo_options *options, rd_poll poll,
                                void *user, rondo_metrics *metrics, rondo_scores **scores, rondo_error *error);

/* The metric of this name, NULL: the evaluation has none. */
const rondo_metric *rd_metric_find(const rondo_metrics *metrics, const char *name);
void rd_metric_add(rondo_metrics *metrics, const char *name, double value, int better);

#endif
