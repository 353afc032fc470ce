/* A team of threads that sleeps when idle. Work is cut by the caller into chunks that depend on shapes only, so
 * results do not depend on how many threads there are. */
#ifndef RD_POOL_H
#define RD_POOL_H

#include "base/status.h"

typedef struct rd_pool rd_pool;
typedef void (*rd_task)(void *context, size_t chunk, size_t thread);

/* threads 0: the cores the process may use (affinity, cgroup quota), at most 8. Signals are blocked in workers;
 * each worker flushes subnormals unless told otherwise by the task. */
rondo_status rd_pool_new(int threads, rd_pool **pool, rondo_error *error);
int rd_pool_threads(const rd_pool *pool);
/* Runs task for chunk 0..chunks-1 and returns when all are done; thread is 0..threads-1, 0 the caller.
 * Chunk c always runs on thread c % threads, in ascending order, so that data stay in that core's cache.
 * Called from inside a task it runs all chunks in the calling thread. Allocates nothing. */
void rd_pool_run(rd_pool *pool, rd_task task, void *context, size_t chunks);
/* The same when the whole team is free, else 0 at once and nothing is done: for tasks that wait for each other at the
 * barrier and would otherwise be run another way. chunks is at most the number of threads. */
int rd_pool_try(rd_pool *pool, rd_task task, void *context, size_t chunks);
/* Inside a task whose chunks == threads: waits until every thread of the run has come here. Spins, then yields. */
void rd_pool_barrier(rd_pool *pool);
void rd_pool_free(rd_pool *pool); /* joins the workers */
int rd_cores(void);

#endif
