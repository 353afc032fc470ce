/* The whole loop around the update: evaluation, best so far, early stop, checkpoints, budgets, the log. The
 * answers of the caller's callback are the only thing from outside that ends it. */
#include "train/judge.h"
#include "train/trainer.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/size.h"
#include "formats/safetensors_header.h"
#include "store/checkpoint.h"
#include "store/model_file.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct run {
    rondo_trainer *t;
    const char *folder; /* NULL: no checkpoints, no log */
    rondo_on_event on_event;
    void *user;
    rd_run_log *log;
    rd_lock *lock;
    double saved_at, save_every;  /* monotonic seconds */
    double begun, seconds_before; /* of this process; trained before it */
    double tokens, tokens_since;  /* for tokens a second */
    double stepping, waited;      /* seconds in steps; of these, without a batch */
    const char *headline;         /* of the last evaluation; NULL: none yet */
    int answer;                   /* the last other than 0 */
    int save_pending;             /* a save failed: retried each interval */
    int log_failed;               /* the log waits for room; told once */
} run;

static double seconds_trained(const run *r)
{
    return r->seconds_before + rd_seconds() - r->begun;
}

static rondo_event event_of(const run *r, rondo_event_kind kind)
{
    const rd_progress *p = &r->t->progress;
    double span = rd_seconds() - r->tokens_since;
    return (rondo_event){.kind = kind,
                         .train_loss = p->train_loss,
                         .valid_loss = p->valid_loss,
                         .best_loss = p->best_loss,
                         .best_step = p->best_step,
                         .headline = {.name = r->headline, .value = p->best_headline},
                         .total_steps = r->t->schedule.total,
                         .seconds_trained = seconds_trained(r),
                         .tokens_per_second = span > 0 ? r->tokens / span : 0,
                         .input_wait = r->stepping > 0 ? r->waited / r->stepping : 0};
}

static void call_back(run *r, const rondo_event *event)
{
    int answer = r->on_event ? r->on_event(r->user, event) : 0;
    if (answer == 1 || (answer == 2 && r->answer != 1)) r->answer = answer;
}

/* A log that cannot be written stops no training; it is told once and tried again with every event. */
static rondo_status judge_log(run *r, rondo_status status, const rondo_error *cause, rondo_error *error)
{
    char text[1200];
    const int told = r->log_failed;
    r->log_failed = status != RONDO_OK;
    if (status == RONDO_OK || (status == RONDO_SYSTEM && told)) return RONDO_OK;
    if (status != RONDO_SYSTEM) return rd_fail(error, status, "%s", cause->message);
    (void)snprintf(text, sizeof text, "the log cannot be written, training goes on: %s", cause->message);
    rondo_event event = event_of(r, RONDO_EVENT_WARNING);
    event.text = text;
    call_back(r, &event);
    return RONDO_OK;
}

/* Tells the callback and the log; remembers an answer. */
static rondo_status tell(run *r, rondo_event *event, const rondo_step_report *step, rondo_error *error)
{
    rondo_error inner = {.status = RONDO_OK};
    event->step = step;
    call_back(r, event);
    if (!r->log || event->kind == RONDO_EVENT_POLL) return RONDO_OK;
    return judge_log(r, rd_run_log_event(r->log, event, &inner), &inner, error);
}

static int poll_callback(void *user)
{
    run *r = user;
    rondo_event event = event_of(r, RONDO_EVENT_POLL);
    (void)tell(r, &event, NULL, NULL);
    return r->answer == 1;
}

/* ---- evaluation ---------------------------------------------------------------------------------------- */

static rondo_status keep_best(run *r, double score, double headline, rondo_error *error)
{
    rondo_trainer *t = r->t;
    if (!t->best)
        RD_TRY(rd_alloc(t->model->numbers, sizeof *t->best, "the best parameters", &t->best, error));
    memcpy(t->best, t->model->params, t->model->numbers * sizeof *t->best);
    t->progress.best_loss = t->progress.valid_loss;
    t->progress.best_score = score;
    t->progress.best_headline = headline;
    t->progress.best_step = t->progress.step;
    return RONDO_OK;
}

/* Validation data without one target that the loss can judge would call every step the best. */
static rondo_status blame_validation(rondo_error *error)
{
    rd_fail(error, RONDO_BAD_DATA, "validation: no target can be judged (labels not in training, targets that ctc leaves out)");
    rd_hint(error, "--val-frac 0 trains without validation, --valid FILE names other data");
    return RONDO_BAD_DATA;
}

static rondo_status evaluate(run *r, const rondo_step_report *step, rondo_error *error)
{
    rondo_trainer *t = r->t;
    rd_progress *p = &t->progress;
    rondo_metrics metrics;
    rd_trainer_settle(t);
    rondo_status status = rd_evaluate(t->model, t->valid, t->options, poll_callback, r, &metrics, error);
    if (status == RONDO_NO) /* stopped in the middle: this evaluation is made again after a resume */
        return RONDO_OK;
    RD_TRY(status);
    p->valid_loss = metrics.loss;
    if (!(metrics.rows > 0)) return blame_validation(error);
    if (!isfinite(metrics.loss)) return rd_trainer_blame(t, "the validation loss", metrics.loss, error);
    rondo_metric judge;
    RD_TRY(rd_judge_find(t->options, &metrics, &judge, error));
    const double score = -judge.better * judge.value;
    const rondo_metric headline = rd_equal(judge.name, "loss") ? rd_judge_headline(t->options, &metrics) : judge;
    int improved = isnan(p->best_score) || score < p->best_score;
    p->worse = improved ? 0 : p->worse + 1;
    if (improved) RD_TRY(keep_best(r, score, headline.name ? headline.value : (double)NAN, error));
    rd_schedule_evaluated(&t->schedule, improved);
    p->evaluated = p->step;
    r->headline = headline.name;
    rondo_event event = event_of(r, RONDO_EVENT_EVAL);
    event.improved = improved;
    event.metrics = &metrics;
    event.headline = headline;
    return tell(r, &event, step, error);
}

/* ---- checkpoints --------------------------------------------------------------------------------------- */

static rondo_status save_best_file(const run *r, rondo_error *error)
{
    rd_bundle *bundle;
    rondo_trainer *t = r->t;
    char path[4096];
    if (!t->best || t->progress.best_step == t->best_saved) return RONDO_OK;
    if ((size_t)snprintf(path, sizeof path, "%s/best.safetensors", r->folder) >= sizeof path)
        return rd_fail(error, RONDO_LIMIT, "%s: the name is too long", r->folder);
    RD_TRY(rd_bundle_new(&bundle, error));
    rondo_status status = rd_model_to_bundle(t->model, t->best, bundle, error);
    if (status == RONDO_OK) status = rd_bundle_save(bundle, path, 1, error);
    rd_bundle_free(bundle);
    if (status == RONDO_OK) t->best_saved = t->progress.best_step;
    return status;
}

static rondo_status save_all(run *r, rondo_error *error)
{
    rondo_error inner = {.status = RONDO_OK};
    if (r->log && !r->log_failed) RD_TRY(judge_log(r, rd_run_log_sync(r->log, &inner), &inner, error));
    RD_TRY(rondo_trainer_save(r->t, r->folder, error));
    return save_best_file(r, error);
}

static rondo_status tell_saved(run *r, const rondo_step_report *step, rondo_error *error)
{
    rondo_event event = event_of(r, RONDO_EVENT_CHECKPOINT);
    event.text = r->folder;
    return tell(r, &event, step, error);
}

/* A save that fails for lack of space leaves the old checkpoint whole; training goes on and it is tried
 * again. */
static rondo_status checkpoint(run *r, const rondo_step_report *step, rondo_error *error)
{
    char text[1200];
    rondo_error inner = {.status = RONDO_OK};
    if (!r->folder) return RONDO_OK;
    r->t->progress.seconds = seconds_trained(r);
    rondo_status status = save_all(r, &inner);
    r->saved_at = rd_seconds();
    r->save_pending = status != RONDO_OK;
    if (status == RONDO_OK) return tell_saved(r, step, error);
    if (status != RONDO_SYSTEM) return rd_fail(error, status, "%s", inner.message);
    (void)snprintf(text, sizeof text, "the checkpoint could not be saved, training goes on: %s",
                   inner.message);
    rondo_event event = event_of(r, RONDO_EVENT_WARNING);
    event.text = text;
    return tell(r, &event, step, error);
}

/* The trainer's warnings, a line each. */
static rondo_status tell_warnings(run *r, const rondo_step_report *step, rondo_error *error)
{
    char line[1200];
    for (const char *at = r->t->warning.size ? r->t->warning.text : ""; *at; at += *at == '\n') {
        const size_t size = strcspn(at, "\n");
        (void)snprintf(line, sizeof line, "%.*s", (int)rd_size_min(size, sizeof line - 1), at);
        rondo_event event = event_of(r, RONDO_EVENT_WARNING);
        event.text = line;
        RD_TRY(tell(r, &event, step, error));
        at += size;
    }
    rd_text_free(&r->t->warning);
    return RONDO_OK;
}

/* ---- not a number -------------------------------------------------------------------------------------- */

/* --on-nan back-off: returns to the last checkpoint and halves the rate; at most ten times in a run. */
static rondo_status back_off(run *r, rondo_error *error)
{
    rondo_trainer *t = r->t;
    rondo_error cause = *error;
    uint64_t times = t->progress.backed_off + 1;
    double factor = t->progress.rate_factor / 2;
    char text[1200];
    if (!r->folder || !rd_checkpoint_exists(r->folder) || times > 10) return RONDO_NUMBERS;
    RD_TRY(rondo_trainer_resume(t, r->folder, error));
    t->progress.backed_off = times;
    t->progress.rate_factor = factor;
    (void)snprintf(text, sizeof text,
                   "%.700s; back to step %" PRIu64 ", learning rate halved (%" PRIu64 " times)",
                   cause.message, t->progress.step, times);
    rondo_event event = event_of(r, RONDO_EVENT_WARNING);
    event.text = text;
    RD_TRY(tell(r, &event, NULL, error));
    RD_TRY(tell_warnings(r, NULL, error));
    return checkpoint(r, NULL, error);
}

/* The smoothed loss far above its lowest for 100 steps is divergence: told once, and a stop with --strict. */
static rondo_status watch_divergence(run *r, const rondo_step_report *step, rondo_error *error)
{
    rd_progress *p = &r->t->progress;
    double limit = rd_option_number(r->t->options, RD_OPT_diverge);
    if (isnan(p->lowest_mean) || p->train_loss < p->lowest_mean) p->lowest_mean = p->train_loss;
    p->diverging = limit > 0 && step->loss > limit * p->lowest_mean ? p->diverging + 1 : 0;
    if (p->diverging != 100) return RONDO_OK;
    if (rd_option_flag(r->t->options, RD_OPT_strict))
        return rd_fail(error, RONDO_NUMBERS,
                       "step %" PRIu64
                       ": the loss has been above %g times its lowest mean %.4g for 100 steps",
                       p->step, limit, p->lowest_mean);
    rondo_event event = event_of(r, RONDO_EVENT_WARNING);
    event.text = "the loss diverges: above --diverge times its lowest mean for 100 steps";
    return tell(r, &event, step, error);
}

/* ---- the loop ------------------------------------------------------------------------------------------ */

/* Why the run is over, or NULL. */
static const char *budget_spent(const run *r)
{
    const rondo_trainer *t = r->t;
    const rd_progress *p = &t->progress;
    uint64_t most = (uint64_t)rd_option_integer(t->options, RD_OPT_max_steps);
    uint64_t epochs = (uint64_t)rd_option_integer(t->options, RD_OPT_epochs);
    double time = rd_option_number(t->options, RD_OPT_max_time);
    uint64_t patience = (uint64_t)rd_option_integer(t->options, RD_OPT_patience);
    if (most > 0 && p->step >= most) return "step budget";
    if (epochs > 0 && p->epoch >= epochs) return "epochs";
    if (time > 0 && seconds_trained(r) >= time) return "time budget";
    if (patience > 0 && t->valid && p->worse >= patience) return "patience";
    return NULL;
}

/* A step that a stop ends early. One that carries a state goes to its end: the state has moved on, and its windows are
 * short. */
static rondo_status braked_step(run *r, rondo_step_report *step, rondo_error *error)
{
    rd_brake brake = {.ask = poll_callback, .user = r, .leave = SIZE_MAX};
    r->t->model->device->brake = r->t->state ? NULL : &brake;
    const rondo_status status = rd_trainer_step(r->t, step, error);
    r->t->model->device->brake = NULL;
    return status;
}

static rondo_status one_step(run *r, rondo_step_report *step, rondo_error *error)
{
    rondo_trainer *t = r->t;
    rondo_status status = braked_step(r, step, error);
    if (status == RONDO_NO) return RONDO_OK; /* stopped: made after a resume */
    if (status == RONDO_NUMBERS && rd_option_is(t->options, RD_OPT_on_nan, "back-off")) {
        RD_TRY(back_off(r, error));
        *step = (rondo_step_report){.step = t->progress.step, .epoch = t->progress.epoch};
        return RONDO_OK;
    }
    RD_TRY(status);
    r->tokens += step->rows;
    r->stepping += step->seconds;
    r->waited += step->input_wait;
    if (t->warning.size > 0) RD_TRY(tell_warnings(r, step, error));
    rondo_event event = event_of(r, RONDO_EVENT_STEP);
    RD_TRY(tell(r, &event, step, error));
    RD_TRY(watch_divergence(r, step, error));
    if (t->valid && t->progress.step % t->eval_every == 0) RD_TRY(evaluate(r, step, error));
    return RONDO_OK;
}

static rondo_status loop(run *r, const char **reason, rondo_error *error)
{
    const rd_progress *p = &r->t->progress;
    rondo_step_report step = {.step = p->step, .epoch = p->epoch};
    /* An evaluation that a stop cut short is made before going on, as if there had been no stop. */
    if (r->t->valid && p->step > 0 && p->step % r->t->eval_every == 0 && p->evaluated != p->step)
        RD_TRY(evaluate(r, &step, error));
    while (!(*reason = budget_spent(r))) {
        RD_TRY(one_step(r, &step, error));
        if (r->answer == 1) {
            *reason = "stopped";
            break;
        }
        if (r->answer == 2 || (r->save_every > 0 && rd_seconds() - r->saved_at >= r->save_every)) {
            r->answer = 0;
            RD_TRY(checkpoint(r, &step, error));
        }
    }
    if (r->answer != 1) RD_TRY(rd_trainer_judge_left_out(r->t, error));
    /* The last state of a finished run is evaluated too, unless it just was. */
    if (r->answer != 1 && r->t->valid && p->evaluated != p->step && p->step > 0)
        RD_TRY(evaluate(r, &step, error));
    if (r->answer == 1) *reason = "stopped";
    return checkpoint(r, &step, error);
}

/* At the end a save that still fails is waited for, or is status 5. */
static rondo_status insist_on_saving(run *r, rondo_error *error)
{
    const int wait = rd_option_is(r->t->options, RD_OPT_on_full, "wait");
    while (r->save_pending) {
        rondo_status status = save_all(r, error);
        if (status == RONDO_OK) {
            r->save_pending = 0;
            return tell_saved(r, NULL, error);
        }
        if (status != RONDO_SYSTEM || !wait || r->answer == 1) return status;
        rd_sleep(1);
        (void)poll_callback(r);
    }
    return RONDO_OK;
}

/* "step = 512" lines about how the model came to be; nothing that differs between two runs of the same
 * command. */
static rondo_status write_history(rondo_trainer *t, rondo_error *error)
{
    rd_text text = {0};
    char loss[40];
    rd_print_double(t->progress.best_loss, loss);
    int best = t->best && !rd_option_flag(t->options, RD_OPT_keep_last);
    rd_text_format(&text, "steps = %" PRIu64 "\ndata = %s\nreader = %s\n", best ? t->progress.best_step : t->progress.step,
                   rd_data_hash(t->train), t->train->corpus->reader);
    if (best) rd_text_format(&text, "valid_loss = %s\n", loss);
    rondo_status status = rd_text_done(&text, error);
    if (status != RONDO_OK) {
        rd_text_free(&text);
        return status;
    }
    rd_free(t->model->info);
    t->model->info = text.text; /* taken over: rd_text memory is freed with rd_free */
    return RONDO_OK;
}

static rondo_status take_best(rondo_trainer *t, rondo_error *error)
{
    if (t->best && !rd_option_flag(t->options, RD_OPT_keep_last)) {
        memcpy(t->model->params, t->best, t->model->numbers * sizeof *t->best);
        rondo_model_changed(t->model);
    }
    return write_history(t, error);
}

/* A last checkpoint that found no room does not keep the model from its end: there is space kept for it. */
static rondo_status finish(run *r, const char *reason, rondo_error *error)
{
    rondo_trainer *t = r->t;
    rondo_status saved = insist_on_saving(r, error);
    if (saved != RONDO_OK && (saved != RONDO_SYSTEM || r->answer == 1)) return saved;
    if (r->answer == 1) return rd_fail(error, RONDO_NO, "stopped at step %" PRIu64, t->progress.step);
    rondo_error inner = {.status = RONDO_OK};
    rondo_status status = take_best(t, &inner);
    if (status != RONDO_OK) return rd_fail(error, status, "%s", inner.message);
    rondo_event event = event_of(r, RONDO_EVENT_END);
    event.text = reason;
    rondo_step_report step = {.step = t->progress.step, .epoch = t->progress.epoch};
    status = tell(r, &event, &step, &inner);
    return status == RONDO_OK ? saved : rd_fail(error, status, "%s", inner.message);
}

static const char *loss_unit(const rondo_model *model)
{
    const char *unit = model->losses ? model->loss[0].info->unit : NULL;
    return unit ? unit : "nats";
}

static rondo_status begin(run *r, rondo_error *error)
{
    rondo_trainer *t = r->t;
    rondo_step_report step = {.step = t->progress.step, .epoch = t->progress.epoch};
    if (r->folder) {
        RD_TRY(rd_folder_make(r->folder, error));
        RD_TRY(rd_lock_take(r->folder, &r->lock, error));
        RD_TRY(rd_checkpoint_reserve(r->folder, t->model, error));
        RD_TRY(rd_run_log_open(r->folder, t->progress.step > 0, t->progress.step, loss_unit(t->model),
                               &r->log, error));
    }
    rondo_event event = event_of(r, RONDO_EVENT_START);
    event.memory = t->need;
    RD_TRY(tell(r, &event, &step, error));
    return tell_warnings(r, &step, error);
}

rondo_status rondo_train(rondo_trainer *trainer, const char *folder, rondo_on_event on_event, void *user,
                         rondo_error *error)
{
    rondo_error own;
    if (!trainer) return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_train: trainer is missing");
    if (!error) error = &own;
    if (folder) RD_TRY(rd_safetensors_ready(error)); /* before hours of training, not after */
    double now = rd_seconds();
    run r = {.t = trainer,
             .folder = folder,
             .on_event = on_event,
             .user = user,
             .begun = now,
             .tokens_since = now,
             .saved_at = now,
             .save_every = rd_option_number(trainer->options, RD_OPT_checkpoint_every),
             .seconds_before = trainer->progress.seconds};
    const char *reason = "";
    rondo_status status = begin(&r, error);
    if (status == RONDO_OK) status = loop(&r, &reason, error);
    rd_trainer_settle(trainer);
    if (status == RONDO_OK) status = finish(&r, reason, error);
    rondo_status closed = rd_run_log_close(r.log, status == RONDO_OK ? error : NULL);
    if (r.lock) rd_checkpoint_release(r.folder);
    rd_lock_free(r.lock);
    return status == RONDO_OK ? closed : status;
}
