/* The matrix in a terminal: a shade stands for the share of the row, and where there is room the count beside
 * it. */
#include "draw/colormap.h"
#include "draw/matrix.h"

#include "base/memory.h"
#include "base/size.h"

#include <string.h>

enum { LEAST_WIDTH = 40, MOST_LABEL = 20, SHARE_COLUMNS = 8, SHADES = 5, TOLD = 5 };

/* no count at all; then up to a quarter, half, three quarters, all of the row */
static const char *const shades[2][SHADES] = {{"·", "░", "▒", "▓", "█"}, {".", "-", "+", "*", "#"}};

typedef struct grid {
    const rd_matrix *matrix;
    size_t width;
    size_t number; /* columns of the number of a class */
    size_t label;  /* columns of the name of a class */
    size_t digits; /* columns of the largest count; 0: shades alone */
    int ascii, color;
} grid;

static size_t digits_of(uint64_t number)
{
    size_t digits = 1;
    for (; number >= 10; number /= 10)
        digits++;
    return digits;
}

/* Columns of a cell with the gap before it. */
static size_t cell_columns(const grid *g)
{
    return g->digits ? 2 + rd_size_max(g->digits, g->number - rd_size_min(g->number, 1)) : 2;
}

static size_t grid_columns(const grid *g)
{
    return g->number + 1 + g->label + g->matrix->columns * cell_columns(g) + SHARE_COLUMNS;
}

static grid lay_out(const rd_matrix *matrix, const rd_medium *medium)
{
    grid g = {
        .matrix = matrix, .number = digits_of(matrix->rows), .ascii = medium->ascii, .color = medium->color};
    uint64_t most = 0;
    g.width = rd_size_max(medium->width ? medium->width : 80, LEAST_WIDTH);
    for (size_t i = 0; i < matrix->rows; i++)
        g.label = rd_size_max(g.label, rd_utf8_columns(matrix->row[i], strlen(matrix->row[i])));
    g.label = rd_size_min(g.label, rd_size_min(MOST_LABEL, g.width / 4));
    for (size_t i = 0; i < matrix->rows * matrix->columns; i++)
        most = matrix->count[i] > most ? matrix->count[i] : most;
    g.digits = digits_of(most);
    if (grid_columns(&g) > g.width) g.digits = 0;
    return g;
}

/* ---- cells */

static size_t shade_of(uint64_t count, double share)
{
    if (count == 0) return 0;
    return share <= 0.25 ? 1 : share <= 0.5 ? 2 : share <= 0.75 ? 3 : 4;
}

static void put_spaces(rd_text *out, size_t count)
{
    while (count-- > 0)
        rd_text_put(out, " ");
}

/* Background by share, ink that can be read on it. */
static void put_color(double share, rd_text *out)
{
    rd_rgb c = rd_color_of(RD_COLORMAP_SEQUENTIAL, share, 0, 1);
    int ink = share > 0.5 ? 16 : 231;
    rd_text_format(out, "\x1b[48;2;%d;%d;%d;38;5;%dm", c.red, c.green, c.blue, ink);
}

static void put_cell(const grid *g, size_t i, size_t j, rd_text *out)
{
    uint64_t count = g->matrix->count[i * g->matrix->columns + j];
    double share = rd_matrix_share(g->matrix, i, j);
    const char *shade = shades[g->ascii != 0][shade_of(count, share)];
    size_t inside = cell_columns(g) - 1, used = 1;
    rd_text_put(out, " ");
    if (g->color) put_color(share, out);
    rd_text_put(out, shade);
    if (g->digits && count > 0) {
        size_t digits = digits_of(count);
        put_spaces(out, inside - 1 - digits);
        rd_text_format(out, "%llu", (unsigned long long)count);
        used = inside;
    }
    put_spaces(out, inside - used);
    if (g->color) rd_text_put(out, "\x1b[0m");
}

static void end_line(rd_text *out)
{
    while (out->size > 0 && out->text[out->size - 1] == ' ')
        out->size--;
    rd_text_put(out, "\n");
}

static void put_row(const grid *g, size_t i, rd_text *out)
{
    rd_text_format(out, "%*zu ", (int)g->number, i + 1);
    put_spaces(out, g->label - rd_put_clean(g->matrix->row[i], g->label, g->ascii, out));
    for (size_t j = 0; j < g->matrix->columns; j++)
        put_cell(g, i, j, out);
    if (i < g->matrix->classes) rd_text_format(out, "  %5.1f%%", 100 * rd_matrix_share(g->matrix, i, i));
    end_line(out);
}

/* ---- head and foot */

/* Numbers of the columns: beside each other where cells are wide, else one digit under the other. */
static void put_numbers(const grid *g, rd_text *out)
{
    size_t lines = g->digits ? 1 : g->number;
    for (size_t line = 0; line < lines; line++) {
        put_spaces(out, g->number + 1 + g->label);
        size_t divisor = 1;
        for (size_t k = line + 1; k < lines; k++)
            divisor *= 10;
        for (size_t j = 1; j <= g->matrix->columns; j++) {
            if (g->digits)
                rd_text_format(out, "%*zu", (int)cell_columns(g), j);
            else if (j >= divisor)
                rd_text_format(out, " %zu", j / divisor % 10);
            else
                rd_text_put(out, "  ");
        }
        if (line + 1 == lines) rd_text_put(out, "  recall");
        end_line(out);
    }
}

static void put_legend(const grid *g, rd_text *out)
{
    static const char *const bound[SHADES] = {"", "25%", "50%", "75%", "100%"};
    rd_put_clean(g->matrix->title, g->width, g->ascii, out);
    rd_text_format(out, "\n%s down, %s across;%sup to", g->matrix->row_name, g->matrix->column_name,
                   g->width < 72 ? "\n" : " ");
    for (size_t i = 1; i < SHADES; i++)
        rd_text_format(out, " %s %s", shades[g->ascii != 0][i], bound[i]);
    rd_text_put(out, " of a row\n");
}

typedef struct mix_up {
    size_t i, j;
    uint64_t count;
} mix_up;

/* The most frequent cells off the diagonal, most first, ties in reading order; gives how many. */
static size_t find_worst(const rd_matrix *matrix, mix_up worst[TOLD])
{
    size_t found = 0;
    for (size_t i = 0; i < matrix->rows; i++) {
        for (size_t j = 0; j < matrix->columns; j++) {
            uint64_t count = matrix->count[i * matrix->columns + j];
            size_t at = found;
            if (i == j || count == 0) continue;
            while (at > 0 && worst[at - 1].count < count)
                at--;
            if (at == TOLD) continue;
            found = rd_size_min(found + 1, TOLD);
            memmove(worst + at + 1, worst + at, (found - at - 1) * sizeof *worst);
            worst[at] = (mix_up){i, j, count};
        }
    }
    return found;
}

static void put_worst(const grid *g, rd_text *out)
{
    static const char *const between = " taken for ";
    mix_up worst[TOLD];
    size_t count = find_worst(g->matrix, worst);
    if (count > 0) rd_text_put(out, "most confused:\n");
    for (size_t k = 0; k < count; k++) {
        size_t fixed = 2 + strlen(between) + 2 + digits_of(worst[k].count);
        size_t label = rd_size_min(MOST_LABEL, (g->width - fixed) / 2);
        rd_text_put(out, "  ");
        rd_put_clean(g->matrix->row[worst[k].i], label, g->ascii, out);
        rd_text_put(out, between);
        rd_put_clean(g->matrix->column[worst[k].j], label, g->ascii, out);
        rd_text_format(out, ": %llu\n", (unsigned long long)worst[k].count);
    }
}

static void put_grid(const grid *g, rd_text *out)
{
    put_legend(g, out);
    put_numbers(g, out);
    for (size_t i = 0; i < g->matrix->rows; i++)
        put_row(g, i, out);
    if (!g->digits) put_worst(g, out);
}

rondo_status rd_terminal_matrix(const rd_matrix *matrix, const rd_medium *medium, rd_text *out,
                                rondo_error *error)
{
    grid g = lay_out(matrix, medium);
    rd_matrix *folded = NULL;
    if (grid_columns(&g) > g.width) {
        size_t frame = g.number + 1 + g.label + SHARE_COLUMNS;
        RD_TRY(rd_matrix_fold(matrix, (g.width - frame) / 2 - 1, &folded, error));
        g = lay_out(folded, medium);
    }
    put_grid(&g, out);
    rd_free(folded);
    return rd_text_done(out, error);
}
