/* A step visits only the rows of an embedding that its batch reads, and ends with the bytes of a step that
 * visits all: parameters, slots and checkpoints, for every optimizer, at whatever step a checkpoint falls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/model_file.h"
#include "train/trainer.h"

static char folder[64] = "/tmp/rondo-rows-XXXXXX";
enum { STEPS = 50, WORDS = 3000 };

typedef struct world {
    rondo_device *device;
    rondo_options *options;
    rondo_data *data, *train, *valid;
    rondo_model *model;
    rondo_trainer *trainer;
    rondo_error error;
    size_t lists; /* of the model, which a dense world hides */
} world;

#define MUST(w, call)                                                                                        \
    do {                                                                                                     \
        if ((call) != RONDO_OK) fail_msg("%s", (w)->error.message);                                          \
    } while (0)

/* Few words are common and many are rare. */
static const char *words(size_t *size)
{
    static char text[WORDS * 8];
    uint32_t seed = 7;
    size_t at = 0;
    for (int i = 0; i < WORDS; i++) {
        seed = seed * 1103515245u + 12345u;
        const unsigned low = (seed >> 16) % 300, high = (seed >> 24) % 100;
        at += (size_t)snprintf(text + at, sizeof text - at, "w%u ", low * high / 100);
    }
    *size = at;
    return text;
}

/* settings: "name=value name=value". dense: the lists are hidden, so that every step visits all. */
static void open_world(world *w, const char *settings, int threads, int dense)
{
    char name[64], value[64];
    size_t size;
    const char *text = words(&size);
    int used;
    *w = (world){0};
    MUST(w, rondo_device_open("cpu", threads, &w->device, &w->error));
    MUST(w, rondo_options_new(&w->options, &w->error));
    for (; sscanf(settings, " %63[^=]=%63s%n", name, value, &used) == 2; settings += used)
        MUST(w, rondo_options_set(w->options, name, value, &w->error));
    MUST(w, rondo_data_open_memory(w->options, NULL, "words", text, size, &w->data, &w->error));
    MUST(w, rondo_data_cut(w->data, w->options, &w->train, &w->valid, &w->error));
    MUST(w, rondo_model_for(w->device, w->options, w->train, &w->model, &w->error));
    MUST(w, rondo_trainer_new(w->model, w->train, w->valid, w->options, &w->trainer, &w->error));
    w->lists = w->model->rows.count;
    if (dense) w->model->rows.count = 0;
}

static void close_world(world *w)
{
    w->model->rows.count = w->lists;
    rondo_trainer_free(w->trainer);
    rondo_model_free(w->model);
    rondo_data_free(w->train);
    rondo_data_free(w->valid);
    rondo_data_free(w->data);
    rondo_options_free(w->options);
    rondo_device_close(w->device);
}

static void steps(world *w, int n)
{
    for (int i = 0; i < n; i++)
        MUST(w, rd_trainer_step(w->trainer, NULL, &w->error));
}

/* The bytes of a checkpoint; freed by the caller. */
static char *checkpoint(world *w, long *size)
{
    char path[128];
    rd_bundle *bundle;
    w->trainer->progress.seconds = 0;
    (void)snprintf(path, sizeof path, "%s/checkpoint", folder);
    MUST(w, rd_bundle_new(&bundle, &w->error));
    MUST(w, rd_trainer_to_bundle(w->trainer, bundle, &w->error));
    MUST(w, rd_bundle_save(bundle, path, 1, &w->error));
    rd_bundle_free(bundle);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *size = ftell(file);
    rewind(file);
    char *bytes = malloc((size_t)*size);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, (size_t)*size, file), *size);
    assert_int_equal(fclose(file), 0);
    return bytes;
}

static void assert_same_checkpoint(world *a, world *b, const char *what, int step)
{
    long sizes[2];
    char *bytes[2] = {checkpoint(a, &sizes[0]), checkpoint(b, &sizes[1])};
    if (sizes[0] != sizes[1] || memcmp(bytes[0], bytes[1], (size_t)sizes[0]) != 0)
        fail_msg("%s: checkpoints of step %d differ", what, step);
    free(bytes[0]);
    free(bytes[1]);
}

#define SMALL "task=lm tokens=word hidden-size=5 embed-size=7 batch-size=3 seq-len=4 val-frac=0.05 "
static const char *const variants[] = {
    "",
    "clip=0.05 ",
    "weight-decay=0.01 clip=0.1 ",
    "clip-value=0.01 lr-schedule=cosine warmup=5 max-steps=50 ",
    "weight-decay=0.02 clip=0 lr-schedule=linear max-steps=60 dropout=0.2 ",
    "nesterov=on weight-decay=0.005 "};

static void rows_that_are_left_out_end_with_the_bits_of_rows_that_are_not(void **state)
{
    (void)state;
    for (int kind = 0; kind < RD_OPTIMIZERS; kind++)
        for (size_t v = 0; v < sizeof variants / sizeof *variants; v++) {
            char settings[400];
            world listed, dense, resumed;
            (void)snprintf(settings, sizeof settings, SMALL "%soptimizer=%s", variants[v],
                           rd_optimizers[kind].name);
            open_world(&listed, settings, 1, 0);
            open_world(&dense, settings, 1, 1);
            open_world(&resumed, settings, 3, 0);
            assert_int_equal(listed.lists, 1);
            assert_true(listed.model->rows.list[0].rows > 100);
            for (int step = 0, next = 1; step < STEPS;
                 step = next, next = step * 3 < STEPS ? step * 3 : STEPS) {
                char run[128];
                steps(&listed, next - step);
                steps(&dense, next - step);
                assert_same_checkpoint(&listed, &dense, settings, next);
                if (next != 9) continue;
                (void)snprintf(run, sizeof run, "%s/%d-%d.run", folder, kind, (int)v);
                MUST(&listed, rondo_trainer_save(listed.trainer, run, &listed.error));
                MUST(&resumed, rondo_trainer_resume(resumed.trainer, run, &resumed.error));
                steps(&resumed, STEPS - next);
            }
            assert_same_checkpoint(&resumed, &dense, settings, STEPS);
            close_world(&listed);
            close_world(&dense);
            close_world(&resumed);
        }
}

static void a_run_resumed_at_any_step_owes_nothing(void **state)
{
    (void)state;
    const char *settings = SMALL "optimizer=adam weight-decay=0.01";
    world whole, part;
    char run[128];
    open_world(&whole, settings, 1, 0);
    steps(&whole, STEPS);
    for (int stop = 1; stop < STEPS; stop += 12) {
        (void)snprintf(run, sizeof run, "%s/stop-%d.run", folder, stop);
        open_world(&part, settings, 2, 0);
        steps(&part, stop);
        MUST(&part, rondo_trainer_save(part.trainer, run, &part.error));
        close_world(&part);
        open_world(&part, settings, 1, 0);
        MUST(&part, rondo_trainer_resume(part.trainer, run, &part.error));
        steps(&part, STEPS - stop);
        assert_same_checkpoint(&part, &whole, "resumed", stop);
        close_world(&part);
    }
    close_world(&whole);
}

/* More steps than are remembered. */
static void rows_may_be_left_out_for_long(void **state)
{
    (void)state;
    const char *settings = SMALL "optimizer=momentum lr=0.01 epochs=0 lr-schedule=step";
    world listed, dense;
    open_world(&listed, settings, 1, 0);
    open_world(&dense, settings, 1, 1);
    steps(&listed, 2 * RD_PAST_UPDATES + 100);
    steps(&dense, 2 * RD_PAST_UPDATES + 100);
    assert_same_checkpoint(&listed, &dense, settings, 2 * RD_PAST_UPDATES + 100);
    close_world(&listed);
    close_world(&dense);
}

/* What the public step leaves may be read at once, and a caller's own forward and backward are not lost. */
static void the_public_step_owes_nothing(void **state)
{
    (void)state;
    world listed, dense;
    open_world(&listed, SMALL "optimizer=adam", 1, 0);
    open_world(&dense, SMALL "optimizer=adam", 1, 1);
    for (int i = 0; i < 10; i++) {
        MUST(&listed, rondo_trainer_step(listed.trainer, NULL, &listed.error));
        MUST(&dense, rondo_trainer_step(dense.trainer, NULL, &dense.error));
        assert_memory_equal(listed.model->params, dense.model->params,
                            listed.model->numbers * sizeof *listed.model->params);
        assert_memory_equal(listed.model->grads, dense.model->grads,
                            listed.model->numbers * sizeof *listed.model->grads);
    }
    close_world(&listed);
    close_world(&dense);
}

static void a_tied_embedding_has_no_list(void **state)
{
    (void)state;
    world tied;
    open_world(&tied, SMALL "hidden-size=7 tied=on", 1, 0);
    assert_int_equal(tied.lists, 0);
    steps(&tied, 3);
    close_world(&tied);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    char command[128];
    (void)state;
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

/* Neither gradient nor momentum nor decay reaches a frozen table, whatever the optimizer. */
static void a_frozen_embedding_keeps_its_bits(void **state)
{
    (void)state;
    static const char *const optimizers[] = {"sgd", "momentum", "rmsprop", "adagrad", "adam", "adamw"};
    for (size_t i = 0; i < sizeof optimizers / sizeof *optimizers; i++) {
        world w;
        char settings[256];
        (void)snprintf(settings, sizeof settings,
                       "tokens=word hidden-size=4 embed-size=3 freeze-embed=on weight-decay=0.1 optimizer=%s",
                       optimizers[i]);
        open_world(&w, settings, 1, 0);
        const rd_param *table = &w.model->layer[0].param[0];
        rd_real *before = malloc(w.model->numbers * sizeof *before);
        assert_non_null(before);
        memcpy(before, w.model->params, w.model->numbers * sizeof *before);
        steps(&w, 3);
        rd_trainer_settle(w.trainer);
        assert_memory_equal(w.model->params + table->offset, before + table->offset,
                            table->rows * table->columns * sizeof *before);
        assert_true(memcmp(w.model->params, before, table->offset * sizeof *before) != 0);
        free(before);
        close_world(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_that_are_left_out_end_with_the_bits_of_rows_that_are_not),
        cmocka_unit_test(a_run_resumed_at_any_step_owes_nothing),
        cmocka_unit_test(rows_may_be_left_out_for_long),
        cmocka_unit_test(the_public_step_owes_nothing),
        cmocka_unit_test(a_tied_embedding_has_no_list),
        cmocka_unit_test(a_frozen_embedding_keeps_its_bits),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
