/* attention(h, memory=ENC): every row of h looks at the positions of its own source sequence, all rows at
 * once. */
#include "layers/attend.h"
#include "layers/kinds.h"

#include "base/clock.h"

enum { ROWS_A_CHUNK = 64 };

static rondo_status attention_build(rd_layer *layer, rd_node *node, rondo_error *error)
{
    rd_attend *a;
    size_t score;
    if (layer->in[0].per_sequence || layer->in[0].symbols)
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "model text:%zu: attention \"%s\" needs numbers with a row a step; \"%s\" has %s",
                       layer->line, layer->name, node->input[0],
                       layer->in[0].symbols ? "symbols" : "a row a sequence");
    RD_TRY(rd_alloc(1, sizeof *a, "an attention layer", &a, error));
    layer->own = a;
    RD_TRY(rd_setting_choice(node, "score", "dot|general|additive", RD_SCORE_GENERAL, &score, error));
    RD_TRY(rd_attend_build(layer, node, a, score, layer->in[0].width, 1, error));
    layer->out = layer->in[0];
    layer->out.width = a->out;
    layer->out.final = 0;
    layer->streams = 1;
    return RONDO_OK;
}

static void attention_release(rd_layer *layer)
{
    rd_free(layer->own);
}

static size_t attention_packed_numbers(const rd_layer *layer, const rd_kernels *kernels)
{
    return rd_attend_panels_of(layer->own, kernels).numbers;
}

static void attention_pack(const rd_layer *layer, const rondo_device *device, const rd_real *params,
                           rd_real *packed)
{
    rd_attend_pack(layer, layer->own, device, params, packed);
}

static rondo_status attention_memory(const rd_layer *layer, const rondo_device *device,
                                     const rd_limits_of_call *limits, size_t *bytes, rondo_error *error)
{
    rd_frame_plan plan = {.base = NULL};
    (void)device;
    (void)rd_attend_frame_at(layer->own, limits, &plan);
    return rd_frame_plan_bytes(layer, limits, &plan.plan, bytes, error);
}

static rd_attend_run run_of(const rd_layer *layer, const rd_call *call)
{
    const rd_limits_of_call limits = rd_attend_limits(layer, call, 1);
    rd_frame_plan plan = {.base = call->memory};
    const rd_attend_frame frame = rd_attend_frame_at(layer->own, &limits, &plan);
    return rd_attend_run_of(layer, layer->own, call, call->packed, &frame);
}

static rd_attend_rows rows_of(const rd_attend_run *run, size_t row, size_t rows)
{
    const rd_value *in = run->call->in[0];
    return (rd_attend_rows){.row = row,
                            .rows = rows,
                            .x = in->data + row * in->stride,
                            .stride = in->stride,
                            .d_x = in->grad ? in->grad + row * in->stride : NULL,
                            .d_stride = in->stride};
}

/* ---- chunks: some rows, or a block of places through all steps ---- */

static void look_places(const rd_attend_run *run, size_t block,
                        void (*look)(const rd_attend_run *run, const rd_attend_rows *rows))
{
    const rondo_pack *pack = run->pack;
    const size_t first = block * RD_PLACES_A_BLOCK;
    const uint64_t mode = rd_float_mode_flush();
    for (size_t t = 0; t < pack->steps && pack->count[t] > first; t++) {
        rd_attend_rows rows =
            rows_of(run, pack->offset[t] + first, rd_size_min(pack->count[t] - first, RD_PLACES_A_BLOCK));
        rows.place = first;
        look(run, &rows);
    }
    rd_float_mode_restore(mode);
}

static void look(void *context, size_t chunk, size_t thread)
{
    (void)thread;
    look_places(context, chunk, rd_attend_look);
}

static void look_back(void *context, size_t chunk, size_t thread)
{
    (void)thread;
    look_places(context, chunk, rd_attend_look_back);
}

static void mix_rows(const rd_attend_run *run, size_t chunk,
                     void (*mix)(const rd_attend_run *run, const rd_attend_rows *rows))
{
    const size_t first = chunk * ROWS_A_CHUNK;
    const rd_attend_rows rows = rows_of(run, first, rd_size_min(run->pack->rows - first, ROWS_A_CHUNK));
    const uint64_t mode = rd_float_mode_flush();
    mix(run, &rows);
    rd_float_mode_restore(mode);
}

static void mix(void *context, size_t chunk, size_t thread)
{
    (void)thread;
    mix_rows(context, chunk, rd_attend_mix);
}

static void mix_back(void *context, size_t chunk, size_t thread)
{
    (void)thread;
    mix_rows(context, chunk, rd_attend_mix_back);
}

static void attention_forward(const rd_layer *layer, const rd_call *call)
{
    rd_attend_run run = run_of(layer, call);
    const rd_attend_rows all = rows_of(&run, 0, run.pack->rows);
    rd_pool *pool = call->device->pool;
    rd_attend_open(&run);
    rd_attend_ask(&run, &all);
    rd_pool_run(pool, look, &run, rd_ceil_div(run.pack->sequences, RD_PLACES_A_BLOCK));
    rd_pool_run(pool, mix, &run, rd_ceil_div(run.pack->rows, ROWS_A_CHUNK));
}

static void attention_backward(const rd_layer *layer, const rd_call *call)
{
    rd_attend_run run = run_of(layer, call);
    const rd_attend_rows all = rows_of(&run, 0, run.pack->rows);
    rd_pool *pool = call->device->pool;
    rd_attend_open_back(&run);
    rd_pool_run(pool, mix_back, &run, rd_ceil_div(run.pack->rows, ROWS_A_CHUNK));
    rd_pool_run(pool, look_back, &run, rd_ceil_div(run.pack->sequences, RD_PLACES_A_BLOCK));
    rd_attend_ask_back(&run, &all);
    rd_attend_close_back(&run, all.x, all.stride, all.x, all.stride);
}

const rd_layer_ops rd_layer_attention = {
    .kind = "attention",
    .help = "tanh(W [context, h]) of each row, its context out of the positions of memory=NAME",
    .min_inputs = 2,
    .max_inputs = 2,
    .build = attention_build,
    .packed_numbers = attention_packed_numbers,
    .pack = attention_pack,
    .memory = attention_memory,
    .forward = attention_forward,
    .backward = attention_backward,
    .release = attention_release};
