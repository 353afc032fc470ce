/* One walk over the runs of rows that a view covers: series, or records. */
#include "data/scaling.h"

#include "base/memory.h"
#include "base/numeric.h"
#include "data/series.h"

#include <math.h>

typedef struct rows { /* of one run, in memory */
    const float *row; /* [count][width] */
    size_t count, width;
} rows;
typedef void (*use_fn)(void *user, const rows *run);

typedef struct walk {
    const rondo_data *data;
    rd_scaled_part part;
    use_fn use;
    void *user;
    float *block; /* owned */
    size_t room;
} walk;

static rondo_status use_rows(walk *w, uint64_t first, uint64_t count, rondo_error *error)
{
    const rd_corpus *corpus = w->data->corpus;
    const size_t width = corpus->width[w->part.part];
    if (count == 0) return RONDO_OK;
    RD_TRY(rd_grow(&w->block, &w->room, (size_t)count * width, sizeof *w->block, "statistics", error));
    RD_TRY(rd_store_read(corpus->values[w->part.part], first, (size_t)count, w->block, error));
    for (size_t r = 0; r < count; r++)
        for (size_t k = 0; k < w->part.logs; k++)
            w->block[r * width + k] = (float)rd_log64((double)w->block[r * width + k]);
    w->use(w->user, &(rows){w->block, (size_t)count, width});
    return RONDO_OK;
}

static rondo_status walk_series(walk *w, rondo_error *error)
{
    const size_t count = w->data->corpus->series->count;
    rd_covered *covered;
    RD_TRY(rd_alloc(count, sizeof *covered, "statistics", &covered, error));
    rondo_status status = rd_series_covered(w->data, covered, error);
    for (size_t i = 0; i < count && status == RONDO_OK; i++)
        status = use_rows(w, covered[i].first, covered[i].end - covered[i].first, error);
    rd_free(covered);
    return status;
}

static rondo_status walk_records(walk *w, rondo_error *error)
{
    if (rd_data_is_stream(w->data)) {
        enum { PIECE = 4096 };
        for (uint64_t at = 0; at < w->data->count; at += PIECE)
            RD_TRY(use_rows(w, w->data->first + at, w->data->count - at < PIECE ? w->data->count - at : PIECE, error));
        return RONDO_OK;
    }
    for (uint64_t k = 0; k < w->data->count; k++) {
        rd_rows own;
        RD_TRY(rd_data_rows(w->data, k, w->part.part, &own, error));
        RD_TRY(use_rows(w, own.first, own.count, error));
    }
    return RONDO_OK;
}

static rondo_status walk_all(const rondo_data *data, rd_scaled_part part, use_fn use, void *user, rondo_error *error)
{
    walk w = {.data = data, .part = part, .use = use, .user = user};
    rondo_status status = data->corpus->series ? walk_series(&w, error) : walk_records(&w, error);
    rd_free(w.block);
    return status;
}

/* ---- mean, deviation, range (Welford 1962) ------------------------------------------------------------------ */

static void add_columns(void *user, const rows *run)
{
    rd_column_stats *stats = user;
    for (size_t r = 0; r < run->count; r++)
        for (size_t k = 0; k < run->width; k++) {
            rd_column_stats *s = &stats[k];
            const double value = (double)run->row[r * run->width + k];
            if (isnan(value)) continue;
            const double off = value - s->mean;
            s->least = s->count == 0 || value < s->least ? value : s->least;
            s->most = s->count == 0 || value > s->most ? value : s->most;
            s->count++;
            s->mean += off / (double)s->count;
            s->squares += off * (value - s->mean);
        }
}

rondo_status rd_scaling_columns(const rondo_data *data, rd_scaled_part part, rd_column_stats *stats, rondo_error *error)
{
    for (size_t k = 0; k < data->corpus->width[part.part]; k++)
        stats[k] = (rd_column_stats){.count = 0};
    return walk_all(data, part, add_columns, stats, error);
}

double rd_column_deviation(const rd_column_stats *stats)
{
    return stats->count && stats->squares > 0 ? sqrt(stats->squares / (double)stats->count) : 1;
}

double rd_column_range(const rd_column_stats *stats)
{
    return stats->most > stats->least ? stats->most - stats->least : 1;
}

/* ---- changes ------------------------------------------------------------------------------------------------ */

typedef struct changes {
    size_t lag;
    int absolute;
    double *sum, *count; /* [width] */
} changes;

static void add_changes(void *user, const rows *run)
{
    const changes *c = user;
    for (size_t r = c->lag; r < run->count; r++)
        for (size_t k = 0; k < run->width; k++) {
            const double off =
                (double)run->row[r * run->width + k] - (double)run->row[(r - c->lag) * run->width + k];
            if (isnan(off)) continue;
            c->sum[k] += c->absolute ? fabs(off) : off * off;
            c->count[k] += 1;
        }
}

static rondo_status mean_change(const rondo_data *data, rd_scaled_part part, changes *c, double *mean, rondo_error *error)
{
    const size_t width = data->corpus->width[part.part];
    for (size_t k = 0; k < width; k++)
        mean[k] = 0;
    c->sum = mean;
    RD_TRY(rd_alloc(width, sizeof *c->count, "statistics", &c->count, error));
    rondo_status status = walk_all(data, part, add_changes, c, error);
    for (size_t k = 0; k < width; k++)
        mean[k] = c->count[k] > 0 ? mean[k] / c->count[k] : 0;
    rd_free(c->count);
    return status;
}

rondo_status rd_scaling_change(const rondo_data *data, rd_scaled_part part, size_t lag, double *change, rondo_error *error)
{
    changes c = {.lag = lag};
    RD_TRY(mean_change(data, part, &c, change, error));
    for (size_t k = 0; k < data->corpus->width[part.part]; k++)
        change[k] = change[k] > 0 ? sqrt(change[k]) : 1;
    return RONDO_OK;
}

rondo_status rd_scaling_naive(const rondo_data *data, size_t season, double *naive, rondo_error *error)
{
    changes c = {.lag = season, .absolute = 1};
    return mean_change(data, (rd_scaled_part){RD_Y, 0}, &c, naive, error);
}
