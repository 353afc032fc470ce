/* Memory of a recurrent layer: what a frame keeps between forward and backward, and panels of weights. Sizes
 * grow with every limit, so a smaller call lies inside the frame of a larger one. */
#include "layers/recurrent_walk.h"

#include "layers/input_rows.h"

#include <string.h>

/* ---- panels ---- */

static size_t next_panel(rd_recurrent_panels *panels, size_t numbers)
{
    const size_t at = panels->numbers;
    panels->numbers += numbers;
    return at;
}

int rd_recurrent_is_tiled(const rd_recurrent *own, const rd_kernels *kernels)
{
    return kernels->cell_tile && !own->norm;
}

size_t rd_recurrent_units(const rd_recurrent *own, const rd_kernels *kernels, size_t i)
{
    size_t gates = 0;
    for (size_t k = 0; k < own->runs; k++)
        if (own->run[k].phase == own->run[i].phase) gates += own->run[k].gates;
    return kernels->gate_units[gates];
}

rd_recurrent_panels rd_recurrent_panels_of(const rd_recurrent *own, const rd_kernels *kernels)
{
    rd_recurrent_panels p = {0};
    p.x = next_panel(&p, rd_input_numbers(kernels, own->symbols, own->gates, own->input));
    for (size_t i = 0; i < own->runs; i++) {
        const size_t gates = own->run[i].gates, columns = gates * own->hidden, depth = own->run[i].width;
        if (rd_recurrent_is_tiled(own, kernels)) {
            const size_t units = rd_recurrent_units(own, kernels, i);
            p.run[i] = next_panel(&p, rd_gate_panel_numbers(own->hidden, gates, units, depth));
            p.bias[i] = next_panel(&p, rd_gate_panel_numbers(own->hidden, gates, units, 1));
        } else {
            p.run[i] = next_panel(&p, rd_panel_numbers(kernels, columns, depth));
        }
        p.run_back[i] = next_panel(&p, rd_panel_numbers(kernels, depth, columns));
    }
    if (own->projected) {
        p.proj = next_panel(&p, rd_panel_numbers(kernels, own->state[0], own->hidden));
        p.proj_back = next_panel(&p, rd_panel_numbers(kernels, own->hidden, own->state[0]));
    }
    return p;
}

/* U and b of run i, gate by gate. Without biases the panel of them is 0. */
static void pack_gates(const rd_recurrent *own, const rondo_device *device, size_t i, const rd_real *u,
                       const rd_real *bias, const rd_recurrent_panels *at, rd_real *packed)
{
    const rd_run *run = &own->run[i];
    rd_gate_pack_args args = {.hidden = own->hidden,
                              .gates = run->gates,
                              .units = rd_recurrent_units(own, &device->kernels, i),
                              .depth = run->width,
                              .w = u + run->row * run->width,
                              .panels = packed + at->run[i]};
    rd_device_gate_pack(device, &args);
    args.depth = 1;
    args.panels = packed + at->bias[i];
    if (bias) {
        args.w = bias + run->gate * own->hidden;
        rd_device_gate_pack(device, &args);
    } else {
        memset(args.panels, 0,
               rd_gate_panel_numbers(own->hidden, run->gates, args.units, 1) * sizeof(rd_real));
    }
}

void rd_recurrent_pack(const rd_recurrent *own, const rondo_device *device,
                       const rd_recurrent_weights *weights, rd_real *packed)
{
    const rd_recurrent_panels at = rd_recurrent_panels_of(own, &device->kernels);
    rd_input_pack(device, own->symbols, own->gates, own->input, weights->x, packed + at.x);
    for (size_t i = 0; i < own->runs; i++) {
        const rd_run *run = &own->run[i];
        const rd_real *u = run->from == RD_FROM_C ? weights->c : weights->h;
        const int tiled = rd_recurrent_is_tiled(own, &device->kernels);
        if (tiled) pack_gates(own, device, i, u, weights->bias_h, &at, packed);
        rd_pack_both(device, run->gates * own->hidden, run->width, u + run->row * run->width,
                     tiled ? NULL : packed + at.run[i], packed + at.run_back[i]);
    }
    if (own->projected)
        rd_pack_both(device, own->state[0], own->hidden, weights->r, packed + at.proj, packed + at.proj_back);
}

rd_recurrent_weights rd_recurrent_weights_of(const rd_layer *layer, const rd_real *params)
{
    const rd_recurrent *own = layer->own;
    return (rd_recurrent_weights){.x = rd_param_or_null(layer, params, own->weight_x),
                                  .h = rd_param_or_null(layer, params, own->weight_h),
                                  .c = rd_param_or_null(layer, params, own->weight_c),
                                  .r = rd_param_or_null(layer, params, own->weight_r),
                                  .bias_h = rd_param_or_null(layer, params, own->bias_h)};
}

int rd_recurrent_copies_weights(const rd_recurrent *own)
{
    return own->weight_drop > 0 || own->weight_noise > 0;
}

/* ---- the frame ---- */

static size_t part_of(rd_partials *partials, int wanted, size_t width)
{
    const size_t at = partials->stride;
    if (!wanted) return SIZE_MAX;
    partials->stride += width;
    return at;
}

static rd_partials partials_of(const rd_recurrent *own)
{
    const int norm_c = own->gain_c != RD_NO_PARAM;
    rd_partials p = {0};
    p.param = part_of(&p, own->peephole != RD_NO_PARAM, (size_t)own->info->params * own->hidden);
    p.gain_h = part_of(&p, own->norm, own->gates);
    p.bias_h = part_of(&p, own->norm && own->bias_h != RD_NO_PARAM, own->gates);
    p.gain_c = part_of(&p, norm_c, own->hidden);
    p.shift_c = part_of(&p, norm_c, own->hidden);
    p.start = part_of(&p, own->first_state != RD_NO_PARAM, own->state[0] + own->state[1]);
    p.stride = rd_row_stride(p.stride);
    return p;
}

/* A cell hands d_ah over in place of d_ax unless the two differ or a layer norm stands between d_ah and U h'.
 */
static int keeps_d_ah(const rd_recurrent *own)
{
    return own->info->split || own->norm;
}

static void plan_work(rd_frame_plan *p, rd_recurrent_frame *f, const rd_recurrent *own,
                      const rd_limits_of_call *limits)
{
    f->gates = rd_frame_take(p, 1, limits->rows, f->gates_stride);
    f->d_ah = rd_frame_take(p, limits->mode == RONDO_TRAIN && keeps_d_ah(own), limits->rows, f->gates_stride);
    if (!f->d_ah) f->d_ah = f->gates;
}

static void plan_kept(rd_frame_plan *p, rd_recurrent_frame *f, const rd_recurrent *own,
                      const rd_limits_of_call *limits)
{
    const int train = limits->mode == RONDO_TRAIN, norm_c = own->gain_c != RD_NO_PARAM;
    const size_t rows = limits->rows, kept = train ? rows : limits->sequences;
    f->prev[0] = rd_frame_take(p, 1, kept, f->h_stride);
    f->prev[1] = rd_frame_take(p, own->info->states > 1, kept, f->c_stride);
    f->operand = rd_frame_take(p, train && own->dropout > 0, kept, f->h_stride);
    if (!f->operand) f->operand = f->prev[0];
    f->emit = rd_frame_take(p, own->info->emits > 0, kept, f->c_stride);
    f->middle = rd_frame_take(p, own->projected, kept, f->c_stride);
    f->d_out = rd_frame_take(p, train && own->projected, rows, f->h_stride);
    f->x_hat = rd_frame_take(p, train && own->norm, rows, f->gates_stride);
    f->x_scale = rd_frame_take(p, train && own->norm, rows, 1);
    f->h_hat = rd_frame_take(p, train && own->norm, rows, f->gates_stride);
    for (size_t i = 0; i < own->runs; i++)
        f->h_scale[i] = rd_frame_take(p, train && own->norm, rows, 1);
    f->c_hat = rd_frame_take(p, train && norm_c, rows, f->c_stride);
    f->c_scale = rd_frame_take(p, train && norm_c, rows, 1);
}

static void plan_places(rd_frame_plan *p, rd_recurrent_frame *f, const rd_recurrent *own,
                        const rd_limits_of_call *limits)
{
    const int train = limits->mode == RONDO_TRAIN, norm_c = own->gain_c != RD_NO_PARAM;
    const size_t places = limits->sequences, blocks = rd_ceil_div(places, RD_PLACES_A_BLOCK);
    for (size_t k = 0; k < (size_t)own->info->states; k++) {
        const size_t stride = k == 0 ? f->h_stride : f->c_stride;
        f->state[k] = rd_frame_take(p, 1, places, stride);
        f->d_state[k] = rd_frame_take(p, train, places, stride);
        f->d_prev[k] = rd_frame_take(p, train, places, stride);
    }
    f->ah = rd_frame_take(p, 1, places, f->gates_stride);
    f->normed = rd_frame_take(p, norm_c, places, f->c_stride);
    f->d_operand = rd_frame_take(p, train && own->dropout > 0, places, f->h_stride);
    f->d_emit = rd_frame_take(p, train && own->info->emits > 0, places, f->c_stride);
    f->d_middle = rd_frame_take(p, train && own->projected, places, f->c_stride);
    f->d_normed = rd_frame_take(p, train && norm_c, places, f->c_stride);
    f->spare = rd_frame_take(p, train, places, rd_size_max(f->h_stride, f->c_stride));
    f->partials = partials_of(own);
    f->partials.data = rd_frame_take(p, train && f->partials.stride > 0, blocks, f->partials.stride);
}

static void plan_copies(rd_frame_plan *p, rd_recurrent_frame *f, const rd_recurrent *own,
                        const rd_kernels *kernels)
{
    const size_t recurrent = own->gates * rd_size_max(own->state[0], own->hidden);
    const size_t numbers = recurrent + (own->weight_noise > 0 ? own->gates * own->input : 0);
    f->weight_copy = rd_frame_take(p, 1, numbers, 1);
    f->weight_mask = rd_frame_take(p, own->weight_drop > 0, recurrent, 1);
    f->panel_copy = rd_frame_take(p, 1, rd_recurrent_panels_of(own, kernels).numbers, 1);
}

rd_recurrent_frame rd_recurrent_frame_at(const rd_recurrent *own, const rd_kernels *kernels,
                                         const rd_limits_of_call *limits, unsigned char *base,
                                         unsigned char *work)
{
    rd_frame_plan w = {.base = work ? work : base}, p = {.base = base};
    rd_recurrent_frame f = {.gates_stride = rd_row_stride(own->kept),
                            .h_stride = rd_row_stride(own->state[0]),
                            .c_stride = rd_row_stride(own->hidden)};
    plan_work(&w, &f, own, limits);
    if (!work) p.plan = w.plan;
    f.work = w.plan;
    plan_kept(&p, &f, own, limits);
    plan_places(&p, &f, own, limits);
    if (limits->mode == RONDO_TRAIN && rd_recurrent_copies_weights(own)) plan_copies(&p, &f, own, kernels);
    f.plan = p.plan;
    return f;
}
