/* The rows of cells.def as a table. */
#include "equations/cells.h"

/* clang-format off */
#define RD_PRODUCT(from, gate, gates_) {from, gate, gates_}
#define RD_PHASE_ROW(first, second, products, normalise, saves, nexts, owns, adds) \
    {{RD_PRODUCT first, RD_PRODUCT second}, products, normalise, saves, nexts, owns, adds}
/* clang-format on */

const rd_cell_info rd_cells[RD_CELLS] = {
#define RD_CELL(id, ...) [RD_CELL_##id] = RD_ROW(__VA_ARGS__),
#define RD_ROW(label, letters, gates, states, saved, emits, params, split, one, two, phases, text)           \
    {                                                                                                        \
        label, text, gates, states, saved, emits, params, split, {RD_PHASE_ROW one, RD_PHASE_ROW two},       \
            phases, letters                                                                                  \
    }
#include "equations/cells.def"
};

rd_cell_id rd_cell_lstm(int linear_output, int candidate_cell, int peephole, int coupled, int norm)
{
    const int row = linear_output * 16 + candidate_cell * 8 + peephole * 4 + coupled * 2 + norm;
    return (rd_cell_id)(RD_CELL_lstm + row);
}
