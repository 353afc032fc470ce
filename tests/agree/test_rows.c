/* What runs along rows and flat arrays, in every table against generic; softmax and updates also against
 * formulas. */
#include "agree/world.h"

static const size_t lengths[] = {0, 1, 7, 8, 15, 16, 17, 31, 33, 100};

enum { LENGTHS = sizeof lengths / sizeof *lengths };

/* Runs `work` for every table and length on two equal worlds and compares all numbers. */
static void compare(void (*work)(const rd_kernels *kernels, world *w, size_t n), double limit)
{
    static world mine, theirs;
    rd_kernels generic, kernels;
    assert_true(rd_kernels_for("generic", &generic));
    for (size_t set = 0; rd_kernels_name(set); set++) {
        assert_true(rd_kernels_for(rd_kernels_name(set), &kernels));
        for (size_t i = 0; i < LENGTHS; i++) {
            world_reset(&mine, i);
            world_reset(&theirs, i);
            work(&kernels, &mine, lengths[i]);
            work(&generic, &theirs, lengths[i]);
            mine.used += 64;
            const double error = world_difference(&mine, &theirs);
            if (!(error <= limit)) fail_msg("%s, length %zu: %g", kernels.isa, lengths[i], error);
        }
    }
}

static void flat_work(const rd_kernels *kernels, world *w, size_t n)
{
    rd_real *a = world_rows(w, 1, n, NULL), *b = world_rows(w, 1, n, NULL), *c = world_rows(w, 1, n, NULL);
    rd_real *d = world_rows(w, 1, n, NULL), *e = world_rows(w, 1, 1, NULL);
    kernels->axpy(n, RD_C(0.3), a, b);
    kernels->multiply_add(n, a, b, c, d);
    kernels->multiply_add(n, a, b, c, c);
    kernels->scale(n, RD_C(-1.7), a);
    kernels->clamp(n, RD_C(0.6), b);
    *e = (rd_real)kernels->sum_squares(n, d) + kernels->dot(n, a, d);
}

static void flat_loops_agree_with_generic(void **state)
{
    (void)state;
    compare(flat_work, 1e-6);
}

static void softmax_work(const rd_kernels *kernels, world *w, size_t n)
{
    enum { ROWS = 4 };
    size_t stride;
    rd_real *z = world_rows(w, ROWS, n, &stride), *loss = world_rows(w, 1, ROWS, NULL);
    rd_real *weight = world_rows(w, 1, ROWS, NULL), *scale = world_rows(w, 1, ROWS, NULL);
    double sums[ROWS];
    const int32_t target[ROWS] = {0, -1, (int32_t)n - 1, (int32_t)n / 2};
    if (n == 0) return;
    for (int gradient = 0; gradient < 2; gradient++) {
        kernels->softmax(&(rd_softmax_args){.rows = ROWS,
                                            .classes = n,
                                            .logits = z,
                                            .stride = stride,
                                            .target = target,
                                            .weight = weight,
                                            .smooth = RD_C(0.1),
                                            .scale = scale,
                                            .gradient = gradient,
                                            .loss = sums});
        for (int r = 0; r < ROWS; r++)
            loss[r] = (rd_real)sums[r];
    }
}

static void softmax_agrees_with_generic(void **state)
{
    (void)state;
    compare(softmax_work, 2e-6);
}

static void softmax_gives_the_formula_and_survives_large_logits(void **state)
{
    (void)state;
    rd_kernels kernels;
    for (size_t set = 0; rd_kernels_name(set); set++) {
        assert_true(rd_kernels_for(rd_kernels_name(set), &kernels));
        rd_real z[2][3] = {{1, 2, RD_C(3.5)}, {RD_C(1000.0), RD_C(-1000.0), RD_C(998.0)}};
        const int32_t target[2] = {1, 0};
        double loss[2];
        rd_softmax_args s = {
            .rows = 2, .classes = 3, .logits = z[0], .stride = 3, .target = target, .loss = loss};
        kernels.softmax(&s);
        assert_true(z[0][0] == 1 && z[1][2] == RD_C(998.0)); /* asked for no gradient */
        const double sum = exp(1) + exp(2) + exp(3.5);
        assert_true(fabs(loss[0] - (log(sum) - 2)) < 1e-6);
        assert_true(fabs(loss[1] - log1p(exp(-2))) < 1e-6);
        s.gradient = 1;
        kernels.softmax(&s);
        assert_true(fabs((double)z[0][0] - exp(1) / sum) < 1e-6);
        assert_true(fabs((double)z[0][1] - (exp(2) / sum - 1)) < 1e-6);
        assert_true(fabs((double)z[1][2] - exp(-2) / (1 + exp(-2))) < 1e-6);
    }
}

static rd_update_args update_args(world *w, size_t n)
{
    return (rd_update_args){.n = n,
                            .w = world_rows(w, 1, n, NULL),
                            .g = world_rows(w, 1, n, NULL),
                            .slot = {world_rows(w, 1, n, NULL), world_rows(w, 1, n, NULL)},
                            .rate = RD_C(0.01),
                            .momentum = RD_C(0.9),
                            .alpha = RD_C(0.99),
                            .beta1 = RD_C(0.9),
                            .beta2 = RD_C(0.999),
                            .epsilon = RD_C(1e-8),
                            .decay = RD_C(0.02),
                            .correction1 = RD_C(1.5),
                            .correction2 = RD_C(3.0),
                            .grad_scale = RD_C(0.5)};
}

static void update_work(const rd_kernels *kernels, world *w, size_t n)
{
    for (int optimizer = 0; optimizer < RD_OPTIMIZERS; optimizer++)
        for (int nesterov = 0; nesterov < 2; nesterov++) {
            rd_update_args args = update_args(w, n);
            args.nesterov = nesterov;
            for (size_t i = 0; i < n; i++) { /* sums of squares are never negative */
                args.slot[0][i] = (rd_real)fabs((double)args.slot[0][i]);
                args.slot[1][i] = (rd_real)fabs((double)args.slot[1][i]);
            }
            kernels->update[optimizer](&args);
        }
}

static void updates_agree_with_generic(void **state)
{
    (void)state;
    compare(update_work, 2e-6);
}

/* Two steps of every optimiser on one weight, as their papers and PyTorch's documentation have them, in
 * double. */
static double two_steps(int optimizer, int nesterov, double w, double g)
{
    const double rate = 0.01, mu = 0.9, alpha = 0.99, b1 = 0.9, b2 = 0.999, epsilon = 1e-8, decay = 0.02;
    double s = 0, m = 0, v = 0;
    for (int step = 1; step <= 2; step++) {
        const double d = optimizer == RD_OPTIMIZER_adamw ? g : g + decay * w;
        m = b1 * m + (1 - b1) * d;
        v = b2 * v + (1 - b2) * d * d;
        const double adam = rate * (m / (1 - pow(b1, step))) / (sqrt(v / (1 - pow(b2, step))) + epsilon);
        switch (optimizer) {
        case RD_OPTIMIZER_sgd:
            w -= rate * d;
            break;
        case RD_OPTIMIZER_momentum:
            s = mu * s + d;
            w -= rate * (nesterov ? d + mu * s : s);
            break;
        case RD_OPTIMIZER_rmsprop:
            s = alpha * s + (1 - alpha) * d * d;
            w -= rate * d / (sqrt(s) + epsilon);
            break;
        case RD_OPTIMIZER_adagrad:
            s += d * d;
            w -= rate * d / (sqrt(s) + epsilon);
            break;
        case RD_OPTIMIZER_adam:
            w -= adam;
            break;
        default:
            w = w - rate * decay * w - adam;
            break;
        }
    }
    return w;
}

static void updates_give_the_formulas_of_their_papers(void **state)
{
    (void)state;
    rd_kernels kernels;
    for (size_t set = 0; rd_kernels_name(set); set++) {
        assert_true(rd_kernels_for(rd_kernels_name(set), &kernels));
        for (int optimizer = 0; optimizer < RD_OPTIMIZERS; optimizer++)
            for (int nesterov = 0; nesterov < 2; nesterov++) {
                static world w;
                world_reset(&w, 1);
                rd_update_args args = update_args(&w, 1);
                args.nesterov = nesterov;
                args.slot[0][0] = args.slot[1][0] = 0;
                const double expected =
                    two_steps(optimizer, nesterov, (double)args.w[0], 0.5 * (double)args.g[0]);
                for (int step = 1; step <= 2; step++) {
                    args.correction1 = (rd_real)(1 / (1 - pow((double)args.beta1, step)));
                    args.correction2 = (rd_real)(1 / (1 - pow((double)args.beta2, step)));
                    kernels.update[optimizer](&args);
                }
                assert_true(fabs((double)args.w[0] - expected) < 1e-6);
            }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flat_loops_agree_with_generic),
        cmocka_unit_test(softmax_agrees_with_generic),
        cmocka_unit_test(softmax_gives_the_formula_and_survives_large_logits),
        cmocka_unit_test(updates_agree_with_generic),
        cmocka_unit_test(updates_give_the_formulas_of_their_papers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
