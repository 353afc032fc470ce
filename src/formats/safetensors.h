/* safetensors, the native model file: 8 bytes with the length of a JSON header, the header, the data.
 * Everything a file says is checked before anything is given out; what is wrong is named with its byte. */
#ifndef RD_SAFETENSORS_H
#define RD_SAFETENSORS_H

#include "base/file.h"
#include "formats/bundle.h"

#define RD_SAFETENSORS_HEADER 100000000u /* bytes of the header */
#define RD_SAFETENSORS_DEPTH  64u        /* nesting of the header */
#define RD_SAFETENSORS_VALUES 2000000u   /* values in the header, texts of the metadata included */

#define RD_SAFETENSORS_STREAM (1u << 28) /* bytes read from a pipe or a device, which may have no end */

/* Texts that guard a file; they are checked and taken out when read, and made when written. */
#define RD_SAFETENSORS_CRC        "rondo.crc"
#define RD_SAFETENSORS_HEADER_CRC "rondo.header_crc"

/* Reads a whole file into memory; tensors point into it, or into aligned copies where the file is not
 * aligned. *checked (may be NULL) becomes 1 when the file had checksums, which then agree: every bit of it is
 * covered. A damaged file is RONDO_BAD_MODEL with "FILE: byte N: …"; one that is something else (a pickle, a
 * web page …) says what it looks like; past a limit above or of bundle.h is RONDO_LIMIT. */
rondo_status rd_safetensors_read(const char *path, rd_bundle **bundle, int *checked, rondo_error *error);
/* The same from memory, which must outlive the bundle; `origin` stands in messages. */
rondo_status rd_safetensors_parse(const void *bytes, size_t size, const char *origin, rd_bundle **bundle,
                                  int *checked, rondo_error *error);

/* Writes the tensors ordered by type (the widest first), then by name, as the reference writer does, and the
 * texts by name. With `checks`, RD_SAFETENSORS_CRC and RD_SAFETENSORS_HEADER_CRC are made; old ones are never
 * copied. */
rondo_status rd_safetensors_write(const rd_bundle *bundle, int checks, rd_save *save, rondo_error *error);
/* The same into memory, freed with rd_free. */
rondo_status rd_safetensors_pack(const rd_bundle *bundle, int checks, char **bytes, size_t *size,
                                 rondo_error *error);
/* Bytes that the file will have, without looking at the data. */
rondo_status rd_safetensors_measure(const rd_bundle *bundle, int checks, uint64_t *bytes, rondo_error *error);

#endif
