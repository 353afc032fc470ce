/* A set of options: what was set by name, over what a preset says, over the defaults of options.def.
 * Everything is kept as text and read as numbers where it is used. */
#include "options/options.h"
#include "base/memory.h"
#include "options/table.h"

#include <string.h>

const rd_option_row rd_option_rows[RD_OPTIONS] = {
#define RD_OPTION(id, name, letter, type, range, fallback, aliases, group, commands, common, result, help)   \
    {name, letter, RD_OPTION_##type, range, fallback, aliases, group, commands, common, result, help},
#include "options/options.def"
#undef RD_OPTION
};

static const char *const type_names[] = {"flag", "integer",  "number", "choice", "text",
                                         "file", "duration", "size",   "list"};

size_t rd_option_find(const char *name, size_t size)
{
    size_t i = 0;
    while (i < RD_OPTIONS &&
           (strlen(rd_option_rows[i].name) != size || memcmp(rd_option_rows[i].name, name, size) != 0))
        i++;
    return i;
}

rondo_status rondo_option(size_t i, rondo_option_info *info)
{
    if (!info) return RONDO_BAD_ARGUMENT;
    if (i >= RD_OPTIONS) return RONDO_NO;
    const rd_option_row *row = &rd_option_rows[i];
    *info = (rondo_option_info){.name = row->name,
                                .short_name = row->short_name,
                                .type = type_names[row->type],
                                .range = row->range,
                                .fallback = row->fallback,
                                .help = row->help,
                                .aliases = row->aliases,
                                .group = row->group,
                                .commands = row->commands,
                                .common = row->common,
                                .result = row->result,
                                .tasks = rd_option_tasks((rd_option_id)i)};
    return RONDO_OK;
}

rondo_status rondo_options_new(rondo_options **options, rondo_error *error)
{
    if (!options) return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_options_new: options is missing");
    *options = NULL;
    return rd_alloc(1, sizeof **options, "options", options, error);
}

void rondo_options_free(rondo_options *options)
{
    if (!options) return;
    for (size_t i = 0; i < RD_OPTIONS; i++)
        rd_free(options->value[i]);
    rd_text_free(&options->text);
    rd_free(options);
}

/* Replaces the value of option i by a copy. */
static rondo_status keep(rondo_options *options, size_t i, const char *value, rondo_error *error)
{
    char *copy = NULL;
    size_t size = strlen(value) + 1;
    RD_TRY(rd_alloc(size, 1, "an option", &copy, error));
    memcpy(copy, value, size);
    rd_free(options->value[i]);
    options->value[i] = copy;
    return RONDO_OK;
}

rondo_status rondo_options_set(rondo_options *options, const char *name, const char *value,
                               rondo_error *error)
{
    if (!options || !name || !value)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_options_set: %s is missing",
                       !options ? "options"
                       : name   ? "value"
                                : "name");
    size_t i = rd_option_find(name, strlen(name));
    if (i == RD_OPTIONS) return rd_option_unknown(name, error);
    if (strlen(value) > RD_OPTION_VALUE_LIMIT)
        return rd_fail(error, RONDO_LIMIT, "%s: the value has %zu bytes (at most %d)", name, strlen(value),
                       RD_OPTION_VALUE_LIMIT);
    rd_text spelling = {0};
    rondo_status status = rd_option_canonical(&rd_option_rows[i], value, &spelling, error);
    if (status == RONDO_OK) status = rd_text_done(&spelling, error);
    if (status == RONDO_OK) status = keep(options, i, spelling.text ? spelling.text : "", error);
    rd_text_free(&spelling);
    return status;
}

rondo_status rondo_options_copy(const rondo_options *options, rondo_options **copy, rondo_error *error)
{
    if (!options || !copy)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_options_copy: %s is missing",
                       options ? "copy" : "options");
    RD_TRY(rondo_options_new(copy, error));
    for (size_t i = 0; i < RD_OPTIONS; i++) {
        rondo_status status = options->value[i] ? keep(*copy, i, options->value[i], error) : RONDO_OK;
        if (status != RONDO_OK) {
            rondo_options_free(*copy);
            *copy = NULL;
            return status;
        }
    }
    return RONDO_OK;
}

const char *rd_option_text(const rondo_options *options, rd_option_id id)
{
    if (options->value[id]) return options->value[id];
    const char *preset = options->value[RD_OPT_preset];
    const char *value = preset ? rd_preset_value(preset, id) : NULL;
    const char *task = options->value[RD_OPT_task];
    if (!value && task) value = rd_preset_value(task, id);
    return value ? value : rd_option_rows[id].fallback;
}

const char *rondo_options_get(const rondo_options *options, const char *name)
{
    size_t i = options && name ? rd_option_find(name, strlen(name)) : RD_OPTIONS;
    return i < RD_OPTIONS ? rd_option_text(options, (rd_option_id)i) : NULL;
}

int rondo_options_is_set(const rondo_options *options, const char *name)
{
    size_t i = options && name ? rd_option_find(name, strlen(name)) : RD_OPTIONS;
    return i < RD_OPTIONS && options->value[i];
}

int rd_option_is_set(const rondo_options *options, rd_option_id id)
{
    return options->value[id] != NULL;
}

double rd_option_number(const rondo_options *options, rd_option_id id)
{
    const char *text = rd_option_text(options, id);
    double value = 0;
    if (rd_option_rows[id].type == RD_OPTION_DURATION)
        rd_option_seconds(text, &value);
    else if (rd_option_rows[id].type == RD_OPTION_SIZE || rd_option_rows[id].type == RD_OPTION_INTEGER)
        value = (double)rd_option_integer(options, id);
    else
        rd_parse_number(text, strlen(text), &value);
    return value;
}

int64_t rd_option_integer(const rondo_options *options, rd_option_id id)
{
    const char *text = rd_option_text(options, id);
    int64_t value = 0;
    if (rd_option_rows[id].type == RD_OPTION_SIZE)
        rd_option_bytes(text, &value);
    else
        rd_parse_integer(text, strlen(text), &value);
    return value;
}

int rd_option_flag(const rondo_options *options, rd_option_id id)
{
    return rd_equal(rd_option_text(options, id), "on");
}

int rd_option_is(const rondo_options *options, rd_option_id id, const char *choice)
{
    return rd_equal(rd_option_text(options, id), choice);
}
