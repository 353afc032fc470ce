/* What scale and unscale keep beside the network: statistics of the training data, as frozen parameters. Who trains
 * fills them before the first step; until then both layers change nothing. */
#ifndef RD_SCALE_H
#define RD_SCALE_H

#include "layers/layer.h"

enum { RD_SCALE_SHIFT = 0, RD_SCALE_FACTOR = 1, RD_UNSCALE_DEVIATION = 2, RD_UNSCALE_NAIVE = 3 };

typedef struct rd_scale_layer {
    size_t relative; /* scale: the first so many numbers of a row are taken from the last row of their sequence */
} rd_scale_layer;

typedef struct rd_unscale_layer {
    size_t targets; /* numbers forecast at each step of the horizon; the first so many of the second input */
    size_t each;    /* outputs for each of them: 1, the quantiles, or mean and log variance */
    size_t means;   /* of these, how many are in the units of the target */
} rd_unscale_layer;

int rd_layer_is_scale(const rd_layer *layer);
int rd_layer_is_unscale(const rd_layer *layer);

#endif
