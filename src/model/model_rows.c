/* An embedding's gradient is other than 0 only in the rows that a batch reads, unless another layer views the
 * same table: a tied head adds to every row. */
#include "model/model_rows.h"

#include "base/memory.h"

static int is_viewed(const rondo_model *model, const rd_layer *table)
{
    for (size_t i = 0; i < model->layers; i++)
        if (model->layer[i].tied == table) return 1;
    return 0;
}

/* Reads symbols of the batch and nothing else, by lookup. */
static int is_listed(const rondo_model *model, const rd_layer *layer)
{
    return layer->params == 1 && layer->param[0].init == RD_INIT_EMBEDDING && !layer->param[0].shared && !layer->param[0].frozen &&
           layer->source[0] < model->parts && !is_viewed(model, layer);
}

static rondo_status make_list(const rd_layer *layer, rd_row_list *list, rondo_error *error)
{
    const rd_param *table = &layer->param[0];
    *list = (rd_row_list){.at = table->offset, .rows = table->rows, .columns = table->columns};
    RD_TRY(rd_alloc(rd_row_words(list->rows), sizeof *list->mark, "the rows of an embedding", &list->mark,
                    error));
    return rd_alloc(list->rows, sizeof *list->had, "the rows of an embedding", &list->had, error);
}

/* Layers stand in the order of their parameters, so the lists do too. */
rondo_status rd_rows_make(rondo_model *model, rondo_error *error)
{
    rd_row_set *set = &model->rows;
    rd_rows_free(model); /* what a call that failed has left */
    RD_TRY(rd_alloc(model->layers, sizeof *set->list, "the rows of embeddings", &set->list, error));
    for (size_t i = 0; i < model->layers; i++)
        if (is_listed(model, &model->layer[i]))
            RD_TRY(make_list(&model->layer[i], &set->list[set->count++], error));
    return RONDO_OK;
}

void rd_rows_free(rondo_model *model)
{
    for (size_t i = 0; i < model->rows.count; i++) {
        rd_free(model->rows.list[i].mark);
        rd_free(model->rows.list[i].had);
    }
    rd_free(model->rows.list);
    model->rows = (rd_row_set){.count = 0};
}

static void mark_symbols(const rd_row_list *list, const rd_part *part)
{
    for (size_t r = 0; r < part->packed.pack.rows; r++)
        if (part->symbols[r] >= 0 && (size_t)part->symbols[r] < list->rows)
            rd_row_mark(list, (size_t)part->symbols[r]);
}

void rd_model_mark_rows(const rondo_model *model, const rondo_batch *batch)
{
    for (size_t i = 0, at = 0; i < model->layers && at < model->rows.count; i++) {
        const rd_layer *layer = &model->layer[i];
        if (!is_listed(model, layer)) continue;
        const rd_part *part = rd_batch_part(batch, model->part[layer->source[0]].name);
        if (part && !part->width) mark_symbols(&model->rows.list[at], part);
        at++;
    }
}
