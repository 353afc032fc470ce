/* The most frequent label, of all and of each word. */
#include "data/baseline_tags.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

static void each_word_gets_the_tag_it_had_most_often(void **state)
{
    (void)state;
    static const int32_t words[] = {5, 5, 5, 9, 9, 2, 2, 2}, tags[] = {1, 0, 1, 3, 2, 0, 0, 0};
    rd_tagger t = {0};
    assert_int_equal(rd_tagger_add(&t, words, tags, 3, NULL), RONDO_OK);
    assert_int_equal(rd_tagger_add(&t, words + 3, tags + 3, 5, NULL), RONDO_OK);
    assert_int_equal(rd_tagger_fit(&t, NULL), RONDO_OK);
    assert_int_equal(rd_tagger_guess(&t, 5), 1);
    assert_int_equal(rd_tagger_guess(&t, 9), 2); /* a tie: the lower */
    assert_int_equal(rd_tagger_guess(&t, 2), 0);
    assert_int_equal(rd_tagger_guess(&t, 3), 0); /* never seen: the usual one */
    assert_int_equal(rd_tagger_guess(&t, 1000000), 0);
    assert_int_equal(rd_tagger_guess(&t, -1), 0);
    rd_tagger_free(&t);
}

static void the_usual_tag_is_counted_over_places_and_not_over_words(void **state)
{
    (void)state;
    static const int32_t words[] = {1, 1, 1, 1, 2, 3, 4}, tags[] = {7, 7, 7, 7, 5, 5, 5};
    rd_tagger t = {0};
    assert_int_equal(rd_tagger_add(&t, words, tags, 7, NULL), RONDO_OK);
    assert_int_equal(rd_tagger_fit(&t, NULL), RONDO_OK);
    assert_int_equal(rd_tagger_guess(&t, 6), 7);
    rd_tagger_free(&t);
}

static void places_without_a_label_do_not_count(void **state)
{
    (void)state;
    static const int32_t words[] = {1, 1, 1, -1}, tags[] = {-1, -1, 4, 6};
    rd_tagger t = {0};
    assert_int_equal(rd_tagger_add(&t, words, tags, 4, NULL), RONDO_OK);
    assert_int_equal(rd_tagger_fit(&t, NULL), RONDO_OK);
    assert_int_equal(rd_tagger_guess(&t, 1), 4);
    assert_int_equal(t.usual, 4);
    rd_tagger_free(&t);
}

static void of_nothing_nothing_is_guessed(void **state)
{
    (void)state;
    rd_tagger t = {0};
    assert_int_equal(rd_tagger_fit(&t, NULL), RONDO_OK);
    assert_int_equal(rd_tagger_guess(&t, 0), -1);
    rd_tagger_free(&t);
    assert_int_equal(rd_majority(NULL, 0), -1);
    assert_int_equal(rd_majority((uint64_t[]){0, 0}, 2), -1);
    assert_int_equal(rd_majority((uint64_t[]){1, 3, 3}, 3), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_word_gets_the_tag_it_had_most_often),
        cmocka_unit_test(the_usual_tag_is_counted_over_places_and_not_over_words),
        cmocka_unit_test(places_without_a_label_do_not_count),
        cmocka_unit_test(of_nothing_nothing_is_guessed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
