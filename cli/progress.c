/* How far the training is: one line that changes on a terminal, key=value lines elsewhere. */
#include "cli.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

void progress_begin(progress *bar, const rondo_options *options)
{
    *bar = (progress){.began = now(), .next = 1, .ascii = flag_of(options, "ascii")};
    const char *asked = text_of(options, "progress"), *tokens = text_of(options, "tokens");
    int terminal = isatty(STDERR_FILENO) && strcmp(asked, "auto") == 0;
    bar->mode = report_quiet() || !strcmp(asked, "off") ? PROGRESS_OFF
                : terminal || !strcmp(asked, "bar")     ? PROGRESS_BAR
                                                        : PROGRESS_PLAIN;
    const char *unit = strncmp(tokens, "bpe", 3) == 0 ? "piece" : tokens;
    snprintf(bar->unit, sizeof bar->unit, "%ss", option_is(options, "task", "lm") ? unit : "row");
    bar->epochs = count_of(options, "epochs");
}

void sparkline(const double *value, size_t count, double baseline, int ascii, buffer *to)
{
    static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char letters[] = "_.-=+*#@";
    double low = baseline > 0 || !count ? baseline : value[0], high = low;
    for (size_t i = 0; i < count; i++) {
        low = value[i] < low ? value[i] : low;
        high = value[i] > high ? value[i] : high;
    }
    int below = 0;
    for (size_t i = 0; i < count; i++) {
        double place = high > low ? (value[i] - low) / (high - low) : 0;
        size_t level = place > 0 ? (size_t)(place * 7 + 0.5) : 0;
        if (baseline > 0 && value[i] < baseline && !below && i > 0)
            buffer_put(to, "|"); /* from here on below the baseline */
        below |= value[i] < baseline;
        if (ascii)
            buffer_add(to, &letters[level], 1);
        else
            buffer_put(to, blocks[level]);
    }
}

/* The share of the budget that is done, 0..1; the epochs when nothing else ends the run. */
static double share_done(const progress *bar, const rondo_event *event)
{
    double steps = event->step ? (double)event->step->step : 0;
    if (event->total_steps) return fmin(1, steps / (double)event->total_steps);
    return bar->epochs && event->step ? fmin(1, (double)event->step->epoch / (double)bar->epochs) : 0;
}

static void put_rate(buffer *line, const progress *bar, double rate)
{
    if (rate >= 10000)
        buffer_format(line, "  %.0fk %s/s", rate / 1000, bar->unit);
    else if (rate > 0)
        buffer_format(line, "  %.0f %s/s", rate, bar->unit);
}

static void put_place(const progress *bar, const rondo_step_report *step, buffer *line)
{
    if (bar->epochs && step)
        buffer_format(line, "epoch %llu/%llu  ",
                      (unsigned long long)(step->epoch + (step->epoch < bar->epochs && !step->epoch_end)),
                      (unsigned long long)bar->epochs);
    else if (step)
        buffer_format(line, "step %llu  ", (unsigned long long)step->step);
}

static void put_line(const progress *bar, const rondo_event *event, int wide, buffer *line)
{
    double done = share_done(bar, event), seconds = now() - bar->began;
    const int cells = wide ? 20 : 8;
    put_place(bar, event->step, line);
    for (int i = 0; i < cells; i++)
        buffer_put(line, i < (int)(done * cells + 0.5) ? (bar->ascii ? "#" : "█") : (bar->ascii ? "." : "░"));
    buffer_format(line, "  loss %.2f", event->train_loss);
    if (bar->valids) {
        buffer_format(line, "  valid %.2f ", bar->valid[bar->valids - 1]);
        size_t most = wide ? 16 : 8, last = bar->valids < most ? bar->valids : most;
        sparkline(bar->valid + bar->valids - last, last, bar->baseline, bar->ascii, line);
        if (bar->headline.name) buffer_format(line, "  %s %.3f", bar->headline.name, bar->headline.value);
    }
    put_rate(line, bar, event->tokens_per_second);
    double left = done > 0.01 ? seconds * (1 - done) / done : 0;
    if (left > 0) buffer_format(line, "  %d:%02d left", (int)left / 60, (int)left % 60);
    if (bar->beside[0]) buffer_format(line, "  (%s)", bar->beside);
}

/* Cuts the line to `columns` symbols, none of ours being wide. */
static void fit(buffer *line, size_t columns)
{
    size_t seen = 0, at = 0;
    while (at < line->size && (seen < columns || ((unsigned char)line->text[at] & 0xc0) == 0x80)) {
        seen += ((unsigned char)line->text[at] & 0xc0) != 0x80;
        at++;
    }
    if (line->text) line->text[line->size = at] = 0;
}

static void draw(progress *bar, const rondo_event *event)
{
    double time = now();
    if (time - bar->began < 0.5 || time - bar->drawn < 0.1) return;
    buffer line = {0};
    int width = terminal_width(STDERR_FILENO);
    put_line(bar, event, width >= 100, &line);
    fit(&line, (size_t)width - 1);
    bar->drawn = time;
    bar->shown = 1;
    signals_line(1);
    fprintf(stderr, "\r\033[K%s", line.text ? line.text : "");
    fflush(stderr);
    buffer_free(&line);
}

static void plain(const progress *bar, const rondo_event *event, int evaluated)
{
    const rondo_step_report *step = event->step;
    buffer line = {0};
    buffer_format(&line, "step=%llu loss=%.4g", step ? (unsigned long long)step->step : 0, event->train_loss);
    if (evaluated) buffer_format(&line, " valid=%.4g", event->valid_loss);
    if (evaluated && event->headline.name) buffer_format(&line, " %s=%.4g", event->headline.name, event->headline.value);
    if (step && step->rate > 0) buffer_format(&line, " gnorm=%.3g lr=%.4g", step->grad_norm, step->rate);
    if (event->tokens_per_second > 0)
        buffer_format(&line, " %s_per_s=%.0f", bar->unit, event->tokens_per_second);
    report_say("%s", line.text ? line.text : "");
    buffer_free(&line);
}

void progress_step(progress *bar, const rondo_event *event)
{
    if (bar->mode == PROGRESS_BAR) {
        draw(bar, event);
    } else if (bar->mode == PROGRESS_PLAIN && event->step && event->step->step >= bar->next) {
        plain(bar, event, 0);
        while (bar->next <= event->step->step)
            bar->next *= 2;
    }
}

void progress_eval(progress *bar, const rondo_event *event)
{
    if (bar->valids == sizeof bar->valid / sizeof bar->valid[0])
        memmove(bar->valid, bar->valid + 1, --bar->valids * sizeof bar->valid[0]);
    bar->valid[bar->valids++] = event->valid_loss;
    bar->headline = event->headline;
    if (bar->mode == PROGRESS_BAR)
        draw(bar, event);
    else if (bar->mode == PROGRESS_PLAIN)
        plain(bar, event, 1);
}

void progress_erase(progress *bar)
{
    if (!bar->shown) return;
    fprintf(stderr, "\r\033[K");
    fflush(stderr);
    bar->shown = 0;
    signals_line(0);
}
