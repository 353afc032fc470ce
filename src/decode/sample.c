/* Temperature first, then the cut to the likeliest, then one uniform number along what is left. */
#include "decode/sample.h"

#include "base/numeric.h"

typedef struct candidates {
    double *weight; /* [classes] exp((z - max) / T); 0: impossible */
    double *order;  /* [count] indices, likeliest first once sorted */
    size_t count;
} candidates;

static size_t likeliest(const rd_real *logits, size_t classes, size_t excluded)
{
    size_t best = SIZE_MAX;
    for (size_t k = 0; k < classes; k++)
        if (k != excluded && logits[k] == logits[k] && (best == SIZE_MAX || logits[k] > logits[best]))
            best = k;
    return best != SIZE_MAX ? best : excluded == 0 && classes > 1 ? 1 : 0;
}

/* ---- heapsort: no memory, no worst case -----------------------------------------------------------------
 */

/* 1 when candidate a comes after b: less likely, or as likely with a higher index. */
static int after(const candidates *c, size_t a, size_t b)
{
    double wa = c->weight[(size_t)c->order[a]], wb = c->weight[(size_t)c->order[b]];
    return wa < wb || (!(wa > wb) && c->order[a] > c->order[b]);
}

static void swap(candidates *c, size_t a, size_t b)
{
    double kept = c->order[a];
    c->order[a] = c->order[b];
    c->order[b] = kept;
}

static void sift(candidates *c, size_t root, size_t end)
{
    for (size_t child; (child = 2 * root + 1) < end; root = child) {
        if (child + 1 < end && after(c, child + 1, child)) child++;
        if (!after(c, child, root)) return;
        swap(c, child, root);
    }
}

static void sort(candidates *c)
{
    for (size_t root = c->count / 2; root-- > 0;)
        sift(c, root, c->count);
    for (size_t end = c->count; end-- > 1;) {
        swap(c, 0, end);
        sift(c, 0, end);
    }
}

/* ---- cutting and drawing --------------------------------------------------------------------------------
 */

static double mass_of(const candidates *c)
{
    double sum = 0;
    for (size_t i = 0; i < c->count; i++)
        sum += c->weight[(size_t)c->order[i]];
    return sum;
}

/* The smallest set of the likeliest whose mass is at least p of the whole. */
static void cut_mass(candidates *c, double p)
{
    double wanted = p * mass_of(c), sum = 0;
    size_t kept = 0;
    while (kept < c->count && (kept == 0 || sum < wanted))
        sum += c->weight[(size_t)c->order[kept++]];
    c->count = kept;
}

static size_t draw(const candidates *c, double uniform)
{
    double at = uniform * mass_of(c), sum = 0;
    for (size_t i = 0; i < c->count; i++) {
        sum += c->weight[(size_t)c->order[i]];
        if (at < sum) return (size_t)c->order[i];
    }
    for (size_t i = c->count; i-- > 0;) /* rounding went past the end */
        if (c->weight[(size_t)c->order[i]] > 0) return (size_t)c->order[i];
    return (size_t)c->order[0];
}

size_t rd_sample(const rd_real *logits, size_t classes, const rondo_sampling *sampling, size_t excluded,
                 rd_key key, uint64_t counter, double *work)
{
    candidates c = {.weight = work, .order = work + classes};
    size_t best = likeliest(logits, classes, excluded);
    double most = (double)logits[best];
    if (!(sampling->temperature > 0) || !(most - most == 0)) /* T = 0, or nothing finite to compare with */
        return best;
    for (size_t k = 0; k < classes; k++) {
        double z = (double)logits[k];
        work[k] = z == z && k != excluded ? rd_exp64((z - most) / sampling->temperature) : 0;
        if (work[k] > 0) c.order[c.count++] = (double)k;
    }
    if ((sampling->top_k > 0 && sampling->top_k < c.count) || sampling->top_p < 1) sort(&c);
    if (sampling->top_k > 0 && sampling->top_k < c.count) c.count = sampling->top_k;
    if (sampling->top_p < 1) cut_mass(&c, sampling->top_p);
    return draw(&c, rd_random_uniform(key, counter));
}
