/* Masks, noise, clipping, names and refusals of recurrent layers, on networks small enough to count by hand.
 */
#include "layers/recurrent_bench.h"

static const size_t five[] = {5, 5, 5, 5, 5, 5, 5, 5};
enum { UNITS = 80, SEQUENCES = 8 };

/* A ReLU network that keeps what it has: W = 0, U = 1, b = 0, every initial state 1. */
static rig *keeper(const char *settings)
{
    char nodes[256];
    (void)snprintf(nodes, sizeof nodes,
                   "h = rnn(x, size=%d, nonlinearity=relu, bias=none, start=learned, as=k.l0%s%s)", UNITS,
                   settings[0] ? ", " : "", settings);
    rig *r = rig_open(nodes, UNITS, 1);
    const int zoned = strstr(settings, "zoneout") != NULL;
    rd_real *w = rig_param(r, zoned ? "k.rnn_zone.weight_x_l0" : "k.weight_ih_l0");
    rd_real *u = rig_param(r, zoned ? "k.rnn_zone.weight_h_l0" : "k.weight_hh_l0");
    rd_real *start = rig_param(r, zoned ? "k.rnn_zone.start_l0" : "k.start_l0");
    memset(w, 0, UNITS * INPUT * sizeof *w);
    memset(u, 0, UNITS * UNITS * sizeof *u);
    for (size_t j = 0; j < UNITS; j++)
        u[j * UNITS + j] = start[j] = 1;
    rondo_model_changed(r->model);
    rig_put(r, 0, SEQUENCES, five, 0);
    return r;
}

/* The share of units that are not 0 at step t. */
static double alive(const rig *r, size_t t)
{
    double count = 0;
    for (size_t i = 0; i < SEQUENCES; i++)
        for (size_t j = 0; j < UNITS; j++)
            count += r->out[i][t][j] != 0;
    return count / (SEQUENCES * UNITS);
}

static void recurrent_dropout_draws_a_mask_at_each_step_and_scales_what_is_left(void **state)
{
    (void)state;
    rig *r = keeper("dropout_h=0.25");
    rig_run(r, RONDO_TRAIN);
    for (size_t t = 0; t < 5; t++)
        assert_float_equal(alive(r, t), pow(0.75, (double)t + 1), 0.05);
    for (size_t i = 0; i < SEQUENCES; i++)
        for (size_t j = 0; j < UNITS; j++)
            if (r->out[i][4][j] != 0) assert_float_equal(r->out[i][4][j], pow(4.0 / 3, 5), 1e-5);
    assert_memory_not_equal(r->out[0], r->out[1], sizeof r->out[0]);
    rig_run(r, RONDO_USE);
    assert_true(r->out[3][4][7] == 1);
    rig_close(r);
}

static void a_variational_mask_stays_for_the_whole_sequence(void **state)
{
    (void)state;
    rig *r = keeper("dropout_h=0.25, variational=1");
    rig_run(r, RONDO_TRAIN);
    assert_float_equal(alive(r, 0), 0.75, 0.05);
    assert_true(alive(r, 4) == alive(r, 0));
    assert_memory_not_equal(r->out[0], r->out[1], sizeof r->out[0]);
    rig_close(r);
}

static void dropped_weights_are_the_same_for_the_whole_batch(void **state)
{
    (void)state;
    rig *r = keeper("weight_drop=0.25");
    rig_run(r, RONDO_TRAIN);
    assert_float_equal(alive(r, 0), 0.75, 0.12);
    assert_true(alive(r, 4) == alive(r, 0));
    for (size_t i = 1; i < SEQUENCES; i++)
        assert_memory_equal(r->out[0], r->out[i], sizeof r->out[0]);
    rd_real before[UNITS];
    memcpy(before, r->out[0][0], sizeof before);
    r->model->step++;
    rig_run(r, RONDO_TRAIN);
    assert_memory_not_equal(before, r->out[0][0], sizeof before);
    rig_run(r, RONDO_USE);
    assert_true(alive(r, 4) == 1);
    rig_close(r);
}

static void zoneout_keeps_the_old_state_in_training_and_mixes_in_use(void **state)
{
    (void)state;
    rig *r = keeper("zoneout_h=0.25");
    memset(rig_param(r, "k.rnn_zone.weight_h_l0"), 0, UNITS * UNITS * sizeof(rd_real)); /* h_new = 0 */
    rondo_model_changed(r->model);
    rig_run(r, RONDO_TRAIN);
    for (size_t t = 0; t < 3; t++)
        assert_float_equal(alive(r, t), pow(0.25, (double)t + 1), 0.05);
    rig_run(r, RONDO_USE);
    for (size_t t = 0; t < 5; t++)
        assert_float_equal(r->out[2][t][5], pow(0.25, (double)t + 1), 1e-6);
    rig_close(r);
}

static void weight_noise_has_its_deviation_and_belongs_to_training(void **state)
{
    (void)state;
    rig *r = keeper("weight_noise=0.01");
    double square = 0;
    rig_run(r, RONDO_TRAIN);
    for (size_t j = 0; j < UNITS; j++)
        square += pow((double)r->out[0][0][j] - 1, 2); /* the sum of 80 weights of U and 3 of W, nearly */
    assert_true(fabs(sqrt(square / UNITS) - 0.01 * sqrt((double)UNITS)) < 0.02);
    rig_run(r, RONDO_USE);
    assert_true(r->out[0][0][0] == 1);
    rig_close(r);
}

static void clip_delta_bounds_the_gradient_of_a_state_at_each_step(void **state)
{
    (void)state;
    /* h = relu(0.5 h'), loss 1/2 Σ h², start 1: h = 1/2, 1/4; d_h2 = 1/4, clipped to 0.2; d_h1 = 1/2 + 0.1,
     * clipped to 0.2; d_start = 0.1 */
    const char *nodes[] = {"h = rnn(x, size=1, nonlinearity=relu, bias=none, as=k.l0)",
                           "h = rnn(x, size=1, nonlinearity=relu, bias=none, clip_delta=0.2, as=k.l0)"};
    const double want[] = {0.3125, 0.1};
    for (size_t k = 0; k < 2; k++) {
        rd_real d_start = 0;
        rig *r = rig_open(nodes[k], 1, 1);
        memset(rig_param(r, "k.weight_ih_l0"), 0, INPUT * sizeof(rd_real));
        rig_param(r, "k.weight_hh_l0")[0] = RD_C(0.5);
        rondo_model_changed(r->model);
        rig_carry(r, 1);
        r->state->numbers[0] = 1;
        r->state->fresh[0] = 0;
        rig_put(r, 0, 1, (size_t[]){2}, 0);
        rig_run(r, RONDO_TRAIN);
        rondo_model_zero_grad(r->model);
        MUST(r, rondo_model_loss(r->model, r->batch, NULL, &r->error));
        MUST(r, rd_model_backward(r->model, r->batch, NULL, &d_start, &r->error));
        assert_float_equal(d_start, want[k], 1e-7);
        rig_close(r);
    }
}

static void clip_cell_and_clip_preact_bound_what_they_name(void **state)
{
    (void)state;
    rig *cell = rig_open("h = lstm(x, size=4, output=linear, clip_cell=0.01)", 4, 1);
    rig *gate = rig_open("h = rnn(x, size=4, clip_preact=0.02)", 4, 1);
    rig_put(cell, 0, 2, five, 0);
    rig_put(gate, 0, 2, five, 0);
    rig_run(cell, RONDO_USE);
    rig_run(gate, RONDO_USE);
    for (size_t t = 0; t < 5; t++)
        for (size_t j = 0; j < 4; j++) {
            assert_true(fabs((double)cell->out[1][t][j]) <= 0.01);
            assert_true(fabs((double)gate->out[1][t][j]) <= tanh(0.02) + 1e-8);
        }
    rig_close(cell);
    rig_close(gate);
}

/* ---- names and refusals ---- */

static const struct naming {
    const char *node, *first, *last;
    size_t tensors;
} names[] = {
    {"lstm(x, size=4, as=rnn.l2)", "rnn.weight_ih_l2", "rnn.bias_hh_l2", 4},
    {"lstm(x, size=4, reverse=1, proj=2, as=rnn.l0)", "rnn.weight_ih_l0_reverse", "rnn.weight_hr_l0_reverse",
     5},
    {"gru(x, size=4)", "h.weight_ih_l0", "h.bias_hh_l0", 4},
    {"rnn(x, size=4, bias=one)", "h.weight_ih_l0", "h.bias_ih_l0", 3},
    {"gru(x, size=4, reset=before, as=rnn.l0)", "rnn.gru_before.weight_x_l0", "rnn.gru_before.bias_l0", 3},
    {"gru_simple(x, size=4, bias=two)", "h.gru_simple.weight_x_l0", "h.gru_simple.bias_h_l0", 4},
    {"lstm(x, size=4, candidate=cell, peephole=1, as=a.b.l1)", "a.b.lstm_candidate_peephole.weight_x_l1",
     "a.b.lstm_candidate_peephole.peephole_l1", 5},
    {"lstm(x, size=4, norm=1, bias=none)", "h.lstm_norm.weight_x_l0", "h.lstm_norm.shift_c_l0", 6},
    {"lstm(x, size=4, clip_cell=1)", "h.lstm_clip.weight_x_l0", "h.lstm_clip.bias_l0", 3},
    {"lstm(x, size=4, zoneout_c=0.1)", "h.lstm_zone.weight_x_l0", "h.lstm_zone.bias_l0", 3},
    {"lstm(x, size=4, index=before)", "h.lstm_late.weight_x_l0", "h.lstm_late.bias_l0", 3},
    {"mingru(x, size=4, min_positive=1)", "h.mingru_positive.weight_x_l0", "h.mingru_positive.bias_l0", 2},
    {"jordan(x, size=3, outputs=4, as=rnn.l0)", "rnn.jordan.weight_x_l0", "rnn.jordan.bias_y_l0", 5},
    {"lstm(x, size=4, output=linear, candidate=cell, peephole=1, coupled=1, norm=1, clip_cell=1, "
     "zoneout_h=0.1, "
     "index=before, as=rnn.l0)",
     "rnn.lstm_linear_candidate_peephole_coupled_norm_clip_zone_late.weight_x_l0",
     "rnn.lstm_linear_candidate_peephole_coupled_norm_clip_zone_late.shift_c_l0", 9},
};

static void a_cell_that_pytorch_has_carries_its_names_and_every_other_its_form(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        char nodes[512];
        (void)snprintf(nodes, sizeof nodes, "h = %s", names[k].node);
        rig *r = rig_open(nodes, 4 - 2 * (strstr(nodes, "proj") != NULL), 1);
        assert_string_equal(rd_model_param_name(r->model, 0, NULL, NULL), names[k].first);
        assert_string_equal(rd_model_param_name(r->model, names[k].tensors - 1, NULL, NULL), names[k].last);
        assert_null(rd_model_param_name(r->model, names[k].tensors, NULL, NULL));
        rig_close(r);
    }
}

static void only_the_forget_gate_gets_the_forget_bias(void **state)
{
    (void)state;
    const struct {
        const char *node, *bias;
        size_t gates, forget;
    } cases[] = {
        {"h = lstm(x, size=2)", "h.bias_ih_l0", 4, 1},
        {"h = lstm(x, size=2, coupled=1)", "h.lstm_coupled.bias_l0", 3, 9},
        {"h = lstm(x, size=2, candidate=cell)", "h.lstm_candidate.bias_l0", 4, 1},
        {"h = gru(x, size=2)", "h.bias_ih_l0", 3, 9},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        rig *r = rig_open(cases[k].node, 2, 1);
        MUST(r, rd_model_init(r->model, 1, &r->error));
        const rd_real *bias = rig_param(r, cases[k].bias);
        for (size_t j = 0; j < cases[k].gates * 2; j++)
            assert_true(bias[j] == (rd_real)(j / 2 == cases[k].forget));
        rig_close(r);
    }
}

static void what_a_cell_has_not_is_refused_with_its_line(void **state)
{
    (void)state;
    const struct {
        const char *node, *says;
    } cases[] = {
        {"lstm(x)", "size"},
        {"lstm(x, size=0)", "size"},
        {"gru(x, size=3, peephole=1)", "peephole"},
        {"rnn(x, size=3, proj=2)", "proj"},
        {"gru(x, size=3, reset=never)", "reset"},
        {"lstm(x, size=3, zoneout_h=1.5)", "zoneout_h"},
        {"lstm(x, size=3, as=rnn)", "PREFIX.lNUMBER"},
        {"lstm(x, size=3, as=rnn.lx)", "PREFIX.lNUMBER"},
        {"lstm(last(x0), size=3)", "expand"},
        {"mingru(x, size=3, proj=2)", "proj"},
        {"jordan(x, size=3, outputs=3, feedback=target)", "second input"},
        {"jordan(x, y, size=3, outputs=3)", "one input"},
        {"jordan(x, y, size=3, outputs=4, feedback=target)", "4 outputs"},
    };
    rondo_device *device;
    rondo_options *options;
    const rondo_size sizes[] = {{.part = "x", .width = 3}, {.part = "y", .width = 3}};
    assert_int_equal(rondo_device_open("cpu", 1, &device, NULL), RONDO_OK);
    assert_int_equal(rondo_options_new(&options, NULL), RONDO_OK);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        rondo_error error = {.status = RONDO_OK};
        rondo_model *model = NULL;
        char text[512];
        (void)snprintf(text, sizeof text, "x0 = rnn(x, size=2)\nh = %s\nloss = squared(h, y)\n",
                       cases[k].node);
        assert_int_equal(rondo_model_new(device, options, text, sizes, 2, &model, &error),
                         RONDO_BAD_ARGUMENT);
        if (!strstr(error.message, cases[k].says) || !strstr(error.message, ":2"))
            fail_msg("%s: %s", cases[k].node, error.message);
    }
    rondo_options_free(options);
    rondo_device_close(device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recurrent_dropout_draws_a_mask_at_each_step_and_scales_what_is_left),
        cmocka_unit_test(a_variational_mask_stays_for_the_whole_sequence),
        cmocka_unit_test(dropped_weights_are_the_same_for_the_whole_batch),
        cmocka_unit_test(zoneout_keeps_the_old_state_in_training_and_mixes_in_use),
        cmocka_unit_test(weight_noise_has_its_deviation_and_belongs_to_training),
        cmocka_unit_test(clip_delta_bounds_the_gradient_of_a_state_at_each_step),
        cmocka_unit_test(clip_cell_and_clip_preact_bound_what_they_name),
        cmocka_unit_test(a_cell_that_pytorch_has_carries_its_names_and_every_other_its_form),
        cmocka_unit_test(only_the_forget_gate_gets_the_forget_bias),
        cmocka_unit_test(what_a_cell_has_not_is_refused_with_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
