/* The grammar is checked by hand; the value comes from strtod in a locale of our own, which rounds correctly.
 * Long mantissas are cut where they cannot change the result any more, so that time and room stay bounded. */
#include "base/number_text.h"
#include "base/text.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS_KEPT = 800 }; /* halves between two doubles have at most 768 digits */

locale_t rd_locale_plain(void)
{
    static _Atomic(locale_t) plain;
    locale_t found = atomic_load(&plain), none = 0;
    if (found) return found;
    found = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (found && !atomic_compare_exchange_strong(&plain, &none, found)) {
        freelocale(found); /* another thread was first */
        found = none;
    }
    return found;
}

rd_locale_kept rd_locale_enter(void)
{
    const locale_t plain = rd_locale_plain();
    return (rd_locale_kept){.own = plain ? uselocale(plain) : (locale_t)0};
}

void rd_locale_leave(rd_locale_kept kept)
{
    if (kept.own) (void)uselocale(kept.own);
}

/* ---- reading */

typedef struct decimal { /* 0.d1 d2 d3 ... times 10^exponent, as digits for strtod */
    char text[DIGITS_KEPT + 32];
    size_t digits;
    int64_t exponent;
} decimal;

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Takes one digit of the mantissa. Leading zeros only move the point; what does not fit leaves a trace of 1,
 * so that a tie is not taken for one. */
static void take_digit(decimal *number, char digit, int after_point)
{
    if (number->digits == 0 && digit == '0') {
        number->exponent -= after_point;
        return;
    }
    number->exponent += !after_point;
    if (number->digits < DIGITS_KEPT)
        number->text[number->digits++] = digit;
    else if (digit != '0')
        number->text[DIGITS_KEPT - 1] = '1';
}

/* Digits with at most one point; gives where they end, or NULL when there is no digit. */
static const char *take_mantissa(const char *at, const char *end, decimal *number)
{
    int point = 0, any = 0;
    for (; at < end && (is_digit(*at) || (*at == '.' && !point)); at++) {
        if (*at == '.') {
            point = 1;
        } else {
            any = 1;
            take_digit(number, *at, point);
        }
    }
    return any ? at : NULL;
}

static int take_exponent(const char *at, const char *end, decimal *number)
{
    int64_t value = 0;
    const int negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+')) at++;
    if (at == end) return 0;
    for (; at < end && is_digit(*at); at++)
        if (value < INT64_C(1) << 50) value = value * 10 + (*at - '0');
    number->exponent += negative ? -value : value;
    return at == end;
}

static double to_double(decimal *number)
{
    const int64_t farthest = 5000; /* beyond what a double holds, with any count of digits kept */
    int64_t exponent = number->exponent - (int64_t)number->digits;
    if (number->digits == 0) return 0;
    if (number->exponent > farthest) exponent = farthest;
    if (number->exponent < -farthest) exponent = -2 * farthest;
    (void)snprintf(number->text + number->digits, 32, "e%lld", (long long)exponent);
    const locale_t plain = rd_locale_plain();
    return plain ? strtod_l(number->text, NULL, plain) : strtod(number->text, NULL);
}

int rd_parse_number(const char *text, size_t size, double *value)
{
    const char *at = text, *end = text + size;
    decimal number;
    number.digits = 0;
    number.exponent = 0;
    const int negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+')) at++;
    at = take_mantissa(at, end, &number);
    if (!at) return 0;
    if (at < end && ((*at != 'e' && *at != 'E') || !take_exponent(at + 1, end, &number))) return 0;
    const double size_of = to_double(&number);
    if (!isfinite(size_of)) return 0;
    *value = negative ? -size_of : size_of;
    return 1;
}

int rd_parse_integer(const char *text, size_t size, int64_t *value)
{
    const char *at = text, *end = text + size;
    int64_t number = 0;
    const int negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+')) at++;
    if (at == end || !is_digit(*at)) return 0;
    for (; at < end && is_digit(*at); at++) {
        const int digit = *at - '0'; /* grows downward, so that the least number fits too */
        if (__builtin_mul_overflow(number, 10, &number) || __builtin_sub_overflow(number, digit, &number))
            return 0;
    }
    const int64_t unit = at == end ? 1 : *at == 'k' ? 1000 : *at == 'M' ? 1000000 : 0;
    if (unit == 0 || at + (unit > 1) != end || __builtin_mul_overflow(number, unit, &number)) return 0;
    if (!negative && __builtin_sub_overflow((int64_t)0, number, &number)) return 0;
    *value = number;
    return 1;
}

/* ---- writing */

/* Digits and power of ten of d.ddd e x with `count` digits, from text that may hold any decimal point. */
static int split_digits(double value, int count, char digits[20])
{
    char text[64];
    int kept = 0;
    (void)snprintf(text, sizeof text, "%.*e", count - 1, value);
    const char *mark = strchr(text, 'e');
    for (const char *at = text; at < mark && kept < count; at++)
        if (is_digit(*at)) digits[kept++] = *at;
    digits[kept] = 0;
    return (int)strtol(mark + 1, NULL, 10);
}

/* Lays digits out as people write them: plain where the number is short, with an exponent elsewhere. */
static void lay_out(char *out, size_t room, int negative, const char *digits, int exponent, int plain_until)
{
    const char *sign = negative ? "-" : "";
    int count = (int)strlen(digits);
    while (count > 1 && digits[count - 1] == '0')
        count--;
    if (exponent < -4 || exponent >= plain_until)
        (void)snprintf(out, room, "%s%c%s%.*se%+03d", sign, digits[0], count > 1 ? "." : "", count - 1,
                       digits + 1, exponent);
    else if (exponent < 0)
        (void)snprintf(out, room, "%s0.%.*s%.*s", sign, -exponent - 1, "000", count, digits);
    else if (count <= exponent + 1)
        (void)snprintf(out, room, "%s%.*s%.*s", sign, count, digits, exponent + 1 - count,
                       "0000000000000000");
    else
        (void)snprintf(out, room, "%s%.*s.%.*s", sign, exponent + 1, digits, count - exponent - 1,
                       digits + exponent + 1);
}

/* NaN, infinity and 0 have no digits to look for. */
static int print_special(double value, char *out, size_t room)
{
    const char *text = value != value ? "nan" : isinf(value) ? "inf" : value == 0 ? "0" : NULL;
    if (!text) return 0;
    (void)snprintf(out, room, "%s%s", value == value && signbit(value) ? "-" : "", text);
    return 1;
}

static int reads_back(const char *text, double value, int single)
{
    const locale_t plain = rd_locale_plain();
    if (!plain) return 0;
    if (single) return strtof_l(text, NULL, plain) == (float)value;
    return strtod_l(text, NULL, plain) == value;
}

static void print_shortest(double value, char *out, size_t room, int most, int plain_until, int single)
{
    char digits[20];
    if (print_special(value, out, room)) return;
    const double size = fabs(value);
    for (int count = 1; count <= most; count++) {
        const int exponent = split_digits(size, count, digits);
        lay_out(out, room, 0, digits, exponent, plain_until);
        if (count < most && !reads_back(out, size, single)) continue;
        lay_out(out, room, signbit(value) != 0, digits, exponent, plain_until);
        return;
    }
}

void rd_print_float(float value, char out[32])
{
    print_shortest((double)value, out, 32, 9, 9, 1);
}
void rd_print_double(double value, char out[40])
{
    print_shortest(value, out, 40, 17, 16, 0);
}
