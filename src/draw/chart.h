/* What a picture shows, in numbers: series, axes, marks, bars. The media (terminal.h, svg.h) draw the same
 * values, so scales and ticks are settled here, without locale and without libm: the same input gives the
 * same bytes. */
#ifndef RD_CHART_H
#define RD_CHART_H

#include "base/text.h"

/* How a line looks. The colour is never alone: the pattern and, when not 0, the key tell series apart as
 * well. */
typedef struct rd_series {
    const char *name;
    const double *x, *y;      /* [count]; a y that cannot be drawn (NaN, infinite) breaks the line */
    const double *low, *high; /* [count] bounds of what y is the mean of, or NULL */
    size_t count;
    size_t color;   /* any number; the media have six colours and start again */
    size_t pattern; /* 0 solid, 1 dashed, 2 dotted, 3 dash-dot */
    char key;       /* letter at the end of the line and in the legend, or 0 */
    int points;     /* 1: the points themselves are shown too (SVG) */
} rd_series;

typedef struct rd_axis {
    const char *name;        /* "loss" */
    const char *unit;        /* "nats", or NULL */
    double low, high;        /* low < high: the scale holds at least this; else the data alone decide */
    int log;                 /* 1: logarithmic; values of 0 and below are not drawn */
    double beside;           /* 0, or the factor to a second unit that is written on the other side */
    const char *beside_unit; /* "bits" */
} rd_axis;

typedef struct rd_mark { /* a place worth a sign, explained in the legend */
    double x, y;
    const char *label;
    size_t color;
} rd_mark;

typedef struct rd_chart {
    const char *title, *description;
    rd_axis x, y;
    const rd_series *series;
    size_t count;
    const rd_mark *mark;
    size_t marks;
} rd_chart;

typedef struct rd_bars {
    const char *title, *description;
    const char *const *label; /* [count] */
    const double *value;      /* [count] */
    size_t count;
    const char *name, *unit; /* of the values */
    int log;
} rd_bars;

/* From a value to its place, 0 at the low end and 1 at the high end. */
typedef struct rd_scale {
    double low, high; /* values */
    double from, to;  /* the same, as logarithms when log */
    int log;
} rd_scale;

/* The scales that hold every series and mark of the chart; 0 when nothing can be drawn. y has a little air.
 */
int rd_chart_scales(const rd_chart *chart, rd_scale *x, rd_scale *y);
/* A scale over [low, high], widened when the two are (nearly) equal. */
rd_scale rd_scale_over(double low, double high, int log);
/* NaN for what has no place: not finite, or not positive on a logarithmic scale. */
double rd_scale_at(const rd_scale *scale, double value);

typedef struct rd_tick {
    double at; /* 0..1 */
    char label[24];
} rd_tick;
/* At most `want` (2..16) ticks at round values, ascending. `factor` relabels a scale in another unit; 1 for
 * its own. */
size_t rd_scale_ticks(const rd_scale *scale, double factor, size_t want, rd_tick *ticks);
/* mantissa * 10^exponent as people write it: 0.002, 1.5, 20k, 3M, 5e-7. */
void rd_tick_label(int64_t mantissa, int exponent, char label[24]);
/* About three digits of a value, for legends and bars: 1.66, 0.0021, 12.3k, "not finite". */
void rd_short_label(double value, char label[24]);

/* A series in places: when it has far more points than columns, one dot a column with mean and bounds. */
typedef struct rd_dot {
    double x, y, low, high; /* 0..1; y NaN: the line is broken here */
} rd_dot;
/* *dots is freed with rd_free. */
rondo_status rd_series_place(const rd_series *series, const rd_scale *x, const rd_scale *y, size_t columns,
                             rd_dot **dots, size_t *count, rondo_error *error);

#endif
