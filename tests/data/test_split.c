/* Splitting: byte for byte, nothing lost, nothing in two parts, equal records together when asked. */
#include "split_help.h"

static void write_lines(size_t count)
{
    char text[8192] = "";
    for (size_t i = 0; i < count; i++)
        sprintf(text + strlen(text), "line%03zu\n", i);
    write_file(folder_name, "in.txt", text, strlen(text));
}

static void lines_go_each_to_one_part_and_the_counts_are_exact(void **state)
{
    (void)state;
    char line[16];
    write_lines(100);
    assert_int_equal(split(OPTIONS("lines", "on", "valid-share", "0.2", "test-share", "0.1"), "in.txt", NULL, NULL),
                     RONDO_OK);
    const char *train = part("out.train"), *valid = part("out.valid"), *test = part("out.test");
    assert_int_equal(times(train, "\n"), 70);
    assert_int_equal(times(valid, "\n"), 20);
    assert_int_equal(times(test, "\n"), 10);
    for (size_t i = 0; i < 100; i++) {
        sprintf(line, "line%03zu\n", i);
        assert_int_equal(
            (strstr(train, line) != NULL) + (strstr(valid, line) != NULL) + (strstr(test, line) != NULL), 1);
    }
}

static void a_stream_is_cut_by_position_and_the_parts_joined_are_the_file(void **state)
{
    (void)state;
    char whole[20000], joined[20000];
    for (size_t i = 0; i + 2 < sizeof whole; i += 3)
        memcpy(whole + i, "\xe2\x82\xac", 3);
    whole[sizeof whole - 2] = 0;
    write_file(folder_name, "in.txt", whole, strlen(whole));
    assert_int_equal(split(OPTIONS("valid-share", "0.25", "test-share", "0.25"), "in.txt", NULL, NULL), RONDO_OK);
    snprintf(joined, sizeof joined, "%s%s%s", part("out.train"), part("out.valid"), part("out.test"));
    assert_string_equal(joined, whole);
    assert_int_equal(strlen(part("out.valid")) % 3, 0);
    assert_true(strlen(part("out.train")) > 8000 && strlen(part("out.train")) < 12500);
}

static void folds_are_test_parts_that_cover_everything_once(void **state)
{
    (void)state;
    size_t seen[30] = {0}, total = 0;
    write_lines(30);
    for (int fold = 1; fold <= 4; fold++) {
        char number[16];
        sprintf(number, "%d", fold);
        assert_int_equal(
            split(OPTIONS("lines", "on", "folds", "4", "fold", number, "valid-share", "0", "force", "on"),
                  "in.txt", NULL, NULL),
            RONDO_OK);
        const char *test = part("out.test"), *train = part("out.train");
        assert_int_equal(times(test, "\n") + times(train, "\n"), 30);
        total += times(test, "\n");
        for (size_t i = 0; i < 30; i++) {
            char line[16];
            sprintf(line, "line%03zu\n", i);
            seen[i] += strstr(test, line) != NULL;
        }
    }
    assert_int_equal(total, 30);
    for (size_t i = 0; i < 30; i++)
        assert_int_equal(seen[i], 1);
}

static void equal_records_stay_together_when_asked(void **state)
{
    (void)state;
    char text[8192] = "";
    for (size_t i = 0; i < 400; i++)
        sprintf(text + strlen(text), "line%03zu\n", i % 40);
    write_file(folder_name, "in.txt", text, strlen(text));
    assert_int_equal(
        split(OPTIONS("lines", "on", "distinct", "on", "valid-share", "0.3", "test-share", "0.3"), "in.txt", NULL,
              NULL),
        RONDO_OK);
    for (size_t i = 0; i < 40; i++) {
        char line[16];
        sprintf(line, "line%03zu\n", i);
        assert_int_equal((strstr(part("out.train"), line) != NULL) +
                             (strstr(part("out.valid"), line) != NULL) +
                             (strstr(part("out.test"), line) != NULL),
                         1);
    }
    rondo_error error;
    assert_int_equal(split(OPTIONS("distinct", "on"), "in.txt", NULL, &error), RONDO_BAD_ARGUMENT);
}

static void a_csv_keeps_its_header_and_its_groups(void **state)
{
    (void)state;
    char text[8192] = "\"g\",v\r\n";
    for (size_t i = 0; i < 40; i++)
        sprintf(text + strlen(text), "\"a\nb%zu\",%zu\r\n\"a\nb%zu\",0\r\n", i, i, i);
    write_file(folder_name, "in.csv", text, strlen(text));
    assert_int_equal(split(OPTIONS("group", "g", "valid-share", "0", "test-share", "0.25"), "in.csv", NULL, NULL),
                     RONDO_OK);
    const char *train = part("out.train"), *test = part("out.test");
    assert_string_equal(part("out.valid"), "");
    assert_int_equal(strlen(train) + strlen(test), strlen(text) + strlen("\"g\",v\r\n"));
    assert_memory_equal(train, "\"g\",v\r\n", 7);
    assert_memory_equal(test, "\"g\",v\r\n", 7);
    assert_int_equal(times(test, "\n"), 1 + 10 * 4);
}

static void sentences_stay_whole(void **state)
{
    (void)state;
    char text[8192] = "";
    for (size_t i = 0; i < 20; i++)
        sprintf(text + strlen(text), "a%zu\tX\nb%zu\tY\n%s", i, i, i < 19 ? "\n" : "");
    write_file(folder_name, "in.conll", text, strlen(text));
    assert_int_equal(split(OPTIONS("valid-share", "0.5", "test-share", "0"), "in.conll", NULL, NULL), RONDO_OK);
    assert_int_equal(times(part("out.train"), "\n"), 30);
    for (size_t i = 0; i < 20; i++) {
        char record[32];
        sprintf(record, "a%zu\tX\nb%zu\tY\n\n", i, i);
        assert_int_equal(
            (strstr(part("out.train"), record) != NULL) + (strstr(part("out.valid"), record) != NULL), 1);
    }
}

static void nothing_is_replaced_and_nothing_empty_is_left(void **state)
{
    (void)state;
    rondo_error error;
    write_lines(100);
    write_file(folder_name, "out.valid", "mine", 4);
    assert_int_equal(split(OPTIONS("lines", "on"), "in.txt", NULL, &error), RONDO_BAD_ARGUMENT);
    assert_string_equal(part("out.valid"), "mine");
    assert_false(rd_file_exists(path_of("out.train")));
    assert_int_equal(split(OPTIONS("lines", "on", "force", "on"), "in.txt", NULL, &error), RONDO_OK);
    write_lines(2);
    assert_int_equal(split(OPTIONS("lines", "on", "force", "on"), "in.txt", NULL, &error), RONDO_BAD_DATA);
    assert_int_equal(times(part("out.train"), "\n"), 80);
    write_file(folder_name, "in.txt", "", 0);
    assert_int_equal(split(OPTIONS("lines", "on"), "in.txt", NULL, &error), RONDO_BAD_DATA);
    assert_int_equal(split(OPTIONS("valid-share", "0.5", "test-share", "0.5"), "in.txt", NULL, &error),
                     RONDO_BAD_ARGUMENT);
    assert_int_equal(split(OPTIONS("folds", "3", "fold", "4"), "in.txt", NULL, &error), RONDO_BAD_ARGUMENT);
}

static void the_parts_are_reported(void **state)
{
    (void)state;
    collected report = {.size = 0};
    rondo_options *options = OPTIONS("lines", "on", "json", "on");
    write_lines(10);
    assert_int_equal(rondo_data_split(options, (const char *const[]){path_of("in.txt")}, 1, path_of("out"), collect, &report, NULL),
                     RONDO_OK);
    assert_string_equal(report.text, "{\"schema\":1,\"part\":\"train\",\"records\":8}\n"
                                     "{\"schema\":1,\"part\":\"valid\",\"records\":1}\n"
                                     "{\"schema\":1,\"part\":\"test\",\"records\":1}\n");
    rondo_options_free(options);
}

#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, drop_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(lines_go_each_to_one_part_and_the_counts_are_exact),
        IN_A_FOLDER(a_stream_is_cut_by_position_and_the_parts_joined_are_the_file),
        IN_A_FOLDER(folds_are_test_parts_that_cover_everything_once),
        IN_A_FOLDER(equal_records_stay_together_when_asked),
        IN_A_FOLDER(a_csv_keeps_its_header_and_its_groups),
        IN_A_FOLDER(sentences_stay_whole),
        IN_A_FOLDER(nothing_is_replaced_and_nothing_empty_is_left),
        IN_A_FOLDER(the_parts_are_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
