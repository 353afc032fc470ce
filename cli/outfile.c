/* Small files of the program's own: read whole; written beside, synced and renamed. */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int file_exists(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0;
}

int file_is_plain(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

int same_file(const char *a, const char *b)
{
    struct stat first, second;
    return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

static int told(const char *path)
{
    return report_fail(RONDO_SYSTEM, NULL, "%s: %s", show(path).text, strerror(errno));
}

int folder_make(const char *path)
{
    char *copy = strdup(path);
    if (!copy) return report_fail(RONDO_LIMIT, NULL, "no memory for a path");
    int status = RONDO_OK;
    for (char *at = copy + 1; status == RONDO_OK; at++) {
        char end = *at;
        if (end != '/' && end) continue;
        *at = 0;
        if (mkdir(copy, 0777) != 0 && errno != EEXIST) status = told(copy);
        *at = end;
        if (!end) break;
    }
    struct stat info;
    if (status == RONDO_OK && (stat(path, &info) != 0 || !S_ISDIR(info.st_mode))) {
        errno = ENOTDIR;
        status = told(path);
    }
    free(copy);
    return status;
}

/* The calls that a signal may interrupt, made again. */
static int open_again(const char *path, int flags)
{
    int descriptor;
    do {
        descriptor = open(path, flags | O_CLOEXEC, 0666);
    } while (descriptor < 0 && errno == EINTR);
    return descriptor;
}

static int sync_again(int descriptor)
{
    int result;
    do {
        result = fsync(descriptor);
    } while (result != 0 && errno == EINTR);
    return result;
}

static int rename_again(const char *from, const char *to)
{
    int result;
    do {
        result = rename(from, to);
    } while (result != 0 && errno == EINTR);
    return result;
}

static int write_all(int descriptor, const char *bytes, size_t size)
{
    while (size) {
        ssize_t n = write(descriptor, bytes, size);
        if (n < 0 && errno == EINTR) continue;
        if (n == 0) errno = ENOSPC;
        if (n <= 0) return 0;
        bytes += n;
        size -= (size_t)n;
    }
    return 1;
}

static void sync_folder(const char *path)
{
    char *folder = strdup(path);
    char *slash = folder ? strrchr(folder, '/') : NULL;
    if (slash) slash[slash == folder] = 0;
    int descriptor = open_again(slash ? folder : ".", O_RDONLY | O_DIRECTORY);
    if (descriptor >= 0) {
        sync_again(descriptor); /* some file systems cannot sync a folder */
        close(descriptor);
    }
    free(folder);
}

int file_save(const char *path, const char *bytes, size_t size, int force)
{
    if (!force && file_exists(path))
        return report_fail(RONDO_BAD_ARGUMENT, "-f replaces it", "%s: is there already", show(path).text);
    buffer name = {0};
    buffer_format(&name, "%s.tmp.%ld", path, (long)getpid());
    if (name.failed) return report_fail(RONDO_LIMIT, NULL, "no memory for a path");
    unlink(name.text); /* left by a process that had our number before */
    int descriptor = open_again(name.text, O_WRONLY | O_CREAT | O_EXCL);
    int sound = descriptor >= 0 && write_all(descriptor, bytes, size) && sync_again(descriptor) == 0;
    int reason = errno;
    if (descriptor >= 0 && close(descriptor) != 0 && errno != EINTR && sound) {
        reason = errno;
        sound = 0;
    }
    if (sound && rename_again(name.text, path) != 0) {
        reason = errno;
        sound = 0;
    }
    if (!sound && descriptor >= 0) unlink(name.text);
    buffer_free(&name);
    errno = reason;
    if (!sound) return told(path);
    sync_folder(path);
    return RONDO_OK;
}

int file_load(const char *path, size_t limit, buffer *into)
{
    int standard = strcmp(path, "-") == 0;
    int descriptor = standard ? STDIN_FILENO : open_again(path, O_RDONLY);
    if (descriptor < 0) return told(path);
    char block[4096];
    ssize_t n;
    int status = RONDO_OK;
    while (status == RONDO_OK && (n = read(descriptor, block, sizeof block)) != 0) {
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            status = told(path);
            break;
        }
        buffer_add(into, block, (size_t)n);
        if (into->failed || into->size > limit)
            status = report_fail(RONDO_LIMIT, NULL, "%s: more than %zu bytes", show(path).text, limit);
    }
    if (!standard) close(descriptor); /* nothing was written */
    if (status == RONDO_OK && !into->text) buffer_put(into, "");
    return status;
}

int picture_save(const char *path, const buffer *picture, int force)
{
    if (strcmp(path, "-") == 0) {
        output_sink(NULL, picture->text, picture->size);
        return RONDO_OK;
    }
    int status = file_save(path, picture->text, picture->size, force);
    if (status == RONDO_OK) report_say("saved %s", path);
    return status;
}
