/* minGRU (L. Feng et al., "Were RNNs all we needed?", 2024):
 * u = σ(W_u x),  n = W_n x,  h = (1 − u) ∘ h' + u ∘ n. */
#ifndef RD_MINGRU_H
#define RD_MINGRU_H

#include "equations/scan_unit.h"

enum { MINGRU_U };

RD_SCAN_UNIT void mingru_activate(rd_lane *v)
{
    v[MINGRU_U] = rd_sigmoid(v[MINGRU_U]);
}

RD_SCAN_UNIT rd_blend mingru_blend(const rd_lane *v)
{
    return (rd_blend){1 - v[MINGRU_U], v[MINGRU_U]};
}

/* α = 1 − u */
RD_SCAN_UNIT void mingru_backward(rd_lane *v, rd_lane d_alpha)
{
    v[MINGRU_U] = -d_alpha * v[MINGRU_U] * (1 - v[MINGRU_U]);
}

#endif
