/* Registers of 16 bytes of 64-bit ARM, which always has them. */
#define RD_LANE_BYTES 16
#include "kernels/cpu/cpu_body.h"

void rd_cpu_neon(rd_kernels *kernels)
{
    fill_table("neon", kernels);
}
