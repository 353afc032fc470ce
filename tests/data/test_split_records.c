/* Splits of records with targets: equal inputs stay together, labels keep their shares, pairs stay pairs, heads go to all. */
#include "split_help.h"

static void folds_are_disjoint_cover_all_and_keep_the_shares_of_labels(void **state)
{
    (void)state;
    char text[4096] = "", number[8], line[32];
    for (int i = 0; i < 60; i++)
        sprintf(text + strlen(text), "%s\tx%02d\n", i % 3 ? "common" : "rare", i);
    put("in.tsv", text);
    int seen[60] = {0};
    for (int fold = 1; fold <= 5; fold++) {
        sprintf(number, "%d", fold);
        assert_int_equal(split(OPTIONS("task", "classify", "folds", "5", "fold", number, "valid-share", "0.25", "stratify", "on", "force", "on"),
                               "in.tsv", NULL, NULL),
                         RONDO_OK);
        const char *test = part("out.test"), *train = part("out.train"), *valid = part("out.valid");
        assert_int_equal(times(test, "rare"), 4);
        assert_int_equal(times(test, "common"), 8);
        assert_in_range(times(valid, "rare"), 3, 5);
        assert_int_equal(times(valid, "\n"), 12);
        assert_int_equal(times(train, "\n"), 36);
        for (int i = 0; i < 60; i++) {
            sprintf(line, "x%02d\n", i);
            seen[i] += strstr(test, line) != NULL;
            assert_int_equal(times(test, line) + times(train, line) + times(valid, line), 1);
        }
    }
    for (int i = 0; i < 60; i++)
        assert_int_equal(seen[i], 1);
}

static void equal_inputs_go_to_the_same_part_whatever_their_targets(void **state)
{
    (void)state;
    char text[8192] = "", word[16];
    for (int i = 0; i < 150; i++)
        sprintf(text + strlen(text), "t%03d\ts%02d \n", i, i % 50);
    put("in.tsv", text);
    assert_int_equal(split(OPTIONS("task", "classify", "distinct", "on", "valid-share", "0.2", "test-share", "0.2"), "in.tsv", NULL, NULL),
                     RONDO_OK);
    const char *const parts[] = {part("out.train"), part("out.valid"), part("out.test")};
    for (int i = 0; i < 50; i++) {
        sprintf(word, "s%02d ", i);
        for (int k = 0; k < 3; k++)
            assert_true(times(parts[k], word) == 0 || times(parts[k], word) == 3);
    }
    assert_int_equal(times(parts[1], "\n"), 30);
    assert_int_equal(times(parts[2], "\n"), 30);
}

static void leaving_one_out_leaves_each_out_once(void **state)
{
    (void)state;
    int seen[6] = {0};
    put("in.data", "+,a,x0\n+,a,x1\n+,a,x2\n-,a,x3\n-,a,x4\n-,a,x5");
    for (int fold = 1; fold <= 6; fold++) {
        char number[8];
        sprintf(number, "%d", fold);
        assert_int_equal(split(OPTIONS("task", "classify", "folds", "6", "fold", number, "valid-share", "0", "stratify", "on", "force", "on"),
                               "in.data", NULL, NULL),
                         RONDO_OK);
        const char *test = part("out.test");
        assert_int_equal(times(test, "\n"), 1);
        seen[test[5] - '0']++;
    }
    for (int i = 0; i < 6; i++)
        assert_int_equal(seen[i], 1);
}

static void pairs_of_files_stay_aligned(void **state)
{
    (void)state;
    char one[2048] = "", other[2048] = "", first[32], second[32];
    for (int i = 0; i < 40; i++) {
        sprintf(one + strlen(one), "source %02d\n", i);
        sprintf(other + strlen(other), "target %02d\n", i);
    }
    put("t.en", one);
    put("t.de", other);
    assert_int_equal(split(OPTIONS("reader", "parallel", "valid-share", "0", "test-share", "0.25"), "t.en", "t.de", NULL), RONDO_OK);
    const char *en = part("out.test.en"), *de = part("out.test.de");
    assert_int_equal(times(en, "\n"), 10);
    for (int i = 0; i < 10; i++) { /* line i of one has the number of line i of the other */
        assert_int_equal(sscanf(en + (size_t)i * 10, "source %31s", first), 1);
        assert_int_equal(sscanf(de + (size_t)i * 10, "target %31s", second), 1);
        assert_string_equal(first, second);
    }
    assert_int_equal(times(part("out.train.en"), "\n"), 30);
    assert_int_equal(times(part("out.train.de"), "\n"), 30);
}

static void labels_of_file_names_are_written_before_their_lines(void **state)
{
    (void)state;
    put("a.pos", "good\nbetter\n");
    put("a.neg", "bad\nworse\n");
    assert_int_equal(split(OPTIONS("task", "classify", "reader", "files", "valid-share", "0", "test-share", "0.5", "stratify", "on"), "a.pos", "a.neg", NULL), RONDO_OK);
    const char *train = part("out.train"), *test = part("out.test");
    assert_int_equal(times(train, "pos\t") + times(train, "neg\t"), 2);
    assert_int_equal(times(train, "pos\t"), 1);
    assert_int_equal(times(test, "pos\tgood\n") + times(train, "pos\tgood\n"), 1);
    assert_int_equal(times(test, "neg\tworse\n") + times(train, "neg\tworse\n"), 1);
}

static void heads_go_to_every_part_and_records_of_many_lines_stay_whole(void **state)
{
    (void)state;
    static const char head[] = "@classLabel true a b\n@data\n";
    put("in.ts", "@classLabel true a b\n@data\n1:a\n2:b\n3:a\n4:b\n");
    assert_int_equal(split(OPTIONS("task", "classify", "valid-share", "0", "test-share", "0.5"), "in.ts", NULL, NULL), RONDO_OK);
    assert_memory_equal(part("out.train"), head, sizeof head - 1);
    assert_memory_equal(part("out.test"), head, sizeof head - 1);
    assert_int_equal(times(part("out.test"), "\n"), 4);
    put("in.fa", ">a\nAC\nGT\n>b\nC\nCC\n");
    assert_int_equal(split(OPTIONS("task", "classify", "valid-share", "0", "test-share", "0.5", "force", "on"), "in.fa", NULL, NULL), RONDO_OK);
    assert_int_equal(times(part("out.train"), ">a\nAC\nGT\n") + times(part("out.test"), ">a\nAC\nGT\n"), 1);
    assert_int_equal(times(part("out.train"), ">b\nC\nCC\n") + times(part("out.test"), ">b\nC\nCC\n"), 1);
}

static void what_cannot_be_split_is_refused_by_name(void **state)
{
    (void)state;
    rondo_error error;
    put("one.ts", "@classLabel true a\n@data\n1:a\n");
    put("two.ts", "@classLabel true b\n@data\n1:b\n");
    assert_int_equal(split(OPTIONS("task", "classify", "valid-share", "0", "test-share", "0.5"), "one.ts", "two.ts", &error), RONDO_BAD_DATA);
    assert_non_null(strstr(error.message, "two.ts:1:1: what stands before the records is not as in "));
    put("in.tsv", "a\tb\nc\td\n");
    assert_int_equal(split(OPTIONS("task", "classify", "skip-bad", "1"), "in.tsv", NULL, &error), RONDO_BAD_ARGUMENT);
    assert_int_equal(split(OPTIONS("reader", "parallel", "stratify", "on"), "in.tsv", "in.tsv", &error), RONDO_BAD_ARGUMENT);
    assert_int_equal(split(OPTIONS("lines", "on", "stratify", "on"), "in.tsv", NULL, &error), RONDO_BAD_ARGUMENT);
    assert_int_equal(split(OPTIONS("lines", "on"), "in.tsv", "one.ts", &error), RONDO_BAD_ARGUMENT);
    assert_int_equal(split(OPTIONS("task", "classify"), "in.tsv", ".", &error), RONDO_BAD_ARGUMENT);
    assert_non_null(strstr(error.message, "is a folder or an archive; name the files to split"));
    put("in.zip", "PK");
    assert_int_equal(split(OPTIONS("task", "classify"), "in.zip", NULL, &error), RONDO_BAD_ARGUMENT);
    assert_int_equal(split(OPTIONS("task", "classify", "valid-share", "0.1", "test-share", "0"), "in.tsv", NULL, &error), RONDO_BAD_DATA);
    assert_string_equal(part("out.train"), "");
}

/* A file of 120 records, each the pattern with K for a key, one of k00 to k19, and # for its number. */
static void put_keyed(const char *name, const char *pattern)
{
    char text[8192] = "";
    for (int i = 0; i < 120; i++)
        for (const char *at = pattern; *at; at++) {
            char *end = text + strlen(text);
            if (*at == 'K')
                sprintf(end, "k%02d", i * i / 7 % 20);
            else if (*at == '#')
                sprintf(end, "%d", i);
            else
                sprintf(end, "%c", *at);
        }
    put(name, text);
}

/* Each value of the column stands in one part only, and all `records` are somewhere. */
static void keys_stand_together(size_t records)
{
    const char *const parts[] = {part("out.train"), part("out.valid"), part("out.test")};
    char key[8];
    size_t found = 0;
    for (int k = 0; k < 20; k++) {
        sprintf(key, "k%02d", k);
        const size_t in[] = {times(parts[0], key), times(parts[1], key), times(parts[2], key)};
        assert_true((in[0] > 0) + (in[1] > 0) + (in[2] > 0) <= 1);
        found += in[0] + in[1] + in[2];
    }
    assert_int_equal(found, records);
    assert_true(*parts[1] && *parts[2]);
}

static void records_of_equal_columns_stay_together_in_every_format(void **state)
{
    (void)state;
    static const struct {
        const char *task, *reader, *by, *pattern;
    } rows[] = {
        {"seq2seq", "tsv", "1", "K\tx#\n"},
        {"seq2seq", "tsv", "-1", "x\t#\tK\n"},
        {"classify", "tsv", "3", "a\tb\tK\t#\n"},
        {"classify", "table", "2", "+, K ,x#\n"},
        {"conditional", "fasta", "1", ">K x#\nACGT\nAC\n"},
        {"classify", "audio", "2", "#.wav\tK\n"},
#if RONDO_WITH_JSON
        {"classify", "jsonl", "who", "{\"who\":\"K\",\"text\":\"x#\",\"label\":1}\n"},
#endif
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        put_keyed("in", rows[i].pattern);
        rondo_error error = {0};
        if (split(OPTIONS("task", rows[i].task, "reader", rows[i].reader, "by", rows[i].by, "valid-share", "0.2", "test-share", "0.2",
                          "force", "on"),
                  "in", NULL, &error) != RONDO_OK)
            fail_msg("%s: %s", rows[i].reader, error.message);
        keys_stand_together(120);
    }
}

static void columns_are_found_by_the_names_of_a_header_and_by_the_files_of_a_pair(void **state)
{
    (void)state;
    char text[8192] = "who,text,label\n";
    for (int i = 0; i < 120; i++)
        sprintf(text + strlen(text), "k%02d,x%d,+\n", i % 20, i);
    put("in.data", text);
    assert_int_equal(split(OPTIONS("task", "classify", "by", "who", "label-column", "label", "text-column", "text", "valid-share", "0.2",
                                   "test-share", "0.2"),
                           "in.data", NULL, NULL),
                     RONDO_OK);
    keys_stand_together(120);
    put_keyed("t.en", "K #\n");
    put_keyed("t.de", "K\n");
    assert_int_equal(split(OPTIONS("reader", "parallel", "by", "2", "valid-share", "0.2", "test-share", "0.2"), "t.en", "t.de", NULL), RONDO_OK);
    char key[8];
    for (int k = 0; k < 20; k++) {
        sprintf(key, "k%02d\n", k);
        assert_true((times(part("out.train.de"), key) > 0) + (times(part("out.valid.de"), key) > 0) + (times(part("out.test.de"), key) > 0) <= 1);
    }
}

/* Groups of as many records as there are folds: none may be left without a group. */
static void folds_of_groups_are_disjoint_and_even(void **state)
{
    (void)state;
    char text[4096] = "", number[8], key[8];
    for (int i = 0; i < 60; i++)
        sprintf(text + strlen(text), "+\tx%d\tg%02d\n", i, i % 20);
    put("in.tsv", text);
    int tests[20] = {0};
    for (int fold = 1; fold <= 3; fold++) {
        sprintf(number, "%d", fold);
        assert_int_equal(split(OPTIONS("task", "classify", "by", "3", "folds", "3", "fold", number, "valid-share", "0", "force", "on"), "in.tsv",
                               NULL, NULL),
                         RONDO_OK);
        const char *test = part("out.test"), *train = part("out.train");
        assert_in_range(times(test, "\n"), 18, 21);
        for (int k = 0; k < 20; k++) {
            sprintf(key, "g%02d\n", k);
            assert_true(times(test, key) == 0 || times(train, key) == 0);
            assert_int_equal(times(test, key) + times(train, key), 3);
            tests[k] += times(test, key) > 0;
        }
    }
    for (int k = 0; k < 20; k++)
        assert_int_equal(tests[k], 1);
}

static void equal_splits_are_equal_and_another_seed_is_another(void **state)
{
    (void)state;
    char first[8192];
    put_keyed("in.tsv", "K\tx#\n");
    assert_int_equal(split(OPTIONS("task", "seq2seq", "by", "1", "force", "on"), "in.tsv", NULL, NULL), RONDO_OK);
    strcpy(first, part("out.train"));
    assert_int_equal(split(OPTIONS("task", "seq2seq", "by", "1", "force", "on"), "in.tsv", NULL, NULL), RONDO_OK);
    assert_string_equal(part("out.train"), first);
    assert_int_equal(split(OPTIONS("task", "seq2seq", "by", "1", "seed", "2", "force", "on"), "in.tsv", NULL, NULL), RONDO_OK);
    assert_string_not_equal(part("out.train"), first);
}

static void a_column_that_is_not_there_is_told_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *task, *reader, *by, *text;
        rondo_status status;
        const char *message;
    } rows[] = {
        {"classify", "tsv", "3", "a\tb\tc\na\tb\n", RONDO_BAD_DATA, "in:2:4: there is no column 3 for --by (2 columns)"},
        {"classify", "tsv", "-4", "a\tb\tc\n", RONDO_BAD_DATA, "in:1:6: there is no column -4 for --by (3 columns)"},
        {"classify", "tsv", "who", "a\tb\n", RONDO_BAD_ARGUMENT, "--by \"who\": what stands in "},
        {"classify", "tsv", "0", "a\tb\n", RONDO_BAD_ARGUMENT, "--by \"0\": what stands in "},
        {"classify", "table", "4", "a,b,c\n", RONDO_BAD_DATA, "in:1: there is no column 4 for --by (3 columns, "},
        {"classify", "table", "who", "a,b,c\n", RONDO_BAD_DATA, "in:1: there is no column \"who\""},
        {"classify", "fasta", "3", ">a b c\nAC\n>a b\nAC\n", RONDO_BAD_DATA, "in:3:5: the name has not so many words as --by counts"},
        {"classify", "audio", "3", "a.wav\tb\n", RONDO_BAD_DATA, "in:1:8: there is no column 3 for --by (2 columns)"},
        {"tag", "conll", "1", "a b\n", RONDO_BAD_ARGUMENT, "--by needs records with columns; --reader conll has none"},
        {"classify", "files", "1", "a b\n", RONDO_BAD_ARGUMENT, "--by needs records with columns; --reader files has none"},
#if RONDO_WITH_JSON
        {"classify", "jsonl", "who", "{\"text\":\"x\",\"label\":1,\"who\":1}\n{\"text\":\"x\",\"label\":1}\n", RONDO_BAD_DATA,
         "in:2:1: expected a text, a whole number or a truth under --by \"who\""},
#endif
    };
    rondo_error error;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        put("in", rows[i].text);
        assert_int_equal(split(OPTIONS("task", rows[i].task, "reader", rows[i].reader, "by", rows[i].by), "in", NULL, &error), rows[i].status);
        if (!strstr(error.message, rows[i].message)) fail_msg("expected %s, found %s", rows[i].message, error.message);
    }
    put("in.tsv", "a\tb\nc\td\n");
    assert_int_equal(split(OPTIONS("task", "classify", "by", "1", "distinct", "on"), "in.tsv", NULL, &error), RONDO_BAD_ARGUMENT);
    assert_int_equal(split(OPTIONS("reader", "parallel", "by", "3"), "in.tsv", "in.tsv", &error), RONDO_BAD_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(folds_are_disjoint_cover_all_and_keep_the_shares_of_labels, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(equal_inputs_go_to_the_same_part_whatever_their_targets, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(leaving_one_out_leaves_each_out_once, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(pairs_of_files_stay_aligned, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(labels_of_file_names_are_written_before_their_lines, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(heads_go_to_every_part_and_records_of_many_lines_stay_whole, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(records_of_equal_columns_stay_together_in_every_format, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(columns_are_found_by_the_names_of_a_header_and_by_the_files_of_a_pair, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(folds_of_groups_are_disjoint_and_even, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(equal_splits_are_equal_and_another_seed_is_another, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(a_column_that_is_not_there_is_told_with_its_line, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(what_cannot_be_split_is_refused_by_name, make_folder, drop_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
