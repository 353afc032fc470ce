/* Folders: made with their parents, listed in an order that does not depend on the file system. */
#include "base/file_inside.h"
#include "base/memory.h"
#include "base/size.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static rondo_status make_one(const char *path, rondo_error *error)
{
    if (mkdir(path, 0777) == 0) return RONDO_OK;
    const int number = errno;
    if (rd_is_folder(path)) return RONDO_OK;
    return rd_fail_system(error, path, "be made", number);
}

rondo_status rd_folder_make(const char *path, rondo_error *error)
{
    char *part;
    const size_t size = strlen(path);
    if (rd_is_folder(path)) return RONDO_OK;
    RD_TRY(rd_alloc(size + 1, 1, "a path", &part, error));
    rondo_status status = RONDO_OK;
    for (size_t i = 1; i <= size && status == RONDO_OK; i++) {
        if (i < size && path[i] != '/') continue;
        memcpy(part, path, i);
        part[i] = 0;
        status = make_one(part, error);
    }
    if (status == RONDO_OK && size == 0) status = rd_fail_system(error, path, "be made", ENOENT);
    rd_free(part);
    return status;
}

/* ---- listing */

typedef struct listing { /* names behind each other, each ended by 0 */
    char *bytes;
    size_t size, room, count;
} listing;

static rondo_status collect(DIR *folder, const char *path, listing *names, rondo_error *error)
{
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (!entry) return errno == 0 ? RONDO_OK : rd_fail_system(error, path, "be listed", errno);
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        const size_t length = strlen(entry->d_name) + 1;
        RD_TRY(rd_grow(&names->bytes, &names->room, names->size + length, 1, "a list of files", error));
        memcpy(names->bytes + names->size, entry->d_name, length);
        names->size += length;
        names->count++;
    }
}

static int compare_names(const void *a, const void *b)
{
    const char *const *left = a, *const *right = b;
    return strcmp(*left, *right);
}

/* One block: the pointers, then the names. */
static rondo_status lay_names(const listing *found, char ***names, rondo_error *error)
{
    size_t pointers, size;
    if (!rd_mul(found->count + 1, sizeof **names, &pointers) || !rd_add(pointers, found->size, &size))
        return rd_fail(error, RONDO_LIMIT, "too many files to list");
    RD_TRY(rd_alloc(size, 1, "a list of files", names, error));
    char *at = (char *)*names + pointers;
    if (found->size > 0) memcpy(at, found->bytes, found->size);
    for (size_t i = 0; i < found->count; i++, at += strlen(at) + 1)
        (*names)[i] = at;
    qsort(*names, found->count, sizeof **names, compare_names);
    return RONDO_OK;
}

rondo_status rd_folder_list(const char *path, char ***names, size_t *count, rondo_error *error)
{
    listing found = {0};
    *names = NULL;
    *count = 0;
    DIR *folder;
    do {
        folder = opendir(path);
    } while (!folder && errno == EINTR);
    if (!folder) return rd_fail_system(error, path, "be listed", errno);
    rondo_status status = collect(folder, path, &found, error);
    (void)closedir(folder); /* nothing was written */
    if (status == RONDO_OK) status = lay_names(&found, names, error);
    if (status == RONDO_OK) *count = found.count;
    rd_free(found.bytes);
    return status;
}

rondo_status rd_file_remove(const char *path, rondo_error *error)
{
    if (unlink(path) == 0 || errno == ENOENT) return RONDO_OK;
    return rd_fail_system(error, path, "be removed", errno);
}

rondo_status rd_file_rename(const char *path, const char *to, rondo_error *error)
{
    int result;
    do {
        result = rename(path, to);
    } while (result != 0 && errno == EINTR);
    return result == 0 ? RONDO_OK : rd_fail_system(error, path, "be renamed", errno);
}
