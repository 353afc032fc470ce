/* How much memory a run needs, known before its first step: the largest batch the loader can give, planned through the
 * model, beside parameters, gradients and what the optimiser keeps. */
#include "train/memory_need.h"

#include "base/memory.h"
#include "base/size.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

/* The `room` longest records so far, the shortest of them in front (a heap). */
typedef struct longest {
    uint64_t *rows; /* owned */
    size_t count, room;
} longest;

static void sink_first(longest *l)
{
    for (size_t i = 0;;) {
        size_t child = 2 * i + 1;
        if (child + 1 < l->count && l->rows[child + 1] < l->rows[child])
            child++;
        if (child >= l->count || l->rows[i] <= l->rows[child])
            return;
        uint64_t other = l->rows[i];
        l->rows[i] = l->rows[child];
        l->rows[child] = other;
        i = child;
    }
}

static void lift_last(longest *l)
{
    for (size_t i = l->count - 1; i > 0 && l->rows[i] < l->rows[(i - 1) / 2]; i = (i - 1) / 2) {
        uint64_t other = l->rows[i];
        l->rows[i] = l->rows[(i - 1) / 2];
        l->rows[(i - 1) / 2] = other;
    }
}

static void offer(longest *l, uint64_t rows)
{
    if (l->count < l->room) {
        l->rows[l->count++] = rows;
        lift_last(l);
    } else if (rows > l->rows[0]) {
        l->rows[0] = rows;
        sink_first(l);
    }
}

/* Rows and steps of a batch of the longest records; *place is the longest. */
static rondo_status largest_batch(const rondo_data *data, size_t sequences, rd_limits_of_call *limits,
                                  rd_record_place *place, rondo_error *error)
{
    longest l = {.room = sequences};
    uint64_t extra = rd_data_form_of(data) != RD_DATA_NUMBERS; /* the end symbol */
    rondo_status status = RONDO_OK;
    RD_TRY(rd_alloc(sequences, sizeof *l.rows, "lengths", &l.rows, error));
    for (uint64_t k = 0; status == RONDO_OK && k < rd_data_count(data); k++) {
        rd_record_place record;
        status = rd_data_record(data, k, &record, error);
        if (status != RONDO_OK)
            break;
        if (k == 0 || record.rows > place->rows)
            *place = record;
        offer(&l, record.rows + extra);
    }
    size_t rows = 0;
    for (size_t i = 0; status == RONDO_OK && i < l.count; i++)
        if (l.rows[i] > SIZE_MAX || !rd_add(rows, (size_t)l.rows[i], &rows))
            status = rd_fail(error, RONDO_LIMIT, "a batch of %zu records is too large", sequences);
    *limits = (rd_limits_of_call){.rows = rows, .steps = (size_t)(place->rows + extra), .sequences = sequences};
    rd_free(l.rows);
    return status;
}

static rondo_status plan(const rondo_trainer *t, rd_limits_of_call limits, size_t *bytes, rondo_error *error)
{
    rd_limits_of_call all[RD_MAX_PARTS];
    size_t need = 0, flat = 0, arrays = 3 + (size_t)rd_optimizer_slots(t->optimizer); /* values, gradients, best, slots */
    static const rondo_mode modes[] = {RONDO_TRAIN, RONDO_USE};
    for (size_t m = 0; m < (t->valid ? 2 : 1); m++) {
        size_t frame;
        limits.mode = modes[m];
        for (size_t i = 0; i < RD_MAX_PARTS; i++)
            all[i] = limits;
        RD_TRY(rd_model_memory(t->model, all, &frame, error));
        if (!rd_add(need, frame, &need))
            return rd_fail(error, RONDO_LIMIT, "a batch of this size is too large");
    }
    if (!rd_mul(t->model->numbers, arrays * sizeof(rd_real), &flat) || !rd_add(need, flat, &need))
        return rd_fail(error, RONDO_LIMIT, "a model of this size is too large");
    *bytes = need;
    return RONDO_OK;
}

/* Bytes of the machine, or of the control group we live in when that is less; 0 when unknown. */
static uint64_t machine_bytes(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    uint64_t bytes = pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : 0, group;
    FILE *file = fopen("/sys/fs/cgroup/memory.max", "re");
    /* NOLINTNEXTLINE(cert-err34-c): the system writes it; "max" is no number and leaves what the machine has */
    if (file && fscanf(file, "%20" SCNu64, &group) == 1 && (!bytes || group < bytes))
        bytes = group;
    if (file)
        (void)fclose(file);
    return bytes;
}

rondo_status rd_memory_need(const rondo_trainer *t, size_t *bytes, rondo_error *error)
{
    rd_limits_of_call limits;
    rd_record_place place = {0};
    size_t sequences = rd_loader_sequences(t->loader);
    if (rd_data_is_stream(t->train)) {
        size_t steps = (size_t)rd_option_integer(t->options, RD_OPT_seq_len);
        limits = (rd_limits_of_call){.steps = steps, .sequences = sequences};
        if (!rd_mul(steps, sequences, &limits.rows))
            return rd_fail(error, RONDO_LIMIT, "a batch of %zu sequences of %zu steps is too large", sequences, steps);
    } else {
        RD_TRY(largest_batch(t->train, sequences, &limits, &place, error));
    }
    RD_TRY(plan(t, limits, bytes, error));
    int64_t asked = rd_option_integer(t->options, RD_OPT_memory);
    uint64_t most = asked > 0 ? (uint64_t)asked : machine_bytes();
    if (!most || *bytes <= most)
        return RONDO_OK;
    rd_fail(error, RONDO_LIMIT, "training needs %.1f MiB, %s %.1f MiB", (double)*bytes / 1048576,
            asked > 0 ? "--memory allows" : "this machine has", (double)most / 1048576);
    if (place.name)
        rd_hint(error, "the longest sequence, %s:%llu, has %llu steps: --max-length, or a smaller --batch-size", place.name,
                (unsigned long long)place.line, (unsigned long long)place.rows);
    else
        rd_hint(error, "a smaller --batch-size, --seq-len or --hidden-size needs less");
    return RONDO_LIMIT;
}
