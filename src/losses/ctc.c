/* Connectionist temporal classification (equations.md section 6): -log of the sum over all alignments of the
 * target, after Graves et al. 2006. Class 0 is the blank, class k + 1 symbol k. With S = 2 L + 1 states -
 * blank, first symbol, blank, … last symbol, blank - and p_t the softmax of the logits of step t, alpha_t[s]
 * = log p_t[class s] + logsumexp(alpha_{t-1}[s], alpha_{t-1}[s-1], alpha_{t-1}[s-2] where s may be skipped
 * to), a blank never being skipped to, nor a symbol from an equal one. beta is the same from the end, without
 * step t's own log p; the gradient is softmax(z) minus the posterior of each class, Σ exp(alpha + beta -
 * total). What cannot be reached is a finite number far below any sum, so that no infinity appears; of step t
 * only the states S - 2 (T - t) to 2 t + 1 lie on a path from the start to the end, and only these are
 * computed. Of alpha only the first step of each block of steps is kept, and a block is walked again when the
 * way back comes to it: memory grows with the square root of T times L, not with T times L. */
#include "base/size.h"
#include "losses/kinds_of_loss.h"

#include <math.h>
#include <string.h>

enum { BLANK = 0, SHORTEST_BLOCK = 128 };
#define SMALLEST -700.0              /* log of a share that changes nothing */
static const double nowhere = -1e30; /* log of a probability that stands for 0 */

/* What all sequences share. */
typedef struct ctc {
    const rd_sequence_call *call;
    size_t block;  /* steps walked again at a time */
    size_t *place; /* [sequences] of the caller's sequences among the targets */
    unsigned char *rooms;
    size_t room; /* bytes of a thread */
} ctc;

/* The walk over one sequence. */
typedef struct lattice {
    const ctc *all;
    size_t thread, place, steps, length, states;
    size_t *label;     /* [length] classes */
    double *norm;      /* [steps] logsumexp of the logits */
    double *mark;      /* [blocks][states] alpha at the first step of each block */
    double *alpha;     /* [block][states] */
    double *beta;      /* [states] */
    double *next;      /* [states] */
    double *posterior; /* [width] */
    double total;      /* log of the probability of the target */
} lattice;

/* ---- memory ---- */

/* About the square root of the steps, but so many that short sequences are walked once. */
static size_t block_of(size_t steps)
{
    size_t block = SHORTEST_BLOCK;
    while (rd_ceil_div(steps, block) > block)
        block += block / 4;
    return rd_size_max(1, rd_size_min(block, steps));
}

/* A target longer than its output is never walked. */
static size_t longest_of(const rd_sequence_limits *limits)
{
    return rd_size_min(limits->steps, limits->target_steps);
}

static lattice lay_out_room(const rd_sequence_limits *limits, unsigned char *base, rd_plan *plan)
{
    const size_t longest = longest_of(limits), line = (2 * longest + 1) * sizeof(double);
    const size_t block = block_of(limits->steps);
    lattice l = {.steps = 0};
    l.label = rd_loss_take(base, plan, longest, sizeof *l.label);
    l.norm = rd_loss_take(base, plan, limits->steps, sizeof *l.norm);
    l.mark = rd_loss_take(base, plan, rd_ceil_div(limits->steps, block), line);
    l.alpha = rd_loss_take(base, plan, block, line);
    l.beta = rd_loss_take(base, plan, 1, line);
    l.next = rd_loss_take(base, plan, 1, line);
    l.posterior = rd_loss_take(base, plan, limits->width, sizeof *l.posterior);
    return l;
}

static ctc lay_out(const rd_sequence_limits *limits, unsigned char *base, rd_plan *plan)
{
    ctc c = {.block = block_of(limits->steps)};
    rd_plan room = {.size = 0};
    (void)lay_out_room(limits, NULL, &room);
    plan->overflow |= room.overflow;
    c.room = room.size;
    c.place = rd_loss_take(base, plan, limits->sequences, sizeof *c.place);
    c.rooms = rd_loss_take(base, plan, limits->threads, c.room);
    return c;
}

static int memory(const rd_sequence_limits *limits, size_t *bytes)
{
    rd_plan plan = {.size = 0};
    if (longest_of(limits) > SIZE_MAX / 64) return 0;
    (void)lay_out(limits, NULL, &plan);
    *bytes = plan.size;
    return !plan.overflow;
}

/* ---- what does not depend on the network ---- */

static int32_t symbol_at(const rd_sequence_call *call, size_t place, size_t t)
{
    return call->symbols[call->target_pack->offset[t] + place];
}

/* Steps that the target at a place needs: its symbols, and a blank between equal ones; 0 symbols known: it
 * holds one to be ignored. */
static size_t steps_needed(const rd_sequence_call *call, size_t place, size_t length, int *known)
{
    size_t steps = length;
    *known = 1;
    for (size_t t = 0; t < length; t++) {
        *known &= symbol_at(call, place, t) >= 0;
        steps += t > 0 && symbol_at(call, place, t) == symbol_at(call, place, t - 1);
    }
    return steps;
}

/* A sequence counts as many targets as it has symbols, an empty one as one. A target with an ignored symbol
 * is left out as a whole: what its steps should give is not known. */
static void count(const rd_sequence_call *call)
{
    const rondo_pack *pack = call->target_pack;
    for (size_t p = 0; p < pack->sequences; p++) {
        const size_t i = pack->order[p], length = pack->length[i];
        int known;
        const size_t steps = steps_needed(call, p, length, &known);
        call->infeasible[i] = known && steps > call->pack->length[i];
        call->count[i] = known && !call->infeasible[i]
                             ? (double)rd_size_max(1, length) * rd_loss_sequence_weight(call, p)
                             : 0;
    }
}

/* ---- one step ---- */

/* The larger of two, and the exponential of what another lies below it; below e^-40 it is lost in a sum
 * with 1. */
static double below(double x, double top)
{
    return x - top > -40 ? exp(x - top) : 0;
}

static double log_sum(double a, double b, double c)
{
    const double upper = a > b ? a : b, lower = a > b ? b : a;
    const double top = upper > c ? upper : c, middle = upper > c ? c : upper;
    const double rest = below(lower, top) + below(middle, top);
    return rest > 0 ? top + log(1 + rest) : top;
}

static const rd_real *logits(const lattice *l, size_t t)
{
    const rd_sequence_call *call = l->all->call;
    return call->output + (call->pack->offset[t] + l->place) * call->stride;
}

static size_t class_of(const lattice *l, size_t s)
{
    return s % 2 ? l->label[s / 2] : BLANK;
}

/* 1 when state s may follow state s - 2. */
static int skips(const lattice *l, size_t s)
{
    return s % 2 && s > 1 && l->label[s / 2] != l->label[s / 2 - 1];
}

static double chance(const lattice *l, size_t t, size_t s)
{
    return (double)logits(l, t)[class_of(l, s)] - l->norm[t];
}

/* The states of step t that lie on a path: first_of to end_of - 1. */
static size_t first_of(const lattice *l, size_t t)
{
    const size_t left = 2 * (l->steps - t);
    return l->states > left ? l->states - left : 0;
}

static size_t end_of(const lattice *l, size_t t)
{
    return rd_size_min(l->states, 2 * t + 2);
}

/* The next step looks two states further. */
static size_t seen_end(const lattice *l, size_t t)
{
    return rd_size_min(l->states, end_of(l, t) + 2);
}

static void hide_rest(const lattice *l, size_t t, double *alpha)
{
    for (size_t s = end_of(l, t); s < seen_end(l, t); s++)
        alpha[s] = nowhere;
}

static void begin(const lattice *l, double *alpha)
{
    for (size_t s = first_of(l, 0); s < end_of(l, 0); s++)
        alpha[s] = chance(l, 0, s);
    hide_rest(l, 0, alpha);
}

static void advance(const lattice *l, size_t t, const double *from, double *to)
{
    for (size_t s = first_of(l, t); s < end_of(l, t); s++)
        to[s] = log_sum(from[s], s > 0 ? from[s - 1] : nowhere, skips(l, s) ? from[s - 2] : nowhere) +
                chance(l, t, s);
    hide_rest(l, t, to);
}

/* beta of step t, from that of step t + 1. */
static void retreat(const lattice *l, size_t t)
{
    const size_t first = first_of(l, t + 1);
    for (size_t s = first_of(l, t); s < first; s++)
        l->next[s] = nowhere;
    for (size_t s = first; s < end_of(l, t + 1); s++)
        l->next[s] = l->beta[s] + chance(l, t + 1, s);
    for (size_t s = first_of(l, t); s < end_of(l, t); s++)
        l->beta[s] = log_sum(l->next[s], s + 1 < l->states ? l->next[s + 1] : nowhere,
                             s + 2 < l->states && skips(l, s + 2) ? l->next[s + 2] : nowhere);
}

/* ---- one sequence ---- */

static void normalize(const lattice *l)
{
    const size_t width = l->all->call->width;
    for (size_t t = 0; t < l->steps; t++) {
        const rd_real *z = logits(l, t);
        double top = (double)z[0];
        for (size_t k = 1; k < width; k++)
            top = (double)z[k] > top ? (double)z[k] : top;
        double sum = exp((double)z[0] - top);
        for (size_t k = 1; k < width; k++)
            sum += exp((double)z[k] - top);
        l->norm[t] = top + log(sum);
    }
}

/* Now and then on the way: a long sequence takes minutes. */
static int stopped(const lattice *l, size_t t)
{
    return t % RD_BRAKE_ROUNDS == 0 && rd_brake_pulled(l->all->call->device->brake, l->thread);
}

static double *alpha_at(const lattice *l, size_t t)
{
    return l->alpha + t % l->all->block * l->states;
}

static void forward(lattice *l)
{
    const size_t block = l->all->block, last = l->steps - 1;
    for (size_t t = 0; t < l->steps && !stopped(l, t); t++) {
        if (t == 0)
            begin(l, alpha_at(l, 0));
        else
            advance(l, t, alpha_at(l, t - 1), alpha_at(l, t));
        const size_t first = first_of(l, t), end = seen_end(l, t);
        if (t % block == 0)
            memcpy(l->mark + t / block * l->states + first, alpha_at(l, t) + first,
                   (end - first) * sizeof *l->mark);
    }
    const double *end = alpha_at(l, last) + l->states - 1;
    l->total = log_sum(end[0], l->states > 1 ? end[-1] : nowhere, nowhere);
}

/* Makes the block that ends before step `end` once more. */
static void walk_again(const lattice *l, size_t end)
{
    const size_t begin = end - l->all->block, first = first_of(l, begin);
    memcpy(l->alpha + first, l->mark + begin / l->all->block * l->states + first,
           (seen_end(l, begin) - first) * sizeof *l->alpha);
    for (size_t t = begin + 1; t < end && !stopped(l, t); t++)
        advance(l, t, alpha_at(l, t - 1), alpha_at(l, t));
}

static void add_step(const lattice *l, size_t t, double factor)
{
    const rd_sequence_call *call = l->all->call;
    const double *alpha = alpha_at(l, t);
    const rd_real *z = logits(l, t);
    rd_real *gradient = call->gradient + (z - call->output);
    memset(l->posterior, 0, call->width * sizeof *l->posterior);
    for (size_t s = first_of(l, t); s < end_of(l, t); s++) {
        const double share = alpha[s] + l->beta[s] - l->total;
        if (share > SMALLEST) l->posterior[class_of(l, s)] += exp(share);
    }
    for (size_t k = 0; k < call->width; k++)
        gradient[k] += (rd_real)(factor * (exp((double)z[k] - l->norm[t]) - l->posterior[k]));
}

static void backward(const lattice *l, double factor)
{
    for (size_t s = first_of(l, l->steps - 1); s < l->states; s++)
        l->beta[s] = 0;
    for (size_t t = l->steps; t-- > 0 && !stopped(l, t);) {
        if (t + 1 < l->steps) {
            retreat(l, t);
            if ((t + 1) % l->all->block == 0) walk_again(l, t + 1);
        }
        add_step(l, t, factor);
    }
}

static void run_sequence(void *context, size_t place, size_t thread)
{
    const ctc *all = context;
    const rd_sequence_call *call = all->call;
    const size_t i = call->pack->order[place], target = all->place[i];
    rd_plan plan = {.size = 0};
    lattice l = lay_out_room(&call->limits, all->rooms + thread * all->room, &plan);
    l.all = all;
    l.thread = thread;
    l.place = place;
    l.steps = call->pack->length[i];
    l.length = call->target_pack->length[i];
    l.states = 2 * l.length + 1;
    call->loss[i] = 0;
    if (!(call->count[i] > 0) || l.steps == 0) return;
    for (size_t t = 0; t < l.length; t++)
        l.label[t] = (size_t)symbol_at(call, target, t) + 1;
    const double weight = rd_loss_sequence_weight(call, target);
    normalize(&l);
    forward(&l);
    if (call->gradient) backward(&l, weight * (double)call->scale[i]);
    call->loss[i] = weight * -l.total;
}

static void run(const rd_sequence_call *call)
{
    rd_plan plan = {.size = 0};
    ctc c = lay_out(&call->limits, call->memory, &plan);
    c.call = call;
    for (size_t p = 0; p < call->target_pack->sequences; p++)
        c.place[call->target_pack->order[p]] = p;
    rd_pool_run(call->device->pool, run_sequence, &c, call->pack->sequences);
}

size_t rd_loss_ctc_width(size_t target_width, const rd_loss_settings *settings)
{
    (void)settings;
    return target_width + 1;
}

const rd_sequence_ops rd_loss_ctc = {.own_lengths = 1, .memory = memory, .count = count, .run = run};
