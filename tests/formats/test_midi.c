/* MIDI files, put together here byte by byte from the standard, and written files taken apart again. */
#include "base/memory.h"
#include "formats/midi.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

typedef struct bytes {
    unsigned char at[512];
    size_t size;
} bytes;

static void put(bytes *b, const void *from, size_t size)
{
    assert_true(b->size + size <= sizeof b->at);
    memcpy(b->at + b->size, from, size);
    b->size += size;
}

static void put_big(bytes *b, unsigned long value, size_t size)
{
    for (size_t i = size; i > 0; i--) {
        const unsigned char byte = (unsigned char)(value >> 8 * (i - 1));
        put(b, &byte, 1);
    }
}

static bytes file_of(unsigned format, unsigned tracks, unsigned division)
{
    bytes b = {.size = 0};
    put(&b, "MThd", 4);
    put_big(&b, 6, 4);
    put_big(&b, format, 2);
    put_big(&b, tracks, 2);
    put_big(&b, division, 2);
    return b;
}

static void put_chunk(bytes *b, const char *name, const void *events, size_t size)
{
    put(b, name, 4);
    put_big(b, size, 4);
    put(b, events, size);
}

#define EVENTS(text) (text), sizeof(text) - 1
#define END          "\0\xFF\x2F\0"

static bytes one_track(const void *events, size_t size)
{
    bytes b = file_of(0, 1, 96);
    put_chunk(&b, "MTrk", events, size);
    return b;
}

static void expect_refused(const bytes *b, rondo_status expected, const char *why)
{
    rd_midi midi = {0};
    rondo_error error = {0};
    unsigned char *exact =
        malloc(b->size + (b->size == 0)); /* so that a sanitizer sees a read past the end */
    assert_non_null(exact);
    memcpy(exact, b->at, b->size);
    assert_int_equal(rd_midi_parse(exact, b->size, "a.mid", &midi, &error), expected);
    if (!strstr(error.message, why)) fail_msg("\"%s\" does not say \"%s\"", error.message, why);
    assert_int_equal(strncmp(error.message, "a.mid: byte ", 12), 0);
    assert_null(midi.note);
    free(exact);
}

static rd_midi parse(const bytes *b)
{
    rd_midi midi = {0};
    rondo_error error = {0};
    if (rd_midi_parse(b->at, b->size, "a.mid", &midi, &error) != RONDO_OK) fail_msg("%s", error.message);
    return midi;
}

static void assert_note(const rd_midi_note *note, unsigned channel, unsigned pitch, unsigned on, unsigned off)
{
    assert_int_equal(note->channel, channel);
    assert_int_equal(note->pitch, pitch);
    assert_int_equal(note->on, on);
    assert_int_equal(note->off, off);
}

static void notes_end_by_off_or_by_velocity_0_under_running_status(void **state)
{
    (void)state;
    const bytes b = one_track(EVENTS("\0\x90\x3c\x40"
                                     "\x60\x40\x40"
                                     "\x81\x00\x3c\0" /* delta 128 */
                                     "\0\x80\x40\x10" END));
    rd_midi midi = parse(&b);
    assert_int_equal(midi.division, 96);
    assert_int_equal(midi.count, 2);
    assert_note(&midi.note[0], 0, 60, 0, 96 + 128);
    assert_note(&midi.note[1], 0, 64, 96, 96 + 128);
    rd_midi_free(&midi);
}

static void tracks_sound_together_and_unknown_chunks_are_passed_over(void **state)
{
    (void)state;
    bytes b = file_of(1, 3, 480);
    put_chunk(&b, "XFIH", EVENTS("anything"));
    put_chunk(&b, "MTrk", EVENTS("\0\xFF\x51\x03\x07\xa1\x20" END));
    put_chunk(&b, "MTrk", EVENTS("\x83\x60\x91\x30\x40\x83\x60\x30\0" END));
    put_chunk(&b, "MTrk", EVENTS("\0\xC2\x05\0\x92\x48\x7f\x83\x60\x82\x48\x40\0\xE2\0\x40" END));
    put_chunk(&b, "junk", EVENTS(""));
    rd_midi midi = parse(&b);
    assert_int_equal(midi.count, 2);
    assert_note(&midi.note[0], 2, 72, 0, 480);
    assert_note(&midi.note[1], 1, 48, 480, 960);
    rd_midi_free(&midi);
}

static void meta_events_keep_the_running_status_and_system_exclusive_ones_end_it(void **state)
{
    (void)state;
    const bytes kept = one_track(EVENTS("\0\x90\x3c\x40\0\xFF\x01\x02hi\x10\x3c\0" END));
    rd_midi midi = parse(&kept);
    assert_int_equal(midi.count, 1);
    rd_midi_free(&midi);
    const bytes ended = one_track(EVENTS("\0\x90\x3c\x40\0\xF0\x02\x01\xF7\x10\x3c\0" END));
    expect_refused(&ended, RONDO_BAD_DATA, "byte 32: running status without a start");
}

static void a_note_struck_again_ends_the_one_before_and_the_track_ends_all(void **state)
{
    (void)state;
    const bytes b = one_track(EVENTS("\0\x90\x3c\x40\x10\x90\x3c\x50\0\x80\x01\0\x20"
                                     "\xFF\x2F\0"));
    rd_midi midi = parse(&b);
    assert_int_equal(midi.count, 2);
    assert_note(&midi.note[0], 0, 60, 0, 16);
    assert_note(&midi.note[1], 0, 60, 16, 48);
    assert_int_equal(midi.note[1].velocity, 0x50);
    rd_midi_free(&midi);
}

static void heads_that_are_not_sound_are_refused(void **state)
{
    (void)state;
    static const struct {
        unsigned format, tracks, division;
        const char *why;
    } heads[] = {{2, 1, 96, "byte 8: format 2"},
                 {9, 1, 96, "byte 8: format 9"},
                 {0, 2, 96, "byte 10: format 0 with other than one track"},
                 {0, 0, 96, "byte 10: format 0 with other than one track"},
                 {1, 2, 96, "1 of 2 tracks are there"},
                 {1, 0, 96, "byte 14: more tracks than the header says"},
                 {1, 1, 0, "byte 12: 0 ticks a quarter note"},
                 {1, 1, 0xE728, "byte 12: time codes"}};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        bytes b = file_of(heads[i].format, heads[i].tracks, heads[i].division);
        put_chunk(&b, "MTrk", EVENTS(END));
        expect_refused(&b, RONDO_BAD_DATA, heads[i].why);
    }
    bytes riff = {.size = 0};
    put(&riff, "RIFF\x40\0\0\0RMIDdata", 16);
    expect_refused(&riff, RONDO_BAD_DATA, "byte 0: a RIFF file");
    bytes small = file_of(1, 1, 96);
    small.at[7] = 5;
    put_chunk(&small, "MTrk", EVENTS(END));
    expect_refused(&small, RONDO_BAD_DATA, "byte 4: the header has fewer than 6 bytes");
}

static void events_that_are_not_sound_are_refused_with_their_byte(void **state)
{
    (void)state;
    static const struct {
        const char *events;
        size_t size;
        const char *why;
    } tracks[] = {
        {EVENTS("\0\x3c\x40" END), "byte 23: running status without a start"},
        {EVENTS("\0\x90\x3c\x80" END), "byte 25: a value over 127"},
        {EVENTS("\0\x90\x3c"), "byte 24: the track ends inside an event"},
        {EVENTS("\0\xC0"), "byte 24: the track ends inside an event"},
        {EVENTS("\0\xFF"), "byte 24: the track ends inside an event"},
        {EVENTS("\0\xFF\x01\x05hi"), "byte 24: an event of 5 bytes, the track has 2 left"},
        {EVENTS("\0\xF0\xFF\xFF\xFF\x7F"), "an event of 268435455 bytes"},
        {EVENTS("\0\xFF\x01\xFF\xFF\xFF\xFF\x7F"), "byte 25: a length of more than four bytes"},
        {EVENTS("\xFF\xFF\xFF\xFF\xFF\xFF"), "byte 22: a delta time of more than four bytes"},
        {EVENTS("\x81\x81"), "byte 22: the track ends inside a number"},
        {EVENTS("\0"), "byte 23: the track ends after a delta time"},
        {EVENTS(""), "byte 22: the track has no end event"},
        {EVENTS("\0\x90\x3c\x40"), "byte 26: the track has no end event"},
        {EVENTS(END "\0"), "byte 26: bytes after the end event"},
        {EVENTS("\0\xF1\0" END), "byte 23: 0xf1 begins no event"},
        {EVENTS("\0\xFE" END), "byte 23: 0xfe begins no event"},
    };
    for (size_t i = 0; i < sizeof tracks / sizeof *tracks; i++) {
        const bytes b = one_track(tracks[i].events, tracks[i].size);
        expect_refused(&b, RONDO_BAD_DATA, tracks[i].why);
    }
}

static void chunks_that_lie_are_refused_and_so_is_every_cut(void **state)
{
    (void)state;
    bytes b = one_track(EVENTS("\0\x90\x3c\x40\x10\x80\x3c\0" END));
    for (size_t cut = 0; cut < b.size; cut++) {
        bytes part = b;
        part.size = cut;
        expect_refused(&part, RONDO_BAD_DATA, "a.mid: byte ");
    }
    b.at[18] = 0xFF;
    expect_refused(&b, RONDO_BAD_DATA, "byte 14: a chunk of 4278190092 bytes, 12 follow");
}

static void ticks_have_a_limit(void **state)
{
    (void)state;
    for (unsigned more = 0; more < 2; more++) { /* 8 times 2^28 - 1, then 7 or 8 */
        bytes b = file_of(0, 1, 96);
        unsigned char track[64];
        size_t size = 0;
        for (int i = 0; i < 8; i++, size += 6)
            memcpy(track + size, "\xFF\xFF\xFF\x7F\xC0\0", 6);
        track[size++] = (unsigned char)(7 + more);
        memcpy(track + size, "\xFF\x2F\0", 3);
        put_chunk(&b, "MTrk", track, size + 3);
        if (more) {
            expect_refused(&b, RONDO_LIMIT, "tick 2147483648");
        } else {
            rd_midi midi = parse(&b);
            rd_midi_free(&midi);
        }
    }
}

/* ---- frames */

static rd_roll frames(const rd_midi_note *notes, size_t count, unsigned division, unsigned steps)
{
    rd_roll roll = {0};
    rondo_error error = {0};
    rd_midi midi = {.division = division, .count = count, .room = count};
    for (size_t i = 0; i < count; i++)
        if (notes[i].off > midi.end && notes[i].channel != 9) midi.end = notes[i].off;
    assert_int_equal(rd_alloc(count, sizeof *midi.note, "notes", &midi.note, NULL), RONDO_OK);
    memcpy(midi.note, notes, count * sizeof *notes);
    if (rd_midi_frames(&midi, steps, "a.mid", &roll, &error) != RONDO_OK) fail_msg("%s", error.message);
    rd_midi_free(&midi);
    return roll;
}

/* The frames as "60 64|60||67". */
static void assert_frames(const rd_roll *roll, const char *expected)
{
    char text[256] = "";
    for (size_t i = 0; i < roll->count; i++) {
        const char *gap = i ? "|" : "";
        for (unsigned pitch = 0; pitch < RD_PITCHES; pitch++)
            if (rd_chord_has(&roll->frame[i], pitch)) {
                (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s%u", gap, pitch);
                gap = " ";
            }
        if (*gap != ' ') (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s", gap);
    }
    assert_string_equal(text, expected);
}

static void notes_are_rounded_to_the_nearest_step(void **state)
{
    (void)state;
    static const rd_midi_note notes[] = {
        {.on = 0, .off = 100, .pitch = 60},   /* exactly a step */
        {.on = 49, .off = 51, .pitch = 0},    /* rounded to 0 and 1 */
        {.on = 50, .off = 149, .pitch = 127}, /* halves up: 1; its end too, so it is made one step long */
        {.on = 310, .off = 320, .pitch = 64}, /* short, but heard */
        {.on = 0, .off = 500, .pitch = 36, .channel = 9},
    };
    rd_roll roll = frames(notes, 5, 400, 4);
    assert_frames(&roll, "0 60|127||64");
    rd_roll_free(&roll);
}

static void a_voice_that_overlaps_itself_is_there_once(void **state)
{
    (void)state;
    static const rd_midi_note notes[] = {{.on = 0, .off = 30, .pitch = 60},
                                         {.on = 10, .off = 20, .pitch = 60, .channel = 1},
                                         {.on = 20, .off = 50, .pitch = 60, .channel = 2},
                                         {.on = 60, .off = 70, .pitch = 60}};
    rd_roll roll = frames(notes, 4, 10, 1);
    assert_frames(&roll, "60|60|60|60|60||60");
    rd_roll_free(&roll);
}

static void a_piece_has_a_limit_of_frames(void **state)
{
    (void)state;
    for (unsigned more = 0; more < 2; more++) {
        rd_roll roll = {0};
        rondo_error error = {0};
        rd_midi_note note = {.on = 0, .off = RD_ROLL_FRAMES + more, .pitch = 1};
        const rd_midi midi = {.division = 1, .end = note.off, .note = &note, .count = 1, .room = 1};
        assert_int_equal(rd_midi_frames(&midi, 1, "a.mid", &roll, &error), more ? RONDO_LIMIT : RONDO_OK);
        assert_int_equal(roll.count, more ? 0 : RD_ROLL_FRAMES);
        rd_roll_free(&roll);
    }
}

/* ---- writing */

static void a_written_file_has_the_bytes_of_the_standard(void **state)
{
    (void)state;
    /* clang-format off */
    static const unsigned char expected[] = {
        'M', 'T', 'h', 'd', 0, 0, 0, 6, 0, 0, 0, 1, 0x01, 0xE0, /* format 0, one track, 480 a quarter */
        'M', 'T', 'r', 'k', 0, 0, 0, 31,
        0, 0xFF, 0x51, 3, 0x07, 0xA1, 0x20, /* 500,000 microseconds a quarter: 120 a minute */
        0, 0xC0, 19,                        /* instrument */
        0, 0x90, 60, 80,
        0x83, 0x60, 0x80, 60, 0,            /* a quarter later */
        0, 0x90, 67, 80,
        0x78, 0x80, 67, 0,                  /* a sixteenth later */
        0, 0xFF, 0x2F, 0,
    };
    /* clang-format on */
    rd_roll roll = {0};
    rd_text text = {0};
    assert_int_equal(rd_roll_reach(&roll, 5, NULL), RONDO_OK);
    for (size_t i = 0; i < 4; i++)
        rd_chord_add(&roll.frame[i], 60);
    rd_chord_add(&roll.frame[4], 67);
    const rd_midi_style style = {.steps = 4, .bpm = 120, .hold = 1, .program = 19, .velocity = 80};
    assert_int_equal(rd_midi_write(&roll, &style, &text, NULL), RONDO_OK);
    assert_int_equal(text.size, sizeof expected);
    assert_memory_equal(text.text, expected, sizeof expected);
    rd_text_free(&text);
    rd_roll_free(&roll);
}

static void frames_come_back_from_a_written_file_and_repeats_if_asked(void **state)
{
    (void)state;
    static const unsigned steps[] = {1, 2, 3, 4, 7, 480};
    for (size_t k = 0; k < 2 * sizeof steps / sizeof *steps; k++) {
        const rd_midi_style style = {.steps = steps[k / 2], .bpm = 96, .hold = k % 2, .velocity = 64};
        rd_roll roll = {0}, again = {0};
        rd_text text = {0};
        rd_midi midi = {0};
        size_t sounding = 0;
        assert_int_equal(rd_roll_reach(&roll, 200, NULL), RONDO_OK);
        for (unsigned i = 0; i < 195; i++) /* the last five are silent */
            for (unsigned n = 0; n < i % 5; n++)
                rd_chord_add(&roll.frame[i], (i / 3 * 7 + n * 31) % 128);
        for (unsigned i = 0; i < 200; i++)
            for (unsigned pitch = 0; pitch < 128; pitch++)
                sounding += (size_t)rd_chord_has(&roll.frame[i], pitch);
        assert_int_equal(rd_midi_write(&roll, &style, &text, NULL), RONDO_OK);
        assert_int_equal(rd_midi_parse(text.text, text.size, "again", &midi, NULL), RONDO_OK);
        assert_int_equal(rd_midi_frames(&midi, style.steps, "again", &again, NULL), RONDO_OK);
        assert_int_equal(again.count, 200);
        assert_memory_equal(again.frame, roll.frame, 200 * sizeof *roll.frame);
        if (style.hold)
            assert_true(midi.count < sounding);
        else
            assert_int_equal(midi.count, sounding);
        rd_text_free(&text);
        rd_midi_free(&midi);
        rd_roll_free(&roll);
        rd_roll_free(&again);
    }
}

static void a_style_out_of_range_and_a_roll_too_long_are_refused(void **state)
{
    (void)state;
    static const rd_midi_style styles[] = {{.steps = 0, .bpm = 96, .velocity = 64},
                                           {.steps = 481, .bpm = 96, .velocity = 64},
                                           {.steps = 4, .bpm = 3, .velocity = 64},
                                           {.steps = 4, .bpm = 1001, .velocity = 64},
                                           {.steps = 4, .bpm = 96, .velocity = 0},
                                           {.steps = 4, .bpm = 96, .velocity = 128},
                                           {.steps = 4, .bpm = 96, .velocity = 1, .program = 128}};
    rd_roll roll = {0};
    rd_text text = {0};
    for (size_t i = 0; i < sizeof styles / sizeof *styles; i++)
        assert_int_equal(rd_midi_write(&roll, &styles[i], &text, NULL), RONDO_BAD_ARGUMENT);
    rondo_error error = {0};
    assert_int_equal(rd_roll_reach(&roll, RD_ROLL_FRAMES + 1, &error), RONDO_LIMIT);
    assert_int_equal(text.size, 0);
    rd_text_free(&text);
    rd_roll_free(&roll);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notes_end_by_off_or_by_velocity_0_under_running_status),
        cmocka_unit_test(tracks_sound_together_and_unknown_chunks_are_passed_over),
        cmocka_unit_test(meta_events_keep_the_running_status_and_system_exclusive_ones_end_it),
        cmocka_unit_test(a_note_struck_again_ends_the_one_before_and_the_track_ends_all),
        cmocka_unit_test(heads_that_are_not_sound_are_refused),
        cmocka_unit_test(events_that_are_not_sound_are_refused_with_their_byte),
        cmocka_unit_test(chunks_that_lie_are_refused_and_so_is_every_cut),
        cmocka_unit_test(ticks_have_a_limit),
        cmocka_unit_test(notes_are_rounded_to_the_nearest_step),
        cmocka_unit_test(a_voice_that_overlaps_itself_is_there_once),
        cmocka_unit_test(a_piece_has_a_limit_of_frames),
        cmocka_unit_test(a_written_file_has_the_bytes_of_the_standard),
        cmocka_unit_test(frames_come_back_from_a_written_file_and_repeats_if_asked),
        cmocka_unit_test(a_style_out_of_range_and_a_roll_too_long_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
