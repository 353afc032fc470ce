/* Times as files write them, and the steps between them. */
#include "data_help.h"

#include "data/times.h"

static int64_t read_time(const char *text)
{
    int64_t time = -1;
    rd_time_style style;
    if (!rd_time_read(text, strlen(text), &time, &style)) fail_msg("%s is no time", text);
    return time;
}

static void days_are_those_of_the_calendar(void **state)
{
    (void)state;
    /* seconds from `date -u -d DATE +%s` */
    assert_int_equal(read_time("1970-01-01"), 0);
    assert_int_equal(read_time("2016-07-01 00:00:00"), INT64_C(1467331200000));
    assert_int_equal(read_time("2000-02-29T12:30"), INT64_C(951827400000));
    assert_int_equal(read_time("1749-01"), INT64_C(-6974035200000));
    assert_int_equal(read_time("1900-03-01"), INT64_C(-2203891200000));
    assert_int_equal(read_time("1467331200"), INT64_C(1467331200000));
    assert_int_equal(read_time("1467331200250"), INT64_C(1467331200250));
    assert_int_equal(read_time("2016-07-01 00:00:00.25"), INT64_C(1467331200250));
}

static void a_time_is_written_as_it_was_read(void **state)
{
    (void)state;
    static const char *const texts[] = {"1949-01",    "1981-12-31", "2016-07-01 23:59",     "2016-07-01T00:00:01",
                                        "1467331200", "1999",       "2016-02-29 10:00+02:00", "2016-07-01T00:00:00Z",
                                        "1467331200250", "2016-07-01 00:00:00.250"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int64_t time;
        rd_time_style style;
        char out[40];
        assert_true(rd_time_read(texts[i], strlen(texts[i]), &time, &style));
        rd_time_write(time, &style, out);
        assert_string_equal(out, texts[i]);
    }
}

static void a_zone_says_how_far_its_clock_is_ahead(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int minutes;
    } zones[] = {{"2016-07-01 10:00", 0},          {"2016-07-01 10:00Z", 0},       {"2016-07-01T10:00:00+02:00", 120},
                 {"2016-07-01 10:00-0330", -210}, {"2016-07-01 10:00+09", 540}, {"2016-07-01 10:00:00.5-00:30", -30}};
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        int64_t time;
        rd_time_style style;
        assert_true(rd_time_read(zones[i].text, strlen(zones[i].text), &time, &style));
        assert_int_equal(style.east, (int64_t)zones[i].minutes * 60000);
    }
}

static void what_is_no_time_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",           "2016-13",          "2015-02-29",       "2016-07-01 24:00", "16-07-01", "2016/07/01",
                                        "2016-07-0a", "2016-07-01 00:00x", "2016-07-01 00:00+99:00", "load", "1.5",      "2016-07-01 00"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int64_t time;
        rd_time_style style;
        if (rd_time_read(texts[i], strlen(texts[i]), &time, &style)) fail_msg("%s is taken for a time", texts[i]);
    }
}

static rd_step step_of(const char *const *text, size_t count)
{
    int64_t time[8];
    for (size_t i = 0; i < count; i++)
        time[i] = read_time(text[i]);
    return rd_step_find(time, count);
}

static void the_step_is_the_commonest_difference(void **state)
{
    (void)state;
    static const char *const hours[] = {"2016-07-01 00:00", "2016-07-01 01:00", "2016-07-01 05:00", "2016-07-01 06:00"};
    static const char *const months[] = {"2016-01-31", "2016-03-31", "2016-05-31", "2016-07-31"};
    static const char *const days[] = {"1984-12-30", "1985-01-01", "1985-01-02", "1985-01-03"};
    assert_int_equal(step_of(hours, 4).milliseconds, 3600000);
    assert_int_equal(step_of(days, 4).milliseconds, 86400000);
    assert_int_equal(step_of(months, 4).months, 2);
    assert_int_equal(step_of(months, 4).milliseconds, 0);
    assert_int_equal(step_of(hours, 1).milliseconds, 0);
}

static void steps_of_months_know_the_lengths_of_months(void **state)
{
    (void)state;
    const rd_step month = {.months = 1};
    assert_int_equal(rd_step_after(read_time("1960-12"), month, 1), read_time("1961-01"));
    assert_int_equal(rd_step_after(read_time("1960-11"), month, 14), read_time("1962-01"));
    assert_int_equal(rd_steps_between(read_time("1949-01"), read_time("1960-12"), month), 143);
    assert_int_equal(rd_steps_between(read_time("1949-01-01"), read_time("1949-02-02"), month), 0);
    assert_int_equal(rd_steps_between(0, 7200000, (rd_step){.milliseconds = 3600000}), 2);
    assert_int_equal(rd_steps_between(0, 7200001, (rd_step){.milliseconds = 3600000}), 0);
}

static void a_step_is_read_as_it_is_written(void **state)
{
    (void)state;
    static const char *const texts[] = {"15min", "1h", "1d", "1w", "1mo", "3mo", "1y", "250ms", "5s"};
    rd_step step;
    char out[48];
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_true(rd_step_read(texts[i], &step));
        rd_step_write(step, out);
        assert_string_equal(out, texts[i]);
    }
    assert_true(rd_step_read("h", &step));
    rd_step_name(step, out);
    assert_string_equal(out, "hourly");
    assert_true(rd_step_read("15min", &step));
    rd_step_name(step, out);
    assert_string_equal(out, "every 15 minutes");
    assert_false(rd_step_read("0d", &step));
    assert_false(rd_step_read("1 d", &step));
    assert_false(rd_step_read("fortnight", &step));
}

static void features_turn_with_day_week_and_year(void **state)
{
    (void)state;
    float noon[RD_TIME_FEATURES], monday[RD_TIME_FEATURES], other[RD_TIME_FEATURES];
    rd_time_features(read_time("2016-07-01 12:00"), noon);
    rd_time_features(read_time("2024-01-01"), monday); /* a Monday, and the first day of a year */
    rd_time_features(read_time("2024-01-08"), other);
    assert_true(noon[0] < 1e-6f && noon[0] > -1e-6f && noon[1] == -1);
    assert_true(monday[2] == 0 && monday[3] == 1 && monday[4] == 0 && monday[5] == 1);
    assert_true(other[2] == 0 && other[3] == 1 && other[4] > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_are_those_of_the_calendar),
        cmocka_unit_test(a_time_is_written_as_it_was_read),
        cmocka_unit_test(a_zone_says_how_far_its_clock_is_ahead),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(the_step_is_the_commonest_difference),
        cmocka_unit_test(steps_of_months_know_the_lengths_of_months),
        cmocka_unit_test(a_step_is_read_as_it_is_written),
        cmocka_unit_test(features_turn_with_day_week_and_year),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
