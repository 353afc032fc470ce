/* The backward equation of every cell, phase by phase, against central differences in double, on every
 * instruction set, with and without clamps. What lies between two phases (a product, a normalisation) is a
 * line through each unit here: SLOPE times what was emitted. */
#include "kernels/kernels.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum {
    ROWS = 2,
    HIDDEN = 5,
    N = ROWS * HIDDEN,
    MAX_INPUTS = (2 * RD_MAX_GATES + RD_MAX_STATES + RD_MAX_PARAMS) * N
};

static const double SLOPE = 0.7;

/* Everything a step reads, in one array, so that any number of it can be moved: ax, ah, prev by state, param.
 */
typedef struct inputs {
    double x[MAX_INPUTS];
} inputs;

typedef struct problem {
    const rd_kernels *kernels;
    rd_cell_id cell;
    const rd_cell_info *info;
    double clip_cell, clip_preact;
    double weight[RD_MAX_STATES * N]; /* of next in the functional */
} problem;

static uint64_t stir;

static double random_number(void) /* in [-1, 1) */
{
    stir = stir * 6364136223846793005U + 1442695040888963407U;
    return (double)(int64_t)stir * ldexp(1, -63);
}

static size_t ah_at(const problem *p)
{
    return (size_t)p->info->gates * N;
}
static size_t prev_at(const problem *p)
{
    return 2 * ah_at(p);
}
static size_t param_at(const problem *p)
{
    return prev_at(p) + (size_t)p->info->states * N;
}
static size_t inputs_of(const problem *p)
{
    return param_at(p) + (size_t)p->info->params * HIDDEN;
}

/* The arrays of one step, and the step that points at them. */
typedef struct stage {
    inputs in;
    double saved[RD_MAX_SAVED * N], emit[N], normed[N], next[RD_MAX_STATES * N];
    rd_cell_step step;
} stage;

static void stage_init(stage *s, const problem *p, const inputs *in)
{
    *s = (stage){.in = *in};
    const size_t gates = (size_t)p->info->gates * HIDDEN;
    s->step = (rd_cell_step){.rows = ROWS,
                             .hidden = HIDDEN,
                             .ax = s->in.x,
                             .ax_stride = gates,
                             .ah = s->in.x + ah_at(p),
                             .ah_stride = gates,
                             .param = s->in.x + param_at(p),
                             .saved = s->saved,
                             .saved_stride = (size_t)p->info->saved * HIDDEN,
                             .emit = s->emit,
                             .emit_stride = HIDDEN,
                             .normed = s->normed,
                             .normed_stride = HIDDEN,
                             .clip_cell = p->clip_cell,
                             .clip_preact = p->clip_preact};
    for (int k = 0; k < p->info->states; k++) {
        s->step.prev[k] = s->in.x + prev_at(p) + (size_t)k * N;
        s->step.next[k] = s->next + k * N;
        s->step.prev_stride[k] = s->step.next_stride[k] = HIDDEN;
    }
}

/* The gate that reads what was emitted, as an index into the gates of one row. */
static size_t reader_at(const problem *p, int row, int unit)
{
    return (size_t)(row * p->info->gates + p->info->phase[1].product[0].gate) * HIDDEN + (size_t)unit;
}

/* The weighted sum of the new states. */
static double forward(stage *s, const problem *p)
{
    p->kernels->cell_forward[p->cell][0](&s->step);
    if (p->info->phases == 2) {
        for (int i = 0; i < N; i++)
            if (p->info->phase[1].normalise)
                s->normed[i] = SLOPE * s->emit[i];
            else
                s->in.x[ah_at(p) + reader_at(p, i / HIDDEN, i % HIDDEN)] += SLOPE * s->emit[i];
        p->kernels->cell_forward[p->cell][1](&s->step);
    }
    double sum = 0;
    for (int i = 0; i < p->info->states * N; i++)
        sum += p->weight[i] * s->next[i];
    return sum;
}

/* The gradient of forward's sum by every input. */
static void backward(stage *s, const problem *p, inputs *d)
{
    double d_emit[N], d_normed[N];
    const size_t gates = (size_t)p->info->gates * HIDDEN;
    memset(d, 0, sizeof *d);
    rd_cell_step_grad g = {.forward = s->step,
                           .d_emit = d_emit,
                           .d_emit_stride = HIDDEN,
                           .d_ax = d->x,
                           .d_ax_stride = gates,
                           .d_ah = d->x + ah_at(p),
                           .d_ah_stride = gates,
                           .d_param = d->x + param_at(p),
                           .d_normed = d_normed,
                           .d_normed_stride = HIDDEN};
    g.forward.ax = g.forward.ah = NULL;
    for (int k = 0; k < p->info->states; k++) {
        g.d_next[k] = p->weight + k * N;
        g.d_prev[k] = d->x + prev_at(p) + (size_t)k * N;
        g.d_next_stride[k] = g.d_prev_stride[k] = HIDDEN;
    }
    if (p->info->phases == 2) {
        p->kernels->cell_backward[p->cell][1](&g);
        for (int i = 0; i < N; i++)
            d_emit[i] = SLOPE * (p->info->phase[1].normalise ? d_normed[i]
                                                             : g.d_ah[reader_at(p, i / HIDDEN, i % HIDDEN)]);
    }
    p->kernels->cell_backward[p->cell][0](&g);
}

/* The largest relative error over all inputs, with 1e-3 as the least size. */
static double worst_error(const problem *p)
{
    inputs in, d;
    stage s;
    for (size_t i = 0; i < MAX_INPUTS; i++)
        in.x[i] = 1.5 * random_number();
    stage_init(&s, p, &in);
    (void)forward(&s, p);
    backward(&s, p, &d);
    double worst = 0;
    for (size_t i = 0; i < inputs_of(p); i++) {
        const double h = 1e-5;
        inputs moved = in;
        moved.x[i] = in.x[i] + h;
        stage_init(&s, p, &moved);
        const double up = forward(&s, p);
        moved.x[i] = in.x[i] - h;
        stage_init(&s, p, &moved);
        const double numeric = (up - forward(&s, p)) / (2 * h);
        const double error = fabs(numeric - d.x[i]) / fmax(1e-3, fmax(fabs(numeric), fabs(d.x[i])));
        worst = fmax(worst, error);
    }
    return worst;
}

static void check_all(double clip_cell, double clip_preact)
{
    double worst = 0;
    for (size_t set = 0; rd_kernels_name(set); set++) {
        rd_kernels kernels;
        assert_true(rd_kernels_for(rd_kernels_name(set), &kernels));
        for (int cell = 0; cell < RD_CELLS; cell++) {
            stir = (uint64_t)cell;
            problem p = {.kernels = &kernels,
                         .cell = (rd_cell_id)cell,
                         .info = &rd_cells[cell],
                         .clip_cell = clip_cell,
                         .clip_preact = clip_preact};
            for (size_t i = 0; i < RD_MAX_STATES * N; i++)
                p.weight[i] = random_number();
            const double error = worst_error(&p);
            if (!(error <= 1e-7)) fail_msg("%s, %s: relative error %g", kernels.isa, p.info->name, error);
            worst = fmax(worst, error);
        }
    }
    print_message("worst relative error %.2g\n", worst);
}

static void backward_equations_agree_with_central_differences(void **state)
{
    (void)state;
    check_all(0, 0);
}

static void gradients_are_zero_where_a_value_is_clamped(void **state)
{
    (void)state;
    check_all(0.4, 0);
    check_all(0, 0.9);
    check_all(0.3, 1.1);
}

static void the_lstm_rows_stand_in_the_order_of_their_switches(void **state)
{
    (void)state;
    for (int bits = 0; bits < 32; bits++) {
        const int linear = bits >> 4 & 1, candidate = bits >> 3 & 1, peephole = bits >> 2 & 1,
                  coupled = bits >> 1 & 1;
        const rd_cell_info *info = &rd_cells[rd_cell_lstm(linear, candidate, peephole, coupled, bits & 1)];
        assert_int_equal(strncmp(info->name, "lstm", 4), 0);
        assert_int_equal(strstr(info->name, "linear") != NULL, linear);
        assert_int_equal(strstr(info->name, "cell") != NULL, candidate);
        assert_int_equal(strstr(info->name, "peephole") != NULL, peephole);
        assert_int_equal(strstr(info->name, "coupled") != NULL, coupled);
        assert_int_equal(strstr(info->name, "norm") != NULL, bits & 1);
        assert_int_equal(info->gates, 4 - coupled);
        assert_int_equal((int)strlen(info->gate_names), info->gates);
        assert_int_equal(info->params, peephole * (3 - coupled));
        assert_int_equal(info->phases, 1 + (bits & 1));
        assert_int_equal(info->phase[0].products, 1 + candidate);
        if (candidate) assert_int_equal(info->gate_names[info->phase[0].product[1].gate], 'g');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(backward_equations_agree_with_central_differences),
        cmocka_unit_test(gradients_are_zero_where_a_value_is_clamped),
        cmocka_unit_test(the_lstm_rows_stand_in_the_order_of_their_switches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
