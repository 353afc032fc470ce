/* kissfft makes the spectra; mels, logarithms and cosines are made here, with our own elementary functions,
 * so that a file gives the same numbers on every machine that has the same spectrum. */
#include "data/features.h"

#include "base/memory.h"
#include "base/numeric.h"
#include "base/size.h"
#include "base/text.h"

#include <string.h>

enum { MELS = 40, MOST_MELS = 256, MOST_CEPSTRA = 26, CEPSTRA = 13, WITH_DIFFERENCES = 3 * CEPSTRA };

rondo_status rd_features_read(const char *text, rd_features_rule *rule, rondo_error *error)
{
    static const struct {
        const char *name;
        int cepstra;
        int64_t usual, most;
    } kinds[] = {{"logmel", 0, MELS, MOST_MELS}, {"mfcc", 1, CEPSTRA, MOST_CEPSTRA}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const size_t length = strlen(kinds[i].name);
        int64_t width = kinds[i].usual;
        if (strncmp(text, kinds[i].name, length) != 0) continue;
        if (text[length] &&
            (text[length] != ':' || !rd_parse_integer(text + length + 1, strlen(text + length + 1), &width)))
            break;
        const int differences = kinds[i].cepstra && width == WITH_DIFFERENCES;
        if (width < 1 || (width > kinds[i].most && !differences)) break;
        *rule = (rd_features_rule){.cepstra = kinds[i].cepstra, .width = (size_t)width};
        return RONDO_OK;
    }
    return rd_fail(error, RONDO_BAD_ARGUMENT,
                   "features: %s (expected logmel:N, N from 1 to %d, or mfcc:N, N from 1 to %d, or mfcc:%d)",
                   rd_quote(text).text, MOST_MELS, MOST_CEPSTRA, WITH_DIFFERENCES);
}

#if RONDO_WITH_AUDIO

#include <kiss_fftr.h>

struct rd_features {
    rd_features_rule rule;
    size_t mels, cepstra;           /* cepstra: those of one frame, without differences; 0: none */
    size_t window, hop, size, bins; /* samples, samples, points of the transform, size / 2 + 1 */
    double *hann;                   /* [window] */
    size_t *filter;                 /* [bins] the mel that rises at this bin; the one before it falls */
    double *rise;                   /* [bins] its weight; 1 - rise is that of the one before */
    double *cosine;                 /* [cepstra][mels] */
    double *energy;                 /* [mels] of the frame at hand */
    kiss_fft_scalar *wave;          /* [size] */
    kiss_fft_cpx *spectrum;         /* [bins] */
    void *plan;                     /* of kissfft, in memory of ours */
};

static const double pi = 3.14159265358979323846;

static double mel_of(double hertz)
{
    return 1127 * rd_log64(1 + hertz / 700);
}

static rondo_status make_filters(rd_features *f, unsigned rate, rondo_error *error)
{
    const double step = mel_of(rate / 2.0) / (double)(f->mels + 1);
    memset(f->energy, 0, f->mels * sizeof *f->energy);
    for (size_t k = 0; k < f->bins; k++) {
        const double at = mel_of((double)k * rate / (double)f->size) / step;
        f->filter[k] = rd_size_min((size_t)at, f->mels);
        f->rise[k] = at - (double)f->filter[k];
        if (f->filter[k] < f->mels) f->energy[f->filter[k]] += f->rise[k];
        if (f->filter[k] > 0) f->energy[f->filter[k] - 1] += 1 - f->rise[k];
    }
    for (size_t m = 0; m < f->mels; m++)
        if (f->energy[m] <= 0)
            return rd_fail(error, RONDO_BAD_ARGUMENT,
                           "features: %zu mels are too many for %u samples a second (mel %zu is empty)",
                           f->mels, rate, m + 1);
    return RONDO_OK;
}

static void make_tables(rd_features *f)
{
    for (size_t i = 0; i < f->window; i++)
        f->hann[i] = 0.5 - 0.5 * rd_cos64(2 * pi * (double)i / (double)(f->window - 1));
    for (size_t q = 0; q < f->cepstra; q++)
        for (size_t m = 0; m < f->mels; m++)
            f->cosine[q * f->mels + m] = __builtin_sqrt((q ? 2.0 : 1.0) / (double)f->mels) *
                                         rd_cos64(pi * (double)q * ((double)m + 0.5) / (double)f->mels);
}

static rondo_status allocate(rd_features *f, rondo_error *error)
{
    static const char what[] = "tables of features";
    size_t plan = 0;
    RD_TRY(rd_alloc(f->window, sizeof *f->hann, what, &f->hann, error));
    RD_TRY(rd_alloc(f->bins, sizeof *f->filter, what, &f->filter, error));
    RD_TRY(rd_alloc(f->bins, sizeof *f->rise, what, &f->rise, error));
    RD_TRY(rd_alloc(f->cepstra * f->mels, sizeof *f->cosine, what, &f->cosine, error));
    RD_TRY(rd_alloc(f->mels, sizeof *f->energy, what, &f->energy, error));
    RD_TRY(rd_alloc(f->size, sizeof *f->wave, what, &f->wave, error));
    RD_TRY(rd_alloc(f->bins, sizeof *f->spectrum, what, &f->spectrum, error));
    (void)kiss_fftr_alloc((int)f->size, 0, NULL, &plan);
    RD_TRY(rd_alloc_raw(plan, what, &f->plan, error));
    if (!kiss_fftr_alloc((int)f->size, 0, f->plan, &plan))
        return rd_fail(error, RONDO_BUG, "kissfft: no plan");
    return RONDO_OK;
}

rondo_status rd_features_new(rd_features_rule rule, unsigned rate, rd_features **features, rondo_error *error)
{
    rd_features *f;
    if (rate < 200) return rd_fail(error, RONDO_BAD_ARGUMENT, "features of %u samples a second", rate);
    RD_TRY(rd_alloc(1, sizeof *f, "features", &f, error));
    f->rule = rule;
    f->mels = rule.cepstra ? MELS : rule.width;
    f->cepstra = !rule.cepstra ? 0 : rule.width == WITH_DIFFERENCES ? CEPSTRA : rule.width;
    f->window = (size_t)rate * 25 / 1000;
    f->hop = rate / 100;
    for (f->size = 2; f->size < f->window; f->size *= 2) {
    }
    f->bins = f->size / 2 + 1;
    rondo_status status = allocate(f, error);
    if (status == RONDO_OK) status = make_filters(f, rate, error);
    if (status != RONDO_OK) {
        rd_features_free(f);
        return status;
    }
    make_tables(f);
    *features = f;
    return RONDO_OK;
}

size_t rd_features_frames(const rd_features *f, size_t samples)
{
    if (samples == 0) return 0;
    return samples < f->window ? 1 : 1 + (samples - f->window) / f->hop;
}

/* The energies of the mels in the window that begins at sample `first`. */
static void measure(rd_features *f, const float *sample, size_t first, size_t samples)
{
    for (size_t i = 0; i < f->size; i++) {
        const size_t at = first + i;
        const int inside = i < f->window && at < samples;
        const double before = inside && at > 0 ? (double)sample[at - 1] : 0;
        f->wave[i] = (kiss_fft_scalar)(inside ? f->hann[i] * ((double)sample[at] - 0.97 * before) : 0);
    }
    kiss_fftr(f->plan, f->wave, f->spectrum);
    memset(f->energy, 0, f->mels * sizeof *f->energy);
    for (size_t k = 0; k < f->bins; k++) {
        const double re = (double)f->spectrum[k].r, im = (double)f->spectrum[k].i, power = re * re + im * im;
        if (f->filter[k] < f->mels) f->energy[f->filter[k]] += power * f->rise[k];
        if (f->filter[k] > 0) f->energy[f->filter[k] - 1] += power * (1 - f->rise[k]);
    }
    for (size_t m = 0; m < f->mels; m++)
        f->energy[m] = rd_log64(f->energy[m] > 1e-10 ? f->energy[m] : 1e-10);
}

static void put_frame(const rd_features *f, double *out)
{
    if (f->cepstra == 0) memcpy(out, f->energy, f->mels * sizeof *out);
    for (size_t q = 0; q < f->cepstra; q++) {
        double sum = 0;
        for (size_t m = 0; m < f->mels; m++)
            sum += f->cosine[q * f->mels + m] * f->energy[m];
        out[q] = sum;
    }
}

/* Writes to column `to` … of every frame the differences of column `from` …; rows are `width` apart. */
static void put_differences(double *rows, size_t frames, size_t width, size_t from, size_t to)
{
    for (size_t t = 0; t < frames; t++)
        for (size_t q = 0; q < CEPSTRA; q++) {
            double sum = 0;
            for (size_t n = 1; n <= 2; n++) {
                const size_t after = rd_size_min(t + n, frames - 1), before = t > n ? t - n : 0;
                sum += (double)n * (rows[after * width + from + q] - rows[before * width + from + q]);
            }
            rows[t * width + to + q] = sum / 10;
        }
}

rondo_status rd_features_make(rd_features *f, const float *sample, size_t samples, float *out,
                              rondo_error *error)
{
    const size_t frames = rd_features_frames(f, samples), width = f->rule.width;
    size_t count;
    double *rows;
    if (!rd_mul(frames, width, &count)) return rd_fail(error, RONDO_LIMIT, "too many frames of features");
    RD_TRY(rd_alloc(count, sizeof *rows, "features", &rows, error));
    for (size_t t = 0; t < frames; t++) {
        measure(f, sample, t * f->hop, samples);
        put_frame(f, rows + t * width);
    }
    if (f->rule.cepstra && width == WITH_DIFFERENCES) {
        put_differences(rows, frames, width, 0, CEPSTRA);
        put_differences(rows, frames, width, CEPSTRA, CEPSTRA + CEPSTRA);
    }
    for (size_t i = 0; i < count; i++)
        out[i] = (float)rows[i];
    rd_free(rows);
    return RONDO_OK;
}

void rd_features_free(rd_features *f)
{
    if (!f) return;
    rd_free(f->hann);
    rd_free(f->filter);
    rd_free(f->rise);
    rd_free(f->cosine);
    rd_free(f->energy);
    rd_free(f->wave);
    rd_free(f->spectrum);
    rd_free_aligned(f->plan);
    rd_free(f);
}

#else

rondo_status rd_features_new(rd_features_rule rule, unsigned rate, rd_features **features, rondo_error *error)
{
    (void)rule, (void)rate;
    *features = NULL;
    (void)rd_fail(error, RONDO_SYSTEM, "features of sound, and this build has no libsndfile and kissfft");
    rd_hint(error, "build with both (Debian: libsndfile1-dev libkissfft-dev)");
    return RONDO_SYSTEM;
}

size_t rd_features_frames(const rd_features *f, size_t samples)
{
    (void)f, (void)samples;
    return 0;
}

rondo_status rd_features_make(rd_features *f, const float *sample, size_t samples, float *out,
                              rondo_error *error)
{
    (void)f, (void)sample, (void)samples, (void)out;
    return rd_fail(error, RONDO_BUG, "features in a build without kissfft");
}

void rd_features_free(rd_features *f)
{
    (void)f;
}

#endif
