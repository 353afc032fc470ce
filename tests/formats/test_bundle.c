/* A bundle keeps tensors and texts by name, refuses what a file could not hold, and owns what it says it
 * owns. */
#include "formats/safetensors_bytes.h"

static int open_bundle(void **state)
{
    rd_bundle *bundle;
    if (rd_bundle_new(&bundle, NULL) != RONDO_OK) return -1;
    *state = bundle;
    return 0;
}

static int close_bundle(void **state)
{
    rd_bundle_free(*state);
    return rd_memory_live() != 0;
}

static rd_tensor vector(const char *name, const void *data)
{
    return (rd_tensor){.name = name, .dtype = RD_DTYPE_U8, .rank = 1, .shape = {1}, .data = data};
}

static void tensors_stand_in_the_order_of_their_names(void **state)
{
    rd_bundle *bundle = *state;
    static const char *const names[] = {"b", "a", "c", "", "é", "ab", "B"};
    static const char *const sorted[] = {"", "B", "a", "ab", "b", "c", "é"};
    for (size_t i = 0; i < 7; i++) {
        const rd_tensor tensor = vector(names[i], names[i]);
        assert_int_equal(rd_bundle_add(bundle, &tensor, NULL), RONDO_OK);
    }
    assert_int_equal(rd_bundle_tensors(bundle), 7);
    for (size_t i = 0; i < 7; i++) {
        assert_string_equal(rd_bundle_at(bundle, i)->name, sorted[i]);
        assert_ptr_equal(rd_bundle_find(bundle, sorted[i]), rd_bundle_at(bundle, i));
    }
    assert_null(rd_bundle_at(bundle, 7));
    assert_null(rd_bundle_find(bundle, "d"));
    assert_null(rd_bundle_find(bundle, "aa"));
}

static void lent_data_stay_where_they_are_and_names_are_copied(void **state)
{
    rd_bundle *bundle = *state;
    char name[] = "weight";
    const float data[6] = {1, 2, 3, 4, 5, 6};
    const rd_tensor tensor = {
        .name = name, .dtype = RD_DTYPE_F32, .rank = 2, .shape = {2, 3, 9, 9}, .data = data, .bytes = 999};
    assert_int_equal(rd_bundle_add(bundle, &tensor, NULL), RONDO_OK);
    memset(name, 'x', sizeof name - 1);
    const rd_tensor *found = rd_bundle_find(bundle, "weight");
    assert_ptr_equal(found->data, data);
    assert_int_equal(found->bytes, 24);
    assert_int_equal(found->shape[2], 0);
}

static void made_data_are_zero_aligned_and_writable(void **state)
{
    rd_bundle *bundle = *state;
    void *data;
    const rd_tensor tensor = {.name = "t", .dtype = RD_DTYPE_I64, .rank = 3, .shape = {2, 3, 5}};
    assert_int_equal(rd_bundle_make(bundle, &tensor, &data, NULL), RONDO_OK);
    assert_int_equal((uintptr_t)data % 64, 0);
    for (size_t i = 0; i < 30; i++)
        assert_int_equal(((int64_t *)data)[i], 0);
    memset(data, 1, 240);
    assert_ptr_equal(rd_bundle_find(bundle, "t")->data, data);
}

static void pointers_to_tensors_survive_later_ones(void **state)
{
    rd_bundle *bundle = *state;
    char name[16];
    rd_tensor tensor = vector("m", "x");
    assert_int_equal(rd_bundle_add(bundle, &tensor, NULL), RONDO_OK);
    const rd_tensor *first = rd_bundle_find(bundle, "m");
    for (unsigned i = 0; i < 500; i++) {
        snprintf(name, sizeof name, "%c%u", i % 2 ? 'a' : 'z', i);
        tensor.name = name;
        assert_int_equal(rd_bundle_add(bundle, &tensor, NULL), RONDO_OK);
    }
    assert_ptr_equal(rd_bundle_find(bundle, "m"), first);
    assert_string_equal(first->name, "m");
}

static void what_a_file_could_not_hold_is_refused(void **state)
{
    rd_bundle *bundle = *state;
    char name[RD_BUNDLE_NAME + 2];
    rondo_error error = {0};
    rd_tensor tensor = vector("a", "x");
    assert_int_equal(rd_bundle_add(bundle, &tensor, &error), RONDO_OK);
    assert_int_equal(rd_bundle_add(bundle, &tensor, &error), RONDO_BAD_ARGUMENT);
    assert_string_equal(error.message, "there are two tensors \"a\"");
    tensor = vector("\xff", "x");
    assert_int_equal(rd_bundle_add(bundle, &tensor, &error), RONDO_BAD_ARGUMENT);
    tensor = vector(NULL, "x");
    assert_int_equal(rd_bundle_add(bundle, &tensor, &error), RONDO_BAD_ARGUMENT);
    tensor = vector("b", NULL);
    assert_int_equal(rd_bundle_add(bundle, &tensor, &error), RONDO_BAD_ARGUMENT);
    tensor = vector("b", "x");
    tensor.dtype = RD_DTYPES;
    assert_int_equal(rd_bundle_add(bundle, &tensor, &error), RONDO_BAD_ARGUMENT);
    tensor = vector("b", "x");
    tensor.rank = RD_BUNDLE_RANK + 1;
    assert_int_equal(rd_bundle_add(bundle, &tensor, &error), RONDO_LIMIT);
    tensor =
        (rd_tensor){.name = "b", .dtype = RD_DTYPE_F32, .rank = 2, .shape = {SIZE_MAX / 2, 3}, .data = "x"};
    assert_int_equal(rd_bundle_add(bundle, &tensor, &error), RONDO_LIMIT);
    tensor.shape[1] = 1; /* the elements fit, their bytes do not */
    assert_int_equal(rd_bundle_add(bundle, &tensor, &error), RONDO_LIMIT);
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = 0;
    tensor = vector(name, "x");
    assert_int_equal(rd_bundle_add(bundle, &tensor, &error), RONDO_LIMIT);
    name[RD_BUNDLE_NAME] = 0;
    assert_int_equal(rd_bundle_add(bundle, &tensor, &error), RONDO_OK);
    assert_int_equal(rd_bundle_add(NULL, &tensor, &error), RONDO_BAD_ARGUMENT);
    assert_int_equal(rd_bundle_add(bundle, NULL, &error), RONDO_BAD_ARGUMENT);
    assert_int_equal(rd_bundle_tensors(bundle), 2);
}

static void a_bundle_holds_so_many_tensors_and_no_more(void **state)
{
    rd_bundle *bundle = *state;
    char name[16];
    rd_tensor tensor = vector(name, "x");
    for (unsigned i = 0; i <= RD_BUNDLE_TENSORS; i++) {
        snprintf(name, sizeof name, "%08u", i);
        const rondo_status status = rd_bundle_add(bundle, &tensor, NULL);
        if (status != (i < RD_BUNDLE_TENSORS ? RONDO_OK : RONDO_LIMIT))
            fail_msg("tensor %u gave %d", i, (int)status);
    }
    assert_int_equal(rd_bundle_tensors(bundle), RD_BUNDLE_TENSORS);
}

static void texts_are_set_replaced_and_removed(void **state)
{
    rd_bundle *bundle = *state;
    size_t size = 99;
    const char *name;
    assert_null(rd_bundle_get(bundle, "k", &size));
    assert_int_equal(rd_bundle_set(bundle, "k", "one", 3, NULL), RONDO_OK);
    assert_int_equal(rd_bundle_set(bundle, "a", "", 0, NULL), RONDO_OK);
    assert_int_equal(rd_bundle_set(bundle, "k", "two\nlines\0more", 14, NULL), RONDO_OK);
    assert_memory_equal(rd_bundle_get(bundle, "k", &size), "two\nlines\0more", 15);
    assert_int_equal(size, 14);
    assert_string_equal(rd_bundle_get(bundle, "a", NULL), "");
    assert_int_equal(rd_bundle_texts(bundle), 2);
    assert_int_equal(rd_bundle_text(bundle, 0, &name, NULL, NULL), 1);
    assert_string_equal(name, "a");
    assert_int_equal(rd_bundle_set(bundle, "a", NULL, 0, NULL), RONDO_OK);
    assert_int_equal(rd_bundle_set(bundle, "absent", NULL, 0, NULL), RONDO_OK);
    assert_null(rd_bundle_get(bundle, "a", NULL));
    assert_int_equal(rd_bundle_texts(bundle), 1);
    assert_int_equal(rd_bundle_text(bundle, 1, &name, NULL, NULL), 0);
}

static void a_text_that_is_not_utf8_is_refused_and_the_old_one_stays(void **state)
{
    rd_bundle *bundle = *state;
    assert_int_equal(rd_bundle_set(bundle, "k", "old", 3, NULL), RONDO_OK);
    assert_int_equal(rd_bundle_set(bundle, "k", "a\xff", 2, NULL), RONDO_BAD_ARGUMENT);
    assert_int_equal(rd_bundle_set(bundle, "\xff", "a", 1, NULL), RONDO_BAD_ARGUMENT);
    assert_int_equal(rd_bundle_set(bundle, NULL, "a", 1, NULL), RONDO_BAD_ARGUMENT);
    assert_int_equal(rd_bundle_set(NULL, "k", "a", 1, NULL), RONDO_BAD_ARGUMENT);
    assert_string_equal(rd_bundle_get(bundle, "k", NULL), "old");
}

static void a_kept_block_is_freed_with_the_bundle(void **state)
{
    rd_bundle *bundle = *state;
    void *block;
    assert_int_equal(rd_alloc(100, 1, "a test", &block, NULL), RONDO_OK);
    assert_int_equal(rd_bundle_keep(bundle, block, NULL), RONDO_OK); /* close_bundle counts what is left */
}

static void every_type_has_a_name_that_finds_it(void **state)
{
    (void)state;
    rd_dtype dtype;
    for (unsigned i = 0; i < RD_DTYPES; i++) {
        assert_true(rd_dtype_find(rd_dtype_of((rd_dtype)i)->name, &dtype));
        assert_int_equal(dtype, i);
    }
    assert_false(rd_dtype_find("F31", &dtype));
    assert_null(rd_dtype_of(RD_DTYPES));
}

static void a_shape_is_printed_as_people_write_it(void **state)
{
    (void)state;
    char text[RD_SHAPE_TEXT];
    const size_t shape[8] = {SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX};
    assert_string_equal(rd_shape_print((const size_t[]){1024, 256}, 2, text), "[1024, 256]");
    assert_string_equal(rd_shape_print(shape, 0, text), "[]");
    assert_int_equal(strlen(rd_shape_print(shape, 8, text)), 8 * 20 + 7 * 2 + 2);
}

static void nothing_asked_of_no_bundle_gives_nothing(void **state)
{
    (void)state;
    rd_bundle_free(NULL);
    assert_null(rd_bundle_find(NULL, "a"));
    assert_null(rd_bundle_at(NULL, 0));
    assert_null(rd_bundle_get(NULL, "a", NULL));
    assert_int_equal(rd_bundle_tensors(NULL), 0);
    assert_int_equal(rd_bundle_texts(NULL), 0);
}

#define fresh(test) cmocka_unit_test_setup_teardown(test, open_bundle, close_bundle)

int main(void)
{
    const struct CMUnitTest tests[] = {
        fresh(tensors_stand_in_the_order_of_their_names),
        fresh(lent_data_stay_where_they_are_and_names_are_copied),
        fresh(made_data_are_zero_aligned_and_writable),
        fresh(pointers_to_tensors_survive_later_ones),
        fresh(what_a_file_could_not_hold_is_refused),
        fresh(a_bundle_holds_so_many_tensors_and_no_more),
        fresh(texts_are_set_replaced_and_removed),
        fresh(a_text_that_is_not_utf8_is_refused_and_the_old_one_stays),
        fresh(a_kept_block_is_freed_with_the_bundle),
        cmocka_unit_test(every_type_has_a_name_that_finds_it),
        cmocka_unit_test(a_shape_is_printed_as_people_write_it),
        cmocka_unit_test(nothing_asked_of_no_bundle_gives_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
