/* Raw bytes of a file or of memory, and gzip unpacked from them. */
#ifndef RD_GUNZIP_H
#define RD_GUNZIP_H

#include "base/status.h"

typedef struct rd_raw { /* a window on the bytes as they are stored */
    const char *name;   /* for messages */
    int descriptor;     /* or −1: the memory is all there is */
    unsigned char *buffer; /* owned; NULL for memory */
    const unsigned char *at;
    size_t left;     /* bytes at `at` */
    uint64_t before; /* bytes of the file before the window's end */
    int ended;
} rd_raw;
/* Makes sure that there are at least `want` (1 or 2) bytes at raw->at, unless the file ends before. */
rondo_status rd_raw_fill(rd_raw *raw, size_t want, rondo_error *error);
void rd_raw_take(rd_raw *raw, size_t size);

typedef struct rd_gunzip rd_gunzip;
/* RONDO_BAD_DATA in a build without zlib. */
rondo_status rd_gunzip_new(const rd_raw *raw, rd_gunzip **gunzip, rondo_error *error);
/* Up to `size` unpacked bytes, member after member; *got is 0 only at the end. Damage, a missing end and bytes other
 * than zeros after the last member are RONDO_BAD_DATA with the byte of the packed file. */
rondo_status rd_gunzip_read(rd_gunzip *gunzip, rd_raw *raw, unsigned char *bytes, size_t size, size_t *got,
                            rondo_error *error);
void rd_gunzip_free(rd_gunzip *gunzip);

#endif
