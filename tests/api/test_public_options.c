/* Names of every kind, and options as text: what is written is read back as the same. */
#include "api_help.h"

static world w;

static void every_kind_has_names_that_differ(void **unused)
{
    (void)unused;
    for (int kind = RONDO_CELLS; kind <= RONDO_KERNELS; kind++) {
        size_t count = 0;
        while (rondo_name((rondo_kind)kind, count))
            count++;
        assert_true(count > 0 && count < 1000);
        for (size_t i = 0; i < count; i++) {
            const char *name = rondo_name((rondo_kind)kind, i);
            assert_true(*name != 0);
            for (size_t j = 0; j < i; j++)
                if (strcmp(name, rondo_name((rondo_kind)kind, j)) == 0)
                    fail_msg("kind %d: %s twice", kind, name);
        }
        assert_null(rondo_name((rondo_kind)kind, SIZE_MAX));
    }
}

static void an_unknown_kind_has_no_names(void **unused)
{
    (void)unused;
    assert_null(rondo_name((rondo_kind)-1, 0));
    assert_null(rondo_name((rondo_kind)8, 0));
    assert_null(rondo_name((rondo_kind)1000, 0));
}

static void every_status_has_a_text_of_its_own(void **unused)
{
    static const rondo_status statuses[] = {RONDO_OK,        RONDO_NO,     RONDO_BAD_ARGUMENT, RONDO_BAD_DATA,
                                            RONDO_BAD_MODEL, RONDO_SYSTEM, RONDO_LIMIT,        RONDO_NUMBERS,
                                            RONDO_LOST_PEER, RONDO_BUG};
    (void)unused;
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        assert_true(strlen(rondo_status_text(statuses[i])) > 1);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(rondo_status_text(statuses[i]), rondo_status_text(statuses[j]));
    }
    assert_non_null(rondo_status_text((rondo_status)-1));
    assert_non_null(rondo_status_text((rondo_status)12345));
    assert_non_null(strstr(rondo_version(), RONDO_VERSION));
}

static void every_row_of_the_table_is_complete_and_its_default_can_be_set(void **unused)
{
    rondo_option_info info;
    size_t rows = 0;
    (void)unused;
    for (; rondo_option(rows, &info) == RONDO_OK; rows++) {
        rondo_options *options = NULL;
        if (!*info.name || !*info.type || strlen(info.help) < 8 || !*info.group || !*info.commands ||
            !info.range || !info.aliases || !info.short_name)
            fail_msg("--%s: the row is not complete", info.name);
        WORKS(&w, rondo_options_new(&options, &w.error));
        assert_string_equal(rondo_options_get(options, info.name), info.fallback);
        assert_int_equal(rondo_options_is_set(options, info.name), 0);
        if (*info.fallback) {
            WORKS(&w, rondo_options_set(options, info.name, info.fallback, &w.error));
            assert_int_equal(rondo_options_is_set(options, info.name), 1);
            assert_string_equal(rondo_options_get(options, info.name), info.fallback);
        }
        rondo_options_free(options);
    }
    assert_true(rows > 100);
    assert_int_equal(rondo_option(rows, &info), RONDO_NO);
    assert_int_equal(rondo_option(SIZE_MAX, &info), RONDO_NO);
}

static void values_of_the_wrong_type_are_refused_by_every_option(void **unused)
{
    static const struct wrong {
        const char *type, *value;
    } wrong[] = {
        {"flag", "perhaps"},    {"flag", "2"},
        {"integer", "1.5"},     {"integer", "99999999999999999999999"},
        {"integer", "0x"},      {"integer", ""},
        {"number", "many"},     {"number", "1e999"},
        {"number", "nan"},      {"number", "inf"},
        {"number", "1,5"},      {"choice", "no-such-choice"},
        {"duration", "soon"},   {"duration", "-1s"},
        {"duration", "1e400s"}, {"size", "big"},
        {"size", "-1K"},        {"size", "99999999999999999999G"},
    };
    rondo_option_info info;
    (void)unused;
    for (size_t row = 0; rondo_option(row, &info) == RONDO_OK; row++)
        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
            rondo_error said = {0};
            if (strcmp(info.type, wrong[i].type) != 0) continue;
            if (rondo_options_set(w.options, info.name, wrong[i].value, &said) != RONDO_BAD_ARGUMENT)
                fail_msg("--%s %s: status %d", info.name, wrong[i].value, (int)said.status);
            check_sentence(info.name, &said, RONDO_BAD_ARGUMENT);
            if (!strstr(said.message, info.name)) fail_msg("--%s is not named: %s", info.name, said.message);
        }
}

static void the_text_of_options_is_read_back_as_the_same(void **unused)
{
    rondo_options *again = NULL, *copy = NULL;
    char *text;
    (void)unused;
    set(&w, "lr", "0.1234567890123");
    set(&w, "max-time", "90s");
    set(&w, "seed", "18446744");
    for (int which = 0; which <= 2; which++) {
        const char *written = rondo_options_text(w.options, which, &w.error);
        assert_non_null(written);
        text = strdup(written);
        WORKS(&w, rondo_options_new(&again, &w.error));
        WORKS(&w, rondo_options_parse(again, text, strlen(text), "again", &w.error));
        assert_string_equal(rondo_options_text(again, which, &w.error), text);
        WORKS(&w, rondo_options_copy(again, &copy, &w.error));
        assert_string_equal(rondo_options_text(copy, which, &w.error), text);
        rondo_options_free(copy);
        rondo_options_free(again);
        free(text);
    }
    assert_string_equal(rondo_options_get(w.options, "lr"), "0.1234567890123");
}

/* Every choice of the option but `auto` is a name of the kind, and every name is a choice. */
static void check_choices(const char *option, rondo_kind kind)
{
    rondo_option_info info = {0};
    char range[512], *save = NULL;
    size_t choices = 0, names = 0;
    for (size_t i = 0; rondo_option(i, &info) == RONDO_OK && strcmp(info.name, option) != 0;)
        i++;
    (void)snprintf(range, sizeof range, "%s", info.range);
    for (char *choice = strtok_r(range, "|", &save); choice; choice = strtok_r(NULL, "|", &save)) {
        size_t i = 0;
        if (strcmp(choice, "auto") == 0) continue;
        while (rondo_name(kind, i) && strcmp(rondo_name(kind, i), choice) != 0)
            i++;
        if (!rondo_name(kind, i)) fail_msg("--%s %s: the library has nothing of this name", option, choice);
        choices++;
    }
    while (rondo_name(kind, names))
        names++;
    if (choices != names) fail_msg("--%s has %zu choices, the library %zu names", option, choices, names);
}

static void the_choices_of_options_are_what_the_library_has(void **unused)
{
    (void)unused;
    check_choices("task", RONDO_TASKS);
    check_choices("optimizer", RONDO_OPTIMIZERS);
    check_choices("loss", RONDO_LOSSES);
    check_choices("reader", RONDO_READERS);
}

static void a_wrong_line_is_told_with_its_place_and_a_wrong_name_changes_nothing(void **unused)
{
    const char *text = "lr = 0.5\n# a comment\nhiden-size = 3\n";
    rondo_error said = {0};
    rondo_options *options = NULL;
    (void)unused;
    WORKS(&w, rondo_options_new(&options, &w.error));
    assert_int_equal(rondo_options_parse(options, text, strlen(text), "play.conf", &said),
                     RONDO_BAD_ARGUMENT);
    assert_non_null(strstr(said.message, "play.conf:3"));
    REFUSED(rondo_options_parse(options, "lr 5", 4, "play.conf", e));
    REFUSED(rondo_options_parse(options, "lr = 1\0", 7, NULL, e));
    REFUSED(rondo_options_set(options, "", "1", e));
    REFUSED(rondo_options_set(options, "--lr", "1", e));
    assert_null(rondo_options_get(options, "hiden-size"));
    assert_null(rondo_options_text(options, 3, &w.error));
    assert_null(rondo_options_text(options, -1, &w.error));
    rondo_options_free(options);
}

static void a_foreign_or_misspelt_name_leads_to_ours(void **unused)
{
    rondo_option_info info;
    int exact = 7;
    (void)unused;
    for (size_t row = 0; rondo_option(row, &info) == RONDO_OK; row++) {
        char first[64];
        if (!*info.aliases) continue;
        (void)snprintf(first, sizeof first, "%.*s", (int)strcspn(info.aliases, " "), info.aliases);
        const char *meant = rondo_option_guess(first, &exact);
        if (!meant || strcmp(meant, info.name) != 0 || exact != 1)
            fail_msg("%s: meant is %s", first, meant ? meant : "nothing");
    }
    assert_string_equal(rondo_option_guess("hiden-size", &exact), "hidden-size");
    assert_int_equal(exact, 0);
    assert_null(rondo_option_guess("", &exact));
    assert_null(rondo_option_guess("qqqqqqqqqqqqqqqqqqqqqqq", &exact));
}

static int open_all(void **unused)
{
    (void)unused;
    open_world(&w);
    return 0;
}

static int close_all(void **unused)
{
    (void)unused;
    close_world(&w);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_has_names_that_differ),
        cmocka_unit_test(an_unknown_kind_has_no_names),
        cmocka_unit_test(every_status_has_a_text_of_its_own),
        cmocka_unit_test(every_row_of_the_table_is_complete_and_its_default_can_be_set),
        cmocka_unit_test(values_of_the_wrong_type_are_refused_by_every_option),
        cmocka_unit_test(the_text_of_options_is_read_back_as_the_same),
        cmocka_unit_test(the_choices_of_options_are_what_the_library_has),
        cmocka_unit_test(a_wrong_line_is_told_with_its_place_and_a_wrong_name_changes_nothing),
        cmocka_unit_test(a_foreign_or_misspelt_name_leads_to_ours),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
