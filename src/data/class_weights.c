#include "data/class_weights.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

/* Calls for each row of y in the view that has a class. */
static rondo_status count_classes(const rondo_data *data, double *count, rondo_error *error)
{
    for (uint64_t k = 0; k < data->count; k++) {
        rd_rows rows;
        RD_TRY(rd_data_rows(data, k, RD_Y, &rows, error));
        for (uint64_t r = 0; r < rows.count; r++) {
            int32_t class = -1;
            RD_TRY(rd_store_read(data->corpus->index[RD_Y], rows.first + r, 1, &class, error));
            if (class >= 0) count[class] += 1;
        }
    }
    return RONDO_OK;
}

static rondo_status balanced(const rondo_data *data, size_t classes, rd_real *weight, rondo_error *error)
{
    double *count = NULL, all = 0, present = 0;
    RD_TRY(rd_alloc(classes, sizeof *count, "class weights", &count, error));
    rondo_status status = count_classes(data, count, error);
    for (size_t k = 0; k < classes; k++) {
        all += count[k];
        present += count[k] > 0;
    }
    for (size_t k = 0; k < classes; k++)
        weight[k] = (rd_real)(count[k] > 0 ? all / (present * count[k]) : 0);
    rd_free(count);
    return status;
}

/* One line of the file: its label and its weight; NULL, or what is wrong. */
static const char *one_line(const rd_symbols *labels, const char *line, size_t size, rd_real *weight)
{
    const char *tab = memchr(line, '\t', size);
    double value = 0;
    if (!tab) return "expected a label, a tab and a weight";
    if (!rd_parse_number(tab + 1, size - (size_t)(tab + 1 - line), &value) || !(value >= 0) || !isfinite(value))
        return "expected a weight of at least 0 after the tab";
    const int32_t class = rd_symbols_find(labels, line, (size_t)(tab - line));
    if (class < 0) return "no target has this label";
    weight[class] = (rd_real)value;
    return NULL;
}

static rondo_status from_file(const rd_symbols *labels, const char *path, rd_real *weight, rondo_error *error)
{
    char *bytes = NULL;
    size_t size = 0, at = 0;
    RD_TRY(rd_file_read(path, (size_t)1 << 24, &bytes, &size, error));
    rondo_status status = RONDO_OK;
    for (size_t number = 1; at < size && status == RONDO_OK; number++) {
        const char *line = bytes + at, *end = memchr(line, '\n', size - at);
        size_t length = end ? (size_t)(end - line) : size - at;
        at += length + (end != NULL);
        length -= length > 0 && line[length - 1] == '\r';
        const char *wrong = length ? one_line(labels, line, length, weight) : NULL;
        if (wrong)
            status = rd_fail(error, RONDO_BAD_DATA, "%s:%zu:1: %s, found %s", path, number, wrong, rd_quote_n(line, length).text);
    }
    rd_free(bytes);
    return status;
}

rondo_status rd_class_weights(const rondo_data *data, const rondo_options *options, rd_real **weight, rondo_error *error)
{
    const char *how = rd_option_text(options, RD_OPT_class_weights);
    *weight = NULL;
    if (!*how) return RONDO_OK;
    const rd_symbols *labels = rd_part_rows(data->corpus->form, RD_Y) == RD_ROWS_NONE ? NULL : data->corpus->symbols[RD_Y];
    if (!labels || rd_symbols_rules_of(labels)->kind != RD_TOKENS_LABEL)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "--class-weights: the targets of --task %s are no labels", data->corpus->task);
    const size_t classes = rd_symbols_size(labels);
    rondo_status status = rd_alloc(classes, sizeof **weight, "class weights", weight, error);
    for (size_t k = 0; status == RONDO_OK && k < classes; k++)
        (*weight)[k] = 1;
    if (status == RONDO_OK)
        status = rd_equal(how, "balanced") ? balanced(data, classes, *weight, error) : from_file(labels, how, *weight, error);
    if (status == RONDO_OK) return RONDO_OK;
    rd_free(*weight);
    *weight = NULL;
    return status;
}
