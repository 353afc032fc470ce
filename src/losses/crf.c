/* Linear-chain conditional random field (equations.md section 6): -log p(y) = logsumexp over all paths -
 * score(y), where score(y) = start[y_0] + Σ_t e_t[y_t] + Σ_t transitions[y_{t-1}][y_t] + end[y_{T-1}]. Both
 * terms are the same walk, once over all paths and once over those through the targets; a target of −1 leaves
 * its step open, so a sequence of such steps adds nothing. The walk is in log space with the maximum of each
 * step subtracted: alpha_t[j] = e_t[j] + top + log Σ_i exp(alpha_{t-1}[i] - top) exp(transitions[i][j]),
 * where exp(transitions) is a table, made once a call, so that a step takes K exponentials and K^2 products.
 * Transitions that lie so far apart that the table would lose some go without it ("steep"): K^2 exponentials.
 * Sequences are dealt to chunks that depend on shapes only; each sums its own gradients of the parameters. */
#include "base/size.h"
#include "losses/kinds_of_loss.h"

#include <math.h>
#include <string.h>

enum { MOST_CHUNKS = 16, MOST_CLASSES = 4096 };
#define CHUNK_NUMBERS ((size_t)1 << 21) /* of all chunks' sums together, about */
#define STEEP         600.0 /* e^-600 is still a normal number, and its inverse times a million too */

/* What all sequences share. */
typedef struct crf {
    const rd_sequence_call *call;
    size_t classes, chunks;
    const rd_real *start, *end, *transitions;
    double top; /* the largest transition */
    int steep;
    double *leave, *arrive; /* [from][to] exp(transition - top), and the same as [to][from] */
    double *sums;           /* [chunks] of start [K], end [K], transitions [K][K] */
    double *rooms;          /* [threads] of `room` numbers */
    size_t room;
} crf;

/* The walk over one sequence. */
typedef struct chain {
    const crf *crf;
    size_t place, steps;
    int fixed;                      /* 1: paths through the targets only */
    double factor;                  /* of what is added to gradients */
    double total;                   /* logsumexp over the paths */
    double *alpha;                  /* [steps][K] */
    double *beta, *next;            /* [K] from step t on; the same with its emission */
    double *mass, *other;           /* [K] exponentials */
    double *d_start, *d_end, *d_by; /* sums of the chunk */
} chain;

typedef struct range {
    size_t low, high;
} range;

/* ---- memory ---- */

static size_t chunks_of(size_t classes, size_t sequences)
{
    const size_t most = CHUNK_NUMBERS / (classes * classes + 2 * classes);
    return rd_size_min(sequences, rd_size_max(1, rd_size_min(most, MOST_CHUNKS)));
}

static crf lay_out(const rd_sequence_limits *limits, unsigned char *base, rd_plan *plan)
{
    const size_t k = limits->width;
    crf c = {.classes = k, .chunks = chunks_of(k, limits->sequences)};
    c.leave = rd_loss_take(base, plan, k * k, sizeof *c.leave);
    c.arrive = rd_loss_take(base, plan, k * k, sizeof *c.arrive);
    c.sums = rd_loss_take(base, plan, c.chunks * (k * k + 2 * k), sizeof *c.sums);
    c.room = rd_ceil_div((limits->steps + 4) * k, 8) * 8; /* whole lines */
    c.rooms = rd_loss_take(base, plan, limits->threads, c.room * sizeof *c.rooms);
    return c;
}

static int memory(const rd_sequence_limits *limits, size_t *bytes)
{
    rd_plan plan = {.size = 0};
    size_t numbers;
    if (!rd_mul(limits->steps, 2 * limits->width * sizeof(double), &numbers)) return 0;
    (void)lay_out(limits, NULL, &plan);
    *bytes = plan.size;
    return !plan.overflow;
}

/* ---- what does not depend on the network ---- */

static void count(const rd_sequence_call *call)
{
    const rondo_pack *pack = call->target_pack;
    for (size_t p = 0; p < pack->sequences; p++) {
        const size_t i = pack->order[p];
        size_t known = 0;
        for (size_t t = 0; t < pack->length[i]; t++)
            known += call->symbols[pack->offset[t] + p] >= 0;
        call->count[i] = known > 0 ? (double)known * rd_loss_sequence_weight(call, p) : 0;
        call->infeasible[i] = 0;
    }
}

static void make_tables(crf *c)
{
    const size_t k = c->classes;
    double lowest = (double)c->transitions[0];
    c->top = lowest;
    for (size_t i = 0; i < k * k; i++) {
        c->top = fmax(c->top, (double)c->transitions[i]);
        lowest = fmin(lowest, (double)c->transitions[i]);
    }
    c->steep = !(c->top - lowest <= STEEP);
    for (size_t i = 0; i < k && !c->steep; i++)
        for (size_t j = 0; j < k; j++)
            c->leave[i * k + j] = c->arrive[j * k + i] = exp((double)c->transitions[i * k + j] - c->top);
}

/* ---- one step ---- */

static size_t row_of(const chain *c, size_t t)
{
    return c->crf->call->pack->offset[t] + c->place;
}

static const rd_real *emission(const chain *c, size_t t)
{
    return c->crf->call->output + row_of(c, t) * c->crf->call->stride;
}

/* The classes that paths may have at step t. */
static range classes_at(const chain *c, size_t t)
{
    const int32_t y = c->fixed ? c->crf->call->symbols[row_of(c, t)] : -1;
    return y < 0 ? (range){0, c->crf->classes} : (range){(size_t)y, (size_t)y + 1};
}

/* mass = exp(x - top); gives top, the largest. */
static double exponentials(range r, const double *x, double *mass)
{
    double top = x[r.low];
    for (size_t i = r.low; i < r.high; i++)
        top = x[i] > top ? x[i] : top;
    for (size_t i = r.low; i < r.high; i++)
        mass[i] = exp(x[i] - top);
    return top;
}

static double log_sum(const chain *c, range r, const double *x)
{
    const double top = exponentials(r, x, c->mass);
    double sum = c->mass[r.low];
    for (size_t i = r.low + 1; i < r.high; i++)
        sum += c->mass[i];
    return top + log(sum);
}

/* to[j] = logsumexp over i in a of from[i] + score(i, j), by the table of the scores. */
static void cross_table(const chain *c, const double *table, range a, const double *from, range b, double *to)
{
    const size_t k = c->crf->classes;
    const double top = exponentials(a, from, c->mass) + c->crf->top;
    for (size_t j = b.low; j < b.high; j++)
        to[j] = 0;
    for (size_t i = a.low; i < a.high; i++)
        for (size_t j = b.low; j < b.high; j++)
            to[j] += c->mass[i] * table[i * k + j];
    for (size_t j = b.low; j < b.high; j++)
        to[j] = top + log(to[j]);
}

/* The same without it; score(i, j) stands at transitions[i * i_stride + j * j_stride]. */
static void cross_steep(const chain *c, size_t i_stride, size_t j_stride, range a, const double *from,
                        range b, double *to)
{
    for (size_t j = b.low; j < b.high; j++) {
        for (size_t i = a.low; i < a.high; i++)
            c->other[i] = from[i] + (double)c->crf->transitions[i * i_stride + j * j_stride];
        to[j] = log_sum(c, a, c->other);
    }
}

static void step_forward(const chain *c, size_t t)
{
    const size_t k = c->crf->classes;
    const range a = classes_at(c, t - 1), b = classes_at(c, t);
    double *to = c->alpha + t * k;
    if (c->crf->steep)
        cross_steep(c, k, 1, a, to - k, b, to);
    else
        cross_table(c, c->crf->leave, a, to - k, b, to);
    for (size_t j = b.low; j < b.high; j++)
        to[j] += (double)emission(c, t)[j];
}

/* beta of step t to that of step t - 1; `next` is beta with the emission of step t. */
static void step_back(const chain *c, size_t t)
{
    const range a = classes_at(c, t), b = classes_at(c, t - 1);
    if (c->crf->steep)
        cross_steep(c, 1, c->crf->classes, a, c->next, b, c->beta);
    else
        cross_table(c, c->crf->arrive, a, c->next, b, c->beta);
}

/* Posterior of each pair of classes at t - 1 and t; with the table, without the pair's own factor, which is
 * the same at every step. */
static void add_pairs(const chain *c, size_t t)
{
    const size_t k = c->crf->classes;
    const range a = classes_at(c, t - 1), b = classes_at(c, t);
    const double *alpha = c->alpha + (t - 1) * k;
    if (c->crf->steep) {
        for (size_t i = a.low; i < a.high; i++)
            for (size_t j = b.low; j < b.high; j++)
                c->d_by[i * k + j] += c->factor * exp(alpha[i] + (double)c->crf->transitions[i * k + j] +
                                                      c->next[j] - c->total);
        return;
    }
    const double top = exponentials(a, alpha, c->mass) + exponentials(b, c->next, c->other) + c->crf->top;
    const double factor = c->factor * exp(top - c->total);
    for (size_t i = a.low; i < a.high; i++) {
        const double by = factor * c->mass[i];
        for (size_t j = b.low; j < b.high; j++)
            c->d_by[i * k + j] += by * c->other[j];
    }
}

/* ---- one sequence ---- */

static void forward(chain *c)
{
    const size_t k = c->crf->classes, last = c->steps - 1;
    const range first = classes_at(c, 0), end = classes_at(c, last);
    for (size_t j = first.low; j < first.high; j++)
        c->alpha[j] = (double)c->crf->start[j] + (double)emission(c, 0)[j];
    for (size_t t = 1; t < c->steps; t++)
        step_forward(c, t);
    for (size_t j = end.low; j < end.high; j++)
        c->next[j] = c->alpha[last * k + j] + (double)c->crf->end[j];
    c->total = log_sum(c, end, c->next);
}

/* Adds the posterior of each class at step t. */
static void add_classes(const chain *c, size_t t)
{
    const rd_sequence_call *call = c->crf->call;
    const range r = classes_at(c, t);
    rd_real *gradient = call->gradient ? call->gradient + row_of(c, t) * call->stride : NULL;
    for (size_t j = r.low; j < r.high; j++) {
        const double by = c->factor * exp(c->alpha[t * c->crf->classes + j] + c->beta[j] - c->total);
        if (gradient) gradient[j] += (rd_real)by;
        if (t == 0) c->d_start[j] += by;
        if (t + 1 == c->steps) c->d_end[j] += by;
    }
}

static void backward(const chain *c)
{
    for (size_t j = 0; j < c->crf->classes; j++)
        c->beta[j] = (double)c->crf->end[j];
    for (size_t t = c->steps; t-- > 0;) {
        add_classes(c, t);
        const range r = classes_at(c, t);
        for (size_t j = r.low; j < r.high; j++)
            c->next[j] = c->beta[j] + (double)emission(c, t)[j];
        if (t == 0) break;
        add_pairs(c, t);
        step_back(c, t);
    }
}

static void run_sequence(chain *c)
{
    const rd_sequence_call *call = c->crf->call;
    const size_t i = call->pack->order[c->place];
    const double weight = rd_loss_sequence_weight(call, c->place);
    double total[2];
    c->steps = call->pack->length[i];
    call->loss[i] = 0;
    if (!(call->count[i] > 0)) return;
    for (int fixed = 0; fixed < 2; fixed++) {
        c->fixed = fixed;
        c->factor = (fixed ? -weight : weight) * (double)call->scale[i];
        forward(c);
        if (call->grads) backward(c);
        total[fixed] = c->total;
    }
    call->loss[i] = weight * (total[0] - total[1]);
}

static void run_chunk(void *context, size_t chunk, size_t thread)
{
    const crf *all = context;
    const size_t k = all->classes, sums = k * k + 2 * k;
    double *room = all->rooms + thread * all->room, *sum = all->sums + chunk * sums;
    chain c = {.crf = all,
               .beta = room,
               .next = room + k,
               .mass = room + 2 * k,
               .other = room + 3 * k,
               .alpha = room + 4 * k,
               .d_start = sum,
               .d_end = sum + k,
               .d_by = sum + 2 * k};
    memset(sum, 0, sums * sizeof *sum);
    for (c.place = chunk; c.place < all->call->pack->sequences; c.place += all->chunks)
        run_sequence(&c);
}

/* The chunks' sums in their order. */
static void add_sums(const crf *c)
{
    const size_t k = c->classes, sums = k * k + 2 * k;
    for (size_t n = 0; n < sums; n++) {
        double sum = 0;
        for (size_t chunk = 0; chunk < c->chunks; chunk++)
            sum += c->sums[chunk * sums + n];
        if (n >= 2 * k && !c->steep) sum *= c->leave[n - 2 * k];
        c->call->grads[n] += (rd_real)sum;
    }
}

static void run(const rd_sequence_call *call)
{
    rd_plan plan = {.size = 0};
    crf c = lay_out(&call->limits, call->memory, &plan);
    c.call = call;
    c.chunks = chunks_of(c.classes, call->pack->sequences);
    c.start = call->params;
    c.end = c.start + c.classes;
    c.transitions = c.end + c.classes;
    make_tables(&c);
    rd_pool_run(call->device->pool, run_chunk, &c, c.chunks);
    if (call->grads) add_sums(&c);
}

const rd_sequence_ops rd_loss_crf = {.most_width = MOST_CLASSES,
                                     .param = {{"start", 0}, {"end", 0}, {"transitions", 1}},
                                     .memory = memory,
                                     .count = count,
                                     .run = run};
