/* Pieces of a frame on a clock: pieces that are never in use at the same tick may share bytes. */
#ifndef RD_PIECES_H
#define RD_PIECES_H

#include "base/arena.h"

typedef enum rd_piece_kind {
    RD_PIECE_STATE = 0, /* final states and their gradient */
    RD_PIECE_VALUE,     /* what a layer gives */
    RD_PIECE_GRAD,      /* the gradient by it */
    RD_PIECE_LAYER,     /* a layer's own: saved gates, masks, workspace */
    RD_PIECE_LOSS,      /* rows of a loss */
    RD_PIECE_KINDS
} rd_piece_kind;

typedef struct rd_piece {
    rd_piece_kind kind;
    size_t node;        /* part, parts + layer, or loss */
    size_t bytes;       /* whole cache lines */
    size_t first, last; /* ticks of the clock, both included */
    size_t at;          /* where it begins in the arena */
} rd_piece;

extern const char *const rd_piece_names[RD_PIECE_KINDS]; /* "values", … */

/* Settles `at` of each piece, on cache lines, so that pieces with a tick in common have no byte in common: the
 * largest first, each as low as it fits. *bytes is what all of them together need; SIZE_MAX when that cannot
 * be counted. */
rondo_status rd_pieces_place(rd_piece *piece, size_t count, size_t *bytes, rondo_error *error);
/* The most bytes in use at one tick, which no placing can go below. */
size_t rd_pieces_least(const rd_piece *piece, size_t count);

#endif
