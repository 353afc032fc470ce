/* Batches: every symbol is a target exactly once an epoch, the order is a function of seed and epoch, and a
 * loader put somewhere goes on as one that walked there. */
#include "data_help.h"

#include "base/memory.h"
#include "data/baseline.h"
#include "data/loader.h"
#include "sequence/batch.h"

/* The symbols of sequence i of a part, in the caller's order. */
static size_t unpacked(const rondo_batch *batch, const char *name, size_t i, int32_t *out)
{
    const rd_part *part = rd_batch_part(batch, name);
    const rondo_pack *pack = &part->packed.pack;
    size_t place = 0;
    while (pack->order[place] != i)
        place++;
    for (size_t t = 0; t < pack->length[i]; t++)
        out[t] = part->symbols[pack->offset[t] + place];
    return pack->length[i];
}

static rondo_loader *loader_of(const rondo_data *data, rondo_options *options, int training)
{
    rondo_loader *loader = NULL;
    rondo_error error = {0};
    if (rondo_loader_new(data, options, training, &loader, &error) != RONDO_OK) fail_msg("%s", error.message);
    rondo_options_free(options);
    return loader;
}

static rondo_batch *fresh_batch(void)
{
    rondo_batch *batch = NULL;
    assert_int_equal(rondo_batch_new(&batch, NULL), RONDO_OK);
    return batch;
}

static rondo_data *letters(size_t n)
{
    char text[256];
    for (size_t i = 0; i < n; i++)
        text[i] = (char)('A' + i);
    text[n] = 0;
    return data_of(DEFAULTS, "lm", text);
}

static void a_stream_is_cut_in_pieces_and_read_in_windows(void **state)
{
    (void)state;
    rondo_data *data = letters(11); /* A is 2 … K is 12; pieces A-F and G-K */
    rondo_loader *loader = loader_of(data, OPTIONS("batch-size", "2", "seq-len", "4"), 1);
    rondo_batch *batch = fresh_batch();
    static const int32_t x[2][2][4] = {{{1, 2, 3, 4}, {1, 8, 9, 10}}, {{5, 6}, {11}}};
    static const int32_t y[2][2][4] = {{{2, 3, 4, 5}, {8, 9, 10, 11}}, {{6, 7}, {12}}};
    static const size_t lengths[2][2] = {{4, 4}, {2, 1}};
    assert_int_equal(rd_loader_batches(loader), 2);
    assert_int_equal(rd_loader_sequences(loader), 2);
    assert_true(rd_loader_carries(loader));
    for (int epoch = 0; epoch < 2; epoch++)
        for (int w = 0; w < 2; w++) {
            int epoch_end = -1;
            assert_int_equal(rondo_loader_next(loader, batch, &epoch_end, NULL), RONDO_OK);
            assert_int_equal(epoch_end, w == 1);
            for (size_t i = 0; i < 2; i++) {
                int32_t found[16];
                assert_int_equal(unpacked(batch, "x", i, found), lengths[w][i]);
                assert_memory_equal(found, x[w][i], lengths[w][i] * sizeof *found);
                assert_int_equal(unpacked(batch, "y", i, found), lengths[w][i]);
                assert_memory_equal(found, y[w][i], lengths[w][i] * sizeof *found);
                assert_int_equal(batch->fresh[i], w == 0);
            }
        }
    rondo_batch_free(batch);
    rondo_loader_free(loader);
    rondo_data_free(data);
}

static void a_piece_that_has_ended_is_an_empty_sequence(void **state)
{
    (void)state;
    rondo_data *data = letters(9);
    rondo_loader *loader = loader_of(data, OPTIONS("batch-size", "2", "seq-len", "4"), 1);
    rondo_batch *batch = fresh_batch();
    assert_int_equal(rd_loader_batches(loader), 2);
    assert_int_equal(rondo_loader_next(loader, batch, NULL, NULL), RONDO_OK);
    assert_int_equal(rondo_loader_next(loader, batch, NULL, NULL), RONDO_OK);
    assert_int_equal(rondo_batch_pack(batch, "x")->length[0], 1);
    assert_int_equal(rondo_batch_pack(batch, "x")->length[1], 0);
    rondo_batch_free(batch);
    rondo_loader_free(loader);
    rondo_data_free(data);
}

static void a_short_stream_has_fewer_pieces_and_evaluation_ends(void **state)
{
    (void)state;
    rondo_data *data = letters(20);
    rondo_loader *loader = loader_of(data, OPTIONS("batch-size", "8", "seq-len", "10"), 0);
    rondo_batch *batch = fresh_batch();
    int epoch_end = 0;
    assert_int_equal(rd_loader_sequences(loader), 2);
    assert_int_equal(rondo_loader_next(loader, batch, &epoch_end, NULL), RONDO_OK);
    assert_true(epoch_end);
    assert_int_equal(rondo_loader_next(loader, batch, &epoch_end, NULL), RONDO_NO);
    rondo_batch_free(batch);
    rondo_loader_free(loader);
    rondo_data_free(data);
}

static void a_line_is_framed_by_end_symbols(void **state)
{
    (void)state;
    rondo_data *data = data_of(OPTIONS("lines", "on"), "lm", "ab\n\nb");
    rondo_loader *loader = loader_of(data, OPTIONS("batch-size", "2"), 0);
    rondo_batch *batch = fresh_batch();
    int32_t found[8];
    assert_false(rd_loader_carries(loader));
    assert_int_equal(rondo_loader_next(loader, batch, NULL, NULL), RONDO_OK);
    assert_int_equal(unpacked(batch, "x", 0, found), 3);
    assert_memory_equal(found, ((const int32_t[]){1, 2, 3}), 12);
    assert_int_equal(unpacked(batch, "y", 0, found), 3);
    assert_memory_equal(found, ((const int32_t[]){2, 3, 1}), 12);
    assert_int_equal(unpacked(batch, "y", 1, found), 1);
    assert_int_equal(found[0], 1);
    assert_true(batch->fresh[0] && batch->fresh[1]);
    assert_int_equal(rondo_loader_next(loader, batch, NULL, NULL), RONDO_OK);
    assert_int_equal(rondo_batch_pack(batch, "x")->sequences, 1);
    assert_int_equal(rondo_loader_next(loader, batch, NULL, NULL), RONDO_NO);
    rondo_batch_free(batch);
    rondo_loader_free(loader);
    rondo_data_free(data);
}

/* Twenty-six lines of one letter each; the order of an epoch as a string of 26 letters. */
static void order_of(rondo_loader *loader, rondo_batch *batch, char order[27])
{
    int epoch_end = 0;
    size_t n = 0;
    while (!epoch_end) {
        assert_int_equal(rondo_loader_next(loader, batch, &epoch_end, NULL), RONDO_OK);
        for (size_t i = 0; i < rondo_batch_pack(batch, "y")->sequences; i++) {
            int32_t found[4];
            unpacked(batch, "y", i, found);
            order[n++] = (char)('a' + found[0] - 2);
        }
    }
    assert_int_equal(n, 26);
    order[26] = 0;
}

static rondo_data *alphabet(void)
{
    return data_of(OPTIONS("lines", "on"), "lm",
                   "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\nn\no\np\nq\nr\ns\nt\nu\nv\nw\nx\ny\nz\n");
}

static void training_sees_each_line_once_in_an_order_of_seed_and_epoch(void **state)
{
    (void)state;
    rondo_data *data = alphabet();
    rondo_batch *batch = fresh_batch();
    rondo_loader *one = loader_of(data, OPTIONS("batch-size", "4", "seed", "5"), 1);
    rondo_loader *same = loader_of(data, OPTIONS("batch-size", "4", "seed", "5"), 1);
    rondo_loader *other = loader_of(data, OPTIONS("batch-size", "4", "seed", "6"), 1);
    char first[27], second[27], again[27], seeded[27];
    order_of(one, batch, first);
    order_of(one, batch, second);
    order_of(same, batch, again);
    order_of(other, batch, seeded);
    assert_string_equal(first, again);
    assert_string_not_equal(first, second);
    assert_string_not_equal(first, seeded);
    for (int c = 'a'; c <= 'z'; c++)
        assert_true(strchr(first, c) && strchr(second, c));
    rondo_batch_free(batch);
    rondo_loader_free(one);
    rondo_loader_free(same);
    rondo_loader_free(other);
    rondo_data_free(data);
}

static void a_loader_put_anywhere_goes_on_as_if_it_had_walked_there(void **state)
{
    (void)state;
    rondo_data *data = alphabet();
    rondo_batch *batch = fresh_batch(), *other = fresh_batch();
    rondo_loader *walked = loader_of(data, OPTIONS("batch-size", "4"), 1);
    rondo_loader *put = loader_of(data, OPTIONS("batch-size", "4"), 1);
    for (int i = 0; i < 17; i++) {
        uint64_t epoch, at;
        rd_loader_tell(walked, &epoch, &at);
        assert_int_equal(rd_loader_seek(put, epoch, at, NULL), RONDO_OK);
        assert_int_equal(rondo_loader_next(walked, batch, NULL, NULL), RONDO_OK);
        assert_int_equal(rondo_loader_next(put, other, NULL, NULL), RONDO_OK);
        const rd_part *x = rd_batch_part(batch, "x"), *same = rd_batch_part(other, "x");
        assert_int_equal(x->packed.pack.rows, same->packed.pack.rows);
        assert_memory_equal(x->symbols, same->symbols, x->packed.pack.rows * sizeof(int32_t));
        assert_int_equal(batch->first_sequence, other->first_sequence);
    }
    assert_int_equal(rd_loader_seek(put, 0, 7, NULL), RONDO_BAD_ARGUMENT);
    rondo_batch_free(batch);
    rondo_batch_free(other);
    rondo_loader_free(walked);
    rondo_loader_free(put);
    rondo_data_free(data);
}

static void the_lines_of_a_batch_are_named(void **state)
{
    (void)state;
    rondo_data *data = data_of(OPTIONS("lines", "on"), "lm", "a\nb\nc\nd\ne\n");
    rondo_loader *loader = loader_of(data, OPTIONS("batch-size", "2"), 0);
    rd_text text = {0};
    assert_int_equal(rd_loader_place(loader, 0, 1, &text, NULL), RONDO_OK);
    assert_string_equal(text.text, "in: 3 4");
    rondo_loader_free(loader);
    rondo_data_free(data);
    data = data_of(DEFAULTS, "lm", "ab\ncd\nef\ngh\nij\nkl\n");
    loader = loader_of(data, OPTIONS("batch-size", "2", "seq-len", "5"), 1);
    rd_text_clear(&text);
    assert_int_equal(rd_loader_place(loader, 0, 0, &text, NULL), RONDO_OK);
    assert_string_equal(text.text, "in: 1-2 4-5");
    assert_int_equal(rd_loader_place(loader, 0, 9, &text, NULL), RONDO_BAD_ARGUMENT);
    rd_text_free(&text);
    rondo_loader_free(loader);
    rondo_data_free(data);
}

static void numbers_come_with_their_targets(void **state)
{
    (void)state;
    static const char last[] = "g,v,y\n1,0.5,\n1,0.25,2\n2,7,9\n";
    static const char every[] = "g,v,y\n1,0.5,4\n1,0.25,2\n2,7,9\n";
    for (int per_row = 0; per_row < 2; per_row++) {
        rondo_data *data = data_of(OPTIONS("group", "g"), "regress", per_row ? every : last);
        rondo_loader *loader = loader_of(data, DEFAULTS, 0);
        rondo_batch *batch = fresh_batch();
        assert_int_equal(rondo_loader_next(loader, batch, NULL, NULL), RONDO_OK);
        const rd_part *x = rd_batch_part(batch, "x"), *y = rd_batch_part(batch, "y");
        assert_int_equal(x->packed.pack.rows, 3);
        assert_true((double)x->values[0] == 0.5 && (double)x->values[1] == 7 && (double)x->values[2] == 0.25);
        assert_int_equal(y->packed.pack.rows, per_row ? 3 : 2);
        assert_true((double)y->values[0] == (per_row ? 4 : 2));
        assert_true((double)y->values[1] == 9);
        rondo_batch_free(batch);
        rondo_loader_free(loader);
        rondo_data_free(data);
    }
}

static void a_series_without_groups_is_used_as_a_stream(void **state)
{
    (void)state;
    rondo_options *options = OPTIONS("val-frac", "0.25");
    rondo_data *data = data_of(DEFAULTS, "regress", "v,y\n1,10\n2,20\n3,30\n4,40\n5,50\n6,60\n7,70\n8,80\n");
    rondo_data *train = NULL, *valid = NULL;
    assert_true(rd_data_is_stream(data));
    assert_int_equal(rondo_data_cut(data, options, &train, &valid, NULL), RONDO_OK);
    assert_int_equal(rd_data_count(train), 6);
    assert_int_equal(rd_data_targets(valid), 2);
    rondo_loader *loader = loader_of(train, OPTIONS("batch-size", "2", "seq-len", "2"), 1);
    rondo_batch *batch = fresh_batch();
    assert_int_equal(rd_loader_batches(loader), 2);
    for (int w = 0; w < 2; w++) {
        assert_int_equal(rondo_loader_next(loader, batch, NULL, NULL), RONDO_OK);
        const rd_part *x = rd_batch_part(batch, "x"), *y = rd_batch_part(batch, "y");
        assert_int_equal(x->packed.pack.rows, w ? 2 : 4);
        assert_true((double)x->values[0] == (w ? 3 : 1) && (double)x->values[1] == (w ? 6 : 4));
        assert_true((double)y->values[1] == (w ? 60 : 40));
        assert_int_equal(batch->fresh[1], w == 0);
    }
    rd_text text = {0};
    assert_int_equal(rd_loader_place(loader, 0, 0, &text, NULL), RONDO_OK);
    assert_string_equal(text.text, "in: 2-3 5-6");
    rd_text_free(&text);
    rondo_batch_free(batch);
    rondo_loader_free(loader);
    rondo_options_free(options);
    rondo_data_free(data);
    rondo_data_free(train);
    rondo_data_free(valid);
}

static void tags_stand_beside_their_tokens(void **state)
{
    (void)state;
    rondo_data *data = data_of(DEFAULTS, "tag", "a X\nb Y\na X\n");
    rondo_loader *loader = loader_of(data, DEFAULTS, 1);
    rondo_batch *batch = fresh_batch();
    int32_t found[4];
    assert_int_equal(rondo_loader_next(loader, batch, NULL, NULL), RONDO_OK);
    assert_int_equal(unpacked(batch, "x", 0, found), 3);
    assert_memory_equal(found, ((const int32_t[]){2, 3, 2}), 12);
    assert_int_equal(unpacked(batch, "y", 0, found), 3);
    assert_memory_equal(found, ((const int32_t[]){0, 1, 0}), 12); /* labels are classes from 0 on */
    rondo_batch_free(batch);
    rondo_loader_free(loader);
    rondo_data_free(data);
}

static void after_the_largest_batch_nothing_is_allocated(void **state)
{
    (void)state;
    rondo_data *stream = letters(50), *lines = alphabet();
    rondo_loader *loaders[] = {loader_of(stream, OPTIONS("batch-size", "3", "seq-len", "5"), 1),
                               loader_of(lines, OPTIONS("batch-size", "4"), 1)};
    rondo_batch *batch = fresh_batch();
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(rondo_loader_next(loaders[i], batch, NULL, NULL), RONDO_OK);
        rd_memory_trap(1);
        for (int k = 0; k < 20; k++)
            assert_int_equal(rondo_loader_next(loaders[i], batch, NULL, NULL), RONDO_OK);
        rd_memory_trap(0);
        rondo_loader_free(loaders[i]);
    }
    rondo_batch_free(batch);
    rondo_data_free(stream);
    rondo_data_free(lines);
}

static void a_stream_is_cut_by_position_and_lines_by_choice_and_nothing_is_lost(void **state)
{
    (void)state;
    rondo_options *options = OPTIONS("val-frac", "0.2", "seed", "3");
    rondo_data *data = letters(10), *train = NULL, *valid = NULL;
    assert_int_equal(rondo_data_cut(data, options, &train, &valid, NULL), RONDO_OK);
    assert_int_equal(rd_data_count(train), 8);
    assert_int_equal(valid->first, 8);
    assert_int_equal(rd_data_count(valid), 2);
    rondo_data_free(data);
    rondo_data_free(train);
    rondo_data_free(valid);

    data = alphabet();
    assert_int_equal(rondo_data_cut(data, options, &train, &valid, NULL), RONDO_OK);
    rondo_data_free(data);
    assert_int_equal(rd_data_count(valid), 5);
    assert_int_equal(rd_data_count(train), 21);
    unsigned char seen[27] = {0};
    const rondo_data *const parts[] = {train, valid};
    for (size_t p = 0; p < 2; p++)
        for (uint64_t k = 0; k < rd_data_count(parts[p]); k++) {
            rd_record_place place;
            assert_int_equal(rd_data_record(parts[p], k, &place, NULL), RONDO_OK);
            assert_int_equal(seen[place.line]++, 0);
        }
    rondo_data *smaller = NULL, *other = NULL;
    assert_int_equal(rondo_data_cut(train, options, &smaller, &other, NULL), RONDO_OK);
    assert_int_equal(rd_data_count(smaller) + rd_data_count(other), 21);
    rondo_data_free(train);
    rondo_data_free(valid);
    rondo_data_free(smaller);
    rondo_data_free(other);
    rondo_options_free(options);
}

static void what_is_too_short_to_cut_says_so(void **state)
{
    (void)state;
    rondo_options *options = OPTIONS("val-frac", "0.05");
    rondo_data *data = letters(1), *train = NULL, *valid = NULL;
    rondo_loader *loader = NULL;
    rondo_error error;
    assert_int_equal(rondo_data_cut(data, options, &train, &valid, &error), RONDO_BAD_DATA);
    assert_non_null(strstr(error.message, "1 steps, at least 2 are needed"));
    assert_int_equal(rondo_loader_new(data, options, 1, &loader, &error), RONDO_BAD_DATA);
    assert_non_null(strstr(error.message, "at least 2 needed"));
    assert_null(train);
    assert_null(loader);
    rondo_options_free(options);
    rondo_data_free(data);
}

/* The library answers a missing argument with a sentence. */
static void missing_arguments_are_answered(void **state)
{
    (void)state;
    assert_int_equal(rondo_loader_new(NULL, NULL, 1, NULL, NULL), RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_loader_next(NULL, NULL, NULL, NULL), RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_data_cut(NULL, NULL, NULL, NULL, NULL), RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_data_describe(NULL, NULL, 0, NULL, NULL, NULL), RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_data_split(NULL, NULL, 0, NULL, NULL, NULL, NULL), RONDO_BAD_ARGUMENT);
    assert_int_equal(rondo_data_synth(NULL, NULL, NULL, NULL, NULL), RONDO_BAD_ARGUMENT);
    rondo_loader_free(NULL);
    rondo_data_free(NULL);
}

/* One go through everything that data are used for. */
static rondo_status use_data(rondo_options *options, const char *task, const char *text, rondo_error *error)
{
    static collected said;
    rondo_data *data = NULL, *train = NULL, *valid = NULL;
    rondo_loader *loader = NULL;
    rondo_batch *batch = NULL;
    double nats;
    said.size = 0;
    rondo_status status =
        rd_data_open_memory(options, task, (rd_known){0}, "in", text, strlen(text), &data, error);
    if (status == RONDO_OK) status = rondo_data_cut(data, options, &train, &valid, error);
    if (status == RONDO_OK) status = rondo_data_describe(train, valid, 0, collect, &said, error);
    if (status == RONDO_OK && strcmp(task, "lm") == 0) status = rd_baseline_lm(train, valid, 2, &nats, error);
    if (status == RONDO_OK) status = rondo_loader_new(train, options, 1, &loader, error);
    if (status == RONDO_OK) status = rondo_batch_new(&batch, error);
    if (status == RONDO_OK) status = rondo_loader_next(loader, batch, NULL, error);
    rondo_batch_free(batch);
    rondo_loader_free(loader);
    rondo_data_free(valid);
    rondo_data_free(train);
    rondo_data_free(data);
    return status;
}

/* Every allocation fails in turn, once and for ever after: always status 6, never a leak. */
static void every_failing_allocation_is_survived(void **state)
{
    (void)state;
#if RONDO_WITH_UNICODE
#define LARGE "c\xc3\x84"
#else
#define LARGE "C"
#endif
    static const struct {
        const char *task, *lines, *group, *text;
    } cases[] = {
        {"lm", "on", "", "Ab\n" LARGE "\n\ne\n"},
        {"lm", "off", "", "Ab\n" LARGE "\n\ne\n"},
        {"regress", "off", "g", "g,d,v,y\n1,\"a\nb\",1,2\n2,c,3,4\n"},
        {"tag", "off", "", "a X\nb Y\n\nc X\n"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (int forever = 0; forever < 2; forever++) {
            rondo_options *options = OPTIONS("lines", cases[c].lines, "lowercase", "on", "group",
                                             cases[c].group, "val-frac", "0.3");
            rondo_status status = RONDO_LIMIT;
            uint64_t n = 0;
            while (status == RONDO_LIMIT) {
                rondo_error error = {0};
                uint64_t live = rd_memory_live();
                rd_memory_fail_at(++n, forever);
                status = use_data(options, cases[c].task, cases[c].text, &error);
                rd_memory_fail_at(0, 0);
                assert_int_equal(rd_memory_live(), live);
                assert_int_equal(error.status, status);
            }
            assert_int_equal(status, RONDO_OK);
            assert_true(n > 20);
            rondo_options_free(options);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_is_cut_in_pieces_and_read_in_windows),
        cmocka_unit_test(a_piece_that_has_ended_is_an_empty_sequence),
        cmocka_unit_test(a_short_stream_has_fewer_pieces_and_evaluation_ends),
        cmocka_unit_test(a_line_is_framed_by_end_symbols),
        cmocka_unit_test(training_sees_each_line_once_in_an_order_of_seed_and_epoch),
        cmocka_unit_test(a_loader_put_anywhere_goes_on_as_if_it_had_walked_there),
        cmocka_unit_test(the_lines_of_a_batch_are_named),
        cmocka_unit_test(numbers_come_with_their_targets),
        cmocka_unit_test(a_series_without_groups_is_used_as_a_stream),
        cmocka_unit_test(tags_stand_beside_their_tokens),
        cmocka_unit_test(after_the_largest_batch_nothing_is_allocated),
        cmocka_unit_test(a_stream_is_cut_by_position_and_lines_by_choice_and_nothing_is_lost),
        cmocka_unit_test(what_is_too_short_to_cut_says_so),
        cmocka_unit_test(missing_arguments_are_answered),
        cmocka_unit_test(every_failing_allocation_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
