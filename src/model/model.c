/* The owner: building, freeing, parameters, panels, memory. */
#include "base/size.h"
#include "layers/dense.h"
#include "model/model_build.h"
#include "model/model_rows.h"

#include <string.h>

rd_symbols *rd_model_symbols(const rondo_model *model, const char *part)
{
    for (size_t i = 0; i < model->parts; i++)
        if (rd_equal(model->part[i].name, part)) return model->symbols[i];
    return NULL;
}

/* ---- building and freeing -------------------------------------------------------------------------------
 */

/* A part of words' characters stands behind the part whose rows the words are. */
static rondo_status find_around(rondo_model *model, size_t i, rondo_error *error)
{
    const char *outer = rd_part_outer(model->part[i].name);
    for (size_t k = 0; outer && k < i; k++)
        if (rd_equal(model->part[k].name, outer)) model->part[i].inside = k + 1;
    if (outer && !model->part[i].inside)
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "part %s of a model stands behind part \"%s\", which is missing",
                       rd_quote(model->part[i].name).text, outer);
    return RONDO_OK;
}

static rondo_status set_parts(rondo_model *model, const rondo_size *sizes, size_t count, rondo_error *error)
{
    if (count == 0 || count > RD_MAX_PARTS)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "a model reads 1 to %d parts, not %zu", RD_MAX_PARTS,
                       count);
    for (size_t i = 0; i < count; i++) {
        size_t length = sizes[i].part ? strlen(sizes[i].part) : 0;
        if (length == 0 || length >= RD_PART_NAME || sizes[i].width == 0 || sizes[i].width > INT32_MAX)
            return rd_fail(error, RONDO_BAD_ARGUMENT,
                           "part %zu of a model needs a name of 1 to %d bytes and a width from 1 to %d", i,
                           RD_PART_NAME - 1, INT32_MAX);
        for (size_t k = 0; k < i; k++)
            if (rd_equal(sizes[i].part, sizes[k].part))
                return rd_fail(error, RONDO_BAD_ARGUMENT, "two parts of a model are named %s",
                               rd_quote(sizes[i].part).text);
        memcpy(model->part[i].name, sizes[i].part, length);
        model->part[i].width = sizes[i].width;
        model->part[i].symbols = sizes[i].symbols != 0;
        RD_TRY(find_around(model, i, error));
    }
    model->parts = count;
    return RONDO_OK;
}

/* The loss by option, or by what the targets are. */
static const char *loss_of(const rondo_options *options, const rondo_size *y)
{
    const char *loss = rd_option_text(options, RD_OPT_loss);
    if (loss[0] && !rd_equal(loss, "auto")) return loss;
    return y->symbols ? "softmax" : "squared";
}

static rondo_status make_text(rondo_model *model, const char *text, const rondo_size *sizes, size_t count,
                              rondo_error *error)
{
    rd_text made = {0};
    if (text) {
        rd_text_put(&made, text);
    } else {
        const rondo_size *x = NULL, *y = NULL;
        for (size_t i = 0; i < count; i++) {
            x = rd_equal(sizes[i].part, "x") ? &sizes[i] : x;
            y = rd_equal(sizes[i].part, "y") ? &sizes[i] : y;
        }
        if (!x || !y)
            return rd_fail(error, RONDO_BAD_ARGUMENT,
                           "without a model text the parts must be \"x\" and \"y\"");
        const char *loss = loss_of(model->options, y);
        size_t outputs;
        RD_TRY(rd_model_outputs(model->options, loss, y->width, &outputs, error));
        rondo_status status = rd_model_text_from(model->options, x, outputs, loss,
                                                 rd_option_is_set(model->options, RD_OPT_pool), &made, error);
        if (status != RONDO_OK) {
            rd_text_free(&made);
            return status;
        }
    }
    rondo_status status = rd_text_done(&made, error);
    if (status != RONDO_OK) {
        rd_text_free(&made);
        return status;
    }
    model->text = made.text;
    return RONDO_OK;
}

rd_saved rd_saved_of(const rondo_options *options)
{
    if (rd_option_is(options, RD_OPT_saved, "bf16")) return RD_SAVED_BF16;
    return rd_option_is(options, RD_OPT_saved, "recompute") ? RD_SAVED_RECOMPUTE : RD_SAVED_F32;
}

static rondo_status build(rondo_model *model, const char *text, const rondo_size *sizes, size_t count,
                          rondo_error *error)
{
    rd_node *nodes;
    size_t found;
    RD_TRY(set_parts(model, sizes, count, error));
    RD_TRY(rd_alloc(1, sizeof *model->run, "a model", &model->run, error));
    if (pthread_mutex_init(&model->run->stream.making, NULL) != 0) {
        rd_free(model->run);
        model->run = NULL;
        return rd_fail(error, RONDO_LIMIT, "no locks left for a model");
    }
    RD_TRY(make_text(model, text, sizes, count, error));
    RD_TRY(rd_model_text_parse(model->text, "model text", &nodes, &found, error));
    rondo_status status = rd_model_build(model, nodes, found, error);
    rd_free(nodes);
    RD_TRY(status);
    model->seed = (uint64_t)rd_option_integer(model->options, RD_OPT_seed);
    model->saved = rd_saved_of(model->options);
    model->stamp = 1;
    return RONDO_OK;
}

rondo_status rd_model_blank(rondo_device *device, const rondo_options *options, const char *text,
                            const rondo_size *sizes, size_t count, rondo_model **model, rondo_error *error)
{
    rondo_model *m;
    if (!device || !options || !sizes || !model)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_model_new: %s is missing",
                       !device    ? "device"
                       : !options ? "options"
                       : !sizes   ? "sizes"
                                  : "model");
    *model = NULL;
    RD_TRY(rd_alloc(1, sizeof *m, "a model", &m, error));
    m->device = device;
    rondo_status status = rondo_options_copy(options, &m->options, error);
    if (status == RONDO_OK) status = build(m, text, sizes, count, error);
    if (status != RONDO_OK) {
        rondo_model_free(m);
        return status;
    }
    *model = m;
    return RONDO_OK;
}

rondo_status rondo_model_new(rondo_device *device, const rondo_options *options, const char *text,
                             const rondo_size *sizes, size_t count, rondo_model **model, rondo_error *error)
{
    rondo_model *m;
    if (model) *model = NULL;
    RD_TRY(rd_model_blank(device, options, text, sizes, count, model ? &m : NULL, error));
    rondo_status status = rd_model_init(m, m->seed, error);
    if (status != RONDO_OK) {
        rondo_model_free(m);
        return status;
    }
    rd_model_pack(m);
    *model = m;
    return RONDO_OK;
}

static void free_run(struct rd_model_run *run)
{
    if (!run) return;
    (void)pthread_mutex_destroy(&run->stream.making);
    rd_free_aligned(run->stream.panels);
    rd_free(run->stream.at);
    rd_free(run);
}

void rondo_model_free(rondo_model *model)
{
    if (!model) return;
    for (size_t i = 0; i < model->layers; i++)
        if (model->layer[i].ops->release) model->layer[i].ops->release(&model->layer[i]);
    for (size_t i = 0; i < RD_MAX_PARTS; i++)
        rd_symbols_free(model->symbols[i]);
    rd_frame_free(&model->train);
    rd_frame_free(&model->use);
    rondo_options_free(model->options);
    rd_free(model->text);
    rd_free(model->info);
    rd_free(model->layer);
    rd_free(model->state_at);
    rd_free(model->packed_at);
    rd_free(model->named);
    free_run(model->run);
    rd_rows_free(model);
    rd_free_aligned(model->params);
    rd_free_aligned(model->grads);
    rd_free_aligned(model->packed);
    rd_free(model);
}

const char *rondo_model_text(const rondo_model *model)
{
    return model ? model->text : "";
}
const rondo_options *rondo_model_options(const rondo_model *model)
{
    return model ? model->options : NULL;
}
const char *rondo_model_task(const rondo_model *model)
{
    return model ? model->task : "";
}

/* ---- parameters -----------------------------------------------------------------------------------------
 */

rondo_status rd_model_ready_grads(rondo_model *model, rondo_error *error)
{
    if (model->grads) return RONDO_OK;
    RD_TRY(rd_rows_make(model, error));
    return rd_alloc_aligned(model->numbers, sizeof(rd_real), "the gradients", &model->grads, error);
}

static rondo_view flat(rd_real *data, size_t n, const char *name)
{
    return (rondo_view){.data = data, .type = RONDO_REAL, .rank = 1, .shape = {n}, .stride = 1, .name = name};
}

rondo_view rondo_model_params(rondo_model *model)
{
    return model ? flat(model->params, model->numbers, "params") : flat(NULL, 0, "params");
}

rondo_view rondo_model_grads(rondo_model *model)
{
    if (!model || rd_model_ready_grads(model, NULL) != RONDO_OK) return flat(NULL, 0, "grads");
    return flat(model->grads, model->numbers, "grads");
}

const char *rd_model_param_name(const rondo_model *model, size_t i, const rd_layer **layer,
                                const rd_param **param)
{
    if (i >= model->tensors) return NULL;
    if (layer) *layer = model->named[i].layer;
    if (param) *param = model->named[i].param;
    return model->named[i].name;
}

rondo_status rondo_model_param(rondo_model *model, size_t i, rondo_view *value, rondo_view *grad)
{
    const rd_param *param;
    const char *name = model ? rd_model_param_name(model, i, NULL, &param) : NULL;
    if (!name) return RONDO_NO;
    rondo_view view = {.data = model->params + param->offset,
                       .type = RONDO_REAL,
                       .rank = param->columns ? 2 : 1,
                       .shape = {param->rows, param->columns},
                       .stride = param->columns ? param->columns : 1,
                       .name = name};
    if (value) *value = view;
    if (grad) {
        *grad = view;
        grad->data = rd_model_ready_grads(model, NULL) == RONDO_OK ? model->grads + param->offset : NULL;
    }
    return RONDO_OK;
}

void rondo_model_changed(rondo_model *model)
{
    if (model) model->stamp++;
}

/* ---- panels ---------------------------------------------------------------------------------------------
 */

size_t rd_model_packed(const rondo_model *model)
{
    return model->packed_at[model->layers];
}

int rd_model_is_packed(const rondo_model *model)
{
    return model->run->packed_stamp == model->stamp;
}

void rd_model_pack(const rondo_model *model)
{
    if (rd_model_is_packed(model)) return;
    for (size_t i = 0; i < model->layers; i++)
        if (model->layer[i].ops->pack)
            model->layer[i].ops->pack(&model->layer[i], model->device, model->params,
                                      model->packed + model->packed_at[i]);
    model->run->packed_stamp = model->stamp;
}

/* ---- memory ---------------------------------------------------------------------------------------------
 */

rondo_status rondo_model_reserve(rondo_model *model, const char *part, size_t rows, size_t steps,
                                 size_t sequences, rondo_error *error)
{
    rd_limits_of_call limits[RD_MAX_PARTS] = {{.rows = 0}};
    size_t i = 0;
    if (!model || !part)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_model_reserve: %s is missing",
                       model ? "part" : "model");
    while (i < model->parts && !rd_equal(model->part[i].name, part))
        i++;
    if (i == model->parts)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_model_reserve: the model has no part %s",
                       rd_quote(part).text);
    if (steps > rows || (steps == 0) != (rows == 0) || (sequences == 0 && !model->part[i].inside))
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "rondo_model_reserve: %zu rows cannot have %zu steps of %zu sequences", rows, steps,
                       sequences);
    limits[i] =
        (rd_limits_of_call){.rows = rows, .steps = steps, .sequences = sequences, .mode = RONDO_TRAIN};
    model->run->phase = RD_PHASE_NONE;
    RD_TRY(rd_model_ready_grads(model, error));
    RD_TRY(rd_frame_ready(model, &model->train, limits, RONDO_TRAIN, error));
    if (!model->use.ready) /* its first forward then makes it as large at once */
        memcpy(model->use.limit, model->train.limit, sizeof model->use.limit);
    return RONDO_OK;
}
