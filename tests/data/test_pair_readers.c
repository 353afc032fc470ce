/* Records that are a line or a pair of lines: what is stored, what batches hold, what is refused and where. */
#include "data_help.h"

#include "data/class_weights.h"
#include "sequence/batch.h"

static const int32_t *rows_of(const rondo_batch *batch, const char *part, size_t *count)
{
    const rd_part *found = rd_batch_part(batch, part);
    assert_non_null(found);
    *count = found->packed.pack.rows;
    return found->symbols;
}

static void expect(const rondo_batch *batch, const char *part, const int32_t *wanted, size_t count)
{
    size_t rows;
    const int32_t *symbols = rows_of(batch, part, &rows);
    assert_int_equal(rows, count);
    assert_memory_equal(symbols, wanted, count * sizeof *wanted);
}
#define EXPECT(batch, part, ...) expect(batch, part, (const int32_t[]){__VA_ARGS__}, sizeof((const int32_t[]){__VA_ARGS__}) / sizeof(int32_t))

static rondo_batch *first_batch(const rondo_data *data, const rondo_options *options)
{
    rondo_loader *loader = NULL;
    rondo_batch *batch = NULL;
    assert_int_equal(rondo_loader_new(data, options, 0, &loader, NULL), RONDO_OK);
    assert_int_equal(rondo_batch_new(&batch, NULL), RONDO_OK);
    assert_int_equal(rondo_loader_next(loader, batch, NULL, NULL), RONDO_OK);
    rondo_loader_free(loader);
    return batch;
}

static void a_label_stands_before_the_tab_or_after_a_prefix(void **state)
{
    (void)state;
    rondo_data *data = data_of(OPTIONS("tokens", "word"), "classify", "pos\ta b a\n__label__neg b\nvery bad\tb b\r\npos\t");
    assert_string_equal(stored(data, RD_X), "a b a b b b ");
    rondo_options *options = DEFAULTS;
    rondo_batch *batch = first_batch(data, options);
    EXPECT(batch, "y", 1, 0, 2, 1); /* neg, pos, very bad, by their bytes; sequences by falling length: 0, 2, 1, 3 */
    rondo_batch_free(batch);
    rondo_options_free(options);
    rondo_data_free(data);
}

static void a_source_and_its_target_have_lengths_of_their_own(void **state)
{
    (void)state;
    rondo_data *data = data_of(DEFAULTS, "seq2seq", "ab\tx\nb\tyyx\n\tx\n");
    rondo_options *options = DEFAULTS;
    rondo_batch *batch = first_batch(data, options);
    EXPECT(batch, "x", 2, 3, 3);                         /* a and b of the first, b of the second, nothing of the third */
    EXPECT(batch, "y", 3, 2, 2, 3, 1, 1, 2, 1);          /* yyx, x, x and their ends, the longest first */
    EXPECT(batch, "target", 1, 1, 1, 3, 2, 2, 3, 2);     /* the same, one step later, begun by the end symbol */
    assert_int_equal(rd_data_targets(data), 8);
    rondo_batch_free(batch);
    rondo_options_free(options);
    rondo_data_free(data);
}

static void what_is_no_pair_is_refused_with_its_place(void **state)
{
    (void)state;
    refused(DEFAULTS, "classify", "pos\ta\nb\n", RONDO_BAD_DATA, "in:2:2: expected a label, a tab and a text, found no tab");
    refused(DEFAULTS, "classify", "\ta\n", RONDO_BAD_DATA, "in:1:1: expected a label, a tab and a text, found an empty one before the tab");
    refused(DEFAULTS, "seq2seq", "ab\n", RONDO_BAD_DATA, "in:1:3: expected a source, a tab and a target, found no tab");
    refused(DEFAULTS, "classify", "", RONDO_BAD_DATA, "in: the file is empty");
}

static void a_bad_record_may_be_passed_over(void **state)
{
    (void)state;
    rondo_data *data = data_of(OPTIONS("skip-bad", "1"), "classify", "p\ta\nb\nq\tb\n");
    assert_int_equal(rd_data_count(data), 2);
    rondo_data_free(data);
}

static void rare_classes_weigh_more_when_they_are_balanced(void **state)
{
    (void)state;
    rondo_options *options = OPTIONS("class-weights", "balanced");
    rondo_data *data = data_of(DEFAULTS, "classify", "p\ta\np\tb\np\ta\nq\tb\n");
    rd_real *weight = NULL;
    assert_int_equal(rd_class_weights(data, options, &weight, NULL), RONDO_OK);
    assert_float_equal(weight[0], 4.0 / (2 * 3), 1e-6); /* n / (K n_k) */
    assert_float_equal(weight[1], 4.0 / (2 * 1), 1e-6);
    rd_free(weight);
    rondo_options_free(options);
    rondo_data_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_label_stands_before_the_tab_or_after_a_prefix),
        cmocka_unit_test(a_source_and_its_target_have_lengths_of_their_own),
        cmocka_unit_test(what_is_no_pair_is_refused_with_its_place),
        cmocka_unit_test(a_bad_record_may_be_passed_over),
        cmocka_unit_test(rare_classes_weigh_more_when_they_are_balanced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
