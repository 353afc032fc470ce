/* Targets that ctc cannot place are named where they stand: in warnings, or in the error that was asked for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "train/trainer.h"

/* Targets are as many as words, so each with equal neighbours needs more steps than there are. */
static const char some[] = "a b c\tA B A\na b\tA A\nc\tB\nb a b\tB B A\n";

typedef struct world {
    rondo_device *device;
    rondo_options *options;
    rondo_data *data;
    rondo_model *model;
    rondo_trainer *trainer;
    char told[8192];
    rondo_error error;
} world;

#define MUST(w, call)                                                                                        \
    do {                                                                                                     \
        if ((call) != RONDO_OK) fail_msg("%s", (w)->error.message);                                          \
    } while (0)

static void open_world(world *w, const char *text, const char *infeasible)
{
    const char *const settings[][2] = {
        {"task", "transcribe"}, {"reader", "tsv"}, {"loss", "ctc"},
        {"hidden-size", "3"}, {"tokens", "word"},  {"embed-size", "2"},
        {"epochs", "2"},      {"batch-size", "2"}, {"ctc-infeasible", infeasible}};
    *w = (world){.told = ""};
    MUST(w, rondo_device_open("cpu", 1, &w->device, &w->error));
    MUST(w, rondo_options_new(&w->options, &w->error));
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        MUST(w, rondo_options_set(w->options, settings[i][0], settings[i][1], &w->error));
    MUST(w, rondo_data_open_memory(w->options, NULL, "in.tsv", text, strlen(text), &w->data, &w->error));
    MUST(w, rondo_model_for(w->device, w->options, w->data, &w->model, &w->error));
    MUST(w, rondo_trainer_new(w->model, w->data, NULL, w->options, &w->trainer, &w->error));
}

static void close_world(world *w)
{
    rondo_trainer_free(w->trainer);
    rondo_model_free(w->model);
    rondo_data_free(w->data);
    rondo_options_free(w->options);
    rondo_device_close(w->device);
}

static int note(void *user, const rondo_event *event)
{
    world *w = user;
    const size_t used = strlen(w->told);
    if (event->kind == RONDO_EVENT_WARNING)
        (void)snprintf(w->told + used, sizeof w->told - used, "%s\n", event->text);
    return 0;
}

static size_t times(const char *text, const char *wanted)
{
    size_t found = 0;
    for (const char *at = text; (at = strstr(at, wanted)) != NULL; at++)
        found++;
    return found;
}

static void each_is_named_once(void **state)
{
    (void)state;
    world w;
    open_world(&w, some, "skip");
    MUST(&w, rondo_train(w.trainer, NULL, note, &w, &w.error));
    assert_int_equal(times(w.told, "\n"), 2);
    assert_int_equal(times(w.told, "in.tsv:2: the target needs more steps than there are"), 1);
    assert_int_equal(times(w.told, "in.tsv:4: the target needs more steps than there are"), 1);
    close_world(&w);
}

static void of_many_ten_are_named_and_all_are_counted(void **state)
{
    (void)state;
    static char text[1024];
    world w;
    for (size_t i = 0; i < 15; i++)
        memcpy(text + strlen(text), "a b\tA A\n", 9);
    memcpy(text + strlen(text), "a b\tA B\n", 9);
    open_world(&w, text, "skip");
    MUST(&w, rondo_train(w.trainer, NULL, note, &w, &w.error));
    assert_int_equal(times(w.told, "in.tsv:"), 10);
    assert_int_equal(times(w.told, "15 targets need more steps"), 1);
    assert_int_equal(times(w.told, "\n"), 11);
    close_world(&w);
}

static void the_first_is_named_by_the_error_that_was_asked_for(void **state)
{
    (void)state;
    world w;
    open_world(&w, some, "error");
    assert_int_equal(rondo_train(w.trainer, NULL, note, &w, &w.error), RONDO_BAD_DATA);
    if (!strstr(w.error.message, "in.tsv:2: loss \"loss\": sequence") &&
        !strstr(w.error.message, "in.tsv:4: loss \"loss\": sequence"))
        fail_msg("%s", w.error.message);
    close_world(&w);
}

/* Nothing is learned: at the end of the first epoch, or of a budget that ends before it. */
static void when_none_fits_there_is_nothing_to_learn(void **state)
{
    (void)state;
    static const char *const budgets[] = {"0", "1"};
    for (size_t i = 0; i < sizeof budgets / sizeof *budgets; i++) {
        world w;
        open_world(&w, "a b\tA A\na\tB B\nc\tB B A\n", "skip");
        MUST(&w, rondo_options_set(w.trainer->options, "max-steps", budgets[i], &w.error));
        assert_int_equal(rondo_train(w.trainer, NULL, note, &w, &w.error), RONDO_BAD_DATA);
        if (strncmp(w.error.message, "in.tsv:", 7) != 0 || !strstr(w.error.message, "nothing to learn from"))
            fail_msg("%s", w.error.message);
        close_world(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_named_once),
        cmocka_unit_test(of_many_ten_are_named_and_all_are_counted),
        cmocka_unit_test(the_first_is_named_by_the_error_that_was_asked_for),
        cmocka_unit_test(when_none_fits_there_is_nothing_to_learn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
