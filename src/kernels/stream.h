/* Products of one row, for states that go step by step: the weights lie in panels of up to eight vectors of
 * outputs, in the order in which they are read, as f32, bf16 or int8. A panel is
 * [depth / together][vectors][lanes][together]: `together` neighbouring k of an output lie side by side, so
 * that one register holds them. An output has one accumulator and k ascends, part after part. */
#ifndef RD_STREAM_H
#define RD_STREAM_H

#include "base/real.h"

#include <stddef.h>
#include <stdint.h>

typedef enum rd_weights { RD_WEIGHTS_F32 = 0, RD_WEIGHTS_BF16 = 1, RD_WEIGHTS_INT8 = 2 } rd_weights;

enum { RD_WEIGHT_KINDS = 3, RD_STREAM_VECTORS = 8, RD_STREAM_PARTS = 2, RD_INT8_DEPTH = 1 << 16 };

/* One operand and the panel that it meets. */
typedef struct rd_stream_part {
    const void *panel;
    const rd_real *x; /* [depth] */
    size_t depth;
    const rd_real *scale; /* int8: [vectors][lanes] of the rows of W */
    const int32_t
        *offset; /* int8: [vectors][lanes] taken off the sums, for operands that are stored from 0 on */
    unsigned char *narrow; /* int8: room for the operand, made by `narrow`, */
    rd_real narrow_scale;  /* and its scale */
} rd_stream_part;

/* a = start + row + Σ parts W x for up to eight vectors of outputs. */
typedef struct rd_stream_args {
    size_t vectors, parts;
    size_t at[RD_STREAM_VECTORS]; /* ascending: where in `a` each vector stands. Whole vectors are stored, one
                                     after the other, and a later one may cover the empty end of an earlier
                                     one */
    rd_stream_part part[RD_STREAM_PARTS];
    const rd_real *start; /* [vectors][lanes], or NULL: goes on from what `a` holds */
    const rd_real *row;   /* [vectors][lanes] gathered, or NULL */
    rd_real *a;
} rd_stream_args;

/* Rows of W [gates * hidden][depth] for units first … first + units of each gate, as vectors gate by gate. */
typedef struct rd_stream_pack_args {
    const rd_real *w;
    size_t hidden, gates, first, units, depth;
    void *panel;
    rd_real *scale;  /* int8: [vectors][lanes] */
    int32_t *offset; /* int8 */
} rd_stream_pack_args;

typedef struct rd_stream_kernels {
    size_t lanes;
    size_t (*panel_bytes)(rd_weights weights, size_t vectors, size_t depth); /* whole lines of the cache */
    size_t (*narrow_bytes)(size_t depth);                                    /* room for an operand */
    void (*pack[RD_WEIGHT_KINDS])(const rd_stream_pack_args *args);
    rd_real (*narrow)(size_t depth, const rd_real *x, unsigned char *narrow); /* gives the scale */
    void (*product[RD_WEIGHT_KINDS])(const rd_stream_args *args);
} rd_stream_kernels;

#endif
