/* Music as data: keys of a piano in rows, the frame before as input, parts of a file, bad pieces. */
#include "data_help.h"

#include "data/loader.h"
#include "formats/midi.h"
#include "sequence/batch.h"

/* The keys of row r of a part, as pitches: "60 64". */
static const char *keys_of(const rd_part *part, size_t r)
{
    static char text[256];
    text[0] = 0;
    assert_int_equal(part->width, 88);
    for (int k = 0; k < 88; k++) {
        const float on = (float)part->values[r * 88 + (size_t)k];
        assert_true(on == 0 || on == 1);
        if (on > 0)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%d", *text ? " " : "", k + 21);
    }
    return text;
}

static rondo_batch *only_batch(const rondo_data *data)
{
    rondo_loader *loader = NULL;
    rondo_batch *batch = NULL;
    rondo_options *options = DEFAULTS;
    assert_int_equal(rondo_loader_new(data, options, 0, &loader, NULL), RONDO_OK);
    assert_int_equal(rondo_batch_new(&batch, NULL), RONDO_OK);
    assert_int_equal(rondo_loader_next(loader, batch, NULL, NULL), RONDO_OK);
    rondo_loader_free(loader);
    rondo_options_free(options);
    return batch;
}

static void a_frame_is_predicted_from_the_one_before_and_the_first_from_silence(void **state)
{
    (void)state;
    rondo_data *data = data_of(OPTIONS("reader", "roll"), "frames", "[[[60, 64], [108], [-1]], [[21]]]");
    rondo_batch *batch = only_batch(data);
    const rd_part *x = rd_batch_part(batch, "x"), *y = rd_batch_part(batch, "y");
    static const char *const read[] = {"", "", "60 64", "108"}, *const predicted[] = {"60 64", "21", "108",
                                                                                      ""};
    assert_int_equal(rd_data_count(data), 2);
    assert_int_equal(rd_data_targets(data), 4);
    assert_int_equal(x->packed.pack.rows, 4);
    for (size_t r = 0; r < 4; r++) { /* steps of both pieces side by side, the longer one first */
        assert_string_equal(keys_of(x, r), read[r]);
        assert_string_equal(keys_of(y, r), predicted[r]);
    }
    rondo_batch_free(batch);
    rondo_data_free(data);
}

static void a_pitch_that_no_piano_has_is_a_bad_place_and_may_be_passed(void **state)
{
    (void)state;
    static const char text[] = "[[[60]],\n[[60], [109]],\n[[20]]]";
    rondo_error error = refused(OPTIONS("reader", "roll"), "frames", text, RONDO_BAD_DATA,
                                "in:2:1: frame 1 of the piece: pitch 109 is none of the keys from 21 to 108");
    assert_non_null(strstr(error.message, "in:3:1: frame 0 of the piece: pitch 20"));
    rondo_data *data = data_of(OPTIONS("reader", "roll", "skip-bad", "2"), "frames", text);
    assert_int_equal(rd_data_count(data), 1);
    rondo_data_free(data);
}

static void an_empty_roll_is_refused(void **state)
{
    (void)state;
    refused(OPTIONS("reader", "roll"), "frames", "[]", RONDO_BAD_DATA,
            "in: there is nothing to learn from in it");
    refused(OPTIONS("reader", "roll"), "frames", "", RONDO_BAD_DATA, "in:1:1: expected an object of parts");
}

static void long_pieces_are_cut_where_asked(void **state)
{
    (void)state;
    rondo_data *data =
        data_of(OPTIONS("reader", "roll", "max-length", "2"), "frames", "[[[60],[61],[62]],[[63]]]");
    assert_int_equal(rd_data_targets(data), 3);
    assert_int_equal(data->corpus->cut, 1);
    rondo_data_free(data);
}

static rondo_status open_path(const char *path, rondo_data **data, rondo_error *error)
{
    rondo_options *options = OPTIONS("steps-per-quarter", "2");
    const rondo_status status = rd_data_open(options, "frames", (rd_known){0}, &path, 1, data, error);
    rondo_options_free(options);
    return status;
}

static void a_part_of_a_file_is_named_behind_a_colon(void **state)
{
    (void)state;
    static const char text[] = "{\"train\": [[[60]], [[61]]], \"test\": [[[62]]]}";
    char *folder = fresh_folder(), path[600], hash[65];
    rondo_data *data = NULL;
    rondo_error error = {0};
    write_file(folder, "a.json", text, sizeof text - 1);
    (void)snprintf(path, sizeof path, "%s/a.json", folder);
    assert_int_equal(open_path(path, &data, &error), RONDO_OK);
    assert_int_equal(rd_data_count(data), 2);
    memcpy(hash, rd_data_hash(data), sizeof hash);
    rondo_data_free(data);
    (void)snprintf(path, sizeof path, "%s/a.json:test", folder);
    assert_int_equal(open_path(path, &data, &error), RONDO_OK);
    assert_int_equal(rd_data_count(data), 1);
    assert_string_not_equal(rd_data_hash(data), hash);
    assert_null(strstr(rd_data_name(data, 0), ":test"));
    rondo_data_free(data);
    data = NULL;
    (void)snprintf(path, sizeof path, "%s/a.json:none", folder);
    assert_int_equal(open_path(path, &data, &error), RONDO_BAD_ARGUMENT);
    assert_non_null(strstr(error.message, "there is no part \"none\""));
    assert_null(data);
    write_file(folder, "a.json:none", "[[[70]]]", 8); /* a file of that very name comes first */
    rondo_options *options = OPTIONS("reader", "roll");
    const char *paths[] = {path};
    assert_int_equal(rd_data_open(options, "frames", (rd_known){0}, paths, 1, &data, &error), RONDO_OK);
    rondo_data_free(data);
    rondo_options_free(options);
    remove_folder(folder);
}

static void a_midi_file_is_a_piece(void **state)
{
    (void)state;
    rd_roll roll = {0};
    rd_text text = {0};
    char *folder = fresh_folder();
    rondo_data *data = NULL;
    rondo_error error = {0};
    const rd_midi_style style = {.steps = 2, .bpm = 120, .velocity = 64};
    assert_int_equal(rd_roll_reach(&roll, 3, NULL), RONDO_OK);
    rd_chord_add(&roll.frame[0], 60);
    rd_chord_add(&roll.frame[1], 60);
    rd_chord_add(&roll.frame[2], 67);
    assert_int_equal(rd_midi_write(&roll, &style, &text, NULL), RONDO_OK);
    if (open_path(write_file(folder, "a.mid", text.text, text.size), &data, &error) != RONDO_OK)
        fail_msg("%s", error.message);
    rondo_batch *batch = only_batch(data);
    static const char *const predicted[] = {"60", "60", "67"};
    for (size_t r = 0; r < 3; r++)
        assert_string_equal(keys_of(rd_batch_part(batch, "y"), r), predicted[r]);
    rondo_batch_free(batch);
    rondo_data_free(data);
    data = NULL;
    assert_int_equal(open_path(write_file(folder, "b.mid", text.text, text.size - 1), &data, &error),
                     RONDO_BAD_DATA);
    assert_non_null(strstr(error.message, "b.mid: byte 14: a chunk of"));
    remove_folder(folder);
    rd_roll_free(&roll);
    rd_text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_is_predicted_from_the_one_before_and_the_first_from_silence),
        cmocka_unit_test(a_pitch_that_no_piano_has_is_a_bad_place_and_may_be_passed),
        cmocka_unit_test(an_empty_roll_is_refused),
        cmocka_unit_test(long_pieces_are_cut_where_asked),
        cmocka_unit_test(a_part_of_a_file_is_named_behind_a_colon),
        cmocka_unit_test(a_midi_file_is_a_piece),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
