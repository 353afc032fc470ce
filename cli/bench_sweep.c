/* rondo bench --cell … --hidden-size …: tokens a second of training and use by cell, size and batch, with
 * mean and spread, for the networks that the flags of rondo train describe; and the table of --by-length. */
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VOCABULARY = 96, LEAST_RUNS = 5, MOST_RUNS = 400 };

typedef struct speed {
    double mean, spread; /* tokens a second; standard deviation as a share of the mean */
} speed;

typedef struct row {
    char cell[64];
    uint64_t hidden, layers, batch, steps, params;
    int threads;
    const char *isa;
    speed train, use;
} row;

typedef struct work { /* of one row */
    rondo_model *model;
    rondo_optimizer *optimizer;
    rondo_batch *batch;
    double rate;
} work;

/* ---- one figure */

static rondo_status train_once(work *w, rondo_error *error)
{
    rondo_loss_report loss;
    rondo_model_zero_grad(w->model);
    rondo_status status = rondo_model_forward(w->model, NULL, w->batch, RONDO_TRAIN, NULL, error);
    if (status == RONDO_OK) status = rondo_model_loss(w->model, w->batch, &loss, error);
    if (status == RONDO_OK) status = rondo_model_backward(w->model, w->batch, error);
    if (status == RONDO_OK)
        status = rondo_optimizer_step(w->optimizer, w->rate, rondo_model_params(w->model),
                                      rondo_model_grads(w->model), error);
    rondo_model_changed(w->model);
    return status;
}

static rondo_status use_once(work *w, rondo_error *error)
{
    return rondo_model_forward(w->model, NULL, w->batch, RONDO_USE, NULL, error);
}

static rondo_status measure(work *w, rondo_status (*once)(work *w, rondo_error *error), double tokens,
                            double seconds, speed *out, rondo_error *error)
{
    double sum = 0, squares = 0, began;
    int runs = 0;
    for (int warm = 0; warm < 2; warm++) {
        rondo_status status = once(w, error);
        if (status != RONDO_OK) return status;
    }
    for (double start = began = now(); runs < LEAST_RUNS || (runs < MOST_RUNS && now() - start < seconds);
         runs++) {
        rondo_status status = once(w, error);
        if (status != RONDO_OK) return status;
        double end = now(), rate = tokens / (end - began > 1e-9 ? end - began : 1e-9);
        began = end;
        sum += rate;
        squares += rate * rate;
    }
    out->mean = sum / runs;
    out->spread = sqrt(fmax(0, squares / runs - out->mean * out->mean)) / out->mean;
    return RONDO_OK;
}

/* Symbols that follow no pattern but are the same on each machine. */
static rondo_status fill_batch(rondo_batch *batch, size_t sequences, size_t steps, rondo_error *error)
{
    int32_t *symbol = calloc(sequences * (steps + 1), sizeof *symbol);
    size_t *length = calloc(sequences, sizeof *length);
    const int32_t **x = calloc(sequences, sizeof *x), **y = calloc(sequences, sizeof *y);
    rondo_status status = RONDO_LIMIT;
    uint32_t number = 1;
    if (symbol && length && x && y) {
        for (size_t i = 0; i < sequences * (steps + 1); i++) {
            number = number * 1664525u + 1013904223u;
            symbol[i] = (int32_t)((number >> 16) % VOCABULARY);
        }
        for (size_t i = 0; i < sequences; i++) {
            length[i] = steps;
            x[i] = symbol + i * (steps + 1);
            y[i] = x[i] + 1;
        }
        status = rondo_batch_put(
            batch, "x", &(rondo_sequences){.count = sequences, .length = length, .symbols = x}, error);
        if (status == RONDO_OK)
            status = rondo_batch_put(
                batch, "y", &(rondo_sequences){.count = sequences, .length = length, .symbols = y}, error);
    } else {
        snprintf(error->message, sizeof error->message, "no memory for a batch");
        error->status = status;
    }
    free(symbol);
    free(length);
    free(x);
    free(y);
    return status;
}

static rondo_status measure_row(bench *b, row *r, rondo_error *error)
{
    const rondo_size sizes[] = {{"x", VOCABULARY, 1}, {"y", VOCABULARY, 1}};
    work w = {.rate = number_of(b->options, "lr")};
    double tokens = (double)(r->batch * r->steps), seconds = b->seconds > 0 ? b->seconds : 0.5;
    rondo_status status = rondo_model_new(b->device, b->options, NULL, sizes, 2, &w.model, error);
    if (status == RONDO_OK) {
        r->params = rondo_model_params(w.model).shape[0];
        status = rondo_optimizer_new(b->device, b->options, r->params, &w.optimizer, error);
    }
    if (status == RONDO_OK) status = rondo_batch_new(&w.batch, error);
    if (status == RONDO_OK) status = fill_batch(w.batch, r->batch, r->steps, error);
    if (status == RONDO_OK) status = measure(&w, train_once, tokens, seconds, &r->train, error);
    if (status == RONDO_OK) status = measure(&w, use_once, tokens, seconds, &r->use, error);
    rondo_batch_free(w.batch);
    rondo_optimizer_free(w.optimizer);
    rondo_model_free(w.model);
    return status;
}

/* ---- rows as text */

/* What tells one row from another, as it stands in a JSON line. */
static void put_key(const row *r, buffer *key)
{
    buffer_format(
        key, "\"cell\":\"%s\",\"hidden_size\":%llu,\"num_layers\":%llu,\"batch_size\":%llu,\"seq_len\":%llu,",
        r->cell, (unsigned long long)r->hidden, (unsigned long long)r->layers, (unsigned long long)r->batch,
        (unsigned long long)r->steps);
    buffer_format(key, "\"threads\":%d,\"isa\":\"%s\"", r->threads, r->isa);
}

static void put_json(const row *r)
{
    buffer key = {0};
    put_key(r, &key);
    output_format("{\"schema\":1,%s,\"params\":%llu,", key.text ? key.text : "\"cell\":\"\"",
                  (unsigned long long)r->params);
    output_format(
        "\"train_tokens_per_s\":%.6g,\"train_spread\":%.3g,\"use_tokens_per_s\":%.6g,\"use_spread\":%.3g}\n",
        r->train.mean, r->train.spread, r->use.mean, r->use.spread);
    buffer_free(&key);
}

static void put_header(const bench *b)
{
    if (strcmp(b->format, "csv") == 0)
        output_text("cell,hidden_size,num_layers,batch_size,seq_len,threads,isa,params,"
                    "train_tokens_per_s,train_spread,use_tokens_per_s,use_spread\n");
    else if (strcmp(b->format, "md") == 0)
        output_text("| cell | hidden | batch | params | training, tokens/s | use, tokens/s "
                    "|\n|---|---|---|---|---|---|\n");
    else if (strcmp(b->format, "text") == 0)
        output_format("%-12s %7s %6s %10s  %-22s %-22s\n", "cell", "hidden", "batch", "params",
                      "training, tokens/s", "use, tokens/s");
}

static void put_row(const bench *b, const row *r)
{
    char train[64], use[64];
    snprintf(train, sizeof train, "%.24s ± %.1f %%", with_commas(r->train.mean).text, 100 * r->train.spread);
    snprintf(use, sizeof use, "%.24s ± %.1f %%", with_commas(r->use.mean).text, 100 * r->use.spread);
    if (strcmp(b->format, "json") == 0)
        put_json(r);
    else if (strcmp(b->format, "csv") == 0)
        output_format("\"%s\",%llu,%llu,%llu,%llu,%d,%s,%llu,%.6g,%.3g,%.6g,%.3g\n", r->cell,
                      (unsigned long long)r->hidden, (unsigned long long)r->layers,
                      (unsigned long long)r->batch, (unsigned long long)r->steps, r->threads, r->isa,
                      (unsigned long long)r->params, r->train.mean, r->train.spread, r->use.mean,
                      r->use.spread);
    else if (strcmp(b->format, "md") == 0)
        output_format("| %s | %llu | %llu | %llu | %s | %s |\n", r->cell, (unsigned long long)r->hidden,
                      (unsigned long long)r->batch, (unsigned long long)r->params, train, use);
    else
        output_format("%-12s %7llu %6llu %10llu  %-23s %-23s\n", r->cell, (unsigned long long)r->hidden,
                      (unsigned long long)r->batch, (unsigned long long)r->params, train, use);
    output_flush();
}

/* ---- against an earlier result */

/* Slower by more than a tenth and by more than twice the spread is slower; by more than half always. */
static void compare(bench *b, const row *r)
{
    buffer key = {0};
    double before, spread;
    put_key(r, &key);
    const char *line = b->before.text && key.text ? strstr(b->before.text, key.text) : NULL;
    if (line && bench_number_in(line, "\"train_tokens_per_s\":", &before) &&
        bench_number_in(line, "\"train_spread\":", &spread)) {
        double change = r->train.mean / before - 1;
        int slower = -change > fmin(0.5, fmax(0.1, 2 * fmax(spread, r->train.spread)));
        report_say("%s %llu x %llu: %+.1f %% against %s%s", r->cell, (unsigned long long)r->hidden,
                   (unsigned long long)r->batch, 100 * change, with_commas(before).text,
                   slower ? "  SLOWER" : "");
        b->slower |= slower;
    } else if (b->before.text) {
        report_note("%s %llu x %llu: not in the earlier result", r->cell, (unsigned long long)r->hidden,
                    (unsigned long long)r->batch);
    }
    buffer_free(&key);
}

/* ---- all rows */

static int one_row(bench *b, const char *cell)
{
    rondo_error error = {0};
    row r = {.hidden = count_of(b->options, "hidden-size"),
             .layers = count_of(b->options, "num-layers"),
             .batch = count_of(b->options, "batch-size"),
             .steps = count_of(b->options, "seq-len"),
             .threads = rondo_device_threads(b->device),
             .isa = rondo_device_isa(b->device)};
    snprintf(r.cell, sizeof r.cell, "%s", cell);
    if (measure_row(b, &r, &error) != RONDO_OK) return report_error(&error);
    if (b->rows++ == 0) put_header(b);
    put_row(b, &r);
    compare(b, &r);
    return RONDO_OK;
}

static const char *const swept[] = {"cell", "hidden-size", "batch-size"};

/* Goes through the values of option number k and, inside, of those after it. */
static int sweep_from(bench *b, const invocation *call, size_t k)
{
    static const char *const fallback[] = {"rnn,gru,lstm", "128", "1,32"};
    if (k == sizeof swept / sizeof swept[0]) return one_row(b, text_of(b->options, "cell"));
    int given = rondo_options_is_set(call->options, swept[k]);
    char *list = strdup(given ? invocation_list(call, swept[k]) : fallback[k]);
    int status = list ? RONDO_OK : report_fail(RONDO_LIMIT, NULL, "no memory for a list");
    for (char *at = list; at && status == RONDO_OK && !output_broken();) {
        char *comma = strchr(at, ',');
        if (comma) *comma = 0;
        option_put(b->options, swept[k], at);
        status = sweep_from(b, call, k + 1);
        at = comma ? comma + 1 : NULL;
    }
    free(list);
    return status;
}

int bench_sweep(bench *b, const invocation *call)
{
    return sweep_from(b, call, 0);
}

/* ---- against the length of a sequence */

static const struct {
    const char *cell;
    int gates, recurrent;
} scanned[] = {{"rnn", 1, 1}, {"gru", 3, 3}, {"mingru", 2, 0}};
enum { SCANNED = sizeof scanned / sizeof scanned[0], SHORTEST = 64, LONGEST = 4096, TOKENS = 16384 };

/* Tokens a second of one cell; a batch has about TOKENS of them. */
static int scan_one(bench *b, size_t c, size_t hidden, size_t steps, double *rate)
{
    char name[64];
    snprintf(name, sizeof name, "scan-%s-%zu-%zu", scanned[c].cell, hidden, steps);
    const workload w = {.name = name,
                        .kind = BENCH_TRAIN,
                        .cell = scanned[c].cell,
                        .settings = "",
                        .gates = scanned[c].gates,
                        .recurrent = scanned[c].recurrent,
                        .batch = steps < TOKENS ? TOKENS / steps : 1,
                        .steps = steps,
                        .input = hidden,
                        .hidden = hidden,
                        .layers = 1,
                        .directions = 1,
                        .optimizer = "",
                        .weights = "f32",
                        .help = ""};
    rondo_error error = {0};
    figure f;
    if (bench_measure(b, &w, &f, &error) != RONDO_OK) return report_error(&error);
    *rate = workload_tokens(&w) / f.median;
    if (strcmp(b->format, "text") != 0) bench_tell(b, &w, &f);
    b->last = NULL; /* the name is gone */
    return RONDO_OK;
}

static size_t given_or(const invocation *call, const char *name, size_t fallback)
{
    return rondo_options_is_set(call->options, name) ? count_of(call->options, name) : fallback;
}

int bench_scan(bench *b, const invocation *call)
{
    const size_t hidden = given_or(call, "hidden-size", 256), longest = given_or(call, "seq-len", LONGEST);
    const int text = strcmp(b->format, "text") == 0;
    if (text)
        output_format("training, tokens/s, %zu units\n%8s %8s %12s %12s %12s %12s\n", hidden, "steps",
                      "batch", scanned[0].cell, scanned[1].cell, scanned[2].cell, "mingru:gru");
    for (size_t steps = longest < SHORTEST ? longest : SHORTEST; steps <= longest && !output_broken();
         steps *= 4) {
        double rate[SCANNED] = {0};
        for (size_t c = 0; c < SCANNED; c++) {
            int status = scan_one(b, c, hidden, steps, &rate[c]);
            if (status != RONDO_OK) return status;
        }
        if (text)
            output_format("%8zu %8zu %12.0f %12.0f %12.0f %12.2f\n", steps,
                          steps < TOKENS ? TOKENS / steps : 1, rate[0], rate[1], rate[2], rate[2] / rate[1]);
        output_flush();
    }
    return RONDO_OK;
}
