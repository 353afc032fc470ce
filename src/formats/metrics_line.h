/* One line of metrics.jsonl, both ways. A line is a flat JSON object: "schema":1, "event", "step", then the
 * numbers that the event has. Numbers read back equal; one that is not finite is null, and the line says
 * "nonfinite":true.
 *
 *     start       total_steps memory loss_unit text time
 *     step        epoch loss rows grad_norm rate seconds
 *     eval        train_loss valid_loss best_loss best_step improved seconds_trained tokens_per_second input_wait time,
 *                 then every metric of the validation by its name: accuracy, macro_f1 …
 *     checkpoint  text time
 *     warning     text time
 *     end         train_loss best_loss best_step seconds_trained text time
 *
 * Wall-clock fields, which differ between equal runs: time (seconds since 1970), seconds, seconds_trained,
 * tokens_per_second, input_wait (the share of the steps' time that was spent waiting for batches). */
#ifndef RD_METRICS_LINE_H
#define RD_METRICS_LINE_H

#include "base/text.h"

typedef enum rd_metrics_event {
    RD_METRICS_START = 0,
    RD_METRICS_STEP = 1,
    RD_METRICS_EVAL = 2,
    RD_METRICS_CHECKPOINT = 3,
    RD_METRICS_WARNING = 4,
    RD_METRICS_END = 5,
    RD_METRICS_OTHER = 6 /* an event of a later version: passed over by readers */
} rd_metrics_event;

/* Every number is a double here; steps are exact up to 2^53. What a line does not have is NaN. */
typedef struct rd_metrics_line {
    rd_metrics_event event;
    uint64_t step;
    double epoch, loss, rows, grad_norm, rate, seconds;
    double train_loss, valid_loss, best_loss, best_step, seconds_trained, tokens_per_second, input_wait;
    double total_steps, memory, time;
    int improved;
    const char *text;      /* writer: a string or NULL; reader: the raw JSON string without quotes, or NULL */
    const char *loss_unit; /* the same */
    const rondo_metrics *metrics; /* writer of EVAL only, NULL: none */
    size_t text_size, loss_unit_size; /* reader only */
} rd_metrics_line;

/* Appends the line with its newline. */
void rd_metrics_write(const rd_metrics_line *line, rd_text *out);

/* Reads one line (without its newline). 1 on success; else 0, *column (1-based) and *wrong say what and
 * where. */
int rd_metrics_parse(const char *text, size_t size, rd_metrics_line *line, size_t *column,
                     const char **wrong);

/* Walks the lines of a file in bounded memory. `end` is the offset behind the line. The callback returns 0 to
 * go on. A last line without newline that does not parse is a cut one and ends the walk quietly; any other is
 * RONDO_BAD_DATA with file:line:column, and so is a line beyond 1 MiB. */
typedef int (*rd_on_metrics)(void *user, const rd_metrics_line *line, uint64_t end);
rondo_status rd_metrics_read(const char *path, rd_on_metrics on_line, void *user, rondo_error *error);

#endif
