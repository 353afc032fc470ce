/* Growing strings and the small comparisons that options and readers need; nothing here asks the locale. */
#include "base/text.h"
#include "base/memory.h"
#include "base/number_text.h"
#include "base/size.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int make_room(rd_text *text, size_t more)
{
    size_t size;
    if (!text->failed &&
        (!rd_add(text->size, more, &size) || !rd_add(size, 1, &size) ||
         rd_grow(&text->text, &text->room, rd_size_max(size, 32), 1, "text", NULL) != RONDO_OK))
        text->failed = 1;
    return !text->failed;
}

void rd_text_add(rd_text *text, const char *bytes, size_t size)
{
    if (!make_room(text, size)) return;
    if (size > 0) memcpy(text->text + text->size, bytes, size);
    text->size += size;
    text->text[text->size] = 0;
}

void rd_text_put(rd_text *text, const char *string)
{
    rd_text_add(text, string, strlen(string));
}

void rd_text_format(rd_text *text, const char *format, ...)
{
    const rd_locale_kept kept = rd_locale_enter();
    for (int turn = 0; turn < 2; turn++) { /* the second time with the room that the first asked for */
        const size_t room = text->text ? text->room - text->size : 0;
        va_list arguments;
        va_start(arguments, format);
        const int size = vsnprintf(room ? text->text + text->size : NULL, room, format, arguments);
        va_end(arguments);
        if (size < 0) text->failed = 1;
        if (text->failed) break;
        if ((size_t)size < room) {
            text->size += (size_t)size;
            break;
        }
        if (!make_room(text, (size_t)size)) break;
    }
    rd_locale_leave(kept);
    if (text->text) text->text[text->size] = 0;
}

rondo_status rd_text_done(const rd_text *text, rondo_error *error)
{
    return text->failed ? rd_fail(error, RONDO_LIMIT, "no memory for text (%zu bytes so far)", text->size)
                        : RONDO_OK;
}

void rd_text_clear(rd_text *text)
{
    text->size = 0;
    text->failed = 0;
    if (text->text) text->text[0] = 0;
}

void rd_text_free(rd_text *text)
{
    rd_free(text->text);
    *text = (rd_text){0};
}

int rd_equal(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* One row of the table of distances after another (optimal string alignment); names longer than the rows
 * count as wholly different. */
size_t rd_edit_distance(const char *a, const char *b)
{
    enum { LONGEST = 255 };
    size_t row[3][LONGEST + 1];
    const size_t rows = strlen(a), columns = strlen(b);
    if (rows > LONGEST || columns > LONGEST) return rd_size_max(rows, columns);
    for (size_t j = 0; j <= columns; j++)
        row[0][j] = j;
    for (size_t i = 1; i <= rows; i++) {
        const size_t *above = row[(i - 1) % 3], *higher = row[(i + 1) % 3];
        size_t *here = row[i % 3];
        here[0] = i;
        for (size_t j = 1; j <= columns; j++) {
            here[j] =
                rd_size_min(above[j - 1] + (a[i - 1] != b[j - 1]), rd_size_min(above[j], here[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                here[j] = rd_size_min(here[j], higher[j - 2] + 1);
        }
    }
    return row[rows % 3][columns];
}

/* On a mismatch the last star takes one byte more; earlier stars need not be looked at again. */
int rd_glob(const char *pattern, const char *text)
{
    const char *star = NULL, *after = NULL;
    while (*text) {
        if (*pattern == '*') {
            star = ++pattern;
            after = text;
        } else if (*pattern && (*pattern == '?' || *pattern == *text)) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star;
            text = ++after;
        } else {
            return 0;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == 0;
}

static int is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void trim(const char **text, size_t *size)
{
    while (*size > 0 && is_blank(**text)) {
        ++*text;
        --*size;
    }
    while (*size > 0 && is_blank((*text)[*size - 1]))
        --*size;
}

int rd_text_pair(const char *text, size_t size, size_t *at, size_t *line, rd_pair *pair)
{
    while (*at < size) {
        const char *start = text + *at, *newline = memchr(start, '\n', size - *at);
        size_t length = newline ? (size_t)(newline - start) : size - *at;
        *at += length + (newline != NULL);
        ++*line;
        trim(&start, &length);
        if (length == 0 || *start == '#') continue;
        const char *equals = memchr(start, '=', length);
        if (!equals) return -1;
        *pair = (rd_pair){.name = start, .value = equals + 1, .name_size = (size_t)(equals - start)};
        pair->value_size = length - pair->name_size - 1;
        trim(&pair->name, &pair->name_size);
        trim(&pair->value, &pair->value_size);
        return pair->name_size > 0 ? 1 : -1;
    }
    return 0;
}
