/* A safe save: beside, synced, read back, renamed, folder synced. Whoever is killed on the way leaves the old
 * file and a temporary that the next save removes. */
#include "base/file_inside.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/size.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER_SIZE = 1 << 16 };

struct rd_save {
    int descriptor;
    uint64_t written;    /* bytes in the file */
    uint32_t crc;        /* of all bytes taken, those in the buffer too */
    size_t held;         /* bytes in the buffer */
    rondo_status status; /* of the first write that failed */
    size_t folder_size;  /* of `path` before the name, its slash included */
    char *path;          /* owned; so are the next two */
    char *temporary;
    unsigned char *buffer;
};

/* ---- the temporary of another */

static int is_dead(long process)
{
    return process > 0 && kill((pid_t)process, 0) != 0 && errno == ESRCH;
}

/* Whether nobody holds it: the one who writes it holds a lock that ends with the process. */
static int is_unlocked(const char *path)
{
    const int descriptor = rd_open_file(path, O_RDONLY | O_NOFOLLOW, 0);
    if (descriptor < 0) return 0;
    const int busy = flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    (void)close(descriptor); /* nothing was written */
    return !busy;
}

int rd_save_is_left_over(const char *path)
{
    char *after;
    const char *at = path, *mark = NULL;
    while ((at = strstr(at, ".tmp.")) != NULL)
        mark = at += 5;
    if (!mark || *mark < '0' || *mark > '9') return 0;
    const long process = strtol(mark, &after, 10);
    return *after == 0 && (is_dead(process) || process == (long)getpid()) && is_unlocked(path);
}

/* Removes NAME.tmp.PID of processes that are gone. What cannot be listed or removed is no reason not to save.
 */
static void remove_stale(const rd_save *save, const char *folder)
{
    char **names;
    size_t count;
    const char *name = save->path + save->folder_size;
    const size_t length = strlen(name);
    if (rd_folder_list(folder, &names, &count, NULL) != RONDO_OK) return;
    for (size_t i = 0; i < count; i++) {
        char path[4096];
        if (strncmp(names[i], name, length) != 0 || strncmp(names[i] + length, ".tmp.", 5) != 0) continue;
        const int fits = snprintf(path, sizeof path, "%s/%s", folder, names[i]) < (int)sizeof path;
        if (fits && rd_save_is_left_over(path)) (void)unlink(path);
    }
    rd_free(names);
}

/* ---- opening */

static void free_save(rd_save *save)
{
    rd_free(save->path);
    rd_free(save->temporary);
    rd_free(save->buffer);
    rd_free(save);
}

static rondo_status make_names(rd_save *save, const char *path, rondo_error *error)
{
    const size_t size = strlen(path);
    const char *slash = strrchr(path, '/');
    RD_TRY(rd_alloc(size + 1, 1, "a path", &save->path, error));
    RD_TRY(rd_alloc(size + 32, 1, "a path", &save->temporary, error));
    RD_TRY(rd_alloc(BUFFER_SIZE, 1, "a write buffer", &save->buffer, error));
    memcpy(save->path, path, size + 1);
    save->folder_size = slash ? (size_t)(slash - path) + 1 : 0;
    (void)snprintf(save->temporary, size + 32, "%s.tmp.%ld", path, (long)getpid());
    return RONDO_OK;
}

/* The folder of the path, for as long as the block lives: "" means the current one. */
static rondo_status folder_of(const rd_save *save, char **folder, rondo_error *error)
{
    RD_TRY(rd_alloc(save->folder_size + 2, 1, "a path", folder, error));
    memcpy(*folder, save->path, save->folder_size);
    (*folder)[save->folder_size] = '.'; /* "/." names the root, "x/." the folder x, "." the current one */
    return RONDO_OK;
}

/* Exclusive and fresh. One of our own number that nobody holds was left by a process that had it before. */
static rondo_status open_temporary(rd_save *save, rondo_error *error)
{
    const int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW;
    save->descriptor = rd_open_file(save->temporary, flags, 0666);
    if (save->descriptor < 0 && errno == EEXIST) {
        if (!is_unlocked(save->temporary))
            return rd_fail(error, RONDO_SYSTEM, "%s: this file is being saved at this moment",
                           rd_path_shown(save->path).text);
        if (unlink(save->temporary) == 0) save->descriptor = rd_open_file(save->temporary, flags, 0666);
    }
    if (save->descriptor < 0) return rd_fail_system(error, save->temporary, "be made", errno);
    (void)flock(save->descriptor,
                LOCK_EX | LOCK_NB); /* some file systems have none: then the number decides */
    return RONDO_OK;
}

/* Only a file is ever replaced, never a device, a pipe or a folder; its permissions stay. */
static rondo_status look_at_target(const char *path, mode_t *mode, rondo_error *error)
{
    struct stat about;
    *mode = 0;
    if (stat(path, &about) != 0) return RONDO_OK;
    if (S_ISDIR(about.st_mode))
        return rd_fail(error, RONDO_SYSTEM, "%s: is a folder (expected the name of a file)",
                       rd_path_shown(path).text);
    if (!S_ISREG(about.st_mode))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "%s: is not an ordinary file and cannot be replaced",
                       rd_path_shown(path).text);
    *mode = about.st_mode & 0777;
    return RONDO_OK;
}

rondo_status rd_save_open(const char *path, rd_save **save, rondo_error *error)
{
    rd_save *fresh;
    mode_t mode;
    char *folder = NULL;
    *save = NULL;
    if (!path || !*path)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "the name of the file to write is missing");
    RD_TRY(look_at_target(path, &mode, error));
    RD_TRY(rd_alloc(1, sizeof *fresh, "a save", &fresh, error));
    fresh->descriptor = -1;
    rondo_status status = make_names(fresh, path, error);
    if (status == RONDO_OK) status = folder_of(fresh, &folder, error);
    if (status == RONDO_OK) {
        remove_stale(fresh, folder);
        status = open_temporary(fresh, error);
    }
    rd_free(folder);
    if (status != RONDO_OK) {
        free_save(fresh);
        return status;
    }
    if (mode) (void)fchmod(fresh->descriptor, mode); /* a file system without permissions is none the worse */
    *save = fresh;
    return RONDO_OK;
}

/* ---- writing */

static rondo_status put(rd_save *save, const void *bytes, size_t size, rondo_error *error)
{
    save->status = rd_write_all(save->descriptor, save->path, save->written, bytes, size, error);
    if (save->status == RONDO_OK) save->written += size;
    return save->status;
}

static rondo_status flush(rd_save *save, rondo_error *error)
{
    const size_t held = save->held;
    save->held = 0;
    return put(save, save->buffer, held, error);
}

/* Blocks for `bytes` bytes from the beginning, whatever length the file has; 0 or the reason. A file system that cannot
 * give blocks in advance is none the worse: its writes say what is wrong. */
static int take_blocks(int descriptor, uint64_t bytes)
{
    int result = 0;
#ifdef FALLOC_FL_KEEP_SIZE
    do {
        result = fallocate(descriptor, FALLOC_FL_KEEP_SIZE, 0, (off_t)bytes);
    } while (result != 0 && errno == EINTR);
#endif
    return result != 0 && (errno == ENOSPC || errno == EDQUOT) ? errno : 0;
}

rondo_status rd_save_reserve(rd_save *save, uint64_t bytes, rondo_error *error)
{
    const int failed = bytes > 0 && bytes <= INT64_MAX ? take_blocks(save->descriptor, bytes) : 0;
    return failed ? rd_fail_write(error, save->descriptor, save->path, "be written", bytes, failed) : RONDO_OK;
}

rondo_status rd_space_reserve(const char *path, uint64_t bytes, rondo_error *error)
{
    const int descriptor = rd_open_file(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0666);
    if (descriptor < 0) return rd_fail_system(error, path, "be made", errno);
    const int failed = bytes > 0 && bytes <= INT64_MAX ? take_blocks(descriptor, bytes) : 0;
    rondo_status status =
        failed ? rd_fail_write(error, descriptor, path, "be reserved", bytes, failed) : RONDO_OK;
    (void)close(descriptor); /* nothing was written */
    if (failed) (void)unlink(path);
    return status;
}

rondo_status rd_save_write(rd_save *save, const void *bytes, size_t size, rondo_error *error)
{
    if (save->status != RONDO_OK)
        return rd_fail(error, save->status, "%s: an earlier write failed", rd_path_shown(save->path).text);
    if (size == 0) return RONDO_OK;
    save->crc = rd_crc32c(save->crc, bytes, size);
    if (size > BUFFER_SIZE - save->held && save->held > 0) RD_TRY(flush(save, error));
    if (size >= BUFFER_SIZE) return put(save, bytes, size, error);
    memcpy(save->buffer + save->held, bytes, size);
    save->held += size;
    return RONDO_OK;
}

void rd_save_abandon(rd_save *save)
{
    if (!save) return;
    if (save->descriptor >= 0) (void)close(save->descriptor); /* the file is thrown away */
    (void)unlink(save->temporary);
    free_save(save);
}

/* ---- committing */

/* fsync, again after EINTR; 0 or the reason. */
static int sync_descriptor(int descriptor)
{
    int result;
    do {
        result = fsync(descriptor);
    } while (result != 0 && errno == EINTR);
    return result == 0 ? 0 : errno;
}

static rondo_status sync_file(const rd_save *save, rondo_error *error)
{
    const int failed = sync_descriptor(save->descriptor);
    return failed ? rd_fail_write(error, save->descriptor, save->path, "be synced", save->written, failed)
                  : RONDO_OK;
}

/* From the disk where the system lets us: its copy in memory is dropped first. */
static rondo_status read_back(rd_save *save, rondo_error *error)
{
    struct stat about;
    uint32_t crc = 0;
    if (fstat(save->descriptor, &about) != 0) return rd_fail_system(error, save->path, "be looked at", errno);
    (void)posix_fadvise(save->descriptor, 0, 0, POSIX_FADV_DONTNEED);
    for (uint64_t at = 0; at < save->written;) {
        const uint64_t left = save->written - at;
        const size_t part = left < BUFFER_SIZE ? (size_t)left : BUFFER_SIZE;
        RD_TRY(rd_read_exactly(save->descriptor, save->path, at, save->buffer, part, error));
        crc = rd_crc32c(crc, save->buffer, part);
        at += part;
    }
    if ((uint64_t)about.st_size != save->written || crc != save->crc)
        return rd_fail(error, RONDO_SYSTEM,
                       "%s: what was read back is not what was written (CRC-32C %08x, wrote %08x)",
                       rd_path_shown(save->path).text, crc, save->crc);
    return RONDO_OK;
}

static rondo_status close_file(rd_save *save, rondo_error *error)
{
    const int descriptor = save->descriptor;
    save->descriptor = -1;
    if (close(descriptor) == 0 || errno == EINTR) return RONDO_OK; /* Linux has closed it in either case */
    return rd_fail_system(error, save->path, "be closed", errno);
}

static rondo_status refuse(const rd_save *save, rondo_error *error)
{
    (void)rd_fail(error, RONDO_BAD_ARGUMENT, "%s: the file exists", rd_path_shown(save->path).text);
    rd_hint(error, "use -f to replace it, or give another name");
    return RONDO_BAD_ARGUMENT;
}

/* Without `replace` a link makes the name, which fails when it is taken, even by a process that was faster; a
 * file system without links is looked at first. */
static rondo_status take_name(const rd_save *save, int replace, rondo_error *error)
{
    if (!replace) {
        if (link(save->temporary, save->path) == 0) {
            (void)unlink(save->temporary); /* if it stays, the next save removes it */
            return RONDO_OK;
        }
        if (errno == EEXIST || rd_file_exists(save->path)) return refuse(save, error);
    }
    int result;
    do {
        result = rename(save->temporary, save->path);
    } while (result != 0 && errno == EINTR);
    return result == 0 ? RONDO_OK : rd_fail_system(error, save->path, "be named", errno);
}

/* Some file systems do not sync folders and say so with EINVAL. */
static rondo_status sync_folder(const char *folder, rondo_error *error)
{
    const int descriptor = rd_open_file(folder, O_RDONLY | O_DIRECTORY, 0);
    if (descriptor < 0) return rd_fail_system(error, folder, "be synced", errno);
    const int failed = sync_descriptor(descriptor);
    if (close(descriptor) != 0 && errno != EINTR) return rd_fail_system(error, folder, "be closed", errno);
    return failed && failed != EINVAL ? rd_fail_system(error, folder, "be synced", failed) : RONDO_OK;
}

rondo_status rd_save_commit(rd_save *save, int replace, rondo_error *error)
{
    char *folder = NULL;
    rondo_status status = save->status;
    if (status != RONDO_OK)
        (void)rd_fail(error, status, "%s: an earlier write failed", rd_path_shown(save->path).text);
    else if (!replace && rd_file_exists(save->path))
        status = refuse(save, error);
    if (status == RONDO_OK) status = folder_of(save, &folder, error);
    if (status == RONDO_OK) status = flush(save, error);
    if (status == RONDO_OK) status = sync_file(save, error);
    if (status == RONDO_OK) status = read_back(save, error);
    if (status == RONDO_OK) status = close_file(save, error);
    if (status == RONDO_OK) status = take_name(save, replace, error);
    if (status != RONDO_OK) {
        rd_free(folder);
        rd_save_abandon(save);
        return status;
    }
    status = sync_folder(folder, error);
    rd_free(folder);
    free_save(save);
    return status;
}
