/* The equations stand in equations/NAME.h, the loop in the device; here are the slots and the count of
 * updates. */
#include "optim/optimizer.h"

#include "base/memory.h"
#include "base/text.h"
#include "kernels/kernels.h"

#include <math.h>

static rondo_status find_kind(const rondo_options *options, rd_optimizer_id *kind, rondo_error *error)
{
    const char *name = rd_option_text(options, RD_OPT_optimizer);
    for (int i = 0; i < RD_OPTIMIZERS; i++)
        if (rd_equal(rd_optimizers[i].name, name)) {
            *kind = (rd_optimizer_id)i;
            return RONDO_OK;
        }
    return rd_fail(error, RONDO_BAD_ARGUMENT, "there is no optimizer %s", rd_quote(name).text);
}

static void read_constants(const rondo_options *options, rondo_optimizer *o)
{
    o->beta1 = rd_option_number(options, RD_OPT_beta1);
    o->beta2 = rd_option_number(options, RD_OPT_beta2);
    o->args = (rd_update_args){.momentum = (rd_real)rd_option_number(options, RD_OPT_momentum),
                               .nesterov = rd_option_flag(options, RD_OPT_nesterov),
                               .alpha = (rd_real)rd_option_number(options, RD_OPT_alpha),
                               .beta1 = (rd_real)o->beta1,
                               .beta2 = (rd_real)o->beta2,
                               .epsilon = (rd_real)rd_option_number(options, RD_OPT_epsilon),
                               .decay = (rd_real)rd_option_number(options, RD_OPT_weight_decay)};
}

rondo_status rondo_optimizer_new(rondo_device *device, const rondo_options *options, size_t n,
                                 rondo_optimizer **optimizer, rondo_error *error)
{
    rondo_optimizer *o;
    rd_optimizer_id kind;
    if (!device || !options || !optimizer)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_optimizer_new: %s is missing",
                       !device    ? "device"
                       : !options ? "options"
                                  : "optimizer");
    *optimizer = NULL;
    RD_TRY(find_kind(options, &kind, error));
    RD_TRY(rd_alloc(1, sizeof *o, "an optimizer", &o, error));
    *o = (rondo_optimizer){.device = device, .kind = kind, .n = n};
    read_constants(options, o);
    rondo_status status = RONDO_OK;
    for (int k = 0; k < rd_optimizers[kind].slots && status == RONDO_OK; k++)
        status = rd_alloc_aligned(n, sizeof(rd_real), "the optimizer's memory", &o->slot[k], error);
    if (status != RONDO_OK) {
        rondo_optimizer_free(o);
        return status;
    }
    *optimizer = o;
    return RONDO_OK;
}

void rondo_optimizer_free(rondo_optimizer *optimizer)
{
    if (!optimizer) return;
    rd_free_aligned(optimizer->slot[0]);
    rd_free_aligned(optimizer->slot[1]);
    rd_free(optimizer->past);
    rd_free(optimizer);
}

/* b to the k by repeated squaring: a function of the count alone, so that a resumed run has the same bits. */
static double power(double b, uint64_t k)
{
    double result = 1;
    for (; k > 0; k >>= 1, b *= b)
        if (k & 1) result *= b;
    return result;
}

static rd_update_args args_of(const rondo_optimizer *o, rd_real *params)
{
    rd_update_args args = o->args;
    args.n = o->n;
    args.w = params;
    args.slot[0] = o->slot[0];
    args.slot[1] = o->slot[1];
    return args;
}

/* ---- rows of tables that are not visited at every update */

/* 1 when a gradient of 0 leaves a row whose slots are 0 as it is. */
static int rests(const rondo_optimizer *o)
{
    return !(o->args.decay > 0 || o->args.decay < 0);
}

static void replay(const rondo_optimizer *o, rd_real *params, int marked)
{
    const rd_update_args args = args_of(o, params);
    const rd_replay replay = {.optimizer = (int)o->kind,
                              .marked = marked,
                              .args = &args,
                              .past = o->past,
                              .history = RD_PAST_UPDATES,
                              .updates = o->updates};
    if (rests(o) && rd_optimizers[o->kind].still) return;
    for (size_t i = 0; i < o->rows->count; i++)
        rd_device_replay(o->device, &o->rows->list[i], &replay);
}

void rd_optimizer_catch_up(rondo_optimizer *o, rd_real *params)
{
    if (o->rows) replay(o, params, 1);
}

void rd_optimizer_settle(rondo_optimizer *o, rd_real *params)
{
    if (!o->rows || o->settled == o->updates) return;
    replay(o, params, 0);
    o->settled = o->updates;
}

static int slots_are_zero(const rondo_optimizer *o, const rd_row_list *list, size_t row)
{
    const size_t at = list->at + row * list->columns;
    for (int k = 0; k < rd_optimizers[o->kind].slots; k++)
        for (size_t i = 0; i < list->columns; i++)
            if (o->slot[k][at + i] > 0 || o->slot[k][at + i] < 0) return 0;
    return 1;
}

/* Nobody owes anything; rows that no update has reached yet never will, until they are marked. */
static void begin_rows(rondo_optimizer *o)
{
    for (size_t i = 0; o->rows && i < o->rows->count; i++) {
        const rd_row_list *list = &o->rows->list[i];
        for (size_t row = 0; row < list->rows; row++)
            list->had[row] = rests(o) && slots_are_zero(o, list, row) ? RD_ROW_STILL : o->updates;
    }
    o->settled = o->updates;
}

rondo_status rd_optimizer_follow(rondo_optimizer *o, const rd_row_set *rows, rondo_error *error)
{
    if (rows->count == 0) return RONDO_OK;
    RD_TRY(rd_alloc(RD_PAST_UPDATES, sizeof *o->past, "the past updates", &o->past, error));
    o->rows = rows;
    begin_rows(o);
    return RONDO_OK;
}

/* The marked rows have had this update. */
static void count_rows(const rondo_optimizer *o)
{
    for (size_t i = 0; o->rows && i < o->rows->count; i++) {
        const rd_row_list *list = &o->rows->list[i];
        for (size_t row = rd_row_next(list, 0); row < list->rows; row = rd_row_next(list, row + 1))
            list->had[row] = o->updates;
    }
}

/* ---- an update */

void rd_optimizer_update(rondo_optimizer *o, double rate, double scale, rd_real *params, const rd_real *grads)
{
    rd_update_args args = args_of(o, params);
    if (o->updates - o->settled == RD_PAST_UPDATES) rd_optimizer_settle(o, params);
    o->updates++;
    args.g = grads;
    args.rate = (rd_real)rate;
    args.grad_scale = (rd_real)scale;
    args.correction1 = (rd_real)(1 / (1 - power(o->beta1, o->updates)));
    args.correction2 = (rd_real)(1 / (1 - power(o->beta2, o->updates)));
    if (o->past)
        o->past[o->updates % RD_PAST_UPDATES] =
            (rd_update_step){args.rate, args.correction1, args.correction2};
    rd_device_update(o->device, (int)o->kind, o->rows, &args);
    count_rows(o);
}

static int is_flat(const rondo_view *view, size_t n)
{
    return view->data && view->type == RONDO_REAL && view->rank == 1 && view->shape[0] == n;
}

rondo_status rondo_optimizer_step(rondo_optimizer *optimizer, double rate, rondo_view params,
                                  rondo_view grads, rondo_error *error)
{
    if (!optimizer) return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_optimizer_step: optimizer is missing");
    if (!is_flat(&params, optimizer->n) || !is_flat(&grads, optimizer->n))
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "rondo_optimizer_step: %s are not %zu real numbers in a row",
                       is_flat(&params, optimizer->n) ? "grads" : "params", optimizer->n);
    if (!isfinite(rate) || rate < 0)
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "rondo_optimizer_step: the rate %g is not a number from 0 up", rate);
    rd_optimizer_update(optimizer, rate, 1, params.data, grads.data);
    return RONDO_OK;
}

int rd_optimizer_slots(const rondo_optimizer *optimizer)
{
    return rd_optimizers[optimizer->kind].slots;
}
int rd_optimizer_slots_of(const rondo_options *options)
{
    rd_optimizer_id kind;
    return find_kind(options, &kind, NULL) == RONDO_OK ? rd_optimizers[kind].slots : 0;
}
rd_real *rd_optimizer_slot(const rondo_optimizer *optimizer, int k)
{
    return optimizer->slot[k];
}
uint64_t rd_optimizer_updates(const rondo_optimizer *optimizer)
{
    return optimizer->updates;
}
void rd_optimizer_set_updates(rondo_optimizer *optimizer, uint64_t updates)
{
    optimizer->updates = updates;
    begin_rows(optimizer);
}
