/* Pictures in a terminal. */
#include "draw/terminal.h"

#include "draw/expected.h"

#include <math.h>

enum { POINTS = 400, EVALS = 8 };
static double step[POINTS], loss[POINTS], norm[POINTS], eval_step[EVALS], valid[EVALS];
static rd_series series[2];
static rd_mark best;

/* No libm in the numbers: x^-1/2 by a recurrence would do, but a rational curve is enough. */
static rd_chart loss_chart(void)
{
    for (size_t i = 0; i < POINTS; i++) {
        step[i] = (double)(i + 1);
        loss[i] = 1.4 + 2.0 / (1.0 + step[i] / 40) + (double)((i * 7919) % 13) * 0.01;
        norm[i] = 10.0 / (1.0 + step[i] / 5);
    }
    for (size_t i = 0; i < EVALS; i++) {
        eval_step[i] = (double)(i + 1) * 50;
        valid[i] = 1.6 + 2.0 / (1.0 + eval_step[i] / 40) + (i > 5 ? 0.15 : 0);
    }
    series[0] = (rd_series){.name = "train", .x = step, .y = loss, .count = POINTS};
    series[1] = (rd_series){
        .name = "valid", .x = eval_step, .y = valid, .count = EVALS, .color = 1, .pattern = 1, .points = 1};
    best = (rd_mark){300, valid[5], "best 1.84 at step 300", 1};
    return (rd_chart){
        .title = "loss",
        .x = {.name = "step"},
        .y = {.name = "loss", .unit = "nats", .beside = 1.4426950408889634, .beside_unit = "bits"},
        .series = series,
        .count = 2,
        .mark = &best,
        .marks = 1};
}

static rd_text draw(const rd_chart *chart, const rd_medium *medium)
{
    rd_text out = {0};
    rondo_error error;
    assert_int_equal(rd_terminal_chart(chart, medium, &out, &error), RONDO_OK);
    return out;
}

static void a_braille_chart_looks_as_committed(void **state)
{
    (void)state;
    rd_chart chart = loss_chart();
    rd_text out = draw(&chart, &(rd_medium){.width = 80, .height = 20});
    check_picture("loss.braille.txt", &out);
    rd_text_free(&out);
}

static void an_ascii_chart_looks_as_committed_and_is_ascii(void **state)
{
    (void)state;
    rd_chart chart = loss_chart();
    rd_text out = draw(&chart, &(rd_medium){.width = 80, .height = 20, .ascii = 1});
    for (size_t i = 0; i < out.size; i++)
        assert_true((unsigned char)out.text[i] < 0x80);
    check_picture("loss.ascii.txt", &out);
    rd_text_free(&out);
}

static void a_log_axis_and_colour_look_as_committed(void **state)
{
    (void)state;
    rd_chart chart = loss_chart();
    series[0].y = norm;
    series[0].key = 'A';
    chart.count = 1;
    chart.marks = 0;
    chart.title = "gradient norm";
    chart.y = (rd_axis){.name = "gradient norm", .log = 1};
    rd_text out = draw(&chart, &(rd_medium){.width = 60, .height = 12, .color = 1});
    check_picture("norm.color.txt", &out);
    rd_text_free(&out);
}

static void a_frame_has_the_lines_and_columns_it_was_given_and_no_trailing_space(void **state)
{
    (void)state;
    rd_chart chart = loss_chart();
    for (size_t width = 30; width <= 130; width += 25) {
        for (size_t height = 8; height <= 32; height += 8) {
            rd_text out = draw(&chart, &(rd_medium){.width = width, .height = height});
            size_t lines = 0;
            for (char *at = out.text, *end; (end = strchr(at, '\n')) != NULL; at = end + 1, lines++) {
                assert_true(rd_utf8_columns(at, (size_t)(end - at)) <= width);
                assert_true(end == at || end[-1] != ' ');
            }
            assert_int_equal(lines, height);
            rd_text_free(&out);
        }
    }
}

static void no_escape_is_written_unless_colour_was_asked_for(void **state)
{
    (void)state;
    rd_chart chart = loss_chart();
    rd_text plain = draw(&chart, &(rd_medium){.width = 80}),
            color = draw(&chart, &(rd_medium){.width = 80, .color = 1});
    assert_null(strchr(plain.text, '\x1b'));
    assert_non_null(strchr(color.text, '\x1b'));
    rd_text_free(&plain);
    rd_text_free(&color);
}

static void values_that_are_not_finite_leave_a_gap_and_do_no_harm(void **state)
{
    (void)state;
    rd_chart chart = loss_chart();
    for (size_t i = 100; i < 200; i++)
        loss[i] = i % 2 ? (double)NAN : (double)INFINITY;
    valid[0] = (double)NAN;
    rd_text out = draw(&chart, &(rd_medium){.width = 80, .height = 20});
    check_picture("gap.braille.txt", &out);
    rd_text_free(&out);
    chart.count = 0;
    chart.marks = 0;
    out = draw(&chart, &(rd_medium){.width = 80});
    assert_non_null(strstr(out.text, "(nothing to draw)"));
    rd_text_free(&out);
}

static void names_from_outside_cannot_control_the_terminal(void **state)
{
    (void)state;
    rd_text out = {0};
    assert_int_equal(rd_put_clean("a\x1b[31mb\n\x7f\xff\xc2\x85z", 80, 0, &out), 12);
    assert_string_equal(out.text, "a?[31mb????z");
    rd_text_free(&out);
}

static void a_long_name_is_cut_with_an_ellipsis(void **state)
{
    (void)state;
    rd_text out = {0};
    assert_int_equal(rd_put_clean("abcdefghij", 5, 0, &out), 5);
    assert_string_equal(out.text, "abcd…");
    rd_text_clear(&out);
    assert_int_equal(rd_put_clean("abcdefghij", 5, 1, &out), 5);
    assert_string_equal(out.text, "abc..");
    rd_text_clear(&out);
    assert_int_equal(rd_put_clean("abcde", 5, 0, &out), 5);
    assert_string_equal(out.text, "abcde");
    rd_text_clear(&out);
    assert_int_equal(rd_put_clean("äöü", 3, 1, &out), 3);
    assert_string_equal(out.text, "???");
    rd_text_free(&out);
}

static void a_sparkline_runs_from_its_lowest_to_its_highest_block(void **state)
{
    (void)state;
    const double values[] = {0, 1, 2, 3, 4, 5, 6, 7};
    rd_text out = {0};
    rd_sparkline(values, 8, 0, 0, 0, &out);
    assert_string_equal(out.text, "▁▂▃▄▅▆▇█");
    rd_text_clear(&out);
    rd_sparkline(values, 8, 0, 0, 1, &out);
    assert_string_equal(out.text, "_.-~=+*#");
    rd_text_clear(&out);
    rd_sparkline((const double[]){-9, 5, 99, (double)NAN}, 4, 0, 10, 0, &out);
    assert_string_equal(out.text, "▁▅█?");
    rd_text_clear(&out);
    rd_sparkline((const double[]){2, 2}, 2, 0, 0, 0, &out);
    assert_string_equal(out.text, "▁▁");
    rd_text_free(&out);
}

static void bars_look_as_committed(void **state)
{
    (void)state;
    static const char *const labels[] = {"lag 1", "lag 8", "lag 32", "lag 64", "never"};
    static const double values[] = {1, 0.4, 0.02, 3e-9, 0};
    rd_bars bars = {.title = "gradient by distance", .label = labels, .value = values, .count = 5, .log = 1};
    rd_text out = {0};
    assert_int_equal(rd_terminal_bars(&bars, &(rd_medium){.width = 60}, &out, NULL), RONDO_OK);
    bars.log = 0;
    rd_text_put(&out, "\n");
    assert_int_equal(rd_terminal_bars(&bars, &(rd_medium){.width = 60, .ascii = 1}, &out, NULL), RONDO_OK);
    check_picture("bars.txt", &out);
    rd_text_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_braille_chart_looks_as_committed),
        cmocka_unit_test(an_ascii_chart_looks_as_committed_and_is_ascii),
        cmocka_unit_test(a_log_axis_and_colour_look_as_committed),
        cmocka_unit_test(a_frame_has_the_lines_and_columns_it_was_given_and_no_trailing_space),
        cmocka_unit_test(no_escape_is_written_unless_colour_was_asked_for),
        cmocka_unit_test(values_that_are_not_finite_leave_a_gap_and_do_no_harm),
        cmocka_unit_test(names_from_outside_cannot_control_the_terminal),
        cmocka_unit_test(a_long_name_is_cut_with_an_ellipsis),
        cmocka_unit_test(a_sparkline_runs_from_its_lowest_to_its_highest_block),
        cmocka_unit_test(bars_look_as_committed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
