/* A thread that prepares the next batch while the last one is in use: two batches, filled in turn. Order and
 * bits are the loader's; so are the errors, given when their batch would have been. */
#ifndef RD_READING_H
#define RD_READING_H

#include "data/loader.h"

typedef struct rd_reading rd_reading;

/* Lends the loader for the reading's life; nobody else moves it meanwhile. Where no thread can be had,
 * batches are read when they are asked for. */
rondo_status rd_reading_new(rondo_loader *loader, rd_reading **reading, rondo_error *error);
/* The next batch, which stays as it is until the next call; the one after it is begun. */
rondo_status rd_reading_next(rd_reading *reading, rondo_batch **batch, int *epoch_end, rondo_error *error);
/* The batch that rd_reading_next gives next: what resume needs. Batches prepared but not given do not count.
 */
void rd_reading_tell(const rd_reading *reading, uint64_t *epoch, uint64_t *batch);
rondo_status rd_reading_seek(rd_reading *reading, uint64_t epoch, uint64_t batch, rondo_error *error);
void rd_reading_free(rd_reading *reading); /* waits for a batch that is being read */

#endif
