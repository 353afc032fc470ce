/* exp, log and cos from additions, multiplications and divisions only, so that every machine and every libm
 * gives the same bits. Reductions after Cody and Waite; the series are Taylor's, long enough for double. */
#include "base/numeric.h"

#include <stdint.h>
#include <string.h>

/* ln 2 and pi/2 in two parts: the first has trailing zeros, so that a small whole number times it is exact.
 */
static const double LN2_HIGH = 6.93147180369123816490e-01, LN2_LOW = 1.90821492927058770002e-10;
static const double HALF_PI_HIGH = 1.57079632673412561417e+00, HALF_PI_LOW = 6.07710050650619224932e-11;

static const double infinity = (double)__builtin_inff();

static double from_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* 2^k for a normal result. */
static double power_of_two(int64_t k)
{
    return from_bits((uint64_t)(k + 1023) << 52);
}

static int64_t nearest(double x)
{
    return (int64_t)(x < 0 ? x - 0.5 : x + 0.5);
}

/* x = k ln 2 + r with |r| <= ln 2 / 2; exp x = 2^k exp r. */
double rd_exp64(double x)
{
    if (x != x) return x;
    if (x > 709.782712893384) return infinity;
    if (x < -745.1332191019412) return 0;
    const int64_t k = nearest(x * 1.44269504088896338700);
    const double r = (x - (double)k * LN2_HIGH) - (double)k * LN2_LOW;
    double sum = 0; /* r/2! + r^2/3! + ... = (e^r - 1 - r) / r */
    for (int n = 14; n >= 2; n--)
        sum = (1 + sum) * r / n;
    const double power = 1 + (r + r * sum);
    if (k > 1023) return power * power_of_two(1023) * 2;
    if (k < -1022) return power * power_of_two(k + 64) * power_of_two(-64);
    return power * power_of_two(k);
}

/* x = 2^k m with m in [sqrt(1/2), sqrt 2); with s = f / (2 + f), f = m - 1: log m = 2 s + 2 s^3 / 3 + ... */
double rd_log64(double x)
{
    if (x != x || x == infinity) return x;
    if (x == 0) return -infinity;
    if (x < 0) return (double)__builtin_nanf("");
    int64_t k = 0;
    if (x < 2.2250738585072014e-308) {
        x *= 18014398509481984.0;
        k = -54;
    }
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    k += (int64_t)(bits >> 52) - 1023;
    double m = from_bits((bits & 0xFFFFFFFFFFFFFu) | 0x3FF0000000000000u);
    if (m > 1.4142135623730951) {
        m /= 2;
        k++;
    }
    const double f = m - 1, s = f / (2 + f), z = s * s, half = f * f / 2;
    double sum = 0; /* 2 z / 3 + 2 z^2 / 5 + ... */
    for (int n = 25; n >= 3; n -= 2)
        sum = (sum + 2.0 / n) * z;
    return (double)k * LN2_HIGH - ((half - (s * (half + sum) + (double)k * LN2_LOW)) - f);
}

/* cos r and sin r for |r| <= pi/4. */
static double cosine_series(double r)
{
    const double z = r * r;
    double sum = 0;
    for (int n = 20; n >= 4; n -= 2)
        sum = (1 + sum) * -z / ((n - 1) * n);
    return 1 + (1 + sum) * -z / 2;
}

static double sine_series(double r)
{
    const double z = r * r;
    double sum = 0;
    for (int n = 19; n >= 3; n -= 2)
        sum = (1 + sum) * -z / ((n - 1) * n);
    return r + r * sum;
}

/* x = n pi/2 + r; the quarter n mod 4 says which of the two series, and its sign. */
double rd_cos64(double x)
{
    if (!(x >= -1e6 && x <= 1e6)) return (double)__builtin_nanf("");
    const int64_t n = nearest(x * 0.636619772367581343076);
    const double r = (x - (double)n * HALF_PI_HIGH) - (double)n * HALF_PI_LOW;
    const unsigned quarter = (unsigned)((uint64_t)n & 3);
    const double value = quarter & 1 ? sine_series(r) : cosine_series(r);
    return quarter == 1 || quarter == 2 ? -value : value;
}
