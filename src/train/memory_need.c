/* How much memory a run needs, known before its first step: the largest batch the loader can give, planned
 * through the model, beside parameters, gradients and what the optimiser keeps. */
#include "train/memory_need.h"

#include "base/memory.h"
#include "base/size.h"
#include "base/text.h"
#include "data/characters.h"

#include <stdio.h>
#include <string.h>

/* The `room` longest records so far, the shortest of them in front (a heap). */
typedef struct longest {
    uint64_t *rows; /* owned */
    size_t count, room;
} longest;

static void sink_first(longest *l)
{
    for (size_t i = 0;;) {
        size_t child = 2 * i + 1;
        if (child + 1 < l->count && l->rows[child + 1] < l->rows[child]) child++;
        if (child >= l->count || l->rows[i] <= l->rows[child]) return;
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

/* Rows and steps of a batch of the longest records in one part of the data; `extra` steps are added to each. */
static rondo_status largest_batch(const rondo_data *data, int part, uint64_t extra, size_t sequences,
                                  rd_limits_of_call *limits, rondo_error *error)
{
    longest l = {.room = sequences};
    uint64_t most = 0;
    rondo_status status = RONDO_OK;
    RD_TRY(rd_alloc(sequences, sizeof *l.rows, "lengths", &l.rows, error));
    for (uint64_t k = 0; status == RONDO_OK && k < rd_data_count(data); k++) {
        rd_rows rows = {0};
        status = rd_data_rows(data, k, part, &rows, error);
        most = rows.count > most ? rows.count : most;
        offer(&l, rows.count + extra);
    }
    size_t rows = 0;
    for (size_t i = 0; status == RONDO_OK && i < l.count; i++)
        if (l.rows[i] > SIZE_MAX || !rd_add(rows, (size_t)l.rows[i], &rows))
            status = rd_fail(error, RONDO_LIMIT, "a batch of %zu records is too large", sequences);
    *limits = (rd_limits_of_call){.rows = rows, .steps = (size_t)(most + extra), .sequences = sequences};
    rd_free(l.rows);
    return status;
}

/* Words of the records with most of them, each twice as long as they are on average. */
static rondo_status limits_of_words(const rondo_trainer *t, size_t sequences, rd_limits_of_call *limits, rondo_error *error)
{
    uint64_t most;
    double mean;
    RD_TRY(largest_batch(t->train, RD_X, 0, sequences, limits, error));
    RD_TRY(rd_characters_lengths(t->train->corpus, &most, &mean, error));
    const size_t words = limits->rows, length = (size_t)(2 * mean) + 1;
    size_t rows;
    if (!rd_mul(words, length, &rows)) return rd_fail(error, RONDO_LIMIT, "a batch of %zu words is too large", words);
    *limits = (rd_limits_of_call){.rows = rows, .steps = (size_t)most, .sequences = words};
    return RONDO_OK;
}

/* What the loader makes the parts of a batch of. */
static rondo_status limits_of_part(const rondo_trainer *t, const char *name, size_t sequences, rd_limits_of_call *limits,
                                   rondo_error *error)
{
    const rd_data_form form = rd_data_form_of(t->train);
    const int ends = form == RD_DATA_LINES || form == RD_DATA_CONDITIONS; /* the end symbol is one more step */
    if (rd_equal(name, "chars")) return limits_of_words(t, sequences, limits, error);
    if (rd_equal(name, "c")) return largest_batch(t->train, RD_C, 0, sequences, limits, error);
    if (form == RD_DATA_PAIRS && !rd_equal(name, "x")) return largest_batch(t->train, RD_Y, 1, sequences, limits, error);
    if (form == RD_DATA_CLASSES && rd_equal(name, "y")) return largest_batch(t->train, RD_Y, 0, sequences, limits, error);
    return largest_batch(t->train, RD_X, (uint64_t)ends, sequences, limits, error);
}

/* The longest record, for advice. */
static rondo_status find_longest(const rondo_data *data, rd_record_place *place, rondo_error *error)
{
    for (uint64_t k = 0; k < rd_data_count(data); k++) {
        rd_record_place record;
        RD_TRY(rd_data_record(data, k, &record, error));
        if (k == 0 || record.rows > place->rows) *place = record;
    }
    return RONDO_OK;
}

/* ---- what a run is made of ---- */

enum { MOST_NAMED = 3 };

/* What would help when this kind of part is the largest. */
typedef enum help { HELP_MODEL, HELP_OPTIMIZER, HELP_BATCH } help;

typedef struct part {
    char name[RD_NAME + 64];
    size_t bytes;
    help helps;
} part;

typedef struct need {
    part largest[MOST_NAMED]; /* falling */
    size_t named;
    size_t bytes, ready; /* of all, and of what is there already */
    int overflow;
} need;

static void add_bytes(need *n, size_t bytes, size_t *to)
{
    n->overflow |= !rd_add(*to, bytes, to);
}

static void name_part(need *n, part fresh)
{
    size_t at = n->named;
    for (; at > 0 && n->largest[at - 1].bytes < fresh.bytes; at--)
        if (at < MOST_NAMED) n->largest[at] = n->largest[at - 1];
    if (at == MOST_NAMED) return;
    n->largest[at] = fresh;
    n->named += n->named < MOST_NAMED;
}

static void add_flat(need *n, const char *name, size_t numbers, size_t times, help helps)
{
    part fresh = {.helps = helps};
    (void)snprintf(fresh.name, sizeof fresh.name, "%s", name);
    n->overflow |= !rd_mul(numbers, times * sizeof(rd_real), &fresh.bytes);
    add_bytes(n, fresh.bytes, &n->bytes);
    name_part(n, fresh);
}

/* A frame shares places, so the sum is the frame's and not that of its pieces. */
static rondo_status add_frame(const rondo_trainer *t, const rd_limits_of_call *limits, rondo_mode mode, need *n,
                              rondo_error *error)
{
    rd_limits_of_call all[RD_MAX_PARTS];
    rd_frame frame;
    memcpy(all, limits, sizeof all);
    for (size_t i = 0; i < RD_MAX_PARTS; i++)
        all[i].mode = mode;
    rondo_status status = rd_model_foresee(t->model, all, &frame, error);
    add_bytes(n, frame.bytes, &n->bytes);
    for (size_t i = 0; status == RONDO_OK && i < frame.pieces; i++) {
        const rd_piece *piece = &frame.piece[i];
        part fresh = {.bytes = piece->bytes, .helps = HELP_BATCH};
        const int of_layer = piece->kind != RD_PIECE_LOSS && piece->node >= t->model->parts;
        (void)snprintf(fresh.name, sizeof fresh.name, "%s%s%s%s%s", rd_piece_names[piece->kind],
                       of_layer ? " of \"" : "",
                       of_layer ? t->model->layer[piece->node - t->model->parts].name : "",
                       of_layer ? "\"" : "", mode == RONDO_USE ? " in evaluation" : "");
        name_part(n, fresh);
    }
    rd_frame_free(&frame);
    return status;
}

static rondo_status plan(const rondo_trainer *t, const rd_limits_of_call *limits, need *n, rondo_error *error)
{
    const size_t numbers = t->model->numbers, slots = (size_t)rd_optimizer_slots_of(t->options);
    *n = (need){.bytes = 0};
    add_flat(n, "parameters", numbers, 1, HELP_MODEL);
    add_flat(n, "packed weights", rd_model_packed(t->model), 1, HELP_MODEL);
    n->ready = n->bytes;
    add_flat(n, "gradients of parameters", numbers, 1, HELP_MODEL);
    add_flat(n, "the optimizer's memory", t->model->learning, slots, HELP_OPTIMIZER);
    add_flat(n, "the best parameters so far", numbers, t->valid ? 1 : 0, HELP_MODEL);
    RD_TRY(add_frame(t, limits, RONDO_TRAIN, n, error));
    if (t->valid) RD_TRY(add_frame(t, limits, RONDO_USE, n, error));
    if (n->overflow)
        return rd_fail(error, RONDO_LIMIT, "a model of this size and a batch of this size are too large");
    return RONDO_OK;
}

/* ---- whether it fits ---- */

static void say_parts(const need *n, rd_text *out)
{
    for (size_t i = 0; i < n->named && n->largest[i].bytes > 0; i++)
        rd_text_format(out, "%s%s %.1f MiB", i ? ", " : "; the largest parts: ", n->largest[i].name,
                       (double)n->largest[i].bytes / 1048576);
}

static void say_help(const need *n, const rd_record_place *place, rondo_error *error)
{
    static const char *const helps[] = {
        [HELP_MODEL] = "a smaller --hidden-size, --embed-size or --num-layers needs less",
        [HELP_OPTIMIZER] = "--optimizer momentum or sgd keeps less, a smaller --hidden-size too",
        [HELP_BATCH] = "a smaller --batch-size, --seq-len or --hidden-size needs less; in a deep network "
                       "--saved bf16 or recompute, too"};
    const help most = n->named > 0 ? n->largest[0].helps : HELP_MODEL;
    if (place->name && most == HELP_BATCH)
        rd_hint(error,
                "the longest sequence, %s:%llu, has %llu steps: --max-length, or a smaller --batch-size",
                place->name, (unsigned long long)place->line, (unsigned long long)place->rows);
    else
        rd_hint(error, "%s", helps[most]);
}

/* --memory limits the whole; without it what is still to come must fit into what is left. */
static rondo_status check_room(const rondo_trainer *t, const need *n, const rd_record_place *place,
                               rondo_error *error)
{
    const int64_t asked = rd_option_integer(t->options, RD_OPT_memory);
    const rd_room room = asked > 0 ? (rd_room){(uint64_t)asked, "--memory allows"} : rd_memory_room();
    const size_t wanted = asked > 0 ? n->bytes : n->bytes - n->ready;
    rd_text parts = {0};
    if (wanted <= room.bytes) return RONDO_OK;
    say_parts(n, &parts);
    rd_fail(error, RONDO_LIMIT, "training needs %.1f MiB%s, %s %.1f MiB%s", (double)wanted / 1048576,
            asked > 0 ? "" : " more", room.by, (double)room.bytes / 1048576, parts.text ? parts.text : "");
    rd_text_free(&parts);
    say_help(n, place, error);
    return RONDO_LIMIT;
}

rondo_status rd_memory_need(const rondo_trainer *t, size_t *bytes, rondo_error *error)
{
    rd_limits_of_call limits[RD_MAX_PARTS] = {{0}};
    rd_record_place place = {0};
    need n;
    size_t sequences = rd_loader_sequences(t->loader);
    for (size_t i = 0; i < RD_MAX_PARTS && rd_data_is_stream(t->train); i++) {
        size_t steps = (size_t)rd_option_integer(t->options, RD_OPT_seq_len);
        limits[i] = (rd_limits_of_call){.steps = steps, .sequences = sequences};
        if (!rd_mul(steps, sequences, &limits[i].rows))
            return rd_fail(error, RONDO_LIMIT, "a batch of %zu sequences of %zu steps is too large",
                           sequences, steps);
    }
    if (!rd_data_is_stream(t->train)) {
        for (size_t i = 0; i < t->model->parts; i++)
            RD_TRY(limits_of_part(t, t->model->part[i].name, sequences, &limits[i], error));
        RD_TRY(find_longest(t->train, &place, error));
    }
    RD_TRY(plan(t, limits, &n, error));
    *bytes = n.bytes;
    return check_room(t, &n, &place, error);
}
