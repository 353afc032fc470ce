/* Every allocation fails in turn, once and for ever after, on train, resume, save, load, generate and score: status 6,
 * nothing leaked, what was saved before stays whole (reliability R3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/memory.h"

static const char text[] = "abra cadabra\nhocus pocus\nabra cadabra\nhocus pocus\nsim sala bim\nabra cadabra\n";
static char folder[64] = "/tmp/rondo-memory-XXXXXX";
static char run[96], model_path[96];

typedef struct world {
    rondo_device *device;
    rondo_options *options;
    rondo_data *data, *train, *valid;
    rondo_model *model;
    rondo_trainer *trainer;
} world;

static void clear(world *w)
{
    rondo_trainer_free(w->trainer);
    rondo_model_free(w->model);
    rondo_data_free(w->train);
    rondo_data_free(w->valid);
    rondo_data_free(w->data);
    rondo_options_free(w->options);
    rondo_device_close(w->device);
}

static rondo_status prepare(world *w, rondo_error *error)
{
    static const char *const settings[][2] = {{"hidden-size", "4"}, {"embed-size", "3"}, {"batch-size", "2"}, {"seq-len", "5"},
                                              {"dropout", "0.3"},   {"num-layers", "2"}, {"val-frac", "0.3"}, {"max-steps", "3"},
                                              {"eval-every", "2"},  {"threads", "1"}};
    RD_TRY(rondo_device_open("cpu", 1, &w->device, error));
    RD_TRY(rondo_options_new(&w->options, error));
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        RD_TRY(rondo_options_set(w->options, settings[i][0], settings[i][1], error));
    RD_TRY(rondo_data_open_memory(w->options, NULL, "spells", text, strlen(text), &w->data, error));
    RD_TRY(rondo_data_cut(w->data, w->options, &w->train, &w->valid, error));
    RD_TRY(rondo_model_for(w->device, w->options, w->train, &w->model, error));
    return rondo_trainer_new(w->model, w->train, w->valid, w->options, &w->trainer, error);
}

static rondo_status train(world *w, rondo_error *error)
{
    RD_TRY(prepare(w, error));
    RD_TRY(rondo_train(w->trainer, run, NULL, NULL, error));
    return rondo_model_save(w->model, model_path, 1, error);
}

static rondo_status resume(world *w, rondo_error *error)
{
    RD_TRY(prepare(w, error));
    RD_TRY(rondo_trainer_resume(w->trainer, run, error));
    return rondo_train(w->trainer, run, NULL, NULL, error);
}

static int ignore(void *user, const char *bytes, size_t size)
{
    (void)user;
    (void)bytes;
    (void)size;
    return 0;
}

static rondo_status generate(world *w, rondo_error *error)
{
    rondo_sampling sampling = {.temperature = 1, .top_k = 3, .top_p = 0.9, .length = 20, .seed = 1};
    RD_TRY(rondo_device_open("cpu", 1, &w->device, error));
    RD_TRY(rondo_model_load(w->device, model_path, &w->model, error));
    return rondo_generate(w->model, "abra", 4, &sampling, ignore, NULL, NULL, error);
}

static int ignore_line(void *user, const rondo_scored *line)
{
    (void)user;
    (void)line;
    return 0;
}

static rondo_status score(world *w, rondo_error *error)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/lines.txt", folder);
    RD_TRY(rondo_device_open("cpu", 1, &w->device, error));
    RD_TRY(rondo_options_new(&w->options, error));
    RD_TRY(rondo_model_load(w->device, model_path, &w->model, error));
    return rondo_score(w->model, w->options, path, ignore_line, NULL, error);
}

static rondo_status inspect(world *w, rondo_error *error)
{
    RD_TRY(rondo_device_open("cpu", 1, &w->device, error));
    RD_TRY(rondo_options_new(&w->options, error));
    RD_TRY(rondo_options_set(w->options, "what", "weights", error));
    RD_TRY(rondo_model_load(w->device, model_path, &w->model, error));
    return rondo_inspect(w->model, w->options, ignore, NULL, error);
}

/* The model file of before still loads, whatever failed since. */
static void assert_saved_model_is_whole(void)
{
    world w = {0};
    rondo_error error;
    assert_int_equal(rondo_device_open("cpu", 1, &w.device, &error), RONDO_OK);
    assert_int_equal(rondo_model_load(w.device, model_path, &w.model, &error), RONDO_OK);
    clear(&w);
}

static void fail_each(rondo_status (*scene)(world *, rondo_error *), int forever)
{
    rondo_error error = {.status = RONDO_OK};
    uint64_t live = rd_memory_live(), n = 1, most;
    world w = {0};
    most = rd_memory_count();
    if (scene(&w, &error) != RONDO_OK)
        fail_msg("undisturbed: %s", error.message);
    clear(&w);
    most = rd_memory_count() - most;
    assert_true(most > 20);
    for (; n <= most; n++) {
        w = (world){0};
        rd_memory_fail_at(n, forever);
        rondo_status status = scene(&w, &error);
        rd_memory_fail_at(0, 0);
        clear(&w);
        if (status != RONDO_LIMIT && status != RONDO_OK)
            fail_msg("allocation %d: status %d: %s", (int)n, (int)status, error.message);
        if (forever && status == RONDO_OK)
            fail_msg("allocation %d and all later ones fail, and the status is 0", (int)n);
        if (rd_memory_live() != live)
            fail_msg("allocation %d: %d blocks leaked", (int)n, (int)(rd_memory_live() - live));
    }
    assert_saved_model_is_whole();
}

#define SCENE(scene, words)                                                                                       \
    static void each_failing_allocation_in_##scene##_##words(void **state)                                        \
    {                                                                                                             \
        (void)state;                                                                                              \
        fail_each(scene, 0);                                                                                      \
        fail_each(scene, 1);                                                                                      \
    }
SCENE(train, is_status_6_without_a_leak)
SCENE(resume, is_status_6_without_a_leak)
SCENE(generate, is_status_6_without_a_leak)
SCENE(score, is_status_6_without_a_leak)
SCENE(inspect, is_status_6_without_a_leak)

static int set_up(void **state)
{
    char path[128];
    FILE *file;
    (void)state;
    if (!mkdtemp(folder))
        return 1;
    (void)snprintf(run, sizeof run, "%s/m.run", folder);
    (void)snprintf(model_path, sizeof model_path, "%s/m.safetensors", folder);
    (void)snprintf(path, sizeof path, "%s/lines.txt", folder);
    file = fopen(path, "w");
    if (!file)
        return 1;
    (void)fputs("abra\nhocus\n", file);
    return fclose(file);
}

static int tear_down(void **state)
{
    char command[128];
    (void)state;
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_failing_allocation_in_train_is_status_6_without_a_leak),
        cmocka_unit_test(each_failing_allocation_in_resume_is_status_6_without_a_leak),
        cmocka_unit_test(each_failing_allocation_in_generate_is_status_6_without_a_leak),
        cmocka_unit_test(each_failing_allocation_in_score_is_status_6_without_a_leak),
        cmocka_unit_test(each_failing_allocation_in_inspect_is_status_6_without_a_leak),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
