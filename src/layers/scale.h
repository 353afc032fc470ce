/* What scale and unscale keep beside the network: statistics of the training data, as frozen parameters. Who trains
 * fills them before the first step; until then both layers change nothing. */
#ifndef RD_SCALE_H
#define RD_SCALE_H

#include "layers/layer.h"

enum { RD_SCALE_SHIFT = 0, RD_SCALE_FACTOR = 1, RD_UNSCALE_DEVIATION = 2, RD_UNSCALE_NAIVE = 3, RD_UNSCALE_UNIT = 4 };

typedef struct rd_scale_layer {
    size_t relative; /* scale: the first so many numbers of a row are distances */
    size_t season;   /* from the row so many before, 0 where there is none; season 0: from the last row of their sequence */
    size_t logs;     /* the first so many numbers are read as logarithms, before anything else */
} rd_scale_layer;

typedef struct rd_unscale_layer {
    size_t targets; /* numbers forecast at each step of the horizon; the first so many of the second input */
    size_t each;    /* outputs for each of them: 1, the quantiles, or mean and log variance */
    size_t means;   /* of these, how many are in the units of the target */
    size_t season;  /* rows of the second input that are gone on from, place by place: the last so many */
    int log;        /* 1: outputs are logarithms, of the factor to what is gone on from; RD_UNSCALE_UNIT is there */
} rd_unscale_layer;

/* How many rows before step `step` (from 0) of the horizon the row stands that it goes on from. */
static inline size_t rd_unscale_lag(size_t season, size_t step)
{
    return step + season - step % season;
}

int rd_layer_is_scale(const rd_layer *layer);
int rd_layer_is_unscale(const rd_layer *layer);

#endif
