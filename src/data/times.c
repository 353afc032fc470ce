/* The calendar is the proleptic Gregorian one; days are counted by the shifted year that begins in March, so that the
 * leap day is the last of its year. */
#include "data/times.h"

#include "base/numeric.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define PI     3.14159265358979323846

/* ---- dates and days */

typedef struct civil {
    int64_t year, month, day; /* month and day from 1 */
} civil;

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int64_t days_of(civil date)
{
    const int64_t year = date.year - (date.month <= 2), era = floor_div(year, 400), in_era = year - era * 400;
    const int64_t shifted = date.month + (date.month > 2 ? -3 : 9);
    const int64_t in_year = (153 * shifted + 2) / 5 + date.day - 1;
    return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468;
}

static civil date_of(int64_t days)
{
    const int64_t shifted = days + 719468, era = floor_div(shifted, 146097), in_era = shifted - era * 146097;
    const int64_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    const int64_t in_year = in_era - (365 * year + year / 4 - year / 100), month = (5 * in_year + 2) / 153;
    const int64_t real_month = month + (month < 10 ? 3 : -9);
    return (civil){year + era * 400 + (real_month <= 2), real_month, in_year - (153 * month + 2) / 5 + 1};
}

static int64_t days_in_month(int64_t year, int64_t month)
{
    const civil first = {year, month, 1}, next = {year + month / 12, month % 12 + 1, 1};
    return days_of(next) - days_of(first);
}

/* ---- reading */

typedef struct cursor {
    const char *at, *end;
} cursor;

/* Exactly `digits` digits; 0 when they are not there. */
static int number(cursor *c, int digits, int64_t *value)
{
    *value = 0;
    if (c->end - c->at < digits) return 0;
    for (int i = 0; i < digits; i++, c->at++) {
        if (*c->at < '0' || *c->at > '9') return 0;
        *value = *value * 10 + (*c->at - '0');
    }
    return 1;
}

static int sign(cursor *c, char wanted)
{
    if (c->at == c->end || *c->at != wanted) return 0;
    c->at++;
    return 1;
}

/* "Z", "+02:00", "+0200" or nothing, to the end of the text. */
static int read_zone(cursor *c, rd_time_style *style)
{
    const size_t size = (size_t)(c->end - c->at);
    cursor z = *c;
    int64_t hour = 0, minute = 0;
    if (size == 0) return 1;
    if (size >= sizeof style->zone) return 0;
    if (size != 1 || *c->at != 'Z') {
        if (!sign(&z, '+') && !sign(&z, '-')) return 0;
        if (!number(&z, 2, &hour) || hour > 14) return 0;
        (void)sign(&z, ':');
        if (z.at != z.end && (!number(&z, 2, &minute) || minute > 59)) return 0;
        if (z.at != z.end) return 0;
    }
    memcpy(style->zone, c->at, size);
    style->east = (hour * HOUR + minute * MINUTE) * (*c->at == '-' ? -1 : 1);
    return 1;
}

static int read_clock(cursor *c, int64_t *time, rd_time_style *style)
{
    int64_t hour, minute, second = 0, milli = 0, scale = 100;
    style->between = *c->at;
    if (!sign(c, ' ') && !sign(c, 'T')) return 0;
    if (!number(c, 2, &hour) || hour > 23 || !sign(c, ':') || !number(c, 2, &minute) || minute > 59) return 0;
    style->form = RD_TIME_MINUTE;
    if (sign(c, ':')) {
        if (!number(c, 2, &second) || second > 59) return 0;
        style->form = RD_TIME_SECOND;
        if (sign(c, '.')) {
            style->form = RD_TIME_MILLI;
            const char *first = c->at;
            for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++, scale /= 10)
                milli += (*c->at - '0') * scale;
            if (c->at == first) return 0;
        }
    }
    *time += hour * HOUR + minute * MINUTE + second * SECOND + milli;
    return read_zone(c, style);
}

/* A bare number: four digits are a year, more are seconds, very many milliseconds since 1970. */
static int read_epoch(const char *text, size_t size, int64_t *time, rd_time_style *style)
{
    int64_t value;
    for (size_t i = 0; i < size; i++)
        if ((text[i] < '0' || text[i] > '9') && !(i == 0 && text[i] == '-')) return 0;
    if (!rd_parse_integer(text, size, &value) || value > INT64_C(100000000000000) || value < INT64_C(-100000000000000))
        return 0;
    if (size == 4 && value > 0) {
        style->form = RD_TIME_YEAR;
        *time = days_of((civil){value, 1, 1}) * DAY;
        return 1;
    }
    const int milliseconds = value > INT64_C(100000000000) || value < INT64_C(-100000000000);
    style->form = milliseconds ? RD_TIME_EPOCH_MS : RD_TIME_EPOCH;
    *time = milliseconds ? value : value * SECOND;
    return 1;
}

int rd_time_read(const char *text, size_t size, int64_t *time, rd_time_style *style)
{
    cursor c = {text, text + size};
    civil date = {.day = 1};
    *style = (rd_time_style){.form = RD_TIME_MONTH};
    while (c.at < c.end && *c.at == ' ')
        c.at++;
    while (c.end > c.at && c.end[-1] == ' ')
        c.end--;
    if (read_epoch(c.at, (size_t)(c.end - c.at), time, style)) return 1;
    if (!number(&c, 4, &date.year) || !sign(&c, '-') || !number(&c, 2, &date.month)) return 0;
    if (date.month < 1 || date.month > 12) return 0;
    if (sign(&c, '-')) {
        if (!number(&c, 2, &date.day) || date.day < 1 || date.day > days_in_month(date.year, date.month)) return 0;
        style->form = RD_TIME_DAY;
    }
    *time = days_of(date) * DAY;
    if (c.at == c.end) return 1;
    return style->form == RD_TIME_DAY && read_clock(&c, time, style);
}

/* ---- writing */

void rd_time_write(int64_t time, const rd_time_style *style, char out[40])
{
    const int64_t days = floor_div(time, DAY), rest = time - days * DAY;
    const civil date = date_of(days);
    const long long year = (long long)date.year, month = (long long)date.month, day = (long long)date.day,
                    hour = (long long)(rest / HOUR), minute = (long long)(rest / MINUTE % 60),
                    second = (long long)(rest / SECOND % 60), milli = (long long)(rest % SECOND);
    const char between = style->between;
    int n = 0;
    if (style->form == RD_TIME_EPOCH || style->form == RD_TIME_EPOCH_MS) {
        (void)snprintf(out, 40, "%lld", (long long)(style->form == RD_TIME_EPOCH ? floor_div(time, SECOND) : time));
        return;
    }
    if (style->form == RD_TIME_YEAR) n = snprintf(out, 40, "%04lld", year);
    if (style->form == RD_TIME_MONTH) n = snprintf(out, 40, "%04lld-%02lld", year, month);
    if (style->form >= RD_TIME_DAY) n = snprintf(out, 40, "%04lld-%02lld-%02lld", year, month, day);
    if (style->form >= RD_TIME_MINUTE) n += snprintf(out + n, 40 - (size_t)n, "%c%02lld:%02lld", between, hour, minute);
    if (style->form >= RD_TIME_SECOND) n += snprintf(out + n, 40 - (size_t)n, ":%02lld", second);
    if (style->form >= RD_TIME_MILLI) n += snprintf(out + n, 40 - (size_t)n, ".%03lld", milli);
    (void)snprintf(out + n, 40 - (size_t)n, "%s", style->zone);
}

/* ---- steps */

/* The month a time lies in, counted from year 0, and what is left of it. */
static int64_t month_of(int64_t time, int64_t *rest)
{
    const civil date = date_of(floor_div(time, DAY));
    *rest = time - days_of((civil){date.year, date.month, 1}) * DAY;
    return date.year * 12 + date.month - 1;
}

static int64_t time_of_month(int64_t month, int64_t rest)
{
    const civil date = {floor_div(month, 12), month - floor_div(month, 12) * 12 + 1, 1};
    return days_of(date) * DAY + rest;
}

/* 1 when all times stand at the same place of their month. */
static int are_months(const int64_t *time, size_t count)
{
    int64_t rest, first;
    (void)month_of(time[0], &first);
    for (size_t i = 1; i < count; i++) {
        const int64_t before = time[i - 1];
        (void)month_of(time[i], &rest);
        if (rest != first || time[i] - before < 28 * DAY) return 0;
    }
    return 1;
}

/* The commonest difference; of equally common ones the smallest. */
static int64_t commonest(const int64_t *time, size_t count, int months)
{
    enum { KINDS = 64 };
    struct {
        int64_t step;
        size_t seen;
    } kind[KINDS] = {{0, 0}};
    size_t kinds = 0, best = 0;
    for (size_t i = 1; i < count; i++) {
        int64_t rest, step = time[i] - time[i - 1];
        size_t k = 0;
        if (months) step = month_of(time[i], &rest) - month_of(time[i - 1], &rest);
        while (k < kinds && kind[k].step != step)
            k++;
        if (k == KINDS) continue;
        kinds += k == kinds;
        kind[k].step = step;
        kind[k].seen++;
    }
    for (size_t k = 1; k < kinds; k++)
        if (kind[k].seen > kind[best].seen || (kind[k].seen == kind[best].seen && kind[k].step < kind[best].step)) best = k;
    return kind[best].step;
}

rd_step rd_step_find(const int64_t *time, size_t count)
{
    if (count < 2) return (rd_step){0, 0};
    if (are_months(time, count)) return (rd_step){.months = commonest(time, count, 1)};
    return (rd_step){.milliseconds = commonest(time, count, 0)};
}

int64_t rd_step_after(int64_t time, rd_step step, int64_t steps)
{
    int64_t rest;
    if (!step.months) return time + step.milliseconds * steps;
    const int64_t month = month_of(time, &rest);
    return time_of_month(month + step.months * steps, rest);
}

int64_t rd_steps_between(int64_t from, int64_t to, rd_step step)
{
    int64_t rest[2];
    if (!step.months) {
        if (step.milliseconds <= 0 || (to - from) % step.milliseconds != 0) return 0;
        return (to - from) / step.milliseconds;
    }
    const int64_t months = month_of(to, &rest[1]) - month_of(from, &rest[0]);
    return rest[0] == rest[1] && months % step.months == 0 ? months / step.months : 0;
}

/* Largest first; a step is written in the first unit of which it is a whole number. */
static const struct {
    const char *unit, *each, *one, *many;
    int64_t months, milliseconds;
} units[] = {
    /* clang-format off */
    {"y",   "yearly",           "year",        "years",        12, 0},
    {"mo",  "monthly",          "month",       "months",       1,  0},
    {"w",   "weekly",           "week",        "weeks",        0,  7 * DAY},
    {"d",   "daily",            "day",         "days",         0,  DAY},
    {"h",   "hourly",           "hour",        "hours",        0,  HOUR},
    {"min", "every minute",     "minute",      "minutes",      0,  MINUTE},
    {"s",   "every second",     "second",      "seconds",      0,  SECOND},
    {"ms",  "every millisecond", "millisecond", "milliseconds", 0,  1},
    /* clang-format on */
};
enum { UNITS = sizeof units / sizeof units[0] };

static int64_t in_units(rd_step step, size_t i)
{
    if (step.months && units[i].months) return step.months % units[i].months ? 0 : step.months / units[i].months;
    if (step.milliseconds && units[i].milliseconds)
        return step.milliseconds % units[i].milliseconds ? 0 : step.milliseconds / units[i].milliseconds;
    return 0;
}

void rd_step_write(rd_step step, char out[32])
{
    out[0] = 0;
    for (size_t i = 0; i < UNITS && !out[0]; i++)
        if (in_units(step, i)) (void)snprintf(out, 32, "%lld%s", (long long)in_units(step, i), units[i].unit);
}

int rd_step_read(const char *text, rd_step *step)
{
    const size_t digits = strspn(text, "0123456789");
    int64_t count = 1;
    if (digits > 9 || (digits && !rd_parse_integer(text, digits, &count)) || count < 1) return 0;
    for (size_t i = 0; i < UNITS; i++)
        if (strcmp(text + digits, units[i].unit) == 0) {
            *step = (rd_step){.months = count * units[i].months, .milliseconds = count * units[i].milliseconds};
            return 1;
        }
    return 0;
}

void rd_step_name(rd_step step, char out[48])
{
    (void)snprintf(out, 48, "one row");
    for (size_t i = 0; i < UNITS; i++) {
        const int64_t count = in_units(step, i);
        if (!count) continue;
        if (count == 1)
            (void)snprintf(out, 48, "%s", units[i].each);
        else
            (void)snprintf(out, 48, "every %lld %s", (long long)count, units[i].many);
        return;
    }
}

double rd_step_seconds(rd_step step)
{
    return (double)step.milliseconds / 1000 + (double)step.months * (365.2425 / 12 * 86400);
}

/* ---- features */

const char *const rd_time_feature_names[RD_TIME_FEATURES] = {"hour.sin",    "hour.cos", "weekday.sin",
                                                             "weekday.cos", "year.sin", "year.cos"};

void rd_time_features(int64_t time, float out[RD_TIME_FEATURES])
{
    const int64_t days = floor_div(time, DAY), year = date_of(days).year;
    const int64_t from = days_of((civil){year, 1, 1}), length = days_of((civil){year + 1, 1, 1}) - from;
    const double turn[] = {(double)(time - days * DAY) / (double)DAY, (double)(days + 3 - floor_div(days + 3, 7) * 7) / 7,
                           (double)(days - from) / (double)length};
    for (int i = 0; i < 3; i++) {
        out[2 * i] = (float)sin(2 * PI * turn[i]);
        out[2 * i + 1] = (float)cos(2 * PI * turn[i]);
    }
}
