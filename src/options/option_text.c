/* Options as "name = value" lines: for files, the model's header and exact resume. */
#include "base/hash.h"
#include "options/table.h"

#include <string.h>

/* ---- values that a line cannot hold as they are stand in double quotes with escapes */

static int needs_quotes(const char *value)
{
    size_t size = strlen(value);
    if (size && (value[0] == ' ' || value[0] == '"' || value[size - 1] == ' ')) return 1;
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)value[i] < 0x20 || value[i] == 0x7f || value[i] == '#') return 1;
    return 0;
}

static void put_quoted(rd_text *text, const char *value)
{
    rd_text_put(text, "\"");
    for (; *value; value++) {
        unsigned char c = (unsigned char)*value;
        if (c < 0x20 || c == 0x7f || c == '#')
            rd_text_format(text, "\\x%02x", c);
        else if (c == '"' || c == '\\')
            rd_text_format(text, "\\%c", c);
        else
            rd_text_add(text, value, 1);
    }
    rd_text_put(text, "\"");
}

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Adds what stands between the quotes of value (size bytes) to text; 1 on success. */
static int unquote(const char *value, size_t size, rd_text *text)
{
    if (size < 2 || value[size - 1] != '"') return 0;
    for (size_t i = 1; i < size - 1; i++) {
        char c = value[i];
        if (c == '"') return 0;
        if (c == '\\') {
            if (++i >= size - 1) return 0;
            c = value[i];
            if (c == 'x') {
                int high = i + 2 < size - 1 ? hex_digit(value[i + 1]) : -1;
                int low = high < 0 ? -1 : hex_digit(value[i + 2]);
                if (low < 0 || high * 16 + low == 0) return 0;
                c = (char)(high * 16 + low);
                i += 2;
            } else if (c == 'n' || c == 't') {
                c = c == 'n' ? '\n' : '\t';
            } else if (c != '"' && c != '\\') {
                return 0;
            }
        }
        rd_text_add(text, &c, 1);
    }
    return 1;
}

/* ---- writing */

/* A value as it shows in the result: recompute gives the bits of f32. */
static const char *in_result(const rondo_options *options, rd_option_id id)
{
    const char *value = rd_option_text(options, id);
    return id == RD_OPT_saved && rd_equal(value, "recompute") ? rd_option_rows[id].fallback : value;
}

const char *rondo_options_text(rondo_options *options, int which, rondo_error *error)
{
    if (!options || which < 0 || which > 2) {
        rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_options_text: %s",
                options ? "which is none of 0, 1, 2" : "options is missing");
        return NULL;
    }
    rd_text_clear(&options->text);
    rd_text_put(&options->text, "");
    for (size_t i = 0; i < RD_OPTIONS; i++) {
        const char *value =
            which == 2 ? in_result(options, (rd_option_id)i) : rd_option_text(options, (rd_option_id)i);
        int wanted =
            which == 0 || (which == 1 && options->value[i]) || (which == 2 && rd_option_rows[i].result);
        if (!wanted || (!value[0] && !options->value[i])) continue;
        rd_text_format(&options->text, "%s = ", rd_option_rows[i].name);
        if (needs_quotes(value))
            put_quoted(&options->text, value);
        else
            rd_text_put(&options->text, value);
        rd_text_put(&options->text, "\n");
    }
    if (rd_text_done(&options->text, error) != RONDO_OK) return NULL;
    return options->text.text ? options->text.text : "";
}

/* ---- reading */

/* Puts "ORIGIN:LINE: " before the message of error. */
static rondo_status place(rondo_status status, const char *origin, size_t line, rondo_error *error)
{
    if (!error) return status;
    rondo_error inner = *error;
    rd_fail(error, status, "%s:%zu: %s", origin, line, inner.message);
    if (inner.hint[0]) rd_hint(error, "%s", inner.hint);
    return status;
}

/* A value without quotes ends where " #" begins a comment. */
static size_t without_comment(const char *value, size_t size)
{
    for (size_t i = 1; i < size; i++)
        if (value[i] == '#' && (value[i - 1] == ' ' || value[i - 1] == '\t')) {
            while (i > 0 && (value[i - 1] == ' ' || value[i - 1] == '\t'))
                i--;
            return i;
        }
    return size;
}

static rondo_status set_pair(rondo_options *options, const rd_pair *pair, rondo_error *error)
{
    size_t i = rd_option_find(pair->name, pair->name_size);
    if (i == RD_OPTIONS) {
        char name[81] = "";
        memcpy(name, pair->name, pair->name_size < 80 ? pair->name_size : 80);
        return rd_option_unknown(name, error);
    }
    const char *name = rd_option_rows[i].name;
    if (memchr(pair->value, 0, pair->value_size))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "%s: the value holds a zero byte", name);
    rd_text value = {0};
    int sound = 1;
    if (pair->value_size && pair->value[0] == '"')
        sound = unquote(pair->value, pair->value_size, &value);
    else
        rd_text_add(&value, pair->value, without_comment(pair->value, pair->value_size));
    rondo_status status = rd_text_done(&value, error);
    if (status == RONDO_OK && !sound)
        status = rd_fail(error, RONDO_BAD_ARGUMENT,
                         "%s: a value in quotes with escapes \\n \\t \\\\ \\\" \\xHH, found %s", name,
                         rd_quote_n(pair->value, pair->value_size).text);
    if (status == RONDO_OK) status = rondo_options_set(options, name, value.text ? value.text : "", error);
    rd_text_free(&value);
    return status;
}

rondo_status rondo_options_parse(rondo_options *options, const char *text, size_t size, const char *origin,
                                 rondo_error *error)
{
    if (!options || (!text && size))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_options_parse: %s is missing",
                       options ? "text" : "options");
    if (!origin) origin = "options";
    if (size > RD_OPTION_FILE_LIMIT)
        return rd_fail(error, RONDO_LIMIT, "%s: %zu bytes (at most %d)", origin, size, RD_OPTION_FILE_LIMIT);
    size_t at = 0, line = 0;
    rd_pair pair;
    for (int more; (more = rd_text_pair(text, size, &at, &line, &pair)) != 0;) {
        if (more < 0)
            return rd_fail(error, RONDO_BAD_ARGUMENT, "%s:%zu: expected \"name = value\"", origin, line);
        rondo_status status = set_pair(options, &pair, error);
        if (status != RONDO_OK) return place(status, origin, line, error);
    }
    return RONDO_OK;
}

/* ---- exact resume */

/* Values equal to the default do not count, so that a later version's new option does not make old runs
 * differ. */
uint64_t rd_options_hash(const rondo_options *options)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < RD_OPTIONS; i++) {
        const char *value = in_result(options, (rd_option_id)i);
        if (!rd_option_rows[i].result || rd_equal(value, rd_option_rows[i].fallback)) continue;
        uint64_t name = rd_fnv1a(rd_option_rows[i].name, strlen(rd_option_rows[i].name));
        uint64_t pair[2] = {name, rd_fnv1a(value, strlen(value))};
        unsigned char bytes[16];
        for (size_t b = 0; b < 16; b++)
            bytes[b] = (unsigned char)(pair[b / 8] >> (8 * (b % 8)));
        hash += rd_fnv1a(bytes, sizeof bytes);
    }
    return hash;
}

void rd_options_difference(const rondo_options *old, const rondo_options *now, rd_text *text)
{
    for (size_t i = 0; i < RD_OPTIONS; i++) {
        const char *a = in_result(old, (rd_option_id)i), *b = in_result(now, (rd_option_id)i);
        if (rd_option_rows[i].result && !rd_equal(a, b))
            rd_text_format(text, "%s: %s -> %s\n", rd_option_rows[i].name, rd_quote(a).text,
                           rd_quote(b).text);
    }
}
