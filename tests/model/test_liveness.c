/* Frames are planned by liveness: pieces in use at the same time never share a byte, and what is computed
 * does not depend on who lies where. */
#include "model_help.h"

#include "base/rng.h"
#include "model/liveness.h"

static size_t draw(uint64_t *seed, size_t n)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(*seed >> 33) % n;
}

static int apart(const rd_piece *a, const rd_piece *b)
{
    return a->first > b->last || b->first > a->last || a->at + a->bytes <= b->at || b->at + b->bytes <= a->at;
}

static void check_places(const rd_piece *piece, size_t count, size_t bytes)
{
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(piece[i].at % RD_ALIGN, 0);
        assert_true(piece[i].at + piece[i].bytes <= bytes);
        for (size_t k = 0; k < i; k++)
            assert_true(apart(&piece[i], &piece[k]));
    }
}

static void pieces_in_use_together_have_no_byte_in_common(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 300; seed++) {
        rd_piece piece[60];
        uint64_t r = seed;
        size_t count = draw(&r, 60), bytes, sum = 0;
        for (size_t i = 0; i < count; i++) {
            size_t first = draw(&r, 30);
            piece[i] =
                (rd_piece){.bytes = draw(&r, 20) * RD_ALIGN, .first = first, .last = first + draw(&r, 9)};
            sum += piece[i].bytes;
        }
        must(rd_pieces_place(piece, count, &bytes, NULL));
        check_places(piece, count, bytes);
        assert_true(bytes <= sum && bytes >= rd_pieces_least(piece, count));
    }
}

static void pieces_too_large_to_count_need_more_than_there_is(void **state)
{
    (void)state;
    rd_piece piece[] = {{.bytes = SIZE_MAX / 2 / RD_ALIGN * RD_ALIGN},
                        {.bytes = SIZE_MAX / 2 / RD_ALIGN * RD_ALIGN},
                        {.bytes = 2 * RD_ALIGN}};
    size_t bytes = 0;
    must(rd_pieces_place(piece, 3, &bytes, NULL));
    assert_int_equal(bytes, SIZE_MAX);
}

/* Forward and backward of a stack never need all pieces side by side. */
static void a_deep_stack_takes_less_than_its_pieces(void **state)
{
    (void)state;
    bench b;
    bench_open(&b, 1, "");
    bench_model(
        &b, "a = dense(x, size=64)\nb = dense(a, size=64)\nc1 = dense(b, size=64)\nd = dense(c1, size=64)\n"
            "out = dense(d, size=5)\nloss = softmax(out, y)\n");
    works(&b, rondo_model_reserve(b.model, "x", 1000, 100, 10, &b.error));
    const rd_frame *frame = &b.model->train;
    assert_int_equal(frame->bytes, rd_pieces_least(frame->piece, frame->pieces));
    /* the five values, and no more than two gradients beside them */
    assert_true((double)frame->bytes < 6.2 * 1000 * 64 * sizeof(rd_real));
    assert_true(frame->apart > 8 * 1000 * 64 * sizeof(rd_real));
    bench_close(&b);
}

/* ---- random lists of nodes ---- */

typedef struct list {
    char name[20][8];
    int rows[20]; /* 1: a row a step of the common part; 0: a row a sequence */
    size_t width[20], count;
    uint64_t seed;
} list;

static char list_text[4096];

static void add_text(const char *line)
{
    const size_t used = strlen(list_text);
    assert_true(used + strlen(line) < sizeof list_text);
    memcpy(list_text + used, line, strlen(line) + 1);
}

static size_t pick(list *l, int rows)
{
    size_t i;
    do
        i = draw(&l->seed, l->count);
    while (l->rows[i] != rows);
    return i;
}

static void add_node(list *l, int rows, size_t width, const char *format, const char *a, const char *b)
{
    char line[256], node[128];
    (void)snprintf(l->name[l->count], sizeof l->name[0], "n%zu", l->count);
    /* cppcheck-suppress wrongPrintfScanfArgNum; a format may leave out b */
    (void)snprintf(node, sizeof node, format, a, b);
    (void)snprintf(line, sizeof line, "%s = %s\n", l->name[l->count], node);
    add_text(line);
    l->rows[l->count] = rows;
    l->width[l->count++] = width;
}

static void add_random(list *l)
{
    static const char *const same[] = {"dense(%s, size=6, act=tanh)",
                                       "dense(%s, size=6)",
                                       "lstm(%s, size=6)",
                                       "lstm(%s, size=6, reverse=1, dropout_h=0.3)",
                                       "gru(%s, size=6, norm=1, start=learned)",
                                       "lstm(%s, size=6, proj=6)",
                                       "rnn(%s, size=6, index=before)",
                                       "mingru(%s, size=6)",
                                       "minlstm(%s, size=6, reverse=1)",
                                       "jordan(%s, size=6, outputs=6)"};
    static const char *const pool[] = {"last(%s)", "mean(%s)", "max(%s)"};
    enum { SAME = sizeof same / sizeof *same };
    const size_t kind = draw(&l->seed, 20), from = pick(l, 1), other = pick(l, 1);
    const char *a = l->name[from], *b = l->name[other];
    if (kind < 10)
        add_node(l, 1, 6, same[draw(&l->seed, SAME)], a, b);
    else if (kind < 12)
        add_node(l, 1, l->width[from], draw(&l->seed, 2) ? "dropout(%s, p=0.4)" : "noise(%s, scale=0.1)", a,
                 b);
    else if (kind < 14)
        add_node(l, 1, l->width[from] + l->width[other], "concat(%s, %s)", a, b);
    else if (kind < 16)
        add_node(l, 1, l->width[from], l->width[from] == l->width[other] ? "add(%s, %s)" : "add(%s)", a, b);
    else if (kind < 19)
        add_node(l, 0, l->width[from], pool[draw(&l->seed, 3)], a, b);
    else
        add_node(l, 1, l->width[pick(l, 0)], "expand(%s, like=x)", l->name[pick(l, 0)], b);
}

/* Part x of numbers, a pooled value, then what chance brings, then heads on the last rows and on a pool. */
static void make_list(list *l, uint64_t seed)
{
    *l = (list){.seed = seed, .name = {"x"}, .rows = {1}, .width = {BENCH_NUMBERS}, .count = 1};
    list_text[0] = 0;
    add_node(l, 1, 6, "dense(%s, size=6)", "x", "");
    add_node(l, 0, 6, "last(%s)", l->name[1], "");
    for (size_t i = 4 + draw(&l->seed, 12); i-- > 0;)
        add_random(l);
    const size_t top = pick(l, 1), pooled = pick(l, 0);
    char heads[256];
    (void)snprintf(
        heads, sizeof heads,
        "out = dense(%s, size=5)\nl1 = softmax(out, y)\no2 = dense(%s, size=2)\nl2 = squared(o2, m)\n",
        l->name[top], l->name[pooled]);
    add_text(heads);
}

/* Two updates' gradients and losses, the second in a frame that has been used. */
static void learn_twice(bench *b, double report[4], rd_real **grads, rd_real **inputs)
{
    const size_t numbers = BENCH_ROWS * BENCH_NUMBERS;
    b->model->input_grads = 1;
    must(rd_alloc(2 * b->model->numbers, sizeof **grads, "a test", grads, NULL));
    must(rd_alloc(2 * numbers, sizeof **inputs, "a test", inputs, NULL));
    for (size_t i = 0; i < 2; i++) {
        const rondo_loss_report got = bench_learn(b);
        report[2 * i] = got.sum;
        memcpy(*grads + i * b->model->numbers, b->model->grads, b->model->numbers * sizeof **grads);
        memcpy(*inputs + i * numbers, b->model->train.value[1].grad, numbers * sizeof **inputs);
        rondo_loss_report use;
        works(b, rondo_model_forward(b->model, NULL, b->batch, RONDO_USE, NULL, &b->error));
        works(b, rondo_model_loss(b->model, b->batch, &use, &b->error));
        report[2 * i + 1] = use.sum;
    }
}

/* What differs from the plain model, and from which every bit must be the same. */
static void same_bits(void (*change)(rondo_model *model))
{
    size_t saved = 0;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        bench shared, own;
        list l;
        double report[2][4];
        rd_real *grads[2], *inputs[2];
        make_list(&l, seed);
        bench_open(&shared, 2, "");
        bench_open(&own, 2, "");
        bench_model(&shared, list_text);
        bench_model(&own, list_text);
        bench_fill(&shared);
        bench_fill(&own);
        change(own.model);
        learn_twice(&shared, report[0], &grads[0], &inputs[0]);
        learn_twice(&own, report[1], &grads[1], &inputs[1]);
        const rd_frame *frame = &shared.model->train;
        check_places(frame->piece, frame->pieces, frame->bytes);
        check_places(shared.model->use.piece, shared.model->use.pieces, shared.model->use.bytes);
        saved += frame->bytes < frame->apart;
        if (memcmp(grads[0], grads[1], 2 * shared.model->numbers * sizeof(rd_real)) != 0)
            fail_msg("gradients differ, seed %u:\n%s", (unsigned)seed, list_text);
        assert_memory_equal(report[0], report[1], sizeof report[0]);
        assert_memory_equal(inputs[0], inputs[1], 2 * BENCH_ROWS * BENCH_NUMBERS * sizeof(rd_real));
        for (size_t i = 0; i < 2; i++) {
            rd_free(grads[i]);
            rd_free(inputs[i]);
        }
        bench_close(&shared);
        bench_close(&own);
    }
    assert_true(saved > 50);
}

static void keep_all(rondo_model *model)
{
    model->keeps = 1;
}

static void recompute(rondo_model *model)
{
    model->saved = RD_SAVED_RECOMPUTE;
}

static void any_list_gives_the_bits_it_gives_when_every_value_has_a_place_of_its_own(void **state)
{
    (void)state;
    same_bits(keep_all);
}

static void layers_run_again_give_the_bits_of_layers_that_keep_their_gates(void **state)
{
    (void)state;
    same_bits(recompute);
}

/* Carried states are replaced by forward, so what it started from is kept. */
static void layers_run_again_start_from_the_carried_states(void **state)
{
    (void)state;
    bench b[2];
    rondo_state *carried[2];
    for (size_t k = 0; k < 2; k++) {
        bench_open(&b[k], 1, k ? "saved = recompute\n" : "");
        bench_model(&b[k], "h = lstm(x, size=24, start=learned)\ng = gru(h, size=20)\nk = rnn(g, size=16)\n"
                           "out = dense(k, size=2)\nloss = squared(out, v)\n");
        bench_fill(&b[k]);
        works(&b[k], rondo_state_new(b[k].model, BENCH_SEQUENCES, &carried[k], &b[k].error));
        rondo_model_zero_grad(b[k].model);
        for (size_t i = 0; i < 3; i++) {
            works(&b[k],
                  rondo_model_forward(b[k].model, carried[k], b[k].batch, RONDO_TRAIN, NULL, &b[k].error));
            works(&b[k], rondo_model_loss(b[k].model, b[k].batch, NULL, &b[k].error));
            works(&b[k], rondo_model_backward(b[k].model, b[k].batch, &b[k].error));
        }
    }
    assert_memory_equal(b[0].model->grads, b[1].model->grads, b[0].model->numbers * sizeof(rd_real));
    assert_memory_equal(carried[0]->numbers, carried[1]->numbers,
                        BENCH_SEQUENCES * b[0].model->state_width * sizeof(rd_real));
    assert_non_null(b[1].model->train.repeat[0].memory);
    assert_non_null(b[1].model->train.repeat[1].memory);
    assert_null(b[1].model->train.repeat[2].memory); /* the last keeps its own */
    for (size_t k = 0; k < 2; k++) {
        rondo_state_free(carried[k]);
        bench_close(&b[k]);
    }
}

/* Six layers need little more than the one that is at work. */
static void layers_that_run_again_share_their_memory(void **state)
{
    (void)state;
    size_t bytes[2];
    for (size_t k = 0; k < 2; k++) {
        bench b;
        bench_open(&b, 1, k ? "saved = recompute\n" : "");
        bench_model(
            &b,
            "a = lstm(x, size=64)\nb = lstm(a, size=64)\nc1 = lstm(b, size=64)\nd = lstm(c1, size=64)\n"
            "e = lstm(d, size=64)\nf = lstm(e, size=64)\nout = dense(f, size=5)\nloss = softmax(out, y)\n");
        works(&b, rondo_model_reserve(b.model, "x", 2000, 200, 10, &b.error));
        bytes[k] = b.model->train.bytes;
        bench_close(&b);
    }
    assert_true(bytes[1] * 20 < bytes[0] * 9);
}

/* ---- gates in bf16 */

/* Gradients of three layers of this kind over sequences of up to 40 steps, one array a way of saving. */
static void gradients_of(const char *layer, int threads, rd_saved saved, rd_real **grads, size_t *numbers)
{
    enum { SEQUENCES = 16 };
    static const size_t length[SEQUENCES] = {40, 33, 0, 40, 7, 12, 40, 1, 25, 40, 38, 2, 40, 40, 19, 30};
    size_t name[SEQUENCES];
    char text[512];
    bench b;
    for (size_t i = 0; i < SEQUENCES; i++)
        name[i] = i;
    (void)snprintf(text, sizeof text,
                   "a = lstm(x, size=32)\nb = %s\nk = lstm(b, size=32)\nout = dense(k, size=2)\n"
                   "loss = squared(out, v)\n",
                   layer);
    bench_open(&b, threads, "");
    bench_model(&b, text);
    bench_fill_as(&b, length, name, SEQUENCES);
    b.model->saved = saved;
    bench_learn(&b);
    *numbers = b.model->numbers;
    must(rd_alloc(*numbers, sizeof **grads, "a test", grads, NULL));
    memcpy(*grads, b.model->grads, *numbers * sizeof **grads);
    bench_close(&b);
}

/* |x - y| / |y| of whole vectors. */
static double distance(const rd_real *x, const rd_real *y, size_t numbers)
{
    double moved = 0, size = 0;
    for (size_t i = 0; i < numbers; i++) {
        moved += ((double)x[i] - (double)y[i]) * ((double)x[i] - (double)y[i]);
        size += (double)y[i] * (double)y[i];
    }
    return sqrt(moved / size);
}

static const char *const narrowed[] = {"lstm(a, size=32)",
                                       "lstm(a, size=32, reverse=1, proj=16)",
                                       "lstm(a, size=32, peephole=1, norm=1)",
                                       "lstm(a, size=32, dropout_h=0.3, weight_drop=0.2)",
                                       "gru(a, size=32)",
                                       "gru(a, size=32, reset=before)",
                                       "gru_simple(a, size=32)",
                                       "rnn(a, size=32)",
                                       "rnn(a, size=32, nonlinearity=relu)"};
enum { NARROWED = sizeof narrowed / sizeof *narrowed };

/* bf16 has 8 bits of mantissa: rounding moves a gate by 2^-9 of it at most, up or down. A gradient is a sum
 * over steps and sequences of products of a few gates, where the errors partly cancel; y (1 - y) of a gate
 * near 1 and the differences of layer norm make them larger. 0.0004 to 0.0035 is what these lists give; the
 * limit is the last of the 8 bits. */
static void gates_in_bf16_move_the_gradient_by_less_than_their_last_bit(void **state)
{
    (void)state;
    for (size_t k = 0; k < NARROWED; k++) {
        rd_real *f32, *bf16;
        size_t numbers;
        gradients_of(narrowed[k], 1, RD_SAVED_F32, &f32, &numbers);
        gradients_of(narrowed[k], 1, RD_SAVED_BF16, &bf16, &numbers);
        const double far = distance(bf16, f32, numbers);
        assert_true(far > 0 && far < 0x1p-7);
        rd_free(f32);
        rd_free(bf16);
    }
}

static void gates_in_bf16_are_the_same_from_any_number_of_threads(void **state)
{
    static const int threads[] = {2, 3, 8};
    (void)state;
    for (size_t k = 0; k < NARROWED; k++) {
        rd_real *one, *many;
        size_t numbers;
        gradients_of(narrowed[k], 1, RD_SAVED_BF16, &one, &numbers);
        for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
            gradients_of(narrowed[k], threads[i], RD_SAVED_BF16, &many, &numbers);
            assert_memory_equal(one, many, numbers * sizeof *one);
            rd_free(many);
        }
        rd_free(one);
    }
}

/* Backward sees that a gate was clipped by its being the limit, to the last bit. */
static void gates_that_are_clipped_are_kept_whole(void **state)
{
    (void)state;
    bench b;
    bench_open(&b, 1, "saved = bf16\n");
    bench_model(&b, "a = lstm(x, size=8, clip_preact=1)\nb = gru(a, size=8)\nk = gru(b, size=8)\n"
                    "out = dense(k, size=2)\nloss = squared(out, v)\n");
    bench_fill(&b);
    bench_learn(&b);
    assert_null(b.model->train.narrow[0].saved);
    assert_non_null(b.model->train.narrow[1].saved);
    assert_null(b.model->train.narrow[2].saved); /* the last keeps its own */
    bench_close(&b);
}

/* Of two layers one keeps two bytes a gate, and its four bytes lie where the other's do. */
static void gates_in_bf16_take_half_a_layer_less_of_two(void **state)
{
    enum { STEPS = 128, SEQUENCES = 64, HIDDEN = 512 };
    (void)state;
    size_t bytes[2];
    rd_limits_of_call limits[RD_MAX_PARTS];
    for (size_t i = 0; i < RD_MAX_PARTS; i++)
        limits[i] = (rd_limits_of_call){
            .rows = STEPS * SEQUENCES, .steps = STEPS, .sequences = SEQUENCES, .mode = RONDO_TRAIN};
    for (size_t k = 0; k < 2; k++) {
        bench b;
        bench_open(&b, 1, k ? "saved = bf16\n" : "");
        bench_model(&b, "a = lstm(x, size=512)\nb = lstm(a, size=512)\nout = dense(b, size=5)\n"
                        "loss = softmax(out, y)\n");
        works(&b, rd_model_memory(b.model, limits, &bytes[k], &b.error));
        bench_close(&b);
    }
    assert_true(bytes[1] + (size_t)STEPS * SEQUENCES * 4 * HIDDEN * sizeof(uint16_t) <= bytes[0]);
    assert_true(bytes[1] * 100 < bytes[0] * 88);
}

/* The output of forward is there until the next call, whatever was planned. */
static void the_output_stays_after_the_losses_and_backward(void **state)
{
    (void)state;
    bench b;
    rondo_view output;
    rd_real kept[BENCH_ROWS * 2];
    bench_open(&b, 1, "");
    bench_model(&b, "h = lstm(x, size=16)\nout = dense(h, size=2)\nloss = squared(out, v)\n");
    bench_fill(&b);
    works(&b, rondo_model_forward(b.model, NULL, b.batch, RONDO_TRAIN, &output, &b.error));
    const rd_real *data = output.data;
    for (size_t r = 0; r < BENCH_ROWS; r++)
        memcpy(kept + 2 * r, data + r * output.stride, 2 * sizeof *kept);
    works(&b, rondo_model_loss(b.model, b.batch, NULL, &b.error));
    works(&b, rondo_model_backward(b.model, b.batch, &b.error));
    for (size_t r = 0; r < BENCH_ROWS; r++)
        assert_memory_equal(kept + 2 * r, data + r * output.stride, 2 * sizeof *kept);
    bench_close(&b);
}

/* Behind a layer there may be nothing to learn, and above it nobody who asks. */
static void gradients_that_nobody_needs_have_no_place(void **state)
{
    (void)state;
    bench b;
    bench_open(&b, 1, "");
    bench_model(&b, "d = dropout(x, p=0.5)\nh = gru(d, size=8)\nl = last(h)\ndead = dense(h, size=9)\n"
                    "out = dense(l, size=2)\nloss = squared(out, m)\n");
    bench_fill(&b);
    (void)bench_learn(&b);
    const rd_value *value = b.model->train.value + BENCH_PARTS;
    assert_null(value[0].grad); /* nothing learns below d */
    assert_null(value[1].grad); /* `last` adds to the gradient by the final state */
    assert_non_null(value[2].grad);
    assert_null(value[3].grad); /* nobody reads it */
    for (size_t i = 0; i < 9 * 8; i++)
        assert_true(b.model->grads[b.model->layer[3].param[0].offset + i] == 0);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_in_use_together_have_no_byte_in_common),
        cmocka_unit_test(pieces_too_large_to_count_need_more_than_there_is),
        cmocka_unit_test(a_deep_stack_takes_less_than_its_pieces),
        cmocka_unit_test(any_list_gives_the_bits_it_gives_when_every_value_has_a_place_of_its_own),
        cmocka_unit_test(layers_run_again_give_the_bits_of_layers_that_keep_their_gates),
        cmocka_unit_test(layers_run_again_start_from_the_carried_states),
        cmocka_unit_test(layers_that_run_again_share_their_memory),
        cmocka_unit_test(gates_in_bf16_move_the_gradient_by_less_than_their_last_bit),
        cmocka_unit_test(gates_in_bf16_are_the_same_from_any_number_of_threads),
        cmocka_unit_test(gates_that_are_clipped_are_kept_whole),
        cmocka_unit_test(gates_in_bf16_take_half_a_layer_less_of_two),
        cmocka_unit_test(the_output_stays_after_the_losses_and_backward),
        cmocka_unit_test(gradients_that_nobody_needs_have_no_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
