/* What a run did, written as it happens: RUN/metrics.jsonl (formats/metrics_line.h says what a line holds)
 * and an event file for TensorBoard beside it. A line is one write, so a kill leaves at most one cut line, at
 * the end. */
#ifndef RD_RUN_LOG_H
#define RD_RUN_LOG_H

#include "base/status.h"

typedef struct rd_run_log rd_run_log;

/* Opens the log in `folder`, which exists. resume 0: a fresh log; an old one in the folder is replaced.
 * resume 1: what was logged after `step`, a cut line and the end of the run are taken away and the log goes
 * on, so that it becomes that of a run never stopped but for wall-clock fields and checkpoint lines; a
 * missing or damaged log starts again where it can. loss_unit: "nats" or the name of what the loss is
 * measured in; lent only for the call. */
rondo_status rd_run_log_open(const char *folder, int resume, uint64_t step, const char *loss_unit,
                             rd_run_log **log, rondo_error *error);
/* Logs an event as the callback of rondo_train sees it; POLL is nothing. The step is that of event->step, or
 * the last one seen. An evaluation or start that was already logged for this step before the resume is not
 * repeated. A checkpoint event is followed by rd_run_log_sync. Allocates nothing once lines have reached
 * their length. A write that fails is RONDO_SYSTEM; the event is kept in memory (1 MiB at most) and written
 * before the next one. */
rondo_status rd_run_log_event(rd_run_log *log, const rondo_event *event, rondo_error *error);
/* Brings what was logged to the disk: call it before a checkpoint is committed, so that the log is never
 * behind. */
rondo_status rd_run_log_sync(rd_run_log *log, rondo_error *error);
/* Writes what is still kept and closes both files; the first error is told. NULL allowed. */
rondo_status rd_run_log_close(rd_run_log *log, rondo_error *error);

#endif
