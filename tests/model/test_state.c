/* States: windows, steps, resets, copies. */
#include "../layers/layer_help.h"

#include <pthread.h>

static const char stream_text[] =
    "e = embedding(s, size=4)\nf = lstm(e, size=6, start=learned)\ng = gru(f, size=5, reset=before)\n"
    "d = dropout(g, p=0.5)\nout = dense(d, size=5)\nloss = softmax(out, y)\n";

static rondo_state *state_of(bench *b, size_t sequences)
{
    rondo_state *state;
    works(b, rondo_state_new(b->model, sequences, &state, &b->error));
    return state;
}

static rondo_view symbols_view(int32_t *symbols, size_t n)
{
    return (rondo_view){.data = symbols, .type = RONDO_INT32, .rank = 1, .shape = {n}, .stride = 1};
}

static rondo_view rows_view(rd_real *rows, size_t n, size_t width)
{
    return (rondo_view){.data = rows, .type = RONDO_REAL, .rank = 2, .shape = {n, width}, .stride = width};
}

static int close_rows(const rd_real *a, const rd_real *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabs((double)(a[i] - b[i])) < 1e-6)) return 0;
    return 1;
}

static void steps_give_what_a_forward_over_the_sequence_gives(void **state)
{
    (void)state;
    bench b;
    rondo_view output;
    bench_open(&b, 1, "");
    bench_model(&b, stream_text);
    rd_real *start = param_of(&b, "f.start_l0").data;
    start[2] = RD_C(0.5);
    rondo_model_changed(b.model);
    bench_fill(&b);
    works(&b, rondo_model_forward(b.model, NULL, b.batch, RONDO_USE, &output, &b.error));
    rondo_state *s = state_of(&b, 2);
    for (size_t t = 0; t < 3; t++) {
        size_t row1 = row_at(&b, "s", 1, t), row3 = row_at(&b, "s", 3, t);
        int32_t x[2] = {b.batch->part[0].symbols[row1], b.batch->part[0].symbols[row3]};
        rd_real out[2][5];
        rd_memory_trap(1);
        works(&b, rondo_step(b.model, s, symbols_view(x, 2), rows_view(out[0], 2, 5), &b.error));
        rd_memory_trap(0);
        assert_true(close_rows(out[0], (const rd_real *)output.data + row1 * output.stride, 5));
        assert_true(close_rows(out[1], (const rd_real *)output.data + row3 * output.stride, 5));
    }
    rondo_state_free(s);
    bench_close(&b);
}

/* Sequence 1, of 4 steps, whole; and as two windows with the state carried. */
static void windows_with_a_carried_state_are_one_long_pass(void **state)
{
    (void)state;
    bench b;
    rondo_view output;
    rd_real whole[4][5];
    bench_open(&b, 1, "");
    bench_model(&b, stream_text);
    bench_fill(&b);
    int32_t x[4];
    works(&b, rondo_model_forward(b.model, NULL, b.batch, RONDO_USE, &output, &b.error));
    for (size_t t = 0; t < 4; t++) {
        size_t row = row_at(&b, "s", 1, t);
        x[t] = b.batch->part[0].symbols[row];
        memcpy(whole[t], (const rd_real *)output.data + row * output.stride, sizeof whole[t]);
    }
    rondo_state *s = state_of(&b, 1);
    rondo_batch_free(b.batch);
    works(&b, rondo_batch_new(&b.batch, &b.error));
    const size_t lengths[] = {3, 1};
    for (size_t w = 0, at = 0; w < 2; at += lengths[w], w++) {
        const int32_t *of = x + at;
        works(&b, rondo_batch_put(b.batch, "s",
                                  &(rondo_sequences){.count = 1, .length = &lengths[w], .symbols = &of},
                                  &b.error));
        works(&b, rondo_model_forward(b.model, s, b.batch, RONDO_USE, &output, &b.error));
        for (size_t t = 0; t < lengths[w]; t++)
            assert_true(close_rows(whole[at + t], (const rd_real *)output.data + t * output.stride, 5));
    }
    rondo_state_free(s);
    bench_close(&b);
}

static void a_sequence_marked_in_the_batch_starts_afresh_and_the_others_go_on(void **state)
{
    (void)state;
    bench b;
    rondo_view output;
    rd_real first[2][5], second[2][5];
    const size_t length[] = {1, 1};
    const int32_t sym[] = {3}, *const of[] = {sym, sym};
    rondo_sequences same = {.count = 2, .length = length, .symbols = of};
    bench_open(&b, 1, "");
    bench_model(&b, stream_text);
    rondo_state *s = state_of(&b, 2);
    for (int window = 0; window < 2; window++) {
        works(&b, rondo_batch_put(b.batch, "s", &same, &b.error));
        works(&b, rondo_batch_put(b.batch, "x", &same, &b.error)); /* clears the marks */
        if (window) works(&b, rondo_batch_reset(b.batch, 1, &b.error));
        works(&b, rondo_model_forward(b.model, s, b.batch, RONDO_USE, &output, &b.error));
        for (size_t i = 0; i < 2; i++)
            memcpy(window ? second[i] : first[i], (const rd_real *)output.data + i * output.stride,
                   sizeof first[i]);
    }
    assert_true(close_rows(first[1], second[1], 5));
    assert_false(close_rows(first[0], second[0], 5));
    rondo_state_free(s);
    bench_close(&b);
}

static void resets_and_copies_of_a_state(void **state)
{
    (void)state;
    bench b;
    int32_t x[] = {2, 5};
    rd_real out[2][5], again[2][5];
    bench_open(&b, 1, "");
    bench_model(&b, stream_text);
    rondo_state *s = state_of(&b, 2), *kept = state_of(&b, 2), *one = state_of(&b, 1);
    rondo_view view = rondo_state_view(s);
    assert_true(view.rank == 2 && view.shape[0] == 2 && view.shape[1] == 17);
    works(&b, rondo_step(b.model, s, symbols_view(x, 2), rows_view(out[0], 2, 5), &b.error));
    works(&b, rondo_state_copy(kept, s, &b.error));
    works(&b, rondo_step(b.model, s, symbols_view(x, 2), rows_view(out[0], 2, 5), &b.error));
    works(&b, rondo_step(b.model, kept, symbols_view(x, 2), rows_view(again[0], 2, 5), &b.error));
    assert_memory_equal(out, again, sizeof out);
    rondo_state_reset(s, 1);
    rondo_state_copy(kept, s, NULL);
    works(&b, rondo_step(b.model, s, symbols_view(x, 2), rows_view(out[0], 2, 5), &b.error));
    works(&b, rondo_step(b.model, one, symbols_view(x + 1, 1), rows_view(again[0], 1, 5), &b.error));
    assert_true(close_rows(out[1], again[0], 5));
    assert_int_equal(rondo_state_copy(one, s, &b.error), RONDO_BAD_ARGUMENT);
    rondo_state_reset(s, 99);
    rondo_state_reset(NULL, 0);
    rondo_state_free(s);
    rondo_state_free(kept);
    rondo_state_free(one);
    rondo_state_free(NULL);
    bench_close(&b);
}

static void stale_panels_are_refused_and_remade(void **state)
{
    (void)state;
    bench b;
    int32_t x[] = {2};
    rd_real out[5];
    bench_open(&b, 1, "");
    bench_model(&b, stream_text);
    rondo_state *s = state_of(&b, 1), *other;
    rondo_model_changed(b.model);
    assert_int_equal(rondo_step(b.model, s, symbols_view(x, 1), rows_view(out, 1, 5), &b.error),
                     RONDO_BAD_ARGUMENT);
    assert_non_null(strstr(b.error.message, "stale"));
    other = state_of(&b, 1);
    works(&b, rondo_step(b.model, s, symbols_view(x, 1), rows_view(out, 1, 5), &b.error));
    rondo_state_free(s);
    rondo_state_free(other);
    bench_close(&b);
}

static void what_cannot_stream_says_which_layer(void **state)
{
    (void)state;
    bench b;
    rd_real x[3] = {0}, out[5];
    static const struct {
        const char *text, *piece;
    } rows[] = {
        {"f = lstm(x, size=5, reverse=1)\nl = softmax(f, y)\n", "layer \"f\" (lstm) needs whole sequences"},
        {"f = lstm(x, size=5)\nh = max(f)\nl = softmax(h, c)\n", "layer \"h\" (max) needs whole sequences"},
        {"f = concat(dense(x, size=2), dense(s, size=3))\nl = softmax(f, y)\n", "different parts"}};
    bench_open(&b, 1, "");
    for (size_t i = 0; i < 2; i++) {
        bench_model(&b, rows[i].text);
        rondo_state *s = state_of(&b, 1);
        assert_int_equal(rondo_step(b.model, s, rows_view(x, 1, 3), rows_view(out, 1, 5), &b.error),
                         RONDO_BAD_ARGUMENT);
        assert_non_null(strstr(b.error.message, rows[i].piece));
        rondo_state_free(s);
    }
    refuses(&b, rows[2].text, rows[2].piece);
    bench_close(&b);
}

static void steps_check_their_views(void **state)
{
    (void)state;
    bench b;
    int32_t x[] = {2, 7};
    rd_real out[10], numbers[10] = {0};
    bench_open(&b, 1, "");
    bench_model(&b, stream_text);
    rondo_state *s = state_of(&b, 2);
    rondo_view rows = rows_view(out, 2, 5);
    assert_int_equal(rondo_step(b.model, s, symbols_view(x, 2), rows, &b.error), RONDO_BAD_ARGUMENT);
    assert_non_null(strstr(b.error.message, "the symbol 7"));
    x[1] = 0;
    assert_int_equal(rondo_step(b.model, s, symbols_view(x, 1), rows, &b.error), RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_step(b.model, s, rows_view(numbers, 2, 1), rows, &b.error), RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_step(b.model, s, symbols_view(NULL, 2), rows, &b.error), RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_step(b.model, s, symbols_view(x, 2), rows_view(out, 2, 4), &b.error),
                     RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_step(b.model, NULL, symbols_view(x, 2), rows, &b.error), RONDO_BAD_ARGUMENT);
    rondo_state_free(s);
    assert_int_equal(rondo_state_new(b.model, 0, &s, &b.error), RONDO_BAD_ARGUMENT);
    bench_close(&b);
}

typedef struct walker {
    const rondo_model *model;
    rd_real out[4][200];
    int good;
} walker;

static void *walk(void *context)
{
    walker *w = context;
    rondo_state *s;
    rd_real x[12];
    w->good = rondo_state_new(w->model, 4, &s, NULL) == RONDO_OK;
    for (size_t t = 0; t < 100 && w->good; t++) {
        for (size_t i = 0; i < 12; i++)
            x[i] = bench_number(1, t, i);
        w->good = rondo_step(w->model, s, rows_view(x, 4, 3), rows_view(w->out[0], 4, 200), NULL) == RONDO_OK;
    }
    rondo_state_free(s);
    return NULL;
}

/* Layers so wide that a step asks for the team, from three threads at a time. */
static void many_threads_step_one_model_with_a_state_each(void **state)
{
    (void)state;
    bench b;
    enum { WALKERS = 3 };
    static walker alone, walkers[WALKERS];
    pthread_t thread[WALKERS];
    bench_open(&b, 3, "");
    bench_model(&b, "f = lstm(x, size=200)\nd = dense(f, size=700, act=tanh)\nout = dense(d, size=200)\n");
    alone.model = b.model;
    (void)walk(&alone);
    assert_true(alone.good);
    for (size_t i = 0; i < WALKERS; i++) {
        walkers[i].model = b.model;
        assert_int_equal(pthread_create(&thread[i], NULL, walk, &walkers[i]), 0);
    }
    for (size_t i = 0; i < WALKERS; i++) {
        assert_int_equal(pthread_join(thread[i], NULL), 0);
        assert_true(walkers[i].good);
        assert_memory_equal(walkers[i].out, alone.out, sizeof alone.out);
    }
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_give_what_a_forward_over_the_sequence_gives),
        cmocka_unit_test(windows_with_a_carried_state_are_one_long_pass),
        cmocka_unit_test(a_sequence_marked_in_the_batch_starts_afresh_and_the_others_go_on),
        cmocka_unit_test(resets_and_copies_of_a_state),
        cmocka_unit_test(stale_panels_are_refused_and_remade),
        cmocka_unit_test(what_cannot_stream_says_which_layer),
        cmocka_unit_test(steps_check_their_views),
        cmocka_unit_test(many_threads_step_one_model_with_a_state_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
