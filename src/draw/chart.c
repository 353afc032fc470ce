/* Scales, ticks and the thinning of long series. Ticks are integers times powers of ten, so that their labels
 * are written exactly and never through printf, whose decimal point belongs to the locale. */
#include "draw/chart.h"

#include "base/memory.h"
#include "base/numeric.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double ln10 = 2.302585092994045684;
static const double largest = 1e300; /* beyond it, differences of two values could overflow */

static int drawable(double value, int log)
{
    return value >= -largest && value <= largest && (!log || value >= 1 / largest);
}

static double power_of_ten(int exponent)
{
    double power = 1;
    for (int i = 0; i < (exponent < 0 ? -exponent : exponent); i++)
        power *= 10;
    return exponent < 0 ? 1 / power : power;
}

rd_scale rd_scale_over(double low, double high, int log)
{
    rd_scale scale = {low, high, low, high, log};
    if (log) {
        scale.from = rd_log64(low);
        scale.to = rd_log64(high);
    }
    double size = fmax(fabs(scale.from), fabs(scale.to));
    int tiny = !log && size < 1e-250;
    if (scale.to - scale.from <= 1e-9 * size || scale.to <= scale.from || tiny) {
        double air = log || tiny ? 1 : 0.05 * size;
        scale.from -= air;
        scale.to += air;
        scale.low = log ? rd_exp64(scale.from) : scale.from;
        scale.high = log ? rd_exp64(scale.to) : scale.to;
    }
    return scale;
}

double rd_scale_at(const rd_scale *scale, double value)
{
    if (!drawable(value, scale->log)) return (double)NAN;
    double place = scale->log ? rd_log64(value) : value;
    return (place - scale->from) / (scale->to - scale->from);
}

static void widen(double bounds[2], double value, int log)
{
    if (!drawable(value, log)) return;
    bounds[0] = fmin(bounds[0], value);
    bounds[1] = fmax(bounds[1], value);
}

static void include_wish(const rd_axis *axis, double bounds[2])
{
    if (!(axis->low < axis->high)) return;
    widen(bounds, axis->low, axis->log);
    widen(bounds, axis->high, axis->log);
}

int rd_chart_scales(const rd_chart *chart, rd_scale *x, rd_scale *y)
{
    double xs[2] = {(double)INFINITY, -(double)INFINITY}, ys[2] = {(double)INFINITY, -(double)INFINITY};
    for (size_t s = 0; s < chart->count; s++) {
        const rd_series *series = &chart->series[s];
        for (size_t i = 0; i < series->count; i++) {
            if (!drawable(series->x[i], chart->x.log) || !drawable(series->y[i], chart->y.log)) continue;
            widen(xs, series->x[i], chart->x.log);
            widen(ys, series->y[i], chart->y.log);
        }
    }
    if (!(xs[0] <= xs[1])) return 0;
    for (size_t m = 0; m < chart->marks; m++) {
        widen(xs, chart->mark[m].x, chart->x.log);
        widen(ys, chart->mark[m].y, chart->y.log);
    }
    include_wish(&chart->x, xs);
    include_wish(&chart->y, ys);
    *x = rd_scale_over(xs[0], xs[1], chart->x.log);
    *y = rd_scale_over(ys[0], ys[1], chart->y.log);
    double air = 0.03 * (y->to - y->from);
    y->from -= air;
    y->to += air;
    y->low = y->log ? rd_exp64(y->from) : y->from;
    y->high = y->log ? rd_exp64(y->to) : y->to;
    return 1;
}

/* ---- labels */

/* The digits with a point after `whole` of them, zeros filled in on either side. */
static size_t put_point(const char *digits, int count, int whole, char *out)
{
    size_t n = 0;
    int first = whole < 1 ? whole - 1 : 0; /* below 0 stand zeros: 0.002 has whole = -2 */
    for (int i = first; i < count || i < whole; i++) {
        const char *digit = i < 0 || i >= count ? "0" : digits + i;
        out[n++] = *digit;
        if (i + 1 == whole && i + 1 < count) out[n++] = '.';
    }
    return n;
}

void rd_tick_label(int64_t mantissa, int exponent, char label[24])
{
    static const char *const suffix[] = {"", "k", "M", "G", "T"};
    if (mantissa == 0) {
        memcpy(label, "0", 2);
        return;
    }
    char digits[24];
    uint64_t size = mantissa < 0 ? (uint64_t)0 - (uint64_t)mantissa : (uint64_t)mantissa;
    while (size % 10 == 0) {
        size /= 10;
        exponent++;
    }
    int count = snprintf(digits, sizeof digits, "%llu", (unsigned long long)size);
    int whole = count + exponent; /* digits before the point */
    size_t n = 0;
    if (mantissa < 0) label[n++] = '-';
    if (count > 8 || whole > 15 || whole < -3) { /* 5e-7 */
        count = count > 8 ? 8 : count;
        n += put_point(digits, count, 1, label + n);
        (void)snprintf(label + n, 24 - n, "e%d", whole - 1);
        return;
    }
    int group = whole > 4 ? (whole - 1) / 3 : 0;
    n += put_point(digits, count, whole - 3 * group, label + n);
    (void)snprintf(label + n, 24 - n, "%s", suffix[group]);
}

/* The largest e with 10^e <= value; value > 0 and drawable. */
static int decade_of(double value)
{
    int e = (int)floor(rd_log64(value) / ln10);
    if (power_of_ten(e + 1) <= value) return e + 1;
    return power_of_ten(e) > value ? e - 1 : e;
}

void rd_short_label(double value, char label[24])
{
    if (!drawable(value, 0)) {
        memcpy(label, "not finite", 11);
        return;
    }
    if (fabs(value) < 1 / largest) {
        memcpy(label, "0", 2);
        return;
    }
    int e = decade_of(fabs(value));
    double power = power_of_ten(e < 2 ? 2 - e : e - 2);
    double digits = floor(fabs(e < 2 ? value * power : value / power) + 0.5);
    rd_tick_label((int64_t)(value < 0 ? -digits : digits), e - 2, label);
}

/* ---- ticks */

typedef struct tick_list {
    rd_tick *ticks;
    size_t count, want;
    const rd_scale *scale;
    double factor;
} tick_list;

/* Adds mantissa * 10^exponent (in the relabelled unit) when it lies on the scale. */
static void add_tick(tick_list *list, int64_t mantissa, int exponent)
{
    double value = (double)mantissa;
    value = exponent < 0 ? value / power_of_ten(-exponent) : value * power_of_ten(exponent);
    double at = rd_scale_at(list->scale, value / list->factor);
    if (!(at >= -1e-9 && at <= 1 + 1e-9) || list->count >= list->want) return;
    rd_tick *tick = &list->ticks[list->count++];
    tick->at = fmin(fmax(at, 0), 1);
    rd_tick_label(mantissa, exponent, tick->label);
}

static void linear_ticks(tick_list *list)
{
    static const int steps[] = {1, 2, 5, 10, 20};
    double low = list->scale->low * list->factor, high = list->scale->high * list->factor;
    double least = (high - low) / (double)list->want;
    int e = decade_of(least), i = 0;
    double unit = e < 0 ? 1 / power_of_ten(-e) : power_of_ten(e);
    while (i < 4 && floor(high / (steps[i] * unit)) - ceil(low / (steps[i] * unit)) + 1 > (double)list->want)
        i++;
    double step = steps[i] * unit;
    for (int64_t n = (int64_t)ceil(low / step - 1e-9); (double)n * step <= high + 1e-9 * step; n++)
        add_tick(list, n * steps[i], e);
}

/* Whole decades when there are two of them, else 1, 2, 5 of each. */
static size_t log_ticks(tick_list *list)
{
    static const int64_t fine[] = {1, 2, 5};
    double low = list->scale->low * list->factor;
    int first = decade_of(low), last = decade_of(list->scale->high * list->factor);
    int whole = first + (power_of_ten(first) < low * (1 - 1e-9)); /* the first decade on the scale */
    int decades = last - whole + 1, stride = 1;
    while ((decades - 1) / stride + 1 > (int)list->want)
        stride++;
    if (decades >= 2) {
        for (int e = last - (decades - 1) / stride * stride; e <= last; e += stride)
            add_tick(list, 1, e);
        return list->count;
    }
    for (int e = first; e <= last; e++) {
        for (size_t i = 0; i < 3; i++)
            add_tick(list, fine[i], e);
    }
    return list->count;
}

size_t rd_scale_ticks(const rd_scale *scale, double factor, size_t want, rd_tick *ticks)
{
    tick_list list = {ticks, 0, want < 2 ? 2 : want > 16 ? 16 : want, scale, factor};
    if (scale->log && log_ticks(&list) >= 2) return list.count;
    list.count = 0;
    linear_ticks(&list);
    return list.count;
}

/* ---- places */

static rd_dot place(const rd_series *series, size_t i, const rd_scale *x, const rd_scale *y)
{
    rd_dot dot = {rd_scale_at(x, series->x[i]), rd_scale_at(y, series->y[i]), 0, 0};
    double low = series->low ? rd_scale_at(y, series->low[i]) : dot.y;
    double high = series->high ? rd_scale_at(y, series->high[i]) : dot.y;
    dot.low = low >= 0 ? low : 0;
    dot.high = high <= 1 ? high : 1;
    return dot;
}

/* Means over columns. A column that holds nothing but what cannot be drawn breaks the line. */
static size_t thin(const rd_series *series, const rd_scale *x, const rd_scale *y, size_t columns,
                   rd_dot *dots)
{
    size_t count = 0, column = SIZE_MAX, members = 0;
    for (size_t i = 0; i < series->count; i++) {
        rd_dot dot = place(series, i, x, y);
        if (isnan(dot.x)) continue;
        size_t at = (size_t)fmin(fmax(dot.x, 0) * (double)columns, (double)(columns - 1));
        if (at != column && count < columns) {
            dots[count++] = dot;
            column = at;
            members = isnan(dot.y) ? 0u : 1u;
            continue;
        }
        rd_dot *mean = &dots[count - 1];
        if (isnan(dot.y)) continue;
        members++;
        if (members == 1) {
            *mean = dot;
            continue;
        }
        mean->x += (dot.x - mean->x) / (double)members;
        mean->y += (dot.y - mean->y) / (double)members;
        mean->low = fmin(mean->low, dot.low);
        mean->high = fmax(mean->high, dot.high);
    }
    return count;
}

rondo_status rd_series_place(const rd_series *series, const rd_scale *x, const rd_scale *y, size_t columns,
                             rd_dot **dots, size_t *count, rondo_error *error)
{
    int many = series->count / 2 > columns;
    RD_TRY(rd_alloc(many ? columns : series->count, sizeof **dots, "a line of a picture", dots, error));
    if (many) {
        *count = thin(series, x, y, columns, *dots);
        return RONDO_OK;
    }
    *count = 0;
    for (size_t i = 0; i < series->count; i++) {
        rd_dot dot = place(series, i, x, y);
        if (!isnan(dot.x)) (*dots)[(*count)++] = dot;
    }
    return RONDO_OK;
}
