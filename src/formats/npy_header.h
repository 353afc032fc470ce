/* The header of a .npy file: a dictionary as Python writes it, with three keys. */
#ifndef RD_NPY_HEADER_H
#define RD_NPY_HEADER_H

#include "formats/bundle.h"

typedef struct rd_npy_header {
    rd_dtype dtype;
    int big;     /* 1: the data are big-endian */
    int fortran; /* 1: the first axis is the fastest */
    size_t rank, shape[RD_BUNDLE_RANK];
    size_t data; /* byte of the file where the data begin */
} rd_npy_header;

/* Reads magic, version and dictionary; nothing is known yet of the data. */
rondo_status rd_npy_header_parse(const void *bytes, size_t size, const char *origin, rd_npy_header *header,
                                 rondo_error *error);
/* How NumPy spells a type, little-endian, "<f4"; NULL when it has no such type. */
const char *rd_npy_descr(rd_dtype dtype);

#endif
