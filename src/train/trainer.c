/* An update, room by room: data, model, loss, gradients, clip, optimiser. Whatever decides when to evaluate,
 * save or stop belongs to train.c. */
#include "train/judge.h"
#include "train/trainer.h"
#include "train/memory_need.h"

#include "base/clock.h"
#include "base/memory.h"
#include "model/narrow.h"

#include <math.h>
#include <string.h>

static rondo_status make_parts(rondo_trainer *t, const rondo_options *options, rondo_error *error)
{
    RD_TRY(rondo_options_copy(options, &t->options, error));
    RD_TRY(rondo_loader_new(t->train, options, 1, &t->loader, error));
    RD_TRY(rd_reading_new(t->loader, &t->reading, error));
    RD_TRY(rd_memory_need(t, &t->need, error));
    RD_TRY(rondo_optimizer_new(t->model->device, options, t->model->learning, &t->optimizer, error));
    if (rd_loader_carries(t->loader))
        RD_TRY(rondo_state_new(t->model, rd_loader_sequences(t->loader), &t->state, error));
    RD_TRY(rd_model_ready_grads(t->model, error));
    return rd_optimizer_follow(t->optimizer, &t->model->rows, error);
}

/* Counted in steps, never seconds: an epoch, at most 1000 steps, unless --eval-every says otherwise. */
static uint64_t evaluate_every(const rondo_trainer *t)
{
    int64_t asked = rd_option_integer(t->options, RD_OPT_eval_every);
    uint64_t epoch = rd_loader_batches(t->loader);
    if (asked > 0) return (uint64_t)asked;
    return epoch < 1000 ? (epoch > 0 ? epoch : 1) : 1000;
}

/* What the budget allows, 0 when only time ends the run. */
static uint64_t total_steps(const rondo_trainer *t)
{
    uint64_t most = (uint64_t)rd_option_integer(t->options, RD_OPT_max_steps);
    uint64_t epochs = (uint64_t)rd_option_integer(t->options, RD_OPT_epochs);
    uint64_t batches = rd_loader_batches(t->loader), total;
    if (__builtin_mul_overflow(epochs, batches, &total)) total = UINT64_MAX;
    if (most > 0 && (most < total || epochs == 0)) total = most;
    return total;
}

rondo_status rondo_trainer_new(rondo_model *model, const rondo_data *train, const rondo_data *valid,
                               const rondo_options *options, rondo_trainer **trainer, rondo_error *error)
{
    rondo_trainer *t;
    if (!model || !train || !options || !trainer)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_trainer_new: %s is missing",
                       !model     ? "model"
                       : !train   ? "train"
                       : !options ? "options"
                                  : "trainer");
    *trainer = NULL;
    RD_TRY(rd_model_can_learn(model, "rondo_trainer_new", error));
    RD_TRY(rd_judge_check(model, valid ? valid : train, options, error));
    RD_TRY(rd_alloc(1, sizeof *t, "the trainer", &t, error));
    t->model = model;
    t->train = train;
    t->valid = valid;
    model->saved = rd_saved_of(options);
    rondo_status status = make_parts(t, options, error);
    if (status != RONDO_OK) {
        rondo_trainer_free(t);
        return status;
    }
    t->eval_every = evaluate_every(t);
    const double none = (double)NAN;
    t->progress = (rd_progress){
        .best_loss = none, .best_score = none, .best_headline = none, .valid_loss = none, .train_loss = none, .lowest_mean = none, .rate_factor = 1};
    rd_schedule_init(&t->schedule, options, rd_loader_batches(t->loader), total_steps(t));
    model->seed = (uint64_t)rd_option_integer(options, RD_OPT_seed);
    *trainer = t;
    return RONDO_OK;
}

void rondo_trainer_free(rondo_trainer *t)
{
    if (!t) return;
    rd_reading_free(t->reading);
    rondo_loader_free(t->loader);
    rondo_state_free(t->state);
    rondo_optimizer_free(t->optimizer);
    rondo_options_free(t->options);
    rd_free(t->best);
    rd_text_free(&t->warning);
    rd_text_free(&t->first_left_out);
    rd_free(t);
}

/* ---- numbers that are not finite: status 7 and the cause ----------------------------------------------- */

static const char *first_bad(const rondo_model *model, const rd_real *flat)
{
    const rd_layer *layer;
    const rd_param *param;
    const char *name;
    for (size_t i = 0; (name = rd_model_param_name(model, i, &layer, &param)) != NULL; i++) {
        size_t n = param->rows * (param->columns ? param->columns : 1);
        for (size_t k = 0; k < n; k++)
            if (!isfinite(flat[param->offset + k])) return name;
    }
    return NULL;
}

static double largest(const rd_real *flat, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(flat[i]) && fabs((double)flat[i]) > most) most = fabs((double)flat[i]);
    return most;
}

rondo_status rd_trainer_blame(rondo_trainer *t, const char *what, double value, rondo_error *error)
{
    rd_text place = {0};
    const char *param = first_bad(t->model, t->model->params);
    const char *grad = param ? NULL : first_bad(t->model, t->model->grads);
    (void)rd_loader_place(t->loader, t->progress.epoch, t->progress.batch, &place, NULL);
    rd_fail(error, RONDO_NUMBERS,
            "step %llu: %s is %s (batch %llu of epoch %llu: %s; largest finite gradient %.3g; first not "
            "finite: %s %s)",
            (unsigned long long)t->progress.step + 1, what, isnan(value) ? "not a number" : "infinite",
            (unsigned long long)t->progress.batch, (unsigned long long)t->progress.epoch + 1,
            place.text ? place.text : "?", largest(t->model->grads, t->model->numbers),
            param  ? "parameter"
            : grad ? "gradient"
                   : "the loss itself",
            param  ? param
            : grad ? grad
                   : "");
    rd_hint(error, "a lower --lr, a smaller --clip, or --on-nan back-off");
    rd_text_free(&place);
    return RONDO_NUMBERS;
}

/* The norm before any clipping, and the factor that --clip folds into the update after --clip-value had its
 * turn. */
static rondo_status clip_gradients(rondo_trainer *t, double *norm, double *factor, rondo_error *error)
{
    rondo_model *m = t->model;
    double limit = rd_option_number(t->options, RD_OPT_clip),
           bound = rd_option_number(t->options, RD_OPT_clip_value);
    double clipped;
    if (rd_clip_factor(m->device, m->learning, &m->rows, m->grads, limit, norm, factor, error) != RONDO_OK)
        return rd_trainer_blame(t, "the gradient norm", *norm, error);
    if (bound <= 0) return RONDO_OK;
    rd_device_clamp(m->device, m->learning, &m->rows, (rd_real)bound, m->grads);
    return rd_clip_factor(m->device, m->learning, &m->rows, m->grads, limit, &clipped, factor, error);
}

static void count_loss(rd_progress *p, const rondo_loss_report *loss)
{
    double mean = loss->count > 0 ? loss->sum / loss->count : 0;
    double share = p->step < 100 ? 1.0 / (double)(p->step + 1) : 0.01;
    p->train_loss = isnan(p->train_loss) ? mean : p->train_loss + share * (mean - p->train_loss);
    p->epoch_loss += loss->sum;
    p->epoch_rows += loss->count;
}

void rd_trainer_settle(rondo_trainer *t)
{
    rd_optimizer_settle(t->optimizer, t->model->params);
}

rondo_status rondo_trainer_step(rondo_trainer *t, rondo_step_report *report, rondo_error *error)
{
    if (!t) return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_trainer_step: trainer is missing");
    rondo_status status = rd_trainer_step(t, report, error);
    rd_trainer_settle(t);
    return status;
}

/* Forward, loss, gradients of a batch. RONDO_NO when the device's brake was pulled meanwhile: parameters, progress and
 * what the reading gives next are as before the step. */
static rondo_status learn(rondo_trainer *t, const rondo_batch *batch, rondo_loss_report *loss, rondo_error *error)
{
    rondo_model *m = t->model;
    rd_brake *brake = m->device->brake;
    rondo_status status = rondo_model_forward(m, t->state, batch, RONDO_TRAIN, NULL, error);
    if (status == RONDO_OK && !rd_brake_pulled(brake, 0)) status = rd_trainer_loss(t, batch, loss, error);
    if (status == RONDO_OK && !rd_brake_pulled(brake, 0)) status = rondo_model_backward(m, batch, error);
    if (status != RONDO_OK || !brake || !brake->pulled) return status;
    RD_TRY(rd_reading_seek(t->reading, t->progress.epoch, t->progress.batch, error));
    return rd_fail(error, RONDO_NO, "stopped inside step %llu", (unsigned long long)t->progress.step + 1);
}

rondo_status rd_trainer_step(rondo_trainer *t, rondo_step_report *report, rondo_error *error)
{
    rondo_model *m = t->model;
    rd_progress *p = &t->progress;
    double begin = rd_seconds(), waited, norm, factor;
    rondo_batch *batch;
    int epoch_end;
    rondo_loss_report loss;

    m->step = p->step;
    RD_TRY(rd_reading_next(t->reading, &batch, &epoch_end, error));
    waited = rd_seconds() - begin;
    rd_model_zero_marked(m);
    rd_model_mark_rows(m, batch);
    rd_optimizer_catch_up(t->optimizer, m->params);
    RD_TRY(learn(t, batch, &loss, error));
    if (!isfinite(loss.sum)) return rd_trainer_blame(t, "the loss", loss.sum, error);
    RD_TRY(clip_gradients(t, &norm, &factor, error));
    double rate = rd_schedule_at(&t->schedule, p->step, p->epoch) * p->rate_factor;
    rd_optimizer_update(t->optimizer, rate, factor, m->params, m->grads);
    rondo_model_changed(m);
    count_loss(p, &loss);
    p->step++;
    if (epoch_end) {
        RD_TRY(rd_trainer_judge_left_out(t, error));
        rd_trainer_count_left_out(t);
    }
    rd_reading_tell(t->reading, &p->epoch, &p->batch);
    p->seconds += rd_seconds() - begin;
    if (report)
        *report = (rondo_step_report){.step = p->step,
                                      .epoch = p->epoch,
                                      .loss = loss.count > 0 ? loss.sum / loss.count : 0,
                                      .rows = loss.count,
                                      .grad_norm = norm,
                                      .rate = rate,
                                      .seconds = rd_seconds() - begin,
                                      .input_wait = waited,
                                      .epoch_end = epoch_end};
    return rondo_device_sync(m->device, error);
}
