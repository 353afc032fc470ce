/* How rondo bench tells a figure: a line of a table or a JSON object, and the ratio to an earlier one. */
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct rates { /* of one figure; 0: there is none */
    double tokens, gflops, roof;
} rates;

static rates rates_of(const bench *b, const workload *w, const figure *f)
{
    rates r = {.tokens = workload_tokens(w) / f->median};
    if (w->kind == BENCH_LOAD) return (rates){0};
    r.gflops = workload_flops(w) / f->median * 1e-9;
    r.roof = b->roofs.fma_gflops_all > 0 ? r.gflops / b->roofs.fma_gflops_all : 0;
    return r;
}

static void put_json(const bench *b, const workload *w, const figure *f)
{
    const rates r = rates_of(b, w, f);
    json_line line;
    json_begin(&line);
    json_word(&line, "system", "rondo");
    json_word(&line, "version", rondo_version());
    workload_fields(w, &line);
    json_count(&line, "threads", (uint64_t)rondo_device_threads(b->device));
    json_word(&line, "isa", rondo_device_isa(b->device));
    json_count(&line, "runs", f->runs);
    const struct {
        const char *name;
        double value;
    } figures[] = {{"median_s", f->median}, {"min_s", f->least},
                   {"max_s", f->most},      {"p99_s", f->late},
                   {"cpu_s", f->own},       {"tokens_per_s", r.tokens},
                   {"gflops", r.gflops},    {"roof_gflops", b->roofs.fma_gflops_all},
                   {"roof_share", r.roof},  {"bytes", f->bytes}};
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        json_number(&line, figures[i].name, figures[i].value);
    json_end(&line);
}

/* "12.3 ms" */
static shown duration(double seconds)
{
    static const struct {
        double least;
        const char *unit;
    } units[] = {{1, "s"}, {1e-3, "ms"}, {1e-6, "µs"}, {0, "ns"}};
    shown out;
    size_t i = 0;
    while (units[i].least > seconds)
        i++;
    snprintf(out.text, sizeof out.text, "%.3g %s", seconds / (units[i].least > 0 ? units[i].least : 1e-9),
             units[i].unit);
    return out;
}

enum { COLUMNS = 7 };

static void put_cells(const bench *b, const char *const cell[COLUMNS])
{
    static const int width[COLUMNS] = {-32, 10, 10, 10, 12, 9, 7};
    const int md = strcmp(b->format, "md") == 0, csv = strcmp(b->format, "csv") == 0;
    for (size_t i = 0; i < COLUMNS; i++) {
        int micro = strstr(cell[i], "µ") != NULL; /* one column, two bytes */
        if (csv)
            output_format("%s%s", i ? "," : "", cell[i]);
        else if (md)
            output_format("| %s %s", cell[i], i + 1 < COLUMNS ? "" : "|");
        else
            output_format("%s%*s", i ? " " : "", width[i] + (width[i] > 0 ? micro : -micro), cell[i]);
    }
    output_text("\n");
}

static void put_row(const bench *b, const workload *w, const figure *f)
{
    const rates r = rates_of(b, w, f);
    char tokens[64] = "", gflops[32] = "", roof[32] = "", memory[64];
    const int stream = w->kind == BENCH_STREAM;
    if (r.tokens > 0) snprintf(tokens, sizeof tokens, "%.40s", with_commas(r.tokens).text);
    if (r.gflops > 0) snprintf(gflops, sizeof gflops, "%.1f", r.gflops);
    if (r.roof > 0) snprintf(roof, sizeof roof, "%.0f %%", 100 * r.roof);
    snprintf(memory, sizeof memory, "%.40s", byte_size(f->bytes).text);
    const shown median = duration(f->median), least = duration(stream ? f->late : f->least),
                most = duration(f->most);
    if (w->kind == BENCH_MEMORY || w->kind == BENCH_LOAD) memcpy(tokens, memory, sizeof tokens);
    const char *const cell[COLUMNS] = {w->name, median.text, least.text, most.text, tokens, gflops, roof};
    put_cells(b, cell);
}

static void put_header(const bench *b, const workload *w)
{
    const int stream = w->kind == BENCH_STREAM, memory = w->kind == BENCH_MEMORY || w->kind == BENCH_LOAD;
    const char *const cell[COLUMNS] = {"workload",
                                       "median",
                                       stream ? "99 %" : "least",
                                       "most",
                                       memory ? "memory" : stream ? "steps/s" : "tokens/s",
                                       "GFLOP/s",
                                       "roof"};
    put_cells(b, cell);
    if (strcmp(b->format, "md") == 0) output_text("|---|---|---|---|---|---|---|\n");
}

/* ---- against an earlier result */

int bench_number_in(const char *line, const char *name, double *value)
{
    const char *at = strstr(line, name), *end = strchr(line, '\n');
    if (!at || (end && at > end)) return 0;
    *value = strtod(at + strlen(name), NULL);
    return isfinite(*value);
}

/* The line of the same workload, threads and instruction set, or NULL. */
static const char *earlier_line(const bench *b, const workload *w)
{
    buffer key = {0}, rest = {0};
    buffer_format(&key, "\"workload\":\"%s\"", w->name);
    buffer_format(&rest, "\"threads\":%d,\"isa\":\"%s\"", rondo_device_threads(b->device),
                  rondo_device_isa(b->device));
    const char *line = key.failed || rest.failed ? NULL : b->before.text;
    for (; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        const char *end = strchr(line, '\n'), *at = strstr(line, key.text);
        if (!at) line = NULL;
        if (!line) break;
        const char *same = strstr(line, rest.text);
        if ((!end || at < end) && same && (!end || same < end)) break;
    }
    buffer_free(&key);
    buffer_free(&rest);
    return line;
}

/* Slower by more than a tenth and by more than the two spreads is slower. The spread is from the fastest call
 * to the median, since what others do on the machine only slows. */
static void compare(bench *b, const workload *w, const figure *f)
{
    double median, least, most;
    const char *line = b->before.text ? earlier_line(b, w) : NULL;
    if (line && bench_number_in(line, "\"median_s\":", &median) &&
        bench_number_in(line, "\"min_s\":", &least) && bench_number_in(line, "\"max_s\":", &most) &&
        least > 0 && f->least > 0) {
        const double ratio = median / f->median;
        const double spread = (median / least - 1) + (f->median / f->least - 1);
        const int slower = 1 / ratio - 1 > fmin(0.5, fmax(0.1, spread));
        report_say("%s: %.2f times as fast (%.2f to %.2f) as %s a call%s", w->name, ratio, least / f->median,
                   median / f->least, duration(median).text, slower ? "  SLOWER" : "");
        b->slower |= slower;
    } else if (b->before.text) {
        report_note("%s: not in the earlier result", w->name);
    }
}

void bench_tell(bench *b, const workload *w, const figure *f)
{
    if (strcmp(b->format, "json") == 0) {
        put_json(b, w, f);
    } else {
        const int again = b->last && strcmp(b->format, "text") == 0 && b->last->kind != w->kind;
        if (b->rows == 0 || again) put_header(b, w);
        put_row(b, w, f);
    }
    b->last = w;
    b->rows++;
    output_flush();
    compare(b, w, f);
}

void bench_list(const bench *b)
{
    for (size_t i = 0; i < workload_count && !output_broken(); i++) {
        const workload *w = &workloads[i];
        json_line line;
        if (strcmp(b->format, "json") != 0) {
            output_format("%-32s %4zu x %4zu x %4zu  %s\n", w->name, w->batch, w->steps, w->hidden, w->help);
            continue;
        }
        json_begin(&line);
        workload_fields(w, &line);
        json_word(&line, "help", w->help);
        json_end(&line);
    }
}
