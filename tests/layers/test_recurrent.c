/* What a recurrent layer promises beyond its equations: packing, threads, windows and states do not show. */
#include "layers/recurrent_bench.h"

static const size_t lengths[] = {3, 7, 0, 5, 1, 7, 2, 6, 4, 9, 3, 0, 8, 5, 5, 1, 2, 7, 6, 3};
enum { COUNT = sizeof lengths / sizeof *lengths };

/* One text for each kind of walk, each with everything random switched on. */
static const struct text {
    const char *nodes;
    size_t width;
} texts[] = {
    {"h = rnn(x, size=9, dropout_h=0.3, zoneout_h=0.2, weight_drop=0.2, weight_noise=0.1, start=random)", 9},
    {"h = gru(x, size=17, reset=before, dropout_h=0.3, variational=1, zoneout_h=0.2)", 17},
    {"h = gru(x, size=17, norm=1, bias=two, start=learned)", 17},
    {"f = lstm(x, size=20, proj=7, peephole=1, dropout_h=0.3, zoneout_c=0.2)\n"
     "b = lstm(x, size=20, proj=7, reverse=1, norm=1, clip_cell=1)\nh = concat(f, b)",
     14},
    {"h = lstm(x, size=33, output=linear, candidate=cell, coupled=1, clip_preact=1)", 33},
    {"f = mingru(x, size=70, start=random)\nb = minlstm(x, size=70, reverse=1)\nh = add(f, b)", 70},
    {"h = jordan(x, size=12, outputs=6, start=random)", 6},
};
enum { TEXTS = sizeof texts / sizeof *texts };

static void a_batch_gives_what_its_sequences_give_one_by_one(void **state)
{
    (void)state;
    for (size_t k = 0; k < TEXTS; k++)
        for (int mode = RONDO_USE; mode <= RONDO_TRAIN; mode++) {
            rig *all = rig_open(texts[k].nodes, texts[k].width, 1),
                *one = rig_open(texts[k].nodes, texts[k].width, 1);
            rig_put(all, 0, COUNT, lengths, 0);
            rig_run(all, (rondo_mode)mode);
            for (size_t i = 0; i < COUNT; i++) {
                rig_put(one, i, 1, &lengths[i], 0);
                rig_run(one, (rondo_mode)mode);
                for (size_t t = 0; t < lengths[i]; t++)
                    assert_memory_equal(one->out[0][t], all->out[i][t], texts[k].width * sizeof(rd_real));
            }
            rig_close(all);
            rig_close(one);
        }
}

static void the_bits_do_not_depend_on_the_number_of_threads(void **state)
{
    (void)state;
    for (size_t k = 0; k < TEXTS; k++) {
        rig *one = rig_open(texts[k].nodes, texts[k].width, 1);
        rig_put(one, 0, COUNT, lengths, 0);
        rig_run(one, RONDO_TRAIN);
        rig_gradients(one);
        for (int threads = 2; threads <= 8; threads += threads == 2 ? 1 : 5) {
            rig *many = rig_open(texts[k].nodes, texts[k].width, threads);
            rig_put(many, 0, COUNT, lengths, 0);
            rig_run(many, RONDO_TRAIN);
            rig_gradients(many);
            assert_memory_equal(one->out, many->out, sizeof one->out);
            assert_memory_equal(one->model->grads, many->model->grads, one->model->numbers * sizeof(rd_real));
            rig_close(many);
        }
        rig_close(one);
    }
}

/* ---- states ---- */

static const struct text windowed[] = {
    {"h = rnn(x, size=9, nonlinearity=relu)", 9},
    {"h = gru(x, size=9)", 9},
    {"h = gru(x, size=9, reset=before, index=before, start=learned)", 9},
    {"a = lstm(x, size=8, proj=5)\nh = lstm(a, size=9, peephole=1, norm=1)", 9},
    {"a = minlstm(x, size=8)\nh = mingru(a, size=9, min_positive=1, index=before)", 9},
    {"h = jordan(x, size=8, outputs=5)", 5},
};
enum { WINDOWED = sizeof windowed / sizeof *windowed };

static void windows_with_a_carried_state_are_one_long_pass(void **state)
{
    (void)state;
    const size_t window[] = {2, 1, 4}, three[] = {7, 7, 7};
    for (size_t k = 0; k < WINDOWED; k++) {
        rig *whole = rig_open(windowed[k].nodes, windowed[k].width, 1);
        rig *parts = rig_open(windowed[k].nodes, windowed[k].width, 1);
        rig_put(whole, 0, 3, three, 0);
        rig_run(whole, RONDO_USE);
        rig_carry(parts, 3);
        for (size_t w = 0, from = 0; w < 3; from += window[w++]) {
            rig_put(parts, 0, 3, (size_t[]){window[w], window[w], window[w]}, from);
            rig_run(parts, RONDO_TRAIN);
            for (size_t i = 0; i < 3; i++)
                for (size_t t = 0; t < window[w]; t++)
                    assert_memory_equal(parts->out[i][t], whole->out[i][from + t],
                                        windowed[k].width * sizeof(rd_real));
        }
        rig_close(whole);
        rig_close(parts);
    }
}

static void single_steps_are_one_long_pass(void **state)
{
    (void)state;
    for (size_t k = 0; k < WINDOWED; k++) {
        rig *r = rig_open(windowed[k].nodes, windowed[k].width, 1);
        rd_real out[2][MOST_WIDTH], in[2][INPUT];
        rig_put(r, 0, 2, (size_t[]){9, 9}, 0);
        rig_run(r, RONDO_USE);
        rig_carry(r, 2);
        for (size_t t = 0; t < 9; t++) {
            memcpy(in[0], r->x[0][t], sizeof in[0]);
            memcpy(in[1], r->x[1][t], sizeof in[1]);
            const rondo_view input = {.data = in, .rank = 2, .shape = {2, INPUT}, .stride = INPUT};
            const rondo_view output = {.data = out, .rank = 2, .shape = {2, r->width}, .stride = MOST_WIDTH};
            MUST(r, rondo_step(r->model, r->state, input, output, &r->error));
            for (size_t i = 0; i < 2; i++)
                for (size_t j = 0; j < r->width; j++)
                    assert_float_equal(out[i][j], r->out[i][t][j], 1e-6);
        }
        rig_close(r);
    }
}

static void a_sequence_that_is_reset_begins_afresh_beside_carried_ones(void **state)
{
    (void)state;
    for (size_t k = 0; k < WINDOWED; k++) {
        const size_t four[] = {4, 4};
        rig *r = rig_open(windowed[k].nodes, windowed[k].width, 1),
            *new_rig = rig_open(windowed[k].nodes, windowed[k].width, 1);
        rig_carry(r, 2);
        rig_put(r, 0, 2, four, 0);
        rig_run(r, RONDO_USE);
        rig_put(r, 0, 2, four, 4);
        MUST(r, rondo_batch_reset(r->batch, 1, &r->error));
        rig_run(r, RONDO_USE);
        rig_put(new_rig, 0, 2, four, 4);
        rig_run(new_rig, RONDO_USE);
        assert_memory_equal(r->out[1], new_rig->out[1], sizeof r->out[1]);
        assert_memory_not_equal(r->out[0], new_rig->out[0], sizeof r->out[0]);
        rig_close(r);
        rig_close(new_rig);
    }
}

static void an_empty_sequence_returns_its_initial_state(void **state)
{
    (void)state;
    const char *nodes[] = {"h = lstm(x, size=4, proj=2, start=learned)",
                           "h = mingru(x, size=2, start=learned)"};
    const char *names[] = {"h.start_l0", "h.mingru.start_l0"};
    for (size_t k = 0; k < 2; k++) {
        rig *r = rig_open(nodes[k], 2, 1);
        rig_carry(r, 3);
        rig_put(r, 0, 3, (size_t[]){2, 0, 1}, 0);
        rig_run(r, RONDO_USE);
        assert_memory_equal(r->state->numbers + r->model->state_width, rig_param(r, names[k]),
                            r->model->state_width * sizeof(rd_real));
        rig_close(r);
    }
}

static void a_network_taught_with_targets_is_used_without_them(void **state)
{
    (void)state;
    rig *taught = rig_open("h = jordan(x, y, size=8, outputs=5, feedback=target)", 5, 1);
    rig *own = rig_open("h = jordan(x, size=8, outputs=5)", 5, 1);
    const rd_real *x[] = {taught->x[0][0]};
    const size_t six[] = {6};
    const rondo_sequences only_x = {.count = 1, .length = six, .width = INPUT, .values = x};
    MUST(taught, rondo_batch_put(taught->batch, "x", &only_x, &taught->error));
    rig_run(taught, RONDO_USE);
    rig_put(own, 0, 1, six, 0);
    rig_run(own, RONDO_USE);
    assert_memory_equal(taught->out[0], own->out[0], sizeof own->out[0]);
    rig_put(taught, 0, 1, six, 0); /* targets of zeros */
    rig_run(taught, RONDO_TRAIN);
    assert_memory_equal(taught->out[0][0], own->out[0][0], sizeof own->out[0][0]);
    assert_memory_not_equal(taught->out[0][1], own->out[0][1], sizeof own->out[0][1]);
    rig_close(taught);
    rig_close(own);
}

static void random_states_belong_to_training(void **state)
{
    (void)state;
    rig *r = rig_open("h = rnn(x, size=4, start=random, start_scale=2)", 4, 1);
    rig *zero = rig_open("h = rnn(x, size=4)", 4, 1);
    rig_put(r, 0, 2, lengths, 0);
    rig_put(zero, 0, 2, lengths, 0);
    rig_run(zero, RONDO_USE);
    rig_run(r, RONDO_USE);
    assert_memory_equal(r->out, zero->out, sizeof r->out);
    rig_run(r, RONDO_TRAIN);
    for (size_t j = 0; j < 4; j++)
        assert_true(r->out[0][0][j] != zero->out[0][0][j]);
    rig_close(r);
    rig_close(zero);
}

static void a_reverse_layer_walks_each_sequence_from_its_own_end(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        rig *back = rig_open(k ? "h = mingru(x, size=5, reverse=1)" : "h = gru(x, size=5, reverse=1)", 5, 1);
        rig *forth = rig_open(k ? "h = mingru(x, size=5)" : "h = gru(x, size=5)", 5, 1);
        for (size_t i = 0; i < 6; i++)
            for (size_t t = 0; t < lengths[i]; t++)
                memcpy(forth->x[i][t], back->x[i][lengths[i] - 1 - t], sizeof back->x[0][0]);
        rig_put(back, 0, 6, lengths, 0);
        rig_put(forth, 0, 6, lengths, 0);
        rig_run(back, RONDO_USE);
        rig_run(forth, RONDO_USE);
        for (size_t i = 0; i < 6; i++)
            for (size_t t = 0; t < lengths[i]; t++)
                assert_memory_equal(back->out[i][t], forth->out[i][lengths[i] - 1 - t], 5 * sizeof(rd_real));
        rig_close(back);
        rig_close(forth);
    }
}

static void index_before_shows_each_state_one_step_later(void **state)
{
    (void)state;
    const char *late[] = {"h = lstm(x, size=5, bias=one, index=before, start=learned)",
                          "h = minlstm(x, size=5, index=before, start=learned)"};
    const char *usual[] = {"h = lstm(x, size=5, bias=one, start=learned)",
                           "h = minlstm(x, size=5, start=learned)"};
    const char *start[] = {"h.lstm_late.start_l0", "h.minlstm_late.start_l0"};
    for (size_t k = 0; k < 2; k++) {
        rig *a = rig_open(late[k], 5, 1), *b = rig_open(usual[k], 5, 1);
        rig_put(a, 0, 1, (size_t[]){6}, 0);
        rig_put(b, 0, 1, (size_t[]){6}, 0);
        rig_run(a, RONDO_USE);
        rig_run(b, RONDO_USE);
        assert_memory_equal(a->out[0][0], rig_param(a, start[k]), 5 * sizeof(rd_real));
        for (size_t t = 1; t < 6; t++)
            assert_memory_equal(a->out[0][t], b->out[0][t - 1], 5 * sizeof(rd_real));
        rig_close(a);
        rig_close(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_gives_what_its_sequences_give_one_by_one),
        cmocka_unit_test(the_bits_do_not_depend_on_the_number_of_threads),
        cmocka_unit_test(windows_with_a_carried_state_are_one_long_pass),
        cmocka_unit_test(single_steps_are_one_long_pass),
        cmocka_unit_test(a_sequence_that_is_reset_begins_afresh_beside_carried_ones),
        cmocka_unit_test(an_empty_sequence_returns_its_initial_state),
        cmocka_unit_test(random_states_belong_to_training),
        cmocka_unit_test(a_network_taught_with_targets_is_used_without_them),
        cmocka_unit_test(a_reverse_layer_walks_each_sequence_from_its_own_end),
        cmocka_unit_test(index_before_shows_each_state_one_step_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
