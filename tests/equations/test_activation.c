/* exp, log, tanh and the logistic function of every instruction set against libm in double, over floats of
 * every exponent and both signs; over all 2^32 floats with RONDO_DEEP=1. */
#include "kernels/kernels.h"

#include <float.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    BLOCK = 1024,
    STRIDE = 977, /* every STRIDE-th of the 2^32 floats */
    SETS = 8,     /* instruction sets at most */
    THREADS = 2
};

static float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* |y - exact| in units of the last place of a float of that size. Results below 2^-126 may be 0. */
static double ulps(float y, double exact)
{
    const double size = fabs(exact), smallest = (double)FLT_MIN;
    if (!(size <= (double)FLT_MAX) || !isfinite(y)) /* beyond what is a float, or no number */
        return isnan(exact) == isnan(y) && (isnan(exact) || y == (float)exact) ? 0 : 1e9;
    if (size < smallest && y == 0) return 0;
    const double at_least = size < smallest ? smallest : size;
    uint64_t bits;
    memcpy(&bits, &at_least, sizeof bits);
    bits &= 0x7ff0000000000000; /* its power of two */
    double power;
    memcpy(&power, &bits, sizeof power);
    return fabs((double)y - exact) / power * 0x1p23;
}

typedef struct function {
    const char *name;
    size_t entry; /* offset in rd_kernels */
    double (*exact)(double);
    double limit; /* ulp */
} function;

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

/* The logistic function may be 2.5e-7 off in any case, which is more than its 2.5 units everywhere. */
static const function functions[] = {
    {"exp", offsetof(rd_kernels, map_exp), exp, 2},
    {"log", offsetof(rd_kernels, map_log), log, 2},
    {"tanh", offsetof(rd_kernels, map_tanh), tanh, 2},
    {"sigmoid", offsetof(rd_kernels, map_sigmoid), sigmoid, 2.5},
};

static rd_map_fn entry_of(const rd_kernels *kernels, const function *f)
{
    rd_map_fn map;
    memcpy(&map, (const char *)kernels + f->entry, sizeof map);
    return map;
}

/* The worst errors of one function over every `stride`-th float, each THREADS-th block from `first` on. */
typedef struct sweep {
    const function *f;
    const rd_kernels *kernels; /* [sets] */
    size_t sets;
    uint64_t first, stride;
    double worst[SETS]; /* ulp */
    float where[SETS];  /* the argument of it */
} sweep;

static void look_at(sweep *s, size_t set, const float *x, const float *y, const double *exact)
{
    for (size_t i = 0; i < BLOCK; i++) {
        const double error = ulps(y[i], exact[i]);
        if (error > s->worst[set]) {
            s->worst[set] = error;
            s->where[set] = x[i];
        }
    }
}

static void *run_sweep(void *own)
{
    sweep *s = own;
    const uint64_t block = BLOCK * s->stride;
    for (uint64_t at = s->first * block; at < (uint64_t)1 << 32; at += THREADS * block) {
        float x[BLOCK], y[BLOCK];
        double exact[BLOCK];
        for (uint64_t i = 0; i < BLOCK; i++) {
            x[i] = float_of((uint32_t)(at + i * s->stride));
            exact[i] = s->f->exact((double)x[i]);
        }
        for (size_t set = 0; set < s->sets; set++) {
            entry_of(&s->kernels[set], s->f)(BLOCK, x, y);
            look_at(s, set, x, y, exact);
        }
    }
    return NULL;
}

/* Fills s[0..THREADS). */
static void sweep_all(sweep *s)
{
    pthread_t thread[THREADS];
    for (size_t t = 0; t < THREADS; t++)
        assert_int_equal(pthread_create(&thread[t], NULL, run_sweep, &s[t]), 0);
    for (size_t t = 0; t < THREADS; t++)
        pthread_join(thread[t], NULL);
}

static void every_function_is_within_its_units_in_the_last_place(void **state)
{
    (void)state;
    const char *deep = getenv("RONDO_DEEP");
    int failed = 0;
    size_t sets = 0;
    rd_kernels kernels[SETS];
    for (; sets < SETS && rd_kernels_name(sets); sets++)
        assert_true(rd_kernels_for(rd_kernels_name(sets), &kernels[sets]));
    for (size_t k = 0; k < sizeof functions / sizeof functions[0]; k++) {
        sweep s[THREADS];
        for (size_t t = 0; t < THREADS; t++)
            s[t] = (sweep){.f = &functions[k],
                           .kernels = kernels,
                           .sets = sets,
                           .first = t,
                           .stride = deep && *deep ? 1 : STRIDE};
        sweep_all(s);
        for (size_t i = 0; i < sets; i++) {
            const sweep *worst = &s[s[1].worst[i] > s[0].worst[i]];
            print_message("%s %s: %.3f ulp at %a\n", kernels[i].isa, functions[k].name, worst->worst[i],
                          (double)worst->where[i]);
            failed += !(worst->worst[i] <= functions[k].limit);
        }
    }
    assert_int_equal(failed, 0);
}

static void ends_and_zeros_are_exact_and_nan_stays_nan(void **state)
{
    (void)state;
    static const float inf = INFINITY;
    static const struct {
        size_t function;
        float x, y;
    } exact[] = {{0, 0, 1},       {0, -inf, 0}, {0, inf, inf},  {0, -200, 0},  {0, 200, inf},
                 {1, 1, 0},       {1, 0, -inf}, {1, inf, inf},  {2, 0, 0},     {2, inf, 1},
                 {2, -inf, -1},   {2, 300, 1},  {3, 0, 0.5F},   {3, inf, 1},   {3, -inf, 0},
                 {3, -300, 0},    {3, 300, 1},  {0, NAN, NAN},  {1, NAN, NAN}, {2, NAN, NAN},
                 {3, NAN, NAN},   {1, -1, NAN}, {1, -inf, NAN}, {0, -0.0F, 1}, {1, -0.0F, -inf},
                 {3, -0.0F, 0.5F}};
    for (size_t i = 0; rd_kernels_name(i); i++) {
        rd_kernels kernels;
        assert_true(rd_kernels_for(rd_kernels_name(i), &kernels));
        for (size_t k = 0; k < sizeof exact / sizeof exact[0]; k++) {
            float y = 7;
            entry_of(&kernels, &functions[exact[k].function])(1, &exact[k].x, &y);
            if (isnan(exact[k].y) ? !isnan(y) : y != exact[k].y)
                fail_msg("%s %s(%g) is %g", kernels.isa, functions[exact[k].function].name,
                         (double)exact[k].x, (double)y);
        }
    }
}

static void tanh_is_odd_to_the_bit(void **state)
{
    (void)state;
    for (size_t i = 0; rd_kernels_name(i); i++) {
        rd_kernels kernels;
        assert_true(rd_kernels_for(rd_kernels_name(i), &kernels));
        for (uint32_t bits = 0; bits <= 0x7f800000; bits += 40009) {
            const float x[2] = {float_of(bits), -float_of(bits)};
            float y[2];
            kernels.map_tanh(2, x, y);
            assert_true(y[0] == -y[1] && signbit(y[0]) == 0 && signbit(y[1]) != 0);
        }
    }
}

static void maps_in_place_keep_to_their_length(void **state)
{
    (void)state;
    for (size_t i = 0; rd_kernels_name(i); i++) {
        rd_kernels kernels;
        assert_true(rd_kernels_for(rd_kernels_name(i), &kernels));
        for (size_t n = 0; n < 40; n++) {
            float x[48], y[48];
            for (int k = 0; k < 48; k++)
                x[k] = y[k] = 0.25F * (float)(k - 20);
            kernels.map_exp(n, x + 3, x + 3);
            for (size_t k = 0; k < 48; k++)
                assert_true(k >= 3 && k < n + 3 ? ulps(x[k], exp((double)y[k])) <= 2 : x[k] == y[k]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_function_is_within_its_units_in_the_last_place),
        cmocka_unit_test(ends_and_zeros_are_exact_and_nan_stays_nan),
        cmocka_unit_test(tanh_is_odd_to_the_bit),
        cmocka_unit_test(maps_in_place_keep_to_their_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
