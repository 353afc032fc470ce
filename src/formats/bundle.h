/* Named tensors and named texts in memory: what every file of numbers is read into and written from. */
#ifndef RD_BUNDLE_H
#define RD_BUNDLE_H

#include "base/status.h"

#define RD_BUNDLE_TENSORS 100000u /* tensors of a bundle */
#define RD_BUNDLE_RANK    8u      /* axes of a tensor */
#define RD_BUNDLE_NAME    1024u   /* bytes of a tensor's name */
#define RD_SHAPE_TEXT     192u    /* room that rd_shape_print needs */

/* What an element is. The order is the one safetensors files are written in, from the last to the first. */
typedef enum rd_dtype {
    RD_DTYPE_BOOL = 0,
    RD_DTYPE_U8 = 1,
    RD_DTYPE_I8 = 2,
    RD_DTYPE_F8_E5M2 = 3,
    RD_DTYPE_F8_E4M3 = 4,
    RD_DTYPE_F8_E8M0 = 5,
    RD_DTYPE_F8_E4M3FNUZ = 6,
    RD_DTYPE_F8_E5M2FNUZ = 7,
    RD_DTYPE_I16 = 8,
    RD_DTYPE_U16 = 9,
    RD_DTYPE_F16 = 10,
    RD_DTYPE_BF16 = 11,
    RD_DTYPE_I32 = 12,
    RD_DTYPE_U32 = 13,
    RD_DTYPE_F32 = 14,
    RD_DTYPE_C64 = 15,
    RD_DTYPE_F64 = 16,
    RD_DTYPE_I64 = 17,
    RD_DTYPE_U64 = 18,
    RD_DTYPES = 19
} rd_dtype;

typedef struct rd_dtype_info {
    const char *name; /* "F32", as safetensors spells it */
    size_t size;      /* bytes of an element */
    size_t unit;      /* bytes that are turned round together on a machine of the other byte order */
} rd_dtype_info;
/* The row of a type; NULL when dtype is none. */
const rd_dtype_info *rd_dtype_of(rd_dtype dtype);
/* The type of that name: 1 and *dtype, or 0. */
int rd_dtype_find(const char *name, rd_dtype *dtype);

typedef struct rd_tensor {
    const char *name;
    rd_dtype dtype;
    size_t rank; /* 0 is a single number */
    size_t shape[RD_BUNDLE_RANK];
    const void *data; /* row-major, in the byte order of this machine, aligned for its type */
    size_t bytes;     /* of data; worked out by rd_bundle_add and rd_bundle_make */
    size_t at;        /* byte of the file where the data begin, for messages; 0 when it came from no file */
} rd_tensor;
/* Bytes of the data that dtype and shape ask for: 1 and *bytes, or 0 when the product overflows. */
int rd_tensor_bytes(const rd_tensor *tensor, size_t *bytes);
/* "[1024, 256]"; gives out back. */
const char *rd_shape_print(const size_t *shape, size_t rank, char out[RD_SHAPE_TEXT]);
/* Copies bytes, turning round each group of `unit` bytes; to and from may be the same place. */
void rd_turn_bytes(void *to, const void *from, size_t bytes, size_t unit);

typedef struct rd_bundle rd_bundle;
rondo_status rd_bundle_new(rd_bundle **bundle, rondo_error *error);
void rd_bundle_free(rd_bundle *bundle); /* NULL allowed */

/* ---- tensors, ordered by name (bytewise). A pointer to one stays good until the bundle is freed. */
/* Adds a tensor whose data are lent and must outlive the bundle; name and shape are copied. A name twice, bad
 * UTF-8, an unknown type are RONDO_BAD_ARGUMENT; past the limits above is RONDO_LIMIT. */
rondo_status rd_bundle_add(rd_bundle *bundle, const rd_tensor *tensor, rondo_error *error);
/* The same with data of the bundle's own: zeros on a 64-byte boundary, given in *data to be filled in. */
rondo_status rd_bundle_make(rd_bundle *bundle, const rd_tensor *tensor, void **data, rondo_error *error);
const rd_tensor *rd_bundle_find(const rd_bundle *bundle, const char *name); /* or NULL */
const rd_tensor *rd_bundle_at(const rd_bundle *bundle, size_t i);           /* NULL past the end */
size_t rd_bundle_tensors(const rd_bundle *bundle);
/* Takes over a block of rd_alloc that lent data point into; it is freed with the bundle. On failure it is
 * not. */
rondo_status rd_bundle_keep(rd_bundle *bundle, void *block, rondo_error *error);

/* ---- texts, ordered by name (bytewise) */
/* Sets a text (UTF-8, of any length, NUL bytes allowed, copied), replacing an older one; value NULL removes
 * it. */
rondo_status rd_bundle_set(rd_bundle *bundle, const char *name, const char *value, size_t size,
                           rondo_error *error);
/* The text, ended by 0, good until it is set again; NULL when there is none. size may be NULL. */
const char *rd_bundle_get(const rd_bundle *bundle, const char *name, size_t *size);
/* The i-th text: 1, or 0 past the end. */
int rd_bundle_text(const rd_bundle *bundle, size_t i, const char **name, const char **value, size_t *size);
size_t rd_bundle_texts(const rd_bundle *bundle);

#endif
