/* One block, sized first and handed out after: sizes are asked, then bound, and binding cannot fail. */
#ifndef RD_ARENA_H
#define RD_ARENA_H

#include "base/memory.h"

#define RD_ALIGN 64u

typedef struct rd_arena {
    unsigned char *base; /* owned; on a 64-byte boundary */
    size_t size;
} rd_arena;

/* Makes room for `size` bytes (rounded up); what they hold is anybody's guess, so that a page is the business
 * of the thread that first uses it, and a page that nobody uses costs nothing. */
rondo_status rd_arena_reserve(rd_arena *arena, size_t size, const char *purpose, rondo_error *error);
void rd_arena_free(rd_arena *arena);

/* A plan adds up pieces of an arena, each rounded up to 64 bytes. Overflow sticks. */
typedef struct rd_plan {
    size_t size;
    int overflow;
} rd_plan;
void rd_plan_add(rd_plan *plan, size_t count, size_t size);

#endif
