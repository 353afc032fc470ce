/* The curves of a run, read from its log into a fixed number of numbers, however long the log is. */
#ifndef RD_CURVES_H
#define RD_CURVES_H

#include "draw/chart.h"

enum { RD_CURVE_ROOM = 2048 };

/* Points in order of x. When the room is full, neighbours are joined in pairs; from then on each point stands
 * for `stride` of them, with their mean and bounds. */
typedef struct rd_curve {
    double x[RD_CURVE_ROOM], y[RD_CURVE_ROOM], low[RD_CURVE_ROOM], high[RD_CURVE_ROOM];
    uint32_t members[RD_CURVE_ROOM], finite[RD_CURVE_ROOM]; /* joined here; those of them that are numbers */
    size_t count;
    uint32_t stride;
} rd_curve;
/* A curve begins as zeros. A y that is not finite is counted, but is in no mean; alone it is NaN. */
void rd_curve_add(rd_curve *curve, double x, double y);

typedef enum rd_curve_name {
    RD_CURVE_TRAIN = 0,
    RD_CURVE_VALID = 1,
    RD_CURVE_RATE = 2,
    RD_CURVE_NORM = 3,
    RD_CURVES = 4
} rd_curve_name;

typedef struct rd_run_curves {
    char name[64];      /* of the run, for a legend */
    char loss_unit[32]; /* "nats" unless the log says another */
    rd_curve curve[RD_CURVES];
    double best, best_step;    /* the lowest validation loss; NaN when there is none */
    double last_train;         /* smoothed over about 100 steps; NaN when there is none */
    uint64_t steps, nonfinite; /* of the last line; losses that were not numbers */
} rd_run_curves;

/* path: a run folder or a metrics.jsonl file. *curves is freed with rd_free. */
rondo_status rd_run_curves_read(const char *path, rd_run_curves **curves, rondo_error *error);

#endif
