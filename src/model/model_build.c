/* Nodes to layers: names are looked up, shapes settled, settings read, and everything that no one understands
 * is refused with its line and what there is instead. */
#include "model/model_build.h"

#include "base/size.h"
#include "layers/dense.h"

#include <stdio.h>
#include <string.h>

static rondo_status refuse(const rd_node *node, rondo_error *error, const char *what, const char *name)
{
    return rd_fail(error, RONDO_BAD_ARGUMENT, "model text:%zu: %s %s", node->line, what, rd_quote(name).text);
}

/* ---- names ----------------------------------------------------------------------------------------------
 */

/* Parts first, then layers, as in rd_layer.source; SIZE_MAX when there is none. */
static size_t find_value(const rondo_model *model, const char *name)
{
    for (size_t i = 0; i < model->parts; i++)
        if (rd_equal(model->part[i].name, name)) return i;
    for (size_t i = 0; i < model->layers; i++)
        if (rd_equal(model->layer[i].name, name)) return model->parts + i;
    return SIZE_MAX;
}

static rondo_status check_new_name(const rondo_model *model, const rd_node *node, rondo_error *error)
{
    for (size_t i = 0; i < model->losses; i++)
        if (rd_equal(model->loss[i].name, node->name))
            return refuse(node, error, "there is already something named", node->name);
    if (find_value(model, node->name) != SIZE_MAX)
        return refuse(node, error, "there is already something named", node->name);
    return RONDO_OK;
}

/* The name in a list (ended by NULL) that is nearest to a misspelt one, for the hint. */
typedef struct nearest {
    const char *wanted, *name;
    size_t distance;
} nearest;

static void consider(nearest *n, const char *name)
{
    size_t distance = rd_edit_distance(n->wanted, name);
    if (distance < n->distance && distance * 2 <= strlen(n->wanted) + 1) {
        n->name = name;
        n->distance = distance;
    }
}

static rondo_status unknown_kind(const rd_node *node, rondo_error *error)
{
    nearest n = {.wanted = node->kind, .distance = SIZE_MAX};
    for (size_t i = 0; rd_layers[i]; i++)
        consider(&n, rd_layers[i]->kind);
    for (const rd_loss_info *loss = rd_losses; loss->name; loss++)
        consider(&n, loss->name);
    (void)refuse(node, error, "there is no layer or loss", node->kind);
    if (n.name) rd_hint(error, "did you mean %s?", n.name);
    return RONDO_BAD_ARGUMENT;
}

static rondo_status unknown_input(const rondo_model *model, const rd_node *node, const char *name,
                                  rondo_error *error)
{
    nearest n = {.wanted = name, .distance = SIZE_MAX};
    for (size_t i = 0; i < model->parts; i++)
        consider(&n, model->part[i].name);
    for (size_t i = 0; i < model->layers; i++)
        consider(&n, model->layer[i].name);
    (void)refuse(node, error, "no part and no earlier layer is named", name);
    if (n.name) rd_hint(error, "did you mean %s?", n.name);
    return RONDO_BAD_ARGUMENT;
}

/* Settings that nobody asked for, each with the ones there are. */
static rondo_status check_settings(rd_node *node, rondo_error *error)
{
    for (size_t i = 0; i < node->settings; i++) {
        const char *key = node->setting[i].key;
        char word[RD_NAME];
        nearest n = {.wanted = key, .distance = SIZE_MAX};
        if (node->setting[i].used) continue;
        char nearest_word[RD_NAME] = "";
        for (const char *at = node->asked; *at;) {
            size_t size = strcspn(at, " "), before = n.distance;
            memset(word, 0, sizeof word);
            memcpy(word, at, rd_size_min(size, sizeof word - 1));
            consider(&n, word);
            if (n.distance < before) memcpy(nearest_word, word, sizeof word);
            at += size + 1;
        }
        rd_fail(error, RONDO_BAD_ARGUMENT, "model text:%zu: %s \"%s\" has no setting %s (it has: %s)",
                node->line, node->kind, node->name, rd_quote(key).text, node->asked);
        if (nearest_word[0]) rd_hint(error, "did you mean %s?", nearest_word);
        return RONDO_BAD_ARGUMENT;
    }
    return RONDO_OK;
}

/* ---- losses ---------------------------------------------------------------------------------------------
 */

static rondo_status check_loss(const rondo_model *model, const rd_node *node, const rd_loss_node *loss,
                               rondo_error *error)
{
    const rd_shape *out = &model->layer[loss->source].out;
    size_t target = model->part[loss->target].width, width = loss->info->width(target, &loss->settings);
    int symbols = model->part[loss->target].symbols;
    if (symbols ? !loss->info->symbols : !loss->info->values)
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "model text:%zu: %s cannot compare with %s, which part \"%s\" has", node->line,
                       node->kind, symbols ? "symbols" : "numbers", model->part[loss->target].name);
    if (out->width != width)
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "model text:%zu: %s needs %zu outputs for part \"%s\", \"%s\" has %zu", node->line,
                       node->kind, width, model->part[loss->target].name, node->input[0], out->width);
    const rd_sequence_ops *sequence = loss->info->sequence;
    if (sequence && (out->per_sequence || out->inside))
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "model text:%zu: %s needs an output for each step, \"%s\" has one a %s", node->line,
                       node->kind, node->input[0], out->per_sequence ? "sequence" : "character");
    if (sequence && sequence->most_width > 0 && width > sequence->most_width)
        return rd_fail(error, RONDO_LIMIT,
                       "model text:%zu: %s takes at most %zu classes, part \"%s\" has %zu", node->line,
                       node->kind, sequence->most_width, model->part[loss->target].name, width);
    return RONDO_OK;
}

/* A loss's own parameters follow those of the layers above its line. */
static void place_loss_params(rondo_model *model, rd_loss_node *loss)
{
    const size_t width = model->layer[loss->source].out.width;
    const rd_sequence_ops *sequence = loss->info->sequence;
    for (size_t k = 0; sequence && sequence->param[k].name; k++) {
        rd_param *param = &loss->param[loss->params++];
        *param = (rd_param){.rows = width,
                            .columns = sequence->param[k].square ? width : 0,
                            .init = RD_INIT_ZERO,
                            .blocks = 1,
                            .forget_gate = -1,
                            .offset = model->numbers};
        (void)snprintf(param->name, sizeof param->name, "%s", sequence->param[k].name);
        model->numbers += width * (param->columns ? width : 1);
    }
}

static rondo_status add_loss(rondo_model *model, rd_node *node, const rd_loss_info *info, rondo_error *error)
{
    rd_loss_node *loss = &model->loss[model->losses];
    if (node->inputs != 2)
        return refuse(node, error, "a loss takes two inputs, the network's output and the target; not so",
                      node->name);
    if (model->losses == RD_MAX_LOSSES)
        return refuse(node, error, "a model has at most 8 losses; one too many is", node->name);
    size_t source = find_value(model, node->input[0]), target = find_value(model, node->input[1]);
    if (source == SIZE_MAX || target == SIZE_MAX)
        return unknown_input(model, node, node->input[source == SIZE_MAX ? 0 : 1], error);
    if (source < model->parts || target >= model->parts)
        return refuse(node, error, "a loss compares a layer with a part of the batch; not so", node->name);
    *loss =
        (rd_loss_node){.info = info, .source = source - model->parts, .target = target, .line = node->line};
    memcpy(loss->name, node->name, RD_NAME);
    RD_TRY(rd_setting_number(node, "weight", 1, 0, 1e9, &loss->weight, error));
    RD_TRY(rd_loss_settings_of(model->options, info, node, &loss->settings, error));
    loss->plain = loss->settings;
    loss->plain.smooth = 0;
    RD_TRY(check_loss(model, node, loss, error));
    place_loss_params(model, loss);
    model->losses++;
    return check_settings(node, error);
}

/* ---- layers ---------------------------------------------------------------------------------------------
 */

static rd_shape shape_of(const rondo_model *model, size_t value)
{
    if (value >= model->parts) return model->layer[value - model->parts].out;
    return (rd_shape){.part = value,
                      .inside = model->part[value].inside,
                      .width = model->part[value].width,
                      .symbols = model->part[value].symbols};
}

/* One more input that a setting names. */
static void add_input(rd_node *node, const char *name)
{
    if (name && node->inputs < RD_MAX_INPUTS && strlen(name) < RD_NAME)
        memcpy(node->input[node->inputs++], name, strlen(name) + 1);
}

/* start=NAME is an input as well, unless it is a word of the layer's own: the setting is then "node". */
static void resolve_start(const rondo_model *model, rd_node *node)
{
    static const char *const words[] = {"zero", "learned", "random", "given", "node"};
    for (size_t i = 0; i < node->settings; i++) {
        rd_setting *s = &node->setting[i];
        int word = !rd_equal(s->key, "start") || find_value(model, s->value) == SIZE_MAX;
        for (size_t k = 0; k < sizeof words / sizeof words[0]; k++)
            word |= rd_equal(s->value, words[k]);
        if (word) continue;
        add_input(node, s->value);
        memcpy(s->value, "node", sizeof "node");
    }
}

/* like=NAME, memory=NAME and start=NAME are one more input each; tied=NODE gives the layer whose matrix is shared. */
static rondo_status resolve_references(rondo_model *model, rd_layer *layer, rd_node *node, rondo_error *error)
{
    const char *tied = rd_setting_text(node, "tied");
    add_input(node, rd_setting_text(node, "like"));
    add_input(node, rd_setting_text(node, "memory"));
    resolve_start(model, node);
    node->asked[0] = 0;
    if (!tied) return RONDO_OK;
    size_t value = find_value(model, tied);
    if (value == SIZE_MAX || value < model->parts || !rd_equal(node->kind, "dense"))
        return refuse(node, error, "only a dense layer can be tied, and to an earlier layer; not so to",
                      tied);
    layer->tied = &model->layer[value - model->parts];
    if (layer->tied->param[0].frozen) return refuse(node, error, "a dense layer learns, so it cannot be tied to the frozen", tied);
    return RONDO_OK;
}

static rondo_status connect(rondo_model *model, rd_layer *layer, const rd_node *node, rondo_error *error)
{
    const rd_layer_ops *ops = layer->ops;
    if (node->inputs < ops->min_inputs || node->inputs > ops->max_inputs)
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "model text:%zu: %s \"%s\" takes %zu to %zu inputs, found %zu", node->line, node->kind,
                       node->name, ops->min_inputs, ops->max_inputs, node->inputs);
    layer->inputs = node->inputs;
    for (size_t k = 0; k < node->inputs; k++) {
        layer->source[k] = find_value(model, node->input[k]);
        if (layer->source[k] == SIZE_MAX) return unknown_input(model, node, node->input[k], error);
        layer->in[k] = shape_of(model, layer->source[k]);
    }
    return RONDO_OK;
}

/* Gives the parameters of a layer their places: those that learn, or those that are frozen. */
static void place_params(rondo_model *model, rd_layer *layer, int frozen)
{
    for (size_t k = 0; k < layer->params; k++) {
        rd_param *param = &layer->param[k];
        if (param->frozen != frozen || (param->shared && layer->tied)) continue;
        param->offset = model->numbers;
        model->numbers += param->rows * (param->columns ? param->columns : 1);
    }
}

/* What is frozen stands behind all that learns, so that updates and norms end before it. */
static void place_frozen(rondo_model *model)
{
    model->learning = model->numbers;
    for (size_t i = 0; i < model->layers; i++)
        place_params(model, &model->layer[i], 1);
    for (size_t i = 0; i < model->layers; i++)
        for (size_t k = 0; k < model->layer[i].params; k++) {
            rd_param *param = &model->layer[i].param[k];
            if (param->shared && model->layer[i].tied) param->offset = model->layer[i].tied->param[0].offset;
        }
}

static rondo_status add_layer(rondo_model *model, rd_node *node, const rd_layer_ops *ops, rondo_error *error)
{
    rd_layer *layer = &model->layer[model->layers];
    *layer = (rd_layer){.ops = ops, .index = model->layers, .line = node->line};
    memcpy(layer->name, node->name, RD_NAME);
    memcpy(layer->prefix, node->name, RD_NAME);
    if (strlen(layer->prefix) + 1 < RD_NAME) memcpy(layer->prefix + strlen(layer->prefix), ".", 2);
    RD_TRY(resolve_references(model, layer, node, error));
    RD_TRY(connect(model, layer, node, error));
    model->layers++; /* from here on the model frees what build allocates */
    RD_TRY(ops->build(layer, node, error));
    RD_TRY(check_settings(node, error));
    for (size_t k = 0; k < layer->params; k++) {
        size_t numbers;
        if (!rd_mul(layer->param[k].rows, layer->param[k].columns ? layer->param[k].columns : 1, &numbers) ||
            numbers > SIZE_MAX / 64 - model->numbers)
            return refuse(node, error, "there are more parameters than can be counted in", node->name);
    }
    place_params(model, layer, 0);
    model->state_at[layer->index] = model->state_width;
    model->state_width += rd_layer_carries(layer);
    if (layer->in[0].inside) layer->streams = 0; /* a word comes as a whole */
    return RONDO_OK;
}

static rondo_status add_node(rondo_model *model, rd_node *node, rondo_error *error)
{
    const rd_loss_info *loss = rd_loss_find(node->kind);
    RD_TRY(check_new_name(model, node, error));
    if (loss) return add_loss(model, node, loss, error);
    for (size_t i = 0; rd_layers[i]; i++)
        if (rd_equal(rd_layers[i]->kind, node->kind)) return add_layer(model, node, rd_layers[i], error);
    return unknown_kind(node, error);
}

/* ---- after all nodes are known --------------------------------------------------------------------------
 */

static size_t readers_of(const rondo_model *model, size_t layer)
{
    size_t readers = 0;
    for (size_t i = 0; i < model->layers; i++)
        for (size_t k = 0; k < model->layer[i].inputs; k++)
            readers += model->layer[i].source[k] == model->parts + layer;
    for (size_t i = 0; i < model->losses; i++)
        readers += model->loss[i].source == layer;
    return readers;
}

static void find_fused_heads(rondo_model *model)
{
    for (size_t i = 0; i < model->losses; i++) {
        rd_loss_node *loss = &model->loss[i];
        loss->fused = rd_equal(loss->info->name, "softmax") &&
                      rd_dense_is_head(&model->layer[loss->source]) && readers_of(model, loss->source) == 1;
    }
}

static rondo_status name_tensor(rondo_model *model, const rd_layer *layer, const char *prefix,
                                const rd_param *param, size_t line, rondo_error *error)
{
    struct rd_named *named = &model->named[model->tensors];
    if (param->shared) return RONDO_OK;
    named->layer = layer;
    named->param = param;
    (void)snprintf(named->name, sizeof named->name, "%s%s", prefix, param->name);
    for (size_t j = 0; j < model->tensors; j++)
        if (rd_equal(model->named[j].name, named->name))
            return rd_fail(error, RONDO_BAD_ARGUMENT, "model text:%zu: two tensors would be named %s", line,
                           rd_quote(named->name).text);
    model->tensors++;
    return RONDO_OK;
}

static rondo_status name_tensors(rondo_model *model, rondo_error *error)
{
    char prefix[RD_NAME + 2];
    size_t count = 0;
    for (size_t i = 0; i < model->layers; i++)
        count += model->layer[i].params;
    for (size_t i = 0; i < model->losses; i++)
        count += model->loss[i].params;
    RD_TRY(rd_alloc(count, sizeof *model->named, "the names of the tensors", &model->named, error));
    for (size_t i = 0; i < model->layers; i++)
        for (size_t k = 0; k < model->layer[i].params; k++) {
            const rd_layer *layer = &model->layer[i];
            RD_TRY(name_tensor(model, layer, layer->prefix, &layer->param[k], layer->line, error));
        }
    for (size_t i = 0; i < model->losses; i++)
        for (size_t k = 0; k < model->loss[i].params; k++) {
            const rd_loss_node *loss = &model->loss[i];
            (void)snprintf(prefix, sizeof prefix, "%s.", loss->name);
            RD_TRY(
                name_tensor(model, &model->layer[loss->source], prefix, &loss->param[k], loss->line, error));
        }
    return RONDO_OK;
}

static size_t numbers_of(const rd_layer *layer)
{
    size_t numbers = 0;
    for (size_t k = 0; k < layer->params; k++)
        if (!layer->param[k].shared)
            numbers += layer->param[k].rows * (layer->param[k].columns ? layer->param[k].columns : 1);
    return numbers;
}

/* Parameters and panels together must fit before either is made. */
static rondo_status check_room(const rondo_model *model, size_t packed, rondo_error *error)
{
    const double mib = 1048576.0 / sizeof(rd_real);
    const rd_layer *largest = &model->layer[0];
    const rd_room room = rd_memory_room();
    size_t numbers;
    if (rd_add(model->numbers, packed, &numbers) && numbers <= room.bytes / sizeof(rd_real)) return RONDO_OK;
    for (size_t i = 1; i < model->layers; i++)
        if (numbers_of(&model->layer[i]) > numbers_of(largest)) largest = &model->layer[i];
    rd_fail(error, RONDO_LIMIT,
            "a model of %zu parameters needs %.1f MiB for them and %.1f MiB for packed weights, %s %.1f MiB",
            model->numbers, (double)model->numbers / mib, (double)packed / mib, room.by,
            (double)room.bytes / 1048576);
    rd_hint(error, "\"%s\" has %zu of them: a smaller --hidden-size, --embed-size or --num-layers needs less",
            largest->name, numbers_of(largest));
    return RONDO_LIMIT;
}

static rondo_status place_panels(rondo_model *model, rondo_error *error)
{
    size_t numbers = 0, line = RD_ALIGN / sizeof(rd_real);
    for (size_t i = 0; i < model->layers; i++) {
        const rd_layer *layer = &model->layer[i];
        model->packed_at[i] = numbers;
        if (layer->ops->packed_numbers)
            numbers += rd_ceil_div(layer->ops->packed_numbers(layer, &model->device->kernels), line) * line;
    }
    model->packed_at[model->layers] = numbers;
    RD_TRY(check_room(model, numbers, error));
    RD_TRY(rd_alloc_aligned(model->numbers, sizeof(rd_real), "the parameters", &model->params, error));
    return rd_alloc_aligned(numbers, sizeof(rd_real), "the packed weights", &model->packed, error);
}

rondo_status rd_model_build(rondo_model *model, rd_node *nodes, size_t count, rondo_error *error)
{
    RD_TRY(rd_alloc(count, sizeof *model->layer, "the layers of a model", &model->layer, error));
    RD_TRY(rd_alloc(count, sizeof *model->state_at, "the layers of a model", &model->state_at, error));
    RD_TRY(rd_alloc(count + 1, sizeof *model->packed_at, "the layers of a model", &model->packed_at, error));
    for (size_t i = 0; i < count; i++)
        RD_TRY(add_node(model, &nodes[i], error));
    if (model->layers == 0) return rd_fail(error, RONDO_BAD_ARGUMENT, "the model text has no layer");
    place_frozen(model);
    find_fused_heads(model);
    RD_TRY(name_tensors(model, error));
    return place_panels(model, error);
}
