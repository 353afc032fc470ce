/* Synthetic tasks: each is what its name says, is read by its reader, and is the same for the same seed. */
#include "data_help.h"

#include "data/dinos.h"
#include "data/reber.h"
#include "data/synth.h"

#include <math.h>

static const char *made(const char *name, rondo_options *options)
{
    static collected text[2];
    static int turn;
    rondo_error error = {0};
    turn = !turn;
    text[turn].size = 0;
    if (rondo_data_synth(name, options, collect, &text[turn], &error) != RONDO_OK)
        fail_msg("%s", error.message);
    rondo_options_free(options);
    return text[turn].text;
}

static void the_adding_task_has_two_marks_in_two_halves_and_their_sum(void **state)
{
    (void)state;
    rondo_data *data =
        data_of(OPTIONS("group", "group"), "regress", made("adding", OPTIONS("count", "20", "length", "31")));
    assert_int_equal(rd_data_count(data), 20);
    assert_int_equal(data->corpus->rows, 620);
    assert_false(rd_data_target_per_row(data));
    for (uint64_t k = 0; k < 20; k++) {
        float x[31][2], y[31];
        int marks[2] = {0, 0};
        float sum = 0;
        assert_int_equal(rd_store_read(data->corpus->values[RD_X], 31 * k, 31, x, NULL), RONDO_OK);
        assert_int_equal(rd_store_read(data->corpus->values[RD_Y], 31 * k, 31, y, NULL), RONDO_OK);
        for (int t = 0; t < 31; t++) {
            assert_true(x[t][0] >= 0 && x[t][0] <= 1);
            marks[t >= 15] += x[t][1] == 1;
            sum += x[t][0] * x[t][1];
        }
        assert_int_equal(marks[0], 1);
        assert_int_equal(marks[1], 1);
        assert_true(sum == y[30]);
    }
    rondo_data_free(data);
}

static void the_copy_task_brings_ten_symbols_back(void **state)
{
    (void)state;
    rondo_data *data = data_of(DEFAULTS, "tag", made("copy", OPTIONS("count", "3", "length", "12")));
    assert_int_equal(rd_data_count(data), 3);
    assert_int_equal(data->corpus->rows, 3 * 32);
    char x[512], y[512];
    strcpy(x, stored(data, RD_X));
    strcpy(y, stored(data, RD_Y));
    for (size_t t = 0; t < 10; t++) {
        assert_int_equal(y[2 * (22 + t)], x[2 * t]);
        assert_int_equal(y[2 * t], '_');
        assert_int_equal(x[2 * (22 + t)], '_');
    }
    assert_int_equal(x[2 * 21], '?');
    rondo_data_free(data);
}

static void every_reber_string_is_in_the_grammar(void **state)
{
    (void)state;
    const char *text = made("reber", OPTIONS("count", "500"));
    size_t strings = 0, loops = 0;
    while (*text) {
        size_t size = strcspn(text, "\n");
        assert_true(rd_reber_check(text, size));
        assert_false(rd_reber_check(text, size - 1));
        loops += size > 20;
        strings++;
        text += size + 1;
    }
    assert_int_equal(strings, 500);
    assert_true(loops > 5);
    for (uint64_t i = 0; i < 500; i++) {
        char tight[10];
        size_t size = rd_reber_write(rd_key_of(i, RD_STREAM_SYNTH, 0, 0), tight, sizeof tight);
        assert_true(rd_reber_check(tight, size));
    }
}

static void the_grammar_of_reber_is_checked_letter_by_letter(void **state)
{
    (void)state;
    static const char *const good[] = {"BTBTXSETE", "BPBPVVEPE", "BTBTSSXXTTVPXVVETE", "BPBPTVPSEPE"};
    static const char *const bad[] = {"",           "B",          "BTBTXSEPE", "BPBPVVETE", "BTBTXSET",
                                      "BTBTXSETEE", "TBTBTXSETE", "BTBTXSVTE", "btbtxsete", "BXBTXSEXE"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!rd_reber_check(good[i], strlen(good[i]))) fail_msg("%s is in the grammar", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (rd_reber_check(bad[i], strlen(bad[i]))) fail_msg("%s is not in the grammar", bad[i]);
    assert_int_equal(rd_reber_next("BT", 2), 1);         /* B */
    assert_int_equal(rd_reber_next("BTBTX", 5), 8 | 16); /* S or X */
    assert_int_equal(rd_reber_next("BPBPVVE", 7), 4);    /* the letter that came first */
    assert_int_equal(rd_reber_next("BPBPVVEP", 8), 64);  /* E */
    assert_int_equal(rd_reber_next("X", 1), 0);
}

static void brackets_are_balanced_and_no_longer_than_asked(void **state)
{
    (void)state;
    const char *text = made("brackets", OPTIONS("count", "300", "length", "20"));
    char stack[64];
    size_t depth = 0, size = 0, longest = 0;
    for (; *text; text++) {
        if (*text == '\n') {
            assert_int_equal(depth, 0);
            longest = size > longest ? size : longest;
            size = 0;
            continue;
        }
        size++;
        if (*text == '(' || *text == '[')
            stack[depth++] = *text == '(' ? ')' : ']';
        else {
            assert_true(depth > 0);
            assert_int_equal(*text, stack[--depth]); /* NOLINT(clang-analyzer-core.CallAndMessage) */
        }
    }
    assert_int_equal(longest, 20);
}

static void the_target_of_a_sine_is_its_next_value(void **state)
{
    (void)state;
    rondo_data *data =
        data_of(OPTIONS("group", "group"), "regress", made("sine", OPTIONS("count", "2", "length", "50")));
    assert_true(rd_data_target_per_row(data));
    for (uint64_t t = 0; t + 1 < 50; t++) {
        float next, target;
        assert_int_equal(rd_store_read(data->corpus->values[RD_X], t + 1, 1, &next, NULL), RONDO_OK);
        assert_int_equal(rd_store_read(data->corpus->values[RD_Y], t, 1, &target, NULL), RONDO_OK);
        assert_true(fabsf(next - target) < 1e-6F);
        assert_true(fabsf(next) <= 1);
    }
    rondo_data_free(data);
}

static void the_names_of_the_demo_are_1543(void **state)
{
    (void)state;
    rondo_data *data = data_of(OPTIONS("lines", "on", "lowercase", "on"), "lm", made("names", DEFAULTS));
    assert_int_equal(rd_data_count(data), 1543);
    assert_int_equal(data->corpus->rows, 19913 - 1542);
    assert_int_equal(rd_data_width(data, "x"), 28);
    assert_string_equal(rd_dinos[0], "Aachenosaurus");
    rondo_data_free(data);
}

static void a_seed_gives_the_same_text_and_another_seed_another(void **state)
{
    (void)state;
    for (size_t i = 0; rd_synth_name(i); i++) {
        const char *one = made(rd_synth_name(i), OPTIONS("count", "5", "length", "12", "seed", "9"));
        const char *same = made(rd_synth_name(i), OPTIONS("count", "5", "length", "12", "seed", "9"));
        assert_string_equal(one, same);
        const char *other = made(rd_synth_name(i), OPTIONS("count", "5", "length", "12", "seed", "10"));
        if (strcmp(rd_synth_name(i), "names") != 0) assert_string_not_equal(same, other);
        assert_true(strlen(rd_synth_help(i)) > 0);
    }
}

static int refuse(void *user, const char *bytes, size_t size)
{
    (void)user, (void)bytes, (void)size;
    return 1;
}

static void unknown_tasks_bad_lengths_and_full_sinks_are_answered(void **state)
{
    (void)state;
    collected text = {.size = 0};
    rondo_error error;
    rondo_options *options = OPTIONS("length", "1");
    assert_int_equal(rondo_data_synth("dance", options, collect, &text, &error), RONDO_BAD_ARGUMENT);
    assert_non_null(strstr(error.hint, "reber"));
    assert_int_equal(rondo_data_synth("adding", options, collect, &text, &error), RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_data_synth("sine", options, refuse, NULL, &error), RONDO_SYSTEM);
    rondo_options_free(options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_adding_task_has_two_marks_in_two_halves_and_their_sum),
        cmocka_unit_test(the_copy_task_brings_ten_symbols_back),
        cmocka_unit_test(every_reber_string_is_in_the_grammar),
        cmocka_unit_test(the_grammar_of_reber_is_checked_letter_by_letter),
        cmocka_unit_test(brackets_are_balanced_and_no_longer_than_asked),
        cmocka_unit_test(the_target_of_a_sine_is_its_next_value),
        cmocka_unit_test(the_names_of_the_demo_are_1543),
        cmocka_unit_test(a_seed_gives_the_same_text_and_another_seed_another),
        cmocka_unit_test(unknown_tasks_bad_lengths_and_full_sinks_are_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
