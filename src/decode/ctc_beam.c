/* A prefix has two probabilities: of alignments that end with a blank, and with its last symbol. Each step
 * adds to those of the prefixes in the beam, and to those of all that are longer by one symbol; then the best
 * are kept. Prefixes are nodes of a tree, so that one that was dropped and comes back is the same as the
 * parent of a longer one that stayed. A node goes when it is neither in the beam nor the parent of another.
 */
#include "decode/ctc_beam.h"

#include "base/memory.h"
#include "base/size.h"
#include "decode/ctc_greedy.h"

#include <math.h>
#include <string.h>

enum { NONE = -1 };
static const double nowhere = -1e30; /* log of a probability that stands for 0 */

typedef struct node {
    size_t parent, child, sibling; /* SIZE_MAX: none; root and free nodes have no parent; a free node's
                                      sibling is the next free one */
    size_t place;                  /* in the beam, or SIZE_MAX */
    size_t state;                  /* of the language model */
    int32_t symbol;
} node;

/* A prefix in the beam, or one that might come into it. */
typedef struct prefix {
    size_t node;         /* its own; of one that is longer by `symbol`, the shorter one's */
    int32_t symbol;      /* NONE: it is in the beam already */
    size_t order;        /* the lower one at ties */
    double blank, label; /* log probabilities */
    double total;        /* of both together */
    double extra;        /* what the language model added so far */
    double rank;
} prefix;

struct rd_ctc_beam {
    size_t steps, width, beam;
    node *node;
    size_t room, free_node;
    prefix *now, *next; /* [beam], `next` a heap with the worst on top while a step fills it */
    size_t live, filled;
    unsigned char *inside; /* [beam][width] 1: this extension is in the beam itself */
    double *chance;        /* [width] log probabilities of a step */
    int32_t *symbols;      /* [beam][steps] */
    const rd_ctc_language *language;
};

/* ---- memory ---- */

/* Every prefix of the beam could be a branch of its own; the new ones come before the old ones go. */
static int nodes_of(size_t steps, size_t beam, size_t *nodes)
{
    return rd_mul(steps, beam, nodes) && rd_add(*nodes, beam, nodes) && rd_add(*nodes, 1, nodes);
}

rondo_status rd_ctc_beam_new(size_t steps, size_t width, size_t beam, rd_ctc_beam **made, rondo_error *error)
{
    static const char *const what = "a beam search";
    rd_ctc_beam *b;
    size_t nodes, inside, symbols;
    *made = NULL;
    if (!nodes_of(steps, beam, &nodes) || !rd_mul(beam, width, &inside) || !rd_mul(beam, steps, &symbols))
        return rd_fail(error, RONDO_LIMIT, "a beam of %zu over %zu steps of %zu classes is too large", beam,
                       steps, width);
    RD_TRY(rd_alloc(1, sizeof *b, what, &b, error));
    *b = (rd_ctc_beam){.steps = steps, .width = width, .beam = beam, .room = nodes};
    rondo_status status = rd_alloc(nodes, sizeof *b->node, what, &b->node, error);
    if (status == RONDO_OK) status = rd_alloc(beam, sizeof *b->now, what, &b->now, error);
    if (status == RONDO_OK) status = rd_alloc(beam, sizeof *b->next, what, &b->next, error);
    if (status == RONDO_OK) status = rd_alloc(inside, 1, what, &b->inside, error);
    if (status == RONDO_OK) status = rd_alloc(width, sizeof *b->chance, what, &b->chance, error);
    if (status == RONDO_OK) status = rd_alloc(symbols, sizeof *b->symbols, what, &b->symbols, error);
    if (status != RONDO_OK) {
        rd_ctc_beam_free(b);
        return status;
    }
    *made = b;
    return RONDO_OK;
}

void rd_ctc_beam_free(rd_ctc_beam *beam)
{
    if (!beam) return;
    rd_free(beam->node);
    rd_free(beam->now);
    rd_free(beam->next);
    rd_free(beam->inside);
    rd_free(beam->chance);
    rd_free(beam->symbols);
    rd_free(beam);
}

/* ---- the tree ---- */

/* Nodes from `filled` on were never used; those that were and are free hang on free_node. */
static size_t take_node(rd_ctc_beam *b)
{
    const size_t fresh = b->free_node;
    if (fresh == SIZE_MAX) return b->filled++;
    b->free_node = b->node[fresh].sibling;
    return fresh;
}

static size_t child_of(const rd_ctc_beam *b, size_t parent, int32_t symbol)
{
    size_t at = b->node[parent].child;
    while (at != SIZE_MAX && b->node[at].symbol != symbol)
        at = b->node[at].sibling;
    return at;
}

static rondo_status grow(rd_ctc_beam *b, size_t parent, int32_t symbol, size_t *made, rondo_error *error)
{
    const rd_ctc_language *l = b->language;
    size_t state = 0;
    *made = child_of(b, parent, symbol);
    if (*made != SIZE_MAX) return RONDO_OK;
    if (l) RD_TRY(l->next(l->user, b->node[parent].state, symbol, &state, error));
    *made = take_node(b);
    b->node[*made] = (node){.parent = parent,
                            .child = SIZE_MAX,
                            .sibling = b->node[parent].child,
                            .place = SIZE_MAX,
                            .state = state,
                            .symbol = symbol};
    b->node[parent].child = *made;
    return RONDO_OK;
}

/* Takes away the node, unless it is gone, and those above it that nothing needs then. The root (0) stays. */
static void prune(rd_ctc_beam *b, size_t at)
{
    while (b->node[at].parent != SIZE_MAX && b->node[at].place == SIZE_MAX && b->node[at].child == SIZE_MAX) {
        const size_t parent = b->node[at].parent;
        size_t *link = &b->node[parent].child;
        while (*link != at)
            link = &b->node[*link].sibling;
        *link = b->node[at].sibling;
        if (b->language && b->language->release) b->language->release(b->language->user, b->node[at].state);
        b->node[at].parent = SIZE_MAX;
        b->node[at].sibling = b->free_node;
        b->free_node = at;
        at = parent;
    }
}

static void begin(rd_ctc_beam *b)
{
    b->free_node = SIZE_MAX;
    b->filled = 1;
    b->live = 1;
    b->node[0] = (node){.parent = SIZE_MAX,
                        .child = SIZE_MAX,
                        .sibling = SIZE_MAX,
                        .state = b->language ? b->language->start : 0,
                        .symbol = NONE};
    b->now[0] = (prefix){.symbol = NONE, .label = nowhere};
}

/* ---- one step ---- */

static double log_add(double a, double b)
{
    const double top = a > b ? a : b, low = a > b ? b : a;
    return low - top > -40 ? top + log1p(exp(low - top)) : top;
}

/* 1 when a stands before b. */
static int before(const prefix *a, const prefix *b)
{
    return a->rank > b->rank || (!(b->rank > a->rank) && a->order < b->order);
}

static void swap(prefix *a, prefix *b)
{
    const prefix kept = *a;
    *a = *b;
    *b = kept;
}

/* heap[at] may stand before its children: moves it down until it stands after both. */
static void sift(prefix *heap, size_t at, size_t count)
{
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && before(&heap[child], &heap[child + 1])) child++;
        if (!before(&heap[at], &heap[child])) return;
        swap(&heap[at], &heap[child]);
    }
}

/* Falling: the worst goes to the end of what is left, again and again. */
static void sort(prefix *heap, size_t count)
{
    for (size_t at = count / 2; at-- > 0;)
        sift(heap, at, count);
    for (size_t end = count; end-- > 1;) {
        swap(&heap[0], &heap[end]);
        sift(heap, 0, end);
    }
}

static void offer(rd_ctc_beam *b, size_t *count, prefix p)
{
    p.total = log_add(p.blank, p.label);
    p.rank = p.total + p.extra;
    if (*count < b->beam) {
        b->next[(*count)++] = p;
        for (size_t at = *count - 1; at > 0 && before(&b->next[(at - 1) / 2], &b->next[at]);
             at = (at - 1) / 2)
            swap(&b->next[at], &b->next[(at - 1) / 2]);
    } else if (before(&p, &b->next[0])) {
        b->next[0] = p;
        sift(b->next, 0, *count);
    }
}

/* Log probability that prefix p goes on with the symbol: an equal one needs a blank between. */
static double going_on(const rd_ctc_beam *b, const prefix *p, int32_t symbol)
{
    return (b->node[p->node].symbol == symbol ? p->blank : p->total) + b->chance[symbol + 1];
}

static void offer_same(rd_ctc_beam *b, size_t place, size_t *count)
{
    const prefix *p = &b->now[place];
    const node *own = &b->node[p->node];
    prefix same = *p;
    same.order = place * b->width;
    same.blank = p->total + b->chance[0];
    if (own->symbol != NONE) {
        same.label = p->label + b->chance[own->symbol + 1];
        const size_t shorter = b->node[own->parent].place;
        if (shorter != SIZE_MAX) same.label = log_add(same.label, going_on(b, &b->now[shorter], own->symbol));
    }
    offer(b, count, same);
}

static void offer_longer(rd_ctc_beam *b, size_t place, size_t *count)
{
    const prefix *p = &b->now[place];
    const rd_ctc_language *l = b->language;
    for (size_t k = 1; k < b->width; k++) {
        const int32_t symbol = (int32_t)k - 1;
        prefix longer = {.node = p->node, .symbol = symbol, .order = place * b->width + k, .blank = nowhere};
        longer.label = going_on(b, p, symbol);
        if (b->inside[place * b->width + k] || longer.label < nowhere / 2) continue;
        longer.extra = p->extra;
        if (l) longer.extra += l->weight * l->score(l->user, b->node[p->node].state, symbol) + l->bonus;
        offer(b, count, longer);
    }
}

static void mark_inside(rd_ctc_beam *b)
{
    memset(b->inside, 0, b->live * b->width);
    for (size_t i = 0; i < b->live; i++) {
        const node *own = &b->node[b->now[i].node];
        const size_t shorter = own->symbol == NONE ? SIZE_MAX : b->node[own->parent].place;
        if (shorter != SIZE_MAX) b->inside[shorter * b->width + (size_t)own->symbol + 1] = 1;
    }
}

/* The prefixes in `next` become the beam. */
static rondo_status settle(rd_ctc_beam *b, size_t count, rondo_error *error)
{
    prefix *old = b->now;
    const size_t gone = b->live;
    sort(b->next, count);
    for (size_t i = 0; i < count; i++) {
        prefix *p = &b->next[i];
        const rondo_status status =
            p->symbol == NONE ? RONDO_OK : grow(b, p->node, p->symbol, &p->node, error);
        p->symbol = NONE;
        if (status == RONDO_OK) continue;
        while (i-- > 0)
            prune(b, b->next[i].node);
        return status;
    }
    for (size_t i = 0; i < gone; i++)
        b->node[old[i].node].place = SIZE_MAX;
    for (size_t i = 0; i < count; i++)
        b->node[b->next[i].node].place = i;
    for (size_t i = 0; i < gone; i++)
        prune(b, old[i].node);
    b->now = b->next;
    b->next = old;
    b->live = count;
    return RONDO_OK;
}

static rondo_status step(rd_ctc_beam *b, const rd_real *logits, rondo_error *error)
{
    size_t count = 0;
    rd_log_softmax(b->width, logits, b->chance);
    mark_inside(b);
    for (size_t i = 0; i < b->live; i++) {
        offer_same(b, i, &count);
        offer_longer(b, i, &count);
    }
    return settle(b, count, error);
}

/* ---- results ---- */

static void finish(rd_ctc_beam *b)
{
    const rd_ctc_language *l = b->language;
    for (size_t i = 0; i < b->live; i++) {
        prefix *p = &b->now[i];
        p->order = i;
        if (l && l->end >= 0) p->extra += l->weight * l->score(l->user, b->node[p->node].state, l->end);
        p->rank = p->total + p->extra;
    }
    sort(b->now, b->live);
}

static void read_out(const rd_ctc_beam *b, size_t place, rd_ctc_found *found)
{
    const prefix *p = &b->now[place];
    int32_t *end = b->symbols + (place + 1) * b->steps, *at = end;
    for (size_t n = p->node; n != 0; n = b->node[n].parent)
        *--at = b->node[n].symbol;
    *found =
        (rd_ctc_found){.symbols = at, .length = (size_t)(end - at), .rank = p->rank, .log_prob = p->total};
}

/* Gives back the states that are left. */
static void give_back(rd_ctc_beam *b)
{
    for (size_t i = 0; i < b->live; i++)
        b->node[b->now[i].node].place = SIZE_MAX;
    for (size_t i = 0; i < b->live; i++)
        prune(b, b->now[i].node);
}

rondo_status rd_ctc_beam_run(rd_ctc_beam *beam, const rd_outputs *outputs, const rd_ctc_language *language,
                             size_t best, rd_ctc_found *found, size_t *count, rondo_error *error)
{
    rd_ctc_beam *b = beam;
    rondo_status status = RONDO_OK;
    b->language = language;
    *count = 0;
    begin(b);
    for (size_t t = 0; t < outputs->steps && status == RONDO_OK; t++)
        status = step(b, rd_output_at(outputs, t), error);
    if (status == RONDO_OK) {
        finish(b);
        for (; *count < rd_size_min(best, b->live); ++*count)
            read_out(b, *count, &found[*count]);
    }
    give_back(b);
    return status;
}
