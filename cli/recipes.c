/* Recipes: folders with a file `recipe` (what is trained on what, and what is to be reached) and a file `options`. */
#include "cli.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    int needed;
} keys[RECIPE_KEYS] = {
    [RECIPE_TITLE] = {"title", 1},       [RECIPE_DATA] = {"data", 1},       [RECIPE_TRAIN] = {"train", 1},
    [RECIPE_VALID] = {"valid", 0},       [RECIPE_TEST] = {"test", 0},       [RECIPE_FOLDS] = {"folds", 0},
    [RECIPE_SPLIT] = {"split", 0},       [RECIPE_SEEDS] = {"seeds", 0},     [RECIPE_METRIC] = {"metric", 1},
    [RECIPE_BETTER] = {"better", 0},     [RECIPE_REACH] = {"reach", 1},     [RECIPE_PUBLISHED] = {"published", 0},
    [RECIPE_SOURCE] = {"source", 0},     [RECIPE_EVALUATE] = {"evaluate", 0},
    [RECIPE_OPTIONS] = {"options", 0},   [RECIPE_WITH] = {"with", 0},       [RECIPE_HISTORY] = {"history", 0},
};

static char *copy_of(const char *text, size_t size)
{
    char *copy = malloc(size + 1);
    if (!copy) return NULL;
    memcpy(copy, text, size);
    copy[size] = 0;
    return copy;
}

static int take_line(recipe *r, const char *path, size_t number, const char *line, size_t size)
{
    const char *equals = memchr(line, '=', size);
    size_t name = equals ? (size_t)(equals - line) : 0;
    while (name > 0 && (line[name - 1] == ' ' || line[name - 1] == '\t'))
        name--;
    for (size_t k = 0; k < RECIPE_KEYS && equals; k++) {
        if (strlen(keys[k].name) != name || memcmp(keys[k].name, line, name) != 0) continue;
        const char *value = equals + 1, *end = line + size;
        while (value < end && *value == ' ')
            value++;
        free(r->value[k]);
        r->value[k] = copy_of(value, (size_t)(end - value));
        return r->value[k] ? RONDO_OK : report_fail(RONDO_LIMIT, NULL, "no memory for a recipe");
    }
    buffer word = {0};
    buffer_add(&word, line, equals ? name : size);
    int status = report_fail(RONDO_BAD_DATA, NULL, "%s:%zu:1: %s is nothing that a recipe says (expected title, data, train, …)", path,
                             number, show(word.text ? word.text : "").text);
    buffer_free(&word);
    return status;
}

static int take_lines(recipe *r, const char *path, const buffer *text)
{
    size_t at = 0;
    int status = RONDO_OK;
    for (size_t number = 1; at < text->size && status == RONDO_OK; number++) {
        const char *line = text->text + at, *stop = memchr(line, '\n', text->size - at);
        size_t size = stop ? (size_t)(stop - line) : text->size - at;
        at += size + (stop != NULL);
        while (size > 0 && (line[size - 1] == ' ' || line[size - 1] == '\r'))
            size--;
        if (size > 0 && line[0] != '#') status = take_line(r, path, number, line, size);
    }
    for (size_t k = 0; k < RECIPE_KEYS && status == RONDO_OK; k++) {
        if (!r->value[k] && keys[k].needed) status = report_fail(RONDO_BAD_DATA, NULL, "%s: \"%s\" is missing", path, keys[k].name);
        if (!r->value[k]) r->value[k] = copy_of("", 0);
    }
    return status;
}

static int read_one(recipes *found, const char *folder, const char *name)
{
    enum { LIMIT = 1 << 16 };
    recipe *grown = realloc(found->recipe, (found->count + 1) * sizeof *grown);
    buffer path = {0}, text = {0}, own = {0};
    if (!grown) return report_fail(RONDO_LIMIT, NULL, "no memory for recipes");
    found->recipe = grown;
    recipe *r = &grown[found->count++];
    *r = (recipe){0};
    buffer_format(&own, "%s/%s", folder, name);
    buffer_format(&path, "%s/recipe", own.text);
    r->name = copy_of(name, strlen(name));
    r->folder = copy_of(own.text, own.size);
    int status = r->name && r->folder && path.text ? RONDO_OK : report_fail(RONDO_LIMIT, NULL, "no memory for recipes");
    if (status == RONDO_OK && !file_exists(path.text))
        status = report_fail(RONDO_BAD_ARGUMENT, "rondo reproduce --list names them, --recipes DIR says where they are",
                             "%s: no such recipe", show(path.text).text);
    if (status == RONDO_OK) status = file_load(path.text, LIMIT, &text);
    if (status == RONDO_OK) status = take_lines(r, path.text, &text);
    buffer_free(&path);
    buffer_free(&text);
    buffer_free(&own);
    return status;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const recipe *)a)->name, ((const recipe *)b)->name);
}

/* Every folder that holds a recipe, by name. */
static int read_all(recipes *found, const char *folder)
{
    DIR *open = opendir(folder);
    int status = RONDO_OK;
    if (!open)
        return report_fail(RONDO_SYSTEM, "--recipes DIR says where the recipes are", "%s: %s", show(folder).text, strerror(errno));
    for (struct dirent *entry; status == RONDO_OK && (entry = readdir(open)) != NULL;) {
        buffer path = {0};
        buffer_format(&path, "%s/%s/recipe", folder, entry->d_name);
        if (entry->d_name[0] != '.' && path.text && file_exists(path.text)) status = read_one(found, folder, entry->d_name);
        buffer_free(&path);
    }
    closedir(open);
    if (found->count) qsort(found->recipe, found->count, sizeof *found->recipe, by_name);
    return status;
}

int recipes_read(const invocation *call, recipes *found)
{
    const char *folder = text_of(call->options, "recipes");
    int status = RONDO_OK;
    if (call->files == 0) return read_all(found, folder);
    for (size_t i = 0; i < call->files && status == RONDO_OK; i++)
        status = read_one(found, folder, call->file[i]);
    return status;
}

void recipes_free(recipes *of)
{
    for (size_t i = 0; i < of->count; i++) {
        free(of->recipe[i].name);
        free(of->recipe[i].folder);
        for (size_t k = 0; k < RECIPE_KEYS; k++)
            free(of->recipe[i].value[k]);
    }
    free(of->recipe);
    *of = (recipes){0};
}
