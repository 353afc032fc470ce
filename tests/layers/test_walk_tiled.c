/* The tiled walk against the plain one: every cell and every option that rides in it, odd sizes, 0 to 13
 * rows, each instruction set, units shared out between threads. The products add in the same order, so the
 * bits are the same. */
#include "layers/recurrent_bench.h"

/* Settings after "h = KIND(x, size=N". */
static const struct form {
    const char *kind, *settings;
} forms[] = {
    {"rnn", ""},
    {"rnn", ", nonlinearity=relu"},
    {"rnn", ", norm=1"},
    {"rnn", ", bias=none, start=learned"},
    {"gru_simple", ""},
    {"gru", ""},
    {"gru", ", reset=before"},
    {"gru", ", reset=before, dropout_h=0.3, reverse=1"},
    {"gru", ", dropout_h=0.3, zoneout_h=0.2"},
    {"gru", ", reverse=1, clip_preact=1"},
    {"lstm", ""},
    {"lstm", ", reverse=1"},
    {"lstm", ", index=before"},
    {"lstm", ", coupled=1"},
    {"lstm", ", peephole=1"},
    {"lstm", ", peephole=1, coupled=1, start=random"},
    {"lstm", ", candidate=cell"},
    {"lstm", ", candidate=cell, coupled=1"},
    {"lstm", ", candidate=cell, peephole=1"},
    {"lstm", ", candidate=cell, peephole=1, coupled=1"},
    {"lstm", ", output=linear"},
    {"lstm", ", output=linear, coupled=1"},
    {"lstm", ", output=linear, peephole=1"},
    {"lstm", ", output=linear, peephole=1, coupled=1"},
    {"lstm", ", output=linear, candidate=cell"},
    {"lstm", ", output=linear, candidate=cell, coupled=1"},
    {"lstm", ", output=linear, candidate=cell, peephole=1"},
    {"lstm", ", output=linear, candidate=cell, peephole=1, coupled=1"},
    {"lstm", ", proj=5"},
    {"lstm", ", zoneout_h=0.2, zoneout_c=0.3, clip_cell=1, clip_delta=0.1"},
    {"lstm", ", weight_drop=0.2, weight_noise=0.1, dropout_h=0.3, variational=1"},
    {"lstm", ", norm=1, peephole=1"},
};
enum { FORMS = sizeof forms / sizeof *forms };

/* Of 13 sequences; a test takes the first few. */
static const size_t lengths[] = {3, 5, 0, 5, 1, 7, 2, 6, 4, 9, 3, 0, 8};
static const size_t equal_lengths[] = {4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4};

static rig *open_form(size_t k, size_t size, int threads, int plain)
{
    char nodes[256];
    const size_t width = strstr(forms[k].settings, "proj=5") ? 5 : size;
    (void)snprintf(nodes, sizeof nodes, "h = %s(x, size=%zu%s)", forms[k].kind, size, forms[k].settings);
    return rig_open_as(nodes, width, threads, plain);
}

/* Two windows of training with a carried state, then one of use. */
static void run_all(rig *r, size_t sequences, const size_t *length)
{
    rig_carry(r, sequences);
    for (int window = 0; window < 2; window++) {
        rig_put(r, 0, sequences, length, (size_t)window);
        rig_run(r, RONDO_TRAIN);
    }
    rig_gradients(r);
    rig_run(r, RONDO_USE);
}

static void expect_same(const rig *a, const rig *b, size_t k, size_t size, size_t sequences)
{
    const rondo_view state[] = {rondo_state_view(a->state), rondo_state_view(b->state)};
    const int out = memcmp(a->out, b->out, sizeof a->out);
    const int grads = memcmp(a->model->grads, b->model->grads, a->model->numbers * sizeof(rd_real));
    const int states =
        memcmp(state[0].data, state[1].data, state[0].shape[0] * state[0].shape[1] * sizeof(rd_real));
    if (out || grads || states)
        fail_msg("%s%s, size %zu, %zu sequences, %s: %s%s%s", forms[k].kind, forms[k].settings, size,
                 sequences, a->device->kernels.isa, out ? "output " : "", grads ? "gradients " : "",
                 states ? "states" : "");
}

static void compare(size_t k, size_t size, size_t sequences, const size_t *length, int threads)
{
    rig *plain = open_form(k, size, 1, 1), *tiled = open_form(k, size, threads, 0);
    run_all(plain, sequences, length);
    run_all(tiled, sequences, length);
    expect_same(plain, tiled, k, size, sequences);
    rig_close(plain);
    rig_close(tiled);
}

static void every_form_walks_as_plainly_in_tiles(void **state)
{
    static const size_t sizes[] = {1, 7, 17, 33, 70};
    (void)state;
    for (size_t set = 0; rd_kernels_name(set); set++) {
        (void)setenv("RONDO_ISA", rd_kernels_name(set), 1);
        for (size_t k = 0; k < FORMS; k++)
            for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
                if (sizes[i] < 5 && strstr(forms[k].settings, "proj=5")) continue;
                compare(k, sizes[i], 13, lengths, 1);
                compare(k, sizes[i], 1 + (k + i) % 12, equal_lengths, 2);
            }
    }
    (void)unsetenv("RONDO_ISA");
}

static void any_number_of_rows_fits_the_tiles(void **state)
{
    static const size_t some[] = {0, 4, 5, 6, 10, 13, 16};
    (void)state;
    for (size_t i = 0; i < sizeof some / sizeof *some; i++)
        for (size_t rows = 1; rows <= 13; rows++)
            compare(some[i], 33, rows, rows % 2 ? lengths : equal_lengths, 1);
}

/* 130 units are enough for two threads, and the last share ends inside a panel. */
static void threads_may_share_out_units(void **state)
{
    (void)state;
    for (size_t k = 0; k < FORMS; k++)
        for (int threads = 2; threads <= 8; threads += threads == 2 ? 1 : 5) {
            compare(k, 130, 1 + k % 8, equal_lengths, threads);
            compare(k, 130, 1 + k % 8, lengths, threads);
        }
}

/* An unknown team, a taken team: the walk must not wait for threads that do other things. */
typedef struct nested {
    rig *r;
} nested;

static void run_nested(void *context, size_t chunk, size_t thread)
{
    (void)chunk;
    (void)thread;
    run_all(((nested *)context)->r, 3, equal_lengths);
}

static void a_walk_inside_a_task_takes_one_thread(void **state)
{
    (void)state;
    rig *plain = open_form(10, 130, 1, 1), *inside = open_form(10, 130, 3, 0);
    nested n = {.r = inside};
    run_all(plain, 3, equal_lengths);
    rd_pool_run(inside->device->pool, run_nested, &n, 1);
    expect_same(plain, inside, 10, 130, 3);
    rig_close(plain);
    rig_close(inside);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_walks_as_plainly_in_tiles),
        cmocka_unit_test(any_number_of_rows_fits_the_tiles),
        cmocka_unit_test(threads_may_share_out_units),
        cmocka_unit_test(a_walk_inside_a_task_takes_one_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
