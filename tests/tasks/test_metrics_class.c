/* Accuracy, precision, recall, F1: against scikit-learn and against cases counted by hand. */
#include "golden_lines.h"

#include "tasks/metrics_class.h"

#include <math.h>

static void add_all(rd_confusion *c, const int32_t *truth, const int32_t *guess, size_t count)
{
    for (size_t i = 0; i < count; i++)
        rd_confusion_add(c, truth[i], guess[i]);
}

static void check_case(rd_confusion *c, golden_lines *lines)
{
    if (golden_is(lines, "score")) {
        assert_true(fabs(rd_confusion_accuracy(c) - golden_number(lines, 1)) < 1e-12);
        assert_true(fabs(rd_confusion_macro_f1(c) - golden_number(lines, 2)) < 1e-12);
    } else {
        size_t k = (size_t)golden_number(lines, 1);
        rd_class_score score = rd_confusion_score(c, k);
        assert_true(fabs(score.precision - golden_number(lines, 2)) < 1e-12);
        assert_true(fabs(score.recall - golden_number(lines, 3)) < 1e-12);
        assert_true(fabs(score.f1 - golden_number(lines, 4)) < 1e-12);
        assert_int_equal(c->support[k], (uint64_t)golden_number(lines, 5));
    }
}

static void scores_are_those_of_scikit_learn(void **state)
{
    (void)state;
    enum { MOST = 1000 };
    static int32_t truth[MOST], guess[MOST];
    rd_confusion c = {0};
    size_t rows = 0, checked = 0;
    golden_lines lines = golden_open("class");
    while (golden_next(&lines)) {
        if (golden_is(&lines, "case")) {
            rd_confusion_free(&c);
            assert_int_equal(rd_confusion_new(&c, (size_t)golden_number(&lines, 2), NULL), RONDO_OK);
        } else if (golden_is(&lines, "truth")) {
            rows = golden_integers(&lines, 1, truth, MOST);
        } else if (golden_is(&lines, "guess")) {
            assert_int_equal(golden_integers(&lines, 1, guess, MOST), rows);
            add_all(&c, truth, guess, rows);
        } else {
            check_case(&c, &lines);
            checked++;
        }
    }
    assert_int_equal(checked, 4 + 2 + 5 + 7 + 3);
    rd_confusion_free(&c);
    golden_close(&lines);
}

static void the_matrix_holds_truth_down_and_guess_across(void **state)
{
    (void)state;
    static const int32_t truth[] = {0, 0, 0, 1, 1}, guess[] = {0, 1, 1, 1, 0};
    rd_confusion c;
    assert_int_equal(rd_confusion_new(&c, 2, NULL), RONDO_OK);
    add_all(&c, truth, guess, 5);
    assert_int_equal(c.cell[0], 1);
    assert_int_equal(c.cell[1], 2);
    assert_int_equal(c.cell[2], 1);
    assert_int_equal(c.cell[3], 1);
    rd_confusion_free(&c);
}

static void a_label_that_training_never_saw_is_wrong_and_a_class_of_its_own(void **state)
{
    (void)state;
    static const int32_t truth[] = {0, 1, -1, 7}, guess[] = {0, 1, 1, 0};
    rd_confusion c;
    assert_int_equal(rd_confusion_new(&c, 2, NULL), RONDO_OK);
    add_all(&c, truth, guess, 4);
    assert_true(fabs(rd_confusion_accuracy(&c) - 0.5) < 1e-15);
    assert_int_equal(c.support[2], 2);
    assert_int_equal(c.cell[2 * 2 + 0], 1);
    assert_int_equal(c.cell[2 * 2 + 1], 1);
    /* both known classes: precision 1/2, recall 1, F1 2/3; the unseen one 0 */
    assert_true(fabs(rd_confusion_macro_f1(&c) - 4.0 / 9) < 1e-15);
    rd_confusion_free(&c);
}

static void a_guess_that_is_no_class_finds_nothing(void **state)
{
    (void)state;
    rd_confusion c;
    assert_int_equal(rd_confusion_new(&c, 2, NULL), RONDO_OK);
    rd_confusion_add(&c, 1, -1);
    rd_confusion_add(&c, 1, 2);
    assert_int_equal(c.support[1], 2);
    assert_int_equal(c.found[0] + c.found[1] + c.found[2], 0);
    assert_true(rd_confusion_accuracy(&c) == 0 && rd_confusion_macro_f1(&c) == 0);
    rd_confusion_free(&c);
}

static void of_no_rows_every_score_is_0(void **state)
{
    (void)state;
    rd_confusion c;
    assert_int_equal(rd_confusion_new(&c, 3, NULL), RONDO_OK);
    assert_true(rd_confusion_accuracy(&c) == 0 && rd_confusion_macro_f1(&c) == 0);
    rd_confusion_free(&c);
}

static void beyond_a_thousand_classes_only_sums_are_kept(void **state)
{
    (void)state;
    rd_confusion c;
    assert_int_equal(rd_confusion_new(&c, RD_CONFUSION_MOST, NULL), RONDO_OK);
    assert_non_null(c.cell);
    rd_confusion_free(&c);
    assert_int_equal(rd_confusion_new(&c, RD_CONFUSION_MOST + 1, NULL), RONDO_OK);
    assert_null(c.cell);
    rd_confusion_add(&c, RD_CONFUSION_MOST, RD_CONFUSION_MOST);
    assert_true(rd_confusion_accuracy(&c) == 1);
    rd_confusion_free(&c);
    rondo_error error;
    assert_int_equal(rd_confusion_new(&c, SIZE_MAX / 2, &error), RONDO_LIMIT);
}

static void the_table_has_a_line_for_each_class_that_occurs(void **state)
{
    (void)state;
    static const char *const names[] = {"neg", "positivo però", "never"};
    static const int32_t truth[] = {0, 0, 1, 1, -1}, guess[] = {0, 1, 1, 1, 0};
    rd_confusion c;
    rd_text out = {0};
    assert_int_equal(rd_confusion_new(&c, 3, NULL), RONDO_OK);
    add_all(&c, truth, guess, 5);
    rd_confusion_table(&c, names, &out);
    assert_string_equal(out.text, "class              precision  recall      F1  support\n"
                                  "neg                   0.5000  0.5000  0.5000        2\n"
                                  "positivo però         0.6667  1.0000  0.8000        2\n"
                                  "(not in training)     0.0000  0.0000  0.0000        1\n"
                                  "macro                 0.3889  0.5000  0.4333        5\n"
                                  "accuracy              0.6000                        5\n");
    rd_text_free(&out);
    rd_confusion_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_those_of_scikit_learn),
        cmocka_unit_test(the_matrix_holds_truth_down_and_guess_across),
        cmocka_unit_test(a_label_that_training_never_saw_is_wrong_and_a_class_of_its_own),
        cmocka_unit_test(a_guess_that_is_no_class_finds_nothing),
        cmocka_unit_test(of_no_rows_every_score_is_0),
        cmocka_unit_test(beyond_a_thousand_classes_only_sums_are_kept),
        cmocka_unit_test(the_table_has_a_line_for_each_class_that_occurs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
