/* The roofs of this machine, measured in the same process as the figures that are compared with them:
 * multiply-adds in registers, and reading from L1, L2 and memory. About half a second. */
#include "base/clock.h"
#include "base/memory.h"
#include "kernels/kernels.h"

#include <math.h>

static const double least_seconds = 0.002; /* of one run */
/* Of which the fastest counts: what others do on the machine only slows. Threads that begin on one processor are moved
 * apart by the system, but not within the first hundredth of a second. */
enum { RUNS = 10, RUNS_TOGETHER = 50, TRIES = 3 };
enum { L1_BYTES = 24 << 10, L2_BYTES = 512 << 10, MEMORY_BYTES = 64 << 20 };

typedef struct roof {
    const rondo_device *device;
    rd_real *numbers; /* [threads][bytes / sizeof(rd_real)] */
    size_t bytes;     /* what one thread reads over and over; 0: multiply-adds instead */
    size_t rounds;
} roof;

static void work(void *context, size_t chunk, size_t thread)
{
    (void)thread;
    const roof *r = context;
    const rd_kernels *kernels = &r->device->kernels;
    if (r->bytes == 0) {
        rd_real seed = RD_C(0.5);
        kernels->peak(r->rounds, &seed);
        return;
    }
    const size_t n = r->bytes / sizeof(rd_real);
    rd_real *numbers = r->numbers + chunk * n;
    numbers[0] = kernels->sweep(n, numbers, r->rounds) > 0 ? 1 : 0;
}

static double run_once(roof *r, size_t chunks)
{
    const double start = rd_seconds();
    rd_pool_run(r->device->pool, work, r, chunks);
    return rd_seconds() - start;
}

/* Seconds of the fastest of a few runs: one that was interrupted says nothing about the rounds it takes. */
static double try(roof *r, size_t chunks)
{
    double best = run_once(r, chunks);
    for (int i = 1; i < TRIES; i++)
        best = fmin(best, run_once(r, chunks));
    return best;
}

/* Seconds of the fastest run of `chunks` threads, with as many rounds as can be measured. */
static double measure(roof *r, size_t chunks)
{
    double best;
    for (r->rounds = 1; best = try(r, chunks), best < least_seconds && r->rounds < SIZE_MAX / 4;)
        r->rounds *= 2;
    for (int i = 1; i < (chunks > 1 ? RUNS_TOGETHER : RUNS); i++) {
        const double took = run_once(r, chunks);
        best = took < best ? took : best;
    }
    return best;
}

static double gigaflops(const rondo_device *device, size_t chunks)
{
    roof r = {.device = device};
    const double took = measure(&r, chunks);
    rd_real seed = RD_C(0.5);
    return device->kernels.peak(1, &seed) * (double)r.rounds * (double)chunks / took * 1e-9;
}

static double gigabytes(const rondo_device *device, rd_real *numbers, size_t bytes, size_t chunks)
{
    roof r = {.device = device, .numbers = numbers, .bytes = bytes};
    const double took = measure(&r, chunks);
    return (double)bytes * (double)r.rounds * (double)chunks / took * 1e-9;
}

rondo_status rondo_machine(rondo_device *device, rondo_roofs *roofs, rondo_error *error)
{
    if (!device || !roofs)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_machine: %s is missing",
                       device ? "roofs" : "device");
    const size_t threads = (size_t)rd_pool_threads(device->pool);
    rd_real *numbers;
    RD_TRY(rd_alloc_aligned(threads * MEMORY_BYTES / sizeof(rd_real), sizeof(rd_real),
                            "bandwidth measurement", &numbers, error));
    for (size_t i = 0; i < threads * MEMORY_BYTES / sizeof(rd_real); i += 512)
        numbers[i] = 0; /* every page gets memory of its own */
    *roofs = (rondo_roofs){.fma_gflops = gigaflops(device, 1),
                           .l1_gbps = gigabytes(device, numbers, L1_BYTES, 1),
                           .l2_gbps = gigabytes(device, numbers, L2_BYTES, 1),
                           .memory_gbps = gigabytes(device, numbers, MEMORY_BYTES, 1),
                           .fma_gflops_all = gigaflops(device, threads),
                           .memory_gbps_all = gigabytes(device, numbers, MEMORY_BYTES, threads)};
    rd_free_aligned(numbers);
    return RONDO_OK;
}
