/* The instruction sets this binary holds, best first; which of them run is asked of the processor, by
 * features. */
#include "base/size.h"
#include "base/text.h"
#include "kernels/kernels.h"

typedef struct instruction_set {
    const char *name;
    int (*runs)(void);
    void (*fill)(rd_kernels *kernels);
} instruction_set;

static int always(void)
{
    return 1;
}

#if defined(__x86_64__)
static int has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static int has_avx512(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}
#endif

static const instruction_set sets[] = {
#if defined(__x86_64__)
    {"avx512", has_avx512, rd_cpu_avx512},
    {"avx2", has_avx2, rd_cpu_avx2},
#endif
#if defined(__aarch64__)
    {"neon", always, rd_cpu_neon},
#endif
#if defined(__wasm_simd128__)
    {"simd128", always, rd_cpu_simd128},
#endif
    {"generic", always, rd_cpu_generic},
};

enum { SETS = sizeof sets / sizeof sets[0] };

const char *rd_kernels_name(size_t i)
{
    for (size_t k = 0; k < SETS; k++)
        if (sets[k].runs() && i-- == 0) return sets[k].name;
    return NULL;
}

int rd_kernels_for(const char *isa, rd_kernels *kernels)
{
    for (size_t k = 0; k < SETS; k++)
        if (rd_equal(isa, sets[k].name) && sets[k].runs()) {
            *kernels = (rd_kernels){0};
            sets[k].fill(kernels);
            return 1;
        }
    return 0;
}

static size_t whole_lines(size_t numbers)
{
    const size_t line = 64 / sizeof(rd_real);
    return rd_ceil_div(numbers, line) * line;
}

size_t rd_panel_numbers(const rd_kernels *kernels, size_t columns, size_t depth)
{
    return whole_lines(rd_ceil_div(columns, kernels->panel) * kernels->panel * depth);
}

size_t rd_gate_panel_numbers(size_t hidden, size_t gates, size_t units, size_t depth)
{
    return whole_lines(rd_ceil_div(hidden, units) * units * gates * depth);
}
