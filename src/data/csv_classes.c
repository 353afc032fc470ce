/* Labelled rows of numbers from a CSV file, for classify: rows that follow each other with the same --group are a sequence with
 * one label, without groups each row is one of length 1. */
#include "data/csv_columns.h"
#include "data/fields.h"

#include "base/memory.h"
#include "base/size.h"

#include <string.h>

typedef struct classes_state {
    rd_csv csv;
    size_t columns;      /* of the file at hand */
    size_t *input;       /* [width] column numbers */
    size_t group, label; /* column numbers, SIZE_MAX: there is none */
    float *step;         /* [rows][width] of the sequence at hand */
    size_t input_room, step_room, width;
    uint64_t rows;
    rd_text name, answer; /* of the group at hand, and its label */
    int in_group, spoilt; /* it has begun; it has a bad row and is left out */
    size_t first_line;    /* of the group at hand */
    rd_groups groups;
} classes_state;
_Static_assert(sizeof(classes_state) <= RD_CSV_STATE, "the reader's state is larger than its row says");

void rd_csv_classes_clear(void *memory)
{
    classes_state *state = memory;
    rd_csv_free(&state->csv);
    rd_free(state->input);
    rd_free(state->step);
    rd_text_free(&state->name);
    rd_text_free(&state->answer);
    rd_groups_free(&state->groups);
    memset(state, 0, sizeof *state);
}

/* ---- columns --------------------------------------------------------------------------------------------- */

/* A column by name, or by its number from 1 on or from the end on below 0. */
static rondo_status find_named(const rd_csv *header, const rd_input *input, const char *name, size_t *column, rondo_error *error)
{
    int64_t number;
    const int64_t count = (int64_t)header->fields;
    *column = rd_csv_column(header, name, strlen(name));
    if (*column != SIZE_MAX) return RONDO_OK;
    if (!rd_parse_integer(name, strlen(name), &number) || number == 0 || number > count || number < -count)
        return rd_csv_no_column(header, input, name, strlen(name), error);
    *column = (size_t)(number > 0 ? number - 1 : count + number);
    return RONDO_OK;
}

/* --label-column, or --target, or the last column that is not the group. For answers it may be missing, so that only its name,
 * which the model keeps as --target, can find it. */
static rondo_status find_label(const rd_opening *opening, classes_state *state, const rd_csv *header, const rd_input *input,
                               rondo_error *error)
{
    const char *label = rd_option_text(opening->options, RD_OPT_label_column);
    const char *target = rd_option_text(opening->options, RD_OPT_target);
    const int missing_allowed = opening->bare && !opening->targets;
    if (*label && !missing_allowed) return find_named(header, input, label, &state->label, error);
    if (strchr(target, ','))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "--target %s: a sequence has one label", rd_quote(target).text);
    state->label = *target ? rd_csv_column(header, target, strlen(target)) : header->fields - 1;
    if (!*target && state->label == state->group) state->label = state->label ? state->label - 1 : SIZE_MAX;
    if (!*target && missing_allowed) state->label = SIZE_MAX;
    if (state->label != SIZE_MAX || missing_allowed) return RONDO_OK;
    if (*target) return rd_csv_no_column(header, input, target, strlen(target), error);
    return rd_fail(error, RONDO_BAD_DATA, "%s:%zu: no column is left to be the label", input->source->name, header->line);
}

/* Chooses the inputs at the first header: those that --inputs names, else all that hold a number in the first row. */
static rondo_status choose_inputs(rd_opening *opening, const classes_state *state, const rd_csv *header, const rd_input *input,
                                  rondo_error *error)
{
    rd_corpus *corpus = opening->corpus;
    const char *inputs = rd_option_text(opening->options, RD_OPT_inputs);
    RD_TRY(rd_csv_listed(header, input, inputs, &corpus->columns[RD_X], error));
    for (size_t i = 0; i < header->fields; i++) {
        double value;
        size_t size, name_size;
        const char *name = rd_csv_text(header, i, &name_size);
        const char *text = i < state->csv.fields ? rd_csv_text(&state->csv, i, &size) : NULL;
        if (i == state->label) RD_TRY(rd_columns_add(&corpus->columns[RD_Y], name, name_size, error));
        if (i == state->group || i == state->label || rd_columns_hold(&corpus->columns[RD_X], name, name_size)) continue;
        const int read = !*inputs && text && rd_csv_number(text, size, &value);
        RD_TRY(rd_columns_add(read ? &corpus->columns[RD_X] : &corpus->unused, name, name_size, error));
    }
    if (corpus->columns[RD_X].count > 0) return RONDO_OK;
    rd_fail(error, RONDO_BAD_DATA, "%s:%zu: no column is left to be an input (a numeric one is needed beside the label)",
            input->source->name, header->line);
    rd_hint(error, "--reader table --text-column NAME --label-column NAME reads texts");
    return RONDO_BAD_DATA;
}

static rondo_status bind(rd_opening *opening, classes_state *state, const rd_csv *header, const rd_input *input, rondo_error *error)
{
    const char *group = rd_option_text(opening->options, RD_OPT_group);
    rd_corpus *corpus = opening->corpus;
    RD_TRY(rd_csv_judge_header(header, input, error));
    state->group = SIZE_MAX;
    if (*group) RD_TRY(find_named(header, input, group, &state->group, error));
    RD_TRY(find_label(opening, state, header, input, error));
    if (corpus->columns[RD_X].count == 0) RD_TRY(choose_inputs(opening, state, header, input, error));
    RD_TRY(rd_csv_find(&corpus->columns[RD_X], header, input, &state->input, &state->input_room, error));
    state->columns = header->fields;
    state->width = corpus->columns[RD_X].count;
    if (opening->counting) return RONDO_OK;
    return rd_corpus_numbers(corpus, RD_X, rd_opening_width(opening, RD_X, state->width), error);
}

/* Reads the header and the first row, which tells numeric columns from others; the row stays in state->csv. */
static rondo_status read_header(rd_opening *opening, classes_state *state, rd_input *input, int *more, rondo_error *error)
{
    rd_csv header = {0};
    rondo_status status = rd_csv_row(&header, input, more, error);
    if (status == RONDO_OK && *more) status = rd_csv_check(&header, input, error);
    state->csv.separator = header.separator;
    if (status == RONDO_OK && *more) status = rd_csv_row(&state->csv, input, more, error);
    if (status == RONDO_OK && *more) status = bind(opening, state, &header, input, error);
    rd_csv_free(&header);
    return status;
}

/* ---- rows ------------------------------------------------------------------------------------------------ */

/* The label of the row joins that of its group; 0 when it is another one, or no text, which was noted. */
static int take_label(rd_opening *opening, classes_state *state, const rd_input *input)
{
    if (state->label == SIZE_MAX) return 1;
    const rd_csv_field *place = &state->csv.field[state->label];
    rd_field label = {0};
    label.text = rd_csv_text(&state->csv, state->label, &label.size);
    label = rd_field_trim(label);
    if (label.size == 0) return 1;
    if (!rd_field_accepts(opening, input, RD_Y, label, place->line, place->column)) return 0;
    if (state->answer.size == 0) {
        rd_text_add(&state->answer, label.text, label.size);
    } else if (state->answer.size != label.size || memcmp(state->answer.text, label.text, label.size) != 0) {
        rd_bad_place(&opening->bad, "%s:%zu:%zu: expected the label of the rows before, %s, found %s", input->source->name, place->line,
                     place->column, rd_quote_n(state->answer.text, state->answer.size).text,
                     rd_quote_n(label.text, label.size).text);
        return 0;
    }
    return 1;
}

/* Appends the row to the sequence at hand, which a bad one, noted, spoils. */
static rondo_status take_row(rd_opening *opening, classes_state *state, const rd_input *input, rondo_error *error)
{
    size_t numbers;
    int good = take_label(opening, state, input);
    if (!rd_mul((size_t)state->rows + 1, state->width, &numbers))
        return rd_fail(error, RONDO_LIMIT, "a sequence has too many numbers");
    RD_TRY(rd_grow(&state->step, &state->step_room, numbers, sizeof *state->step, "a sequence", error));
    for (size_t i = 0; i < state->width && good; i++)
        good = rd_csv_value(opening, &state->csv, input, state->input[i], opening->corpus->columns[RD_X].name[i],
                             &state->step[state->rows * state->width + i]);
    state->rows++;
    state->spoilt |= !good;
    return rd_text_done(&state->answer, error);
}

/* ---- sequences ------------------------------------------------------------------------------------------- */

static rondo_status end_group(rd_opening *opening, classes_state *state, const rd_input *input, rondo_error *error)
{
    const int labelled = state->answer.size > 0;
    if (!state->in_group) return RONDO_OK;
    state->in_group = 0;
    if (!state->spoilt && !labelled && (!opening->bare || opening->targets)) {
        rd_bad_place(&opening->bad, "%s:%zu:1: there is no label", input->source->name, state->first_line);
        state->spoilt = 1;
    }
    if (state->spoilt) return rd_opening_pass_over(opening, state->first_line, error);
    RD_TRY(rd_opening_record(opening, state->first_line, error));
    RD_TRY(rd_opening_numbers(opening, RD_X, state->step, state->rows, state->width, error));
    return rd_opening_label(opening, RD_Y, labelled ? state->answer.text : NULL, state->answer.size, error);
}

static rondo_status begin_group(classes_state *state, const rd_input *input, const char *name, size_t size, int sound,
                                rondo_error *error)
{
    if (sound && state->group != SIZE_MAX) RD_TRY(rd_groups_begin(&state->groups, &state->csv, input, state->group, error));
    rd_text_clear(&state->name);
    rd_text_clear(&state->answer);
    rd_text_add(&state->name, name, size);
    state->in_group = 1;
    state->spoilt = 0;
    state->rows = 0;
    state->first_line = state->csv.line;
    return rd_text_done(&state->name, error);
}

/* Whether the row belongs to the group at hand; one without its columns belongs to whichever that is. */
static int goes_on(const classes_state *state, int sound, const char *name, size_t size)
{
    if (!state->in_group || state->group == SIZE_MAX) return 0;
    return !sound || (state->name.size == size && (size == 0 || memcmp(state->name.text, name, size) == 0));
}

static rondo_status one_row(rd_opening *opening, classes_state *state, const rd_input *input, rondo_error *error)
{
    size_t size = 0;
    const int sound = rd_csv_sound(opening, &state->csv, state->columns, input);
    const char *name = sound && state->group != SIZE_MAX ? rd_csv_text(&state->csv, state->group, &size) : "";
    if (!goes_on(state, sound, name, size)) {
        RD_TRY(end_group(opening, state, input, error));
        RD_TRY(begin_group(state, input, name, size, sound, error));
    }
    if (sound) return take_row(opening, state, input, error);
    state->spoilt = 1;
    return RONDO_OK;
}

rondo_status rd_csv_classes_read(rd_opening *opening, rd_input *input, rondo_error *error)
{
    classes_state *state = opening->state;
    int more = 0;
    state->csv.separator = 0;
    RD_TRY(read_header(opening, state, input, &more, error));
    while (more) {
        RD_TRY(one_row(opening, state, input, error));
        RD_TRY(rd_csv_row(&state->csv, input, &more, error));
    }
    return end_group(opening, state, input, error);
}
