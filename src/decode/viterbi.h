/* The best paths through a linear-chain conditional random field (equations.md section 11). */
#ifndef RD_VITERBI_H
#define RD_VITERBI_H

#include "decode/outputs.h"
#include "losses/loss.h"

typedef struct rd_viterbi rd_viterbi;
/* For sequences of up to `steps` steps, this many classes, and up to `best` paths. RONDO_LIMIT when that is
 * more than memory holds. */
rondo_status rd_viterbi_new(size_t steps, size_t classes, size_t best, rd_viterbi **viterbi,
                            rondo_error *error);
void rd_viterbi_free(rd_viterbi *viterbi); /* NULL allowed */
/* The `best` paths with the highest scores (fewer when there are fewer), falling, at ties the one whose last
 * class that differs is lower; gives their number. path: [best][emissions->steps]; score: [best], start,
 * emissions, transitions and end added up in double, or NULL. An empty sequence has one path with score 0. */
size_t rd_viterbi_run(rd_viterbi *viterbi, const rd_crf *crf, const rd_outputs *emissions, int32_t *path,
                      double *score);

#endif
