/* A way out of a computation that takes long: whoever begins it lends a brake, and loops inside it look at
 * it. What ends early has computed nothing of use. */
#ifndef RD_BRAKE_H
#define RD_BRAKE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

typedef struct rd_brake {
    int (*ask)(void *user); /* called by thread 0 of the team only, till it gives other than 0 */
    void *user;
    atomic_int pulled;
    atomic_size_t
        leave; /* the round at which a team that meets at a barrier leaves together; SIZE_MAX at first */
} rd_brake;

enum { RD_BRAKE_ROUNDS = 64 }; /* loops look every so many rounds */

/* 1 when it is time to end; brake may be NULL: never. `thread` is the caller's number in the team. */
static inline int rd_brake_pulled(rd_brake *brake, size_t thread)
{
    if (!brake) return 0;
    if (thread == 0 && !atomic_load_explicit(&brake->pulled, memory_order_relaxed) && brake->ask(brake->user))
        atomic_store_explicit(&brake->pulled, 1, memory_order_relaxed);
    return atomic_load_explicit(&brake->pulled, memory_order_relaxed);
}

/* The same for a team whose threads meet at least once in each round: they all leave at the top of the same
 * one. Thread 0 settles on round s + 2 at the top of s. Another has not passed the barrier of round s then,
 * so that its look at the top of s + 1 comes after, and it leaves at s + 2 as thread 0 does. */
static inline int rd_brake_leaves(rd_brake *brake, size_t thread, size_t round)
{
    if (!brake) return 0;
    if (thread == 0 && round % RD_BRAKE_ROUNDS == 0 && atomic_load(&brake->leave) == SIZE_MAX &&
        rd_brake_pulled(brake, 0))
        atomic_store(&brake->leave, round + 2);
    return round >= atomic_load_explicit(&brake->leave, memory_order_relaxed);
}

#endif
