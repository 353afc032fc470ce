/* The checks that are built into the program: gradients of every cell and every loss in double, kernels of every instruction
 * set that runs here against a plain loop, the same bits for any number of threads. A check is a row: a name
 * and what it runs on. */
#include "tasks/tasks.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct check {
    const char *name;
    const char *text; /* a model text, or an instruction set */
} check;

/* clang-format off */
static const check cells[] = {
    {"rnn-tanh",     "h = rnn(x, size=5)"},
    {"rnn-relu",     "h = rnn(x, size=5, nonlinearity=relu)"},
    {"gru-simple",   "h = gru_simple(x, size=5)"},
    {"gru-before",   "h = gru(x, size=5, reset=before)"},
    {"gru-after",    "h = gru(x, size=5)"},
    {"lstm-c",       "h = lstm(x, size=5)"},
    {"lstm-a",       "h = lstm(x, size=5, output=linear)"},
    {"lstm-b",       "h = lstm(x, size=5, output=linear, candidate=cell)"},
    {"lstm-peephole", "h = lstm(x, size=5, peephole=1)"},
    {"lstm-coupled", "h = lstm(x, size=5, coupled=1)"},
    {"lstm-projection", "h = lstm(x, size=5, proj=3)"},
    {"lstm-norm",    "h = lstm(x, size=5, norm=1)"},
    {"mingru",       "h = mingru(x, size=5)"},
    {"minlstm",      "h = minlstm(x, size=5)"},
    {"jordan",       "h = jordan(x, size=5, outputs=4)"},
    {"bidirectional", "f = lstm(x, size=5)\nb = lstm(x, size=5, reverse=1)\nh = concat(f, b)"},
    {"two-layers",   "a = gru(x, size=4)\nh = lstm(a, size=5)"},
};
/* clang-format on */
enum { CELLS = sizeof cells / sizeof *cells, SEQUENCES = 4, WIDTH = 3, CLASSES = 4, NUMBERS = 2, LONGEST = 4 };
static const size_t lengths[SEQUENCES] = {2, 4, 0, 3}, shorter[SEQUENCES] = {1, 2, 0, 2};
static const double gradient_limit = 1e-6;

/* ---- a small model and batch --------------------------------------------------------------------------- */

static rondo_status make_batch(rondo_batch **batch, rondo_error *error)
{
    rd_real x[SEQUENCES][LONGEST * WIDTH], v[SEQUENCES][LONGEST * NUMBERS];
    int32_t y[SEQUENCES][LONGEST];
    const rd_real *xs[SEQUENCES], *vs[SEQUENCES];
    const int32_t *ys[SEQUENCES];
    for (size_t s = 0; s < SEQUENCES; s++) {
        rd_random_fill_normal(rd_key_of(1, RD_STREAM_SYNTH, s, 0), 0, LONGEST * WIDTH, 1, x[s]);
        rd_random_fill_normal(rd_key_of(1, RD_STREAM_SYNTH, s, 2), 0, LONGEST * NUMBERS, 1, v[s]);
        for (size_t t = 0; t < LONGEST; t++)
            y[s][t] = (int32_t)rd_random_below(rd_key_of(1, RD_STREAM_SYNTH, s, 1), t, CLASSES);
        xs[s] = x[s];
        vs[s] = v[s];
        ys[s] = y[s];
    }
    RD_TRY(rondo_batch_new(batch, error));
    RD_TRY(rondo_batch_put(
        *batch, "x", &(rondo_sequences){.count = SEQUENCES, .length = lengths, .width = WIDTH, .values = xs},
        error));
    RD_TRY(rondo_batch_put(
        *batch, "v", &(rondo_sequences){.count = SEQUENCES, .length = lengths, .width = NUMBERS, .values = vs},
        error));
    RD_TRY(rondo_batch_put(*batch, "short",
                           &(rondo_sequences){.count = SEQUENCES, .length = shorter, .symbols = ys}, error));
    return rondo_batch_put(*batch, "y",
                           &(rondo_sequences){.count = SEQUENCES, .length = lengths, .symbols = ys}, error);
}

/* A row of cells with a head, or, without a text, the loss of that name behind a small network. */
static rondo_status model_text(const check *row, const rondo_options *options, rd_text *text, rondo_error *error)
{
    if (row->text) {
        rd_text_format(text, "%s\nout = dense(h, size=%d)\nloss = softmax(out, y)\n", row->text, CLASSES);
        return rd_text_done(text, error);
    }
    const rd_loss_info *info = rd_loss_find(row->name);
    const char *target = !info->symbols ? "v" : info->sequence && info->sequence->own_lengths ? "short" : "y";
    size_t outputs;
    RD_TRY(rd_model_outputs(options, row->name, info->symbols ? CLASSES : NUMBERS, &outputs, error));
    rd_text_format(text, "out = dense(rnn(x, size=5), size=%zu)\nloss = %s(out, %s)\n", outputs, row->name, target);
    return rd_text_done(text, error);
}

static rondo_status make_model(rondo_device *device, const rondo_options *options, const check *row,
                               rondo_model **model, rondo_error *error)
{
    rd_text text = {0};
    static const rondo_size sizes[] = {{"x", WIDTH, 0}, {"y", CLASSES, 1}, {"short", CLASSES, 1}, {"v", NUMBERS, 0}};
    rondo_status status = model_text(row, options, &text, error);
    if (status == RONDO_OK) status = rondo_model_new(device, options, text.text, sizes, 4, model, error);
    rd_text_free(&text);
    return status;
}

/* ---- gradients ----------------------------------------------------------------------------------------- */

static rondo_status check_gradient(const check *row, const rondo_options *options, rd_text *said, int *good,
                                   rondo_error *error)
{
    rondo_device *device = NULL;
    rondo_model *model = NULL;
    rondo_batch *batch = NULL;
    rondo_gradcheck_result worst;
    rondo_status status = rondo_device_open("cpu", 1, &device, error);
    if (status == RONDO_OK) status = make_model(device, options, row, &model, error);
    if (status == RONDO_OK) status = make_batch(&batch, error);
    if (status == RONDO_OK) status = rondo_gradcheck(model, batch, 0, &worst, error);
    if (status == RONDO_OK) {
        *good = worst.worst <= gradient_limit && worst.checked > 0;
        rd_text_format(said, "worst relative error %.1e at %s, %zu numbers", worst.worst, worst.param,
                       worst.checked);
    }
    rondo_batch_free(batch);
    rondo_model_free(model);
    rondo_device_close(device);
    return status;
}

/* ---- threads ------------------------------------------------------------------------------------------- */

static rondo_status gradient_with(int threads, const check *row, const rondo_options *options,
                                  rd_real **grads, size_t *n, rondo_error *error)
{
    rondo_device *device = NULL;
    rondo_model *model = NULL;
    rondo_batch *batch = NULL;
    rondo_loss_report report;
    rondo_status status = rondo_device_open("cpu", threads, &device, error);
    *grads = NULL;
    if (status == RONDO_OK) status = make_model(device, options, row, &model, error);
    if (status == RONDO_OK) status = make_batch(&batch, error);
    if (status == RONDO_OK) status = rondo_model_forward(model, NULL, batch, RONDO_TRAIN, NULL, error);
    if (status == RONDO_OK) {
        rondo_model_zero_grad(model);
        status = rondo_model_loss(model, batch, &report, error);
    }
    if (status == RONDO_OK) status = rondo_model_backward(model, batch, error);
    if (status == RONDO_OK) status = rd_alloc(model->numbers, sizeof **grads, "gradients", grads, error);
    if (status == RONDO_OK) {
        *n = model->numbers;
        memcpy(*grads, model->grads, *n * sizeof **grads);
    }
    rondo_batch_free(batch);
    rondo_model_free(model);
    rondo_device_close(device);
    return status;
}

static rondo_status check_threads(const check *row, const rondo_options *options, rd_text *said, int *good,
                                  rondo_error *error)
{
    static const int counts[] = {2, 3, 8};
    rd_real *one, *many;
    size_t n, m;
    RD_TRY(gradient_with(1, row, options, &one, &n, error));
    rondo_status status = RONDO_OK;
    *good = 1;
    for (size_t i = 0; status == RONDO_OK && i < 3; i++) {
        status = gradient_with(counts[i], row, options, &many, &m, error);
        if (status == RONDO_OK) *good = *good && m == n && !memcmp(one, many, n * sizeof *one);
        rd_free(many);
    }
    rd_text_put(said, "gradients of 1, 2, 3, 8 threads bit for bit");
    rd_free(one);
    return status;
}

/* ---- kernels ------------------------------------------------------------------------------------------- */

enum { ROWS = 13, COLUMNS = 37, DEPTH = 33 };

static double product_error(const rd_kernels *k, const rd_real *a, const rd_real *w, rd_real *panels)
{
    rd_real c[ROWS * COLUMNS];
    double worst = 0;
    k->panel_pack(&(rd_pack_args){.columns = COLUMNS,
                                  .depth = DEPTH,
                                  .w = w,
                                  .column_stride = DEPTH,
                                  .depth_stride = 1,
                                  .panels = panels});
    k->product(&(rd_product_args){.rows = ROWS,
                                  .columns = COLUMNS,
                                  .depth = DEPTH,
                                  .a = a,
                                  .a_stride = DEPTH,
                                  .panels = panels,
                                  .c = c,
                                  .c_stride = COLUMNS});
    for (size_t r = 0; r < ROWS; r++)
        for (size_t n = 0; n < COLUMNS; n++) {
            double sum = 0;
            for (size_t d = 0; d < DEPTH; d++)
                sum += (double)a[r * DEPTH + d] * (double)w[n * DEPTH + d];
            worst = fmax(worst, fabs(sum - (double)c[r * COLUMNS + n]));
        }
    return worst;
}

static rondo_status check_kernels(const check *row, const rondo_options *options, rd_text *said, int *good,
                                  rondo_error *error)
{
    rd_kernels k;
    rd_real a[ROWS * DEPTH], w[COLUMNS * DEPTH], x[64], y[64], *panels;
    double worst = 0;
    (void)options;
    if (!rd_kernels_for(row->text, &k))
        return rd_fail(error, RONDO_BUG, "instruction set %s is listed and cannot be had", row->text);
    RD_TRY(rd_alloc_aligned(rd_panel_numbers(&k, COLUMNS, DEPTH), sizeof *panels, "panels", &panels, error));
    rd_random_fill_normal(rd_key_of(1, RD_STREAM_SYNTH, 0, 2), 0, ROWS * DEPTH, 1, a);
    rd_random_fill_normal(rd_key_of(1, RD_STREAM_SYNTH, 0, 3), 0, COLUMNS * DEPTH, 1, w);
    rd_random_fill_uniform(rd_key_of(1, RD_STREAM_SYNTH, 0, 4), 0, 64, 9, x);
    double product = product_error(&k, a, w, panels);
    rd_free_aligned(panels);
    k.map_tanh(64, x, y);
    for (size_t i = 0; i < 64; i++)
        worst = fmax(worst, fabs(tanh((double)x[i]) - (double)y[i]));
    *good = product < 3e-5 && worst < 2.5e-7;
    rd_text_format(said, "product within %.1e, tanh within %.1e of libm in double", product, worst);
    return RONDO_OK;
}

/* ---- the list ------------------------------------------------------------------------------------------ */

typedef rondo_status (*check_fn)(const check *, const rondo_options *, rd_text *, int *, rondo_error *);
typedef struct running {
    const char *filter;
    const rondo_options *options;
    rondo_sink sink;
    void *user;
    size_t passed, failed;
} running;

static rondo_status run_one(running *r, const char *group, const check *row, check_fn fn, rondo_error *error)
{
    char name[96];
    rd_text said = {0}, line = {0};
    rondo_error inner = {.status = RONDO_OK};
    int good = 0;
    (void)snprintf(name, sizeof name, "%s/%s", group, row->name);
    if (r->filter && *r->filter && !rd_glob(r->filter, name)) return RONDO_OK;
    rondo_status status = fn(row, r->options, &said, &good, &inner);
    good = good && status == RONDO_OK;
    rd_text_format(&line, "%s %s: %s\n", good ? "ok    " : "FAILED", name,
                   status      ? inner.message
                   : said.text ? said.text
                               : "");
    r->passed += (size_t)good;
    r->failed += (size_t)!good;
    status = rd_text_done(&line, error);
    if (status == RONDO_OK && r->sink && r->sink(r->user, line.text, line.size))
        status = rd_fail(error, RONDO_SYSTEM, "the result could not be written");
    rd_text_free(&said);
    rd_text_free(&line);
    return status;
}

static rondo_status run_all(running *r, rondo_error *error)
{
    const char *isa;
    rondo_device *device; /* one that cannot be had is the caller's affair, not a failed check */
    RD_TRY(rondo_device_open("cpu", 1, &device, error));
    rondo_device_close(device);
    for (size_t i = 0; i < CELLS; i++)
        RD_TRY(run_one(r, "gradient", &cells[i], check_gradient, error));
    for (const rd_loss_info *loss = rd_losses; loss->name; loss++)
        RD_TRY(run_one(r, "loss", &(check){.name = loss->name}, check_gradient, error));
    for (size_t i = 0; (isa = rd_kernels_name(i)) != NULL; i++)
        RD_TRY(run_one(r, "kernels", &(check){isa, isa}, check_kernels, error));
    for (size_t i = 0; i < CELLS; i++)
        RD_TRY(run_one(r, "threads", &cells[i], check_threads, error));
    for (const rd_loss_info *loss = rd_losses; loss->name; loss++)
        RD_TRY(run_one(r, "threads", &(check){.name = loss->name}, check_threads, error));
    return RONDO_OK;
}

rondo_status rondo_selftest(const char *filter, rondo_sink sink, void *user, rondo_error *error)
{
    rondo_options *options;
    running r = {.filter = filter, .sink = sink, .user = user};
    RD_TRY(rondo_options_new(&options, error));
    r.options = options;
    rondo_status status = run_all(&r, error);
    rondo_options_free(options);
    if (status == RONDO_OK && r.failed)
        return rd_fail(error, RONDO_NO, "%zu of %zu checks failed", r.failed, r.passed + r.failed);
    if (status == RONDO_OK && !r.passed)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "no check is named %s", rd_quote(filter).text);
    return status;
}
