/* Largest first, each as low as it fits: within a few percent of the least for the nested lives of a forward
 * and a backward pass, and the same on every machine. */
#include "model/pieces.h"

#include "base/size.h"

#include <string.h>

const char *const rd_piece_names[RD_PIECE_KINDS] = {[RD_PIECE_STATE] = "states",
                                                    [RD_PIECE_VALUE] = "values",
                                                    [RD_PIECE_GRAD] = "gradients of values",
                                                    [RD_PIECE_LAYER] = "saved gates and workspace",
                                                    [RD_PIECE_LOSS] = "losses"};

static int meet(const rd_piece *a, const rd_piece *b)
{
    return a->first <= b->last && b->first <= a->last;
}

/* Of two pieces of one size the one that begins first. */
static int goes_before(const rd_piece *piece, size_t a, size_t b)
{
    if (piece[a].bytes != piece[b].bytes) return piece[a].bytes > piece[b].bytes;
    return piece[a].first != piece[b].first ? piece[a].first < piece[b].first : a < b;
}

static void sort_by_size(const rd_piece *piece, size_t *order, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t k = i;
        for (; k > 0 && goes_before(piece, i, order[k - 1]); k--)
            order[k] = order[k - 1];
        order[k] = i;
    }
}

/* The lowest gap between the placed pieces (by rising `at`) that the new one meets. */
static size_t lowest_gap(const rd_piece *piece, const size_t *placed, size_t count, const rd_piece *fresh)
{
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        const rd_piece *other = &piece[placed[i]];
        if (!meet(other, fresh)) continue;
        if (other->at >= at && other->at - at >= fresh->bytes) break;
        at = rd_size_max(at, other->at + other->bytes);
    }
    return at;
}

static void insert(const rd_piece *piece, size_t *placed, size_t count, size_t fresh)
{
    for (; count > 0 && piece[placed[count - 1]].at > piece[fresh].at; count--)
        placed[count] = placed[count - 1];
    placed[count] = fresh;
}

rondo_status rd_pieces_place(rd_piece *piece, size_t count, size_t *bytes, rondo_error *error)
{
    size_t *order, sum = 0, end = 0;
    *bytes = SIZE_MAX;
    for (size_t i = 0; i < count; i++)
        if (!rd_add(sum, piece[i].bytes, &sum))
            return RONDO_OK; /* no offset overflows when the sum does not */
    RD_TRY(rd_alloc(2 * count, sizeof *order, "the plan of the memory", &order, error));
    sort_by_size(piece, order, count);
    for (size_t i = 0; i < count; i++) {
        rd_piece *fresh = &piece[order[i]];
        fresh->at = lowest_gap(piece, order + count, i, fresh);
        insert(piece, order + count, i, order[i]);
        end = rd_size_max(end, fresh->at + fresh->bytes);
    }
    rd_free(order);
    *bytes = end;
    return RONDO_OK;
}

size_t rd_pieces_least(const rd_piece *piece, size_t count)
{
    size_t most = 0;
    for (size_t i = 0; i < count; i++) { /* the use is highest where some piece begins */
        size_t sum = 0;
        for (size_t k = 0; k < count; k++)
            sum += piece[k].first <= piece[i].first && piece[i].first <= piece[k].last ? piece[k].bytes : 0;
        most = rd_size_max(most, sum);
    }
    return most;
}
