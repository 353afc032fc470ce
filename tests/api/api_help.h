/* A small life of a model for tests of the public interface, which see rondo.h and nothing else. */
#ifndef API_HELP_H
#define API_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <rondo/rondo.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct world {
    rondo_device *device;
    rondo_options *options;
    rondo_data *data, *train, *valid;
    rondo_model *model;
    rondo_trainer *trainer;
    rondo_loader *loader;
    rondo_batch *batch;
    rondo_state *state;
    char folder[64];
    rondo_error error;
} world;

/* On a failure shows the message before the assertion. */
#define WORKS(w, call)                                                                                       \
    do {                                                                                                     \
        rondo_status works_ = (call);                                                                        \
        if (works_ != RONDO_OK) fail_msg("%s: %s", #call, (w)->error.message);                               \
    } while (0)

/* The call, which names its last argument e, ends with this status and a sentence that the error repeats;
 * without an error to write into it ends the same way. */
#define ENDS_WITH(wanted, call)                                                                              \
    do {                                                                                                     \
        rondo_error said_ = {0}, *e = &said_;                                                                \
        rondo_status first_ = (call);                                                                        \
        if (first_ != (wanted)) fail_msg("%s: status %d, \"%s\"", #call, (int)first_, said_.message);        \
        check_sentence(#call, &said_, wanted);                                                               \
        e = NULL;                                                                                            \
        assert_int_equal((call), wanted);                                                                    \
    } while (0)
#define REFUSED(call) ENDS_WITH(RONDO_BAD_ARGUMENT, call)

static inline void check_sentence(const char *call, const rondo_error *error, rondo_status wanted)
{
    size_t size = strlen(error->message);
    if (error->status != wanted) fail_msg("%s: the error says status %d", call, (int)error->status);
    if (size < 8 || size >= sizeof error->message) fail_msg("%s: the message has %zu bytes", call, size);
    if (strstr(error->message, "(null)")) fail_msg("%s: %s", call, error->message);
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)error->message[i] < 32) fail_msg("%s: a control in the message", call);
    assert_true(memchr(error->hint, 0, sizeof error->hint) != NULL);
}

static inline int swallow(void *user, const char *bytes, size_t size)
{
    (void)bytes;
    if (user) *(size_t *)user += size;
    return 0;
}

static inline int refuse_bytes(void *user, const char *bytes, size_t size)
{
    (void)user, (void)bytes, (void)size;
    return 1;
}

static inline void set(world *w, const char *name, const char *value)
{
    WORKS(w, rondo_options_set(w->options, name, value, &w->error));
}

static inline void open_world(world *w)
{
    static char text[2400];
    uint32_t seed = 7;
    int end;
    for (size_t i = 0; i + 1 < sizeof text; i++) {
        seed = seed * 1103515245u + 12345u;
        text[i] = "abcdefgh ij\n"[(seed >> 16) % 12];
    }
    *w = (world){.folder = "/tmp/rondo-api-XXXXXX"};
    assert_non_null(mkdtemp(w->folder));
    WORKS(w, rondo_device_open("cpu", 1, &w->device, &w->error));
    WORKS(w, rondo_options_new(&w->options, &w->error));
    set(w, "cell", "gru");
    set(w, "hidden-size", "6");
    set(w, "embed-size", "4");
    set(w, "batch-size", "4");
    set(w, "seq-len", "8");
    set(w, "max-steps", "6");
    WORKS(w, rondo_data_open_memory(w->options, NULL, "letters", text, sizeof text - 1, &w->data, &w->error));
    WORKS(w, rondo_data_cut(w->data, w->options, &w->train, &w->valid, &w->error));
    WORKS(w, rondo_model_for(w->device, w->options, w->train, &w->model, &w->error));
    WORKS(w, rondo_trainer_new(w->model, w->train, w->valid, w->options, &w->trainer, &w->error));
    WORKS(w, rondo_loader_new(w->train, w->options, 1, &w->loader, &w->error));
    WORKS(w, rondo_batch_new(&w->batch, &w->error));
    WORKS(w, rondo_loader_next(w->loader, w->batch, &end, &w->error));
    WORKS(w, rondo_state_new(w->model, 4, &w->state, &w->error));
}

static inline void close_world(world *w)
{
    char command[96];
    rondo_state_free(w->state);
    rondo_batch_free(w->batch);
    rondo_loader_free(w->loader);
    rondo_trainer_free(w->trainer);
    rondo_model_free(w->model);
    rondo_data_free(w->valid);
    rondo_data_free(w->train);
    rondo_data_free(w->data);
    rondo_options_free(w->options);
    rondo_device_close(w->device);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", w->folder);
    assert_int_equal(system(command), 0);
}

static inline const char *inside(const world *w, const char *name)
{
    static char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", w->folder, name);
    return path;
}

#endif
