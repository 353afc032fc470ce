/* A language model of ours beside a CTC search: prefixes have states of it. */
#ifndef RD_LANGUAGE_H
#define RD_LANGUAGE_H

#include "decode/ctc_beam.h"
#include "model/model.h"

typedef struct rd_language rd_language;
/* `model`, of task lm, is lent; `symbols` are those that the search is over. Symbols are found by their texts; what the
 * language model does not know is its unknown symbol. BAD_MODEL when it is no language model. */
rondo_status rd_language_new(const rondo_model *model, const rd_symbols *symbols, rd_language **language, rondo_error *error);
void rd_language_free(rd_language *language); /* NULL allowed */
/* What rd_ctc_beam_run asks; valid as long as the language model, its states too. */
rd_ctc_language rd_language_for_search(rd_language *language, double weight, double bonus);

#endif
