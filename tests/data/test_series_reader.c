/* Time series from CSV: columns, times, gaps, windows, what is refused, and statistics of the training part. */
#include "data_help.h"

#include <math.h>

#include "data/loader.h"
#include "data/scaling.h"
#include "data/series.h"
#include "sequence/batch.h"

#define TASK "forecast"

static float value_at(const rondo_data *data, int part, uint64_t row, size_t column)
{
    float values[16];
    assert_true(data->corpus->width[part] <= 16);
    assert_int_equal(rd_store_read(data->corpus->values[part], row, 1, values, NULL), RONDO_OK);
    return values[column];
}

static void targets_come_first_then_other_numbers_but_neither_time_nor_text(void **state)
{
    (void)state;
    rondo_data *data = data_of(OPTIONS("target", "load", "seq-len", "2"), TASK,
                               "date,temp,place,load\n2016-01-01,3,a,10\n2016-01-02,4,b,11\n2016-01-03,5,c,12\n");
    const rd_corpus *corpus = data->corpus;
    assert_int_equal(corpus->columns[RD_X].count, 2);
    assert_string_equal(corpus->columns[RD_X].name[0], "load");
    assert_string_equal(corpus->columns[RD_X].name[1], "temp");
    assert_int_equal(corpus->columns[RD_Y].count, 1);
    assert_string_equal(corpus->series->time_column, "date");
    assert_int_equal(corpus->series->step.milliseconds, 86400000);
    assert_true(value_at(data, RD_X, 2, 0) == 12 && value_at(data, RD_X, 2, 1) == 5 && value_at(data, RD_Y, 1, 0) == 11);
    rondo_data_free(data);
}

static void a_file_without_names_has_columns_c1_c2(void **state)
{
    (void)state;
    rondo_data *data = data_of(OPTIONS("seq-len", "1"), TASK, "0.5,7\n0.6,8\n0.7,9\n");
    assert_int_equal(data->corpus->rows, 3);
    assert_string_equal(data->corpus->columns[RD_Y].name[1], "c2");
    assert_false(data->corpus->series->timed);
    rondo_data_free(data);
    data = data_of(OPTIONS("seq-len", "1", "header", "yes"), TASK, "1,2\n0.6,8\n0.7,9\n");
    assert_int_equal(data->corpus->rows, 2);
    rondo_data_free(data);
}

static void gaps_are_counted_and_filled_with_the_row_before(void **state)
{
    (void)state;
    rondo_data *data = data_of(OPTIONS("seq-len", "1"), TASK, "m,v\n1949-01,1\n1949-02,2\n1949-05,5\n1949-06,6\n");
    assert_int_equal(data->corpus->rows, 6);
    assert_int_equal(data->corpus->series->gaps, 1);
    assert_int_equal(data->corpus->series->filled, 2);
    assert_true(value_at(data, RD_X, 3, 0) == 2 && value_at(data, RD_Y, 3, 0) == 2 && value_at(data, RD_X, 4, 0) == 5);
    rondo_data_free(data);
    data = data_of(OPTIONS("seq-len", "1", "na", "skip"), TASK, "m,v\n1949-01,1\n1949-02,2\n1949-04,NA\n1949-05,6\n");
    assert_true(isnan(value_at(data, RD_Y, 2, 0)) && isnan(value_at(data, RD_Y, 3, 0)) && value_at(data, RD_X, 3, 0) == 2);
    rondo_data_free(data);
    data = data_of(OPTIONS("seq-len", "1", "na", "zero"), TASK, "m,v\n1949-01,1\n1949-02,2\n1949-04,NA\n1949-05,6\n");
    assert_true(value_at(data, RD_Y, 2, 0) == 0 && value_at(data, RD_X, 3, 0) == 0);
    assert_int_equal(data->corpus->series->missing, 1);
    rondo_data_free(data);
    data = data_of(OPTIONS("seq-len", "1", "na", "prev"), TASK, "v\n1\n\"\"\n3\n");
    assert_true(value_at(data, RD_Y, 1, 0) == 1);
    rondo_data_free(data);
}

static void every_place_where_window_and_horizon_fit_is_a_sample(void **state)
{
    (void)state;
    rondo_data *data = data_of(OPTIONS("seq-len", "3", "horizon", "2", "group", "g"), TASK,
                               "g,v\na,1\na,2\na,3\na,4\na,5\na,6\nb,1\nb,2\nc,11\nc,12\nc,13\nc,14\nc,15\n");
    size_t which;
    assert_int_equal(data->count, 3);
    assert_int_equal(rd_series_sample(data->corpus->series, 1, &which), 1);
    assert_int_equal(which, 0);
    assert_int_equal(rd_series_sample(data->corpus->series, 2, &which), 8);
    assert_int_equal(which, 2);
    assert_int_equal(rd_data_width(data, "y"), 2);
    rondo_data_free(data);
}

static void a_batch_holds_windows_and_what_follows_them(void **state)
{
    (void)state;
    rondo_options *options = OPTIONS("seq-len", "3", "horizon", "2", "batch-size", "4");
    rondo_data *data = data_of(OPTIONS("seq-len", "3", "horizon", "2"), TASK, "v\n1\n2\n3\n4\n5\n6\n");
    rondo_loader *loader;
    rondo_batch *batch;
    int end;
    assert_int_equal(rondo_loader_new(data, options, 0, &loader, NULL), RONDO_OK);
    assert_int_equal(rondo_batch_new(&batch, NULL), RONDO_OK);
    assert_int_equal(rondo_loader_next(loader, batch, &end, NULL), RONDO_OK);
    const rd_part *x = rd_batch_part(batch, "x"), *y = rd_batch_part(batch, "y");
    const rd_real inputs[] = {1, 2, 2, 3, 3, 4}, targets[] = {4, 5, 5, 6};
    assert_int_equal(batch->sequences, 2);
    assert_memory_equal(x->values, inputs, sizeof inputs);
    assert_memory_equal(y->values, targets, sizeof targets);
    assert_int_equal(end, 1);
    rondo_batch_free(batch);
    rondo_loader_free(loader);
    rondo_options_free(options);
    rondo_data_free(data);
}

static void validation_is_cut_by_position_and_no_target_is_on_both_sides(void **state)
{
    (void)state;
    rondo_options *options = OPTIONS("seq-len", "3", "horizon", "2", "val-frac", "0.4");
    rondo_data *data = data_of(OPTIONS("seq-len", "3", "horizon", "2"), TASK, "v\n0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n");
    rondo_data *train, *valid;
    rd_covered covered;
    assert_int_equal(rondo_data_cut(data, options, &train, &valid, NULL), RONDO_OK);
    assert_int_equal(train->count, 2); /* targets 3 4 and 4 5; those of validation are 6 … 9 */
    assert_int_equal(valid->count, 3);
    assert_int_equal(rd_series_covered(train, &covered, NULL), RONDO_OK);
    assert_true(covered.first == 0 && covered.end == 6);
    assert_int_equal(rd_series_covered(valid, &covered, NULL), RONDO_OK);
    assert_true(covered.first == 3 && covered.end == 10);
    rd_column_stats stats;
    assert_int_equal(rd_scaling_columns(train, (rd_scaled_part){RD_X, 0}, &stats, NULL), RONDO_OK);
    assert_true(stats.count == 6 && fabs(stats.mean - 2.5) < 1e-12);
    assert_true(fabs(rd_column_deviation(&stats) - sqrt(35.0 / 12)) < 1e-12 && rd_column_range(&stats) == 5);
    double change, naive;
    assert_int_equal(rd_scaling_change(train, (rd_scaled_part){RD_Y, 0}, 2, &change, NULL), RONDO_OK);
    assert_int_equal(rd_scaling_naive(train, 3, &naive, NULL), RONDO_OK);
    assert_true(fabs(change - 2) < 1e-12 && fabs(naive - 3) < 1e-12);
    rondo_data_free(train);
    rondo_data_free(valid);
    rondo_data_free(data);
    rondo_options_free(options);
}

/* 1 2 4 8 16, next to a column that is no target: logarithms of the first grow by log 2 a row. */
static void statistics_are_those_of_logarithms_where_these_are_read(void **state)
{
    (void)state;
    rd_column_stats stats[2];
    double change[2];
    rondo_data *data = data_of(OPTIONS("seq-len", "2", "target", "v", "inputs", "w"), TASK, "v,w\n1,1\n2,3\n4,5\n8,7\n16,9\n");
    const rd_scaled_part part = {RD_X, 1};
    assert_int_equal(rd_scaling_columns(data, part, stats, NULL), RONDO_OK);
    assert_true(fabs(stats[0].mean - 2 * log(2)) < 1e-6 && fabs(rd_column_range(&stats[0]) - 4 * log(2)) < 1e-6);
    assert_true(stats[1].mean == 5);
    assert_int_equal(rd_scaling_change(data, part, 3, change, NULL), RONDO_OK);
    assert_true(fabs(change[0] - 3 * log(2)) < 1e-6 && fabs(change[1] - 6) < 1e-12);
    rondo_data_free(data);
}

static void a_constant_column_is_divided_by_one(void **state)
{
    (void)state;
    rd_column_stats stats;
    rondo_data *data = data_of(OPTIONS("seq-len", "1"), TASK, "v\n7\n7\n7\n");
    assert_int_equal(rd_scaling_columns(data, (rd_scaled_part){RD_X, 0}, &stats, NULL), RONDO_OK);
    assert_true(rd_column_deviation(&stats) == 1 && rd_column_range(&stats) == 1);
    rondo_data_free(data);
}

static void bad_series_are_refused_with_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"d,v\n2016-01-01,1\n2016-01-02,n/a\n", "in:3:12: expected a number in column \"v\", found \"n/a\" (use --na"},
        {"d,v\n2016-01-02,1\n2016-01-01,2\n", "in:3:1: the time \"2016-01-01\" comes before that of in:2 (2016-01-02)"},
        {"d,v\n2016-01-01,1\n2016-01-01,2\n", "in:3:1: the time \"2016-01-01\" is again that of in:2 (2016-01-01)"},
        {"d,v\n2016-01-01,1\n2016-01,2\n", "in:3:1: expected a time in column \"d\", found \"2016-01\""},
        {"d,v\n2016-01-01 00:00,1\n2016-01-01 01:00,1\n2016-01-01 02:00,1\n2016-01-01 02:30,1\n",
         "in:5: the time 2016-01-01 02:30 does not stand at a step of the series, which is hourly"},
        {"d,v\n0001-01-01,1\n0001-01-02,1\n0001-01-03,1\n2016-01-01,1\n", "in:5: 735960 rows are missing before the time"},
        {"d,v\n2016-01-01,1,3\n", "in:2:1: expected 2 columns, found 3"},
        {"d,w\na,b\n", "in:1: no column of numbers to forecast"},
        {"d,d\n1,2\n", "in:1:3: the column \"d\" is there twice"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        (void)refused(OPTIONS("seq-len", "1"), TASK, rows[i].text, RONDO_BAD_DATA, rows[i].message);
    (void)refused(OPTIONS("target", "lod"), TASK, "load\n1\n", RONDO_BAD_DATA, "in:1: there is no column \"lod\"");
    (void)refused(OPTIONS("frequency", "1h"), TASK, "d,v\n2016-01-01,1\n2016-01-02,1\n", RONDO_BAD_DATA,
                  "in: rows are daily, those of the model or of --frequency are hourly");
    (void)refused(OPTIONS("transform", "log", "target", "v"), TASK, "u,v\n-1,2\n0,3\n1,0\n", RONDO_BAD_DATA,
                  "in:4:3: expected a number above 0 in column \"v\" (--transform log), found \"0\"");
    (void)refused(OPTIONS("transform", "log", "na", "skip"), TASK, "v\n1\nNA\n-0.5\n", RONDO_BAD_DATA, "in:4:1: expected a number above 0");
    (void)refused(OPTIONS("transform", "log", "na", "zero"), TASK, "v\n1\n", RONDO_BAD_ARGUMENT, "--na zero does not go with");
    (void)refused(OPTIONS("time-features", "on"), TASK, "v\n1\n", RONDO_BAD_DATA, "in:1: --time-features needs a column");
    (void)refused(OPTIONS("time", "t"), TASK,
                  "t,v\n1000000000,1\n1000000001,1\n1000000002,1\n1000000003,1\n1000090000,1\n1000180000,1\n", RONDO_BAD_DATA,
                  "in:7: 89999 rows are missing before the time 1000180000"); /* 89,996 were filled before */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_come_first_then_other_numbers_but_neither_time_nor_text),
        cmocka_unit_test(a_file_without_names_has_columns_c1_c2),
        cmocka_unit_test(gaps_are_counted_and_filled_with_the_row_before),
        cmocka_unit_test(every_place_where_window_and_horizon_fit_is_a_sample),
        cmocka_unit_test(a_batch_holds_windows_and_what_follows_them),
        cmocka_unit_test(validation_is_cut_by_position_and_no_target_is_on_both_sides),
        cmocka_unit_test(statistics_are_those_of_logarithms_where_these_are_read),
        cmocka_unit_test(a_constant_column_is_divided_by_one),
        cmocka_unit_test(bad_series_are_refused_with_their_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
