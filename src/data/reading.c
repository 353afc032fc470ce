/* One request at a time: whoever waits sleeps. The loader belongs to the thread while a batch is wanted, and
 * to the caller otherwise. */
#include "data/reading.h"

#include "base/memory.h"

#include <pthread.h>
#include <signal.h>

typedef enum stage { IDLE, WANTED, READY, STOPPED } stage;

typedef struct place {
    uint64_t epoch, batch;
} place;

struct rd_reading {
    rondo_loader *loader;  /* lent */
    rondo_batch *batch[2]; /* owned */
    int filling;           /* which of them is being filled; the other is in use */
    int started;           /* 1: there is a thread */
    place next;            /* of the batch that is given next */
    pthread_t thread;
    pthread_mutex_t mutex; /* of all below */
    pthread_cond_t changed;
    stage stage;
    rondo_status
        status; /* of the batch that is ready; its error, its end of an epoch, and what comes after it */
    rondo_error error;
    int epoch_end;
    place after;
};

/* Fills the batch whose turn it is. */
static void read_batch(rd_reading *r)
{
    r->error = (rondo_error){.status = RONDO_OK};
    r->status = rondo_loader_next(r->loader, r->batch[r->filling], &r->epoch_end, &r->error);
    rd_loader_tell(r->loader, &r->after.epoch, &r->after.batch);
}

static void move_on(rd_reading *r, stage to)
{
    r->stage = to;
    (void)pthread_cond_broadcast(&r->changed);
}

static void *work(void *context)
{
    rd_reading *r = context;
    (void)pthread_mutex_lock(&r->mutex);
    while (r->stage != STOPPED) {
        if (r->stage != WANTED) {
            (void)pthread_cond_wait(&r->changed, &r->mutex);
            continue;
        }
        (void)pthread_mutex_unlock(&r->mutex);
        read_batch(r);
        (void)pthread_mutex_lock(&r->mutex);
        if (r->stage == WANTED) move_on(r, READY);
    }
    (void)pthread_mutex_unlock(&r->mutex);
    return NULL;
}

/* Signals are the program's business and go to its own threads. */
static int start(rd_reading *r)
{
    sigset_t all, kept;
    (void)sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &kept) != 0) return 0;
    const int failed = pthread_create(&r->thread, NULL, work, r);
    (void)pthread_sigmask(SIG_SETMASK, &kept, NULL);
    return !failed;
}

static rondo_status make_locks(rd_reading *r, rondo_error *error)
{
    if (pthread_mutex_init(&r->mutex, NULL) != 0)
        return rd_fail(error, RONDO_LIMIT, "no locks left for threads");
    if (pthread_cond_init(&r->changed, NULL) == 0) return RONDO_OK;
    (void)pthread_mutex_destroy(&r->mutex);
    return rd_fail(error, RONDO_LIMIT, "no locks left for threads");
}

rondo_status rd_reading_new(rondo_loader *loader, rd_reading **reading, rondo_error *error)
{
    rd_reading *r;
    RD_TRY(rd_alloc(1, sizeof *r, "a reading thread", &r, error));
    r->loader = loader;
    rd_loader_tell(loader, &r->next.epoch, &r->next.batch);
    rondo_status status = rondo_batch_new(&r->batch[0], error);
    if (status == RONDO_OK) status = rondo_batch_new(&r->batch[1], error);
    if (status == RONDO_OK) status = make_locks(r, error);
    if (status != RONDO_OK) {
        rondo_batch_free(r->batch[0]);
        rondo_batch_free(r->batch[1]);
        rd_free(r);
        return status;
    }
    r->started = start(r);
    *reading = r;
    return RONDO_OK;
}

/* Waits until no batch is being read; gives the stage: IDLE or READY. The mutex is held. */
static stage wait_for_thread(rd_reading *r)
{
    while (r->stage == WANTED)
        (void)pthread_cond_wait(&r->changed, &r->mutex);
    return r->stage;
}

rondo_status rd_reading_next(rd_reading *r, rondo_batch **batch, int *epoch_end, rondo_error *error)
{
    (void)pthread_mutex_lock(&r->mutex);
    if (wait_for_thread(r) == IDLE) read_batch(r);
    r->stage = IDLE;
    const rondo_status status = r->status;
    if (status == RONDO_OK) {
        *batch = r->batch[r->filling];
        *epoch_end = r->epoch_end;
        r->next = r->after;
        r->filling = 1 - r->filling;
        if (r->started) move_on(r, WANTED);
    } else if (error) {
        *error = r->error;
    }
    (void)pthread_mutex_unlock(&r->mutex);
    return status;
}

void rd_reading_tell(const rd_reading *r, uint64_t *epoch, uint64_t *batch)
{
    *epoch = r->next.epoch;
    *batch = r->next.batch;
}

/* What was read ahead is dropped. */
rondo_status rd_reading_seek(rd_reading *r, uint64_t epoch, uint64_t batch, rondo_error *error)
{
    (void)pthread_mutex_lock(&r->mutex);
    (void)wait_for_thread(r);
    const rondo_status status = rd_loader_seek(r->loader, epoch, batch, error);
    if (status == RONDO_OK) { /* else all stays as it was */
        r->stage = IDLE;
        r->next = (place){epoch, batch};
    }
    (void)pthread_mutex_unlock(&r->mutex);
    return status;
}

void rd_reading_free(rd_reading *r)
{
    if (!r) return;
    if (r->started) {
        (void)pthread_mutex_lock(&r->mutex);
        move_on(r, STOPPED);
        (void)pthread_mutex_unlock(&r->mutex);
        (void)pthread_join(r->thread, NULL);
    }
    (void)pthread_cond_destroy(&r->changed);
    (void)pthread_mutex_destroy(&r->mutex);
    rondo_batch_free(r->batch[0]);
    rondo_batch_free(r->batch[1]);
    rd_free(r);
}
