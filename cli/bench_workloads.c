/* The workloads of rondo bench, a row each. The scripts of bench/peers read this table through
 * `rondo bench --list --json`, so that rondo and its peers do the same. */
#include "bench.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

static const char *const kinds[] = {"train", "score", "step", "stream", "memory", "load"};

/* clang-format off */
#define BARE(name, kind, cell, settings, gates, recurrent, batch, steps, hidden, layers, directions, help) \
    {name, BENCH_##kind, cell, settings, gates, recurrent, batch, steps, 0, hidden, hidden, layers, directions, 0, 0, "", "f32", help}
#define WHOLE(name, cell, gates, batch, steps, input, hidden, layers, symbols, optimizer, help) \
    {name, BENCH_STEP, cell, "", gates, gates, batch, steps, 0, input, hidden, layers, 1, 0, symbols, optimizer, "f32", help}
#define STREAM(name, hidden, weights, help) \
    {name, BENCH_STREAM, "lstm", "", 4, 4, 1, 1, 0, hidden, hidden, 1, 1, 0, 0, "", weights, help}

const workload workloads[] = {
    BARE("train-lstm-128",  TRAIN, "lstm", "", 4, 4, 32, 64, 128, 1, 1, "forward and backward of an LSTM layer"),
    BARE("train-lstm-256",  TRAIN, "lstm", "", 4, 4, 32, 64, 256, 1, 1, "the same, wider"),
    BARE("train-lstm-512",  TRAIN, "lstm", "", 4, 4, 64, 64, 512, 1, 1, "the same, wider"),
    BARE("train-lstm-1024", TRAIN, "lstm", "", 4, 4, 64, 64, 1024, 1, 1, "the same, wider"),
    BARE("train-gru-256",   TRAIN, "gru", "", 3, 3, 32, 64, 256, 1, 1, "GRU, reset after the product"),
    BARE("train-rnn-256",   TRAIN, "rnn", "", 1, 1, 32, 64, 256, 1, 1, "tanh layer"),
    BARE("train-relu-256",  TRAIN, "rnn", "nonlinearity=relu", 1, 1, 32, 64, 256, 1, 1, "ReLU layer"),
    BARE("train-gru-before-256",    TRAIN, "gru", "reset=before", 3, 3, 32, 64, 256, 1, 1, "GRU, reset before the product"),
    BARE("train-gru-simple-256",    TRAIN, "gru_simple", "", 2, 2, 32, 64, 256, 1, 1, "GRU with one gate"),
    BARE("train-lstm-peephole-256", TRAIN, "lstm", "peephole=1", 4, 4, 32, 64, 256, 1, 1, "LSTM whose gates see the cell"),
    BARE("train-lstm-coupled-256",  TRAIN, "lstm", "coupled=1", 3, 3, 32, 64, 256, 1, 1, "LSTM, f = 1 - i"),
    BARE("train-lstm-linear-256",   TRAIN, "lstm", "output=linear", 4, 4, 32, 64, 256, 1, 1, "LSTM, h = o c"),
    BARE("train-lstm-cell-256",     TRAIN, "lstm", "candidate=cell", 4, 4, 32, 64, 256, 1, 1, "LSTM, the candidate reads the cell"),
    BARE("train-lstm-peephole-coupled-256", TRAIN, "lstm", "peephole=1, coupled=1", 3, 3, 32, 64, 256, 1, 1, "both of these"),
    {"train-lstm-proj-256", BENCH_TRAIN, "lstm", "proj=128", 4, 4, 32, 64, 0, 256, 256, 1, 1, 128, 0, "", "f32", "LSTM, h projected to 128"},
    BARE("train-bilstm-512", TRAIN, "lstm", "", 4, 4, 32, 64, 512, 1, 2, "an LSTM layer in both directions"),
    BARE("train-lstm2-512",  TRAIN, "lstm", "", 4, 4, 64, 128, 512, 2, 1, "two LSTM layers"),
    {"train-lengths-256", BENCH_TRAIN, "lstm", "", 4, 4, 32, 128, 1, 256, 256, 1, 1, 0, 0, "", "f32", "LSTM on lengths from 16 to 128"},
    WHOLE("step-chars-512", "lstm", 4, 50, 50, 96, 512, 2, 96, "adam", "characters, one-hot, 2 LSTM layers"),
    WHOLE("step-words-200", "lstm", 4, 20, 20, 200, 200, 2, 10000, "sgd", "10,000 words, 2 LSTM layers"),
    WHOLE("step-words-650", "lstm", 4, 20, 35, 650, 650, 2, 10000, "sgd", "the same, wider"),
    WHOLE("step-words-100k", "lstm", 4, 20, 20, 200, 200, 2, 100000, "sgd", "100,000 words, full softmax"),
    WHOLE("step-gru-128",   "gru", 3, 64, 70, 96, 128, 1, 96, "adam", "characters, one-hot, a GRU layer"),
    BARE("score-lstm-256",  SCORE, "lstm", "", 4, 4, 16, 128, 256, 1, 1, "forward of a batch"),
    BARE("score-lstm-512",  SCORE, "lstm", "", 4, 4, 64, 128, 512, 1, 1, "the same, larger"),
    BARE("sequence-lstm-256", SCORE, "lstm", "", 4, 4, 1, 128, 256, 1, 1, "one sequence, forward"),
    STREAM("stream-lstm-128", 128, "f32", "one state, step by step"),
    STREAM("stream-lstm-256", 256, "f32", "the same, wider"),
    STREAM("stream-lstm-512", 512, "f32", "the same, wider"),
    STREAM("stream-lstm-128-bf16", 128, "bf16", "one state, step by step, bf16 weights"),
    STREAM("stream-lstm-256-bf16", 256, "bf16", "the same, wider"),
    STREAM("stream-lstm-512-bf16", 512, "bf16", "the same, wider"),
    STREAM("stream-lstm-128-int8", 128, "int8", "one state, step by step, int8 weights"),
    STREAM("stream-lstm-256-int8", 256, "int8", "the same, wider"),
    STREAM("stream-lstm-512-int8", 512, "int8", "the same, wider"),
    BARE("scan-rnn-256",     TRAIN, "rnn", "", 1, 1, 8, 4096, 256, 1, 1, "long sequences, tanh layer"),
    BARE("scan-gru-256",     TRAIN, "gru", "", 3, 3, 8, 4096, 256, 1, 1, "long sequences, GRU"),
    BARE("scan-mingru-256",  TRAIN, "mingru", "", 2, 0, 8, 4096, 256, 1, 1, "long sequences, by a scan"),
    BARE("scan-minlstm-256", TRAIN, "minlstm", "", 3, 0, 8, 4096, 256, 1, 1, "the same, minLSTM"),
    BARE("memory-lstm-256",  MEMORY, "lstm", "", 4, 4, 32, 64, 256, 1, 1, "peak memory of train-lstm-256, in a process of its own"),
    BARE("memory-lstm2-512", MEMORY, "lstm", "", 4, 4, 64, 128, 512, 2, 1, "peak memory of train-lstm2-512"),
    BARE("load-lstm-176",    LOAD, "lstm", "", 4, 4, 1, 1, 176, 1, 1, "a model file of 1 MB: read, then one step"),
};
const size_t workload_count = sizeof workloads / sizeof workloads[0];
/* clang-format on */

const char *workload_kind(const workload *w)
{
    return kinds[w->kind];
}

int workload_matches(const workload *w, const char *pattern)
{
    return fnmatch(pattern, w->name, 0) == 0 || fnmatch(pattern, kinds[w->kind], 0) == 0;
}

const char *workload_guess(const char *name)
{
    const char *found = NULL;
    size_t best = strlen(name) / 2 + 1;
    for (size_t i = 0; i < workload_count; i++) {
        size_t distance = word_distance(workloads[i].name, name, best);
        if (distance >= best) continue;
        best = distance;
        found = workloads[i].name;
    }
    return found;
}

/* ---- how large it is */

size_t workload_length(const workload *w, size_t i)
{
    const size_t shortest = w->steps / 8;
    if (!w->ragged || w->batch < 2) return w->steps;
    return shortest + (w->steps - shortest) * i / (w->batch - 1);
}

double workload_tokens(const workload *w)
{
    double tokens = 0;
    for (size_t i = 0; i < w->batch; i++)
        tokens += (double)workload_length(w, i);
    return tokens;
}

/* 2 gates H (I + H) a token, layer and direction, and the dense layers; a lookup costs nothing; three times
 * that for training. */
double workload_flops(const workload *w)
{
    const double hidden = (double)w->hidden, out = w->projection ? (double)w->projection : hidden;
    const int trains = w->kind == BENCH_TRAIN || w->kind == BENCH_STEP || w->kind == BENCH_MEMORY;
    double a_token = 0, input = w->symbols && w->input == w->symbols ? 0 : (double)w->input;
    for (size_t l = 0; l < w->layers; l++) {
        a_token += (double)w->directions * 2 * hidden * (w->gates * input + w->recurrent * out);
        if (w->projection) a_token += (double)w->directions * 2 * hidden * out;
        input = out * (double)w->directions;
    }
    a_token += 2 * input * (double)w->symbols;
    return a_token * workload_tokens(w) * (trains ? 3 : 1);
}

/* ---- as a list of layers */

static void one_layer(const workload *w, size_t l, const char *from, buffer *text)
{
    const char *comma = w->settings[0] ? ", " : "";
    buffer_format(text, "h%zu = %s(%s, size=%zu%s%s)\n", l, w->cell, from, w->hidden, comma, w->settings);
    if (w->directions < 2) return;
    buffer_format(text, "b%zu = %s(%s, size=%zu, reverse=1%s%s)\n", l, w->cell, from, w->hidden, comma,
                  w->settings);
    buffer_format(text, "j%zu = concat(h%zu, b%zu)\n", l, l, l);
}

void workload_text(const workload *w, buffer *text)
{
    char from[32] = "x";
    if (w->symbols && w->input != w->symbols) {
        buffer_format(text, "e = embedding(x, size=%zu)\n", w->input);
        from[0] = 'e';
    }
    for (size_t l = 0; l < w->layers; l++) {
        one_layer(w, l, from, text);
        snprintf(from, sizeof from, "%c%zu", w->directions < 2 ? 'h' : 'j', l);
    }
    if (w->symbols)
        buffer_format(text, "out = dense(%s, size=%zu)\nloss = softmax(out, y)\n", from, w->symbols);
}

void workload_fields(const workload *w, json_line *line)
{
    json_word(line, "workload", w->name);
    json_word(line, "kind", kinds[w->kind]);
    json_word(line, "cell", w->cell);
    json_word(line, "settings", w->settings);
    const struct {
        const char *name;
        size_t value;
    } sizes[] = {{"batch_size", w->batch},      {"seq_len", w->steps},        {"ragged", w->ragged},
                 {"input_size", w->input},      {"hidden_size", w->hidden},   {"num_layers", w->layers},
                 {"directions", w->directions}, {"proj_size", w->projection}, {"vocabulary", w->symbols}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        json_count(line, sizes[i].name, sizes[i].value);
    json_word(line, "optimizer", w->optimizer);
    json_word(line, "weights", w->weights);
    json_number(line, "tokens", workload_tokens(w));
    json_number(line, "flops", workload_flops(w));
}
