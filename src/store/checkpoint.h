/* The run folder: checkpoints that hold everything a run needs to go on with the same bits (reliability.md section 3).
 *
 *   RUN/step-000000000512.safetensors    two generations or more; the newest sound one is taken
 *   RUN/best.safetensors                 the best model so far, a plain model file
 *   RUN/options                          what `train --resume RUN` needs, as "name = value" lines
 *   RUN/metrics.jsonl, events.out…       the log
 *   RUN/space                            no bytes: keeps room for the final model while the run goes on
 *   RUN/lock                             one process at a time */
#ifndef RD_CHECKPOINT_H
#define RD_CHECKPOINT_H

#include "base/text.h"
#include "formats/bundle.h"
#include "model/model.h"

/* Saves as RUN/step-N.safetensors, then removes all but the `keep` newest that read back sound. */
rondo_status rd_checkpoint_save(const char *run, uint64_t step, const rd_bundle *bundle, size_t keep, rondo_error *error);
/* The newest sound checkpoint of RUN, ordered by the step inside the files. Damaged ones are passed over (told in
 * *warning, one line each) unless `strict`, which refuses. *path (rd_free) names the one taken. When all are damaged it
 * is RONDO_BAD_MODEL (RONDO_SYSTEM if one could not be read), when none was saved yet RONDO_NO. Damaged files are renamed
 * to NAME.damaged. Temporaries of processes that are gone are removed. */
rondo_status rd_checkpoint_load(const char *run, int strict, rd_bundle **bundle, char **path, rd_text *warning,
                                rondo_error *error);
/* Keeps the space of the final model in RUN/space, so that hours of training do not end without room for it. */
rondo_status rd_checkpoint_reserve(const char *run, const rondo_model *model, rondo_error *error);
void rd_checkpoint_release(const char *run);
/* 1 if the folder holds a checkpoint file (sound or not). */
int rd_checkpoint_exists(const char *run);

#endif
