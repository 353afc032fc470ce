/* GRU, reset before the product: a_n = W_n x + U_n (r h') + b_n, h = u n + (1 - u) h' (equations.md 1.4).
 * Phase 1 makes r and emits r h'; phase 2, after the product with what was emitted, the rest. Saved: r u n.
 */
#ifndef RD_GRU_BEFORE_H
#define RD_GRU_BEFORE_H

#include "equations/unit.h"

enum { GRU_BEFORE_R, GRU_BEFORE_U, GRU_BEFORE_N };

RD_UNIT void gru_before_1_forward(rd_unit s)
{
    const rd_lane r = rd_sigmoid(rd_gate_input(s, GRU_BEFORE_R));
    s.emit[0] = r * s.prev[0];
    s.saved[GRU_BEFORE_R] = r;
}

RD_UNIT void gru_before_2_forward(rd_unit s)
{
    const rd_lane u = rd_sigmoid(rd_gate_input(s, GRU_BEFORE_U));
    const rd_lane n = rd_tanh(rd_gate_input(s, GRU_BEFORE_N));
    s.next[0] = u * n + (1 - u) * s.prev[0];
    s.saved[GRU_BEFORE_U] = u;
    s.saved[GRU_BEFORE_N] = n;
}

RD_UNIT void gru_before_2_backward(rd_unit s, rd_unit_grad d)
{
    const rd_lane u = s.saved[GRU_BEFORE_U], n = s.saved[GRU_BEFORE_N], d_h = d.d_next[0];
    d.d_ax[GRU_BEFORE_U] = d.d_ah[GRU_BEFORE_U] = rd_sigmoid_back(s, u, d_h * (n - s.prev[0]));
    d.d_ax[GRU_BEFORE_N] = d.d_ah[GRU_BEFORE_N] = rd_tanh_back(s, n, d_h * u);
    d.d_prev[0] += d_h * (1 - u);
}

RD_UNIT void gru_before_1_backward(rd_unit s, rd_unit_grad d)
{
    const rd_lane r = s.saved[GRU_BEFORE_R], d_rh = d.d_emit[0];
    d.d_ax[GRU_BEFORE_R] = d.d_ah[GRU_BEFORE_R] = rd_sigmoid_back(s, r, d_rh * s.prev[0]);
    d.d_prev[0] += d_rh * r;
}

#endif
