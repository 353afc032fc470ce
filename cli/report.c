/* What is said to people: errors, hints, notes, on standard error. Colour never carries meaning alone. */
#include "cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static struct {
    int quiet, verbose;
    char color; /* 'a'uto, 'A'lways, 'n'ever */
} settled = {0, 0, 'a'};

void report_settle(const rondo_options *options)
{
    settled.quiet = flag_of(options, "quiet");
    settled.verbose = flag_of(options, "verbose");
    const char *color = text_of(options, "color");
    settled.color = !strcmp(color, "always") ? 'A' : color[0];
}

int report_quiet(void)
{
    return settled.quiet;
}
int report_verbose(void)
{
    return settled.verbose;
}

int color_on(int descriptor)
{
    if (settled.color != 'a') return settled.color == 'A';
    const char *none = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return isatty(descriptor) && !(none && none[0]) && terminal && terminal[0] &&
           strcmp(terminal, "dumb") != 0;
}

int terminal_width(int descriptor)
{
    struct winsize size = {0};
    if (isatty(descriptor) && ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    const char *columns = getenv("COLUMNS");
    long width = columns ? strtol(columns, NULL, 10) : 0;
    return isatty(descriptor) && width >= 20 && width <= 1000 ? (int)width : 80;
}

/* ---- outside text */

shown show(const char *text)
{
    shown out = {"\""};
    size_t at = 1, columns = 0;
    for (; *text && columns < 80; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20 || c == 0x7f)
            at += (size_t)snprintf(out.text + at, sizeof out.text - at, "\\x%02x", c);
        else
            out.text[at++] = *text;
        columns += (c & 0xc0) != 0x80;
    }
    while (*text && ((unsigned char)*text & 0xc0) == 0x80 && at < sizeof out.text - 8)
        out.text[at++] = *text++;
    memcpy(out.text + at, *text ? "…\"" : "\"", *text ? 5 : 2);
    return out;
}

shown with_commas(double count)
{
    char digits[64];
    shown out = {""};
    int size = snprintf(digits, sizeof digits, "%.0f", count);
    for (int i = 0, at = 0; i < size; i++) {
        if (i > 0 && (size - i) % 3 == 0 && digits[i - 1] != '-') out.text[at++] = ',';
        out.text[at++] = digits[i];
    }
    return out;
}

shown byte_size(double bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    shown out;
    size_t unit = 0;
    while (bytes >= 1024 && unit < 4) {
        bytes /= 1024;
        unit++;
    }
    snprintf(out.text, sizeof out.text, bytes < 10 && unit ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
    return out;
}

/* ---- lines */

/* One write a line, so that lines of several programs do not mix. */
static void write_line(const buffer *line)
{
    for (size_t at = 0; line->text && at < line->size;) {
        ssize_t n = write(STDERR_FILENO, line->text + at, line->size - at);
        if (n <= 0) return; /* there is nobody left to tell */
        at += (size_t)n;
    }
}

static void put_label(buffer *line, const char *label, const char *code)
{
    if (color_on(STDERR_FILENO))
        buffer_format(line, "\033[%sm%s\033[0m ", code, label);
    else
        buffer_format(line, "%s ", label);
}

static void error_lines(const char *message, const char *hint)
{
    buffer line = {0};
    put_label(&line, "rondo:", "1;31");
    buffer_format(&line, "%s\n", message);
    if (hint && hint[0]) {
        put_label(&line, "hint:", "36");
        buffer_format(&line, "%s\n", hint);
    }
    write_line(&line);
    buffer_free(&line);
}

int report_error(const rondo_error *error)
{
    if (output_broken() && error->status == RONDO_SYSTEM)
        return RONDO_SYSTEM; /* told, or not, by output_finish */
    error_lines(error->message[0] ? error->message : rondo_status_text(error->status), error->hint);
    return (int)error->status;
}

int report_fail(int status, const char *hint, const char *format, ...)
{
    char text[1200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    error_lines(text, hint);
    return status;
}

void report_note(const char *format, ...)
{
    char text[1200];
    buffer line = {0};
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    put_label(&line, "rondo: note:", "1");
    buffer_format(&line, "%s\n", text);
    if (!settled.quiet) write_line(&line);
    buffer_free(&line);
}

void report_say(const char *format, ...)
{
    char text[2400];
    buffer line = {0};
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    buffer_format(&line, "%s\n", text);
    if (!settled.quiet) write_line(&line);
    buffer_free(&line);
}

int say_sink(void *user, const char *bytes, size_t size)
{
    (void)user;
    buffer line = {0};
    buffer_add(&line, bytes, size);
    if (!settled.quiet) write_line(&line);
    buffer_free(&line);
    return 0;
}
