/* Every public function without the things it needs: a status with a sentence, never a crash. */
#include "api_help.h"

static world w;

static void a_device_is_refused_without_a_name_or_a_place(void **unused)
{
    rondo_device *device = NULL;
    (void)unused;
    REFUSED(rondo_device_open(NULL, 1, &device, e));
    REFUSED(rondo_device_open("cpu", 1, NULL, e));
    REFUSED(rondo_device_sync(NULL, e));
    assert_null(device);
    assert_int_equal(rondo_device_threads(NULL), 0);
    (void)rondo_device_isa(NULL);
    WORKS(&w, rondo_device_sync(w.device, &w.error));
}

static void options_are_refused_when_missing(void **unused)
{
    rondo_options *copy = NULL;
    (void)unused;
    REFUSED(rondo_options_new(NULL, e));
    REFUSED(rondo_options_set(NULL, "lr", "1", e));
    REFUSED(rondo_options_set(w.options, NULL, "1", e));
    REFUSED(rondo_options_set(w.options, "lr", NULL, e));
    REFUSED(rondo_options_parse(NULL, "lr = 1", 6, "here", e));
    REFUSED(rondo_options_parse(w.options, NULL, 6, "here", e));
    REFUSED(rondo_options_copy(NULL, &copy, e));
    REFUSED(rondo_options_copy(w.options, NULL, e));
    assert_null(copy);
    assert_int_equal(rondo_option(0, NULL), RONDO_BAD_ARGUMENT);
    assert_null(rondo_options_get(NULL, "lr"));
    assert_null(rondo_options_get(w.options, NULL));
    assert_int_equal(rondo_options_is_set(NULL, "lr"), 0);
    assert_int_equal(rondo_options_is_set(w.options, NULL), 0);
    assert_null(rondo_options_text(NULL, 0, NULL));
    assert_null(rondo_option_guess(NULL, NULL));
    (void)rondo_option_guess("rnn_size", NULL);
}

static void batches_are_refused_when_missing(void **unused)
{
    const size_t length[] = {2};
    const int32_t symbol[] = {0, 1}, *const symbols[] = {symbol};
    const rondo_sequences one = {.count = 1, .length = length, .symbols = symbols};
    const rondo_sequences none = {.count = 1, .length = length};
    const rondo_sequences unmeasured = {.count = 1, .symbols = symbols};
    rondo_real number[8] = {0}, *out[] = {number};
    (void)unused;
    REFUSED(rondo_batch_new(NULL, e));
    REFUSED(rondo_batch_put(NULL, "x", &one, e));
    REFUSED(rondo_batch_put(w.batch, NULL, &one, e));
    REFUSED(rondo_batch_put(w.batch, "x", NULL, e));
    REFUSED(rondo_batch_put(w.batch, "x", &none, e));
    REFUSED(rondo_batch_put(w.batch, "x", &unmeasured, e));
    REFUSED(rondo_batch_reset(NULL, 0, e));
    assert_null(rondo_batch_pack(NULL, "x"));
    assert_null(rondo_batch_pack(w.batch, NULL));
    assert_null(rondo_batch_pack(w.batch, "no such part"));
    REFUSED(rondo_unpack(NULL, number, 1, 1, out, e));
    REFUSED(rondo_unpack(rondo_batch_pack(w.batch, "x"), NULL, 1, 1, out, e));
    REFUSED(rondo_unpack(rondo_batch_pack(w.batch, "x"), number, 1, 1, NULL, e));
}

static void models_are_refused_when_missing(void **unused)
{
    const rondo_size sizes[] = {{"x", 5, 1}, {"y", 5, 1}};
    const rondo_size nameless[] = {{NULL, 5, 1}, {"y", 5, 1}};
    rondo_model *model = NULL;
    (void)unused;
    REFUSED(rondo_model_new(NULL, w.options, NULL, sizes, 2, &model, e));
    REFUSED(rondo_model_new(w.device, NULL, NULL, sizes, 2, &model, e));
    REFUSED(rondo_model_new(w.device, w.options, NULL, NULL, 2, &model, e));
    REFUSED(rondo_model_new(w.device, w.options, NULL, nameless, 2, &model, e));
    REFUSED(rondo_model_new(w.device, w.options, NULL, sizes, 2, NULL, e));
    REFUSED(rondo_model_for(NULL, w.options, w.train, &model, e));
    REFUSED(rondo_model_for(w.device, NULL, w.train, &model, e));
    REFUSED(rondo_model_for(w.device, w.options, NULL, &model, e));
    REFUSED(rondo_model_for(w.device, w.options, w.train, NULL, e));
    REFUSED(rondo_model_load(NULL, "a", &model, e));
    REFUSED(rondo_model_load(w.device, NULL, &model, e));
    REFUSED(rondo_model_load(w.device, "a", NULL, e));
    REFUSED(rondo_model_save(NULL, "a", 0, e));
    REFUSED(rondo_model_save(w.model, NULL, 0, e));
    REFUSED(rondo_model_reserve(NULL, "x", 1, 1, 1, e));
    REFUSED(rondo_model_reserve(w.model, NULL, 1, 1, 1, e));
    assert_null(model);
    assert_string_equal(rondo_model_text(NULL), "");
    assert_null(rondo_model_options(NULL));
    assert_string_equal(rondo_model_task(NULL), "");
}

static void forward_and_backward_are_refused_when_something_is_missing(void **unused)
{
    rondo_loss_report report;
    rondo_view view;
    (void)unused;
    REFUSED(rondo_model_forward(NULL, NULL, w.batch, RONDO_USE, &view, e));
    REFUSED(rondo_model_forward(w.model, NULL, NULL, RONDO_USE, &view, e));
    REFUSED(rondo_model_loss(NULL, w.batch, &report, e));
    REFUSED(rondo_model_loss(w.model, NULL, &report, e));
    REFUSED(rondo_model_backward(NULL, w.batch, e));
    REFUSED(rondo_model_backward(w.model, NULL, e));
    rondo_model_zero_grad(NULL);
    rondo_model_changed(NULL);
    assert_null(rondo_model_params(NULL).data);
    assert_null(rondo_model_grads(NULL).data);
    assert_int_not_equal(rondo_model_param(NULL, 0, &view, &view), RONDO_OK);
    assert_int_equal(rondo_model_param(w.model, 0, NULL, NULL), RONDO_OK);
    assert_int_equal(rondo_model_param(w.model, SIZE_MAX, &view, NULL), RONDO_NO);
}

static void states_and_steps_are_refused_when_something_is_missing(void **unused)
{
    int32_t symbol[4] = {0};
    rondo_real logits[4 * 64];
    rondo_state *state = NULL;
    const rondo_view none = {0};
    const rondo_view input = {.data = symbol, .type = RONDO_INT32, .rank = 1, .shape = {4}, .stride = 1};
    const rondo_view output = {.data = logits, .rank = 2, .shape = {4, 64}, .stride = 64};
    (void)unused;
    REFUSED(rondo_state_new(NULL, 1, &state, e));
    REFUSED(rondo_state_new(w.model, 1, NULL, e));
    REFUSED(rondo_state_copy(NULL, w.state, e));
    REFUSED(rondo_state_copy(w.state, NULL, e));
    assert_null(state);
    assert_null(rondo_state_view(NULL).data);
    rondo_state_reset(NULL, 0);
    rondo_state_reset(w.state, SIZE_MAX);
    REFUSED(rondo_step(NULL, w.state, input, output, e));
    REFUSED(rondo_step(w.model, NULL, input, output, e));
    REFUSED(rondo_step(w.model, w.state, none, output, e));
    REFUSED(rondo_step(w.model, w.state, input, none, e));
}

static void optimizers_are_refused_when_something_is_missing(void **unused)
{
    rondo_optimizer *optimizer = NULL, *sound = NULL;
    rondo_real numbers[4] = {1, 2, 3, 4};
    const rondo_view none = {0}, view = {.data = numbers, .rank = 1, .shape = {4}, .stride = 1};
    double norm;
    (void)unused;
    REFUSED(rondo_optimizer_new(NULL, w.options, 4, &optimizer, e));
    REFUSED(rondo_optimizer_new(w.device, NULL, 4, &optimizer, e));
    REFUSED(rondo_optimizer_new(w.device, w.options, 4, NULL, e));
    assert_null(optimizer);
    WORKS(&w, rondo_optimizer_new(w.device, w.options, 4, &sound, &w.error));
    REFUSED(rondo_optimizer_step(NULL, 0.1, view, view, e));
    REFUSED(rondo_optimizer_step(sound, 0.1, none, view, e));
    REFUSED(rondo_optimizer_step(sound, 0.1, view, none, e));
    REFUSED(rondo_clip(NULL, view, RONDO_CLIP_NORM, 1, &norm, e));
    REFUSED(rondo_clip(w.device, none, RONDO_CLIP_NORM, 1, &norm, e));
    WORKS(&w, rondo_clip(w.device, view, RONDO_CLIP_NORM, 100, NULL, &w.error));
    rondo_optimizer_free(sound);
}

static void data_are_refused_when_something_is_missing(void **unused)
{
    const char *const paths[] = {"a", NULL};
    rondo_data *data = NULL, *other = NULL;
    rondo_loader *loader = NULL;
    int end;
    (void)unused;
    REFUSED(rondo_data_open(NULL, NULL, paths, 1, &data, e));
    REFUSED(rondo_data_open(w.options, NULL, NULL, 1, &data, e));
    REFUSED(rondo_data_open(w.options, NULL, paths + 1, 1, &data, e));
    REFUSED(rondo_data_open(w.options, NULL, paths, 0, &data, e));
    REFUSED(rondo_data_open(w.options, NULL, paths, 1, NULL, e));
    REFUSED(rondo_data_open_memory(NULL, NULL, "a", "b", 1, &data, e));
    REFUSED(rondo_data_open_memory(w.options, NULL, "a", NULL, 1, &data, e));
    REFUSED(rondo_data_open_memory(w.options, NULL, "a", "b", 1, NULL, e));
    REFUSED(rondo_data_cut(NULL, w.options, &data, &other, e));
    REFUSED(rondo_data_cut(w.data, NULL, &data, &other, e));
    REFUSED(rondo_data_cut(w.data, w.options, NULL, &other, e));
    REFUSED(rondo_data_describe(NULL, NULL, 0, swallow, NULL, e));
    REFUSED(rondo_data_describe(w.data, NULL, 0, NULL, NULL, e));
    REFUSED(rondo_loader_new(NULL, w.options, 1, &loader, e));
    REFUSED(rondo_loader_new(w.train, NULL, 1, &loader, e));
    REFUSED(rondo_loader_new(w.train, w.options, 1, NULL, e));
    REFUSED(rondo_loader_next(NULL, w.batch, &end, e));
    REFUSED(rondo_loader_next(w.loader, NULL, &end, e));
    WORKS(&w, rondo_loader_next(w.loader, w.batch, NULL, &w.error));
    REFUSED(rondo_data_split(NULL, (const char *const[]){"a"}, 1, "b", swallow, NULL, e));
    REFUSED(rondo_data_split(w.options, NULL, 1, "b", swallow, NULL, e));
    REFUSED(rondo_data_split(w.options, (const char *const[]){"a"}, 1, NULL, swallow, NULL, e));
    REFUSED(rondo_data_synth(NULL, w.options, swallow, NULL, e));
    REFUSED(rondo_data_synth("adding", NULL, swallow, NULL, e));
    REFUSED(rondo_data_synth("adding", w.options, NULL, NULL, e));
    assert_null(data);
    assert_null(other);
    assert_null(loader);
}

static void trainers_are_refused_when_something_is_missing(void **unused)
{
    rondo_trainer *trainer = NULL;
    rondo_step_report report;
    (void)unused;
    REFUSED(rondo_trainer_new(NULL, w.train, w.valid, w.options, &trainer, e));
    REFUSED(rondo_trainer_new(w.model, NULL, w.valid, w.options, &trainer, e));
    REFUSED(rondo_trainer_new(w.model, w.train, w.valid, NULL, &trainer, e));
    REFUSED(rondo_trainer_new(w.model, w.train, w.valid, w.options, NULL, e));
    assert_null(trainer);
    REFUSED(rondo_trainer_step(NULL, &report, e));
    REFUSED(rondo_trainer_save(NULL, "a", e));
    REFUSED(rondo_trainer_save(w.trainer, NULL, e));
    REFUSED(rondo_trainer_resume(NULL, "a", e));
    REFUSED(rondo_trainer_resume(w.trainer, NULL, e));
    REFUSED(rondo_train(NULL, NULL, NULL, NULL, e));
    WORKS(&w, rondo_trainer_step(w.trainer, NULL, &w.error));
}

static int on_line(void *user, const rondo_scored *line)
{
    (void)user, (void)line;
    return 0;
}

static void the_uses_of_a_model_are_refused_when_something_is_missing(void **unused)
{
    const rondo_sampling sampling = {.temperature = 1, .top_p = 1, .length = 3};
    rondo_metrics metrics;
    rondo_roofs roofs;
    const char *const runs[] = {"a", NULL};
    (void)unused;
    REFUSED(rondo_evaluate(NULL, w.valid, w.options, &metrics, e));
    REFUSED(rondo_evaluate(w.model, NULL, w.options, &metrics, e));
    REFUSED(rondo_evaluate(w.model, w.valid, NULL, &metrics, e));
    REFUSED(rondo_evaluate(w.model, w.valid, w.options, NULL, e));
    rondo_scores *scores = NULL;
    REFUSED(rondo_scores_new(NULL, w.valid, w.options, &metrics, &scores, e));
    REFUSED(rondo_scores_new(w.model, w.valid, w.options, NULL, &scores, e));
    REFUSED(rondo_scores_new(w.model, w.valid, w.options, &metrics, NULL, e));
    REFUSED(rondo_scores_write(NULL, "report", w.options, swallow, NULL, e));
    assert_null(scores);
    rondo_scores_free(NULL);
    REFUSED(rondo_baselines(NULL, w.valid, w.options, &metrics, e));
    REFUSED(rondo_baselines(w.train, NULL, w.options, &metrics, e));
    REFUSED(rondo_baselines(w.train, w.valid, w.options, NULL, e));
    REFUSED(rondo_score(NULL, w.options, "a", on_line, NULL, e));
    REFUSED(rondo_score(w.model, NULL, "a", on_line, NULL, e));
    REFUSED(rondo_score(w.model, w.options, NULL, on_line, NULL, e));
    REFUSED(rondo_score(w.model, w.options, "a", NULL, NULL, e));
    REFUSED(rondo_generate(NULL, "a", 1, &sampling, swallow, NULL, NULL, e));
    REFUSED(rondo_generate(w.model, NULL, 1, &sampling, swallow, NULL, NULL, e));
    REFUSED(rondo_generate(w.model, "a", 1, NULL, swallow, NULL, NULL, e));
    WORKS(&w, rondo_generate(w.model, "a", 1, &sampling, NULL, NULL, NULL, &w.error));
    REFUSED(rondo_inspect(NULL, w.options, swallow, NULL, e));
    REFUSED(rondo_inspect(w.model, NULL, swallow, NULL, e));
    REFUSED(rondo_inspect(w.model, w.options, NULL, NULL, e));
    REFUSED(rondo_plot(NULL, 1, w.options, "text", swallow, NULL, e));
    REFUSED(rondo_plot(runs, 0, w.options, "text", swallow, NULL, e));
    REFUSED(rondo_plot(runs + 1, 1, w.options, "text", swallow, NULL, e));
    REFUSED(rondo_plot(runs, 1, NULL, "text", swallow, NULL, e));
    REFUSED(rondo_plot(runs, 1, w.options, NULL, swallow, NULL, e));
    REFUSED(rondo_plot(runs, 1, w.options, "text", NULL, NULL, e));
    REFUSED(rondo_machine(NULL, &roofs, e));
    REFUSED(rondo_machine(w.device, NULL, e));
}

static void gradcheck_is_refused_when_something_is_missing(void **unused)
{
    rondo_gradcheck_result worst;
    (void)unused;
    REFUSED(rondo_gradcheck(NULL, w.batch, 1, &worst, e));
    REFUSED(rondo_gradcheck(w.model, NULL, 1, &worst, e));
    REFUSED(rondo_gradcheck(w.model, w.batch, 1, NULL, e));
}

static void everything_can_be_freed_when_there_is_nothing(void **unused)
{
    (void)unused;
    rondo_device_close(NULL);
    rondo_options_free(NULL);
    rondo_batch_free(NULL);
    rondo_model_free(NULL);
    rondo_state_free(NULL);
    rondo_optimizer_free(NULL);
    rondo_data_free(NULL);
    rondo_loader_free(NULL);
    rondo_trainer_free(NULL);
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
        cmocka_unit_test(a_device_is_refused_without_a_name_or_a_place),
        cmocka_unit_test(options_are_refused_when_missing),
        cmocka_unit_test(batches_are_refused_when_missing),
        cmocka_unit_test(models_are_refused_when_missing),
        cmocka_unit_test(forward_and_backward_are_refused_when_something_is_missing),
        cmocka_unit_test(states_and_steps_are_refused_when_something_is_missing),
        cmocka_unit_test(optimizers_are_refused_when_something_is_missing),
        cmocka_unit_test(data_are_refused_when_something_is_missing),
        cmocka_unit_test(trainers_are_refused_when_something_is_missing),
        cmocka_unit_test(the_uses_of_a_model_are_refused_when_something_is_missing),
        cmocka_unit_test(gradcheck_is_refused_when_something_is_missing),
        cmocka_unit_test(everything_can_be_freed_when_there_is_nothing),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
