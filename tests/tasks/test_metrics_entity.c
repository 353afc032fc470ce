/* Phrases in tags: hand-worked cases, conlleval's published text, and seqeval on damaged tags of three
 * schemes. */
#include "golden_lines.h"

#include "tasks/metrics_entity.h"

#include <math.h>

enum { MOST_TAGS = 64, MOST_WORDS = 1 << 14 };

static const char *const usual[] = {"O",     "B-PER", "I-PER", "E-PER", "S-PER", "B-LOC",
                                    "I-LOC", "E-LOC", "S-LOC", "U-PER", "L-PER"};
enum { USUAL = sizeof usual / sizeof *usual };

/* Tags parted by spaces to indices into `usual`; -1 for others. */
static size_t read_tags(const char *text, int32_t *tags)
{
    size_t count = 0;
    while (*text) {
        size_t size = strcspn(text, " ");
        tags[count] = -1;
        for (size_t k = 0; k < USUAL; k++)
            if (strlen(usual[k]) == size && strncmp(usual[k], text, size) == 0) tags[count] = (int32_t)k;
        count++;
        text += size + (text[size] == ' ');
    }
    return count;
}

/* Counts one sentence; truth phrases, found, right. */
static void check(const char *truth, const char *guess, uint64_t phrases, uint64_t found, uint64_t right)
{
    int32_t t[64], g[64];
    rd_entities e;
    assert_int_equal(rd_entities_new(&e, usual, USUAL, NULL), RONDO_OK);
    size_t length = read_tags(truth, t);
    assert_int_equal(read_tags(guess, g), length);
    rd_entities_add(&e, t, g, length);
    assert_int_equal(e.all.truth, phrases);
    assert_int_equal(e.all.found, found);
    assert_int_equal(e.all.right, right);
    assert_int_equal(e.tokens, length);
    rd_entities_free(&e);
}

static void a_phrase_is_right_when_first_word_last_word_and_type_are(void **state)
{
    (void)state;
    check("B-PER I-PER O B-LOC", "B-PER I-PER O B-LOC", 2, 2, 2);
    check("B-PER I-PER O B-LOC", "B-PER O O B-LOC", 2, 2, 1);
    check("B-PER I-PER I-PER O", "O B-PER I-PER O", 1, 1, 0);
    check("B-PER I-PER", "B-LOC I-LOC", 1, 1, 0);
    check("B-PER I-PER", "B-PER I-LOC", 1, 2, 0);
    check("O O", "O B-PER", 0, 1, 0);
    check("B-PER", "B-PER", 1, 1, 1);
}

static void iob1_begins_with_b_only_between_neighbours_of_one_type(void **state)
{
    (void)state;
    check("I-PER I-PER O I-LOC", "I-PER I-PER O I-LOC", 2, 2, 2);
    check("I-PER B-PER I-PER", "I-PER B-PER I-PER", 2, 2, 2);
    check("I-PER B-PER I-PER", "I-PER I-PER I-PER", 2, 1, 0);
    check("I-PER I-LOC", "I-PER I-LOC", 2, 2, 2); /* the type parts them */
    check("I-PER I-PER", "B-PER I-PER", 1, 1, 1); /* written otherwise, the same phrase */
}

static void bioes_ends_with_e_and_s_stands_alone(void **state)
{
    (void)state;
    check("B-PER I-PER E-PER S-PER S-PER", "B-PER I-PER E-PER S-PER S-PER", 3, 3, 3);
    check("S-PER S-PER", "B-PER E-PER", 2, 1, 0);
    check("B-PER E-PER B-PER E-PER", "B-PER I-PER I-PER E-PER", 2, 1, 0);
    check("B-PER E-PER I-PER", "B-PER E-PER O", 2, 1, 1); /* after an end something new begins */
    check("O E-PER O", "O S-PER O", 1, 1, 1);
    check("B-PER E-PER S-LOC", "B-PER L-PER S-LOC", 2, 2, 2); /* BILOU's letters are the same */
    check("U-PER O", "S-PER O", 1, 1, 1);
}

static void sentences_part_phrases(void **state)
{
    (void)state;
    int32_t words[] = {2, 2};
    rd_entities e;
    assert_int_equal(rd_entities_new(&e, usual, USUAL, NULL), RONDO_OK);
    rd_entities_add(&e, words, words, 1);
    rd_entities_add(&e, words + 1, words + 1, 1);
    rd_entities_add(&e, words, words, 0);
    assert_int_equal(e.all.truth, 2);
    assert_int_equal(e.all.right, 2);
    assert_int_equal(e.tokens, 2);
    rd_entities_free(&e);
}

static void a_tag_that_training_never_saw_is_a_phrase_that_nothing_finds(void **state)
{
    (void)state;
    check("B-PER X-NEW O", "B-PER O O", 2, 1, 1);
    check("X-NEW X-NEW", "X-NEW X-NEW", 1, 0, 0);
    int32_t truth[] = {-1, 0}, guess[] = {-1, 0};
    rd_entities e;
    assert_int_equal(rd_entities_new(&e, usual, USUAL, NULL), RONDO_OK);
    rd_entities_add(&e, truth, guess, 2);
    assert_int_equal(e.right_tags, 1);
    rd_entities_free(&e);
}

static void chunk_tags_are_told_from_other_tags(void **state)
{
    (void)state;
    static const char *const bare[] = {"B", "M", "E", "S"}, *const bie[] = {"B", "I", "E", "S", "O"};
    static const char *const speech[] = {"NN", "VB", "O"}, *const outside[] = {"O"},
                             *const odd[] = {"O-PER", "B-X"};
    static const char *const hyphens[] = {"B-WORK-OF-ART", "I-WORK-OF-ART", "O"};
    assert_true(rd_tags_are_chunks(usual, USUAL));
    assert_true(rd_tags_are_chunks(bie, 5));
    assert_true(rd_tags_are_chunks(hyphens, 3));
    assert_false(rd_tags_are_chunks(bare, 4));
    assert_false(rd_tags_are_chunks(speech, 3));
    assert_false(rd_tags_are_chunks(outside, 1));
    assert_false(rd_tags_are_chunks(odd, 2));
}

/* The example of the shared task's page (CoNLL-2000, "Evaluation"): its counts, put in, must give its text.
 */
static void the_text_is_that_of_conlleval(void **state)
{
    (void)state;
    static const char *const names[] = {"O", "B-VP", "B-ADJP", "B-PP", "B-NP", "B-SBAR", "B-ADVP"};
    static const rd_entity_count counts[] = {{6, 1, 0},     {8, 11, 5}, {262, 317, 206},
                                             {90, 107, 89}, {6, 3, 2},  {87, 100, 69}};
    rd_entities e;
    rd_text out = {0};
    assert_int_equal(rd_entities_new(&e, names, 7, NULL), RONDO_OK);
    assert_int_equal(e.types, 6);
    memcpy(e.type, counts, sizeof counts);
    e.all = (rd_entity_count){459, 539, 371};
    e.tokens = 961;
    e.right_tags = 808;
    rd_entities_report(&e, &out);
    assert_string_equal(out.text,
                        "processed 961 tokens with 459 phrases; found: 539 phrases; correct: 371.\n"
                        "accuracy:  84.08%; precision:  68.83%; recall:  80.83%; FB1:  74.35\n"
                        "             ADJP: precision:   0.00%; recall:   0.00%; FB1:   0.00  1\n"
                        "             ADVP: precision:  45.45%; recall:  62.50%; FB1:  52.63  11\n"
                        "               NP: precision:  64.98%; recall:  78.63%; FB1:  71.16  317\n"
                        "               PP: precision:  83.18%; recall:  98.89%; FB1:  90.36  107\n"
                        "             SBAR: precision:  66.67%; recall:  33.33%; FB1:  44.44  3\n"
                        "               VP: precision:  69.00%; recall:  79.31%; FB1:  73.80  100\n");
    rd_text_free(&out);
    rd_entities_free(&e);
}

static void of_nothing_only_the_counts_are_told(void **state)
{
    (void)state;
    rd_entities e;
    rd_text out = {0};
    assert_int_equal(rd_entities_new(&e, usual, USUAL, NULL), RONDO_OK);
    rd_entities_report(&e, &out);
    assert_string_equal(out.text, "processed 0 tokens with 0 phrases; found: 0 phrases; correct: 0.\n");
    rd_text_free(&out);
    rd_entities_free(&e);
}

/* ---- seqeval */

typedef struct golden_case {
    rd_entities entities;
    char *text;
    const char *names[MOST_TAGS];
    size_t count;
} golden_case;

static void begin_case(golden_case *c, const char *tags)
{
    rd_entities_free(&c->entities);
    free(c->text);
    c->text = strdup(tags);
    c->count = 0;
    for (char *at = strtok(c->text, " "); at; at = strtok(NULL, " ")) {
        assert_true(c->count < MOST_TAGS);
        c->names[c->count++] = at;
    }
    assert_int_equal(rd_entities_new(&c->entities, c->names, c->count, NULL), RONDO_OK);
}

static void check_score(const rd_entity_count *count, const golden_lines *lines, size_t field)
{
    rd_entity_score score = rd_entity_score_of(count);
    assert_true(fabs(score.precision - golden_number(lines, field)) < 1e-9);
    assert_true(fabs(score.recall - golden_number(lines, field + 1)) < 1e-9);
    assert_true(fabs(score.f1 - golden_number(lines, field + 2)) < 1e-9);
}

static void check_type(const rd_entities *e, const golden_lines *lines)
{
    size_t k = 0;
    while (k < e->types && strcmp(e->type_name[k], lines->field[1]) != 0)
        k++;
    assert_true(k < e->types);
    check_score(&e->type[k], lines, 2);
    assert_int_equal(e->type[k].truth, (uint64_t)golden_number(lines, 5));
}

static void counts_are_those_of_seqeval(void **state)
{
    (void)state;
    static int32_t truth[MOST_WORDS], guess[MOST_WORDS];
    golden_case c = {0};
    size_t scores = 0, types = 0;
    golden_lines lines = golden_open("entity");
    while (golden_next(&lines)) {
        if (golden_is(&lines, "tags")) {
            begin_case(&c, lines.field[1]);
        } else if (golden_is(&lines, "sentence")) {
            size_t length = golden_integers(&lines, 1, truth, MOST_WORDS);
            assert_int_equal(golden_integers(&lines, 2, guess, MOST_WORDS), length);
            rd_entities_add(&c.entities, truth, guess, length);
        } else if (golden_is(&lines, "score")) {
            assert_true(fabs(rd_entities_accuracy(&c.entities) - golden_number(&lines, 1)) < 1e-9);
            check_score(&c.entities.all, &lines, 2);
            scores++;
        } else if (golden_is(&lines, "type")) {
            check_type(&c.entities, &lines);
            types++;
        }
    }
    assert_true(scores >= 9 && types >= 27);
    rd_entities_free(&c.entities);
    free(c.text);
    golden_close(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_phrase_is_right_when_first_word_last_word_and_type_are),
        cmocka_unit_test(iob1_begins_with_b_only_between_neighbours_of_one_type),
        cmocka_unit_test(bioes_ends_with_e_and_s_stands_alone),
        cmocka_unit_test(sentences_part_phrases),
        cmocka_unit_test(a_tag_that_training_never_saw_is_a_phrase_that_nothing_finds),
        cmocka_unit_test(chunk_tags_are_told_from_other_tags),
        cmocka_unit_test(the_text_is_that_of_conlleval),
        cmocka_unit_test(of_nothing_only_the_counts_are_told),
        cmocka_unit_test(counts_are_those_of_seqeval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
