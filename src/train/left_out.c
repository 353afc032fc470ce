/* Records whose target has more symbols than a ctc loss can place on their steps: which they are. */
#include "train/trainer.h"

#include <inttypes.h>

enum { NAMED = 10 };

/* The error of --ctc-infeasible error, with the record before it. */
static rondo_status blame_record(const rondo_trainer *t, rondo_error *error)
{
    rd_record_place place;
    const size_t i = rd_model_infeasible(t->model, 0);
    rondo_error inner;
    if (!error || i == SIZE_MAX) return RONDO_BAD_DATA;
    inner = *error;
    RD_TRY(rd_loader_sequence(t->loader, t->progress.epoch, t->progress.batch, i, &place, error));
    return rd_fail(error, RONDO_BAD_DATA, "%s:%" PRIu64 ": %s", place.name, place.line, inner.message);
}

static rondo_status name_records(rondo_trainer *t, rondo_error *error)
{
    for (size_t i = rd_model_infeasible(t->model, 0); i != SIZE_MAX;
         i = rd_model_infeasible(t->model, i + 1)) {
        rd_record_place place;
        if (++t->left_out > NAMED) continue;
        RD_TRY(rd_loader_sequence(t->loader, t->progress.epoch, t->progress.batch, i, &place, error));
        if (t->left_out == 1) rd_text_format(&t->first_left_out, "%s:%" PRIu64, place.name, place.line);
        rd_text_format(&t->warning,
                       "%s:%" PRIu64 ": the target needs more steps than there are; ctc leaves it out\n",
                       place.name, place.line);
    }
    RD_TRY(rd_text_done(&t->first_left_out, error));
    return rd_text_done(&t->warning, error);
}

rondo_status rd_trainer_loss(rondo_trainer *t, const rondo_batch *batch, rondo_loss_report *report,
                             rondo_error *error)
{
    const rondo_status status = rondo_model_loss(t->model, batch, report, error);
    if (status == RONDO_BAD_DATA) return blame_record(t, error);
    if (status != RONDO_OK || report->infeasible == 0 || t->progress.epoch > 0) return status;
    return name_records(t, error);
}

rondo_status rd_trainer_judge_left_out(const rondo_trainer *t, rondo_error *error)
{
    if (t->first_left_out.size == 0 || t->progress.epoch_rows > 0) return RONDO_OK;
    return rd_fail(error, RONDO_BAD_DATA,
                   "%s: the target needs more steps than there are, and so do all others: ctc has nothing to learn from",
                   t->first_left_out.text);
}

void rd_trainer_count_left_out(rondo_trainer *t)
{
    if (t->left_out > NAMED)
        rd_text_format(&t->warning,
                       "%" PRIu64 " targets need more steps than there are; ctc leaves them out\n",
                       t->left_out);
    t->left_out = 0;
}
