/* Viterbi with lists: of every class at every step the best paths to it are kept, falling, each as the place
 * in the list of a class one step before. The lists of all classes before are merged by taking the best of
 * their heads. */
#include "decode/viterbi.h"

#include "base/memory.h"
#include "base/size.h"

struct rd_viterbi {
    size_t steps, classes, best;
    double *score[2]; /* [classes][best] of this step and of the one before */
    size_t *found[2]; /* [classes] entries of each list */
    size_t *head;     /* [classes] entries taken so far of each list */
    uint32_t *back;   /* [steps][classes][best] class before * best + place in its list */
};

rondo_status rd_viterbi_new(size_t steps, size_t classes, size_t best, rd_viterbi **viterbi,
                            rondo_error *error)
{
    static const char *const what = "the best paths of a sequence";
    rd_viterbi *v;
    size_t entries, all;
    *viterbi = NULL;
    if (!rd_mul(classes, best, &entries) || entries > UINT32_MAX || !rd_mul(entries, steps, &all))
        return rd_fail(error, RONDO_LIMIT, "%zu best paths of %zu steps with %zu classes are too many", best,
                       steps, classes);
    RD_TRY(rd_alloc(1, sizeof *v, what, &v, error));
    *v = (rd_viterbi){.steps = steps, .classes = classes, .best = best};
    rondo_status status = RONDO_OK;
    for (int k = 0; k < 2 && status == RONDO_OK; k++) {
        status = rd_alloc(entries, sizeof *v->score[k], what, &v->score[k], error);
        if (status == RONDO_OK) status = rd_alloc(classes, sizeof *v->found[k], what, &v->found[k], error);
    }
    if (status == RONDO_OK) status = rd_alloc(classes, sizeof *v->head, what, &v->head, error);
    if (status == RONDO_OK) status = rd_alloc(all, sizeof *v->back, what, &v->back, error);
    if (status != RONDO_OK) {
        rd_viterbi_free(v);
        return status;
    }
    *viterbi = v;
    return RONDO_OK;
}

void rd_viterbi_free(rd_viterbi *viterbi)
{
    if (!viterbi) return;
    for (int k = 0; k < 2; k++) {
        rd_free(viterbi->score[k]);
        rd_free(viterbi->found[k]);
    }
    rd_free(viterbi->head);
    rd_free(viterbi->back);
    rd_free(viterbi);
}

/* The class whose next entry, with its step to somewhere, is the best; the lower one at ties. SIZE_MAX: all
 * lists are at their ends. step[i * stride] is the score from class i. */
static size_t best_head(const rd_viterbi *v, const double *score, const size_t *found, const rd_real *step,
                        size_t stride, double *top)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < v->classes; i++) {
        if (v->head[i] == found[i]) continue;
        const double at = score[i * v->best + v->head[i]] + (double)step[i * stride];
        if (best != SIZE_MAX && !(at > *top)) continue;
        best = i;
        *top = at;
    }
    return best;
}

/* Merges the lists of one step, each entry with `step` added, into one list; gives its length. */
static size_t merge(rd_viterbi *v, const double *score, const size_t *found, const rd_real *step,
                    size_t stride, double *to, uint32_t *back)
{
    size_t n = 0;
    for (size_t i = 0; i < v->classes; i++)
        v->head[i] = 0;
    for (; n < v->best; n++) {
        double top = 0;
        const size_t i = best_head(v, score, found, step, stride, &top);
        if (i == SIZE_MAX) break;
        to[n] = top;
        back[n] = (uint32_t)(i * v->best + v->head[i]++);
    }
    return n;
}

static void walk(rd_viterbi *v, const rd_crf *crf, const rd_outputs *emissions)
{
    const size_t k = v->classes, n = v->best;
    for (size_t j = 0; j < k; j++) {
        v->score[0][j * n] = (double)crf->start[j] + (double)rd_output_at(emissions, 0)[j];
        v->found[0][j] = 1;
    }
    for (size_t t = 1; t < emissions->steps; t++) {
        double *to = v->score[t % 2];
        for (size_t j = 0; j < k; j++) {
            v->found[t % 2][j] = merge(v, v->score[(t - 1) % 2], v->found[(t - 1) % 2], crf->transitions + j,
                                       k, to + j * n, v->back + (t * k + j) * n);
            for (size_t r = 0; r < v->found[t % 2][j]; r++)
                to[j * n + r] += (double)rd_output_at(emissions, t)[j];
        }
    }
}

size_t rd_viterbi_run(rd_viterbi *viterbi, const rd_crf *crf, const rd_outputs *emissions, int32_t *path,
                      double *score)
{
    rd_viterbi *v = viterbi;
    const size_t steps = emissions->steps, last = (steps - 1) % 2, n = v->best, k = v->classes;
    if (steps == 0) {
        if (score) score[0] = 0;
        return 1;
    }
    walk(v, crf, emissions);
    double *to = v->score[1 - last];
    uint32_t *ends = v->back; /* step 0 has no step before: its place holds the ends */
    const size_t found = merge(v, v->score[last], v->found[last], crf->end, 1, to, ends);
    for (size_t r = 0; r < found; r++) {
        size_t at = ends[r];
        if (score) score[r] = to[r];
        for (size_t t = steps; t-- > 0;) {
            path[r * steps + t] = (int32_t)(at / n);
            if (t > 0) at = v->back[(t * k + at / n) * n + at % n];
        }
    }
    return found;
}
