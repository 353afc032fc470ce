/* The rows of optimizers.def as a table. */
#include "equations/optimizers.h"

const rd_optimizer_info rd_optimizers[RD_OPTIMIZERS] = {
#define RD_OPTIMIZER(id, label, count, idle, text) [RD_OPTIMIZER_##id] = {label, text, count, idle},
#include "equations/optimizers.def"
#undef RD_OPTIMIZER
};
