/* One block, sized first and handed out after. */
#include "base/arena.h"
#include "base/size.h"

/* The bytes that a piece takes: whole cache lines, so that two threads never share one. */
static int piece_size(size_t count, size_t size, size_t *bytes)
{
    size_t exact;
    if (!rd_mul(count, size, &exact) || exact > SIZE_MAX - RD_ALIGN) return 0;
    *bytes = rd_ceil_div(exact, RD_ALIGN) * RD_ALIGN;
    return 1;
}

rondo_status rd_arena_reserve(rd_arena *arena, size_t size, const char *purpose, rondo_error *error)
{
    size_t bytes;
    if (!piece_size(size, 1, &bytes))
        return rd_fail(error, RONDO_LIMIT, "no memory for %s (%zu bytes)", purpose, size);
    if (arena->base && bytes <= arena->size) return RONDO_OK;
    rd_arena_free(arena);
    RD_TRY(rd_alloc_raw(bytes, purpose, &arena->base, error));
    arena->size = bytes;
    return RONDO_OK;
}

void rd_arena_free(rd_arena *arena)
{
    rd_free_aligned(arena->base);
    *arena = (rd_arena){0};
}

void rd_plan_add(rd_plan *plan, size_t count, size_t size)
{
    size_t bytes, sum;
    if (piece_size(count, size, &bytes) && rd_add(plan->size, bytes, &sum))
        plan->size = sum;
    else
        plan->overflow = 1;
}
