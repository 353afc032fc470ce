/* Matrix products on packed panels. A tile is R rows by one panel of columns, its accumulators in registers,
 * one per output and k ascending, so that an output has the same bits whatever R, block and thread made it.
 * Long sums are cut into blocks of k that fit the caches: C keeps the partial sum, which loses no bit. */
#ifndef RD_CPU_PRODUCT_H
#define RD_CPU_PRODUCT_H

#include "kernels/cpu/cpu_lanes.h"
#include "kernels/kernels.h"

#if RD_LANE_BYTES == 0 /* registers of 16 bytes, which the compiler has or makes on any machine */
typedef rd_real wide __attribute__((vector_size(16)));
enum { WIDE = 16 / (int)sizeof(rd_real), TILE_ROWS = 2, TILE_WIDES = 4 };
RD_INLINE wide wide_splat(rd_real x)
{
    return x - (wide){0};
}
RD_INLINE wide wide_fma(wide a, wide b, wide c)
{
    return a * b + c;
}
#else
typedef rd_lane wide;
enum { WIDE = RD_LANES, TILE_ROWS = 6, TILE_WIDES = RD_LANE_BYTES == 32 ? 2 : 4 };
RD_INLINE wide wide_splat(rd_real x)
{
    return rd_splat(x);
}
RD_INLINE wide wide_fma(wide a, wide b, wide c)
{
    return rd_fma(a, b, c);
}
#endif

enum {
    PANEL = WIDE * TILE_WIDES, /* columns */
    BLOCK_DEPTH = 1024,        /* of k in a product: a block of a panel stays in L2 */
    BLOCK_ROWS = 256,          /* rows of A that stay in L2 while all panels pass */
    OUTER_DEPTH = 256,         /* rows that one pass of an outer product adds */
    OUTER_BAND = 48,           /* columns of A packed at a time: whole tiles, whole lines of memory */
    OUTER_PANELS = (RD_OUTER_SCRATCH - OUTER_BAND * OUTER_DEPTH) / (OUTER_DEPTH * PANEL)
};

RD_INLINE wide load_wide(const rd_real *p)
{
    wide x;
    memcpy(&x, p, sizeof x);
    return x;
}

/* The first `count` numbers, 0 after them; a count of WIDE or more is a whole load. */
RD_INLINE wide load_some(const rd_real *p, size_t count)
{
#if RD_LANE_BYTES == 0
    wide x = {0};
    for (size_t i = 0; i < WIDE && i < count; i++)
        x[i] = p[i];
    return x;
#else
    return load_part(p, part_of(count));
#endif
}

RD_INLINE void store_some(rd_real *p, size_t count, wide x)
{
#if RD_LANE_BYTES == 0
    for (size_t i = 0; i < WIDE && i < count; i++)
        p[i] = x[i];
#else
    store_part(p, part_of(count), x);
#endif
}

typedef struct tile {
    size_t depth, columns; /* columns of the panel that C has */
    const rd_real *a;
    size_t a_row, a_k;    /* element (row, k) of A is a[row * a_row + k * a_k] */
    const rd_real *panel; /* [depth][PANEL] */
    const rd_real *ahead; /* with each k, FETCH lines of memory from here on are asked for */
    size_t ahead_step;    /* FETCH * LINE, or 0 when there is nothing to ask for */
    const rd_real *bias;  /* or NULL */
    rd_real *c;
    size_t c_stride;
    int add;
} tile;

/* Panels that do not stay in L2 come from far: the first tiles of a panel ask for the next one, line by line. */
enum { LINE = 64 / (int)sizeof(rd_real), FETCH = 2 };

RD_INLINE void fetch_lines(const rd_real *ahead)
{
    __builtin_prefetch(ahead, 0, 2);
    __builtin_prefetch(ahead + LINE, 0, 2);
}

/* What tile i of a panel asks for of the `next` one of `numbers` numbers: FETCH lines a k, `depth` times. */
RD_INLINE const rd_real *ahead_of(const rd_real *panel, const rd_real *next, size_t numbers, size_t i, size_t depth,
                                  size_t *step)
{
    const size_t at = i * depth * FETCH * LINE;
    *step = at < numbers ? FETCH * LINE : 0;
    return at < numbers ? next + at : panel;
}

/* Columns of C from vector v on. */
RD_INLINE size_t columns_left(const tile *t, int v)
{
    const size_t before = (size_t)(v * WIDE);
    return t->columns > before ? t->columns - before : 0;
}

/* With all columns of the tile in C: whole loads and stores. */
RD_INLINE void tile_load(const tile *t, int rows, int wides, int whole, wide c[TILE_ROWS][TILE_WIDES])
{
#pragma GCC unroll 8
    for (int v = 0; v < wides; v++) {
        const rd_real *at = t->bias + v * WIDE;
        wide first = wide_splat(0);
        if (t->bias) first = whole ? load_wide(at) : load_some(at, columns_left(t, v));
#pragma GCC unroll 8
        for (int r = 0; r < rows; r++)
            c[r][v] = first;
    }
    if (!t->add) return;
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 8
        for (int v = 0; v < wides; v++) {
            const rd_real *at = t->c + (size_t)r * t->c_stride + v * WIDE;
            c[r][v] += whole ? load_wide(at) : load_some(at, columns_left(t, v));
        }
}

RD_INLINE void tile_store(const tile *t, int rows, int wides, int whole, wide c[TILE_ROWS][TILE_WIDES])
{
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 8
        for (int v = 0; v < wides; v++) {
            rd_real *at = t->c + (size_t)r * t->c_stride + v * WIDE;
            if (whole)
                memcpy(at, &c[r][v], sizeof(wide));
            else
                store_some(at, columns_left(t, v), c[r][v]);
        }
}

/* `rows` and `wides` are constants at every call, so that the accumulators live in registers. */
RD_INLINE void tile_run(const tile *t, const int rows, const int wides)
{
    wide c[TILE_ROWS][TILE_WIDES];
    const int whole = t->columns >= (size_t)(wides * WIDE);
    if (whole)
        tile_load(t, rows, wides, 1, c);
    else
        tile_load(t, rows, wides, 0, c);
    const rd_real *a = t->a, *panel = t->panel, *ahead = t->ahead;
    const size_t a_row = t->a_row, a_k = t->a_k, step = t->ahead_step;
    for (size_t k = 0; k < t->depth; k++, a += a_k, panel += PANEL, ahead += step) {
        wide b[TILE_WIDES];
        fetch_lines(ahead);
#pragma GCC unroll 8
        for (int v = 0; v < wides; v++)
            b[v] = load_wide(panel + v * WIDE);
#pragma GCC unroll 8
        for (int r = 0; r < rows; r++) {
            const wide x = wide_splat(a[(size_t)r * a_row]);
#pragma GCC unroll 8
            for (int v = 0; v < wides; v++)
                c[r][v] = wide_fma(x, b[v], c[r][v]);
        }
    }
    if (whole)
        tile_store(t, rows, wides, 1, c);
    else
        tile_store(t, rows, wides, 0, c);
}

/* clang-format off */
#define TILE(rows, wides) static void tile_##rows##_##wides(const tile *t) { tile_run(t, rows, wides); }
#if RD_LANE_BYTES != 0
#define TILES_OF(wides) TILE(1, wides) TILE(2, wides) TILE(3, wides) TILE(4, wides) TILE(5, wides) TILE(6, wides)
#define NAMES_OF(wides) {NULL, tile_1_##wides, tile_2_##wides, tile_3_##wides, tile_4_##wides, tile_5_##wides, tile_6_##wides}
#else
#define TILES_OF(wides) TILE(1, wides) TILE(2, wides)
#define NAMES_OF(wides) {NULL, tile_1_##wides, tile_2_##wides}
#endif
TILES_OF(1)
TILES_OF(2)
#if RD_LANE_BYTES != 32
TILES_OF(3)
TILES_OF(4)
#endif
/* By vectors and rows: the last panel of C is as narrow as its columns allow. */
static void (*const tiles[TILE_WIDES + 1][TILE_ROWS + 1])(const tile *) = {
    {NULL}, NAMES_OF(1), NAMES_OF(2),
#if RD_LANE_BYTES != 32
    NAMES_OF(3), NAMES_OF(4),
#endif
};
#undef TILE
#undef TILES_OF
#undef NAMES_OF
/* clang-format on */

RD_INLINE void tile_any(const tile *t, size_t rows)
{
    tiles[rd_size_min(TILE_WIDES, rd_ceil_div(t->columns, WIDE))][rows](t);
}

/* Asks for a tile of C before its turn comes. */
static void fetch_tile(const rd_real *c, size_t stride, size_t rows, size_t columns)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t n = 0; n < rd_size_min(columns, PANEL); n += 64 / sizeof *c)
            __builtin_prefetch(c + r * stride + n, 1, 3);
}

/* All rows of one panel, in tiles of nearly equal height: 32 rows are 6 6 5 5 5 5, not five 6 and a slow 2.
 */
static void panel_rows(tile t, const rd_real *next, size_t rows)
{
    const size_t count = rd_ceil_div(rows, TILE_ROWS);
    for (size_t left = count; left > 0; left--) {
        const size_t height = rd_ceil_div(rows, left);
        t.ahead = ahead_of(t.panel, next, t.depth * PANEL, count - left, t.depth, &t.ahead_step);
        if (left > 1) fetch_tile(t.c + height * t.c_stride, t.c_stride, height, t.columns);
        tile_any(&t, height);
        t.a += height * t.a_row;
        t.c += height * t.c_stride;
        rows -= height;
    }
}

static void product_block(const rd_product_args *p, size_t first_row, size_t rows, size_t first_k,
                          size_t depth)
{
    for (size_t column = 0; column < p->columns; column += PANEL)
        panel_rows((tile){.depth = depth,
                          .columns = p->columns - column,
                          .a = p->a + first_row * p->a_stride + first_k,
                          .a_row = p->a_stride,
                          .a_k = 1,
                          .panel = p->panels + column * p->depth + first_k * PANEL,
                          .bias = p->bias && first_k == 0 ? p->bias + column : NULL,
                          .c = p->c + first_row * p->c_stride + column,
                          .c_stride = p->c_stride,
                          .add = p->add || first_k > 0},
                   p->panels + (column + PANEL) * p->depth + first_k * PANEL, rows);
}

static void product(const rd_product_args *p)
{
    for (size_t row = 0; row < p->rows; row += BLOCK_ROWS) {
        const size_t rows = rd_size_min(BLOCK_ROWS, p->rows - row);
        size_t k = 0;
        do {
            const size_t depth = rd_size_min(BLOCK_DEPTH, p->depth - k);
            product_block(p, row, rows, k, depth);
            k += depth;
        } while (k < p->depth);
    }
}

/* [rows][columns of one panel] of B as [rows][PANEL], with zeros after the last column. */
static void pack_rows(const rd_real *b, size_t stride, size_t rows, size_t columns, rd_real *panel)
{
    if (columns >= PANEL) {
        for (size_t row = 0; row < rows; row++, b += stride, panel += PANEL)
            memcpy(panel, b, PANEL * sizeof *b);
        return;
    }
    for (size_t row = 0; row < rows; row++, b += stride, panel += PANEL) {
        memset(panel, 0, PANEL * sizeof *b);
        memcpy(panel, b, columns * sizeof *b);
    }
}

/* The same for all panels of B, row by row, as memory likes to be read. */
static void pack_panels(const rd_real *b, size_t stride, size_t rows, size_t columns, rd_real *panels)
{
    const size_t whole = columns / PANEL * PANEL;
    for (size_t row = 0; row < rows; row++)
        for (size_t n = 0; n < whole; n += PANEL)
            memcpy(panels + n * rows + row * PANEL, b + row * stride + n, PANEL * sizeof *b);
    if (whole < columns) pack_rows(b + whole, stride, rows, columns - whole, panels + whole * rows);
}

/* [columns][depth] as [depth][across], zeros from `columns` to `width`. Sixteen k of one column at a time: what is
 * read lies together, and what is written stays in L1. */
static void pack_columns(const rd_real *w, size_t column_stride, size_t depth_stride, size_t columns,
                         size_t depth, rd_real *panel, size_t width, size_t across)
{
    enum { RUN = 16 };
    for (size_t k0 = 0; k0 < depth; k0 += RUN) {
        const size_t run = rd_size_min(RUN, depth - k0);
        for (size_t n = 0; n < columns; n++) {
            const rd_real *from = w + n * column_stride + k0 * depth_stride;
            rd_real *to = panel + k0 * across + n;
            __builtin_prefetch(from + RUN * depth_stride);
            if (run == RUN && depth_stride == 1)
                for (size_t k = 0; k < RUN; k++)
                    to[k * across] = from[k];
            else
                for (size_t k = 0; k < run; k++)
                    to[k * across] = from[k * depth_stride];
        }
        for (size_t k = k0; columns < width && k < k0 + run; k++)
            memset(panel + k * across + columns, 0, (width - columns) * sizeof *panel);
    }
}

static void panel_pack(const rd_pack_args *p)
{
    for (size_t column = 0; column < p->columns; column += PANEL) {
        const size_t columns = rd_size_min(PANEL, p->columns - column);
        const rd_real *w = p->w + column * p->column_stride;
        rd_real *panel = p->panels + column * p->depth;
        if (p->column_stride == 1)
            pack_rows(w, p->depth_stride, p->depth, columns, panel);
        else
            pack_columns(w, p->column_stride, p->depth_stride, columns, p->depth, panel, PANEL, PANEL);
    }
}

/* Columns of A as tiles [tile][rows][TILE_ROWS]; whole lines of memory are read, each once. */
static void pack_tiles(const rd_real *a, size_t stride, size_t rows, size_t columns, rd_real *packed)
{
    const size_t whole = columns / TILE_ROWS * TILE_ROWS;
    for (size_t row = 0; row < rows; row++, a += stride, packed += TILE_ROWS) {
        for (size_t m = 0; m < whole; m += TILE_ROWS)
            memcpy(packed + m * rows, a + m, TILE_ROWS * sizeof *a);
        for (size_t m = whole; m < columns; m++)
            packed[whole * rows + m - whole] = a[m];
    }
}

/* totals += each column of these rows. */
static void add_columns(const rd_real *a, size_t stride, size_t rows, size_t columns, rd_real *totals)
{
    for (size_t m = 0; m < columns; m += WIDE) {
        wide sum = load_some(totals + m, columns - m);
        for (size_t row = 0; row < rows; row++)
            sum += load_some(a + row * stride + m, columns - m);
        store_some(totals + m, columns - m, sum);
    }
}

/* One band of packed columns of A on one band of packed panels of B. */
static void outer_band(const rd_outer_args *p, size_t rows, size_t first_m, size_t columns_a, size_t first_n,
                       size_t columns_b, const rd_real *packed, const rd_real *panels)
{
    for (size_t m = 0; m < columns_a; m += TILE_ROWS)
        for (size_t n = 0; n < columns_b; n += PANEL) {
            const size_t height = rd_size_min(TILE_ROWS, columns_a - m);
            rd_real *c = p->c + (first_m + m) * p->c_stride + first_n + n;
            if (n + PANEL < columns_b) fetch_tile(c + PANEL, p->c_stride, height, columns_b - n - PANEL);
            tile_any(&(tile){.depth = rows,
                             .columns = columns_b - n,
                             .a = packed + m * rows,
                             .a_row = 1,
                             .a_k = TILE_ROWS,
                             .panel = panels + n * rows,
                             .ahead = panels,
                             .c = c,
                             .c_stride = p->c_stride,
                             .add = 1},
                     height);
        }
}

/* Blocks of rows; for each, bands of B that fit the scratch are packed once and meet all of A, band by band.
 */
static void outer(const rd_outer_args *p, rd_real *scratch)
{
    const size_t bands = rd_ceil_div(p->b_columns, (size_t)OUTER_PANELS * PANEL);
    const size_t most_n = bands ? rd_ceil_div(rd_ceil_div(p->b_columns, bands), PANEL) * PANEL : 1;
    rd_real *packed = scratch, *panels = scratch + OUTER_BAND * OUTER_DEPTH;
    for (size_t n = 0; n < p->b_columns; n += most_n)
        for (size_t row = 0; row < p->rows; row += OUTER_DEPTH) {
            const size_t rows = rd_size_min(OUTER_DEPTH, p->rows - row);
            const size_t columns_b = rd_size_min(most_n, p->b_columns - n);
            pack_panels(p->b + row * p->b_stride + n, p->b_stride, rows, columns_b, panels);
            for (size_t m = 0; m < p->a_columns; m += OUTER_BAND) {
                const size_t columns_a = rd_size_min(OUTER_BAND, p->a_columns - m);
                const rd_real *a = p->a + row * p->a_stride + m;
                if (p->sums && n == 0) add_columns(a, p->a_stride, rows, columns_a, p->sums + m);
                pack_tiles(a, p->a_stride, rows, columns_a, packed);
                outer_band(p, rows, m, columns_a, n, columns_b, packed, panels);
            }
        }
}

static void fill_products(rd_kernels *kernels)
{
    kernels->panel = PANEL;
    kernels->panel_pack = panel_pack;
    kernels->product = product;
    kernels->outer = outer;
}

#endif
