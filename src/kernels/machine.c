/* The roofs of this machine, measured in the same process as the figures that are compared with them:
 * multiply-adds in registers, and reading from L1, L2 and memory. About a third of a second. */
#include "base/clock.h"
#include "base/memory.h"
#include "kernels/kernels.h"

static const double each_takes = 0.02; /* seconds of one measurement, after its warm-up */

enum { L1_BYTES = 16 << 10, L2_BYTES = 512 << 10, MEMORY_BYTES = 64 << 20 };

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
    rd_real sum = 0;
    for (size_t i = 0; i < r->rounds; i++)
        sum += kernels->sweep(n, r->numbers + chunk * n);
    r->numbers[chunk * n] = sum > 0 ? 0 : sum;
}

/* Seconds of one run of `chunks` threads, the rounds doubled until it is long enough to be measured. */
static double measure(roof *r, size_t chunks)
{
    for (r->rounds = 1;; r->rounds *= 2) {
        const double start = rd_seconds();
        rd_pool_run(r->device->pool, work, r, chunks);
        const double took = rd_seconds() - start;
        if (took >= each_takes || r->rounds > SIZE_MAX / 4) return took;
    }
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
