/* Labels in names of files: which part of a path a field is, patterns that are none, names that do not fit. */
#include "record_help.h"

#include "data/name_pattern.h"

static void expect_field(const char *pattern, const char *path, const char *name, const char *wanted)
{
    rd_field value;
    rondo_error error = {0};
    if (rd_name_field(pattern, (rd_field){path, strlen(path)}, name, &value, &error) != RONDO_OK) fail_msg("%s", error.message);
    if (!wanted != !value.text) fail_msg("%s in %s: %s", pattern, path, value.text ? "fits" : "does not fit");
    if (!wanted) return;
    assert_int_equal(value.size, strlen(wanted));
    assert_memory_equal(value.text, wanted, value.size);
}

static void fields_end_where_other_characters_first_stand(void **state)
{
    (void)state;
    static const char digits[] = "{label}_{speaker}_{index}.wav";
    expect_field(digits, "7_jackson_12.wav", "label", "7");
    expect_field(digits, "7_jackson_12.wav", "speaker", "jackson");
    expect_field(digits, "a.zip:recordings/7_jackson_1_2.wav", "index", "1_2");
    expect_field(digits, "7_jackson.wav", "label", NULL);
    expect_field(digits, "7_jackson_12.flac", "label", NULL);
    expect_field(digits, "_jackson_12.wav", "label", NULL);
    expect_field(digits, "7__12.wav", "label", NULL);
    expect_field(digits, "", "label", NULL);
    expect_field("{label}.wav", "a.wav.wav", "label", "a.wav");
    expect_field("{label}.wav", ".wav", "label", NULL);
    expect_field("x{label}", "x", "label", NULL);
    expect_field("x{label}", "xy", "label", "y");
    expect_field("{label}", "some/where/name", "label", "name");
}

static void folders_of_the_pattern_are_folders_of_the_path(void **state)
{
    (void)state;
    expect_field("{label}/{name}.wav", "speech/yes/a.wav", "label", "yes");
    expect_field("{label}/{name}.wav", "yes/a.wav", "name", "a");
    expect_field("{label}/{name}.wav", "a.wav", "label", NULL);
    expect_field("{label}/part/{name}", "x/yes/part/a.b", "label", "yes");
}

static void what_is_no_pattern_is_refused(void **state)
{
    (void)state;
    static const bad_case rows[] = {
        {"{speaker}.wav", "--label-pattern \"{speaker}.wav\": there is no field \"label\""},
        {"", "--label-pattern \"\": there is no field"},
        {"{label", "--label-pattern \"{label\": a { without a name and its }"},
        {"{}{label}", "--label-pattern \"{}{label}\": a { without a name and its }"},
        {"{la{label}", "--label-pattern \"{la{label}\": a { without a name and its }"},
        {"label}", "--label-pattern \"label}\": a } without its {"},
        {"{label}{x}", "--label-pattern \"{label}{x}\": nothing stands between two fields"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        rd_field value;
        rondo_error error = {0};
        assert_int_equal(rd_name_field(rows[i].text, (rd_field){"a", 1}, "label", &value, &error), RONDO_BAD_ARGUMENT);
        if (strncmp(error.message, rows[i].message, strlen(rows[i].message)) != 0) fail_msg("%s", error.message);
    }
}

static void files_of_text_take_labels_from_it_too(void **state)
{
    (void)state;
    const char *folder = fresh_folder();
    rondo_data *data = NULL;
    rondo_error error = {0};
    char room[2][600];
    strcpy(room[0], write_file(folder, "pos-1.txt", "A\nB\n", 4));
    strcpy(room[1], write_file(folder, "neg-2.txt", "C\n", 2));
    const char *const paths[] = {room[0], room[1]};
    rondo_options *options = OPTIONS("reader", "files", "label-pattern", "{label}-{n}.txt");
    assert_int_equal(open_files(options, "classify", paths, 2, &data, NULL), RONDO_OK);
    expect_label(data, 0, "pos");
    expect_label(data, 1, "pos");
    expect_label(data, 2, "neg");
    rondo_data_free(data);
    rondo_options_free(options);
    options = OPTIONS("reader", "files", "label-pattern", "{label}-1.txt");
    assert_int_equal(open_files(options, "classify", paths, 2, &data, &error), RONDO_BAD_DATA);
    assert_non_null(strstr(error.message, "neg-2.txt: the name does not fit --label-pattern \"{label}-1.txt\""));
    rondo_options_free(options);
    remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_end_where_other_characters_first_stand),
        cmocka_unit_test(folders_of_the_pattern_are_folders_of_the_path),
        cmocka_unit_test(what_is_no_pattern_is_refused),
        cmocka_unit_test(files_of_text_take_labels_from_it_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
