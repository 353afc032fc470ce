/* The lines of encoders, decoders and conditions. */
#include "model/seq2seq_text.h"

#include "model/flags_text.h"

#include <string.h>

/* ---- encoder and decoder --------------------------------------------------------------------------------
 */

static rondo_status check_seq2seq(const rd_text_writer *w, const rondo_size *x, const rondo_size *y,
                                  rondo_error *error)
{
    const rondo_options *o = w->options;
    const int attends = !rd_option_is(o, RD_OPT_attention, "none");
    if (!y->symbols)
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "an encoder and decoder give symbols, part \"%s\" has numbers", y->part);
    if (!rd_writer_walks(w))
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "--cell %s has no decoder (rnn, gru, gru-simple and lstm have)",
                       rd_option_text(o, RD_OPT_cell));
    if (w->residual || w->dense)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "--skip: an encoder and decoder has no such connections");
    if (!attends &&
        (rd_option_flag(o, RD_OPT_input_feed) || rd_option_is(o, RD_OPT_attention_place, "before")))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "--%s needs an attention",
                       rd_option_flag(o, RD_OPT_input_feed) ? "input-feed" : "attention-place before");
    if (rd_option_flag(o, RD_OPT_layer_norm) && attends &&
        (rd_option_flag(o, RD_OPT_input_feed) || rd_option_is(o, RD_OPT_attention_place, "before")))
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "--layer-norm: a decoder that is fed, or looks before its cell, has none");
    (void)x;
    return RONDO_OK;
}

/* The states of level k of the encoder, as the decoder's first. */
static rondo_status write_bridge(rd_text_writer *w, size_t k, int both, rondo_error *error)
{
    const size_t need = rd_writer_state(w, k), have = need * (both && w->concat ? 2 : 1);
    const int dense = rd_option_is(w->options, RD_OPT_bridge, "dense");
    if (!dense && have != need) {
        rd_fail(error, RONDO_BAD_ARGUMENT,
                "--bridge copy: the two directions of the encoder end with %zu numbers, the decoder begins "
                "with %zu",
                have, need);
        rd_hint(error, "--merge sum, --no-bidirectional or --bridge dense");
        return RONDO_BAD_ARGUMENT;
    }
    rd_text_format(w->text, "s%zu = bridge(", k + 1);
    if (both)
        rd_text_format(w->text, "f%zu, b%zu", k + 1, k + 1);
    else
        rd_text_format(w->text, "h%zu", k + 1);
    if (both && !w->concat) rd_text_put(w->text, ", merge=sum");
    if (dense) rd_text_format(w->text, ", mode=dense, size=%zu", need);
    rd_text_put(w->text, ")\n");
    return RONDO_OK;
}

/* The uppermost level of the decoder, where it looks at `memory`. */
static void write_looking(rd_text_writer *w, const char *memory, size_t k)
{
    const rondo_options *o = w->options;
    const char *score = rd_option_text(o, RD_OPT_attention);
    const int feed = rd_option_flag(o, RD_OPT_input_feed),
              before = rd_option_is(o, RD_OPT_attention_place, "before");
    if (feed || before) {
        rd_writer_cell(w, "d", "decoder", k);
        rd_text_format(w->text, ", cell=%s, memory=%s, attention=%s, feed=%d, place=%s)\n",
                       rd_writer_kind(w, k), memory, score, feed, before ? "before" : "after");
    } else {
        rd_writer_cell(w, "d", rd_writer_kind(w, k), k);
        rd_text_put(w->text, ")\n");
        if (!rd_equal(score, "none"))
            rd_text_format(w->text, "look = attention(d%zu, memory=%s, score=%s)\n", k + 1, memory, score);
    }
    if (feed || before || rd_equal(score, "none"))
        rd_writer_go_on(w, "d", k + 1, rd_writer_width(w, k));
    else
        rd_writer_go_on(w, "look", 0, rd_writer_width(w, k));
}

static rondo_status write_encoder(rd_text_writer *w, const rondo_size *x, char memory[RD_NAME],
                                  rondo_error *error)
{
    const int both = w->both;
    RD_TRY(rd_writer_input(w, x, "embed", error));
    for (size_t k = 0; k < w->levels; k++)
        RD_TRY(rd_writer_level(w, k, error));
    for (size_t k = 0; k < w->levels; k++)
        RD_TRY(write_bridge(w, k, both, error));
    if (!rd_option_is(w->options, RD_OPT_attention, "none"))
        rd_writer_dropout(w, "drop_memory", 0, RD_OPT_dropout);
    memcpy(memory, w->value, RD_NAME);
    return RONDO_OK;
}

static rondo_status write_decoder(rd_text_writer *w, const rondo_size *y, const char *memory,
                                  rondo_error *error)
{
    const rondo_size target = {.part = "target", .width = y->width, .symbols = 1};
    w->start = "s";
    RD_TRY(rd_writer_input(w, &target, "embed_y", error));
    for (size_t k = 0; k + 1 < w->levels; k++) {
        rd_writer_cell(w, "d", rd_writer_kind(w, k), k);
        rd_text_put(w->text, ")\n");
        rd_writer_go_on(w, "d", k + 1, rd_writer_width(w, k));
        rd_writer_dropout(w, "drop_d", k + 1, RD_OPT_dropout);
    }
    write_looking(w, memory, w->levels - 1);
    if (!rd_option_is_set(w->options, RD_OPT_dropout_output))
        rd_writer_dropout(w, "drop_d", w->levels, RD_OPT_dropout);
    RD_TRY(rd_writer_head(w, &target, y->width, "embed_y", error));
    rd_text_format(w->text, "loss = softmax(out, %s)\n", y->part);
    return RONDO_OK;
}

rondo_status rd_seq2seq_text(const rondo_options *options, const rondo_size *x, const rondo_size *y,
                             rd_text *text, rondo_error *error)
{
    rd_text_writer w;
    char memory[RD_NAME];
    RD_TRY(rd_writer_open(&w, options, text, error));
    if (!rd_option_is_set(options, RD_OPT_bidirectional)) w.both = 1;
    RD_TRY(check_seq2seq(&w, x, y, error));
    RD_TRY(write_encoder(&w, x, memory, error));
    RD_TRY(write_decoder(&w, y, memory, error));
    return rd_text_done(text, error);
}

/* ---- a condition ----------------------------------------------------------------------------------------
 */

/* One vector a sequence. Part c has one row a sequence: the last of them is all of them. */
static size_t write_condition(rd_text_writer *w, const rondo_size *c)
{
    const size_t embed = (size_t)rd_option_integer(w->options, RD_OPT_embed_size);
    const size_t width = embed ? embed : (size_t)rd_option_integer(w->options, RD_OPT_hidden_size);
    if (c->symbols)
        rd_text_format(w->text, "know = embedding(%s, size=%zu)\nknown = last(know)\n", c->part, width);
    else
        rd_text_format(w->text, "known = last(%s)\n", c->part);
    return c->symbols ? width : c->width;
}

static rondo_status check_condition(const rd_text_writer *w, int state, const rondo_size *x,
                                    rondo_error *error)
{
    if (w->both)
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "--bidirectional: a language model may not read the symbols it is to predict");
    if (state && !rd_writer_walks(w))
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "--condition-place state: --cell %s cannot start from a condition",
                       rd_option_text(w->options, RD_OPT_cell));
    if (!rd_writer_walks(w) && rd_equal(rd_writer_kind(w, 0), "jordan"))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "--cell jordan takes no condition");
    if (w->residual || w->dense)
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "--skip: a network with a condition has no such connections");
    if (!x->symbols || (!state && rd_option_integer(w->options, RD_OPT_embed_size) == 0))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "a condition beside the input needs %s",
                       x->symbols ? "an embedding, --embed-size 0 has none" : "symbols");
    return RONDO_OK;
}

rondo_status rd_conditional_text(const rondo_options *options, const rondo_size *c, const rondo_size *x,
                                 rd_text *text, rondo_error *error)
{
    rd_text_writer w;
    const int state = rd_option_is(options, RD_OPT_condition_place, "state");
    RD_TRY(rd_writer_open(&w, options, text, error));
    RD_TRY(check_condition(&w, state, x, error));
    const size_t width = write_condition(&w, c);
    RD_TRY(rd_writer_input(&w, x, "embed", error));
    for (size_t k = 0; state && k < w.levels; k++)
        rd_text_format(text, "s%zu = dense(known, size=%zu, act=tanh)\n", k + 1, rd_writer_state(&w, k));
    if (state) w.start = "s";
    if (!state) {
        rd_text_format(text, "beside = expand(known, like=%s)\nboth = concat(%s, beside)\n", x->part,
                       w.value);
        rd_writer_go_on(&w, "both", 0, w.width + width);
    }
    for (size_t k = 0; k < w.levels; k++)
        RD_TRY(rd_writer_level(&w, k, error));
    RD_TRY(rd_writer_head(&w, x, x->width, "embed", error));
    rd_text_put(text, "loss = softmax(out, y)\n");
    return rd_text_done(text, error);
}
