/* Sound files: WAV put together here byte by byte, FLAC written by libsndfile; sizes that lie, cuts, odd
 * samples. */
#include "base/memory.h"
#include "data/audio.h"
#include "data/riff.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

typedef struct wav {
    unsigned char at[256];
    size_t size;
} wav;

static void put(wav *w, const void *from, size_t size)
{
    assert_true(w->size + size <= sizeof w->at);
    memcpy(w->at + w->size, from, size);
    w->size += size;
}

static void put_little(wav *w, unsigned long value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        const unsigned char byte = (unsigned char)(value >> 8 * i);
        put(w, &byte, 1);
    }
}

/* A file of 44 bytes and the samples; the format is 1 (PCM) or 3 (float). */
static wav wav_of(unsigned format, unsigned channels, unsigned rate, unsigned bits, const void *samples,
                  size_t size)
{
    wav w = {.size = 0};
    put(&w, "RIFF", 4);
    put_little(&w, 36 + size, 4);
    put(&w, "WAVEfmt ", 8);
    put_little(&w, 16, 4);
    put_little(&w, format, 2);
    put_little(&w, channels, 2);
    put_little(&w, rate, 4);
    put_little(&w, (unsigned long)rate * channels * bits / 8, 4);
    put_little(&w, channels * bits / 8, 2);
    put_little(&w, bits, 2);
    put(&w, "data", 4);
    put_little(&w, size, 4);
    put(&w, samples, size);
    return w;
}

static const int16_t tone[] = {0, 16384, -32768, 32767, 1, -1};

static wav plain(void)
{
    return wav_of(1, 1, 8000, 16, tone, sizeof tone);
}

static rondo_status decode(const void *bytes, size_t size, rd_audio *audio, rondo_error *error)
{
    unsigned char *exact = malloc(size + (size == 0)); /* so that a sanitizer sees a read past the end */
    assert_non_null(exact);
    memcpy(exact, bytes, size);
    const rondo_status status = rd_audio_decode(exact, size, "a.wav", audio, error);
    free(exact);
    return status;
}

static void the_frame_of_a_file_is_checked_before_it_is_decoded(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        unsigned char value;
        const char *why;
    } lies[] = {
        {4, 46, "byte 4: the file says that 46 bytes follow, there are 48"},
        {5, 1, "byte 4: the file says that 304 bytes follow, there are 48"},
        {7, 0x80, "byte 4: the file says that 2147483696 bytes follow"},
        {40, 13, "byte 40: the chunk \"data\" has 13 bytes, 12 follow: the file is cut"},
        {43, 0xFF, "byte 40: the chunk \"data\" has 4278190092 bytes"},
        {40, 11, "byte 40: 11 bytes of samples are not whole blocks of 2"},
        {40, 0, "byte 40: there are no samples"},
        {40, 4,
         "byte 52: the chunk \"\\x00\\x80\\xff\\x7f\" has 4294902015 bytes, 0 follow"}, /* samples taken for
                                                                                           it */
        {22, 0, "byte 22: 0 channels"},
        {24, 0, "byte 24: a sample rate of 0"},
        {32, 0, "byte 32: blocks of 0 bytes"},
        {16, 15, "byte 16: the fmt chunk has fewer than 16 bytes"},
        {12, 'F', "byte 36: samples before the fmt chunk"},
        {36, 'D', "byte 56: there is no data chunk"},
        {16, 200, "byte 16: the chunk \"fmt \" has 200 bytes"},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        wav w = plain();
        rd_riff riff;
        rondo_error error = {0};
        w.at[lies[i].at] = lies[i].value;
        if (lies[i].at == 24) memset(w.at + 24, 0, 4);
        if (lies[i].at == 40 && lies[i].value == 4) w.at[52] = 0xFF; /* a length past the end */
        assert_int_equal(rd_riff_check(w.at, w.size, "a.wav", &riff, &error), RONDO_BAD_DATA);
        if (!strstr(error.message, lies[i].why))
            fail_msg("\"%s\" does not say \"%s\"", error.message, lies[i].why);
    }
}

static void chunks_of_other_kinds_and_padding_are_passed_over(void **state)
{
    (void)state;
    wav w = plain(), with = {.size = 0};
    rd_riff riff;
    put(&with, w.at, 12);
    put(&with, "LIST\3\0\0\0abc\0", 12);
    put(&with, w.at + 12, w.size - 12);
    put(&with, "id3 \1\0\0\0x", 9); /* the last chunk is odd and has no padding */
    with.at[4] = (unsigned char)(with.size - 8);
    assert_int_equal(rd_riff_check(with.at, with.size, "a.wav", &riff, NULL), RONDO_OK);
    assert_int_equal(riff.data, 44 + 12);
    assert_int_equal(riff.size, sizeof tone);
    assert_int_equal(riff.block, 2);
}

#if RONDO_WITH_AUDIO

#include <sndfile.h>

static void expect_refused(const void *bytes, size_t size, const char *why)
{
    rd_audio audio = {0};
    rondo_error error = {0};
    assert_int_equal(decode(bytes, size, &audio, &error), RONDO_BAD_DATA);
    if (!strstr(error.message, why)) fail_msg("\"%s\" does not say \"%s\"", error.message, why);
    assert_int_equal(strncmp(error.message, "a.wav: ", 7), 0);
    rd_audio_free(&audio);
}

static void expect_samples(const wav *w, const float *expected, size_t count)
{
    rd_audio audio = {0};
    rondo_error error = {0};
    if (decode(w->at, w->size, &audio, &error) != RONDO_OK) fail_msg("%s", error.message);
    assert_int_equal(audio.count, count);
    for (size_t i = 0; i < count; i++)
        assert_true(audio.sample[i] == expected[i]);
    rd_audio_free(&audio);
}

static void samples_are_read_in_the_formats_of_the_field(void **state)
{
    (void)state;
    static const float whole[] = {0, 0.5F, -1, 32767 / 32768.0F, 1 / 32768.0F, -1 / 32768.0F};
    static const unsigned char u8[] = {128, 192, 0}, s24[] = {0, 0, 0x40, 0, 0, 0x80};
    static const float f32[] = {0.25F, -3.5F};
    wav w = plain();
    expect_samples(&w, whole, 6);
    w = wav_of(1, 1, 8000, 8, u8, sizeof u8);
    expect_samples(&w, (const float[]){0, 0.5F, -1}, 3);
    w = wav_of(1, 1, 8000, 24, s24, sizeof s24);
    expect_samples(&w, (const float[]){0.5F, -1}, 2);
    w = wav_of(3, 1, 8000, 32, f32, sizeof f32);
    expect_samples(&w, f32, 2);
}

static void channels_are_averaged(void **state)
{
    (void)state;
    const wav w = wav_of(1, 2, 44100, 16, tone, sizeof tone);
    expect_samples(&w, (const float[]){0.25F, -1 / 65536.0F, 0}, 3);
    rd_audio audio = {0};
    assert_int_equal(decode(w.at, w.size, &audio, NULL), RONDO_OK);
    assert_int_equal(audio.rate, 44100);
    rd_audio_free(&audio);
}

static void samples_that_are_not_finite_are_refused_with_their_byte(void **state)
{
    (void)state;
    static const uint32_t bits[] = {0x7f800000u, 0xff800000u, 0x7fc00000u, 0x7f000000u};
    for (size_t i = 0; i < 4; i++) {
        uint32_t samples[3] = {0, 0, bits[i]};
        const wav w = wav_of(3, 1, 8000, 32, samples, sizeof samples);
        expect_refused(w.at, w.size, "byte 52: sample 2 is not a number or too large");
    }
}

static void rates_and_formats_that_are_not_read_are_refused(void **state)
{
    (void)state;
    wav w = wav_of(1, 1, 999, 16, tone, sizeof tone);
    expect_refused(w.at, w.size, "999 samples a second (1000 to 768000 are read)");
    w = wav_of(2, 1, 8000, 4, tone, sizeof tone); /* ADPCM */
    w.at[32] = 1;
    expect_refused(w.at, w.size, "a.wav: ");
    w = wav_of(0x55, 1, 8000, 16, tone, sizeof tone); /* MP3 inside WAV */
    expect_refused(w.at, w.size, "a.wav: ");
    expect_refused("FORM\0\0\0\x20"
                   "AIFFCOMM",
                   16, "byte 0: neither WAV nor FLAC");
    expect_refused("OggS\0\2", 6, "byte 0: neither WAV nor FLAC");
    expect_refused("", 0, "byte 0: neither WAV nor FLAC");
}

static void every_cut_of_a_wav_file_is_refused(void **state)
{
    (void)state;
    const wav w = plain();
    for (size_t cut = 0; cut < w.size; cut++)
        expect_refused(w.at, cut, "a.wav: byte ");
}

/* ---- FLAC */

typedef struct memory {
    unsigned char bytes[1 << 16];
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
    m->at = offset + (whence == SEEK_SET ? 0 : whence == SEEK_CUR ? m->at : m->size);
    return m->at;
}

static sf_count_t read_bytes(void *to, sf_count_t count, void *user)
{
    memory *m = user;
    const sf_count_t taken = count < m->size - m->at ? count : m->size - m->at;
    memcpy(to, m->bytes + m->at, (size_t)taken);
    m->at += taken;
    return taken;
}

static sf_count_t write_bytes(const void *from, sf_count_t count, void *user)
{
    memory *m = user;
    assert_true(m->at + count <= (sf_count_t)sizeof m->bytes);
    memcpy(m->bytes + m->at, from, (size_t)count);
    m->at += count;
    if (m->at > m->size) m->size = m->at;
    return count;
}

enum { FLAC_SAMPLES = 6000 };

static memory *flac(int16_t *samples)
{
    static memory m;
    SF_VIRTUAL_IO calls = {
        .get_filelen = tell_size, .seek = seek, .read = read_bytes, .write = write_bytes, .tell = tell_place};
    SF_INFO info = {.samplerate = 16000, .channels = 1, .format = SF_FORMAT_FLAC | SF_FORMAT_PCM_16};
    m = (memory){.size = 0};
    for (int i = 0; i < FLAC_SAMPLES; i++)
        samples[i] = (int16_t)(i * i % 20011 - 10000);
    SNDFILE *file = sf_open_virtual(&calls, SFM_WRITE, &info, &m);
    assert_non_null(file);
    assert_int_equal(sf_write_short(file, samples, FLAC_SAMPLES), FLAC_SAMPLES);
    assert_int_equal(sf_close(file), 0);
    return &m;
}

static void flac_gives_the_samples_that_were_packed(void **state)
{
    (void)state;
    static int16_t samples[FLAC_SAMPLES];
    const memory *m = flac(samples);
    rd_audio audio = {0};
    rondo_error error = {0};
    if (decode(m->bytes, (size_t)m->size, &audio, &error) != RONDO_OK) fail_msg("%s", error.message);
    assert_int_equal(audio.rate, 16000);
    assert_int_equal(audio.count, FLAC_SAMPLES);
    for (size_t i = 0; i < FLAC_SAMPLES; i++)
        assert_true(audio.sample[i] == (float)samples[i] / 32768.0F);
    rd_audio_free(&audio);
}

static void a_flac_file_that_is_cut_or_changed_is_refused(void **state)
{
    (void)state;
    static int16_t samples[FLAC_SAMPLES];
    memory *m = flac(samples);
    const size_t size = (size_t)m->size;
    for (size_t cut = 0; cut < size; cut += cut < 100 || cut > size - 20 ? 1 : 97)
        expect_refused(m->bytes, cut, "a.wav: ");
    for (size_t at = size / 2; at < size / 2 + 64; at++) { /* inside a frame, which has a CRC */
        m->bytes[at] ^= 0x10;
        expect_refused(m->bytes, size, "a.wav: ");
        m->bytes[at] ^= 0x10;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_frame_of_a_file_is_checked_before_it_is_decoded),
        cmocka_unit_test(chunks_of_other_kinds_and_padding_are_passed_over),
        cmocka_unit_test(samples_are_read_in_the_formats_of_the_field),
        cmocka_unit_test(channels_are_averaged),
        cmocka_unit_test(samples_that_are_not_finite_are_refused_with_their_byte),
        cmocka_unit_test(rates_and_formats_that_are_not_read_are_refused),
        cmocka_unit_test(every_cut_of_a_wav_file_is_refused),
        cmocka_unit_test(flac_gives_the_samples_that_were_packed),
        cmocka_unit_test(a_flac_file_that_is_cut_or_changed_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void a_build_without_libsndfile_says_so(void **state)
{
    (void)state;
    const wav w = plain();
    rd_audio audio = {0};
    rondo_error error = {0};
    assert_int_equal(decode(w.at, w.size, &audio, &error), RONDO_SYSTEM);
    assert_non_null(strstr(error.message, "libsndfile"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_frame_of_a_file_is_checked_before_it_is_decoded),
        cmocka_unit_test(chunks_of_other_kinds_and_padding_are_passed_over),
        cmocka_unit_test(a_build_without_libsndfile_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
