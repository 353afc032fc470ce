/* NumPy's array files: .npy is one array, .npz a ZIP archive of them. Whatever byte order and order of axes a
 * file has, what is given is row-major and of this machine. */
#ifndef RD_NPY_H
#define RD_NPY_H

#include "base/text.h"
#include "formats/bundle.h"

/* Adds the array of a .npy file (versions 1 to 3) to the bundle under `name`; the data are copied. Types are
 * the bool, integers of 1 to 8 bytes and floats of 2 to 8 bytes of NumPy. Objects (which are pickles),
 * records, texts, dates and complex numbers are refused by name; these and every damage are RONDO_BAD_DATA
 * with "ORIGIN: byte N: …". More than RD_BUNDLE_RANK axes is RONDO_LIMIT. */
rondo_status rd_npy_parse(const void *bytes, size_t size, const char *origin, const char *name,
                          rd_bundle *bundle, rondo_error *error);
/* All arrays of a .npz file, under their names without ".npy". More than `limit` bytes unpacked is
 * RONDO_LIMIT; see zip.h for what archives may be. */
rondo_status rd_npz_parse(const void *bytes, size_t size, const char *origin, size_t limit,
                          rd_bundle **bundle, rondo_error *error);
/* Appends a .npy file, version 1, with the bytes that NumPy itself writes. A type that NumPy does not have is
 * RONDO_BAD_ARGUMENT. */
rondo_status rd_npy_write(const rd_tensor *tensor, rd_text *out, rondo_error *error);

#endif
