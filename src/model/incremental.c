/* One frame in which every value has a place of its own; the layers are in two groups, by the part whose rows
 * they follow. */
#include "model/incremental.h"

#include "base/clock.h"
#include "base/size.h"
#include "layers/attend.h"
#include "model/run.h"

#include <string.h>

enum { GIVEN = 0, STEPPED = 1 };

struct rd_incremental {
    const rondo_model *model; /* lent */
    size_t part;
    unsigned char *group; /* [layers] owned */
    size_t looks;         /* the last layer that attends; SIZE_MAX: none */
    rd_frame frame;
    const rondo_pack *packs[RD_MAX_PARTS];
    const rondo_batch *batch; /* lent from begin on */
    rd_pack_store pack;       /* of a step: rows of one symbol each */
    size_t most, rows, steps, room;
    size_t *one, *sequence; /* [room] owned, as all that follow */
    int32_t *symbol;
    unsigned char *fresh;
    rd_real *state, *before; /* [room][state_width] after and before the last step */
    rd_call call;            /* of the last step */
};

/* ---- making ---- */

static rondo_status find_part(rd_incremental *s, const char *part, rondo_error *error)
{
    const rondo_model *model = s->model;
    for (s->part = 0; s->part < model->parts; s->part++)
        if (rd_equal(model->part[s->part].name, part)) break;
    if (s->part < model->parts && model->part[s->part].symbols) return RONDO_OK;
    return rd_fail(error, RONDO_BAD_MODEL, "the model reads no symbols of a part %s step by step",
                   rd_quote(part).text);
}

static rondo_status sort_layers(rd_incremental *s, rondo_error *error)
{
    const rondo_model *model = s->model;
    s->looks = SIZE_MAX;
    for (size_t i = 0; i < model->layers; i++) {
        const rd_layer *layer = &model->layer[i];
        s->group[i] = layer->out.part == s->part ? STEPPED : GIVEN;
        if (s->group[i] == STEPPED && !layer->streams)
            return rd_fail(error, RONDO_BAD_MODEL,
                           "layer \"%s\" (%s) needs whole sequences and cannot go step by step", layer->name,
                           layer->ops->kind);
        if (s->group[i] == STEPPED && rd_attends(layer)) s->looks = i;
    }
    return RONDO_OK;
}

rondo_status rd_incremental_new(const rondo_model *model, const char *part, rd_incremental **incremental,
                                rondo_error *error)
{
    rd_incremental *s;
    *incremental = NULL;
    RD_TRY(rd_alloc(1, sizeof *s, "a search", &s, error));
    s->model = model;
    s->frame.streams = s->frame.stays = 1;
    rondo_status status = rd_alloc(model->layers, 1, "a search", &s->group, error);
    if (status == RONDO_OK) status = find_part(s, part, error);
    if (status == RONDO_OK) status = sort_layers(s, error);
    if (status != RONDO_OK) {
        rd_incremental_free(s);
        return status;
    }
    *incremental = s;
    return RONDO_OK;
}

static void free_rows(rd_incremental *s)
{
    rd_free(s->one), rd_free(s->sequence), rd_free(s->symbol), rd_free(s->fresh);
    rd_free_aligned(s->state), rd_free_aligned(s->before);
    s->one = s->sequence = NULL;
    s->symbol = NULL;
    s->fresh = NULL;
    s->state = s->before = NULL;
    s->room = 0;
}

void rd_incremental_free(rd_incremental *s)
{
    if (!s) return;
    free_rows(s);
    rd_frame_free(&s->frame);
    rd_pack_free(&s->pack);
    rd_free(s->group);
    rd_free(s);
}

static rondo_status make_rows(rd_incremental *s, size_t most, rondo_error *error)
{
    const size_t width = rd_size_max(1, s->model->state_width) * sizeof(rd_real);
    s->most = most;
    if (most <= s->room) return RONDO_OK;
    free_rows(s);
    RD_TRY(rd_alloc(most, sizeof *s->one, "a search", &s->one, error));
    RD_TRY(rd_alloc(most, sizeof *s->sequence, "a search", &s->sequence, error));
    RD_TRY(rd_alloc(most, sizeof *s->symbol, "a search", &s->symbol, error));
    RD_TRY(rd_alloc(most, 1, "a search", &s->fresh, error));
    RD_TRY(rd_alloc_aligned(most, width, "a search", &s->state, error));
    RD_TRY(rd_alloc_aligned(most, width, "a search", &s->before, error));
    for (size_t r = 0; r < most; r++)
        s->one[r] = 1;
    s->room = most;
    return RONDO_OK;
}

/* ---- what is given ---- */

/* Whether a layer that is not of the steps reads the part. */
static int is_given(const rd_incremental *s, size_t part)
{
    for (size_t i = 0; i < s->model->layers; i++) {
        const rd_layer *layer = &s->model->layer[i];
        for (size_t k = 0; k < layer->inputs - layer->training_inputs; k++)
            if (layer->source[k] == part && part != s->part) return 1;
    }
    return 0;
}

static rondo_status bind_given(rd_incremental *s, const rondo_batch *batch, rondo_error *error)
{
    const rondo_model *model = s->model;
    const rd_part *part[RD_MAX_PARTS] = {NULL};
    rd_limits_of_call limits[RD_MAX_PARTS] = {{.rows = 0}};
    for (size_t i = 0; i < model->parts; i++) {
        if (i == s->part) limits[i] = (rd_limits_of_call){.rows = s->most, .steps = 1, .sequences = s->most};
        if (!is_given(s, i)) continue;
        RD_TRY(rd_run_part(model, batch, i, 0, &part[i], error));
        const rondo_pack *pack = &part[i]->packed.pack;
        limits[i] =
            (rd_limits_of_call){.rows = pack->rows, .steps = pack->steps, .sequences = pack->sequences};
    }
    RD_TRY(rd_frame_ready(model, &s->frame, limits, RONDO_USE, error));
    for (size_t i = 0; i < model->parts; i++) {
        rd_value *value = &s->frame.value[i];
        s->packs[i] = part[i] ? &part[i]->packed.pack : NULL;
        value->data = part[i] ? part[i]->values : NULL;
        value->symbols = part[i] && !part[i]->width ? part[i]->symbols : NULL;
        value->stride = model->part[i].width;
    }
    return RONDO_OK;
}

static rd_call base_call(const rd_incremental *s, size_t sequences)
{
    return (rd_call){.device = s->model->device,
                     .mode = RONDO_USE,
                     .seed = s->model->seed,
                     .packs = s->packs,
                     .sequences = sequences,
                     .state_stride = s->model->state_width,
                     .params = s->model->params};
}

rondo_status rd_incremental_begin(rd_incremental *s, const rondo_batch *batch, size_t most,
                                  rondo_error *error)
{
    RD_TRY(make_rows(s, most, error));
    RD_TRY(bind_given(s, batch, error));
    rd_model_pack(s->model);
    rd_call base = base_call(s, batch->sequences);
    base.final = s->frame.final;
    const uint64_t mode = rd_float_mode_flush();
    rd_run_group(s->model, &s->frame, &base, s->group, GIVEN);
    rd_float_mode_restore(mode);
    s->batch = batch;
    s->rows = s->steps = 0;
    return RONDO_OK;
}

/* ---- a step ---- */

static rondo_status check_rows(const rd_incremental *s, const rd_incremental_rows *rows, rondo_error *error)
{
    const size_t width = s->model->part[s->part].width;
    if (rows->rows == 0 || rows->rows > s->most)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "a step of %zu rows (expected 1 to %zu)", rows->rows,
                       s->most);
    for (size_t r = 0; r < rows->rows; r++)
        if (rows->symbol[r] < 0 || (size_t)rows->symbol[r] >= width ||
            rows->sequence[r] >= s->batch->sequences || (s->steps > 0 && rows->from[r] >= s->rows))
            return rd_fail(error, RONDO_BAD_ARGUMENT,
                           "row %zu of a step: symbol %d of sequence %zu after row %zu", r,
                           (int)rows->symbol[r], rows->sequence[r], s->steps > 0 ? rows->from[r] : 0);
    return RONDO_OK;
}

/* The states go to the rows that go on from them. */
static rondo_status take_rows(rd_incremental *s, const rd_incremental_rows *rows, rondo_error *error)
{
    const size_t width = s->model->state_width;
    if (s->pack.pack.rows != rows->rows) RD_TRY(rd_pack_build(&s->pack, s->one, rows->rows, error));
    for (size_t r = 0; s->steps > 0 && r < rows->rows; r++)
        memcpy(s->before + r * width, s->state + rows->from[r] * width, width * sizeof *s->state);
    memcpy(s->symbol, rows->symbol, rows->rows * sizeof *s->symbol);
    memcpy(s->sequence, rows->sequence, rows->rows * sizeof *s->sequence);
    memset(s->fresh, s->steps == 0, rows->rows);
    s->packs[s->part] = &s->pack.pack;
    s->frame.value[s->part].symbols = s->symbol;
    return RONDO_OK;
}

rondo_status rd_incremental_step(rd_incremental *s, const rd_incremental_rows *rows, rondo_view *logits,
                                 rondo_error *error)
{
    const rondo_model *model = s->model;
    const size_t output = rd_run_output(model);
    RD_TRY(check_rows(s, rows, error));
    RD_TRY(take_rows(s, rows, error));
    s->call = base_call(s, rows->rows);
    s->call.given = s->sequence;
    s->call.again = s->steps > 0;
    s->call.start = s->before;
    s->call.fresh = s->fresh;
    s->call.final = s->state;
    const uint64_t mode = rd_float_mode_flush();
    rd_run_group(model, &s->frame, &s->call, s->group, STEPPED);
    rd_float_mode_restore(mode);
    s->rows = rows->rows;
    s->steps++;
    const rd_value *value = &s->frame.value[model->parts + output];
    *logits = (rondo_view){.data = value->data,
                           .type = RONDO_REAL,
                           .rank = 2,
                           .shape = {rows->rows, model->layer[output].out.width},
                           .stride = value->stride};
    return RONDO_OK;
}

const rd_real *rd_incremental_weights(const rd_incremental *s, size_t row)
{
    size_t stride;
    if (s->looks == SIZE_MAX || row >= s->rows) return NULL;
    const rd_call call = rd_frame_call(s->model, &s->frame, &s->call, s->looks);
    const rd_real *weights = rd_attention_weights(&s->model->layer[s->looks], &call, &stride);
    return weights + row * stride;
}

size_t rd_incremental_positions(const rd_incremental *s, size_t sequence)
{
    if (s->looks == SIZE_MAX) return 0;
    return s->packs[s->model->layer[s->looks].in[1].part]->length[sequence];
}
