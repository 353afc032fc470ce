/* A team of threads. A run is announced by one word that holds its number and how many threads it needs;
 * those threads, and no others, look at the task, so that a late one never sees the next run's. Whoever waits
 * for a run spins for about 50 microseconds and then sleeps. */
#include "base/pool.h"
#include "base/clock.h"
#include "base/memory.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

enum { MOST_THREADS = 1024, NUMBER_SHIFT = 16, TURNS_PER_LOOK = 64, STOP = 0xFFFF };
static const double SPIN_SECONDS = 50e-6;
/* Whoever waits for a run to end does so longer than a sleeping thread takes to wake; or, in runs that follow
 * each other closely, each side would fall asleep while the other wakes up. */
static const double END_SECONDS = 1e-3;

typedef struct gate { /* where somebody waits for a word to change */
    _Alignas(64) atomic_uint_fast64_t word;
    atomic_int sleepers;
    pthread_mutex_t mutex;
    pthread_cond_t woken;
} gate;

typedef struct worker {
    pthread_t thread;
    rd_pool *pool;
    size_t index;
} worker;

struct rd_pool {
    gate start;                         /* number of the run << 16 | threads that it needs, or STOP */
    gate done;                          /* counts the threads of a run that are still at work */
    _Alignas(64) atomic_size_t arrived; /* at the barrier */
    _Alignas(64) atomic_size_t phase;   /* of the barrier */
    _Alignas(64) atomic_int taken;      /* 1 while somebody's run has the team */
    rd_task task;
    void *context;
    size_t chunks, active; /* threads of the run */
    int threads;
    worker *workers; /* owned; [threads - 1] */
    int started;     /* workers that run */
};

/* What the calling thread is doing: inside a task, and as which thread of which pool. */
static _Thread_local struct {
    const rd_pool *pool;
    size_t thread;
    int depth;
} here;

static void pause_processor(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* ---- gates */

static int gate_init(gate *g)
{
    if (pthread_mutex_init(&g->mutex, NULL) != 0) return 0;
    if (pthread_cond_init(&g->woken, NULL) == 0) return 1;
    (void)pthread_mutex_destroy(&g->mutex);
    return 0;
}

static void gate_free(gate *g)
{
    (void)pthread_cond_destroy(&g->woken);
    (void)pthread_mutex_destroy(&g->mutex);
}

/* Waits until the word is (want_equal) or is no longer (not want_equal) `value`; gives the word. */
static uint64_t gate_wait(gate *g, uint64_t value, int want_equal, double patience)
{
    double until = 0; /* the clock is read when the first turns were in vain */
    do {
        if (until > 0) (void)sched_yield(); /* whom we wait for may want this very processor */
        for (int i = 0; i < TURNS_PER_LOOK; i++) {
            const uint64_t word = atomic_load_explicit(&g->word, memory_order_acquire);
            if ((word == value) == want_equal) return word;
            pause_processor();
        }
        if (until == 0) until = rd_seconds() + patience;
    } while (rd_seconds() < until);
    (void)pthread_mutex_lock(&g->mutex);
    atomic_fetch_add(&g->sleepers, 1); /* before the look at the word: see gate_wake */
    uint64_t word;
    while (word = atomic_load(&g->word), (word == value) != want_equal)
        (void)pthread_cond_wait(&g->woken, &g->mutex);
    atomic_fetch_sub(&g->sleepers, 1);
    (void)pthread_mutex_unlock(&g->mutex);
    return word;
}

/* After the word was changed. In the one order of all these operations a sleeper either counts itself before
 * our look, and is woken, or looks at the word after our change, and does not sleep. */
static void gate_wake(gate *g)
{
    if (atomic_load(&g->sleepers) == 0) return;
    (void)pthread_mutex_lock(&g->mutex);
    (void)pthread_cond_broadcast(&g->woken);
    (void)pthread_mutex_unlock(&g->mutex);
}

/* ---- runs */

static void run_chunks(rd_pool *pool, size_t thread)
{
    here.pool = pool;
    here.thread = thread;
    here.depth++;
    for (size_t chunk = thread; chunk < pool->chunks; chunk += (size_t)pool->threads)
        pool->task(pool->context, chunk, thread);
    here.depth--;
    here.pool = NULL;
}

static void *work(void *context)
{
    const worker *self = context;
    rd_pool *pool = self->pool;
    uint64_t seen = 0;
    (void)rd_float_mode_flush(); /* the thread is ours: nothing to give back */
    for (;;) {
        seen = gate_wait(&pool->start, seen, 0, SPIN_SECONDS);
        const uint64_t needed = seen & STOP;
        if (needed == STOP) return NULL;
        if (self->index >= needed) continue;
        run_chunks(pool, self->index);
        if (atomic_fetch_sub(&pool->done.word, 1) == 1) gate_wake(&pool->done);
    }
}

/* A task that runs another: no thread is free for it, so this one does it all, under the number it has. */
static void run_here(const rd_pool *pool, rd_task task, void *context, size_t chunks)
{
    const size_t thread = here.depth > 0 && here.pool == pool ? here.thread : 0;
    here.depth++;
    for (size_t chunk = 0; chunk < chunks; chunk++)
        task(context, chunk, thread);
    here.depth--;
}

static void announce(rd_pool *pool, uint64_t needed)
{
    const uint64_t number =
        (atomic_load_explicit(&pool->start.word, memory_order_relaxed) >> NUMBER_SHIFT) + 1;
    atomic_store(&pool->start.word, number << NUMBER_SHIFT | needed);
    gate_wake(&pool->start);
}

int rd_pool_try(rd_pool *pool, rd_task task, void *context, size_t chunks)
{
    if (here.depth > 0 || atomic_exchange_explicit(&pool->taken, 1, memory_order_acquire)) return 0;
    const uint64_t mode =
        rd_float_mode_flush(); /* as in the workers, so that results do not depend on their number */
    pool->task = task;
    pool->context = context;
    pool->chunks = chunks;
    pool->active = chunks < (size_t)pool->threads ? chunks : (size_t)pool->threads;
    if (pool->active > 1) {
        atomic_store_explicit(&pool->done.word, pool->active - 1, memory_order_relaxed);
        announce(pool, pool->active);
    }
    run_chunks(pool, 0);
    if (pool->active > 1) (void)gate_wait(&pool->done, 0, 1, END_SECONDS);
    atomic_store_explicit(&pool->taken, 0, memory_order_release);
    rd_float_mode_restore(mode);
    return 1;
}

void rd_pool_run(rd_pool *pool, rd_task task, void *context, size_t chunks)
{
    /* many threads may step one model: who finds the team taken does the work alone, with the same bits */
    if (chunks == 0 || rd_pool_try(pool, task, context, chunks)) return;
    const uint64_t mode = rd_float_mode_flush();
    run_here(pool, task, context, chunks);
    rd_float_mode_restore(mode);
}

/* The last to come opens the barrier for the others. With more threads than processors a turn is given away,
 * or the one that is waited for could not come. */
void rd_pool_barrier(rd_pool *pool)
{
    if (here.depth != 1 || here.pool != pool) return; /* alone */
    const size_t phase = atomic_load_explicit(&pool->phase, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&pool->arrived, 1, memory_order_acq_rel) + 1 == pool->active) {
        atomic_store_explicit(&pool->arrived, 0, memory_order_relaxed);
        atomic_store_explicit(&pool->phase, phase + 1, memory_order_release);
        return;
    }
    for (unsigned turn = 0; atomic_load_explicit(&pool->phase, memory_order_acquire) == phase; turn++) {
        if (turn < 512)
            pause_processor();
        else
            (void)sched_yield();
    }
}

/* ---- life */

/* Workers take no signals: they are the program's business and go to its own threads. */
static rondo_status start_workers(rd_pool *pool, rondo_error *error)
{
    sigset_t all, kept;
    int failed = 0;
    (void)sigfillset(&all);
    if (pool->threads > 1 && pthread_sigmask(SIG_SETMASK, &all, &kept) != 0)
        return rd_fail(error, RONDO_SYSTEM, "the signal mask cannot be set");
    for (; pool->started + 1 < pool->threads && !failed; pool->started += !failed) {
        worker *next = &pool->workers[pool->started];
        *next = (worker){.pool = pool, .index = (size_t)pool->started + 1};
        failed = pthread_create(&next->thread, NULL, work, next);
    }
    if (pool->threads > 1) (void)pthread_sigmask(SIG_SETMASK, &kept, NULL);
    return failed ? rd_fail(error, RONDO_LIMIT, "thread %d of %d cannot be started: %s", pool->started + 2,
                            pool->threads, strerror(failed))
                  : RONDO_OK;
}

static rondo_status make_gates(rd_pool *pool, rondo_error *error)
{
    if (!gate_init(&pool->start)) return rd_fail(error, RONDO_LIMIT, "no locks left for threads");
    if (gate_init(&pool->done)) return RONDO_OK;
    gate_free(&pool->start);
    return rd_fail(error, RONDO_LIMIT, "no locks left for threads");
}

rondo_status rd_pool_new(int threads, rd_pool **pool, rondo_error *error)
{
    *pool = NULL;
    if (threads < 0) return rd_fail(error, RONDO_BAD_ARGUMENT, "%d threads (expected 0 or more)", threads);
    if (threads > MOST_THREADS)
        return rd_fail(error, RONDO_LIMIT, "%d threads (at most %d)", threads, (int)MOST_THREADS);
    rd_pool *fresh;
    RD_TRY(rd_alloc_aligned(1, sizeof *fresh, "threads", &fresh, error));
    fresh->threads = threads ? threads : rd_cores();
    rondo_status status =
        rd_alloc((size_t)fresh->threads, sizeof *fresh->workers, "threads", &fresh->workers, error);
    if (status == RONDO_OK) status = make_gates(fresh, error);
    if (status != RONDO_OK) {
        rd_free(fresh->workers);
        rd_free_aligned(fresh);
        return status;
    }
    status = start_workers(fresh, error);
    if (status != RONDO_OK) {
        rd_pool_free(fresh);
        return status;
    }
    *pool = fresh;
    return RONDO_OK;
}

int rd_pool_threads(const rd_pool *pool)
{
    return pool->threads;
}

void rd_pool_free(rd_pool *pool)
{
    if (!pool) return;
    announce(pool, STOP);
    for (int i = 0; i < pool->started; i++)
        (void)pthread_join(pool->workers[i].thread, NULL);
    gate_free(&pool->start);
    gate_free(&pool->done);
    rd_free(pool->workers);
    rd_free_aligned(pool);
}
