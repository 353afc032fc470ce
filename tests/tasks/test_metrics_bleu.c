/* BLEU: every number against sacreBLEU, and the tokenisation by itself. */
#include "golden_lines.h"

#include "tasks/metrics_bleu.h"

#include <math.h>

static void add(rd_bleu *bleu, const char *hypothesis, const char *reference)
{
    assert_int_equal(rd_bleu_add(bleu, hypothesis, strlen(hypothesis), reference, strlen(reference), NULL),
                     RONDO_OK);
}

static int near(double a, double b)
{
    return fabs(a - b) <= 1e-12 * fmax(1, fabs(b));
}

static void check_score(const rd_bleu *bleu, const golden_lines *lines)
{
    rd_bleu_score score = rd_bleu_score_of(bleu);
    assert_true(near(score.bleu, golden_number(lines, 1)));
    for (size_t n = 0; n < RD_BLEU_ORDER; n++)
        assert_true(near(score.precision[n], golden_number(lines, 2 + n)));
    assert_true(near(score.brevity, golden_number(lines, 6)));
}

/* The line is sacreBLEU's but for the version. */
static void check_line(const rd_bleu *bleu, const char *expected)
{
    rd_text out = {0}, without = {0};
    static const char *const version = "version:rondo-" RONDO_VERSION;
    rd_bleu_line(bleu, &out);
    char *at = strstr(out.text, version);
    assert_non_null(at);
    rd_text_add(&without, out.text, (size_t)(at - out.text));
    rd_text_put(&without, "version:");
    rd_text_put(&without, at + strlen(version));
    assert_string_equal(without.text, expected);
    rd_text_free(&out);
    rd_text_free(&without);
}

static void every_case_is_as_sacrebleu_has_it(void **state)
{
    (void)state;
    rd_bleu bleu = {0};
    size_t scores = 0;
    golden_lines lines = golden_open("bleu");
    while (golden_next(&lines)) {
        if (golden_is(&lines, "case")) {
            rd_bleu_free(&bleu);
            bleu.tokens = strcmp(lines.field[2], "13a") == 0 ? RD_BLEU_13A : RD_BLEU_NONE;
        } else if (golden_is(&lines, "pair")) {
            assert_int_equal(lines.fields, 3);
            add(&bleu, lines.field[1], lines.field[2]);
        } else if (golden_is(&lines, "score")) {
            check_score(&bleu, &lines);
            scores++;
        } else if (golden_is(&lines, "line")) {
            check_line(&bleu, lines.field[1]);
        }
    }
    assert_true(scores >= 6);
    rd_bleu_free(&bleu);
    golden_close(&lines);
}

static void check_words(rd_bleu_tokens tokens, const char *line, const char *expected)
{
    rd_text out = {0};
    rd_bleu_tokenize(tokens, line, strlen(line), &out);
    assert_string_equal(out.text ? out.text : "", expected);
    rd_text_free(&out);
}

static void words_are_parted_as_by_mteval_13a(void **state)
{
    (void)state;
    check_words(RD_BLEU_13A, "Hello, world!", "Hello , world !");
    check_words(RD_BLEU_13A, "1,234.5 a.b 1.a", "1,234.5 a . b 1 . a");
    check_words(RD_BLEU_13A, "1990-1995 co-op", "1990 - 1995 co-op");
    check_words(RD_BLEU_13A, "don't", "don't");
    check_words(RD_BLEU_13A, "&quot;a&quot; &amp;amp;", "\" a \" & amp ;");
    check_words(RD_BLEU_13A, "", "");
    check_words(RD_BLEU_13A, " \t ", "");
    check_words(RD_BLEU_NONE, " Hello,\tworld! ", "Hello, world!");
    check_words(RD_BLEU_NONE,
                "a\xc2\xa0"
                "b\xe3\x80\x80"
                "c\xe2\x80\x8b"
                "d",
                "a b c\xe2\x80\x8b"
                "d");
}

static void bytes_that_are_no_text_are_words_like_others(void **state)
{
    (void)state;
    rd_bleu bleu = {.tokens = RD_BLEU_13A};
    static const char bad[] = "\xff\xc3 a\0b \xe2\x80 c d";
    assert_int_equal(rd_bleu_add(&bleu, bad, sizeof bad - 1, bad, sizeof bad - 1, NULL), RONDO_OK);
    assert_true(near(rd_bleu_score_of(&bleu).bleu, 100));
    assert_int_equal(bleu.hypothesis, 5);
    rd_bleu_free(&bleu);
}

static void of_no_sentences_the_score_is_0(void **state)
{
    (void)state;
    rd_bleu bleu = {0};
    rd_bleu_score score = rd_bleu_score_of(&bleu);
    assert_true(score.bleu == 0 && score.ratio == 0);
}

static void order_of_sentences_does_not_matter(void **state)
{
    (void)state;
    rd_bleu a = {0}, b = {0};
    add(&a, "one two three four five", "one two three four six");
    add(&a, "red green blue", "red green blue black");
    add(&b, "red green blue", "red green blue black");
    add(&b, "one two three four five", "one two three four six");
    assert_true(rd_bleu_score_of(&a).bleu > 0);
    assert_true(rd_bleu_score_of(&a).bleu == rd_bleu_score_of(&b).bleu);
    rd_bleu_free(&a);
    rd_bleu_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_is_as_sacrebleu_has_it),
        cmocka_unit_test(words_are_parted_as_by_mteval_13a),
        cmocka_unit_test(bytes_that_are_no_text_are_words_like_others),
        cmocka_unit_test(of_no_sentences_the_score_is_0),
        cmocka_unit_test(order_of_sentences_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
