/* The tiled walk: products of a phase onto all gates of some units, and the equation on the tile that they have
 * just left in the first cache. Panels are [depth][gate][units]; accumulators one per output, k ascending from the
 * bias, so the bits are those of `product`. */
#ifndef RD_CPU_WALK_H
#define RD_CPU_WALK_H

#include "kernels/cpu/cpu_product.h"

enum {
    GATE_WIDES = 4, /* vectors across a tile, most */
    GATE_ROWS = 8,  /* rows of a tile, most */
    FEW_WIDES = RD_LANE_BYTES == 32 ? 2 : GATE_WIDES, /* across a tile of one or two gates */
    GATE_STRIDE = RD_MAX_GATES * FEW_WIDES * WIDE     /* all gates of a cell for the units of a tile */
};

/* Rows of a tile by its vectors across: as many accumulators as registers allow. */
#if RD_LANE_BYTES == 0
static const size_t gate_rows[GATE_WIDES + 1] = {0, 2, 2, 2, 2};
#elif RD_LANE_BYTES == 32
static const size_t gate_rows[GATE_WIDES + 1] = {0, 6, 6, 4, 3};
#else
static const size_t gate_rows[GATE_WIDES + 1] = {0, 8, 8, 8, 6};
#endif

typedef struct gate_tile {
    size_t depth;
    const rd_real *a;
    size_t a_stride;
    const rd_real *panel, *bias; /* [depth][wides * WIDE], [wides * WIDE] */
    const rd_real *ahead;        /* as in tile */
    size_t ahead_step;
    rd_real *c;                  /* [rows][GATE_STRIDE] */
} gate_tile;

/* `rows` and `wides` are constants at every call. Whichever of the two operands has fewer vectors is held. */
RD_INLINE void gate_run(const gate_tile *t, const int rows, const int wides)
{
    wide c[GATE_ROWS][GATE_WIDES];
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 8
        for (int v = 0; v < wides; v++)
            c[r][v] = load_wide(t->bias + v * WIDE);
    const rd_real *a = t->a, *panel = t->panel, *ahead = t->ahead;
    const size_t stride = t->a_stride, step = t->ahead_step;
    for (size_t k = 0; k < t->depth; k++, a++, panel += wides * WIDE, ahead += step) {
        wide held[GATE_ROWS];
        fetch_lines(ahead);
        if (rows > wides) {
#pragma GCC unroll 8
            for (int v = 0; v < wides; v++)
                held[v] = load_wide(panel + v * WIDE);
#pragma GCC unroll 8
            for (int r = 0; r < rows; r++) {
                const wide x = wide_splat(a[(size_t)r * stride]);
#pragma GCC unroll 8
                for (int v = 0; v < wides; v++)
                    c[r][v] = wide_fma(x, held[v], c[r][v]);
            }
        } else {
#pragma GCC unroll 8
            for (int r = 0; r < rows; r++)
                held[r] = wide_splat(a[(size_t)r * stride]);
#pragma GCC unroll 8
            for (int v = 0; v < wides; v++) {
                const wide b = load_wide(panel + v * WIDE);
#pragma GCC unroll 8
                for (int r = 0; r < rows; r++)
                    c[r][v] = wide_fma(held[r], b, c[r][v]);
            }
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 8
        for (int v = 0; v < wides; v++)
            memcpy(t->c + r * GATE_STRIDE + v * WIDE, &c[r][v], sizeof(wide));
}

/* clang-format off */
#define GATE_TILE(wides, rows) \
    static void gate_tile_##wides##_##rows(const gate_tile *t) { gate_run(t, rows, wides); }
#if RD_LANE_BYTES == 0
#define GATE_TILES(wides) GATE_TILE(wides, 1) GATE_TILE(wides, 2)
#define GATE_ROW(wides) {NULL, gate_tile_##wides##_1, gate_tile_##wides##_2}
#else
#define GATE_TILES(wides) GATE_TILE(wides, 1) GATE_TILE(wides, 2) GATE_TILE(wides, 3) GATE_TILE(wides, 4) \
    GATE_TILE(wides, 5) GATE_TILE(wides, 6) GATE_TILE(wides, 7) GATE_TILE(wides, 8)
#define GATE_ROW(wides) {NULL, gate_tile_##wides##_1, gate_tile_##wides##_2, gate_tile_##wides##_3, \
    gate_tile_##wides##_4, gate_tile_##wides##_5, gate_tile_##wides##_6, gate_tile_##wides##_7, gate_tile_##wides##_8}
#endif
GATE_TILES(1) GATE_TILES(2) GATE_TILES(3) GATE_TILES(4)
static void (*const gate_tiles[GATE_WIDES + 1][GATE_ROWS + 1])(const gate_tile *) = {
    {NULL}, GATE_ROW(1), GATE_ROW(2), GATE_ROW(3), GATE_ROW(4)};
/* clang-format on */

/* The rows of a step from `row` on, `rows` of them, on the units of one panel. */
static rd_cell_step part_of_step(const rd_cell_step *step, size_t row, size_t rows, size_t unit, size_t units)
{
    rd_cell_step s = *step;
    const size_t end = step->end_unit ? step->end_unit : step->hidden;
    s.rows = rows;
    s.first_unit = unit;
    s.end_unit = rd_size_min(unit + units, end);
    s.ax += row * s.ax_stride;
    for (int k = 0; k < RD_MAX_STATES; k++) {
        if (s.prev[k]) s.prev[k] += row * s.prev_stride[k];
        if (s.next[k]) s.next[k] += row * s.next_stride[k];
    }
    if (s.copy) s.copy += row * s.copy_stride;
    if (s.saved) s.saved += row * s.saved_stride;
    if (s.emit) s.emit += row * s.emit_stride;
    if (s.normed) s.normed += row * s.normed_stride;
    return s;
}

/* Asks for what the equation reads from far away, while the product is made. */
static void fetch_gates(const rd_cell_step *s, size_t gates)
{
    for (size_t row = 0; row < s->rows; row++)
        for (size_t g = 0; g < gates; g++)
            for (size_t unit = s->first_unit; unit < s->end_unit; unit += LINE)
                __builtin_prefetch(s->ax + row * s->ax_stride + g * s->hidden + unit, 1, 3);
}

/* Handed on by address: a copy, read in one piece while its parts are still being stored, would wait for all stores of
 * the tile before. */
typedef struct tile_place {
    size_t row, rows, unit;
    size_t index; /* of the tile in its panel */
} tile_place;

/* The sums of one product of a tile into its gates of ah. */
static void tile_product(const rd_cell_tile *t, size_t i, const tile_place *at, rd_real *ah)
{
    const size_t n = at->unit / t->units, across = t->product[i].gates * t->units, depth = t->product[i].depth;
    const rd_real *panel = t->product[i].panels + n * depth * across;
    gate_tile g = {.depth = depth,
                   .a = t->product[i].a + at->row * t->product[i].a_stride,
                   .a_stride = t->product[i].a_stride,
                   .panel = panel,
                   .bias = t->product[i].bias + n * across,
                   .c = ah + t->product[i].gate * t->units};
    g.ahead = ahead_of(panel, panel + depth * across, depth * across, at->index, depth, &g.ahead_step);
    gate_tiles[across / WIDE][at->rows](&g);
}

/* Sums that another phase of the cell reads too move to where it finds them. */
static void keep_sums(const rd_cell_tile *t, size_t i, rd_cell_step *s, size_t row, const rd_real *ah)
{
    s->ah = t->ah + row * t->ah_stride + s->first_unit;
    s->ah_stride = t->ah_stride;
    s->ah_gate = s->hidden;
    for (size_t r = 0; r < s->rows; r++)
        for (size_t g = t->product[i].gate; g < t->product[i].gate + t->product[i].gates; g++)
            memcpy(t->ah + (row + r) * t->ah_stride + g * s->hidden + s->first_unit,
                   ah + r * GATE_STRIDE + g * t->units, (s->end_unit - s->first_unit) * sizeof *ah);
}

static void one_tile(const rd_cell_tile *t, const tile_place *at)
{
    _Alignas(64) rd_real ah[GATE_ROWS * GATE_STRIDE];
    rd_cell_step s = part_of_step(&t->step, at->row, at->rows, at->unit, t->units);
    s.ah = ah;
    s.ah_stride = GATE_STRIDE;
    s.ah_gate = t->units;
    fetch_gates(&s, t->gates);
    for (size_t i = 0; i < t->products; i++) {
        tile_product(t, i, at, ah);
        if (t->ah) keep_sums(t, i, &s, at->row, ah);
    }
    t->equation(&s);
}

/* Panel by panel, so that each is read from far away once; tiles of nearly equal height. */
static void cell_tile(const rd_cell_tile *t)
{
    const size_t rows = t->step.rows, end = t->step.end_unit ? t->step.end_unit : t->step.hidden;
    size_t gates = 0;
    for (size_t i = 0; i < t->products; i++)
        gates += t->product[i].gates;
    const size_t most = gate_rows[gates * t->units / WIDE];
    for (size_t unit = t->step.first_unit; unit < end; unit += t->units) {
        tile_place at = {.unit = unit};
        for (size_t left = rd_ceil_div(rows, most); left > 0; left--) {
            at.rows = rd_ceil_div(rows - at.row, left);
            one_tile(t, &at);
            at.row += at.rows;
            at.index++;
        }
    }
}

static void gate_pack(const rd_gate_pack_args *p)
{
    const size_t across = p->gates * p->units;
    for (size_t panel = p->first_panel; panel < p->end_panel; panel++) {
        rd_real *to = p->panels + panel * p->depth * across;
        const size_t unit = panel * p->units, units = rd_size_min(p->units, p->hidden - unit);
        for (size_t g = 0; g < p->gates; g++) {
            rd_real *gate = to + g * p->units;
            pack_columns(p->w + (g * p->hidden + unit) * p->depth, p->depth, 1, units, p->depth, gate, p->units,
                         across);
        }
    }
}

static void fill_walk(rd_kernels *kernels)
{
    for (size_t gates = 1; gates <= RD_MAX_GATES; gates++)
        kernels->gate_units[gates] = WIDE * rd_size_max(1, FEW_WIDES / gates);
    kernels->gate_pack = gate_pack;
    kernels->cell_tile = cell_tile;
}

#endif
