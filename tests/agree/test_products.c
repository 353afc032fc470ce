/* Products of every table against a plain triple loop in double, at sizes around every tile and block; and
 * the rule that an output has the same bits however the rows, the columns and the sum are cut. */
#include "agree/world.h"
#include "base/memory.h"

enum { MOST = 1100 }; /* depth, past the blocks of k */

typedef struct matrices {
    rd_real *a, *w, *c, *expected, *panels, *scratch;
} matrices;

static rd_real *numbers(size_t n)
{
    rd_real *p;
    assert_int_equal(rd_alloc_aligned(n, sizeof *p, "test", &p, NULL), RONDO_OK);
    return p;
}

static void fill(world *w, rd_real *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = world_random(w);
}

static matrices new_matrices(void)
{
    const matrices m = {numbers(MOST * 256), numbers(MOST * 256), numbers(MOST * 256),
                        numbers(MOST * 256), numbers(MOST * 256), numbers(RD_OUTER_SCRATCH)};
    return m;
}

static void free_matrices(const matrices *m)
{
    rd_free_aligned(m->a);
    rd_free_aligned(m->w);
    rd_free_aligned(m->c);
    rd_free_aligned(m->expected);
    rd_free_aligned(m->panels);
    rd_free_aligned(m->scratch);
}

typedef struct sizes {
    size_t rows, columns, depth;
} sizes;

static const sizes all_sizes[] = {{1, 1, 1},    {1, 64, 7},   {2, 65, 16},  {3, 16, 0},    {5, 15, 33},
                                  {6, 17, 64},  {7, 128, 31}, {12, 63, 65}, {13, 130, 17}, {33, 48, 100},
                                  {200, 24, 9}, {7, 70, 513}, {4, 33, 1100}};

/* c = a w^T + bias + c, with gaps of 3 between rows. */
static void naive_product(const rd_product_args *p, const rd_real *w, size_t w_column, size_t w_depth,
                          rd_real *c)
{
    for (size_t i = 0; i < p->rows; i++)
        for (size_t j = 0; j < p->columns; j++) {
            double sum = p->add ? (double)c[i * p->c_stride + j] : 0;
            sum += p->bias ? (double)p->bias[j] : 0;
            for (size_t k = 0; k < p->depth; k++)
                sum += (double)p->a[i * p->a_stride + k] * (double)w[j * w_column + k * w_depth];
            c[i * p->c_stride + j] = (rd_real)sum;
        }
}

static void check_product(const rd_kernels *kernels, const matrices *m, sizes z, int add, int bias,
                          int transposed)
{
    world w = {.stir = z.rows * 1000 + z.depth};
    const size_t c_stride = z.columns + 3, a_stride = z.depth + 1;
    fill(&w, m->a, z.rows * a_stride + 1);
    fill(&w, m->w, z.columns * z.depth + z.columns);
    fill(&w, m->c, z.rows * c_stride + 1);
    memcpy(m->expected, m->c, (z.rows * c_stride + 1) * sizeof *m->c);
    const size_t w_column = transposed ? 1 : z.depth, w_depth = transposed ? z.columns : 1;
    kernels->panel_pack(&(rd_pack_args){.columns = z.columns,
                                        .depth = z.depth,
                                        .w = m->w,
                                        .column_stride = w_column,
                                        .depth_stride = w_depth,
                                        .panels = m->panels});
    rd_product_args p = {.rows = z.rows,
                         .columns = z.columns,
                         .depth = z.depth,
                         .a = m->a + 1,
                         .a_stride = a_stride,
                         .panels = m->panels,
                         .bias = bias ? m->w + z.columns * z.depth : NULL,
                         .c = m->c + 1,
                         .c_stride = c_stride,
                         .add = add};
    kernels->product(&p);
    naive_product(&p, m->w, w_column, w_depth, m->expected + 1);
    const double error = largest_difference(z.rows * c_stride + 1, m->c, m->expected);
    if (!(error <= 1e-6 * (4 + sqrt((double)z.depth))))
        fail_msg("%s: %zu x %zu x %zu: %g", kernels->isa, z.rows, z.columns, z.depth, error);
}

static void products_agree_with_a_triple_loop(void **state)
{
    (void)state;
    const matrices m = new_matrices();
    rd_kernels kernels;
    for (size_t set = 0; rd_kernels_name(set); set++) {
        assert_true(rd_kernels_for(rd_kernels_name(set), &kernels));
        for (size_t i = 0; i < sizeof all_sizes / sizeof *all_sizes; i++)
            for (int bits = 0; bits < 8; bits++)
                check_product(&kernels, &m, all_sizes[i], bits & 1, bits >> 1 & 1, bits >> 2);
    }
    free_matrices(&m);
}

static void outer_products_agree_with_a_triple_loop(void **state)
{
    (void)state;
    const matrices m = new_matrices();
    rd_kernels kernels;
    for (size_t set = 0; rd_kernels_name(set); set++) {
        assert_true(rd_kernels_for(rd_kernels_name(set), &kernels));
        for (size_t i = 0; i < sizeof all_sizes / sizeof *all_sizes; i++) {
            const sizes z = all_sizes[i]; /* C [rows][columns] += A [depth][rows] ^T B [depth][columns] */
            world w = {.stir = i};
            fill(&w, m.a, z.depth * (z.rows + 1) + 1);
            fill(&w, m.w, z.depth * (z.columns + 2) + 1);
            fill(&w, m.c, z.rows * (z.columns + 3) + 1);
            memcpy(m.expected, m.c, (z.rows * (z.columns + 3) + 1) * sizeof *m.c);
            kernels.outer(&(rd_outer_args){z.depth, z.rows, z.columns, m.a + 1, z.rows + 1, m.w + 1,
                                           z.columns + 2, m.c + 1, z.columns + 3, NULL},
                          m.scratch);
            for (size_t a = 0; a < z.rows; a++)
                for (size_t b = 0; b < z.columns; b++) {
                    double sum = (double)m.expected[1 + a * (z.columns + 3) + b];
                    for (size_t k = 0; k < z.depth; k++)
                        sum +=
                            (double)m.a[1 + k * (z.rows + 1) + a] * (double)m.w[1 + k * (z.columns + 2) + b];
                    m.expected[1 + a * (z.columns + 3) + b] = (rd_real)sum;
                }
            const double error = largest_difference(z.rows * (z.columns + 3) + 1, m.c, m.expected);
            assert_true(error <= 1e-6 * (4 + sqrt((double)z.depth)));
        }
    }
    free_matrices(&m);
}

/* The same product in one call and row by row. */
static void the_bits_of_a_row_do_not_depend_on_its_neighbours(void **state)
{
    (void)state;
    const matrices m = new_matrices();
    rd_kernels kernels;
    const sizes z = {29, 150, 700};
    world w = {.stir = 9};
    fill(&w, m.a, z.rows * z.depth);
    fill(&w, m.w, z.columns * z.depth);
    for (size_t set = 0; rd_kernels_name(set); set++) {
        assert_true(rd_kernels_for(rd_kernels_name(set), &kernels));
        kernels.panel_pack(&(rd_pack_args){z.columns, z.depth, m.w, z.depth, 1, m.panels});
        rd_product_args p = {z.rows, z.columns, z.depth, m.a, z.depth, m.panels, NULL, m.c, z.columns, 0};
        kernels.product(&p);
        p.rows = 1;
        p.c = m.expected;
        for (size_t row = 0; row < z.rows; row++, p.a += z.depth, p.c += z.columns)
            kernels.product(&p);
        assert_memory_equal(m.c, m.expected, z.rows * z.columns * sizeof *m.c);
    }
    free_matrices(&m);
}

/* The sums of columns beside an outer product: rows ascending onto what was there, as a plain loop adds them. */
static void an_outer_product_sums_the_columns_it_reads(void **state)
{
    (void)state;
    const matrices m = new_matrices();
    rd_kernels kernels;
    for (size_t set = 0; rd_kernels_name(set); set++) {
        assert_true(rd_kernels_for(rd_kernels_name(set), &kernels));
        for (size_t i = 0; i < sizeof all_sizes / sizeof *all_sizes; i++) {
            const sizes z = all_sizes[i];
            rd_real sums[2048], expected[2048];
            world w = {.stir = 70 + i};
            if (z.rows > 2048) continue;
            fill(&w, m.a, z.depth * z.rows);
            fill(&w, m.w, z.depth * z.columns);
            fill(&w, sums, z.rows);
            memset(m.c, 0, z.rows * z.columns * sizeof *m.c);
            memcpy(expected, sums, z.rows * sizeof *sums);
            for (size_t k = 0; k < z.depth; k++)
                for (size_t a = 0; a < z.rows; a++)
                    expected[a] += m.a[k * z.rows + a];
            kernels.outer(&(rd_outer_args){z.depth, z.rows, z.columns, m.a, z.rows, m.w, z.columns, m.c, z.columns, sums},
                          m.scratch);
            if (z.columns > 0) assert_memory_equal(sums, expected, z.rows * sizeof *sums);
        }
    }
    free_matrices(&m);
}

/* Rows added in one call and in pieces of any length: the accumulator goes on where it stood. */
static void an_outer_product_may_be_added_piece_by_piece(void **state)
{
    (void)state;
    const matrices m = new_matrices();
    rd_kernels kernels;
    const sizes z = {29, 150, 700};
    world w = {.stir = 9};
    fill(&w, m.a, z.rows * z.depth);
    fill(&w, m.w, z.columns * z.depth);
    for (size_t set = 0; rd_kernels_name(set); set++) {
        assert_true(rd_kernels_for(rd_kernels_name(set), &kernels));
        memset(m.c, 0, z.rows * z.columns * sizeof *m.c);
        memset(m.expected, 0, z.rows * z.columns * sizeof *m.c);
        rd_outer_args o = {z.depth, z.rows, z.columns, m.a, z.rows, m.w, z.columns, m.c, z.columns, NULL};
        kernels.outer(&o, m.scratch);
        o.c = m.expected;
        for (size_t row = 0; row < z.depth; row += 77) {
            o.rows = z.depth - row < 77 ? z.depth - row : 77;
            o.a = m.a + row * z.rows;
            o.b = m.w + row * z.columns;
            kernels.outer(&o, m.scratch);
        }
        assert_memory_equal(m.c, m.expected, z.rows * z.columns * sizeof *m.c);
    }
    free_matrices(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_agree_with_a_triple_loop),
        cmocka_unit_test(outer_products_agree_with_a_triple_loop),
        cmocka_unit_test(the_bits_of_a_row_do_not_depend_on_its_neighbours),
        cmocka_unit_test(an_outer_product_sums_the_columns_it_reads),
        cmocka_unit_test(an_outer_product_may_be_added_piece_by_piece),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
