/* What a recurrent layer is: its cell, widths, switches and parameters, settled when the list is built and
 * never changed after. The walks read it. */
#ifndef RD_RECURRENT_SETTINGS_H
#define RD_RECURRENT_SETTINGS_H

#include "layers/start_state.h"

#define RD_NO_PARAM SIZE_MAX

/* One recurrent product: an operand of `width` numbers times the rows row… of parameter `param`, onto `gates`
 * gates from `gate` on, before the equation of `phase`. */
typedef struct rd_run {
    rd_operand from;
    size_t phase, gate, gates, width;
    size_t param, row; /* row of the parameter where the run begins */
} rd_run;

enum { RD_MAX_RUNS = 2 };

typedef struct rd_recurrent {
    rd_cell_id cell;
    const rd_cell_info *info;
    size_t input, hidden;        /* I (symbols: the vocabulary), H */
    size_t state[RD_MAX_STATES]; /* width of h (P with a projection) and of c */
    size_t gates;                /* numbers of all gates together: gates * H */
    size_t kept;                 /* numbers a row of saved gates has room for: max(gates, saved) * H */
    rd_run run[RD_MAX_RUNS];
    size_t runs;
    int symbols, reverse, before, norm, projected, variational;
    rd_start start;
    size_t start_input; /* RD_START_NODE: the input whose rows are the initial states */
    double start_scale;
    rd_real clip_cell, clip_preact, clip_delta;
    rd_real dropout, zoneout[RD_MAX_STATES], weight_drop, weight_noise;
    /* indexes of parameters, RD_NO_PARAM where there is none */
    size_t weight_x, weight_h, weight_c, bias_x, bias_h, peephole, gain_x, gain_h, gain_c, shift_c, weight_r,
        first_state;
} rd_recurrent;

rondo_status rd_recurrent_build(rd_layer *layer, rd_node *node, rondo_error *error);
/* The same into `own`, which stands first in layer->own, for a layer of this kind of cell that reads start=NODE as its
 * input `start`. */
rondo_status rd_recurrent_build_as(rd_layer *layer, rd_node *node, rd_recurrent *own, const char *kind,
                                   size_t start, rondo_error *error);
void rd_recurrent_release(rd_layer *layer);

/* ---- shared with the other layers that keep a state */

/* The tensors' prefix and the suffix of their names from `as=PREFIX.lK` (without it "NAME." and layer 0):
 * "rnn." or "rnn.FORM." and "_lK" or "_lK_reverse". `form` is NULL for a cell that PyTorch has under these
 * names. */
rondo_status rd_layer_names(rd_layer *layer, rd_node *node, const char *form, int reverse,
                            char suffix[RD_NAME], rondo_error *error);
/* rd_layer_param with the suffix appended to the name. */
size_t rd_layer_named(rd_layer *layer, const char *name, const char *suffix, size_t rows, size_t columns,
                      rd_init init, size_t blocks);
/* Reads `start` and `start_scale`. RD_START_NODE stands for a name that the model found. */
rondo_status rd_setting_start(rd_node *node, rd_start *start, double *scale, rondo_error *error);
/* The input must be a value with a row a step. */
rondo_status rd_layer_reads_rows(const rd_layer *layer, const rd_node *node, size_t input,
                                 rondo_error *error);
/* The output: rows as the first input has them, `width` numbers each. */
void rd_layer_gives(rd_layer *layer, size_t width, int final, int reverse, size_t state_width);
/* Parameter i of the flat array, or NULL for RD_NO_PARAM. */
const rd_real *rd_param_or_null(const rd_layer *layer, const rd_real *params, size_t i);

#endif
