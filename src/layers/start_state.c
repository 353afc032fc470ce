/* Random states are a function of the sequence's number in the run and the unit, never of its row. In use
 * they are 0. */
#include "layers/start_state.h"

#include <string.h>

uint64_t rd_start_counter(uint64_t sequence, size_t width)
{
    return sequence * (((uint64_t)width + 3) / 4 * 4);
}

int rd_start_is_fresh(const rd_call *call, size_t sequence)
{
    return !call->start || (call->fresh && call->fresh[sequence]);
}

void rd_start_load(const rd_start_state *s, size_t sequence, size_t from, size_t n, rd_real *state)
{
    const rd_call *call = s->call;
    if (!rd_start_is_fresh(call, sequence)) {
        memcpy(state, call->start + sequence * call->state_stride + from, n * sizeof *state);
        return;
    }
    if (s->node)
        memcpy(state, s->node->data + rd_call_given(call, sequence) * s->node->stride + from, n * sizeof *state);
    else if (s->first_state)
        memcpy(state, s->first_state + from, n * sizeof *state);
    else if (s->start == RD_START_RANDOM && call->mode == RONDO_TRAIN)
        rd_random_fill_normal(rd_call_key(s->layer, call, RD_STREAM_STATE, 0),
                              rd_start_counter(call->first_sequence + sequence, s->layer->state_width) + from,
                              n, (rd_real)s->scale, state);
    else
        memset(state, 0, n * sizeof *state);
}

void rd_start_store(const rd_call *call, size_t sequence, size_t from, size_t n, const rd_real *state)
{
    if (call->final) memcpy(call->final + sequence * call->state_stride + from, state, n * sizeof *state);
}

void rd_start_load_grad(const rd_call *call, size_t sequence, size_t from, size_t n, rd_real *d_state)
{
    if (call->d_final)
        memcpy(d_state, call->d_final + sequence * call->state_stride + from, n * sizeof *d_state);
    else
        memset(d_state, 0, n * sizeof *d_state);
}

void rd_start_store_grad(const rd_call *call, size_t sequence, size_t from, size_t n, const rd_real *d_state,
                         rd_real *d_first)
{
    const int fresh = rd_start_is_fresh(call, sequence);
    rd_real *to = call->d_start ? call->d_start + sequence * call->state_stride + from : NULL;
    if (to && fresh) memset(to, 0, n * sizeof *to);
    if (to && !fresh) memcpy(to, d_state, n * sizeof *to);
    for (size_t j = 0; d_first && fresh && j < n; j++)
        d_first[j] += d_state[j];
}
