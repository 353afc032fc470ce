/* The functions behind the rows of losses.c. */
#ifndef RD_KINDS_OF_LOSS_H
#define RD_KINDS_OF_LOSS_H

#include "losses/loss.h"

size_t rd_loss_same_width(size_t target_width);
void rd_loss_count_symbols(const rd_loss_call *call);
void rd_loss_count_values(const rd_loss_call *call);
void rd_loss_count_any(const rd_loss_call *call);

/* logsumexp(z) - z_y, smoothed: the target is mixed with the uniform distribution. */
void rd_loss_softmax(const rd_loss_call *call);
/* Sum over K logits of max(z, 0) - z y + log(1 + exp(-|z|)); y is one symbol (one-hot) or K values; a NaN
 * adds nothing. */
void rd_loss_binary(const rd_loss_call *call);
/* Half the sum of squares over K outputs; a NaN adds nothing. */
void rd_loss_squared(const rd_loss_call *call);
double rd_loss_mean_squared(size_t width);

#endif
