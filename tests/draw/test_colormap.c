/* The colour tables keep what they promise: measured here in OKLab, by the formulas and not by the script. */
#include "draw/colormap.h"

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

typedef struct lab {
    double lightness, a, b;
} lab;

static double linear(unsigned char value)
{
    double v = value / 255.0;
    return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

static lab lab_of(rd_rgb color)
{
    double r = linear(color.red), g = linear(color.green), b = linear(color.blue);
    double l = cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
    double m = cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
    double s = cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
    return (lab){0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
                 1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
                 0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

static double distance(lab p, lab q)
{
    return sqrt((p.lightness - q.lightness) * (p.lightness - q.lightness) + (p.a - q.a) * (p.a - q.a) +
                (p.b - q.b) * (p.b - q.b));
}

/* Distances over eight entries, so that rounding to bytes does not count. */
static void check_even(rd_colormap map, double tolerance)
{
    double sum = 0;
    size_t steps = 0;
    for (size_t i = 0; i + 8 < 256; i++, steps++)
        sum += distance(lab_of(rd_color_at(map, i)), lab_of(rd_color_at(map, i + 8)));
    double mean = sum / (double)steps;
    for (size_t i = 0; i + 8 < 256; i++) {
        if (map == RD_COLORMAP_DIVERGING && i < 128 && i + 8 > 127)
            continue; /* across the middle the line turns */
        double here = distance(lab_of(rd_color_at(map, i)), lab_of(rd_color_at(map, i + 8)));
        assert_true(fabs(here / mean - 1) < tolerance);
    }
}

static void equal_steps_look_equal(void **state)
{
    (void)state;
    check_even(RD_COLORMAP_SEQUENTIAL, 0.2);
    check_even(RD_COLORMAP_DIVERGING, 0.2);
}

static void the_sequential_map_only_gets_lighter(void **state)
{
    (void)state;
    for (size_t i = 0; i + 4 < 256; i += 4)
        assert_true(lab_of(rd_color_at(RD_COLORMAP_SEQUENTIAL, i)).lightness <
                    lab_of(rd_color_at(RD_COLORMAP_SEQUENTIAL, i + 4)).lightness);
}

static void the_diverging_map_is_blue_white_red_and_equally_light_on_both_sides(void **state)
{
    (void)state;
    rd_rgb low = rd_color_at(RD_COLORMAP_DIVERGING, 0), high = rd_color_at(RD_COLORMAP_DIVERGING, 255);
    rd_rgb middle = rd_color_of(RD_COLORMAP_DIVERGING, 0, -3, 3);
    assert_true(low.blue > low.red + 100 && high.red > high.blue + 100);
    assert_true(middle.red > 240 && middle.green > 240 && middle.blue > 240);
    for (size_t i = 0; i < 128; i++) {
        double left = lab_of(rd_color_at(RD_COLORMAP_DIVERGING, i)).lightness;
        double right = lab_of(rd_color_at(RD_COLORMAP_DIVERGING, 255 - i)).lightness;
        assert_true(fabs(left - right) < 0.01);
    }
}

static void values_are_held_at_the_ends_and_grey_when_not_finite(void **state)
{
    (void)state;
    rd_rgb top = rd_color_of(RD_COLORMAP_SEQUENTIAL, 99, 0, 1),
           last = rd_color_at(RD_COLORMAP_SEQUENTIAL, 255);
    assert_int_equal(top.red, last.red);
    assert_int_equal(rd_color_of(RD_COLORMAP_SEQUENTIAL, -1e308, -1e308, 1e308).red,
                     rd_color_at(RD_COLORMAP_SEQUENTIAL, 0).red);
    assert_int_equal(rd_color_of(RD_COLORMAP_SEQUENTIAL, (double)NAN, 0, 1).green, 128);
    assert_int_equal(rd_color_of(RD_COLORMAP_SEQUENTIAL, 1, 1, 1).green, 128);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_steps_look_equal),
        cmocka_unit_test(the_sequential_map_only_gets_lighter),
        cmocka_unit_test(the_diverging_map_is_blue_white_red_and_equally_light_on_both_sides),
        cmocka_unit_test(values_are_held_at_the_ends_and_grey_when_not_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
