/* minLSTM (L. Feng et al., "Were RNNs all we needed?", 2024):
 * f = σ(a_f),  i = σ(a_i),  n = W_n x,  h = f/(f + i) ∘ h' + i/(f + i) ∘ n. */
#ifndef RD_MINLSTM_H
#define RD_MINLSTM_H

#include "equations/scan_unit.h"

enum { MINLSTM_F, MINLSTM_I, MINLSTM_SHARE = 3 }; /* the share is α */

/* σ(a) = e^{min(a, 0)} / (1 + e^{−|a|}), so f/(f + i) = 1/(1 + q e^{min(a_i, 0) − min(a_f, 0)}) with
 * q = (1 + e^{−|a_f|})/(1 + e^{−|a_i|}): the logarithms are subtracted before anything can vanish, and there
 * is no 0/0 when both gates close. */
RD_SCAN_UNIT void minlstm_activate(rd_lane *v)
{
    const rd_lane f = v[MINLSTM_F], i = v[MINLSTM_I], zero = rd_splat(0), one = rd_splat(1);
    const rd_lane small_f = rd_exp(-rd_abs(f)), small_i = rd_exp(-rd_abs(i));
    const rd_lane below_f = 1 / (1 + small_f), below_i = 1 / (1 + small_i);
    const rd_lane odds = rd_exp(rd_min(zero, i) - rd_min(zero, f)) * ((1 + small_f) * below_i);
    v[MINLSTM_F] = rd_select(f < 0, small_f, one) * below_f;
    v[MINLSTM_I] = rd_select(i < 0, small_i, one) * below_i;
    v[MINLSTM_SHARE] = 1 / (1 + odds);
}

RD_SCAN_UNIT rd_blend minlstm_blend(const rd_lane *v)
{
    return (rd_blend){v[MINLSTM_SHARE], 1 - v[MINLSTM_SHARE]};
}

/* α = σ(log f − log i): d_a_f = d_v (1 − f), d_a_i = −d_v (1 − i) */
RD_SCAN_UNIT void minlstm_backward(rd_lane *v, rd_lane d_alpha)
{
    const rd_lane d_v = d_alpha * v[MINLSTM_SHARE] * (1 - v[MINLSTM_SHARE]);
    v[MINLSTM_F] = d_v * (1 - v[MINLSTM_F]);
    v[MINLSTM_I] = -d_v * (1 - v[MINLSTM_I]);
}

#endif
