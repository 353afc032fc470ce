/* A model file is a bundle of PyTorch-named tensors plus the texts that rebuild the network around them. */
#include "store/model_file.h"

#include "base/memory.h"
#include "base/size.h"
#include "formats/safetensors.h"
#include "store/narrow_tensor.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#ifdef RD_REAL64
#define RD_FILE_DTYPE RD_DTYPE_F64
#else
#define RD_FILE_DTYPE RD_DTYPE_F32
#endif

#define SYMBOLS_IN_TEXT (64u * 1024u) /* larger vocabularies are a U8 tensor of that name */

/* ---- writing ------------------------------------------------------------------------------------------- */

static rondo_status set_text(rd_bundle *bundle, const char *name, const char *text, rondo_error *error)
{
    return rd_bundle_set(bundle, name, text ? text : "", text ? strlen(text) : 0, error);
}

static int is_narrow(const rondo_model *model, const rd_param *param)
{
    return model->weights != RD_WEIGHTS_F32 && rd_param_is_matrix(param);
}

static rondo_status add_params(const rondo_model *model, const rd_real *params, rd_bundle *bundle,
                               rondo_error *error)
{
    const rd_layer *layer;
    const rd_param *param;
    const char *name;
    for (size_t i = 0; (name = rd_model_param_name(model, i, &layer, &param)) != NULL; i++)
        if (is_narrow(model, param))
            RD_TRY(rd_narrow_add(bundle, model->weights, name, param, params + param->offset, error));
        else
            RD_TRY(rd_bundle_add(bundle,
                                 &(rd_tensor){.name = name,
                                              .dtype = RD_FILE_DTYPE,
                                              .rank = param->columns ? 2 : 1,
                                              .shape = {param->rows, param->columns},
                                              .data = params + param->offset},
                                 error));
    return RONDO_OK;
}

static rondo_status add_symbols(const rd_symbols *symbols, const char *part, rd_bundle *bundle,
                                rondo_error *error)
{
    char name[RD_PART_NAME + 16];
    rd_text text = {0};
    void *data;
    (void)snprintf(name, sizeof name, "rondo.symbols.%s", part);
    rondo_status status = rd_symbols_write(symbols, &text, error);
    if (status == RONDO_OK && text.size <= SYMBOLS_IN_TEXT) {
        status = rd_bundle_set(bundle, name, text.text, text.size, error);
    } else if (status == RONDO_OK) {
        status = rd_bundle_make(
            bundle, &(rd_tensor){.name = name, .dtype = RD_DTYPE_U8, .rank = 1, .shape = {text.size}}, &data,
            error);
        if (status == RONDO_OK) memcpy(data, text.text, text.size);
    }
    rd_text_free(&text);
    return status;
}

/* "x symbols 67" lines: the parts the network reads. */
static rondo_status add_sizes(const rondo_model *model, rd_bundle *bundle, rondo_error *error)
{
    rd_text text = {0};
    for (size_t i = 0; i < model->parts; i++)
        rd_text_format(&text, "%s = %s %zu\n", model->part[i].name,
                       model->part[i].symbols ? "symbols" : "numbers", model->part[i].width);
    rondo_status status = rd_text_done(&text, error);
    if (status == RONDO_OK) status = rd_bundle_set(bundle, "rondo.sizes", text.text, text.size, error);
    rd_text_free(&text);
    return status;
}

rondo_status rd_model_to_bundle(const rondo_model *model, const rd_real *params, rd_bundle *bundle,
                                rondo_error *error)
{
    char format[16];
    const int narrow = model->weights != RD_WEIGHTS_F32;
    (void)snprintf(format, sizeof format, "%d",
                   narrow ? RONDO_MODEL_VERSION : 1); /* 1 has no narrow weights */
    RD_TRY(set_text(bundle, "format", "pt", error));
    RD_TRY(set_text(bundle, "rondo.format", format, error));
    RD_TRY(set_text(bundle, "rondo.version", RONDO_VERSION, error));
    if (narrow) RD_TRY(set_text(bundle, "rondo.weights", rd_weights_names[model->weights], error));
    RD_TRY(set_text(bundle, "rondo.model", model->text, error));
    const char *settings = rondo_options_text(model->options, 2, error);
    if (!settings) return RONDO_LIMIT;
    RD_TRY(set_text(bundle, "rondo.options", settings, error));
    RD_TRY(set_text(bundle, "rondo.task", model->task, error));
    if (model->info && *model->info) RD_TRY(set_text(bundle, "rondo.train", model->info, error));
    RD_TRY(add_sizes(model, bundle, error));
    for (size_t i = 0; i < model->parts; i++)
        if (model->symbols[i]) RD_TRY(add_symbols(model->symbols[i], model->part[i].name, bundle, error));
    return add_params(model, params, bundle, error);
}

rondo_status rd_bundle_save(const rd_bundle *bundle, const char *path, int replace, rondo_error *error)
{
    rd_save *save;
    RD_TRY(rd_save_open(path, &save, error));
    rondo_status status = rd_safetensors_write(bundle, 1, save, error);
    if (status == RONDO_OK) return rd_save_commit(save, replace, error);
    rd_save_abandon(save);
    return status;
}

static rondo_status refuse_bad_numbers(const rondo_model *model, rondo_error *error)
{
    for (size_t i = 0; i < model->numbers; i++)
        if (!isfinite(model->params[i]))
            return rd_fail(error, RONDO_NUMBERS,
                           "the model holds a number that is not finite; it is not saved");
    return RONDO_OK;
}

rondo_status rondo_model_save(const rondo_model *model, const char *path, int force, rondo_error *error)
{
    rd_bundle *bundle;
    if (!model || !path)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_model_save: %s is missing",
                       model ? "path" : "model");
    RD_TRY(refuse_bad_numbers(model, error));
    RD_TRY(rd_bundle_new(&bundle, error));
    rondo_status status = rd_model_to_bundle(model, model->params, bundle, error);
    if (status == RONDO_OK) status = rd_bundle_save(bundle, path, force, error);
    rd_bundle_free(bundle);
    return status;
}

/* ---- reading ------------------------------------------------------------------------------------------- */

static rondo_status check_format(const rd_bundle *bundle, const char *path, rondo_error *error)
{
    const char *format = rd_bundle_get(bundle, "rondo.format", NULL);
    const char *version = rd_bundle_get(bundle, "rondo.version", NULL);
    int64_t number;
    if (!format) {
        rd_fail(error, RONDO_BAD_MODEL,
                "%s: a safetensors file, but not a model of rondo (no \"rondo.format\" in its metadata)",
                path);
        return RONDO_BAD_MODEL;
    }
    if (!rd_parse_integer(format, strlen(format), &number) || number < 1)
        return rd_fail(error, RONDO_BAD_MODEL, "%s: \"rondo.format\" is %s (expected a number from 1)", path,
                       rd_quote(format).text);
    if (number > RONDO_MODEL_VERSION)
        return rd_fail(error, RONDO_BAD_MODEL,
                       "%s: made by rondo %s in format %lld; this one reads up to format %d", path,
                       version ? rd_quote(version).text : "?", (long long)number, RONDO_MODEL_VERSION);
    return RONDO_OK;
}

static rondo_status need_text(const rd_bundle *bundle, const char *path, const char *name, const char **text,
                              rondo_error *error)
{
    size_t size;
    *text = rd_bundle_get(bundle, name, &size);
    if (!*text) return rd_fail(error, RONDO_BAD_MODEL, "%s: metadata \"%s\" is missing", path, name);
    if (strlen(*text) != size)
        return rd_fail(error, RONDO_BAD_MODEL, "%s: metadata \"%s\" holds a NUL byte", path, name);
    return RONDO_OK;
}

typedef struct sizes {
    rondo_size size[RD_MAX_PARTS];
    char name[RD_MAX_PARTS][RD_PART_NAME];
    size_t count;
} sizes;

/* One line "x = symbols 67". */
static int read_size(const rd_pair *pair, sizes *out)
{
    const char *blank = memchr(pair->value, ' ', pair->value_size);
    int64_t width;
    if (!blank || out->count == RD_MAX_PARTS || pair->name_size >= RD_PART_NAME) return 0;
    size_t word = (size_t)(blank - pair->value);
    int symbols = word == 7 && !memcmp(pair->value, "symbols", 7);
    if (!symbols && !(word == 7 && !memcmp(pair->value, "numbers", 7))) return 0;
    if (!rd_parse_integer(blank + 1, pair->value_size - word - 1, &width) || width < 1 ||
        width > INT32_MAX - 1)
        return 0;
    memcpy(out->name[out->count], pair->name, pair->name_size);
    out->size[out->count] =
        (rondo_size){.part = out->name[out->count], .width = (size_t)width, .symbols = symbols};
    out->count++;
    return 1;
}

static rondo_status read_sizes(const rd_bundle *bundle, const char *path, sizes *out, rondo_error *error)
{
    const char *text;
    size_t at = 0, line = 0;
    rd_pair pair;
    int more;
    RD_TRY(need_text(bundle, path, "rondo.sizes", &text, error));
    while ((more = rd_text_pair(text, strlen(text), &at, &line, &pair)) != 0)
        if (more < 0 || !read_size(&pair, out))
            return rd_fail(error, RONDO_BAD_MODEL,
                           "%s: metadata \"rondo.sizes\": line %zu is not NAME = symbols|numbers WIDTH", path,
                           line);
    return RONDO_OK;
}

static rondo_status read_symbols(const rd_bundle *bundle, const char *path, rondo_model *model, size_t part,
                                 rondo_error *error)
{
    char name[RD_PART_NAME + 16], origin[256];
    size_t size;
    (void)snprintf(name, sizeof name, "rondo.symbols.%s", model->part[part].name);
    const char *text = rd_bundle_get(bundle, name, &size);
    const rd_tensor *tensor = rd_bundle_find(bundle, name);
    if (!text && !tensor) return RONDO_OK;
    if (tensor && (tensor->dtype != RD_DTYPE_U8 || tensor->rank != 1))
        return rd_fail(error, RONDO_BAD_MODEL, "%s: byte %zu: tensor \"%s\" is not a row of bytes", path,
                       tensor->at, name);
    if (!text) {
        text = tensor->data;
        size = tensor->bytes;
    }
    (void)snprintf(origin, sizeof origin, "%.200s: %s", path, name);
    RD_TRY(rd_symbols_read(text, size, origin, &model->symbols[part], error));
    if (rd_symbols_size(model->symbols[part]) != model->part[part].width)
        return rd_fail(error, RONDO_BAD_MODEL, "%s: \"%s\" holds %zu symbols, \"rondo.sizes\" says %zu", path,
                       name, rd_symbols_size(model->symbols[part]), model->part[part].width);
    return RONDO_OK;
}

static void copy_tensor(const rd_tensor *tensor, rd_real *to, size_t n)
{
    const float *narrow = tensor->data;
    const double *wide = tensor->data;
    for (size_t i = 0; i < n; i++)
        to[i] = tensor->dtype == RD_DTYPE_F64 ? (rd_real)wide[i] : (rd_real)narrow[i];
}

static rondo_status check_tensor(const rd_tensor *tensor, const char *path, const char *name,
                                 const rd_param *param, rondo_error *error)
{
    char have[RD_SHAPE_TEXT], want[RD_SHAPE_TEXT];
    const size_t shape[2] = {param->rows, param->columns};
    size_t rank = param->columns ? 2 : 1;
    if (!tensor) return rd_fail(error, RONDO_BAD_MODEL, "%s: tensor \"%s\" is missing", path, name);
    if (tensor->dtype != RD_DTYPE_F32 && tensor->dtype != RD_DTYPE_F64)
        return rd_fail(error, RONDO_BAD_MODEL, "%s: byte %zu: tensor \"%s\" is %s (expected F32)", path,
                       tensor->at, name, rd_dtype_of(tensor->dtype)->name);
    if (tensor->rank != rank || memcmp(tensor->shape, shape, rank * sizeof *shape) != 0)
        return rd_fail(error, RONDO_BAD_MODEL, "%s: byte %zu: tensor \"%s\" has shape %s, the options say %s",
                       path, tensor->at, name, rd_shape_print(tensor->shape, tensor->rank, have),
                       rd_shape_print(shape, rank, want));
    return RONDO_OK;
}

rondo_status rd_bundle_params(const rd_bundle *bundle, const char *path, const rondo_model *model,
                              const char *prefix, rd_real *numbers, rondo_error *error)
{
    const rd_layer *layer;
    const rd_param *param;
    const char *name;
    char full[RD_BUNDLE_NAME];
    for (int copy = 0; copy < 2; copy++)
        for (size_t i = 0; (name = rd_model_param_name(model, i, &layer, &param)) != NULL; i++) {
            (void)snprintf(full, sizeof full, "%s%s", prefix, name);
            const rd_tensor *tensor = rd_bundle_find(bundle, full);
            if (is_narrow(model, param) && copy)
                rd_narrow_copy(bundle, model->weights, full, param, numbers + param->offset);
            else if (is_narrow(model, param))
                RD_TRY(rd_narrow_check(bundle, model->weights, path, full, param, error));
            else if (copy)
                copy_tensor(tensor, numbers + param->offset,
                            tensor->bytes / rd_dtype_of(tensor->dtype)->size);
            else
                RD_TRY(check_tensor(tensor, path, full, param, error));
        }
    for (size_t i = 0; i < model->numbers; i++)
        if (!isfinite(numbers[i]))
            return rd_fail(error, RONDO_BAD_MODEL, "%s: a parameter is not a finite number", path);
    return RONDO_OK;
}

static int names(const rondo_model *model, const char *param, const char *tensor)
{
    return rd_equal(param, tensor) ||
           (model->weights == RD_WEIGHTS_INT8 && rd_narrow_is_scale(tensor, param));
}

/* Every tensor must be a parameter, a vocabulary, or part of a checkpoint: nothing is passed over in silence.
 */
static rondo_status refuse_unknown(const rd_bundle *bundle, const char *path, const rondo_model *model,
                                   rondo_error *error)
{
    const rd_tensor *tensor;
    for (size_t k = 0; (tensor = rd_bundle_at(bundle, k)) != NULL; k++) {
        const char *name = NULL;
        for (size_t i = 0;
             (name = rd_model_param_name(model, i, NULL, NULL)) != NULL && !names(model, name, tensor->name);
             i++)
            ;
        if (!name && strncmp(tensor->name, "rondo.symbols.", 14) != 0 &&
            !rd_bundle_get(bundle, "rondo.checkpoint", NULL))
            return rd_fail(error, RONDO_BAD_MODEL, "%s: byte %zu: tensor %s belongs to no layer of the model",
                           path, tensor->at, rd_quote(tensor->name).text);
    }
    return RONDO_OK;
}

/* A model that a file's texts describe but that cannot be built is the file's fault, not the caller's. */
static rondo_status blame_file(rondo_error *error, rondo_status status, const char *path)
{
    rondo_error inner;
    if (status != RONDO_BAD_ARGUMENT || !error)
        return status == RONDO_BAD_ARGUMENT ? RONDO_BAD_MODEL : status;
    inner = *error;
    return rd_fail(error, RONDO_BAD_MODEL, "%s: %s", path, inner.message);
}

/* How the matrices are kept; without the text they are F32. */
static rondo_status read_weights(rondo_model *model, const rd_bundle *bundle, const char *path,
                                 rondo_error *error)
{
    const char *weights = rd_bundle_get(bundle, "rondo.weights", NULL);
    if (!weights) return RONDO_OK;
    if (!rd_weights_find(weights, &model->weights))
        return rd_fail(error, RONDO_BAD_MODEL,
                       "%s: weights %s are not known to this rondo (expected f32, bf16 or int8)", path,
                       rd_quote(weights).text);
    return rd_model_can_narrow(model, model->weights, error);
}

static rondo_status fill_model(rondo_model *model, const rd_bundle *bundle, const char *path,
                               rondo_error *error)
{
    const char *task, *info = rd_bundle_get(bundle, "rondo.train", NULL);
    RD_TRY(need_text(bundle, path, "rondo.task", &task, error));
    if (strlen(task) >= sizeof model->task)
        return rd_fail(error, RONDO_BAD_MODEL, "%s: metadata \"rondo.task\" is %s", path,
                       rd_quote(task).text);
    memcpy(model->task, task, strlen(task) + 1);
    if (info) {
        RD_TRY(rd_alloc(strlen(info) + 1, 1, "the model's history", &model->info, error));
        memcpy(model->info, info, strlen(info));
    }
    for (size_t i = 0; i < model->parts; i++)
        RD_TRY(read_symbols(bundle, path, model, i, error));
    RD_TRY(blame_file(error, read_weights(model, bundle, path, error), path));
    RD_TRY(refuse_unknown(bundle, path, model, error));
    RD_TRY(rd_bundle_params(bundle, path, model, "", model->params, error));
    rondo_model_changed(model);
    return RONDO_OK;
}

rondo_status rd_model_from_bundle(rondo_device *device, const rd_bundle *bundle, const char *path,
                                  rondo_model **model, rondo_error *error)
{
    const char *text, *settings;
    rondo_options *options = NULL;
    sizes parts = {.count = 0};
    *model = NULL;
    RD_TRY(check_format(bundle, path, error));
    RD_TRY(need_text(bundle, path, "rondo.model", &text, error));
    RD_TRY(need_text(bundle, path, "rondo.options", &settings, error));
    RD_TRY(read_sizes(bundle, path, &parts, error));
    RD_TRY(rondo_options_new(&options, error));
    rondo_status status = rondo_options_parse(options, settings, strlen(settings), path, error);
    if (status == RONDO_OK)
        status = rd_model_blank(device, options, text, parts.size, parts.count, model, error);
    status = blame_file(error, status, path);
    if (status == RONDO_OK) status = fill_model(*model, bundle, path, error);
    if (status != RONDO_OK) {
        rondo_model_free(*model);
        *model = NULL;
    }
    rondo_options_free(options);
    return status;
}

rondo_status rondo_model_load(rondo_device *device, const char *path, rondo_model **model, rondo_error *error)
{
    rd_bundle *bundle;
    if (!device || !path || !model)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_model_load: %s is missing",
                       !device ? "device"
                       : !path ? "path"
                               : "model");
    *model = NULL;
    RD_TRY(rd_safetensors_read(path, &bundle, NULL, error));
    rondo_status status = rd_model_from_bundle(device, bundle, path, model, error);
    rd_bundle_free(bundle);
    return status;
}
