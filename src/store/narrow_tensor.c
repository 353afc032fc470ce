/* bf16 and int8 as safetensors have them. Scales are what base/narrow.h makes of a row, so a file that is
 * read and written again is the same. */
#include "store/narrow_tensor.h"

#include "base/narrow.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

static const char suffix[] = ".scale";

static const rd_dtype dtype_of[RD_WEIGHT_KINDS] = {RD_DTYPE_F32, RD_DTYPE_BF16, RD_DTYPE_I8};

static void scale_name(const char *name, char out[RD_BUNDLE_NAME])
{
    (void)snprintf(out, RD_BUNDLE_NAME, "%.900s%s", name, suffix);
}

int rd_narrow_is_scale(const char *name, const char *param)
{
    const size_t n = strlen(param);
    return strncmp(name, param, n) == 0 && rd_equal(name + n, suffix);
}

static rondo_status add_bf16(rd_bundle *bundle, const char *name, const rd_param *param,
                             const rd_real *numbers, rondo_error *error)
{
    void *data;
    const rd_tensor tensor = {
        .name = name, .dtype = RD_DTYPE_BF16, .rank = 2, .shape = {param->rows, param->columns}};
    RD_TRY(rd_bundle_make(bundle, &tensor, &data, error));
    for (size_t i = 0; i < param->rows * param->columns; i++)
        ((uint16_t *)data)[i] = rd_bf16_of(numbers[i]);
    return RONDO_OK;
}

static rondo_status add_int8(rd_bundle *bundle, const char *name, const rd_param *param,
                             const rd_real *numbers, rondo_error *error)
{
    char scales[RD_BUNDLE_NAME];
    void *data, *scale;
    const rd_tensor tensor = {
        .name = name, .dtype = RD_DTYPE_I8, .rank = 2, .shape = {param->rows, param->columns}};
    scale_name(name, scales);
    RD_TRY(rd_bundle_make(bundle, &tensor, &data, error));
    RD_TRY(rd_bundle_make(
        bundle, &(rd_tensor){.name = scales, .dtype = RD_DTYPE_F32, .rank = 1, .shape = {param->rows}},
        &scale, error));
    for (size_t r = 0; r < param->rows; r++) {
        const rd_real *row = numbers + r * param->columns, of_row = rd_int8_scale(param->columns, row);
        ((float *)scale)[r] = (float)of_row;
        for (size_t k = 0; k < param->columns; k++)
            ((int8_t *)data)[r * param->columns + k] = rd_int8_of(row[k], of_row);
    }
    return RONDO_OK;
}

rondo_status rd_narrow_add(rd_bundle *bundle, rd_weights weights, const char *name, const rd_param *param,
                           const rd_real *numbers, rondo_error *error)
{
    return (weights == RD_WEIGHTS_INT8 ? add_int8 : add_bf16)(bundle, name, param, numbers, error);
}

static rondo_status check_one(const rd_bundle *bundle, const char *path, const char *name, rd_dtype dtype,
                              const size_t *shape, size_t rank, rondo_error *error)
{
    char have[RD_SHAPE_TEXT], want[RD_SHAPE_TEXT];
    const rd_tensor *tensor = rd_bundle_find(bundle, name);
    if (!tensor) return rd_fail(error, RONDO_BAD_MODEL, "%s: tensor \"%s\" is missing", path, name);
    if (tensor->dtype != dtype)
        return rd_fail(error, RONDO_BAD_MODEL, "%s: byte %zu: tensor \"%s\" is %s (expected %s)", path,
                       tensor->at, name, rd_dtype_of(tensor->dtype)->name, rd_dtype_of(dtype)->name);
    if (tensor->rank != rank || memcmp(tensor->shape, shape, rank * sizeof *shape) != 0)
        return rd_fail(error, RONDO_BAD_MODEL, "%s: byte %zu: tensor \"%s\" has shape %s, the options say %s",
                       path, tensor->at, name, rd_shape_print(tensor->shape, tensor->rank, have),
                       rd_shape_print(shape, rank, want));
    return RONDO_OK;
}

rondo_status rd_narrow_check(const rd_bundle *bundle, rd_weights weights, const char *path, const char *name,
                             const rd_param *param, rondo_error *error)
{
    char scales[RD_BUNDLE_NAME];
    const size_t shape[2] = {param->rows, param->columns};
    RD_TRY(check_one(bundle, path, name, dtype_of[weights], shape, 2, error));
    if (weights != RD_WEIGHTS_INT8) return RONDO_OK;
    scale_name(name, scales);
    RD_TRY(check_one(bundle, path, scales, RD_DTYPE_F32, shape, 1, error));
    const rd_tensor *tensor = rd_bundle_find(bundle, scales);
    const float *scale = tensor->data;
    for (size_t r = 0; r < param->rows; r++)
        if (!(scale[r] >= 0 && scale[r] <= 1e36f))
            return rd_fail(error, RONDO_BAD_MODEL, "%s: byte %zu: tensor \"%s\": the scale of row %zu is %g",
                           path, tensor->at + r * sizeof *scale, scales, r, (double)scale[r]);
    return RONDO_OK;
}

void rd_narrow_copy(const rd_bundle *bundle, rd_weights weights, const char *name, const rd_param *param,
                    rd_real *numbers)
{
    char scales[RD_BUNDLE_NAME];
    const rd_tensor *tensor = rd_bundle_find(bundle, name);
    const size_t n = param->rows * param->columns;
    scale_name(name, scales);
    const float *scale = weights == RD_WEIGHTS_INT8 ? rd_bundle_find(bundle, scales)->data : NULL;
    for (size_t i = 0; i < n; i++)
        numbers[i] = scale ? (rd_real)(((const int8_t *)tensor->data)[i] * scale[i / param->columns])
                           : rd_bf16_value(((const uint16_t *)tensor->data)[i]);
}
