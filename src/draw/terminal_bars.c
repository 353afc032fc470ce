/* Bars and sparklines: one character or one line a value. */
#include "draw/terminal.h"

#include "base/size.h"

#include <math.h>
#include <string.h>

enum { MOST_LABEL = 28 };

static double least_positive(const rd_bars *bars)
{
    double least = (double)INFINITY;
    for (size_t i = 0; i < bars->count; i++) {
        if (bars->value[i] > 0) least = fmin(least, bars->value[i]);
    }
    return least;
}

/* Linear bars begin at zero and show the size; logarithmic ones begin a decade below the least positive
 * value. */
static int bar_scale(const rd_bars *bars, rd_scale *scale)
{
    double most = 0;
    for (size_t i = 0; i < bars->count; i++) {
        double size = bars->log ? bars->value[i] : fabs(bars->value[i]);
        if (isfinite(size)) most = fmax(most, size);
    }
    if (!(most > 0)) return 0;
    *scale = bars->log ? rd_scale_over(fmax(least_positive(bars), most * 1e-12) / 10, most, 1)
                       : rd_scale_over(0, most, 0);
    return 1;
}

static void put_bar(double part, size_t width, int ascii, rd_text *out)
{
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    size_t units = (size_t)floor(part * (double)width * (ascii ? 1 : 8) + 0.5);
    size_t whole = ascii ? units : units / 8;
    size_t rest = ascii ? 0 : units % 8;
    for (size_t i = 0; i < whole; i++)
        rd_text_put(out, ascii ? "#" : "█");
    rd_text_put(out, eighths[rest]);
    for (size_t i = whole + (rest > 0); i < width; i++)
        rd_text_put(out, " ");
}

rondo_status rd_terminal_bars(const rd_bars *bars, const rd_medium *medium, rd_text *out, rondo_error *error)
{
    size_t width = rd_size_max(medium->width ? medium->width : 80, 40), label = 0;
    rd_scale scale;
    int any = bar_scale(bars, &scale);
    for (size_t i = 0; i < bars->count; i++)
        label = rd_size_max(label, rd_utf8_columns(bars->label[i], strlen(bars->label[i])));
    label = rd_size_min(label, MOST_LABEL);
    size_t room = width - label - 2 - 10;
    if (bars->title) {
        rd_put_clean(bars->title, width, medium->ascii, out);
        rd_text_put(out, "\n");
    }
    for (size_t i = 0; i < bars->count; i++) {
        char number[24];
        size_t used = rd_put_clean(bars->label[i], label, medium->ascii, out);
        for (; used < label + 1; used++)
            rd_text_put(out, " ");
        double value = bars->log ? bars->value[i] : fabs(bars->value[i]);
        double part = any ? rd_scale_at(&scale, value) : 0;
        put_bar(part > 0 ? fmin(part, 1) : 0, room, medium->ascii, out);
        rd_short_label(bars->value[i], number);
        rd_text_put(out, " ");
        rd_text_put(out, number);
        rd_text_put(out, "\n");
    }
    return rd_text_done(out, error);
}

void rd_sparkline(const double *values, size_t count, double low, double high, int ascii, rd_text *out)
{
    static const char *const blocks[2][8] = {{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
                                             {"_", ".", "-", "~", "=", "+", "*", "#"}};
    if (!(low < high)) {
        low = (double)INFINITY;
        high = -(double)INFINITY;
        for (size_t i = 0; i < count; i++) {
            if (isfinite(values[i])) {
                low = fmin(low, values[i]);
                high = fmax(high, values[i]);
            }
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i])) {
            rd_text_put(out, "?");
            continue;
        }
        double part = high > low ? (values[i] / 2 - low / 2) / (high / 2 - low / 2) : 0;
        rd_text_put(out, blocks[ascii != 0][(size_t)fmin(fmax(floor(part * 8), 0), 7)]);
    }
}
