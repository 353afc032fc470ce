#include "tasks/output_bias.h"

#include "base/memory.h"
#include "base/size.h"

#include <math.h>
#include <string.h>

/* The bias of the layer that feeds the softmax on y, or NULL. */
static rd_real *find_bias(rondo_model *model, size_t *classes)
{
    for (size_t i = 0; i < model->losses; i++) {
        const rd_loss_node *loss = &model->loss[i];
        const rd_layer *head = &model->layer[loss->source];
        if (!rd_equal(loss->info->name, "softmax") || !rd_equal(model->part[loss->target].name, "y")) continue;
        for (size_t k = 0; k < head->params; k++)
            if (rd_equal(head->param[k].name, "bias") && head->param[k].rows == head->out.width) {
                *classes = head->out.width;
                return model->params + head->param[k].offset;
            }
    }
    return NULL;
}

/* Counts the targets of all records; those of sequences that a network writes end with the end symbol. */
static rondo_status count_targets(const rondo_data *data, double *count, size_t classes, rondo_error *error)
{
    enum { BLOCK = 4096 };
    const rd_corpus *corpus = data->corpus;
    const int own = rd_part_rows(corpus->form, RD_Y) != RD_ROWS_NONE;
    const rd_store *store = corpus->index[own ? RD_Y : RD_X];
    const int labels = rd_symbols_first(corpus->symbols[own ? RD_Y : RD_X]) == 0;
    int32_t block[BLOCK];
    for (uint64_t at = 0; at < rd_store_count(store);) {
        const size_t n = rd_size_min(BLOCK, (size_t)(rd_store_count(store) - at));
        RD_TRY(rd_store_read(store, at, n, block, error));
        for (size_t i = 0; i < n; i++)
            if (block[i] >= 0 && (size_t)block[i] < classes) count[block[i]] += 1;
        at += n;
    }
    if (!labels && !rd_data_is_stream(data) && RD_SYMBOL_END < classes) count[RD_SYMBOL_END] += (double)rd_data_count(data);
    return RONDO_OK;
}

rondo_status rd_output_bias(rondo_model *model, const rondo_data *data, rondo_error *error)
{
    size_t classes;
    rd_real *bias = rd_option_is(model->options, RD_OPT_output_bias, "frequency") ? find_bias(model, &classes) : NULL;
    double *count, all = 0;
    if (!bias || !rd_data_symbols(data, "y")) return RONDO_OK;
    RD_TRY(rd_alloc(classes, sizeof *count, "counts of targets", &count, error));
    rondo_status status = count_targets(data, count, classes, error);
    for (size_t k = 0; k < classes; k++)
        all += count[k] + 1;
    for (size_t k = 0; k < classes && status == RONDO_OK; k++)
        bias[k] = (rd_real)log((count[k] + 1) / all);
    rd_free(count);
    rondo_model_changed(model);
    return status;
}
