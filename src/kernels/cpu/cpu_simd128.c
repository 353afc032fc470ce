/* Registers of 16 bytes of WebAssembly, without fused multiply-add. */
#define RD_LANE_BYTES 16
#include "kernels/cpu/cpu_body.h"

void rd_cpu_simd128(rd_kernels *kernels)
{
    fill_table("simd128", kernels);
}
