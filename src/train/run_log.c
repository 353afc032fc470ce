/* The log of a run. Both files only grow; after a failed write they are cut back to their last whole record.
 * What could not be written waits in memory, so that training can go on and the log is whole again once the
 * disk has room. */
#include "train/run_log.h"

#include "base/file.h"
#include "base/memory.h"
#include "formats/metrics_line.h"
#include "formats/tfevents.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *const events_prefix = "events.out.tfevents.";

typedef struct log_file {
    int descriptor;
    rd_text path;
    uint64_t size;   /* up to the last whole record */
    rd_text waiting; /* records that could not be written yet */
    size_t lost;     /* records for which there was no room there either */
} log_file;

enum { WAITING_MOST = 1 << 20 };

struct rd_run_log {
    log_file metrics, events;
    rd_text line;
    rd_text loss_unit;
    uint64_t step;                 /* the last one seen */
    int started, evaluated;        /* kept from before a resume */
    uint64_t last_step, last_eval; /* the same: not to be logged again */
};

static double wall_time(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return 0;
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static rondo_status fail_file(const log_file *file, const char *what, rondo_error *error)
{
    return rd_fail(error, RONDO_SYSTEM, "%s: %s: %s", file->path.text, what, strerror(errno));
}

static rondo_status write_whole(log_file *file, const void *bytes, size_t size, rondo_error *error)
{
    rondo_status status = rd_file_append(file->descriptor, file->path.text, bytes, size, error);
    if (status == RONDO_OK)
        file->size += size;
    else if (ftruncate(file->descriptor, (off_t)file->size) != 0)
        return status; /* the message of the write is the better one */
    return status;
}

static void keep_waiting(log_file *file, const void *bytes, size_t size)
{
    rd_text *waiting = &file->waiting;
    const size_t before = waiting->size;
    if (before + size <= WAITING_MOST) rd_text_add(waiting, bytes, size);
    if (waiting->size != before + size || waiting->failed) file->lost++;
    waiting->failed = 0;
}

static rondo_status write_waiting(log_file *file, rondo_error *error)
{
    if (file->waiting.size == 0) return RONDO_OK;
    RD_TRY(write_whole(file, file->waiting.text, file->waiting.size, error));
    rd_text_clear(&file->waiting);
    return RONDO_OK;
}

/* A record that fails is kept: it comes before the next. */
static rondo_status append(log_file *file, const void *bytes, size_t size, rondo_error *error)
{
    rondo_status status = write_waiting(file, error);
    if (status == RONDO_OK) status = write_whole(file, bytes, size, error);
    if (status != RONDO_OK) keep_waiting(file, bytes, size);
    return status;
}

static rondo_status open_file(log_file *file, int flags, rondo_error *error)
{
    do {
        file->descriptor = open(file->path.text, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | flags, 0666);
    } while (file->descriptor < 0 && errno == EINTR);
    return file->descriptor < 0 ? fail_file(file, "cannot be opened", error) : RONDO_OK;
}

/* ---- what a resume keeps */

typedef struct keep {
    rd_run_log *log;
    uint64_t step, end;
} keep;

static int keep_line(void *user, const rd_metrics_line *line, uint64_t end)
{
    keep *kept = user;
    if (line->step > kept->step || line->event == RD_METRICS_END) return 1;
    kept->end = end;
    if (line->event == RD_METRICS_START) kept->log->started = 1;
    if (line->event == RD_METRICS_STEP) kept->log->last_step = line->step;
    if (line->event == RD_METRICS_EVAL) {
        kept->log->evaluated = 1;
        kept->log->last_eval = line->step;
    }
    return 0;
}

static rondo_status open_metrics(rd_run_log *log, int resume, rondo_error *error)
{
    log_file *file = &log->metrics;
    keep kept = {log, log->step, 0};
    if (resume && rd_file_exists(file->path.text)) {
        rondo_status status = rd_metrics_read(file->path.text, keep_line, &kept, error);
        if (status != RONDO_OK && status != RONDO_BAD_DATA)
            return status; /* a damaged line is where the log goes on */
    }
    RD_TRY(open_file(file, 0, error));
    if (ftruncate(file->descriptor, (off_t)kept.end) != 0) return fail_file(file, "cannot be cut", error);
    file->size = kept.end;
    char last = '\n';
    ssize_t got = 1;
    while (kept.end > 0 && (got = pread(file->descriptor, &last, 1, (off_t)(kept.end - 1))) < 0 &&
           errno == EINTR)
        ;
    if (got != 1) return fail_file(file, "cannot be read", error);
    return last == '\n' ? RONDO_OK : append(file, "\n", 1, error);
}

/* ---- the event file */

static rondo_status remove_old_events(const char *folder, rondo_error *error)
{
    char **names;
    size_t count;
    rd_text path = {0};
    rondo_status status = RONDO_OK;
    RD_TRY(rd_folder_list(folder, &names, &count, error));
    for (size_t i = 0; i < count && status == RONDO_OK; i++) {
        if (strncmp(names[i], events_prefix, strlen(events_prefix)) != 0) continue;
        rd_text_clear(&path);
        rd_text_format(&path, "%s/%s", folder, names[i]);
        status = rd_text_done(&path, error);
        if (status == RONDO_OK) status = rd_file_remove(path.text, error);
    }
    rd_text_free(&path);
    rd_free(names);
    return status;
}

static void host_name(char name[64])
{
    if (gethostname(name, 64) != 0) memcpy(name, "host", 5);
    name[63] = 0;
    for (char *at = name; *at; at++) {
        if (!((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9') ||
              *at == '.'))
            *at = '-';
    }
}

/* A fresh file of its own for every process of the run; TensorBoard reads them all. */
static rondo_status open_events(rd_run_log *log, const char *folder, int resume, rondo_error *error)
{
    unsigned char record[RD_TFEVENT_ROOM];
    char host[64];
    double now = wall_time();
    log_file *file = &log->events;
    rondo_status status = RONDO_SYSTEM;
    host_name(host);
    for (unsigned number = 0; number < 100000 && status != RONDO_OK; number++) {
        rd_text_clear(&file->path);
        rd_text_format(&file->path, "%s/%s%010lld.%s", folder, events_prefix, (long long)now, host);
        if (number > 0) rd_text_format(&file->path, ".%u", number);
        RD_TRY(rd_text_done(&file->path, error));
        status = open_file(file, O_EXCL, error);
        if (status != RONDO_OK && errno != EEXIST) return status;
    }
    RD_TRY(status);
    RD_TRY(append(file, record, rd_tfevent_version(now, record), error));
    if (resume) return append(file, record, rd_tfevent_restart(now, log->step + 1, record), error);
    return RONDO_OK;
}

/* ---- life */

static rondo_status open_both(rd_run_log *log, const char *folder, int resume, const char *loss_unit,
                              rondo_error *error)
{
    rd_text_format(&log->metrics.path, "%s/metrics.jsonl", folder);
    rd_text_put(&log->loss_unit, loss_unit ? loss_unit : "nats");
    RD_TRY(rd_text_done(&log->metrics.path, error));
    RD_TRY(rd_text_done(&log->loss_unit, error));
    for (size_t i = 0; i < 2048; i++) /* room for any line but those with a very long text */
        rd_text_put(&log->line, " ");
    RD_TRY(rd_text_done(&log->line, error));
    if (!resume) RD_TRY(remove_old_events(folder, error));
    RD_TRY(open_metrics(log, resume, error));
    return open_events(log, folder, resume, error);
}

rondo_status rd_run_log_open(const char *folder, int resume, uint64_t step, const char *loss_unit,
                             rd_run_log **log, rondo_error *error)
{
    RD_TRY(rd_alloc(1, sizeof **log, "the log of a run", log, error));
    (*log)->metrics.descriptor = (*log)->events.descriptor = -1;
    (*log)->step = resume ? step : 0;
    rondo_status status = open_both(*log, folder, resume, loss_unit, error);
    if (status != RONDO_OK) {
        (void)rd_run_log_close(*log, NULL);
        *log = NULL;
    }
    return status;
}

rondo_status rd_run_log_sync(rd_run_log *log, rondo_error *error)
{
    log_file *const files[] = {&log->metrics, &log->events};
    for (size_t i = 0; i < 2; i++) {
        int failed;
        do {
            failed = fsync(files[i]->descriptor) != 0;
        } while (failed && errno == EINTR);
        if (failed && errno != EINVAL && errno != EROFS)
            return fail_file(files[i], "cannot be brought to the disk", error);
    }
    return RONDO_OK;
}

static rondo_status close_file(log_file *file, rondo_error *error)
{
    if (file->descriptor < 0) return RONDO_OK;
    rondo_status status = write_waiting(file, error);
    if (status == RONDO_OK && file->lost)
        status = rd_fail(error, RONDO_SYSTEM, "%s: %zu records could not be written and are missing",
                         file->path.text, file->lost);
    if (close(file->descriptor) != 0 && errno != EINTR && status == RONDO_OK)
        status = fail_file(file, "cannot be closed", error);
    return status;
}

rondo_status rd_run_log_close(rd_run_log *log, rondo_error *error)
{
    rondo_status status = RONDO_OK;
    if (!log) return RONDO_OK;
    log_file *const files[] = {&log->metrics, &log->events};
    for (size_t i = 0; i < 2; i++) {
        rondo_status closed = close_file(files[i], status == RONDO_OK ? error : NULL);
        if (status == RONDO_OK) status = closed;
        rd_text_free(&files[i]->path);
        rd_text_free(&files[i]->waiting);
    }
    rd_text_free(&log->line);
    rd_text_free(&log->loss_unit);
    rd_free(log);
    return status;
}

/* ---- events */

static const rd_metrics_event event_of[] = {
    [RONDO_EVENT_START] = RD_METRICS_START,     [RONDO_EVENT_STEP] = RD_METRICS_STEP,
    [RONDO_EVENT_EVAL] = RD_METRICS_EVAL,       [RONDO_EVENT_CHECKPOINT] = RD_METRICS_CHECKPOINT,
    [RONDO_EVENT_WARNING] = RD_METRICS_WARNING, [RONDO_EVENT_END] = RD_METRICS_END,
};

/* Counts of which 0 means "none" are left out of the line. */
static double count_of(uint64_t count)
{
    return count ? (double)count : (double)NAN;
}

static rd_metrics_line line_of(const rd_run_log *log, const rondo_event *event)
{
    rd_metrics_line line = {.event = event_of[event->kind], .step = log->step, .time = wall_time()};
    if (event->step) {
        line.epoch = (double)event->step->epoch;
        line.loss = event->step->loss;
        line.rows = event->step->rows;
        line.grad_norm = event->step->grad_norm;
        line.rate = event->step->rate;
        line.seconds = event->step->seconds;
    }
    line.train_loss = event->train_loss;
    line.valid_loss = event->valid_loss;
    line.best_step = count_of(event->best_step);
    line.best_loss = event->best_step ? event->best_loss : (double)NAN;
    line.seconds_trained = event->seconds_trained;
    line.tokens_per_second = event->tokens_per_second;
    line.input_wait = event->input_wait;
    line.total_steps = count_of(event->total_steps);
    line.memory = count_of(event->memory);
    line.improved = event->improved;
    line.text = event->text;
    line.loss_unit = log->loss_unit.text;
    line.metrics = event->metrics;
    return line;
}

static int logged_before(const rd_run_log *log, const rondo_event *event)
{
    if (event->kind == RONDO_EVENT_START) return log->started;
    if (event->kind == RONDO_EVENT_STEP) return log->step <= log->last_step;
    return event->kind == RONDO_EVENT_EVAL && log->evaluated && log->step <= log->last_eval;
}

static rondo_status log_scalars(rd_run_log *log, const rondo_event *event, double time, rondo_error *error)
{
    unsigned char record[RD_TFEVENT_ROOM];
    char name[80];
    rd_scalar scalars[4];
    size_t count = 0;
    if (event->kind == RONDO_EVENT_STEP && event->step) {
        scalars[count++] = (rd_scalar){"loss/train", (float)event->step->loss};
        scalars[count++] = (rd_scalar){"gradient/norm", (float)event->step->grad_norm};
        scalars[count++] = (rd_scalar){"learning rate", (float)event->step->rate};
    } else if (event->kind == RONDO_EVENT_EVAL) {
        scalars[count++] = (rd_scalar){"loss/valid", (float)event->valid_loss};
        scalars[count++] = (rd_scalar){"speed/tokens per second", (float)event->tokens_per_second};
        (void)snprintf(name, sizeof name, "%s/valid", event->headline.name ? event->headline.name : "");
        if (event->headline.name) scalars[count++] = (rd_scalar){name, (float)event->headline.value};
    }
    if (count == 0) return RONDO_OK;
    return append(&log->events, record, rd_tfevent_scalars(time, log->step, scalars, count, record), error);
}

rondo_status rd_run_log_event(rd_run_log *log, const rondo_event *event, rondo_error *error)
{
    if (event->kind >= RONDO_EVENT_POLL) return RONDO_OK;
    if (event->step) log->step = event->step->step;
    if (logged_before(log, event)) return RONDO_OK;
    rd_metrics_line line = line_of(log, event);
    rd_text_clear(&log->line);
    rd_metrics_write(&line, &log->line);
    RD_TRY(rd_text_done(&log->line, error));
    rondo_status metrics = append(&log->metrics, log->line.text, log->line.size, error);
    rondo_status scalars = log_scalars(log, event, line.time, metrics == RONDO_OK ? error : NULL);
    if (metrics != RONDO_OK || scalars != RONDO_OK) return metrics != RONDO_OK ? metrics : scalars;
    return event->kind == RONDO_EVENT_CHECKPOINT ? rd_run_log_sync(log, error) : RONDO_OK;
}
