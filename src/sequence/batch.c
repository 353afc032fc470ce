/* A batch is filled again and again: every part keeps its memory, so that a step after the largest one
 * allocates nothing. */
#include "sequence/batch.h"

#include "base/size.h"
#include "base/text.h"

#include <string.h>

rondo_status rondo_batch_new(rondo_batch **batch, rondo_error *error)
{
    if (!batch) return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_batch_new: batch is missing");
    *batch = NULL;
    return rd_alloc(1, sizeof **batch, "a batch", batch, error);
}

static void drop_part(rd_part *part)
{
    rd_pack_free(&part->packed);
    rd_free(part->values);
    rd_free(part->symbols);
    rd_free(part->weight_kept);
    *part = (rd_part){.width = 0};
}

void rondo_batch_free(rondo_batch *batch)
{
    if (!batch) return;
    for (size_t i = 0; i < batch->parts; i++)
        drop_part(&batch->part[i]);
    rd_free(batch->fresh);
    rd_free(batch);
}

static const struct {
    const char *inner, *outer;
} nested[] = {{"chars", "x"}};

const char *rd_part_outer(const char *name)
{
    for (size_t i = 0; i < sizeof nested / sizeof nested[0]; i++)
        if (rd_equal(nested[i].inner, name)) return nested[i].outer;
    return NULL;
}

/* How many sequences a part of this name must have; SIZE_MAX when the part around it is absent. */
static size_t sequences_of(const rondo_batch *batch, const char *name)
{
    const char *outer = rd_part_outer(name);
    const rd_part *around = outer ? rd_batch_part(batch, outer) : NULL;
    if (!outer) return batch->sequences;
    return around ? around->packed.pack.rows : SIZE_MAX;
}

const rd_part *rd_batch_part(const rondo_batch *batch, const char *name)
{
    for (size_t i = 0; i < batch->parts; i++)
        if (rd_equal(batch->part[i].name, name) && batch->part[i].packed.block &&
            batch->part[i].packed.pack.sequences == sequences_of(batch, name))
            return &batch->part[i];
    return NULL;
}

const rondo_pack *rondo_batch_pack(const rondo_batch *batch, const char *name)
{
    const rd_part *part = batch && name ? rd_batch_part(batch, name) : NULL;
    return part ? &part->packed.pack : NULL;
}

static rondo_status find_or_add(rondo_batch *batch, const char *name, rd_part **part, rondo_error *error)
{
    for (size_t i = 0; i < batch->parts; i++)
        if (rd_equal(batch->part[i].name, name)) {
            *part = &batch->part[i];
            return RONDO_OK;
        }
    if (strlen(name) == 0 || strlen(name) >= RD_PART_NAME)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "the name of a part, %s, must have 1 to %d bytes",
                       rd_quote(name).text, RD_PART_NAME - 1);
    if (batch->parts == RD_MAX_PARTS)
        return rd_fail(error, RONDO_LIMIT, "a batch holds at most %d parts, %s would be one more",
                       RD_MAX_PARTS, rd_quote(name).text);
    *part = &batch->part[batch->parts++];
    memcpy((*part)->name, name, strlen(name) + 1);
    return RONDO_OK;
}

static rondo_status check_count(const rondo_batch *batch, const char *name, size_t count, rondo_error *error)
{
    const rd_part *x = rd_batch_part(batch, "x");
    if (!rd_equal(name, "x") && x && batch->sequences != count)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "part %s of a batch has %zu sequences, part \"x\" has %zu",
                       rd_quote(name).text, count, batch->sequences);
    return RONDO_OK;
}

static rondo_status check_inner(const rondo_batch *batch, const char *name, size_t count, rondo_error *error)
{
    const char *outer = rd_part_outer(name);
    const size_t rows = sequences_of(batch, name);
    if (rows == SIZE_MAX)
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "part %s of a batch has a sequence for each row of part \"%s\", which must come first",
                       rd_quote(name).text, outer);
    if (rows != count)
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "part %s of a batch has %zu sequences, part \"%s\" has %zu rows", rd_quote(name).text,
                       count, outer, rows);
    return RONDO_OK;
}

static rondo_status check_sequences(const rondo_batch *batch, const char *name, const rondo_sequences *s,
                                    rondo_error *error)
{
    const char *outer = rd_part_outer(name);
    if ((s->count == 0 && !outer) || !s->length)
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "part %s of a batch needs at least one sequence and its length", rd_quote(name).text);
    if (!s->values == !s->symbols)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "part %s of a batch needs either values or symbols",
                       rd_quote(name).text);
    if (s->values && s->width == 0)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "part %s of a batch has values of width 0",
                       rd_quote(name).text);
    for (size_t i = 0; i < s->count; i++)
        if (s->length[i] > 0 && !(s->values ? (const void *)s->values[i] : (const void *)s->symbols[i]))
            return rd_fail(error, RONDO_BAD_ARGUMENT, "part %s of a batch: sequence %zu is missing",
                           rd_quote(name).text, i);
    return outer ? check_inner(batch, name, s->count, error) : check_count(batch, name, s->count, error);
}

/* Room for everything first, so that a failure leaves the part as it was. */
static rondo_status make_room(rondo_batch *batch, rd_part *part, const rondo_sequences *s, rondo_error *error)
{
    size_t rows = 0, numbers;
    for (size_t i = 0; i < s->count; i++)
        if (!rd_add(rows, s->length[i], &rows))
            return rd_fail(error, RONDO_LIMIT, "the lengths of a batch add up to more than can be counted");
    if (!rd_mul(rows, s->values ? s->width : 1, &numbers))
        return rd_fail(error, RONDO_LIMIT, "a batch of %zu rows of %zu numbers is too large", rows, s->width);
    if (s->values && numbers > part->values_room)
        RD_TRY(rd_grow(&part->values, &part->values_room, numbers, sizeof *part->values,
                       "the values of a batch", error));
    if (s->symbols && numbers > part->symbols_room)
        RD_TRY(rd_grow(&part->symbols, &part->symbols_room, numbers, sizeof *part->symbols,
                       "the symbols of a batch", error));
    if (s->count > batch->fresh_room && !rd_part_outer(part->name)) {
        size_t old = batch->fresh_room;
        RD_TRY(rd_grow(&batch->fresh, &batch->fresh_room, s->count, 1, "the marks of a batch", error));
        memset(batch->fresh + old, 0, batch->fresh_room - old);
    }
    return rd_pack_build(&part->packed, s->length, s->count, error);
}

static void copy_rows(rd_part *part, const rondo_sequences *s)
{
    const rondo_pack *pack = &part->packed.pack;
    for (size_t t = 0; t < pack->steps; t++)
        for (size_t p = 0; p < pack->count[t]; p++) {
            size_t i = pack->order[p], row = pack->offset[t] + p;
            if (s->symbols)
                part->symbols[row] = s->symbols[i][t];
            else
                memcpy(part->values + row * s->width, s->values[i] + t * s->width,
                       s->width * sizeof *part->values);
        }
}

rondo_status rondo_batch_put(rondo_batch *batch, const char *name, const rondo_sequences *sequences,
                             rondo_error *error)
{
    rd_part *part;
    if (!batch || !name || !sequences)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_batch_put: %s is missing",
                       !batch  ? "batch"
                       : !name ? "name"
                               : "sequences");
    RD_TRY(check_sequences(batch, name, sequences, error));
    RD_TRY(find_or_add(batch, name, &part, error));
    RD_TRY(make_room(batch, part, sequences, error));
    part->weight = NULL;
    part->width = sequences->values ? sequences->width : 0;
    if (!rd_part_outer(name)) batch->sequences = sequences->count;
    if (rd_equal(name, "x")) memset(batch->fresh, 0, batch->fresh_room);
    copy_rows(part, sequences);
    return RONDO_OK;
}

rondo_status rd_batch_weigh(rondo_batch *batch, const char *name, const rd_real *const *weight,
                            rondo_error *error)
{
    rd_part *part;
    if (!rd_batch_part(batch, name))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "the batch has no part %s to weigh", rd_quote(name).text);
    RD_TRY(find_or_add(batch, name, &part, error));
    const rondo_pack *pack = &part->packed.pack;
    RD_TRY(rd_grow(&part->weight_kept, &part->weight_room, pack->rows, sizeof *part->weight, "the weights of rows",
                   error));
    part->weight = part->weight_kept;
    for (size_t t = 0; t < pack->steps; t++)
        for (size_t p = 0; p < pack->count[t]; p++)
            part->weight[pack->offset[t] + p] = weight[pack->order[p]][t];
    return RONDO_OK;
}

rondo_status rondo_batch_reset(rondo_batch *batch, size_t i, rondo_error *error)
{
    if (!batch || i >= batch->sequences)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_batch_reset: sequence %zu of %zu", i,
                       batch ? batch->sequences : 0);
    batch->fresh[i] = 1;
    return RONDO_OK;
}
