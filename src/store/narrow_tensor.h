/* Narrow matrices in a bundle: BF16 tensors; I8 tensors with the scales of their rows beside, NAME.scale,
 * F32. */
#ifndef RD_NARROW_TENSOR_H
#define RD_NARROW_TENSOR_H

#include "formats/bundle.h"
#include "model/narrow.h"

/* Adds the matrix `numbers` [rows][columns], which hold narrow values already. */
rondo_status rd_narrow_add(rd_bundle *bundle, rd_weights weights, const char *name, const rd_param *param,
                           const rd_real *numbers, rondo_error *error);
/* RONDO_BAD_MODEL unless the bundle has that matrix in that kind, with sound scales. */
rondo_status rd_narrow_check(const rd_bundle *bundle, rd_weights weights, const char *path, const char *name,
                             const rd_param *param, rondo_error *error);
/* After the check. */
void rd_narrow_copy(const rd_bundle *bundle, rd_weights weights, const char *name, const rd_param *param,
                    rd_real *numbers);
/* 1 when `name` is `param` and ".scale". */
int rd_narrow_is_scale(const char *name, const char *param);

#endif
