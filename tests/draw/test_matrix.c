/* Confusion matrices as pictures: committed ones byte by byte, and what must hold of any. */
#include "expected.h"

#include "base/memory.h"
#include "draw/matrix.h"

static const char *const pets[] = {"cat", "dog", "très petit & <rare> bird of paradise"};
static const uint64_t pet_counts[] = {50, 3, 0, 12, 80, 5, 1, 0, 1};
static const rd_matrix small = {"confusion", "three classes", "truth", "guess", pets,
                                pets,        pet_counts,      3,       3,       3};

enum { MANY = 130 };
static char many_name[MANY][16];
static const char *many_label[MANY];
static uint64_t many_count[MANY * MANY];

/* `classes` classes: most on the diagonal, some beside it. */
static rd_matrix many(size_t classes)
{
    for (size_t i = 0; i < classes; i++) {
        (void)snprintf(many_name[i], sizeof many_name[i], "class %zu", i);
        many_label[i] = many_name[i];
        for (size_t j = 0; j < classes; j++)
            many_count[i * classes + j] = i == j ? 10 * i + 1 : (i + 1) % classes == j ? i : 0;
    }
    return (rd_matrix){"confusion", "many classes", "truth", "guess", many_label,
                       many_label,  many_count,     classes, classes, classes};
}

static void check_terminal(const char *name, const rd_matrix *matrix, rd_medium medium)
{
    rd_text out = {0};
    assert_int_equal(rd_terminal_matrix(matrix, &medium, &out, NULL), RONDO_OK);
    check_picture(name, &out);
    rd_text_free(&out);
}

static void numbers_stand_beside_shades(void **state)
{
    (void)state;
    check_terminal("matrix.txt", &small, (rd_medium){.width = 80});
    check_terminal("matrix.ascii.txt", &small, (rd_medium){.width = 80, .ascii = 1});
    check_terminal("matrix.color.txt", &small, (rd_medium){.width = 80, .color = 1});
}

static void many_classes_are_shades_and_more_are_folded(void **state)
{
    (void)state;
    rd_matrix twenty = many(20);
    check_terminal("matrix.twenty.txt", &twenty, (rd_medium){.width = 80});
    rd_matrix more = many(MANY);
    check_terminal("matrix.folded.txt", &more, (rd_medium){.width = 60});
}

/* Lines are no wider than asked, and plain ASCII when asked. */
static void check_lines(const rd_text *out, size_t width, int ascii)
{
    for (const char *at = out->text; *at;) {
        size_t size = strcspn(at, "\n");
        assert_true(rd_utf8_columns(at, size) <= width);
        assert_true(size == 0 || at[size - 1] != ' ');
        at += size + 1;
    }
    for (size_t i = 0; i < out->size; i++)
        assert_true(!ascii || (unsigned char)out->text[i] < 0x80);
}

static void every_size_fits_every_width(void **state)
{
    (void)state;
    rd_text out = {0};
    for (size_t classes = 1; classes <= MANY; classes += classes < 14 ? 1 : 13) {
        rd_matrix matrix = many(classes);
        for (size_t width = 40; width <= 200; width += 23) {
            for (int ascii = 0; ascii < 2; ascii++) {
                rd_medium medium = {.width = width, .ascii = ascii};
                rd_text_clear(&out);
                assert_int_equal(rd_terminal_matrix(&matrix, &medium, &out, NULL), RONDO_OK);
                check_lines(&out, width, ascii);
            }
        }
    }
    rd_text_free(&out);
}

static void folding_keeps_the_largest_classes_and_every_count(void **state)
{
    (void)state;
    rd_matrix more = many(MANY), *folded;
    uint64_t before = 0, after = 0;
    assert_int_equal(rd_matrix_fold(&more, 5, &folded, NULL), RONDO_OK);
    assert_int_equal(folded->rows, 6);
    assert_int_equal(folded->classes, 5);
    assert_string_equal(folded->row[0], "class 125");
    assert_string_equal(folded->row[4], "class 129");
    assert_string_equal(folded->row[5], "others");
    assert_int_equal(folded->count[0], 1251);
    for (size_t i = 0; i < (size_t)MANY * MANY; i++)
        before += many_count[i];
    for (size_t i = 0; i < 36; i++)
        after += folded->count[i];
    assert_int_equal(before, after);
    rd_free(folded);
}

static void a_row_without_a_class_to_be_found_as_has_no_recall(void **state)
{
    (void)state;
    static const uint64_t counts[] = {4, 0, 1, 2, 3, 0};
    rd_matrix matrix = small;
    matrix.count = counts;
    matrix.columns = matrix.classes = 2;
    check_terminal("matrix.unseen.txt", &matrix, (rd_medium){.width = 80, .ascii = 1});
}

static void the_svg_is_a_picture_with_counts_and_labels_as_text(void **state)
{
    (void)state;
    rd_text out = {0};
    assert_int_equal(rd_svg_matrix(&small, &out, NULL), RONDO_OK);
    assert_non_null(
        strstr(out.text, "truth très petit &amp; &lt;rare&gt; bird of paradise, guess dog: 0 (0.0%)"));
    check_picture("matrix.svg", &out);
    rd_text_free(&out);
}

static void the_svg_of_very_many_classes_is_folded(void **state)
{
    (void)state;
    rd_text out = {0};
    rd_matrix more = many(MANY);
    assert_int_equal(rd_svg_matrix(&more, &out, NULL), RONDO_OK);
    assert_non_null(strstr(out.text, "truth others, guess class 129"));
    assert_null(strstr(out.text, "class 5,"));
    rd_text_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_stand_beside_shades),
        cmocka_unit_test(many_classes_are_shades_and_more_are_folded),
        cmocka_unit_test(every_size_fits_every_width),
        cmocka_unit_test(folding_keeps_the_largest_classes_and_every_count),
        cmocka_unit_test(a_row_without_a_class_to_be_found_as_has_no_recall),
        cmocka_unit_test(the_svg_is_a_picture_with_counts_and_labels_as_text),
        cmocka_unit_test(the_svg_of_very_many_classes_is_folded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
