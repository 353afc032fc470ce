/* The reference: every machine, one number at a time. */
#define RD_LANE_BYTES 0
#include "kernels/cpu/cpu_body.h"

void rd_cpu_generic(rd_kernels *kernels)
{
    fill_table("generic", kernels);
}
