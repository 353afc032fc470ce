/* Time that never runs backwards, and the mode of the floating-point unit. */
#include "base/clock.h"

#include <time.h>

double rd_seconds(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail on a system with the clock */
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void rd_sleep(double seconds)
{
    if (!(seconds > 0)) return;
    struct timespec rest = {.tv_sec = (time_t)(seconds < 1e9 ? seconds : 1e9)};
    if (seconds < 1e9) rest.tv_nsec = (long)((seconds - (double)rest.tv_sec) * 1e9);
    (void)nanosleep(&rest, NULL); /* early is fine */
}

#if defined(__x86_64__) || (defined(__i386__) && defined(__SSE2__))

enum { FLUSH_RESULTS = 0x8000, FLUSH_OPERANDS = 0x0040 }; /* of MXCSR */

static uint64_t get_mode(void)
{
    return __builtin_ia32_stmxcsr();
}
static void set_mode(uint64_t mode)
{
    __builtin_ia32_ldmxcsr((unsigned)mode);
}

#elif defined(__aarch64__)

enum { FLUSH_RESULTS = 1 << 24, FLUSH_OPERANDS = 0 }; /* FZ of FPCR does both */

static uint64_t get_mode(void)
{
    uint64_t mode;
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
    return mode;
}

static void set_mode(uint64_t mode)
{
    __asm__ volatile("msr fpcr, %0" : : "r"(mode));
}

#else

enum { FLUSH_RESULTS = 0, FLUSH_OPERANDS = 0 };

static uint64_t get_mode(void)
{
    return 0;
}
static void set_mode(uint64_t mode)
{
    (void)mode;
}

#endif

uint64_t rd_float_mode_flush(void)
{
    const uint64_t mode = get_mode();
    set_mode(mode | FLUSH_RESULTS | FLUSH_OPERANDS);
    return mode;
}

/* Only the two bits that flush changed go back: flags raised in between belong to the caller. */
void rd_float_mode_restore(uint64_t mode)
{
    const uint64_t mask = FLUSH_RESULTS | FLUSH_OPERANDS;
    set_mode((get_mode() & ~mask) | (mode & mask));
}
