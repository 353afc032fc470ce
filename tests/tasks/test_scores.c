/* Scores of what models write: the target as it stood in the file is what counts, not what the vocabulary
 * knows of it. */
#include "../data/data_help.h"

#include "tasks/answers.h"
#include "tasks/scores.h"

#include <math.h>

static const char *const *written; /* what the task under test answers, record by record */

static rondo_status write_fixed(struct rd_answering *a, rondo_error *error)
{
    for (size_t i = 0; i < a->batch->sequences; i++) {
        const char *text = written[a->first + i];
        int bad;
        RD_TRY(rd_answer_begin(a, i, &bad, error));
        if (text) RD_TRY(rd_answer_add(a, text, strlen(text), 0, error));
        RD_TRY(rd_answer_tell(a, i, error));
    }
    return RONDO_OK;
}

static const rd_task_info fixed = {.name = "seq2seq", .answer = write_fixed};

static rondo_data *pairs(const rondo_data *known, const char *text)
{
    rondo_options *options = OPTIONS("reader", "tsv", "tokens", "word", "lowercase", "on");
    rondo_data *data = NULL;
    rondo_error error = {0};
    rd_known with = {.part = {[RD_X] = known ? rd_data_symbols(known, "x") : NULL,
                              [RD_Y] = known ? rd_data_symbols(known, "y") : NULL}};
    if (rd_data_open_memory(options, "seq2seq", with, "in", text, strlen(text), &data, &error) != RONDO_OK)
        fail_msg("%s", error.message);
    rondo_options_free(options);
    return data;
}

/* Scores of fixed answers to the pairs, whose vocabulary is that of "a b c d" alone. */
static rondo_scores *scores_of(const char *text, const char *const *answers, const char *tokens)
{
    rondo_data *known = pairs(NULL, "x\ta b c d\n"), *data = pairs(known, text);
    rondo_options *options = OPTIONS("bleu-tokens", tokens, "batch-size", "2");
    rondo_scores *scores = NULL;
    rondo_error error = {0};
    written = answers;
    assert_int_equal(rd_scores_new(data, &scores, &error), RONDO_OK);
    if (rd_scores_texts(scores, NULL, data, options, &fixed, &error) != RONDO_OK)
        fail_msg("%s", error.message);
    rondo_options_free(options);
    rondo_data_free(data);
    rondo_data_free(known);
    return scores;
}

static void targets_count_as_they_stood_in_the_file(void **state)
{
    (void)state;
    static const char *const same[] = {"A b  New word, here", "", "é d"};
    rondo_scores *scores = scores_of("x\tA b  New word, here\nx\t\nx x\té d\n", same, "13a");
    rondo_metrics metrics = {0};
    rd_scores_text_metrics(scores, &metrics);
    assert_string_equal(metrics.metric[0].name, "bleu");
    assert_true(fabs(metrics.metric[0].value - 100) < 1e-9);
    assert_true(metrics.metric[1].value == 0 && metrics.metric[2].value == 0);
    assert_true(metrics.metric[3].value == 1);
    assert_int_equal(scores->bleu.reference, 8); /* the comma is a word by itself */
    rondo_scores_free(scores);
}

static void words_letters_and_whole_targets_are_counted(void **state)
{
    (void)state;
    static const char *const answers[] = {"a b d", NULL, "c"};
    rondo_scores *scores = scores_of("x\ta b c\nx\tz z\nx x\tc\n", answers, "none");
    rondo_metrics metrics = {0};
    rd_text out = {0};
    rd_scores_text_metrics(scores, &metrics);
    assert_true(fabs(metrics.metric[1].value - 3.0 / 6) < 1e-15); /* one word other, two missing, of six */
    assert_true(fabs(metrics.metric[2].value - 4.0 / 9) < 1e-15); /* of letters and blanks */
    assert_true(fabs(metrics.metric[3].value - 1.0 / 3) < 1e-15);
    rd_scores_report(scores, &out);
    assert_non_null(strstr(out.text, "|tok:none|"));
    assert_non_null(strstr(out.text, "\nwords: 1 substituted, 0 inserted, 2 deleted of 6\n"
                                     "characters: 1 substituted, 0 inserted, 3 deleted of 9\n"));
    rd_text_free(&out);
    rondo_scores_free(scores);
}

/* As a file of it may say; metrics look at what the loss is. */
static void a_model_without_a_loss_is_refused(void **state)
{
    (void)state;
    rondo_data *data = data_of(DEFAULTS, "regress", "a,y\n1,2\n2,3\n");
    rondo_options *options = OPTIONS("task", "regress");
    rondo_device *device = NULL;
    rondo_model *model = NULL;
    rondo_metrics metrics;
    rondo_error error = {0};
    assert_int_equal(rondo_device_open("cpu", 1, &device, NULL), RONDO_OK);
    assert_int_equal(rondo_model_for(device, options, data, &model, NULL), RONDO_OK);
    const size_t losses = model->losses;
    model->losses = 0;
    assert_int_equal(rondo_evaluate(model, data, options, &metrics, &error), RONDO_BAD_MODEL);
    assert_non_null(strstr(error.message, "no loss"));
    model->losses = losses;
    rondo_model_free(model);
    rondo_device_close(device);
    rondo_options_free(options);
    rondo_data_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_without_a_loss_is_refused),
        cmocka_unit_test(targets_count_as_they_stood_in_the_file),
        cmocka_unit_test(words_letters_and_whole_targets_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
