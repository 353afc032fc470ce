/* Line charts in a terminal. A canvas is a grid of cells; each cell remembers which dots are set and which
 * series set them last, and becomes one character at the end. */
#include "draw/terminal.h"

#include "base/memory.h"
#include "base/size.h"

#include <math.h>
#include <string.h>

enum { COLORS = 6, PATTERNS = 4, LEAST_WIDTH = 30, MOST_WIDTH = 1000, MOST_HEIGHT = 400 };

static const char *const color_code[COLORS] = {"\x1b[36m", "\x1b[33m", "\x1b[35m",
                                               "\x1b[32m", "\x1b[34m", "\x1b[31m"};
static const char *const color_end = "\x1b[0m";
static const char ascii_sign[COLORS] = {'*', '+', 'o', 'x', '%', '='};
static const char *const pattern_of[PATTERNS] = {"#", "####..", "#..", "#####.#."}; /* dots along the line */

typedef struct cell {
    unsigned char dots;  /* bits of the braille character, or 1 in ASCII */
    unsigned char color; /* of the last series that came by */
    char sign;           /* a key or, in ASCII, the sign of the series; 0: none */
    char mark;           /* 1: a mark stands here */
} cell;

typedef struct canvas {
    cell *cells;                      /* [rows][columns], owned */
    size_t columns, rows, wide, high; /* dots in a cell */
    int ascii, color;
} canvas;

static const char *frame_sign(const canvas *c, size_t which)
{
    /* clang-format off */
    static const char *const signs[2][6] = {{"┤", "│", "├", "└", "─", "┬"}, {"+", "|", "+", "+", "-", "+"}};
    /* clang-format on */
    return signs[c->ascii][which];
}
enum { LEFT_TICK, SIDE, RIGHT_TICK, CORNER, BOTTOM, BOTTOM_TICK };

/* ---- drawing on the canvas */

static void set_dot(canvas *c, double x, double y, const rd_series *series)
{
    static const unsigned char bit[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    double across = (double)(c->columns * c->wide), down = (double)(c->rows * c->high);
    if (!(x >= 0 && x < across && y >= 0 && y < down)) return;
    size_t dx = (size_t)x, dy = (size_t)y;
    cell *at = &c->cells[dy / c->high * c->columns + dx / c->wide];
    at->dots |= c->ascii ? 1 : bit[dy % c->high][dx % c->wide];
    at->color = (unsigned char)(series->color % COLORS);
    if (c->ascii) at->sign = ascii_sign[(series->color * 2 + series->pattern) % COLORS];
}

/* From one dot to the next in unit steps along the longer side; *along counts dots for the pattern. */
static void draw_line(canvas *c, const double from[2], const double to[2], const rd_series *series,
                      size_t *along)
{
    const char *pattern = pattern_of[c->ascii ? 0 : series->pattern % PATTERNS];
    size_t period = strlen(pattern);
    double dx = to[0] - from[0], dy = to[1] - from[1];
    size_t steps = (size_t)ceil(fmax(fabs(dx), fabs(dy)));
    for (size_t i = 0; i <= steps; i++) {
        double part = steps ? (double)i / (double)steps : 0;
        if (pattern[*along % period] == '#')
            set_dot(c, floor(from[0] + part * dx), floor(from[1] + part * dy), series);
        *along += i < steps || steps == 0;
    }
}

static rondo_status draw_series(canvas *c, const rd_series *series, const rd_scale *x, const rd_scale *y,
                                rondo_error *error)
{
    rd_dot *dots;
    size_t count, along = 0;
    double across = (double)(c->columns * c->wide) - 1, down = (double)(c->rows * c->high) - 1;
    double last[2], here[2];
    int pen = 0, any = 0;
    RD_TRY(rd_series_place(series, x, y, c->columns * c->wide, &dots, &count, error));
    for (size_t i = 0; i < count; i++) {
        if (isnan(dots[i].y)) {
            pen = 0;
            continue;
        }
        here[0] = floor(dots[i].x * across + 0.5);
        here[1] = floor((1 - dots[i].y) * down + 0.5);
        draw_line(c, pen ? last : here, here, series, &along);
        memcpy(last, here, sizeof last);
        pen = any = 1;
    }
    rd_free(dots);
    if (any && series->key) {
        cell *end = &c->cells[(size_t)last[1] / c->high * c->columns + (size_t)last[0] / c->wide];
        end->sign = series->key;
        end->color = (unsigned char)(series->color % COLORS);
    }
    return RONDO_OK;
}

static void draw_mark(canvas *c, const rd_mark *mark, const rd_scale *x, const rd_scale *y)
{
    double at_x = rd_scale_at(x, mark->x), at_y = rd_scale_at(y, mark->y);
    if (!(at_x >= 0 && at_x <= 1 && at_y >= 0 && at_y <= 1)) return;
    size_t column = (size_t)floor(at_x * ((double)(c->columns * c->wide) - 1) + 0.5) / c->wide;
    size_t row = (size_t)floor((1 - at_y) * ((double)(c->rows * c->high) - 1) + 0.5) / c->high;
    cell *at = &c->cells[row * c->columns + column];
    at->mark = 1;
    at->color = (unsigned char)(mark->color % COLORS);
}

/* ---- from cells to text */

static void put_cell(const canvas *c, const cell *at, rd_text *out)
{
    if (at->mark) {
        rd_text_put(out, c->ascii ? "@" : "◆");
    } else if (at->sign) {
        rd_text_add(out, &at->sign, 1);
    } else if (at->dots) {
        char braille[4];
        rd_text_add(out, braille, rd_utf8_encode(0x2800u + at->dots, braille));
    } else {
        rd_text_put(out, " ");
    }
}

static void put_row(const canvas *c, size_t row, rd_text *out)
{
    int color = -1;
    for (size_t i = 0; i < c->columns; i++) {
        const cell *at = &c->cells[row * c->columns + i];
        int wanted = at->mark || at->sign || at->dots ? at->color : -1;
        if (c->color && wanted != color) {
            if (color >= 0) rd_text_put(out, color_end);
            if (wanted >= 0) rd_text_put(out, color_code[wanted]);
            color = wanted;
        }
        put_cell(c, at, out);
    }
    if (color >= 0) rd_text_put(out, color_end);
}

static void end_line(rd_text *out)
{
    while (out->size > 0 && out->text[out->size - 1] == ' ')
        out->size--;
    rd_text_put(out, "\n");
}

static void put_spaces(rd_text *out, size_t count)
{
    while (count-- > 0)
        rd_text_put(out, " ");
}

static void put_repeated(rd_text *out, const char *sign, size_t count)
{
    while (count-- > 0)
        rd_text_put(out, sign);
}

/* The symbol at the front of text: its bytes, its columns, and whether it may be shown as it is. */
typedef struct piece {
    size_t bytes, columns;
    int plain;
} piece;

static piece next_piece(const char *text, size_t size, int ascii)
{
    size_t length = rd_utf8_length((const unsigned char *)text, size);
    unsigned char first = (unsigned char)text[0];
    int control = first < 0x20 || first == 0x7f || (first == 0xc2 && (unsigned char)text[1] < 0xa0);
    int plain = length > 0 && !control && (!ascii || first < 0x80);
    return (piece){length ? length : 1, plain ? rd_utf8_columns(text, length) : 1, plain};
}

size_t rd_put_clean(const char *text, size_t columns, int ascii, rd_text *out)
{
    size_t size = strlen(text), all = 0, used = 0, dots = ascii ? 2 : 1;
    for (size_t at = 0; at < size;) {
        piece p = next_piece(text + at, size - at, ascii);
        all += p.columns;
        at += p.bytes;
    }
    size_t room = all <= columns ? columns : columns - rd_size_min(dots, columns);
    for (size_t at = 0; at < size;) {
        piece p = next_piece(text + at, size - at, ascii);
        if (used + p.columns > room) break;
        rd_text_add(out, p.plain ? text + at : "?", p.plain ? p.bytes : 1);
        used += p.columns;
        at += p.bytes;
    }
    if (all <= columns || columns < dots) return used;
    rd_text_put(out, ascii ? ".." : "…");
    return used + dots;
}

/* ---- around the canvas */

/* Three cells of the line as it looks, and the key. */
static void put_sample(const canvas *c, const rd_series *series, rd_text *out)
{
    if (c->color) rd_text_put(out, color_code[series->color % COLORS]);
    if (series->key) {
        rd_text_add(out, &series->key, 1);
        rd_text_put(out, " ");
    }
    const char *pattern = pattern_of[series->pattern % PATTERNS];
    size_t period = strlen(pattern);
    for (size_t i = 0; i < 3; i++) {
        char bytes[4] = {ascii_sign[(series->color * 2 + series->pattern) % COLORS]};
        uint32_t dots =
            (pattern[2 * i % period] == '#' ? 0x04u : 0) | (pattern[(2 * i + 1) % period] == '#' ? 0x20u : 0);
        rd_text_add(out, bytes, c->ascii ? 1 : rd_utf8_encode(0x2800u + dots, bytes));
    }
    if (c->color) rd_text_put(out, color_end);
    rd_text_put(out, " ");
}

typedef struct header {
    size_t width, column; /* of the frame; where the pen stands */
    rd_text item;
    size_t lines;
} header;

/* Puts an item after two spaces, or on a line of its own when this one is full. */
static void put_item(header *h, size_t columns, rd_text *out)
{
    if (h->column > 0 && h->column + 2 + columns > h->width) {
        end_line(out);
        h->lines++;
        h->column = 0;
    }
    size_t gap = h->column > 0 ? 2 : 0;
    put_spaces(out, gap);
    rd_text_add(out, h->item.text ? h->item.text : "", h->item.size);
    h->column += gap + columns;
    rd_text_clear(&h->item);
}

/* Title with the unit, every series, every mark. Gives the number of lines. */
static rondo_status put_header(const canvas *c, const rd_chart *chart, size_t width, size_t *lines,
                               rd_text *out, rondo_error *error)
{
    header h = {width, 0, {0}, 1};
    size_t columns = rd_put_clean(chart->title ? chart->title : chart->y.name, width / 2, c->ascii, &h.item);
    if (chart->y.unit) {
        rd_text_put(&h.item, " [");
        columns += 3 + rd_put_clean(chart->y.unit, width / 4, c->ascii, &h.item);
        rd_text_put(&h.item, "]");
    }
    put_item(&h, columns, out);
    for (size_t s = 0; s < chart->count; s++) {
        const rd_series *series = &chart->series[s];
        put_sample(c, series, &h.item);
        columns = (series->key ? 6u : 4u) + rd_put_clean(series->name, width - 8, c->ascii, &h.item);
        put_item(&h, columns, out);
    }
    for (size_t m = 0; m < chart->marks; m++) {
        if (c->color) rd_text_put(&h.item, color_code[chart->mark[m].color % COLORS]);
        rd_text_put(&h.item, c->ascii ? "@ " : "◆ ");
        if (c->color) rd_text_put(&h.item, color_end);
        columns = 2 + rd_put_clean(chart->mark[m].label, width - 4, c->ascii, &h.item);
        put_item(&h, columns, out);
    }
    end_line(out);
    *lines = h.lines;
    rondo_status status = rd_text_done(&h.item, error);
    rd_text_free(&h.item);
    return status;
}

/* The tick whose row this is, or NULL. */
static const rd_tick *tick_of_row(const rd_tick *ticks, size_t count, size_t row, size_t rows)
{
    for (size_t i = 0; i < count; i++) {
        if ((size_t)floor((1 - ticks[i].at) * (double)(rows - 1) + 0.5) == row) return &ticks[i];
    }
    return NULL;
}

static size_t widest(const rd_tick *ticks, size_t count)
{
    size_t most = 0;
    for (size_t i = 0; i < count; i++)
        most = rd_size_max(most, strlen(ticks[i].label));
    return most;
}

/* The line under the canvas and the labels under its ticks, the name of the axis at the right end. */
static void put_time_axis(const canvas *c, const rd_axis *axis, const rd_scale *x, size_t margin,
                          rd_text *out)
{
    rd_tick ticks[16];
    size_t count = rd_scale_ticks(x, 1, rd_size_max(2, c->columns / 10), ticks), pen = 0;
    put_spaces(out, margin);
    rd_text_put(out, frame_sign(c, CORNER));
    for (size_t i = 0; i < count; i++) {
        size_t column = (size_t)floor(ticks[i].at * (double)(c->columns - 1) + 0.5);
        if (column < pen) continue;
        put_repeated(out, frame_sign(c, BOTTOM), column - pen);
        rd_text_put(out, frame_sign(c, BOTTOM_TICK));
        pen = column + 1;
    }
    put_repeated(out, frame_sign(c, BOTTOM), c->columns - pen);
    end_line(out);
    size_t name = rd_utf8_columns(axis->name, strlen(axis->name));
    size_t room = margin + 1 + c->columns > name + 2 ? margin + 1 + c->columns - name - 2 : 0;
    pen = 0;
    for (size_t i = 0; i < count; i++) {
        size_t size = strlen(ticks[i].label);
        size_t middle = margin + 1 + (size_t)floor(ticks[i].at * (double)(c->columns - 1) + 0.5);
        size_t start = middle > size / 2 ? middle - size / 2 : 0;
        if (start < pen + (pen > 0) || start + size > room) continue;
        put_spaces(out, start - pen);
        rd_text_put(out, ticks[i].label);
        pen = start + size;
    }
    put_spaces(out, room + 2 - pen);
    rd_text_put(out, axis->name);
    end_line(out);
}

typedef struct sides {
    rd_tick left[16], right[16];
    size_t lefts, rights, left_width, right_width;
} sides;

static void put_rows(const canvas *c, const rd_axis *axis, const sides *side, rd_text *out)
{
    for (size_t row = 0; row < c->rows; row++) {
        const rd_tick *left = tick_of_row(side->left, side->lefts, row, c->rows);
        const rd_tick *right = tick_of_row(side->right, side->rights, row, c->rows);
        put_spaces(out, side->left_width - (left ? strlen(left->label) : 0));
        if (left) rd_text_put(out, left->label);
        rd_text_put(out, frame_sign(c, left ? LEFT_TICK : SIDE));
        put_row(c, row, out);
        if (side->rights > 0) {
            rd_text_put(out, frame_sign(c, right ? RIGHT_TICK : SIDE));
            rd_text_put(out, right ? right->label : "");
            if (right == &side->right[side->rights - 1]) { /* the topmost names the unit */
                rd_text_put(out, " ");
                rd_text_put(out, axis->beside_unit);
            }
        }
        end_line(out);
    }
}

static rondo_status draw_chart(canvas *c, const rd_chart *chart, const rd_scale scale[2], rondo_error *error)
{
    for (size_t s = 0; s < chart->count; s++)
        RD_TRY(draw_series(c, &chart->series[s], &scale[0], &scale[1], error));
    for (size_t m = 0; m < chart->marks; m++)
        draw_mark(c, &chart->mark[m], &scale[0], &scale[1]);
    return RONDO_OK;
}

rondo_status rd_terminal_chart(const rd_chart *chart, const rd_medium *medium, rd_text *out,
                               rondo_error *error)
{
    size_t width = rd_size_min(rd_size_max(medium->width ? medium->width : 80, LEAST_WIDTH), MOST_WIDTH);
    size_t height = rd_size_min(medium->height ? medium->height : 20, MOST_HEIGHT), lines;
    canvas c = {.ascii = medium->ascii != 0, .color = medium->color};
    c.wide = c.ascii ? 1 : 2;
    c.high = c.ascii ? 1 : 4;
    rd_scale scale[2];
    RD_TRY(put_header(&c, chart, width, &lines, out, error));
    if (!rd_chart_scales(chart, &scale[0], &scale[1])) {
        rd_text_put(out, "(nothing to draw)\n");
        return rd_text_done(out, error);
    }
    c.rows = height > lines + 2 + 3 ? height - lines - 2 : 3;
    sides side = {.lefts = rd_scale_ticks(&scale[1], 1, c.rows / 3, side.left)};
    side.left_width = widest(side.left, side.lefts);
    if (!(chart->y.beside <= 0)) {
        side.rights = rd_scale_ticks(&scale[1], chart->y.beside, c.rows / 3, side.right);
        size_t top =
            side.rights ? strlen(side.right[side.rights - 1].label) + 1 + strlen(chart->y.beside_unit) : 0;
        side.right_width = 1 + rd_size_max(widest(side.right, side.rights), top);
    }
    c.columns = width - side.left_width - 1 - side.right_width;
    RD_TRY(rd_alloc(c.rows * c.columns, sizeof *c.cells, "a picture", &c.cells, error));
    rondo_status status = draw_chart(&c, chart, scale, error);
    if (status == RONDO_OK) {
        put_rows(&c, &chart->y, &side, out);
        put_time_axis(&c, &chart->x, &scale[0], side.left_width, out);
        status = rd_text_done(out, error);
    }
    rd_free(c.cells);
    return status;
}
