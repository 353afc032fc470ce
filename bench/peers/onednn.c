/* oneDNN (2.6, as Debian has it) on the LSTM workloads of rondo bench: training and scoring of layers, and
 * one state step by step in f32 and int8. Layouts are its own choice (`any`); weights are given in the
 * canonical order and reordered in every training call, as they are after an update, and once for use.
 *
 * Reads a JSON object a line, {"workload": {...}, "seconds": 1}, as bench/side_by_side.py writes them, and
 * answers each with a line. usage: onednn --serve --threads N [--variant X] */
#include <dnnl.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LEAST_RUNS = 3, MOST_RUNS = 100000, WARM_RUNS = 5, INPUTS = 64, GATES = 4, MOST_ARGS = 32 };
static const double WARM_SECONDS = 0.3;

#define CHECK(call)                                                                                          \
    do {                                                                                                     \
        const dnnl_status_t status_ = (call);                                                                \
        if (status_ != dnnl_success) {                                                                       \
            snprintf(failure, sizeof failure, "%s gave %d", #call, (int)status_);                            \
            return 0;                                                                                        \
        }                                                                                                    \
    } while (0)

static char failure[512];
static dnnl_engine_t engine;
static dnnl_stream_t stream;

typedef struct workload {
    char name[64], kind[16], cell[16], settings[64], weights[8];
    double batch, steps, ragged, input, hidden, layers, directions, projection, tokens, flops, seconds;
} workload;

/* ---- the line that asks */

static const char *value_at(const char *line, const char *name)
{
    char key[64];
    snprintf(key, sizeof key, "\"%s\":", name);
    const char *at = strstr(line, key);
    if (!at) return NULL;
    at += strlen(key);
    return at + strspn(at, " ");
}

static void text_in(const char *line, const char *name, char *out, size_t size)
{
    const char *at = value_at(line, name);
    out[0] = 0;
    if (at && *at == '"') snprintf(out, size, "%.*s", (int)strcspn(at + 1, "\""), at + 1);
}

static double number_in(const char *line, const char *name)
{
    const char *at = value_at(line, name);
    return at ? strtod(at, NULL) : 0;
}

static workload read_workload(const char *line)
{
    workload w = {.batch = number_in(line, "batch_size"),
                  .steps = number_in(line, "seq_len"),
                  .ragged = number_in(line, "ragged"),
                  .input = number_in(line, "input_size"),
                  .hidden = number_in(line, "hidden_size"),
                  .layers = number_in(line, "num_layers"),
                  .directions = number_in(line, "directions"),
                  .projection = number_in(line, "proj_size"),
                  .tokens = number_in(line, "tokens"),
                  .flops = number_in(line, "flops"),
                  .seconds = number_in(line, "seconds")};
    const char *inside = strstr(line, "\"workload\": {"); /* the name stands inside the object of that name */
    text_in(inside ? inside + strlen("\"workload\": ") : line, "workload", w.name, sizeof w.name);
    text_in(line, "kind", w.kind, sizeof w.kind);
    text_in(line, "cell", w.cell, sizeof w.cell);
    text_in(line, "settings", w.settings, sizeof w.settings);
    text_in(line, "weights", w.weights, sizeof w.weights);
    return w;
}

/* ---- memories and primitives */

static double draw(void)
{
    static unsigned long long seed = 1;
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    return (double)(seed >> 40) / (double)(1 << 24) - 0.5;
}

static int make_memory(const dnnl_memory_desc_t *md, dnnl_memory_t *memory)
{
    CHECK(dnnl_memory_create(memory, md, engine, DNNL_MEMORY_ALLOCATE));
    void *data;
    CHECK(dnnl_memory_get_data_handle(*memory, &data));
    if (data) memset(data, 0, dnnl_memory_desc_get_size(md));
    return 1;
}

/* Memory in a plain layout, filled with numbers of that scale. */
static int make_filled(const dnnl_memory_desc_t *md, double scale, dnnl_memory_t *memory)
{
    void *data;
    if (!make_memory(md, memory)) return 0;
    CHECK(dnnl_memory_get_data_handle(*memory, &data));
    const size_t n = dnnl_memory_desc_get_size(md) / (md->data_type == dnnl_f32 ? 4 : 1);
    for (size_t i = 0; i < n; i++) {
        if (md->data_type == dnnl_f32)
            ((float *)data)[i] = (float)(scale * (draw() + draw() + draw()));
        else
            ((unsigned char *)data)[i] = (unsigned char)(128 + 100 * draw());
    }
    return 1;
}

static int make_reorder(dnnl_memory_t from, dnnl_memory_t to, dnnl_primitive_attr_t attr,
                        dnnl_primitive_t *out)
{
    const dnnl_memory_desc_t *a, *b;
    dnnl_primitive_desc_t pd;
    CHECK(dnnl_memory_get_memory_desc(from, &a));
    CHECK(dnnl_memory_get_memory_desc(to, &b));
    CHECK(dnnl_reorder_primitive_desc_create(&pd, a, engine, b, engine, attr));
    CHECK(dnnl_primitive_create(out, pd));
    CHECK(dnnl_primitive_desc_destroy(pd));
    return 1;
}

static int run_reorder(dnnl_primitive_t reorder, dnnl_memory_t from, dnnl_memory_t to)
{
    const dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
    CHECK(dnnl_primitive_execute(reorder, stream, 2, args));
    return 1;
}

typedef struct reordered { /* weights or their gradients, canonical and as a primitive wants them */
    dnnl_memory_t from, to;
    dnnl_primitive_t reorder;
} reordered;

static int run_reordered(const reordered *r)
{
    return run_reorder(r->reorder, r->from, r->to);
}

typedef struct net {
    dnnl_primitive_t forward, backward;
    dnnl_exec_arg_t forward_args[MOST_ARGS], backward_args[MOST_ARGS];
    int forward_count, backward_count;
    reordered before[4], after[2]; /* of each call: weights in, gradients out */
    int befores, afters;
    dnnl_memory_t cleared[3]; /* gradients are added to */
    int clears;
    dnnl_memory_t input[INPUTS], state[2], next_state[2]; /* of a stream */
    int inputs, at;
} net;

static void add_arg(dnnl_exec_arg_t *args, int *count, int arg, dnnl_memory_t memory)
{
    args[(*count)++] = (dnnl_exec_arg_t){arg, memory};
}

static const dnnl_memory_desc_t *wants(const_dnnl_primitive_desc_t pd, int arg)
{
    return dnnl_primitive_desc_query_md(pd, dnnl_query_exec_arg_md, arg);
}

/* ---- an LSTM of these sizes */

typedef struct shapes {
    dnnl_memory_desc_t x, h, layer, iter, bias, y,
        state; /* any, but for the bias and what the caller gives */
    dnnl_memory_desc_t plain_x, plain_y, plain_layer, plain_iter, plain_state;
} shapes;

static int describe(const workload *w, dnnl_data_type_t data, dnnl_data_type_t weights, shapes *s)
{
    const dnnl_dim_t L = (dnnl_dim_t)w->layers, D = (dnnl_dim_t)w->directions, T = (dnnl_dim_t)w->steps,
                     B = (dnnl_dim_t)w->batch, I = (dnnl_dim_t)w->input, H = (dnnl_dim_t)w->hidden;
    const dnnl_dims_t x = {T, B, I}, y = {T, B, H * D}, layer = {L, D, I, GATES, H},
                      iter = {L, D, H, GATES, H}, bias = {L, D, GATES, H}, state = {L, D, B, H};
    CHECK(dnnl_memory_desc_init_by_tag(&s->plain_x, 3, x, data, dnnl_tnc));
    CHECK(dnnl_memory_desc_init_by_tag(&s->plain_y, 3, y, data, dnnl_tnc));
    CHECK(dnnl_memory_desc_init_by_tag(&s->x, 3, x, data, dnnl_tnc));
    CHECK(dnnl_memory_desc_init_by_tag(&s->y, 3, y, data, dnnl_tnc));
    CHECK(dnnl_memory_desc_init_by_tag(&s->layer, 5, layer, weights, dnnl_format_tag_any));
    CHECK(dnnl_memory_desc_init_by_tag(&s->iter, 5, iter, weights, dnnl_format_tag_any));
    CHECK(dnnl_memory_desc_init_by_tag(&s->plain_layer, 5, layer, dnnl_f32, dnnl_ldigo));
    CHECK(dnnl_memory_desc_init_by_tag(&s->plain_iter, 5, iter, dnnl_f32, dnnl_ldigo));
    CHECK(dnnl_memory_desc_init_by_tag(&s->bias, 4, bias, dnnl_f32, dnnl_ldgo));
    CHECK(dnnl_memory_desc_init_by_tag(&s->state, 4, state, data, dnnl_ldnc));
    CHECK(dnnl_memory_desc_init_by_tag(&s->plain_state, 4, state, dnnl_f32, dnnl_ldnc));
    return 1;
}

static dnnl_rnn_direction_t direction_of(const workload *w)
{
    return w->directions > 1 ? dnnl_bidirectional_concat : dnnl_unidirectional_left2right;
}

/* Weights of one kind, from plain to what `md` says. */
static int add_weights(net *n, dnnl_memory_t plain, const dnnl_memory_desc_t *md, dnnl_primitive_attr_t attr,
                       dnnl_memory_t *out)
{
    reordered *r = &n->before[n->befores++];
    r->from = plain;
    if (!make_memory(md, &r->to) || !make_reorder(r->from, r->to, attr, &r->reorder)) return 0;
    *out = r->to;
    return 1;
}

/* Forward, with states given and taken where `streams`. */
static int make_forward(const workload *w, const shapes *s, dnnl_prop_kind_t kind, int streams,
                        dnnl_primitive_attr_t attr, net *n, dnnl_primitive_desc_t *pd, dnnl_memory_t plain[3])
{
    const double scale = 2 / (w->hidden > 0 ? w->hidden : 1);
    dnnl_rnn_desc_t desc;
    dnnl_memory_t m;
    const dnnl_memory_desc_t *h = streams ? &s->state : NULL, *c = streams ? &s->plain_state : NULL;
    CHECK(dnnl_lstm_forward_desc_init(&desc, kind, direction_of(w), &s->x, h, c, &s->layer, &s->iter,
                                      &s->bias, &s->y, h, c, 0));
    CHECK(dnnl_primitive_desc_create(pd, &desc, attr, engine, NULL));
    CHECK(dnnl_primitive_create(&n->forward, *pd));
    if (!make_filled(&s->plain_layer, scale, &plain[0]) || !make_filled(&s->plain_iter, scale, &plain[1]) ||
        !make_filled(&s->bias, scale, &plain[2]))
        return 0;
    if (!add_weights(n, plain[0], wants(*pd, DNNL_ARG_WEIGHTS_LAYER), attr, &m)) return 0;
    add_arg(n->forward_args, &n->forward_count, DNNL_ARG_WEIGHTS_LAYER, m);
    if (!add_weights(n, plain[1], wants(*pd, DNNL_ARG_WEIGHTS_ITER), attr, &m)) return 0;
    add_arg(n->forward_args, &n->forward_count, DNNL_ARG_WEIGHTS_ITER, m);
    add_arg(n->forward_args, &n->forward_count, DNNL_ARG_BIAS, plain[2]);
    n->inputs = streams ? INPUTS : 1;
    for (int i = 0; i < n->inputs; i++)
        if (!make_filled(&s->plain_x, 1, &n->input[i])) return 0;
    add_arg(n->forward_args, &n->forward_count, DNNL_ARG_SRC_LAYER, n->input[0]);
    if (!make_memory(&s->plain_y, &m)) return 0;
    add_arg(n->forward_args, &n->forward_count, DNNL_ARG_DST_LAYER, m);
    for (int i = 0; streams && i < 2; i++) {
        const dnnl_memory_desc_t *md = i ? &s->plain_state : &s->state;
        if (!make_memory(md, &n->state[i]) || !make_memory(md, &n->next_state[i])) return 0;
        add_arg(n->forward_args, &n->forward_count, i ? DNNL_ARG_SRC_ITER_C : DNNL_ARG_SRC_ITER, n->state[i]);
        add_arg(n->forward_args, &n->forward_count, i ? DNNL_ARG_DST_ITER_C : DNNL_ARG_DST_ITER,
                n->next_state[i]);
    }
    return 1;
}

static dnnl_memory_t arg_of(const dnnl_exec_arg_t *args, int count, int arg)
{
    for (int i = 0; i < count; i++)
        if (args[i].arg == arg) return args[i].memory;
    return NULL;
}

/* A gradient that is added to, in the layout of the primitive, and brought to the canonical one. */
static int add_gradient(net *n, const_dnnl_primitive_desc_t pd, int arg, const dnnl_memory_desc_t *plain)
{
    dnnl_memory_t m;
    if (!make_memory(wants(pd, arg), &m)) return 0;
    n->cleared[n->clears++] = m;
    add_arg(n->backward_args, &n->backward_count, arg, m);
    if (!plain) return 1;
    reordered *r = &n->after[n->afters++];
    r->from = m;
    return make_memory(plain, &r->to) && make_reorder(r->from, r->to, NULL, &r->reorder);
}

static int make_backward(const workload *w, const shapes *s, const_dnnl_primitive_desc_t forward,
                         const dnnl_memory_t plain[3], net *n)
{
    dnnl_rnn_desc_t desc;
    dnnl_primitive_desc_t pd;
    dnnl_memory_t m;
    CHECK(dnnl_lstm_backward_desc_init(&desc, dnnl_backward, direction_of(w), &s->x, NULL, NULL, &s->layer,
                                       &s->iter, &s->bias, &s->y, NULL, NULL, &s->x, NULL, NULL, &s->layer,
                                       &s->iter, &s->bias, &s->y, NULL, NULL, 0));
    CHECK(dnnl_primitive_desc_create(&pd, &desc, NULL, engine, forward));
    CHECK(dnnl_primitive_create(&n->backward, pd));
    if (!make_memory(wants(pd, DNNL_ARG_WORKSPACE), &m)) return 0;
    add_arg(n->forward_args, &n->forward_count, DNNL_ARG_WORKSPACE, m);
    add_arg(n->backward_args, &n->backward_count, DNNL_ARG_WORKSPACE, m);
    if (!add_weights(n, plain[0], wants(pd, DNNL_ARG_WEIGHTS_LAYER), NULL, &m)) return 0;
    add_arg(n->backward_args, &n->backward_count, DNNL_ARG_WEIGHTS_LAYER, m);
    if (!add_weights(n, plain[1], wants(pd, DNNL_ARG_WEIGHTS_ITER), NULL, &m)) return 0;
    add_arg(n->backward_args, &n->backward_count, DNNL_ARG_WEIGHTS_ITER, m);
    add_arg(n->backward_args, &n->backward_count, DNNL_ARG_BIAS, plain[2]);
    add_arg(n->backward_args, &n->backward_count, DNNL_ARG_SRC_LAYER, n->input[0]);
    add_arg(n->backward_args, &n->backward_count, DNNL_ARG_DST_LAYER,
            arg_of(n->forward_args, n->forward_count, DNNL_ARG_DST_LAYER));
    if (!make_filled(&s->plain_y, 1, &m)) return 0;
    add_arg(n->backward_args, &n->backward_count, DNNL_ARG_DIFF_DST_LAYER, m);
    if (!make_memory(&s->plain_x, &m)) return 0;
    add_arg(n->backward_args, &n->backward_count, DNNL_ARG_DIFF_SRC_LAYER, m);
    return add_gradient(n, pd, DNNL_ARG_DIFF_WEIGHTS_LAYER, &s->plain_layer) &&
           add_gradient(n, pd, DNNL_ARG_DIFF_WEIGHTS_ITER, &s->plain_iter) &&
           add_gradient(n, pd, DNNL_ARG_DIFF_BIAS, NULL);
}

/* ---- one call */

static int train_once(net *n)
{
    for (int i = 0; i < n->befores; i++)
        if (!run_reordered(&n->before[i])) return 0;
    CHECK(dnnl_primitive_execute(n->forward, stream, n->forward_count, n->forward_args));
    for (int i = 0; i < n->clears; i++) {
        const dnnl_memory_desc_t *md;
        void *data;
        CHECK(dnnl_memory_get_memory_desc(n->cleared[i], &md));
        CHECK(dnnl_memory_get_data_handle(n->cleared[i], &data));
        memset(data, 0, dnnl_memory_desc_get_size(md));
    }
    CHECK(dnnl_primitive_execute(n->backward, stream, n->backward_count, n->backward_args));
    for (int i = 0; i < n->afters; i++)
        if (!run_reordered(&n->after[i])) return 0;
    CHECK(dnnl_stream_wait(stream));
    return 1;
}

static int score_once(net *n)
{
    CHECK(dnnl_primitive_execute(n->forward, stream, n->forward_count, n->forward_args));
    CHECK(dnnl_stream_wait(stream));
    return 1;
}

/* The state given and the state taken change places after each step. */
static int stream_once(net *n)
{
    for (int i = 0; i < n->forward_count; i++) {
        dnnl_exec_arg_t *arg = &n->forward_args[i];
        const int from = n->at % 2;
        if (arg->arg == DNNL_ARG_SRC_LAYER) arg->memory = n->input[n->at % INPUTS];
        if (arg->arg == DNNL_ARG_SRC_ITER) arg->memory = from ? n->next_state[0] : n->state[0];
        if (arg->arg == DNNL_ARG_DST_ITER) arg->memory = from ? n->state[0] : n->next_state[0];
        if (arg->arg == DNNL_ARG_SRC_ITER_C) arg->memory = from ? n->next_state[1] : n->state[1];
        if (arg->arg == DNNL_ARG_DST_ITER_C) arg->memory = from ? n->state[1] : n->next_state[1];
    }
    n->at++;
    return score_once(n);
}

/* ---- kinds of workloads */

static int pack_once(net *n)
{
    for (int i = 0; i < n->befores; i++)
        if (!run_reordered(&n->before[i])) return 0;
    return 1;
}

static int make_training(const workload *w, net *n)
{
    shapes s;
    dnnl_primitive_desc_t pd;
    dnnl_memory_t plain[3];
    return describe(w, dnnl_f32, dnnl_f32, &s) &&
           make_forward(w, &s, dnnl_forward_training, 0, NULL, n, &pd, plain) &&
           make_backward(w, &s, pd, plain, n);
}

static int make_use(const workload *w, net *n)
{
    const int streams = strcmp(w->kind, "stream") == 0, narrow = strcmp(w->weights, "int8") == 0;
    shapes s;
    dnnl_primitive_desc_t pd;
    dnnl_memory_t plain[3];
    dnnl_primitive_attr_t attr = NULL;
    static float scales[GATES * 65536];
    if (narrow) {
        const int count = GATES * (int)w->hidden;
        if (count > (int)(sizeof scales / sizeof scales[0])) return 0;
        for (int i = 0; i < count; i++)
            scales[i] = (float)(127 * w->hidden / 3);
        CHECK(dnnl_primitive_attr_create(&attr));
        CHECK(dnnl_primitive_attr_set_rnn_data_qparams(attr, 127, 128));
        CHECK(dnnl_primitive_attr_set_rnn_weights_qparams(attr, count, 1 << 3 | 1 << 4, scales));
    }
    return describe(w, narrow ? dnnl_u8 : dnnl_f32, narrow ? dnnl_s8 : dnnl_f32, &s) &&
           make_forward(w, &s, dnnl_forward_inference, streams, attr, n, &pd, plain) && pack_once(n);
}

static const struct {
    const char *kind;
    int (*make)(const workload *w, net *n);
    int (*once)(net *n);
    double seconds; /* 0: MOST_RUNS calls */
} kinds[] = {{"train", make_training, train_once, 1},
             {"memory", make_training, train_once, 1},
             {"score", make_use, score_once, 1},
             {"stream", make_use, stream_once, 0}};

/* ---- measuring */

static double seconds_of(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double now(void)
{
    return seconds_of(CLOCK_MONOTONIC);
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double peak_bytes(void)
{
    char line[128];
    double kilobytes = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "VmHWM:", 6) == 0) kilobytes = strtod(line + 6, NULL);
    if (file) fclose(file);
    return 1024 * kilobytes;
}

static int answer(const workload *w, int threads)
{
    static double took[MOST_RUNS];
    static char
        prepared[64]; /* the workload that `n` is for: later cycles find it as the first one left it */
    static net n;
    size_t k = 0, runs = 0;
    while (k < sizeof kinds / sizeof kinds[0] && strcmp(kinds[k].kind, w->kind) != 0)
        k++;
    if (k == sizeof kinds / sizeof kinds[0] || strcmp(w->cell, "lstm") != 0 || w->settings[0] ||
        w->projection > 0) {
        snprintf(failure, sizeof failure, "this peer does not do it");
        return 0;
    }
    const double seconds = w->seconds > 0 ? w->seconds : kinds[k].seconds;
    if (strcmp(prepared, w->name) != 0) {
        n = (net){.at = 0};
        if (!kinds[k].make(w, &n)) return 0;
        snprintf(prepared, sizeof prepared, "%s", w->name);
    }
    const double warm = now();
    for (int i = 0; i < WARM_RUNS && now() - warm < WARM_SECONDS; i++)
        if (!kinds[k].once(&n)) return 0;
    const double own = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    for (double start = now(), before = start;
         runs < MOST_RUNS && (runs < LEAST_RUNS || seconds <= 0 || before - start < seconds);) {
        if (!kinds[k].once(&n)) return 0;
        const double after = now();
        took[runs++] = after - before;
        before = after;
    }
    const double own_each = (seconds_of(CLOCK_PROCESS_CPUTIME_ID) - own) / (double)runs;
    qsort(took, runs, sizeof *took, by_value);
    const double middle = (took[(runs - 1) / 2] + took[runs / 2]) / 2;
    const dnnl_version_t *v = dnnl_version();
    printf("{\"schema\": 1, \"system\": \"onednn\", \"version\": \"oneDNN %d.%d.%d\", \"workload\": \"%s\", ",
           v->major, v->minor, v->patch, w->name);
    printf("\"threads\": %d, \"runs\": %zu, \"median_s\": %.9g, \"min_s\": %.9g, \"max_s\": %.9g, \"p99_s\": "
           "%.9g, ",
           threads, runs, middle, took[0], took[runs - 1], took[(size_t)(0.99 * (double)(runs - 1))]);
    printf("\"cpu_s\": %.9g, \"tokens_per_s\": %.9g, \"gflops\": %.9g, \"bytes\": %.0f}\n", own_each,
           w->tokens / middle, w->flops / middle * 1e-9, peak_bytes());
    return 1;
}

int main(int argc, char **argv)
{
    static char line[1 << 16];
    int threads = 1;
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], "--threads") == 0) threads = (int)strtol(argv[i + 1], NULL, 10);
    omp_set_num_threads(threads > 0 ? threads : 1);
    if (dnnl_engine_create(&engine, dnnl_cpu, 0) != dnnl_success ||
        dnnl_stream_create(&stream, engine, dnnl_stream_default_flags) != dnnl_success)
        return 1;
    printf("{\"ready\": true}\n");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        const workload w = read_workload(line);
        if (!answer(&w, threads))
            printf("{\"system\": \"onednn\", \"workload\": \"%s\", \"error\": \"%s\"}\n", w.name, failure);
        fflush(stdout);
    }
    return 0;
}
