/* What every other file of base asks of the file system, and files that are read whole. */
#include "base/file_inside.h"
#include "base/memory.h"
#include "base/size.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

rd_quoted rd_path_shown(const char *path)
{
    rd_quoted shown;
    const size_t size = path ? strlen(path) : 0;
    int plain = path && size < sizeof shown.text && rd_utf8_check((const unsigned char *)path, size) == size;
    for (size_t i = 0; plain && i < size; i++)
        plain = (unsigned char)path[i] >= 0x20 && path[i] != 0x7F;
    if (!plain) return rd_quote(path);
    memcpy(shown.text, path, size + 1);
    return shown;
}

rondo_status rd_fail_system(rondo_error *error, const char *path, const char *verb, int number)
{
    char reason[128] = "";
    const char *text = strerror_r(number, reason, sizeof reason); /* the GNU one, which gives the text */
    return rd_fail(error, RONDO_SYSTEM, "%s: cannot %s: %s", rd_path_shown(path).text, verb, text);
}

int rd_open_file(const char *path, int flags, mode_t mode)
{
    int descriptor;
    do {
        descriptor = open(path, flags | O_CLOEXEC, mode);
    } while (descriptor < 0 && errno == EINTR);
    return descriptor;
}

static uint64_t free_of(const struct statvfs *about)
{
    return (uint64_t)about->f_bavail * about->f_frsize;
}

rondo_status rd_fail_write(rondo_error *error, int descriptor, const char *path, const char *verb,
                           uint64_t needed, int number)
{
    struct statvfs about;
    if (number != ENOSPC && number != EDQUOT) return rd_fail_system(error, path, verb, number);
    const int known = fstatvfs(descriptor, &about) == 0;
    (void)rd_fail(error, RONDO_SYSTEM, "%s: %s: at least %llu bytes needed, %llu free",
                  rd_path_shown(path).text, number == ENOSPC ? "the disk is full" : "the quota is used up",
                  (unsigned long long)needed, known ? (unsigned long long)free_of(&about) : 0ULL);
    rd_hint(error, "free some space, or write to another disk");
    return RONDO_SYSTEM;
}

rondo_status rd_write_all(int descriptor, const char *path, uint64_t before, const void *bytes, size_t size,
                          rondo_error *error)
{
    const unsigned char *at = bytes;
    for (size_t left = size; left > 0;) {
        const ssize_t wrote = write(descriptor, at, rd_size_min(left, SSIZE_MAX));
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0)
            return rd_fail_write(error, descriptor, path, "be written", before + size,
                                 wrote < 0 ? errno : ENOSPC);
        at += wrote;
        left -= (size_t)wrote;
    }
    return RONDO_OK;
}

rondo_status rd_read_exactly(int descriptor, const char *path, uint64_t offset, void *bytes, size_t size,
                             rondo_error *error)
{
    unsigned char *at = bytes;
    for (size_t left = size; left > 0;) {
        const ssize_t got = pread(descriptor, at, left, (off_t)offset);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return rd_fail_system(error, path, "be read", errno);
        if (got == 0)
            return rd_fail(error, RONDO_SYSTEM, "%s: byte %llu: the file is shorter than what was written",
                           rd_path_shown(path).text, (unsigned long long)offset);
        at += got;
        offset += (uint64_t)got;
        left -= (size_t)got;
    }
    return RONDO_OK;
}

rondo_status rd_file_append(int descriptor, const char *path, const void *bytes, size_t size,
                            rondo_error *error)
{
    return rd_write_all(descriptor, path, 0, bytes, size, error);
}

/* ---- whole files */

static rondo_status too_large(const char *path, size_t limit, rondo_error *error)
{
    return rd_fail(error, RONDO_LIMIT, "%s: the file is larger than %zu bytes", rd_path_shown(path).text,
                   limit);
}

/* Reads to the end, whatever length the file said it had; *bytes may hold a block on failure too. */
static rondo_status read_rest(int descriptor, const char *path, size_t limit, size_t expected, char **bytes,
                              size_t *size, rondo_error *error)
{
    size_t room = 0;
    RD_TRY(
        rd_grow(bytes, &room, expected + 2, 1, "a file", error)); /* one more to see the end, one for the 0 */
    for (;;) {
        if (*size + 1 == room) RD_TRY(rd_grow(bytes, &room, room + 1, 1, "a file", error));
        const ssize_t got = read(descriptor, *bytes + *size, room - 1 - *size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return rd_fail_system(error, path, "be read", errno);
        if ((size_t)got > limit - *size) return too_large(path, limit, error);
        *size += (size_t)got;
        (*bytes)[*size] = 0;
        if (got == 0) return RONDO_OK;
    }
}

rondo_status rd_file_read(const char *path, size_t limit, char **bytes, size_t *size, rondo_error *error)
{
    struct stat about;
    *bytes = NULL;
    *size = 0;
    const int descriptor = rd_open_file(path, O_RDONLY, 0);
    if (descriptor < 0) return rd_fail_system(error, path, "be opened", errno);
    rondo_status status = RONDO_OK;
    if (fstat(descriptor, &about) != 0)
        status = rd_fail_system(error, path, "be looked at", errno);
    else if (S_ISDIR(about.st_mode))
        status = rd_fail(error, RONDO_SYSTEM, "%s: is a folder (expected a file)", rd_path_shown(path).text);
    else if (about.st_size < 0 || (uint64_t)about.st_size > limit ||
             (uint64_t)about.st_size > PTRDIFF_MAX / 2)
        status = too_large(path, limit, error);
    else
        status = read_rest(descriptor, path, limit, (size_t)about.st_size, bytes, size, error);
    (void)close(descriptor); /* nothing was written */
    if (status == RONDO_OK) return RONDO_OK;
    rd_free(*bytes);
    *bytes = NULL;
    *size = 0;
    return status;
}

/* ---- questions */

int rd_file_exists(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0;
}

int rd_is_folder(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

uint64_t rd_file_free_space(const char *path)
{
    struct statvfs about;
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    const size_t size = slash ? (size_t)(slash - path) + 1 : 0;
    if (statvfs(path, &about) == 0) return free_of(&about);
    if (size >= sizeof folder) return UINT64_MAX;
    memcpy(folder, path, size);
    memcpy(folder + size, ".", 2);
    return statvfs(folder, &about) == 0 ? free_of(&about) : UINT64_MAX;
}
