/* The door of `inspect`: one row a picture, and the two plainest pictures, summary and graph. */
#include "look/inspect.h"

#include "base/memory.h"
#include "formats/json.h"

#include <string.h>

typedef struct picture {
    const char *what;
    rondo_status (*draw)(const rd_view_of *view, rd_text *out, rondo_error *error);
} picture;

static const picture pictures[] = {
    {"summary", rd_inspect_summary}, {"graph", rd_inspect_graph},   {"equations", rd_inspect_equations},
    {"weights", rd_inspect_weights}, {"memory", rd_inspect_memory},
};

rondo_status rondo_inspect(rondo_model *model, const rondo_options *options, rondo_sink sink, void *user,
                           rondo_error *error)
{
    rd_text out = {0};
    const picture *chosen = NULL;
    if (!model || !options || !sink)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_inspect: %s is missing",
                       !model     ? "model"
                       : !options ? "options"
                                  : "sink");
    for (size_t i = 0; i < sizeof pictures / sizeof *pictures; i++)
        if (rd_option_is(options, RD_OPT_what, pictures[i].what)) chosen = &pictures[i];
    if (!chosen)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "--what %s: no such picture",
                       rd_quote(rd_option_text(options, RD_OPT_what)).text);
    rd_view_of view = {.model = model,
                       .options = options,
                       .json = rd_option_flag(options, RD_OPT_json),
                       .medium = {.width = (size_t)rd_option_integer(options, RD_OPT_width),
                                  .ascii = rd_option_flag(options, RD_OPT_ascii),
                                  .color = rd_option_is(options, RD_OPT_color, "always")}};
    rondo_status status = chosen->draw(&view, &out, error);
    if (status == RONDO_OK) status = rd_text_done(&out, error);
    if (status == RONDO_OK && sink(user, out.text ? out.text : "", out.size))
        status = rd_fail(error, RONDO_SYSTEM, "the picture could not be written");
    rd_text_free(&out);
    return status;
}

const char *rd_param_shape(const rd_param *param, char out[RD_SHAPE_TEXT])
{
    return rd_shape_print((const size_t[]){param->rows, param->columns}, param->columns ? 2 : 1, out);
}

/* ---- summary ------------------------------------------------------------------------------------------- */

static size_t layer_numbers(const rd_layer *layer)
{
    size_t n = 0;
    for (size_t i = 0; i < layer->params; i++)
        if (!layer->param[i].shared)
            n += layer->param[i].rows * (layer->param[i].columns ? layer->param[i].columns : 1);
    return n;
}

static void shape_text(const rd_layer *layer, rd_text *out)
{
    rd_text_format(out, "[%s, %zu]", layer->out.per_sequence ? "sequences" : "rows", layer->out.width);
}

static void summary_json(const rd_view_of *view, rd_text *out)
{
    const rondo_model *m = view->model;
    rd_text_put(out, "{\"schema\":1,\"task\":");
    rd_json_string(out, m->task, strlen(m->task));
    rd_text_format(out, ",\"parameters\":%zu,\"state\":%zu,\"layers\":[", m->numbers, m->state_width);
    for (size_t i = 0; i < m->layers; i++) {
        const rd_layer *l = &m->layer[i];
        rd_text_put(out, i ? ",{\"name\":" : "{\"name\":");
        rd_json_string(out, l->name, strlen(l->name));
        rd_text_format(out,
                       ",\"kind\":\"%s\",\"width\":%zu,\"per_sequence\":%s,\"parameters\":%zu,\"state\":%zu}",
                       l->ops->kind, l->out.width, l->out.per_sequence ? "true" : "false", layer_numbers(l),
                       l->state_width);
    }
    rd_text_put(out, "],\"parts\":[");
    for (size_t i = 0; i < m->parts; i++)
        rd_text_format(out, "%s{\"name\":\"%s\",\"width\":%zu,\"symbols\":%s}", i ? "," : "", m->part[i].name,
                       m->part[i].width, m->part[i].symbols ? "true" : "false");
    rd_text_put(out, "]}\n");
}

static void summary_parts(const rondo_model *m, rd_text *out)
{
    static const char *const kinds[] = {[RD_TOKENS_CHAR] = "characters, with unknown and end",
                                        [RD_TOKENS_BYTE] = "bytes, with unknown and end",
                                        [RD_TOKENS_WORD] = "words, with unknown and end",
                                        [RD_TOKENS_LABEL] = "labels",
                                        [RD_TOKENS_BPE] = "pieces of words, with unknown and end"};
    for (size_t i = 0; i < m->parts; i++) {
        rd_text_format(out, "part     %s: %zu %s", m->part[i].name, m->part[i].width,
                       m->part[i].symbols ? "symbols" : "numbers a step");
        if (m->symbols[i]) rd_text_format(out, " (%s)", kinds[rd_symbols_rules_of(m->symbols[i])->kind]);
        rd_text_put(out, "\n");
    }
}

rondo_status rd_inspect_summary(const rd_view_of *view, rd_text *out, rondo_error *error)
{
    const rondo_model *m = view->model;
    if (view->json) {
        summary_json(view, out);
        return rd_text_done(out, error);
    }
    rd_text_format(out, "task     %s\n", *m->task ? m->task : "none");
    summary_parts(m, out);
    rd_text_format(out, "\n%-10s %-12s %-20s %12s %8s\n", "layer", "kind", "value", "parameters", "state");
    for (size_t i = 0; i < m->layers; i++) {
        const rd_layer *l = &m->layer[i];
        rd_text shape = {0};
        shape_text(l, &shape);
        rd_text_format(out, "%-10s %-12s %-20s %12zu %8zu\n", l->name, l->ops->kind,
                       shape.text ? shape.text : "", layer_numbers(l), l->state_width);
        rd_text_free(&shape);
    }
    for (size_t i = 0; i < m->losses; i++)
        rd_text_format(out, "%-10s %-12s of %s against %s%s\n", m->loss[i].name, m->loss[i].info->name,
                       m->layer[m->loss[i].source].name, m->part[m->loss[i].target].name,
                       m->loss[i].fused ? " (fused with the head)" : "");
    rd_text_format(out, "\n%zu parameters, %.1f KiB; state %zu numbers a sequence\n", m->numbers,
                   (double)(m->numbers * sizeof(float)) / 1024, m->state_width);
    if (m->info && *m->info) rd_text_format(out, "%s", m->info);
    return rd_text_done(out, error);
}

/* ---- graph: the node list as it stands in the file, with shapes ---------------------------------------- */

rondo_status rd_inspect_graph(const rd_view_of *view, rd_text *out, rondo_error *error)
{
    const rondo_model *m = view->model;
    for (size_t i = 0; i < m->layers; i++) {
        const rd_layer *l = &m->layer[i];
        rd_text_format(out, "%-8s %-9s ", l->name, l->ops->kind);
        shape_text(l, out);
        rd_text_put(out, " <-");
        for (size_t k = 0; k < l->inputs; k++)
            rd_text_format(out, "%s %s", k ? "," : "",
                           l->source[k] < m->parts ? m->part[l->source[k]].name
                                                   : m->layer[l->source[k] - m->parts].name);
        rd_text_put(out, "\n");
        for (size_t k = 0; k < l->params; k++) {
            const rd_param *p = &l->param[k];
            char shape[RD_SHAPE_TEXT];
            rd_text_format(out, "             %s%s %s%s\n", l->prefix, p->name, rd_param_shape(p, shape),
                           p->shared ? " (tied)" : "");
        }
    }
    rd_text_format(out, "\n%s", m->text);
    return rd_text_done(out, error);
}
