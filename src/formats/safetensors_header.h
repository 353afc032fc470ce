/* What the files of safetensors share: a file being read, and the order and checksum lines of one written. */
#ifndef RD_SAFETENSORS_HEADER_H
#define RD_SAFETENSORS_HEADER_H

#include "formats/json.h"
#include "formats/safetensors.h"

typedef struct rd_safetensors_file {
    const char *origin;         /* stands in messages */
    const unsigned char *bytes; /* [size] the whole file, lent */
    size_t size;
    size_t header;     /* bytes of JSON, which begin at byte 8 */
    size_t data;       /* byte where the tensors' data begin */
    rd_json_scan scan; /* offsets in the JSON */
} rd_safetensors_file;

/* "ORIGIN: byte N: …" as RONDO_BAD_MODEL. */
rondo_status rd_safetensors_bad(const rd_safetensors_file *file, size_t byte, rondo_error *error,
                                const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Parses the header of a file whose frame was checked, checks everything it says, fills the bundle with its
 * texts and tensors. Built without jansson it is RONDO_SYSTEM and says so. */
rondo_status rd_safetensors_load(const rd_safetensors_file *file, rd_bundle *bundle, rondo_error *error);
/* RONDO_OK when this build reads and writes model files, else RONDO_SYSTEM. */
rondo_status rd_safetensors_ready(rondo_error *error);

/* The tensors in the order of a file: types from the widest, then names. *order is freed with rd_free. */
rondo_status rd_safetensors_order(const rd_bundle *bundle, const rd_tensor ***order, rondo_error *error);
/* Appends a line of RD_SAFETENSORS_CRC: "e3069283 name", controls and backslashes of the name as \xhh. */
void rd_safetensors_crc_line(rd_text *text, uint32_t crc, const char *name);

#endif
