/* Registers of 64 bytes (AVX-512 F, DQ, BW, VL). */
#define RD_LANE_BYTES 64
#include "kernels/cpu/cpu_body.h"

void rd_cpu_avx512(rd_kernels *kernels)
{
    fill_table("avx512", kernels);
}
