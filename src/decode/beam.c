/* A hypothesis in progress is a leaf of a tree of nodes, one a symbol; rows of a step point to their leaves.
 */
#include "decode/beam.h"

#include "base/clock.h"
#include "base/size.h"
#include "sequence/symbols.h"

#include <math.h>
#include <string.h>

enum { RATIO_EXTRA = 10 };
#define NO_NODE SIZE_MAX

typedef struct node {
    size_t before; /* the node of the symbol before, or NO_NODE */
    int32_t symbol;
    size_t aligned;
    size_t weights; /* where its attention begins in `weights` */
} node;

/* A continuation: symbol after row. */
typedef struct candidate {
    double logprob;
    size_t row;
    int32_t symbol;
} candidate;

typedef struct finished {
    size_t leaf;
    double logprob, score;
    int ended;
} finished;

/* What a sequence has so far. */
typedef struct search {
    size_t first, rows; /* its rows in the step at work */
    size_t candidates;  /* so many of its 2B places are filled */
    size_t finished;
    size_t limit; /* symbols at most */
    size_t told;  /* hypotheses after the search */
    int broken;   /* 1: a logit is not a number */
} search;

struct rd_beam {
    rd_beam_settings set;
    const rondo_model *model; /* lent */
    rd_incremental *steps;
    size_t sequences, rows, length; /* of the batch; live rows; symbols that each has */
    rondo_view logits;
    search *search;
    size_t search_room; /* [sequences] owned, as all that follow */
    candidate *candidate;
    size_t candidate_room; /* [sequences][2B] */
    finished *done;
    size_t done_room;                                                      /* [sequences][2B] */
    size_t *leaf, *from, *sequence, *leaf_next, *row_next, *sequence_next; /* [sequences * B] of rows */
    int32_t *symbol, *symbol_next;
    double *logprob, *logprob_next, *total; /* of rows; log Σ exp of their logits */
    size_t row_room;
    node *node;
    size_t nodes, node_room;
    rd_real *weights;
    size_t weight_count, weight_room;
    rd_hypothesis *told;
    size_t told_room; /* [sequences][best] */
    int32_t *symbols;
    size_t symbol_count, symbol_room;
    size_t *aligned;
    size_t aligned_room;
    rd_real *shown;
    size_t shown_count, shown_room;
};

/* ---- making ---- */

rondo_status rd_beam_new(const rondo_model *model, const rd_beam_settings *settings, rd_beam **beam,
                         rondo_error *error)
{
    rd_beam *b;
    *beam = NULL;
    if (settings->beam == 0 || settings->best == 0 ||
        (settings->max_length == 0 && !(settings->max_ratio > 0)))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "a beam of %zu for %zu answers, length %zu", settings->beam,
                       settings->best, settings->max_length);
    RD_TRY(rd_alloc(1, sizeof *b, "a beam search", &b, error));
    b->model = model;
    b->set = *settings;
    b->set.best = rd_size_min(settings->best, settings->beam);
    rondo_status status = rd_incremental_new(model, "target", &b->steps, error);
    if (status != RONDO_OK) {
        rd_beam_free(b);
        return status;
    }
    *beam = b;
    return RONDO_OK;
}

static void free_rows(rd_beam *b)
{
    size_t *const sizes[] = {b->leaf, b->from, b->sequence, b->leaf_next, b->row_next, b->sequence_next};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        rd_free(sizes[i]);
    rd_free(b->symbol), rd_free(b->symbol_next);
    rd_free(b->logprob), rd_free(b->logprob_next), rd_free(b->total);
    b->leaf = b->from = b->sequence = b->leaf_next = b->row_next = b->sequence_next = NULL;
    b->symbol = b->symbol_next = NULL;
    b->logprob = b->logprob_next = b->total = NULL;
    b->row_room = 0;
}

void rd_beam_free(rd_beam *b)
{
    if (!b) return;
    free_rows(b);
    rd_incremental_free(b->steps);
    rd_free(b->search), rd_free(b->candidate), rd_free(b->done), rd_free(b->node), rd_free(b->weights);
    rd_free(b->told), rd_free(b->symbols), rd_free(b->aligned), rd_free(b->shown);
    rd_free(b);
}

static rondo_status row_room(rd_beam *b, size_t rows, rondo_error *error)
{
    size_t **const sizes[] = {&b->leaf,      &b->from,     &b->sequence,
                              &b->leaf_next, &b->row_next, &b->sequence_next};
    double **const numbers[] = {&b->logprob, &b->logprob_next, &b->total};
    if (rows <= b->row_room) return RONDO_OK;
    free_rows(b);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        RD_TRY(rd_alloc(rows, sizeof(size_t), "a beam search", sizes[i], error));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        RD_TRY(rd_alloc(rows, sizeof(double), "a beam search", numbers[i], error));
    RD_TRY(rd_alloc(rows, sizeof *b->symbol, "a beam search", &b->symbol, error));
    RD_TRY(rd_alloc(rows, sizeof *b->symbol_next, "a beam search", &b->symbol_next, error));
    b->row_room = rows;
    return RONDO_OK;
}

/* ---- the beginning ---- */

static size_t limit_of(const rd_beam *b, size_t steps)
{
    double most = b->set.max_length > 0 ? (double)b->set.max_length : HUGE_VAL;
    if (b->set.max_ratio > 0) most = fmin(most, b->set.max_ratio * (double)steps + RATIO_EXTRA);
    return (size_t)fmin(most, 1e9);
}

static rondo_status begin(rd_beam *b, const rondo_batch *batch, rondo_error *error)
{
    const rd_part *x = rd_batch_part(batch, "x");
    const size_t sequences = batch->sequences, twice = 2 * b->set.beam;
    size_t rows, places;
    if (!x) return rd_fail(error, RONDO_BAD_ARGUMENT, "the batch has no part \"x\"");
    if (!rd_mul(sequences, b->set.beam, &rows) || !rd_mul(sequences, twice, &places))
        return rd_fail(error, RONDO_LIMIT, "a beam of %zu for %zu sequences is too wide", b->set.beam,
                       sequences);
    RD_TRY(rd_grow(&b->search, &b->search_room, sequences, sizeof *b->search, "a beam search", error));
    RD_TRY(rd_grow(&b->candidate, &b->candidate_room, places, sizeof *b->candidate, "a beam search", error));
    RD_TRY(rd_grow(&b->done, &b->done_room, places, sizeof *b->done, "a beam search", error));
    RD_TRY(row_room(b, rows, error));
    RD_TRY(rd_incremental_begin(b->steps, batch, rows, error));
    b->sequences = b->rows = sequences;
    b->length = b->nodes = b->weight_count = 0;
    for (size_t i = 0; i < sequences; i++) {
        b->search[i] = (search){.first = i, .rows = 1, .limit = limit_of(b, x->packed.pack.length[i])};
        b->leaf[i] = NO_NODE;
        b->from[i] = b->sequence[i] = i;
        b->symbol[i] = RD_SYMBOL_END;
        b->logprob[i] = 0;
    }
    return RONDO_OK;
}

/* ---- candidates of one sequence ---- */

/* 1 when a stands before b: likelier, or as likely and earlier. */
static int before(const candidate *a, const candidate *b)
{
    if (a->logprob > b->logprob || a->logprob < b->logprob) return a->logprob > b->logprob;
    return a->row < b->row || (a->row == b->row && a->symbol < b->symbol);
}

/* Keeps the 2B first, sorted. They come by row and symbol, so of equals the one that is there stays before.
 */
static void offer(candidate *list, size_t *count, size_t room, candidate c)
{
    size_t at = *count;
    if (at == room && !before(&c, &list[room - 1])) return;
    if (at < room) *count = at + 1;
    at = *count - 1;
    for (; at > 0 && before(&c, &list[at - 1]); at--)
        list[at] = list[at - 1];
    list[at] = c;
}

/* log Σ exp of a row of logits, by the kernel of the loss. */
static double total_of(const rd_beam *b, rd_real *z, size_t classes)
{
    const int32_t target = 0;
    double loss = 0;
    b->model->device->kernels.softmax(&(rd_softmax_args){
        .rows = 1, .classes = classes, .logits = z, .stride = classes, .target = &target, .loss = &loss});
    return loss + (double)z[0];
}

/* A logit below this is below the last candidate, however the sums were rounded. */
static double below(double logit)
{
    return logit - 1e-9 * (1 + fabs(logit));
}

static void rank(void *context, size_t chunk, size_t thread)
{
    rd_beam *b = context;
    search *s = &b->search[chunk];
    const size_t classes = b->logits.shape[1], room = 2 * b->set.beam;
    candidate *list = b->candidate + chunk * room;
    const uint64_t mode = rd_float_mode_flush();
    (void)thread;
    s->candidates = 0;
    for (size_t r = s->first; r < s->first + s->rows; r++) {
        rd_real *z = (rd_real *)b->logits.data + r * b->logits.stride;
        const double total = total_of(b, z, classes), shift = b->logprob[r] - total;
        s->broken |= !isfinite(total);
        double least = s->candidates == room ? below(list[room - 1].logprob - shift) : -HUGE_VAL;
        for (size_t k = 0; k < classes; k++) {
            if (!((double)z[k] >= least) || (int32_t)k == b->set.excluded) continue;
            offer(list, &s->candidates, room, (candidate){(double)z[k] + shift, r, (int32_t)k});
            if (s->candidates == room) least = below(list[room - 1].logprob - shift);
        }
    }
    rd_float_mode_restore(mode);
}

/* ---- what becomes of them ---- */

static double score_of(const rd_beam *b, double logprob, size_t symbols)
{
    return logprob / pow((double)rd_size_max(1, symbols), b->set.penalty);
}

/* Those that ended stand before those that were cut, then by score; of equals the earlier stays before. */
static void finish(rd_beam *b, size_t sequence, finished f)
{
    finished *list = b->done + sequence * 2 * b->set.beam;
    size_t at = b->search[sequence].finished++;
    for (; at > 0; at--) {
        const finished *other = &list[at - 1];
        if (f.ended == other->ended ? !(f.score > other->score) : other->ended) break;
        list[at] = *other;
    }
    list[at] = f;
}

/* The attention with which the symbols after this step's rows were chosen. */
static rondo_status add_node(rd_beam *b, size_t row, int32_t symbol, size_t *at, rondo_error *error)
{
    const rd_real *weights = rd_incremental_weights(b->steps, row);
    const size_t positions = weights ? rd_incremental_positions(b->steps, b->sequence[row]) : 0;
    RD_TRY(rd_grow(&b->node, &b->node_room, b->nodes + 1, sizeof *b->node, "a beam search", error));
    node n = {.before = b->leaf[row], .symbol = symbol, .weights = b->weight_count};
    for (size_t s = 1; s < positions; s++)
        if (weights[s] > weights[n.aligned]) n.aligned = s;
    if (b->set.keep_weights && positions > 0) {
        RD_TRY(rd_grow(&b->weights, &b->weight_room, b->weight_count + positions, sizeof *b->weights,
                       "a beam search", error));
        memcpy(b->weights + b->weight_count, weights, positions * sizeof *b->weights);
        b->weight_count += positions;
    }
    *at = b->nodes++;
    b->node[*at] = n;
    return RONDO_OK;
}

static rondo_status live_on(rd_beam *b, size_t sequence, const candidate *c, size_t at, rondo_error *error)
{
    RD_TRY(add_node(b, c->row, c->symbol, &b->leaf_next[at], error));
    b->row_next[at] = c->row;
    b->sequence_next[at] = sequence;
    b->symbol_next[at] = c->symbol;
    b->logprob_next[at] = c->logprob;
    return RONDO_OK;
}

/* Rows at their length that did not end. */
static void cut_rows(rd_beam *b, size_t sequence)
{
    const search *s = &b->search[sequence];
    const finished *list = b->done + sequence * 2 * b->set.beam;
    const size_t ended = s->finished;
    for (size_t r = s->first; r < s->first + s->rows; r++) {
        int known = 0;
        for (size_t k = 0; k < ended; k++)
            known |= list[k].leaf == b->leaf[r];
        if (!known)
            finish(b, sequence,
                   (finished){b->leaf[r], b->logprob[r], score_of(b, b->logprob[r], b->length), 0});
    }
}

/* Row `rows` of the next step on are those of this sequence, if it goes on. */
static rondo_status sort_out(rd_beam *b, size_t sequence, size_t *rows, rondo_error *error)
{
    search *s = &b->search[sequence];
    const candidate *list = b->candidate + sequence * 2 * b->set.beam;
    const size_t first = *rows, length = b->length + 1; /* of what is chosen now, an end included */
    size_t live = 0;
    for (size_t k = 0; k < s->candidates; k++) {
        if (list[k].symbol == RD_SYMBOL_END) {
            if (k < b->set.beam && s->finished < b->set.beam)
                finish(b, sequence,
                       (finished){b->leaf[list[k].row], list[k].logprob, score_of(b, list[k].logprob, length),
                                  1});
        } else if (live < b->set.beam && length <= s->limit) {
            RD_TRY(live_on(b, sequence, &list[k], first + live++, error));
        }
    }
    const int full = s->finished >= b->set.beam, cut = length > s->limit;
    if (cut && !full) cut_rows(b, sequence);
    s->first = first;
    s->rows = full || cut ? 0 : live;
    *rows = first + s->rows;
    return RONDO_OK;
}

static rondo_status not_a_number(const rd_beam *b, rondo_error *error)
{
    for (size_t i = 0; i < b->sequences; i++)
        if (b->search[i].broken)
            return rd_fail(error, RONDO_NUMBERS,
                           "sequence %zu: the model gives a probability that is not a number", i);
    return RONDO_OK;
}

#define SWAP(type, a, b)                                                                                     \
    do {                                                                                                     \
        type *kept = a;                                                                                      \
        (a) = b;                                                                                             \
        (b) = kept;                                                                                          \
    } while (0)

static rondo_status step(rd_beam *b, rondo_error *error)
{
    size_t rows = 0;
    RD_TRY(rd_incremental_step(
        b->steps,
        &(rd_incremental_rows){
            .rows = b->rows, .symbol = b->symbol, .sequence = b->sequence, .from = b->from},
        &b->logits, error));
    rd_pool_run(b->model->device->pool, rank, b, b->sequences);
    RD_TRY(not_a_number(b, error));
    for (size_t i = 0; i < b->sequences; i++)
        if (b->search[i].rows > 0) RD_TRY(sort_out(b, i, &rows, error));
    SWAP(size_t, b->leaf, b->leaf_next);
    SWAP(size_t, b->from, b->row_next);
    SWAP(size_t, b->sequence, b->sequence_next);
    SWAP(int32_t, b->symbol, b->symbol_next);
    SWAP(double, b->logprob, b->logprob_next);
    b->rows = rows;
    b->length++;
    return RONDO_OK;
}

/* ---- what is told ---- */

static size_t symbols_of(const rd_beam *b, size_t leaf)
{
    size_t count = 0;
    for (; leaf != NO_NODE; leaf = b->node[leaf].before)
        count++;
    return count;
}

/* Room for all symbols first, so that what is told stays where it is. */
static rondo_status tell_room(rd_beam *b, rondo_error *error)
{
    size_t symbols = 0, weights = 0;
    for (size_t i = 0; i < b->sequences; i++) {
        search *s = &b->search[i];
        s->told = rd_size_min(s->finished, b->set.best);
        for (size_t k = 0; k < s->told; k++) {
            const size_t count = symbols_of(b, b->done[i * 2 * b->set.beam + k].leaf);
            symbols += count;
            weights += count * rd_incremental_positions(b->steps, i);
        }
    }
    RD_TRY(rd_grow(&b->told, &b->told_room, b->sequences * b->set.best, sizeof *b->told, "a beam search",
                   error));
    RD_TRY(rd_grow(&b->symbols, &b->symbol_room, symbols, sizeof *b->symbols, "a beam search", error));
    RD_TRY(rd_grow(&b->aligned, &b->aligned_room, symbols, sizeof *b->aligned, "a beam search", error));
    if (!b->set.keep_weights) return RONDO_OK;
    return rd_grow(&b->shown, &b->shown_room, weights, sizeof *b->shown, "a beam search", error);
}

static void tell_one(rd_beam *b, size_t sequence, const finished *f, rd_hypothesis *h)
{
    const size_t count = symbols_of(b, f->leaf), positions = rd_incremental_positions(b->steps, sequence);
    const int looks = rd_incremental_weights(b->steps, 0) != NULL;
    int32_t *symbols = b->symbols + b->symbol_count;
    size_t *aligned = b->aligned + b->symbol_count, at = f->leaf;
    rd_real *shown = b->set.keep_weights ? b->shown + b->shown_count : NULL;
    for (size_t k = count; k-- > 0; at = b->node[at].before) {
        symbols[k] = b->node[at].symbol;
        aligned[k] = b->node[at].aligned;
        if (shown && positions > 0)
            memcpy(shown + k * positions, b->weights + b->node[at].weights, positions * sizeof *shown);
    }
    *h = (rd_hypothesis){.symbols = symbols,
                         .count = count,
                         .ended = f->ended,
                         .logprob = f->logprob,
                         .score = f->score,
                         .aligned = looks ? aligned : NULL,
                         .weights = looks ? shown : NULL,
                         .positions = positions};
    b->symbol_count += count;
    b->shown_count += count * positions;
}

static rondo_status tell(rd_beam *b, rondo_error *error)
{
    RD_TRY(tell_room(b, error));
    b->symbol_count = b->shown_count = 0;
    for (size_t i = 0; i < b->sequences; i++)
        for (size_t k = 0; k < b->search[i].told; k++)
            tell_one(b, i, &b->done[i * 2 * b->set.beam + k], &b->told[i * b->set.best + k]);
    return RONDO_OK;
}

rondo_status rd_beam_search(rd_beam *b, const rondo_batch *batch, rondo_error *error)
{
    b->sequences = 0;
    if (batch->sequences == 0) return RONDO_OK;
    RD_TRY(begin(b, batch, error));
    while (b->rows > 0)
        RD_TRY(step(b, error));
    return tell(b, error);
}

size_t rd_beam_found(const rd_beam *b, size_t sequence)
{
    return sequence < b->sequences ? b->search[sequence].told : 0;
}

const rd_hypothesis *rd_beam_best(const rd_beam *b, size_t sequence, size_t k)
{
    return k < rd_beam_found(b, sequence) ? &b->told[sequence * b->set.best + k] : NULL;
}
