/* The rows of options.def as data, and what a set of options is inside. */
#ifndef RD_OPTION_TABLE_H
#define RD_OPTION_TABLE_H

#include "options/options.h"

typedef enum rd_option_type {
    RD_OPTION_FLAG = 0,
    RD_OPTION_INTEGER = 1,
    RD_OPTION_NUMBER = 2,
    RD_OPTION_CHOICE = 3,
    RD_OPTION_TEXT = 4,
    RD_OPTION_FILE = 5,
    RD_OPTION_DURATION = 6,
    RD_OPTION_SIZE = 7,
    RD_OPTION_LIST = 8
} rd_option_type;

typedef struct rd_option_row {
    const char *name, *short_name;
    rd_option_type type;
    const char *range, *fallback, *aliases, *group, *commands;
    int common, result;
    const char *help;
} rd_option_row;

extern const rd_option_row rd_option_rows[RD_OPTIONS];

/* Values are kept in one spelling: integers in decimal, flags on or off, durations in seconds, sizes in
 * bytes. */
struct rondo_options {
    char *value[RD_OPTIONS]; /* owned; NULL: not set */
    rd_text text;            /* what rondo_options_text gave last */
};

enum { RD_OPTION_VALUE_LIMIT = 64 << 10, RD_OPTION_FILE_LIMIT = 1 << 20 };

/* The index of the option called `name` (size bytes), or RD_OPTIONS. */
size_t rd_option_find(const char *name, size_t size);
/* Checks type and range of `value` and adds its one spelling to `out`. The message begins with the option's
 * name. */
rondo_status rd_option_canonical(const rd_option_row *row, const char *value, rd_text *out,
                                 rondo_error *error);
/* Seconds of "60s", "5m", "2h", "1d" or a bare number; bytes of "64M"; 1 on success. */
int rd_option_seconds(const char *text, double *seconds);
int rd_option_bytes(const char *text, int64_t *bytes);
/* The value that a preset gives to an option, or NULL. */
const char *rd_preset_value(const char *preset, rd_option_id id);
/* The only tasks that read an option, separated by spaces; "": any may. */
const char *rd_option_tasks(rd_option_id id);
/* An error for a name that is no option, with the nearest one as hint. */
rondo_status rd_option_unknown(const char *name, rondo_error *error);

#endif
