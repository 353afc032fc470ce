/* Pictures as SVG. */
#include "draw/svg.h"
#include "draw/svg_write.h"

#include "draw/expected.h"

#include <locale.h>
#include <math.h>

enum { POINTS = 60, EVALS = 6 };
static double step[POINTS], loss[POINTS], low[POINTS], high[POINTS], norm[POINTS], eval_step[EVALS],
    valid[EVALS];
static rd_series series[3];
static rd_mark best;
static rd_chart charts[2];

static void make_charts(void)
{
    for (size_t i = 0; i < POINTS; i++) {
        step[i] = (double)(i + 1);
        loss[i] = 1.4 + 2.0 / (1.0 + step[i] / 8) + (double)((i * 7919) % 13) * 0.01;
        low[i] = loss[i] - 0.1;
        high[i] = loss[i] + 0.15;
        norm[i] = 10.0 / (1.0 + step[i] * step[i] / 9);
    }
    for (size_t i = 0; i < EVALS; i++) {
        eval_step[i] = (double)(i + 1) * 10;
        valid[i] = 1.6 + 2.0 / (1.0 + eval_step[i] / 8) + (i > 3 ? 0.15 : 0);
    }
    series[0] = (rd_series){.name = "train", .x = step, .y = loss, .low = low, .high = high, .count = POINTS};
    series[1] = (rd_series){.name = "valid <a&b>",
                            .x = eval_step,
                            .y = valid,
                            .count = EVALS,
                            .color = 1,
                            .pattern = 1,
                            .key = 'A',
                            .points = 1};
    series[2] = (rd_series){.name = "play", .x = step, .y = norm, .count = POINTS};
    best = (rd_mark){40, valid[3], "best 1.93 at step 40", 1};
    charts[0] =
        (rd_chart){.title = "loss",
                   .x = {.name = "step", .low = 0, .high = 60},
                   .y = {.name = "loss", .unit = "nats", .beside = 1.4426950408889634, .beside_unit = "bits"},
                   .series = series,
                   .count = 2,
                   .mark = &best,
                   .marks = 1};
    charts[1] = (rd_chart){.title = "gradient norm",
                           .x = {.name = "step"},
                           .y = {.name = "norm", .log = 1},
                           .series = series + 2,
                           .count = 1};
}

static rd_text draw(void)
{
    static const size_t height[] = {200, 100};
    rd_text out = {0};
    rondo_error error;
    assert_int_equal(rd_svg_charts(charts, height, 2, "Training of play", "60 steps.", &out, &error),
                     RONDO_OK);
    return out;
}

/* Every tag that is opened is closed, in order; no stray '<' or '&'. */
static void check_well_formed(const char *text)
{
    char open[64][32];
    size_t depth = 0;
    for (const char *at = text; (at = strchr(at, '<')) != NULL; at++) {
        const char *end = strchr(at, '>');
        assert_non_null(end);
        size_t size = strcspn(at + 1, " />");
        if (at[1] == '/') {
            size = strcspn(at + 2, ">");
            assert_true(depth > 0);
            depth--;
            assert_int_equal(strlen(open[depth]), size);
            assert_memory_equal(open[depth], at + 2, size);
        } else if (end[-1] != '/') {
            assert_true(size < 32 && depth < 64);
            memcpy(open[depth], at + 1, size);
            open[depth++][size] = 0;
        }
        at = end;
    }
    assert_int_equal(depth, 0);
    for (const char *at = text; (at = strchr(at, '&')) != NULL; at++)
        assert_true(strncmp(at, "&amp;", 5) == 0 || strncmp(at, "&lt;", 4) == 0 ||
                    strncmp(at, "&gt;", 4) == 0 || strncmp(at, "&quot;", 6) == 0);
}

static void charts_look_as_committed(void **state)
{
    (void)state;
    make_charts();
    rd_text out = draw();
    check_well_formed(out.text);
    check_picture("charts.svg", &out);
    rd_text_free(&out);
}

static void title_and_description_stand_in_the_file_and_names_cannot_become_markup(void **state)
{
    (void)state;
    make_charts();
    rd_text out = draw();
    assert_non_null(strstr(out.text, "<title id=\"title\">Training of play</title>"));
    assert_non_null(strstr(out.text, "<desc id=\"desc\">60 steps.</desc>"));
    assert_non_null(strstr(out.text, "valid &lt;a&amp;b&gt;"));
    assert_non_null(strstr(out.text, "prefers-color-scheme: dark"));
    assert_null(strstr(out.text, "http://www.w3.org/1999/xlink"));
    rd_text_free(&out);
    rd_svg_escape(&out, "\"\x01\xff\xef\xbf\xbe");
    assert_string_equal(out.text, "&quot;\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    rd_text_free(&out);
}

static void the_locale_does_not_reach_the_numbers(void **state)
{
    (void)state;
    make_charts();
    rd_text before = draw();
    if (!setlocale(LC_ALL, "de_DE.UTF-8") && !setlocale(LC_ALL, "de_DE") &&
        !setlocale(LC_ALL, "fr_FR.UTF-8")) {
        rd_text_free(&before);
        skip();
    }
    rd_text after = draw();
    setlocale(LC_ALL, "C");
    assert_string_equal(before.text, after.text);
    rd_text_free(&before);
    rd_text_free(&after);
}

static void numbers_are_short_and_hold_two_decimals(void **state)
{
    static const struct {
        double value;
        const char *text;
    } rows[] = {{12, "12"}, {0.5, "0.5"}, {-3.25, "-3.25"}, {1.005, "1"}, {0.07, "0.07"}, {-0.001, "0"}};
    rd_text out = {0};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        rd_text_clear(&out);
        rd_svg_number(&out, rows[i].value);
        assert_string_equal(out.text, rows[i].text);
    }
    rd_text_clear(&out);
    rd_svg_number(&out, (double)NAN);
    assert_string_equal(out.text, "0");
    rd_text_free(&out);
}

static void gaps_and_empty_charts_stay_well_formed(void **state)
{
    (void)state;
    make_charts();
    for (size_t i = 20; i < 30; i++)
        loss[i] = (double)NAN;
    loss[0] = (double)INFINITY;
    charts[1].y.log = 1;
    for (size_t i = 0; i < POINTS; i++)
        norm[i] = 0;
    rd_text out = draw();
    check_well_formed(out.text);
    assert_null(strstr(out.text, "nan"));
    assert_null(strstr(out.text, "inf"));
    assert_non_null(strstr(out.text, "nothing to draw"));
    rd_text_free(&out);
}

static void bars_look_as_committed(void **state)
{
    (void)state;
    static const char *const labels[] = {"-2", "-1", "0", "1", "2"};
    static const double values[] = {-1, 4, 9, 3, 0.5};
    rd_bars bars = {.title = "a histogram",
                    .description = "five bars",
                    .label = labels,
                    .value = values,
                    .count = 5,
                    .name = "weight",
                    .unit = "count"};
    rd_text out = {0};
    assert_int_equal(rd_svg_bars(&bars, &out, NULL), RONDO_OK);
    check_well_formed(out.text);
    check_picture("bars.svg", &out);
    rd_text_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(charts_look_as_committed),
        cmocka_unit_test(title_and_description_stand_in_the_file_and_names_cannot_become_markup),
        cmocka_unit_test(the_locale_does_not_reach_the_numbers),
        cmocka_unit_test(numbers_are_short_and_hold_two_decimals),
        cmocka_unit_test(gaps_and_empty_charts_stay_well_formed),
        cmocka_unit_test(bars_look_as_committed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
