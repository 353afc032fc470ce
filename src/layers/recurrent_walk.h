/* The walk through time of every recurrent cell: what a frame keeps, the panels it multiplies with, and the
 * loops. A thread walks a range of *places* (sequences by length, longest first) through all steps alone;
 * ranges are whole blocks of eight places, so what is summed over rows inside a walk is summed in block
 * order, whatever the threads. */
#ifndef RD_RECURRENT_WALK_H
#define RD_RECURRENT_WALK_H

#include "layers/recurrent_settings.h"
#include "layers/walk_plan.h"

/* Weights as the kernels want them: where each set of panels begins in the packed region. */
typedef struct rd_recurrent_panels {
    size_t x;                     /* of input_rows.h: W */
    size_t run[RD_MAX_RUNS];      /* U of each run; tiled: gate by gate of a few units */
    size_t bias[RD_MAX_RUNS];     /* tiled: its b, in the same order */
    size_t run_back[RD_MAX_RUNS]; /* its transpose */
    size_t proj, proj_back;       /* W_hr and its transpose */
    size_t numbers;               /* of all together */
} rd_recurrent_panels;

/* Weights that panels are made from: the parameters, or copies with masks and noise. */
typedef struct rd_recurrent_weights {
    const rd_real *x, *h, *c, *r;
    const rd_real *bias_h; /* or NULL */
} rd_recurrent_weights;

/* 1 when the products and equations of a phase are made together, tile by tile: all but layer norm, which needs whole
 * rows between them. */
int rd_recurrent_is_tiled(const rd_recurrent *own, const rd_kernels *kernels);
/* Units of a panel of run i's phase. */
size_t rd_recurrent_units(const rd_recurrent *own, const rd_kernels *kernels, size_t i);

rd_recurrent_panels rd_recurrent_panels_of(const rd_recurrent *own, const rd_kernels *kernels);
void rd_recurrent_pack(const rd_recurrent *own, const rondo_device *device,
                       const rd_recurrent_weights *weights, rd_real *packed);
/* The parameters of `layer` as weights. */
rd_recurrent_weights rd_recurrent_weights_of(const rd_layer *layer, const rd_real *params);

/* One partial sum per block of places: offsets of its pieces, SIZE_MAX for those that the layer has not. */
typedef struct rd_partials {
    rd_real *data; /* [blocks][stride] */
    size_t stride, param, gain_h, bias_h, gain_c, shift_c, start;
} rd_partials;

/* What the layer keeps in a frame. "kept" arrays have a row per packed row in training and per place in use;
 * the others a row per place. Arrays a layer has no need for are NULL. */
typedef struct rd_recurrent_frame {
    rd_real *gates;
    size_t gates_stride;                   /* [rows] W x + b, then saved gates, then their gradient */
    rd_real *d_ah;                         /* [rows] as gates; gates itself when the cell allows */
    rd_real *prev[RD_MAX_STATES];          /* kept: what each step started from */
    rd_real *operand;                      /* kept: h' with the mask of dropout; prev[0] without */
    rd_real *emit;                         /* kept when it is an operand */
    rd_real *middle;                       /* kept: h before the projection */
    rd_real *d_out;                        /* [rows] gradient by h after it, for the projection's weights */
    rd_real *x_hat, *x_scale;              /* [rows] layer norm of W x */
    rd_real *h_hat, *h_scale[RD_MAX_RUNS]; /* [rows] of U h', run by run */
    rd_real *c_hat, *c_scale;              /* [rows] of c */
    rd_real *state[RD_MAX_STATES];         /* the running states */
    rd_real *ah, *normed;
    rd_real *d_state[RD_MAX_STATES], *d_prev[RD_MAX_STATES], *d_operand, *d_emit, *d_middle, *d_normed;
    rd_real *spare;            /* masks */
    size_t h_stride, c_stride; /* of arrays as wide as h, as wide as H */
    rd_partials partials;
    rd_real *weight_copy; /* W, U and U of c, dropped and noisy; then dU */
    rd_real *weight_mask; /* masks of U and U of c */
    rd_real *panel_copy;
    rd_plan work; /* of gates and d_ah: between forward and backward only what is saved of them is needed */
    rd_plan plan; /* of all that */
} rd_recurrent_frame;

/* Lays the frame of such a call out from `base`; NULL asks for `plan` only. The arrays of `work` stand first, or
 * from `work` on when it is not NULL. */
rd_recurrent_frame rd_recurrent_frame_at(const rd_recurrent *own, const rd_kernels *kernels,
                                         const rd_limits_of_call *limits, unsigned char *base, unsigned char *work);
/* 1 when training multiplies with weights that are not the parameters. */
int rd_recurrent_copies_weights(const rd_recurrent *own);

struct rd_walk;
struct rd_walk_step;
/* What a decoder does at each step beside its cell, to the rows of the step. */
typedef struct rd_walk_hook {
    /* The states before the step are in step->from; adds to the rows of frame.gates. */
    void (*before)(const struct rd_walk *walk, const struct rd_walk_step *step);
    /* The rows of call->out hold the new h. */
    void (*after)(const struct rd_walk *walk, const struct rd_walk_step *step);
    /* Fills the rows of call->out->grad. */
    void (*back_after)(const struct rd_walk *walk, const struct rd_walk_step *step);
    /* The rows of frame.gates hold the gradient of W x + b; adds to frame.d_prev. */
    void (*back_before)(const struct rd_walk *walk, const struct rd_walk_step *step);
} rd_walk_hook;

struct rd_walk_share;
typedef struct rd_walk {
    const rd_layer *layer;
    const rd_recurrent *own;
    const rd_call *call;
    const rondo_pack *pack;
    const rd_kernels *kernels;
    const rd_real *packed; /* of the call, or of the frame when the weights are dropped or noisy */
    rd_recurrent_panels panels;
    rd_recurrent_frame frame;
    rd_start_state start;
    const rd_real *bias_h, *peephole, *gain_h, *gain_c, *shift_c; /* NULL where there is none */
    int train, tiled;
    int direct; /* 1: each step writes its states where the next one finds them */
    rd_ranges ranges;
    size_t shares; /* threads that share out units and meet after each phase; 0: they share out places */
    void (*walk_share)(const struct rd_walk *walk, const struct rd_walk_share *share); /* of this direction */
    const rd_walk_hook *hook; /* or NULL */
    void *hook_context;
} rd_walk;

/* How many states the cell has: h, or h and c. */
static inline size_t rd_walk_states(const rd_walk *walk)
{
    return walk->own->info->states > 1 ? RD_MAX_STATES : 1;
}

/* The rows of one step that one thread works on, and the units. */
typedef struct rd_walk_step {
    size_t t, place, rows;
    size_t row, kept;        /* first row in arrays per packed row, in "kept" arrays */
    size_t unit, end_unit;   /* of H */
    rd_real *from[RD_MAX_STATES], *to[RD_MAX_STATES]; /* states before and after the step, first row at work */
} rd_walk_step;

rd_walk rd_walk_of(const rd_layer *layer, const rd_call *call);
/* Forward and backward of the whole layer with a walk that is set up: recurrent.c. */
void rd_recurrent_run_forward(rd_walk *walk);
void rd_recurrent_run_backward(rd_walk *walk);
/* The rows at step t of places first … end; rows is 0 when all have ended. */
rd_walk_step rd_walk_step_of(const rd_walk *walk, size_t t, size_t first, size_t end);
rd_cell_step rd_walk_cell_step(const rd_walk *walk, const rd_walk_step *step);

/* Masks of one step, the same in both directions of the walk and for every packing. */
typedef enum rd_mask_of {
    RD_MASK_H = 1,
    RD_MASK_EMIT,
    RD_MASK_ZONE_H,
    RD_MASK_ZONE_C,
    RD_MASK_WEIGHT_H,
    RD_MASK_WEIGHT_C,
    RD_NOISE_X,
    RD_NOISE_H,
    RD_NOISE_C
} rd_mask_of;
/* x ∘= the dropout mask of these rows. */
void rd_walk_drop(const rd_walk *walk, const rd_walk_step *step, rd_mask_of what, size_t width, rd_real *x,
                  size_t stride);
/* new = z ∘ old + (1 − z) ∘ new with z the mask of zoneout, or its mean in use. */
void rd_walk_zone(const rd_walk *walk, const rd_walk_step *step, size_t state);
/* d_old += z ∘ d, d = (1 − z) ∘ d. */
void rd_walk_zone_back(const rd_walk *walk, const rd_walk_step *step, size_t state);

/* Copies of W and U with masks and noise, their panels in walk->frame.panel_copy, where walk->packed then
 * points. Backward finds them as forward left them (`make` 0). */
void rd_walk_copy_weights(rd_walk *walk, int make);

void rd_copy_rows(size_t rows, size_t width, const rd_real *from, size_t from_stride, rd_real *to,
                  size_t to_stride);
void rd_add_rows(size_t rows, size_t width, const rd_real *from, size_t from_stride, rd_real *to,
                 size_t to_stride);

/* What one thread walks: some places, or some units of all places. */
typedef struct rd_walk_share {
    size_t first, end, unit, end_unit, thread;
} rd_walk_share;
/* 1 when the walk is to be left before its round s, a step in its own order; what it has made then is of no use. */
int rd_walk_leaves(const rd_walk *walk, const rd_walk_share *share, size_t s);
/* Numbers of state k that the share owns, from its unit on. */
size_t rd_walk_share_width(const rd_walk *walk, const rd_walk_share *share, size_t k);
/* Runs the walk on the team: threads share out places, or units and then meet after each phase. */
void rd_walk_run(rd_walk *walk, void (*walk_share)(const rd_walk *walk, const rd_walk_share *share));

/* From the initial states to the final ones; the rows of frame.gates hold W x + b. */
void rd_walk_forward(rd_walk *walk);
/* The way back: leaves the gradients of the gates in frame.gates and frame.d_ah, the partial sums in
 * frame.partials. */
void rd_walk_backward(rd_walk *walk);

#endif
