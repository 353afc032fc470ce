/* What attention and decoders promise beyond their equations: packing, threads and neighbours do not show,
 * weights are a distribution over a row's own source, and what cannot be is refused with its line. */
#include "layers/layer_help.h"

#include "layers/attend.h"

#include <stdlib.h>

enum { MOST = 32, STEPS = 6, WIDTH = 3, OUT = 4 };

/* A model with its own data: sequence k of `name` has the same numbers in every batch. */
typedef struct rig {
    rondo_device *device;
    rondo_options *options;
    rondo_model *model;
    rondo_batch *batch;
    rondo_error error;
    rondo_view output;
    size_t source[MOST], target[MOST], count;
} rig;

static void put(rig *r, const char *part, size_t salt, const size_t *length, const size_t *name)
{
    static rd_real values[MOST][STEPS * OUT];
    const rd_real *at[MOST];
    const size_t width = salt == 2 ? OUT : WIDTH;
    for (size_t i = 0; i < r->count; i++) {
        at[i] = values[i];
        for (size_t k = 0; k < STEPS * OUT; k++)
            values[i][k] = bench_number(salt, name[i], k);
    }
    works(r, rondo_batch_put(
                 r->batch, part,
                 &(rondo_sequences){.count = r->count, .length = length, .width = width, .values = at},
                 &r->error));
}

static void fill(rig *r, const size_t *name, size_t count)
{
    r->count = count;
    for (size_t i = 0; i < count; i++) {
        r->source[i] = (name[i] * 5 + 3) % STEPS;
        r->target[i] = (name[i] * 3 + 2) % 5;
    }
    put(r, "x", 1, r->target, name);
    put(r, "source", 0, r->source, name);
    put(r, "y", 2, r->target, name);
}

static rig *rig_open(const char *text, int threads)
{
    const rondo_size sizes[] = {{"source", WIDTH, 0}, {"x", WIDTH, 0}, {"y", OUT, 0}};
    rig *r = calloc(1, sizeof *r);
    size_t name[19];
    for (size_t i = 0; i < 19; i++)
        name[i] = i;
    works(r, rondo_device_open("cpu", threads, &r->device, &r->error));
    works(r, rondo_options_new(&r->options, &r->error));
    works(r, rondo_batch_new(&r->batch, &r->error));
    works(r, rondo_model_new(r->device, r->options, text, sizes, 3, &r->model, &r->error));
    for (size_t i = 0; i < r->model->numbers; i++)
        r->model->params[i] = RD_C(0.8) * bench_number(7, 0, i);
    rondo_model_changed(r->model);
    r->model->keeps = 1;
    fill(r, name, 19);
    return r;
}

static void rig_close(rig *r)
{
    rondo_batch_free(r->batch);
    rondo_model_free(r->model);
    rondo_options_free(r->options);
    rondo_device_close(r->device);
    free(r);
}

static void forward(rig *r, rondo_mode mode)
{
    works(r, rondo_model_forward(r->model, NULL, r->batch, mode, &r->output, &r->error));
}

static void train(rig *r)
{
    forward(r, RONDO_TRAIN);
    rondo_model_zero_grad(r->model);
    works(r, rondo_model_loss(r->model, r->batch, NULL, &r->error));
    works(r, rondo_model_backward(r->model, r->batch, &r->error));
}

static const char *const texts[] = {
    "f = gru(source, size=3)\nb = gru(source, size=3, reverse=1)\ne = concat(f, b)\ns = bridge(f, b, "
    "mode=dense, size=4)\n"
    "h = decoder(x, memory=e, start=s, size=4, feed=1)\nloss = squared(h, y)\n",
    "e = lstm(source, size=4)\ns = bridge(e)\n"
    "h = decoder(x, memory=e, start=s, cell=lstm, size=4, attention=additive, place=before)\nloss = "
    "squared(h, y)\n",
    "e = lstm(source, size=4)\ns = bridge(e)\nd = lstm(x, size=4, start=s)\n"
    "h = attention(d, memory=e, score=additive)\nloss = squared(h, y)\n",
    "e = gru(source, size=4)\nh = decoder(x, memory=e, size=4, attention=dot, feed=1)\nloss = squared(h, "
    "y)\n",
};
enum { TEXTS = sizeof texts / sizeof texts[0] };

static void the_bits_do_not_depend_on_the_number_of_threads(void **state)
{
    (void)state;
    for (size_t k = 0; k < TEXTS; k++) {
        rig *one = rig_open(texts[k], 1);
        train(one);
        for (int threads = 2; threads <= 8; threads += threads == 2 ? 1 : 5) {
            rig *many = rig_open(texts[k], threads);
            train(many);
            for (size_t row = 0; row < one->output.shape[0]; row++)
                assert_memory_equal((rd_real *)many->output.data + row * many->output.stride,
                                    (rd_real *)one->output.data + row * one->output.stride,
                                    OUT * sizeof(rd_real));
            assert_memory_equal(many->model->grads, one->model->grads, one->model->numbers * sizeof(rd_real));
            rig_close(many);
        }
        rig_close(one);
    }
}

static void a_step_after_the_first_allocates_nothing(void **state)
{
    (void)state;
    for (size_t k = 0; k < TEXTS; k++) {
        rig *r = rig_open(texts[k], 2);
        train(r);
        rd_memory_trap(1);
        train(r);
        rd_memory_trap(0);
        rig_close(r);
    }
}

/* The row of the caller's sequence i at step t of the output. */
static const rd_real *row(const rig *r, size_t i, size_t t)
{
    const rondo_pack *pack = rondo_batch_pack(r->batch, "x");
    size_t place = 0;
    while (pack->order[place] != i)
        place++;
    return (const rd_real *)r->output.data + (pack->offset[t] + place) * r->output.stride;
}

static void a_sequence_alone_has_the_bits_it_has_among_others(void **state)
{
    (void)state;
    for (size_t k = 0; k < TEXTS; k++) {
        rig *all = rig_open(texts[k], 2), *alone = rig_open(texts[k], 1);
        forward(all, RONDO_USE);
        for (size_t i = 0; i < all->count; i++) {
            fill(alone, &i, 1);
            forward(alone, RONDO_USE);
            for (size_t t = 0; t < all->target[i]; t++)
                assert_memory_equal(row(alone, 0, t), row(all, i, t), OUT * sizeof(rd_real));
        }
        rig_close(all);
        rig_close(alone);
    }
}

static rd_call call_of(const rig *r, size_t layer)
{
    return rd_frame_call(r->model, &r->model->use, &r->model->run->call, layer);
}

/* What rd_attention_weights gives is what weighs the positions: their sum is 1 over the source's own length.
 */
static void weights_are_a_distribution_over_the_own_source(void **state)
{
    (void)state;
    for (size_t k = 0; k < TEXTS; k++) {
        rig *r = rig_open(texts[k], 2);
        forward(r, RONDO_USE);
        const size_t layer = r->model->layers - 1;
        const rd_call call = call_of(r, layer);
        size_t stride;
        const rd_real *weights = rd_attention_weights(&r->model->layer[layer], &call, &stride);
        assert_non_null(weights);
        const rondo_pack *pack = rondo_batch_pack(r->batch, "x");
        for (size_t t = 0; t < pack->steps; t++)
            for (size_t p = 0; p < pack->count[t]; p++) {
                double sum = 0;
                for (size_t s = 0; s < r->source[pack->order[p]]; s++) {
                    const double weight = (double)weights[(pack->offset[t] + p) * stride + s];
                    assert_true(weight > 0 && weight <= 1);
                    sum += weight;
                }
                if (r->source[pack->order[p]] > 0) assert_true(fabs(sum - 1) < 1e-6);
            }
        rig_close(r);
    }
}

/* Without positions ctx is 0: out = tanh(W_h h). */
static void an_empty_source_gives_the_context_zero(void **state)
{
    (void)state;
    rig *r = rig_open(texts[2], 1);
    size_t i = 0, seen = 0;
    forward(r, RONDO_USE);
    const rd_layer *layer = &r->model->layer[3];
    const rd_value *d = &r->model->use.value[r->model->parts + 2];
    const rd_real *w = r->model->params + layer->param[3].offset;
    assert_string_equal(layer->param[3].name, "weight_out");
    for (; i < r->count; i++)
        for (size_t t = 0; r->source[i] == 0 && t < r->target[i]; t++, seen++) {
            const rd_real *out = row(r, i, t);
            const rd_real *h =
                d->data + (size_t)(out - (const rd_real *)r->output.data) / r->output.stride * d->stride;
            for (size_t j = 0; j < OUT; j++) {
                double sum = 0;
                for (size_t k = 0; k < OUT; k++)
                    sum += (double)w[j * 2 * OUT + OUT + k] * (double)h[k];
                assert_true(fabs(tanh(sum) - (double)out[j]) < 1e-6);
            }
        }
    assert_true(seen > 0);
    rig_close(r);
}

static void what_cannot_be_is_refused_with_its_line(void **state)
{
    static const struct {
        const char *text, *piece;
    } cases[] = {
        {"h = decoder(x, size=4)", "takes 2 to 3 inputs, found 1"},
        {"e = gru(m2, size=4)\nh = attention(x, memory=e)", "no part and no earlier layer is named"},
        {"e = gru(x, size=4)\nd = gru(x, size=4)\nh = attention(d, memory=e)", "follows the same one"},
        {"e = gru(x, size=4)\nh = attention(s, memory=e)", "2: attention \"h\" needs numbers"},
        {"e = gru(x, size=4)\nl = last(e)\nh = decoder(v, memory=l, size=4)", "3: \"h\" attends to numbers"},
        {"e = gru(x, size=4)\nh = decoder(v, memory=e, size=5, attention=dot)", "has 4 numbers, the query 5"},
        {"e = gru(x, size=4)\nh = decoder(v, memory=e, size=5, norm=1)", "no setting \"norm\""},
        {"e = gru(x, size=4)\nh = decoder(v, memory=e, size=5, cell=jordan)", "gru|lstm|rnn|gru_simple"},
        {"e = gru(x, size=4)\nb = bridge(e)\nh = gru(v, size=5, start=b)",
         "starts from 5 numbers a sequence"},
        {"e = gru(x, size=4)\nh = gru(v, size=4, start=e)", "has 4 a step"},
        {"e = gru(x, size=4)\nh = gru(v, size=4, start=nobody)", "zero|learned|random|given"},
        {"e = gru(x, size=4, start=node)\n", "starts from no earlier layer"},
        {"e = dense(x, size=4)\nb = bridge(e)", "has no final state"},
        {"e = gru(x, size=4)\nf = gru(x, size=5)\nb = bridge(e, f, merge=sum)",
         "merge=sum needs equal states"},
    };
    bench b;
    (void)state;
    bench_open(&b, 1, "");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        refuses(&b, cases[i].text, cases[i].piece);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bits_do_not_depend_on_the_number_of_threads),
        cmocka_unit_test(a_step_after_the_first_allocates_nothing),
        cmocka_unit_test(a_sequence_alone_has_the_bits_it_has_among_others),
        cmocka_unit_test(weights_are_a_distribution_over_the_own_source),
        cmocka_unit_test(an_empty_source_gives_the_context_zero),
        cmocka_unit_test(what_cannot_be_is_refused_with_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
