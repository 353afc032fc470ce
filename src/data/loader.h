/* Batches of data, in an order that is a function of seed and epoch.
 *
 * A stream (of symbols, or a single series of numbers) is cut into `--batch-size` pieces of (almost) equal
 * length, fewer when a piece would be shorter than
 * `--seq-len`. Batch w holds steps w * seq-len … of every piece, so the caller carries the state from batch
 * to batch; the first batch of an epoch marks every sequence as starting afresh. The first symbol of each
 * piece is predicted from the end symbol. That is also so in evaluation, where it costs a little exactness:
 * with `--batch-size 1` every symbol but the first is predicted from all that precede it. Pieces differ by at
 * most one symbol. Lines, tables and tagged sentences: a record is a sequence, always afresh, in a new order
 * each epoch in training and in the order of the file otherwise. A line of n symbols has n + 1 steps: x
 * begins with the end symbol, y ends with it. */
#ifndef RD_LOADER_H
#define RD_LOADER_H

#include "base/text.h"
#include "data/dataset.h"

/* The batch that rondo_loader_next gives next, for exact resume. Without `training` the epoch is 0, and 1 at
 * the end. */
void rd_loader_tell(const rondo_loader *loader, uint64_t *epoch, uint64_t *batch);
rondo_status rd_loader_seek(rondo_loader *loader, uint64_t epoch, uint64_t batch, rondo_error *error);
uint64_t rd_loader_batches(const rondo_loader *loader); /* in an epoch */
size_t rd_loader_sequences(
    const rondo_loader *loader);                   /* of the largest batch; a carried state has so many */
int rd_loader_carries(const rondo_loader *loader); /* 1: the state goes on from batch to batch */
/* Where sequence i of a batch stands; of a text that is one stream, where it begins. */
rondo_status rd_loader_sequence(const rondo_loader *loader, uint64_t epoch, uint64_t batch, size_t i,
                                rd_record_place *place, rondo_error *error);
/* Appends where the samples of a batch stand: "input.txt: 3-5 1204-1210 and 22 more", numbers of
 * lines, for the first ten. */
rondo_status rd_loader_place(const rondo_loader *loader, uint64_t epoch, uint64_t batch, rd_text *text,
                             rondo_error *error);

#endif
