/* From a log of any length to curves of a fixed size. */
#include "look/curves.h"

#include "base/file.h"
#include "base/memory.h"
#include "formats/metrics_line.h"

#include <math.h>
#include <string.h>

/* ---- joining */

typedef struct point {
    double x, y, low, high;
    uint32_t members, finite;
} point;

static point load(const rd_curve *c, size_t i)
{
    return (point){c->x[i], c->y[i], c->low[i], c->high[i], c->members[i], c->finite[i]};
}

static void store(rd_curve *c, size_t i, point p)
{
    c->x[i] = p.x;
    c->y[i] = p.y;
    c->low[i] = p.low;
    c->high[i] = p.high;
    c->members[i] = p.members;
    c->finite[i] = p.finite;
}

static point joined(point a, point b)
{
    double share = (double)b.members / ((double)a.members + (double)b.members);
    a.x += (b.x - a.x) * share;
    if (a.finite == 0) {
        a.y = b.y;
        a.low = b.low;
        a.high = b.high;
    } else if (b.finite > 0) {
        a.y += (b.y - a.y) * ((double)b.finite / ((double)a.finite + (double)b.finite));
        a.low = fmin(a.low, b.low);
        a.high = fmax(a.high, b.high);
    }
    a.members += b.members;
    a.finite += b.finite;
    return a;
}

void rd_curve_add(rd_curve *c, double x, double y)
{
    point p = {x, (double)NAN, (double)NAN, (double)NAN, 1, 0};
    if (isfinite(y)) p = (point){x, y, y, y, 1, 1};
    c->stride += c->stride == 0;
    if (c->count > 0 && c->members[c->count - 1] < c->stride) {
        store(c, c->count - 1, joined(load(c, c->count - 1), p));
        return;
    }
    if (c->count == RD_CURVE_ROOM) {
        c->count /= 2;
        c->stride *= 2;
        for (size_t i = 0; i < c->count; i++)
            store(c, i, joined(load(c, 2 * i), load(c, 2 * i + 1)));
    }
    store(c, c->count++, p);
}

/* ---- reading */

static int keep_line(void *user, const rd_metrics_line *line, uint64_t end)
{
    rd_run_curves *run = user;
    double step = (double)line->step;
    (void)end;
    if (line->step > run->steps) run->steps = line->step;
    if (line->event == RD_METRICS_STEP) {
        rd_curve_add(&run->curve[RD_CURVE_TRAIN], step, line->loss);
        rd_curve_add(&run->curve[RD_CURVE_RATE], step, line->rate);
        rd_curve_add(&run->curve[RD_CURVE_NORM], step, line->grad_norm);
        if (!isfinite(line->loss)) run->nonfinite++;
    }
    if (line->event == RD_METRICS_EVAL) {
        rd_curve_add(&run->curve[RD_CURVE_VALID], step, line->valid_loss);
        run->last_train = line->train_loss;
        if (isfinite(line->valid_loss) && !(line->valid_loss >= run->best)) {
            run->best = line->valid_loss;
            run->best_step = step;
        }
    }
    if (line->event == RD_METRICS_END && isfinite(line->train_loss)) run->last_train = line->train_loss;
    if (line->event == RD_METRICS_START && line->loss_unit && line->loss_unit_size < sizeof run->loss_unit) {
        memcpy(run->loss_unit, line->loss_unit, line->loss_unit_size);
        run->loss_unit[line->loss_unit_size] = 0;
    }
    return 0;
}

/* The last part of a path: "runs/play.run/metrics.jsonl" and "runs/play.run/" are "play". */
static void name_run(const char *path, char *name, size_t room)
{
    static const char *const endings[] = {"/metrics.jsonl", "/", ".run", ".jsonl"};
    size_t size = strlen(path);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t ending = strlen(endings[i]);
        while (size > ending && memcmp(path + size - ending, endings[i], ending) == 0)
            size -= ending;
    }
    size_t start = size;
    while (start > 0 && path[start - 1] != '/')
        start--;
    if (size - start >= room) /* the end of a name tells runs apart better than its beginning */
        start = size - (room - 1);
    memcpy(name, path + start, size - start);
    name[size - start] = 0;
}

rondo_status rd_run_curves_read(const char *path, rd_run_curves **curves, rondo_error *error)
{
    rd_run_curves *run;
    rd_text file = {0};
    RD_TRY(rd_alloc(1, sizeof *run, "the curves of a run", &run, error));
    memcpy(run->loss_unit, "nats", 5);
    run->best = run->best_step = run->last_train = (double)NAN;
    name_run(path, run->name, sizeof run->name);
    rd_text_put(&file, path);
    if (rd_is_folder(path)) rd_text_put(&file, "/metrics.jsonl");
    rondo_status status = rd_text_done(&file, error);
    if (status == RONDO_OK) status = rd_metrics_read(file.text, keep_line, run, error);
    rd_text_free(&file);
    if (status != RONDO_OK) {
        rd_free(run);
        return status;
    }
    *curves = run;
    return RONDO_OK;
}
