/* Everything of a run in and out of a bundle: resuming gives the bits of a run that was never stopped. */
#include "train/trainer.h"

#include "base/memory.h"
#include "store/checkpoint.h"
#include "store/model_file.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#ifdef RD_REAL64
#define RD_RUN_DTYPE RD_DTYPE_F64
#else
#define RD_RUN_DTYPE RD_DTYPE_F32
#endif

/* ---- the numbers, one row each: written and read by the same table ------------------------------------- */

typedef enum member_kind { COUNT, NUMBER } member_kind;
typedef struct member {
    const char *name;
    member_kind kind;
    size_t at;
} member;

#define COUNTER(field)                                                                                       \
    {                                                                                                        \
#field, COUNT, offsetof(rd_progress, field)                                                          \
    }
#define REAL(field)                                                                                          \
    {                                                                                                        \
#field, NUMBER, offsetof(rd_progress, field)                                                         \
    }
static const member members[] = {
    COUNTER(step),       COUNTER(epoch),     COUNTER(batch),      COUNTER(best_step), COUNTER(worse),
    COUNTER(evaluated),  COUNTER(diverging), COUNTER(backed_off), REAL(best_loss),    REAL(best_score),
    REAL(best_headline), REAL(valid_loss),   REAL(train_loss),    REAL(epoch_loss),   REAL(epoch_rows),
    REAL(lowest_mean),   REAL(rate_factor),  REAL(seconds),
};
enum { MEMBERS = sizeof members / sizeof *members };

static void write_member(const rd_progress *p, const member *m, rd_text *text)
{
    const char *at = (const char *)p + m->at;
    uint64_t count;
    double number;
    char shown[40];
    if (m->kind == COUNT) {
        memcpy(&count, at, sizeof count);
        rd_text_format(text, "%s = %" PRIu64 "\n", m->name, count);
        return;
    }
    memcpy(&number, at, sizeof number);
    rd_print_double(number, shown);
    rd_text_format(text, "%s = %s\n", m->name, isnan(number) ? "none" : shown);
}

static int read_member(rd_progress *p, const member *m, const rd_pair *pair)
{
    char *at = (char *)p + m->at;
    int64_t count;
    double number = (double)NAN;
    if (m->kind == COUNT) {
        if (!rd_parse_integer(pair->value, pair->value_size, &count) || count < 0) return 0;
        memcpy(at, &count, sizeof count);
        return 1;
    }
    if (!(pair->value_size == 4 && !memcmp(pair->value, "none", 4)) &&
        !rd_parse_number(pair->value, pair->value_size, &number))
        return 0;
    memcpy(at, &number, sizeof number);
    return 1;
}

/* ---- writing ------------------------------------------------------------------------------------------- */

enum { HASH_LINE = 96 };

static const char *hash_line(const char *part, const rondo_data *data, char line[HASH_LINE])
{
    (void)snprintf(line, HASH_LINE, "%s_hash = %s\n", part, rd_data_hash(data));
    return line;
}

static void write_hashes(const rondo_trainer *t, rd_text *text)
{
    char line[HASH_LINE];
    rd_text_put(text, hash_line("train", t->train, line));
    if (t->valid) rd_text_put(text, hash_line("valid", t->valid, line));
}

static rondo_status write_numbers(const rondo_trainer *t, rd_bundle *bundle, rondo_error *error)
{
    rd_text text = {0};
    for (size_t i = 0; i < MEMBERS; i++)
        write_member(&t->progress, &members[i], &text);
    rd_schedule_write(&t->schedule, &text);
    rd_text_format(&text, "updates = %" PRIu64 "\n", rd_optimizer_updates(t->optimizer));
    write_hashes(t, &text);
    rondo_status status = rd_text_done(&text, error);
    if (status == RONDO_OK) status = rd_bundle_set(bundle, "rondo.checkpoint", text.text, text.size, error);
    rd_text_free(&text);
    return status;
}

static rondo_status add_flat(rd_bundle *bundle, const char *name, const rd_real *data, size_t n,
                             rondo_error *error)
{
    return rd_bundle_add(
        bundle, &(rd_tensor){.name = name, .dtype = RD_RUN_DTYPE, .rank = 1, .shape = {n}, .data = data},
        error);
}

static rondo_status add_state(const rondo_trainer *t, rd_bundle *bundle, rondo_error *error)
{
    if (!t->state) return RONDO_OK;
    RD_TRY(add_flat(bundle, "state.numbers", t->state->numbers, t->state->sequences * t->model->state_width,
                    error));
    return rd_bundle_add(bundle,
                         &(rd_tensor){.name = "state.fresh",
                                      .dtype = RD_DTYPE_U8,
                                      .rank = 1,
                                      .shape = {t->state->sequences},
                                      .data = t->state->fresh},
                         error);
}

rondo_status rd_trainer_to_bundle(rondo_trainer *t, rd_bundle *bundle, rondo_error *error)
{
    rd_trainer_settle(t);
    RD_TRY(rd_model_to_bundle(t->model, t->model->params, bundle, error));
    for (int k = 0; k < rd_optimizer_slots(t->optimizer); k++) {
        char name[32];
        (void)snprintf(name, sizeof name, "optim.slot%d", k);
        RD_TRY(add_flat(bundle, name, rd_optimizer_slot(t->optimizer, k), t->model->learning, error));
    }
    if (t->best) RD_TRY(add_flat(bundle, "best.params", t->best, t->model->numbers, error));
    RD_TRY(add_state(t, bundle, error));
    return write_numbers(t, bundle, error);
}

rondo_status rondo_trainer_save(rondo_trainer *t, const char *run, rondo_error *error)
{
    rd_bundle *bundle;
    if (!t || !run)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_trainer_save: %s is missing", t ? "run" : "trainer");
    RD_TRY(rd_bundle_new(&bundle, error));
    rondo_status status = rd_trainer_to_bundle(t, bundle, error);
    if (status == RONDO_OK)
        status = rd_checkpoint_save(run, t->progress.step, bundle,
                                    (size_t)rd_option_integer(t->options, RD_OPT_keep), error);
    rd_bundle_free(bundle);
    return status;
}

/* ---- reading ------------------------------------------------------------------------------------------- */

static rondo_status flat_tensor(const rd_bundle *bundle, const char *path, const char *name, size_t n,
                                const rd_real **data, rondo_error *error)
{
    const rd_tensor *tensor = rd_bundle_find(bundle, name);
    if (!tensor) return rd_fail(error, RONDO_BAD_MODEL, "%s: tensor \"%s\" is missing", path, name);
    if (tensor->dtype != RD_RUN_DTYPE || tensor->rank != 1 || tensor->shape[0] != n)
        return rd_fail(error, RONDO_BAD_MODEL, "%s: byte %zu: tensor \"%s\" is not a row of %zu numbers",
                       path, tensor->at, name, n);
    *data = tensor->data;
    return RONDO_OK;
}

/* Reads "name = value" lines into progress, schedule and the optimiser's count; every row must stand there
 * once. */
static rondo_status read_numbers(const rd_bundle *bundle, const char *path, rd_progress *progress,
                                 rd_schedule *schedule, uint64_t *updates, rondo_error *error)
{
    size_t size, at = 0, line = 0;
    const char *text = rd_bundle_get(bundle, "rondo.checkpoint", &size);
    int seen[MEMBERS] = {0}, more, counted = 0;
    rd_pair pair;
    if (!text)
        return rd_fail(error, RONDO_BAD_MODEL,
                       "%s: not a checkpoint (metadata \"rondo.checkpoint\" is missing)", path);
    while ((more = rd_text_pair(text, size, &at, &line, &pair)) > 0) {
        int known = rd_schedule_read(schedule, &pair);
        int64_t count;
        for (size_t i = 0; i < MEMBERS; i++)
            if (strlen(members[i].name) == pair.name_size &&
                !memcmp(members[i].name, pair.name, pair.name_size))
                known = seen[i] = read_member(progress, &members[i], &pair);
        if (pair.name_size == 7 && !memcmp(pair.name, "updates", 7)) {
            known = counted = rd_parse_integer(pair.value, pair.value_size, &count) && count >= 0;
            *updates = (uint64_t)count;
        }
        if (!known && !(pair.name_size == 10 && !memcmp(pair.name + 5, "_hash", 5)))
            return rd_fail(error, RONDO_BAD_MODEL,
                           "%s: metadata \"rondo.checkpoint\": line %zu is not understood", path, line);
    }
    for (size_t i = 0; i < MEMBERS; i++)
        if (!seen[i])
            return rd_fail(error, RONDO_BAD_MODEL, "%s: metadata \"rondo.checkpoint\": %s is missing", path,
                           members[i].name);
    if (more < 0 || !counted)
        return rd_fail(error, RONDO_BAD_MODEL, "%s: metadata \"rondo.checkpoint\" is damaged at line %zu",
                       path, line);
    return RONDO_OK;
}

/* A line for data whose bytes are not those that the run was started with. */
static void list_data(const char *kept, const char *part, const rondo_data *data, rd_text *changes)
{
    char line[HASH_LINE];
    const char *name;
    if (!data || (kept && strstr(kept, hash_line(part, data, line)))) return;
    for (size_t i = 0; (name = rd_data_name(data, i)) != NULL; i++)
        rd_text_format(changes, "%s%s", i ? ", " : "", rd_quote(name).text);
    rd_text_put(changes, ": other bytes than when the run was started\n");
}

/* The options and the data that differ, a line each. A model's options are those given and what it noted of
 * its data (columns, rates), so they are compared with those of the model at hand, which has seen the data
 * again. */
static rondo_status list_changes(const rondo_trainer *t, const rd_bundle *bundle, const rondo_options *old,
                                 rd_text *changes, rondo_error *error)
{
    const char *kept = rd_bundle_get(bundle, "rondo.checkpoint", NULL);
    rd_options_difference(old, t->model->options, changes);
    list_data(kept, "train", t->train, changes);
    list_data(kept, "valid", t->valid, changes);
    return rd_text_done(changes, error);
}

/* Changed options or data are refused, with the list. */
static rondo_status check_same(const rondo_trainer *t, const rd_bundle *bundle, const char *path,
                               rondo_error *error)
{
    const char *settings = rd_bundle_get(bundle, "rondo.options", NULL),
               *model = rd_bundle_get(bundle, "rondo.model", NULL);
    rondo_options *old;
    rd_text changes = {0};
    if (!settings || !model)
        return rd_fail(error, RONDO_BAD_MODEL, "%s: metadata \"%s\" is missing", path,
                       settings ? "rondo.model" : "rondo.options");
    RD_TRY(rondo_options_new(&old, error));
    rondo_status status = rondo_options_parse(old, settings, strlen(settings), path, error);
    if (status == RONDO_BAD_ARGUMENT) status = RONDO_BAD_MODEL;
    if (status == RONDO_OK) status = list_changes(t, bundle, old, &changes, error);
    if (status == RONDO_OK && changes.size) {
        status = rd_fail(error, RONDO_BAD_MODEL, "%s: the run was started with other options or data:\n%.*s",
                         path, (int)changes.size - 1, changes.text);
        rd_hint(error, "a run with these is another one: give it a name of its own with -o");
    } else if (status == RONDO_OK && strcmp(model, t->model->text) != 0) {
        status = rd_fail(error, RONDO_BAD_MODEL, "%s: the run was started with another model text", path);
    }
    rd_text_free(&changes);
    rondo_options_free(old);
    return status;
}

static rondo_status read_state(rondo_trainer *t, const rd_bundle *bundle, const char *path,
                               rondo_error *error)
{
    const rd_real *numbers;
    if (!t->state) return RONDO_OK;
    size_t n = t->state->sequences;
    const rd_tensor *fresh = rd_bundle_find(bundle, "state.fresh");
    RD_TRY(flat_tensor(bundle, path, "state.numbers", n * t->model->state_width, &numbers, error));
    if (!fresh || fresh->dtype != RD_DTYPE_U8 || fresh->bytes != n)
        return rd_fail(error, RONDO_BAD_MODEL, "%s: tensor \"state.fresh\" is missing or not %zu bytes", path,
                       n);
    memcpy(t->state->numbers, numbers, n * t->model->state_width * sizeof *numbers);
    memcpy(t->state->fresh, fresh->data, n);
    return RONDO_OK;
}

static rondo_status read_best(rondo_trainer *t, const rd_bundle *bundle, const char *path, rondo_error *error)
{
    const rd_real *best;
    if (!rd_bundle_find(bundle, "best.params")) {
        rd_free(t->best);
        t->best = NULL;
        return RONDO_OK;
    }
    RD_TRY(flat_tensor(bundle, path, "best.params", t->model->numbers, &best, error));
    if (!t->best)
        RD_TRY(rd_alloc(t->model->numbers, sizeof *t->best, "the best parameters", &t->best, error));
    memcpy(t->best, best, t->model->numbers * sizeof *best);
    return RONDO_OK;
}

rondo_status rd_trainer_from_bundle(rondo_trainer *t, const rd_bundle *bundle, const char *path,
                                    rondo_error *error)
{
    rd_progress progress = {0};
    rd_schedule schedule = t->schedule;
    uint64_t updates = 0;
    const rd_real *slot[2] = {NULL, NULL};
    RD_TRY(check_same(t, bundle, path, error));
    RD_TRY(read_numbers(bundle, path, &progress, &schedule, &updates, error));
    for (int k = 0; k < rd_optimizer_slots(t->optimizer); k++) {
        char name[32];
        (void)snprintf(name, sizeof name, "optim.slot%d", k);
        RD_TRY(flat_tensor(bundle, path, name, t->model->learning, &slot[k], error));
    }
    RD_TRY(rd_reading_seek(t->reading, progress.epoch, progress.batch, error));
    RD_TRY(read_state(t, bundle, path, error));
    RD_TRY(read_best(t, bundle, path, error));
    RD_TRY(rd_bundle_params(bundle, path, t->model, "", t->model->params, error));
    for (int k = 0; k < rd_optimizer_slots(t->optimizer); k++)
        /* NOLINTNEXTLINE(clang-analyzer-core.*): found above, one for each slot */
        memcpy(rd_optimizer_slot(t->optimizer, k), slot[k], t->model->learning * sizeof **slot);
    rd_optimizer_set_updates(t->optimizer, updates);
    t->progress = progress;
    t->schedule = schedule;
    rondo_model_changed(t->model);
    return RONDO_OK;
}

rondo_status rondo_trainer_resume(rondo_trainer *t, const char *run, rondo_error *error)
{
    rd_bundle *bundle;
    rd_text warning = {0};
    char *path;
    if (!t || !run)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_trainer_resume: %s is missing",
                       t ? "run" : "trainer");
    rondo_status status =
        rd_checkpoint_load(run, rd_option_flag(t->options, RD_OPT_strict), &bundle, &path, &warning, error);
    if (status == RONDO_OK) {
        status = rd_trainer_from_bundle(t, bundle, path, error);
        rd_bundle_free(bundle);
        rd_free(path);
    }
    rd_text_free(&t->warning);
    t->warning = warning;
    return status;
}
