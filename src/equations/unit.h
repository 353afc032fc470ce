/* What the equation of one unit (or one vector of neighbouring units) sees. A header of equations is compiled
 * with rd_lane a plain number (generic) or a vector of 32 or 64 bytes (the file's registers, RD_LANE_BYTES).
 * The arrays are locals of the device's loop: it loads them before and stores them after, so an equation
 * reads every input before the caller writes any output, and saved values may take the place of ax in memory:
 * saved slot k may only be written by the phase that is the last to read ax[k]. In the same way d_ax may take
 * the place of saved: d_ax[k] may only be written by the phase that is, walking backward, the last to read
 * saved[k]. */
#ifndef RD_UNIT_H
#define RD_UNIT_H

#include "equations/activation.h" /* rd_lane, rd_exp rd_log rd_tanh rd_sigmoid, rd_select rd_min rd_max rd_fma */
#include "equations/cells.h"

#define RD_UNIT static inline __attribute__((always_inline, unused))

typedef struct rd_limits { /* clamps; infinity when off */
    rd_lane cell;          /* --clip-cell: c in [-cell, cell] */
    rd_lane preact;        /* --clip-preact: inputs of activations in [-preact, preact] */
    rd_lane sigmoid_high, sigmoid_low, tanh_high; /* activations at the limit: there the gradient is 0 */
} rd_limits;

typedef struct rd_unit {
    const rd_lane *ax,
        *ah; /* [gates] pre-activations: from the input (with b_x), from the recurrent products (with b_h) */
    const rd_lane *prev;   /* [states] h' (width H, not with a projection), c' */
    const rd_lane *param;  /* [params] peepholes: i f o, coupled: i o */
    const rd_lane *normed; /* [1] the normalised emitted vector, in a phase with `normalise` */
    const rd_limits *limits;
    rd_lane *saved, *emit, *next; /* [saved] [emits] [states]; next[0] is the h before a projection; a second
                                     phase finds in next what the first one wrote */
} rd_unit;

typedef struct rd_unit_grad {
    const rd_lane *d_next, *d_emit; /* [states] gradient by h (before a projection) and c; [emits] */
    rd_lane *d_ax, *d_ah; /* [gates] written by the phase that owns the gate; the first phase, which comes
                             last, finds in d_ax what the second one wrote */
    rd_lane *d_prev;      /* [states] added to; starts from 0 */
    rd_lane *d_param;     /* [params] added to; starts from 0 */
    rd_lane *d_normed;    /* [1] written in a phase with `normalise` */
} rd_unit_grad;

/* Limits from the options; 0 means off. */
RD_UNIT rd_limits rd_limits_of(rd_real clip_cell, rd_real clip_preact)
{
    rd_limits limits;
    limits.cell = rd_splat(clip_cell > 0 ? clip_cell : (rd_real)INFINITY);
    limits.preact = rd_splat(clip_preact > 0 ? clip_preact : (rd_real)INFINITY);
    limits.sigmoid_high = clip_preact > 0 ? rd_sigmoid(limits.preact) : rd_splat(2);
    limits.sigmoid_low = clip_preact > 0 ? rd_sigmoid(-limits.preact) : rd_splat(-1);
    limits.tanh_high = clip_preact > 0 ? rd_tanh(limits.preact) : rd_splat(2);
    return limits;
}

/* x held in [-limit, limit]; NaN stays NaN. */
RD_UNIT rd_lane rd_clamp_lane(rd_lane x, rd_lane limit)
{
    return rd_max(-limit, rd_min(limit, x));
}

/* What an activation sees of gate k: the sum of its inputs, held within --clip-preact. */
RD_UNIT rd_lane rd_gate_input(rd_unit u, int k)
{
    return rd_clamp_lane(u.ax[k] + u.ah[k], u.limits->preact);
}

/* Gradient by the input of an activation: d times its derivative, 0 where the input stands at its limit. */
RD_UNIT rd_lane rd_sigmoid_back(rd_unit u, rd_lane y, rd_lane d)
{
    return rd_drop((y >= u.limits->sigmoid_high) | (y <= u.limits->sigmoid_low), d * y * (1 - y));
}

RD_UNIT rd_lane rd_tanh_back(rd_unit u, rd_lane y, rd_lane d)
{
    return rd_drop(rd_abs(y) >= u.limits->tanh_high, d * (1 - y * y));
}

#endif
