/* The frame of a WAV file: do the sizes it tells agree with the file? libsndfile repairs such files in
 * silence. */
#ifndef RD_RIFF_H
#define RD_RIFF_H

#include "base/status.h"

#include <stddef.h>

typedef struct rd_riff {
    size_t data, size; /* byte where the samples begin, and their bytes */
    size_t block;      /* bytes of one sample of all channels */
} rd_riff;

/* 1 for bytes that begin "RIFF....WAVE". */
int rd_riff_is(const void *bytes, size_t size);
/* Checks a WAV file: every chunk inside the file and the file inside its sizes, one fmt chunk before one data
 * chunk, no zero channels, rate or block, whole blocks of samples. RONDO_BAD_DATA with the byte. */
rondo_status rd_riff_check(const void *bytes, size_t size, const char *origin, rd_riff *riff,
                           rondo_error *error);

#endif
