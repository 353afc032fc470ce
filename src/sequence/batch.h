/* Packed rows (architecture.md section 3) and a batch: named parts that share their sequences. */
#ifndef RD_BATCH_H
#define RD_BATCH_H

#include "base/memory.h"
#include "base/real.h"

/* A pack that owns its arrays and can be rebuilt without allocating once it was as large. */
typedef struct rd_pack_store {
    rondo_pack pack;   /* points into `block` */
    size_t *block;     /* owned */
    size_t room;
} rd_pack_store;
/* Sorts by length, longest first, stable. The lengths are copied. */
rondo_status rd_pack_build(rd_pack_store *store, const size_t *length, size_t sequences, rondo_error *error);
void rd_pack_free(rd_pack_store *store);
/* The place of a sequence in the block. */
size_t rd_pack_place(const rondo_pack *pack, size_t sequence);
/* Row of the sequence at this place at its last step; SIZE_MAX when it is empty. */
size_t rd_pack_last_row(const rondo_pack *pack, size_t place);

enum { RD_MAX_PARTS = 8, RD_PART_NAME = 32 };

typedef struct rd_part {
    char name[RD_PART_NAME];
    rd_pack_store packed;
    size_t width;        /* numbers a row; 0 for symbols */
    rd_real *values;     /* [rows][width], packed; owned by the batch */
    int32_t *symbols;    /* [rows], packed */
    size_t values_room, symbols_room;
    rd_real *weight;     /* [rows] or NULL: weight of each row in the loss; 1 when NULL */
    rd_real *weight_kept; /* what `weight` points to when it is not NULL; owned */
    size_t weight_room;
} rd_part;

struct rondo_batch {
    rd_part part[RD_MAX_PARTS];
    size_t parts, sequences;
    unsigned char *fresh; /* [sequences] caller's order: 1 starts afresh; set by rondo_batch_reset, cleared by put of "x" */
    size_t fresh_room;
    uint64_t first_sequence; /* number of the first sequence in the run, part of the key of variational masks */
};

/* The part whose packed rows are the sequences of this one: "x" for "chars", which holds the characters of
 * one word a row of "x", numbered in the order of those rows. NULL: its sequences are the batch's. */
const char *rd_part_outer(const char *name);
/* NULL when absent, or left over from a batch with another number of sequences. */
const rd_part *rd_batch_part(const rondo_batch *batch, const char *name);
/* Gives each row of a part a weight in the loss: weight[i] -> [length[i]], caller's order. Dropped by the next put. */
rondo_status rd_batch_weigh(rondo_batch *batch, const char *name, const rd_real *const *weight, rondo_error *error);

#endif
