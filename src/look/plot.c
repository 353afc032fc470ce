/* `rondo plot`: which curves of which runs go into which frame. What a frame looks like belongs to src/draw/.
 */
#include "base/memory.h"
#include "base/size.h"
#include "draw/svg.h"
#include "draw/terminal.h"
#include "look/curves.h"
#include "options/options.h"

#include <math.h>
#include <string.h>

enum { PANELS = 3, MOST_RUNS = 52, NAME_ROOM = 96 };

static const double bits = 1.4426950408889634; /* in a nat */

/* Which curves stand in a panel, and its height in lines of text and in pixels. */
typedef struct panel {
    const char *title, *unit;
    int log;
    size_t lines, pixels;
    rd_curve_name first, last;
} panel;
static const panel panels[PANELS] = {
    {"loss", "nats", 0, 20, 320, RD_CURVE_TRAIN, RD_CURVE_VALID},
    {"gradient norm", NULL, 1, 12, 160, RD_CURVE_NORM, RD_CURVE_NORM},
    {"learning rate", NULL, 0, 10, 120, RD_CURVE_RATE, RD_CURVE_RATE},
};

typedef struct picture {
    rd_run_curves *run[MOST_RUNS]; /* owned */
    size_t runs;
    rd_chart chart[PANELS];
    size_t panel[PANELS], charts; /* the panel that chart i shows */
    rd_series series[PANELS][2 * MOST_RUNS];
    char name[PANELS][2 * MOST_RUNS][NAME_ROOM];
    rd_mark mark[MOST_RUNS];
    rd_text mark_label[MOST_RUNS];
} picture;

/* ---- names */

static void add_name(char *to, const char *text)
{
    size_t used = strlen(to), size = strlen(text);
    size = rd_size_min(size, NAME_ROOM - 1 - used);
    memcpy(to + used, text, size);
    to[used + size] = 0;
}

/* The letter that stands for a run when there are several. */
static char key_of(const picture *p, size_t run)
{
    if (p->runs == 1) return 0;
    return (char)(run < 26 ? 'A' + run : 'a' + (run - 26));
}

static void name_series(const picture *p, size_t run, rd_curve_name curve, char *name)
{
    static const char *const words[RD_CURVES] = {"train", "valid", "", ""};
    if (p->runs > 1 || !*words[curve]) add_name(name, p->run[run]->name);
    if (p->runs > 1 && *words[curve]) add_name(name, " ");
    add_name(name, words[curve]);
}

static rondo_status mark_best(picture *p, size_t run, size_t mark, rondo_error *error)
{
    const rd_run_curves *curves = p->run[run];
    char number[24], key[] = {key_of(p, run), p->runs > 1 ? ' ' : 0, 0};
    rd_text *label = &p->mark_label[mark];
    rd_short_label(curves->best, number);
    rd_text_format(label, "best %s%s at step %llu", key, number, (unsigned long long)curves->best_step);
    RD_TRY(rd_text_done(label, error));
    p->mark[mark] = (rd_mark){curves->best_step, curves->best, label->text, p->runs == 1 ? 1 : run};
    return RONDO_OK;
}

/* ---- panels */

static size_t collect(picture *p, const panel *what, size_t at)
{
    size_t count = 0;
    for (size_t run = 0; run < p->runs; run++) {
        for (rd_curve_name which = what->first; which <= what->last; which++) {
            const rd_curve *c = &p->run[run]->curve[which];
            size_t drawable = 0;
            for (size_t i = 0; i < c->count; i++)
                drawable += isfinite(c->y[i]) && (!what->log || c->y[i] > 0);
            if (drawable == 0) continue;
            name_series(p, run, which, p->name[at][count]);
            int valid = which == RD_CURVE_VALID;
            p->series[at][count] = (rd_series){.name = p->name[at][count],
                                               .x = c->x,
                                               .y = c->y,
                                               .low = c->low,
                                               .high = c->high,
                                               .count = c->count,
                                               .color = p->runs > 1 ? run : (size_t)valid,
                                               .pattern = (size_t)valid,
                                               .key = key_of(p, run),
                                               .points = valid && c->count <= 64};
            count++;
        }
    }
    return count;
}

/* All runs of a frame must measure the same, or no unit can be written. */
static const char *common_unit(const picture *p)
{
    for (size_t run = 1; run < p->runs; run++) {
        if (!rd_equal(p->run[0]->loss_unit, p->run[run]->loss_unit)) return NULL;
    }
    return p->run[0]->loss_unit;
}

static rondo_status lay_out(picture *p, rondo_error *error)
{
    uint64_t steps = 0;
    for (size_t run = 0; run < p->runs; run++)
        steps = p->run[run]->steps > steps ? p->run[run]->steps : steps;
    for (size_t i = 0; i < PANELS; i++) {
        size_t at = p->charts;
        size_t count = collect(p, &panels[i], at);
        if (count == 0) continue;
        rd_chart *chart = &p->chart[at];
        *chart = (rd_chart){.title = panels[i].title,
                            .x = {.name = "step", .high = (double)steps},
                            .series = p->series[at],
                            .count = count};
        chart->y = (rd_axis){.name = panels[i].title, .unit = panels[i].unit, .log = panels[i].log};
        p->panel[p->charts++] = i;
        if (i > 0) continue;
        chart->y.unit = common_unit(p);
        if (rd_equal(chart->y.unit, "nats")) {
            chart->y.beside = bits;
            chart->y.beside_unit = "bits";
        }
        chart->mark = p->mark;
        for (size_t run = 0; run < p->runs; run++) {
            if (isfinite(p->run[run]->best)) RD_TRY(mark_best(p, run, chart->marks++, error));
        }
    }
    return RONDO_OK;
}

/* ---- media */

static void describe(const picture *p, rd_text *title, rd_text *text)
{
    rd_text_put(title, "Training of ");
    for (size_t run = 0; run < p->runs; run++) {
        const rd_run_curves *curves = p->run[run];
        char number[40];
        rd_text_put(title, run > 0 ? ", " : "");
        rd_text_put(title, curves->name);
        rd_text_format(text, "%s%s: %llu steps", run > 0 ? "; " : "", curves->name,
                       (unsigned long long)curves->steps);
        if (isfinite(curves->last_train)) {
            rd_short_label(curves->last_train, number);
            rd_text_format(text, ", training loss %s %s at the end", number, curves->loss_unit);
        }
        if (isfinite(curves->best)) {
            rd_short_label(curves->best, number);
            rd_text_format(text, ", best validation loss %s %s", number, curves->loss_unit);
            rd_text_format(text, " at step %llu", (unsigned long long)curves->best_step);
        }
        if (curves->nonfinite > 0)
            rd_text_format(text, ", %llu losses not finite", (unsigned long long)curves->nonfinite);
    }
    rd_text_put(text, ".");
}

static rondo_status draw_svg(const picture *p, rd_text *out, rondo_error *error)
{
    rd_text title = {0}, text = {0};
    size_t height[PANELS] = {0};
    for (size_t i = 0; i < p->charts; i++)
        height[i] = panels[p->panel[i]].pixels;
    describe(p, &title, &text);
    rondo_status status = rd_text_done(&title, error);
    if (status == RONDO_OK) status = rd_text_done(&text, error);
    if (status == RONDO_OK)
        status = rd_svg_charts(p->chart, height, p->charts, title.text, text.text, out, error);
    rd_text_free(&title);
    rd_text_free(&text);
    return status;
}

static rondo_status draw_text(const picture *p, const rondo_options *options, rd_text *out,
                              rondo_error *error)
{
    rd_medium medium = {.width = (size_t)rd_option_integer(options, RD_OPT_width),
                        .ascii = rd_option_flag(options, RD_OPT_ascii),
                        .color = rd_option_is(options, RD_OPT_color, "always")};
    for (size_t i = 0; i < p->charts; i++) {
        medium.height = panels[p->panel[i]].lines;
        if (i > 0) rd_text_put(out, "\n");
        RD_TRY(rd_terminal_chart(&p->chart[i], &medium, out, error));
    }
    for (size_t run = 0; run < p->runs; run++) {
        if (p->run[run]->nonfinite > 0) {
            rd_put_clean(p->run[run]->name, NAME_ROOM, medium.ascii, out);
            rd_text_format(out, ": losses that were not finite: %llu\n",
                           (unsigned long long)p->run[run]->nonfinite);
        }
    }
    return rd_text_done(out, error);
}

static rondo_status plot(picture *p, const char *const *runs, size_t count, const rondo_options *options,
                         int svg, rd_text *out, rondo_error *error)
{
    for (size_t i = 0; i < count; i++) {
        RD_TRY(rd_run_curves_read(runs[i], &p->run[i], error));
        p->runs++;
    }
    RD_TRY(lay_out(p, error));
    if (p->charts == 0) return rd_fail(error, RONDO_BAD_DATA, "%s: the log holds no steps yet", runs[0]);
    return svg ? draw_svg(p, out, error) : draw_text(p, options, out, error);
}

rondo_status rondo_plot(const char *const *runs, size_t count, const rondo_options *options,
                        const char *medium, rondo_sink sink, void *user, rondo_error *error)
{
    if (!runs || !options || !sink)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_plot: %s is missing",
                       !runs      ? "runs"
                       : !options ? "options"
                                  : "sink");
    if (count == 0 || count > MOST_RUNS)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "%zu runs to plot (expected 1 to %d)", count, MOST_RUNS);
    for (size_t i = 0; i < count; i++) {
        if (!runs[i]) return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_plot: run %zu is missing", i);
    }
    int svg = rd_equal(medium, "svg");
    if (!svg && !rd_equal(medium, "text"))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "no medium %s (expected \"text\" or \"svg\")",
                       rd_quote(medium ? medium : "").text);
    picture *p;
    rd_text out = {0};
    RD_TRY(rd_alloc(1, sizeof *p, "a picture of runs", &p, error));
    rondo_status status = plot(p, runs, count, options, svg, &out, error);
    if (status == RONDO_OK && sink(user, out.text, out.size) != 0)
        status = rd_fail(error, RONDO_SYSTEM, "the picture could not be written");
    for (size_t i = 0; i < p->runs; i++) {
        rd_free(p->run[i]);
        rd_text_free(&p->mark_label[i]);
    }
    rd_free(p);
    rd_text_free(&out);
    return status;
}
