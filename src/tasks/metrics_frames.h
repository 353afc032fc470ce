/* Music as rolls of keys: how many of the keys that sound are found. */
#ifndef RD_METRICS_FRAMES_H
#define RD_METRICS_FRAMES_H

#include "base/real.h"

#include <stddef.h>
#include <stdint.h>

typedef struct rd_frame_counts { /* keys, over all frames; start with zeros */
    uint64_t hit, added, missed; /* sounding and found; found without sounding; sounding and not found */
} rd_frame_counts;

/* scores, truth: [rows] of `width` numbers, rows `stride` and `width` apart. A key is found where its score
 * (the logit) is above 0, that is likelier than not; it sounds where the truth is above 1/2. */
void rd_frames_add(rd_frame_counts *counts, const rd_real *scores, size_t stride, const rd_real *truth,
                   size_t rows, size_t width);
/* Bay, Ehmann and Downie 2009: TP / (TP + FP + FN); 1 when nothing sounds and nothing is found. */
double rd_frames_accuracy(const rd_frame_counts *counts);

#endif
