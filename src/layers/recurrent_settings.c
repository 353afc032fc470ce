/* From the settings of a node to a cell with its parameters. A cell that PyTorch has keeps PyTorch's names
 * and order; every other one carries its form in the names, so that nothing is ever loaded as the wrong
 * function. */
#include "layers/recurrent_settings.h"

#include "base/memory.h"
#include "base/size.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define SIZE_LIMIT ((size_t)1000000)
#define BELOW_ONE  0.99999999
#define ANY_LIMIT  1e30

/* ---- shared with the other layers that keep a state ---- */

static rondo_status read_as(const rd_node *node, const char *as, size_t *prefix, const char **number,
                            rondo_error *error)
{
    const char *dot = strrchr(as, '.');
    int64_t level;
    if (!dot || dot[1] != 'l' || !rd_parse_integer(dot + 2, strlen(dot + 2), &level) || level < 0 ||
        strlen(dot + 2) > 4)
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "model text:%zu: setting \"as\" of \"%s\": expected PREFIX.lNUMBER, found %s",
                       node->line, node->name, rd_quote(as).text);
    *prefix = (size_t)(dot - as);
    *number = dot + 2;
    return RONDO_OK;
}

rondo_status rd_layer_names(rd_layer *layer, rd_node *node, const char *form, int reverse,
                            char suffix[RD_NAME], rondo_error *error)
{
    const char *as = rd_setting_text(node, "as"), *number = "0", *from = as ? as : node->name;
    size_t prefix = strlen(from);
    if (as) RD_TRY(read_as(node, as, &prefix, &number, error));
    if (prefix + (form ? strlen(form) + 1 : 0) + 2 > sizeof layer->prefix)
        return rd_fail(error, RONDO_LIMIT,
                       "model text:%zu: the tensors of \"%s\" would have names that are too long", node->line,
                       node->name);
    (void)snprintf(layer->prefix, sizeof layer->prefix, "%.*s.%s%s", (int)prefix, from, form ? form : "",
                   form ? "." : "");
    (void)snprintf(suffix, RD_NAME, "_l%s%s", number, reverse ? "_reverse" : "");
    return RONDO_OK;
}

size_t rd_layer_named(rd_layer *layer, const char *name, const char *suffix, size_t rows, size_t columns,
                      rd_init init, size_t blocks)
{
    char full[RD_NAME];
    (void)snprintf(full, sizeof full, "%.30s%.30s", name, suffix);
    return rd_layer_param(layer, full, rows, columns, init, blocks);
}

rondo_status rd_setting_start(rd_node *node, rd_start *start, double *scale, rondo_error *error)
{
    size_t choice;
    RD_TRY(rd_setting_choice(node, "start", "zero|learned|random|given|node", RD_START_ZERO, &choice, error));
    *start = (rd_start)choice;
    if (*start == RD_START_NODE && node->inputs < 2)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "model text:%zu: \"%s\" starts from no earlier layer", node->line,
                       node->name);
    return rd_setting_number(node, "start_scale", 0.1, 0, ANY_LIMIT, scale, error);
}

rondo_status rd_layer_reads_rows(const rd_layer *layer, const rd_node *node, size_t input, rondo_error *error)
{
    if (!layer->in[input].per_sequence) return RONDO_OK;
    return rd_fail(error, RONDO_BAD_ARGUMENT,
                   "model text:%zu: \"%s\" reads a value at each step, \"%s\" is one a sequence (see expand)",
                   node->line, node->name, node->input[input]);
}

void rd_layer_gives(rd_layer *layer, size_t width, int final, int reverse, size_t state_width)
{
    layer->out = layer->in[0];
    layer->out.width = width;
    layer->out.symbols = 0;
    layer->out.final = final;
    layer->out.state = state_width;
    layer->state_width = state_width;
    layer->streams = !reverse;
}

const rd_real *rd_param_or_null(const rd_layer *layer, const rd_real *params, size_t i)
{
    return i == RD_NO_PARAM ? NULL : params + layer->param[i].offset;
}

/* ---- the cell that the settings ask for ---- */

/* Words that make the form of a cell, joined by _. A cell without words is one that PyTorch has. */
typedef struct form {
    char text[RD_NAME];
    int twin;
} form;

static void add_word(form *f, const char *word, int wanted)
{
    if (!wanted) return;
    (void)snprintf(f->text + strlen(f->text), sizeof f->text - strlen(f->text), "_%s", word);
    f->twin = 0;
}

static rondo_status choose_rnn(rd_recurrent *own, rd_node *node, form *f, rondo_error *error)
{
    size_t relu;
    (void)f;
    RD_TRY(rd_setting_choice(node, "nonlinearity", "tanh|relu", 0, &relu, error));
    own->cell = relu ? RD_CELL_rnn_relu : RD_CELL_rnn_tanh;
    return RONDO_OK;
}

static rondo_status choose_gru(rd_recurrent *own, rd_node *node, form *f, rondo_error *error)
{
    size_t before;
    RD_TRY(rd_setting_choice(node, "reset", "after|before", 0, &before, error));
    own->cell = before ? RD_CELL_gru_before : RD_CELL_gru_after;
    add_word(f, "before", before != 0);
    return RONDO_OK;
}

static rondo_status choose_gru_simple(rd_recurrent *own, rd_node *node, form *f, rondo_error *error)
{
    (void)node, (void)error;
    own->cell = RD_CELL_gru_simple;
    f->twin = 0;
    return RONDO_OK;
}

static rondo_status choose_lstm(rd_recurrent *own, rd_node *node, form *f, rondo_error *error)
{
    size_t linear, candidate, proj;
    int peephole, coupled;
    double clip_cell, zoneout;
    RD_TRY(rd_setting_choice(node, "output", "tanh|linear", 0, &linear, error));
    RD_TRY(rd_setting_choice(node, "candidate", "output|cell", 0, &candidate, error));
    RD_TRY(rd_setting_flag(node, "peephole", 0, &peephole, error));
    RD_TRY(rd_setting_flag(node, "coupled", 0, &coupled, error));
    RD_TRY(rd_setting_size(node, "proj", 0, 0, SIZE_LIMIT, &proj, error));
    RD_TRY(rd_setting_number(node, "clip_cell", 0, 0, ANY_LIMIT, &clip_cell, error));
    RD_TRY(rd_setting_number(node, "zoneout_c", 0, 0, BELOW_ONE, &zoneout, error));
    own->cell = rd_cell_lstm((int)linear, (int)candidate, peephole, coupled, own->norm);
    own->projected = proj > 0;
    own->state[0] = proj;
    own->clip_cell = (rd_real)clip_cell;
    own->zoneout[1] = (rd_real)zoneout;
    add_word(f, "linear", linear != 0);
    add_word(f, "candidate", candidate != 0);
    add_word(f, "peephole", peephole);
    add_word(f, "coupled", coupled);
    return RONDO_OK;
}

static const struct kind {
    const char *name;
    rondo_status (*choose)(rd_recurrent *own, rd_node *node, form *f, rondo_error *error);
} kinds[] = {
    {"rnn", choose_rnn},
    {"gru", choose_gru},
    {"gru_simple", choose_gru_simple},
    {"lstm", choose_lstm},
};

static rondo_status choose_cell(rd_recurrent *own, rd_node *node, const char *kind, form *f, rondo_error *error)
{
    RD_TRY(rd_setting_flag(node, "norm", 0, &own->norm, error));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (rd_equal(kinds[i].name, kind)) {
            *f = (form){.twin = 1};
            (void)snprintf(f->text, sizeof f->text, "%s", kinds[i].name);
            RD_TRY(kinds[i].choose(own, node, f, error));
        }
    own->info = &rd_cells[own->cell];
    add_word(f, "norm", own->norm);
    return RONDO_OK;
}

/* ---- switches that every cell has ---- */

static rondo_status read_shares(rd_recurrent *own, rd_node *node, rondo_error *error)
{
    const struct share {
        const char *key;
        double high;
        rd_real *value;
    } shares[] = {
        {"clip_preact", ANY_LIMIT, &own->clip_preact}, {"clip_delta", ANY_LIMIT, &own->clip_delta},
        {"dropout_h", BELOW_ONE, &own->dropout},       {"zoneout_h", BELOW_ONE, &own->zoneout[0]},
        {"weight_drop", BELOW_ONE, &own->weight_drop}, {"weight_noise", ANY_LIMIT, &own->weight_noise},
    };
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        double value;
        RD_TRY(rd_setting_number(node, shares[i].key, 0, 0, shares[i].high, &value, error));
        *shares[i].value = (rd_real)value;
    }
    return rd_setting_flag(node, "variational", 0, &own->variational, error);
}

static rondo_status read_common(rd_recurrent *own, rd_node *node, form *f, rondo_error *error)
{
    size_t before;
    RD_TRY(rd_setting_size(node, "size", 0, 1, SIZE_LIMIT, &own->hidden, error));
    RD_TRY(rd_setting_flag(node, "reverse", 0, &own->reverse, error));
    RD_TRY(rd_setting_choice(node, "index", "after|before", 0, &before, error));
    RD_TRY(rd_setting_start(node, &own->start, &own->start_scale, error));
    RD_TRY(read_shares(own, node, error));
    own->before = before != 0;
    add_word(f, "clip", own->clip_cell > 0 || own->clip_preact > 0);
    add_word(f, "zone", own->zoneout[0] > 0 || own->zoneout[1] > 0);
    add_word(f, "late", own->before);
    return RONDO_OK;
}

/* ---- parameters ---- */

typedef struct naming {
    const char *x, *h, *bias_x, *bias_h, *r;
} naming;
static const naming torch_names = {"weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr"};
static const naming own_names = {"weight_x", "weight_h", "bias", "bias_h", "weight_r"};

/* The products of a cell, with the rows of weight_h or weight_c that each one reads. */
static void list_runs(rd_recurrent *own)
{
    for (int p = 0; p < own->info->phases; p++)
        for (int q = 0; q < own->info->phase[p].products; q++) {
            const rd_product *product = &own->info->phase[p].product[q];
            rd_run *run = &own->run[own->runs++];
            *run = (rd_run){.from = product->from,
                            .phase = (size_t)p,
                            .gate = (size_t)product->gate,
                            .gates = (size_t)product->gates,
                            .width = product->from == RD_FROM_H ? own->state[0] : own->hidden};
            run->row = product->from == RD_FROM_C ? 0 : run->gate * own->hidden;
        }
}

static size_t gates_from(const rd_recurrent *own, int cell_operand)
{
    size_t gates = 0;
    for (size_t i = 0; i < own->runs; i++)
        if ((own->run[i].from == RD_FROM_C) == cell_operand) gates += own->run[i].gates;
    return gates;
}

static void declare_biases(rd_layer *layer, rd_recurrent *own, const naming *names, const char *suffix,
                           size_t biases)
{
    const char *forget = strchr(own->info->gate_names, 'f');
    const size_t gates = (size_t)own->info->gates;
    if (biases > 0) {
        own->bias_x = rd_layer_named(layer, names->bias_x, suffix, own->gates, 0,
                                     forget ? RD_INIT_FORGET : RD_INIT_BIAS, gates);
        layer->param[own->bias_x].forget_gate = forget ? (int)(forget - own->info->gate_names) : -1;
    }
    if (biases > 1)
        own->bias_h = rd_layer_named(layer, names->bias_h, suffix, own->gates, 0, RD_INIT_BIAS, gates);
}

static void declare_weights(rd_layer *layer, rd_recurrent *own, const naming *names, const char *suffix)
{
    const size_t H = own->hidden, from_h = gates_from(own, 0), from_c = gates_from(own, 1);
    own->weight_x = rd_layer_named(layer, names->x, suffix, own->gates, own->input, RD_INIT_INPUT,
                                   (size_t)own->info->gates);
    own->weight_h =
        rd_layer_named(layer, names->h, suffix, from_h * H, own->state[0], RD_INIT_RECURRENT, from_h);
    if (from_c > 0)
        own->weight_c = rd_layer_named(layer, "weight_c", suffix, from_c * H, H, RD_INIT_RECURRENT, from_c);
    for (size_t i = 0; i < own->runs; i++)
        own->run[i].param = own->run[i].from == RD_FROM_C ? own->weight_c : own->weight_h;
}

static void declare_rest(rd_layer *layer, rd_recurrent *own, const naming *names, const char *suffix)
{
    const size_t H = own->hidden, params = (size_t)own->info->params;
    if (params > 0)
        own->peephole = rd_layer_named(layer, "peephole", suffix, params, H, RD_INIT_BIAS, params);
    if (own->norm) {
        own->gain_x = rd_layer_named(layer, "gain_x", suffix, own->gates, 0, RD_INIT_ONE, 1);
        own->gain_h = rd_layer_named(layer, "gain_h", suffix, own->gates, 0, RD_INIT_ONE, 1);
    }
    if (own->norm && own->info->states > 1) {
        own->gain_c = rd_layer_named(layer, "gain_c", suffix, H, 0, RD_INIT_ONE, 1);
        own->shift_c = rd_layer_named(layer, "shift_c", suffix, H, 0, RD_INIT_ZERO, 1);
    }
    if (own->projected)
        own->weight_r = rd_layer_named(layer, names->r, suffix, own->state[0], H, RD_INIT_INPUT, 1);
    if (own->start == RD_START_LEARNED)
        own->first_state = rd_layer_named(layer, "start", suffix, layer->state_width, 0, RD_INIT_ZERO, 1);
}

static void settle_widths(rd_layer *layer, rd_recurrent *own)
{
    const rd_cell_info *info = own->info;
    own->input = layer->in[0].width;
    own->symbols = layer->in[0].symbols;
    own->gates = (size_t)info->gates * own->hidden;
    own->kept = (size_t)(info->saved > info->gates ? info->saved : info->gates) * own->hidden;
    if (!own->projected) own->state[0] = own->hidden;
    own->state[1] = info->states > 1 ? own->hidden : 0;
    own->weight_c = own->bias_x = own->bias_h = own->peephole = own->gain_x = own->gain_h = own->gain_c =
        own->shift_c = own->weight_r = own->first_state = RD_NO_PARAM;
    rd_layer_gives(layer, own->state[0], 1, own->reverse, own->state[0] + own->state[1]);
    layer->forgets_output = layer->repeats = 1;
    layer->narrows = !(own->clip_preact > 0); /* whether a gate was clipped shows in its last bits */
    list_runs(own);
}

/* start=NODE: a row a sequence, as wide as the cell's state. */
static rondo_status check_start(const rd_layer *layer, const rd_node *node, const rd_recurrent *own,
                                rondo_error *error)
{
    const size_t states = own->state[0] + own->state[1];
    const rd_shape *given = &layer->in[own->start_input];
    const int named = own->start == RD_START_NODE;
    if (named != (layer->inputs == own->start_input + 1))
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "model text:%zu: \"%s\" takes %zu input%s and start=NAME, found %zu", node->line, node->name,
                       own->start_input, own->start_input == 1 ? "" : "s", layer->inputs);
    if (!named || (given->per_sequence && !given->symbols && given->width == states)) return RONDO_OK;
    return rd_fail(error, RONDO_BAD_ARGUMENT,
                   "model text:%zu: \"%s\" starts from %zu numbers a sequence, \"%s\" has %zu %s", node->line,
                   node->name, states, node->input[own->start_input], given->width,
                   given->per_sequence ? "a sequence" : "a step");
}

rondo_status rd_recurrent_build_as(rd_layer *layer, rd_node *node, rd_recurrent *own, const char *kind,
                                   size_t start, rondo_error *error)
{
    form f;
    size_t bias;
    char suffix[RD_NAME];
    own->start_input = start;
    RD_TRY(rd_layer_reads_rows(layer, node, 0, error));
    RD_TRY(choose_cell(own, node, kind, &f, error));
    RD_TRY(read_common(own, node, &f, error));
    RD_TRY(rd_setting_choice(node, "bias", "auto|none|one|two", 0, &bias, error));
    RD_TRY(rd_layer_names(layer, node, f.twin ? NULL : f.text, own->reverse, suffix, error));
    settle_widths(layer, own);
    RD_TRY(check_start(layer, node, own, error));
    const naming *names = f.twin ? &torch_names : &own_names;
    declare_weights(layer, own, names, suffix);
    declare_biases(layer, own, names, suffix, bias == 0 ? (size_t)(f.twin ? 2 : 1) : bias - 1);
    declare_rest(layer, own, names, suffix);
    return RONDO_OK;
}

rondo_status rd_recurrent_build(rd_layer *layer, rd_node *node, rondo_error *error)
{
    rd_recurrent *own;
    RD_TRY(rd_alloc(1, sizeof *own, "a recurrent layer", &own, error));
    layer->own = own;
    return rd_recurrent_build_as(layer, node, own, node->kind, 1, error);
}

void rd_recurrent_release(rd_layer *layer)
{
    rd_free(layer->own);
    layer->own = NULL;
}
