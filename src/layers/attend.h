/* Attention of rows of one part over the sequences of another (equations.md section 4). Each row looks at the positions
 * of its own source sequence and at no others:
 *     e_s = q·k_s with k_s = v_s (dot) or W_k v_s (general);  e_s = vᵀ tanh(W_q q + W_k v_s) (additive)
 *     α = softmax e     ctx = Σ_s α_s v_s     out = tanh(W_c [ctx, h])
 * The query q is h, or, in a decoder whose cell reads ctx, the state before. A source without positions gives ctx 0.
 * What is computed here is shared by the layer `attention`, which takes all rows at once, and by `decoder`, which takes
 * the rows of one step at a time, one thread some places. */
#ifndef RD_ATTEND_H
#define RD_ATTEND_H

#include "layers/layer.h"
#include "layers/walk_plan.h"

typedef enum rd_score { RD_SCORE_DOT = 0, RD_SCORE_GENERAL, RD_SCORE_ADDITIVE } rd_score;

typedef struct rd_attend {
    size_t score;
    size_t query, memory, key, out; /* widths: of h and q, of a position, of k_s, of the output */
    size_t input;                   /* index of the memory among the layer's inputs */
    size_t weight_k, weight_q, weight_v, weight_c; /* parameters; RD_NO_PARAM where there is none */
} rd_attend;

/* Reads `attention`, checks the memory, which is input `input`, and declares the parameters. The score can be set
 * before: `names` are the choices that the setting has. */
rondo_status rd_attend_build(rd_layer *layer, rd_node *node, rd_attend *attend, size_t score, size_t query,
                             size_t input, rondo_error *error);

/* Where the panels of the weights begin, from the region's beginning; each is followed by its transpose. */
typedef struct rd_attend_panels {
    size_t k, k_back, q, q_back, ctx, ctx_back, h, h_back;
    size_t numbers;
} rd_attend_panels;
rd_attend_panels rd_attend_panels_of(const rd_attend *attend, const rd_kernels *kernels);
void rd_attend_pack(const rd_layer *layer, const rd_attend *attend, const rondo_device *device, const rd_real *params,
                    rd_real *packed);

/* What is kept from forward to backward. Arrays of the memory stand first: they do not move when the target has other
 * rows. NULL where a score has no need for one. */
typedef struct rd_attend_frame {
    size_t *place;        /* [memory sequences] of a sequence in the memory's pack */
    rd_real *keys;        /* [memory rows][key_stride] W_k v */
    rd_real *d_keys;      /* [memory rows][key_stride] */
    rd_real *alpha;       /* [rows][alpha_stride] */
    rd_real *ctx, *d_ctx; /* [rows][ctx_stride] */
    rd_real *q, *d_q;     /* [rows][key_stride] additive: W_q q */
    rd_real *d_alpha;     /* [places][alpha_stride] */
    rd_real *bent;        /* [places][key_stride] additive: tanh of a position */
    rd_real *partials;    /* [blocks][key_stride] additive: the gradient of v of eight places */
    size_t key_stride, alpha_stride, ctx_stride;
} rd_attend_frame;
/* Adds the arrays for such a call to `plan`. */
rd_attend_frame rd_attend_frame_at(const rd_attend *attend, const rd_limits_of_call *limits, rd_frame_plan *plan);

/* One call at work. */
typedef struct rd_attend_run {
    const rd_layer *layer;
    const rd_call *call;
    const rd_attend *attend;
    const rd_kernels *kernels;
    const rondo_pack *pack, *source;
    const rd_value *memory;
    const rd_real *keys; /* of any score, of stride keys_stride */
    rd_real *d_keys;     /* NULL: nobody wants the gradient of the memory */
    size_t keys_stride;
    const rd_real *v;      /* additive */
    const rd_real *packed; /* the attention's panels */
    rd_attend_panels panels;
    rd_attend_frame frame;
} rd_attend_run;
rd_limits_of_call rd_attend_limits(const rd_layer *layer, const rd_call *call, size_t input);
rd_attend_run rd_attend_run_of(const rd_layer *layer, const rd_attend *attend, const rd_call *call,
                               const rd_real *packed, const rd_attend_frame *frame);

/* Some rows of one step: packed rows row… are those of places place…, with their h or q at x. */
typedef struct rd_attend_rows {
    size_t row, place, rows;
    const rd_real *x; size_t stride;
    rd_real *d_x; size_t d_stride; /* backward: the gradient by x, added to */
} rd_attend_rows;

/* Forward, in this order: the keys of all positions; ctx of rows with their q; out of rows with their h. */
void rd_attend_open(const rd_attend_run *run);
void rd_attend_look(const rd_attend_run *run, const rd_attend_rows *rows);
void rd_attend_mix(const rd_attend_run *run, const rd_attend_rows *rows);
/* Backward: sets sums to 0; from the gradient by out, which becomes that by W_c [ctx, h], to d_ctx (overwritten) and
 * the gradient by h; from d_ctx to those by q, keys and memory. */
void rd_attend_open_back(const rd_attend_run *run);
void rd_attend_mix_back(const rd_attend_run *run, const rd_attend_rows *rows);
void rd_attend_look_back(const rd_attend_run *run, const rd_attend_rows *rows);
/* W_q q of rows, before rd_attend_look, and the gradient by q after rd_attend_look_back: nothing unless additive. */
void rd_attend_ask(const rd_attend_run *run, const rd_attend_rows *rows);
void rd_attend_ask_back(const rd_attend_run *run, const rd_attend_rows *rows);
/* Gradients of the parameters and of the memory from all rows: q and h [rows] as they were. */
void rd_attend_close_back(const rd_attend_run *run, const rd_real *q, size_t q_stride, const rd_real *h,
                          size_t h_stride);

/* 1 for layers of the kinds `attention` and `decoder`. */
int rd_attends(const rd_layer *layer);
/* The weights of the last forward of a layer `attention` or `decoder` in this call: row r has one for each position of
 * its source, from weights + r * *stride on. */
const rd_real *rd_attention_weights(const rd_layer *layer, const rd_call *call, size_t *stride);

#endif
