/* libsndfile reads from memory through four callbacks. What it says of a file is range-checked before use,
 * and memory grows with what was decoded, not with what was announced. */
#include "data/audio.h"

#include "base/memory.h"
#include "base/size.h"
#include "data/riff.h"

#include <string.h>

static int is_flac(const void *bytes, size_t size)
{
    return size >= 4 && memcmp(bytes, "fLaC", 4) == 0;
}

int rd_audio_is(const void *bytes, size_t size)
{
    return rd_riff_is(bytes, size) || is_flac(bytes, size);
}

void rd_audio_free(rd_audio *audio)
{
    rd_free(audio->sample);
    *audio = (rd_audio){0};
}

#if RONDO_WITH_AUDIO

#include <math.h>
#include <sndfile.h>

enum { FRAMES_AT_ONCE = 4096 };
#define LOUDEST 1e30F /* so that no sum of samples is infinite */

typedef struct memory {
    const unsigned char *bytes;
    sf_count_t size, at;
} memory;

static sf_count_t tell_size(void *user)
{
    return ((memory *)user)->size;
}

static sf_count_t tell_place(void *user)
{
    return ((memory *)user)->at;
}

static sf_count_t seek(sf_count_t offset, int whence, void *user)
{
    memory *m = user;
    const sf_count_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? m->at : m->size;
    if (offset < -from || offset > m->size - from) return -1;
    m->at = from + offset;
    return m->at;
}

static sf_count_t read_bytes(void *to, sf_count_t count, void *user)
{
    memory *m = user;
    const sf_count_t left = m->size - m->at, taken = count < left ? count : left;
    if (taken <= 0) return 0;
    memcpy(to, m->bytes + m->at, (size_t)taken);
    m->at += taken;
    return taken;
}

static sf_count_t write_nothing(const void *from, sf_count_t count, void *user)
{
    (void)from, (void)count, (void)user;
    return 0;
}

typedef struct decoding {
    const char *origin;
    SNDFILE *file;
    SF_INFO info;
    float *block; /* [FRAMES_AT_ONCE][channels], owned */
    rd_riff riff; /* of a WAV file; zeros for others */
} decoding;

static rondo_status check_info(const decoding *d, rondo_error *error)
{
    static const int kinds[] = {SF_FORMAT_PCM_U8, SF_FORMAT_PCM_S8, SF_FORMAT_PCM_16,
                                SF_FORMAT_PCM_24, SF_FORMAT_PCM_32, SF_FORMAT_FLOAT,
                                SF_FORMAT_DOUBLE, SF_FORMAT_ULAW,   SF_FORMAT_ALAW};
    const SF_INFO *info = &d->info;
    size_t i = 0;
    if (info->channels < 1 || info->channels > RD_AUDIO_CHANNELS)
        return rd_fail(error, RONDO_BAD_DATA, "%s: %d channels (1 to %d are read)", d->origin, info->channels,
                       RD_AUDIO_CHANNELS);
    if (info->samplerate < RD_AUDIO_RATE_LEAST || info->samplerate > RD_AUDIO_RATE_MOST)
        return rd_fail(error, RONDO_BAD_DATA, "%s: %d samples a second (%d to %d are read)", d->origin,
                       info->samplerate, RD_AUDIO_RATE_LEAST, RD_AUDIO_RATE_MOST);
    while (i < sizeof kinds / sizeof *kinds && kinds[i] != (info->format & SF_FORMAT_SUBMASK))
        i++;
    if (i == sizeof kinds / sizeof *kinds)
        return rd_fail(error, RONDO_BAD_DATA,
                       "%s: samples in a format that is not read (PCM, float, mu-law, A-law are)", d->origin);
    return RONDO_OK;
}

static rondo_status open_file(decoding *d, memory *m, rondo_error *error)
{
    SF_VIRTUAL_IO calls = {.get_filelen = tell_size,
                           .seek = seek,
                           .read = read_bytes,
                           .write = write_nothing,
                           .tell = tell_place};
    d->file = sf_open_virtual(&calls, SFM_READ, &d->info, m);
    if (!d->file)
        return rd_fail(error, RONDO_BAD_DATA, "%s: not a sound file that can be read: %s", d->origin,
                       sf_strerror(NULL));
    RD_TRY(check_info(d, error));
    size_t floats;
    if (!rd_mul(FRAMES_AT_ONCE, (size_t)d->info.channels, &floats))
        return rd_fail(error, RONDO_LIMIT, "%s: too many channels", d->origin);
    return rd_alloc(floats, sizeof(float), "samples", &d->block, error);
}

static rondo_status bad_sample(const decoding *d, size_t frame, size_t channel, rondo_error *error)
{
    const size_t channels = (size_t)d->info.channels;
    if (d->riff.block)
        return rd_fail(error, RONDO_BAD_DATA, "%s: byte %zu: sample %zu is not a number or too large",
                       d->origin, d->riff.data + frame * d->riff.block + channel * (d->riff.block / channels),
                       frame);
    return rd_fail(error, RONDO_BAD_DATA, "%s: sample %zu is not a number or too large", d->origin, frame);
}

/* Appends the mean over channels of `frames` samples. */
static rondo_status mix(const decoding *d, size_t frames, rd_audio *audio, rondo_error *error)
{
    const size_t channels = (size_t)d->info.channels;
    if (frames > RD_AUDIO_SAMPLES - audio->count)
        return rd_fail(error, RONDO_LIMIT, "%s: more than %u samples", d->origin, RD_AUDIO_SAMPLES);
    RD_TRY(rd_grow(&audio->sample, &audio->room, audio->count + frames, sizeof(float), "samples", error));
    for (size_t i = 0; i < frames; i++) {
        double sum = 0;
        for (size_t c = 0; c < channels; c++) {
            const float value = d->block[i * channels + c];
            if (!(fabsf(value) <= LOUDEST)) return bad_sample(d, audio->count, c, error);
            sum += (double)value;
        }
        audio->sample[audio->count++] = (float)(sum / (double)channels);
    }
    return RONDO_OK;
}

static rondo_status decode(decoding *d, rd_audio *audio, rondo_error *error)
{
    sf_count_t got;
    audio->count = 0;
    audio->rate = (unsigned)d->info.samplerate;
    while ((got = sf_readf_float(d->file, d->block, FRAMES_AT_ONCE)) > 0)
        RD_TRY(mix(d, (size_t)got, audio, error));
    if (sf_error(d->file) != SF_ERR_NO_ERROR)
        return rd_fail(error, RONDO_BAD_DATA, "%s: damaged after sample %zu: %s", d->origin, audio->count,
                       sf_strerror(d->file));
    if (audio->count == 0) return rd_fail(error, RONDO_BAD_DATA, "%s: there are no samples", d->origin);
    const size_t told = d->riff.block ? d->riff.size / d->riff.block : (size_t)d->info.frames;
    if (audio->count == told) return RONDO_OK;
    return rd_fail(error, RONDO_BAD_DATA, "%s: %zu samples of %zu are there: the file is cut or damaged",
                   d->origin, audio->count, told);
}

rondo_status rd_audio_decode(const void *bytes, size_t size, const char *origin, rd_audio *audio,
                             rondo_error *error)
{
    decoding d = {.origin = origin};
    memory m = {.bytes = bytes};
    if (__builtin_add_overflow(size, 0u, &m.size))
        return rd_fail(error, RONDO_LIMIT, "%s: too large", origin);
    if (!rd_audio_is(bytes, size))
        return rd_fail(error, RONDO_BAD_DATA, "%s: byte 0: neither WAV nor FLAC", origin);
    if (rd_riff_is(bytes, size)) RD_TRY(rd_riff_check(bytes, size, origin, &d.riff, error));
    rondo_status status = open_file(&d, &m, error);
    if (status == RONDO_OK) status = decode(&d, audio, error);
    if (d.file) (void)sf_close(d.file);
    rd_free(d.block);
    return status;
}

#else

rondo_status rd_audio_decode(const void *bytes, size_t size, const char *origin, rd_audio *audio,
                             rondo_error *error)
{
    (void)bytes, (void)size, (void)audio;
    (void)rd_fail(error, RONDO_SYSTEM, "%s: a sound file, and this build has no libsndfile and kissfft",
                  origin);
    rd_hint(error, "build with both (Debian: libsndfile1-dev libkissfft-dev)");
    return RONDO_SYSTEM;
}

#endif
