/* The run as a whole: resume at every step gives the same bytes, threads change nothing, a bad number stops with its
 * cause, clipping brings the norm down to the threshold. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/memory.h"
#include "model/model.h"
#include "train/trainer.h"

static char folder[64] = "/tmp/rondo-trainer-XXXXXX";
enum { STEPS = 12 };
static size_t line_size; /* of the text; 0: lines end by chance */

typedef struct world {
    rondo_device *device;
    rondo_options *options;
    rondo_data *data, *train, *valid;
    rondo_model *model;
    rondo_trainer *trainer;
    rondo_error error;
} world;

#define MUST(w, call)                                                                                             \
    do {                                                                                                          \
        if ((call) != RONDO_OK)                                                                                   \
            fail_msg("%s", (w)->error.message);                                                                   \
    } while (0)

/* settings: "name=value name=value". */
static void open_world(world *w, const char *settings, int threads)
{
    char name[64], value[64];
    static char text[4000];
    uint32_t seed = 7;
    int used;
    for (size_t i = 0; i + 1 < sizeof text; i++) {
        seed = seed * 1103515245u + 12345u;
        text[i] = "abcdefgh ij\n"[(seed >> 16) % 12];
        if (line_size && (text[i] == '\n' || i % line_size == line_size - 1)) text[i] = i % line_size == line_size - 1 ? '\n' : ' ';
    }
    *w = (world){0};
    MUST(w, rondo_device_open("cpu", threads, &w->device, &w->error));
    MUST(w, rondo_options_new(&w->options, &w->error));
    for (; sscanf(settings, " %63[^=]=%63s%n", name, value, &used) == 2; settings += used)
        MUST(w, rondo_options_set(w->options, name, value, &w->error));
    MUST(w, rondo_data_open_memory(w->options, NULL, "letters", text, sizeof text - 1, &w->data, &w->error));
    MUST(w, rondo_data_cut(w->data, w->options, &w->train, &w->valid, &w->error));
    MUST(w, rondo_model_for(w->device, w->options, w->train, &w->model, &w->error));
    MUST(w, rondo_trainer_new(w->model, w->train, w->valid, w->options, &w->trainer, &w->error));
}

static void close_world(world *w)
{
    rondo_trainer_free(w->trainer);
    rondo_model_free(w->model);
    rondo_data_free(w->train);
    rondo_data_free(w->valid);
    rondo_data_free(w->data);
    rondo_options_free(w->options);
    rondo_device_close(w->device);
}

#define SMALL "hidden-size=9 embed-size=5 batch-size=5 seq-len=7 num-layers=2 val-frac=0.1 eval-every=3 patience=0 "
static const char *const variants[] = {
    SMALL "cell=lstm dropout=0.3 optimizer=adam",
    SMALL "cell=gru optimizer=momentum lr-schedule=cosine warmup=3 zoneout-h=0.2",
    SMALL "cell=gru gru-reset=before optimizer=rmsprop lr-schedule=plateau weight-drop=0.2",
    SMALL "cell=rnn optimizer=adagrad lr-schedule=linear variational=on dropout=0.2 dropout-recurrent=0.2",
    SMALL "cell=mingru optimizer=adamw lr-schedule=step weight-decay=0.01 input-noise=0.1",
    SMALL "cell=minlstm optimizer=sgd clip-value=0.1",
    SMALL "cell=lstm coupled=on optimizer=sgd clip-value=0.1 weight-noise=0.05",
    SMALL "cell=gru-simple lines=on optimizer=adam dropout=0.2",
    SMALL "cell=lstm peephole=on layer-norm=on init-state=learned optimizer=adam",
    SMALL "cell=lstm,gru tied=on skip=residual optimizer=adam zoneout-c=0.1",
};
enum { VARIANTS = sizeof variants / sizeof *variants };

static void steps(world *w, int n)
{
    for (int i = 0; i < n; i++)
        MUST(w, rondo_trainer_step(w->trainer, NULL, &w->error));
}

static void assert_same_parameters(const world *a, const rd_real *b, const char *what)
{
    if (memcmp(a->model->params, b, a->model->numbers * sizeof *b) != 0)
        fail_msg("%s: parameters differ", what);
}

static void a_run_resumed_at_any_step_ends_with_the_same_bits(void **state)
{
    (void)state;
    for (size_t v = 0; v < VARIANTS; v++) {
        world whole, part;
        open_world(&whole, variants[v], 1);
        steps(&whole, STEPS);
        for (int stop = 1; stop < STEPS; stop++) {
            char run[128];
            (void)snprintf(run, sizeof run, "%s/v%d-%d.run", folder, (int)v, stop);
            open_world(&part, variants[v], 1 + stop % 3);
            steps(&part, stop);
            MUST(&part, rondo_trainer_save(part.trainer, run, &part.error));
            close_world(&part);
            open_world(&part, variants[v], 1);
            MUST(&part, rondo_trainer_resume(part.trainer, run, &part.error));
            steps(&part, STEPS - stop);
            assert_same_parameters(&part, whole.model->params, variants[v]);
            close_world(&part);
        }
        close_world(&whole);
    }
}

static void one_two_three_and_eight_threads_give_the_same_bits(void **state)
{
    static const int threads[] = {2, 3, 8};
    (void)state;
    for (size_t v = 0; v < VARIANTS; v++) {
        world one, many;
        open_world(&one, variants[v], 1);
        steps(&one, STEPS);
        for (size_t i = 0; i < 3; i++) {
            open_world(&many, variants[v], threads[i]);
            steps(&many, STEPS);
            assert_same_parameters(&many, one.model->params, variants[v]);
            close_world(&many);
        }
        close_world(&one);
    }
}

static void a_loss_that_is_not_a_number_stops_with_its_cause_and_changes_nothing(void **state)
{
    world w;
    (void)state;
    open_world(&w, variants[0], 1);
    steps(&w, 2);
    w.model->params[w.model->numbers - 1] = NAN;
    rondo_model_changed(w.model);
    rd_real *before = malloc(w.model->numbers * sizeof *before);
    memcpy(before, w.model->params, w.model->numbers * sizeof *before);
    assert_int_equal(rondo_trainer_step(w.trainer, NULL, &w.error), RONDO_NUMBERS);
    assert_non_null(strstr(w.error.message, "step 3"));
    assert_non_null(strstr(w.error.message, "letters"));
    assert_same_parameters(&w, before, "after the bad step");
    assert_int_equal(rondo_model_save(w.model, "/nonexistent/never.safetensors", 0, &w.error), RONDO_NUMBERS);
    free(before);
    close_world(&w);
}

static void clipping_leaves_a_step_of_the_size_of_the_threshold(void **state)
{
    world w;
    (void)state;
    open_world(&w, SMALL "cell=rnn optimizer=sgd lr=1 clip=0.001 loss-reduce=sum", 1);
    rd_real *before = malloc(w.model->numbers * sizeof *before);
    memcpy(before, w.model->params, w.model->numbers * sizeof *before);
    rondo_step_report report;
    MUST(&w, rondo_trainer_step(w.trainer, &report, &w.error));
    double moved = 0;
    for (size_t i = 0; i < w.model->numbers; i++)
        moved += pow((double)w.model->params[i] - (double)before[i], 2);
    assert_true(report.grad_norm > 0.01);
    assert_true(fabs(sqrt(moved) - 0.001) < 2e-5);
    free(before);
    close_world(&w);
}

static void a_run_of_other_options_or_data_is_refused_with_the_list(void **state)
{
    world w;
    char run[128];
    (void)state;
    (void)snprintf(run, sizeof run, "%s/other.run", folder);
    open_world(&w, variants[0], 1);
    steps(&w, 1);
    MUST(&w, rondo_trainer_save(w.trainer, run, &w.error));
    close_world(&w);
    open_world(&w, SMALL "cell=lstm dropout=0.3 optimizer=adam lr=0.5", 1);
    assert_int_equal(rondo_trainer_resume(w.trainer, run, &w.error), RONDO_BAD_MODEL);
    assert_non_null(strstr(w.error.message, "lr"));
    close_world(&w);
}

static void a_step_after_the_first_epoch_allocates_nothing(void **state)
{
    world w;
    (void)state;
    open_world(&w, variants[0], 2);
    steps(&w, 2 * (int)rd_loader_batches(w.trainer->loader));
    rd_memory_trap(1);
    steps(&w, 3);
    rd_memory_trap(0);
    close_world(&w);
}

/* Says stop at the n-th question that is put to it inside a phase. */
typedef struct stopper {
    int questions, stop_at, stopped;
} stopper;

static int count_down(void *user, const rondo_event *event)
{
    stopper *s = user;
    if (event->kind != RONDO_EVENT_POLL) return 0;
    s->stopped |= s->questions++ == s->stop_at;
    return s->stopped;
}

/* Long sequences, so that layers are left in the middle, too; threads: units are shared out and meet at a barrier. */
#define LINES "lines=on hidden-size=32 embed-size=5 num-layers=2 val-frac=0.2 eval-every=2 patience=0 max-steps=4 epochs=0 max-length=0 "
static void a_step_left_in_the_middle_is_made_again(void **state)
{
    static const char *const kinds[] = {LINES "batch-size=1 cell=lstm", LINES "batch-size=7 cell=gru dropout=0.2",
                                        LINES "batch-size=3 cell=rnn optimizer=momentum"};
    (void)state;
    line_size = 331;
    for (size_t v = 0; v < sizeof kinds / sizeof *kinds; v++) {
        world whole, part;
        int cut = 0;
        open_world(&whole, kinds[v], 1);
        MUST(&whole, rondo_train(whole.trainer, NULL, NULL, NULL, &whole.error));
        for (int stop = 0; stop < 60; stop += 1 + stop / 8) {
            stopper s = {.stop_at = stop};
            open_world(&part, kinds[v], 1 + stop % 3);
            const rondo_status status = rondo_train(part.trainer, NULL, count_down, &s, &part.error);
            if (s.stopped) assert_int_equal(status, RONDO_NO);
            cut += s.stopped;
            MUST(&part, rondo_train(part.trainer, NULL, NULL, NULL, &part.error));
            assert_same_parameters(&part, whole.model->params, kinds[v]);
            close_world(&part);
        }
        assert_true(cut > 10);
        close_world(&whole);
    }
    line_size = 0;
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : 1;
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
        cmocka_unit_test(a_run_resumed_at_any_step_ends_with_the_same_bits),
        cmocka_unit_test(one_two_three_and_eight_threads_give_the_same_bits),
        cmocka_unit_test(a_loss_that_is_not_a_number_stops_with_its_cause_and_changes_nothing),
        cmocka_unit_test(clipping_leaves_a_step_of_the_size_of_the_threshold),
        cmocka_unit_test(a_run_of_other_options_or_data_is_refused_with_the_list),
        cmocka_unit_test(a_step_after_the_first_epoch_allocates_nothing),
        cmocka_unit_test(a_step_left_in_the_middle_is_made_again),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
