/* A table of counts as a picture: which class is taken for which. Each row is shaded by its own shares, so
 * that a rare class is read as easily as a frequent one. */
#ifndef RD_MATRIX_H
#define RD_MATRIX_H

#include "base/text.h"
#include "draw/terminal.h"

#include <stddef.h>
#include <stdint.h>

typedef struct rd_matrix {
    const char *title, *description;
    const char *row_name, *column_name; /* "truth", "guess" */
    const char *const *row;             /* [rows] labels */
    const char *const *column;          /* [columns] labels; column i is the same class as row i */
    const uint64_t *count;              /* [rows][columns] */
    size_t rows, columns; /* rows >= columns >= 1: rows behind the columns have no class to be found as */
    size_t classes;       /* how many rows (the first) stand for one class each: these have a recall */
} rd_matrix;

/* The share of cell (i, j) in its row; 0 in an empty row. */
double rd_matrix_share(const rd_matrix *matrix, size_t i, size_t j);

/* Appends lines at most medium->width wide (at least 40): numbers beside shades where they fit, else shades
 * alone with the most frequent confusions below; when even those are too many, the classes with most counts,
 * and the rest as "others". */
rondo_status rd_terminal_matrix(const rd_matrix *matrix, const rd_medium *medium, rd_text *out,
                                rondo_error *error);
/* A document: cells coloured by share, with counts where there is room, labels, a scale. Of more than 100
 * classes the 100 with most counts are shown, the rest as "others". */
rondo_status rd_svg_matrix(const rd_matrix *matrix, rd_text *out, rondo_error *error);

/* The matrix with only `keep` classes of most counts (row and column together), in their order, and one class
 * behind them, "others", that holds the rest: a new matrix in one block, freed with rd_free(*folded). */
rondo_status rd_matrix_fold(const rd_matrix *matrix, size_t keep, rd_matrix **folded, rondo_error *error);

#endif
