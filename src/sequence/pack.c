/* Lengths to rows: sequences sorted by length, longest first, so that the rows of a step are one run and
 * neither direction needs a mask. */
#include "sequence/batch.h"

#include "base/size.h"

#include <string.h>

static rondo_status measure(const size_t *length, size_t sequences, size_t *steps, size_t *rows,
                            rondo_error *error)
{
    *steps = *rows = 0;
    for (size_t i = 0; i < sequences; i++) {
        *steps = rd_size_max(*steps, length[i]);
        if (!rd_add(*rows, length[i], rows))
            return rd_fail(error, RONDO_LIMIT,
                           "the lengths of %zu sequences add up to more than can be counted", sequences);
    }
    return RONDO_OK;
}

/* Counting sort: the place of the first sequence of length L is the number of longer ones. Stable, since the
 * caller's order is walked upwards. `offset` holds those places for a while. */
static void sort(const size_t *length, size_t sequences, size_t steps, size_t *order, size_t *count,
                 size_t *offset)
{
    memset(count, 0, steps * sizeof *count);
    for (size_t i = 0; i < sequences; i++)
        if (length[i] > 0) count[length[i] - 1]++;
    for (size_t t = steps; t-- > 1;)
        count[t - 1] += count[t];
    memcpy(offset, count, steps * sizeof *offset);
    offset[steps] = 0;
    for (size_t i = 0; i < sequences; i++)
        order[offset[length[i]]++] = i;
    offset[0] = 0;
    for (size_t t = 0; t < steps; t++)
        offset[t + 1] = offset[t] + count[t];
}

rondo_status rd_pack_build(rd_pack_store *store, const size_t *length, size_t sequences, rondo_error *error)
{
    size_t steps, rows, need;
    RD_TRY(measure(length, sequences, &steps, &rows, error));
    if (!rd_mul(sequences, 2, &need) || !rd_add(need, steps, &need) || !rd_add(need, steps, &need) ||
        !rd_add(need, 1, &need))
        return rd_fail(error, RONDO_LIMIT, "%zu sequences of %zu steps are more than can be counted",
                       sequences, steps);
    if (need > store->room)
        RD_TRY(rd_grow(&store->block, &store->room, need, sizeof *store->block, "the row map of a batch",
                       error));
    size_t *own = store->block, *order = own + sequences, *count = order + sequences, *offset = count + steps;
    if (sequences > 0) memmove(own, length, sequences * sizeof *own);
    sort(own, sequences, steps, order, count, offset);
    store->pack = (rondo_pack){.sequences = sequences,
                               .steps = steps,
                               .rows = rows,
                               .length = own,
                               .order = order,
                               .count = count,
                               .offset = offset};
    return RONDO_OK;
}

void rd_pack_free(rd_pack_store *store)
{
    rd_free(store->block);
    *store = (rd_pack_store){.block = NULL};
}

size_t rd_pack_place(const rondo_pack *pack, size_t sequence)
{
    size_t place = 0;
    while (pack->order[place] != sequence)
        place++;
    return place;
}

size_t rd_pack_last_row(const rondo_pack *pack, size_t place)
{
    size_t length = pack->length[pack->order[place]];
    return length > 0 ? pack->offset[length - 1] + place : SIZE_MAX;
}

rondo_status rondo_unpack(const rondo_pack *pack, const rondo_real *rows, size_t stride, size_t width,
                          rondo_real *const *out, rondo_error *error)
{
    if (!pack || !out || (!rows && pack->rows > 0))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_unpack: %s is missing",
                       !pack  ? "pack"
                       : !out ? "out"
                              : "rows");
    if (stride < width)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_unpack: rows of %zu numbers cannot lie %zu apart",
                       width, stride);
    for (size_t t = 0; t < pack->steps; t++)
        for (size_t p = 0; p < pack->count[t]; p++) {
            rondo_real *to = out[pack->order[p]];
            if (!to)
                return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_unpack: out[%zu] is missing",
                               pack->order[p]);
            /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): rows is there when the pack has any */
            memcpy(to + t * width, rows + (pack->offset[t] + p) * stride, width * sizeof *to);
        }
    return RONDO_OK;
}
