/* A loss is a row of functions: output of the network and targets in, loss and gradient out; either row by
 * row, or over whole sequences. */
#ifndef RD_LOSS_H
#define RD_LOSS_H

#include "kernels/kernels.h"
#include "sequence/batch.h"

enum { RD_MAX_QUANTILES = 32, RD_LOSS_PARAMS = 3 };

/* What the settings of a loss node say; each loss reads its own. */
typedef struct rd_loss_settings {
    double smooth;                     /* label smoothing */
    double quantile[RD_MAX_QUANTILES]; /* ascending, between 0 and 1 */
    size_t quantiles;
} rd_loss_settings;

typedef struct rd_loss_call {
    const rondo_device *device;
    size_t rows, width;
    rd_real *output;
    size_t stride;          /* [rows][width]; replaced by the gradient when `gradient` */
    const int32_t *symbols; /* [rows] targets, −1 ignored; or NULL */
    const rd_real *values;  /* [rows][value_width] targets, NaN ignored; or NULL */
    size_t value_width;
    const rd_real *weight; /* [rows] or NULL */
    const rd_real *scale;  /* [rows] gradient factor (reduction), or NULL: 1 */
    const rd_real *unit;   /* [width] differences are measured in units of this much, or NULL: 1 */
    const rd_loss_settings *settings;
    int gradient;
    double *loss;  /* [rows] out: weighted, unreduced, nats */
    double *count; /* [rows] out: weight of the row, 0 when ignored */
} rd_loss_call;

/* ---- losses over whole sequences (ctc.c, crf.c) ---- */

/* The most that the memory of one call must hold. */
typedef struct rd_sequence_limits {
    size_t steps, sequences; /* of the output */
    size_t target_steps;     /* of the longest target */
    size_t width, threads;
} rd_sequence_limits;

typedef struct rd_sequence_call {
    const rondo_device *device;
    const rondo_pack *pack; /* of the output */
    const rd_real *output;
    size_t width, stride;          /* [rows][width] */
    rd_real *gradient;             /* [rows][stride] added to; or NULL */
    const rondo_pack *target_pack; /* the same sequences; lengths of its own where the loss allows them */
    const int32_t *symbols;        /* [target rows] −1 is ignored */
    const rd_real *weight; /* [target rows] or NULL; a sequence weighs as much as its targets do on average */
    const rd_real *scale;  /* [sequences] gradient factor (reduction); in the caller's order, as all below */
    const rd_real *params; /* the loss node's own, as its `param` says, one after the other */
    rd_real *grads;        /* of these, added to; or NULL */
    rd_sequence_limits limits; /* what `memory` was asked for */
    unsigned char *memory;     /* 64-aligned */
    double *loss;              /* [sequences] out: weighted, unreduced, nats */
    double *count;             /* [sequences] out: targets times weight; 0: left out, as run then does */
    unsigned char *infeasible; /* [sequences] out: 1 where no output of that length can give the target */
} rd_sequence_call;

typedef struct rd_sequence_ops {
    int own_lengths;   /* 1: targets may have lengths of their own */
    size_t most_width; /* the widest output that is taken; 0: any */
    /* Parameters, [width] or, when square, [width][width]; they begin as 0. Ended by a NULL name. */
    struct {
        const char *name;
        int square;
    } param[RD_LOSS_PARAMS + 1];
    /* Bytes of memory; 0 when they cannot be counted. */
    int (*memory)(const rd_sequence_limits *limits, size_t *bytes);
    /* Fills count and infeasible from the targets alone. */
    void (*count)(const rd_sequence_call *call);
    /* Fills loss; adds to gradient and grads. */
    void (*run)(const rd_sequence_call *call);
} rd_sequence_ops;

/* Scores of a linear-chain conditional random field beside those that the network gives. */
typedef struct rd_crf {
    size_t classes;
    const rd_real *start, *end; /* [classes] */
    const rd_real *transitions; /* [classes][classes], from and to */
} rd_crf;

typedef struct rd_loss_info {
    const char *name, *help;
    int symbols, values; /* 1: takes targets that are symbols, that are numbers */
    int smooths;         /* 1: has label smoothing */
    int quantiles;       /* 1: reads settings.quantile */
    /* The network's output width for targets of this width (numbers, or symbols there are). */
    size_t (*width)(size_t target_width, const rd_loss_settings *settings);
    /* Fills call->count from the targets alone. NULL with `sequence`, like run. */
    void (*count)(const rd_loss_call *call);
    /* Fills call->loss and, when `gradient`, turns the output into it. */
    void (*run)(const rd_loss_call *call);
    /* What a reported loss is multiplied by, of the output's width (squared: 2/K, plain MSE); NULL: 1. */
    double (*report)(size_t width);
    const char *unit; /* of reports; NULL: nats */
    const rd_sequence_ops *sequence; /* of a loss over sequences; else NULL */
} rd_loss_info;

extern const rd_loss_info rd_losses[]; /* ended by a row with name NULL */
const rd_loss_info *rd_loss_find(const char *name);
/* Reads "0.1,0.5,0.9", ascending and between 0 and 1; 0 when the text is not that. */
int rd_quantiles_read(const char *text, rd_loss_settings *settings);

typedef enum rd_reduce { RD_REDUCE_TOKEN = 0, RD_REDUCE_SEQUENCE, RD_REDUCE_TIME, RD_REDUCE_SUM } rd_reduce;
/* Row factors and divisor of `--loss-reduce` (equations.md section 7): factor[row] (NULL: not wanted) is what
 * each row's loss and gradient are multiplied by before they are summed, *divisor what the sum is divided by.
 * `count[row]` is the weight of the row (0: ignored). sequence: factor 1 / (weight of the targets of the
 * row's sequence), divisor number of sequences with targets; time: divisor the same number. 0 when there is
 * nothing to divide. */
void rd_reduce_rows(rd_reduce kind, const rondo_pack *pack, const double *count, rd_real *factor,
                    double *divisor);
/* The same of losses a sequence: count[i] is the weight of the targets of sequence i. */
void rd_reduce_sequences(rd_reduce kind, size_t sequences, const double *count, rd_real *factor,
                         double *divisor);

#endif
