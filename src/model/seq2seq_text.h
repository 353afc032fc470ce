/* Texts of networks that read two parts, from the flags. */
#ifndef RD_SEQ2SEQ_TEXT_H
#define RD_SEQ2SEQ_TEXT_H

#include "model/model.h"

/* An encoder over part x and a decoder over part "target", symbols as y has them, with attention as the flags say; each
 * level of the decoder starts from the states of the encoder's. Bidirectional unless --no-bidirectional. */
rondo_status rd_seq2seq_text(const rondo_options *options, const rondo_size *x, const rondo_size *y, rd_text *text,
                             rondo_error *error);
/* A language model of x, whose next symbols are part y, that knows part c, one symbol a sequence: beside each input, or
 * as the state that every level starts from (--condition-place). */
rondo_status rd_conditional_text(const rondo_options *options, const rondo_size *c, const rondo_size *x, rd_text *text,
                                 rondo_error *error);

#endif
