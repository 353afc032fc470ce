/* The only place that asks the system for memory. Counting costs one atomic addition a block; blocks are few,
 * because a step allocates nothing. */
#include "base/memory.h"
#include "base/arena.h"
#include "base/size.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20, LARGE = 64 << 20 };

static atomic_uint_fast64_t made, live;  /* blocks asked for; blocks not freed */
static atomic_uint_fast64_t fail_number; /* the request that fails, counted as `made`; 0 for none */
static atomic_int fail_forever;
static _Thread_local int trapped; /* of this thread, so that a step never disturbs another owner's thread */

void rd_memory_fail_at(uint64_t n, int forever)
{
    atomic_store(&fail_forever, forever);
    atomic_store(&fail_number, n ? atomic_load(&made) + n : 0);
}

uint64_t rd_memory_count(void)
{
    return atomic_load(&made);
}
uint64_t rd_memory_live(void)
{
    return atomic_load(&live);
}
void rd_memory_trap(int on)
{
    trapped += on ? 1 : -1;
}

/* Whether the request that is about to be made may go to the system. */
static int may_go(void)
{
    const uint64_t number = atomic_fetch_add(&made, 1) + 1, stop = atomic_load(&fail_number);
    return stop == 0 || !(number == stop || (number > stop && atomic_load(&fail_forever)));
}

static rondo_status no_memory(const char *purpose, size_t count, size_t size, rondo_error *error)
{
    size_t bytes;
    if (!rd_mul(count, size, &bytes))
        return rd_fail(error, RONDO_LIMIT, "no memory for %s (%zu times %zu bytes)", purpose, count, size);
    return rd_fail(error, RONDO_LIMIT, "no memory for %s (%zu bytes)", purpose, bytes);
}

/* Checks a request before it is made: *bytes is at least 1 and never more than a difference of pointers. */
static rondo_status check_request(size_t count, size_t size, const char *purpose, size_t *bytes,
                                  rondo_error *error)
{
    if (trapped > 0) return rd_fail(error, RONDO_BUG, "allocation inside a step (%s)", purpose);
    const int allowed = may_go();
    if (!allowed || !rd_mul(count, size, bytes) || *bytes > (size_t)PTRDIFF_MAX - HUGE_PAGE)
        return no_memory(purpose, count, size, error);
    *bytes = rd_size_max(*bytes, 1);
    const rd_room room = *bytes < LARGE ? (rd_room){UINT64_MAX, NULL} : rd_memory_room();
    if (*bytes > room.bytes)
        return rd_fail(error, RONDO_LIMIT, "no memory for %s (%.1f MiB): %s %.1f MiB", purpose,
                       (double)*bytes / 1048576, room.by, (double)room.bytes / 1048576);
    return RONDO_OK;
}

rondo_status rd_alloc(size_t count, size_t size, const char *purpose, void *block, rondo_error *error)
{
    size_t bytes = 1;
    RD_TRY(check_request(count, size, purpose, &bytes, error));
    void *fresh = calloc(bytes, 1);
    if (!fresh) return no_memory(purpose, count, size, error);
    atomic_fetch_add(&live, 1);
    memcpy(block, &fresh, sizeof fresh);
    return RONDO_OK;
}

/* `bytes` went through check_request. */
static rondo_status aligned(size_t bytes, const char *purpose, void *block, rondo_error *error)
{
    const int large = bytes >= 2 * (size_t)HUGE_PAGE;
    bytes = rd_ceil_div(bytes, RD_ALIGN) * RD_ALIGN;
    void *fresh = aligned_alloc(large ? HUGE_PAGE : RD_ALIGN,
                                large ? rd_ceil_div(bytes, HUGE_PAGE) * HUGE_PAGE : bytes);
    if (!fresh) return no_memory(purpose, bytes, 1, error);
    if (large) (void)madvise(fresh, bytes, MADV_HUGEPAGE); /* advice; without it only slower */
    atomic_fetch_add(&live, 1);
    memcpy(block, &fresh, sizeof fresh);
    return RONDO_OK;
}

rondo_status rd_alloc_raw(size_t bytes, const char *purpose, void *block, rondo_error *error)
{
    size_t checked = 1;
    RD_TRY(check_request(bytes, 1, purpose, &checked, error));
    return aligned(checked, purpose, block, error);
}

rondo_status rd_alloc_aligned(size_t count, size_t size, const char *purpose, void *block, rondo_error *error)
{
    void *fresh;
    size_t bytes = 1;
    RD_TRY(check_request(count, size, purpose, &bytes, error));
    bytes = rd_ceil_div(bytes, RD_ALIGN) * RD_ALIGN;
    RD_TRY(aligned(bytes, purpose, &fresh, error));
    memset(fresh, 0, bytes);
    memcpy(block, &fresh, sizeof fresh);
    return RONDO_OK;
}

rondo_status rd_grow(void *block, size_t *room, size_t count, size_t size, const char *purpose,
                     rondo_error *error)
{
    void *old, *fresh;
    size_t bytes = 1, twice;
    memcpy(&old, block, sizeof old);
    if (old && count <= *room) return RONDO_OK;
    if (rd_mul(*room, 2, &twice) && twice > count && twice <= PTRDIFF_MAX / 2 / rd_size_max(size, 1))
        count = twice;
    count = rd_size_max(count, 1);
    RD_TRY(check_request(count, size, purpose, &bytes, error));
    fresh = realloc(old, bytes);
    if (!fresh) return no_memory(purpose, count, size, error);
    if (!old) atomic_fetch_add(&live, 1);
    memcpy(block, &fresh, sizeof fresh);
    *room = count;
    return RONDO_OK;
}

void rd_free(void *block)
{
    if (!block) return;
    atomic_fetch_sub(&live, 1);
    free(block);
}

void rd_free_aligned(void *block)
{
    rd_free(block);
}
