/* Any bytes as a MIDI file. Frames of what is accepted are written, held and struck again, and read back: the
 * same frames, so long as no silence ends them. */
#include "base/memory.h"
#include "formats/midi.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int fact)
{
    if (!fact) abort();
}

static void write_and_read(const rd_roll *roll, const rd_midi_style *style)
{
    rd_text text = {0};
    rd_midi midi = {0};
    rd_roll again = {0};
    demand(rd_midi_write(roll, style, &text, NULL) == RONDO_OK);
    demand(rd_midi_parse(text.text, text.size, "again", &midi, NULL) == RONDO_OK);
    demand(rd_midi_frames(&midi, style->steps, "again", &again, NULL) == RONDO_OK);
    demand(again.count == roll->count);
    demand(roll->count == 0 || memcmp(again.frame, roll->frame, roll->count * sizeof *roll->frame) == 0);
    rd_roll_free(&again);
    rd_midi_free(&midi);
    rd_text_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rondo_error error = {0};
    rd_midi midi = {0};
    rd_roll roll = {0};
    if (size == 0) return 0;
    const rd_midi_style style = {.steps = 1 + data[0] % 8u, .bpm = 100, .hold = data[0] >> 7, .velocity = 80};
    rondo_status status = rd_midi_parse(data + 1, size - 1, "fuzz", &midi, &error);
    demand(status == RONDO_OK || error.message[0] != 0);
    for (size_t i = 0; i < midi.count; i++)
        demand(midi.note[i].off > midi.note[i].on && midi.note[i].pitch < RD_PITCHES &&
               midi.note[i].velocity > 0);
    if (status == RONDO_OK && rd_midi_frames(&midi, style.steps, "fuzz", &roll, &error) == RONDO_OK &&
        roll.count < 20000)
        write_and_read(&roll, &style);
    rd_roll_free(&roll);
    rd_midi_free(&midi);
    return 0;
}
