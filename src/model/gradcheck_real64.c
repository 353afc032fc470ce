/* The double core's side of the gradient check: analytic gradients against central differences, tensor by
 * tensor. In the double core rondo_gradcheck works on the model it is given and leaves it as it was. */
#include "model/real64.h"

#ifdef RD_REAL64
#include "base/memory.h"
#include "model/frame.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define STEP  1e-5
#define FLOOR 1e-3 /* of the denominator */
#define ULPS  8    /* units in the last place by which rounding may move a sum of losses */
#define NOISE 1e-6 /* what rounding may at most be of the denominator */

static rondo_status objective(rondo_model *model, const rondo_batch *batch, double *value, rondo_error *error)
{
    rondo_model_changed(model);
    RD_TRY(rondo_model_forward(model, NULL, batch, RONDO_TRAIN, NULL, error));
    RD_TRY(rondo_model_loss(model, batch, NULL, error));
    *value = rd_model_objective(model);
    return RONDO_OK;
}

static rondo_status difference(rondo_model *model, const rondo_batch *batch, size_t i, double *slope,
                               rondo_error *error)
{
    double kept = model->params[i], above, below;
    model->params[i] = kept + STEP;
    rondo_status status = objective(model, batch, &above, error);
    model->params[i] = kept - STEP;
    if (status == RONDO_OK) status = objective(model, batch, &below, error);
    model->params[i] = kept;
    RD_TRY(status);
    *slope = (above - below) / (2 * STEP);
    return RONDO_OK;
}

/* The smallest denominator: a large objective has few digits left for the difference of two of its values. */
static double least_scale(double objective)
{
    return fmax(FLOOR, ULPS * DBL_EPSILON * fabs(objective) / (2 * STEP) / NOISE);
}

static void judge(double analytic, double numeric, double least, const char *name, size_t i, rondo_gradcheck_result *worst)
{
    double scale = fmax(fmax(fabs(analytic), fabs(numeric)), least);
    double off = fabs(analytic - numeric) / scale;
    worst->checked++;
    if (off <= worst->worst) /* a NaN is the worst of all */
        return;
    worst->worst = off;
    worst->analytic = analytic;
    worst->numeric = numeric;
    (void)snprintf(worst->param, sizeof worst->param, "%s[%zu]", name, i);
}

/* `limit` numbers spread evenly over the tensor. */
static rondo_status check_tensor(rondo_model *model, const rondo_batch *batch, size_t limit, const char *name,
                                 const rd_param *param, const double *grads, double least,
                                 rondo_gradcheck_result *worst, rondo_error *error)
{
    size_t n = param->rows * (param->columns ? param->columns : 1), checks = limit && limit < n ? limit : n;
    for (size_t k = 0; k < checks; k++) {
        size_t i = checks == n ? k : (size_t)((double)k * (double)n / (double)checks);
        double slope;
        RD_TRY(difference(model, batch, param->offset + i, &slope, error));
        judge(grads[param->offset + i], slope, least, name, i, worst);
    }
    return RONDO_OK;
}

static rondo_status check_all(rondo_model *model, const rondo_batch *batch, size_t limit, const double *grads, double least,
                              rondo_gradcheck_result *worst, rondo_error *error)
{
    const rd_param *param;
    const char *name;
    for (size_t i = 0; (name = rd_model_param_name(model, i, NULL, &param)) != NULL; i++)
        if (!param->frozen) RD_TRY(check_tensor(model, batch, limit, name, param, grads, least, worst, error));
    return RONDO_OK;
}

rondo_status rondo_gradcheck(rondo_model *model, const rondo_batch *batch, size_t limit,
                             rondo_gradcheck_result *worst, rondo_error *error)
{
    double *grads, value;
    if (!model || !batch || !worst)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_gradcheck: %s is missing",
                       !model   ? "model"
                       : !batch ? "batch"
                                : "worst");
    *worst = (rondo_gradcheck_result){.worst = -1};
    RD_TRY(rd_model_ready_grads(model, error));
    rondo_model_zero_grad(model);
    RD_TRY(objective(model, batch, &value, error));
    RD_TRY(rondo_model_backward(model, batch, error));
    RD_TRY(rd_alloc(model->numbers, sizeof *grads, "gradients to compare", &grads, error));
    memcpy(grads, model->grads, model->numbers * sizeof *grads);
    rondo_status status = check_all(model, batch, limit, grads, least_scale(value), worst, error);
    memcpy(model->grads, grads, model->numbers * sizeof *grads);
    rondo_model_changed(model);
    rd_free(grads);
    return status;
}

/* ---- the job of the float core --------------------------------------------------------------------------
 */

typedef struct bench {
    rondo_device *device;
    rondo_options *options;
    rondo_model *model;
    rondo_batch *batch;
} bench;

static rondo_status put_parts(const rdcheck_job *job, bench *b, rondo_error *error)
{
    for (size_t i = 0; i < job->parts; i++) {
        const rdcheck_part *part = &job->part[i];
        rondo_sequences sequences = {.count = part->sequences,
                                     .length = part->length,
                                     .width = part->width,
                                     .values = part->values,
                                     .symbols = part->symbol};
        if (!part->given) continue;
        RD_TRY(rondo_batch_put(b->batch, part->name, &sequences, error));
        if (part->weight) RD_TRY(rd_batch_weigh(b->batch, part->name, part->weight, error));
    }
    for (size_t i = 0; i < b->batch->sequences; i++)
        b->batch->fresh[i] = job->fresh[i];
    b->batch->first_sequence = job->first_sequence;
    return RONDO_OK;
}

static rondo_status set_up(const rdcheck_job *job, bench *b, rondo_error *error)
{
    rondo_size sizes[8];
    for (size_t i = 0; i < job->parts; i++)
        sizes[i] = (rondo_size){
            .part = job->part[i].name, .width = job->part[i].width, .symbols = job->part[i].symbols};
    RD_TRY(rondo_device_open("cpu", 1, &b->device, error));
    RD_TRY(rondo_options_new(&b->options, error));
    RD_TRY(rondo_options_parse(b->options, job->options, strlen(job->options), "options", error));
    RD_TRY(rd_model_blank(b->device, b->options, job->text, sizes, job->parts, &b->model, error));
    RD_TRY(rondo_batch_new(&b->batch, error));
    RD_TRY(put_parts(job, b, error));
    if (b->model->numbers != job->numbers)
        return rd_fail(error, RONDO_BUG, "the copy in double has %zu parameters, not %zu", b->model->numbers,
                       job->numbers);
    memcpy(b->model->params, job->params, job->numbers * sizeof *job->params);
    b->model->saved = RD_SAVED_F32; /* differences know nothing of rounded gates */
    b->model->seed = job->seed;
    b->model->step = job->step;
    return RONDO_OK;
}

void rdcheck_run(const rdcheck_job *job, rdcheck_result *result)
{
    bench b = {.device = NULL};
    rondo_error error = {.status = RONDO_OK};
    rondo_gradcheck_result worst = {.worst = -1};
    rondo_status status = set_up(job, &b, &error);
    if (status == RONDO_OK) status = rondo_gradcheck(b.model, b.batch, job->limit, &worst, &error);
    rondo_batch_free(b.batch);
    rondo_model_free(b.model);
    rondo_options_free(b.options);
    rondo_device_close(b.device);
    *result = (rdcheck_result){.worst = worst.worst,
                               .analytic = worst.analytic,
                               .numeric = worst.numeric,
                               .checked = worst.checked,
                               .status = (int)status};
    memcpy(result->param, worst.param, sizeof result->param);
    memcpy(result->message, error.message, sizeof result->message);
}
#endif
