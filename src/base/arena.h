/* One block, sized first and handed out after: sizes are asked, then bound, and binding cannot fail. */
#ifndef RD_ARENA_H
#define RD_ARENA_H

#include "base/memory.h"

#define RD_ALIGN 64u

typedef struct rd_arena {
    unsigned char *base; /* owned; on a 64-byte boundary */
    size_t size, used;
} rd_arena;

/* Makes room for `size` bytes (rounded up), dropping what was there; zeroed. */
rondo_status rd_arena_reserve(rd_arena *arena, size_t size, const char *purpose, rondo_error *error);
/* `count * size` bytes on a 64-byte boundary, from what was reserved; NULL when it does not fit (a bug). */
void *rd_arena_take(rd_arena *arena, size_t count, size_t size);
void rd_arena_free(rd_arena *arena);

/* A plan adds up what rd_arena_take will hand out: each piece rounded up to 64. Overflow sticks. */
typedef struct rd_plan {
    size_t size;
    int overflow;
} rd_plan;
void rd_plan_add(rd_plan *plan, size_t count, size_t size);

#endif
