/* The learning rate as a function of steps, epochs and how often validation got worse. A value: copied, owns
 * nothing. */
#ifndef RD_SCHEDULE_H
#define RD_SCHEDULE_H

#include "base/text.h"
#include "options/options.h"

typedef enum rd_schedule_kind {
    RD_SCHEDULE_CONST = 0,
    RD_SCHEDULE_STEP,    /* times gamma every `every` epochs from epoch `from` on */
    RD_SCHEDULE_PLATEAU, /* a quarter each time validation does not improve */
    RD_SCHEDULE_COSINE,  /* down to 0 over `total` steps, along a half cosine */
    RD_SCHEDULE_LINEAR   /* down to 0 over `total` steps, along a line */
} rd_schedule_kind;

typedef struct rd_schedule {
    rd_schedule_kind kind;
    double rate, gamma;
    uint64_t every, from;   /* epochs */
    uint64_t warmup, total; /* steps; total 0: no end is known, and cosine and linear stay constant */
    uint64_t drops;         /* the only part that changes: plateaus met so far */
} rd_schedule;

/* batches: steps of an epoch; total: steps the budget allows, 0 when only time ends the run. */
void rd_schedule_init(rd_schedule *schedule, const rondo_options *options, uint64_t batches, uint64_t total);
/* The rate of step `step` (0 is the first) in epoch `epoch` (0 is the first). */
double rd_schedule_at(const rd_schedule *schedule, uint64_t step, uint64_t epoch);
/* Says how an evaluation went; only plateau listens. */
void rd_schedule_evaluated(rd_schedule *schedule, int improved);

/* The state as one "name = value" line, and back: 1 when the pair was ours and good. */
void rd_schedule_write(const rd_schedule *schedule, rd_text *text);
int rd_schedule_read(rd_schedule *schedule, const rd_pair *pair);

#endif
