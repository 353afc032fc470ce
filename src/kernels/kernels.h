/* The table a device fills, and the device: kernels of one instruction set, a team of threads, scratch.
 * Table entries run in the calling thread on whatever they are given; the rd_device_ functions cut work into
 * chunks by shape only and run them on the team, so the bits do not depend on the number of threads. Every product
 * adds k ascending into one accumulator per output, whatever the row count, with fused multiply-add where the set has it.
 * Kernels never allocate and never fail; arguments were checked at the door. Any alignment, any stride >= width. */
#ifndef RD_KERNELS_H
#define RD_KERNELS_H

#include "base/brake.h"
#include "base/pool.h"
#include "base/real.h"
#include "base/rng.h"
#include "equations/cells.h"
#include "equations/optimizers.h"
#include "kernels/row_list.h"
#include "equations/scans.h"
#include "kernels/stream.h"

/* C[rows][columns] = A[rows][depth] · Wᵀ (+ bias[columns]) (+ C), W [columns][depth] given as panels. */
typedef struct rd_product_args {
    size_t rows, columns, depth;
    const rd_real *a;      size_t a_stride;
    const rd_real *panels; /* made by panel_pack of this table */
    const rd_real *bias;   /* [columns] or NULL */
    rd_real *c;            size_t c_stride;
    int add;               /* 1: adds to what C holds */
} rd_product_args;

/* C[a_columns][b_columns] += Σ_rows A[row][·] ᵀ B[row][·], rows ascending into one accumulator per output. */
typedef struct rd_outer_args {
    size_t rows, a_columns, b_columns;
    const rd_real *a; size_t a_stride;
    const rd_real *b; size_t b_stride;
    rd_real *c;       size_t c_stride;
    rd_real *sums; /* [a_columns] each column of A is added to it, rows ascending; or NULL */
} rd_outer_args;

/* W seen as [columns][depth]: element (n, k) is w[n * column_stride + k * depth_stride]; a transposed view swaps
 * the strides. panels has rd_panel_numbers(columns, depth) numbers. */
typedef struct rd_pack_args {
    size_t columns, depth;
    const rd_real *w; size_t column_stride, depth_stride;
    rd_real *panels;
} rd_pack_args;

/* One phase of a cell on the rows of one step. Row r of an array with gates starts at r * its stride; gate k of unit j
 * stands at k * hidden + j. saved may be the same memory as ax, d_ax as saved (see equations/unit.h). */
typedef struct rd_cell_step {
    size_t rows, hidden;
    size_t first_unit, end_unit;                  /* the units at work; end_unit 0: all */
    const rd_real *ax;      size_t ax_stride;     /* [rows][gates * hidden] */
    const rd_real *ah;      size_t ah_stride;     /* [rows][gates * ah_gate], from first_unit on */
    size_t ah_gate;                               /* numbers from gate to gate of ah; 0: hidden */
    const rd_real *prev[RD_MAX_STATES]; size_t prev_stride[RD_MAX_STATES]; /* [rows][hidden] each; a cell that does
                                                                              not read h' accepts NULL (projection) */
    rd_real *next[RD_MAX_STATES];       size_t next_stride[RD_MAX_STATES];
    const rd_real *param;                         /* [params][hidden] */
    rd_real *copy;          size_t copy_stride;   /* [rows][hidden] next[0] once more, or NULL */
    rd_real *saved;         size_t saved_stride;  /* [rows][saved * hidden]; NULL: not kept (use only) */
    rd_real *emit;          size_t emit_stride;   /* [rows][hidden] */
    const rd_real *normed;  size_t normed_stride; /* [rows][hidden] */
    rd_real clip_cell, clip_preact;               /* 0: off */
} rd_cell_step;

/* Weights onto some gates as panels [panel][depth][gate][units]: a tile of a product holds every gate of its units.
 * W is [gates * hidden][depth]; units after the last are 0. */
typedef struct rd_gate_pack_args {
    size_t hidden, gates, units, depth;
    size_t first_panel, end_panel;
    const rd_real *w;
    rd_real *panels;
} rd_gate_pack_args;

/* The products of a phase and its equation, tile by tile: some rows by the units of a panel. The sums never leave the
 * first cache. Each product adds k ascending to the bias, as `product` does: the same bits. */
typedef struct rd_cell_tile {
    rd_cell_step step; /* ah is not read; first_unit is where a panel begins */
    size_t gates;      /* of the cell */
    size_t units;      /* of a panel: gate_units of the gates of all products together */
    rd_real *ah;       size_t ah_stride; /* [rows][gates * hidden] keeps the sums for another phase, or NULL */
    size_t products;
    struct {
        size_t gate, gates, depth;
        const rd_real *a;      size_t a_stride;
        const rd_real *panels; /* made by gate_pack */
        const rd_real *bias;   /* made by gate_pack of [gates * hidden][1] */
    } product[RD_MAX_PRODUCTS];
    void (*equation)(const rd_cell_step *step); /* of this table */
} rd_cell_tile;

typedef struct rd_cell_step_grad {
    rd_cell_step forward;   /* rows, hidden, prev, param, saved, normed, clips of the same step */
    const rd_real *d_next[RD_MAX_STATES]; size_t d_next_stride[RD_MAX_STATES];
    const rd_real *d_emit;  size_t d_emit_stride;
    rd_real *d_ax;          size_t d_ax_stride;   /* [rows][gates * hidden] written; only the gates this phase owns */
    rd_real *d_ah;          size_t d_ah_stride;   /* may be d_ax itself when the cell is not `split` */
    rd_real *d_prev[RD_MAX_STATES]; size_t d_prev_stride[RD_MAX_STATES]; /* added to; NULL entries are skipped */
    rd_real *d_param;       /* [params][hidden] added to */
    rd_real *d_normed;      size_t d_normed_stride;
} rd_cell_step_grad;

/* Softmax cross-entropy of rows of logits, in place. Row r: target[r] < 0 is ignored (loss 0, gradient 0).
 * loss[r] = weight * (logsumexp(z) - Σ q z), q = (1-smooth) onehot + smooth/classes; with `gradient` the logits become
 * scale * weight * (softmax(z) - q), else they stay. Maximum subtracted, sums in double. */
typedef struct rd_softmax_args {
    size_t rows, classes;
    rd_real *logits;       size_t stride;
    const int32_t *target; /* [rows] */
    const rd_real *weight; /* [rows] or NULL: 1 */
    rd_real smooth;
    const rd_real *scale;  /* [rows] gradient factor of each row, or NULL: 1 */
    int gradient;
    double *loss;          /* [rows] */
} rd_softmax_args;

/* One step of a scan on some units of some rows: `units` neighbours from the pointers on; gate k of the unit at g stands
 * at g[k * hidden]. State and the arrays of a row are [rows][units]. */
typedef struct rd_scan_step {
    size_t rows, units, hidden;
    int before, positive;    /* --state-index before: out is h'; --min-positive */
    int keep;                /* 1: gates receive what the way back needs; 0: they stay as they are (use only) */
    rd_real *gates; size_t gates_stride; /* [rows][slots * hidden] W x + b */
    rd_real *state; size_t state_stride; /* h', replaced by h */
    rd_real *out;   size_t out_stride;
} rd_scan_step;

typedef struct rd_scan_step_grad {
    size_t rows, units, hidden;
    int before, positive;
    rd_real *gates;       size_t gates_stride;   /* what was kept, replaced by the gradient of W x + b */
    const rd_real *prev;  size_t prev_stride;    /* h' */
    const rd_real *d_out; size_t d_out_stride;   /* NULL: 0 */
    rd_real *d_state;     size_t d_state_stride; /* gradient by h, replaced by that by h' */
    rd_real *d_bias;                             /* [gates * hidden] added to, rows ascending */
} rd_scan_step_grad;

/* Layer norm of rows: y = gain ∘ x̂ + shift, x̂ = (x − mean) / √(variance + 1e-5), biased variance. Sums over a row run in
 * sixteen interleaved parts, added in their order, in every table. */
typedef struct rd_norm_args {
    size_t rows, width;
    const rd_real *gain, *shift;          /* [width]; shift may be NULL */
    const rd_real *x;  size_t x_stride;   /* forward: [rows][width] */
    rd_real *y;        size_t y_stride;   /* forward: [rows][width], may be x */
    rd_real *hat;      size_t hat_stride; /* [rows][width] x̂, kept for the way back; NULL in use */
    rd_real *scale;                       /* [rows] 1/√(variance + 1e-5), kept with hat */
    rd_real *d;        size_t d_stride;   /* backward: gradient by y, replaced by the gradient by x */
    rd_real *d_gain, *d_shift;            /* [width] added to, rows ascending; NULL: not wanted */
} rd_norm_args;

typedef void (*rd_map_fn)(size_t n, const rd_real *x, rd_real *y);

typedef struct rd_kernels {
    const char *isa;         /* "generic", "avx2", "avx512", "neon", "simd128" */
    size_t lanes;            /* numbers in a register */
    size_t panel;            /* columns of a panel */
    void (*panel_pack)(const rd_pack_args *args);
    void (*product)(const rd_product_args *args);
    void (*outer)(const rd_outer_args *args, rd_real *scratch); /* scratch: RD_OUTER_SCRATCH numbers */
    void (*cell_forward[RD_CELLS][RD_MAX_PHASES])(const rd_cell_step *step);
    void (*cell_backward[RD_CELLS][RD_MAX_PHASES])(const rd_cell_step_grad *step);
    void (*scan_forward[RD_SCANS])(const rd_scan_step *step);
    void (*scan_backward[RD_SCANS])(const rd_scan_step_grad *step);
    size_t gate_units[RD_MAX_GATES + 1]; /* units of a panel for a phase with so many gates */
    void (*gate_pack)(const rd_gate_pack_args *args);
    void (*cell_tile)(const rd_cell_tile *tile); /* NULL: products and equations apart */
    /* Whole walks of a cell over a pack; NULL: the plain walk of layers/recurrent.c. The engine's issue fills these. */
    void (*walk_forward[RD_CELLS])(const void *walk);
    void (*walk_backward[RD_CELLS])(const void *walk);
    rd_map_fn map_exp, map_log, map_tanh, map_sigmoid; /* y may be x */
    void (*axpy)(size_t n, rd_real a, const rd_real *x, rd_real *y);              /* y += a x */
    void (*scale)(size_t n, rd_real a, rd_real *x);                               /* x *= a */
    void (*multiply_add)(size_t n, const rd_real *a, const rd_real *b, const rd_real *c, rd_real *y); /* y = a b + c */
    void (*clamp)(size_t n, rd_real limit, rd_real *x);                           /* NaN stays NaN */
    rd_real (*dot)(size_t n, const rd_real *a, const rd_real *b); /* Σ a b, in sixteen parts as a layer norm's sums */
    double (*sum_squares)(size_t n, const rd_real *x);                            /* in double, fixed order */
    /* Adds the squares of x[from] … x[to - 1] to `lane` ([lanes], in double): the sum of a whole array may be made in
     * pieces, and pieces of zeros may be left out, with the bits of sum_squares. */
    void (*add_squares)(const rd_real *x, size_t from, size_t to, double *lane);
    void (*softmax)(const rd_softmax_args *args);
    void (*norm_forward)(const rd_norm_args *args);
    void (*norm_backward)(const rd_norm_args *args);
    void (*norm_again)(const rd_norm_args *args); /* y = gain ∘ x̂ + shift from what was kept */
    void (*mask)(rd_key key, uint64_t first, size_t n, rd_real p, rd_real *out); /* rd_random_fill_mask, to the bit */
    void (*multiply)(size_t n, const rd_real *a, rd_real *x);                    /* x *= a */
    /* Zoneout, where `mask` is 0: x = old; on the way back d_old += d, d = 0. In use: x = p old + (1 − p) x. */
    void (*zone)(size_t n, const rd_real *mask, const rd_real *old, rd_real *x);
    void (*zone_back)(size_t n, const rd_real *mask, rd_real *d_old, rd_real *d);
    void (*zone_share)(size_t n, rd_real p, const rd_real *old, rd_real *x);
    /* Where x is larger than best, or NaN: best = x, and winner receives `mark`, bit by bit. */
    void (*maximum)(size_t n, const rd_real *x, rd_real mark, rd_real *best, rd_real *winner);
    void (*update[RD_OPTIMIZERS])(const rd_update_args *args);
    /* Updates with gradient 0, one for each of `steps`, with the bits of as many calls of update. */
    void (*replay[RD_OPTIMIZERS])(const rd_update_args *args, const rd_update_step *step, size_t steps);
    /* For rondo_machine: runs multiply-adds in registers and gives their number (*out: any number, changed); adds
     * up n numbers, again and again, at the speed of the memory they lie in. */
    double (*peak)(size_t rounds, rd_real *out);
    rd_real (*sweep)(size_t n, const rd_real *x, size_t rounds);
    rd_stream_kernels stream; /* products of one row */
} rd_kernels;

enum { RD_OUTER_SCRATCH = (1 << 17) + (1 << 14) };

size_t rd_panel_numbers(const rd_kernels *kernels, size_t columns, size_t depth); /* rounded up to 64 bytes */
size_t rd_gate_panel_numbers(size_t hidden, size_t gates, size_t units, size_t depth);

struct rondo_device {
    rd_kernels kernels;
    rd_pool *pool;
    rd_real *scratch;  /* [threads][RD_OUTER_SCRATCH] */
    rd_brake *brake;   /* lent during a training step of a run, else NULL: layers and losses look at it */
};

/* Threaded, same bits for any number of threads. Called inside a task they run in the calling thread. */
void rd_device_product(const rondo_device *device, const rd_product_args *args);
void rd_device_outer(const rondo_device *device, const rd_outer_args *args);
void rd_device_pack(const rondo_device *device, const rd_pack_args *args);
void rd_device_gate_pack(const rondo_device *device, const rd_gate_pack_args *args); /* all panels */
/* out[columns] += the sum of each column over rows, rows ascending. */
void rd_device_column_sums(const rondo_device *device, size_t rows, size_t columns, const rd_real *a, size_t stride,
                           rd_real *out);
void rd_device_softmax(const rondo_device *device, const rd_softmax_args *args);
/* With `rows` (NULL: all) only numbers that rd_rows_next gives are visited; the bits are the same when the gradients of
 * the others are 0. */
void rd_device_zero(const rondo_device *device, size_t n, const rd_row_set *rows, rd_real *x);
double rd_device_sum_squares(const rondo_device *device, size_t n, const rd_row_set *rows,
                             const rd_real *x); /* chunks of fixed length */
void rd_device_scale(const rondo_device *device, size_t n, rd_real a, rd_real *x);
void rd_device_clamp(const rondo_device *device, size_t n, const rd_row_set *rows, rd_real limit, rd_real *x);
void rd_device_update(const rondo_device *device, int optimizer, const rd_row_set *rows, const rd_update_args *args);
/* Brings rows of a table (all, or those marked) from list->had up to `updates`, which is written to had. args holds the
 * flat arrays and the constants; `past` [history] has the step of update k (1 is the first) at k % history. */
typedef struct rd_replay {
    int optimizer, marked; /* marked: only those rows */
    const rd_update_args *args;
    const rd_update_step *past;
    size_t history;
    uint64_t updates;
} rd_replay;
void rd_device_replay(const rondo_device *device, const rd_row_list *list, const rd_replay *replay);

/* One per file of cpu/: fills a table; later ones overwrite what they do better. */
void rd_cpu_generic(rd_kernels *kernels);
void rd_cpu_avx2(rd_kernels *kernels);
void rd_cpu_avx512(rd_kernels *kernels);
void rd_cpu_neon(rd_kernels *kernels);
void rd_cpu_simd128(rd_kernels *kernels);
/* Fills `kernels` for the set of that name; 0 when this binary or processor lacks it. */
int rd_kernels_for(const char *isa, rd_kernels *kernels);
const char *rd_kernels_name(size_t i); /* sets this processor can run, best first; NULL past the end */

#endif
