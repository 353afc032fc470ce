/* rondo bench: speed of training and use by cell, size and batch, with mean and spread; and what the machine
 * can do. */
#include "cli.h"

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

typedef struct bench {
    rondo_options *options; /* owned; of the row at work */
    rondo_device *device;
    const char *format;
    double seconds; /* for each figure */
    buffer before;  /* the file of --compare */
    int slower, rows;
} bench;

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
    double tokens = (double)(r->batch * r->steps);
    rondo_status status = rondo_model_new(b->device, b->options, NULL, sizes, 2, &w.model, error);
    if (status == RONDO_OK) {
        r->params = rondo_model_params(w.model).shape[0];
        status = rondo_optimizer_new(b->device, b->options, r->params, &w.optimizer, error);
    }
    if (status == RONDO_OK) status = rondo_batch_new(&w.batch, error);
    if (status == RONDO_OK) status = fill_batch(w.batch, r->batch, r->steps, error);
    if (status == RONDO_OK) status = measure(&w, train_once, tokens, b->seconds, &r->train, error);
    if (status == RONDO_OK) status = measure(&w, use_once, tokens, b->seconds, &r->use, error);
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

static int number_in(const char *line, const char *name, double *value)
{
    const char *at = strstr(line, name), *end = strchr(line, '\n');
    if (!at || (end && at > end)) return 0;
    *value = strtod(at + strlen(name), NULL);
    return isfinite(*value);
}

/* Slower by more than a tenth and by more than twice the spread is slower; by more than half always. */
static void compare(bench *b, const row *r)
{
    buffer key = {0};
    double before, spread;
    put_key(r, &key);
    const char *line = b->before.text && key.text ? strstr(b->before.text, key.text) : NULL;
    if (line && number_in(line, "\"train_tokens_per_s\":", &before) &&
        number_in(line, "\"train_spread\":", &spread)) {
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
static int sweep(bench *b, const invocation *call, size_t k)
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
        status = sweep(b, call, k + 1);
        at = comma ? comma + 1 : NULL;
    }
    free(list);
    return status;
}

static int machine(const bench *b, int json)
{
    rondo_roofs roofs;
    rondo_error error = {0};
    if (rondo_machine(b->device, &roofs, &error) != RONDO_OK) return report_error(&error);
    const struct {
        const char *name, *label, *unit;
        double value;
    } figures[] = {
        {"fma_gflops", "multiply-add, one thread", "GFLOP/s", roofs.fma_gflops},
        {"l1_gbps", "first cache, one thread", "GB/s", roofs.l1_gbps},
        {"l2_gbps", "second cache, one thread", "GB/s", roofs.l2_gbps},
        {"memory_gbps", "memory, one thread", "GB/s", roofs.memory_gbps},
        {"fma_gflops_all", "multiply-add, all threads", "GFLOP/s", roofs.fma_gflops_all},
        {"memory_gbps_all", "memory, all threads", "GB/s", roofs.memory_gbps_all},
    };
    json_line line;
    json_begin(&line);
    json_word(&line, "isa", rondo_device_isa(b->device));
    json_count(&line, "threads", (uint64_t)rondo_device_threads(b->device));
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        json_number(&line, figures[i].name, figures[i].value);
        if (!json) output_format("%-26s %8.1f %s\n", figures[i].label, figures[i].value, figures[i].unit);
    }
    if (json)
        json_end(&line);
    else
        buffer_free(&line.text);
    return RONDO_OK;
}

int run_bench(invocation *call)
{
    bench b = {.format = flag_of(call->options, "json") ? "json" : text_of(call->options, "format"),
               .seconds = 0.5};
    rondo_error error = {0};
    const char *earlier = text_of(call->options, "compare");
    if (strcmp(b.format, "kenlm") == 0)
        return report_fail(RONDO_BAD_ARGUMENT, NULL,
                           "--format: rondo bench writes text, md, csv or json, found \"kenlm\"");
    if (number_of(call->options, "max-time") > 0) b.seconds = number_of(call->options, "max-time");
    int status =
        rondo_options_copy(call->options, &b.options, &error) == RONDO_OK ? RONDO_OK : report_error(&error);
    if (status == RONDO_OK && earlier[0]) status = file_load(earlier, 16 << 20, &b.before);
    if (status == RONDO_OK && earlier[0] && !strstr(b.before.text, "\"train_tokens_per_s\":"))
        status = report_fail(RONDO_BAD_DATA, "rondo bench --format json writes it",
                             "%s: holds no result of rondo bench", show(earlier).text);
    if (status == RONDO_OK) status = device_open(b.options, &b.device);
    if (status == RONDO_OK)
        status =
            flag_of(b.options, "machine") ? machine(&b, strcmp(b.format, "json") == 0) : sweep(&b, call, 0);
    rondo_device_close(b.device);
    rondo_options_free(b.options);
    buffer_free(&b.before);
    return status == RONDO_OK && b.slower ? RONDO_NO : status;
}
