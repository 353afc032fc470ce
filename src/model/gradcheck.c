/* The float core's side of the gradient check: a model and a batch, copied into plain arrays of double. */
#include "model/real64.h"

#ifndef RD_REAL64
#include "base/memory.h"
#include "model/frame.h"

#include <string.h>

/* Everything that a job lends, freed together. */
typedef struct copies {
    double *params;
    double *values[RD_MAX_PARTS], *weights[RD_MAX_PARTS]; /* one array a part, sequence after sequence */
    int32_t *symbols[RD_MAX_PARTS];
    const double **value_of[RD_MAX_PARTS], **weight_of[RD_MAX_PARTS];
    const int32_t **symbols_of[RD_MAX_PARTS];
} copies;

static void free_copies(copies *c)
{
    rd_free(c->params);
    for (size_t i = 0; i < RD_MAX_PARTS; i++) {
        rd_free(c->values[i]);
        rd_free(c->weights[i]);
        rd_free(c->symbols[i]);
        rd_free(c->value_of[i]);
        rd_free(c->weight_of[i]);
        rd_free(c->symbols_of[i]);
    }
}

/* Packed rows back to one array a sequence, as doubles. */
static rondo_status copy_numbers(const rondo_pack *pack, const rd_real *rows, size_t width, double **numbers,
                                 const double ***each, rondo_error *error)
{
    size_t *start;
    RD_TRY(rd_alloc(pack->rows * width, sizeof **numbers, "numbers to check", numbers, error));
    RD_TRY(rd_alloc(pack->sequences, sizeof **each, "numbers to check", each, error));
    RD_TRY(rd_alloc(pack->sequences + 1, sizeof *start, "numbers to check", &start, error));
    for (size_t i = 0; i < pack->sequences; i++) {
        start[i + 1] = start[i] + pack->length[i];
        (*each)[i] = *numbers + start[i] * width;
    }
    for (size_t t = 0; t < pack->steps; t++)
        for (size_t p = 0; p < pack->count[t]; p++)
            for (size_t j = 0; j < width; j++)
                (*numbers)[(start[pack->order[p]] + t) * width + j] =
                    (double)rows[(pack->offset[t] + p) * width + j];
    rd_free(start);
    return RONDO_OK;
}

static rondo_status copy_symbols(const rondo_pack *pack, const int32_t *rows, int32_t **symbols,
                                 const int32_t ***each, rondo_error *error)
{
    size_t *start;
    RD_TRY(rd_alloc(pack->rows, sizeof **symbols, "symbols to check", symbols, error));
    RD_TRY(rd_alloc(pack->sequences, sizeof **each, "symbols to check", each, error));
    RD_TRY(rd_alloc(pack->sequences + 1, sizeof *start, "symbols to check", &start, error));
    for (size_t i = 0; i < pack->sequences; i++) {
        start[i + 1] = start[i] + pack->length[i];
        (*each)[i] = *symbols + start[i];
    }
    for (size_t t = 0; t < pack->steps; t++)
        for (size_t p = 0; p < pack->count[t]; p++)
            (*symbols)[start[pack->order[p]] + t] = rows[pack->offset[t] + p];
    rd_free(start);
    return RONDO_OK;
}

static rondo_status copy_part(const rondo_model *model, const rondo_batch *batch, size_t i, copies *c,
                              rdcheck_job *job, rondo_error *error)
{
    rdcheck_part *to = &job->part[i];
    const rd_part *part = rd_batch_part(batch, model->part[i].name);
    memcpy(to->name, model->part[i].name, sizeof to->name);
    to->width = model->part[i].width;
    to->symbols = model->part[i].symbols;
    to->given = part != NULL;
    if (!part) return RONDO_OK;
    const rondo_pack *pack = &part->packed.pack;
    to->sequences = pack->sequences;
    to->length = pack->length;
    if (part->width != (to->symbols ? 0 : to->width))
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "rondo_gradcheck: part \"%s\" of the batch does not fit the model", to->name);
    if (part->weight) RD_TRY(copy_numbers(pack, part->weight, 1, &c->weights[i], &c->weight_of[i], error));
    if (part->width)
        RD_TRY(copy_numbers(pack, part->values, part->width, &c->values[i], &c->value_of[i], error));
    else
        RD_TRY(copy_symbols(pack, part->symbols, &c->symbols[i], &c->symbols_of[i], error));
    to->weight = c->weight_of[i];
    to->values = c->value_of[i];
    to->symbol = c->symbols_of[i];
    return RONDO_OK;
}

static rondo_status run_job(const rondo_model *model, const rondo_batch *batch, copies *c, rdcheck_job *job,
                            rondo_gradcheck_result *worst, rondo_error *error)
{
    rdcheck_result result;
    RD_TRY(rd_alloc(model->numbers, sizeof *c->params, "parameters to check", &c->params, error));
    for (size_t i = 0; i < model->numbers; i++)
        c->params[i] = (double)model->params[i];
    job->params = c->params;
    for (size_t i = 0; i < model->parts; i++)
        RD_TRY(copy_part(model, batch, i, c, job, error));
    rdcheck_run(job, &result);
    if (result.status != RONDO_OK) return rd_fail(error, (rondo_status)result.status, "%s", result.message);
    *worst = (rondo_gradcheck_result){.worst = result.worst,
                                      .analytic = result.analytic,
                                      .numeric = result.numeric,
                                      .checked = result.checked};
    memcpy(worst->param, result.param, sizeof worst->param);
    return RONDO_OK;
}

rondo_status rondo_gradcheck(rondo_model *model, const rondo_batch *batch, size_t limit,
                             rondo_gradcheck_result *worst, rondo_error *error)
{
    rondo_options *options;
    copies c = {.params = NULL};
    if (!model || !batch || !worst)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_gradcheck: %s is missing",
                       !model   ? "model"
                       : !batch ? "batch"
                                : "worst");
    RD_TRY(rondo_options_copy(model->options, &options, error));
    rdcheck_job job = {.options = rondo_options_text(options, 1, error),
                       .text = model->text,
                       .parts = model->parts,
                       .numbers = model->numbers,
                       .seed = model->seed,
                       .step = model->step,
                       .first_sequence = batch->first_sequence,
                       .fresh = batch->fresh,
                       .limit = limit};
    rondo_status status = job.options ? run_job(model, batch, &c, &job, worst, error) : RONDO_LIMIT;
    free_copies(&c);
    rondo_options_free(options);
    return status;
}
#endif
