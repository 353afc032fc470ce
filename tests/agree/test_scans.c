/* The scans of every table: against the generic ones, against their formulas in double, and the rule that a
 * unit has the same bits whichever units and rows are walked with it. */
#include "agree/world.h"

typedef struct shape {
    size_t rows, hidden;
    int before, positive;
} shape;

static const size_t slots_of[] = {
#define RD_SCAN(id, name, gates, slots, candidate, help) slots,
#include "equations/scans.def"
};
static const size_t gates_of[] = {
#define RD_SCAN(id, name, gates, slots, candidate, help) gates,
#include "equations/scans.def"
};
static const size_t candidate_of[] = {
#define RD_SCAN(id, name, gates, slots, candidate, help) candidate,
#include "equations/scans.def"
};

/* A step and its way back, with all their arrays in a world. */
typedef struct stage {
    rd_scan_step forward;
    rd_scan_step_grad back;
} stage;

static stage make_stage(world *w, size_t scan, shape z)
{
    stage s = {.forward = {.rows = z.rows,
                           .units = z.hidden,
                           .hidden = z.hidden,
                           .before = z.before,
                           .positive = z.positive},
               .back = {.rows = z.rows,
                        .units = z.hidden,
                        .hidden = z.hidden,
                        .before = z.before,
                        .positive = z.positive}};
    s.forward.keep = 1;
    s.forward.gates = world_rows(w, z.rows, slots_of[scan] * z.hidden, &s.forward.gates_stride);
    s.forward.state = world_rows(w, z.rows, z.hidden, &s.forward.state_stride);
    s.forward.out = world_rows(w, z.rows, z.hidden, &s.forward.out_stride);
    s.back.gates = s.forward.gates;
    s.back.gates_stride = s.forward.gates_stride;
    s.back.prev = world_rows(w, z.rows, z.hidden, &s.back.prev_stride);
    s.back.d_out = world_rows(w, z.rows, z.hidden, &s.back.d_out_stride);
    s.back.d_state = world_rows(w, z.rows, z.hidden, &s.back.d_state_stride);
    s.back.d_bias = world_rows(w, 1, gates_of[scan] * z.hidden, NULL);
    (void)world_rows(w, 1, 64, NULL); /* a border, to be found untouched */
    return s;
}

static void run_stage(const rd_kernels *kernels, size_t scan, const stage *s)
{
    kernels->scan_forward[scan](&s->forward);
    kernels->scan_backward[scan](&s->back);
}

static const size_t hiddens[] = {1, 7, 16, 17, 33};
static const size_t rows_of[] = {0, 1, 3, 13};

static void compare(const rd_kernels *kernels, const rd_kernels *generic, size_t scan, shape z)
{
    static world mine, theirs;
    world_reset(&mine, scan + z.hidden);
    world_reset(&theirs, scan + z.hidden);
    const stage a = make_stage(&mine, scan, z), b = make_stage(&theirs, scan, z);
    run_stage(kernels, scan, &a);
    run_stage(generic, scan, &b);
    const double error = world_difference(&mine, &theirs);
    if (!(error <= 2e-6))
        fail_msg("%s, scan %zu, %zu rows of %zu, before %d, positive %d: %g", kernels->isa, scan, z.rows,
                 z.hidden, z.before, z.positive, error);
}

static void every_scan_agrees_with_generic(void **state)
{
    (void)state;
    rd_kernels generic, kernels;
    assert_true(rd_kernels_for("generic", &generic));
    for (size_t set = 0; rd_kernels_name(set); set++) {
        assert_true(rd_kernels_for(rd_kernels_name(set), &kernels));
        for (size_t scan = 0; scan < RD_SCANS; scan++)
            for (size_t h = 0; h < sizeof hiddens / sizeof *hiddens; h++)
                for (size_t r = 0; r < sizeof rows_of / sizeof *rows_of; r++)
                    for (int bits = 0; bits < 4; bits++)
                        compare(&kernels, &generic, scan,
                                (shape){rows_of[r], hiddens[h], bits & 1, bits >> 1});
    }
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

/* h from the paper's equations, the share of minlstm by its logarithms: equations.md section 1.7. */
static double next_of(size_t scan, const double *a, double old, int positive)
{
    const double v = a[candidate_of[scan]], n = !positive ? v : v >= 0 ? v + 0.5 : sigmoid(v);
    const double alpha =
        scan == RD_SCAN_mingru ? 1 - sigmoid(a[0]) : sigmoid(log1p(exp(-a[1])) - log1p(exp(-a[0])));
    return alpha * old + (1 - alpha) * n;
}

static void a_scan_gives_the_formula_and_its_slope(void **state)
{
    (void)state;
    static world w, kept;
    const shape z = {3, 19, 0, 1};
    for (size_t set = 0; rd_kernels_name(set); set++) {
        rd_kernels kernels;
        assert_true(rd_kernels_for(rd_kernels_name(set), &kernels));
        for (size_t scan = 0; scan < RD_SCANS; scan++) {
            world_reset(&w, scan);
            world_reset(&kept, scan);
            const stage s = make_stage(&w, scan, z), was = make_stage(&kept, scan, z);
            memcpy(writable(s.back.prev), s.forward.state, 3 * s.forward.state_stride * sizeof(rd_real));
            run_stage(&kernels, scan, &s);
            for (size_t r = 0; r < z.rows; r++)
                for (size_t j = 0; j < z.hidden; j++) {
                    double a[RD_MAX_SCAN_SLOTS];
                    for (size_t k = 0; k < gates_of[scan]; k++)
                        a[k] = (double)was.forward.gates[r * was.forward.gates_stride + k * z.hidden + j];
                    const double old = (double)was.forward.state[r * was.forward.state_stride + j];
                    const double d_h = (double)was.back.d_state[r * was.back.d_state_stride + j] +
                                       (double)was.back.d_out[r * was.back.d_out_stride + j];
                    assert_true(fabs((double)s.forward.out[r * s.forward.out_stride + j] -
                                     next_of(scan, a, old, 1)) < 1e-6);
                    for (size_t k = 0; k < gates_of[scan]; k++) {
                        const double a_k = a[k], step = 1e-5;
                        a[k] = a_k + step;
                        double slope = next_of(scan, a, old, 1);
                        a[k] = a_k - step;
                        slope = (slope - next_of(scan, a, old, 1)) / (2 * step);
                        a[k] = a_k;
                        const rd_real got = s.back.gates[r * s.back.gates_stride + k * z.hidden + j];
                        assert_true(fabs((double)got - d_h * slope) < 1e-5);
                    }
                }
        }
    }
}

static void closed_gates_of_minlstm_still_share_out_the_state(void **state)
{
    (void)state;
    const struct {
        rd_real f, i, alpha;
    } cases[] = {{-200, -200, RD_C(0.5)},      {-300, -200, 0}, {-200, -300, 1},
                 {300, 300, RD_C(0.5)},        {-20, 200, 0},   {200, -20, 1},
                 {-120, -121, RD_C(0.7310586)}};
    for (size_t set = 0; rd_kernels_name(set); set++) {
        rd_kernels kernels;
        assert_true(rd_kernels_for(rd_kernels_name(set), &kernels));
        for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
            rd_real gates[4] = {cases[k].f, cases[k].i, 0, 0}, h = 1, out;
            const rd_scan_step step = {
                .rows = 1, .units = 1, .hidden = 1, .gates = gates, .state = &h, .out = &out};
            kernels.scan_forward[RD_SCAN_minlstm](&step);
            assert_true(fabs((double)(out - cases[k].alpha)) < 1e-6);
            assert_true(gates[0] == cases[k].f && gates[3] == 0); /* nothing kept in use */
        }
    }
}

static void nan_reaches_the_state_and_every_gradient(void **state)
{
    (void)state;
    for (size_t set = 0; rd_kernels_name(set); set++) {
        rd_kernels kernels;
        assert_true(rd_kernels_for(rd_kernels_name(set), &kernels));
        for (size_t scan = 0; scan < RD_SCANS; scan++)
            for (size_t bad = 0; bad < gates_of[scan]; bad++)
                for (int positive = 0; positive < 2; positive++) {
                    rd_real gates[4] = {0}, h = 1, out = 0, prev = 1, d_state = 1, d_bias[3] = {0};
                    gates[bad] = (rd_real)NAN;
                    kernels.scan_forward[scan](&(rd_scan_step){.rows = 1,
                                                               .units = 1,
                                                               .hidden = 1,
                                                               .positive = positive,
                                                               .keep = 1,
                                                               .gates = gates,
                                                               .state = &h,
                                                               .out = &out});
                    assert_true(h != h && out != out);
                    kernels.scan_backward[scan](&(rd_scan_step_grad){.rows = 1,
                                                                     .units = 1,
                                                                     .hidden = 1,
                                                                     .positive = positive,
                                                                     .gates = gates,
                                                                     .prev = &prev,
                                                                     .d_state = &d_state,
                                                                     .d_bias = d_bias});
                    assert_true(gates[0] != gates[0] && d_bias[0] != d_bias[0]);
                }
    }
}

/* All at once, and cut into pieces of 5 units and single rows. */
static void the_bits_of_a_unit_do_not_depend_on_its_neighbours(void **state)
{
    (void)state;
    static world together, apart;
    const shape z = {4, 37, 0, 0};
    for (size_t set = 0; rd_kernels_name(set); set++) {
        rd_kernels kernels;
        assert_true(rd_kernels_for(rd_kernels_name(set), &kernels));
        for (size_t scan = 0; scan < RD_SCANS; scan++) {
            world_reset(&together, 7);
            world_reset(&apart, 7);
            const stage a = make_stage(&together, scan, z), b = make_stage(&apart, scan, z);
            run_stage(&kernels, scan, &a);
            for (size_t r = 0; r < z.rows; r++)
                for (size_t j = 0; j < z.hidden; j += 5) {
                    stage s = b;
                    s.forward.rows = s.back.rows = 1;
                    s.forward.units = s.back.units = z.hidden - j < 5 ? z.hidden - j : 5;
                    s.forward.gates = s.back.gates += r * s.back.gates_stride + j;
                    s.forward.state += r * s.forward.state_stride + j;
                    s.forward.out += r * s.forward.out_stride + j;
                    s.back.prev += r * s.back.prev_stride + j;
                    s.back.d_out += r * s.back.d_out_stride + j;
                    s.back.d_state += r * s.back.d_state_stride + j;
                    s.back.d_bias += j;
                    run_stage(&kernels, scan, &s);
                }
            assert_memory_equal(together.numbers, apart.numbers, together.used * sizeof(rd_real));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scan_agrees_with_generic),
        cmocka_unit_test(a_scan_gives_the_formula_and_its_slope),
        cmocka_unit_test(closed_gates_of_minlstm_still_share_out_the_state),
        cmocka_unit_test(nan_reaches_the_state_and_every_gradient),
        cmocka_unit_test(the_bits_of_a_unit_do_not_depend_on_its_neighbours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
