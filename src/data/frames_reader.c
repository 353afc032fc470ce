/* Readers of music: a record is a piece, a row says which of the 88 keys of a piano sound in a frame. */
#include "data/readers.h"

#include "base/memory.h"
#include "base/size.h"
#include "formats/midi.h"
#include "formats/roll_json.h"

#include <string.h>

#define LONGEST_FILE ((size_t)1 << 30)

/* Ones and zeros of the keys, [count][RD_KEYS]; 0 and *frame, *pitch when one sounds that a piano does not
 * have. */
static int to_rows(const rd_roll *roll, float *row, size_t *frame, unsigned *pitch)
{
    for (*frame = 0; *frame < roll->count; (*frame)++, row += RD_KEYS)
        for (*pitch = 0; *pitch < RD_PITCHES; (*pitch)++) {
            const int on = rd_chord_has(&roll->frame[*frame], *pitch);
            const int inside = *pitch >= RD_LOWEST_KEY && *pitch < RD_LOWEST_KEY + RD_KEYS;
            if (on && !inside) return 0;
            if (inside) row[*pitch - RD_LOWEST_KEY] = (float)on;
        }
    return 1;
}

static rondo_status put_rows(rd_opening *opening, const char *name, const rd_roll *roll, size_t line,
                             float *rows, rondo_error *error)
{
    size_t frame;
    unsigned pitch;
    if (!to_rows(roll, rows, &frame, &pitch)) {
        rd_bad_place(&opening->bad,
                     "%s:%zu:1: frame %zu of the piece: pitch %u is none of the keys from %d to %d", name,
                     line, frame, pitch, RD_LOWEST_KEY, RD_LOWEST_KEY + RD_KEYS - 1);
        return rd_opening_pass_over(opening, line, error);
    }
    RD_TRY(rd_opening_record(opening, line, error));
    return rd_opening_numbers(opening, RD_X, rows, roll->count, RD_KEYS, error);
}

static rondo_status put_piece(rd_opening *opening, const char *name, const rd_roll *roll, size_t line,
                              rondo_error *error)
{
    float *rows;
    RD_TRY(rd_alloc(roll->count, RD_KEYS * sizeof *rows, "the frames of a piece", &rows, error));
    const rondo_status status = put_rows(opening, name, roll, line, rows, error);
    rd_free(rows);
    return status;
}

/* ---- JSON */

typedef struct walk {
    rd_opening *opening;
    const char *name;
} walk;

static rondo_status meet_piece(void *user, const rd_roll *roll, size_t line, rondo_error *error)
{
    const walk *w = user;
    return put_piece(w->opening, w->name, roll, line, error);
}

rondo_status rd_roll_read(rd_opening *opening, rd_input *input, rondo_error *error)
{
    walk w = {.opening = opening, .name = input->source->name};
    rd_text text = {0};
    rondo_status status = rd_input_whole(input, LONGEST_FILE, &text, error);
    if (status == RONDO_OK)
        status = rd_roll_json_read(w.name, text.text ? text.text : "", text.size, input->source->member,
                                   meet_piece, &w, error);
    rd_text_free(&text);
    return status;
}

/* ---- MIDI */

static rondo_status read_midi(const rd_text *text, unsigned steps, const char *name, rd_roll *roll,
                              rondo_error *error)
{
    rd_midi midi = {0};
    RD_TRY(rd_midi_parse(text->text ? text->text : "", text->size, name, &midi, error));
    const rondo_status status = rd_midi_frames(&midi, steps, name, roll, error);
    rd_midi_free(&midi);
    return status;
}

/* A damaged file is a bad place, which --skip-bad may let pass. */
static rondo_status one_file(rd_opening *opening, const char *name, const rd_text *text, rd_roll *roll,
                             rondo_error *error)
{
    rondo_error fault = {0};
    const unsigned steps = (unsigned)rd_option_integer(opening->options, RD_OPT_steps_per_quarter);
    const rondo_status status = read_midi(text, steps, name, roll, &fault);
    if (status == RONDO_OK) return put_piece(opening, name, roll, 1, error);
    if (status != RONDO_BAD_DATA) return rd_fail(error, status, "%s", fault.message);
    rd_bad_place(&opening->bad, "%s", fault.message);
    return rd_opening_pass_over(opening, 1, error);
}

rondo_status rd_midi_read(rd_opening *opening, rd_input *input, rondo_error *error)
{
    const char *name = input->source->name;
    rd_text text = {0};
    rd_roll roll = {0};
    if (*input->source->member)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "%s: a MIDI file has no part %s", name,
                       rd_quote(input->source->member).text);
    rondo_status status = rd_input_whole(input, LONGEST_FILE, &text, error);
    if (status == RONDO_OK) status = one_file(opening, name, &text, &roll, error);
    rd_roll_free(&roll);
    rd_text_free(&text);
    return status;
}
