/* Standard MIDI files: read into notes, notes into frames, and frames written as a file that players open. */
#ifndef RD_MIDI_H
#define RD_MIDI_H

#include "base/text.h"
#include "formats/roll.h"

#define RD_MIDI_TICKS 2147483648u /* the last tick is below */

typedef struct rd_midi_note {
    uint32_t on, off; /* ticks, off > on */
    unsigned char channel, pitch, velocity;
} rd_midi_note;

typedef struct rd_midi {
    unsigned division;  /* ticks a quarter note */
    uint32_t end;       /* tick of the last event of all tracks */
    rd_midi_note *note; /* [count], owned; in the order of their beginnings */
    size_t count, room;
} rd_midi;

/* Reads a file of format 0 or 1. Chunks of unknown type are passed over; tempo, time signature and all events
 * but notes have no effect. A note that begins while it sounds ends the one before; one that never ends does
 * so with its track. Format 2, time codes instead of quarter notes, running status without a start, lengths
 * past the end, a track without its end event and bytes that no track owns are RONDO_BAD_DATA with "ORIGIN:
 * byte N: …"; a tick past RD_MIDI_TICKS is RONDO_LIMIT. */
rondo_status rd_midi_parse(const void *bytes, size_t size, const char *origin, rd_midi *midi,
                           rondo_error *error);
void rd_midi_free(rd_midi *midi);

/* Adds the notes to frames, `steps` a quarter note: begin and end are rounded to the nearest step (halves
 * up), and a note has at least one. The frames go on to the end of the longest track. Percussion (channel 10)
 * has no pitch and is left out. */
rondo_status rd_midi_frames(const rd_midi *midi, unsigned steps, const char *origin, rd_roll *roll,
                            rondo_error *error);

typedef struct rd_midi_style {
    unsigned steps;    /* frames a quarter note, 1 to 480 */
    unsigned bpm;      /* quarter notes a minute, 4 to 1000 */
    int hold;          /* 1: equal pitches of neighbouring frames are one note, 0: they are struck again */
    unsigned program;  /* instrument, 0 to 127 (0: piano) */
    unsigned velocity; /* 1 to 127 */
} rd_midi_style;
/* Appends a file of format 0 with tempo and instrument, one channel, and an end at the end of the last frame.
 * A value out of its range is RONDO_BAD_ARGUMENT. */
rondo_status rd_midi_write(const rd_roll *roll, const rd_midi_style *style, rd_text *out, rondo_error *error);

#endif
