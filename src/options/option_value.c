/* One value of one option: is it what its row allows, and how is it spelt. */
#include "base/size.h"
#include "options/table.h"

#include <inttypes.h>
#include <string.h>

/* ---- units */

typedef struct unit_row {
    char suffix;
    double factor;
} unit_row;

/* Number and unit of text, the bare number having factor 1; 1 on success. */
static int read_with_unit(const char *text, const unit_row *units, size_t count, double *value)
{
    size_t size = strlen(text);
    double factor = 1;
    for (size_t i = 0; size && i < count; i++)
        if (text[size - 1] == units[i].suffix) {
            factor = units[i].factor;
            size--;
            break;
        }
    if (!rd_parse_number(text, size, value)) return 0;
    *value *= factor;
    return 1;
}

int rd_option_seconds(const char *text, double *seconds)
{
    static const unit_row units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    double value;
    if (!read_with_unit(text, units, sizeof units / sizeof units[0], &value) || value > 1e12) return 0;
    *seconds = value;
    return 1;
}

int rd_option_bytes(const char *text, int64_t *bytes)
{
    static const unit_row units[] = {
        {'k', 1024.0}, {'K', 1024.0}, {'M', 1048576.0}, {'G', 1073741824.0}, {'T', 1099511627776.0}};
    size_t size = strlen(text);
    double value;
    if (rd_parse_integer(text, size, bytes) && (!size || (text[size - 1] >= '0' && text[size - 1] <= '9')))
        return 1;
    if (!read_with_unit(text, units, sizeof units / sizeof units[0], &value) || value < 0 || value >= 9e18)
        return 0;
    *bytes = (int64_t)value;
    return 1;
}

/* ---- ranges */

typedef struct range {
    double low, high;
    int has_low, has_high, above_low, below_high; /* the last two: the end itself is left out */
} range;

/* "LOW..HIGH" with either end missing, ">" before LOW and "<" before HIGH. */
static range range_of(const char *text)
{
    range r = {0};
    const char *dots = strstr(text, "..");
    if (!dots) return r;
    const char *low = text, *high = dots + 2;
    r.above_low = *low == '>';
    low += r.above_low;
    r.below_high = *high == '<';
    high += r.below_high;
    r.has_low = rd_parse_number(low, (size_t)(dots - low), &r.low);
    r.has_high = rd_parse_number(high, strlen(high), &r.high);
    return r;
}

static int range_holds(range r, double value)
{
    if (r.has_low && (value < r.low || (r.above_low && !(value > r.low)))) return 0;
    return !r.has_high || value < r.high || (!r.below_high && !(value > r.high));
}

static const char *const nouns[] = {
    "on or off",           "a whole number", "a number", "", "text", "a file", "a time as 60s, 5m or 2h",
    "a size as 64M or 2G", "a list"};

/* "a number of at least 0 and below 1" */
static rondo_status refuse(const rd_option_row *row, const char *value, rondo_error *error)
{
    range r = range_of(row->range);
    char low[40] = "", high[40] = "", wanted[160];
    rd_text sentence = {0};
    rd_print_double(r.low, low);
    rd_print_double(r.high, high);
    rd_text_put(&sentence, nouns[row->type]);
    if (r.has_low)
        rd_text_format(&sentence,
                       r.above_low  ? " above %s"
                       : r.has_high ? " from %s"
                                    : " of at least %s",
                       low);
    if (r.has_high)
        rd_text_format(&sentence,
                       r.below_high  ? " to below %s"
                       : r.above_low ? " and at most %s"
                                     : " to %s",
                       high);
    size_t size = rd_size_min(sentence.size, sizeof wanted - 1);
    if (size) memcpy(wanted, sentence.text, size);
    wanted[size] = 0;
    rd_text_free(&sentence);
    rd_fail(error, RONDO_BAD_ARGUMENT, "%s: expected %s, found %s", row->name, wanted, rd_quote(value).text);
    if (strchr(value, ',') && row->type == RD_OPTION_NUMBER)
        rd_hint(error, "numbers are written with a point, as 1.5");
    return RONDO_BAD_ARGUMENT;
}

/* ---- choices */

/* Whether the value is the choice; one that ends in ":N" stands for every number from 1 there. */
static int choice_is(const char *choice, size_t n, const char *value, size_t size)
{
    const size_t name = n > 2 && memcmp(choice + n - 2, ":N", 2) == 0 ? n - 1 : n;
    int64_t number;
    if (name == n) return n == size && memcmp(choice, value, size) == 0;
    return size > name && memcmp(choice, value, name) == 0 && rd_parse_integer(value + name, size - name, &number) &&
           number >= 1 && number <= INT32_MAX;
}

/* Whether the size bytes of value are one of "a|b|c". */
static int choice_holds(const char *choices, const char *value, size_t size)
{
    for (const char *at = choices;;) {
        size_t n = strcspn(at, "|");
        if (choice_is(at, n, value, size)) return 1;
        if (!at[n]) return 0;
        at += n + 1;
    }
}

/* The choice nearest to value within two edits, or "". */
static void choice_nearest(const char *choices, const char *value, char out[64])
{
    size_t best = 3;
    out[0] = 0;
    for (const char *at = choices;;) {
        size_t n = strcspn(at, "|");
        char choice[64] = "";
        memcpy(choice, at, rd_size_min(n, sizeof choice - 1));
        size_t distance = strlen(value) < sizeof choice ? rd_edit_distance(choice, value) : best;
        if (distance < best && distance < n) {
            best = distance;
            memcpy(out, choice, sizeof choice);
        }
        if (!at[n]) return;
        at += n + 1;
    }
}

static rondo_status refuse_choice(const rd_option_row *row, const char *value, rondo_error *error)
{
    char nearest[64];
    rd_fail(error, RONDO_BAD_ARGUMENT, "%s: expected %s, found %s", row->name, row->range,
            rd_quote(value).text);
    choice_nearest(row->range, value, nearest);
    if (nearest[0]) rd_hint(error, "did you mean %s?", nearest);
    return RONDO_BAD_ARGUMENT;
}

/* ---- types */

typedef rondo_status (*spell)(const rd_option_row *row, const char *value, rd_text *out, rondo_error *error);

static rondo_status spell_flag(const rd_option_row *row, const char *value, rd_text *out, rondo_error *error)
{
    static const char *const on[] = {"on", "yes", "true", "1"}, *const off[] = {"off", "no", "false", "0"};
    for (size_t i = 0; i < 4; i++)
        if (rd_equal(value, on[i]) || rd_equal(value, off[i])) {
            rd_text_put(out, rd_equal(value, on[i]) ? "on" : "off");
            return RONDO_OK;
        }
    return refuse(row, value, error);
}

static rondo_status spell_integer(const rd_option_row *row, const char *value, rd_text *out,
                                  rondo_error *error)
{
    int64_t number;
    if (!rd_parse_integer(value, strlen(value), &number) ||
        !range_holds(range_of(row->range), (double)number))
        return refuse(row, value, error);
    rd_text_format(out, "%" PRId64, number);
    return RONDO_OK;
}

static rondo_status spell_number(const rd_option_row *row, const char *value, rd_text *out,
                                 rondo_error *error)
{
    double number;
    char text[40];
    if (!rd_parse_number(value, strlen(value), &number) || !range_holds(range_of(row->range), number))
        return refuse(row, value, error);
    rd_print_double(number, text);
    rd_text_put(out, text);
    return RONDO_OK;
}

static rondo_status spell_choice(const rd_option_row *row, const char *value, rd_text *out,
                                 rondo_error *error)
{
    if (!choice_holds(row->range, value, strlen(value))) return refuse_choice(row, value, error);
    rd_text_put(out, value);
    return RONDO_OK;
}

static rondo_status spell_text(const rd_option_row *row, const char *value, rd_text *out, rondo_error *error)
{
    (void)row, (void)error;
    rd_text_put(out, value);
    return RONDO_OK;
}

static rondo_status spell_duration(const rd_option_row *row, const char *value, rd_text *out,
                                   rondo_error *error)
{
    double seconds;
    char text[40];
    if (!rd_option_seconds(value, &seconds) || !range_holds(range_of(row->range), seconds))
        return refuse(row, value, error);
    rd_print_double(seconds, text);
    rd_text_format(out, "%ss", text);
    return RONDO_OK;
}

static rondo_status spell_size(const rd_option_row *row, const char *value, rd_text *out, rondo_error *error)
{
    int64_t bytes;
    if (!rd_option_bytes(value, &bytes) || !range_holds(range_of(row->range), (double)bytes))
        return refuse(row, value, error);
    rd_text_format(out, "%" PRId64, bytes);
    return RONDO_OK;
}

/* Items are separated by commas; with a range each is one of its choices. */
static rondo_status spell_list(const rd_option_row *row, const char *value, rd_text *out, rondo_error *error)
{
    for (const char *at = value; row->range[0];) {
        size_t n = strcspn(at, ",");
        if (!choice_holds(row->range, at, n)) return refuse_choice(row, value, error);
        if (!at[n]) break;
        at += n + 1;
    }
    rd_text_put(out, value);
    return RONDO_OK;
}

rondo_status rd_option_canonical(const rd_option_row *row, const char *value, rd_text *out,
                                 rondo_error *error)
{
    static const spell spells[] = {
        [RD_OPTION_FLAG] = spell_flag,         [RD_OPTION_INTEGER] = spell_integer,
        [RD_OPTION_NUMBER] = spell_number,     [RD_OPTION_CHOICE] = spell_choice,
        [RD_OPTION_TEXT] = spell_text,         [RD_OPTION_FILE] = spell_text,
        [RD_OPTION_DURATION] = spell_duration, [RD_OPTION_SIZE] = spell_size,
        [RD_OPTION_LIST] = spell_list,
    };
    if (!value[0] && !row->fallback[0]) return RONDO_OK; /* none, as by default */
    return spells[row->type](row, value, out, error);
}
