/* A model that reads some parts whole and one part symbol by symbol: a decoder beside its encoder, a language model
 * beside its condition. What follows the parts given runs once; then each step runs the rest on as many rows as are
 * asked for, each of which goes on from a row of the step before. What a search or a sampler drives. */
#ifndef RD_INCREMENTAL_H
#define RD_INCREMENTAL_H

#include "model/model.h"

typedef struct rd_incremental rd_incremental;

/* `part` is read step by step, "target" or "x"; it holds symbols. A layer that follows it and cannot go step by step is
 * RONDO_BAD_MODEL. Keeps the model. */
rondo_status rd_incremental_new(const rondo_model *model, const char *part, rd_incremental **incremental,
                                rondo_error *error);
void rd_incremental_free(rd_incremental *incremental);
/* Reads the other parts from the batch, which is looked at until the next begin; most: rows of a step at most. */
rondo_status rd_incremental_begin(rd_incremental *incremental, const rondo_batch *batch, size_t most,
                                  rondo_error *error);

/* Row r reads symbol[r] beside what was given of sequence[r], after row from[r] of the last step; in the first step
 * after begin `from` is not read. */
typedef struct rd_incremental_rows {
    size_t rows;
    const int32_t *symbol;
    const size_t *sequence, *from;
} rd_incremental_rows;
/* logits: [rows][width of the output], until the next step. Allocates nothing when the last begin had such rows. */
rondo_status rd_incremental_step(rd_incremental *incremental, const rd_incremental_rows *rows, rondo_view *logits,
                                 rondo_error *error);
/* The attention of row r of the last step, a weight for each position of its source; NULL: the model has none. */
const rd_real *rd_incremental_weights(const rd_incremental *incremental, size_t row);
/* Positions of sequence i in the part that is attended to, or 0. */
size_t rd_incremental_positions(const rd_incremental *incremental, size_t sequence);

#endif
