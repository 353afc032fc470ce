/* GRU with one gate: h = u n + (1 - u) h' (equations.md 1.3). Saved: u n. */
#ifndef RD_GRU_SIMPLE_H
#define RD_GRU_SIMPLE_H

#include "equations/unit.h"

enum { GRU_SIMPLE_U, GRU_SIMPLE_N };

RD_UNIT void gru_simple_1_forward(rd_unit s)
{
    const rd_lane u = rd_sigmoid(rd_gate_input(s, GRU_SIMPLE_U));
    const rd_lane n = rd_tanh(rd_gate_input(s, GRU_SIMPLE_N));
    s.next[0] = u * n + (1 - u) * s.prev[0];
    s.saved[GRU_SIMPLE_U] = u;
    s.saved[GRU_SIMPLE_N] = n;
}

RD_UNIT void gru_simple_1_backward(rd_unit s, rd_unit_grad d)
{
    const rd_lane u = s.saved[GRU_SIMPLE_U], n = s.saved[GRU_SIMPLE_N], d_h = d.d_next[0];
    d.d_ax[GRU_SIMPLE_U] = d.d_ah[GRU_SIMPLE_U] = rd_sigmoid_back(s, u, d_h * (n - s.prev[0]));
    d.d_ax[GRU_SIMPLE_N] = d.d_ah[GRU_SIMPLE_N] = rd_tanh_back(s, n, d_h * u);
    d.d_prev[0] += d_h * (1 - u);
}

#endif
