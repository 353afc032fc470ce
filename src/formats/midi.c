/* Reading. A file is chunks, a track is events after delta times; a pair of events is a note. */
#include "formats/midi.h"

#include "base/memory.h"
#include "base/size.h"

#include <stdlib.h>
#include <string.h>

enum {
    CHANNELS = 16,
    SILENT = 0,
    META = 0xFF,
    SYSEX = 0xF0,
    SYSEX_MORE = 0xF7,
    END_OF_TRACK = 0x2F,
    PERCUSSION = 9
};

typedef struct sounding { /* a note that has begun; velocity SILENT: it has not */
    uint32_t on;
    unsigned char velocity;
} sounding;

typedef struct track {
    const unsigned char *bytes; /* the whole file */
    size_t at, end;             /* what is left of the track is [at, end) */
    const char *origin;
    rd_midi *midi;
    uint64_t tick;
    unsigned status; /* running status, 0: none */
    int ended;
    sounding open[CHANNELS][RD_PITCHES];
} track;

static rondo_status bad(const char *origin, size_t at, rondo_error *error, const char *what)
{
    return rd_fail(error, RONDO_BAD_DATA, "%s: byte %zu: %s", origin, at, what);
}

static uint32_t big(const unsigned char *at, size_t bytes)
{
    uint32_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | at[i];
    return value;
}

/* A number of variable length: seven bits a byte, at most four bytes. */
static rondo_status take_number(track *t, const char *what, uint32_t *value, rondo_error *error)
{
    const size_t from = t->at;
    *value = 0;
    for (int i = 0; i < 4; i++) {
        if (t->at == t->end) return bad(t->origin, from, error, "the track ends inside a number");
        const unsigned char byte = t->bytes[t->at++];
        *value = *value << 7 | (byte & 0x7F);
        if (byte < 0x80) return RONDO_OK;
    }
    return rd_fail(error, RONDO_BAD_DATA, "%s: byte %zu: %s of more than four bytes", t->origin, from, what);
}

static rondo_status end_note(track *t, unsigned channel, unsigned pitch, rondo_error *error)
{
    sounding *open = &t->open[channel][pitch];
    rd_midi *midi = t->midi;
    const rd_midi_note note = {.on = open->on,
                               .off = (uint32_t)t->tick,
                               .channel = (unsigned char)channel,
                               .pitch = (unsigned char)pitch,
                               .velocity = open->velocity};
    const int heard = open->velocity != SILENT && note.off > note.on;
    open->velocity = SILENT;
    if (!heard) return RONDO_OK;
    RD_TRY(rd_grow(&midi->note, &midi->room, midi->count + 1, sizeof note, "the notes of a file", error));
    midi->note[midi->count++] = note;
    return RONDO_OK;
}

/* An event of a channel: 80 note off, 90 note on, a0 b0 e0 with two bytes, c0 d0 with one. */
static rondo_status take_channel_event(track *t, rondo_error *error)
{
    const unsigned kind = t->status & 0xF0, channel = t->status & 0x0F;
    const size_t from = t->at, needed = kind == 0xC0 || kind == 0xD0 ? 1 : 2;
    if (t->end - t->at < needed) return bad(t->origin, from, error, "the track ends inside an event");
    for (size_t i = 0; i < needed; i++)
        if (t->bytes[t->at + i] > 0x7F)
            return bad(t->origin, t->at + i, error, "a value over 127 in an event");
    const unsigned first = t->bytes[from], second = needed > 1 ? t->bytes[from + 1] : 0;
    t->at += needed;
    if (kind != 0x80 && kind != 0x90) return RONDO_OK;
    RD_TRY(end_note(t, channel, first, error));
    if (kind == 0x90) t->open[channel][first] = (sounding){(uint32_t)t->tick, (unsigned char)second};
    return RONDO_OK;
}

/* What has a length of its own: meta events and system exclusive ones. */
static rondo_status take_block(track *t, int meta, rondo_error *error)
{
    uint32_t length;
    const size_t from = t->at;
    unsigned type = 0;
    if (meta) {
        if (t->at == t->end) return bad(t->origin, from, error, "the track ends inside an event");
        type = t->bytes[t->at++];
    }
    RD_TRY(take_number(t, "a length", &length, error));
    if (length > t->end - t->at)
        return rd_fail(error, RONDO_BAD_DATA, "%s: byte %zu: an event of %lu bytes, the track has %zu left",
                       t->origin, from, (unsigned long)length, t->end - t->at);
    t->at += length;
    t->ended = meta && type == END_OF_TRACK;
    return RONDO_OK;
}

/* Meta events leave the running status as it was: the standard says otherwise, files rely on it, and nothing
 * else could be meant. */
static rondo_status take_event(track *t, rondo_error *error)
{
    uint32_t delta;
    const size_t from = t->at;
    RD_TRY(take_number(t, "a delta time", &delta, error));
    t->tick += delta;
    if (t->tick >= RD_MIDI_TICKS)
        return rd_fail(error, RONDO_LIMIT, "%s: byte %zu: tick %llu (the last is %u)", t->origin, from,
                       (unsigned long long)t->tick, RD_MIDI_TICKS - 1);
    if (t->at == t->end) return bad(t->origin, t->at, error, "the track ends after a delta time");
    const unsigned first = t->bytes[t->at];
    if (first < 0x80 && !t->status) return bad(t->origin, t->at, error, "running status without a start");
    if (first < 0x80) return take_channel_event(t, error);
    if (first < 0xF0) {
        t->status = first;
        t->at++;
        return take_channel_event(t, error);
    }
    if (first != META && first != SYSEX && first != SYSEX_MORE)
        return rd_fail(error, RONDO_BAD_DATA, "%s: byte %zu: 0x%02x begins no event of a file", t->origin,
                       t->at, first);
    if (first != META) t->status = 0;
    t->at++;
    return take_block(t, first == META, error);
}

static rondo_status read_track(rd_midi *midi, const unsigned char *bytes, size_t at, size_t end,
                               const char *origin, rondo_error *error)
{
    track t = {.bytes = bytes, .at = at, .end = end, .origin = origin, .midi = midi};
    while (!t.ended) {
        if (t.at == t.end) return bad(origin, t.at, error, "the track has no end event");
        RD_TRY(take_event(&t, error));
    }
    if (t.at < t.end) return bad(origin, t.at, error, "bytes after the end event of a track");
    if (t.tick > midi->end) midi->end = (uint32_t)t.tick;
    for (unsigned channel = 0; channel < CHANNELS; channel++)
        for (unsigned pitch = 0; pitch < RD_PITCHES; pitch++)
            RD_TRY(end_note(&t, channel, pitch, error));
    return RONDO_OK;
}

typedef struct chunk {
    size_t at, end; /* its data */
    int is_track;
} chunk;

static rondo_status take_chunk(const unsigned char *bytes, size_t size, size_t at, const char *origin,
                               chunk *next, rondo_error *error)
{
    if (size - at < 8) return bad(origin, at, error, "the file ends inside the head of a chunk");
    const uint32_t length = big(bytes + at + 4, 4);
    if (length > size - at - 8)
        return rd_fail(error, RONDO_BAD_DATA, "%s: byte %zu: a chunk of %lu bytes, %zu follow", origin, at,
                       (unsigned long)length, size - at - 8);
    *next = (chunk){.at = at + 8, .end = at + 8 + length, .is_track = memcmp(bytes + at, "MTrk", 4) == 0};
    return RONDO_OK;
}

/* Format, number of tracks, and the division: ticks a quarter note when the highest bit is off. */
static rondo_status read_head(const unsigned char *bytes, size_t size, const char *origin, rd_midi *midi,
                              unsigned *tracks, chunk *head, rondo_error *error)
{
    if (size < 14 || memcmp(bytes, "MThd", 4) != 0)
        return bad(origin, 0, error,
                   size >= 12 && memcmp(bytes, "RIFF", 4) == 0 ? "a RIFF file, not a standard MIDI file"
                                                               : "not a standard MIDI file");
    RD_TRY(take_chunk(bytes, size, 0, origin, head, error));
    if (head->end - head->at < 6) return bad(origin, 4, error, "the header has fewer than 6 bytes");
    const unsigned format = big(bytes + 8, 2), division = big(bytes + 12, 2);
    *tracks = big(bytes + 10, 2);
    if (format > 1)
        return rd_fail(error, RONDO_BAD_DATA, "%s: byte 8: format %u of MIDI files (0 and 1 are read)",
                       origin, format);
    if (format == 0 && *tracks != 1) return bad(origin, 10, error, "format 0 with other than one track");
    if (division & 0x8000) return bad(origin, 12, error, "time codes instead of ticks a quarter note");
    if (division == 0) return bad(origin, 12, error, "0 ticks a quarter note");
    midi->division = division;
    return RONDO_OK;
}

/* In the order of time; equal beginnings by channel, pitch and end. */
static int by_time(const void *a, const void *b)
{
    const rd_midi_note *left = a, *right = b;
    if (left->on != right->on) return left->on < right->on ? -1 : 1;
    if (left->channel != right->channel) return left->channel < right->channel ? -1 : 1;
    if (left->pitch != right->pitch) return left->pitch < right->pitch ? -1 : 1;
    return left->off < right->off ? -1 : left->off > right->off;
}

static rondo_status parse(const unsigned char *bytes, size_t size, const char *origin, rd_midi *midi,
                          rondo_error *error)
{
    chunk next;
    unsigned tracks = 0, found = 0;
    RD_TRY(read_head(bytes, size, origin, midi, &tracks, &next, error));
    while (next.end < size) {
        RD_TRY(take_chunk(bytes, size, next.end, origin, &next, error));
        if (!next.is_track) continue;
        if (++found > tracks) return bad(origin, next.at - 8, error, "more tracks than the header says");
        RD_TRY(read_track(midi, bytes, next.at, next.end, origin, error));
    }
    if (found < tracks)
        return rd_fail(error, RONDO_BAD_DATA, "%s: byte %zu: %u of %u tracks are there", origin, size, found,
                       tracks);
    return RONDO_OK;
}

rondo_status rd_midi_parse(const void *bytes, size_t size, const char *origin, rd_midi *midi,
                           rondo_error *error)
{
    rd_midi fresh = {0};
    const rondo_status status = parse(bytes, size, origin, &fresh, error);
    if (status != RONDO_OK) {
        rd_midi_free(&fresh);
        return status;
    }
    if (fresh.count) qsort(fresh.note, fresh.count, sizeof *fresh.note, by_time);
    *midi = fresh;
    return RONDO_OK;
}

void rd_midi_free(rd_midi *midi)
{
    rd_free(midi->note);
    *midi = (rd_midi){0};
}

/* The step nearest to a tick, halves up. */
static uint64_t step_of(const rd_midi *midi, uint32_t tick, unsigned steps)
{
    return (2 * (uint64_t)tick * steps + midi->division) / (2 * (uint64_t)midi->division);
}

rondo_status rd_midi_frames(const rd_midi *midi, unsigned steps, const char *origin, rd_roll *roll,
                            rondo_error *error)
{
    uint64_t reached[RD_PITCHES] = {0}; /* frames before it were looked at, so that overlaps cost nothing */
    uint64_t frames = step_of(midi, midi->end, steps);
    for (size_t i = 0; i < midi->count; i++) {
        const uint64_t first = step_of(midi, midi->note[i].on, steps);
        if (midi->note[i].channel != PERCUSSION && first >= frames) frames = first + 1;
    }
    if (frames > RD_ROLL_FRAMES)
        return rd_fail(error, RONDO_LIMIT, "%s: %llu frames (at most %d)", origin, (unsigned long long)frames,
                       RD_ROLL_FRAMES);
    RD_TRY(rd_roll_reach(roll, (size_t)frames, error));
    for (size_t i = 0; i < midi->count; i++) {
        const rd_midi_note *note = &midi->note[i];
        const uint64_t on = step_of(midi, note->on, steps), off = step_of(midi, note->off, steps);
        const uint64_t end = off > on ? off : on + 1;
        if (note->channel == PERCUSSION) continue;
        for (uint64_t frame = on > reached[note->pitch] ? on : reached[note->pitch]; frame < end; frame++)
            rd_chord_add(&roll->frame[frame], note->pitch);
        if (end > reached[note->pitch]) reached[note->pitch] = end;
    }
    return RONDO_OK;
}
