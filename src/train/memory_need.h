/* What a run will need, told and limited before it begins. */
#ifndef RD_MEMORY_NEED_H
#define RD_MEMORY_NEED_H

#include "train/trainer.h"

/* Bytes that training needs at most: activations of the largest batch the loader can give (and the same for
 * evaluation), parameters, gradients, optimiser, the best so far. Above --memory, or above what the machine has, it is
 * RONDO_LIMIT and the hint names the longest sequence. */
rondo_status rd_memory_need(const rondo_trainer *trainer, size_t *bytes, rondo_error *error);

#endif
