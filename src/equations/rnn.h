/* Elman network: p = W x + U h' + b, h = g(p), g = tanh or ReLU (equations.md 1.1). Saved: h. */
#ifndef RD_RNN_H
#define RD_RNN_H

#include "equations/unit.h"

RD_UNIT void rnn_tanh_1_forward(rd_unit u)
{
    const rd_lane h = rd_tanh(rd_gate_input(u, 0));
    u.next[0] = h;
    u.saved[0] = h;
}

RD_UNIT void rnn_tanh_1_backward(rd_unit u, rd_unit_grad d)
{
    const rd_lane h = u.saved[0];
    d.d_ax[0] = d.d_ah[0] = rd_tanh_back(u, h, d.d_next[0]);
}

RD_UNIT void rnn_relu_1_forward(rd_unit u)
{
    const rd_lane h = rd_max(rd_splat(0), rd_gate_input(u, 0));
    u.next[0] = h;
    u.saved[0] = h;
}

/* The derivative at 0 is 0. */
RD_UNIT void rnn_relu_1_backward(rd_unit u, rd_unit_grad d)
{
    const rd_lane h = u.saved[0];
    d.d_ax[0] = d.d_ah[0] = rd_drop((h <= 0) | (h >= u.limits->preact), d.d_next[0]);
}

#endif
