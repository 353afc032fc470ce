/* Everything random in a recurrent layer: masks on h', zoneout, dropped and noisy weights.
 * A number is a function of the layer, the call, what it is for, the sequence, the step and the unit; never
 * of the row or the thread, so packing and threads do not matter and the way back finds the same masks. */
#include "layers/recurrent_walk.h"

#include "base/size.h"

#include <string.h>

static rd_key key_of(const rd_walk *walk, rd_mask_of what, size_t t)
{
    const rd_stream_kind kind = what >= RD_NOISE_X ? RD_STREAM_NOISE : RD_STREAM_DROPOUT;
    return rd_call_key(walk->layer, walk->call, kind, (uint64_t)what << 40 | t);
}

/* The mask of one row, in the walk's spare memory. */
static const rd_real *mask_row(const rd_walk *walk, rd_key key, size_t place, size_t width, rd_real p)
{
    const uint64_t sequence = walk->call->first_sequence + walk->pack->order[place];
    rd_real *mask = walk->frame.spare + place * rd_size_max(walk->frame.h_stride, walk->frame.c_stride);
    walk->kernels->mask(key, rd_start_counter(sequence, width), width, p, mask);
    return mask;
}

void rd_walk_drop(const rd_walk *walk, const rd_walk_step *step, rd_mask_of what, size_t width, rd_real *x,
                  size_t stride)
{
    const rd_key key = key_of(walk, what, walk->own->variational ? 0 : step->t + 1);
    for (size_t r = 0; r < step->rows; r++)
        walk->kernels->multiply(width, mask_row(walk, key, step->place + r, width, walk->own->dropout),
                                x + r * stride);
}

static rd_key key_of_zone(const rd_walk *walk, const rd_walk_step *step, size_t state)
{
    return key_of(walk, state == 0 ? RD_MASK_ZONE_H : RD_MASK_ZONE_C, step->t + 1);
}

/* A unit whose mask is 0 keeps its old state; in use each takes the mean of both. */
void rd_walk_zone(const rd_walk *walk, const rd_walk_step *step, size_t state)
{
    const rd_real p = walk->own->zoneout[state];
    const size_t stride = state == 0 ? walk->frame.h_stride : walk->frame.c_stride;
    const size_t width = walk->own->state[state];
    const rd_real *old = walk->frame.prev[state] + step->kept * stride;
    rd_real *new_state = walk->frame.state[state] + step->place * stride;
    const rd_key key = key_of_zone(walk, step, state);
    for (size_t r = 0; r < step->rows; r++, old += stride, new_state += stride)
        if (walk->train)
            walk->kernels->zone(width, mask_row(walk, key, step->place + r, width, p), old, new_state);
        else
            walk->kernels->zone_share(width, p, old, new_state);
}

void rd_walk_zone_back(const rd_walk *walk, const rd_walk_step *step, size_t state)
{
    const size_t stride = state == 0 ? walk->frame.h_stride : walk->frame.c_stride;
    const size_t width = walk->own->state[state];
    const rd_key key = key_of_zone(walk, step, state);
    for (size_t r = 0; r < step->rows; r++) {
        const size_t at = (step->place + r) * stride;
        walk->kernels->zone_back(width,
                                 mask_row(walk, key, step->place + r, width, walk->own->zoneout[state]),
                                 walk->frame.d_prev[state] + at, walk->frame.d_state[state] + at);
    }
}

/* ---- weights ---- */

static void copy_weight(const rd_walk *walk, rd_mask_of noise, rd_mask_of mask, size_t numbers,
                        const rd_real *weight, rd_real *copy, rd_real *mask_at)
{
    if (walk->own->weight_noise > 0)
        rd_random_fill_normal(key_of(walk, noise, 0), 0, numbers, walk->own->weight_noise, copy);
    else
        memset(copy, 0, numbers * sizeof *copy);
    walk->kernels->axpy(numbers, 1, weight, copy);
    if (!mask_at) return;
    walk->kernels->mask(key_of(walk, mask, 0), 0, numbers, walk->own->weight_drop, mask_at);
    walk->kernels->multiply(numbers, mask_at, copy);
}

static size_t numbers_of(const rd_layer *layer, size_t param)
{
    return param == RD_NO_PARAM ? 0 : layer->param[param].rows * layer->param[param].columns;
}

void rd_walk_copy_weights(rd_walk *walk, int make)
{
    const rd_recurrent *own = walk->own;
    const rd_recurrent_frame *f = &walk->frame;
    const size_t h = numbers_of(walk->layer, own->weight_h), c = numbers_of(walk->layer, own->weight_c);
    rd_recurrent_weights weights = rd_recurrent_weights_of(walk->layer, walk->call->params);
    rd_real *copy = f->weight_copy, *mask = f->weight_mask;
    walk->packed = f->panel_copy;
    if (!make) return;
    copy_weight(walk, RD_NOISE_H, RD_MASK_WEIGHT_H, h, weights.h, copy, mask);
    weights.h = copy;
    if (weights.c) {
        copy_weight(walk, RD_NOISE_C, RD_MASK_WEIGHT_C, c, weights.c, copy + h, mask ? mask + h : NULL);
        weights.c = copy + h;
    }
    if (own->weight_noise > 0) {
        copy_weight(walk, RD_NOISE_X, RD_NOISE_X, numbers_of(walk->layer, own->weight_x), weights.x,
                    copy + h + c, NULL);
        weights.x = copy + h + c;
    }
    rd_recurrent_pack(own, walk->call->device, &weights, f->panel_copy);
}
