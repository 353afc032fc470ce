/* Optimisers as rows of optimizers.def; the update of one weight stands in a header each (equations.md section 5). */
#ifndef RD_OPTIMIZERS_H
#define RD_OPTIMIZERS_H

#include "base/real.h"

/* Which of these an optimiser reads is said by its row: slots (numbers kept per weight) and its equation. */
typedef struct rd_update_args {
    size_t n;
    rd_real *w;
    const rd_real *g;
    rd_real *slot[2];        /* [n] each */
    rd_real rate;            /* η; 0 is allowed */
    rd_real momentum;        /* μ */
    int nesterov;
    rd_real alpha, beta1, beta2, epsilon, decay; /* decay λ: g += λ w first, adamw: w -= η λ w first */
    rd_real correction1, correction2; /* 1/(1-β₁ᵏ), 1/(1-β₂ᵏ), k counted from 1 */
    rd_real grad_scale;      /* g is multiplied by this first: the clip's factor, 1 when there is none */
} rd_update_args;

/* What changes from update to update: a row that was left out makes up for them later, one by one. */
typedef struct rd_update_step {
    rd_real rate, correction1, correction2;
} rd_update_step;

typedef struct rd_optimizer_info {
    const char *name, *help;
    int slots;
    int still; /* 1: without decay a gradient of 0 changes neither the weight nor its slots */
} rd_optimizer_info;

typedef enum rd_optimizer_id {
#define RD_OPTIMIZER(id, ...) RD_OPTIMIZER_##id,
#include "equations/optimizers.def"
#undef RD_OPTIMIZER
    RD_OPTIMIZERS
} rd_optimizer_id;

extern const rd_optimizer_info rd_optimizers[RD_OPTIMIZERS];

#endif
