/* Registers of 32 bytes with fused multiply-add (Haswell, Zen and later). */
#define RD_LANE_BYTES 32
#include "kernels/cpu/cpu_body.h"

void rd_cpu_avx2(rd_kernels *kernels)
{
    fill_table("avx2", kernels);
}
