/* From flags to the list of nodes that --model-text would hold. Which flag is which setting of which cell is
 * a table. */
#include "model/flags_text.h"

#include "base/size.h"

#include <stdio.h>
#include <string.h>

enum { MAX_LEVELS = RD_MAX_LEVELS };
enum { RNN = 1, GRU = 2, GRU_SIMPLE = 4, LSTM = 8, MINGRU = 16, MINLSTM = 32, JORDAN = 64 };
enum { WALKED = RNN | GRU | GRU_SIMPLE | LSTM, SCANNED = MINGRU | MINLSTM, ALL = WALKED | SCANNED | JORDAN };

static const struct {
    const char *flag, *kind;
    int cell;
} cells[] = {
    /* clang-format off */
    {"rnn", "rnn", RNN}, {"gru", "gru", GRU}, {"gru-simple", "gru_simple", GRU_SIMPLE}, {"lstm", "lstm", LSTM},
    {"mingru", "mingru", MINGRU}, {"minlstm", "minlstm", MINLSTM}, {"jordan", "jordan", JORDAN},
    /* clang-format on */
};

typedef enum form { WORD, FLAG, INTEGER, NUMBER } form;
static const struct {
    rd_option_id id;
    const char *flag, *key, *fallback; /* fallback: what the layer takes when nothing is said */
    form form;
    int cells;
} settings[] = {
    /* clang-format off */
    {RD_OPT_nonlinearity,      "nonlinearity",      "nonlinearity", "tanh",   WORD,    RNN},
    {RD_OPT_gru_reset,         "gru-reset",         "reset",        "after",  WORD,    GRU},
    {RD_OPT_lstm_output,       "lstm-output",       "output",       "tanh",   WORD,    LSTM},
    {RD_OPT_lstm_candidate,    "lstm-candidate",    "candidate",    "output", WORD,    LSTM},
    {RD_OPT_peephole,          "peephole",          "peephole",     "0",      FLAG,    LSTM},
    {RD_OPT_coupled,           "coupled",           "coupled",      "0",      FLAG,    LSTM},
    {RD_OPT_proj_size,         "proj-size",         "proj",         "0",      INTEGER, LSTM},
    {RD_OPT_layer_norm,        "layer-norm",        "norm",         "0",      FLAG,    WALKED},
    {RD_OPT_clip_cell,         "clip-cell",         "clip_cell",    "0",      NUMBER,  LSTM},
    {RD_OPT_clip_preact,       "clip-preact",       "clip_preact",  "0",      NUMBER,  WALKED},
    {RD_OPT_bias,              "bias",              "bias",         "auto",   WORD,    WALKED | SCANNED},
    {RD_OPT_min_positive,      "min-positive",      "min_positive", "0",      FLAG,    SCANNED},
    {RD_OPT_jordan_output,     "jordan-output",     "output",       "state",  WORD,    JORDAN},
    {RD_OPT_feedback,          "feedback",          "feedback",     "output", WORD,    JORDAN},
    {RD_OPT_state_index,       "state-index",       "index",        "after",  WORD,    WALKED | SCANNED},
    {RD_OPT_init_state,        "init-state",        "start",        "zero",   WORD,    ALL},
    {RD_OPT_init_state_scale,  "init-state-scale",  "start_scale",  "0.1",    NUMBER,  ALL},
    {RD_OPT_dropout_recurrent, "dropout-recurrent", "dropout_h",    "0",      NUMBER,  WALKED},
    {RD_OPT_zoneout_h,         "zoneout-h",         "zoneout_h",    "0",      NUMBER,  WALKED},
    {RD_OPT_zoneout_c,         "zoneout-c",         "zoneout_c",    "0",      NUMBER,  LSTM},
    {RD_OPT_weight_drop,       "weight-drop",       "weight_drop",  "0",      NUMBER,  WALKED},
    {RD_OPT_weight_noise,      "weight-noise",      "weight_noise", "0",      NUMBER,  WALKED},
    {RD_OPT_clip_delta,        "clip-delta",        "clip_delta",   "0",      NUMBER,  WALKED},
    /* clang-format on */
};

typedef rd_text_writer writer;

/* ---- which cells ----------------------------------------------------------------------------------------
 */

static rondo_status find_cell(const char *name, size_t size, size_t *row, rondo_error *error)
{
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++)
        if (strlen(cells[i].flag) == size && !memcmp(cells[i].flag, name, size)) {
            *row = i;
            return RONDO_OK;
        }
    return rd_fail(error, RONDO_BAD_ARGUMENT, "--cell: there is no cell %s", rd_quote_n(name, size).text);
}

/* One cell for all levels, or a list with one for each. */
static rondo_status read_cells(writer *w, rondo_error *error)
{
    const char *at = rd_option_text(w->options, RD_OPT_cell);
    size_t found = 0, levels = (size_t)rd_option_integer(w->options, RD_OPT_num_layers);
    for (;;) {
        size_t size = strcspn(at, ",");
        if (found == MAX_LEVELS)
            return rd_fail(error, RONDO_LIMIT, "--cell names more than %d cells", MAX_LEVELS);
        RD_TRY(find_cell(at, size, &w->level[found++], error));
        if (!at[size]) break;
        at += size + 1;
    }
    if (found > 1 && !rd_option_is_set(w->options, RD_OPT_num_layers)) levels = found;
    if (levels < 1 || levels > MAX_LEVELS || (found > 1 && found != levels))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "--cell names %zu cells for %zu layers", found, levels);
    for (size_t k = found; k < levels; k++)
        w->level[k] = w->level[0];
    w->levels = levels;
    return RONDO_OK;
}

static int cells_of(const writer *w)
{
    int all = 0;
    for (size_t k = 0; k < w->levels; k++)
        all |= cells[w->level[k]].cell;
    return all;
}

/* What a flag says, as the value of a setting; "" when that is what the layer does anyway. */
static void say(const rondo_options *options, size_t row, char value[RD_NAME])
{
    rd_option_id id = settings[row].id;
    char number[40];
    memset(value, 0, RD_NAME);
    rd_print_double(rd_option_number(options, id), number);
    if (settings[row].form == WORD)
        (void)snprintf(value, RD_NAME, "%s", rd_option_text(options, id));
    else if (settings[row].form == FLAG)
        (void)snprintf(value, RD_NAME, "%d", rd_option_flag(options, id));
    else if (settings[row].form == INTEGER)
        (void)snprintf(value, RD_NAME, "%lld", (long long)rd_option_integer(options, id));
    else
        (void)snprintf(value, RD_NAME, "%s", number);
    if (rd_equal(value, settings[row].fallback)) value[0] = 0;
}

/* A flag that no cell of the network has is a mistake, not to be passed over. */
static rondo_status check_flags(const writer *w, rondo_error *error)
{
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        char value[RD_NAME];
        say(w->options, i, value);
        if (value[0] && rd_option_is_set(w->options, settings[i].id) && !(cells_of(w) & settings[i].cells))
            return rd_fail(error, RONDO_BAD_ARGUMENT, "--%s: --cell %s has nothing like it", settings[i].flag,
                           rd_option_text(w->options, RD_OPT_cell));
    }
    return RONDO_OK;
}

/* ---- lines ----------------------------------------------------------------------------------------------
 */

/* From now on the next line reads this value. */
void rd_writer_go_on(writer *w, const char *name, size_t number, size_t width)
{
    if (number > 0)
        (void)snprintf(w->value, sizeof w->value, "%s%zu", name, number);
    else
        (void)snprintf(w->value, sizeof w->value, "%s", name);
    w->width = width;
}

void rd_writer_dropout(writer *w, const char *name, size_t number, rd_option_id id)
{
    double p = rd_option_number(w->options, id);
    char share[40];
    if (p <= 0) return;
    rd_print_double(p, share);
    rd_text_put(w->text, name);
    if (number > 0) rd_text_format(w->text, "%zu", number);
    rd_text_format(w->text, " = dropout(%s, p=%s%s)\n", w->value, share,
                   rd_option_flag(w->options, RD_OPT_variational) ? ", variational=1" : "");
    rd_writer_go_on(w, name, number, w->width);
}

/* The final states of a walk over the characters of a word, in both directions, beside its embedding (Lample et al.
 * 2016). */
static rondo_status write_characters(writer *w, const rondo_size *x, const char *embedding, size_t embed,
                                     rondo_error *error)
{
    const size_t size = (size_t)rd_option_integer(w->options, RD_OPT_chars);
    if (size == 0 || !rd_equal(x->part, "x")) return RONDO_OK;
    if (!x->symbols || embed == 0)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "--chars stands beside an embedding of words, %s",
                       x->symbols ? "--embed-size 0 has none" : "the input is numbers");
    rd_text_format(w->text, "char_embed = embedding(chars, size=%lld)\n",
                   (long long)rd_option_integer(w->options, RD_OPT_char_embed_size));
    rd_text_format(w->text, "char_f = lstm(char_embed, size=%zu)\n", size);
    rd_text_format(w->text, "char_b = lstm(char_embed, size=%zu, reverse=1)\n", size);
    rd_text_format(w->text, "word = concat(%s, last(char_f), last(char_b))\n", embedding);
    rd_writer_go_on(w, "word", 0, embed + 2 * size);
    return RONDO_OK;
}

rondo_status rd_writer_input(writer *w, const rondo_size *x, const char *embedding, rondo_error *error)
{
    size_t embed = x->symbols ? (size_t)rd_option_integer(w->options, RD_OPT_embed_size) : 0;
    double noise = rd_option_number(w->options, RD_OPT_input_noise);
    char scale[40];
    rd_writer_go_on(w, x->part, 0, x->width);
    if (embed > 0) {
        const int freeze = rd_option_flag(w->options, RD_OPT_freeze_embed) && rd_equal(x->part, "x");
        rd_text_format(w->text, "%s = embedding(%s, size=%zu%s)\n", embedding, x->part, embed,
                       freeze ? ", freeze=1" : "");
        rd_writer_go_on(w, embedding, 0, embed);
    }
    RD_TRY(write_characters(w, x, embedding, embed, error));
    if (x->symbols && embed == 0 && (noise > 0 || rd_option_number(w->options, RD_OPT_dropout_input) > 0))
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "--%s needs numbers or an embedding, --embed-size 0 has neither",
                       noise > 0 ? "input-noise" : "dropout-input");
    if (noise > 0) {
        char noisy[RD_NAME];
        (void)snprintf(noisy, sizeof noisy, "noisy%s", embedding + strlen("embed"));
        rd_print_double(noise, scale);
        rd_text_format(w->text, "%s = noise(%s, scale=%s)\n", noisy, w->value, scale);
        rd_writer_go_on(w, noisy, 0, w->width);
    }
    char drop[RD_NAME];
    (void)snprintf(drop, sizeof drop, "drop_in%s", embedding + strlen("embed"));
    rd_writer_dropout(w, drop, 0, RD_OPT_dropout_input);
    return RONDO_OK;
}

/* A stack of equal cells, each reading the one below, has PyTorch's names. */
static int is_homogeneous(const writer *w)
{
    for (size_t k = 1; k < w->levels; k++)
        if (w->level[k] != w->level[0]) return 0;
    return (cells[w->level[0]].cell & WALKED) && !(w->both && !w->concat) && !(w->residual && w->levels > 1);
}

/* A level that starts from a node has no other start. */
static void write_settings(writer *w, int cell)
{
    int random = rd_option_is(w->options, RD_OPT_init_state, "random");
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        char value[RD_NAME];
        say(w->options, i, value);
        if (!value[0] || !(cell & settings[i].cells) ||
            (settings[i].id == RD_OPT_init_state_scale && !random))
            continue;
        if (w->start && (settings[i].id == RD_OPT_init_state || settings[i].id == RD_OPT_init_state_scale)) continue;
        if (settings[i].id == RD_OPT_bias && (cell & SCANNED) && rd_equal(value, "two"))
            continue; /* without a recurrent product a second bias would be the first again */
        rd_text_format(w->text, ", %s=%s", settings[i].key, value);
    }
}

const char *rd_writer_kind(const writer *w, size_t k)
{
    return cells[w->level[k]].kind;
}

void rd_writer_cell(writer *w, const char *name, const char *kind, size_t k)
{
    const int cell = cells[w->level[k]].cell, drops = rd_option_number(w->options, RD_OPT_dropout_recurrent) > 0;
    rd_text_format(w->text, "%s%zu = %s(%s, size=%lld", name, k + 1, kind, w->value,
                   (long long)rd_option_integer(w->options, RD_OPT_hidden_size));
    if (w->start) rd_text_format(w->text, ", start=%s%zu", w->start, k + 1);
    write_settings(w, cell);
    if (drops && rd_option_flag(w->options, RD_OPT_variational) && (cell & WALKED))
        rd_text_put(w->text, ", variational=1");
}

static void write_cell(writer *w, const char *name, size_t k, int reverse)
{
    rd_writer_cell(w, name, cells[w->level[k]].kind, k);
    if (reverse) rd_text_put(w->text, ", reverse=1");
    if (is_homogeneous(w)) rd_text_format(w->text, ", as=rnn.l%zu", k);
    rd_text_put(w->text, ")\n");
}

size_t rd_writer_width(const writer *w, size_t k)
{
    int64_t proj = rd_option_integer(w->options, RD_OPT_proj_size);
    if (proj > 0 && cells[w->level[k]].cell == LSTM) return (size_t)proj;
    return (size_t)rd_option_integer(w->options, RD_OPT_hidden_size);
}

rondo_status rd_writer_level(writer *w, size_t k, rondo_error *error)
{
    size_t below_width = w->width, width = rd_writer_width(w, k);
    char below[RD_NAME];
    memcpy(below, w->value, sizeof below);
    if (k > 0) rd_writer_dropout(w, "drop", k, RD_OPT_dropout);
    if (w->both) {
        write_cell(w, "f", k, 0);
        write_cell(w, "b", k, 1);
        rd_text_format(w->text, "h%zu = %s(f%zu, b%zu)\n", k + 1, w->concat ? "concat" : "add", k + 1, k + 1);
        width *= w->concat ? 2 : 1;
    } else {
        write_cell(w, "h", k, 0);
    }
    rd_writer_go_on(w, "h", k + 1, width);
    if (!w->residual || k == 0) return RONDO_OK;
    if (width != below_width)
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "--skip residual needs layers of equal width, layer %zu has %zu and the one below %zu",
                       k + 1, width, below_width);
    rd_text_format(w->text, "r%zu = add(h%zu, %s)\n", k + 1, k + 1, below);
    rd_writer_go_on(w, "r", k + 1, width);
    return RONDO_OK;
}

/* ---- from the layers to one answer ----------------------------------------------------------------------
 */

static void write_list(writer *w, const char *name, const char *of)
{
    rd_text_format(w->text, "%s = concat(", name);
    for (size_t k = 0; k < w->levels; k++)
        rd_text_format(w->text, "%s%s%zu", k ? ", " : "", of, k + 1);
    rd_text_put(w->text, ")\n");
}

static size_t width_of_all(const writer *w)
{
    size_t width = 0;
    for (size_t k = 0; k < w->levels; k++)
        width += rd_writer_width(w, k) * (w->both && w->concat ? 2 : 1);
    return width;
}

/* The final states of every level that the output reads: forward ones at the end of a sequence, reverse ones
 * at its start. */
static void write_last(writer *w)
{
    int every = w->dense || w->residual;
    for (size_t k = every ? 0 : w->levels - 1; k < w->levels; k++) {
        rd_text_format(w->text, "p%zu = ", k + 1);
        if (w->residual && k > 0) rd_text_format(w->text, "add(p%zu, ", k);
        if (w->both)
            rd_text_format(w->text, "%s(last(f%zu), last(b%zu))", w->concat ? "concat" : "add", k + 1, k + 1);
        else
            rd_text_format(w->text, "last(h%zu)", k + 1);
        rd_text_put(w->text, w->residual && k > 0 ? ")\n" : "\n");
    }
    if (w->dense) write_list(w, "pooled", "p");
    rd_writer_go_on(w, w->dense ? "pooled" : "p", w->dense ? 0 : w->levels, w->dense ? width_of_all(w) : w->width);
}

static void write_top(writer *w, int pooled)
{
    const char *pool = rd_option_text(w->options, RD_OPT_pool);
    if (pooled && rd_equal(pool, "last")) {
        write_last(w);
        return;
    }
    if (w->dense) {
        write_list(w, "all", "h");
        rd_writer_go_on(w, "all", 0, width_of_all(w));
    }
    if (pooled) {
        rd_text_format(w->text, "pooled = %s(%s)\n", pool, w->value);
        rd_writer_go_on(w, "pooled", 0, w->width);
    }
}

rondo_status rd_writer_head(writer *w, const rondo_size *x, size_t outputs, const char *embedding,
                            rondo_error *error)
{
    size_t head = (size_t)rd_option_integer(w->options, RD_OPT_head_size);
    size_t embed = x->symbols ? (size_t)rd_option_integer(w->options, RD_OPT_embed_size) : 0;
    int64_t layers = rd_option_integer(w->options, RD_OPT_head_layers);
    rd_writer_dropout(w, "drop_out", 0, RD_OPT_dropout_output);
    if (head > 0 && layers == 0) layers = 1;
    for (int64_t i = 0; i < layers; i++) {
        rd_text_format(w->text, "head%lld = dense(%s, size=%zu, act=tanh)\n", (long long)i + 1, w->value,
                       head ? head : w->width);
        rd_writer_go_on(w, "head", (size_t)i + 1, head ? head : w->width);
    }
    if (!rd_option_flag(w->options, RD_OPT_tied)) {
        rd_text_format(w->text, "out = dense(%s, size=%zu)\n", w->value, outputs);
        return RONDO_OK;
    }
    if (embed == 0 || outputs != x->width)
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "--tied needs an embedding of as many symbols as there are outputs (%zu)", outputs);
    if (w->width != embed) {
        rd_text_format(w->text, "proj = dense(%s, size=%zu, bias=0)\n", w->value, embed);
        rd_writer_go_on(w, "proj", 0, embed);
    }
    rd_text_format(w->text, "out = dense(%s, tied=%s)\n", w->value, embedding);
    return RONDO_OK;
}

/* The Jordan network is its own output layer: it feeds back what the loss sees. */
static rondo_status write_jordan(writer *w, size_t outputs, const char *loss, int pooled, rondo_error *error)
{
    const char *f = rd_equal(loss, "softmax") ? "softmax" : rd_equal(loss, "binary") ? "sigmoid" : NULL;
    int target = rd_option_is(w->options, RD_OPT_feedback, "target");
    if (w->levels > 1 || w->both)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "--cell jordan has one layer, in one direction");
    if (!f)
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "--cell jordan feeds back a softmax or sigmoid, --loss %s has neither", loss);
    if (pooled && target)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "--feedback target needs a target at each step");
    rd_text_format(w->text, "%s = jordan(%s%s, size=%lld, outputs=%zu, f=%s", pooled ? "z" : "out", w->value,
                   target ? ", y" : "", (long long)rd_option_integer(w->options, RD_OPT_hidden_size), outputs,
                   f);
    write_settings(w, JORDAN);
    rd_text_put(w->text, ")\n");
    if (pooled) rd_text_format(w->text, "out = %s(z)\n", rd_option_text(w->options, RD_OPT_pool));
    return RONDO_OK;
}

static rondo_status write_network(writer *w, const rondo_size *x, size_t outputs, int pooled,
                                  rondo_error *error)
{
    for (size_t k = 0; k < w->levels; k++)
        if (cells[w->level[k]].cell == JORDAN)
            return rd_fail(error, RONDO_BAD_ARGUMENT, "--cell jordan has one layer, in one direction");
    if (w->dense && w->levels > RD_MAX_INPUTS)
        return rd_fail(error, RONDO_LIMIT, "--skip dense joins at most %d layers", RD_MAX_INPUTS);
    for (size_t k = 0; k < w->levels; k++)
        RD_TRY(rd_writer_level(w, k, error));
    write_top(w, pooled);
    return rd_writer_head(w, x, outputs, "embed", error);
}

rondo_status rd_writer_open(writer *w, const rondo_options *options, rd_text *text, rondo_error *error)
{
    *w = (writer){.options = options,
                  .text = text,
                  .both = rd_option_flag(options, RD_OPT_bidirectional),
                  .concat = rd_option_is(options, RD_OPT_merge, "concat"),
                  .residual = rd_option_is(options, RD_OPT_skip, "residual"),
                  .dense = rd_option_is(options, RD_OPT_skip, "dense")};
    RD_TRY(read_cells(w, error));
    return check_flags(w, error);
}

int rd_writer_walks(const writer *w)
{
    return (cells_of(w) & ~WALKED) == 0;
}

size_t rd_writer_state(const writer *w, size_t k)
{
    return rd_writer_width(w, k) +
           (cells[w->level[k]].cell == LSTM ? (size_t)rd_option_integer(w->options, RD_OPT_hidden_size) : 0);
}

rondo_status rd_model_text_from(const rondo_options *options, const rondo_size *x, size_t outputs,
                                const char *loss, int pooled, rd_text *text, rondo_error *error)
{
    writer w;
    RD_TRY(rd_writer_open(&w, options, text, error));
    RD_TRY(rd_writer_input(&w, x, "embed", error));
    if (w.levels == 1 && cells[w.level[0]].cell == JORDAN)
        RD_TRY(write_jordan(&w, outputs, loss, pooled, error));
    else
        RD_TRY(write_network(&w, x, outputs, pooled, error));
    rd_text_format(text, "loss = %s(out, y)\n", loss);
    return rd_text_done(text, error);
}
