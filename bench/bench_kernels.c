/* Speed of the kernels: products of the shapes that training has, the equations of the cells, the
 * activations. One JSON line a figure; the peak of the same instruction set is measured in the same process,
 * beside each product, since the clock of a shared machine moves. RONDO_ISA chooses the set; arguments: [2]
 * threads, [own] time. */
#include "base/clock.h"
#include "base/memory.h"
#include "kernels/kernels.h"

#include <stdio.h>
#include <time.h>

enum { ROUNDS = 7 };
static const double LEAST_SECONDS = 0.02;

typedef void (*bench_work)(void *context);

static int count_own_time; /* 1: processor time of this thread, for a machine that others use */

static double seconds(void)
{
    struct timespec t;
    if (!count_own_time || clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) != 0) return rd_seconds();
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The median of ROUNDS measurements of one call, in seconds. */
static double median_of(bench_work work, void *context)
{
    size_t calls = 1;
    for (;; calls *= 2) {
        const double start = seconds();
        for (size_t i = 0; i < calls; i++)
            work(context);
        if (seconds() - start > LEAST_SECONDS) break;
    }
    double took[ROUNDS];
    for (int n = 0; n < ROUNDS; n++) {
        const double start = seconds();
        for (size_t i = 0; i < calls; i++)
            work(context);
        took[n] = (seconds() - start) / (double)calls;
        for (int k = n; k > 0 && took[k] < took[k - 1]; k--) {
            const double swapped = took[k];
            took[k] = took[k - 1];
            took[k - 1] = swapped;
        }
    }
    return took[ROUNDS / 2];
}

static rd_real *numbers(size_t n)
{
    rd_real *p;
    if (rd_alloc_aligned(n, sizeof *p, "bench", &p, NULL) != RONDO_OK) return NULL;
    for (size_t i = 0; i < n; i++)
        p[i] = (rd_real)((double)(i * 2654435761U % 1000) / 1000 - 0.5);
    return p;
}

static void run_peak(void *context)
{
    const rondo_device *device = context;
    rd_real seed = RD_C(0.5);
    device->kernels.peak(100000, &seed);
}

static double peak_gflops(rondo_device *device)
{
    rd_real seed = RD_C(0.5);
    return device->kernels.peak(1, &seed) * 100000 / median_of(run_peak, device) * 1e-9;
}

typedef struct product_bench {
    rondo_device *device;
    rd_product_args product;
    rd_outer_args outer;
    rd_pack_args pack;
} product_bench;

static void run_product(void *context)
{
    const product_bench *b = context;
    rd_device_product(b->device, &b->product);
}

static void run_outer(void *context)
{
    const product_bench *b = context;
    rd_device_outer(b->device, &b->outer);
}

static void run_pack(void *context)
{
    const product_bench *b = context;
    rd_device_pack(b->device, &b->pack);
}

static void tell(const rondo_device *device, const char *what, size_t m, size_t n, size_t k, double gflops,
                 double peak)
{
    printf("{\"bench\":\"%s\",\"isa\":\"%s\",\"threads\":%d,\"rows\":%zu,\"columns\":%zu,\"depth\":%zu,"
           "\"gflops\":%.1f,\"peak\":%.1f,\"share\":%.3f}\n",
           what, rondo_device_isa(device), rondo_device_threads(device), m, n, k, gflops, peak,
           gflops / peak);
    (void)fflush(stdout);
}

static void bench_products(rondo_device *device)
{
    static const size_t shapes[][3] = {{1, 2048, 512},    {8, 1024, 256},    {32, 512, 128},
                                       {32, 1024, 256},   {32, 2048, 512},   {32, 4096, 1024},
                                       {64, 2048, 512},   {256, 1024, 256},  {2048, 512, 128},
                                       {2048, 1024, 256}, {2048, 2048, 512}, {2048, 4096, 1024}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const size_t m = shapes[i][0], n = shapes[i][1], k = shapes[i][2];
        rd_real *a = numbers(m * k), *w = numbers(n * k), *c = numbers(m * n), *dw = numbers(n * k);
        rd_real *panels = numbers(rd_panel_numbers(&device->kernels, n, k));
        product_bench b = {.device = device,
                           .product = {m, n, k, a, k, panels, NULL, c, n, 0},
                           .outer = {m, n, k, c, n, a, k, dw, k},
                           .pack = {n, k, w, k, 1, panels}};
        const double work = 2.0 * (double)m * (double)n * (double)k * 1e-9;
        const double pack = median_of(run_pack, &b), peak = peak_gflops(device);
        tell(device, "product", m, n, k, work / median_of(run_product, &b), peak);
        tell(device, "outer", m, n, k, work / median_of(run_outer, &b), peak_gflops(device));
        printf("{\"bench\":\"pack\",\"columns\":%zu,\"depth\":%zu,\"ns_per_number\":%.3f}\n", n, k,
               pack * 1e9 / (double)(n * k));
        rd_free_aligned(a), rd_free_aligned(w), rd_free_aligned(c), rd_free_aligned(dw),
            rd_free_aligned(panels);
    }
}

typedef struct map_bench {
    rd_map_fn map;
    rd_real *x, *y;
} map_bench;

enum { MAP_NUMBERS = 2048 };

static void run_map(void *context)
{
    const map_bench *b = context;
    b->map(MAP_NUMBERS, b->x, b->y);
}

static void bench_maps(const rondo_device *device)
{
    const rd_kernels *k = &device->kernels;
    const struct {
        const char *name;
        rd_map_fn map;
    } maps[] = {{"exp", k->map_exp}, {"log", k->map_log}, {"tanh", k->map_tanh}, {"sigmoid", k->map_sigmoid}};
    map_bench b = {NULL, numbers(MAP_NUMBERS), numbers(MAP_NUMBERS)};
    for (size_t i = 0; i < 4; i++) {
        b.map = maps[i].map;
        printf("{\"bench\":\"%s\",\"isa\":\"%s\",\"ns_per_value\":%.3f}\n", maps[i].name, k->isa,
               median_of(run_map, &b) * 1e9 / MAP_NUMBERS);
    }
    rd_free_aligned(b.x), rd_free_aligned(b.y);
}

enum { CELL_ROWS = 8, CELL_HIDDEN = 256, CELL_PLANE = CELL_ROWS * CELL_HIDDEN };

typedef struct cell_bench {
    const rd_kernels *kernels;
    int cell;
    rd_cell_step_grad grad;
} cell_bench;

static void run_forward(void *context)
{
    const cell_bench *b = context;
    for (int p = 0; p < rd_cells[b->cell].phases; p++)
        b->kernels->cell_forward[b->cell][p](&b->grad.forward);
}

static void run_backward(void *context)
{
    const cell_bench *b = context;
    for (int p = rd_cells[b->cell].phases; p-- > 0;)
        b->kernels->cell_backward[b->cell][p](&b->grad);
}

static void bench_cells(const rondo_device *device)
{
    rd_real *x = numbers(40 * CELL_PLANE);
    for (int cell = 0; cell < RD_CELLS; cell++) {
        const rd_cell_info *info = &rd_cells[cell];
        const size_t gates = (size_t)info->gates * CELL_HIDDEN, saved = (size_t)info->saved * CELL_HIDDEN;
        cell_bench b = {.kernels = &device->kernels, .cell = cell};
        rd_cell_step *f = &b.grad.forward;
        *f = (rd_cell_step){.rows = CELL_ROWS,
                            .hidden = CELL_HIDDEN,
                            .ax = x,
                            .ax_stride = gates,
                            .ah = x + 4 * CELL_PLANE,
                            .ah_stride = gates,
                            .param = x,
                            .saved = x + 8 * CELL_PLANE,
                            .saved_stride = saved,
                            .emit = x + 14 * CELL_PLANE,
                            .emit_stride = CELL_HIDDEN,
                            .normed = x + 15 * CELL_PLANE,
                            .normed_stride = CELL_HIDDEN};
        b.grad.d_emit = x + 16 * CELL_PLANE, b.grad.d_emit_stride = CELL_HIDDEN;
        b.grad.d_ax = x + 17 * CELL_PLANE, b.grad.d_ax_stride = gates;
        b.grad.d_ah = info->split ? x + 21 * CELL_PLANE : b.grad.d_ax, b.grad.d_ah_stride = gates;
        b.grad.d_param = x + 25 * CELL_PLANE;
        b.grad.d_normed = x + 26 * CELL_PLANE, b.grad.d_normed_stride = CELL_HIDDEN;
        for (int k = 0; k < info->states; k++) {
            f->prev[k] = x + (27 + k) * CELL_PLANE, f->prev_stride[k] = CELL_HIDDEN;
            f->next[k] = x + (29 + k) * CELL_PLANE, f->next_stride[k] = CELL_HIDDEN;
            b.grad.d_next[k] = x + (31 + k) * CELL_PLANE, b.grad.d_next_stride[k] = CELL_HIDDEN;
            b.grad.d_prev[k] = x + (33 + k) * CELL_PLANE, b.grad.d_prev_stride[k] = CELL_HIDDEN;
        }
        printf("{\"bench\":\"cell\",\"isa\":\"%s\",\"cell\":\"%s\",\"forward_ns_per_unit\":%.3f,"
               "\"backward_ns_per_unit\":%.3f}\n",
               device->kernels.isa, info->name, median_of(run_forward, &b) * 1e9 / CELL_PLANE,
               median_of(run_backward, &b) * 1e9 / CELL_PLANE);
    }
    rd_free_aligned(x);
}

int main(int count, char **words)
{
    rondo_device *device;
    rondo_error error;
    int threads = 1;
    for (int i = 1; i < count; i++)
        if (words[i][0] == 'o')
            count_own_time = 1;
        else
            threads = words[i][0] == '2' ? 2 : 1;
    if (rondo_device_open("cpu", threads, &device, &error) != RONDO_OK) {
        (void)fprintf(stderr, "%s\n", error.message);
        return (int)error.status;
    }
    bench_products(device);
    bench_maps(device);
    bench_cells(device);
    rondo_device_close(device);
    return 0;
}
