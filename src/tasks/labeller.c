/* Rooms grow to the largest batch and the longest sequence and stay. */
#include "tasks/labeller.h"

#include "base/memory.h"

int32_t rd_likeliest(const rd_real *z, size_t classes)
{
    size_t best = 0;
    for (size_t k = 1; k < classes; k++)
        if (z[k] > z[best]) best = k;
    return (int32_t)best;
}

static rondo_status path_room(rd_labeller *l, size_t steps, size_t classes, rondo_error *error)
{
    if (l->viterbi && steps <= l->steps) return RONDO_OK;
    rd_viterbi_free(l->viterbi);
    l->viterbi = NULL;
    RD_TRY(rd_grow(&l->path, &l->path_room, steps + 1, sizeof *l->path, "the best path", error));
    l->steps = steps;
    return rd_viterbi_new(steps, classes, 1, &l->viterbi, error);
}

static rondo_status best_paths(rd_labeller *l, const rd_crf *crf, const rondo_view *output, const rondo_pack *pack,
                               rondo_error *error)
{
    RD_TRY(path_room(l, pack->steps, crf->classes, error));
    for (size_t place = 0; place < pack->sequences; place++) {
        const size_t steps = pack->length[pack->order[place]];
        const rd_outputs emissions = {output->data, output->stride, steps, pack->offset, place};
        rd_viterbi_run(l->viterbi, crf, &emissions, l->path, NULL);
        for (size_t t = 0; t < steps; t++)
            l->label[pack->offset[t] + place] = l->path[t];
    }
    return RONDO_OK;
}

rondo_status rd_labeller_run(rd_labeller *labeller, const rondo_model *model, const rondo_view *output, const rondo_pack *pack,
                             rondo_error *error)
{
    rd_crf crf;
    RD_TRY(rd_grow(&labeller->label, &labeller->label_room, pack->rows + 1, sizeof *labeller->label, "labels", error));
    labeller->by_path = rd_model_crf(model, &crf);
    if (labeller->by_path) return best_paths(labeller, &crf, output, pack, error);
    for (size_t r = 0; r < pack->rows; r++)
        labeller->label[r] = rd_likeliest((const rd_real *)output->data + r * output->stride, output->shape[1]);
    return RONDO_OK;
}

void rd_labeller_free(rd_labeller *labeller)
{
    rd_viterbi_free(labeller->viterbi);
    rd_free(labeller->label);
    rd_free(labeller->path);
    *labeller = (rd_labeller){0};
}
