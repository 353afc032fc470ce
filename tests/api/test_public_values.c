/* Every public function with numbers that mean nothing: 0, negative, huge, NaN, another shape, another type.
 */
#include "api_help.h"

static world w;

static size_t classes_of(rondo_model *model)
{
    rondo_view value, last = {0};
    for (size_t i = 0; rondo_model_param(model, i, &value, NULL) == RONDO_OK; i++)
        last = value;
    return last.shape[0];
}

static void a_device_has_a_known_name_and_a_possible_number_of_threads(void **unused)
{
    rondo_device *device = NULL;
    (void)unused;
    REFUSED(rondo_device_open("", 1, &device, e));
    REFUSED(rondo_device_open("cuda:7", 1, &device, e));
    REFUSED(rondo_device_open("cpu", -1, &device, e));
    REFUSED(rondo_device_open("cpu", 1 << 30, &device, e));
    assert_null(device);
}

static void the_instruction_set_that_the_environment_asks_for_must_exist(void **unused)
{
    rondo_device *device = NULL;
    const char *had = getenv("RONDO_ISA");
    char *kept = had ? strdup(had) : NULL;
    (void)unused;
    assert_int_equal(setenv("RONDO_ISA", "abacus", 1), 0);
    REFUSED(rondo_device_open("cpu", 1, &device, e));
    assert_int_equal(setenv("RONDO_ISA", "generic", 1), 0);
    WORKS(&w, rondo_device_open("cpu", 1, &device, &w.error));
    assert_string_equal(rondo_device_isa(device), "generic");
    rondo_device_close(device);
    assert_int_equal(kept ? setenv("RONDO_ISA", kept, 1) : unsetenv("RONDO_ISA"), 0);
    free(kept);
}

static void sequences_must_fit_in_memory_and_agree_with_each_other(void **unused)
{
    const size_t two[] = {2, 1}, huge[] = {SIZE_MAX / 2, SIZE_MAX / 2};
    const int32_t a[] = {0, 1}, b[] = {2}, *const symbols[] = {a, b}, *const missing[] = {a, NULL};
    const rondo_real number[] = {1, 2}, *const values[] = {number, number};
    rondo_batch *batch = NULL;
    (void)unused;
    WORKS(&w, rondo_batch_new(&batch, &w.error));
    const rondo_sequences sound = {.count = 2, .length = two, .symbols = symbols};
    const rondo_sequences bad[] = {
        {.count = 2, .length = two, .symbols = missing},
        {.count = 2, .length = two, .values = values, .symbols = symbols, .width = 1},
        {.count = 2, .length = two, .values = values},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        REFUSED(rondo_batch_put(batch, "x", &bad[i], e));
    const rondo_sequences long_ones = {.count = 2, .length = huge, .symbols = symbols};
    ENDS_WITH(RONDO_LIMIT, rondo_batch_put(batch, "x", &long_ones, e));
    const rondo_sequences wide = {.count = 2, .length = two, .values = values, .width = SIZE_MAX / 2};
    ENDS_WITH(RONDO_LIMIT, rondo_batch_put(batch, "x", &wide, e));
    WORKS(&w, rondo_batch_put(batch, "x", &sound, &w.error));
    const rondo_sequences fewer = {.count = 1, .length = two, .symbols = symbols};
    REFUSED(rondo_batch_put(batch, "y", &fewer, e));
    REFUSED(rondo_batch_put(batch, "", &sound, e));
    REFUSED(rondo_batch_reset(batch, 2, e));
    assert_int_equal(rondo_batch_pack(batch, "x")->rows, 3);
    rondo_batch_free(batch);
}

static void rows_cannot_be_narrower_than_what_is_unpacked(void **unused)
{
    rondo_real rows[64] = {0}, *out[64] = {NULL};
    (void)unused;
    REFUSED(rondo_unpack(rondo_batch_pack(w.batch, "x"), rows, 1, 2, out, e));
    REFUSED(rondo_unpack(rondo_batch_pack(w.batch, "x"), rows, 1, 1, out, e));
}

static void a_model_text_says_where_it_is_wrong(void **unused)
{
    static const char *const texts[] = {
        "",
        "#",
        "a",
        "a = ",
        "a = nothing(x)",
        "h = gru(x)",
        "h = gru(x, size=0)",
        "h = gru(x, size=-1)",
        "h = gru(x, size=99999999999999999999)",
        "h = gru(x, size=nan)",
        "h = gru(x, size=2",
        "h = gru(h, size=2)\nloss = softmax(h, y)",
        "h = gru(x, size=2)\nh = gru(h, size=2)\nloss = softmax(h, y)",
        "h = gru(x, size=5)\nloss = softmax(h, z)",
        "h = gru(x, size=4)\nloss = softmax(h, y)",
        "h = gru(x, size=2, size=2)\nloss = softmax(h, y)",
        "h = gru(x, size=5, color=1)\nloss = softmax(h, y)",
        "h = gru(x, size=5)\nloss = softmax(h, y, weight=nan)",
        "x = gru(x, size=5)\nloss = softmax(x, y)",
        "h = gru(x, size=5)\nd = dropout(h, p=2)\nloss = softmax(d, y)",
        "h = gru(x, size=\"5)",
        "h = concat()\nloss = softmax(h, y)",
        "h = embedding(embedding(x, size=2), size=5)\nloss = softmax(h, y)",
    };
    const rondo_size sizes[] = {{"x", 5, 1}, {"y", 5, 1}};
    (void)unused;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        rondo_model *model = NULL;
        rondo_error said = {0};
        if (rondo_model_new(w.device, w.options, texts[i], sizes, 2, &model, &said) != RONDO_BAD_ARGUMENT)
            fail_msg("\"%s\": status %d, \"%s\"", texts[i], (int)said.status, said.message);
        check_sentence(texts[i], &said, RONDO_BAD_ARGUMENT);
        assert_null(model);
    }
}

static void parts_of_a_model_have_a_width(void **unused)
{
    const rondo_size none[] = {{"x", 0, 1}, {"y", 5, 1}}, twice[] = {{"x", 5, 1}, {"x", 5, 1}};
    const rondo_size huge[] = {{"x", SIZE_MAX / 4, 1}, {"y", SIZE_MAX / 4, 1}};
    rondo_model *model = NULL;
    (void)unused;
    REFUSED(rondo_model_new(w.device, w.options, NULL, none, 2, &model, e));
    REFUSED(rondo_model_new(w.device, w.options, NULL, twice, 2, &model, e));
    REFUSED(rondo_model_new(w.device, w.options, NULL, none, 0, &model, e));
    rondo_error said = {0};
    assert_int_not_equal(rondo_model_new(w.device, w.options, NULL, huge, 2, &model, &said), RONDO_OK);
    check_sentence("a huge part", &said, said.status);
    assert_null(model);
}

static void memory_for_impossible_batches_is_refused(void **unused)
{
    rondo_state *state = NULL;
    (void)unused;
    REFUSED(rondo_model_reserve(w.model, "no such part", 1, 1, 1, e));
    ENDS_WITH(RONDO_LIMIT, rondo_model_reserve(w.model, "x", SIZE_MAX / 2, 1, 1, e));
    ENDS_WITH(RONDO_LIMIT, rondo_model_reserve(w.model, "x", 1, 1, SIZE_MAX / 2, e));
    REFUSED(rondo_state_new(w.model, 0, &state, e));
    ENDS_WITH(RONDO_LIMIT, rondo_state_new(w.model, SIZE_MAX / 2, &state, e));
    assert_null(state);
    WORKS(&w, rondo_model_forward(w.model, NULL, w.batch, RONDO_USE, NULL, &w.error));
    WORKS(&w, rondo_model_forward(w.model, NULL, w.batch, RONDO_TRAIN, NULL, &w.error));
}

static void a_batch_must_be_one_that_the_model_can_read(void **unused)
{
    const size_t length[] = {2, 1};
    const int32_t low[] = {-1, 0},
                  high[] = {0, 1 << 20}, *const lows[] = {low, low}, *const highs[] = {high, high};
    const rondo_real number[] = {1, 2}, *const values[] = {number, number};
    const rondo_sequences bad[] = {
        {.count = 2, .length = length, .symbols = lows},
        {.count = 2, .length = length, .symbols = highs},
        {.count = 2, .length = length, .values = values, .width = 1},
    };
    rondo_batch *batch = NULL;
    rondo_loss_report report;
    (void)unused;
    WORKS(&w, rondo_batch_new(&batch, &w.error));
    REFUSED(rondo_model_forward(w.model, NULL, batch, RONDO_USE, NULL, e));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        rondo_error said = {0};
        WORKS(&w, rondo_batch_put(batch, "x", &bad[i], &w.error));
        rondo_status status = rondo_model_forward(w.model, NULL, batch, RONDO_TRAIN, NULL, &said);
        if (status != RONDO_BAD_ARGUMENT && status != RONDO_BAD_DATA)
            fail_msg("batch %zu: status %d, \"%s\"", i, (int)status, said.message);
        check_sentence("rondo_model_forward", &said, status);
    }
    REFUSED(rondo_model_loss(w.model, batch, &report, e));
    REFUSED(rondo_model_backward(w.model, batch, e));
    rondo_batch_free(batch);
}

static void the_parts_of_a_turn_come_in_their_order(void **unused)
{
    rondo_model *model = NULL;
    rondo_loss_report report;
    (void)unused;
    WORKS(&w, rondo_model_for(w.device, w.options, w.train, &model, &w.error));
    REFUSED(rondo_model_loss(model, w.batch, &report, e));
    REFUSED(rondo_model_backward(model, w.batch, e));
    WORKS(&w, rondo_model_forward(model, NULL, w.batch, RONDO_USE, NULL, &w.error));
    REFUSED(rondo_model_backward(model, w.batch, e));
    WORKS(&w, rondo_model_forward(model, NULL, w.batch, RONDO_TRAIN, NULL, &w.error));
    REFUSED(rondo_model_backward(model, w.batch, e));
    WORKS(&w, rondo_model_loss(model, w.batch, NULL, &w.error));
    WORKS(&w, rondo_model_backward(model, w.batch, &w.error));
    rondo_model_free(model);
}

static void a_state_of_another_model_is_refused(void **unused)
{
    rondo_model *model = NULL;
    rondo_state *other = NULL, *small = NULL;
    (void)unused;
    WORKS(&w, rondo_model_for(w.device, w.options, w.train, &model, &w.error));
    WORKS(&w, rondo_state_new(model, 4, &other, &w.error));
    WORKS(&w, rondo_state_new(w.model, 1, &small, &w.error));
    REFUSED(rondo_model_forward(w.model, other, w.batch, RONDO_USE, NULL, e));
    REFUSED(rondo_model_forward(w.model, small, w.batch, RONDO_USE, NULL, e));
    REFUSED(rondo_state_copy(w.state, other, e));
    REFUSED(rondo_state_copy(w.state, small, e));
    rondo_state_free(small);
    rondo_state_free(other);
    rondo_model_free(model);
}

static void a_step_checks_symbols_types_and_shapes(void **unused)
{
    static rondo_real logits[4 * 64];
    int32_t symbol[4] = {0, 1, 2, 3};
    const size_t classes = classes_of(w.model);
    const rondo_view input = {.data = symbol, .type = RONDO_INT32, .rank = 1, .shape = {4}, .stride = 1};
    const rondo_view output = {.data = logits, .rank = 2, .shape = {4, classes}, .stride = classes};
    rondo_view bad = input, bad_output = output;
    (void)unused;
    assert_true(classes <= 64);
    WORKS(&w, rondo_step(w.model, w.state, input, output, &w.error));
    symbol[2] = -1;
    REFUSED(rondo_step(w.model, w.state, input, output, e));
    symbol[2] = INT32_MAX;
    REFUSED(rondo_step(w.model, w.state, input, output, e));
    symbol[2] = 2;
    bad.type = RONDO_REAL;
    REFUSED(rondo_step(w.model, w.state, bad, output, e));
    bad = input, bad.shape[0] = 3;
    REFUSED(rondo_step(w.model, w.state, bad, output, e));
    bad = input, bad.rank = 3;
    REFUSED(rondo_step(w.model, w.state, bad, output, e));
    bad_output.shape[1] = classes + 1;
    REFUSED(rondo_step(w.model, w.state, input, bad_output, e));
    bad_output = output, bad_output.stride = 1;
    REFUSED(rondo_step(w.model, w.state, input, bad_output, e));
    bad_output = output, bad_output.type = RONDO_INT32;
    REFUSED(rondo_step(w.model, w.state, input, bad_output, e));
    WORKS(&w, rondo_step(w.model, w.state, input, output, &w.error));
}

static void rates_and_limits_must_be_numbers(void **unused)
{
    static const double limits[] = {0, -1, (double)NAN, (double)INFINITY},
                        rates[] = {-1, (double)NAN, (double)INFINITY};
    rondo_real numbers[4] = {3, 4, 0, 0};
    const rondo_view view = {.data = numbers, .rank = 1, .shape = {4}, .stride = 1};
    rondo_view integers = view, flat = view;
    rondo_optimizer *optimizer = NULL;
    double norm = 0;
    (void)unused;
    integers.type = RONDO_INT32;
    flat.shape[0] = 3;
    WORKS(&w, rondo_optimizer_new(w.device, w.options, 4, &optimizer, &w.error));
    for (size_t i = 0; i < 3; i++)
        REFUSED(rondo_optimizer_step(optimizer, rates[i], view, view, e));
    REFUSED(rondo_optimizer_step(optimizer, 1, integers, view, e));
    REFUSED(rondo_optimizer_step(optimizer, 1, view, flat, e));
    for (size_t i = 0; i < 4; i++)
        REFUSED(rondo_clip(w.device, view, RONDO_CLIP_NORM, limits[i], &norm, e));
    REFUSED(rondo_clip(w.device, view, (rondo_clip_kind)7, 1, &norm, e));
    REFUSED(rondo_clip(w.device, integers, RONDO_CLIP_VALUE, 1, &norm, e));
    numbers[2] = NAN;
    ENDS_WITH(RONDO_NUMBERS, rondo_clip(w.device, view, RONDO_CLIP_NORM, 1, &norm, e));
    assert_true(numbers[0] == 3 && numbers[1] == 4);
    rondo_optimizer_free(optimizer);
    optimizer = NULL;
    ENDS_WITH(RONDO_LIMIT, rondo_optimizer_new(w.device, w.options, SIZE_MAX / 2, &optimizer, e));
    assert_null(optimizer);
}

static void sampling_has_a_possible_temperature_and_share(void **unused)
{
    const double temperatures[] = {-1, (double)NAN, (double)INFINITY};
    const double shares[] = {0, -1, 2, (double)NAN};
    rondo_sampling sampling = {.temperature = 1, .top_p = 1, .length = 3};
    (void)unused;
    for (size_t i = 0; i < 3; i++) {
        sampling.temperature = temperatures[i];
        REFUSED(rondo_generate(w.model, "a", 1, &sampling, swallow, NULL, NULL, e));
    }
    sampling.temperature = 1;
    for (size_t i = 0; i < 4; i++) {
        sampling.top_p = shares[i];
        REFUSED(rondo_generate(w.model, "a", 1, &sampling, swallow, NULL, NULL, e));
    }
    sampling.top_p = 1;
    sampling.top_k = SIZE_MAX; /* more than there are: all */
    WORKS(&w, rondo_generate(w.model, "a", 1, &sampling, swallow, NULL, NULL, &w.error));
    sampling.length = 0;
    WORKS(&w, rondo_generate(w.model, "a", 1, &sampling, swallow, NULL, NULL, &w.error));
    ENDS_WITH(RONDO_SYSTEM, rondo_generate(w.model, "a", 1, &sampling, refuse_bytes, NULL, NULL, e));
    ENDS_WITH(RONDO_BAD_DATA, rondo_generate(w.model, "\xff", 1, &sampling, swallow, NULL, NULL, e));
}

static int stop_after_one(void *user, const rondo_scored *line)
{
    (void)user, (void)line;
    return 1;
}

static void files_that_are_not_there_or_not_what_they_should_be_are_told(void **unused)
{
    const char *nowhere = "/no/such/folder/file", *const paths[] = {nowhere};
    rondo_data *data = NULL;
    rondo_model *model = NULL;
    (void)unused;
    ENDS_WITH(RONDO_SYSTEM, rondo_data_open(w.options, NULL, paths, 1, &data, e));
    ENDS_WITH(RONDO_SYSTEM, rondo_model_load(w.device, nowhere, &model, e));
    ENDS_WITH(RONDO_SYSTEM, rondo_model_load(w.device, w.folder, &model, e));
    ENDS_WITH(RONDO_SYSTEM, rondo_model_save(w.model, nowhere, 1, e));
    ENDS_WITH(RONDO_SYSTEM, rondo_trainer_save(w.trainer, "/proc/no/run", e));
    ENDS_WITH(RONDO_SYSTEM, rondo_score(w.model, w.options, nowhere, stop_after_one, NULL, e));
    ENDS_WITH(RONDO_SYSTEM, rondo_data_split(w.options, (const char *const[]){nowhere}, 1, w.folder, swallow, NULL, e));
    ENDS_WITH(RONDO_SYSTEM, rondo_plot(paths, 1, w.options, "text", swallow, NULL, e));
    REFUSED(rondo_plot(paths, 1, w.options, "marble", swallow, NULL, e));
    REFUSED(rondo_data_synth("no such task", w.options, swallow, NULL, e));
    REFUSED(rondo_selftest("no such check", swallow, NULL, e));
    ENDS_WITH(RONDO_SYSTEM, rondo_data_describe(w.data, NULL, 1, refuse_bytes, NULL, e));
    ENDS_WITH(RONDO_SYSTEM, rondo_inspect(w.model, w.options, refuse_bytes, NULL, e));
    assert_null(data);
    assert_null(model);
}

static void a_saved_model_is_not_replaced_without_force_and_a_damaged_one_not_loaded(void **unused)
{
    char path[128];
    rondo_model *model = NULL;
    (void)unused;
    (void)snprintf(path, sizeof path, "%s", inside(&w, "a.safetensors"));
    WORKS(&w, rondo_model_save(w.model, path, 0, &w.error));
    rondo_error said = {0};
    assert_int_not_equal(rondo_model_save(w.model, path, 0, &said), RONDO_OK);
    check_sentence("an existing file", &said, said.status);
    WORKS(&w, rondo_model_save(w.model, path, 1, &w.error));
    WORKS(&w, rondo_model_load(w.device, path, &model, &w.error));
    assert_string_equal(rondo_model_text(model), rondo_model_text(w.model));
    assert_string_equal(rondo_model_task(model), "lm");
    rondo_model_free(model);
    model = NULL;
    assert_int_equal(truncate(path, 100), 0);
    ENDS_WITH(RONDO_BAD_MODEL, rondo_model_load(w.device, path, &model, e));
    assert_null(model);
}

static void a_run_folder_without_a_checkpoint_cannot_be_resumed(void **unused)
{
    rondo_error said = {0};
    (void)unused;
    assert_int_not_equal(rondo_trainer_resume(w.trainer, inside(&w, "empty.run"), &said), RONDO_OK);
    check_sentence("rondo_trainer_resume", &said, said.status);
}

static void the_last_arguments_are_optional_where_the_header_says_so(void **unused)
{
    rondo_view output;
    rondo_metrics metrics;
    rondo_gradcheck_result worst;
    size_t bytes = 0;
    (void)unused;
    WORKS(&w, rondo_model_forward(w.model, NULL, w.batch, RONDO_USE, &output, NULL));
    assert_int_equal(output.shape[1], classes_of(w.model));
    WORKS(&w, rondo_evaluate(w.model, w.valid, w.options, &metrics, NULL));
    assert_true(metrics.count > 0 && isfinite(metrics.loss));
    rondo_scores *scores = NULL;
    rondo_metrics again;
    WORKS(&w, rondo_scores_new(w.model, w.valid, w.options, &again, &scores, NULL));
    assert_true(again.loss == metrics.loss && again.count == metrics.count);
    WORKS(&w, rondo_scores_write(scores, "report", w.options, swallow, &bytes, NULL));
    assert_int_equal(bytes, 0); /* a language model has no labels */
    REFUSED(rondo_scores_write(scores, "confusion", w.options, swallow, &bytes, e));
    REFUSED(rondo_scores_write(scores, "marble", w.options, swallow, &bytes, e));
    rondo_scores_free(scores);
    WORKS(&w, rondo_data_describe(w.train, w.valid, 1, swallow, &bytes, NULL));
    assert_true(bytes > 0);
    WORKS(&w, rondo_gradcheck(w.model, w.batch, 1, &worst, NULL));
    assert_true(worst.checked > 0 && worst.worst < 1e-5);
    WORKS(&w, rondo_train(w.trainer, NULL, NULL, NULL, &w.error));
}

static int open_all(void **unused)
{
    (void)unused;
    open_world(&w);
    return 0;
}

static int close_all(void **unused)
{
    (void)unused;
    close_world(&w);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_has_a_known_name_and_a_possible_number_of_threads),
        cmocka_unit_test(the_instruction_set_that_the_environment_asks_for_must_exist),
        cmocka_unit_test(sequences_must_fit_in_memory_and_agree_with_each_other),
        cmocka_unit_test(rows_cannot_be_narrower_than_what_is_unpacked),
        cmocka_unit_test(a_model_text_says_where_it_is_wrong),
        cmocka_unit_test(parts_of_a_model_have_a_width),
        cmocka_unit_test(memory_for_impossible_batches_is_refused),
        cmocka_unit_test(a_batch_must_be_one_that_the_model_can_read),
        cmocka_unit_test(the_parts_of_a_turn_come_in_their_order),
        cmocka_unit_test(a_state_of_another_model_is_refused),
        cmocka_unit_test(a_step_checks_symbols_types_and_shapes),
        cmocka_unit_test(rates_and_limits_must_be_numbers),
        cmocka_unit_test(sampling_has_a_possible_temperature_and_share),
        cmocka_unit_test(files_that_are_not_there_or_not_what_they_should_be_are_told),
        cmocka_unit_test(a_saved_model_is_not_replaced_without_force_and_a_damaged_one_not_loaded),
        cmocka_unit_test(a_run_folder_without_a_checkpoint_cannot_be_resumed),
        cmocka_unit_test(the_last_arguments_are_optional_where_the_header_says_so),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
