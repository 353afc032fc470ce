/* The team of threads: every chunk once, always on its thread, and nothing left running. */
#include "base/clock.h"
#include "base/memory.h"
#include "base/pool.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

typedef struct counts {
    size_t times[1000], thread[1000], last[64];
    atomic_int wrong;
    size_t threads;
} counts;

static void count_chunk(void *context, size_t chunk, size_t thread)
{
    counts *c = context;
    c->times[chunk]++;
    c->thread[chunk] = thread;
    if (thread >= c->threads || c->last[thread] > chunk) atomic_store(&c->wrong, 1);
    c->last[thread] = chunk;
}

static void each_chunk_runs_once_on_its_thread_in_order(void **state)
{
    (void)state;
    static counts c;
    const uint64_t live = rd_memory_live();
    for (int threads = 1; threads <= 5; threads++) {
        rd_pool *pool;
        assert_int_equal(rd_pool_new(threads, &pool, NULL), RONDO_OK);
        assert_int_equal(rd_pool_threads(pool), threads);
        const uint64_t made = rd_memory_count();
        for (size_t chunks = 0; chunks < 30; chunks++) {
            memset(&c, 0, sizeof c);
            c.threads = (size_t)threads;
            rd_pool_run(pool, count_chunk, &c, chunks);
            assert_false(atomic_load(&c.wrong));
            for (size_t i = 0; i < chunks; i++) {
                assert_int_equal(c.times[i], 1);
                assert_int_equal(c.thread[i], i % (size_t)threads);
            }
            assert_int_equal(c.times[chunks], 0);
        }
        assert_int_equal(rd_memory_count(), made);
        rd_pool_free(pool);
    }
    rd_pool_free(NULL);
    assert_int_equal(rd_memory_live(), live);
}

static void many_short_runs_of_changing_size_lose_nothing(void **state)
{
    (void)state;
    static counts c;
    rd_pool *pool;
    assert_int_equal(rd_pool_new(3, &pool, NULL), RONDO_OK);
    memset(&c, 0, sizeof c);
    c.threads = 3;
    for (size_t run = 0; run < 5000; run++) {
        memset(c.last, 0, sizeof c.last);
        rd_pool_run(pool, count_chunk, &c, 1 + run % 4);
    }
    assert_false(atomic_load(&c.wrong));
    assert_int_equal(c.times[0], 5000);
    assert_int_equal(c.times[3], 1250);
    rd_pool_free(pool);
}

static void a_team_that_slept_wakes_up(void **state)
{
    (void)state;
    static counts c;
    rd_pool *pool;
    assert_int_equal(rd_pool_new(2, &pool, NULL), RONDO_OK);
    for (int run = 0; run < 20; run++) {
        const struct timespec nap = {.tv_nsec = 1000000};
        memset(&c, 0, sizeof c);
        c.threads = 2;
        (void)nanosleep(&nap, NULL);
        rd_pool_run(pool, count_chunk, &c, 2);
        assert_int_equal(c.times[1], 1);
    }
    rd_pool_free(pool);
}

typedef struct phases {
    rd_pool *pool;
    size_t threads, rounds;
    size_t value[8];
    atomic_int wrong;
} phases;

/* Everybody writes, everybody waits, everybody reads what the neighbour wrote. */
static void walk_phases(void *context, size_t chunk, size_t thread)
{
    phases *p = context;
    (void)thread;
    for (size_t round = 1; round <= p->rounds; round++) {
        p->value[chunk] = round;
        rd_pool_barrier(p->pool);
        if (p->value[(chunk + 1) % p->threads] != round) atomic_store(&p->wrong, 1);
        rd_pool_barrier(p->pool);
    }
}

static void nobody_passes_a_barrier_before_the_last_has_come(void **state)
{
    (void)state;
    for (size_t threads = 1; threads <= 3; threads++) {
        phases p = {.threads = threads, .rounds = 300};
        assert_int_equal(rd_pool_new((int)threads, &p.pool, NULL), RONDO_OK);
        rd_pool_run(p.pool, walk_phases, &p, threads);
        assert_false(atomic_load(&p.wrong));
        assert_int_equal(p.value[threads - 1], 300);
        rd_pool_free(p.pool);
    }
}

typedef struct nest {
    rd_pool *pool;
    atomic_int inner;
    atomic_int strayed;
} nest;

typedef struct inner {
    nest *nest;
    size_t thread;
    pthread_t runner;
} inner;

static void count_inner(void *context, size_t chunk, size_t thread)
{
    inner *i = context;
    (void)chunk;
    atomic_fetch_add(&i->nest->inner, 1);
    if (thread != i->thread || !pthread_equal(i->runner, pthread_self())) atomic_store(&i->nest->strayed, 1);
}

static void run_inner(void *context, size_t chunk, size_t thread)
{
    inner i = {.nest = context, .thread = thread, .runner = pthread_self()};
    (void)chunk;
    rd_pool_run(i.nest->pool, count_inner, &i, 7);
}

static void a_run_inside_a_task_stays_in_its_thread(void **state)
{
    (void)state;
    nest n = {0};
    assert_int_equal(rd_pool_new(3, &n.pool, NULL), RONDO_OK);
    for (int run = 0; run < 50; run++)
        rd_pool_run(n.pool, run_inner, &n, 5);
    assert_int_equal(atomic_load(&n.inner), 50 * 5 * 7);
    assert_false(atomic_load(&n.strayed));
    rd_pool_free(n.pool);
}

typedef struct modes {
    volatile double small, product[4];
    int blocked[4];
} modes;

static void look_at_thread(void *context, size_t chunk, size_t thread)
{
    modes *m = context;
    sigset_t mask;
    (void)thread;
    m->product[chunk] = m->small * 0.5;
    (void)pthread_sigmask(SIG_SETMASK, NULL, &mask);
    m->blocked[chunk] = sigismember(&mask, SIGTERM) == 1 && sigismember(&mask, SIGINT) == 1;
}

static void workers_block_signals_and_all_threads_flush_subnormals(void **state)
{
    (void)state;
    rd_pool *pool;
    modes m = {.small = 2.2250738585072014e-308, .blocked = {0}};
    assert_int_equal(rd_pool_new(3, &pool, NULL), RONDO_OK);
    rd_pool_run(pool, look_at_thread, &m, 3);
    assert_false(m.blocked[0]);
    assert_true(m.blocked[1] && m.blocked[2]);
#if defined(__x86_64__) || defined(__aarch64__)
    for (size_t i = 0; i < 3; i++)
        assert_true(m.product[i] == 0);
    assert_true(m.small * 0.5 > 0); /* the caller's mode came back */
    const uint64_t mode = rd_float_mode_flush(), inner_mode = rd_float_mode_flush();
    assert_true(m.small * 0.5 == 0);
    rd_float_mode_restore(inner_mode);
    assert_true(m.small * 0.5 == 0);
    rd_float_mode_restore(mode);
    assert_true(m.small * 0.5 > 0);
#endif
    rd_pool_free(pool);
}

static void odd_counts_of_threads_are_refused_and_zero_takes_the_cores(void **state)
{
    (void)state;
    rd_pool *pool;
    rondo_error error;
    assert_int_equal(rd_pool_new(-1, &pool, &error), RONDO_BAD_ARGUMENT);
    assert_null(pool);
    assert_int_equal(rd_pool_new(100000, &pool, &error), RONDO_LIMIT);
    assert_int_equal(rd_pool_new(0, &pool, NULL), RONDO_OK);
    assert_int_equal(rd_pool_threads(pool), rd_cores());
    assert_in_range(rd_cores(), 1, 8);
    rd_pool_free(pool);
    cpu_set_t all, one;
    assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
    CPU_ZERO(&one);
    for (size_t i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++)
        if (CPU_ISSET(i, &all)) CPU_SET(i, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    const int cores = rd_cores();
    assert_int_equal(sched_setaffinity(0, sizeof all, &all), 0);
    assert_int_equal(cores, 1);
}

static void a_pool_without_memory_is_a_limit_and_leaves_nothing(void **state)
{
    (void)state;
    const uint64_t live = rd_memory_live();
    for (uint64_t n = 1; n <= 2; n++) {
        rd_pool *pool;
        rd_memory_fail_at(n, 0);
        assert_int_equal(rd_pool_new(2, &pool, NULL), RONDO_LIMIT);
        rd_memory_fail_at(0, 0);
        assert_int_equal(rd_memory_live(), live);
    }
}

static void time_runs_forward(void **state)
{
    (void)state;
    const double before = rd_seconds();
    rd_sleep(0.01);
    rd_sleep(-1);
    const double after = rd_seconds();
    assert_true(after - before >= 0.009 && after - before < 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_chunk_runs_once_on_its_thread_in_order),
        cmocka_unit_test(many_short_runs_of_changing_size_lose_nothing),
        cmocka_unit_test(a_team_that_slept_wakes_up),
        cmocka_unit_test(nobody_passes_a_barrier_before_the_last_has_come),
        cmocka_unit_test(a_run_inside_a_task_stays_in_its_thread),
        cmocka_unit_test(workers_block_signals_and_all_threads_flush_subnormals),
        cmocka_unit_test(odd_counts_of_threads_are_refused_and_zero_takes_the_cores),
        cmocka_unit_test(a_pool_without_memory_is_a_limit_and_leaves_nothing),
        cmocka_unit_test(time_runs_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
