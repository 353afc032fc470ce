/* Frames grow at the end only. */
#include "formats/roll.h"

#include "base/memory.h"

#include <string.h>

rondo_status rd_roll_reach(rd_roll *roll, size_t count, rondo_error *error)
{
    if (count <= roll->count) return RONDO_OK;
    if (count > RD_ROLL_FRAMES)
        return rd_fail(error, RONDO_LIMIT, "%zu frames in a piece (at most %d)", count, RD_ROLL_FRAMES);
    RD_TRY(rd_grow(&roll->frame, &roll->room, count, sizeof *roll->frame, "frames", error));
    memset(roll->frame + roll->count, 0, (count - roll->count) * sizeof *roll->frame);
    roll->count = count;
    return RONDO_OK;
}

void rd_roll_clear(rd_roll *roll)
{
    roll->count = 0;
}

void rd_roll_free(rd_roll *roll)
{
    rd_free(roll->frame);
    *roll = (rd_roll){0};
}
