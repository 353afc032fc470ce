/* Piano rolls: which of the 128 pitches of MIDI sound in each of a row of equal time steps, the frames. */
#ifndef RD_ROLL_H
#define RD_ROLL_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

enum { RD_LOWEST_KEY = 21, RD_KEYS = 88 };          /* pitches of a piano: A0 to C8 */
enum { RD_PITCHES = 128, RD_ROLL_FRAMES = 131072 }; /* the second is the most frames of one roll */

typedef struct rd_chord { /* a set of pitches */
    uint64_t keys[2];
} rd_chord;

static inline void rd_chord_add(rd_chord *chord, unsigned pitch)
{
    chord->keys[pitch / 64] |= (uint64_t)1 << pitch % 64;
}

static inline int rd_chord_has(const rd_chord *chord, unsigned pitch)
{
    return (int)(chord->keys[pitch / 64] >> pitch % 64 & 1);
}

typedef struct rd_roll {
    rd_chord *frame; /* [count], owned */
    size_t count, room;
} rd_roll;
/* Makes the roll at least `count` frames long; the new ones are silent. Past RD_ROLL_FRAMES is RONDO_LIMIT.
 */
rondo_status rd_roll_reach(rd_roll *roll, size_t count, rondo_error *error);
void rd_roll_clear(rd_roll *roll); /* no frames, the room is kept */
void rd_roll_free(rd_roll *roll);

#endif
