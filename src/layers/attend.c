/* The rows of attention, forward and back, and the sums over all rows after them. A source sequence belongs
 * to one target sequence and that to one thread, so gradients of positions are added to by one thread, in the
 * order of steps. */
#include "layers/attend.h"

#include "base/size.h"
#include "layers/recurrent_settings.h"

#include <math.h>
#include <string.h>

enum { ROWS_A_CHUNK = 64 };

/* ---- building ---- */

static rondo_status check_memory(const rd_layer *layer, const rd_node *node, const rd_attend *a,
                                 rondo_error *error)
{
    const rd_shape *memory = &layer->in[a->input];
    const char *name = node->input[a->input];
    if (memory->per_sequence || memory->symbols)
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "model text:%zu: \"%s\" attends to numbers with a row a step; \"%s\" has %s",
                       node->line, node->name, name, memory->symbols ? "symbols" : "a row a sequence");
    if (memory->part == layer->in[0].part)
        return rd_fail(
            error, RONDO_BAD_ARGUMENT,
            "model text:%zu: \"%s\" attends to another part than its own; \"%s\" follows the same one",
            node->line, node->name, name);
    if (a->score != RD_SCORE_DOT || a->memory == a->query) return RONDO_OK;
    rd_fail(error, RONDO_BAD_ARGUMENT,
            "model text:%zu: attention=dot of \"%s\" needs positions as wide as the query, \"%s\" has %zu "
            "numbers, "
            "the query %zu",
            node->line, node->name, name, a->memory, a->query);
    rd_hint(error, "attention=general takes any width; --merge sum makes two directions as wide as one");
    return RONDO_BAD_ARGUMENT;
}

rondo_status rd_attend_build(rd_layer *layer, rd_node *node, rd_attend *a, size_t score, size_t query,
                             size_t input, rondo_error *error)
{
    *a = (rd_attend){.score = score,
                     .query = query,
                     .memory = layer->in[input].width,
                     .key = query,
                     .out = query,
                     .input = input,
                     .weight_k = RD_NO_PARAM,
                     .weight_q = RD_NO_PARAM,
                     .weight_v = RD_NO_PARAM};
    RD_TRY(check_memory(layer, node, a, error));
    if (score != RD_SCORE_DOT)
        a->weight_k = rd_layer_param(layer, "weight_key", a->key, a->memory, RD_INIT_INPUT, 1);
    if (score == RD_SCORE_ADDITIVE) {
        a->weight_q = rd_layer_param(layer, "weight_query", a->key, query, RD_INIT_INPUT, 1);
        a->weight_v = rd_layer_param(layer, "weight_score", 1, a->key, RD_INIT_INPUT, 1);
    }
    a->weight_c = rd_layer_param(layer, "weight_out", a->out, a->memory + query, RD_INIT_INPUT, 1);
    return RONDO_OK;
}

/* ---- panels ---- */

static size_t next_panel(rd_attend_panels *p, const rd_kernels *kernels, size_t columns, size_t depth,
                         size_t *back)
{
    const size_t at = p->numbers;
    *back = at + rd_panel_numbers(kernels, columns, depth);
    p->numbers = *back + rd_panel_numbers(kernels, depth, columns);
    return at;
}

rd_attend_panels rd_attend_panels_of(const rd_attend *a, const rd_kernels *kernels)
{
    rd_attend_panels p = {0};
    if (a->weight_k != RD_NO_PARAM) p.k = next_panel(&p, kernels, a->key, a->memory, &p.k_back);
    if (a->weight_q != RD_NO_PARAM) p.q = next_panel(&p, kernels, a->key, a->query, &p.q_back);
    p.ctx = next_panel(&p, kernels, a->out, a->memory, &p.ctx_back);
    p.h = next_panel(&p, kernels, a->out, a->query, &p.h_back);
    return p;
}

/* Columns from … of a matrix [columns][row], as a matrix of its own. */
static void pack_part(const rondo_device *device, size_t columns, size_t depth, const rd_real *w, size_t row,
                      rd_real *panels, rd_real *back)
{
    rd_device_pack(device, &(rd_pack_args){.columns = columns,
                                           .depth = depth,
                                           .w = w,
                                           .column_stride = row,
                                           .depth_stride = 1,
                                           .panels = panels});
    rd_device_pack(device, &(rd_pack_args){.columns = depth,
                                           .depth = columns,
                                           .w = w,
                                           .column_stride = 1,
                                           .depth_stride = row,
                                           .panels = back});
}

void rd_attend_pack(const rd_layer *layer, const rd_attend *a, const rondo_device *device,
                    const rd_real *params, rd_real *packed)
{
    const rd_attend_panels p = rd_attend_panels_of(a, &device->kernels);
    const rd_real *w = params + layer->param[a->weight_c].offset;
    if (a->weight_k != RD_NO_PARAM)
        rd_pack_both(device, a->key, a->memory, params + layer->param[a->weight_k].offset, packed + p.k,
                     packed + p.k_back);
    if (a->weight_q != RD_NO_PARAM)
        rd_pack_both(device, a->key, a->query, params + layer->param[a->weight_q].offset, packed + p.q,
                     packed + p.q_back);
    pack_part(device, a->out, a->memory, w, a->memory + a->query, packed + p.ctx, packed + p.ctx_back);
    pack_part(device, a->out, a->query, w + a->memory, a->memory + a->query, packed + p.h, packed + p.h_back);
}

/* ---- the frame ---- */

rd_attend_frame rd_attend_frame_at(const rd_attend *a, const rd_limits_of_call *limits, rd_frame_plan *plan)
{
    const int train = limits->mode == RONDO_TRAIN, keys = a->score != RD_SCORE_DOT;
    const int additive = a->score == RD_SCORE_ADDITIVE;
    const size_t blocks = rd_ceil_div(limits->sequences, RD_PLACES_A_BLOCK);
    rd_attend_frame f = {.key_stride = rd_row_stride(a->key),
                         .alpha_stride = rd_row_stride(limits->memory_steps),
                         .ctx_stride = rd_row_stride(a->memory)};
    unsigned char *at = plan->base ? plan->base + plan->plan.size : NULL;
    rd_plan_add(&plan->plan, limits->memory_sequences, sizeof *f.place);
    f.place = (size_t *)(void *)at;
    f.keys = rd_frame_take(plan, keys, limits->memory_rows, f.key_stride);
    f.d_keys = rd_frame_take(plan, keys && train, limits->memory_rows, f.key_stride);
    f.alpha = rd_frame_take(plan, 1, limits->rows, f.alpha_stride);
    f.ctx = rd_frame_take(plan, 1, limits->rows, f.ctx_stride);
    f.d_ctx = rd_frame_take(plan, train, limits->rows, f.ctx_stride);
    f.q = rd_frame_take(plan, additive, limits->rows, f.key_stride);
    f.d_q = rd_frame_take(plan, additive && train, limits->rows, f.key_stride);
    f.d_alpha = rd_frame_take(plan, train, limits->sequences, f.alpha_stride);
    f.bent = rd_frame_take(plan, additive, limits->sequences, f.key_stride);
    f.partials = rd_frame_take(plan, additive && train, blocks, f.key_stride);
    return f;
}

rd_limits_of_call rd_attend_limits(const rd_layer *layer, const rd_call *call, size_t input)
{
    const rondo_pack *pack = call->packs[layer->in[0].part], *source = call->packs[layer->in[input].part];
    return (rd_limits_of_call){.rows = pack->rows,
                               .steps = pack->steps,
                               .sequences = pack->sequences,
                               .memory_rows = source->rows,
                               .memory_steps = source->steps,
                               .memory_sequences = source->sequences,
                               .mode = call->mode};
}

rd_attend_run rd_attend_run_of(const rd_layer *layer, const rd_attend *a, const rd_call *call,
                               const rd_real *packed, const rd_attend_frame *frame)
{
    const rd_value *memory = call->in[a->input];
    const int dot = a->score == RD_SCORE_DOT;
    return (rd_attend_run){.layer = layer,
                           .call = call,
                           .attend = a,
                           .kernels = &call->device->kernels,
                           .pack = call->packs[layer->in[0].part],
                           .source = call->packs[layer->in[a->input].part],
                           .memory = memory,
                           .keys = dot ? memory->data : frame->keys,
                           .d_keys = dot ? memory->grad : frame->d_keys,
                           .keys_stride = dot ? memory->stride : frame->key_stride,
                           .v = rd_param_or_null(layer, call->params, a->weight_v),
                           .packed = packed,
                           .panels = rd_attend_panels_of(a, &call->device->kernels),
                           .frame = *frame};
}

/* ---- forward ---- */

void rd_attend_open(const rd_attend_run *run)
{
    const rd_attend *a = run->attend;
    if (run->call->again) return;
    for (size_t p = 0; p < run->source->sequences; p++)
        run->frame.place[run->source->order[p]] = p;
    if (a->weight_k == RD_NO_PARAM) return;
    rd_device_product(run->call->device, &(rd_product_args){.rows = run->source->rows,
                                                            .columns = a->key,
                                                            .depth = a->memory,
                                                            .a = run->memory->data,
                                                            .a_stride = run->memory->stride,
                                                            .panels = run->packed + run->panels.k,
                                                            .c = run->frame.keys,
                                                            .c_stride = run->frame.key_stride});
}

void rd_attend_ask(const rd_attend_run *run, const rd_attend_rows *rows)
{
    const rd_attend *a = run->attend;
    if (a->weight_q == RD_NO_PARAM) return;
    rd_device_product(run->call->device,
                      &(rd_product_args){.rows = rows->rows,
                                         .columns = a->key,
                                         .depth = a->query,
                                         .a = rows->x,
                                         .a_stride = rows->stride,
                                         .panels = run->packed + run->panels.q,
                                         .c = run->frame.q + rows->row * run->frame.key_stride,
                                         .c_stride = run->frame.key_stride});
}

/* The source of one place: its position s is row of(s) of the memory. */
typedef struct source {
    size_t length, place;
} source;

static source source_of(const rd_attend_run *run, size_t place)
{
    const size_t sequence = rd_call_given(run->call, run->pack->order[place]);
    return (source){.length = run->source->length[sequence], .place = run->frame.place[sequence]};
}

static size_t position(const rd_attend_run *run, source from, size_t s)
{
    return run->source->offset[s] + from.place;
}

/* tanh(W_q q + W_k v_s) of one position, into the place's own numbers. */
static const rd_real *bend(const rd_attend_run *run, size_t place, const rd_real *q, const rd_real *key)
{
    rd_real *bent = run->frame.bent + place * run->frame.key_stride;
    memcpy(bent, key, run->attend->key * sizeof *bent);
    run->kernels->axpy(run->attend->key, 1, q, bent);
    run->kernels->map_tanh(run->attend->key, bent, bent);
    return bent;
}

static void softmax(const rd_kernels *kernels, size_t n, rd_real *e)
{
    rd_real most = e[0];
    double sum = 0;
    for (size_t s = 1; s < n; s++)
        most = e[s] > most ? e[s] : most;
    for (size_t s = 0; s < n; s++)
        e[s] -= most;
    kernels->map_exp(n, e, e);
    for (size_t s = 0; s < n; s++)
        sum += (double)e[s];
    kernels->scale(n, (rd_real)(1 / sum), e);
}

static void look_row(const rd_attend_run *run, size_t row, size_t place, const rd_real *q)
{
    const rd_attend *a = run->attend;
    const source from = source_of(run, place);
    rd_real *alpha = run->frame.alpha + row * run->frame.alpha_stride;
    rd_real *ctx = run->frame.ctx + row * run->frame.ctx_stride;
    memset(ctx, 0, a->memory * sizeof *ctx);
    if (from.length == 0) return;
    for (size_t s = 0; s < from.length; s++) {
        const rd_real *key = run->keys + position(run, from, s) * run->keys_stride;
        alpha[s] = run->v ? run->kernels->dot(a->key, run->v, bend(run, place, q, key))
                          : run->kernels->dot(a->key, q, key);
    }
    softmax(run->kernels, from.length, alpha);
    for (size_t s = 0; s < from.length; s++)
        run->kernels->axpy(a->memory, alpha[s],
                           run->memory->data + position(run, from, s) * run->memory->stride, ctx);
}

void rd_attend_look(const rd_attend_run *run, const rd_attend_rows *rows)
{
    for (size_t r = 0; r < rows->rows; r++)
        look_row(run, rows->row + r, rows->place + r,
                 run->v ? run->frame.q + (rows->row + r) * run->frame.key_stride
                        : rows->x + r * rows->stride);
}

void rd_attend_mix(const rd_attend_run *run, const rd_attend_rows *rows)
{
    const rd_attend *a = run->attend;
    const rd_value *out = run->call->out;
    rd_product_args product = {.rows = rows->rows,
                               .columns = a->out,
                               .depth = a->memory,
                               .a = run->frame.ctx + rows->row * run->frame.ctx_stride,
                               .a_stride = run->frame.ctx_stride,
                               .panels = run->packed + run->panels.ctx,
                               .c = out->data + rows->row * out->stride,
                               .c_stride = out->stride};
    rd_device_product(run->call->device, &product);
    product.depth = a->query;
    product.a = rows->x;
    product.a_stride = rows->stride;
    product.panels = run->packed + run->panels.h;
    product.add = 1;
    rd_device_product(run->call->device, &product);
    for (size_t r = 0; r < rows->rows; r++)
        run->kernels->map_tanh(a->out, product.c + r * out->stride, product.c + r * out->stride);
}

/* ---- backward ---- */

void rd_attend_open_back(const rd_attend_run *run)
{
    const rd_attend_frame *f = &run->frame;
    const size_t blocks = rd_ceil_div(run->pack->sequences, RD_PLACES_A_BLOCK);
    if (f->d_keys) memset(f->d_keys, 0, run->source->rows * f->key_stride * sizeof *f->d_keys);
    if (f->partials) memset(f->partials, 0, blocks * f->key_stride * sizeof *f->partials);
}

void rd_attend_mix_back(const rd_attend_run *run, const rd_attend_rows *rows)
{
    const rd_attend *a = run->attend;
    const rd_value *out = run->call->out;
    for (size_t r = rows->row; r < rows->row + rows->rows; r++) {
        const rd_real *y = out->data + r * out->stride;
        rd_real *d = out->grad + r * out->stride;
        for (size_t j = 0; j < a->out; j++)
            d[j] *= 1 - y[j] * y[j];
    }
    rd_product_args product = {.rows = rows->rows,
                               .columns = a->memory,
                               .depth = a->out,
                               .a = out->grad + rows->row * out->stride,
                               .a_stride = out->stride,
                               .panels = run->packed + run->panels.ctx_back,
                               .c = run->frame.d_ctx + rows->row * run->frame.ctx_stride,
                               .c_stride = run->frame.ctx_stride};
    rd_device_product(run->call->device, &product);
    if (!rows->d_x) return;
    product.columns = a->query;
    product.panels = run->packed + run->panels.h_back;
    product.c = rows->d_x;
    product.c_stride = rows->d_stride;
    product.add = 1;
    rd_device_product(run->call->device, &product);
}

/* The gradient of the scores of a row, in place of d_alpha: d_e = α ∘ (d_α − Σ α d_α). */
static const rd_real *score_grad(const rd_attend_run *run, size_t row, size_t place, source from)
{
    const rd_attend_frame *f = &run->frame;
    const rd_real *alpha = f->alpha + row * f->alpha_stride, *d_ctx = f->d_ctx + row * f->ctx_stride;
    rd_real *d = f->d_alpha + place * f->alpha_stride;
    double mean = 0;
    for (size_t s = 0; s < from.length; s++) {
        d[s] = run->kernels->dot(run->attend->memory, d_ctx,
                                 run->memory->data + position(run, from, s) * run->memory->stride);
        mean += (double)alpha[s] * (double)d[s];
    }
    for (size_t s = 0; s < from.length; s++)
        d[s] = alpha[s] * (d[s] - (rd_real)mean);
    return d;
}

/* One position of an additive score: d_bent = d_e v ∘ (1 − bent²) goes to the key and to W_q q; d_v += d_e
 * bent. */
static void bend_back(const rd_attend_run *run, size_t place, size_t at, rd_real d_e, const rd_real *q,
                      rd_real *d_q)
{
    const rd_attend_frame *f = &run->frame;
    const size_t n = run->attend->key;
    const rd_real *bent = bend(run, place, q, run->keys + at * run->keys_stride);
    rd_real *d_key = run->d_keys + at * run->keys_stride;
    run->kernels->axpy(n, d_e, bent, f->partials + place / RD_PLACES_A_BLOCK * f->key_stride);
    for (size_t j = 0; j < n; j++) {
        const rd_real d = d_e * run->v[j] * (1 - bent[j] * bent[j]);
        d_key[j] += d;
        d_q[j] += d;
    }
}

static void look_row_back(const rd_attend_run *run, size_t row, size_t place, const rd_real *q, rd_real *d_q)
{
    const rd_attend *a = run->attend;
    const rd_attend_frame *f = &run->frame;
    const source from = source_of(run, place);
    const rd_real *d_e = score_grad(run, row, place, from);
    for (size_t s = 0; s < from.length; s++) {
        const size_t at = position(run, from, s);
        if (run->memory->grad)
            run->kernels->axpy(a->memory, f->alpha[row * f->alpha_stride + s], f->d_ctx + row * f->ctx_stride,
                               run->memory->grad + at * run->memory->stride);
        if (run->v) {
            bend_back(run, place, at, d_e[s], q, d_q);
            continue;
        }
        if (d_q) run->kernels->axpy(a->key, d_e[s], run->keys + at * run->keys_stride, d_q);
        if (run->d_keys) run->kernels->axpy(a->key, d_e[s], q, run->d_keys + at * run->keys_stride);
    }
}

void rd_attend_look_back(const rd_attend_run *run, const rd_attend_rows *rows)
{
    const size_t stride = run->frame.key_stride;
    for (size_t r = 0; r < rows->rows; r++) {
        const size_t row = rows->row + r;
        if (run->v) {
            memset(run->frame.d_q + row * stride, 0, run->attend->key * sizeof *run->frame.d_q);
            look_row_back(run, row, rows->place + r, run->frame.q + row * stride,
                          run->frame.d_q + row * stride);
        } else {
            look_row_back(run, row, rows->place + r, rows->x + r * rows->stride,
                          rows->d_x ? rows->d_x + r * rows->d_stride : NULL);
        }
    }
}

void rd_attend_ask_back(const rd_attend_run *run, const rd_attend_rows *rows)
{
    const rd_attend *a = run->attend;
    if (a->weight_q == RD_NO_PARAM || !rows->d_x) return;
    rd_device_product(run->call->device,
                      &(rd_product_args){.rows = rows->rows,
                                         .columns = a->query,
                                         .depth = a->key,
                                         .a = run->frame.d_q + rows->row * run->frame.key_stride,
                                         .a_stride = run->frame.key_stride,
                                         .panels = run->packed + run->panels.q_back,
                                         .c = rows->d_x,
                                         .c_stride = rows->d_stride,
                                         .add = 1});
}

/* ---- sums over all rows ---- */

/* Columns from `first` on of parameter `param` += aᵀ b. */
static void outer(const rd_attend_run *run, size_t param, size_t first, rd_outer_args args)
{
    args.c = rd_param_grad(run->layer, run->call, param) + first;
    args.c_stride = run->layer->param[param].columns;
    rd_device_outer(run->call->device, &args);
}

static void key_grads(const rd_attend_run *run)
{
    const rd_attend *a = run->attend;
    outer(run, a->weight_k, 0,
          (rd_outer_args){.rows = run->source->rows,
                          .a_columns = a->key,
                          .b_columns = a->memory,
                          .a = run->frame.d_keys,
                          .a_stride = run->frame.key_stride,
                          .b = run->memory->data,
                          .b_stride = run->memory->stride});
    if (!run->memory->grad) return;
    rd_device_product(run->call->device, &(rd_product_args){.rows = run->source->rows,
                                                            .columns = a->memory,
                                                            .depth = a->key,
                                                            .a = run->frame.d_keys,
                                                            .a_stride = run->frame.key_stride,
                                                            .panels = run->packed + run->panels.k_back,
                                                            .c = run->memory->grad,
                                                            .c_stride = run->memory->stride,
                                                            .add = 1});
}

void rd_attend_close_back(const rd_attend_run *run, const rd_real *q, size_t q_stride, const rd_real *h,
                          size_t h_stride)
{
    const rd_attend *a = run->attend;
    const rd_attend_frame *f = &run->frame;
    const size_t blocks = rd_ceil_div(run->pack->sequences, RD_PLACES_A_BLOCK);
    rd_outer_args out = {.rows = run->pack->rows,
                         .a_columns = a->out,
                         .b_columns = a->memory,
                         .a = run->call->out->grad,
                         .a_stride = run->call->out->stride,
                         .b = f->ctx,
                         .b_stride = f->ctx_stride};
    outer(run, a->weight_c, 0, out);
    out.b = h;
    out.b_stride = h_stride;
    out.b_columns = a->query;
    outer(run, a->weight_c, a->memory, out);
    if (a->weight_k != RD_NO_PARAM) key_grads(run);
    if (a->weight_q == RD_NO_PARAM) return;
    outer(run, a->weight_q, 0,
          (rd_outer_args){.rows = run->pack->rows,
                          .a_columns = a->key,
                          .b_columns = a->query,
                          .a = f->d_q,
                          .a_stride = f->key_stride,
                          .b = q,
                          .b_stride = q_stride});
    for (size_t b = 0; b < blocks; b++)
        run->kernels->axpy(a->key, 1, f->partials + b * f->key_stride,
                           rd_param_grad(run->layer, run->call, a->weight_v));
}
