/* Log-mel energies and cepstra against numbers of scripts/golden_features.py, and what the formulas imply. */
#include "base/file.h"
#include "base/memory.h"
#include "data/audio.h"
#include "data/features.h"
#include "formats/safetensors.h"

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static void names_of_features_are_read_and_others_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int cepstra;
        size_t width; /* 0: refused */
    } names[] = {{"logmel:40", 0, 40},
                 {"logmel", 0, 40},
                 {"logmel:1", 0, 1},
                 {"logmel:256", 0, 256},
                 {"mfcc", 1, 13},
                 {"mfcc:26", 1, 26},
                 {"mfcc:39", 1, 39},
                 {"logmel:257", 0, 0},
                 {"logmel:0", 0, 0},
                 {"logmel:-1", 0, 0},
                 {"mfcc:27", 0, 0},
                 {"mfcc:40", 0, 0},
                 {"logmel:", 0, 0},
                 {"logmel40", 0, 0},
                 {"logmel:4x", 0, 0},
                 {"plp:13", 0, 0},
                 {"", 0, 0}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        rd_features_rule rule = {0};
        rondo_error error = {0};
        const rondo_status status = rd_features_read(names[i].text, &rule, &error);
        assert_int_equal(status, names[i].width ? RONDO_OK : RONDO_BAD_ARGUMENT);
        assert_int_equal(rule.width, names[i].width);
        assert_int_equal(rule.cepstra, names[i].cepstra);
        if (!names[i].width) assert_non_null(strstr(error.message, "expected logmel:N"));
    }
}

#if RONDO_WITH_AUDIO

static rd_features *features_of(const char *text, unsigned rate, rd_features_rule *rule)
{
    rd_features *features = NULL;
    rondo_error error = {0};
    assert_int_equal(rd_features_read(text, rule, NULL), RONDO_OK);
    if (rd_features_new(*rule, rate, &features, &error) != RONDO_OK) fail_msg("%s", error.message);
    return features;
}

static void the_number_of_frames_is_that_of_whole_windows(void **state)
{
    (void)state;
    rd_features_rule rule;
    rd_features *features = features_of("logmel:40", 8000, &rule);
    static const size_t table[][2] = {{0, 0}, {1, 1}, {199, 1}, {200, 1}, {279, 1}, {280, 2}, {8000, 98}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_int_equal(rd_features_frames(features, table[i][0]), table[i][1]);
    rd_features_free(features);
    features = features_of("logmel:40", 22050, &rule); /* a window of 551 samples, a hop of 220 */
    assert_int_equal(rd_features_frames(features, 551), 1);
    assert_int_equal(rd_features_frames(features, 770), 1);
    assert_int_equal(rd_features_frames(features, 771), 2);
    rd_features_free(features);
}

static void silence_is_the_floor_and_doubling_adds_ln_4(void **state)
{
    (void)state;
    rd_features_rule rule;
    rd_features *features = features_of("logmel:23", 16000, &rule);
    float sound[400] = {0}, quiet[23], loud[23];
    assert_int_equal(rd_features_make(features, sound, 400, quiet, NULL), RONDO_OK);
    for (size_t m = 0; m < 23; m++)
        assert_float_equal(quiet[m], logf(1e-10F), 1e-5F);
    for (size_t i = 0; i < 400; i++)
        sound[i] = (float)((i * 7919 + i * i * 31) % 1000) / 1000.0F - 0.5F;
    assert_int_equal(rd_features_make(features, sound, 400, quiet, NULL), RONDO_OK);
    for (size_t i = 0; i < 400; i++)
        sound[i] *= 2;
    assert_int_equal(rd_features_make(features, sound, 400, loud, NULL), RONDO_OK);
    for (size_t m = 0; m < 23; m++)
        assert_float_equal(loud[m] - quiet[m], logf(4), 1e-5F);
    rd_features_free(features);
}

static void a_tone_is_loudest_in_the_mel_that_holds_it(void **state)
{
    (void)state;
    rd_features_rule rule;
    rd_features *features = features_of("logmel:20", 16000, &rule);
    const double step = 1127 * log(1 + 8000 / 700.0) / 21;
    for (size_t wanted = 3; wanted < 20; wanted += 4) {
        const double hertz = 700 * (exp((double)(wanted + 1) * step / 1127) - 1); /* the peak of that mel */
        float sound[400], out[20];
        size_t loudest = 0;
        for (size_t i = 0; i < 400; i++)
            sound[i] = (float)sin(2 * acos(-1.0) * hertz * (double)i / 16000);
        assert_int_equal(rd_features_make(features, sound, 400, out, NULL), RONDO_OK);
        for (size_t m = 0; m < 20; m++)
            loudest = out[m] > out[loudest] ? m : loudest;
        assert_int_equal(loudest, wanted);
    }
    rd_features_free(features);
}

static void more_mels_than_the_spectrum_has_bins_for_are_refused(void **state)
{
    (void)state;
    rd_features *features = NULL;
    rondo_error error = {0};
    assert_int_equal(rd_features_new((rd_features_rule){0, 200}, 8000, &features, &error),
                     RONDO_BAD_ARGUMENT);
    assert_non_null(strstr(error.message, "200 mels are too many for 8000 samples a second"));
    assert_null(features);
}

#if RONDO_WITH_JSON
static rd_audio golden_sound(void)
{
    char *bytes = NULL;
    size_t size;
    rd_audio audio = {0};
    rondo_error error = {0};
    if (rd_file_read(RD_SOURCE_DIR "/tests/data/golden/tone8k.wav", 1 << 20, &bytes, &size, &error) !=
        RONDO_OK)
        fail_msg("%s", error.message);
    if (rd_audio_decode(bytes, size, "tone8k.wav", &audio, &error) != RONDO_OK) fail_msg("%s", error.message);
    rd_free(bytes);
    return audio;
}

/* The transform is in float, all else in double: an error of 2^-24 of a frame's largest amplitude is 1e-4 of
 * the log of a mel that lies some 60 dB below. */
static void numbers_are_those_of_the_formulas(void **state)
{
    (void)state;
    static const struct {
        const char *name, *features;
        size_t samples;
    } table[] = {{"logmel40", "logmel:40", 0},
                 {"logmel23", "logmel:23", 0},
                 {"mfcc13", "mfcc:13", 0},
                 {"mfcc39", "mfcc:39", 0},
                 {"short", "logmel:40", 150}};
    rd_bundle *golden = NULL;
    rd_audio audio = golden_sound();
    assert_int_equal(
        rd_safetensors_read(RD_SOURCE_DIR "/tests/data/golden/features.safetensors", &golden, NULL, NULL),
        RONDO_OK);
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        const rd_tensor *tensor = rd_bundle_find(golden, table[k].name);
        assert_non_null(tensor);
        const double *expected = tensor->data;
        rd_features_rule rule;
        rd_features *features = features_of(table[k].features, audio.rate, &rule);
        const size_t samples = table[k].samples ? table[k].samples : audio.count;
        const size_t frames = rd_features_frames(features, samples);
        float *out = malloc(frames * rule.width * sizeof *out);
        assert_non_null(out);
        assert_int_equal(frames, tensor->shape[0]);
        assert_int_equal(rule.width, tensor->shape[1]);
        assert_int_equal(rd_features_make(features, audio.sample, samples, out, NULL), RONDO_OK);
        for (size_t i = 0; i < frames * rule.width; i++)
            if (fabs((double)out[i] - expected[i]) > 1e-4)
                fail_msg("%s: frame %zu number %zu is %.9g, expected %.9g", table[k].name, i / rule.width,
                         i % rule.width, (double)out[i], expected[i]);
        free(out);
        rd_features_free(features);
    }
    rd_audio_free(&audio);
    rd_bundle_free(golden);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_features_are_read_and_others_refused),
        cmocka_unit_test(the_number_of_frames_is_that_of_whole_windows),
        cmocka_unit_test(silence_is_the_floor_and_doubling_adds_ln_4),
        cmocka_unit_test(a_tone_is_loudest_in_the_mel_that_holds_it),
        cmocka_unit_test(more_mels_than_the_spectrum_has_bins_for_are_refused),
#if RONDO_WITH_JSON
        cmocka_unit_test(numbers_are_those_of_the_formulas),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void a_build_without_kissfft_says_so(void **state)
{
    (void)state;
    rd_features *features;
    rondo_error error = {0};
    assert_int_equal(rd_features_new((rd_features_rule){0, 40}, 8000, &features, &error), RONDO_SYSTEM);
    assert_non_null(strstr(error.message, "kissfft"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_features_are_read_and_others_refused),
        cmocka_unit_test(a_build_without_kissfft_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
