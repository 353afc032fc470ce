/* From what a network gives at every step to a label a step: the likeliest of each, or, where the loss is a conditional
 * random field, the best path. */
#ifndef RD_LABELLER_H
#define RD_LABELLER_H

#include "decode/viterbi.h"
#include "model/model.h"

/* Start with zeros. */
typedef struct rd_labeller {
    int32_t *label; /* [rows] owned; of the output last given, packed as it is */
    size_t label_room;
    rd_viterbi *viterbi; /* owned; for sequences of up to `steps` steps */
    int32_t *path;       /* [steps] owned */
    size_t steps, path_room;
    int by_path;         /* 1: the labels are of a path, so a step alone has no probability */
} rd_labeller;

/* Fills label[] of an output ([pack->rows][classes]) of the model. */
rondo_status rd_labeller_run(rd_labeller *labeller, const rondo_model *model, const rondo_view *output, const rondo_pack *pack,
                             rondo_error *error);
void rd_labeller_free(rd_labeller *labeller);

/* The class of the largest number; ties to the lower index. */
int32_t rd_likeliest(const rd_real *z, size_t classes);

#endif
