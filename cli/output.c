/* Results: standard output, growing texts, JSON lines. A reader that went away is no error; a full disk is
 * status 5. */
#include "cli.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int failure; /* errno of the first write that failed */

static void remember(void)
{
    if (!failure) failure = errno ? errno : EIO;
}

int output_sink(void *user, const char *bytes, size_t size)
{
    (void)user;
    if (failure) return 1;
    errno = 0;
    if (fwrite(bytes, 1, size, stdout) != size) remember();
    return failure != 0;
}

void output_text(const char *text)
{
    output_sink(NULL, text, strlen(text));
}

void output_format(const char *format, ...)
{
    if (failure) return;
    va_list args;
    va_start(args, format);
    errno = 0;
    if (vprintf(format, args) < 0) remember();
    va_end(args);
}

void output_flush(void)
{
    errno = 0;
    if (!failure && fflush(stdout) != 0) remember();
}

int output_broken(void)
{
    return failure != 0;
}

int output_finish(int status)
{
    output_flush();
    errno = 0;
    if (!failure && close(STDOUT_FILENO) != 0 && errno != EBADF && errno != EINTR) remember();
    if (!failure) return status;
    if (failure == EPIPE) return status == RONDO_SYSTEM ? RONDO_OK : status;
    return report_fail(RONDO_SYSTEM, NULL, "standard output: %s", strerror(failure));
}

/* ---- growing texts */

void buffer_add(buffer *to, const char *bytes, size_t size)
{
    if (to->failed) return;
    if (size >= to->room - to->size) {
        size_t room = to->room ? to->room : 256;
        while (room - to->size <= size && room < SIZE_MAX / 2)
            room *= 2;
        char *text = room - to->size > size ? realloc(to->text, room) : NULL;
        if (!text) {
            to->failed = 1;
            return;
        }
        to->text = text;
        to->room = room;
    }
    if (size) memcpy(to->text + to->size, bytes, size);
    to->size += size;
    to->text[to->size] = 0;
}

void buffer_put(buffer *to, const char *text)
{
    buffer_add(to, text, strlen(text));
}

void buffer_format(buffer *to, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    char *text = size < 0 ? NULL : malloc((size_t)size + 1);
    if (text) {
        vsnprintf(text, (size_t)size + 1, format, again);
        buffer_add(to, text, (size_t)size);
    } else {
        to->failed = 1;
    }
    free(text);
    va_end(again);
    va_end(args);
}

int buffer_sink(void *user, const char *bytes, size_t size)
{
    buffer *to = user;
    buffer_add(to, bytes, size);
    return to->failed;
}

void buffer_free(buffer *of)
{
    free(of->text);
    *of = (buffer){0};
}

/* ---- JSON */

/* Bytes of the UTF-8 symbol at the front, or 0 when it is bad. */
static size_t symbol_size(const unsigned char *text, size_t size)
{
    static const struct {
        unsigned char mask, lead, low, high; /* lead byte; range of the second */
        size_t size;
    } forms[] = {{0x80, 0x00, 0x80, 0xbf, 1}, {0xe0, 0xc0, 0x80, 0xbf, 2}, {0xff, 0xe0, 0xa0, 0xbf, 3},
                 {0xff, 0xed, 0x80, 0x9f, 3}, {0xf0, 0xe0, 0x80, 0xbf, 3}, {0xff, 0xf0, 0x90, 0xbf, 4},
                 {0xff, 0xf4, 0x80, 0x8f, 4}, {0xf8, 0xf0, 0x80, 0xbf, 4}};
    if (text[0] == 0xc0 || text[0] == 0xc1 || text[0] > 0xf4) return 0;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if ((text[0] & forms[i].mask) != forms[i].lead) continue;
        if (forms[i].size > size ||
            (forms[i].size > 1 && (text[1] < forms[i].low || text[1] > forms[i].high)))
            return 0;
        for (size_t k = 2; k < forms[i].size; k++)
            if ((text[k] & 0xc0) != 0x80) return 0;
        return forms[i].size;
    }
    return 0;
}

void json_quote(buffer *to, const char *text, size_t size)
{
    static const char plain[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    buffer_add(to, "\"", 1);
    for (size_t i = 0; i < size;) {
        const unsigned char *at = (const unsigned char *)text + i;
        const char *escape = *at ? strchr(plain, *at) : NULL;
        size_t n = symbol_size(at, size - i);
        if (escape)
            buffer_format(to, "\\%c", letters[escape - plain]);
        else if (!n || *at < 0x20)
            buffer_format(to, "\\u%04x", n ? *at : 0xfffdu);
        else
            buffer_add(to, text + i, n);
        i += n ? n : 1;
    }
    buffer_add(to, "\"", 1);
}

void json_begin(json_line *line)
{
    *line = (json_line){0};
    buffer_put(&line->text, "{\"schema\":1");
}

static void json_name(json_line *line, const char *name)
{
    buffer_put(&line->text, ",");
    json_quote(&line->text, name, strlen(name));
    buffer_put(&line->text, ":");
}

void json_text(json_line *line, const char *name, const char *text, size_t size)
{
    json_name(line, name);
    json_quote(&line->text, text, size);
}

void json_word(json_line *line, const char *name, const char *text)
{
    json_text(line, name, text, strlen(text));
}

void json_number(json_line *line, const char *name, double value)
{
    json_name(line, name);
    if (isfinite(value))
        buffer_format(&line->text, "%.17g", value);
    else
        buffer_put(&line->text, "null");
    line->nonfinite |= !isfinite(value);
}

void json_count(json_line *line, const char *name, uint64_t value)
{
    json_name(line, name);
    buffer_format(&line->text, "%llu", (unsigned long long)value);
}

void json_raw(json_line *line, const char *name, const char *json)
{
    json_name(line, name);
    buffer_put(&line->text, json);
}

void json_end(json_line *line)
{
    if (line->nonfinite) json_raw(line, "nonfinite", "true");
    buffer_put(&line->text, "}\n");
    if (line->text.text) output_sink(NULL, line->text.text, line->text.size);
    buffer_free(&line->text);
}
