/* Arrays of NumPy as data: x [sequences][steps][numbers], in an archive beside `lengths` (the steps of each sequence that
 * count) and y, or alone in a file that the file of y follows. A label is a whole number, targets are numbers: one row of
 * them for a sequence, or one for each step. Whoever names an element counts from 0, as NumPy does. */
#include "data/readers.h"

#include "base/memory.h"
#include "base/size.h"
#include "formats/npy.h"
#include "formats/tensor_numbers.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define LONGEST_FILE ((size_t)1 << 31)
#define WHOLE        0x1p24F /* whole numbers below this are told apart by floats */

typedef struct arrays {
    const char *name, *name_y; /* of the files that hold x and y */
    rd_bundle *bundle, *beside; /* owned; the second one holds the y of pairs of files */
    const rd_tensor *x, *lengths, *y; /* lengths and y may be NULL */
    size_t sequences, steps, width;
    size_t targets;   /* numbers in a row of y; 0: labels, or nothing to learn */
    int per_step;     /* 1: a row of y for each step */
    size_t max_width; /* numbers in a row at most */
    float *row;       /* [steps][width] owned, the sequence at hand */
    float *target;    /* [steps][targets] owned */
} arrays;

/* ---- files ----------------------------------------------------------------------------------------------- */

static rondo_status parse(const rd_opening *opening, const rd_input *input, const rd_text *text, const char *array,
                          rd_bundle **bundle, rondo_error *error)
{
    const char *name = input->source->name;
    if (*input->source->member)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "%s: files of arrays have no part %s", name,
                       rd_quote(input->source->member).text);
    if (!opening->reader->beside) return rd_npz_parse(text->text, text->size, name, LONGEST_FILE, bundle, error);
    RD_TRY(rd_bundle_new(bundle, error));
    return rd_npy_parse(text->text, text->size, name, array, *bundle, error);
}

/* The arrays of a file, a .npy file's under the name given; none when the file is empty. */
static rondo_status read_file(const rd_opening *opening, rd_input *input, const char *array, rd_bundle **bundle,
                              rondo_error *error)
{
    rd_text text = {0};
    input->keep_bom = 1;
    rondo_status status = rd_input_whole(input, LONGEST_FILE, &text, error);
    if (status == RONDO_OK && text.size) status = parse(opening, input, &text, array, bundle, error);
    rd_text_free(&text);
    return status;
}

/* ---- arrays that fit each other -------------------------------------------------------------------------- */

static rondo_status bad_shape(const char *file, const rd_tensor *array, const char *expected, rondo_error *error)
{
    char shape[RD_SHAPE_TEXT];
    return rd_fail(error, RONDO_BAD_DATA, "%s: array \"%s\": expected %s, found %s", file, array->name, expected,
                   rd_shape_print(array->shape, array->rank, shape));
}

/* 1 for every sequence, whole: NULL is fine. */
static rondo_status check_column(const arrays *a, const char *file, const rd_tensor *column, const char *what,
                                 rondo_error *error)
{
    char expected[96];
    if (!column) return RONDO_OK;
    (void)snprintf(expected, sizeof expected, "[%zu], a %s for each sequence", a->sequences, what);
    if (column->rank != 1 || column->shape[0] != a->sequences) return bad_shape(file, column, expected, error);
    if (column->dtype != RD_DTYPE_F16 && column->dtype != RD_DTYPE_F32 && column->dtype != RD_DTYPE_F64) return RONDO_OK;
    return rd_fail(error, RONDO_BAD_DATA, "%s: array \"%s\": expected whole numbers, found numbers of type %s", file,
                   column->name, rd_dtype_of(column->dtype)->name);
}

static rondo_status check_width(const arrays *a, const char *file, const rd_tensor *array, size_t width, rondo_error *error)
{
    if (width <= a->max_width || a->sequences == 0) return RONDO_OK;
    return rd_fail(error, RONDO_LIMIT, "%s: array \"%s\": rows of %zu numbers (--max-line allows %zu)", file, array->name, width,
                   a->max_width);
}

static rondo_status check_targets(arrays *a, rondo_error *error)
{
    const rd_tensor *y = a->y;
    char expected[160];
    a->per_step = y->rank == 3;
    a->targets = y->rank > 1 ? y->shape[y->rank - 1] : 1;
    (void)snprintf(expected, sizeof expected, "[%zu], [%zu, targets] or [%zu, %zu, targets]", a->sequences, a->sequences,
                   a->sequences, a->steps);
    if (y->rank == 0 || y->rank > 3 || y->shape[0] != a->sequences || (a->per_step && y->shape[1] != a->steps) || a->targets == 0)
        return bad_shape(a->name_y, y, expected, error);
    return check_width(a, a->name_y, y, a->targets, error);
}

static rondo_status check_names(const arrays *a, rondo_error *error)
{
    for (size_t i = 0; i < rd_bundle_tensors(a->bundle); i++) {
        const char *name = rd_bundle_at(a->bundle, i)->name;
        if (!rd_equal(name, "x") && !rd_equal(name, "y") && !rd_equal(name, "lengths"))
            return rd_fail(error, RONDO_BAD_DATA, "%s: array %s: expected x, y and lengths only", a->name, rd_quote(name).text);
    }
    return RONDO_OK;
}

/* A sequence without steps would be a record that costs no byte of the file, so there is none but by its length. */
static rondo_status check_x(arrays *a, rondo_error *error)
{
    static const char expected[] = "[sequences, steps, numbers] or [sequences, steps], none of them 0";
    if (!a->x) return rd_fail(error, RONDO_BAD_DATA, "%s: array \"x\": it is not there", a->name);
    if (a->x->rank < 2 || a->x->rank > 3) return bad_shape(a->name, a->x, expected, error);
    a->sequences = a->x->shape[0];
    a->steps = a->x->shape[1];
    a->width = a->x->rank == 3 ? a->x->shape[2] : 1;
    if (a->sequences && (a->steps == 0 || a->width == 0)) return bad_shape(a->name, a->x, expected, error);
    return check_width(a, a->name, a->x, a->width, error);
}

static rondo_status check_y(const rd_opening *opening, arrays *a, rondo_error *error)
{
    const int labels = opening->reader->form == RD_DATA_CLASSES;
    a->y = rd_bundle_find(a->beside ? a->beside : a->bundle, "y");
    if (labels && opening->bare) a->y = NULL; /* answers need none */
    if (labels && (a->y || opening->bare)) return check_column(a, a->name_y, a->y, "label", error);
    if (a->y) return check_targets(a, error);
    return rd_fail(error, RONDO_BAD_DATA, "%s: array \"y\": it is not there", a->name_y);
}

/* ---- sequences ------------------------------------------------------------------------------------------- */

/* Element i of a column: 1 and *value when it is small enough to be exact. */
static int whole(const rd_tensor *column, size_t i, float *value)
{
    rd_tensor_numbers(column, i, 1, value);
    return fabsf(*value) < WHOLE;
}

/* 1 when rows of a sequence are finite; else notes the place of the first number that is not. */
static int all_finite(rd_opening *opening, const char *file, const rd_tensor *array, size_t i, const float *row, size_t count)
{
    size_t k = 0;
    char place[80];
    while (k < count && isfinite(row[k]))
        k++;
    if (k == count) return 1;
    const size_t last = array->rank > 1 ? array->shape[array->rank - 1] : 1;
    if (array->rank == 3)
        (void)snprintf(place, sizeof place, "%zu, %zu, %zu", i, k / last, k % last);
    else if (array->rank == 2)
        (void)snprintf(place, sizeof place, "%zu, %zu", i, k);
    else
        (void)snprintf(place, sizeof place, "%zu", i);
    rd_bad_place(&opening->bad, "%s: array \"%s\": [%s] is not a finite number", file, array->name, place);
    return 0;
}

/* Fills a->row and a->target with sequence i; 0 when it is bad, which was noted. */
static int read_sequence(rd_opening *opening, arrays *a, size_t i, size_t *length)
{
    float steps = 0;
    *length = a->steps;
    if (a->lengths) {
        if (!whole(a->lengths, i, &steps) || steps < 0 || (size_t)steps > a->steps) {
            rd_bad_place(&opening->bad, "%s: array \"lengths\": [%zu] is not a number of steps (0 to %zu), found %.9g", a->name, i,
                         a->steps, (double)steps);
            return 0;
        }
        *length = (size_t)steps;
    }
    rd_tensor_numbers(a->x, i * a->steps * a->width, *length * a->width, a->row);
    if (!all_finite(opening, a->name, a->x, i, a->row, *length * a->width)) return 0;
    if (a->targets == 0) return 1;
    const size_t rows = a->per_step ? a->steps : 1, taken = a->per_step ? *length : 1;
    rd_tensor_numbers(a->y, i * rows * a->targets, taken * a->targets, a->target);
    return all_finite(opening, a->name_y, a->y, i, a->target, taken * a->targets);
}

/* The text of label i; 0 when it is bad, which was noted. */
static int read_label(rd_opening *opening, const arrays *a, size_t i, char text[16])
{
    float label = 0;
    if (whole(a->y, i, &label)) {
        (void)snprintf(text, 16, "%d", (int)label);
        return 1;
    }
    rd_bad_place(&opening->bad, "%s: array \"y\": [%zu] is no label (less than 2^24 is expected)", a->name_y, i);
    return 0;
}

/* Targets of the rows that --max-length keeps; the one row of a sequence stands on the last of them, NaN on the others. */
static rondo_status put_targets(rd_opening *opening, arrays *a, size_t length, rondo_error *error)
{
    const uint64_t kept = opening->max_length && length > opening->max_length ? opening->max_length : length;
    if (!a->per_step && kept > 1) {
        const size_t before = (size_t)(kept - 1) * a->targets;
        memmove(a->target + before, a->target, a->targets * sizeof *a->target);
        for (size_t k = 0; k < before; k++)
            a->target[k] = NAN;
    }
    return rd_opening_numbers(opening, RD_Y, a->target, kept, a->targets, error);
}

static rondo_status put_sequence(rd_opening *opening, arrays *a, size_t i, rondo_error *error)
{
    size_t length;
    char label[16] = "";
    const int labelled = a->y && a->targets == 0;
    if (!read_sequence(opening, a, i, &length) || (labelled && !read_label(opening, a, i, label)))
        return rd_opening_pass_over(opening, i + 1, error);
    RD_TRY(rd_opening_record(opening, i + 1, error));
    RD_TRY(rd_opening_numbers(opening, RD_X, a->row, length, a->width, error));
    if (a->targets) return put_targets(opening, a, length, error);
    return rd_opening_label(opening, RD_Y, labelled ? label : NULL, strlen(label), error);
}

/* ---- all of them ----------------------------------------------------------------------------------------- */

/* Files that are read together have rows of the same kind. */
static rondo_status begin_part(rd_opening *opening, const arrays *a, int part, rondo_error *error)
{
    rd_corpus *corpus = opening->corpus;
    const char *file = part == RD_X ? a->name : a->name_y;
    const size_t width = part == RD_X ? a->width : a->targets, kept = rd_opening_width(opening, part, width);
    if (opening->counting || width == 0) return RONDO_OK;
    if (corpus->values[part] && corpus->width[part] != kept)
        return rd_fail(error, RONDO_BAD_DATA, "%s: array \"%s\": rows of %zu numbers, in the files before rows of %zu", file,
                       part == RD_X ? "x" : "y", width, corpus->width[part] * width / kept);
    if (part == RD_Y && corpus->values[part] && corpus->y_per_row != a->per_step)
        return rd_fail(error, RONDO_BAD_DATA, "%s: array \"y\": targets for each %s, in the files before for each %s", file,
                       a->per_step ? "step" : "sequence", a->per_step ? "sequence" : "step");
    if (part == RD_Y) corpus->y_per_row = a->per_step;
    return rd_corpus_numbers(corpus, part, kept, error);
}

static rondo_status put_all(rd_opening *opening, arrays *a, rondo_error *error)
{
    a->x = rd_bundle_find(a->bundle, "x");
    a->lengths = rd_bundle_find(a->bundle, "lengths");
    RD_TRY(check_names(a, error));
    RD_TRY(check_x(a, error));
    RD_TRY(check_column(a, a->name, a->lengths, "number of steps", error));
    RD_TRY(check_y(opening, a, error));
    if (a->sequences == 0) return RONDO_OK;
    RD_TRY(begin_part(opening, a, RD_X, error));
    RD_TRY(begin_part(opening, a, RD_Y, error));
    RD_TRY(rd_alloc(a->steps, a->width * sizeof *a->row, "a sequence", &a->row, error));
    if (a->targets) RD_TRY(rd_alloc(a->steps, a->targets * sizeof *a->target, "a sequence", &a->target, error));
    for (size_t i = 0; i < a->sequences; i++)
        RD_TRY(put_sequence(opening, a, i, error));
    return RONDO_OK;
}

rondo_status rd_arrays_read(rd_opening *opening, rd_input *input, rondo_error *error)
{
    arrays a = {.name = input->source->name, .name_y = input->source->name, .max_width = input->max_line};
    rondo_status status = read_file(opening, input, "x", &a.bundle, error);
    if (status == RONDO_OK && opening->beside) {
        a.name_y = opening->beside->source->name;
        status = read_file(opening, opening->beside, "y", &a.beside, error);
        if (status == RONDO_OK && a.bundle && !a.beside)
            status = rd_fail(error, RONDO_BAD_DATA, "%s: the file is empty", a.name_y);
    }
    if (status == RONDO_OK && a.bundle) status = put_all(opening, &a, error);
    rd_bundle_free(a.bundle);
    rd_bundle_free(a.beside);
    rd_free(a.row);
    rd_free(a.target);
    return status;
}
