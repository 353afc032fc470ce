/* The state a sequence begins with: carried, or the layer's own initial one. */
#ifndef RD_START_STATE_H
#define RD_START_STATE_H

#include "layers/layer.h"

typedef enum rd_start { RD_START_ZERO = 0, RD_START_LEARNED, RD_START_RANDOM, RD_START_GIVEN, RD_START_NODE } rd_start;

typedef struct rd_start_state {
    const rd_layer *layer;
    const rd_call *call;
    rd_start start;
    double scale;               /* of random states */
    const rd_real *first_state; /* [state_width] learned, or NULL */
    const rd_value *node;       /* RD_START_NODE: a row a sequence that the state begins with, else NULL */
} rd_start_state;

/* 1 when sequence i begins with the layer's own initial state and not a carried one. */
int rd_start_is_fresh(const rd_call *call, size_t sequence);
/* Numbers from … from + n of the state that sequence i begins with. */
void rd_start_load(const rd_start_state *start, size_t sequence, size_t from, size_t n, rd_real *state);
/* Numbers from … from + n of the final state of sequence i, when the call wants it. */
void rd_start_store(const rd_call *call, size_t sequence, size_t from, size_t n, const rd_real *state);
/* The gradient by the final state of sequence i; 0 when nobody gives one. */
void rd_start_load_grad(const rd_call *call, size_t sequence, size_t from, size_t n, rd_real *d_state);
/* The gradient by the state that sequence i began with: to the carried one when the call wants it (0 when it
 * began afresh), and added to d_first[n] (NULL: not learned) when it began afresh. */
void rd_start_store_grad(const rd_call *call, size_t sequence, size_t from, size_t n, const rd_real *d_state,
                         rd_real *d_first);
/* The first counter of a sequence's `width` random numbers: a multiple of four, as the generator gives four.
 */
uint64_t rd_start_counter(uint64_t sequence, size_t width);

#endif
