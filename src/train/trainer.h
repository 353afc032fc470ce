/* One run: what changes from update to update, all of it in the checkpoint. */
#ifndef RD_TRAINER_H
#define RD_TRAINER_H

#include "data/reading.h"
#include "formats/bundle.h"
#include "model/model.h"
#include "optim/clip.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"
#include "tasks/tasks.h"
#include "train/run_log.h"

/* Numbers that travel in `rondo.checkpoint`, beside parameters, slots and states. */
typedef struct rd_progress {
    uint64_t step, epoch, batch;  /* updates made; where the loader stands */
    uint64_t best_step, worse;    /* evaluations since the best */
    uint64_t evaluated;           /* the step of the last evaluation */
    double best_loss, valid_loss; /* NaN before the first evaluation */
    double best_score;            /* what --best-by judges, the lower the better; NaN likewise */
    double best_headline;         /* the task's metric (judge.h) at that evaluation; NaN: it has none */
    double train_loss;            /* running mean over about 100 steps */
    double epoch_loss, epoch_rows;
    double lowest_mean;           /* of train_loss, for --diverge */
    uint64_t diverging;           /* steps above the limit in a row */
    double rate_factor;           /* halved by --on-nan back-off */
    uint64_t backed_off;
    double seconds;               /* trained, over all processes of the run */
} rd_progress;

struct rondo_trainer {
    rondo_model *model;           /* lent */
    const rondo_data *train, *valid; /* lent; valid may be NULL */
    rondo_options *options;       /* owned copy */
    rondo_loader *loader;
    rd_reading *reading;          /* of the loader, one batch ahead of it */
    rondo_state *state;           /* carried over windows; NULL when sequences stand alone */
    rondo_optimizer *optimizer;
    rd_schedule schedule;
    rd_progress progress;
    rd_real *best;                /* [numbers] parameters of the best evaluation; NULL before the first */
    uint64_t eval_every;
    size_t need;                  /* bytes that the run needs at most */
    uint64_t best_saved;          /* the step whose parameters RUN/best.safetensors holds */
    rd_text warning;              /* lines to be told: what resume passed over, targets that ctc leaves out */
    uint64_t left_out;            /* of the first epoch */
    rd_text first_left_out;       /* "FILE:LINE" of the first of them in this process; empty: none */
};

/* rondo_trainer_step that leaves updates of rows that the batch did not read for later. RONDO_NO when the device's
 * brake was pulled: the step is still to be made. */
rondo_status rd_trainer_step(rondo_trainer *trainer, rondo_step_report *report, rondo_error *error);
/* Makes up for them: before anybody else reads the parameters. */
void rd_trainer_settle(rondo_trainer *trainer);
/* Everything of the run as tensors and "name = value" lines; lends memory of the trainer. */
rondo_status rd_trainer_to_bundle(rondo_trainer *trainer, rd_bundle *bundle, rondo_error *error);
/* Whole or not at all: options and data of the file must be ours (the differences are listed). */
rondo_status rd_trainer_from_bundle(rondo_trainer *trainer, const rd_bundle *bundle, const char *path,
                                    rondo_error *error);
/* rondo_model_loss of the batch where the progress stands. A target that a ctc loss leaves out is named in a warning, the
 * first few of the first epoch, or in the error with --ctc-infeasible error. */
rondo_status rd_trainer_loss(rondo_trainer *trainer, const rondo_batch *batch, rondo_loss_report *report,
                             rondo_error *error);
/* RONDO_BAD_DATA with the first place when ctc left out every target so far: nothing was learned. */
rondo_status rd_trainer_judge_left_out(const rondo_trainer *trainer, rondo_error *error);
/* At the end of an epoch: warns how many were left out when not all were named. */
void rd_trainer_count_left_out(rondo_trainer *trainer);
/* Names the cause of a number that is not finite: step, batch, file and lines, largest gradient, first bad tensor. */
rondo_status rd_trainer_blame(rondo_trainer *trainer, const char *what, double value, rondo_error *error);

#endif
