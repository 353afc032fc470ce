/* Options by name: what is accepted, how it is spelt afterwards, what is said about the rest. */
#include "base/memory.h"
#include "options/options.h"
#include "options/table.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static rondo_options *fresh(void)
{
    rondo_options *options = NULL;
    assert_int_equal(rondo_options_new(&options, NULL), RONDO_OK);
    return options;
}

static void set(rondo_options *options, const char *name, const char *value)
{
    rondo_error error = {0};
    if (rondo_options_set(options, name, value, &error) != RONDO_OK)
        fail_msg("%s = %s: %s", name, value, error.message);
}

/* The message of a value that is refused. */
static const char *refused(const char *name, const char *value, rondo_error *error)
{
    rondo_options *options = fresh();
    *error = (rondo_error){0};
    assert_int_equal(rondo_options_set(options, name, value, error), RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_options_is_set(options, name), 0);
    rondo_options_free(options);
    return error->message;
}

static void every_default_is_allowed_and_spelt_as_it_is_kept(void **state)
{
    (void)state;
    rondo_option_info info;
    rondo_options *options = fresh();
    size_t count = 0;
    for (; rondo_option(count, &info) == RONDO_OK; count++) {
        assert_string_equal(rondo_options_get(options, info.name), info.fallback);
        set(options, info.name, info.fallback);
        assert_string_equal(rondo_options_get(options, info.name), info.fallback);
    }
    assert_true(count == RD_OPTIONS);
    assert_int_equal(rondo_option(count, &info), RONDO_NO);
    rondo_options_free(options);
}

/* The tasks that an option is for are choices of --task. */
static void options_for_some_tasks_name_tasks(void **state)
{
    (void)state;
    rondo_option_info info;
    rondo_options *options = fresh();
    size_t some = 0;
    for (size_t i = 0; rondo_option(i, &info) == RONDO_OK; i++) {
        char words[128], *save = NULL;
        (void)snprintf(words, sizeof words, "%s", info.tasks);
        for (char *word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
            set(options, "task", word);
            some++;
        }
    }
    assert_true(some > 0);
    assert_string_equal(rd_option_tasks(RD_OPT_attention), "seq2seq");
    assert_string_equal(rd_option_tasks(RD_OPT_hidden_size), "");
    rondo_options_free(options);
}

static int holds_word(const char *words, const char *word)
{
    size_t size = strlen(word);
    for (const char *at = strstr(words, word); at; at = strstr(at + 1, word))
        if ((at == words || at[-1] == ' ') && (at[size] == ' ' || !at[size])) return 1;
    return 0;
}

static void names_letters_and_foreign_spellings_are_unique(void **state)
{
    (void)state;
    rondo_option_info a, b;
    for (size_t i = 0; rondo_option(i, &a) == RONDO_OK; i++) {
        assert_true(a.help[0] && a.group[0] && a.commands[0]);
        for (size_t j = 0; rondo_option(j, &b) == RONDO_OK; j++) {
            assert_true(i == j || strcmp(a.name, b.name) != 0);
            assert_true(i == j || !a.short_name[0] || strcmp(a.short_name, b.short_name) != 0);
            if (i == j) continue;
            char word[64];
            for (const char *at = a.aliases; *at; at += strspn(at, " ")) {
                size_t n = strcspn(at, " ");
                snprintf(word, sizeof word, "%.*s", (int)n, at);
                if (holds_word(b.aliases, word))
                    fail_msg("%s: spelling of --%s and --%s", word, a.name, b.name);
                at += n;
            }
        }
    }
}

static void values_are_kept_in_one_spelling(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value, *kept;
    } rows[] = {
        {"hidden-size", "2k", "2000"},
        {"max-steps", "3M", "3000000"},
        {"lr", "2e-3", "0.002"},
        {"lr", "0.0020", "0.002"},
        {"nesterov", "yes", "on"},
        {"nesterov", "0", "off"},
        {"max-time", "5m", "300s"},
        {"max-time", "1.5h", "5400s"},
        {"max-time", "90", "90s"},
        {"memory", "64M", "67108864"},
        {"memory", "1.5K", "1536"},
        {"memory", "2G", "2147483648"},
        {"cell", "lstm,gru", "lstm,gru"},
        {"prompt", " a ", " a "},
        {"fail-under", "", ""},
        {"forget-bias", "-1", "-1"},
        {"seed", "0", "0"},
        {"top-p", "1", "1"},
    };
    rondo_options *options = fresh();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        set(options, rows[i].name, rows[i].value);
        assert_string_equal(rondo_options_get(options, rows[i].name), rows[i].kept);
    }
    rondo_options_free(options);
}

static void numbers_are_read_by_type(void **state)
{
    (void)state;
    rondo_options *options = fresh();
    set(options, "max-time", "2h");
    set(options, "memory", "1K");
    set(options, "nesterov", "on");
    assert_float_equal(rd_option_number(options, RD_OPT_max_time), 7200, 0);
    assert_int_equal(rd_option_integer(options, RD_OPT_memory), 1024);
    assert_float_equal(rd_option_number(options, RD_OPT_memory), 1024, 0);
    assert_float_equal(rd_option_number(options, RD_OPT_lr), 0.002, 0);
    assert_int_equal(rd_option_integer(options, RD_OPT_hidden_size), 128);
    assert_int_equal(rd_option_flag(options, RD_OPT_nesterov), 1);
    assert_int_equal(rd_option_is(options, RD_OPT_optimizer, "adam"), 1);
    assert_int_equal(rd_option_is_set(options, RD_OPT_optimizer), 0);
    assert_null(rondo_options_get(options, "no-such"));
    rondo_options_free(options);
}

static void values_out_of_range_are_refused_with_the_range(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value, *message;
    } rows[] = {
        {"hidden-size", "0", "hidden-size: expected a whole number from 1 to 1000000, found \"0\""},
        {"hidden-size", "1000001",
         "hidden-size: expected a whole number from 1 to 1000000, found \"1000001\""},
        {"hidden-size", "1.5", "hidden-size: expected a whole number from 1 to 1000000, found \"1.5\""},
        {"epochs", "-1", "epochs: expected a whole number of at least 0, found \"-1\""},
        {"dropout", "1", "dropout: expected a number from 0 to below 1, found \"1\""},
        {"top-p", "0", "top-p: expected a number above 0 and at most 1, found \"0\""},
        {"top-p", "1.0001", "top-p: expected a number above 0 and at most 1, found \"1.0001\""},
        {"epsilon", "0", "epsilon: expected a number above 0, found \"0\""},
        {"forget-bias", "nan", "forget-bias: expected a number, found \"nan\""},
        {"forget-bias", "inf", "forget-bias: expected a number, found \"inf\""},
        {"forget-bias", "0x10", "forget-bias: expected a number, found \"0x10\""},
        {"lr", "", "lr: expected a number of at least 0, found \"\""},
        {"lr", " 1", "lr: expected a number of at least 0, found \" 1\""},
        {"max-time", "5 m", "max-time: expected a time as 60s, 5m or 2h of at least 0, found \"5 m\""},
        {"memory", "-1M", "memory: expected a size as 64M or 2G of at least 0, found \"-1M\""},
        {"nesterov", "maybe", "nesterov: expected on or off, found \"maybe\""},
        {"optimizer", "adan", "optimizer: expected sgd|momentum|rmsprop|adagrad|adam|adamw, found \"adan\""},
        {"cell", "lstm,", "cell: expected rnn|gru|gru-simple|lstm|jordan|mingru|minlstm, found \"lstm,\""},
    };
    rondo_error error;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(refused(rows[i].name, rows[i].value, &error), rows[i].message);
}

static void a_decimal_comma_is_an_error_in_every_locale(void **state)
{
    (void)state;
    rondo_error error;
    static const char *const locales[] = {"C", "de_DE.UTF-8", "tr_TR.UTF-8"};
    for (size_t i = 0; i < 3; i++) {
        if (!setlocale(LC_ALL, locales[i])) continue;
        refused("lr", "1,5", &error);
        assert_string_equal(error.hint, "numbers are written with a point, as 1.5");
        rondo_options *options = fresh();
        set(options, "lr", "1.5");
        assert_string_equal(rondo_options_get(options, "lr"), "1.5");
        assert_float_equal(rd_option_number(options, RD_OPT_lr), 1.5, 0);
        rondo_options_free(options);
    }
    setlocale(LC_ALL, "C");
}

static void a_near_choice_and_a_near_name_are_suggested(void **state)
{
    (void)state;
    rondo_error error;
    refused("optimizer", "adan", &error);
    assert_string_equal(error.hint, "did you mean adam?");
    refused("hiden-size", "3", &error);
    assert_string_equal(error.message, "unknown option \"hiden-size\"");
    assert_string_equal(error.hint, "did you mean hidden-size?");
    refused("rnn_size", "3", &error);
    assert_string_equal(error.hint, "it is hidden-size");
    refused("qqqqqqqqqq", "3", &error);
    assert_string_equal(error.hint, "");
}

static void guesses_know_other_systems(void **state)
{
    (void)state;
    static const struct {
        const char *name, *option;
        int exact;
    } rows[] = {
        {"rnn_size", "hidden-size", 1},
        {"--nhid", "hidden-size", 1},
        {"bptt", "seq-len", 1},
        {"grad_clip", "clip-value", 1},
        {"clip_grad_norm_", "clip", 1},
        {"clipvalue", "clip-value", 1},
        {"hidden_size", "hidden-size", 1},
        {"hidden", "hidden-size", 0},
        {"batchsize", "batch-size", 0},
        {"temprature", "temperature", 0},
        {"M", "cell", 1},
        {"T", "temperature", 1},
        {"minCount", "min-freq", 1},
        {"learning_rate_decay", "lr-schedule", 1},
    };
    int exact;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *guess = rondo_option_guess(rows[i].name, &exact);
        if (!guess || strcmp(guess, rows[i].option) != 0 || exact != rows[i].exact)
            fail_msg("%s: %s %d", rows[i].name, guess ? guess : "(none)", exact);
    }
    assert_null(rondo_option_guess("xyzzyxyzzy", &exact));
    assert_null(rondo_option_guess("", &exact));
    assert_null(rondo_option_guess("--", NULL));
    assert_null(rondo_option_guess(NULL, NULL));
}

static void a_preset_fills_what_was_not_set_whatever_comes_first(void **state)
{
    (void)state;
    rondo_options *options = fresh();
    set(options, "forget-bias", "3");
    set(options, "preset", "pytorch");
    assert_string_equal(rondo_options_get(options, "init"), "uniform");
    assert_string_equal(rondo_options_get(options, "bias"), "two");
    assert_string_equal(rondo_options_get(options, "forget-bias"), "3");
    assert_int_equal(rondo_options_is_set(options, "init"), 0);
    set(options, "init", "normal");
    assert_string_equal(rondo_options_get(options, "init"), "normal");
    set(options, "preset", "course");
    assert_string_equal(rondo_options_get(options, "gru-reset"), "before");
    assert_string_equal(rondo_options_get(options, "bias"), "one");
    set(options, "preset", "keras");
    assert_string_equal(rondo_options_get(options, "gru-reset"), "after");
    assert_string_equal(rondo_options_get(options, "init-recurrent"), "orthogonal");
    rondo_options_free(options);
}

static void text_reads_back_equal(void **state)
{
    (void)state;
    static const char *const hard[] = {"plain",      " lead",       "trail ", "a\nb\tc", "say \"x\"",
                                       "\"quoted\"", "back\\slash", "tag #1", "#",       "a=b",
                                       "\x01\x7f",   "ä€🙂",   "=",      "\\n"};
    for (size_t i = 0; i < sizeof hard / sizeof hard[0]; i++) {
        rondo_options *options = fresh(), *again = fresh();
        rondo_error error = {0};
        set(options, "prompt", hard[i]);
        set(options, "lr", "0.1");
        for (int which = 0; which < 2; which++) {
            const char *text = rondo_options_text(options, which, &error);
            assert_non_null(text);
            if (rondo_options_parse(again, text, strlen(text), "again", &error) != RONDO_OK)
                fail_msg("%s", error.message);
            assert_string_equal(rondo_options_get(again, "prompt"), hard[i]);
            assert_string_equal(rondo_options_get(again, "lr"), "0.1");
        }
        rondo_options_free(options);
        rondo_options_free(again);
    }
}

static void text_gives_all_those_set_or_those_that_matter(void **state)
{
    (void)state;
    rondo_options *options = fresh();
    assert_string_equal(rondo_options_text(options, 1, NULL), "");
    set(options, "threads", "3");
    set(options, "seed", "7");
    assert_string_equal(rondo_options_text(options, 1, NULL), "seed = 7\nthreads = 3\n");
    const char *result = rondo_options_text(options, 2, NULL);
    assert_non_null(strstr(result, "seed = 7\n"));
    assert_non_null(strstr(result, "hidden-size = 128\n"));
    assert_null(strstr(result, "threads"));
    assert_null(strstr(result, "\nepochs"));
    assert_non_null(strstr(rondo_options_text(options, 0, NULL), "epochs = 10\n"));
    assert_null(rondo_options_text(options, 3, NULL));
    assert_null(rondo_options_text(NULL, 0, NULL));
    rondo_options_free(options);
}

static void files_may_hold_comments_and_their_errors_have_a_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"lr = 0.1\nlr 3\n", "play.conf:2: expected \"name = value\""},
        {"\n\nhiden-size = 3\n", "play.conf:3: unknown option \"hiden-size\""},
        {"lr = 1,5\n", "play.conf:1: lr: expected a number of at least 0, found \"1,5\""},
        {"prompt = \"a\\q\"\n", NULL},
        {"prompt = \"a\n", NULL},
        {"prompt = \"a\\x00\"\n", NULL},
    };
    const char good[] = "# a comment\n\n  lr = 0.1   # and another\r\nprompt = a#b\ncell=gru\nepochs = 3";
    rondo_options *options = fresh();
    rondo_error error = {0};
    assert_int_equal(rondo_options_parse(options, good, strlen(good), "play.conf", &error), RONDO_OK);
    assert_string_equal(rondo_options_get(options, "lr"), "0.1");
    assert_string_equal(rondo_options_get(options, "prompt"), "a#b");
    assert_string_equal(rondo_options_get(options, "cell"), "gru");
    assert_string_equal(rondo_options_get(options, "epochs"), "3");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(rondo_options_parse(options, bad[i].text, strlen(bad[i].text), "play.conf", &error),
                         RONDO_BAD_ARGUMENT);
        if (bad[i].message) assert_string_equal(error.message, bad[i].message);
        assert_memory_equal(error.message, "play.conf:", 10);
    }
    assert_int_equal(rondo_options_parse(options, "prompt = a\0b\n", 13, "play.conf", &error),
                     RONDO_BAD_ARGUMENT);
    rondo_options_free(options);
}

static void values_and_files_have_limits_tested_at_the_border(void **state)
{
    (void)state;
    static char value[RD_OPTION_VALUE_LIMIT + 2], text[RD_OPTION_FILE_LIMIT + 2];
    rondo_options *options = fresh();
    rondo_error error = {0};
    memset(value, 'a', RD_OPTION_VALUE_LIMIT + 1);
    assert_int_equal(rondo_options_set(options, "prompt", value, &error), RONDO_LIMIT);
    value[RD_OPTION_VALUE_LIMIT] = 0;
    assert_int_equal(rondo_options_set(options, "prompt", value, &error), RONDO_OK);
    memset(text, '\n', sizeof text);
    assert_int_equal(rondo_options_parse(options, text, RD_OPTION_FILE_LIMIT, "x", &error), RONDO_OK);
    assert_int_equal(rondo_options_parse(options, text, RD_OPTION_FILE_LIMIT + 1, "x", &error), RONDO_LIMIT);
    rondo_options_free(options);
}

static void the_hash_changes_with_what_affects_the_result_and_nothing_else(void **state)
{
    (void)state;
    rondo_options *options = fresh(), *other = NULL;
    const uint64_t plain = rd_options_hash(options);
    rd_text text = {0};
    set(options, "threads", "3");
    set(options, "epochs", "99");
    set(options, "lr", "2e-3");
    assert_true(rd_options_hash(options) == plain);
    assert_int_equal(rondo_options_copy(options, &other, NULL), RONDO_OK);
    set(options, "lr", "0.003");
    assert_true(rd_options_hash(options) != plain);
    assert_true(rd_options_hash(other) == plain);
    rd_options_difference(other, options, &text);
    assert_string_equal(text.text, "lr: \"0.002\" -> \"0.003\"\n");
    set(options, "lr", "0.002");
    set(options, "preset", "course");
    assert_true(rd_options_hash(options) != plain);
    rd_text_free(&text);
    rondo_options_free(options);
    rondo_options_free(other);
}

static void missing_arguments_are_answered(void **state)
{
    (void)state;
    rondo_options *options = fresh(), *copy = NULL;
    assert_int_equal(rondo_options_new(NULL, NULL), RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_options_set(NULL, "lr", "1", NULL), RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_options_set(options, NULL, "1", NULL), RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_options_set(options, "lr", NULL, NULL), RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_options_copy(NULL, &copy, NULL), RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_options_parse(NULL, "", 0, NULL, NULL), RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_option(0, NULL), RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_options_is_set(NULL, "lr"), 0);
    assert_null(rondo_options_get(NULL, "lr"));
    rondo_options_free(NULL);
    rondo_options_free(options);
}

static void each_failing_allocation_is_told_and_leaks_nothing(void **state)
{
    (void)state;
    const uint64_t live = rd_memory_live();
    for (uint64_t n = 1; n < 40; n++) {
        rondo_options *options = NULL, *copy = NULL;
        rd_memory_fail_at(n, 0);
        rondo_status status = rondo_options_new(&options, NULL);
        if (status == RONDO_OK) status = rondo_options_set(options, "prompt", "one", NULL);
        if (status == RONDO_OK) status = rondo_options_parse(options, "lr = 0.1\n", 9, "x", NULL);
        if (status == RONDO_OK) status = rondo_options_text(options, 0, NULL) ? RONDO_OK : RONDO_LIMIT;
        if (status == RONDO_OK) status = rondo_options_copy(options, &copy, NULL);
        rd_memory_fail_at(0, 0);
        assert_true(status == RONDO_OK || status == RONDO_LIMIT);
        rondo_options_free(options);
        rondo_options_free(copy);
        assert_true(rd_memory_live() == live);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_default_is_allowed_and_spelt_as_it_is_kept),
        cmocka_unit_test(options_for_some_tasks_name_tasks),
        cmocka_unit_test(names_letters_and_foreign_spellings_are_unique),
        cmocka_unit_test(values_are_kept_in_one_spelling),
        cmocka_unit_test(numbers_are_read_by_type),
        cmocka_unit_test(values_out_of_range_are_refused_with_the_range),
        cmocka_unit_test(a_decimal_comma_is_an_error_in_every_locale),
        cmocka_unit_test(a_near_choice_and_a_near_name_are_suggested),
        cmocka_unit_test(guesses_know_other_systems),
        cmocka_unit_test(a_preset_fills_what_was_not_set_whatever_comes_first),
        cmocka_unit_test(text_reads_back_equal),
        cmocka_unit_test(text_gives_all_those_set_or_those_that_matter),
        cmocka_unit_test(files_may_hold_comments_and_their_errors_have_a_place),
        cmocka_unit_test(values_and_files_have_limits_tested_at_the_border),
        cmocka_unit_test(the_hash_changes_with_what_affects_the_result_and_nothing_else),
        cmocka_unit_test(missing_arguments_are_answered),
        cmocka_unit_test(each_failing_allocation_is_told_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
