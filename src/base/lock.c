/* One run, one process. The lock is the system's, so that it ends with the process however that ends; the
 * number in the file only tells a person who holds it. */
#include "base/file_inside.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct rd_lock {
    int descriptor;
    char path[]; /* of the lock file */
};

static long holder(int descriptor)
{
    char text[32] = "";
    ssize_t got;
    do {
        got = pread(descriptor, text, sizeof text - 1, 0);
    } while (got < 0 && errno == EINTR);
    return got > 0 ? strtol(text, NULL, 10) : 0;
}

static rondo_status held(const char *folder, long process, rondo_error *error)
{
    (void)rd_fail(error, RONDO_SYSTEM, "%s: in use by process %ld", rd_path_shown(folder).text, process);
    rd_hint(error, "wait for it, stop it, or take another folder");
    return RONDO_SYSTEM;
}

/* Whether the open file is still the one under that name: the one before us may have removed it meanwhile. */
static int is_current(int descriptor, const char *path)
{
    struct stat ours, named;
    return fstat(descriptor, &ours) == 0 && stat(path, &named) == 0 && ours.st_ino == named.st_ino &&
           ours.st_dev == named.st_dev;
}

/* Whether the number is that of a living process other than this one. */
static int is_another(long process)
{
    return process > 0 && process != (long)getpid() && (kill((pid_t)process, 0) == 0 || errno == EPERM);
}

/* RONDO_NO asks for another try. Where the file system has no locks, the process named in the file decides.
 */
static rondo_status try_lock(rd_lock *lock, const char *folder, rondo_error *error)
{
    lock->descriptor = rd_open_file(lock->path, O_RDWR | O_CREAT | O_NOFOLLOW, 0666);
    if (lock->descriptor < 0) return rd_fail_system(error, lock->path, "be made", errno);
    const int failed = flock(lock->descriptor, LOCK_EX | LOCK_NB) != 0 ? errno : 0;
    const long process = holder(lock->descriptor);
    rondo_status status = RONDO_OK;
    if (failed == EWOULDBLOCK || (failed && is_another(process)))
        status = held(folder, process, error);
    else if (!is_current(lock->descriptor, lock->path))
        status = RONDO_NO;
    if (status != RONDO_OK) (void)close(lock->descriptor); /* nothing was written */
    return status;
}

static rondo_status write_number(const rd_lock *lock, rondo_error *error)
{
    char text[32];
    const int size = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(lock->descriptor, 0) != 0) return rd_fail_system(error, lock->path, "be written", errno);
    return rd_write_all(lock->descriptor, lock->path, 0, text, (size_t)size, error);
}

rondo_status rd_lock_take(const char *folder, rd_lock **lock, rondo_error *error)
{
    rd_lock *fresh;
    const size_t room = strlen(folder) + sizeof "/lock";
    *lock = NULL;
    RD_TRY(rd_alloc(1, sizeof *fresh + room, "a lock", &fresh, error));
    (void)snprintf(fresh->path, room, "%s/lock", folder);
    rondo_status status = RONDO_NO;
    for (int turn = 0; turn < 100 && status == RONDO_NO; turn++)
        status = try_lock(fresh, folder, error);
    if (status == RONDO_NO)
        status = rd_fail(error, RONDO_SYSTEM, "%s: another process keeps replacing it", fresh->path);
    if (status != RONDO_OK) {
        rd_free(fresh);
        return status;
    }
    status = write_number(fresh, error);
    if (status != RONDO_OK) {
        rd_lock_free(fresh);
        return status;
    }
    *lock = fresh;
    return RONDO_OK;
}

/* Removed before it is given up, so that nobody finds a file that nobody holds. */
void rd_lock_free(rd_lock *lock)
{
    if (!lock) return;
    (void)unlink(lock->path);
    (void)close(lock->descriptor);
    rd_free(lock);
}
