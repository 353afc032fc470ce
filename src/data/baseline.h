/* What counting alone reaches: the figure that stands beside the score of a language model. */
#ifndef RD_BASELINE_H
#define RD_BASELINE_H

#include "data/dataset.h"

enum { RD_BASELINE_MOST = 4 };

/* Negative log-likelihood per symbol of `data`, in nats, under counts of `train`: each symbol given the
 * `order` before it (0: unigram, 2: order-2 Markov, for words the interpolated trigram; at most 4),
 * interpolated down to the uniform distribution after Witten and Bell: p_k(w|c) = (n(c,w) + t(c) p_{k-1}(w))
 * / (n(c) + t(c)), with t(c) the number of different symbols seen after c. Lines begin afresh and end with
 * the end symbol, as in the loader. At most 4 million pairs an order are kept; those that come later are as
 * if unseen. Both must be text to be continued, of one vocabulary; conditions beside it are not looked at. */
rondo_status rd_baseline_lm(const rondo_data *train, const rondo_data *data, int order,
                            double *nats_per_token, rondo_error *error);

#endif
