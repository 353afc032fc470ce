/* What rondo bench does for one workload: makes model and data through the public interface, calls until the
 * time is over, and keeps the time of each call. */
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LEAST_RUNS = 3, MOST_RUNS = 100000, WARM_RUNS = 5, INPUTS = 64 };
static const double WARM_SECONDS = 0.3;

typedef struct subject { /* what is measured; everything owned */
    const bench *bench;
    const workload *w;
    rondo_options *options;
    rondo_device *device; /* of a load only: its own; else NULL */
    rondo_model *model;
    rondo_batch *batch;
    rondo_data *data;
    rondo_trainer *trainer;
    rondo_state *state;
    float *numbers; /* [tokens][hidden]: gradient by the output; [INPUTS][input] of a stream */
    float *answer;  /* [width] of a stream */
    size_t width, at;
    char folder[64], path[96]; /* of a load */
} subject;

static rondo_status no_memory(rondo_error *error)
{
    snprintf(error->message, sizeof error->message, "no memory for a workload");
    return error->status = RONDO_LIMIT;
}

/* ---- numbers that follow no pattern but are the same on each machine */

static double draw(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(*seed >> 40) / (double)(1 << 24) - 0.5;
}

/* Near enough to normal ones with variance 1. */
static float *draw_numbers(size_t count, uint64_t seed)
{
    float *numbers = malloc((count ? count : 1) * sizeof *numbers);
    for (size_t i = 0; numbers && i < count; i++)
        numbers[i] = (float)(2 * (draw(&seed) + draw(&seed) + draw(&seed)));
    return numbers;
}

static rondo_status fill_batch(subject *s, rondo_error *error)
{
    const workload *w = s->w;
    size_t *length = calloc(w->batch, sizeof *length), at = 0;
    const float **x = calloc(w->batch, sizeof *x);
    float *numbers = draw_numbers((size_t)workload_tokens(w) * w->input, 1);
    rondo_status status = RONDO_LIMIT;
    if (length && x && numbers) {
        for (size_t i = 0; i < w->batch; i++) {
            length[i] = workload_length(w, i);
            x[i] = numbers + at * w->input;
            at += length[i];
        }
        status = rondo_batch_new(&s->batch, error);
        if (status == RONDO_OK)
            status = rondo_batch_put(
                s->batch, "x",
                &(rondo_sequences){.count = w->batch, .length = length, .width = w->input, .values = x},
                error);
    } else {
        no_memory(error);
    }
    free(numbers);
    free(length);
    free(x);
    return status;
}

/* Words, or characters, one after the other, each of the vocabulary at least once; with the unknown symbol
 * and the end of a sequence there are w->symbols of them. */
static rondo_status fill_text(const workload *w, int words, buffer *text, rondo_error *error)
{
    const size_t known = w->symbols - 2, least = 40 * w->batch * w->steps;
    uint64_t seed = 1;
    for (size_t i = 0; i < known || i < least; i++) {
        size_t symbol = i < known ? i : (size_t)((draw(&seed) + 0.5) * (double)known);
        if (words)
            buffer_format(text, "%zu ", symbol);
        else
            buffer_format(text, "%c", (char)('!' + symbol));
    }
    return text->failed ? no_memory(error) : RONDO_OK;
}

/* ---- making */

static void set_count(rondo_options *options, const char *name, size_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%zu", value);
    option_put(options, name, text);
}

/* Weights within 1/sqrt(H), as PyTorch draws them. */
static rondo_status settle_options(subject *s, rondo_error *error)
{
    rondo_status status = rondo_options_new(&s->options, error);
    if (status != RONDO_OK) return status;
    option_put(s->options, "init", "uniform");
    option_put(s->options, "init-recurrent", "input");
    return RONDO_OK;
}

static rondo_status make_layers(subject *s, rondo_device *device, rondo_error *error)
{
    buffer text = {0};
    const rondo_size size = {"x", s->w->input, 0};
    workload_text(s->w, &text);
    rondo_status status = settle_options(s, error);
    if (status == RONDO_OK)
        status = text.failed ? no_memory(error)
                             : rondo_model_new(device, s->options, text.text, &size, 1, &s->model, error);
    buffer_free(&text);
    s->width = (s->w->projection ? s->w->projection : s->w->hidden) * s->w->directions;
    return status;
}

static rondo_status make_use(subject *s, rondo_error *error)
{
    rondo_status status = make_layers(s, s->bench->device, error);
    return status == RONDO_OK ? fill_batch(s, error) : status;
}

static rondo_status make_training(subject *s, rondo_error *error)
{
    rondo_status status = make_use(s, error);
    if (status == RONDO_OK) status = rondo_model_input_grad(s->model, "x", NULL, error);
    if (status != RONDO_OK) return status;
    s->numbers = draw_numbers((size_t)workload_tokens(s->w) * s->width, 2);
    return s->numbers ? RONDO_OK : no_memory(error);
}

static rondo_status make_stream(subject *s, rondo_error *error)
{
    rondo_status status = make_layers(s, s->bench->device, error);
    if (status == RONDO_OK) status = rondo_quantize(s->model, s->w->weights, error);
    if (status == RONDO_OK) status = rondo_state_new(s->model, 1, &s->state, error);
    if (status != RONDO_OK) return status;
    s->numbers = draw_numbers(INPUTS * s->w->input, 3);
    s->answer = calloc(s->width, sizeof *s->answer);
    return s->numbers && s->answer ? RONDO_OK : no_memory(error);
}

/* The model that the flags of rondo train describe, on a text in memory. */
static rondo_status make_trainer(subject *s, rondo_error *error)
{
    const workload *w = s->w;
    const int words = w->symbols > 96;
    buffer text = {0};
    rondo_status status = settle_options(s, error);
    if (status != RONDO_OK) return status;
    option_put(s->options, "cell", w->cell);
    option_put(s->options, "optimizer", w->optimizer);
    option_put(s->options, "tokens", words ? "word" : "char");
    option_put(s->options, "clip", "5");
    set_count(s->options, "hidden-size", w->hidden);
    set_count(s->options, "num-layers", w->layers);
    set_count(s->options, "embed-size", w->input == w->symbols ? 0 : w->input);
    set_count(s->options, "batch-size", w->batch);
    set_count(s->options, "seq-len", w->steps);
    status = fill_text(w, words, &text, error);
    if (status == RONDO_OK)
        status = rondo_data_open_memory(s->options, NULL, "bench", text.text, text.size, &s->data, error);
    buffer_free(&text);
    if (status == RONDO_OK) status = rondo_model_for(s->bench->device, s->options, s->data, &s->model, error);
    if (status == RONDO_OK)
        status = rondo_trainer_new(s->model, s->data, NULL, s->options, &s->trainer, error);
    return status;
}

static rondo_status make_file(subject *s, rondo_error *error)
{
    const char *temporary = getenv("TMPDIR");
    snprintf(s->folder, sizeof s->folder, "%.40s/rondo-bench-XXXXXX", temporary ? temporary : "/tmp");
    if (!mkdtemp(s->folder)) {
        s->folder[0] = 0;
        snprintf(error->message, sizeof error->message, "no folder for a model file in %s",
                 show(temporary ? temporary : "/tmp").text);
        return error->status = RONDO_SYSTEM;
    }
    snprintf(s->path, sizeof s->path, "%s/model.safetensors", s->folder);
    rondo_status status = make_stream(s, error);
    return status == RONDO_OK ? rondo_model_save(s->model, s->path, 0, error) : status;
}

/* ---- one call */

static rondo_status train_once(subject *s, rondo_error *error)
{
    const rondo_view d_output = {.data = s->numbers,
                                 .type = RONDO_REAL,
                                 .rank = 2,
                                 .shape = {(size_t)workload_tokens(s->w), s->width},
                                 .stride = s->width};
    rondo_model_changed(s->model); /* as after an update: the weights are packed anew */
    rondo_model_zero_grad(s->model);
    rondo_status status = rondo_model_forward(s->model, NULL, s->batch, RONDO_TRAIN, NULL, error);
    return status == RONDO_OK ? rondo_model_backward_from(s->model, s->batch, d_output, error) : status;
}

static rondo_status use_once(subject *s, rondo_error *error)
{
    return rondo_model_forward(s->model, NULL, s->batch, RONDO_USE, NULL, error);
}

static rondo_status update_once(subject *s, rondo_error *error)
{
    rondo_step_report report;
    return rondo_trainer_step(s->trainer, &report, error);
}

static rondo_status step_of(const subject *s, const rondo_model *model, rondo_state *state,
                            rondo_error *error)
{
    const rondo_view input = {.data = s->numbers + s->at % INPUTS * s->w->input,
                              .type = RONDO_REAL,
                              .rank = 2,
                              .shape = {1, s->w->input},
                              .stride = s->w->input},
                     output = {.data = s->answer,
                               .type = RONDO_REAL,
                               .rank = 2,
                               .shape = {1, s->width},
                               .stride = s->width};
    return rondo_step(model, state, input, output, error);
}

static rondo_status stream_once(subject *s, rondo_error *error)
{
    s->at++;
    return step_of(s, s->model, s->state, error);
}

static rondo_status load_once(subject *s, rondo_error *error)
{
    rondo_device *device = NULL;
    rondo_model *model = NULL;
    rondo_state *state = NULL;
    rondo_status status = rondo_device_open("cpu", rondo_device_threads(s->bench->device), &device, error);
    if (status == RONDO_OK) status = rondo_model_load(device, s->path, &model, error);
    if (status == RONDO_OK) status = rondo_state_new(model, 1, &state, error);
    if (status == RONDO_OK) status = step_of(s, model, state, error);
    rondo_state_free(state);
    rondo_model_free(model);
    rondo_device_close(device);
    return status;
}

static const struct {
    rondo_status (*make)(subject *s, rondo_error *error);
    rondo_status (*once)(subject *s, rondo_error *error);
    double seconds; /* when --max-time does not say; 0: MOST_RUNS calls */
} kinds[] = {[BENCH_TRAIN] = {make_training, train_once, 1},  [BENCH_SCORE] = {make_use, use_once, 1},
             [BENCH_STEP] = {make_trainer, update_once, 1},   [BENCH_STREAM] = {make_stream, stream_once, 0},
             [BENCH_MEMORY] = {make_training, train_once, 1}, [BENCH_LOAD] = {make_file, load_once, 1}};

static void subject_free(subject *s)
{
    rondo_trainer_free(s->trainer);
    rondo_data_free(s->data);
    rondo_state_free(s->state);
    rondo_batch_free(s->batch);
    rondo_model_free(s->model);
    rondo_options_free(s->options);
    free(s->numbers);
    free(s->answer);
    if (s->path[0]) unlink(s->path);
    if (s->folder[0]) rmdir(s->folder);
}

/* ---- memory of this process, where the system tells */

static double status_bytes(const char *name)
{
    char line[128];
    double kilobytes = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, name, strlen(name)) == 0) kilobytes = strtod(line + strlen(name), NULL);
    if (file) fclose(file);
    return 1024 * kilobytes;
}

/* From now on the peak is that of what comes. */
static void forget_peak(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "w");
    if (!file) return;
    fputs("5", file);
    fclose(file);
}

/* ---- many calls */

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Of all threads of this process. */
static double processor_seconds(void)
{
    struct timespec t;
    return clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0 ? (double)t.tv_sec + 1e-9 * (double)t.tv_nsec : 0;
}

static rondo_status run(subject *s, double *took, figure *out, rondo_error *error)
{
    double seconds = s->bench->seconds > 0 ? s->bench->seconds : kinds[s->w->kind].seconds;
    const double warm = now();
    for (int i = 0; i < WARM_RUNS && now() - warm < WARM_SECONDS; i++) {
        rondo_status status = kinds[s->w->kind].once(s, error);
        if (status != RONDO_OK) return status;
    }
    const double own = processor_seconds();
    for (double start = now(), before = start;
         out->runs < MOST_RUNS && (out->runs < LEAST_RUNS || seconds <= 0 || before - start < seconds);) {
        rondo_status status = kinds[s->w->kind].once(s, error);
        if (status != RONDO_OK) return status;
        const double after = now();
        took[out->runs++] = after - before;
        before = after;
    }
    out->own = (processor_seconds() - own) / (double)out->runs;
    qsort(took, out->runs, sizeof *took, by_value);
    out->median = (took[(out->runs - 1) / 2] + took[out->runs / 2]) / 2;
    out->least = took[0];
    out->late = took[(size_t)(0.99 * (double)(out->runs - 1))];
    out->most = took[out->runs - 1];
    return RONDO_OK;
}

rondo_status bench_measure(const bench *b, const workload *w, figure *out, rondo_error *error)
{
    subject s = {.bench = b, .w = w};
    const int peak = w->kind == BENCH_MEMORY || w->kind == BENCH_LOAD;
    double *took = malloc(MOST_RUNS * sizeof *took);
    if (!took) return no_memory(error);
    *out = (figure){0};
    const double before = status_bytes("VmRSS:");
    forget_peak();
    rondo_status status = kinds[w->kind].make(&s, error);
    if (status == RONDO_OK) status = run(&s, took, out, error);
    out->bytes = peak ? status_bytes("VmHWM:") : fmax(0, status_bytes("VmRSS:") - before);
    subject_free(&s);
    free(took);
    return status;
}
