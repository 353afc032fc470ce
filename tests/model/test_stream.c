/* Single steps of one sequence: every cell and option against the double core and against the forward pass,
 * the same bits for any number of threads, narrow weights within their limits, no allocation, states side by
 * side. */
#include "../layers/layer_help.h"

#include "model/narrow.h"

#include <pthread.h>
#include <stdlib.h>

/* The double core under its own names: the same functions on doubles. */
typedef struct wide_device wide_device;
typedef struct wide_options wide_options;
typedef struct wide_model wide_model;
typedef struct wide_state wide_state;
rondo_status r64_rondo_device_open(const char *, int, wide_device **, rondo_error *);
void r64_rondo_device_close(wide_device *);
rondo_status r64_rondo_options_new(wide_options **, rondo_error *);
void r64_rondo_options_free(wide_options *);
rondo_status r64_rondo_model_new(wide_device *, const wide_options *, const char *, const rondo_size *,
                                 size_t, wide_model **, rondo_error *);
rondo_view r64_rondo_model_params(wide_model *);
void r64_rondo_model_changed(wide_model *);
void r64_rondo_model_free(wide_model *);
rondo_status r64_rondo_state_new(const wide_model *, size_t, wide_state **, rondo_error *);
void r64_rondo_state_free(wide_state *);
rondo_status r64_rondo_step(const wide_model *, wide_state *, rondo_view, rondo_view, rondo_error *);

enum { STEPS = 128, MOST_H = 128, SYMBOLS = 11 };

/* What is set of a cell; size comes before. `symbols`: the layer reads one-hot symbols. */
static const struct cell_row {
    const char *kind, *settings;
    int symbols;
} cells[] = {
    {"rnn", "", 0},
    {"rnn", ", nonlinearity=relu", 0},
    {"rnn", ", norm=1", 0},
    {"rnn", ", bias=none", 1},
    {"gru_simple", "", 0},
    {"gru_simple", ", norm=1, index=before", 0},
    {"gru", "", 0},
    {"gru", "", 1},
    {"gru", ", norm=1", 0},
    {"gru", ", zoneout_h=0.3, index=before", 0},
    {"gru", ", reset=before", 0},
    {"gru", ", reset=before, norm=1", 0},
    {"gru", ", reset=before, bias=none, clip_preact=0.4, zoneout_h=0.2", 1},
    {"lstm", "", 0},
    {"lstm", "", 1},
    {"lstm", ", coupled=1", 0},
    {"lstm", ", peephole=1", 0},
    {"lstm", ", peephole=1, coupled=1", 0},
    {"lstm", ", candidate=cell", 0},
    {"lstm", ", candidate=cell, coupled=1", 0},
    {"lstm", ", candidate=cell, peephole=1", 0},
    {"lstm", ", candidate=cell, peephole=1, coupled=1", 0},
    {"lstm", ", output=linear", 0},
    {"lstm", ", output=linear, coupled=1", 0},
    {"lstm", ", output=linear, peephole=1", 0},
    {"lstm", ", output=linear, peephole=1, coupled=1", 0},
    {"lstm", ", output=linear, candidate=cell", 0},
    {"lstm", ", output=linear, candidate=cell, coupled=1", 0},
    {"lstm", ", output=linear, candidate=cell, peephole=1", 0},
    {"lstm", ", output=linear, candidate=cell, peephole=1, coupled=1", 0},
    {"lstm", ", norm=1", 0},
    {"lstm", ", norm=1, coupled=1", 0},
    {"lstm", ", norm=1, peephole=1", 0},
    {"lstm", ", norm=1, candidate=cell, peephole=1, coupled=1", 0},
    {"lstm", ", norm=1, output=linear", 0},
    {"lstm", ", norm=1, output=linear, candidate=cell", 0},
    {"lstm", ", proj=5", 0},
    {"lstm", ", proj=5, norm=1, start=learned", 0},
    {"lstm", ", proj=3, peephole=1, zoneout_h=0.2, zoneout_c=0.1, index=before", 0},
    {"lstm", ", clip_cell=0.1, clip_preact=0.5, zoneout_c=0.4, start=learned", 0},
    {"lstm", ", candidate=cell, zoneout_h=0.5, zoneout_c=0.2, start=learned", 1},
};
enum { CELLS = sizeof cells / sizeof cells[0] };
static const size_t sizes_of_h[] = {1, 7, 17, 33, 128};
enum { SIZES = sizeof sizes_of_h / sizeof sizes_of_h[0] };

static uint64_t seed;

static double uniform(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(seed >> 11) / 4503599627370496.0 - 1;
}

static double normal(void)
{
    double sum = 0;
    for (int i = 0; i < 12; i++)
        sum += uniform() / 2;
    return sum;
}

/* Inputs and the outputs of one run of STEPS steps. */
typedef struct run {
    double x[STEPS][MOST_H], wide[STEPS][MOST_H];
    rd_real out[STEPS][MOST_H];
    int32_t symbol[STEPS];
    size_t width, inputs;
    int symbols;
} run;
static run shared;

static void model_text(const struct cell_row *c, size_t H, char *text, size_t room)
{
    (void)snprintf(text, room, "f = %s(x, size=%zu%s)\n", c->kind, H, c->settings);
}

/* A model of the cell with all parameters within 1/sqrt(H). */
static void open_cell(bench *b, const struct cell_row *c, size_t H, int threads)
{
    char text[256];
    const rondo_size size = {"x", c->symbols ? SYMBOLS : H, c->symbols};
    rondo_view view;
    model_text(c, H, text, sizeof text);
    bench_open(b, threads, "");
    works(b, rondo_model_new(b->device, b->options, text, &size, 1, &b->model, &b->error));
    seed = 7 + H;
    for (size_t i = 0; rondo_model_param(b->model, i, &view, NULL) == RONDO_OK; i++) {
        rd_real *numbers = view.data;
        for (size_t k = 0; k < view.shape[0] * (view.rank > 1 ? view.shape[1] : 1); k++)
            numbers[k] = (rd_real)(uniform() / sqrt((double)H));
    }
    rondo_model_changed(b->model);
    shared.width = b->model->layer[0].out.width;
    shared.symbols = c->symbols;
    shared.inputs = H;
    for (size_t t = 0; t < STEPS; t++) {
        shared.symbol[t] = (int32_t)((uniform() + 1) / 2 * SYMBOLS);
        for (size_t j = 0; j < H; j++)
            shared.x[t][j] = (double)(rd_real)normal();
    }
}

static rondo_view view_of(void *data, size_t rows, size_t width, int symbols)
{
    return (rondo_view){.data = data,
                        .type = symbols ? RONDO_INT32 : RONDO_REAL,
                        .rank = symbols ? 1 : 2,
                        .shape = {rows, width},
                        .stride = symbols ? 1 : width};
}

/* Runs the state through the inputs, with allocations trapped. */
static void walk_some(bench *b, rondo_state *s, size_t steps, rd_real out[STEPS][MOST_H])
{
    rd_real x[MOST_H];
    for (size_t t = 0; t < steps; t++) {
        for (size_t j = 0; j < shared.inputs; j++)
            x[j] = (rd_real)shared.x[t][j];
        rd_memory_trap(1);
        works(b, rondo_step(b->model, s,
                            shared.symbols ? view_of(&shared.symbol[t], 1, 1, 1)
                                           : view_of(x, 1, shared.inputs, 0),
                            view_of(out[t], 1, shared.width, 0), &b->error));
        rd_memory_trap(0);
    }
}

static void walk(bench *b, rondo_state *s, rd_real out[STEPS][MOST_H])
{
    walk_some(b, s, STEPS, out);
}

static void walk_fresh(bench *b, rd_real out[STEPS][MOST_H])
{
    rondo_state *s;
    works(b, rondo_state_new(b->model, 1, &s, &b->error));
    walk(b, s, out);
    rondo_state_free(s);
}

/* The same in double; as the first of two sequences, which are not stepped as one is. */
static void walk_wide(bench *b, const struct cell_row *c, size_t H)
{
    char text[256];
    const rondo_size size = {"x", c->symbols ? SYMBOLS : H, c->symbols};
    wide_device *device;
    wide_options *options;
    wide_model *model;
    wide_state *s;
    model_text(c, H, text, sizeof text);
    works(b, r64_rondo_device_open("cpu", 1, &device, &b->error));
    works(b, r64_rondo_options_new(&options, &b->error));
    works(b, r64_rondo_model_new(device, options, text, &size, 1, &model, &b->error));
    rondo_view to = r64_rondo_model_params(model);
    assert_true(to.shape[0] == b->model->numbers);
    for (size_t i = 0; i < b->model->numbers; i++)
        ((double *)to.data)[i] = (double)b->model->params[i];
    r64_rondo_model_changed(model);
    works(b, r64_rondo_state_new(model, 2, &s, &b->error));
    for (size_t t = 0; t < STEPS; t++) {
        double x[2][MOST_H] = {{0}}, out[2][MOST_H];
        int32_t symbol[2] = {shared.symbol[t], 0};
        memcpy(x[0], shared.x[t], H * sizeof(double));
        rondo_view in = shared.symbols ? view_of(symbol, 2, 1, 1) : view_of(x, 2, H, 0),
                   y = view_of(out, 2, shared.width, 0);
        if (!shared.symbols) in.stride = MOST_H;
        y.stride = MOST_H;
        works(b, r64_rondo_step(model, s, in, y, &b->error));
        memcpy(shared.wide[t], out[0], shared.width * sizeof(double));
    }
    r64_rondo_state_free(s);
    r64_rondo_model_free(model);
    r64_rondo_options_free(options);
    r64_rondo_device_close(device);
}

static double worst_error(void)
{
    double worst = 0, most = 1;
    for (size_t t = 0; t < STEPS; t++)
        for (size_t j = 0; j < shared.width; j++) {
            worst = fmax(worst, fabs((double)shared.out[t][j] - shared.wide[t][j]));
            most = fmax(most, fabs(shared.wide[t][j]));
        }
    return worst / most;
}

/* Layer norm of a few numbers divides by their difference, which may be as small as it likes. */
static int is_ill_posed(const struct cell_row *c, size_t H)
{
    return H == 1 && strstr(c->settings, "norm=1");
}

static void f32_steps_are_within_the_limit_of_the_double_core(void **state)
{
    (void)state;
    for (size_t i = 0; i < CELLS; i++)
        for (size_t k = 0; k < SIZES; k++) {
            bench b;
            if (is_ill_posed(&cells[i], sizes_of_h[k])) continue;
            open_cell(&b, &cells[i], sizes_of_h[k], 1);
            walk_wide(&b, &cells[i], sizes_of_h[k]);
            walk_fresh(&b, shared.out);
            const double error = worst_error();
            if (!(error <= 3e-6))
                fail_msg("%s%s%s, size %zu: %g", cells[i].kind, cells[i].settings,
                         cells[i].symbols ? ", symbols" : "", sizes_of_h[k], error);
            bench_close(&b);
        }
}

static double rms_error(void)
{
    double sum = 0;
    for (size_t t = 0; t < STEPS; t++)
        for (size_t j = 0; j < shared.width; j++)
            sum += ((double)shared.out[t][j] - shared.wide[t][j]) *
                   ((double)shared.out[t][j] - shared.wide[t][j]);
    return sqrt(sum / (double)(STEPS * shared.width));
}

/* Against the double core with the weights as they were before. */
static void narrow_steps_are_within_their_limits_of_the_double_core(void **state)
{
    static const struct {
        const char *weights;
        double limit;
    } kinds[] = {{"bf16", 1e-3}, {"int8", 5e-3}};
    int good = 1;
    (void)state;
    for (size_t i = 0; i < CELLS; i++)
        for (size_t k = 0; k < SIZES; k++) {
            bench b;
            if (strstr(cells[i].settings, "norm=1") && sizes_of_h[k] < 17) continue; /* see is_ill_posed */
            open_cell(&b, &cells[i], sizes_of_h[k], 1);
            walk_wide(&b, &cells[i], sizes_of_h[k]);
            bench_close(&b);
            for (size_t n = 0; n < 2; n++) {
                open_cell(&b, &cells[i], sizes_of_h[k], 1);
                works(&b, rondo_quantize(b.model, kinds[n].weights, &b.error));
                walk_fresh(&b, shared.out);
                if (!(rms_error() <= kinds[n].limit))
                    good = 0, fprintf(stderr, "%s: %s%s%s, size %zu: %g\n", kinds[n].weights, cells[i].kind,
                                      cells[i].settings, cells[i].symbols ? ", symbols" : "", sizes_of_h[k],
                                      rms_error());
                bench_close(&b);
            }
        }
    assert_true(good);
}

static void same_bits(const char *weights)
{
    static rd_real alone[STEPS][MOST_H];
    static const int threads[] = {1, 2, 3, 8};
    for (size_t i = 0; i < CELLS; i++)
        for (size_t k = 0; k < sizeof threads / sizeof threads[0]; k++) {
            bench b;
            rondo_state *s;
            open_cell(&b, &cells[i], MOST_H, threads[k]);
            works(&b, rondo_quantize(b.model, weights, &b.error));
            memset(shared.out, 0, sizeof shared.out);
            works(&b, rondo_state_new(b.model, 1, &s, &b.error));
            walk_some(&b, s, 9, shared.out); /* few: threads may be more than processors */
            rondo_state_free(s);
            if (k == 0) memcpy(alone, shared.out, sizeof alone);
            if (memcmp(alone, shared.out, sizeof alone) != 0)
                fail_msg("%s%s with %s weights and %d threads", cells[i].kind, cells[i].settings, weights,
                         threads[k]);
            bench_close(&b);
        }
}

static void steps_have_the_same_bits_for_any_number_of_threads(void **state)
{
    (void)state;
    same_bits("f32");
    same_bits("bf16");
    same_bits("int8");
}

static void quantizing_twice_changes_nothing(void **state)
{
    static const char *const kinds[] = {"bf16", "int8"};
    (void)state;
    for (size_t n = 0; n < 2; n++) {
        bench b;
        open_cell(&b, &cells[13], 33, 1);
        works(&b, rondo_quantize(b.model, kinds[n], &b.error));
        rd_real *once = calloc(b.model->numbers, sizeof *once);
        assert_non_null(once);
        memcpy(once, b.model->params, b.model->numbers * sizeof *once);
        b.model->weights = RD_WEIGHTS_F32;
        works(&b, rondo_quantize(b.model, kinds[n], &b.error));
        assert_memory_equal(once, b.model->params, b.model->numbers * sizeof *once);
        free(once);
        bench_close(&b);
    }
}

static void what_cannot_be_narrow_is_named_and_left_alone(void **state)
{
    bench b;
    (void)state;
    bench_open(&b, 1, "");
    bench_model(&b, "f = lstm(x, size=5)\nj = minlstm(f, size=5)\nl = softmax(j, y)\n");
    rd_real before = b.model->params[0];
    assert_int_equal(rondo_quantize(b.model, "int8", &b.error), RONDO_BAD_ARGUMENT);
    assert_non_null(strstr(b.error.message, "layer \"j\" (minlstm) cannot have int8 weights"));
    assert_int_equal(rondo_quantize(b.model, "int4", &b.error), RONDO_BAD_ARGUMENT);
    assert_true(b.model->params[0] == before);
    assert_string_equal(rondo_model_weights(b.model), "f32");
    bench_model(&b, "f = lstm(x, size=5)\nl = softmax(f, y)\n");
    works(&b, rondo_quantize(b.model, "bf16", &b.error));
    assert_int_equal(rondo_quantize(b.model, "int8", &b.error), RONDO_BAD_ARGUMENT);
    bench_fill(&b);
    assert_int_equal(rondo_model_forward(b.model, NULL, b.batch, RONDO_TRAIN, NULL, &b.error),
                     RONDO_BAD_ARGUMENT);
    assert_non_null(strstr(b.error.message, "bf16, which cannot be trained"));
    bench_close(&b);
}

static void a_state_from_before_quantizing_is_stale(void **state)
{
    bench b;
    rondo_state *s;
    rd_real x[33] = {0}, out[33];
    (void)state;
    open_cell(&b, &cells[13], 33, 1);
    works(&b, rondo_state_new(b.model, 1, &s, &b.error));
    works(&b, rondo_quantize(b.model, "int8", &b.error));
    for (int i = 0; i < 2; i++) {
        rondo_state *other = NULL;
        assert_int_equal(rondo_step(b.model, s, view_of(x, 1, 33, 0), view_of(out, 1, 33, 0), &b.error),
                         RONDO_BAD_ARGUMENT);
        if (i == 0) works(&b, rondo_state_new(b.model, 1, &other, &b.error));
        rondo_state_free(other);
    }
    rondo_state_free(s);
    bench_close(&b);
}

/* Layers of all kinds above each other, wide enough for a team. */
static const char tower[] =
    "e = embedding(s, size=40)\nd = dropout(e, p=0.5)\na = lstm(d, size=150, proj=70)\n"
    "q = mingru(a, size=90)\nj = concat(a, q)\ng = gru(j, size=130, reset=before)\n"
    "k = dense(g, size=300, act=tanh)\nout = dense(k, size=33)\n";

static void open_tower(bench *b, int threads)
{
    bench_open(b, threads, "");
    bench_model(b, tower);
}

static void step_tower(const rondo_model *model, rondo_state *s, size_t t, rd_real *out, rondo_status *status)
{
    int32_t symbol = (int32_t)(t * 5 % BENCH_SYMBOLS);
    *status = rondo_step(model, s, view_of(&symbol, 1, 1, 1), view_of(out, 1, 33, 0), NULL);
}

static void towers_of_layers_step_as_they_run_forward(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 3; threads++) {
        bench b;
        rondo_view output;
        rondo_state *s;
        int32_t symbol[40];
        const int32_t *of = symbol;
        const size_t length = 40;
        open_tower(&b, threads);
        for (size_t t = 0; t < length; t++)
            symbol[t] = (int32_t)(t * 5 % BENCH_SYMBOLS);
        works(&b,
              rondo_batch_put(b.batch, "s", &(rondo_sequences){.count = 1, .length = &length, .symbols = &of},
                              &b.error));
        works(&b, rondo_model_forward(b.model, NULL, b.batch, RONDO_USE, &output, &b.error));
        works(&b, rondo_state_new(b.model, 1, &s, &b.error));
        for (size_t t = 0; t < length; t++) {
            rd_real out[33];
            rondo_status status;
            rd_memory_trap(1);
            step_tower(b.model, s, t, out, &status);
            rd_memory_trap(0);
            assert_int_equal(status, RONDO_OK);
            for (size_t j = 0; j < 33; j++)
                assert_true(fabs((double)(out[j] - ((const rd_real *)output.data)[t * output.stride + j])) <=
                            3e-6);
        }
        rondo_state_free(s);
        bench_close(&b);
    }
}

typedef struct stepper {
    const rondo_model *model;
    rd_real out[200][33];
    int good;
} stepper;

static void *step_on(void *context)
{
    stepper *w = context;
    rondo_state *s;
    rondo_status status = rondo_state_new(w->model, 1, &s, NULL);
    for (size_t t = 0; t < 200 && status == RONDO_OK; t++)
        step_tower(w->model, s, t, w->out[t], &status);
    w->good = status == RONDO_OK;
    rondo_state_free(s);
    return NULL;
}

/* The team belongs to whoever takes it; the others step alone, with the same bits. The panels are made by the
 * first. */
static void states_of_one_const_model_step_side_by_side(void **state)
{
    enum { WALKERS = 2 };
    static stepper alone, walkers[WALKERS];
    pthread_t thread[WALKERS];
    bench b;
    (void)state;
    open_tower(&b, 2);
    for (size_t i = 0; i < WALKERS; i++) {
        walkers[i].model = b.model;
        assert_int_equal(pthread_create(&thread[i], NULL, step_on, &walkers[i]), 0);
    }
    for (size_t i = 0; i < WALKERS; i++)
        assert_int_equal(pthread_join(thread[i], NULL), 0);
    alone.model = b.model;
    (void)step_on(&alone);
    assert_true(alone.good);
    for (size_t i = 0; i < WALKERS; i++) {
        assert_true(walkers[i].good);
        assert_memory_equal(walkers[i].out, alone.out, sizeof alone.out);
    }
    bench_close(&b);
}

static void a_state_goes_on_from_a_copy_and_begins_again_after_a_reset(void **state)
{
    static rd_real first[STEPS][MOST_H], again[STEPS][MOST_H];
    bench b;
    rondo_state *s, *copy;
    (void)state;
    open_cell(&b, &cells[CELLS - 1], 33, 1);
    works(&b, rondo_state_new(b.model, 1, &s, &b.error));
    works(&b, rondo_state_new(b.model, 1, &copy, &b.error));
    walk(&b, s, first);
    works(&b, rondo_state_copy(copy, s, &b.error));
    walk(&b, s, again);
    assert_memory_not_equal(first, again, sizeof first);
    walk(&b, copy, first);
    assert_memory_equal(first, again, sizeof first);
    rondo_state_reset(s, 0);
    rondo_state_reset(copy, 0);
    walk(&b, s, first);
    walk_fresh(&b, again);
    assert_memory_equal(first, again, sizeof first);
    rondo_state_free(s);
    rondo_state_free(copy);
    bench_close(&b);
}

static void a_nan_stays_a_nan(void **state)
{
    bench b;
    rondo_state *s;
    rd_real x[33] = {[20] = (rd_real)NAN}, out[33];
    (void)state;
    for (size_t n = 0; n < 3; n++) {
        open_cell(&b, &cells[13], 33, 1);
        works(&b, rondo_quantize(b.model, rd_weights_names[n], &b.error));
        works(&b, rondo_state_new(b.model, 1, &s, &b.error));
        works(&b, rondo_step(b.model, s, view_of(x, 1, 33, 0), view_of(out, 1, 33, 0), &b.error));
        for (size_t j = 0; j < 33; j++)
            assert_true(isnan(out[j]));
        rondo_state_free(s);
        bench_close(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(f32_steps_are_within_the_limit_of_the_double_core),
        cmocka_unit_test(narrow_steps_are_within_their_limits_of_the_double_core),
        cmocka_unit_test(quantizing_twice_changes_nothing),
        cmocka_unit_test(what_cannot_be_narrow_is_named_and_left_alone),
        cmocka_unit_test(a_state_from_before_quantizing_is_stale),
        cmocka_unit_test(steps_have_the_same_bits_for_any_number_of_threads),
        cmocka_unit_test(towers_of_layers_step_as_they_run_forward),
        cmocka_unit_test(states_of_one_const_model_step_side_by_side),
        cmocka_unit_test(a_state_goes_on_from_a_copy_and_begins_again_after_a_reset),
        cmocka_unit_test(a_nan_stays_a_nan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
