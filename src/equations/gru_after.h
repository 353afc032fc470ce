/* GRU, reset after the product: q = U_n h' + b_hn, n = tanh(W_n x + b_in + r q), h = (1 - z) n + z h'
 * (equations.md 1.5; the GRU of PyTorch and cuDNN). Saved: r z n q. */
#ifndef RD_GRU_AFTER_H
#define RD_GRU_AFTER_H

#include "equations/unit.h"

enum { GRU_AFTER_R, GRU_AFTER_Z, GRU_AFTER_N, GRU_AFTER_Q };

RD_UNIT void gru_after_1_forward(rd_unit u)
{
    const rd_lane r = rd_sigmoid(rd_gate_input(u, GRU_AFTER_R));
    const rd_lane z = rd_sigmoid(rd_gate_input(u, GRU_AFTER_Z));
    const rd_lane q = u.ah[GRU_AFTER_N];
    const rd_lane n = rd_tanh(rd_clamp_lane(u.ax[GRU_AFTER_N] + r * q, u.limits->preact));
    u.next[0] = (1 - z) * n + z * u.prev[0];
    u.saved[GRU_AFTER_R] = r;
    u.saved[GRU_AFTER_Z] = z;
    u.saved[GRU_AFTER_N] = n;
    u.saved[GRU_AFTER_Q] = q;
}

RD_UNIT void gru_after_1_backward(rd_unit u, rd_unit_grad d)
{
    const rd_lane r = u.saved[GRU_AFTER_R], z = u.saved[GRU_AFTER_Z];
    const rd_lane n = u.saved[GRU_AFTER_N], q = u.saved[GRU_AFTER_Q], d_h = d.d_next[0];
    const rd_lane d_a_n = rd_tanh_back(u, n, d_h * (1 - z));
    d.d_ax[GRU_AFTER_R] = d.d_ah[GRU_AFTER_R] = rd_sigmoid_back(u, r, d_a_n * q);
    d.d_ax[GRU_AFTER_Z] = d.d_ah[GRU_AFTER_Z] = rd_sigmoid_back(u, z, d_h * (u.prev[0] - n));
    d.d_ax[GRU_AFTER_N] = d_a_n;
    d.d_ah[GRU_AFTER_N] = d_a_n * r;
    d.d_prev[0] += d_h * z;
}

#endif
