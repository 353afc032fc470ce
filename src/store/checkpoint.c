/* Two generations or more, no pointer file, no link: the folder is listed, the step is read inside the files, the newest
 * sound one is taken. */
#include "store/checkpoint.h"

#include "base/memory.h"
#include "formats/safetensors.h"
#include "store/model_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define STEP_NAME "step-%012" PRIu64 ".safetensors"

static int is_step_name(const char *name)
{
    size_t n = strlen(name);
    return !strncmp(name, "step-", 5) && n > 12 && !strcmp(name + n - 12, ".safetensors");
}

static size_t count_steps(char **names, size_t count)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += (size_t)is_step_name(names[i]);
    return found;
}

static rondo_status join(const char *folder, const char *name, char **path, rondo_error *error)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    RD_TRY(rd_alloc(size, 1, "a path", path, error));
    (void)snprintf(*path, size, "%s/%s", folder, name);
    return RONDO_OK;
}

int rd_checkpoint_exists(const char *run)
{
    char **names = NULL;
    size_t count = 0, found = 0;
    if (!rd_is_folder(run) || rd_folder_list(run, &names, &count, NULL) != RONDO_OK)
        return 0;
    for (size_t i = 0; i < count; i++)
        found += (size_t)is_step_name(names[i]);
    rd_free(names);
    return found > 0;
}

/* Removes all but the `keep` newest. Names sort as steps do; every one of them was verified when it was saved. */
static rondo_status remove_old(const char *run, size_t keep, rondo_error *error)
{
    char **names;
    size_t count;
    RD_TRY(rd_folder_list(run, &names, &count, error));
    size_t left = count_steps(names, count);
    rondo_status status = RONDO_OK;
    for (size_t i = 0; i < count && left > keep && status == RONDO_OK; i++) {
        char *path;
        if (!is_step_name(names[i]))
            continue;
        status = join(run, names[i], &path, error);
        if (status == RONDO_OK) {
            status = rd_file_remove(path, error);
            rd_free(path);
            left--;
        }
    }
    rd_free(names);
    return status;
}

rondo_status rd_checkpoint_save(const char *run, uint64_t step, const rd_bundle *bundle, size_t keep, rondo_error *error)
{
    char name[64], *path;
    RD_TRY(rd_folder_make(run, error));
    (void)snprintf(name, sizeof name, STEP_NAME, step);
    RD_TRY(join(run, name, &path, error));
    rondo_status status = rd_bundle_save(bundle, path, 1, error);
    rd_free(path);
    if (status == RONDO_OK)
        status = remove_old(run, keep < 2 ? 2 : keep, error);
    return status;
}

/* ---- room for the final model */

rondo_status rd_checkpoint_reserve(const char *run, const rondo_model *model, rondo_error *error)
{
    enum { HISTORY = 4096 }; /* what the model learns about itself meanwhile */
    rd_bundle *bundle;
    uint64_t bytes = 0;
    char *path = NULL;
    RD_TRY(rd_bundle_new(&bundle, error));
    rondo_status status = rd_model_to_bundle(model, model->params, bundle, error);
    if (status == RONDO_OK)
        status = rd_safetensors_measure(bundle, 1, &bytes, error);
    if (status == RONDO_OK)
        status = join(run, "space", &path, error);
    if (status == RONDO_OK)
        status = rd_space_reserve(path, bytes + HISTORY, error);
    rd_free(path);
    rd_bundle_free(bundle);
    return status;
}

void rd_checkpoint_release(const char *run)
{
    char *path;
    if (join(run, "space", &path, NULL) != RONDO_OK)
        return; /* an empty file stays, which the next run replaces */
    (void)rd_file_remove(path, NULL);
    rd_free(path);
}

/* ---- reading */

static int step_inside(const rd_bundle *bundle, uint64_t *step)
{
    size_t size, at = 0, line = 0;
    const char *text = rd_bundle_get(bundle, "rondo.checkpoint", &size);
    rd_pair pair;
    int64_t value;
    while (text && rd_text_pair(text, size, &at, &line, &pair) > 0)
        if (pair.name_size == 4 && !memcmp(pair.name, "step", 4) && rd_parse_integer(pair.value, pair.value_size, &value) && value >= 0) {
            *step = (uint64_t)value;
            return 1;
        }
    return 0;
}

/* Reads one file whole and verified; NULL in *bundle when it is not sound (why is in *error). */
static rondo_status read_sound(const char *path, rd_bundle **bundle, uint64_t *step, rondo_error *error)
{
    int checked;
    *bundle = NULL;
    RD_TRY(rd_safetensors_read(path, bundle, &checked, error));
    if (checked && step_inside(*bundle, step))
        return RONDO_OK;
    rd_bundle_free(*bundle);
    *bundle = NULL;
    return rd_fail(error, RONDO_BAD_MODEL, "%s: %s", path, checked ? "not a checkpoint (no step inside)" : "a checkpoint without its checksums");
}

static void remove_temporaries(const char *run, char **names, size_t count, rd_text *warning)
{
    for (size_t i = 0; i < count; i++) {
        char *path;
        if (!strstr(names[i], ".tmp.") || join(run, names[i], &path, NULL) != RONDO_OK)
            continue;
        if (rd_save_is_left_over(path) && rd_file_remove(path, NULL) == RONDO_OK)
            rd_text_format(warning, "%s: an unfinished save, removed\n", path);
        rd_free(path);
    }
}

/* Out of the way of the next saves, which count generations, and still there to be looked at. */
static void set_aside(const char *path, const char *why, rd_text *warning)
{
    char aside[4096];
    const int fits = snprintf(aside, sizeof aside, "%s.damaged", path) < (int)sizeof aside;
    const int moved = fits && rd_file_rename(path, aside, NULL) == RONDO_OK;
    rd_text_format(warning, "%s; passed over%s\n", why, moved ? ", kept as NAME.damaged" : "");
}

typedef struct choice {
    rd_bundle *bundle;
    char *path;
    uint64_t step;
    int unread; /* there was a file that the system would not read */
} choice;

/* Takes the file when it is sound and newer than what was taken before. */
static rondo_status consider(char *path, int strict, choice *best, rd_text *warning, rondo_error *error)
{
    choice found = {.path = path};
    rondo_error inner = {.status = RONDO_OK};
    rondo_status status = read_sound(path, &found.bundle, &found.step, &inner);
    if (status == RONDO_OK && (!best->bundle || found.step > best->step)) {
        const choice before = *best;
        *best = found;
        best->unread = before.unread;
        found = before;
    } else if (status != RONDO_OK && (strict || status == RONDO_LIMIT)) {
        (void)rd_fail(error, status, "%s", inner.message);
    } else if (status == RONDO_BAD_MODEL) {
        set_aside(path, inner.message, warning);
        status = RONDO_OK;
    } else if (status != RONDO_OK) {
        rd_text_format(warning, "%s; passed over\n", inner.message);
        best->unread = 1;
        status = RONDO_OK;
    }
    rd_bundle_free(found.bundle);
    rd_free(found.path);
    return status;
}

/* Looks at every step file and keeps the newest that is sound. */
static rondo_status choose(const char *run, char **names, size_t count, int strict, choice *best, rd_text *warning,
                           rondo_error *error)
{
    const size_t told = warning->size;
    for (size_t i = count; i-- > 0;) {
        char *path;
        if (!is_step_name(names[i]))
            continue;
        RD_TRY(join(run, names[i], &path, error));
        RD_TRY(consider(path, strict, best, warning, error));
    }
    if (best->path && warning->size > told)
        rd_text_format(warning, "%s: taken instead\n", best->path);
    return RONDO_OK;
}

rondo_status rd_checkpoint_load(const char *run, int strict, rd_bundle **bundle, char **path, rd_text *warning,
                                rondo_error *error)
{
    char **names;
    size_t count;
    *bundle = NULL;
    *path = NULL;
    if (!rd_is_folder(run))
        return rd_fail(error, RONDO_SYSTEM, "%s: no such run folder", run);
    RD_TRY(rd_folder_list(run, &names, &count, error));
    remove_temporaries(run, names, count, warning);
    const size_t steps = count_steps(names, count);
    choice best = {0};
    rondo_status status = choose(run, names, count, strict, &best, warning, error);
    rd_free(names);
    if (status == RONDO_OK)
        status = rd_text_done(warning, error);
    if (status == RONDO_OK && steps == 0)
        status = rd_fail(error, RONDO_NO, "%s: no checkpoint was saved yet", run);
    else if (status == RONDO_OK && !best.bundle)
        status = rd_fail(error, best.unread ? RONDO_SYSTEM : RONDO_BAD_MODEL, "%s: no sound checkpoint in this folder:\n%.*s", run, (int)warning->size - 1,
                         warning->text);
    if (status == RONDO_OK) {
        *bundle = best.bundle;
        *path = best.path;
        return RONDO_OK;
    }
    rd_bundle_free(best.bundle);
    rd_free(best.path);
    return status;
}
