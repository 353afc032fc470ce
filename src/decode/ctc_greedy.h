/* The likeliest class of each step, repeats merged and blanks dropped. */
#ifndef RD_CTC_GREEDY_H
#define RD_CTC_GREEDY_H

#include "decode/outputs.h"

#include <stdint.h>

/* Logits of `width` classes, 0 the blank, k + 1 symbol k; ties to the lower class. Writes the symbols, at
 * most outputs->steps, and gives their number; *score, unless NULL, is the log probability of the path. */
size_t rd_ctc_greedy(const rd_outputs *outputs, size_t width, int32_t *symbols, double *score);
/* log p[k] = z[k] - logsumexp(z), in double. */
void rd_log_softmax(size_t width, const rd_real *z, double *p);

#endif
