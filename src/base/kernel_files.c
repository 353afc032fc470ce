/* Small files in which the kernel tells what it grants: read whole, without allocating. */
#include "base/kernel_files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int rd_read_small(const char *path, char *text, size_t room)
{
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return 0;
    ssize_t got;
    do {
        got = read(descriptor, text, room - 1);
    } while (got < 0 && errno == EINTR);
    (void)close(descriptor); /* nothing was written */
    text[got > 0 ? got : 0] = 0;
    return got > 0;
}

int rd_own_group(char *group, size_t room)
{
    if (!rd_read_small("/proc/self/cgroup", group, room)) return 0;
    const char *line = strncmp(group, "0::", 3) == 0 ? group : strstr(group, "\n0::");
    const char *path = line ? strchr(line, '/') : NULL;
    if (!path) return 0;
    const size_t length = strcspn(path, "\n");
    memmove(group, path, length);
    group[length] = 0;
    if (strcmp(group, "/") == 0) group[0] = 0;
    return 1;
}

int rd_group_above(char *group)
{
    char *slash = strrchr(group, '/');
    if (!slash) return 0;
    *slash = 0;
    return 1;
}
