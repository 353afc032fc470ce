/* Vertical bars as SVG: a histogram, a row of norms. */
#include "draw/svg.h"
#include "draw/svg_write.h"

#include "base/size.h"

#include <math.h>

enum { WIDTH = 760, LEFT = 64, RIGHT = 20, TOP = 56, FIELD = 240, BOTTOM = 44 };

/* The scale of the values: with zero in it, or whole decades when logarithmic. */
static int value_scale(const rd_bars *bars, rd_scale *scale)
{
    double low = bars->log ? (double)INFINITY : 0, high = bars->log ? 0 : -(double)INFINITY;
    for (size_t i = 0; i < bars->count; i++) {
        double value = bars->value[i];
        if (!isfinite(value) || (bars->log && value <= 0)) continue;
        low = fmin(low, value);
        high = fmax(high, value);
    }
    if (!(low <= high)) return 0;
    *scale = bars->log ? rd_scale_over(low / 2, high, 1) : rd_scale_over(low, fmax(high, 0), 0);
    return 1;
}

static void put_bar(const rd_bars *bars, const rd_scale *scale, size_t i, rd_text *out)
{
    double slot = (double)(WIDTH - LEFT - RIGHT) / (double)bars->count;
    double at = rd_scale_at(scale, bars->value[i]), zero = bars->log ? 0 : rd_scale_at(scale, 0);
    char number[24];
    if (!(at >= 0 && at <= 1)) return;
    rd_text_put(out, "<rect class=\"c0\" fill=\"#0072b2\"");
    rd_svg_attribute(out, "x", LEFT + slot * ((double)i + 0.1));
    rd_svg_attribute(out, "width", slot * 0.8);
    rd_svg_attribute(out, "y", TOP + (1 - fmax(at, zero)) * FIELD);
    rd_svg_attribute(out, "height", fmax(fabs(at - zero) * FIELD, 0.5));
    rd_text_put(out, "><title>");
    rd_svg_escape(out, bars->label[i]);
    rd_short_label(bars->value[i], number);
    rd_text_format(out, ": %s</title></rect>\n", number);
}

static void put_frame(const rd_bars *bars, const rd_scale *scale, rd_text *out)
{
    rd_tick ticks[16];
    size_t count = rd_scale_ticks(scale, 1, 6, ticks);
    double slot = (double)(WIDTH - LEFT - RIGHT) / (double)bars->count;
    size_t stride = rd_size_max(1, (size_t)ceil(48 / slot));
    for (size_t i = 0; i < count; i++) {
        double y = TOP + (1 - ticks[i].at) * FIELD;
        rd_svg_line(out, LEFT, y, WIDTH - RIGHT, y, "grid");
        rd_svg_text(out, LEFT - 8, y + 4, "end", "soft", ticks[i].label);
    }
    for (size_t i = 0; i < bars->count; i += stride)
        rd_svg_text(out, LEFT + slot * ((double)i + 0.5), TOP + FIELD + 18, "middle", "soft", bars->label[i]);
    double zero = bars->log ? 0 : rd_scale_at(scale, 0);
    rd_svg_line(out, LEFT, TOP + (1 - zero) * FIELD, WIDTH - RIGHT, TOP + (1 - zero) * FIELD, "frame");
    rd_svg_text(out, LEFT - 8, TOP - 10, "end", "soft", bars->unit ? bars->unit : "");
    rd_svg_text(out, WIDTH - RIGHT, TOP + FIELD + 36, "end", "soft", bars->name ? bars->name : "");
}

rondo_status rd_svg_bars(const rd_bars *bars, rd_text *out, rondo_error *error)
{
    rd_scale scale;
    rd_svg_open(out, WIDTH, TOP + FIELD + BOTTOM, bars->title, bars->description);
    rd_svg_text(out, LEFT, 24, "start", "ink", bars->title ? bars->title : "");
    if (bars->count > 0 && value_scale(bars, &scale)) {
        put_frame(bars, &scale, out);
        for (size_t i = 0; i < bars->count; i++)
            put_bar(bars, &scale, i, out);
    } else {
        rd_svg_text(out, LEFT, TOP + 20, "start", "soft", "nothing to draw");
    }
    rd_svg_close(out);
    return rd_text_done(out, error);
}
