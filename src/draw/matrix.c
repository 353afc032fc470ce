/* What both media share: shares of a row, and fewer classes when there are too many. */
#include "draw/matrix.h"

#include "base/memory.h"
#include "base/size.h"

static uint64_t row_sum(const rd_matrix *matrix, size_t i)
{
    uint64_t sum = 0;
    for (size_t j = 0; j < matrix->columns; j++)
        sum += matrix->count[i * matrix->columns + j];
    return sum;
}

static uint64_t column_sum(const rd_matrix *matrix, size_t j)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < matrix->rows; i++)
        sum += matrix->count[i * matrix->columns + j];
    return sum;
}

double rd_matrix_share(const rd_matrix *matrix, size_t i, size_t j)
{
    uint64_t sum = row_sum(matrix, i);
    return sum ? (double)matrix->count[i * matrix->columns + j] / (double)sum : 0;
}

/* ---- folding */

/* The folded matrix with everything it points to. */
typedef struct folding {
    rd_matrix matrix; /* first, so that freeing it frees all */
    const char **label;
    uint64_t *count, *weight; /* weight: [rows] of the whole matrix */
    size_t *place;            /* [rows] where each class of the whole matrix goes */
} folding;

static rondo_status make_folding(size_t rows, size_t keep, folding **made, rondo_error *error)
{
    size_t cells, size = keep + 1, bytes = sizeof(folding), part;
    const struct {
        size_t count, size;
    } pieces[] = {{size, sizeof(char *)}, {rows, sizeof(uint64_t)}, {rows, sizeof(size_t)}};
    int fits =
        rd_mul(size, size, &cells) && rd_mul(cells, sizeof(uint64_t), &cells) && rd_add(bytes, cells, &bytes);
    for (size_t i = 0; fits && i < sizeof pieces / sizeof *pieces; i++)
        fits = rd_mul(pieces[i].count, pieces[i].size, &part) && rd_add(bytes, part, &bytes);
    if (!fits) return rd_fail(error, RONDO_LIMIT, "a matrix of %zu classes is too large to draw", rows);
    RD_TRY(rd_alloc(1, bytes, "a picture", made, error));
    folding *f = *made;
    f->count = (uint64_t *)(f + 1);
    f->weight = f->count + size * size;
    f->place = (size_t *)(f->weight + rows);
    f->label = (const char **)(f->place + rows);
    return RONDO_OK;
}

/* How many classes weigh more than class i, ties broken by order. */
static size_t rank_of(const folding *f, size_t rows, size_t i)
{
    size_t rank = 0;
    for (size_t k = 0; k < rows; k++) {
        uint64_t weight = f->weight[k];
        rank += weight > f->weight[i] || (weight == f->weight[i] && k < i);
    }
    return rank;
}

rondo_status rd_matrix_fold(const rd_matrix *matrix, size_t keep, rd_matrix **folded, rondo_error *error)
{
    folding *f;
    size_t next = 0, rows = matrix->rows, columns = matrix->columns;
    keep = rd_size_min(keep, columns);
    RD_TRY(make_folding(rows, keep, &f, error));
    for (size_t i = 0; i < columns; i++)
        f->weight[i] = row_sum(matrix, i) + column_sum(matrix, i);
    for (size_t i = 0; i < rows; i++) {
        int kept = i < columns && rank_of(f, columns, i) < keep;
        f->place[i] = kept ? next : keep;
        if (kept) f->label[next++] = matrix->row[i];
    }
    f->label[keep] = "others";
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            f->count[f->place[i] * (keep + 1) + f->place[j]] += matrix->count[i * columns + j];
    f->matrix = *matrix;
    f->matrix.row = f->matrix.column = f->label;
    f->matrix.count = f->count;
    f->matrix.rows = f->matrix.columns = keep + 1;
    f->matrix.classes = keep;
    *folded = &f->matrix;
    return RONDO_OK;
}
