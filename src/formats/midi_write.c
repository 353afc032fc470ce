/* Writing: format 0, a channel, the tempo first; events in the order of time, ends before beginnings. */
#include "formats/midi.h"

#include "base/size.h"

#include <string.h>

enum { TICKS_A_QUARTER = 480, MICROSECONDS_A_MINUTE = 60000000, MOST_DELTA = (1 << 28) - 1 };

_Static_assert(RD_ROLL_FRAMES <= MOST_DELTA / TICKS_A_QUARTER, "a piece of silence is one delta time");

typedef struct track {
    rd_text *out;
    uint64_t last; /* tick of the event before */
    const rd_midi_style *style;
} track;

static void put_big(rd_text *out, uint32_t value, size_t bytes)
{
    char text[4];
    for (size_t i = 0; i < bytes; i++)
        text[i] = (char)(value >> 8 * (bytes - 1 - i) & 0xFF);
    rd_text_add(out, text, bytes);
}

/* Seven bits a byte, the highest first; at most MOST_DELTA, which four bytes hold. */
static void put_number(rd_text *out, uint32_t value)
{
    for (unsigned shift = 21; shift > 0; shift -= 7)
        if (value >> shift) put_big(out, (value >> shift & 0x7F) | 0x80, 1);
    put_big(out, value & 0x7F, 1);
}

/* Frame boundaries are rounded down to ticks, so that the last one is where the piece ends, whatever `steps`
 * is. */
static void put_delta(track *t, size_t frame)
{
    const uint64_t tick = (uint64_t)frame * TICKS_A_QUARTER / t->style->steps;
    put_number(t->out, (uint32_t)(tick - t->last));
    t->last = tick;
}

static void put_note(track *t, size_t frame, unsigned pitch, unsigned velocity)
{
    put_delta(t, frame);
    put_big(t->out, velocity ? 0x90 : 0x80, 1);
    put_big(t->out, pitch, 1);
    put_big(t->out, velocity, 1);
}

/* What changes at the beginning of a frame; with `hold`, a pitch of both frames does not. */
static void put_frame(track *t, size_t at, const rd_chord *before, const rd_chord *now)
{
    for (unsigned pitch = 0; pitch < RD_PITCHES; pitch++)
        if (rd_chord_has(before, pitch) && !(t->style->hold && rd_chord_has(now, pitch)))
            put_note(t, at, pitch, 0);
    for (unsigned pitch = 0; pitch < RD_PITCHES; pitch++)
        if (rd_chord_has(now, pitch) && !(t->style->hold && rd_chord_has(before, pitch)))
            put_note(t, at, pitch, t->style->velocity);
}

static void put_track(track *t, const rd_roll *roll)
{
    static const rd_chord silence;
    put_delta(t, 0);
    rd_text_add(t->out, "\xFF\x51\x03", 3);
    put_big(t->out, MICROSECONDS_A_MINUTE / t->style->bpm, 3);
    put_delta(t, 0);
    put_big(t->out, 0xC000 | t->style->program, 2);
    for (size_t i = 0; i <= roll->count; i++)
        put_frame(t, i, i > 0 ? &roll->frame[i - 1] : &silence, i < roll->count ? &roll->frame[i] : &silence);
    put_delta(t, roll->count);
    rd_text_add(t->out, "\xFF\x2F\0", 3);
}

static rondo_status check(const rd_midi_style *style, rondo_error *error)
{
    const struct {
        const char *name;
        unsigned value, least, most;
    } ranges[] = {{"frames a quarter note", style->steps, 1, TICKS_A_QUARTER},
                  {"quarter notes a minute", style->bpm, 4, 1000},
                  {"the instrument", style->program, 0, 127},
                  {"the velocity", style->velocity, 1, 127}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (ranges[i].value < ranges[i].least || ranges[i].value > ranges[i].most)
            return rd_fail(error, RONDO_BAD_ARGUMENT, "a MIDI file: %s: %u is not within %u and %u",
                           ranges[i].name, ranges[i].value, ranges[i].least, ranges[i].most);
    return RONDO_OK;
}

rondo_status rd_midi_write(const rd_roll *roll, const rd_midi_style *style, rd_text *out, rondo_error *error)
{
    rd_text body = {0};
    track t = {.out = &body, .style = style};
    RD_TRY(check(style, error));
    put_track(&t, roll);
    rd_text_add(out, "MThd\0\0\0\6\0\0\0\1", 12);
    put_big(out, TICKS_A_QUARTER, 2);
    rd_text_add(out, "MTrk", 4);
    put_big(out, (uint32_t)body.size, 4);
    rd_text_add(out, body.text ? body.text : "", body.size);
    rondo_status status = rd_text_done(&body, error);
    if (status == RONDO_OK) status = rd_text_done(out, error);
    rd_text_free(&body);
    return status;
}
