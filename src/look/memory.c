/* inspect --what memory: what training with the model's options takes, part by part, beside what a step takes
 * when it is run. */
#include "look/inspect.h"

#include "base/memory.h"
#include "base/size.h"
#include "optim/optimizer.h"

#include <string.h>

enum { MOST_NAMED = 5, CHARACTERS = 6 /* of a word */ };

typedef struct shape {
    size_t steps, sequences;
} shape;

static double kib(size_t bytes)
{
    return (double)bytes / 1024;
}

static void row(rd_text *out, const char *name, size_t bytes, const char *help)
{
    rd_text_format(out, "%-26s %12.1f KiB  %s\n", name, kib(bytes), help);
}

/* The sequences of a part inside another are the rows of that. */
static shape shape_of(const rondo_model *m, size_t part, shape s)
{
    return m->part[part].inside ? (shape){.steps = CHARACTERS, .sequences = s.steps * s.sequences} : s;
}

static void limits_of(const rondo_model *m, shape batch, rondo_mode mode, rd_limits_of_call *limits)
{
    for (size_t i = 0; i < m->parts; i++) {
        const shape s = shape_of(m, i, batch);
        limits[i] = (rd_limits_of_call){
            .rows = s.steps * s.sequences, .steps = s.steps, .sequences = s.sequences, .mode = mode};
    }
}

/* ---- a step on zeros ---- */

/* A target of a loss with a row a sequence has length 1, every other part the steps of the batch. */
static int has_one_step(const rondo_model *m, size_t part)
{
    for (size_t i = 0; i < m->losses; i++)
        if (m->loss[i].target == part && m->layer[m->loss[i].source].out.per_sequence) return 1;
    return 0;
}

/* Every sequence of every part is the same zeros. */
typedef struct zeros {
    rd_real *values;  /* [steps * widest part] */
    int32_t *symbols; /* [steps] */
    size_t *length;   /* [sequences of any part] */
    const rd_real **value_of;
    const int32_t **symbols_of; /* [sequences of any part] */
} zeros;

static rondo_status make_zeros(const rondo_model *m, shape s, zeros *z, rondo_error *error)
{
    shape most = s;
    size_t widest = 1;
    for (size_t i = 0; i < m->parts; i++) {
        const shape own = shape_of(m, i, s);
        widest = m->part[i].symbols ? widest : rd_size_max(widest, m->part[i].width);
        most = (shape){rd_size_max(most.steps, own.steps), rd_size_max(most.sequences, own.sequences)};
    }
    RD_TRY(rd_alloc(most.steps * widest, sizeof *z->values, "zeros", &z->values, error));
    RD_TRY(rd_alloc(most.steps, sizeof *z->symbols, "zeros", &z->symbols, error));
    RD_TRY(rd_alloc(most.sequences, sizeof *z->length, "zeros", &z->length, error));
    RD_TRY(rd_alloc(most.sequences, sizeof *z->value_of, "zeros", &z->value_of, error));
    RD_TRY(rd_alloc(most.sequences, sizeof *z->symbols_of, "zeros", &z->symbols_of, error));
    for (size_t i = 0; i < most.sequences; i++) {
        z->value_of[i] = z->values;
        z->symbols_of[i] = z->symbols;
    }
    return RONDO_OK;
}

static void free_zeros(zeros *z)
{
    rd_free(z->values);
    rd_free(z->symbols);
    rd_free(z->length);
    rd_free(z->value_of);
    rd_free(z->symbols_of);
}

static rondo_status fill(const rondo_model *m, shape of_batch, const zeros *z, rondo_batch *batch,
                         rondo_error *error)
{
    for (size_t i = 0; i < m->parts; i++) {
        const shape s = shape_of(m, i, of_batch);
        rondo_sequences part = {.count = s.sequences, .length = z->length};
        for (size_t k = 0; k < s.sequences; k++)
            z->length[k] = has_one_step(m, i) ? 1 : s.steps;
        if (m->part[i].symbols) {
            part.symbols = z->symbols_of;
        } else {
            part.values = z->value_of;
            part.width = m->part[i].width;
        }
        RD_TRY(rondo_batch_put(batch, m->part[i].name, &part, error));
    }
    return RONDO_OK;
}

/* *bytes: what more of the process lies in memory after a forward, the losses and a backward. */
static rondo_status run_step(rondo_model *m, const rondo_batch *batch, uint64_t *bytes, rondo_error *error)
{
    const uint64_t before = rd_memory_resident();
    RD_TRY(rondo_model_forward(m, NULL, batch, RONDO_TRAIN, NULL, error));
    if (m->losses > 0) RD_TRY(rondo_model_loss(m, batch, NULL, error));
    RD_TRY(rondo_model_backward(m, batch, error));
    const uint64_t after = rd_memory_resident();
    *bytes = after > before ? after - before : 0;
    return RONDO_OK;
}

static rondo_status measure(rondo_model *m, shape s, uint64_t *bytes, rondo_error *error)
{
    zeros z = {.values = NULL};
    rondo_batch *batch = NULL;
    rondo_status status = make_zeros(m, s, &z, error);
    if (status == RONDO_OK) status = rondo_batch_new(&batch, error);
    if (status == RONDO_OK) status = fill(m, s, &z, batch, error);
    if (status == RONDO_OK) status = run_step(m, batch, bytes, error);
    rondo_batch_free(batch);
    free_zeros(&z);
    return status;
}

/* ---- the picture ---- */

static void kinds_text(const rd_frame *frame, rd_text *out)
{
    size_t of[RD_PIECE_KINDS] = {0};
    for (size_t i = 0; i < frame->pieces; i++)
        of[frame->piece[i].kind] += frame->piece[i].bytes;
    for (size_t k = RD_PIECE_KINDS; k-- > 0;)
        row(out, rd_piece_names[k], of[k], k == RD_PIECE_KINDS - 1 ? "of a step, side by side" : "");
    row(out, "a place of its own each", frame->apart, "the five together");
    row(out, "shared by liveness", frame->bytes, "what a step reserves for them");
}

/* The next piece in falling order of size after the one named last; pieces of one size by their order. */
static size_t next_largest(const rd_frame *frame, size_t last)
{
    size_t best = frame->pieces;
    for (size_t i = 0; i < frame->pieces; i++) {
        const size_t bytes = frame->piece[i].bytes;
        const int after = last == frame->pieces || bytes < frame->piece[last].bytes ||
                          (i > last && bytes == frame->piece[last].bytes);
        if (after && (best == frame->pieces || bytes > frame->piece[best].bytes)) best = i;
    }
    return best;
}

static void largest_text(const rondo_model *m, const rd_frame *frame, rd_text *out)
{
    rd_text_put(out, "\nthe largest of them\n");
    size_t at = frame->pieces;
    for (size_t k = 0; k < MOST_NAMED && k < frame->pieces; k++) {
        at = next_largest(frame, at);
        const rd_piece *piece = &frame->piece[at];
        const int of_layer =
            piece->kind != RD_PIECE_LOSS && piece->kind != RD_PIECE_STATE && piece->node >= m->parts;
        row(out, rd_piece_names[piece->kind], piece->bytes,
            of_layer ? m->layer[piece->node - m->parts].name : "");
    }
}

static rondo_status measured_text(rondo_model *m, shape s, size_t planned, rd_text *out, rondo_error *error)
{
    const rd_room room = rd_memory_room();
    uint64_t bytes = 0;
    if (planned > room.bytes) {
        rd_text_format(out, "\na step on zeros was not run: %s %.1f KiB\n", room.by,
                       (double)room.bytes / 1024);
        return RONDO_OK;
    }
    RD_TRY(measure(m, s, &bytes, error));
    row(out, "\nplanned for a step", planned, "gradients and what it reserves");
    row(out, "measured", (size_t)bytes, "a step on zeros, memory that became resident");
    return RONDO_OK;
}

static rondo_status training_text(const rd_view_of *view, shape s, rd_text *out, rondo_error *error)
{
    rondo_model *m = view->model;
    rd_limits_of_call limits[RD_MAX_PARTS];
    rd_frame frame;
    const size_t flat = m->numbers * sizeof(rd_real), slots = (size_t)rd_optimizer_slots_of(m->options);
    limits_of(m, s, RONDO_TRAIN, limits);
    rondo_status status = rd_model_foresee(m, limits, &frame, error);
    if (status == RONDO_OK) {
        row(out, "parameters", flat, "flat, as in the file");
        row(out, "packed weights", rd_model_packed(m) * sizeof(rd_real),
            "as the kernels read them, both directions");
        row(out, "gradients", flat, "in training");
        row(out, "optimizer", slots * flat, rd_option_text(m->options, RD_OPT_optimizer));
        kinds_text(&frame, out);
        largest_text(m, &frame, out);
        status = measured_text(m, s, frame.bytes + flat, out, error);
    }
    rd_frame_free(&frame);
    return status;
}

rondo_status rd_inspect_memory(const rd_view_of *view, rd_text *out, rondo_error *error)
{
    const rondo_model *m = view->model;
    const shape s = {.steps = (size_t)rd_option_integer(m->options, RD_OPT_seq_len),
                     .sequences = (size_t)rd_option_integer(m->options, RD_OPT_batch_size)};
    rd_limits_of_call limits[RD_MAX_PARTS];
    size_t use, one;
    limits_of(m, s, RONDO_USE, limits);
    RD_TRY(rd_model_memory(m, limits, &use, error));
    limits_of(m, (shape){1, 1}, RONDO_USE, limits);
    RD_TRY(rd_model_memory(m, limits, &one, error));
    rd_text_format(out, "training with %zu sequences of %zu steps\n\n", s.sequences, s.steps);
    RD_TRY(training_text(view, s, out, error));
    rd_text_put(out, "\n");
    row(out, "evaluation", use, "the same batch, without a backward pass");
    row(out, "a state", one + m->state_width * sizeof(rd_real), "one sequence, stepped one input at a time");
    return rd_text_done(out, error);
}
