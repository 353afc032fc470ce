/* Music from a model of frames: each frame is drawn key by key, and is the next input. */
#include "tasks/tasks.h"

#include "base/memory.h"
#include "base/numeric.h"
#include "base/rng.h"
#include "formats/midi.h"
#include "formats/roll_json.h"

typedef struct generation {
    rondo_model *model;
    const rondo_sampling *sampling;
    rondo_state *state;
    rd_real input[RD_KEYS], logit[RD_KEYS];
    rd_roll roll;
    rondo_generated done;
} generation;

static rondo_status check(const rondo_model *model, const rondo_sampling *s, rondo_error *error)
{
    if (!rd_equal(model->task, "frames"))
        return rd_fail(error, RONDO_BAD_MODEL,
                       "a model of task \"%s\" generates no music (expected one of task frames)",
                       model->task);
    for (size_t i = 0; i < model->parts; i++)
        if (model->part[i].width != RD_KEYS)
            return rd_fail(error, RONDO_BAD_MODEL,
                           "part \"%s\" of the model has %zu numbers, a piano has %d keys",
                           model->part[i].name, model->part[i].width, RD_KEYS);
    if (!(s->temperature >= 0) || s->temperature > 1e6)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "temperature %g (expected a number from 0)",
                       s->temperature);
    if (s->length > RD_ROLL_FRAMES)
        return rd_fail(error, RONDO_LIMIT, "length %zu (at most %d frames)", s->length, RD_ROLL_FRAMES);
    return RONDO_OK;
}

/* p = 1 / (1 + exp(-z)), without overflow. */
static double sigmoid(double z)
{
    const double e = rd_exp64(z < 0 ? z : -z);
    return (z < 0 ? e : 1) / (1 + e);
}

/* Key k of frame n is number n * RD_KEYS + k of the sample. The probability of what was drawn is that at
 * temperature 1; ln of the other outcome than p is ln sigmoid(-z). */
static int draw_key(generation *g, rd_key key, size_t frame, size_t k)
{
    const double z = (double)g->logit[k], heat = g->sampling->temperature;
    const double chance = heat > 0 ? sigmoid(z / heat) : (double)(z > 0);
    const int on = rd_random_uniform(key, (uint64_t)frame * RD_KEYS + k) < chance;
    const double likely = on ? z : -z;
    g->done.logprob +=
        likely < 0 ? likely - rd_log64(1 + rd_exp64(likely)) : -rd_log64(1 + rd_exp64(-likely));
    return on;
}

static rondo_status draw(generation *g, rondo_error *error)
{
    const rd_key key = rd_key_of(g->sampling->seed, RD_STREAM_SAMPLE, g->sampling->number, 0);
    const rondo_view input = {
        .data = g->input, .type = RONDO_REAL, .rank = 2, .shape = {1, RD_KEYS}, .stride = RD_KEYS};
    const rondo_view output = {
        .data = g->logit, .type = RONDO_REAL, .rank = 2, .shape = {1, RD_KEYS}, .stride = RD_KEYS};
    RD_TRY(rd_roll_reach(&g->roll, g->sampling->length, error));
    for (size_t n = 0; n < g->sampling->length; n++) {
        RD_TRY(rondo_step(g->model, g->state, input, output, error));
        for (size_t k = 0; k < RD_KEYS; k++) {
            const int on = draw_key(g, key, n, k);
            g->input[k] = (rd_real)on;
            if (on) rd_chord_add(&g->roll.frame[n], (unsigned)k + RD_LOWEST_KEY);
        }
        g->done.tokens++;
    }
    return RONDO_OK;
}

static rondo_status write_roll(const rd_roll *roll, const rondo_options *options, rd_text *out,
                               rondo_error *error)
{
    const rd_midi_style style = {.steps = (unsigned)rd_option_integer(options, RD_OPT_steps_per_quarter),
                                 .bpm = (unsigned)rd_option_integer(options, RD_OPT_bpm),
                                 .hold = rd_option_flag(options, RD_OPT_hold),
                                 .program = (unsigned)rd_option_integer(options, RD_OPT_instrument),
                                 .velocity = 80};
    if (rd_option_is(options, RD_OPT_format, "midi")) return rd_midi_write(roll, &style, out, error);
    if (!rd_option_is(options, RD_OPT_format, "json"))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "format: music is written as midi or json");
    rd_roll_json_write(roll, out);
    return rd_text_done(out, error);
}

rondo_status rondo_generate_frames(rondo_model *model, const rondo_options *options,
                                   const rondo_sampling *sampling, rondo_sink sink, void *user,
                                   rondo_generated *generated, rondo_error *error)
{
    rd_text text = {0};
    if (!model || !options || !sampling || !sink)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_generate_frames: %s is missing",
                       !model      ? "model"
                       : !options  ? "options"
                       : !sampling ? "sampling"
                                   : "sink");
    generation g = {.model = model, .sampling = sampling};
    RD_TRY(check(model, sampling, error));
    rondo_status status = rondo_state_new(model, 1, &g.state, error);
    if (status == RONDO_OK) status = draw(&g, error);
    if (status == RONDO_OK) status = write_roll(&g.roll, options, &text, error);
    if (status == RONDO_OK && sink(user, text.text, text.size))
        status = rd_fail(error, RONDO_SYSTEM, "the music could not be written");
    if (generated) *generated = g.done;
    rondo_state_free(g.state);
    rd_roll_free(&g.roll);
    rd_text_free(&text);
    return status;
}
