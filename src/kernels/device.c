/* A device: the kernels of one instruction set, a team of threads, scratch memory for each. The choice of the
 * set is the only thing the library reads from the environment. */
#include "base/memory.h"
#include "base/size.h"
#include "base/text.h"
#include "kernels/kernels.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_THREADS = 1024 };

/* "avx512, avx2, generic": what can be asked for here. */
static void list_sets(char *text, size_t room)
{
    size_t used = 0;
    text[0] = 0;
    for (size_t i = 0; rd_kernels_name(i); i++) {
        const int wrote = snprintf(text + used, room - used, "%s%s", i ? ", " : "", rd_kernels_name(i));
        if (wrote < 0 || (size_t)wrote >= room - used) return;
        used += (size_t)wrote;
    }
}

static rondo_status choose_kernels(rd_kernels *kernels, rondo_error *error)
{
    const char *asked = getenv("RONDO_ISA");
    if (!asked || !*asked) asked = rd_kernels_name(0);
    if (rd_kernels_for(asked, kernels)) return RONDO_OK;
    char have[64];
    list_sets(have, sizeof have);
    return rd_fail(error, RONDO_BAD_ARGUMENT,
                   "RONDO_ISA asks for %s, which this processor or this binary lacks (expected one of: %s)",
                   rd_quote(asked).text, have);
}

static rondo_status settle(rondo_device *device, int threads, rondo_error *error)
{
    RD_TRY(choose_kernels(&device->kernels, error));
    RD_TRY(rd_pool_new(threads, &device->pool, error));
    size_t numbers;
    if (!rd_mul((size_t)rd_pool_threads(device->pool), RD_OUTER_SCRATCH, &numbers))
        return rd_fail(error, RONDO_LIMIT, "%d threads are too many", threads);
    return rd_alloc_aligned(numbers, sizeof(rd_real), "scratch of the threads", &device->scratch, error);
}

rondo_status rondo_device_open(const char *name, int threads, rondo_device **device, rondo_error *error)
{
    if (!name || !device)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_device_open: %s is missing",
                       name ? "device" : "name");
    *device = NULL;
    if (!rd_equal(name, "cpu") && !rd_equal(name, "auto"))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "device %s is not known (expected cpu or auto)",
                       rd_quote(name).text);
    if (threads < 0 || threads > MAX_THREADS)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "%d threads were asked for (expected 0 to %d)", threads,
                       MAX_THREADS);
    rondo_device *made;
    RD_TRY(rd_alloc(1, sizeof *made, "device", &made, error));
    const rondo_status status = settle(made, threads, error);
    if (status == RONDO_OK)
        *device = made;
    else
        rondo_device_close(made);
    return status;
}

/* Everything here has ended when its call returns, so there is nothing to wait for and no late error. */
rondo_status rondo_device_sync(rondo_device *device, rondo_error *error)
{
    if (!device) return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_device_sync: device is missing");
    return RONDO_OK;
}

int rondo_device_threads(const rondo_device *device)
{
    return device ? rd_pool_threads(device->pool) : 0;
}

const char *rondo_device_isa(const rondo_device *device)
{
    return device ? device->kernels.isa : NULL;
}

void rondo_device_close(rondo_device *device)
{
    if (!device) return;
    if (device->pool) rd_pool_free(device->pool);
    rd_free_aligned(device->scratch);
    rd_free(device);
}
