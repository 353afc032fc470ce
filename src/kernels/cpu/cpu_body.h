/* The whole table of one instruction set. Included once by each cpu_*.c, after RD_LANE_BYTES says how wide
 * the file's registers are; everything here is static, the file shows one function. */
#ifndef RD_CPU_BODY_H
#define RD_CPU_BODY_H

#include "kernels/cpu/cpu_cells.h"
#include "kernels/cpu/cpu_masks.h"
#include "kernels/cpu/cpu_norm.h"
#include "kernels/cpu/cpu_product.h"
#include "kernels/cpu/cpu_rows.h"
#include "kernels/cpu/cpu_scan.h"
#include "kernels/cpu/cpu_stream.h"
#include "kernels/cpu/cpu_walk.h"

static void fill_table(const char *isa, rd_kernels *kernels)
{
    kernels->isa = isa;
    fill_products(kernels);
    fill_cells(kernels);
    fill_rows(kernels);
    fill_scans(kernels);
    fill_stream(kernels);
    fill_norms(kernels);
    fill_masks(kernels);
    fill_walk(kernels);
}

#endif
