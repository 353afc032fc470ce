/* What the equation of one unit (or one vector of neighbouring units) sees. A header of equations is compiled with
 * rd_lane a plain number (generic) or a vector of 16, 32 or 64 bytes (the file's registers, RD_LANE_BYTES). The
 * arrays are locals of the device's loop: it loads them before and stores them after, so an equation reads every
 * input before the caller writes any output, and saved values may take the place of ax in memory: saved slot k
 * may only be written by the phase that is the last to read ax[k]. */
#ifndef RD_UNIT_H
#define RD_UNIT_H

#include "equations/activation.h" /* rd_lane, rd_exp rd_log rd_tanh rd_sigmoid, rd_select rd_min rd_max rd_fma */
#include "equations/cells.h"

#define RD_UNIT static inline __attribute__((always_inline))

typedef struct rd_limits {    /* clamps; infinity (RD_NO_LIMIT) when off */
    rd_lane cell;             /* --clip-cell: c in [-cell, cell] */
    rd_lane preact;           /* --clip-preact: inputs of activations in [-preact, preact] */
    rd_lane sigmoid_high, sigmoid_low, tanh_high; /* activations at the limit: there the gradient is 0 */
} rd_limits;

typedef struct rd_unit {
    const rd_lane *ax, *ah;   /* [gates] pre-activations: from the input (with b_x), from the recurrent products (with b_h) */
    const rd_lane *prev;      /* [states] h' (width H, not with a projection), c' */
    const rd_lane *param;     /* [params] peepholes: i f o, coupled: i o */
    const rd_lane *normed;    /* [1] the normalised emitted vector, in a phase with `normalise` */
    const rd_limits *limits;
    rd_lane *saved, *emit, *next; /* [saved] [emits] [states]; next[0] is the h before a projection */
} rd_unit;

typedef struct rd_unit_grad {
    const rd_lane *d_next, *d_emit; /* [states] gradient by h (before a projection) and c; [emits] */
    rd_lane *d_ax, *d_ah;     /* [gates] written by the last phase that uses the gate */
    rd_lane *d_prev;          /* [states] added to; starts from 0 */
    rd_lane *d_param;         /* [params] added to; starts from 0 */
    rd_lane *d_normed;        /* [1] written in a phase with `normalise` */
    rd_lane *d_c;             /* LSTM with norm: the gradient by c that phase 2 hands to phase 1 is d_next[1] + d_emit[0] */
} rd_unit_grad;

#endif
