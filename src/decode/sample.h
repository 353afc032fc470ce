/* Drawing one symbol from logits (equations.md section 11). */
#ifndef RD_SAMPLE_H
#define RD_SAMPLE_H

#include "base/rng.h"

/* Numbers of work that rd_sample needs for so many classes. */
#define RD_SAMPLE_WORK(classes) (2 * (classes))

/* Draws from p ~ exp(z / T), of which only the top_k likeliest (0: all) and of these the smallest set with
 * mass top_p stay; T = 0 gives the likeliest, ties the lower index. `excluded` is never drawn (SIZE_MAX:
 * none). The number drawn is counter `counter` of `key`. In double, with our own exp: the same on every
 * machine. A logit that is not a number counts as impossible; when nothing is possible the lowest index that
 * is not excluded comes back. */
size_t rd_sample(const rd_real *logits, size_t classes, const rondo_sampling *sampling, size_t excluded,
                 rd_key key, uint64_t counter, double *work);

#endif
