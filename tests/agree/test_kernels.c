/* Every entry of every table against the generic one: cells here, products, rows and threads in the files
 * beside. Sizes are odd, strides wider than rows, addresses unaligned; a number written outside its place is
 * found because all arrays of a call lie in one world that is compared as a whole. */
#include "agree/world.h"

typedef struct shape {
    size_t rows, hidden;
    int alias; /* 1: saved takes the place of ax, d_ax that of saved, as the layer does it */
    rd_real clip_cell, clip_preact;
} shape;

/* One step forward and backward of a cell, with all its arrays in a world. */
typedef struct stage {
    world *w;
    rd_cell_step_grad grad;
} stage;

static stage make_stage(world *w, const rd_cell_info *info, shape z)
{
    const size_t n = z.hidden, gates = (size_t)info->gates * n, saved = (size_t)info->saved * n;
    const size_t wide = saved > gates ? saved : gates;
    stage s = {.w = w};
    rd_cell_step *f = &s.grad.forward;
    f->rows = z.rows;
    f->hidden = n;
    f->clip_cell = z.clip_cell;
    f->clip_preact = z.clip_preact;
    rd_real *ax = world_rows(w, z.rows, wide, &f->ax_stride);
    f->ax = ax;
    f->ah = world_rows(w, z.rows, gates, &f->ah_stride);
    f->saved = z.alias ? ax : world_rows(w, z.rows, saved, &f->saved_stride);
    f->saved_stride = z.alias ? f->ax_stride : f->saved_stride;
    s.grad.d_ax = z.alias ? f->saved : world_rows(w, z.rows, gates, &s.grad.d_ax_stride);
    s.grad.d_ax_stride = z.alias ? f->saved_stride : s.grad.d_ax_stride;
    s.grad.d_ah = info->split ? world_rows(w, z.rows, gates, &s.grad.d_ah_stride) : s.grad.d_ax;
    s.grad.d_ah_stride = info->split ? s.grad.d_ah_stride : s.grad.d_ax_stride;
    for (int k = 0; k < info->states; k++) {
        f->prev[k] = world_rows(w, z.rows, n, &f->prev_stride[k]);
        f->next[k] = world_rows(w, z.rows, n, &f->next_stride[k]);
        s.grad.d_next[k] = world_rows(w, z.rows, n, &s.grad.d_next_stride[k]);
        s.grad.d_prev[k] = world_rows(w, z.rows, n, &s.grad.d_prev_stride[k]);
    }
    size_t one;
    f->param = world_rows(w, (size_t)info->params, n, NULL);
    s.grad.d_param = world_rows(w, (size_t)info->params, n, NULL);
    f->emit = world_rows(w, z.rows, n, &f->emit_stride);
    s.grad.d_emit = world_rows(w, z.rows, n, &s.grad.d_emit_stride);
    f->normed = world_rows(w, z.rows, n, &f->normed_stride);
    s.grad.d_normed = world_rows(w, z.rows, n, &s.grad.d_normed_stride);
    (void)world_rows(w, 1, 64, &one); /* a border, to be found untouched */
    return s;
}

static void run_stage(const rd_kernels *kernels, int cell, const stage *s)
{
    for (int p = 0; p < rd_cells[cell].phases; p++)
        kernels->cell_forward[cell][p](&s->grad.forward);
    rd_cell_step_grad grad = s->grad;
    grad.forward.ax = grad.forward.ah = NULL; /* gone by then */
    for (int p = rd_cells[cell].phases; p-- > 0;)
        kernels->cell_backward[cell][p](&grad);
}

static const size_t hiddens[] = {1, 7, 16, 17, 33};
static const size_t rows_of[] = {0, 1, 3, 13};

static void compare_cell(const rd_kernels *kernels, const rd_kernels *generic, int cell, shape z)
{
    static world mine, theirs;
    world_reset(&mine, (uint64_t)cell);
    world_reset(&theirs, (uint64_t)cell);
    const stage a = make_stage(&mine, &rd_cells[cell], z), b = make_stage(&theirs, &rd_cells[cell], z);
    run_stage(kernels, cell, &a);
    run_stage(generic, cell, &b);
    const double error = world_difference(&mine, &theirs);
    if (!(error <= 2e-6))
        fail_msg("%s, %s, %zu rows of %zu, alias %d: %g", kernels->isa, rd_cells[cell].name, z.rows, z.hidden,
                 z.alias, error);
}

static void every_cell_agrees_with_generic(void **state)
{
    (void)state;
    rd_kernels generic, kernels;
    assert_true(rd_kernels_for("generic", &generic));
    for (size_t set = 0; rd_kernels_name(set); set++) {
        assert_true(rd_kernels_for(rd_kernels_name(set), &kernels));
        for (int cell = 0; cell < RD_CELLS; cell++)
            for (size_t h = 0; h < sizeof hiddens / sizeof *hiddens; h++)
                for (size_t r = 0; r < sizeof rows_of / sizeof *rows_of; r++) {
                    compare_cell(&kernels, &generic, cell, (shape){rows_of[r], hiddens[h], 0, 0, 0});
                    compare_cell(&kernels, &generic, cell, (shape){rows_of[r], hiddens[h], 1, 0, 0});
                }
    }
}

/* Clamps may fall on either side of a value in two sets; away from the edge they agree, at it the gradient
 * jumps. */
static void clamped_cells_agree_with_generic_forward(void **state)
{
    (void)state;
    static world mine, theirs;
    rd_kernels generic, kernels;
    assert_true(rd_kernels_for("generic", &generic));
    for (size_t set = 0; rd_kernels_name(set); set++) {
        assert_true(rd_kernels_for(rd_kernels_name(set), &kernels));
        for (int cell = 0; cell < RD_CELLS; cell++) {
            const shape z = {3, 17, 0, RD_C(0.3), RD_C(0.8)};
            world_reset(&mine, 5);
            world_reset(&theirs, 5);
            const stage a = make_stage(&mine, &rd_cells[cell], z),
                        b = make_stage(&theirs, &rd_cells[cell], z);
            for (int p = 0; p < rd_cells[cell].phases; p++) {
                kernels.cell_forward[cell][p](&a.grad.forward);
                generic.cell_forward[cell][p](&b.grad.forward);
            }
            assert_true(world_difference(&mine, &theirs) <= 2e-6);
        }
    }
}

/* Bits of what leaves a step, with and without the arrays on top of each other. */
static void saved_values_may_take_the_place_of_their_inputs(void **state)
{
    (void)state;
    static world apart, above;
    for (size_t set = 0; rd_kernels_name(set); set++) {
        rd_kernels kernels;
        assert_true(rd_kernels_for(rd_kernels_name(set), &kernels));
        for (int cell = 0; cell < RD_CELLS; cell++) {
            const rd_cell_info *info = &rd_cells[cell];
            world_reset(&apart, 3);
            world_reset(&above, 4);
            const stage a = make_stage(&apart, info, (shape){5, 19, 0, 0, 0});
            stage b = make_stage(&above, info, (shape){5, 19, 1, 0, 0});
            copy_inputs(&b.grad, &a.grad, info);
            run_stage(&kernels, cell, &a);
            run_stage(&kernels, cell, &b);
            assert_true(same_results(&a.grad, &b.grad, info));
        }
    }
}

static void a_use_only_step_needs_no_saved_values_and_no_unread_state(void **state)
{
    (void)state;
    static world kept, used;
    for (size_t set = 0; rd_kernels_name(set); set++) {
        rd_kernels kernels;
        assert_true(rd_kernels_for(rd_kernels_name(set), &kernels));
        for (int cell = 0; cell < RD_CELLS; cell++) {
            const rd_cell_info *info = &rd_cells[cell];
            world_reset(&kept, 6);
            world_reset(&used, 6);
            const stage a = make_stage(&kept, info, (shape){4, 21, 0, 0, 0});
            stage b = make_stage(&used, info, (shape){4, 21, 0, 0, 0});
            b.grad.forward.saved = NULL;
            if (info->states == 2)
                b.grad.forward.prev[0] = NULL; /* an LSTM with projection has no h' of this width */
            for (int p = 0; p < info->phases; p++) {
                kernels.cell_forward[cell][p](&a.grad.forward);
                kernels.cell_forward[cell][p](&b.grad.forward);
            }
            for (int k = 0; k < info->states; k++)
                for (size_t r = 0; r < 4; r++)
                    assert_memory_equal(a.grad.forward.next[k] + r * a.grad.forward.next_stride[k],
                                        b.grad.forward.next[k] + r * b.grad.forward.next_stride[k],
                                        21 * sizeof(rd_real));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell_agrees_with_generic),
        cmocka_unit_test(clamped_cells_agree_with_generic_forward),
        cmocka_unit_test(saved_values_may_take_the_place_of_their_inputs),
        cmocka_unit_test(a_use_only_step_needs_no_saved_values_and_no_unread_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
