/* The LSTM family (equations.md 1.6): c = f c' + i g, h = o s(c), with switches that are constants of a row
 * of cells.def, so that unused branches vanish:
 * - linear: s(c) = c instead of tanh(c)
 * - candidate: g reads c' (here only the place of g among the gates depends on it)
 * - peephole: i and f also see w c', o also sees w c of the new c
 * - coupled: f = 1 - i
 * - norm: h = o s(LN(c)); phase 1 ends with c and emits it, phase 2 begins with the normalised vector
 * Saved: the gates. Neither c nor s(c) is saved: f c' + i g gives the same bits again, and tanh costs less than the memory. */
#ifndef RD_LSTM_H
#define RD_LSTM_H

#include "equations/unit.h"

typedef struct lstm_form {
    int linear, peephole, coupled, norm;
    int i, f, g, o;    /* places among gates and saved values; f is unused when coupled */
    int w_i, w_f, w_o; /* places among the peepholes */
} lstm_form;

RD_UNIT lstm_form lstm_form_of(int linear, int candidate, int peephole, int coupled, int norm)
{
    const int o = 3 - coupled - candidate, g = 2 - coupled + candidate;
    const lstm_form k = {linear, peephole, coupled, norm, 0, 1, g, o, 0, 1, 2 - coupled};
    return k;
}

/* Input of a gate that looks at c through peephole `w`. */
RD_UNIT rd_lane lstm_gate_input(rd_unit u, lstm_form k, int gate, int w, rd_lane c)
{
    const rd_lane a = u.ax[gate] + u.ah[gate];
    return rd_clamp_lane(k.peephole ? a + u.param[w] * c : a, u.limits->preact);
}

RD_UNIT void lstm_output_forward(rd_unit u, lstm_form k, rd_lane c, rd_lane inside)
{
    const rd_lane o = rd_sigmoid(lstm_gate_input(u, k, k.o, k.w_o, c));
    u.saved[k.o] = o;
    u.next[0] = o * (k.linear ? inside : rd_tanh(inside));
}

RD_UNIT void lstm_1_of_forward(rd_unit u, lstm_form k)
{
    const rd_lane c_old = u.prev[1];
    const rd_lane i = rd_sigmoid(lstm_gate_input(u, k, k.i, k.w_i, c_old));
    const rd_lane f = k.coupled ? 1 - i : rd_sigmoid(lstm_gate_input(u, k, k.f, k.w_f, c_old));
    const rd_lane g = rd_tanh(rd_gate_input(u, k.g));
    const rd_lane c = rd_clamp_lane(f * c_old + i * g, u.limits->cell);
    u.next[1] = c;
    u.saved[k.i] = i;
    if (!k.coupled) u.saved[k.f] = f;
    u.saved[k.g] = g;
    if (k.norm)
        u.emit[0] = c;
    else
        lstm_output_forward(u, k, c, c);
}

RD_UNIT void lstm_2_of_forward(rd_unit u, lstm_form k)
{
    lstm_output_forward(u, k, u.next[1], u.normed[0]);
}

/* Gradient by the vector inside s; writes that by the output gate's input. */
RD_UNIT rd_lane lstm_output_backward(rd_unit u, rd_unit_grad d, lstm_form k, rd_lane inside)
{
    const rd_lane o = u.saved[k.o], d_h = d.d_next[0];
    const rd_lane s = k.linear ? inside : rd_tanh(inside);
    d.d_ax[k.o] = d.d_ah[k.o] = rd_sigmoid_back(u, o, d_h * s);
    return k.linear ? d_h * o : d_h * o * (1 - s * s);
}

RD_UNIT void lstm_2_of_backward(rd_unit u, rd_unit_grad d, lstm_form k)
{
    d.d_normed[0] = lstm_output_backward(u, d, k, u.normed[0]);
}

RD_UNIT void lstm_1_of_backward(rd_unit u, rd_unit_grad d, lstm_form k)
{
    const rd_lane i = u.saved[k.i], g = u.saved[k.g], c_old = u.prev[1];
    const rd_lane f = k.coupled ? 1 - i : u.saved[k.f];
    const rd_lane sum = f * c_old + i * g;
    const rd_lane c = rd_clamp_lane(sum, u.limits->cell);
    rd_lane d_c = d.d_next[1] + (k.norm ? d.d_emit[0] : lstm_output_backward(u, d, k, c));
    if (k.peephole) {
        d_c += d.d_ax[k.o] * u.param[k.w_o];
        d.d_param[k.w_o] += d.d_ax[k.o] * c;
    }
    d_c = rd_drop(rd_abs(sum) > u.limits->cell, d_c);
    const rd_lane d_a_i = rd_sigmoid_back(u, i, d_c * (k.coupled ? g - c_old : g));
    const rd_lane d_a_f = rd_sigmoid_back(u, f, d_c * c_old);
    d.d_ax[k.i] = d.d_ah[k.i] = d_a_i;
    if (!k.coupled) d.d_ax[k.f] = d.d_ah[k.f] = d_a_f;
    d.d_ax[k.g] = d.d_ah[k.g] = rd_tanh_back(u, g, d_c * i);
    d.d_prev[1] += d_c * f;
    if (k.peephole) {
        d.d_prev[1] += d_a_i * u.param[k.w_i];
        d.d_param[k.w_i] += d_a_i * c_old;
    }
    if (k.peephole && !k.coupled) {
        d.d_prev[1] += d_a_f * u.param[k.w_f];
        d.d_param[k.w_f] += d_a_f * c_old;
    }
}

/* The equations of every row, by its constants. */
#define RD_LSTM_PHASE(id, phase, linear, candidate, peephole, coupled, norm)                                 \
    RD_UNIT void id##_##phase##_forward(rd_unit u)                                                           \
    {                                                                                                        \
        lstm_##phase##_of_forward(u, lstm_form_of(linear, candidate, peephole, coupled, norm));              \
    }                                                                                                        \
    RD_UNIT void id##_##phase##_backward(rd_unit u, rd_unit_grad d)                                          \
    {                                                                                                        \
        lstm_##phase##_of_backward(u, d, lstm_form_of(linear, candidate, peephole, coupled, norm));          \
    }
#define RD_LSTM(id, name, linear, candidate, peephole, coupled, help)                                        \
    RD_LSTM_PHASE(id, 1, linear, candidate, peephole, coupled, 0)                                            \
    RD_LSTM_PHASE(id##_norm, 1, linear, candidate, peephole, coupled, 1)                                     \
    RD_LSTM_PHASE(id##_norm, 2, linear, candidate, peephole, coupled, 1)
#include "equations/cells.def"

#endif
