/* Options by number inside the library, by name at its door. One table, options.def, makes parser, help, man page
 * and completion. */
#ifndef RD_OPTIONS_H
#define RD_OPTIONS_H

#include "base/text.h"

typedef enum rd_option_id {
#define RD_OPTION(id, ...) RD_OPT_##id,
#include "options/options.def"
#undef RD_OPTION
    RD_OPTIONS
} rd_option_id;

const char *rd_option_text(const rondo_options *options, rd_option_id id);    /* "" when there is none */
double rd_option_number(const rondo_options *options, rd_option_id id);       /* also of durations, in seconds */
int64_t rd_option_integer(const rondo_options *options, rd_option_id id);     /* also of sizes, in bytes */
int rd_option_flag(const rondo_options *options, rd_option_id id);
int rd_option_is(const rondo_options *options, rd_option_id id, const char *choice);
int rd_option_is_set(const rondo_options *options, rd_option_id id);

/* The 64-bit hash of all options that affect the result, for exact resume. */
uint64_t rd_options_hash(const rondo_options *options);
/* Appends one "name: old -> new" line for each result option that differs. */
void rd_options_difference(const rondo_options *old, const rondo_options *now, rd_text *text);

#endif
