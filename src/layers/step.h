/* One step of one sequence, layer by layer. A layer that has these functions cuts its step into stages, and a
 * stage into pieces that may run side by side; all of a stage is done before the next begins. Pieces are cut
 * by shape and the size of the team only, and an output has one accumulator whatever piece it falls in, so
 * who runs them makes no difference to a bit. Panels are shared by all states of a model; memory is a state's
 * own. Nothing allocates or fails. */
#ifndef RD_STEP_H
#define RD_STEP_H

#include "layers/layer.h"

enum { RD_STEP_TEAM = 64 };

typedef struct rd_step_shape {
    const rd_kernels *kernels;
    size_t team; /* pieces of a large layer, at most RD_STEP_TEAM */
    rd_weights weights;
} rd_step_shape;

typedef struct rd_step_call {
    const rd_layer *layer;
    rd_step_shape shape;
    const rd_real *params;
    unsigned char *panels; /* 64-aligned, made by pack from the present parameters */
    unsigned char *memory; /* 64-aligned, of the state */
    const rd_value *in;    /* its data or symbols may lie elsewhere at each step */
    rd_value *out;         /* [1] */
    rd_real *state;        /* [state_width] */
} rd_step_call;

typedef struct rd_step_ops {                 /* entries are NULL where there is nothing to do */
    void (*begin)(const rd_step_call *call); /* alone, before all stages */
    size_t (*panel_bytes)(const rd_layer *layer, const rd_step_shape *shape);
    void (*pack)(const rd_layer *layer, const rd_step_shape *shape, const rd_real *params,
                 unsigned char *panels);
    size_t (*memory_bytes)(const rd_layer *layer, const rd_step_shape *shape);
    void (*ready)(const rd_step_call *call); /* lays out the memory, once */
    size_t (*stages)(const rd_layer *layer);
    size_t (*pieces)(const rd_layer *layer, const rd_step_shape *shape, size_t stage);
    /* odd: 1 at every other step, when panels are swept from last to first: what was used last is still near.
     */
    void (*run)(const rd_step_call *call, size_t stage, size_t piece, int odd);
    void (*finish)(const rd_step_call *call); /* alone, after all stages of all layers: the states move on */
} rd_step_ops;

extern const rd_step_ops rd_recurrent_step, rd_dense_step;

/* Units in groups, each of which is one panel: piece after piece, blocks of `lanes` units, as even as can be.
 */
typedef struct rd_step_group {
    size_t first, units;
} rd_step_group;
typedef struct rd_step_cut {
    size_t units, lanes, blocks, pieces, most; /* most: blocks of a group */
} rd_step_cut;
/* `numbers` of weights say whether the team pays. */
rd_step_cut rd_step_cut_of(const rd_step_shape *shape, size_t units, size_t gates, size_t numbers);
size_t rd_step_groups(const rd_step_cut *cut, size_t piece);
rd_step_group rd_step_group_at(const rd_step_cut *cut, size_t piece, size_t group);

/* Bytes laid one after the other from `base` (NULL: counted only), each on a line of the cache of its own. */
typedef struct rd_step_plan {
    unsigned char *base;
    size_t size;
} rd_step_plan;
void *rd_step_take(rd_step_plan *plan, size_t count, size_t size);

/* A panel of a group with what belongs to it, taken from a plan. Symbols are gathered: their panel is f32. */
typedef struct rd_step_panel {
    void *panel;
    rd_real *scale;
    int32_t *offset;
    size_t depth;
} rd_step_panel;
rd_step_panel rd_step_panel_at(rd_step_plan *plan, const rd_step_shape *shape, int symbols, size_t vectors,
                               size_t depth);
/* Rows of w for this group; gates of it are `hidden` rows apart. */
void rd_step_pack(const rd_step_panel *panel, const rd_step_shape *shape, int symbols, const rd_real *w,
                  size_t hidden, size_t gates, rd_step_group group);
/* The part of a product that meets `panel`; x may be set later. */
rd_stream_part rd_step_part(const rd_step_panel *panel, const rd_real *x, unsigned char *narrow);
/* Where the vectors of `gates` gates of a group stand, from gate `first` on. */
size_t rd_step_places(const rd_step_shape *shape, size_t units, size_t first, size_t gates,
                      size_t at[RD_STREAM_VECTORS]);
/* Rows of gates as vectors: to[gate][block][lane], zeros after the last unit. */
void rd_step_spread(const rd_step_shape *shape, const rd_real *from, size_t hidden, size_t gates,
                    rd_step_group group, rd_real *to, int add);

#endif
