/* The list of cells as data: what each needs, in phases (products of operands onto runs of gate rows, then one
 * equation per unit). Every device, layer, help text and test walks this list. Rows stand in cells.def. */
#ifndef RD_CELLS_H
#define RD_CELLS_H

#include "base/real.h"

enum { RD_MAX_GATES = 4, RD_MAX_STATES = 2, RD_MAX_SAVED = 6, RD_MAX_PARAMS = 3, RD_MAX_PRODUCTS = 2, RD_MAX_PHASES = 2 };

typedef enum rd_operand { RD_FROM_H = 0, RD_FROM_C = 1, RD_FROM_EMIT = 2 } rd_operand;
typedef struct rd_product { rd_operand from; int gate, gates; } rd_product; /* operand onto a run of gates */
typedef struct rd_phase {
    rd_product product[RD_MAX_PRODUCTS];
    int products;
    int normalise; /* 1: no product; the vector emitted before is layer-normalised and given as u.normed */
    /* Bit k says: the phase writes saved[k], next[k]; its backward writes d_ax[k] and d_ah[k], adds to d_prev[k]. */
    int saves, nexts, owns, adds;
} rd_phase;

typedef struct rd_cell_info {
    const char *name, *help;
    int gates, states, saved, emits, params; /* arrays of H numbers each; params: per-unit weights (peepholes) */
    int split;                               /* 1: d_ax and d_ah differ (reset-after GRU) */
    rd_phase phase[RD_MAX_PHASES];
    int phases;
    const char *gate_names;                  /* one letter a gate, in order: "ifgo" */
} rd_cell_info;

/* RD_CELL_rnn_tanh, RD_CELL_rnn_relu, RD_CELL_gru_simple, RD_CELL_gru_before, RD_CELL_gru_after, and the LSTM
 * rows; in the order of cells.def. */
typedef enum rd_cell_id {
#define RD_CELL(id, ...) RD_CELL_##id,
#include "equations/cells.def"
    RD_CELLS
} rd_cell_id;

extern const rd_cell_info rd_cells[RD_CELLS];

/* Bits of the tables above. */
#define RD_BITS1(a) (1 << (a))
#define RD_BITS2(a, b) (RD_BITS1(a) | RD_BITS1(b))
#define RD_BITS3(a, b, c) (RD_BITS2(a, b) | RD_BITS1(c))

/* The row of an LSTM with these switches (each 0 or 1). */
rd_cell_id rd_cell_lstm(int linear_output, int candidate_cell, int peephole, int coupled, int norm);

#endif
