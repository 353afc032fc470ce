/* The matrix as SVG: a grid of coloured cells, labels at its sides, the scale beside it. */
#include "draw/colormap.h"
#include "draw/matrix.h"
#include "draw/svg_write.h"

#include "base/memory.h"
#include "base/size.h"

#include <math.h>
#include <string.h>

enum {
    FIELD = 560,
    LEAST_CELL = 6,
    MOST_CELL = 48,
    TITLE = 34,
    MARGIN = 16,
    GAP = 8,
    SCALE = 96,
    STRIPES = 40,
    MOST_CLASSES = 100
};

typedef struct grid {
    const rd_matrix *matrix;
    double cell, left, top, font;
    size_t label; /* columns of the longest label shown */
} grid;

/* Text is measured by its columns: an average letter of a plain font is a little over half its size wide. */
static double text_width(double columns, double font)
{
    return columns * font * 0.6;
}

static grid lay_out(const rd_matrix *matrix)
{
    enum { MOST_LABEL = 22 };
    size_t most = 1;
    for (size_t i = 0; i < matrix->rows; i++)
        most = rd_size_max(most, rd_utf8_columns(matrix->row[i], strlen(matrix->row[i])));
    grid g = {.matrix = matrix, .label = rd_size_min(most, MOST_LABEL)};
    g.cell = fmin(fmax(floor(FIELD / (double)matrix->rows), LEAST_CELL), MOST_CELL);
    g.font = fmin(12, g.cell);
    double side = text_width((double)g.label, g.font) + GAP;
    g.left = MARGIN + 20 + side;
    g.top = TITLE + 20 + side;
    return g;
}

/* ---- cells */

static void put_fill(double share, rd_text *out)
{
    rd_rgb c = rd_color_of(RD_COLORMAP_SEQUENTIAL, share, 0, 1);
    rd_text_format(out, " fill=\"#%02x%02x%02x\"", c.red, c.green, c.blue);
}

/* Black or white, whichever stands out more: by luminance as WCAG 2 defines it. */
static const char *ink_on(double share)
{
    rd_rgb c = rd_color_of(RD_COLORMAP_SEQUENTIAL, share, 0, 1);
    const unsigned char part[3] = {c.red, c.green, c.blue};
    static const double weight[3] = {0.2126, 0.7152, 0.0722};
    double luminance = 0;
    for (size_t i = 0; i < 3; i++) {
        double v = part[i] / 255.0;
        luminance += weight[i] * v * v * (0.8 * v + 0.2); /* near the sRGB curve, without pow */
    }
    return luminance > 0.18 ? "#000000" : "#ffffff";
}

static void put_count(const grid *g, double x, double y, uint64_t count, double share, rd_text *out)
{
    size_t digits = 1;
    for (uint64_t rest = count; rest >= 10; rest /= 10)
        digits++;
    double font = fmin(12, (g->cell - 4) / (0.6 * (double)digits));
    if (count == 0 || font < 7 || g->cell < 12) return;
    rd_text_format(out, "<text text-anchor=\"middle\" fill=\"%s\"", ink_on(share));
    rd_svg_attribute(out, "font-size", font);
    rd_svg_attribute(out, "x", x + g->cell / 2);
    rd_svg_attribute(out, "y", y + g->cell / 2 + font * 0.36);
    rd_text_format(out, ">%llu</text>\n", (unsigned long long)count);
}

static void put_cell(const grid *g, size_t i, size_t j, rd_text *out)
{
    const rd_matrix *m = g->matrix;
    uint64_t count = m->count[i * m->columns + j];
    double share = rd_matrix_share(m, i, j), x = g->left + (double)j * g->cell,
           y = g->top + (double)i * g->cell;
    rd_text_put(out, "<rect");
    put_fill(share, out);
    rd_svg_attribute(out, "x", x);
    rd_svg_attribute(out, "y", y);
    rd_svg_attribute(out, "width", g->cell - (g->cell >= 12));
    rd_svg_attribute(out, "height", g->cell - (g->cell >= 12));
    rd_text_format(out, "><title>%s ", m->row_name);
    rd_svg_escape(out, m->row[i]);
    rd_text_format(out, ", %s ", m->column_name);
    rd_svg_escape(out, m->column[j]);
    rd_text_format(out, ": %llu (%.1f%%)</title></rect>\n", (unsigned long long)count, 100 * share);
    put_count(g, x, y, count, share, out);
}

/* ---- around them */

static void put_label(const grid *g, const char *text, double x, double y, int upright, rd_text *out)
{
    rd_text cut = {0};
    rd_put_clean(text, g->label, 0, &cut);
    rd_text_format(out, "<text class=\"soft\" fill=\"#59606a\" text-anchor=\"%s\"",
                   upright ? "start" : "end");
    rd_svg_attribute(out, "font-size", g->font);
    if (upright) {
        rd_text_put(out, " transform=\"translate(");
        rd_svg_number(out, x);
        rd_text_put(out, " ");
        rd_svg_number(out, y);
        rd_text_put(out, ") rotate(-90)\"");
    } else {
        rd_svg_attribute(out, "x", x);
        rd_svg_attribute(out, "y", y);
    }
    rd_text_put(out, ">");
    rd_svg_escape(out, cut.text);
    rd_text_put(out, "</text>\n");
    out->failed |= cut.failed;
    rd_text_free(&cut);
}

static void put_labels(const grid *g, rd_text *out)
{
    double middle = g->cell / 2 + g->font * 0.36;
    for (size_t i = 0; i < g->matrix->rows; i++)
        put_label(g, g->matrix->row[i], g->left - GAP, g->top + (double)i * g->cell + middle, 0, out);
    for (size_t j = 0; j < g->matrix->columns; j++)
        put_label(g, g->matrix->column[j], g->left + (double)j * g->cell + middle, g->top - GAP, 1, out);
    double across = (double)g->matrix->columns * g->cell, down = (double)g->matrix->rows * g->cell;
    rd_svg_text(out, g->left + across / 2, TITLE + 12, "middle", "ink", g->matrix->column_name);
    rd_text_put(out, "<text class=\"ink\" fill=\"#1f2328\" text-anchor=\"middle\" font-weight=\"600\" "
                     "transform=\"translate(");
    rd_svg_number(out, MARGIN + 8);
    rd_text_put(out, " ");
    rd_svg_number(out, g->top + down / 2);
    rd_text_put(out, ") rotate(-90)\">");
    rd_svg_escape(out, g->matrix->row_name);
    rd_text_put(out, "</text>\n");
}

/* From 100 % at the top to 0 below, beside the grid. */
static void put_scale(const grid *g, rd_text *out)
{
    static const char *const percent[] = {"0 %", "25 %", "50 %", "75 %", "100 %"};
    double x = g->left + (double)g->matrix->columns * g->cell + 20;
    double height = fmax((double)g->matrix->rows * g->cell, 120), each = height / STRIPES;
    for (size_t i = 0; i < STRIPES; i++) {
        rd_text_put(out, "<rect");
        put_fill(1 - (double)i / (STRIPES - 1), out);
        rd_svg_attribute(out, "x", x);
        rd_svg_attribute(out, "y", g->top + (double)i * each);
        rd_svg_attribute(out, "width", 12);
        rd_svg_attribute(out, "height", each + 0.5);
        rd_text_put(out, "/>\n");
    }
    for (int part = 0; part <= 4; part++)
        rd_svg_text(out, x + 18, g->top + height * (1 - part / 4.0) + 4, "start", "soft", percent[part]);
    rd_svg_text(out, x, g->top - 16, "start", "soft", "of the row");
}

static void put_picture(const rd_matrix *matrix, rd_text *out)
{
    grid g = lay_out(matrix);
    double across = (double)matrix->columns * g.cell, down = fmax((double)matrix->rows * g.cell, 120);
    double width = fmax(g.left + across + SCALE, 320);
    rd_svg_open(out, width, g.top + down + MARGIN, matrix->title, matrix->description);
    rd_svg_text(out, MARGIN, 22, "start", "ink", matrix->title);
    for (size_t i = 0; i < matrix->rows; i++)
        for (size_t j = 0; j < matrix->columns; j++)
            put_cell(&g, i, j, out);
    put_labels(&g, out);
    put_scale(&g, out);
    rd_svg_close(out);
}

rondo_status rd_svg_matrix(const rd_matrix *matrix, rd_text *out, rondo_error *error)
{
    rd_matrix *folded = NULL;
    if (matrix->columns > MOST_CLASSES) RD_TRY(rd_matrix_fold(matrix, MOST_CLASSES, &folded, error));
    put_picture(folded ? folded : matrix, out);
    rd_free(folded);
    return rd_text_done(out, error);
}
