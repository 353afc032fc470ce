/* An array that may be larger than memory: the front stays in memory, the rest goes to a file without a name
 * through a tail of some kilobytes. Reading changes nothing, so several threads may read one store. */
#include "base/file_inside.h"
#include "base/memory.h"
#include "base/size.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TAIL_SIZE = 1 << 18 };
static const char NAME[] = "a temporary file";

struct rd_store {
    size_t item;       /* bytes */
    size_t front_most; /* items that memory may hold */
    size_t tail_most;
    size_t front_count, tail_count, front_room;
    uint64_t file_count;  /* items in the file */
    unsigned char *front; /* owned; so is the tail, made when the front is full */
    unsigned char *tail;
    int descriptor;
};

rondo_status rd_store_new(size_t item, size_t limit, rd_store **store, rondo_error *error)
{
    *store = NULL;
    if (item == 0) return rd_fail(error, RONDO_BAD_ARGUMENT, "a store of items without size");
    RD_TRY(rd_alloc(1, sizeof **store, "a store", store, error));
    (*store)->item = item;
    (*store)->front_most = limit / item;
    (*store)->tail_most = rd_size_max(TAIL_SIZE / item, 1);
    (*store)->descriptor = -1;
    return RONDO_OK;
}

void rd_store_free(rd_store *store)
{
    if (!store) return;
    if (store->descriptor >= 0) (void)close(store->descriptor); /* the file goes with it */
    rd_free(store->front);
    rd_free(store->tail);
    rd_free(store);
}

uint64_t rd_store_count(const rd_store *store)
{
    return store->front_count + store->file_count + store->tail_count;
}

/* ---- adding */

static rondo_status open_spill(rd_store *store, rondo_error *error)
{
    const char *wanted = getenv("TMPDIR"), *folder = wanted && *wanted ? wanted : "/var/tmp";
    char path[4096];
    if (!store->tail) RD_TRY(rd_alloc(store->tail_most, store->item, "a store", &store->tail, error));
    if (snprintf(path, sizeof path, "%s/rondo-XXXXXX", folder) >= (int)sizeof path)
        return rd_fail(error, RONDO_SYSTEM, "%s: the path is too long", rd_path_shown(folder).text);
    store->descriptor = mkostemp(path, O_CLOEXEC);
    if (store->descriptor < 0) return rd_fail_system(error, folder, "hold a temporary file", errno);
    if (unlink(path) != 0) return rd_fail_system(error, path, "be removed", errno);
    return RONDO_OK;
}

static size_t add_front(rd_store *store, const unsigned char *items, size_t count, rondo_status *status,
                        rondo_error *error)
{
    const size_t part = rd_size_min(count, store->front_most - store->front_count);
    if (part == 0) return 0;
    *status =
        rd_grow(&store->front, &store->front_room, store->front_count + part, store->item, "a store", error);
    if (*status != RONDO_OK) return 0;
    memcpy(store->front + store->front_count * store->item, items, part * store->item);
    store->front_count += part;
    return part;
}

/* Starts at the end of what is counted, so that a tail half-written before a failure is written over. */
static rondo_status flush_tail(rd_store *store, rondo_error *error)
{
    const uint64_t at = store->file_count * store->item;
    if (lseek(store->descriptor, (off_t)at, SEEK_SET) < 0)
        return rd_fail_system(error, NAME, "be written", errno);
    RD_TRY(rd_write_all(store->descriptor, NAME, at, store->tail, store->tail_count * store->item, error));
    store->file_count += store->tail_count;
    store->tail_count = 0;
    return RONDO_OK;
}

rondo_status rd_store_add(rd_store *store, const void *items, size_t count, rondo_error *error)
{
    rondo_status status = RONDO_OK;
    const unsigned char *at = items;
    const size_t part = add_front(store, at, count, &status, error);
    if (status != RONDO_OK) return status;
    at += part * store->item;
    count -= part;
    while (count > 0) {
        if (store->descriptor < 0) RD_TRY(open_spill(store, error));
        if (store->tail_count == store->tail_most) RD_TRY(flush_tail(store, error));
        const size_t some = rd_size_min(count, store->tail_most - store->tail_count);
        memcpy(store->tail + store->tail_count * store->item, at, some * store->item);
        store->tail_count += some;
        at += some * store->item;
        count -= some;
    }
    return RONDO_OK;
}

/* ---- reading */

/* How many of `count` items from *first on lie in a region of `size` items; *first is made the place inside
 * it. */
static size_t overlap(uint64_t *first, size_t count, uint64_t size)
{
    if (*first >= size) {
        *first -= size;
        return 0;
    }
    const uint64_t left = size - *first;
    return left < count ? (size_t)left : count;
}

rondo_status rd_store_read(const rd_store *store, uint64_t first, size_t count, void *items,
                           rondo_error *error)
{
    unsigned char *to = items;
    const uint64_t all = rd_store_count(store);
    if (first > all || count > all - first)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "%zu items from %llu on of a store of %llu", count,
                       (unsigned long long)first, (unsigned long long)all);
    size_t part = overlap(&first, count, store->front_count);
    if (part > 0) {
        memcpy(to, store->front + (size_t)first * store->item, part * store->item);
        to += part * store->item;
        count -= part;
        first = 0;
    }
    part = count ? overlap(&first, count, store->file_count) : 0;
    if (part > 0) {
        RD_TRY(rd_read_exactly(store->descriptor, NAME, first * store->item, to, part * store->item, error));
        to += part * store->item;
        count -= part;
        first = 0;
    }
    if (count > 0) memcpy(to, store->tail + (size_t)first * store->item, count * store->item);
    return RONDO_OK;
}
