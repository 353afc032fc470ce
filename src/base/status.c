/* Messages are written once, where the fact is known, and every word from outside is made safe to show. */
#include "base/status.h"
#include "base/number_text.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { QUOTE_SYMBOLS = 80 };

const char *rondo_status_text(rondo_status status)
{
    static const struct {
        rondo_status status;
        const char *text;
    } table[] = {
        {RONDO_OK, "ok"},
        {RONDO_NO, "no"},
        {RONDO_BAD_ARGUMENT, "bad argument"},
        {RONDO_BAD_DATA, "bad data"},
        {RONDO_BAD_MODEL, "bad model"},
        {RONDO_SYSTEM, "system error"},
        {RONDO_LIMIT, "limit reached"},
        {RONDO_NUMBERS, "numbers out of range"},
        {RONDO_LOST_PEER, "lost peer"},
        {RONDO_BUG, "internal error"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].status == status) return table[i].text;
    return "unknown status";
}

/* Shortens a text that vsnprintf had to cut, so that it does not end inside a symbol. */
static void cut_at_symbol(char *text, size_t size)
{
    size_t end = size;
    while (end > 0 && size - end < 3 && ((unsigned char)text[end - 1] & 0xC0) == 0x80)
        end--;
    if (end == 0 || ((unsigned char)text[end - 1] & 0xC0) != 0xC0) return;
    if (rd_utf8_length((const unsigned char *)text + end - 1, size - end + 1) == 0) text[end - 1] = 0;
}

/* Through a buffer, because an argument may be the old message. */
static void write_text(char *to, size_t room, const char *format, va_list arguments)
{
    char text[sizeof((rondo_error *)0)->message];
    const rd_locale_kept kept = rd_locale_enter();
    const int size = vsnprintf(text, room, format, arguments);
    rd_locale_leave(kept);
    if (size < 0)
        text[0] = 0;
    else if ((size_t)size >= room)
        cut_at_symbol(text, room - 1);
    memcpy(to, text, strlen(text) + 1);
}

rondo_status rd_fail(rondo_error *error, rondo_status status, const char *format, ...)
{
    if (!error) return status;
    va_list arguments;
    va_start(arguments, format);
    write_text(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    error->status = status;
    error->hint[0] = 0;
    return status;
}

void rd_hint(rondo_error *error, const char *format, ...)
{
    if (!error) return;
    va_list arguments;
    va_start(arguments, format);
    write_text(error->hint, sizeof error->hint, format, arguments);
    va_end(arguments);
}

/* Symbols that could forge a line or turn the writing direction of a terminal. */
static int is_deceiving(uint32_t code)
{
    return (code >= 0x80 && code < 0xA0) || code == 0x2028 || code == 0x2029 ||
           (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) || code == 0x200E ||
           code == 0x200F || code == 0x61C;
}

static uint32_t decode(const unsigned char *text, size_t length)
{
    static const unsigned char first[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t code = text[0] & first[length];
    for (size_t i = 1; i < length; i++)
        code = code << 6 | (text[i] & 0x3F);
    return code;
}

/* Writes one symbol as it is shown, at most 6 bytes, and gives their number; *used is what it took of the
 * text. */
static size_t quote_symbol(const unsigned char *text, size_t size, char out[8], size_t *used)
{
    static const char from[] = "\n\t\r\"\\", to[] = "ntr\"\\";
    const size_t length = rd_utf8_length(text, size);
    const char *special = text[0] ? strchr(from, text[0]) : NULL;
    *used = length ? length : 1;
    if (special) {
        out[0] = '\\';
        out[1] = to[special - from];
        return 2;
    }
    if (length == 0 || text[0] < 0x20 || text[0] == 0x7F) return (size_t)snprintf(out, 8, "\\x%02x", text[0]);
    if (length > 1 && is_deceiving(decode(text, length)))
        return (size_t)snprintf(out, 8, "\\u%04x", decode(text, length) & 0xFFFFu);
    memcpy(out, text, length);
    return length;
}

/* 80 symbols of at most 6 bytes, two quotes, the ellipsis and the end fit in the 512 bytes. */
rd_quoted rd_quote_n(const char *text, size_t size)
{
    rd_quoted quoted;
    const unsigned char *bytes = (const unsigned char *)text;
    size_t at = 0, to = 0, used;
    quoted.text[to++] = '"';
    for (int n = 0; at < size && n < QUOTE_SYMBOLS; n++, at += used)
        to += quote_symbol(bytes + at, size - at, quoted.text + to, &used);
    if (at < size) {
        memcpy(quoted.text + to, "\xE2\x80\xA6", 3);
        to += 3;
    }
    quoted.text[to++] = '"';
    quoted.text[to] = 0;
    return quoted;
}

rd_quoted rd_quote(const char *text)
{
    return rd_quote_n(text, text ? strlen(text) : 0);
}
