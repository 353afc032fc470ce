/* Line charts and bars as SVG. Lines are polylines over at most a point a pixel; a band behind a line shows
 * between which values its points lay. */
#include "draw/svg.h"
#include "draw/svg_write.h"

#include "base/memory.h"
#include "base/size.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 760, LEFT = 64, RIGHT = 60, BOTTOM = 40, LINE = 18, LETTER = 7 };

static const char *const dash_of[] = {"", "7 4", "1.5 3.5", "8 3 1.5 3"};

typedef struct frame {
    double left, top, width, height; /* of the field that holds the lines */
    rd_scale x, y;
} frame;

static double across(const frame *f, double part)
{
    return f->left + part * f->width;
}
static double down(const frame *f, double part)
{
    return f->top + (1 - part) * f->height;
}

/* ---- legend */

typedef struct legend {
    double x, y;
    double right; /* where a line of the legend ends */
} legend;

/* Room for an item: at the pen, or at the start of the next line. */
static void make_room(legend *l, size_t letters, double extra)
{
    double width = extra + LETTER * (double)letters + 18;
    if (l->x + width > l->right && l->x > LEFT) {
        l->x = LEFT;
        l->y += LINE;
    }
}

static void put_stroke(rd_text *out, const rd_series *series, double width)
{
    size_t color = series->color % RD_SVG_COLORS;
    rd_text_format(out, " class=\"s%zu\" stroke=\"%s\" fill=\"none\"", color, rd_svg_color(color));
    rd_svg_attribute(out, "stroke-width", width);
    if (series->pattern % 4) rd_text_format(out, " stroke-dasharray=\"%s\"", dash_of[series->pattern % 4]);
}

static void put_name(rd_text *name, const rd_series *series)
{
    if (series->key) rd_text_format(name, "%c ", series->key);
    rd_text_put(name, series->name);
}

static rondo_status put_legend(const rd_chart *chart, legend *l, rd_text *out, rondo_error *error)
{
    rd_text name = {0};
    for (size_t s = 0; s < chart->count; s++) {
        const rd_series *series = &chart->series[s];
        char style[3] = {'c', (char)('0' + series->color % RD_SVG_COLORS), 0};
        rd_text_clear(&name);
        put_name(&name, series);
        size_t letters = name.text ? rd_utf8_columns(name.text, name.size) : 0;
        make_room(l, letters, 28);
        rd_text_put(out, "<path");
        put_stroke(out, series, 2);
        rd_text_put(out, " d=\"M");
        rd_svg_number(out, l->x);
        rd_text_put(out, " ");
        rd_svg_number(out, l->y - 4);
        rd_text_put(out, "h22\"/>\n");
        rd_svg_text(out, l->x + 28, l->y, "start", style, name.text ? name.text : "");
        l->x += 28 + LETTER * (double)letters + 18;
    }
    for (size_t m = 0; m < chart->marks; m++) {
        char style[3] = {'c', (char)('0' + chart->mark[m].color % RD_SVG_COLORS), 0};
        rd_text_clear(&name);
        rd_text_put(&name, "\xe2\x97\x86 ");
        rd_text_put(&name, chart->mark[m].label);
        size_t letters = name.text ? rd_utf8_columns(name.text, name.size) : 0;
        make_room(l, letters, 0);
        rd_svg_text(out, l->x, l->y, "start", style, name.text ? name.text : "");
        l->x += LETTER * (double)letters + 18;
    }
    rondo_status status = rd_text_done(&name, error);
    rd_text_free(&name);
    return status;
}

/* ---- axes */

static void put_axes(const rd_chart *chart, const frame *f, rd_text *out)
{
    rd_tick ticks[16];
    size_t count = rd_scale_ticks(&f->y, 1, rd_size_max(2, (size_t)(f->height / 36)), ticks);
    for (size_t i = 0; i < count; i++) {
        double y = down(f, ticks[i].at);
        rd_svg_line(out, f->left, y, f->left + f->width, y, "grid");
        rd_svg_text(out, f->left - 8, y + 4, "end", "soft", ticks[i].label);
    }
    if (chart->y.beside > 0) {
        count = rd_scale_ticks(&f->y, chart->y.beside, rd_size_max(2, (size_t)(f->height / 36)), ticks);
        for (size_t i = 0; i < count; i++) {
            double y = down(f, ticks[i].at);
            rd_svg_line(out, f->left + f->width, y, f->left + f->width + 4, y, "frame");
            rd_svg_text(out, f->left + f->width + 8, y + 4, "start", "soft", ticks[i].label);
        }
        rd_svg_text(out, f->left + f->width + 8, f->top - 8, "start", "soft", chart->y.beside_unit);
    }
    count = rd_scale_ticks(&f->x, 1, 9, ticks);
    for (size_t i = 0; i < count; i++) {
        double x = across(f, ticks[i].at);
        rd_svg_line(out, x, f->top + f->height, x, f->top + f->height + 5, "frame");
        rd_svg_text(out, x, f->top + f->height + 19, "middle", "soft", ticks[i].label);
    }
    rd_svg_line(out, f->left, f->top, f->left, f->top + f->height, "frame");
    rd_svg_line(out, f->left, f->top + f->height, f->left + f->width, f->top + f->height, "frame");
    rd_svg_text(out, f->left + f->width, f->top + f->height + 34, "end", "soft", chart->x.name);
    if (chart->y.unit) rd_svg_text(out, f->left - 8, f->top - 8, "end", "soft", chart->y.unit);
}

/* ---- lines */

static void put_point(const frame *f, double x, double y, const char *before, rd_text *out)
{
    rd_text_put(out, before);
    rd_svg_number(out, across(f, x));
    rd_text_put(out, " ");
    rd_svg_number(out, down(f, y));
}

static void put_band(const frame *f, const rd_series *series, const rd_dot *dots, size_t count, rd_text *out)
{
    size_t color = series->color % RD_SVG_COLORS, any = 0;
    rd_text_format(out, "<path class=\"c%zu\" fill=\"%s\" fill-opacity=\"0.18\" d=\"", color,
                   rd_svg_color(color));
    for (size_t first = 0; first < count;) {
        size_t end = first;
        while (end < count && !isnan(dots[end].y))
            end++;
        for (size_t i = first; i < end; i++, any++)
            put_point(f, dots[i].x, dots[i].high, i > first ? "L" : "M", out);
        for (size_t i = end; i > first; i--)
            put_point(f, dots[i - 1].x, dots[i - 1].low, "L", out);
        if (end > first) rd_text_put(out, "Z");
        first = end + 1;
    }
    rd_text_put(out, any ? "\"/>\n" : "M0 0\"/>\n");
}

static void put_line(const frame *f, const rd_series *series, const rd_dot *dots, size_t count, rd_text *out)
{
    size_t color = series->color % RD_SVG_COLORS;
    int pen = 0;
    rd_text_put(out, "<path");
    put_stroke(out, series, 1.75);
    rd_text_put(out, " stroke-linejoin=\"round\" stroke-linecap=\"round\" d=\"");
    for (size_t i = 0; i < count; i++) {
        if (isnan(dots[i].y)) {
            pen = 0;
            continue;
        }
        put_point(f, dots[i].x, dots[i].y, pen ? "L" : "M", out);
        if (!pen && (i + 1 == count || isnan(dots[i + 1].y)))
            rd_text_put(out, "h0"); /* a lone point, visible by its round cap */
        pen = 1;
    }
    rd_text_put(out, "\"/>\n");
    for (size_t i = 0; i < count && series->points; i++) {
        if (isnan(dots[i].y)) continue;
        rd_text_format(out, "<circle class=\"c%zu\" fill=\"%s\" r=\"2.5\"", color, rd_svg_color(color));
        rd_svg_attribute(out, "cx", across(f, dots[i].x));
        rd_svg_attribute(out, "cy", down(f, dots[i].y));
        rd_text_put(out, "/>\n");
    }
}

static void put_key(const frame *f, const rd_series *series, const rd_dot *dots, size_t count, rd_text *out)
{
    char key[2] = {series->key, 0}, style[3] = {'c', (char)('0' + series->color % RD_SVG_COLORS), 0};
    while (count > 0 && isnan(dots[count - 1].y))
        count--;
    if (series->key && count > 0)
        rd_svg_text(out, across(f, dots[count - 1].x) - 2, down(f, dots[count - 1].y) - 5, "end", style, key);
}

static rondo_status put_series(const frame *f, const rd_series *series, rd_text *out, rondo_error *error)
{
    rd_dot *dots;
    size_t count;
    RD_TRY(rd_series_place(series, &f->x, &f->y, (size_t)f->width / 2, &dots, &count, error));
    int wide = 0;
    for (size_t i = 0; i < count; i++)
        wide |= !isnan(dots[i].y) && (dots[i].high - dots[i].low) * f->height > 1;
    if (wide) put_band(f, series, dots, count, out);
    put_line(f, series, dots, count, out);
    put_key(f, series, dots, count, out);
    rd_free(dots);
    return RONDO_OK;
}

static void put_mark(const frame *f, const rd_mark *mark, rd_text *out)
{
    double x = rd_scale_at(&f->x, mark->x), y = rd_scale_at(&f->y, mark->y);
    if (!(x >= 0 && x <= 1 && y >= 0 && y <= 1)) return;
    size_t color = mark->color % RD_SVG_COLORS;
    rd_text_format(out, "<path class=\"c%zu\" fill=\"%s\" d=\"", color, rd_svg_color(color));
    put_point(f, x, y, "M", out);
    rd_text_put(out, "m0 -6l6 6l-6 6l-6 -6z\"/>\n");
}

/* One chart whose top is at `top`; *height becomes what it took with its legend. */
static rondo_status put_chart(const rd_chart *chart, double top, double *height, rd_text *out,
                              rondo_error *error)
{
    rd_svg_text(out, LEFT, top + 20, "start", "ink", chart->title ? chart->title : chart->y.name);
    legend l = {LEFT, top + 20 + LINE, WIDTH - 20};
    frame f = {.left = LEFT, .width = WIDTH - LEFT - RIGHT, .height = *height};
    RD_TRY(put_legend(chart, &l, out, error));
    f.top = l.y + 30;
    *height += f.top - top + BOTTOM + 10;
    if (!rd_chart_scales(chart, &f.x, &f.y)) {
        rd_svg_text(out, LEFT, f.top + 20, "start", "soft", "nothing to draw");
        return RONDO_OK;
    }
    put_axes(chart, &f, out);
    for (size_t s = 0; s < chart->count; s++)
        RD_TRY(put_series(&f, &chart->series[s], out, error));
    for (size_t m = 0; m < chart->marks; m++)
        put_mark(&f, &chart->mark[m], out);
    return RONDO_OK;
}

rondo_status rd_svg_charts(const rd_chart *charts, const size_t *height, size_t count, const char *title,
                           const char *description, rd_text *out, rondo_error *error)
{
    rd_text body = {0};
    double top = 0;
    rondo_status status = RONDO_OK;
    for (size_t i = 0; i < count && status == RONDO_OK; i++) {
        double size = height && height[i] ? (double)height[i] : 320;
        status = put_chart(&charts[i], top, &size, &body, error);
        top += size;
    }
    if (status == RONDO_OK) status = rd_text_done(&body, error);
    if (status == RONDO_OK) {
        rd_svg_open(out, WIDTH, top, title, description);
        rd_text_add(out, body.text ? body.text : "", body.size);
        rd_svg_close(out);
        status = rd_text_done(out, error);
    }
    rd_text_free(&body);
    return status;
}
