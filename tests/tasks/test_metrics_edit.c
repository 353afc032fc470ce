/* Edit distances: known pairs, the definition itself on all short strings, rates over a corpus. */
#include "golden_lines.h"

#include "tasks/metrics_edit.h"

#include <math.h>

static void check(rd_edit_unit unit, const char *truth, const char *guess, const uint64_t expected[4])
{
    rd_edits e = {0};
    assert_int_equal(rd_edits_add_text(&e, unit, truth, strlen(truth), guess, strlen(guess), NULL), RONDO_OK);
    assert_int_equal(e.substituted, expected[0]);
    assert_int_equal(e.inserted, expected[1]);
    assert_int_equal(e.deleted, expected[2]);
    assert_int_equal(e.units, expected[3]);
    rd_edits_free(&e);
}

static void known_pairs_have_the_known_edits(void **state)
{
    (void)state;
    check(RD_EDIT_CHARACTERS, "kitten", "sitting", (uint64_t[]){2, 1, 0, 6});
    check(RD_EDIT_CHARACTERS, "sunday", "saturday", (uint64_t[]){1, 2, 0, 6});
    check(RD_EDIT_CHARACTERS, "abc", "", (uint64_t[]){0, 0, 3, 3});
    check(RD_EDIT_CHARACTERS, "", "abc", (uint64_t[]){0, 3, 0, 0});
    check(RD_EDIT_CHARACTERS, "abc", "abc", (uint64_t[]){0, 0, 0, 3});
    check(RD_EDIT_CHARACTERS, "seven", "eleven", (uint64_t[]){1, 1, 0, 5});
    check(RD_EDIT_WORDS, "the cat sat on the mat", "the cat sat mat", (uint64_t[]){0, 0, 2, 6});
    check(RD_EDIT_WORDS, " seven  eight\n", "seven ate nine", (uint64_t[]){1, 1, 0, 2});
}

static void characters_are_code_points(void **state)
{
    (void)state;
    check(RD_EDIT_CHARACTERS,
          "gr\xc3\xbc\xc3\x9f"
          "e",
          "grusse", (uint64_t[]){2, 1, 0, 5});
    check(RD_EDIT_CHARACTERS, "\xf0\x9f\x98\x80", "\xe2\x82\xac", (uint64_t[]){1, 0, 0, 1});
    check(RD_EDIT_CHARACTERS, "\xff\xff", "\xff", (uint64_t[]){0, 0, 1, 2});
}

/* The least cost by trying everything. */
static size_t least(const int32_t *a, size_t as, const int32_t *b, size_t bs)
{
    if (as == 0 || bs == 0) return as + bs;
    size_t best = least(a + 1, as - 1, b + 1, bs - 1) + (a[0] != b[0]);
    size_t without = least(a + 1, as - 1, b, bs) + 1, with = least(a, as, b + 1, bs - 1) + 1;
    best = without < best ? without : best;
    return with < best ? with : best;
}

static void the_cost_is_the_least_of_all_ways(void **state)
{
    (void)state;
    rd_edits e = {0};
    uint64_t before = 0;
    for (uint32_t seed = 0; seed < 400; seed++) {
        int32_t a[5], b[5];
        size_t as = seed % 6, bs = seed / 6 % 6;
        for (size_t i = 0; i < 5; i++) {
            a[i] = (int32_t)(seed * 2654435761u >> (8 + 2 * i) & 3) - 1;
            b[i] = (int32_t)((seed + 77) * 2246822519u >> (9 + 2 * i) & 3) - 1;
        }
        assert_int_equal(rd_edits_add_symbols(&e, a, as, b, bs, NULL), RONDO_OK);
        uint64_t all = e.substituted + e.inserted + e.deleted;
        assert_int_equal(all - before, least(a, as, b, bs));
        before = all;
    }
    /* what is inserted more than deleted is what the guesses are longer */
    uint64_t longer = 0, shorter = 0;
    for (uint32_t seed = 0; seed < 400; seed++) {
        longer += seed / 6 % 6;
        shorter += seed % 6;
    }
    assert_int_equal(e.units, shorter);
    assert_int_equal(e.units + e.inserted - e.deleted, longer);
    assert_int_equal(e.pairs, 400);
    rd_edits_free(&e);
}

static void rates_are_of_the_corpus_and_not_of_the_lines(void **state)
{
    (void)state;
    rd_edits e = {0};
    assert_true(rd_edits_rate(&e) == 0);
    assert_int_equal(
        rd_edits_add_text(&e, RD_EDIT_WORDS, "a b c d e f g h i", 17, "a b c d e f g h i", 17, NULL),
        RONDO_OK);
    assert_int_equal(rd_edits_add_text(&e, RD_EDIT_WORDS, "x", 1, "y", 1, NULL), RONDO_OK);
    assert_true(fabs(rd_edits_rate(&e) - 0.1) < 1e-15);
    assert_int_equal(e.same, 1);
    rd_edits_free(&e);
    assert_int_equal(rd_edits_add_text(&e, RD_EDIT_WORDS, "", 0, "y", 1, NULL), RONDO_OK);
    assert_true(isinf(rd_edits_rate(&e)));
    rd_edits_free(&e);
}

static void what_would_take_hours_is_refused(void **state)
{
    (void)state;
    enum { LONG = 1 << 18 };
    int32_t *a = calloc(LONG, sizeof *a), *b = calloc(LONG, sizeof *b);
    rd_edits e = {0};
    rondo_error error = {0};
    assert_non_null(a);
    assert_non_null(b);
    assert_int_equal(rd_edits_add_symbols(&e, a, LONG, b, LONG, &error),
                     RONDO_OK); /* equal: nothing to walk */
    for (size_t i = 0; i < LONG; i++)
        b[i] = 1;
    assert_int_equal(rd_edits_add_symbols(&e, a, LONG, b, LONG, &error), RONDO_LIMIT);
    assert_non_null(strstr(error.message, "262144"));
    assert_int_equal(e.pairs, 1);
    rd_edits_free(&e);
    free(a);
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_pairs_have_the_known_edits),
        cmocka_unit_test(characters_are_code_points),
        cmocka_unit_test(the_cost_is_the_least_of_all_ways),
        cmocka_unit_test(rates_are_of_the_corpus_and_not_of_the_lines),
        cmocka_unit_test(what_would_take_hours_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
