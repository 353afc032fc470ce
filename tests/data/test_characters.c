/* Characters of words: they follow the rows of x through reading, cutting, shuffling and packing, as they
 * stood. */
#include "data_help.h"

#include "data/characters.h"
#include "data/loader.h"

#define SENTENCES "Ab X\ncd Y\n\nE X\n\nAb X\nfgh Y\nE X\n"

/* Every row of "chars" spells the word whose symbol stands in the same row of "x". */
static void check_batch(const rondo_data *data, const rondo_batch *batch, const char *const *spelt)
{
    const rd_part *x = rd_batch_part(batch, "x"), *chars = rd_batch_part(batch, "chars");
    const rd_symbols *letters = data->corpus->symbols[RD_CHARS];
    assert_non_null(chars);
    const rondo_pack *pack = &chars->packed.pack;
    assert_int_equal(pack->sequences, x->packed.pack.rows);
    for (size_t p = 0; p < pack->sequences; p++) {
        char word[32] = "";
        for (size_t t = 0; t < pack->length[pack->order[p]]; t++) {
            size_t size;
            const char *letter = rd_symbols_text(letters, (size_t)chars->symbols[pack->offset[t] + p], &size);
            strncat(word, letter, size);
        }
        assert_string_equal(word, spelt[x->symbols[pack->order[p]]]);
    }
}

static void walk(rondo_options *options, const char *task, const char *text, const char *const *spelt,
                 size_t batches)
{
    rondo_options *copy = NULL;
    assert_int_equal(rondo_options_copy(options, &copy, NULL), RONDO_OK);
    rondo_data *data = data_of(copy, task, text);
    rondo_loader *loader = NULL;
    rondo_batch *batch = NULL;
    int end = 0;
    size_t seen = 0;
    assert_int_equal(rondo_loader_new(data, options, 1, &loader, NULL), RONDO_OK);
    assert_int_equal(rondo_batch_new(&batch, NULL), RONDO_OK);
    for (; seen < batches; seen++) {
        assert_int_equal(rondo_loader_next(loader, batch, &end, NULL), RONDO_OK);
        check_batch(data, batch, spelt);
    }
    assert_true(end);
    rondo_batch_free(batch);
    rondo_loader_free(loader);
    rondo_data_free(data);
    rondo_options_free(options);
}

static void each_row_of_a_batch_has_the_letters_of_its_word(void **state)
{
    (void)state;
    /* symbols by falling frequency, ties by first sight: ab (2), e (2), cd, fgh; letters keep their case */
    static const char *const spelt[] = {"?", "?", "Ab", "E", "cd", "fgh"};
    walk(OPTIONS("chars", "4", "lowercase", "on", "batch-size", "2"), "tag", SENTENCES, spelt, 2);
    walk(OPTIONS("chars", "4", "batch-size", "3"), "tag", SENTENCES, spelt, 1);
}

static void texts_are_cut_into_words(void **state)
{
    (void)state;
    static const char *const spelt[] = {"?", "?", "a", "bb", "c\xc3\xa9"};
    walk(OPTIONS("chars", "4", "tokens", "word", "reader", "tsv", "batch-size", "2"), "classify",
         "X\ta  bb a\nY\t\nX\tc\xc3\xa9 bb\nY\ta\n", spelt, 2);
}

static void rows_beyond_max_length_have_no_letters(void **state)
{
    (void)state;
    static const char *const spelt[] = {"?", "?", "Ab", "E", "cd", "fgh"};
    walk(OPTIONS("chars", "4", "max-length", "1", "batch-size", "2"), "tag", SENTENCES, spelt, 2);
}

static void a_spoilt_sentence_leaves_no_letters_behind(void **state)
{
    (void)state;
    static const char *const spelt[] = {"?", "?", "E", "zz", "Ab", "fgh"};
    rondo_data *data =
        data_of(OPTIONS("chars", "4", "skip-bad", "1"), "tag", "zz X\nbad\n\nE X\n\nAb X\nfgh Y\nE X\n");
    assert_int_equal(rd_store_count(data->corpus->words), 4);
    assert_int_equal(data->corpus->part_rows[RD_CHARS], 7);
    rondo_data_free(data);
    walk(OPTIONS("chars", "4", "skip-bad", "1", "batch-size", "4"), "tag",
         "zz X\nbad\n\nE X\n\nAb X\nfgh Y\nE X\n", spelt, 1);
}

static void letters_of_later_files_may_be_unknown(void **state)
{
    (void)state;
    rondo_options *options = OPTIONS("chars", "4");
    rondo_data *data = data_of(OPTIONS("chars", "4"), "tag", SENTENCES), *later = NULL;
    const rd_known known = {.part = {[RD_X] = data->corpus->symbols[RD_X],
                                     [RD_Y] = data->corpus->symbols[RD_Y],
                                     [RD_CHARS] = data->corpus->symbols[RD_CHARS]}};
    const char text[] = "Aq X\n";
    assert_int_equal(rd_data_open_memory(options, "tag", known, "in", text, strlen(text), &later, NULL),
                     RONDO_OK);
    assert_int_equal(rd_data_unknown(later, "chars"), 1);
    rondo_data_free(later);
    const rd_known no_letters = {
        .part = {[RD_X] = data->corpus->symbols[RD_X], [RD_Y] = data->corpus->symbols[RD_Y]}};
    assert_int_equal(rd_data_open_memory(options, "tag", no_letters, "in", text, strlen(text), &later, NULL),
                     RONDO_OK);
    assert_null(rd_data_symbols(later, "chars")); /* a model without characters needs none */
    rondo_data_free(later);
    rondo_data_free(data);
    rondo_options_free(options);
}

static void only_words_have_characters(void **state)
{
    (void)state;
    refused(OPTIONS("chars", "4"), "lm", "abc\n", RONDO_BAD_ARGUMENT, "--chars: task lm does not read");
    rondo_error error = refused(OPTIONS("chars", "4", "tokens", "char", "reader", "tsv"), "classify",
                                "X\tabc\n", RONDO_BAD_ARGUMENT, "--chars: the input is not words");
    assert_non_null(strstr(error.hint, "--tokens word"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_of_a_batch_has_the_letters_of_its_word),
        cmocka_unit_test(texts_are_cut_into_words),
        cmocka_unit_test(rows_beyond_max_length_have_no_letters),
        cmocka_unit_test(a_spoilt_sentence_leaves_no_letters_behind),
        cmocka_unit_test(letters_of_later_files_may_be_unknown),
        cmocka_unit_test(only_words_have_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
