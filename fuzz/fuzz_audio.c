/* Any bytes as a sound file. What is accepted has finite samples, and so have its features. */
#include "base/memory.h"
#include "data/audio.h"
#include "data/features.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int fact)
{
    if (!fact) abort();
}

static void check_features(const rd_audio *audio, rd_features_rule rule)
{
    rd_features *features;
    float *out;
    if (rd_features_new(rule, audio->rate, &features, NULL) != RONDO_OK) return;
    const size_t count = rd_features_frames(features, audio->count) * rule.width;
    demand(count > 0 && rd_alloc(count, sizeof *out, "features", &out, NULL) == RONDO_OK);
    demand(rd_features_make(features, audio->sample, audio->count, out, NULL) == RONDO_OK);
    for (size_t i = 0; i < count; i++)
        demand(isfinite(out[i]));
    rd_free(out);
    rd_features_free(features);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rondo_error error = {0};
    rd_audio audio = {0};
    if (rd_audio_decode(data, size, "fuzz", &audio, &error) == RONDO_OK) {
        demand(audio.count > 0 && audio.rate >= RD_AUDIO_RATE_LEAST);
        for (size_t i = 0; i < audio.count; i++)
            demand(isfinite(audio.sample[i]));
        if (audio.count < 1 << 16) check_features(&audio, (rd_features_rule){size & 1, 13});
    } else {
        demand(error.message[0] != 0);
    }
    rd_audio_free(&audio);
    return 0;
}
