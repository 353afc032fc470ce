/* The files that scripts/golden_metrics.py writes: lines of fields parted by tabs. RONDO_GOLDEN=FOLDER takes
 * those of another folder, made from real data. */
#ifndef GOLDEN_LINES_H
#define GOLDEN_LINES_H

#include "base/text.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

enum { GOLDEN_FIELDS = 16 };

typedef struct golden_lines {
    FILE *file;
    char *line;
    size_t room;
    char *field[GOLDEN_FIELDS]; /* of the present line; field[0] says what it is */
    size_t fields;
} golden_lines;

static inline golden_lines golden_open(const char *name)
{
    char path[1024];
    const char *folder = getenv("RONDO_GOLDEN");
    golden_lines lines = {0};
    (void)snprintf(path, sizeof path, "%s/metrics_%s.txt", folder ? folder : RD_SOURCE_DIR "/tests/golden",
                   name);
    lines.file = fopen(path, "rb");
    assert_non_null(lines.file);
    return lines;
}

/* The next line that is no comment; 0 at the end of the file. */
static inline int golden_next(golden_lines *lines)
{
    ssize_t size;
    do {
        size = getline(&lines->line, &lines->room, lines->file);
        if (size <= 0) return 0;
    } while (lines->line[0] == '#');
    if (lines->line[size - 1] == '\n') lines->line[size - 1] = 0;
    lines->fields = 0;
    for (char *at = lines->line; at && lines->fields < GOLDEN_FIELDS;) {
        char *tab = strchr(at, '\t');
        lines->field[lines->fields++] = at;
        if (tab) *tab = 0;
        at = tab ? tab + 1 : NULL;
    }
    return 1;
}

static inline int golden_is(const golden_lines *lines, const char *what)
{
    return strcmp(lines->field[0], what) == 0;
}

static inline double golden_number(const golden_lines *lines, size_t field)
{
    double value = 0;
    assert_true(field < lines->fields &&
                rd_parse_number(lines->field[field], strlen(lines->field[field]), &value));
    return value;
}

/* Whole numbers parted by spaces, at most `most`; gives how many. */
static inline size_t golden_integers(const golden_lines *lines, size_t field, int32_t *values, size_t most)
{
    size_t count = 0;
    assert_true(field < lines->fields);
    for (char *at = lines->field[field]; *at;) {
        assert_true(count < most);
        values[count++] = (int32_t)strtol(at, &at, 10);
        while (*at == ' ')
            at++;
    }
    return count;
}

static inline void golden_close(golden_lines *lines)
{
    assert_int_equal(fclose(lines->file), 0);
    free(lines->line);
}

#endif
