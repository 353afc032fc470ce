/* The functions behind the rows of losses.c. */
#ifndef RD_KINDS_OF_LOSS_H
#define RD_KINDS_OF_LOSS_H

#include "base/arena.h"
#include "losses/loss.h"

size_t rd_loss_same_width(size_t target_width, const rd_loss_settings *settings);
void rd_loss_count_symbols(const rd_loss_call *call);
void rd_loss_count_values(const rd_loss_call *call);
void rd_loss_count_any(const rd_loss_call *call);
/* Reports give the mean over the numbers of a row: 2/width where K numbers make the width 2K, or where the
 * loss is half a square; 1/width where each output is a number. */
double rd_loss_mean_of_pairs(size_t width);
double rd_loss_mean_of_each(size_t width);

/* logsumexp(z) - z_y, smoothed: the target is mixed with the uniform distribution. */
void rd_loss_softmax(const rd_loss_call *call);
/* Sum over K logits of max(z, 0) - z y + log(1 + exp(-|z|)); y is one symbol (one-hot) or K values; a NaN
 * adds nothing. */
void rd_loss_binary(const rd_loss_call *call);
/* Half the sum of squares over K outputs; a NaN adds nothing. */
void rd_loss_squared(const rd_loss_call *call);

/* Outputs of these two stand target by target, all of the first before those of the second; a NaN adds
 * nothing. */
/* Mean m and s = log variance: half the sum over K of s + (y - m)^2 e^-s + log 2 pi. */
void rd_loss_gaussian(const rd_loss_call *call);
size_t rd_loss_gaussian_width(size_t target_width, const rd_loss_settings *settings);
/* The sum over K targets and their quantiles q of max(q (y - z), (q - 1) (y - z)), the pinball loss. */
void rd_loss_quantile(const rd_loss_call *call);
size_t rd_loss_quantile_width(size_t target_width, const rd_loss_settings *settings);

/* Sequences. ctc: class 0 is the blank, class k + 1 symbol k. */
extern const rd_sequence_ops rd_loss_ctc, rd_loss_crf;
size_t rd_loss_ctc_width(size_t target_width, const rd_loss_settings *settings);
/* Weight of the sequence at a place of the target pack: the mean of its rows' weights; 1 where there are
 * none. */
double rd_loss_sequence_weight(const rd_sequence_call *call, size_t place);
/* One walk for sizes and places: adds the piece to the plan, and gives its address when there is a base. */
void *rd_loss_take(unsigned char *base, rd_plan *plan, size_t count, size_t size);

#endif
