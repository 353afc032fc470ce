/* FASTA: a line that begins with '>' names a sequence, the lines after it are its letters. The label is the last word of
 * that line, or the one that --label-column counts. Letters of ambiguity, gaps and stops are symbols like any others. */
#include "data/fields.h"

#include <string.h>

typedef struct fasta_state {
    int inside, spoilt, has_label;
    size_t line;     /* of the '>' */
    rd_text label;   /* of the sequence at hand */
    rd_text letters;
    rd_text group;   /* what --by names in the line of the name */
} fasta_state;
_Static_assert(sizeof(fasta_state) <= RD_RECORD_STATE, "the reader's state is larger than its row says");

void rd_fasta_clear(void *memory)
{
    fasta_state *state = memory;
    rd_text_free(&state->label);
    rd_text_free(&state->letters);
    rd_text_free(&state->group);
    memset(state, 0, sizeof *state);
}

/* A bad line spoils its sequence, which counts once. */
static void spoil(rd_opening *opening, fasta_state *state, const rd_input *input, size_t column, const char *what)
{
    if (what && !state->spoilt) rd_bad_place(&opening->bad, "%s:%zu:%zu: %s", input->source->name, input->number, column, what);
    state->spoilt = 1;
}

static rondo_status end_sequence(rd_opening *opening, fasta_state *state, rondo_error *error)
{
    const rd_field label = {state->has_label ? state->label.text : NULL, state->label.size};
    const rd_field letters = {state->letters.text ? state->letters.text : "", state->letters.size};
    const int stored = state->inside && !state->spoilt, passed = state->inside && state->spoilt;
    RD_TRY(rd_text_done(&state->letters, error));
    if (stored) RD_TRY(rd_pair_put(opening, state->line, label, letters, error));
    if (stored) RD_TRY(rd_opening_group(opening, state->group.text, state->group.size, error));
    if (passed) RD_TRY(rd_opening_pass_over(opening, state->line, error));
    state->inside = state->spoilt = 0;
    rd_text_clear(&state->letters);
    return RONDO_OK;
}

/* ---- the line of a name ---------------------------------------------------------------------------------- */

/* A bar parts words too, as in ">sp|P12345|NAME". */
static rd_field next_word(rd_field *rest)
{
    while (rest->size && (rd_is_gap(*rest->text) || *rest->text == '|'))
        rest->text++, rest->size--;
    rd_field word = {rest->text, 0};
    while (word.size < rest->size && !rd_is_gap(word.text[word.size]) && word.text[word.size] != '|')
        word.size++;
    rest->text += word.size;
    rest->size -= word.size;
    return word;
}

static int64_t words_in(rd_field rest)
{
    int64_t count = 0;
    while (next_word(&rest).size)
        count++;
    return count;
}

/* Word `number` of the line, from 1 on or from the end on below 0; none when it does not have as many. */
static rd_field word_at(rd_field rest, int64_t number)
{
    rd_field word = {0};
    if (number < 0) number += words_in(rest) + 1;
    if (number < 1 || number > words_in(rest)) return word;
    while (number-- > 0)
        word = next_word(&rest);
    return word;
}

/* Keeps the word that --by numbers. */
static rondo_status take_group(rd_opening *opening, fasta_state *state, const rd_input *input, rd_field line, rondo_error *error)
{
    int64_t number;
    rd_text_clear(&state->group);
    if (!opening->corpus->group) return RONDO_OK;
    RD_TRY(rd_field_by_number(opening, input, &number, error));
    const rd_field word = word_at(line, number);
    if (word.size == 0) spoil(opening, state, input, line.size + 2, "the name has not so many words as --by counts");
    rd_text_add(&state->group, word.text, word.size);
    return rd_text_done(&state->group, error);
}

static rondo_status name_line(rd_opening *opening, fasta_state *state, const rd_input *input, const char *line, size_t size,
                              rondo_error *error)
{
    const char *chosen = rd_option_text(opening->options, RD_OPT_label_column);
    int64_t number = -1;
    if (*chosen && (!rd_parse_integer(chosen, strlen(chosen), &number) || number == 0))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "--label-column %s: a FASTA file has words by number (1 the first, -1 the last)",
                       rd_quote(chosen).text);
    RD_TRY(end_sequence(opening, state, error));
    const rd_field label = word_at((rd_field){line + 1, size - 1}, number);
    state->inside = 1;
    state->line = input->number;
    state->has_label = label.size > 0;
    if (!rd_field_accepts(opening, input, rd_pair_first(opening->corpus->form), (rd_field){line, size}, input->number, 1)) state->spoilt = 1;
    if (!state->has_label && !opening->bare) spoil(opening, state, input, size + 1, "expected a label after the '>'");
    RD_TRY(take_group(opening, state, input, (rd_field){line + 1, size - 1}, error));
    rd_text_clear(&state->label);
    rd_text_add(&state->label, label.text, label.size);
    return rd_text_done(&state->label, error);
}

/* ---- letters --------------------------------------------------------------------------------------------- */

static int is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '*' || c == '-' || c == '.';
}

static rondo_status letter_line(rd_opening *opening, fasta_state *state, const rd_input *input, const char *line, size_t size,
                                rondo_error *error)
{
    size_t from = 0;
    for (size_t i = 0; i <= size && !state->spoilt; i++) {
        if (i < size && is_letter(line[i])) continue;
        rd_text_add(&state->letters, line + from, i - from);
        from = i + 1;
        if (i < size && !rd_is_gap(line[i]))
            spoil(opening, state, input, i + 1, "expected letters, '*', '-' or '.' (a sequence begins with '>')");
    }
    if (state->letters.size > input->max_line)
        return rd_fail(error, RONDO_LIMIT, "%s:%zu: the sequence is longer than %zu bytes (see --max-line)", input->source->name,
                       state->line, input->max_line);
    return rd_text_done(&state->letters, error);
}

rondo_status rd_fasta_read(rd_opening *opening, rd_input *input, rondo_error *error)
{
    fasta_state *state = opening->state;
    for (;;) {
        const char *line = NULL;
        size_t size = 0;
        int more = 0;
        RD_TRY(rd_input_line(input, &line, &size, &more, error));
        if (!more) return end_sequence(opening, state, error);
        if (size == 0 || *line == ';') continue;
        if (*line == '>') {
            RD_TRY(name_line(opening, state, input, line, size, error));
            continue;
        }
        if (!state->inside && rd_field_trim((rd_field){line, size}).size == 0) continue;
        if (!state->inside)
            return rd_fail(error, RONDO_BAD_DATA, "%s:%zu:1: expected a line that begins with '>'", input->source->name,
                           input->number);
        RD_TRY(letter_line(opening, state, input, line, size, error));
    }
}
