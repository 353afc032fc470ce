/* Beam search against the enumeration of all answers, and steps against a forward of whole sequences. */
#include "model/model_help.h"

#include "decode/beam.h"
#include "sequence/symbols.h"

#include <stdlib.h>

enum { SOURCE = 6, TARGET = 4, LENGTH = 4, MOST = 128, SOURCES = 4 };

static const char *const texts[] = {
    "e = embedding(x, size=5)\nf = gru(e, size=3)\nb = gru(e, size=3, reverse=1)\nm = concat(f, b)\n"
    "s = bridge(f, b, mode=dense, size=6)\nt = embedding(target, size=4)\n"
    "d = decoder(t, memory=m, start=s, size=6, feed=1)\nout = dense(d, size=4)\nloss = softmax(out, y)\n",
    "e = embedding(x, size=5)\nm = lstm(e, size=5)\ns = bridge(m)\nt = embedding(target, size=4)\nu = "
    "dropout(t, p=0.3)\n"
    "c = lstm(u, size=5, start=s)\nd = attention(c, memory=m, score=additive)\n"
    "out = dense(d, size=4)\nloss = softmax(out, y)\n",
    "e = embedding(x, size=5)\nm = gru(e, size=5)\nt = embedding(target, size=4)\nc = gru(t, size=5)\n"
    "d = decoder(c, memory=m, cell=lstm, size=5, attention=dot, place=before, feed=1)\n"
    "out = dense(d, size=4)\nloss = softmax(out, y)\n",
    "e = embedding(x, size=5)\nm = gru(e, size=5)\ns = bridge(m)\nt = embedding(target, size=4)\n"
    "d = gru(t, size=5, start=s)\nout = dense(d, size=4)\nloss = softmax(out, y)\n",
};
enum { TEXTS = sizeof texts / sizeof texts[0] };

static const size_t source_length[SOURCES] = {3, 0, 5, 1};

typedef struct rig {
    rondo_device *device;
    rondo_options *options;
    rondo_model *model;
    rondo_batch *batch, *many;
    rondo_error error;
} rig;

static void rig_open(rig *r, const char *text, int threads)
{
    const rondo_size sizes[] = {{"x", SOURCE, 1}, {"y", TARGET, 1}, {"target", TARGET, 1}};
    memset(r, 0, sizeof *r);
    works(r, rondo_device_open("cpu", threads, &r->device, &r->error));
    works(r, rondo_options_new(&r->options, &r->error));
    works(r, rondo_model_new(r->device, r->options, text, sizes, 3, &r->model, &r->error));
    works(r, rondo_batch_new(&r->batch, &r->error));
    works(r, rondo_batch_new(&r->many, &r->error));
    for (size_t i = 0; i < r->model->numbers; i++)
        r->model->params[i] = RD_C(1.3) * bench_number(3, 0, i);
    rondo_model_changed(r->model);
}

static void rig_close(rig *r)
{
    rondo_batch_free(r->batch);
    rondo_batch_free(r->many);
    rondo_model_free(r->model);
    rondo_options_free(r->options);
    rondo_device_close(r->device);
}

static const int32_t *source(size_t i)
{
    static int32_t symbols[SOURCES][8];
    for (size_t t = 0; t < 8; t++)
        symbols[i][t] = (int32_t)((bench_number(1, i, t) + 1) / 2 * SOURCE * RD_C(0.999));
    return symbols[i];
}

static void put(rig *r, rondo_batch *batch, const char *part, size_t count, const size_t *length,
                const int32_t *const *at)
{
    works(r, rondo_batch_put(batch, part, &(rondo_sequences){.count = count, .length = length, .symbols = at},
                             &r->error));
}

static void put_sources(rig *r)
{
    const int32_t *at[SOURCES];
    for (size_t i = 0; i < SOURCES; i++)
        at[i] = source(i);
    put(r, r->batch, "x", SOURCES, source_length, at);
}

/* ---- all answers to one source ---------------------------------------------------------------------------
 */

typedef struct answer {
    int32_t symbols[LENGTH + 1];
    size_t count;
    double logprob, score;
} answer;

/* Every sequence of symbols that are not the end, of at most LENGTH. */
static size_t enumerate(answer *all)
{
    size_t count = 1, first = 0;
    all[0] = (answer){.count = 0};
    for (size_t length = 1; length <= LENGTH; length++) {
        const size_t end = count;
        for (size_t i = first; i < end; i++)
            for (int32_t k = 0; k < TARGET; k++) {
                if (k == RD_SYMBOL_END) continue;
                all[count] = all[i];
                all[count].symbols[all[count].count++] = k;
                count++;
            }
        first = end;
    }
    return count;
}

static double log_softmax(const rd_real *z, int32_t k)
{
    double sum = 0;
    for (size_t j = 0; j < TARGET; j++)
        sum += exp((double)z[j] - (double)z[0]);
    return (double)z[k] - (double)z[0] - log(sum);
}

/* log p of each by one forward of all of them, the decoder being told what came before. */
static void weigh(rig *r, size_t i, answer *all, size_t count, double penalty)
{
    static int32_t read[MOST][LENGTH + 1];
    const int32_t *x[MOST], *target[MOST];
    size_t x_length[MOST], length[MOST];
    rondo_view out;
    for (size_t n = 0; n < count; n++) {
        x[n] = source(i);
        x_length[n] = source_length[i];
        read[n][0] = RD_SYMBOL_END;
        memcpy(read[n] + 1, all[n].symbols, LENGTH * sizeof read[n][0]);
        target[n] = read[n];
        length[n] = all[n].count + 1;
    }
    put(r, r->many, "x", count, x_length, x);
    put(r, r->many, "target", count, length, target);
    works(r, rondo_model_forward(r->model, NULL, r->many, RONDO_USE, &out, &r->error));
    const rondo_pack *pack = rondo_batch_pack(r->many, "target");
    for (size_t p = 0; p < count; p++) {
        answer *a = &all[pack->order[p]];
        a->logprob = 0;
        for (size_t t = 0; t <= a->count; t++)
            a->logprob += log_softmax((const rd_real *)out.data + (pack->offset[t] + p) * out.stride,
                                      t < a->count ? a->symbols[t] : RD_SYMBOL_END);
        a->score = a->logprob / pow((double)(a->count + 1), penalty);
    }
}

static int better_first(const void *a, const void *b)
{
    const answer *left = a, *right = b;
    return (left->score < right->score) - (left->score > right->score);
}

/* Wide enough to hold everything, the beam finds all answers in the order of their scores. */
static void a_wide_beam_finds_what_enumeration_finds(void **state)
{
    static answer all[MOST];
    (void)state;
    for (size_t k = 0; k < TEXTS; k++)
        for (double penalty = 0; penalty < 2; penalty += 0.6) {
            rig r;
            rd_beam *beam;
            rig_open(&r, texts[k], 2);
            put_sources(&r);
            works(&r,
                  rd_beam_new(
                      r.model,
                      &(rd_beam_settings){
                          .beam = 400, .best = 400, .penalty = penalty, .max_length = LENGTH, .excluded = -1},
                      &beam, &r.error));
            works(&r, rd_beam_search(beam, r.batch, &r.error));
            for (size_t i = 0; i < SOURCES; i++) {
                const size_t count = enumerate(all);
                weigh(&r, i, all, count, penalty);
                qsort(all, count, sizeof *all, better_first);
                assert_int_equal(rd_beam_found(beam, i), count);
                for (size_t n = 0; n < count; n++) {
                    const rd_hypothesis *h = rd_beam_best(beam, i, n);
                    assert_true(h->ended);
                    assert_true(fabs(h->score - all[n].score) < 1e-5);
                    if (n + 1 < count && all[n].score - all[n + 1].score < 1e-5) continue;
                    if (n > 0 && all[n - 1].score - all[n].score < 1e-5) continue;
                    assert_int_equal(h->count, all[n].count);
                    assert_memory_equal(h->symbols, all[n].symbols, h->count * sizeof *h->symbols);
                }
            }
            rd_beam_free(beam);
            rig_close(&r);
        }
}

/* ---- steps -----------------------------------------------------------------------------------------------
 */

/* Rows that go on from rows, in any order and number, have the logits of a forward of the whole sequence. */
static void steps_have_the_bits_of_a_forward_of_the_whole(void **state)
{
    static const int32_t said[3][4] = {{1, 2, 0, 3}, {1, 3, 3, 2}, {1, 2, 0, 2}};
    static const size_t of[3] = {2, 0, 2}, four[3] = {4, 4, 4};
    (void)state;
    for (size_t k = 0; k < TEXTS; k++) {
        rig r;
        rd_incremental *steps;
        rondo_view whole, logits;
        const int32_t *x[3], *target[3];
        size_t x_length[3];
        rig_open(&r, texts[k], 1);
        put_sources(&r);
        for (size_t n = 0; n < 3; n++) {
            x[n] = source(of[n]);
            x_length[n] = source_length[of[n]];
            target[n] = said[n];
        }
        put(&r, r.many, "x", 3, x_length, x);
        put(&r, r.many, "target", 3, four, target);
        works(&r, rondo_model_forward(r.model, NULL, r.many, RONDO_USE, &whole, &r.error));
        const rondo_pack *pack = rondo_batch_pack(r.many, "target");
        works(&r, rd_incremental_new(r.model, "target", &steps, &r.error));
        works(&r, rd_incremental_begin(steps, r.batch, 5, &r.error));
        /* rows are turned round at each step: row 2 - n of an odd step is sequence n */
        for (size_t t = 0; t < 4; t++) {
            int32_t symbol[3];
            size_t sequence[3], from[3];
            for (size_t n = 0; n < 3; n++) {
                const size_t row = t % 2 ? 2 - n : n;
                symbol[row] = said[n][t];
                sequence[row] = of[n];
                from[row] = 2 - row;
            }
            works(&r,
                  rd_incremental_step(
                      steps,
                      &(rd_incremental_rows){.rows = 3, .symbol = symbol, .sequence = sequence, .from = from},
                      &logits, &r.error));
            for (size_t p = 0; p < 3; p++) {
                const size_t n = pack->order[p], row = t % 2 ? 2 - n : n;
                assert_memory_equal((const rd_real *)logits.data + row * logits.stride,
                                    (const rd_real *)whole.data + (pack->offset[t] + p) * whole.stride,
                                    TARGET * sizeof(rd_real));
            }
        }
        rd_incremental_free(steps);
        rig_close(&r);
    }
}

/* ---- narrow beams ----------------------------------------------------------------------------------------
 */

static void a_beam_of_one_is_greedy(void **state)
{
    static answer one[1];
    (void)state;
    for (size_t k = 0; k < TEXTS; k++) {
        rig r;
        rd_beam *beam;
        rig_open(&r, texts[k], 1);
        put_sources(&r);
        works(&r, rd_beam_new(r.model,
                              &(rd_beam_settings){
                                  .beam = 1, .best = 3, .penalty = 1, .max_length = LENGTH, .excluded = -1},
                              &beam, &r.error));
        works(&r, rd_beam_search(beam, r.batch, &r.error));
        for (size_t i = 0; i < SOURCES; i++) {
            const rd_hypothesis *h = rd_beam_best(beam, i, 0);
            assert_int_equal(rd_beam_found(beam, i), 1);
            one[0] = (answer){.count = h->count};
            memcpy(one[0].symbols, h->symbols, h->count * sizeof *h->symbols);
            /* each symbol is the likeliest after those before it: no other one gives a likelier prefix */
            for (size_t t = 0; t < h->count + (size_t)h->ended; t++) {
                const int32_t chosen = t < h->count ? h->symbols[t] : RD_SYMBOL_END;
                static answer tries[TARGET];
                double best = -HUGE_VAL;
                int32_t likeliest = -1;
                rondo_view out;
                tries[0] = one[0];
                tries[0].count = t;
                weigh(&r, i, tries, 1, 0);
                (void)rondo_model_forward(r.model, NULL, r.many, RONDO_USE, &out, &r.error);
                for (int32_t s = 0; s < TARGET; s++) {
                    const double p = log_softmax((const rd_real *)out.data + t * out.stride, s);
                    if (p > best) best = p, likeliest = s;
                }
                assert_int_equal(chosen, likeliest);
            }
            if (h->ended) assert_true(h->count <= LENGTH);
            if (!h->ended) assert_int_equal(h->count, LENGTH);
        }
        rd_beam_free(beam);
        rig_close(&r);
    }
}

/* Threads, and which other sentences are in the batch, do not show; nor is the excluded symbol ever given. */
static void neighbours_and_threads_do_not_show(void **state)
{
    (void)state;
    for (size_t k = 0; k < TEXTS; k++) {
        rig all, alone;
        rd_beam *beam, *single;
        const rd_beam_settings set = {.beam = 3,
                                      .best = 3,
                                      .penalty = 0.6,
                                      .max_ratio = 1.5,
                                      .excluded = RD_SYMBOL_UNKNOWN,
                                      .keep_weights = 1};
        rig_open(&all, texts[k], 3);
        rig_open(&alone, texts[k], 1);
        put_sources(&all);
        works(&all, rd_beam_new(all.model, &set, &beam, &all.error));
        works(&alone, rd_beam_new(alone.model, &set, &single, &alone.error));
        works(&all, rd_beam_search(beam, all.batch, &all.error));
        for (size_t i = 0; i < SOURCES; i++) {
            const int32_t *at[] = {source(i)};
            put(&alone, alone.batch, "x", 1, &source_length[i], at);
            works(&alone, rd_beam_search(single, alone.batch, &alone.error));
            assert_int_equal(rd_beam_found(beam, i), 3);
            for (size_t n = 0; n < 3; n++) {
                const rd_hypothesis *a = rd_beam_best(beam, i, n), *b = rd_beam_best(single, 0, n);
                assert_int_equal(a->count, b->count);
                assert_true(a->count <= (size_t)(1.5 * (double)source_length[i] + 10));
                assert_memory_equal(a->symbols, b->symbols, a->count * sizeof *a->symbols);
                assert_true(!(a->score < b->score) && !(a->score > b->score));
                for (size_t t = 0; t < a->count; t++)
                    assert_int_not_equal(a->symbols[t], RD_SYMBOL_UNKNOWN);
                assert_true((a->aligned != NULL) == (k < 3));
                for (size_t t = 0; a->weights && t < a->count && a->positions > 0; t++) {
                    double sum = 0;
                    for (size_t s = 0; s < a->positions; s++) {
                        const double weight = (double)a->weights[t * a->positions + s];
                        assert_true(weight <= (double)a->weights[t * a->positions + a->aligned[t]]);
                        sum += weight;
                    }
                    assert_true(fabs(sum - 1) < 1e-5);
                }
            }
        }
        rd_beam_free(beam);
        rd_beam_free(single);
        rig_close(&all);
        rig_close(&alone);
    }
}

static void what_cannot_be_searched_says_why(void **state)
{
    rig r;
    rd_beam *beam;
    const rd_beam_settings set = {.beam = 2, .best = 1, .max_length = 4, .excluded = -1};
    (void)state;
    rig_open(
        &r,
        "e = gru(x, size=4)\nt = gru(target, size=4)\nu = gru(target, size=4, reverse=1)\nd = concat(t, u)\n"
        "h = attention(d, memory=e)\nout = dense(h, size=4)\nloss = softmax(out, y)\n",
        1);
    assert_int_equal(rd_beam_new(r.model, &set, &beam, &r.error), RONDO_BAD_MODEL);
    assert_non_null(strstr(r.error.message, "\"u\" (gru) needs whole sequences"));
    rig_close(&r);
    rig_open(&r, texts[0], 1);
    put_sources(&r);
    for (size_t i = 0; i < r.model->numbers; i++)
        r.model->params[i] = (rd_real)NAN;
    rondo_model_changed(r.model);
    works(&r, rd_beam_new(r.model, &set, &beam, &r.error));
    assert_int_equal(rd_beam_search(beam, r.batch, &r.error), RONDO_NUMBERS);
    rd_beam_free(beam);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wide_beam_finds_what_enumeration_finds),
        cmocka_unit_test(steps_have_the_bits_of_a_forward_of_the_whole),
        cmocka_unit_test(a_beam_of_one_is_greedy),
        cmocka_unit_test(neighbours_and_threads_do_not_show),
        cmocka_unit_test(what_cannot_be_searched_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
