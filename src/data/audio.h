/* Sound files in memory: WAV and FLAC, decoded by libsndfile, made mono. */
#ifndef RD_AUDIO_H
#define RD_AUDIO_H

#include "base/status.h"

#include <stddef.h>

enum { RD_AUDIO_CHANNELS = 64, RD_AUDIO_RATE_LEAST = 1000, RD_AUDIO_RATE_MOST = 768000 };
#define RD_AUDIO_SAMPLES 1073741824u /* of one file, after mixing */

typedef struct rd_audio {
    float *sample; /* [count], owned; full scale is 1 */
    size_t count, room;
    unsigned rate; /* samples a second */
} rd_audio;

/* Decodes a whole file into *audio, whose room is used again; channels are averaged. WAV may hold PCM of 8 to
 * 32 bits, floats, mu-law or A-law; FLAC anything. A file without samples, one whose sizes do not agree with
 * its length, other formats, samples that are not finite or over 1e30 are RONDO_BAD_DATA with "ORIGIN: byte
 * N: …" or the number of the sample; more samples than RD_AUDIO_SAMPLES RONDO_LIMIT; a build without
 * libsndfile gives RONDO_SYSTEM. */
rondo_status rd_audio_decode(const void *bytes, size_t size, const char *origin, rd_audio *audio,
                             rondo_error *error);
void rd_audio_free(rd_audio *audio);

/* 1 when the bytes begin as a file that rd_audio_decode reads. */
int rd_audio_is(const void *bytes, size_t size);

#endif
