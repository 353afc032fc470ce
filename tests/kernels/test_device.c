/* The device: choice of the instruction set, refusals, and the same bits for any number of threads. */
#include "agree/world.h"
#include "base/memory.h"

#include <stdlib.h>

static void every_set_of_this_processor_can_be_asked_for(void **state)
{
    (void)state;
    for (size_t i = 0; rd_kernels_name(i); i++) {
        rondo_device *device;
        assert_int_equal(setenv("RONDO_ISA", rd_kernels_name(i), 1), 0);
        assert_int_equal(rondo_device_open("cpu", 1, &device, NULL), RONDO_OK);
        assert_string_equal(rondo_device_isa(device), rd_kernels_name(i));
        rondo_device_close(device);
    }
    assert_int_equal(unsetenv("RONDO_ISA"), 0);
}

static void the_best_set_comes_unasked_and_generic_is_always_there(void **state)
{
    (void)state;
    rondo_device *device;
    rd_kernels kernels;
    assert_int_equal(rondo_device_open("auto", 2, &device, NULL), RONDO_OK);
    assert_string_equal(rondo_device_isa(device), rd_kernels_name(0));
    assert_int_equal(rondo_device_threads(device), 2);
    assert_int_equal(rondo_device_sync(device, NULL), RONDO_OK);
    rondo_device_close(device);
    assert_true(rd_kernels_for("generic", &kernels));
    assert_false(rd_kernels_for("sse9", &kernels));
}

static void a_set_the_processor_lacks_is_refused_with_those_it_has(void **state)
{
    (void)state;
    rondo_device *device;
    rondo_error error;
    assert_int_equal(setenv("RONDO_ISA", "sse9", 1), 0);
    assert_int_equal(rondo_device_open("cpu", 1, &device, &error), RONDO_BAD_ARGUMENT);
    assert_int_equal(unsetenv("RONDO_ISA"), 0);
    assert_null(device);
    assert_non_null(strstr(error.message, "sse9"));
    assert_non_null(strstr(error.message, "generic"));
}

static void unknown_devices_and_thread_counts_are_refused(void **state)
{
    (void)state;
    rondo_device *device;
    assert_int_equal(rondo_device_open("cuda:7", 1, &device, NULL), RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_device_open("cpu", -1, &device, NULL), RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_device_open("cpu", 1 << 20, &device, NULL), RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_device_open(NULL, 1, &device, NULL), RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_device_open("cpu", 1, NULL, NULL), RONDO_BAD_ARGUMENT);
    rondo_device_close(NULL);
}

static void every_entry_of_every_table_is_filled(void **state)
{
    (void)state;
    for (size_t i = 0; rd_kernels_name(i); i++) {
        rd_kernels k;
        assert_true(rd_kernels_for(rd_kernels_name(i), &k));
        assert_true(k.panel_pack && k.product && k.outer && k.map_exp && k.map_log && k.map_tanh &&
                    k.map_sigmoid);
        assert_true(k.axpy && k.scale && k.multiply_add && k.clamp && k.sum_squares && k.softmax);
        assert_true(k.peak && k.sweep && k.lanes > 0 && k.panel > 0);
        assert_true(k.norm_forward && k.norm_backward && k.norm_again && k.mask && k.multiply);
        assert_true(k.zone && k.zone_back && k.zone_share && k.maximum);
        for (int scan = 0; scan < RD_SCANS; scan++)
            assert_true(k.scan_forward[scan] && k.scan_backward[scan]);
        for (int cell = 0; cell < RD_CELLS; cell++)
            for (int p = 0; p < rd_cells[cell].phases; p++)
                assert_true(k.cell_forward[cell][p] && k.cell_backward[cell][p]);
        for (int optimizer = 0; optimizer < RD_OPTIMIZERS; optimizer++)
            assert_true(k.update[optimizer] != NULL);
        assert_int_equal(rd_panel_numbers(&k, 1, 1) * sizeof(rd_real) % 64, 0);
        assert_true(rd_panel_numbers(&k, k.panel + 1, 10) >= 2 * k.panel * 10);
    }
}

/* Everything that is cut, at sizes that are cut into many chunks, into one array of results. */
enum { ROWS = 300, COLUMNS = 330, DEPTH = 70, CLASSES = 900, FLAT = 200000 };

typedef struct results {
    rd_real c[ROWS * COLUMNS], wide_c[70 * 1000], outer[COLUMNS * COLUMNS], wide_outer[60 * 1200];
    rd_real columns[1200], softmax[ROWS * CLASSES], flat[FLAT], weights[FLAT], slots[2][FLAT];
    double loss[ROWS], squares;
} results;

static void fill(world *w, rd_real *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = world_random(w);
}

static rd_real *new_numbers(size_t n)
{
    rd_real *p;
    assert_int_equal(rd_alloc_aligned(n, sizeof *p, "test", &p, NULL), RONDO_OK);
    return p;
}

static void cut_products(const rondo_device *device, const rd_real *x, results *r)
{
    rd_real *panels = new_numbers(rd_panel_numbers(&device->kernels, 1000, DEPTH));
    rd_device_pack(device, &(rd_pack_args){COLUMNS, DEPTH, x + 7, DEPTH, 1, panels});
    rd_device_product(device,
                      &(rd_product_args){ROWS, COLUMNS, DEPTH, x, DEPTH, panels, x + 3, r->c, COLUMNS, 0});
    rd_device_pack(device, &(rd_pack_args){1000, DEPTH, x + 5, 1, 1000, panels});
    rd_device_product(device,
                      &(rd_product_args){70, 1000, DEPTH, x, DEPTH, panels, NULL, r->wide_c, 1000, 1});
    rd_free_aligned(panels);
    rd_device_outer(device, &(rd_outer_args){ROWS, COLUMNS, COLUMNS, x, COLUMNS, x + 11, COLUMNS, r->outer,
                                             COLUMNS, NULL});
    rd_device_outer(device, &(rd_outer_args){90, 60, 1200, x, 60, x + 13, 1200, r->wide_outer, 1200, NULL});
    rd_device_column_sums(device, 90, 1200, x, 1201, r->columns);
}

static void cut_arrays(const rondo_device *device, const rd_real *x, results *r)
{
    int32_t target[ROWS];
    for (int i = 0; i < ROWS; i++)
        target[i] = i % 7 - 1;
    memcpy(r->softmax, x, sizeof r->softmax);
    rd_device_softmax(device, &(rd_softmax_args){.rows = ROWS,
                                                 .classes = CLASSES,
                                                 .logits = r->softmax,
                                                 .stride = CLASSES,
                                                 .target = target,
                                                 .gradient = 1,
                                                 .loss = r->loss});
    memcpy(r->flat, x, sizeof r->flat);
    rd_device_scale(device, FLAT, RD_C(1.3), r->flat);
    rd_device_clamp(device, FLAT, NULL, RD_C(0.9), r->flat);
    r->squares = rd_device_sum_squares(device, FLAT, NULL, r->flat);
    memcpy(r->weights, x, sizeof r->weights);
    rd_device_update(device, RD_OPTIMIZER_adam, NULL,
                     &(rd_update_args){.n = FLAT,
                                       .w = r->weights,
                                       .g = x + 1,
                                       .slot = {r->slots[0], r->slots[1]},
                                       .rate = RD_C(0.1),
                                       .beta1 = RD_C(0.9),
                                       .beta2 = RD_C(0.99),
                                       .epsilon = RD_C(1e-8),
                                       .correction1 = 2,
                                       .correction2 = 3,
                                       .grad_scale = 1});
}

static void any_number_of_threads_gives_the_same_bits(void **state)
{
    (void)state;
    static const int threads[] = {1, 2, 3, 8};
    static world w;
    world_reset(&w, 1);
    rd_real *x = new_numbers(ROWS * CLASSES + 64);
    fill(&w, x, ROWS * CLASSES + 64);
    results *first = NULL, *again = NULL;
    assert_int_equal(rd_alloc(1, sizeof *first, "test", &first, NULL), RONDO_OK);
    assert_int_equal(rd_alloc(1, sizeof *again, "test", &again, NULL), RONDO_OK);
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        rondo_device *device;
        assert_int_equal(rondo_device_open("cpu", threads[i], &device, NULL), RONDO_OK);
        results *r = i ? again : first;
        memset(r, 0, sizeof *r);
        cut_products(device, x, r);
        cut_arrays(device, x, r);
        rondo_device_close(device);
        assert_memory_equal(r, first, sizeof *r);
    }
    double squares = 0;
    for (size_t i = 0; i < FLAT; i++)
        squares += (double)first->flat[i] * (double)first->flat[i];
    assert_true(fabs(squares - first->squares) < 1e-9 * squares);
    double sum = 0;
    for (size_t i = 0; i < 90; i++)
        sum += (double)x[i * 1201 + 1199];
    assert_true(fabs(sum - (double)first->columns[1199]) < 1e-4);
    rd_free(first);
    rd_free(again);
    rd_free_aligned(x);
}

static void the_callers_subnormals_are_flushed_inside_and_back_afterwards(void **state)
{
    (void)state;
    rondo_device *device;
    assert_int_equal(rondo_device_open("cpu", 2, &device, NULL), RONDO_OK);
    rd_real x[4] = {RD_C(1e-38), 1, 2, 3};
    volatile rd_real small = RD_C(1e-38), tenth = RD_C(0.1);
    rd_device_scale(device, 4, tenth, x);
    assert_true(x[0] == 0);
    assert_true(small * tenth > 0); /* a subnormal, in the caller's own mode */
    rondo_device_close(device);
}

static void the_roofs_of_the_machine_are_measured(void **state)
{
    (void)state;
    rondo_device *device;
    rondo_roofs roofs;
    assert_int_equal(rondo_device_open("cpu", 2, &device, NULL), RONDO_OK);
    assert_int_equal(rondo_machine(device, &roofs, NULL), RONDO_OK);
    assert_int_equal(rondo_machine(device, NULL, NULL), RONDO_BAD_ARGUMENT);
    print_message("%s: %.0f GFLOP/s, L1 %.0f, L2 %.0f, memory %.0f GB/s; all threads %.0f and %.0f\n",
                  rondo_device_isa(device), roofs.fma_gflops, roofs.l1_gbps, roofs.l2_gbps, roofs.memory_gbps,
                  roofs.fma_gflops_all, roofs.memory_gbps_all);
    assert_true(roofs.fma_gflops > 0 && roofs.fma_gflops_all > 0 && roofs.l1_gbps > 0 &&
                roofs.memory_gbps > 0);
    rondo_device_close(device);
}

/* Sizes at which RONDO_WITH_BLAS leaves the work to a CBLAS. */
enum { LONG_ROWS = 600, LONG_COLUMNS = 330, LONG_DEPTH = 256, LONG_SUMS = LONG_DEPTH * LONG_COLUMNS };

static void long_products(int threads, const rd_real *x, rd_real *c, rd_real *outer)
{
    rondo_device *device;
    assert_int_equal(rondo_device_open("cpu", threads, &device, NULL), RONDO_OK);
    rd_real *panels = new_numbers(rd_panel_numbers(&device->kernels, LONG_COLUMNS, LONG_DEPTH));
    rd_device_pack(device, &(rd_pack_args){LONG_COLUMNS, LONG_DEPTH, x + 7, LONG_DEPTH, 1, panels});
    for (int add = 0; add < 2; add++) /* the second on top of the first */
        rd_device_product(device, &(rd_product_args){LONG_ROWS, LONG_COLUMNS, LONG_DEPTH, x, LONG_DEPTH,
                                                     panels, x + 3, c, LONG_COLUMNS, add});
    memset(outer, 0, (LONG_SUMS + LONG_DEPTH) * sizeof *outer);
    rd_device_outer(device, &(rd_outer_args){LONG_ROWS, LONG_DEPTH, LONG_COLUMNS, x, LONG_DEPTH, x + 11,
                                             LONG_COLUMNS, outer, LONG_COLUMNS, outer + LONG_SUMS});
    rd_free_aligned(panels);
    rondo_device_close(device);
}

/* The limit of tests/agree/test_products.c. */
static int is_near(rd_real x, double exact, double depth)
{
    return fabs((double)x - exact) <= 1e-6 * (4 + sqrt(depth)) * fmax(1, fabs(exact));
}

static void long_products_agree_with_a_triple_loop_and_ignore_the_threads(void **state)
{
    (void)state;
    static world w = {.stir = 4};
    rd_real *x = new_numbers(LONG_ROWS * LONG_COLUMNS + 11), *c[2], *outer[2];
    fill(&w, x, LONG_ROWS * LONG_COLUMNS + 11);
    for (int i = 0; i < 2; i++) {
        c[i] = new_numbers(LONG_ROWS * LONG_COLUMNS);
        outer[i] = new_numbers(LONG_SUMS + LONG_DEPTH);              /* and the sums of columns */
        memset(c[i], 0xff, LONG_ROWS * LONG_COLUMNS * sizeof *c[i]); /* NaN: to be written, not added to */
        long_products(1 + 2 * i, x, c[i], outer[i]);
    }
    for (size_t k = 0; k < LONG_ROWS * LONG_COLUMNS; k += 7) {
        double sum = (double)x[3 + k % LONG_COLUMNS];
        for (size_t d = 0; d < LONG_DEPTH; d++)
            sum += (double)x[k / LONG_COLUMNS * LONG_DEPTH + d] *
                   (double)x[7 + k % LONG_COLUMNS * LONG_DEPTH + d];
        assert_true(is_near(c[0][k], 2 * sum, 2 * LONG_DEPTH));
    }
    for (size_t k = 0; k < LONG_DEPTH * LONG_COLUMNS; k += 7) {
        double sum = 0;
        for (size_t r = 0; r < LONG_ROWS; r++)
            sum += (double)x[r * LONG_DEPTH + k / LONG_COLUMNS] *
                   (double)x[11 + r * LONG_COLUMNS + k % LONG_COLUMNS];
        assert_true(is_near(outer[0][k], sum, LONG_ROWS));
    }
    for (size_t d = 0; d < LONG_DEPTH; d++) {
        double sum = 0;
        for (size_t r = 0; r < LONG_ROWS; r++)
            sum += (double)x[r * LONG_DEPTH + d];
        assert_true(is_near(outer[0][LONG_SUMS + d], sum, LONG_ROWS));
    }
    assert_memory_equal(c[0], c[1], LONG_ROWS * LONG_COLUMNS * sizeof *c[0]);
    assert_memory_equal(outer[0], outer[1], (LONG_SUMS + LONG_DEPTH) * sizeof *outer[0]);
    rd_free_aligned(x), rd_free_aligned(c[0]), rd_free_aligned(c[1]);
    rd_free_aligned(outer[0]), rd_free_aligned(outer[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_set_of_this_processor_can_be_asked_for),
        cmocka_unit_test(the_best_set_comes_unasked_and_generic_is_always_there),
        cmocka_unit_test(a_set_the_processor_lacks_is_refused_with_those_it_has),
        cmocka_unit_test(unknown_devices_and_thread_counts_are_refused),
        cmocka_unit_test(every_entry_of_every_table_is_filled),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
        cmocka_unit_test(the_callers_subnormals_are_flushed_inside_and_back_afterwards),
        cmocka_unit_test(the_roofs_of_the_machine_are_measured),
        cmocka_unit_test(long_products_agree_with_a_triple_loop_and_ignore_the_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
