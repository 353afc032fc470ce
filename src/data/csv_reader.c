/* Numbers from a CSV file: which columns are read is settled at the header of the first file, every row is
 * checked against it, and rows that follow each other with the same group make a sequence. */
#include "data/csv_columns.h"
#include "data/readers.h"

#include "base/memory.h"
#include "base/size.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

typedef struct csv_place {
    const char *name;
    size_t line;
} csv_place;

typedef struct csv_state {
    rd_csv csv;
    size_t columns; /* of the file at hand */
    size_t *input;  /* [width of x] column numbers */
    size_t *target; /* [width of y] */
    size_t group;   /* column number, SIZE_MAX: none */
    float *row;     /* [width of x + width of y] */
    size_t input_room, target_room, row_room;
    rd_text value; /* of the group at hand */
    int in_group;
    uint64_t group_rows;
    float *pending; /* [width of y] targets of the last row kept, not yet stored */
    size_t pending_room;
    int has_pending, last_has_target;
    size_t last_line;
    rd_groups groups;
    uint64_t inner_with, inner_without, last_without;
    csv_place inner, last; /* the first rows without a target inside and at the end of a group */
} csv_state;
_Static_assert(sizeof(csv_state) <= RD_CSV_STATE, "the reader's state is larger than its row says");

void rd_csv_clear(void *memory)
{
    csv_state *state = memory;
    rd_csv_free(&state->csv);
    rd_free(state->input);
    rd_free(state->target);
    rd_free(state->row);
    rd_free(state->pending);
    rd_groups_free(&state->groups);
    rd_text_free(&state->value);
    memset(state, 0, sizeof *state);
}

/* ---- columns */

/* The last column is the target unless one was named; it is not the group. */
static rondo_status default_target(rd_opening *opening, const rd_csv *csv, const char *group,
                                   rondo_error *error)
{
    rd_columns *targets = &opening->corpus->columns[RD_Y];
    for (size_t i = csv->fields; i-- > 0 && targets->count == 0;) {
        size_t size;
        const char *text = rd_csv_text(csv, i, &size);
        if (!rd_csv_same(group, text, size)) RD_TRY(rd_columns_add(targets, text, size, error));
    }
    return RONDO_OK;
}

/* Chooses names at the header; `numeric` says which columns hold a number in the first row. */
static rondo_status choose_columns(rd_opening *opening, const rd_csv *csv, const rd_input *input,
                                   const unsigned char *numeric, rondo_error *error)
{
    rd_corpus *corpus = opening->corpus;
    const char *inputs = rd_option_text(opening->options, RD_OPT_inputs);
    const char *group = rd_option_text(opening->options, RD_OPT_group);
    RD_TRY(rd_csv_listed(csv, input, rd_option_text(opening->options, RD_OPT_target), &corpus->columns[RD_Y],
                          error));
    RD_TRY(default_target(opening, csv, group, error));
    RD_TRY(rd_csv_listed(csv, input, inputs, &corpus->columns[RD_X], error));
    for (size_t i = 0; i < csv->fields; i++) {
        size_t size;
        const char *text = rd_csv_text(csv, i, &size);
        if (rd_columns_hold(&corpus->columns[RD_Y], text, size) || rd_columns_hold(&corpus->columns[RD_X], text, size) ||
            rd_csv_same(group, text, size))
            continue;
        int read = numeric[i] && !*inputs; /* NOLINT(clang-analyzer-core.NullDereference): [fields] */
        RD_TRY(rd_columns_add(read ? &corpus->columns[RD_X] : &corpus->unused, text, size, error));
    }
    for (int part = RD_X; part <= RD_Y; part++) {
        size_t width = corpus->columns[part].count;
        if (width == 0)
            return rd_fail(
                error, RONDO_BAD_DATA, "%s:%zu: no column is left to be %s", input->source->name, csv->line,
                part == RD_X ? "an input (a numeric one is needed beside the target)" : "the target");
        corpus->width[part] = width;
        RD_TRY(rd_store_new(width * sizeof(float), (size_t)24 << 20, &corpus->values[part], error));
    }
    return RONDO_OK;
}

static rondo_status bind_columns(rd_opening *opening, csv_state *state, const rd_csv *header,
                                 const rd_input *input, rondo_error *error)
{
    rd_corpus *corpus = opening->corpus;
    const char *group = rd_option_text(opening->options, RD_OPT_group);
    RD_TRY(rd_csv_find(&corpus->columns[RD_X], header, input, &state->input, &state->input_room, error));
    RD_TRY(rd_csv_find(&corpus->columns[RD_Y], header, input, &state->target, &state->target_room, error));
    state->group = *group ? rd_csv_column(header, group, strlen(group)) : SIZE_MAX;
    if (*group && state->group == SIZE_MAX) return rd_csv_no_column(header, input, group, strlen(group), error);
    state->columns = header->fields;
    RD_TRY(rd_grow(&state->row, &state->row_room, corpus->width[RD_X] + corpus->width[RD_Y],
                   sizeof *state->row, "a row of numbers", error));
    return rd_grow(&state->pending, &state->pending_room, corpus->width[RD_Y], sizeof *state->pending,
                   "a row of targets", error);
}

/* ---- the header */

/* Reads the header and the first row, which tells numeric columns from others; the row stays in state->csv.
 */
static rondo_status read_header(rd_opening *opening, csv_state *state, rd_input *input, int *more,
                                rondo_error *error)
{
    rd_csv header = {0};
    unsigned char *numeric = NULL;
    rondo_status status = rd_csv_row(&header, input, more, error);
    if (status == RONDO_OK && *more) status = rd_csv_check(&header, input, error);
    if (status == RONDO_OK && *more) status = rd_csv_judge_header(&header, input, error);
    state->csv.separator = header.separator;
    if (status == RONDO_OK && *more) status = rd_csv_row(&state->csv, input, more, error);
    if (status == RONDO_OK && *more) status = rd_alloc(header.fields, 1, "columns", &numeric, error);
    for (size_t i = 0; numeric && i < header.fields && i < state->csv.fields; i++) {
        double value;
        size_t size;
        const char *text = rd_csv_text(&state->csv, i, &size);
        numeric[i] = (unsigned char)rd_csv_number(text, size, &value);
    }
    if (status == RONDO_OK && *more && opening->corpus->width[RD_X] == 0)
        status = choose_columns(opening, &header, input, numeric, error);
    if (status == RONDO_OK && *more) status = bind_columns(opening, state, &header, input, error);
    rd_free(numeric);
    rd_csv_free(&header);
    return status;
}

/* ---- a row */

static int is_missing(const csv_state *state, size_t column)
{
    return state->csv.field[column].size == 0;
}

/* Fills state->row; 0 when the row is bad, which was noted. Targets are NaN when all of them are empty. */
static int read_row(rd_opening *opening, csv_state *state, const rd_input *input, int *has_target)
{
    const rd_corpus *corpus = opening->corpus;
    size_t width = corpus->width[RD_X], missing = 0;
    if (!rd_csv_sound(opening, &state->csv, state->columns, input)) return 0;
    for (size_t i = 0; i < width; i++)
        if (!rd_csv_value(opening, &state->csv, input, state->input[i], corpus->columns[RD_X].name[i],
                         &state->row[i]))
            return 0;
    for (size_t i = 0; i < corpus->width[RD_Y]; i++)
        missing += (size_t)is_missing(state, state->target[i]);
    *has_target = missing < corpus->width[RD_Y];
    for (size_t i = 0; i < corpus->width[RD_Y]; i++) {
        state->row[width + i] = NAN;
        if (*has_target && !rd_csv_value(opening, &state->csv, input, state->target[i],
                                        corpus->columns[RD_Y].name[i], &state->row[width + i]))
            return 0;
    }
    return 1;
}

/* ---- groups */

static void note(csv_place *place, const char *name, size_t line)
{
    if (!place->name) *place = (csv_place){name, line};
}

/* Stores the targets that wait, once it is known that no later row can replace them. */
static rondo_status flush_targets(rd_opening *opening, csv_state *state, rondo_error *error)
{
    if (!state->has_pending) return RONDO_OK;
    state->has_pending = 0;
    return rd_store_add(opening->corpus->values[RD_Y], state->pending, 1, error);
}

static rondo_status end_group(rd_opening *opening, csv_state *state, const char *name, rondo_error *error)
{
    if (!state->in_group) return RONDO_OK;
    state->in_group = 0;
    if (!state->last_has_target) {
        state->last_without++;
        note(&state->last, name, state->last_line);
    }
    opening->corpus->cut += opening->max_length && state->group_rows > opening->max_length;
    return flush_targets(opening, state, error);
}

static rondo_status begin_group(rd_opening *opening, csv_state *state, const rd_input *input,
                                const char *text, size_t size, rondo_error *error)
{
    if (state->group != SIZE_MAX) RD_TRY(rd_groups_begin(&state->groups, &state->csv, input, state->group, error));
    rd_text_clear(&state->value);
    rd_text_add(&state->value, text, size);
    RD_TRY(rd_text_done(&state->value, error));
    state->in_group = 1;
    state->group_rows = 0;
    return rd_opening_record(opening, state->csv.line, error);
}

/* Rows past --max-length are left out; the target of the last one stays when only it has one. */
static rondo_status store_row(rd_opening *opening, csv_state *state, int has_target, rondo_error *error)
{
    rd_corpus *corpus = opening->corpus;
    const float *targets = state->row + corpus->width[RD_X];
    size_t size = corpus->width[RD_Y] * sizeof *targets;
    if (state->group_rows++ > 0) {
        state->inner_with += (uint64_t)state->last_has_target;
        state->inner_without += (uint64_t)!state->last_has_target;
    }
    state->last_has_target = has_target;
    state->last_line = state->csv.line;
    if (opening->max_length && state->group_rows > opening->max_length) {
        if (isnan(state->pending[0])) memcpy(state->pending, targets, size);
        return RONDO_OK;
    }
    RD_TRY(flush_targets(opening, state, error));
    memcpy(state->pending, targets, size);
    state->has_pending = 1;
    corpus->rows++;
    return rd_store_add(corpus->values[RD_X], state->row, 1, error);
}

static rondo_status one_row(rd_opening *opening, csv_state *state, const rd_input *input, rondo_error *error)
{
    int has_target = 0;
    size_t size = 0;
    const char *name = input->source->name;
    if (!read_row(opening, state, input, &has_target)) return RONDO_OK;
    const char *text = state->group == SIZE_MAX ? "" : rd_csv_text(&state->csv, state->group, &size);
    if (state->in_group &&
        (state->value.size != size || (size && memcmp(state->value.text, text, size) != 0)))
        RD_TRY(end_group(opening, state, name, error));
    if (!state->in_group) RD_TRY(begin_group(opening, state, input, text, size, error));
    if (!state->last_has_target && state->group_rows > 0) note(&state->inner, name, state->last_line);
    return store_row(opening, state, has_target, error);
}

rondo_status rd_csv_read(rd_opening *opening, rd_input *input, rondo_error *error)
{
    csv_state *state = opening->state;
    int more = 0;
    state->csv.separator = 0;
    RD_TRY(read_header(opening, state, input, &more, error));
    while (more) {
        RD_TRY(one_row(opening, state, input, error));
        RD_TRY(rd_csv_row(&state->csv, input, &more, error));
    }
    return end_group(opening, state, input->source->name, error);
}

rondo_status rd_csv_end(rd_opening *opening, rondo_error *error)
{
    csv_state *state = opening->state;
    int every_row = state->inner_without == 0, only_last = state->inner_with == 0;
    opening->corpus->y_per_row = !only_last || (every_row && state->group == SIZE_MAX);
    if (state->last_without == 0 && every_row && state->group == SIZE_MAX &&
        rd_store_count(opening->corpus->records) == 1)
        opening->corpus->form = RD_DATA_SERIES;
    if (state->last_without == 0 && (every_row || only_last)) return RONDO_OK;
    const csv_place *place = state->last_without ? &state->last : &state->inner;
    return rd_fail(error, RONDO_BAD_DATA,
                   "%s:%zu: the target is missing (every row has one, or only the last row of each sequence)",
                   place->name, place->line);
}
