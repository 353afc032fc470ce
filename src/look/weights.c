/* Statistics of every tensor: size, spread, a histogram, and how much a recurrent matrix stretches. */
#include "look/inspect.h"

#include "base/memory.h"
#include "base/rng.h"

#include <math.h>
#include <string.h>

enum { BINS = 16 };

typedef struct spread {
    double mean, deviation, low, high, norm, bin[BINS];
} spread;

static spread spread_of(const rd_real *w, size_t n)
{
    spread s = {.low = (double)w[0], .high = (double)w[0]};
    for (size_t i = 0; i < n; i++) {
        double v = (double)w[i];
        s.mean += v / (double)n;
        s.norm += v * v;
        s.low = fmin(s.low, v);
        s.high = fmax(s.high, v);
    }
    for (size_t i = 0; i < n; i++) {
        double v = (double)w[i], width = s.high - s.low;
        size_t bin = width > 0 ? (size_t)((v - s.low) / width * BINS) : 0;
        s.deviation += (v - s.mean) * (v - s.mean) / (double)n;
        s.bin[bin < BINS ? bin : BINS - 1] += 1;
    }
    s.deviation = sqrt(s.deviation);
    s.norm = sqrt(s.norm);
    return s;
}

/* Spectral radius of a square block by the growth of U^k v (Gelfand's formula), the same start each time. */
static rondo_status radius_of(const rd_real *u, size_t n, double *radius, rondo_error *error)
{
    enum { STEPS = 200, SKIP = 50 };
    double *v, *next, grown = 0;
    RD_TRY(rd_alloc(2 * n, sizeof *v, "a power iteration", &v, error));
    next = v + n;
    for (size_t i = 0; i < n; i++)
        v[i] = rd_random_uniform(rd_key_of(1, RD_STREAM_INIT, n, 0), i) - 0.5;
    for (int k = 0; k < STEPS; k++) {
        double norm = 0;
        for (size_t i = 0; i < n; i++) {
            next[i] = 0;
            for (size_t j = 0; j < n; j++)
                next[i] += (double)u[i * n + j] * v[j];
            norm += next[i] * next[i];
        }
        norm = sqrt(norm);
        for (size_t i = 0; i < n; i++)
            v[i] = norm > 0 ? next[i] / norm : 0;
        if (k >= SKIP)
            grown += norm > 0 ? log(norm) / (STEPS - SKIP) : -HUGE_VAL;
    }
    *radius = exp(grown);
    rd_free(v);
    return RONDO_OK;
}

/* A recurrent matrix: its name says so, and its gate blocks are square. */
static int is_recurrent(const rd_param *p)
{
    return (!strncmp(p->name, "weight_hh", 9) || !strncmp(p->name, "weight_h_", 9)) && p->blocks > 0 && p->rows / p->blocks == p->columns;
}

static rondo_status radii(const rd_param *p, const rd_real *w, rd_text *out, rondo_error *error)
{
    rd_text_put(out, "                                     spectral radius of each gate:");
    for (size_t b = 0; b < p->blocks; b++) {
        double radius;
        RD_TRY(radius_of(w + b * p->columns * p->columns, p->columns, &radius, error));
        rd_text_format(out, " %.3f", radius);
    }
    rd_text_put(out, "\n");
    return RONDO_OK;
}

rondo_status rd_inspect_weights(const rd_view_of *view, rd_text *out, rondo_error *error)
{
    const rd_layer *layer;
    const rd_param *p;
    const char *name;
    rd_text_format(out, "%-34s %-14s %9s %9s %9s %9s %9s  %s\n", "tensor", "shape", "mean", "std", "min", "max", "norm", "histogram min..max");
    for (size_t i = 0; (name = rd_model_param_name(view->model, i, &layer, &p)) != NULL; i++) {
        size_t n = p->rows * (p->columns ? p->columns : 1);
        const rd_real *w = view->model->params + p->offset;
        char shape[RD_SHAPE_TEXT];
        spread s = spread_of(w, n);
        rd_text_format(out, "%-34s %-14s %9.4f %9.4f %9.4f %9.4f %9.3f  ", name, rd_param_shape(p, shape), s.mean, s.deviation, s.low, s.high, s.norm);
        rd_sparkline(s.bin, BINS, 0, 0, view->medium.ascii, out);
        rd_text_put(out, "\n");
        if (is_recurrent(p) && p->columns <= 1024)
            RD_TRY(radii(p, w, out, error));
    }
    return rd_text_done(out, error);
}
