/* Every allocation of the library goes through here, so that a test can fail the N-th one and a trap can catch
 * one inside a step. */
#ifndef RD_MEMORY_H
#define RD_MEMORY_H

#include "base/status.h"

/* count * size bytes of zeros, checked; never NULL on success (a zero request gives a block too).
 * Failure is RONDO_LIMIT: "no memory for PURPOSE (N bytes)". *block is freed with rd_free. */
rondo_status rd_alloc(size_t count, size_t size, const char *purpose, void *block, rondo_error *error);
/* The same on a 64-byte boundary; for numbers that kernels read. Large blocks ask for huge pages. */
rondo_status rd_alloc_aligned(size_t count, size_t size, const char *purpose, void *block, rondo_error *error);
/* Grows *block (pointer to a pointer) to hold at least `count` items of `size`, at least doubling *room; the new
 * part is not cleared. On failure *block and *room stay as they were. */
rondo_status rd_grow(void *block, size_t *room, size_t count, size_t size, const char *purpose,
                     rondo_error *error);
/* `bytes` on a 64-byte boundary that nobody has touched or cleared: what they hold is anybody's guess. */
rondo_status rd_alloc_raw(size_t bytes, const char *purpose, void *block, rondo_error *error);
void rd_free(void *block);         /* of rd_alloc and rd_grow; NULL allowed */
void rd_free_aligned(void *block); /* of rd_alloc_aligned and rd_alloc_raw; NULL allowed */

/* What this process can still have, and what limits it: "ulimit -v leaves", "the control group leaves", "this machine
 * has". UINT64_MAX when nothing is known. A block of 64 MiB or more is refused when there is less: the system would
 * promise it and end us at the first use. */
typedef struct rd_room {
    uint64_t bytes;
    const char *by;
} rd_room;
rd_room rd_memory_room(void);
/* Bytes of this process that lie in memory; 0 when that cannot be read. */
uint64_t rd_memory_resident(void);

/* For tests, through the environment of nobody: allocation number `n` from now (1 is the next) fails, and with
 * `forever` all later ones too; 0 turns it off. rd_memory_count gives how many were made so far, rd_memory_live
 * how many blocks are not freed. */
void rd_memory_fail_at(uint64_t n, int forever);
uint64_t rd_memory_count(void);
uint64_t rd_memory_live(void);
/* While `on`, an allocation is a bug: it fails with RONDO_BUG "allocation inside a step". Nests. */
void rd_memory_trap(int on);

#endif
