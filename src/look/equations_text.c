/* The equations of this model with its sizes, in the course's or in PyTorch's notation: templates as rows, chosen by the
 * node's kind and settings. In a template N stands for the node's name. */
#include "look/inspect.h"

#include "base/memory.h"

#include <string.h>

typedef struct equation {
    const char *kind, *need, *avoid; /* settings that must (not) stand in the node, "key=value" or "" */
    const char *course, *pytorch;
} equation;

/* clang-format off */
static const equation rows[] = {
    {"embedding", "", "",
        "e⟨t⟩ = E[x⟨t⟩]", "e_t = E[x_t]"},
    {"rnn", "", "nonlinearity=relu",
        "a⟨t⟩ = tanh(Wa[a⟨t-1⟩, x⟨t⟩] + ba)", "h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)"},
    {"rnn", "nonlinearity=relu", "",
        "a⟨t⟩ = ReLU(Wa[a⟨t-1⟩, x⟨t⟩] + ba)", "h_t = ReLU(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)"},
    {"jordan", "", "output=pre",
        "s⟨t⟩ = tanh(Wf y⟨t-1⟩ + Ux x⟨t⟩ + b)\ny⟨t⟩ = f(V s⟨t⟩ + by)", "s_t = tanh(W_f y_{t-1} + U_x x_t + b)\ny_t = f(V s_t + b_y)"},
    {"jordan", "output=pre", "",
        "p⟨t⟩ = Wf y⟨t-1⟩ + Ux x⟨t⟩ + b\ny⟨t⟩ = f(V p⟨t⟩ + by)", "p_t = W_f y_{t-1} + U_x x_t + b\ny_t = f(V p_t + b_y)"},
    {"gru_simple", "", "",
        "c̃⟨t⟩ = tanh(Wc[c⟨t-1⟩, x⟨t⟩] + bc)\nΓu = σ(Wu[c⟨t-1⟩, x⟨t⟩] + bu)\nc⟨t⟩ = Γu*c̃⟨t⟩ + (1-Γu)*c⟨t-1⟩\na⟨t⟩ = c⟨t⟩",
        "u_t = σ(W_u x_t + U_u h_{t-1} + b_u)      (u multiplies the candidate: z = 1 - u)\nn_t = tanh(W_n x_t + U_n h_{t-1} + b_n)\nh_t = u_t*n_t + (1-u_t)*h_{t-1}"},
    {"gru", "reset=before", "",
        "c̃⟨t⟩ = tanh(Wc[Γr*c⟨t-1⟩, x⟨t⟩] + bc)\nΓu = σ(Wu[c⟨t-1⟩, x⟨t⟩] + bu)\nΓr = σ(Wr[c⟨t-1⟩, x⟨t⟩] + br)\nc⟨t⟩ = Γu*c̃⟨t⟩ + (1-Γu)*c⟨t-1⟩\na⟨t⟩ = c⟨t⟩",
        "r_t = σ(W_r x_t + U_r h_{t-1} + b_r)\nu_t = σ(W_u x_t + U_u h_{t-1} + b_u)      (u multiplies the candidate: z = 1 - u)\nn_t = tanh(W_n x_t + U_n (r_t*h_{t-1}) + b_n)      (nn.GRU has no such cell: it resets after)\nh_t = u_t*n_t + (1-u_t)*h_{t-1}"},
    {"gru", "", "reset=before",
        "c̃⟨t⟩ = tanh(Wcx x⟨t⟩ + bcx + Γr*(Wcc c⟨t-1⟩ + bcc))\nΓz = σ(Wz[c⟨t-1⟩, x⟨t⟩] + bz)      (multiplies the old state: Γu = 1 - Γz)\nΓr = σ(Wr[c⟨t-1⟩, x⟨t⟩] + br)\nc⟨t⟩ = (1-Γz)*c̃⟨t⟩ + Γz*c⟨t-1⟩\na⟨t⟩ = c⟨t⟩",
        "r_t = σ(W_ir x_t + b_ir + W_hr h_{t-1} + b_hr)\nz_t = σ(W_iz x_t + b_iz + W_hz h_{t-1} + b_hz)\nn_t = tanh(W_in x_t + b_in + r_t*(W_hn h_{t-1} + b_hn))\nh_t = (1-z_t)*n_t + z_t*h_{t-1}"},
    {"lstm", "", "candidate=cell", "c̃⟨t⟩ = tanh(Wc[a⟨t-1⟩, x⟨t⟩] + bc)", "g_t = tanh(W_ig x_t + b_ig + W_hg h_{t-1} + b_hg)"},
    {"lstm", "candidate=cell", "", "c̃⟨t⟩ = tanh(Wc[c⟨t-1⟩, x⟨t⟩] + bc)", "g_t = tanh(W_g x_t + U_g c_{t-1} + b_g)"},
    {"lstm", "", "peephole=1", "Γu = σ(Wu[a⟨t-1⟩, x⟨t⟩] + bu)", "i_t = σ(W_ii x_t + b_ii + W_hi h_{t-1} + b_hi)"},
    {"lstm", "peephole=1", "", "Γu = σ(Wu[a⟨t-1⟩, x⟨t⟩] + wu*c⟨t-1⟩ + bu)", "i_t = σ(W_i x_t + U_i h_{t-1} + w_i*c_{t-1} + b_i)"},
    {"lstm", "coupled=1", "", "Γf = 1 - Γu", "f_t = 1 - i_t"},
    {"lstm", "", "coupled=1|peephole=1", "Γf = σ(Wf[a⟨t-1⟩, x⟨t⟩] + bf)", "f_t = σ(W_if x_t + b_if + W_hf h_{t-1} + b_hf)"},
    {"lstm", "peephole=1", "coupled=1", "Γf = σ(Wf[a⟨t-1⟩, x⟨t⟩] + wf*c⟨t-1⟩ + bf)", "f_t = σ(W_f x_t + U_f h_{t-1} + w_f*c_{t-1} + b_f)"},
    {"lstm", "", "peephole=1", "Γo = σ(Wo[a⟨t-1⟩, x⟨t⟩] + bo)", "o_t = σ(W_io x_t + b_io + W_ho h_{t-1} + b_ho)"},
    {"lstm", "peephole=1", "", "Γo = σ(Wo[a⟨t-1⟩, x⟨t⟩] + wo*c⟨t⟩ + bo)", "o_t = σ(W_o x_t + U_o h_{t-1} + w_o*c_t + b_o)"},
    {"lstm", "", "", "c⟨t⟩ = Γu*c̃⟨t⟩ + Γf*c⟨t-1⟩", "c_t = f_t*c_{t-1} + i_t*g_t"},
    {"lstm", "", "output=linear", "a⟨t⟩ = Γo*tanh(c⟨t⟩)", "h_t = o_t*tanh(c_t)"},
    {"lstm", "output=linear", "", "a⟨t⟩ = Γo*c⟨t⟩", "h_t = o_t*c_t      (nn.LSTM has tanh(c_t) here)"},
    {"lstm", "proj=", "", "a⟨t⟩ := Wp a⟨t⟩", "h_t = W_hr h_t"},
    {"mingru", "", "",
        "Γu = σ(Wu x⟨t⟩ + bu)\nc̃⟨t⟩ = Wc x⟨t⟩ + bc\na⟨t⟩ = Γu*c̃⟨t⟩ + (1-Γu)*a⟨t-1⟩",
        "u_t = σ(W_u x_t + b_u)\nn_t = W_n x_t + b_n\nh_t = (1-u_t)*h_{t-1} + u_t*n_t"},
    {"minlstm", "", "",
        "Γf = σ(Wf x⟨t⟩ + bf)\nΓu = σ(Wu x⟨t⟩ + bu)\nc̃⟨t⟩ = Wc x⟨t⟩ + bc\na⟨t⟩ = Γf/(Γf+Γu)*a⟨t-1⟩ + Γu/(Γf+Γu)*c̃⟨t⟩",
        "f_t = σ(W_f x_t + b_f)\ni_t = σ(W_i x_t + b_i)\nn_t = W_n x_t + b_n\nh_t = f_t/(f_t+i_t)*h_{t-1} + i_t/(f_t+i_t)*n_t"},
    {"dense", "", "", "z⟨t⟩ = Wy a⟨t⟩ + by", "z_t = W h_t + b"},
    {"dropout", "", "", "a⟨t⟩ := mask*a⟨t⟩/(1-p)      (in training)", "h_t = mask*h_t/(1-p)      (in training)"},
    {"add", "", "", "a⟨t⟩ = sum of its inputs", "h_t = sum of its inputs"},
    {"concat", "", "", "a⟨t⟩ = [its inputs]", "h_t = [its inputs]"},
    {"last", "", "", "a = a⟨T⟩", "h = h_T"},
};
static const equation losses[] = {
    {"softmax", "", "", "ŷ⟨t⟩ = softmax(z⟨t⟩)      L⟨t⟩ = -Σ y⟨t⟩ log ŷ⟨t⟩", "loss_t = -log softmax(z_t)[y_t]"},
    {"binary", "", "", "ŷ⟨t⟩ = σ(z⟨t⟩)      L⟨t⟩ = -y⟨t⟩ log ŷ⟨t⟩ - (1-y⟨t⟩) log(1-ŷ⟨t⟩)", "loss_t = BCE(σ(z_t), y_t)"},
    {"squared", "", "", "L⟨t⟩ = ½ Σ (ŷ⟨t⟩ - y⟨t⟩)²", "loss_t = ½ Σ (z_t - y_t)²"},
    {"gaussian", "", "", "ŷ⟨t⟩ = (μ, s)      L⟨t⟩ = ½ Σ (s + (y⟨t⟩ - μ)² e^-s + log 2π)", "loss_t = ½ Σ (s_t + (y_t - μ_t)² e^-s_t + log 2π)"},
    {"quantile", "", "", "L⟨t⟩ = Σ_q max(q (y⟨t⟩ - ŷ_q⟨t⟩), (q-1) (y⟨t⟩ - ŷ_q⟨t⟩))", "loss_t = Σ_q max(q (y_t - z_qt), (q-1) (y_t - z_qt))"},
    {"ctc", "", "", "ŷ⟨t⟩ = softmax(z⟨t⟩)      L = -log Σ over alignments of y, Π ŷ⟨t⟩", "loss = -log Σ over alignments of y, Π softmax(z_t)"},
    {"crf", "", "", "score(y) = start[y⟨1⟩] + Σ z⟨t⟩[y⟨t⟩] + Σ transitions[y⟨t-1⟩][y⟨t⟩] + end[y⟨T⟩]\nL = log Σ over all y' of e^score(y') - score(y)",
        "score(y) = start[y_1] + Σ z_t[y_t] + Σ transitions[y_{t-1}][y_t] + end[y_T]\nloss = logsumexp over all y' of score(y') - score(y)"},
};
/* clang-format on */

/* Whether one of the settings in `wanted` ("a=1|b=2"; "proj=" asks for any value but 0) stands in the node. */
static int has_setting(const rd_node *node, const char *wanted)
{
    while (*wanted) {
        size_t size = strcspn(wanted, "|"), sign = strcspn(wanted, "=");
        for (size_t i = 0; i < node->settings; i++) {
            const rd_setting *s = &node->setting[i];
            size_t value = size - sign - 1;
            if (strlen(s->key) == sign && !memcmp(s->key, wanted, sign) &&
                (value ? strlen(s->value) == value && !memcmp(s->value, wanted + sign + 1, value) : !rd_equal(s->value, "0")))
                return 1;
        }
        wanted += size + (wanted[size] == '|');
    }
    return 0;
}

static int fits(const equation *row, const rd_node *node)
{
    return rd_equal(row->kind, node->kind) && (!*row->need || has_setting(node, row->need)) && (!*row->avoid || !has_setting(node, row->avoid));
}

static void put_lines(const char *lines, rd_text *out)
{
    while (*lines) {
        size_t size = strcspn(lines, "\n");
        rd_text_put(out, "    ");
        rd_text_add(out, lines, size);
        rd_text_put(out, "\n");
        lines += size + (lines[size] == '\n');
    }
}

static void put_node(const rd_node *node, const rd_layer *layer, int pytorch, rd_text *out)
{
    rd_text_format(out, "%s = %s(", node->name, node->kind);
    for (size_t k = 0; k < node->inputs; k++)
        rd_text_format(out, "%s%s", k ? ", " : "", node->input[k]);
    rd_text_format(out, ")%s\n", has_setting(node, "reverse=1") ? "      walks from the last step to the first" : "");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (fits(&rows[i], node))
            put_lines(pytorch ? rows[i].pytorch : rows[i].course, out);
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++)
        if (fits(&losses[i], node))
            put_lines(pytorch ? losses[i].pytorch : losses[i].course, out);
    if (has_setting(node, "norm=1"))
        put_lines("every product is layer-normalised: a = LN(W x) + LN(U h') + b, and LN(c) in an LSTM", out);
    for (size_t k = 0; layer && k < layer->params; k++) {
        const rd_param *p = &layer->param[k];
        char shape[RD_SHAPE_TEXT];
        rd_text_format(out, "      %s%s  %s\n", layer->prefix, p->name, rd_param_shape(p, shape));
    }
}

rondo_status rd_inspect_equations(const rd_view_of *view, rd_text *out, rondo_error *error)
{
    rd_node *nodes;
    size_t count;
    int pytorch = rd_option_is(view->options, RD_OPT_notation, "pytorch");
    RD_TRY(rd_model_text_parse(view->model->text, "model text", &nodes, &count, error));
    for (size_t i = 0; i < count; i++)
        put_node(&nodes[i], i < view->model->layers && rd_equal(view->model->layer[i].name, nodes[i].name) ? &view->model->layer[i] : NULL,
                 pytorch, out);
    rd_free(nodes);
    return rd_text_done(out, error);
}
