/* Lines of metrics.jsonl, both ways. */
#include "formats/metrics_line.h"

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

static rd_metrics_line parse(const char *text)
{
    rd_metrics_line line;
    size_t column = 0;
    const char *wrong = "";
    if (!rd_metrics_parse(text, strlen(text), &line, &column, &wrong))
        fail_msg("%s at column %zu", wrong, column);
    return line;
}

static void check_wrong(const char *text, size_t column, const char *part)
{
    rd_metrics_line line;
    size_t at = 0;
    const char *wrong = NULL;
    assert_int_equal(rd_metrics_parse(text, strlen(text), &line, &at, &wrong), 0);
    assert_int_equal(at, column);
    assert_non_null(strstr(wrong, part));
}

static void a_step_is_written_in_a_fixed_order_and_reads_back_equal(void **state)
{
    (void)state;
    rd_text out = {0};
    rd_metrics_line line = {.event = RD_METRICS_STEP,
                            .step = 12,
                            .epoch = 1,
                            .loss = 0.1,
                            .rows = 2048,
                            .grad_norm = 1.0 / 3,
                            .rate = 2e-3,
                            .seconds = 1e-7};
    rd_metrics_write(&line, &out);
    assert_string_equal(out.text,
                        "{\"schema\":1,\"event\":\"step\",\"step\":12,\"epoch\":1,\"loss\":0.1,\"rows\":2048,"
                        "\"grad_norm\":0.3333333333333333,\"rate\":0.002,\"seconds\":1e-07}\n");
    out.text[out.size - 1] = 0; /* the newline */
    rd_metrics_line back = parse(out.text);
    assert_int_equal(back.event, RD_METRICS_STEP);
    assert_int_equal(back.step, 12);
    assert_true(back.rows >= 2048 && back.rows <= 2048 && fabs(back.grad_norm - 1.0 / 3) < 1e-15);
    rd_text_free(&out);
}

static void check_number(double value)
{
    rd_text out = {0};
    rd_metrics_line line = {.event = RD_METRICS_STEP, .step = 1, .loss = value, .epoch = (double)NAN};
    rd_metrics_write(&line, &out);
    out.text[out.size - 1] = 0; /* the newline */
    rd_metrics_line back = parse(out.text);
    assert_true(fabs(back.loss - value) <= fabs(value) * 4.5e-16);
    assert_true(isnan(back.epoch));
    const char *number = strstr(out.text, "\"loss\":") + 7;
    assert_true(strtod(number, NULL) <= value && strtod(number, NULL) >= value);
    rd_text_free(&out);
}

static void numbers_round_trip(void **state)
{
    (void)state;
    static const double values[] = {0,
                                    1,
                                    -1,
                                    0.1,
                                    1e22,
                                    1e23,
                                    1.7976931348623157e308,
                                    2.2250738585072014e-308,
                                    123456789.123456789,
                                    -4.9406564584124654e-300,
                                    1.0 / 3,
                                    6.02214076e23};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        check_number(values[i]);
}

static void what_is_not_finite_is_null_and_said(void **state)
{
    (void)state;
    rd_text out = {0};
    rd_metrics_line line = {
        .event = RD_METRICS_STEP, .step = 3, .loss = (double)NAN, .grad_norm = (double)INFINITY};
    rd_metrics_write(&line, &out);
    assert_non_null(strstr(out.text, "\"loss\":null"));
    assert_non_null(strstr(out.text, "\"grad_norm\":null"));
    assert_non_null(strstr(out.text, ",\"nonfinite\":true}"));
    out.text[out.size - 1] = 0;
    assert_true(isnan(parse(out.text).loss));
    rd_text_free(&out);
}

static void text_is_escaped_and_bad_bytes_are_replaced(void **state)
{
    (void)state;
    rd_text out = {0};
    rd_metrics_line line = {
        .event = RD_METRICS_WARNING, .step = 3, .text = "a\"b\\c\nd\xff\xc3\xa4", .time = (double)NAN};
    rd_metrics_write(&line, &out);
    assert_string_equal(out.text, "{\"schema\":1,\"event\":\"warning\",\"step\":3,"
                                  "\"text\":\"a\\\"b\\\\c\\u000ad\\ufffd\xc3\xa4\"}\n");
    rd_text_free(&out);
}

static void an_evaluation_reads_back(void **state)
{
    (void)state;
    rd_text out = {0};
    rd_metrics_line line = {.event = RD_METRICS_EVAL,
                            .step = 512,
                            .train_loss = 2,
                            .valid_loss = 2.5,
                            .best_loss = 2.25,
                            .best_step = 256,
                            .improved = 1,
                            .seconds_trained = 9,
                            .tokens_per_second = 61000,
                            .time = 1.5};
    const rondo_metrics metrics = {.count = 2, .metric = {{.name = "accuracy", .value = 0.75}, {.name = "macro_f1", .value = (double)NAN}}};
    line.metrics = &metrics;
    rd_metrics_write(&line, &out);
    assert_non_null(strstr(out.text, ",\"time\":1.5,\"accuracy\":0.75,\"macro_f1\":null,\"nonfinite\":true}\n"));
    out.text[out.size - 1] = 0;
    rd_metrics_line back = parse(out.text);
    assert_int_equal(back.event, RD_METRICS_EVAL);
    assert_int_equal(back.step, 512);
    assert_int_equal(back.improved, 1);
    assert_true(back.valid_loss >= 2.5 && back.valid_loss <= 2.5 && back.best_step >= 256 &&
                back.best_step <= 256);
    assert_true(isnan(back.loss) && back.text == NULL);
    rd_text_free(&out);
}

static void unknown_fields_and_events_are_passed_over(void **state)
{
    (void)state;
    rd_metrics_line line =
        parse("{ \"extra\" : [1, {\"a\":\"]}\"}, null], \"event\": \"later\", \"schema\":1,\"step\":7 }");
    assert_int_equal(line.event, RD_METRICS_OTHER);
    assert_int_equal(line.step, 7);
}

static void every_damage_has_its_column(void **state)
{
    (void)state;
    check_wrong("", 1, "expected a JSON object");
    check_wrong("[]", 1, "expected a JSON object");
    check_wrong("{}", 3, "expected \"schema\"");
    check_wrong("{\"schema\":2}", 11, "expected schema 1");
    check_wrong("{\"schema\":1,\"step\":-1}", 20, "whole number of steps");
    check_wrong("{\"schema\":1,\"step\":1,\"loss\":\"x\"}", 29, "expected a number");
    check_wrong("{\"schema\":1,\"step\":1,\"loss\":nan}", 29, "expected a value");
    check_wrong("{\"schema\":1,\"step\":1,\"loss\":1.}", 31, "expected a digit");
    check_wrong("{\"schema\":1 \"step\":1}", 13, "expected ','");
    check_wrong("{\"schema\":1,\"event\":\"st", 23 + 1, "a string without end");
    check_wrong("{\"schema\":1,\"event\":\"step\",\"step\":1} x", 38, "stands behind");
    check_wrong("{\"schema\":1,\"a\":[[", 19, "without end");
    char deep[200] = "{\"a\":";
    memset(deep + 5, '[', 100);
    deep[105] = 0;
    check_wrong(deep, 5 + 65 + 1, "nested too deeply");
}

static void every_cut_of_a_line_is_refused(void **state)
{
    (void)state;
    static const char text[] =
        "{\"schema\":1,\"event\":\"step\",\"step\":12,\"loss\":0.5,\"text\":\"a\\\"b\"}";
    rd_metrics_line line;
    size_t column;
    const char *wrong;
    for (size_t size = 0; size < sizeof text - 1; size++) {
        assert_int_equal(rd_metrics_parse(text, size, &line, &column, &wrong), 0);
        assert_in_range(column, 1, size + 1);
    }
}

/* ---- files */

static char folder[64], path[96];

static void write_file(const char *text, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

typedef struct seen {
    size_t lines;
    uint64_t last_step, end;
} seen;

static int count_line(void *user, const rd_metrics_line *line, uint64_t end)
{
    seen *s = user;
    s->lines++;
    s->last_step = line->step;
    s->end = end;
    return 0;
}

static const char two[] = "{\"schema\":1,\"event\":\"step\",\"step\":1,\"loss\":3}\n"
                          "{\"schema\":1,\"event\":\"step\",\"step\":2,\"loss\":2}\n";

static void a_cut_last_line_is_passed_over_and_a_whole_one_counts(void **state)
{
    (void)state;
    rondo_error error;
    seen s = {0};
    write_file(two, sizeof two - 1);
    assert_int_equal(rd_metrics_read(path, count_line, &s, &error), RONDO_OK);
    assert_int_equal(s.lines, 2);
    assert_int_equal(s.end, sizeof two - 1);
    for (size_t cut = 1; cut < 40; cut++) {
        s = (seen){0};
        write_file(two, sizeof two - 1 - cut);
        assert_int_equal(rd_metrics_read(path, count_line, &s, &error), RONDO_OK);
        assert_int_equal(s.lines, cut == 1 ? 2 : 1); /* only the newline is missing */
    }
    s = (seen){0};
    write_file("", 0);
    assert_int_equal(rd_metrics_read(path, count_line, &s, &error), RONDO_OK);
    assert_int_equal(s.lines, 0);
}

static void a_damaged_line_is_told_with_file_line_and_column(void **state)
{
    (void)state;
    rondo_error error;
    seen s = {0};
    char text[400], expected[200];
    (void)snprintf(text, sizeof text, "%s{\"schema\":1,\"event\":7}\n%s", two, two);
    write_file(text, strlen(text));
    assert_int_equal(rd_metrics_read(path, count_line, &s, &error), RONDO_BAD_DATA);
    (void)snprintf(expected, sizeof expected, "%s:3:21: expected the name of an event, found ", path);
    assert_memory_equal(error.message, expected, strlen(expected));
    assert_int_equal(s.lines, 2);
}

static void a_line_without_end_and_a_missing_file_are_told(void **state)
{
    (void)state;
    rondo_error error;
    seen s = {0};
    size_t size = (size_t)2 << 20;
    char *text = malloc(size);
    assert_non_null(text);
    memset(text, 'x', size);
    write_file(text, size);
    free(text);
    assert_int_equal(rd_metrics_read(path, count_line, &s, &error), RONDO_BAD_DATA);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rd_metrics_read(path, count_line, &s, &error), RONDO_SYSTEM);
}

static void lines_across_blocks_are_whole(void **state)
{
    (void)state;
    rondo_error error;
    seen s = {0};
    enum { LINES = 60000 }; /* about 3 MB */
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    for (int i = 1; i <= LINES; i++)
        assert_true(fprintf(file, "{\"schema\":1,\"event\":\"step\",\"step\":%d,\"loss\":%d.5}\n", i, i) > 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rd_metrics_read(path, count_line, &s, &error), RONDO_OK);
    assert_int_equal(s.lines, LINES);
    assert_int_equal(s.last_step, LINES);
}

static int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/rondo-metrics-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    (void)snprintf(path, sizeof path, "%s/metrics.jsonl", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_is_written_in_a_fixed_order_and_reads_back_equal),
        cmocka_unit_test(numbers_round_trip),
        cmocka_unit_test(what_is_not_finite_is_null_and_said),
        cmocka_unit_test(text_is_escaped_and_bad_bytes_are_replaced),
        cmocka_unit_test(an_evaluation_reads_back),
        cmocka_unit_test(unknown_fields_and_events_are_passed_over),
        cmocka_unit_test(every_damage_has_its_column),
        cmocka_unit_test(every_cut_of_a_line_is_refused),
        cmocka_unit_test(a_cut_last_line_is_passed_over_and_a_whole_one_counts),
        cmocka_unit_test(a_damaged_line_is_told_with_file_line_and_column),
        cmocka_unit_test(lines_across_blocks_are_whole),
        cmocka_unit_test(a_line_without_end_and_a_missing_file_are_told),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
