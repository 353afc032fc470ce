/* Characters inside words: each row of "x" has a sequence of its own, whose final states join the row. */
#include "words_help.h"

#include "base/memory.h"

static const char *const bilstm = WORDS_TEXT("lstm", "");

/* The final states of the words of a batch are those of the same words run as sequences of a batch. */
static void a_row_gets_the_final_states_of_its_word(void **state)
{
    (void)state;
    static const char *const nodes = "ce = embedding(%s, size=3)\ncf = gru(ce, size=3)\ncb = gru(ce, size=3, "
                                     "reverse=1)\nw = concat(last(cf), last(cb))\n%s";
    char text[512];
    bench inside, alone;
    rondo_view a, b;
    bench_open(&inside, 1, "seed = 5\n");
    bench_open(&alone, 1, "seed = 5\n");
    (void)snprintf(text, sizeof text, nodes, "chars", "out = add(w, dense(x, size=6))\n");
    words_model(&inside, text);
    (void)snprintf(text, sizeof text, nodes, "x", "");
    const rondo_size sizes[] = {{"x", WORDS_CHARS, 1}};
    works(&alone, rondo_model_new(alone.device, alone.options, text, sizes, 1, &alone.model, &alone.error));
    memset(inside.model->params, 0, inside.model->numbers * sizeof(rd_real));
    memcpy(inside.model->params, alone.model->params, alone.model->numbers * sizeof(rd_real));
    rondo_model_changed(inside.model);
    words_fill(&inside);
    works(&alone,
          rondo_batch_put(
              alone.batch, "x",
              &(rondo_sequences){
                  .count = BENCH_ROWS,
                  .length = words_length,
                  .symbols = (const int32_t *const[]){(int32_t[5]){0}, (int32_t[5]){0}, (int32_t[5]){0},
                                                      (int32_t[5]){0}, (int32_t[5]){0}, (int32_t[5]){0},
                                                      (int32_t[5]){0}, (int32_t[5]){0}, (int32_t[5]){0}}},
              &alone.error));
    memcpy(alone.batch->part[0].symbols, rd_batch_part(inside.batch, "chars")->symbols,
           rondo_batch_pack(alone.batch, "x")->rows * sizeof(int32_t)); /* equal lengths, so equal rows */
    works(&inside, rondo_model_forward(inside.model, NULL, inside.batch, RONDO_USE, &a, &inside.error));
    works(&alone, rondo_model_forward(alone.model, NULL, alone.batch, RONDO_USE, &b, &alone.error));
    assert_int_equal(a.shape[0], BENCH_ROWS);
    assert_int_equal(b.shape[0], BENCH_ROWS);
    for (size_t r = 0; r < BENCH_ROWS; r++) {
        const rd_real *left = (const rd_real *)a.data + r * a.stride,
                      *right = (const rd_real *)b.data + r * b.stride;
        rd_real size = 0;
        assert_memory_equal(left, right, 6 * sizeof *left);
        for (size_t j = 0; j < 6; j++)
            size += right[j] * right[j];
        assert_int_equal(size > 0, words_length[r] > 0);
    }
    bench_close(&inside);
    bench_close(&alone);
}

static void learn(int threads, const char *options, rd_real *grads)
{
    bench b;
    bench_open(&b, threads, options);
    words_model(&b, bilstm);
    words_fill(&b);
    (void)bench_learn(&b);
    memcpy(grads, b.model->grads, b.model->numbers * sizeof *grads);
    bench_close(&b);
}

static void gradients_have_the_same_bits_for_any_number_of_threads(void **state)
{
    (void)state;
    static rd_real one[2000], three[2000], again[2000];
    learn(1, "seed = 2\n", one);
    learn(3, "seed = 2\n", three);
    learn(2, "seed = 2\nsaved = recompute\n", again);
    assert_memory_equal(one, three, sizeof one);
    assert_memory_equal(one, again, sizeof one);
}

static void a_step_after_the_first_allocates_nothing(void **state)
{
    (void)state;
    bench b;
    bench_open(&b, 2, "");
    words_model(&b, bilstm);
    words_fill(&b);
    (void)bench_learn(&b);
    rd_memory_trap(1);
    words_fill(&b);
    (void)bench_learn(&b);
    rd_memory_trap(0);
    bench_close(&b);
}

/* States are carried over words, never over characters. */
static void a_carried_state_holds_nothing_of_the_characters(void **state)
{
    (void)state;
    bench b;
    rondo_state *carried;
    bench_open(&b, 1, "");
    words_model(&b, bilstm);
    assert_int_equal(b.model->state_width, 2 * 4);
    words_fill(&b);
    works(&b, rondo_state_new(b.model, BENCH_SEQUENCES, &carried, &b.error));
    works(&b, rondo_model_forward(b.model, carried, b.batch, RONDO_TRAIN, NULL, &b.error));
    works(&b, rondo_model_forward(b.model, carried, b.batch, RONDO_USE, NULL, &b.error));
    rondo_state_free(carried);
    bench_close(&b);
}

static void a_word_is_not_stepped_character_by_character(void **state)
{
    (void)state;
    bench b;
    rondo_state *stepped;
    int32_t symbol = 1;
    rondo_real row[WORDS_CLASSES];
    bench_open(&b, 1, "");
    words_model(&b, bilstm);
    works(&b, rondo_state_new(b.model, 1, &stepped, &b.error));
    assert_int_equal(rondo_step(b.model, stepped,
                                (rondo_view){.data = &symbol, .type = RONDO_INT32, .rank = 1, .shape = {1}},
                                (rondo_view){.data = row,
                                             .type = RONDO_REAL,
                                             .rank = 2,
                                             .shape = {1, WORDS_CLASSES},
                                             .stride = WORDS_CLASSES},
                                &b.error),
                     RONDO_BAD_ARGUMENT);
    assert_non_null(strstr(b.error.message, "layer \"ce\" (embedding) needs whole sequences"));
    rondo_state_free(stepped);
    bench_close(&b);
}

static void a_batch_without_any_word_is_legal(void **state)
{
    (void)state;
    const size_t none[] = {0, 0, 0, 0}, ones[] = {1, 1, 1, 1};
    bench b;
    bench_open(&b, 1, "");
    words_model(&b, bilstm);
    words_fill(&b);
    (void)bench_learn(&b);
    works(&b, words_put(&b, 0, none, 4));
    works(&b, words_put(&b, 1, none, 0));
    works(&b, words_put(&b, 2, none, 4));
    works(&b, words_put(&b, 3, ones, 4));
    assert_true(bench_learn(&b).count == 0);
    for (size_t i = 0; i < b.model->numbers; i++)
        assert_true(b.model->grads[i] == 0);
    bench_close(&b);
}

static void mismatches_are_refused_with_a_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"e = embedding(x, size=4)\nce = embedding(chars, size=4)\nout = add(e, ce)\n",
         "\"e\" and \"ce\" follow different parts"},
        {"e = embedding(x, size=4)\nout = expand(mean(e), like=chars)\n",
         "a row a step of the batch's sequences"},
    };
    const rondo_size wrong[] = {{"chars", WORDS_CHARS, 1}, {"x", WORDS_SYMBOLS, 1}};
    bench b;
    bench_open(&b, 1, "");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(
            rondo_model_new(b.device, b.options, bad[i].text, words_sizes, 4, &b.model, &b.error),
            RONDO_BAD_ARGUMENT);
        assert_non_null(strstr(b.error.message, bad[i].says));
    }
    assert_int_equal(rondo_model_new(b.device, b.options, bilstm, wrong, 2, &b.model, &b.error),
                     RONDO_BAD_ARGUMENT);
    assert_non_null(strstr(b.error.message, "behind part \"x\""));
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_gets_the_final_states_of_its_word),
        cmocka_unit_test(gradients_have_the_same_bits_for_any_number_of_threads),
        cmocka_unit_test(a_step_after_the_first_allocates_nothing),
        cmocka_unit_test(a_carried_state_holds_nothing_of_the_characters),
        cmocka_unit_test(a_word_is_not_stepped_character_by_character),
        cmocka_unit_test(a_batch_without_any_word_is_legal),
        cmocka_unit_test(mismatches_are_refused_with_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
